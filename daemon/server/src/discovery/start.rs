//! The client's side: a daemon that is there when you need it.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};

use storycore_schema::{Error, ErrorKind};

use super::{DaemonRecord, Endpoint, POLL};
use crate::platform::{self, Dirs, FileLock};

/// How to start a daemon.
#[derive(Debug, Clone)]
pub struct EnsureOptions {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// How long it may take until it listens.
    pub wait: Duration,
}

/// Returns the running daemon, starting it if need be. However many clients call this at once,
/// they all get the same one.
pub fn ensure(
    endpoint: &Endpoint,
    dirs: &Dirs,
    options: &EnsureOptions,
) -> Result<DaemonRecord, Error> {
    let deadline = Instant::now() + options.wait;
    platform::require_private_dir(&dirs.runtime)?;
    let mut starting: Option<(FileLock, Child)> = None;
    loop {
        if endpoint.connect()?.is_some()
            && let Some(record) = endpoint.read_record()
        {
            return Ok(record);
        }
        match &mut starting {
            None => starting = start_unless_somebody_does(endpoint, dirs, options)?,
            Some((_, child)) => check_alive(endpoint, child)?,
        }
        if Instant::now() >= deadline {
            return Err(too_late(endpoint, options.wait));
        }
        std::thread::sleep(POLL);
    }
}

/// The end of what the daemon said when it could not log, for a person.
pub fn last_words(path: &Path) -> String {
    const BYTES_MAX: u64 = 4_096;
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(BYTES_MAX)))?;
        let mut bytes = Vec::new();
        file.take(BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

fn start_unless_somebody_does(
    endpoint: &Endpoint,
    dirs: &Dirs,
    options: &EnsureOptions,
) -> Result<Option<(FileLock, Child)>, Error> {
    let lock = FileLock::try_acquire(&endpoint.start_lock).map_err(|error| {
        Error::unavailable(format!(
            "cannot lock {}: {error}",
            endpoint.start_lock.display()
        ))
    })?;
    let Some(lock) = lock else { return Ok(None) };
    // Somebody may have started it, and let go of the lock, since we last tried to connect.
    if endpoint.holder().is_some() {
        return Ok(None);
    }
    platform::make_private_dir(&dirs.state)?;
    let args: Vec<&str> = options.args.iter().map(String::as_str).collect();
    let child = stderr_file(&endpoint.stderr)
        .and_then(|it| platform::spawn_detached(&options.program, &args, &dirs.to_env(), it))
        .map_err(|error| {
            Error::unavailable(format!(
                "cannot start the daemon {}: {error}",
                options.program.display()
            ))
        })?;
    Ok(Some((lock, child)))
}

fn stderr_file(path: &Path) -> std::io::Result<File> {
    let _ = fs::remove_file(path);
    OpenOptions::new()
        .create_new(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

fn check_alive(endpoint: &Endpoint, child: &mut Child) -> Result<(), Error> {
    let exit = child.try_wait().map_err(|error| {
        Error::unavailable(format!("cannot wait for the daemon's start: {error}"))
    })?;
    let Some(exit) = exit else { return Ok(()) };
    // Ours gave way to one that was started by hand in the same moment.
    if endpoint.holder().is_some() {
        return Ok(());
    }
    let words = last_words(&endpoint.stderr);
    let words = if words.is_empty() {
        String::new()
    } else {
        format!("\n{words}")
    };
    Err(
        Error::unavailable(format!("the daemon ended at its start ({exit}){words}")).hint(format!(
            "see {} and `storycore daemon logs`",
            endpoint.stderr.display()
        )),
    )
}

fn too_late(endpoint: &Endpoint, wait: Duration) -> Error {
    let who = match endpoint.holder() {
        Some(pid) => format!("the daemon (process {pid}) does not answer"),
        None => "no daemon came up".to_owned(),
    };
    let message = format!("{who} after {} s", wait.as_secs());
    Error::new(ErrorKind::DeadlineExceeded, message)
        .hint("try `storycore daemon stop`, then again; `storycore daemon logs` may say why")
}
