//! ComfyUI servers: one and many.

pub mod binding;
mod error;
mod event;
pub mod graph;
pub mod node_info;
mod options;
pub mod output;
pub mod server;
mod template;
pub mod ui_format;

pub use binding::{BindingError, Bindings, Declared};
pub use error::{Error, NodeProblem};
pub use event::{Event, ImageType};
pub use graph::{Graph, GraphError, NodeId};
pub use node_info::NodeInfos;
pub use options::{Auth, Limits, Secret, ServerOptions, Times};
pub use server::{PromptId, Server};
pub use template::{Template, TemplateError};
