//! Which folders are not on this machine. The log's file is shared memory between its readers and
//! its writer, and its locks must hold; neither does over a network (SQLite documentation,
//! "Write-Ahead Logging", disadvantages).

use std::{fs, path::Path};

/// File systems whose files are on another machine.
const NETWORK_TYPES: [&str; 17] = [
    "9p",
    "acfs",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];
/// Programs that show something from elsewhere as a folder (FUSE), as parts of their names. Others,
/// such as those that encrypt, are as good as what they stand on.
const NETWORK_PROGRAMS: [&str; 19] = [
    "sshfs",
    "rclone",
    "s3fs",
    "s3",
    "goofys",
    "gcsfuse",
    "geesefs",
    "blobfuse",
    "curlftpfs",
    "davfs",
    "glusterfs",
    "ceph",
    "smbnetfs",
    "gvfs",
    "drive",
    "juicefs",
    "vmhgfs",
    "moosefs",
    "seaweed",
];
/// The same, as the kernel numbers them (`statfs`, Linux `magic.h`): NFS, SMB, SMB2, CIFS, NCP,
/// AFS twice, 9P, Coda, Ceph, Lustre.
const NETWORK_MAGICS: [u64; 11] = [
    0x6969,
    0x517b,
    0xfe53_4d42,
    0xff53_4d42,
    0x564c,
    0x5346_414f,
    0x6b41_4653,
    0x0102_1997,
    0x7375_7245,
    0x00c3_6400,
    0x0bd0_0bd0,
];

/// The kind of network file system a folder is on; none if it is on this machine, or not known.
pub fn network_mount(folder: &Path) -> Option<String> {
    let mounts = fs::read("/proc/self/mountinfo").unwrap_or_default();
    kind(&String::from_utf8_lossy(&mounts), folder).or_else(|| {
        let magic = rustix::fs::statfs(folder).ok()?.f_type;
        // Signed on some machines, and then filled up with ones.
        let magic = u64::try_from(i128::from(magic) & 0xffff_ffff).ok()?;
        NETWORK_MAGICS
            .contains(&magic)
            .then(|| format!("file system {magic:#x}"))
    })
}

/// The same, by what `/proc/self/mountinfo` says.
fn kind(mounts: &str, folder: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(Mount::read);
    let above = mounts.filter(|it| folder.starts_with(&it.point));
    // The nearest one above; of several at one place, the last hides the others.
    let mount = above.max_by_key(|it| Path::new(&it.point).components().count())?;
    mount.is_network().then_some(mount.kind)
}

/// A line of `mountinfo` (Linux `proc_pid_mountinfo(5)`).
struct Mount {
    point: String,
    kind: String,
    source: String,
}

impl Mount {
    fn read(line: &str) -> Option<Mount> {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        Some(Mount {
            point: unescaped(before.split(' ').nth(4)?),
            kind: after.next()?.to_owned(),
            source: unescaped(after.next().unwrap_or_default()),
        })
    }

    fn is_network(&self) -> bool {
        if NETWORK_TYPES.contains(&self.kind.as_str()) {
            return true;
        }
        let Some(program) = self.kind.strip_prefix("fuse") else {
            return false;
        };
        let program = program.trim_start_matches('.');
        let names = |it: &str| program.contains(it);
        let elsewhere = || {
            let source = &self.source;
            source.contains("://") || source.starts_with("//") || source.contains(":/")
        };
        NETWORK_PROGRAMS.iter().any(|it| names(it)) || program != "blk" && elsewhere()
    }
}

/// Blanks and the like stand in octal.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..3).and_then(|it| u8::from_str_radix(it, 8).ok());
        match digits {
            Some(byte) => {
                whole.push(char::from(byte));
                whole.push_str(&part[3..]);
            }
            None => {
                whole.push('\\');
                whole.push_str(part);
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
101 27 0:48 / /mnt/films rw,relatime shared:50 - nfs4 nas:/export/films rw,vers=4.2,addr=10.0.0.2
102 27 0:49 / /mnt/share rw,relatime shared:51 - cifs //nas/share rw,vers=3.1.1
103 27 0:50 / /home/ada/remote rw,nosuid,nodev - fuse.sshfs ada@host:/films rw,user_id=1000
104 27 0:51 / /home/ada/plain rw,nosuid,nodev - fuse ada@host:/films rw,user_id=1000
105 27 0:52 / /home/ada/vault rw,nosuid,nodev - fuse.gocryptfs /home/ada/.vault rw
106 27 8:17 / /media/ada/disk rw,nosuid,nodev - fuseblk /dev/sdb1 rw
107 27 0:53 / /mnt/host rw,relatime - 9p host rw,trans=virtio
108 27 0:54 / /mnt/with\\040blank rw,relatime - afs none rw
109 101 254:1 / /mnt/films/local rw,relatime - xfs /dev/vdb rw
110 27 0:55 / /mnt/twice rw,relatime - nfs nas:/a rw
111 27 254:2 / /mnt/twice rw,relatime - ext4 /dev/vdc rw
112 27 0:56 / /run/user/1000/gvfs rw,nosuid,nodev - fuse.gvfsd-fuse gvfsd-fuse rw
";

    #[track_caller]
    fn check(folder: &str, expected: Option<&str>) {
        let mounts = MOUNTS.replace("\\\\", "\\");
        assert_eq!(kind(&mounts, Path::new(folder)).as_deref(), expected);
    }

    #[test]
    fn what_is_on_another_machine() {
        check("/mnt/films/low-tide", Some("nfs4"));
        check("/mnt/share", Some("cifs"));
        check("/home/ada/remote/film", Some("fuse.sshfs"));
        check("/home/ada/plain/film", Some("fuse"));
        check("/mnt/host/film", Some("9p"));
        check("/mnt/with blank/film", Some("afs"));
        check(
            "/run/user/1000/gvfs/smb-share:server=nas/film",
            Some("fuse.gvfsd-fuse"),
        );
    }

    #[test]
    fn what_is_on_this_one() {
        check("/films/low-tide", None);
        check("/mnt/filmstrip", None);
        check("/mnt/films/local/film", None);
        check("/mnt/twice/film", None);
        check("/home/ada/vault/film", None);
        check("/media/ada/disk/film", None);
        assert_eq!(kind("", Path::new("/films")), None);
        assert_eq!(kind("no mounts at all\n1 - ", Path::new("/films")), None);
    }

    #[test]
    fn this_machine_is_asked_for_real() {
        assert_eq!(network_mount(Path::new("/proc")), None);
    }
}
