//! Finds which source files changed since the last look, and reads those.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use storycore_schema::{Error, Limits, diagnostic::Diagnostic};

use super::Texts;
use crate::{
    folder::{FilmFolder, Listing, Source, SourceKind},
    read,
};

/// An editor that empties a file before it writes it anew is given this long.
const EMPTY_PAUSE: Duration = Duration::from_millis(60);

/// A file that changed less than this ago may change again without a sign: the system's clock for
/// files ticks only every 10 ms or so.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// What the files looked like the last time.
#[derive(Default)]
pub(super) struct Scan {
    seen: BTreeMap<String, Stamp>,
    /// Whether a file was too young for its stamp to be trusted, and must be looked at again.
    pub(super) is_unsettled: bool,
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
        let listing = folder.sources_if_there(limits)?;
        self.seen.retain(|path, _| !listing.is_gone(path));
        self.is_unsettled = false;
        let mut changed = Vec::new();
        for source in listing.sources.clone() {
            let path = folder.root.join(&source.path);
            let now = SystemTime::now();
            let stamp = stamp(&path);
            if stamp.is_some() && self.seen.get(&source.path) == stamp.as_ref() {
                continue;
            }
            let pause = || std::thread::sleep(EMPTY_PAUSE);
            let text = read_settled((folder, &source), limits, known_scripts, pause);
            let young = stamp.is_some_and(|it| it.is_young(now));
            self.is_unsettled |= young;
            match stamp.filter(|_| !young) {
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

impl Stamp {
    /// Whether the file may change after this and keep its stamp. Only the time of the last change
    /// of any kind counts: the other one can be set to what one likes.
    fn is_young(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = |ns: u128| ns.abs_diff(now.as_nanos());
        u128::try_from(self.changed_ns).is_ok_and(|it| since(it) < TICK.as_nanos())
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

/// Reads a file. One that should not be empty and is, is read again after a pause.
fn read_settled(
    (folder, source): (&FilmFolder, &Source),
    limits: &Limits,
    known_scripts: &BTreeSet<String>,
    pause: impl FnOnce(),
) -> Result<String, Diagnostic> {
    let text = read::read(&folder.root, &source.path, source.kind, limits)?;
    // An empty file of the bible is none, whoever left it so.
    let has_more = source.kind == SourceKind::Bible || known_scripts.contains(&source.path);
    if text.is_empty() && has_more {
        pause();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_emptied_before_it_is_written_is_read_whole() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("bible")).unwrap();
        fs::write(temp.path().join("storycore.toml"), "").unwrap();
        let folder = FilmFolder::at(temp.path()).unwrap();
        let known = BTreeSet::from(["film.fountain".to_owned()]);
        let read = |kind, path: &str| {
            let file = temp.path().join(path);
            fs::write(&file, "").unwrap();
            let source = Source {
                kind,
                path: path.to_owned(),
            };
            let write = || fs::write(&file, "whole").unwrap();
            read_settled((&folder, &source), &Limits::default(), &known, write).unwrap()
        };
        assert_eq!(read(SourceKind::Bible, "bible/maya.toml"), "whole");
        assert_eq!(read(SourceKind::Script, "film.fountain"), "whole");
        // Nobody knows that there was more in these.
        assert_eq!(read(SourceKind::Script, "new.fountain"), "");
        assert_eq!(read(SourceKind::Settings, "storycore.toml"), "");
    }

    #[test]
    fn a_file_written_twice_within_a_tick_is_read_twice() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join(".storycore")).unwrap();
        fs::write(temp.path().join(".storycore/project.db"), "").unwrap();
        let script = temp.path().join("film.fountain");
        fs::write(&script, "0000").unwrap();
        let folder = FilmFolder::at(temp.path()).unwrap();
        let mut scan = Scan::default();
        let mut look = || {
            let looked = scan.look(&folder, &Limits::default(), &BTreeSet::new());
            let texts = looked.unwrap().changed.into_iter();
            let texts: Vec<String> = texts.map(|(_, text)| text.unwrap()).collect();
            (texts, scan.is_unsettled)
        };
        // A machine that is busy may take longer than a tick for a look, so not every one is.
        let mut was_unsettled = false;
        for n in 1..100 {
            let text = format!("{n:04}");
            fs::write(&script, &text).unwrap();
            let (texts, is_unsettled) = look();
            assert_eq!(texts, [text]);
            was_unsettled |= is_unsettled;
        }
        assert!(was_unsettled);
        std::thread::sleep(TICK);
        assert!(!look().1);
        assert_eq!(look(), (Vec::new(), false));
    }
}
