//! The commands that are not a method, and what they share.

pub(crate) mod board;
pub(crate) mod daemon;
pub(crate) mod doctor;
pub(crate) mod lsp;
pub(crate) mod stdio;
pub(crate) mod studio;

use std::{os::unix::net::UnixStream, path::PathBuf, time::Duration};

use storycore_schema::Error;
use storycore_server::{
    discovery::{self, DaemonRecord, Endpoint, EnsureOptions},
    platform::Dirs,
};

use crate::{client::Client, failure::Failure};

const START_WAIT: Duration = Duration::from_secs(20);

/// A client of the running daemon, which is started if need be.
pub(crate) fn connect() -> Result<Client, Failure> {
    Client::new(connect_stream()?)
}

/// A connection to the running daemon, which is started if need be.
pub(crate) fn connect_stream() -> Result<UnixStream, Failure> {
    let dirs = Dirs::from_env();
    let endpoint = endpoint(&dirs)?;
    if let Some(stream) = endpoint.connect().map_err(Failure::Unreachable)? {
        return Ok(stream);
    }
    ensure(&dirs, &endpoint)?;
    let stream = endpoint.connect().map_err(Failure::Unreachable)?;
    stream.ok_or_else(|| Failure::lost("it ended right after its start"))
}

/// Where this build's daemon is.
pub(crate) fn endpoint(dirs: &Dirs) -> Result<Endpoint, Failure> {
    Endpoint::of_this_build(dirs).map_err(Failure::Unreachable)
}

/// Starts the daemon if need be.
pub(crate) fn ensure(dirs: &Dirs, endpoint: &Endpoint) -> Result<DaemonRecord, Failure> {
    let options = EnsureOptions {
        program: own_program().map_err(Failure::Unreachable)?,
        args: ["daemon", "run", "--detached"].map(str::to_owned).to_vec(),
        wait: START_WAIT,
    };
    discovery::ensure(endpoint, dirs, &options).map_err(Failure::Unreachable)
}

/// A path as typed here, for somebody who stands elsewhere. It need not exist.
pub(crate) fn local_path(typed: &str) -> Result<String, Failure> {
    let path = std::path::absolute(typed).map_err(|error| {
        Failure::Usage(Error::invalid_params(format!(
            "the path `{typed}`: {error}"
        )))
    })?;
    Ok(path.to_string_lossy().into_owned())
}

fn own_program() -> Result<PathBuf, Error> {
    let program = std::env::current_exe()
        .map_err(|error| Error::unavailable(format!("cannot find this program: {error}")))?;
    // Reinstalled since it was started: the file has gone, but its bytes are still here.
    let proc = PathBuf::from("/proc/self/exe");
    Ok(if !program.exists() && proc.exists() {
        proc
    } else {
        program
    })
}
