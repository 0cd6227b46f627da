//! A client in the same process: frames over a pipe in memory, for tests.

use storycore_schema::{Error, Role};
use tokio::io::DuplexStream;

use super::{Context, framing::ContentLength};
use crate::session::{self, Peer, writer::Framing};

/// Bytes that fit in the pipe each way before the other side has to read.
const PIPE_BYTES: usize = 64 << 10;

/// Opens a conversation with a role; frames are marked with `Content-Length`.
pub fn connect(context: &Context, role: Role) -> Result<DuplexStream, Error> {
    let connection = context.connections.enter()?;
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let context = context.clone();
    tokio::spawn(async move {
        let peer = Peer {
            name: "memory",
            role,
            framing: Framing::ContentLength,
        };
        let (input, output) = tokio::io::split(far);
        let frames = ContentLength::new(input, &context.limits);
        session::run(&context, peer, frames, output).await;
        drop(connection);
    });
    Ok(near)
}
