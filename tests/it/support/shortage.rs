//! Disks without room.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Daemon, Sandbox, sandbox::text};

/// A place with little room.
pub(crate) trait Shortage {
    /// Takes what room there is.
    fn begin(&self, daemon: &Daemon);
    /// Gives it back.
    fn end(&self, daemon: &Daemon);
}

/// A full disk in a new folder; where nobody may mount one, files that cannot grow.
pub(crate) fn full_disk(at: &Path) -> Box<dyn Shortage> {
    match SmallDisk::mount(at) {
        Some(disk) => Box::new(disk),
        None => Box::new(SmallFiles),
    }
}

/// A sandbox in which the daemon meets [`SmallFiles`] as a refused write; the system would end it
/// instead.
pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new().under(&["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
}

/// A small file system of its own.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where nobody may mount one.
    fn mount(at: &Path) -> Option<SmallDisk> {
        fs::create_dir(at).expect("a folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m,mode=755", "storycore-test"])
            .arg(at)
            .output();
        let mounted = mount.is_ok_and(|it| it.status.success());
        mounted.then(|| SmallDisk(at.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Shortage for SmallDisk {
    fn begin(&self, _daemon: &Daemon) {
        // Fails where the room ends, which is what it is for.
        let _ = fs::write(self.ballast(), vec![1; 4 << 20]);
    }

    fn end(&self, _daemon: &Daemon) {
        fs::remove_file(self.ballast()).expect("deleting");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// A limit on the size of files, which anybody can set: no file grows any more.
pub(crate) struct SmallFiles;

impl SmallFiles {
    fn limit(daemon: &Daemon, soft: &str) {
        let limited = Command::new("prlimit")
            .arg(format!("--pid={}", daemon.pid()))
            .arg(format!("--fsize={soft}:"))
            .output()
            .expect("prlimit");
        assert!(limited.status.success(), "{}", text(&limited.stderr));
    }
}

impl Shortage for SmallFiles {
    fn begin(&self, daemon: &Daemon) {
        SmallFiles::limit(daemon, "0");
    }

    fn end(&self, daemon: &Daemon) {
        SmallFiles::limit(daemon, "unlimited");
    }
}
