//! Puts the request into a span, so that everything logged on its way carries its correlation id.

use futures::FutureExt;
use storycore_schema::ErrorKind;
use tracing::{Instrument, debug, error, info_span};

use super::{Answer, Middleware, Next, Request};

pub(super) struct Trace;

impl Middleware for Trace {
    fn handle<'a>(&'a self, request: &'a mut Request, next: Next<'a>) -> Answer<'a> {
        let (name, call) = (request.route.name, &request.context.call);
        let correlation_id = call.correlation_id.clone();
        let span = info_span!("request", method = name, correlation_id = &*correlation_id);
        async move {
            let outcome = next.run(request).await;
            match &outcome {
                Ok(_) => debug!("answered"),
                Err(error) if error.kind == ErrorKind::Internal => error!(%error, "failed"),
                Err(error) => debug!(%error, "refused"),
            }
            outcome
        }
        .instrument(span)
        .boxed()
    }
}
