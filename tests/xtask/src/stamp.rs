//! Stamps: what something was made from, so that it is not made again in vain.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::root;

/// Folders that are made, not written.
const MADE: &[&str] = &["node_modules", "dist", "target", ".git", "test-results"];

/// Hashes files, and folders with everything in them, by path in the repository and by content. What is not there
/// counts as empty.
pub(crate) fn hash(paths: &[PathBuf]) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    let root = root::root();
    for file in files {
        file.strip_prefix(&root).unwrap_or(&file).hash(&mut hasher);
        let bytes = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        bytes.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Whether the stamp says this.
pub(crate) fn says(stamp: &Path, text: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|it| it == text)
}

/// Writes a stamp.
pub(crate) fn write(stamp: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    fs::write(stamp, text).with_context(|| format!("write {}", stamp.display()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    }
    if !path.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("read {}", path.display()))? {
        let entry = entry?;
        let is_made = MADE.iter().any(|it| entry.file_name() == *it);
        if !is_made && !entry.file_type()?.is_symlink() {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_follows_what_is_written_and_not_what_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned()];
        let empty = hash(&paths).unwrap();
        fs::create_dir(folder.path().join("dist")).unwrap();
        fs::write(folder.path().join("dist/index.html"), "made").unwrap();
        assert_eq!(hash(&paths).unwrap(), empty);
        fs::write(folder.path().join("main.ts"), "written").unwrap();
        assert_ne!(hash(&paths).unwrap(), empty);
    }
}
