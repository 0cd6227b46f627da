//! Finding the daemon: one per user and build, behind one socket in one private folder.
//!
//! A *build* is this version of this executable file, told by its place on disk, size and time of
//! writing, not by its bytes: hashing those would cost each call of the CLI several milliseconds.
//! So a rebuilt program never talks to the daemon of the last build, and a copied one has its own.
//!
//! Absent on purpose: the protocol. Who connects here speaks it elsewhere.

mod claim;
mod start;

use std::{
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use storycore_schema::Error;

pub use claim::Claim;
pub use start::{EnsureOptions, ensure, last_words};

use crate::platform::{self, Dirs, FileLock, SOCKET_PATH_BYTES_MAX};

const POLL: Duration = Duration::from_millis(5);

/// Where the daemon of this build is to be found, whether or not it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What tells this build from others, in 16 hexadecimal digits.
    pub build: String,
    /// The socket it listens on.
    pub socket: PathBuf,
    /// Held by the daemon for as long as it lives.
    pub lock: PathBuf,
    /// Held by the client that starts it.
    pub start_lock: PathBuf,
    /// What it tells clients of itself: a [`DaemonRecord`].
    pub record: PathBuf,
    /// What it logs into, as JSON lines.
    pub log: PathBuf,
    /// What it says before it can log, and when it panics.
    pub stderr: PathBuf,
}

/// What a running daemon tells clients of itself. Holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonRecord {
    /// Its socket.
    pub socket: PathBuf,
    /// Its address for HTTP and WebSocket.
    pub url: String,
    /// Its process id.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// The protocol it speaks.
    pub protocol: u32,
    /// Opens HTTP and WebSocket to scripts, as a bearer token.
    pub token: String,
}

impl Endpoint {
    /// The endpoint of this executable.
    pub fn of_this_build(dirs: &Dirs) -> Result<Endpoint, Error> {
        let identity = platform::executable_identity().map_err(|error| {
            Error::unavailable(format!("cannot look at the program's own file: {error}"))
        })?;
        Endpoint::of_build(dirs, &identity)
    }

    /// The endpoint of an executable of some identity.
    pub fn of_build(dirs: &Dirs, identity: &str) -> Result<Endpoint, Error> {
        let version = env!("CARGO_PKG_VERSION");
        let hash = blake3::hash(format!("{version}:{identity}").as_bytes());
        let build = hash.to_hex()[..16].to_owned();
        let file = |dir: &Path, end: &str| dir.join(format!("storycore-{build}.{end}"));
        let socket = file(&dirs.runtime, "sock");
        let length = socket.as_os_str().len();
        if length > SOCKET_PATH_BYTES_MAX {
            return Err(Error::failed_precondition(format!(
                "the socket's path {} has {length} bytes, the system allows \
                 {SOCKET_PATH_BYTES_MAX}",
                socket.display()
            ))
            .hint("set STORYCORE_RUNTIME_DIR to a shorter path"));
        }
        Ok(Endpoint {
            lock: file(&dirs.runtime, "lock"),
            start_lock: file(&dirs.runtime, "start"),
            record: file(&dirs.runtime, "json"),
            log: file(&dirs.state, "log"),
            stderr: file(&dirs.state, "stderr"),
            socket,
            build,
        })
    }

    /// Connects to the daemon; `None` if none listens.
    pub fn connect(&self) -> Result<Option<UnixStream>, Error> {
        if let Some(dir) = self.socket.parent()
            && dir.symlink_metadata().is_ok()
        {
            platform::require_private_dir(dir)?;
        }
        match UnixStream::connect(&self.socket) {
            Ok(stream) => Ok(Some(stream)),
            Err(error) if nobody_listens(&error) => Ok(None),
            Err(error) => Err(Error::unavailable(format!(
                "cannot connect to {}: {error}",
                self.socket.display()
            ))),
        }
    }

    /// What the running daemon tells of itself; `None` until it is ready.
    pub fn read_record(&self) -> Option<DaemonRecord> {
        let bytes = std::fs::read(&self.record).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The daemon's process; `None` if there is none. It may be one that no longer listens.
    pub fn holder(&self) -> Option<u32> {
        // Trying the lock tells the living from the dead; the id alone may be somebody else's by
        // now. A lock that cannot be opened is nobody's.
        match FileLock::try_acquire(&self.lock) {
            Ok(None) => FileLock::signed_by(&self.lock),
            Ok(Some(_)) | Err(_) => None,
        }
    }

    /// Waits for the daemon's process to end; false if it still lives after `wait`.
    pub fn wait_gone(&self, wait: Duration) -> bool {
        poll(wait, || self.holder().is_none().then_some(())).is_some()
    }
}

fn nobody_listens(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}

/// Asks again and again, for `wait` at most.
fn poll<T>(wait: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = std::time::Instant::now() + wait;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if std::time::Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests;
