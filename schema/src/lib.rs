//! The contract between the daemon and every client: methods, events, errors and ids.
//!
//! Read in this order: [`method`], then any noun (say [`shot`]), then [`catalog`](catalog()).
//!
//! Absent on purpose: tokio, the disk, the clock. Generators and SDKs build in seconds.

pub mod asset;
pub mod backup;
pub mod bible;
pub mod branch;
pub mod cache;
mod catalog;
pub mod checkpoint;
pub mod checkup;
pub mod craft;
pub mod diagnostic;
pub mod draft;
pub mod error;
pub mod event;
pub mod export;
pub mod history;
pub mod id;
pub mod limits;
pub mod llm;
pub mod log;
pub mod method;
pub mod notification;
pub mod project;
pub mod quality;
pub mod recipe;
pub mod run;
pub mod scene;
pub mod script;
pub mod selection;
pub mod server;
pub mod shot;
pub mod state;
pub mod system;
pub mod take;
pub mod task;
pub mod tray;
pub mod work;
pub mod workflow;

pub use catalog::{Catalog, MethodInfo, NotificationInfo, catalog};
pub use error::{Error, ErrorKind};
pub use event::{Committed, Event, LoggedEvent, Seq, Topic};
pub use limits::Limits;
pub use method::{InFilm, Kind, Method, Role, Scope, kind, scope};
