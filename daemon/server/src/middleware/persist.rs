//! Keeps commands out of a daemon that is going down: a command is either committed or refused,
//! never cut off between the two.

use futures::FutureExt;
use storycore_schema::{Error, Kind};

use super::{Answer, Middleware, Next, Request};

pub(super) struct Persist;

impl Middleware for Persist {
    fn handle<'a>(&'a self, request: &'a mut Request, next: Next<'a>) -> Answer<'a> {
        if request.route.kind != Kind::Command {
            return next.run(request);
        }
        let Some(commit) = request.context.daemon.begin_commit() else {
            let error = Error::unavailable("the daemon is stopping").hint("call again in a moment");
            return futures::future::ready(Err(error)).boxed();
        };
        async move {
            let outcome = next.run(request).await;
            drop(commit);
            outcome
        }
        .boxed()
    }
}
