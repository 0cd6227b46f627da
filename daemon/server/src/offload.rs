//! Work that blocks, away from the threads that serve.

use storycore_schema::Error;

/// Runs work that blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "work was cut off");
        Error::internal("the daemon met a bug; nothing was changed")
            .hint("look into the daemon's log for the cause: storycore daemon logs")
    })
}
