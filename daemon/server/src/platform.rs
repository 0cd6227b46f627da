//! What the operating system does for us, and nothing else: folders, locks, processes, signals.
//!
//! Tested on Linux. macOS takes the same calls, except where a function says otherwise, and is
//! untested. There is no Windows code.

mod dirs;
mod files;
mod lock;
mod mounts;
mod process;

pub use dirs::Dirs;
pub use files::{
    append_private, make_lasting_dir, make_private_dir, require_private_dir, sync_folder,
    write_private, write_synced, write_whole,
};
pub use lock::FileLock;
pub use mounts::network_mount;
pub use process::{
    Termination, executable_identity, kill, leave_terminal, may_run, open_in_browser,
    raise_open_files_max, resident_bytes, spawn_detached, terminate, uid,
};

/// The longest path of a Unix socket, in bytes: `sun_path` less its closing NUL.
pub const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "macos") { 103 } else { 107 };
