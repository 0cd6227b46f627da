//! One call from start to result: polled in place first, contained when it panics.

use std::{panic::AssertUnwindSafe, task::Poll};

use futures::{FutureExt, future::BoxFuture};
use storycore_schema::Error;

use crate::call::{Call, Dispatch, Reply};

/// What comes of a call.
pub(crate) type Outcome = Result<Reply, Error>;

/// A call that was started.
pub(crate) enum Started {
    /// It is done; most queries are, the first time they are polled, and need no task.
    Done(Outcome),
    /// It waits on something.
    Waiting(BoxFuture<'static, Outcome>),
}

/// Starts a call and lets it run as far as it goes without waiting.
pub(crate) async fn start(dispatch: &dyn Dispatch, call: Call) -> Started {
    let correlation_id = call.correlation_id.clone();
    let method = call.method.clone();
    let bug = move || {
        tracing::error!(%correlation_id, method, "a handler panicked");
        Error::internal("a bug in the daemon ended this request")
            .hint("the daemon's log names the place under the correlation id")
    };
    let future = std::panic::catch_unwind(AssertUnwindSafe(|| dispatch.dispatch(call)));
    let Ok(future) = future else {
        return Started::Done(Err(bug()));
    };
    let mut future = AssertUnwindSafe(future).catch_unwind();
    match futures::poll!(&mut future) {
        Poll::Ready(Ok(outcome)) => Started::Done(outcome),
        Poll::Ready(Err(_)) => Started::Done(Err(bug())),
        Poll::Pending => {
            let outcome = async move { future.await.unwrap_or_else(|_| Err(bug())) };
            Started::Waiting(outcome.boxed())
        }
    }
}

/// Runs a call to its end. When the one who waits for it goes away, the call goes on.
pub(crate) async fn finish(dispatch: &dyn Dispatch, call: Call) -> Outcome {
    match start(dispatch, call).await {
        Started::Done(outcome) => outcome,
        Started::Waiting(outcome) => tokio::spawn(outcome).await.unwrap_or_else(|_| {
            Err(Error::unavailable("the daemon is stopping").hint("call again in a moment"))
        }),
    }
}
