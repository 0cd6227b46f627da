//! Lets pass who may call the method.

use futures::FutureExt;
use storycore_schema::{Error, ErrorKind};

use super::{Answer, Middleware, Next, Request};

pub(super) struct Authorize;

impl Middleware for Authorize {
    fn handle<'a>(&'a self, request: &'a mut Request, next: Next<'a>) -> Answer<'a> {
        let (needed, client) = (request.route.role, &request.context.call.client);
        if needed <= client.role {
            return next.run(request);
        }
        let message = format!(
            "{} needs the role {needed:?}, {} is {:?}",
            request.route.name,
            client.name(),
            client.role,
        );
        let error = Error::new(ErrorKind::PermissionDenied, message.to_lowercase())
            .hint("over the local socket, or with the daemon's token, you may do everything");
        futures::future::ready(Err(error)).boxed()
    }
}
