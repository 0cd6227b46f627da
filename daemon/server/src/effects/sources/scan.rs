//! Finds which source files changed since the last look, and reads those.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    time::Duration,
};

use storycore_schema::{Error, Limits, diagnostic::Diagnostic};

use super::Texts;
use crate::{
    folder::{FilmFolder, Listing, Source, SourceKind},
    read,
};

/// An editor that empties a file before it writes it anew is given this long.
const EMPTY_PAUSE: Duration = Duration::from_millis(60);

/// What the files looked like the last time.
#[derive(Default)]
pub(super) struct Scan {
    seen: BTreeMap<String, Stamp>,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified_ns: i128,
    changed_ns: i128,
    mode: u32,
}

/// What a look has found.
pub(super) struct Looked {
    /// Every source there is.
    pub(super) listing: Listing,
    /// Those that changed, with their text or what is wrong.
    pub(super) changed: Vec<(Source, Result<String, Diagnostic>)>,
    /// Scripts of the film that are there no more.
    pub(super) gone_scripts: BTreeSet<String>,
}

/// The scripts of a look.
pub(super) struct LookedScripts {
    pub(super) changed: Texts,
    pub(super) gone: BTreeSet<String>,
    pub(super) any_present: bool,
}

impl Scan {
    pub(super) fn look(
        &mut self,
        folder: &FilmFolder,
        limits: &Limits,
        known_scripts: &BTreeSet<String>,
    ) -> Result<Looked, Error> {
        let listing = folder.sources(limits)?;
        self.seen.retain(|path, _| !listing.is_gone(path));
        let mut changed = Vec::new();
        for source in listing.sources.clone() {
            let path = folder.root.join(&source.path);
            let stamp = stamp(&path);
            if stamp.is_some() && self.seen.get(&source.path) == stamp.as_ref() {
                continue;
            }
            let text = read_settled(folder, &source, limits, known_scripts);
            match stamp {
                Some(stamp) => self.seen.insert(source.path.clone(), stamp),
                None => self.seen.remove(&source.path),
            };
            changed.push((source, text));
        }
        let gone = |path: &&String| listing.is_gone(path);
        let gone_scripts = known_scripts.iter().filter(gone).cloned().collect();
        Ok(Looked {
            listing,
            changed,
            gone_scripts,
        })
    }
}

impl Looked {
    pub(super) fn scripts(&self) -> LookedScripts {
        let scripts = self
            .changed
            .iter()
            .filter(|(source, _)| source.kind == SourceKind::Script);
        let all = &self.listing.sources;
        LookedScripts {
            changed: scripts
                .map(|(source, text)| (source.path.clone(), text.clone()))
                .collect(),
            gone: self.gone_scripts.clone(),
            any_present: all.iter().any(|it| it.kind == SourceKind::Script),
        }
    }
}

fn read_settled(
    folder: &FilmFolder,
    source: &Source,
    limits: &Limits,
    known_scripts: &BTreeSet<String>,
) -> Result<String, Diagnostic> {
    let text = read::read(&folder.root, &source.path, source.kind, limits)?;
    if text.is_empty() && known_scripts.contains(&source.path) {
        std::thread::sleep(EMPTY_PAUSE);
        return read::read(&folder.root, &source.path, source.kind, limits);
    }
    Ok(text)
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    let ns = |seconds: i64, nanoseconds: i64| {
        i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
    };
    Some(Stamp {
        inode: metadata.ino(),
        size: metadata.size(),
        modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
        changed_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
        mode: metadata.mode(),
    })
}
