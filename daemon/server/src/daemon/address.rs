//! Where HTTP is: the same port and token after a restart, so that open pages find their way back
//! and stay signed in.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};
use storycore_schema::Error;
use tokio::net::TcpListener;
use tracing::warn;

use crate::{platform, trust::token::Token};

/// The port and the token of scripts.
pub(super) struct Address {
    pub(super) port: u16,
    pub(super) token: Token,
}

/// What is kept from one life to the next. Holds a secret.
#[derive(Serialize, Deserialize)]
struct Kept {
    port: u16,
    token: String,
}

impl Address {
    /// Listens on the port that was asked for, else on the one of the last life if it is free,
    /// else on any.
    pub(super) async fn take(
        state_dir: &Path,
        asked: u16,
    ) -> Result<(Address, TcpListener), Error> {
        let path = state_dir.join("http.json");
        let kept = std::fs::read(&path).ok();
        let kept = kept.and_then(|it| serde_json::from_slice::<Kept>(&it).ok());
        let token = kept.as_ref().and_then(|it| Token::parse(&it.token));
        let token = token.unwrap_or_else(Token::random);
        let last = kept.map_or(0, |it| it.port);
        let listener = match (asked, last) {
            (0, 0) => listen(0).await,
            // Another daemon may have it; that one keeps it for its next life.
            (0, last) => match listen(last).await {
                Ok(listener) => Ok(listener),
                Err(_) => listen(0).await,
            },
            (asked, _) => listen(asked).await,
        };
        let listener = listener.map_err(|error| cannot_listen(asked, &error))?;
        let port = listener
            .local_addr()
            .map_err(|error| cannot_listen(asked, &error))?
            .port();
        if last == 0 || asked != 0 {
            keep(
                &path,
                &Kept {
                    port,
                    token: token.as_str().to_owned(),
                },
            );
        }
        Ok((Address { port, token }, listener))
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await
}

fn keep(path: &Path, kept: &Kept) {
    let written = serde_json::to_vec(kept)
        .map_err(io::Error::from)
        .and_then(|bytes| platform::write_private(path, &bytes));
    if let Err(error) = written {
        warn!(path = %path.display(), %error, "the port cannot be remembered; pages will not reconnect after a restart");
    }
}

fn cannot_listen(port: u16, error: &io::Error) -> Error {
    let message = format!("cannot listen on port {port} of 127.0.0.1: {error}");
    Error::unavailable(message)
        .hint("set another http_port in daemon.toml, or 0 for any that is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn port_and_token_stay_and_a_taken_port_is_left_to_its_holder() {
        let temp = tempfile::tempdir().unwrap();
        let (first, listener) = Address::take(temp.path(), 0).await.unwrap();
        let (other, _other_listener) = Address::take(temp.path(), 0).await.unwrap();
        assert_ne!(first.port, other.port);
        drop(listener);
        let (again, _listener) = Address::take(temp.path(), 0).await.unwrap();
        assert_eq!(first.url(), again.url());
        assert_eq!(first.token.as_str(), again.token.as_str());
        let taken = Address::take(temp.path(), again.port).await.err().unwrap();
        assert!(
            taken.message.starts_with("cannot listen on port"),
            "{taken}"
        );
    }
}
