//! The daemon's side: being the only one, and saying where it is.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::Path,
    time::Duration,
};

use storycore_schema::{Error, ErrorKind, system::PROTOCOL_VERSION};

use super::{DaemonRecord, Endpoint, poll};
use crate::platform::{self, FileLock};

/// The right to be the daemon of this build. Dropped, it removes socket and record and lets the
/// next one in; so it must live as long as anything answers on the socket.
#[derive(Debug)]
pub struct Claim {
    endpoint: Endpoint,
    listener: Option<UnixListener>,
    // Declared last: fields are dropped in order, and the lock must go last.
    _lock: FileLock,
}

impl Claim {
    /// Becomes the daemon: takes the lock, clears away what a dead one left, and listens. Waits
    /// for one that is just stopping, but not for one that answers.
    pub fn acquire(endpoint: Endpoint, wait: Duration) -> Result<Claim, Error> {
        if let Some(dir) = endpoint.socket.parent() {
            platform::require_private_dir(dir)?;
        }
        let mut lock = take_lock(&endpoint, wait)?;
        lock.sign(std::process::id())
            .map_err(|error| cannot("write", &endpoint.lock, &error))?;
        // Whoever holds the lock is the daemon. If somebody answers all the same, its lock file
        // was removed under it, and unlinking its socket would cut off its clients.
        if endpoint.connect()?.is_some() {
            return Err(already_running(&endpoint));
        }
        remove(&endpoint.record)?;
        remove(&endpoint.socket)?;
        let listener = UnixListener::bind(&endpoint.socket)
            .map_err(|error| cannot("listen on", &endpoint.socket, &error))?;
        fs::set_permissions(&endpoint.socket, fs::Permissions::from_mode(0o600))
            .map_err(|error| cannot("close to others", &endpoint.socket, &error))?;
        Ok(Claim {
            endpoint,
            listener: Some(listener),
            _lock: lock,
        })
    }

    /// Where we are found.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The bound socket, once. Clients may be waiting on it already.
    pub fn take_listener(&mut self) -> Option<UnixListener> {
        self.listener.take()
    }

    /// Tells clients that we are ready, and where HTTP is. To be called before the first
    /// connection is accepted: clients that see an answer read the record next.
    pub fn publish(&self, url: &str, token: &str) -> Result<DaemonRecord, Error> {
        let record = DaemonRecord {
            socket: self.endpoint.socket.clone(),
            url: url.to_owned(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL_VERSION,
            token: token.to_owned(),
        };
        let bytes = serde_json::to_vec(&record)
            .map_err(|error| Error::internal(format!("cannot encode the record: {error}")))?;
        platform::write_private(&self.endpoint.record, &bytes)
            .map_err(|error| cannot("write", &self.endpoint.record, &error))?;
        Ok(record)
    }
}

impl Claim {
    /// Is found by nobody from now on: who comes next starts another daemon, which waits for this
    /// one to end.
    pub fn withdraw(&self) {
        // The socket first: a client that finds no record but a socket would wait for the record.
        let _ = fs::remove_file(&self.endpoint.socket);
        let _ = fs::remove_file(&self.endpoint.record);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.withdraw();
    }
}

fn take_lock(endpoint: &Endpoint, wait: Duration) -> Result<FileLock, Error> {
    let taken = poll(wait, || match FileLock::try_acquire(&endpoint.lock) {
        Ok(Some(lock)) => Some(Ok(lock)),
        Ok(None) => match endpoint.connect() {
            Ok(None) => None,
            Ok(Some(_)) => Some(Err(already_running(endpoint))),
            Err(error) => Some(Err(error)),
        },
        Err(error) => Some(Err(cannot("lock", &endpoint.lock, &error))),
    });
    taken.unwrap_or_else(|| Err(already_running(endpoint)))
}

fn already_running(endpoint: &Endpoint) -> Error {
    let pid = FileLock::signed_by(&endpoint.lock);
    let pid = pid.map_or_else(String::new, |it| format!(" (process {it})"));
    Error::new(
        ErrorKind::AlreadyExists,
        format!("the daemon runs already{pid}"),
    )
    .hint("stop it with `storycore daemon stop`")
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(cannot("remove", path, &error))
        }
        _ => Ok(()),
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("cannot {what} {}: {error}", path.display()))
        .hint("check who may write there and that the disk has room, or set STORYCORE_RUNTIME_DIR")
}
