//! ComfyUI servers, one and many: graphs that can be set and run, and runs that survive what
//! servers and networks do.
//!
//! Read in this order:
//!
//! 1. [`graph`]: a graph as servers run it, checked. [`ui_format`] makes one from what ComfyUI
//!    saves of its canvas, with a server's list of nodes ([`node_info`]).
//! 2. [`binding`]: names for the inputs of a graph that somebody may want to set. A [`Template`]
//!    is a file with both.
//! 3. [`server`]: one server over HTTP, each call once.
//! 4. [`run`]: one run on one server, handed in, followed by its socket and by looking, collected.
//! 5. [`pool`]: any number of servers, and where a job goes when one of them does not.
//!
//! Most callers need [`Pool`] alone: [`Pool::load`] a file, set its bindings, [`Pool::preflight`],
//! then [`Pool::run`], with a [`Ledger`] that keeps where the run is *before* it is handed in, so
//! that [`Pool::reattach`] finds it after a restart.
//!
//! Absent on purpose: films, recipes, hashes, a queue that outlives the process. A job waits in
//! memory; whoever needs it to outlive that keeps it, and runs it again when it was lost.
//!
//! Tested against ComfyUI 0.3.75. Where 0.33 differs, its documented facts are followed, and the
//! code says so.

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
