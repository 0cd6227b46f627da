//! The local socket: JSON-RPC with `Content-Length` frames, for the user who runs the daemon.

use std::os::fd::AsFd;

use storycore_schema::{Error, ErrorKind, Role};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::{Connection, Context, STOPPING, framing::ContentLength, pause_accepting};
use crate::session::{
    self, Peer,
    correlation::Correlation,
    message::{Id, error_text},
    writer::Framing,
};

/// Serves a socket until the context's shutdown. Every client is an admin: it has the same user
/// id, and so could do anything to the daemon and its files anyway.
pub async fn serve_socket(context: Context, listener: UnixListener) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => match admit(&context, &stream) {
                    Ok(connection) => {
                        sessions.spawn(serve(context.clone(), stream, connection));
                    }
                    Err(error) => refuse(&context, stream, &error),
                },
                Err(error) => pause_accepting("socket", &error).await,
            },
            Some(_) = sessions.join_next() => {}
            () = context.shutdown.cancelled() => break,
        }
    }
    let _ = tokio::time::timeout(STOPPING, sessions.join_all()).await;
}

async fn serve(context: Context, stream: UnixStream, connection: Connection) {
    let peer = Peer {
        name: "socket",
        role: Role::Admin,
        framing: Framing::ContentLength,
    };
    let (input, output) = stream.into_split();
    let frames = ContentLength::new(input, &context.limits);
    session::run(&context, peer, frames, output).await;
    drop(connection);
}

fn admit(context: &Context, stream: &UnixStream) -> Result<Connection, Error> {
    check_user(peer_uid(stream)?, rustix::process::getuid().as_raw())?;
    context.connections.enter()
}

fn check_user(theirs: u32, ours: u32) -> Result<(), Error> {
    if theirs == ours {
        return Ok(());
    }
    let message = format!("the daemon serves the user {ours}, not the user {theirs}");
    Err(Error::new(ErrorKind::Unauthenticated, message)
        .hint("start a daemon of your own with `storycore daemon ensure`"))
}

fn peer_uid(stream: &UnixStream) -> Result<u32, Error> {
    let credentials = rustix::net::sockopt::socket_peercred(stream.as_fd());
    let credentials = credentials.map_err(|error| {
        tracing::warn!(%error, "the system does not say who a socket's client is");
        Error::new(ErrorKind::Unauthenticated, "the client's user is not known")
    })?;
    Ok(credentials.uid.as_raw())
}

fn refuse(context: &Context, stream: UnixStream, error: &Error) {
    tracing::warn!(%error, "a client was refused");
    let text = error_text(&Id::null(), error, &Correlation::new().next());
    let mut frame = format!("Content-Length: {}\r\n\r\n", text.len()).into_bytes();
    frame.extend_from_slice(&text);
    context.connections.refuse(stream, frame);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_is_refused_by_name() {
        let error = check_user(1001, 1000).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        assert!(error.message.contains("user 1000, not the user 1001"));
        assert!(check_user(1000, 1000).is_ok());
    }
}
