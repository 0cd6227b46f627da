//! Drafts on disk: `drafts/CLIENT/PATH` in the film's own folder holds the text as it is, so that
//! people find it with nothing but a file browser.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use storycore_schema::{draft::Draft, id::BlobId};

use crate::{blobs::Blobs, platform::write_whole};

/// How many folders a draft may be deep, in folders.
const DEPTH_MAX: usize = 20;

/// The folder of all drafts of a film.
pub(super) struct Kept {
    folder: PathBuf,
}

/// A draft on disk.
#[derive(Debug, Clone)]
pub struct KeptDraft {
    /// Who wrote it, as its folder is named.
    pub client: String,
    /// The file, relative to the film's folder.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written last, in milliseconds since 1970.
    pub at_ms: u64,
    /// Hash of its text.
    pub hash: BlobId,
}

impl KeptDraft {
    pub(super) fn describe(&self) -> Draft {
        Draft {
            client: self.client.clone(),
            path: self.path.clone(),
            bytes: self.bytes,
            at_ms: self.at_ms,
            open: false,
            conflict: false,
        }
    }
}

impl Kept {
    pub(super) fn at(folder: PathBuf) -> Kept {
        Kept { folder }
    }

    pub(super) fn file(&self, client: &str, path: &str) -> PathBuf {
        self.folder.join(folder_of(client)).join(path)
    }

    /// Writes a draft, whole or not at all. Blocks.
    pub(super) fn write(&self, client: &str, path: &str, text: &str) -> io::Result<()> {
        let file = self.file(client, path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        write_whole(&file, &[text.as_bytes()])
    }

    /// The text of a draft. Blocks.
    pub(super) fn text(&self, client: &str, path: &str) -> Option<String> {
        fs::read_to_string(self.file(client, path)).ok()
    }

    /// Removes a draft, and the folders that are empty without it. Blocks.
    pub(super) fn remove(&self, client: &str, path: &str) {
        let file = self.file(client, path);
        // It may never have been written.
        let _ = fs::remove_file(&file);
        for folder in file.ancestors().skip(1) {
            let is_ours = folder.starts_with(&self.folder);
            if !is_ours || fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    /// Every draft, by client and path. Blocks.
    pub(super) fn list(&self) -> Vec<KeptDraft> {
        let mut drafts = Vec::new();
        collect(&self.folder, &self.folder, DEPTH_MAX, &mut drafts);
        drafts.sort_by(|a, b| (&a.client, &a.path).cmp(&(&b.client, &b.path)));
        drafts
    }
}

/// What a client's folder is called.
pub(super) fn folder_of(client: &str) -> String {
    let safe = |it: char| match it {
        it if it.is_alphanumeric() => it,
        ' ' | '-' | '_' => it,
        _ => '-',
    };
    client.chars().map(safe).collect()
}

fn collect(root: &Path, folder: &Path, depth: usize, drafts: &mut Vec<KeptDraft>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if metadata.is_dir() {
            if depth > 0 {
                collect(root, &entry.path(), depth - 1, drafts);
            }
        } else if metadata.is_file() {
            drafts.extend(kept_at(root, &entry.path(), &metadata));
        }
    }
}

fn kept_at(root: &Path, file: &Path, metadata: &fs::Metadata) -> Option<KeptDraft> {
    let inside = file.strip_prefix(root).ok()?.to_str()?;
    let inside = inside.replace(std::path::MAIN_SEPARATOR, "/");
    let (client, path) = inside.split_once('/')?;
    // It was being written when the machine stopped.
    if path.ends_with(".new") {
        return None;
    }
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(KeptDraft {
        client: client.to_owned(),
        path: path.to_owned(),
        bytes: metadata.len(),
        at_ms: u64::try_from(since.as_millis()).ok()?,
        hash: Blobs::id_of(&fs::read(file).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_found_as_it_was_written_and_leaves_no_folders_behind() {
        let temp = tempfile::tempdir().unwrap();
        let kept = Kept::at(temp.path().join("drafts"));
        kept.write("Neovim-1a2b", "script/act one/a.fountain", "INT. A")
            .unwrap();
        kept.write("../x", "b.fountain", "INT. B").unwrap();
        let names: Vec<_> = kept
            .list()
            .into_iter()
            .map(|it| (it.client, it.path))
            .collect();
        let name = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            names,
            [
                name("---x", "b.fountain"),
                name("Neovim-1a2b", "script/act one/a.fountain")
            ]
        );
        let text = kept.text("Neovim-1a2b", "script/act one/a.fountain");
        assert_eq!(text.unwrap(), "INT. A");
        kept.remove("Neovim-1a2b", "script/act one/a.fountain");
        kept.remove("../x", "b.fountain");
        assert!(!temp.path().join("drafts").exists());
    }
}
