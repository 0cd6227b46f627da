//! Reads the params into the method's struct, and refuses what does not fit.

use futures::FutureExt;

use storycore_schema::{Kind, Scope};

use super::{Answer, Middleware, Next, Request};

mod if_seq;

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
        let route = &request.route;
        let is_commit = route.kind == Kind::Command && route.scope == Scope::Film;
        let decoded = if is_commit {
            if_seq::take_out(route.name, params)
                .and_then(|(params, if_seq)| Ok(((route.decode)(&params)?, if_seq)))
        } else {
            (route.decode)(params).map(|typed| (typed, None))
        };
        match decoded {
            Ok((typed, if_seq)) => {
                request.typed = Some(typed);
                request.context.if_seq = if_seq;
            }
            Err(error) => return futures::future::ready(Err(error)).boxed(),
        }
        next.run(request)
    }
}
