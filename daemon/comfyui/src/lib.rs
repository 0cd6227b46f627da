//! ComfyUI servers: one and many.

pub mod binding;
mod error;
mod event;
pub mod graph;
mod job;
pub mod node_info;
mod options;
pub mod output;
pub mod pool;
pub mod run;
pub mod server;
mod template;
pub mod ui_format;

pub use binding::{BindingError, Bindings, Declared};
pub use error::{Error, NodeProblem};
pub use event::{Event, ImageType};
pub use graph::{Graph, GraphError, NodeId};
pub use job::{Finished, Job, Ledger, Placement};
pub use node_info::NodeInfos;
pub use options::{Auth, Limits, Secret, ServerOptions, Times};
pub use pool::{Pool, PoolOptions};
pub use server::{PromptId, Server};
pub use template::{Template, TemplateError};
