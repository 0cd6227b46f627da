//! Watches a film's folders. It says only that something may have changed; what did is found by
//! looking at the files, so an event that is missed, doubled or late does no harm.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, event::ModifyKind};
use tokio::sync::Notify;
use tracing::warn;

use crate::folder::FilmFolder;

/// Watches the folders a film's sources are in.
pub struct Watch {
    folder: FilmFolder,
    changed: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeMap<PathBuf, Identity>,
    /// Set when a watched folder itself came, went or was moved. The watcher then drops its watch
    /// without a word, and the same folder may be back in its place.
    replaced: Arc<AtomicBool>,
    /// Why there is no watcher.
    no_watcher: Option<String>,
    /// Why a folder is not watched.
    unwatched: Option<String>,
}

/// What tells a folder from another that has taken its place: device and inode.
type Identity = (u64, u64);

impl Watch {
    /// Begins to watch; `changed` is notified when something may have changed.
    pub fn start(folder: FilmFolder, changed: Arc<Notify>) -> Watch {
        let replaced = Arc::new(AtomicBool::new(false));
        let (noted, film, moved) = (changed.clone(), folder.clone(), replaced.clone());
        let own = wanted(&folder);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.as_ref().is_ok_and(|event| replaces(&own, event)) {
                moved.store(true, Ordering::Release);
            }
            if event.map_or(true, |event| matters(&film, &event)) {
                noted.notify_one();
            }
        });
        let (watcher, no_watcher) = match watcher {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(in_words(&error))),
        };
        let mut watch = Watch {
            folder,
            changed,
            watcher,
            watched: BTreeMap::new(),
            replaced,
            no_watcher,
            unwatched: None,
        };
        watch.follow();
        watch
    }

    /// Watches folders that have come or taken another's place, and forgets those that are gone.
    pub fn follow(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let all_anew = self.replaced.swap(false, Ordering::AcqRel);
        let before = self.unwatched.take();
        for (path, mode) in wanted(&self.folder) {
            let (known, found) = (self.watched.get(&path).copied(), identity(&path));
            if known == found && !all_anew {
                continue;
            }
            if known.is_some() {
                // It may have dropped the watch by itself.
                let _ = watcher.unwatch(&path);
                self.watched.remove(&path);
            }
            let Some(found) = found else {
                continue;
            };
            match watcher.watch(&path, mode) {
                Ok(()) => {
                    self.watched.insert(path, found);
                    // What came between the folder's making and now was seen by nobody.
                    self.changed.notify_one();
                }
                // It went away just now, which is a change of its own.
                Err(_) if identity(&path).is_none() => {}
                Err(error) => {
                    let why = in_words(&error);
                    if before.as_ref() != Some(&why) {
                        warn!(path = %path.display(), %error, "a folder cannot be watched; looking from time to time");
                    }
                    self.unwatched = Some(why);
                }
            }
        }
    }

    /// Why the folders must be looked at from time to time instead, if so.
    pub fn trouble(&self) -> Option<&str> {
        self.no_watcher.as_deref().or(self.unwatched.as_deref())
    }
}

/// None when there is no folder.
fn identity(path: &Path) -> Option<Identity> {
    let metadata = fs::metadata(path).ok()?;
    metadata.is_dir().then(|| (metadata.dev(), metadata.ino()))
}

fn wanted(folder: &FilmFolder) -> BTreeMap<PathBuf, RecursiveMode> {
    let mut wanted = BTreeMap::from([(folder.root.clone(), RecursiveMode::NonRecursive)]);
    if folder.only.is_none() {
        for name in ["script", "bible", "workflows"] {
            wanted.insert(folder.root.join(name), RecursiveMode::Recursive);
        }
    }
    wanted
}

/// Whether a folder that is watched for its own sake came, went or was moved.
fn replaces(own: &BTreeMap<PathBuf, RecursiveMode>, event: &notify::Event) -> bool {
    let moves = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    );
    moves && event.paths.iter().any(|path| own.contains_key(path)) || event.need_rescan()
}

/// Reading a file is no change, and neither is what we write ourselves.
fn matters(folder: &FilmFolder, event: &notify::Event) -> bool {
    let is_ours = |path: &Path| !folder.concerns(path) && path != folder.root;
    !matches!(event.kind, EventKind::Access(_)) && !event.paths.iter().all(|path| is_ours(path))
        || event.need_rescan()
}

fn in_words(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system's limit of watched folders is reached; raise fs.inotify.max_user_watches"
                .to_owned()
        }
        notify::ErrorKind::Io(io) if io.raw_os_error() == Some(EMFILE) => {
            "the system's limit of watchers is reached; raise fs.inotify.max_user_instances"
                .to_owned()
        }
        _ => format!("the folder cannot be watched: {error}"),
    }
}

/// "Too many open files", which `inotify_init1(2)` answers when a user has too many watchers.
const EMFILE: i32 = 24;
