//! The ways in: what they share.
//!
//! Every transport hands the same [`Session`](crate::session) its frames; HTTP requests, which
//! stay for one answer only, go to the same [`Dispatch`].

use std::{sync::Arc, time::Duration};

use storycore_schema::{Error, Limits};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{Semaphore, watch},
};
use tokio_util::sync::CancellationToken;

use crate::call::Dispatch;

pub mod assets;
mod framing;
pub mod http;
pub mod memory;
mod page;
mod previews;
mod rpc;
pub mod socket;
pub mod stdio;
#[cfg(test)]
mod tests;
pub mod uploads;
mod websocket;

/// Pause after the system could not give us another connection, such as when it is out of file
/// descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long a refused client is given to read why.
const REFUSAL_PAUSE: Duration = Duration::from_millis(500);
/// How long conversations get to end when the daemon stops.
const STOPPING: Duration = Duration::from_millis(2_000);
/// Refused clients that are given time at once; more are cut off without a word.
const REFUSALS_MAX: usize = 64;

/// What every transport needs.
#[derive(Clone)]
pub struct Context {
    /// Where requests go.
    pub dispatch: Arc<dyn Dispatch>,
    /// How much of everything there may be.
    pub limits: Arc<Limits>,
    /// Who is here, over all transports.
    pub connections: Connections,
    /// Ends everything when canceled.
    pub shutdown: CancellationToken,
}

/// Counts connections, and keeps them within `connections_max`.
#[derive(Clone)]
pub struct Connections {
    count: Arc<watch::Sender<usize>>,
    max: usize,
    refusing: Arc<Semaphore>,
}

/// One connection's place; given back when dropped.
pub struct Connection {
    count: Arc<watch::Sender<usize>>,
}

impl Connections {
    /// Nobody is here yet.
    pub fn new(limits: &Limits) -> Connections {
        Connections {
            count: Arc::new(watch::Sender::new(0)),
            max: usize::try_from(limits.connections_max).unwrap_or(usize::MAX),
            refusing: Arc::new(Semaphore::new(REFUSALS_MAX)),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Tells of every change of the count, such as when the last one has left.
    pub fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Makes place for one more, or says which limit is reached.
    pub fn enter(&self) -> Result<Connection, Error> {
        let entered = self.count.send_if_modified(|count| {
            let room = *count < self.max;
            *count += usize::from(room);
            room
        });
        if entered {
            return Ok(Connection {
                count: self.count.clone(),
            });
        }
        let message = format!(
            "there are {0} connections, and the limit connections_max is {0}",
            self.max
        );
        Err(Error::resource_exhausted(message)
            .hint("close other clients, or raise connections_max in daemon.toml"))
    }

    /// Tells a client that it cannot stay, without letting it hold anything up.
    pub(crate) fn refuse<S>(&self, mut stream: S, text: Vec<u8>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Ok(permit) = self.refusing.clone().try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            let farewell = async {
                stream.write_all(&text).await?;
                stream.shutdown().await?;
                // What it has sent is read, because closing over it could discard our answer.
                let mut sink = [0; 1024];
                while stream.read(&mut sink).await? > 0 {}
                std::io::Result::Ok(())
            };
            let _ = tokio::time::timeout(REFUSAL_PAUSE, farewell).await;
            drop(permit);
        });
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

/// Waits a little after `accept` failed: connections that end will make room.
pub(crate) async fn pause_accepting(transport: &str, error: &std::io::Error) {
    tracing::warn!(transport, %error, "no connection could be accepted; trying again");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
