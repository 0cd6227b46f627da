//! Watches a film's folders. It says only that something may have changed; what did is found by
//! looking at the files, so an event that is missed, doubled or late does no harm.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tracing::warn;

use crate::folder::FilmFolder;

/// Watches the folders a film's sources are in.
pub struct Watch {
    folder: FilmFolder,
    changed: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeMap<PathBuf, RecursiveMode>,
    /// Why it cannot watch, and must look from time to time.
    trouble: Option<String>,
}

impl Watch {
    /// Begins to watch; `changed` is notified when something may have changed.
    pub fn start(folder: FilmFolder, changed: Arc<Notify>) -> Watch {
        let (noted, film) = (changed.clone(), folder.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| matters(&film, &event)) {
                noted.notify_one();
            }
        });
        let (watcher, trouble) = match watcher {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(in_words(&error))),
        };
        let mut watch = Watch {
            folder,
            changed,
            watcher,
            watched: BTreeMap::new(),
            trouble,
        };
        watch.follow();
        watch
    }

    /// Watches folders that have come, and forgets those that are gone.
    pub fn follow(&mut self) {
        let wanted = wanted(&self.folder);
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        self.watched
            .retain(|path, _| wanted.contains_key(path) && path.is_dir());
        for (path, mode) in wanted {
            if self.watched.contains_key(&path) || !path.is_dir() {
                continue;
            }
            match watcher.watch(&path, mode) {
                Ok(()) => {
                    self.watched.insert(path, mode);
                    // What came between the folder's making and now was seen by nobody.
                    self.changed.notify_one();
                }
                Err(error) => {
                    warn!(path = %path.display(), %error, "a folder cannot be watched; looking from time to time");
                    self.trouble = Some(in_words(&error));
                }
            }
        }
    }

    /// Why the folders must be looked at from time to time instead, if so.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

fn wanted(folder: &FilmFolder) -> BTreeMap<PathBuf, RecursiveMode> {
    let mut wanted = BTreeMap::from([(folder.root.clone(), RecursiveMode::NonRecursive)]);
    if folder.only.is_none() {
        for name in ["script", "bible"] {
            wanted.insert(folder.root.join(name), RecursiveMode::Recursive);
        }
    }
    wanted
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
