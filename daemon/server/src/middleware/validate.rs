//! Reads the params into the method's struct, and refuses what does not fit.

use futures::FutureExt;

use super::{Answer, Middleware, Next, Request};

pub(super) struct Validate;

impl Middleware for Validate {
    fn handle<'a>(&'a self, request: &'a mut Request, next: Next<'a>) -> Answer<'a> {
        let params = request
            .context
            .call
            .params
            .as_ref()
            .map_or("{}", |it| it.get());
        // JSON-RPC lets a caller send `null` or an empty list for no params.
        let params = if matches!(params, "null" | "[]") {
            "{}"
        } else {
            params
        };
        match (request.route.decode)(params) {
            Ok(typed) => request.typed = Some(typed),
            Err(error) => return futures::future::ready(Err(error)).boxed(),
        }
        next.run(request)
    }
}
