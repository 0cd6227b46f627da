//! Files and folders that only their owner may read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use storycore_schema::Error;

use super::uid;

/// Creates a folder, and those above it, that only its owner may enter. An existing one is left
/// as it is.
pub fn make_private_dir(dir: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| {
            Error::unavailable(format!(
                "cannot create the folder {}: {error}",
                dir.display()
            ))
            .hint("check the rights and the free space of the folder above it")
        })
}

/// Creates a folder, and those above it, so that it is still there when the power goes. Blocks.
pub fn make_lasting_dir(dir: &Path) -> io::Result<()> {
    let above = dir.parent().filter(|it| !it.as_os_str().is_empty());
    if let Some(above) = above.filter(|it| !it.exists()) {
        make_lasting_dir(above)?;
    }
    match fs::create_dir(dir) {
        Err(_) if dir.is_dir() => {}
        made => made?,
    }
    // Also of one that is there: its maker may have been killed before this.
    above.map_or(Ok(()), sync_folder)
}

/// Creates a folder if need be, and refuses it unless it is a real folder, ours, and closed to
/// everybody else: who can write into it can pose as the daemon.
pub fn require_private_dir(dir: &Path) -> Result<(), Error> {
    make_private_dir_unless_present(dir)?;
    // Not `metadata`: it would follow a symbolic link to wherever somebody else points it.
    let metadata = fs::symlink_metadata(dir).map_err(|error| {
        Error::unavailable(format!(
            "cannot look at the folder {}: {error}",
            dir.display()
        ))
    })?;
    let refuse = |why: String, hint: String| {
        Err(Error::failed_precondition(format!("the folder {} {why}", dir.display())).hint(hint))
    };
    let elsewhere = "set STORYCORE_RUNTIME_DIR to a folder of your own";
    if metadata.is_symlink() {
        return refuse("is a symbolic link".to_owned(), elsewhere.to_owned());
    }
    if !metadata.is_dir() {
        return refuse("is not a folder".to_owned(), elsewhere.to_owned());
    }
    if metadata.uid() != uid() {
        let why = format!(
            "belongs to user {}, not to you (user {})",
            metadata.uid(),
            uid()
        );
        return refuse(why, elsewhere.to_owned());
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        let why = format!("is open to others (mode {mode:03o})");
        return refuse(why, format!("chmod 700 {}", dir.display()));
    }
    Ok(())
}

/// Opens a file to append to, readable by its owner alone.
pub fn append_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

/// Puts a file in place, whole or not at all, readable by its owner alone.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    fs::rename(&beside, path)
}

/// Puts a file in place, whole or not at all, and on disk when it returns. Half-written ones end in
/// `.new`.
pub fn write_whole(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let written = write_synced(&beside, parts).and_then(|()| fs::rename(&beside, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    path.parent().map_or(Ok(()), sync_folder)
}

/// Writes a file; when it returns its bytes are on disk, but perhaps not its name.
pub fn write_synced(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Puts the names in a folder on disk: a file is only there after a power cut when its folder's
/// entry is, too.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|it| it.sync_all()) {
        // A folder that may be written but not read, or that its file system cannot sync: nobody
        // can do more.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

fn make_private_dir_unless_present(dir: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(dir).is_ok() {
        return Ok(());
    }
    make_private_dir(dir)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn refusal(dir: &Path) -> String {
        require_private_dir(dir)
            .unwrap_err()
            .message
            .replace(&dir.display().to_string(), "DIR")
    }

    #[test]
    fn a_new_folder_is_ours_alone() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("a/b");
        require_private_dir(&dir).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
        require_private_dir(&dir).unwrap();
    }

    #[test]
    fn a_link_a_file_an_open_or_a_foreign_folder_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let real = temp.path().join("real");
        require_private_dir(&real).unwrap();

        let link = temp.path().join("link");
        symlink(&real, &link).unwrap();
        assert_eq!(refusal(&link), "the folder DIR is a symbolic link");

        let dangling = temp.path().join("dangling");
        symlink(temp.path().join("nowhere"), &dangling).unwrap();
        assert_eq!(refusal(&dangling), "the folder DIR is a symbolic link");

        let file = temp.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(refusal(&file), "the folder DIR is not a folder");

        fs::set_permissions(&real, fs::Permissions::from_mode(0o750)).unwrap();
        assert_eq!(
            refusal(&real),
            "the folder DIR is open to others (mode 750)"
        );

        // Only root can give a folder away.
        if uid() == 0 {
            fs::set_permissions(&real, fs::Permissions::from_mode(0o700)).unwrap();
            std::os::unix::fs::chown(&real, Some(12_345), None).unwrap();
            assert_eq!(
                refusal(&real),
                "the folder DIR belongs to user 12345, not to you (user 0)"
            );
        }
    }

    #[test]
    fn files_are_ours_alone() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("secret.json");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }
}
