//! Processes: who we are, how we start one that outlives us, how we end one.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::{
    io::Errno,
    process::{Pid, Resource, Signal, getrlimit, setrlimit, test_kill_process},
};
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};

/// More file descriptors than this are of no use to us.
const OPEN_FILES_MAX: u64 = 65_536;

/// The user this process runs as.
pub fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Leaves the terminal's session, so that neither Ctrl-C nor a closed window reaches us.
pub fn leave_terminal() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Takes as many file descriptors as the system lets us have; returns how many. What a shell hands
/// down, often 1,024, is less than `connections_max`.
pub fn raise_open_files_max() -> io::Result<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    // macOS calls its hard limit infinite and refuses that as the soft one.
    let wanted = limit.maximum.unwrap_or(OPEN_FILES_MAX).min(OPEN_FILES_MAX);
    if limit.current.is_some_and(|it| it < wanted) {
        limit.current = Some(wanted);
        setrlimit(Resource::Nofile, limit)?;
    }
    Ok(limit.current.unwrap_or(u64::MAX))
}

/// Starts a program away from the terminal: nothing on its stdin and stdout, stderr in a file,
/// standing in `/`. The program must call [`leave_terminal`] itself, as only a process can move
/// itself to a new session without `unsafe`.
pub fn spawn_detached(
    program: &Path,
    args: &[&str],
    env: &[(&str, &Path)],
    stderr: File,
) -> io::Result<Child> {
    Command::new(program)
        .args(args)
        .envs(env.iter().copied())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
}

/// Asks a process to end.
pub fn terminate(pid: u32) -> io::Result<()> {
    send(pid, Signal::TERM)
}

/// Ends a process at once.
pub fn kill(pid: u32) -> io::Result<()> {
    send(pid, Signal::KILL)
}

/// Whether a process of this number may run. Only a number that surely no process has is told
/// as dead.
pub fn may_run(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_none_or(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// SIGTERM and SIGINT, which from now on end this process no more but are waited for.
pub struct Termination {
    term: SignalStream,
    interrupt: SignalStream,
}

impl Termination {
    /// Takes the signals. Wants a runtime.
    pub fn listen() -> io::Result<Termination> {
        Ok(Termination {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits until somebody asks this process to end.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Memory of this process that is in RAM, in bytes. Unknown on macOS.
pub fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// What tells this executable from every other file, past or present, at the price of one system
/// call: where it lies on disk, its size and when it was written.
pub fn executable_identity() -> io::Result<String> {
    // The link in /proc leads to the file we were started from even if another one has its name
    // now, as it is while a running program is installed anew.
    let proc = Path::new("/proc/self/exe");
    let metadata = fs::metadata(proc).or_else(|_| fs::metadata(std::env::current_exe()?))?;
    Ok(format!(
        "{}:{}:{}:{}.{:09}",
        metadata.dev(),
        metadata.ino(),
        metadata.size(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    ))
}

/// Opens an address in the user's browser; false if there is nothing to open it with.
pub fn open_in_browser(url: &str) -> bool {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let Some(opener) = find_in_path(opener) else {
        return false;
    };
    // Without a display, xdg-open falls back to a browser in the terminal, which is worse than
    // an address to click on.
    let graphical = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|it| std::env::var_os(it).is_some());
    graphical
        && Command::new(opener)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .is_ok()
}

fn find_in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|it| it.join(program))
        .find(|it| it.is_file())
}

fn send(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::kill_process(pid, signal)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_itself() {
        assert_eq!(
            executable_identity().unwrap(),
            executable_identity().unwrap()
        );
        if cfg!(target_os = "linux") {
            assert!(resident_bytes().unwrap() > 100_000);
        }
    }
}
