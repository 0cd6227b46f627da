//! A client at the other end of two pipes: the same frames as on the socket.

use storycore_schema::{Error, Role};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Context, framing::ContentLength};
use crate::session::{self, Peer, writer::Framing};

/// Talks over a reader and a writer, such as standard input and output, until the input ends.
/// Whoever holds the pipes started us, and is trusted like the socket's clients.
pub async fn serve_stdio<R, W>(context: &Context, input: R, output: W) -> Result<(), Error>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let _connection = context.connections.enter()?;
    let peer = Peer {
        name: "stdio",
        role: Role::Admin,
        framing: Framing::ContentLength,
    };
    let frames = ContentLength::new(input, &context.limits);
    session::run(context, peer, frames, output).await;
    Ok(())
}
