//! Texts that clients have open and have not saved: shown to everyone as the film they would make,
//! and kept on disk, so that nothing typed is lost when an editor, or the daemon, ends. Never in the
//! log.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use storycore_schema::{
    Error, ErrorKind,
    draft::{Draft, DraftChanged, DraftPreview, DraftText},
    id::{BlobId, ProjectId},
    script::{WriteScript, WrittenScript},
};
use tokio::sync::watch;
use tracing::warn;

use crate::{blobs::Blobs, bus::Bus, offload::blocking, outbox::notification_text, owner::now_ms};

mod kept;

use kept::Kept;
pub use kept::KeptDraft;

/// Where they are kept, in the folder that is ours.
pub(crate) const DRAFTS_FOLDER: &str = "drafts";

/// How long after a change the text is on disk, in milliseconds: what is typed meanwhile goes with
/// it.
const KEEP_PAUSE_MS: u64 = 300;
/// How long after a text could not be written that is tried again, in milliseconds.
const KEEP_AGAIN_PAUSE_MS: u64 = 2_000;

/// The drafts of one film.
pub struct Drafts {
    project: ProjectId,
    bus: Arc<Bus>,
    blobs: Arc<Blobs>,
    kept: Kept,
    /// Whose turn it is to write drafts.
    files: Mutex<()>,
    live: Mutex<Live>,
    /// What was left behind, once it is known.
    left: Mutex<Option<Arc<Vec<KeptDraft>>>>,
    /// Counts changes of that.
    left_changes: watch::Sender<u64>,
}

/// A text that a client has open.
pub trait OpenText: Send + Sync {
    /// The text.
    fn text(&self) -> String;
    /// Hash of the file's text as the film knows it now.
    fn saved(&self) -> Option<BlobId>;
    /// Whether the file was changed by somebody else since the text began to differ from it.
    fn is_conflict(&self) -> bool;
    /// What the film would be with it. Takes as long as reading the change does.
    fn preview(&self) -> DraftPreview;
    /// Has the client put another text in its place, as one change that can be undone there.
    fn replace(&self, text: String) -> BoxFuture<'static, Result<(), Error>>;
    /// Hears that it is kept on disk; or, in words for who types it, why it is not.
    fn kept(&self, kept: Result<(), String>) -> BoxFuture<'static, ()>;
}

type Key = (Arc<str>, Arc<str>);

#[derive(Default)]
struct Live {
    /// By client and file.
    drafts: BTreeMap<Key, LiveDraft>,
    /// Counts the changes.
    latest: u64,
    /// Whether somebody was told of a draft.
    is_shown: bool,
    /// Whether the film is closed: what could not be kept then is not tried again.
    is_closed: bool,
}

struct LiveDraft {
    text: Arc<dyn OpenText>,
    changed: u64,
    at_ms: u64,
    /// Whether it will be written in a moment.
    is_scheduled: bool,
}

impl Drafts {
    /// The drafts of a film whose own folder is `data`.
    pub fn new(project: ProjectId, bus: Arc<Bus>, blobs: Arc<Blobs>, data: &Path) -> Drafts {
        Drafts {
            project,
            bus,
            blobs,
            kept: Kept::at(data.join(DRAFTS_FOLDER)),
            files: Mutex::default(),
            live: Mutex::default(),
            left: Mutex::default(),
            left_changes: watch::channel(0).0,
        }
    }

    /// Takes a text that differs from its file. Blocks while it is previewed.
    pub fn note(self: &Arc<Drafts>, client: &Arc<str>, path: &str, text: &Arc<dyn OpenText>) {
        let key: Key = (client.clone(), path.into());
        let mut live = self.lock();
        live.latest += 1;
        let changed = live.latest;
        let was_scheduled = live.drafts.get(&key).is_some_and(|it| it.is_scheduled);
        let draft = LiveDraft {
            text: text.clone(),
            changed,
            at_ms: now_ms(),
            is_scheduled: true,
        };
        live.drafts.insert(key.clone(), draft);
        drop(live);
        if !was_scheduled {
            tokio::spawn(self.clone().keep_soon(key));
        }
        self.show(changed, text);
    }

    /// A text says what its file says, or is closed: nothing of it is unsaved any more. Blocks.
    pub fn settle(&self, client: &Arc<str>, path: &str) {
        let key: Key = (client.clone(), path.into());
        let was_there = self.lock().drafts.remove(&key).is_some();
        if was_there {
            let writing = self.writing();
            self.kept.remove(client, path);
            drop(writing);
            self.show_latest();
        }
    }

    /// A client has ended without a word: what it had not saved is kept, also what nobody was told
    /// of yet. Blocks.
    pub fn leave(&self, client: &Arc<str>, unsaved: &[(String, String)]) {
        let writing = self.writing();
        for (path, text) in unsaved {
            log_unless_kept((client, path), self.keep_text(client, path, text));
        }
        drop(writing);
        let of_client = |live: &Live| -> Vec<Key> {
            let keys = live.drafts.keys();
            keys.filter(|it| it.0 == *client).cloned().collect()
        };
        let keys = of_client(&self.lock());
        for key in &keys {
            self.keep_last(key);
            self.lock().drafts.remove(key);
        }
        if !keys.is_empty() || !unsaved.is_empty() {
            self.left_changed();
            self.show_latest();
        }
    }

    /// Keeps whatever is still only in memory: the film is closed. Blocks.
    pub fn close(&self) {
        self.lock().is_closed = true;
        let keys: Vec<Key> = self.lock().drafts.keys().cloned().collect();
        for key in keys {
            self.keep_last(&key);
        }
    }

    /// Shows the latest draft to somebody who has just come, and so to all. Blocks.
    pub fn show_latest(&self) {
        let live = self.lock();
        let latest = live.drafts.values().max_by_key(|it| it.changed);
        let Some((changed, text)) = latest.map(|it| (it.changed, it.text.clone())) else {
            if live.is_shown {
                self.tell(live, None);
            }
            return;
        };
        drop(live);
        self.show(changed, &text);
    }

    /// Every draft: those that are being written, then those that were left behind. Blocks.
    pub fn list(&self) -> Vec<Draft> {
        let live = self.live();
        let describe = |(key, at_ms, text): &(Key, u64, Arc<dyn OpenText>)| Draft {
            client: key.0.to_string(),
            path: key.1.to_string(),
            bytes: text.text().len() as u64,
            at_ms: *at_ms,
            open: true,
            conflict: text.is_conflict(),
        };
        let mut drafts: Vec<Draft> = live.iter().map(describe).collect();
        drafts.extend(self.left_behind().iter().map(KeptDraft::describe));
        drafts
    }

    /// One of them. Blocks.
    pub fn get(&self, client: &str, path: &str) -> Result<DraftText, Error> {
        let live = self.live();
        let open = live
            .iter()
            .find(|(key, ..)| (&*key.0, &*key.1) == (client, path));
        let is_it = |it: &Draft| it.client == client && it.path == path;
        let draft = self.list().into_iter().find(is_it);
        let draft = draft.ok_or_else(|| not_found(client, path))?;
        let text = match open {
            Some((.., text)) => text.text(),
            None => self
                .kept
                .text(client, path)
                .ok_or_else(|| not_found(client, path))?,
        };
        let film = self.bus.film();
        let saved = film.state.project.screenplay.scripts.get(path);
        Ok(DraftText {
            draft,
            text,
            saved: saved.map(|it| it.hash),
        })
    }

    /// Throws away one that was left behind. Blocks.
    pub fn discard(&self, client: &str, path: &str) -> Result<(), Error> {
        if self.is_live(client, path) {
            let message = format!("{client} is writing {path} now");
            return Err(Error::failed_precondition(message)
                .hint("save or close it there; only what was left behind can be thrown away"));
        }
        let is_it = |it: &KeptDraft| it.client == client && it.path == path;
        if !self.left_behind().iter().any(is_it) {
            return Err(not_found(client, path));
        }
        self.kept.remove(client, path);
        self.left_changed();
        Ok(())
    }

    /// What was left behind by those who are not writing now. Blocks the first time.
    pub fn left_behind(&self) -> Arc<Vec<KeptDraft>> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*left {
            return known.clone();
        }
        let kept = self.kept.list().into_iter();
        let found = kept.filter(|it| !self.is_live(&it.client, &it.path));
        let found = Arc::new(found.collect());
        *left = Some(Arc::clone(&found));
        found
    }

    /// Changes whenever something else is left behind.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.left_changes.subscribe()
    }

    /// Forgets what was left behind of a file that says the same. Blocks.
    pub fn forget_saved(&self, path: &str, text: BlobId) {
        self.forget(|it| it.path == path && it.hash == text);
    }

    fn forget(&self, is_kept_elsewhere: impl Fn(&KeptDraft) -> bool) {
        for left in self.left_behind().iter().filter(|it| is_kept_elsewhere(it)) {
            self.kept.remove(&left.client, &left.path);
            self.left_changed();
        }
    }

    /// Where the text of a kept draft lies.
    pub fn file_of(&self, client: &str, path: &str) -> PathBuf {
        self.kept.file(client, path)
    }

    /// Gives a text to the editor that has the script open and unsaved, joined with what was typed
    /// there: written to disk, it would be in the way of that. `None` when nobody else than the
    /// writer has: what that one writes is what it typed last, whatever was noted of it.
    pub async fn write_through(
        &self,
        write: &WriteScript,
        writer: &str,
    ) -> Result<Option<WrittenScript>, Error> {
        let open = self.live().into_iter().find(|(key, _, text)| {
            if *key.0 == *writer {
                return false;
            }
            let is_grown_from = write.if_hash.is_some() && text.saved() == write.if_hash;
            *key.1 == *write.path && is_grown_from && text.text() != write.text
        });
        let (Some((key, _, text)), Some(base)) = (open, write.if_hash) else {
            return Ok(None);
        };
        let (blobs, new) = (self.blobs.clone(), write.text.clone());
        let typed = text.clone();
        let joined = blocking(move || join(&blobs, base, &typed.text(), &new)).await?;
        let joined = joined.ok_or_else(|| {
            let message = format!(
                "{} has {} open, with unsaved changes to the same lines; nothing was written",
                key.0, write.path
            );
            Error::new(ErrorKind::Conflict, message)
                .hint("save or undo them there, then try again; draft/get shows them")
        })?;
        let hash = Blobs::id_of(joined.as_bytes());
        text.replace(joined).await?;
        Ok(Some(WrittenScript {
            hash,
            in_editor: Some(key.0.to_string()),
        }))
    }

    fn left_changed(&self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.left_changes.send_modify(|it| *it += 1);
    }

    fn is_live(&self, client: &str, path: &str) -> bool {
        let live = self.lock();
        let mut keys = live.drafts.keys();
        keys.any(|it| kept::folder_of(&it.0) == kept::folder_of(client) && &*it.1 == path)
    }

    fn live(&self) -> Vec<(Key, u64, Arc<dyn OpenText>)> {
        let live = self.lock();
        let drafts = live.drafts.iter();
        drafts
            .map(|(key, it)| (key.clone(), it.at_ms, it.text.clone()))
            .collect()
    }

    /// Writes a draft in a moment, and again and again until that is possible; tells who types it.
    async fn keep_soon(self: Arc<Drafts>, key: Key) {
        let mut pause_ms = KEEP_PAUSE_MS;
        loop {
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            let (drafts, of) = (self.clone(), key.clone());
            let kept = blocking(move || drafts.keep(&of)).await;
            let (text, kept) = match kept {
                Ok(Some(kept)) => kept,
                Ok(None) => return,
                Err(error) => return warn!(%error, "a draft was not kept"),
            };
            let Err(error) = kept else {
                return text.kept(Ok(())).await;
            };
            text.kept(Err(self.told(&key, &error))).await;
            // Once is enough for the log.
            if pause_ms == KEEP_PAUSE_MS {
                log_unless_kept((&key.0, &key.1), Err(error));
            }
            if !self.schedule_again(&key) {
                return;
            }
            pause_ms = KEEP_AGAIN_PAUSE_MS;
        }
    }

    /// Whether a draft that could not be written is still there, and nobody else is about to write
    /// it.
    fn schedule_again(&self, key: &Key) -> bool {
        let mut live = self.lock();
        if live.is_closed {
            return false;
        }
        let draft = live.drafts.get_mut(key).filter(|it| !it.is_scheduled);
        draft.map(|it| it.is_scheduled = true).is_some()
    }

    /// What a person is told whose text cannot be kept.
    fn told(&self, (client, path): &Key, error: &io::Error) -> String {
        let file = self.kept.file(client, path);
        let folder = file.parent().unwrap_or(&file).display();
        format!(
            "{path}: what you type is not kept safe yet, because {folder} cannot be written: \
             {error}. Free some space and make that folder writable; it is kept by itself then. \
             Until then, save often: what is not saved is lost if the editor stops."
        )
    }

    /// Writes a draft when nobody is there any more who could be told.
    fn keep_last(&self, key: &Key) {
        if let Some((_, kept)) = self.keep(key) {
            log_unless_kept((&key.0, &key.1), kept);
        }
    }

    /// Writes a draft as it is now, if there is one: its text, and whether it is on disk.
    fn keep(&self, key: &Key) -> Option<(Arc<dyn OpenText>, io::Result<()>)> {
        let _writing = self.writing();
        let text = {
            let mut live = self.lock();
            let draft = live.drafts.get_mut(key)?;
            draft.is_scheduled = false;
            draft.text.clone()
        };
        let kept = self.keep_text(&key.0, &key.1, &text.text());
        Some((text, kept))
    }

    fn keep_text(&self, client: &str, path: &str, text: &str) -> io::Result<()> {
        self.kept.write(client, path, text)?;
        // What an editor opens again after a restart is its own now.
        let hash = Blobs::id_of(text.as_bytes());
        let own = kept::folder_of(client);
        self.forget(|it| it.client != own && it.path == path && it.hash == hash);
        Ok(())
    }

    /// Held by whoever writes or removes a draft, so that none is removed by one who knows of its
    /// past only.
    fn writing(&self) -> MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everyone what the film would be, unless another change has come meanwhile.
    fn show(&self, changed: u64, text: &Arc<dyn OpenText>) {
        if !self.bus.is_mirrored() {
            self.lock().is_shown = true;
            return;
        }
        let preview = text.preview();
        let live = self.lock();
        let latest = live.drafts.values().map(|it| it.changed).max();
        if latest == Some(changed) {
            self.tell(live, Some(preview));
        }
    }

    fn tell(&self, mut live: MutexGuard<'_, Live>, preview: Option<DraftPreview>) {
        live.is_shown = preview.is_some();
        self.bus.tell_mirrors(&notification_text(&DraftChanged {
            project: self.project,
            preview,
        }));
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both changes of one text, unless they are to the same lines. Blocks.
pub fn join(blobs: &Blobs, base: BlobId, ours: &str, theirs: &str) -> Option<String> {
    let base = blobs.read(base).ok();
    let base = base.and_then(|it| String::from_utf8(it).ok())?;
    diffy::merge(&base, ours, theirs).ok()
}

fn log_unless_kept((client, path): (&str, &str), kept: io::Result<()>) {
    if let Err(error) = kept {
        warn!(%error, client, path, "a draft cannot be kept");
    }
}

fn not_found(client: &str, path: &str) -> Error {
    Error::not_found("draft", format!("of {path} by {client}"))
        .hint("draft/list lists what is unsaved")
}
