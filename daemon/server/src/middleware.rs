//! What every request passes on its way, in order. Adding a middleware is one file here and one
//! line in [`chain`].

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use serde_json::value::RawValue;
use storycore_schema::Error;

use crate::{
    call::Call,
    daemon::Daemon,
    router::{Route, Typed},
    serve::Context,
};

mod authorize;
mod metrics;
mod persist;
mod trace;
mod validate;

pub use metrics::Metrics;

/// The chain, from the outside in.
pub fn chain(daemon: &Arc<Daemon>) -> Vec<Box<dyn Middleware>> {
    vec![
        Box::new(trace::Trace),
        Box::new(metrics::Measure(daemon.metrics.clone())),
        Box::new(authorize::Authorize),
        Box::new(validate::Validate),
        Box::new(persist::Persist),
    ]
}

/// What an answer comes to.
pub type Answer<'a> = BoxFuture<'a, Result<Box<RawValue>, Error>>;

/// One station of the chain: may look, refuse, or pass on.
pub trait Middleware: Send + Sync {
    /// Handles a request; `next` is the rest of the way.
    fn handle<'a>(&'a self, request: &'a mut Request, next: Next<'a>) -> Answer<'a>;
}

/// A request on its way through the chain.
pub struct Request {
    /// Its method.
    pub route: Arc<Route>,
    /// The params, once they are validated.
    pub typed: Option<Box<dyn Typed>>,
    /// What its handler will get.
    pub context: Context,
}

impl Request {
    /// A request at the beginning of the chain.
    pub fn new(call: Call, route: Arc<Route>, daemon: Arc<Daemon>) -> Request {
        Request {
            route,
            typed: None,
            context: Context::new(call, daemon),
        }
    }
}

/// The rest of the way.
pub struct Next<'a>(&'a [Box<dyn Middleware>]);

impl<'a> Next<'a> {
    /// The whole way.
    pub fn first(chain: &'a [Box<dyn Middleware>]) -> Next<'a> {
        Next(chain)
    }

    /// Goes on; at the end of the chain the handler runs.
    pub fn run(self, request: &'a mut Request) -> Answer<'a> {
        if let Some((station, rest)) = self.0.split_first() {
            return station.handle(request, Next(rest));
        }
        match request.typed.take() {
            Some(typed) => typed.run(request.context.clone()),
            None => {
                let error = Error::internal("a request came to its end without being validated");
                futures::future::ready(Err(error)).boxed()
            }
        }
    }
}
