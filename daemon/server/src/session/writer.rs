//! Empties an outbox into a byte stream: many messages a write, each framed as its transport
//! wants it.

use std::collections::VecDeque;

use fastwebsockets::{Frame, OpCode, Payload};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::outbox::{Outbox, Outgoing};

/// Bytes gathered before they are written.
const WRITE_BYTES_MAX: usize = 64 << 10;
/// A message of this many bytes is written from where it lies, not copied into the gathered ones.
const COPIED_BYTES_MAX: usize = 16 << 10;
/// Room for a frame's head: the longest is `Content-Length` with twenty digits.
const HEAD_BYTES_MAX: usize = 40;

/// How a transport marks where a message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As in the Language Server Protocol.
    ContentLength,
    /// RFC 6455, from server to client.
    WebSocket,
}

/// Writes until the outbox is finished and empty, or the stream fails; closes the outbox then.
pub(crate) async fn run<W: AsyncWrite + Unpin>(outbox: &Outbox, mut stream: W, framing: Framing) {
    if let Err(error) = write(outbox, &mut stream, framing).await {
        tracing::debug!(%error, "a client went away");
    }
    outbox.close();
    // The peer may be gone already, and then there is nobody to tell.
    let _ = stream.shutdown().await;
}

async fn write<W: AsyncWrite + Unpin>(
    outbox: &Outbox,
    stream: &mut W,
    framing: Framing,
) -> std::io::Result<()> {
    let mut batch = VecDeque::new();
    let mut gathered = Vec::new();
    while outbox.take(&mut batch).await {
        let mut unwritten = Written::default();
        while let Some(message) = batch.pop_front() {
            unwritten.add(&message);
            let payload = framing.head(&message, &mut gathered);
            if payload.len() <= COPIED_BYTES_MAX {
                gathered.extend_from_slice(payload);
            } else {
                stream.write_all(&gathered).await?;
                gathered.clear();
                stream.write_all(payload).await?;
            }
            if batch.is_empty() || gathered.len() >= WRITE_BYTES_MAX || gathered.is_empty() {
                stream.write_all(&gathered).await?;
                stream.flush().await?;
                gathered.clear();
                std::mem::take(&mut unwritten).report(outbox);
            }
        }
        gathered.shrink_to(WRITE_BYTES_MAX);
    }
    Ok(())
}

/// What has gone out since the outbox was last told.
#[derive(Default)]
struct Written {
    len: usize,
    bytes: usize,
}

impl Written {
    fn add(&mut self, message: &Outgoing) {
        self.len += 1;
        self.bytes += message.len();
    }

    fn report(self, outbox: &Outbox) {
        outbox.written(self.len, self.bytes);
    }
}

impl Framing {
    /// Appends a message's head to `out` and returns what comes after it.
    fn head<'a>(self, message: &'a Outgoing, out: &mut Vec<u8>) -> &'a [u8] {
        match (self, message) {
            (Framing::ContentLength, Outgoing::Text(text)) => {
                out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", text.len()).as_bytes());
                text
            }
            // Only WebSocket sessions answer pings and say why they close.
            (Framing::ContentLength, Outgoing::Pong(_) | Outgoing::Close(..)) => &[],
            (Framing::WebSocket, Outgoing::Text(text)) => {
                web_socket_head(OpCode::Text, text, out);
                text
            }
            (Framing::WebSocket, Outgoing::Pong(payload)) => {
                web_socket_head(OpCode::Pong, payload, out);
                payload
            }
            (Framing::WebSocket, Outgoing::Close(code, reason)) => {
                let mut frame = Frame::close(*code, reason);
                out.extend_from_slice(frame.write(&mut Vec::new()));
                &[]
            }
        }
    }
}

fn web_socket_head(opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
    let mut head = [0; HEAD_BYTES_MAX];
    let mut frame = Frame::new(true, opcode, None, Payload::Borrowed(payload));
    let len = frame.fmt_head(&mut head);
    out.extend_from_slice(&head[..len]);
}
