//! Keeps a film true to its files: reads what changed, and tells the film's owner what it says.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
    time::Duration,
};

use storycore_core::{
    Decide, Film,
    bible::{Images, NoteBibleFile, fold_name, names_of},
    diagnostic::NoteDiagnostics,
    project::NoteSettings,
    workflow::NoteWorkflowFile,
};
use storycore_schema::{
    Committed, Error, Limits,
    bible::{BibleEntry, EntryKind},
    diagnostic::{Diagnostic, Severity},
    id::BlobId,
    project::Settings,
    script::ChangeCause,
};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{renderer::Renderers, watch::Watch};
use crate::{
    blobs::Blobs,
    bus::Bus,
    clock::Clock,
    folder::{FilmFolder, Source, SourceKind},
    offload::blocking,
    owner::{Origin, Owner},
    read::{self, WithHint},
    session::correlation::Correlation,
    source_files,
};

mod images;
mod scan;
mod scripts;

use scan::{Looked, Scan};
use scripts::Scripts;

/// How often a change is planned anew when the film went on meanwhile.
const ATTEMPTS_MAX: usize = 5;
/// How long changes may keep coming before they are read all the same, in debounce times.
const DEBOUNCES_MAX: u32 = 5;
/// Where a problem that belongs to no file is shown.
const FOLDER: &str = ".";

/// What reading the sources needs.
pub struct SourcesEffect {
    /// The film on disk.
    pub folder: FilmFolder,
    /// Sends what the files say.
    pub owner: Owner,
    /// The film.
    pub bus: Arc<Bus>,
    /// Keeps the texts.
    pub blobs: Arc<Blobs>,
    /// What settings may name.
    pub renderers: Arc<Renderers>,
    /// Whether the scripts may not know of the names that the bible has now.
    pub names_unsure: bool,
    /// What time it is for the film.
    pub clock: Clock,
    /// How large files may be, how long to wait.
    pub limits: Arc<Limits>,
    /// Ends it.
    pub closing: CancellationToken,
}

/// Asks for the files to be read now.
#[derive(Clone)]
pub struct Sources(mpsc::Sender<Request>);

enum Request {
    /// The files are to be read now.
    Sync {
        correlation_id: Arc<str>,
        done: oneshot::Sender<Result<(), Error>>,
    },
    /// Somebody of ours writes the files; what is read afterwards is read because of them.
    Hold {
        correlation_id: Option<Arc<str>>,
        granted: oneshot::Sender<Hold>,
    },
}

/// While somebody has this, the files are not read: what is written to them is seen as a whole,
/// and what the film says of them does not change. There is only one at a time.
pub struct Hold(#[expect(dead_code, reason = "it is let go by being dropped")] oneshot::Sender<()>);

impl Sources {
    /// Reads what changed because of a request, and returns when the film says it.
    pub async fn sync(&self, correlation_id: Arc<str>) -> Result<(), Error> {
        let (done, outcome) = oneshot::channel();
        let request = Request::Sync {
            correlation_id,
            done,
        };
        self.0.send(request).await.map_err(|_| closing())?;
        outcome.await.map_err(|_| closing())?
    }

    /// Waits until the files may be written by us.
    pub async fn hold(&self) -> Result<Hold, Error> {
        self.hold_for(None).await
    }

    /// The same for a request that does not itself say what the files mean: what it writes is read
    /// because of it, as soon as the hold is let go.
    pub async fn hold_for(&self, correlation_id: Option<Arc<str>>) -> Result<Hold, Error> {
        let (granted, hold) = oneshot::channel();
        let request = Request::Hold {
            correlation_id,
            granted,
        };
        self.0.send(request).await.map_err(|_| closing())?;
        hold.await.map_err(|_| closing())
    }
}

fn closing() -> Error {
    Error::unavailable("the film is being closed").hint("open it again; its runs go on then")
}

/// Starts reading and watching, because of the request that opened the film.
pub fn start(
    effect: SourcesEffect,
    id_seed: u64,
    correlation_id: Arc<str>,
) -> (Sources, tokio::task::JoinHandle<()>) {
    let (requests, queue) = mpsc::channel(16);
    let scripts = Scripts::new(id_seed);
    // What was committed last may be the bible, and what that makes of the scripts be lost.
    let renamed = if effect.names_unsure {
        all_names(&effect.bus.film())
    } else {
        BTreeSet::new()
    };
    let task = Task {
        effect,
        scan: Scan::default(),
        scripts,
        cause: ChangeCause::Open,
        saves: Correlation::of_saved_files(),
        correlation_id,
        renamed,
        behind: None,
        closed: Vec::new(),
        noted: None,
    };
    (Sources(requests), tokio::spawn(task.run(queue)))
}

struct Task {
    effect: SourcesEffect,
    scan: Scan,
    scripts: Scripts,
    cause: ChangeCause,
    /// Names the changes nobody asked for.
    saves: Correlation,
    /// Because of what the files are being read.
    correlation_id: Arc<str>,
    /// Names that the bible has added, changed or removed, and that the scripts do not know of yet.
    renamed: BTreeSet<String>,
    /// Why the film is not true to its files, and they must be read again before long.
    behind: Option<Diagnostic>,
    /// Folders whose files are not known.
    closed: Vec<Diagnostic>,
    /// What is shown of all this; what an earlier daemon has shown is not known.
    noted: Option<Vec<Diagnostic>>,
}

impl Task {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let changed = Arc::new(Notify::new());
        let mut watch = Watch::start(self.effect.folder.clone(), changed.clone());
        let poll = Duration::from_millis(self.effect.limits.watch_poll_ms.max(1));
        self.note_trouble(watch.trouble()).await;
        loop {
            let unsure =
                watch.trouble().is_some() || self.behind.is_some() || !self.closed.is_empty();
            let unsettled = self.scan.is_unsettled;
            let pause = if unsettled { scan::TICK } else { poll };
            tokio::select! {
                () = self.effect.closing.cancelled() => break,
                request = requests.recv() => {
                    match request {
                        None => break,
                        Some(Request::Sync { correlation_id, done }) => {
                            self.correlation_id = correlation_id;
                            let outcome = self.sync_watched(&mut watch).await;
                            self.cause = ChangeCause::Disk;
                            // Whoever asked may be gone; the film is true to its files all the same.
                            let _ = done.send(outcome);
                        }
                        Some(Request::Hold { correlation_id, granted }) => {
                            held(granted).await;
                            self.sync_by_itself(&mut watch, correlation_id).await;
                        }
                    }
                }
                () = changed.notified() => {
                    self.debounce(&changed).await;
                    self.sync_by_itself(&mut watch, None).await;
                }
                () = tokio::time::sleep(pause), if unsure || unsettled => {
                    self.sync_by_itself(&mut watch, None).await;
                }
            }
        }
    }

    /// Editors save in several steps; waits until they are done.
    async fn debounce(&self, changed: &Notify) {
        let pause = Duration::from_millis(self.effect.limits.watch_debounce_ms);
        for _ in 0..DEBOUNCES_MAX {
            if tokio::time::timeout(pause, changed.notified())
                .await
                .is_err()
            {
                break;
            }
        }
    }

    async fn sync_by_itself(&mut self, watch: &mut Watch, correlation_id: Option<Arc<str>>) {
        // What is found before the film has been read once is found because it was opened.
        if self.cause == ChangeCause::Disk {
            self.correlation_id = correlation_id.unwrap_or_else(|| self.saves.next());
        }
        if let Err(error) = self.sync_watched(watch).await {
            warn!(correlation_id = &*self.correlation_id, %error, "reading the film's files failed; they are read again in a moment");
        }
    }

    async fn sync_watched(&mut self, watch: &mut Watch) -> Result<(), Error> {
        watch.follow();
        let outcome = self.sync(watch.trouble()).await;
        // What could not be read names no pictures; those that were watched may come back.
        if outcome.is_ok() {
            watch.also(self.scan.pictures());
        }
        outcome
    }

    /// Makes the film true to its files. When that fails everything is looked at again next time:
    /// what was read but not committed would else count as known.
    async fn sync(&mut self, trouble: Option<&str>) -> Result<(), Error> {
        let outcome = self.sync_files().await;
        self.behind = outcome.as_ref().err().map(|error| Diagnostic {
            hint: error.hint.clone(),
            ..read::file_problem(FOLDER, "notRead", error.message.clone())
        });
        if self.behind.is_some() {
            self.scan = Scan::default();
        }
        self.note_trouble(trouble).await;
        outcome
    }

    async fn sync_files(&mut self) -> Result<(), Error> {
        let looked = self.look().await?;
        self.closed = looked.listing.closed.iter().map(closed_folder).collect();
        for (source, text) in &looked.changed {
            match source.kind {
                SourceKind::Settings => self.settings(source, text).await?,
                SourceKind::Bible => self.bible(source, text).await?,
                SourceKind::Workflow => self.workflow(source, text).await?,
                SourceKind::Script => {}
            }
        }
        self.forget_gone(&looked).await?;
        self.sync_scripts(&looked).await?;
        self.renamed.clear();
        Ok(())
    }

    async fn look(&mut self) -> Result<Looked, Error> {
        let (folder, limits) = (self.effect.folder.clone(), self.effect.limits.clone());
        let mut scan = std::mem::take(&mut self.scan);
        let known_scripts: BTreeSet<String> = self
            .film()
            .state
            .project
            .screenplay
            .scripts
            .keys()
            .cloned()
            .collect();
        let (scan, looked) = blocking(move || {
            let looked = scan.look(&folder, &limits, &known_scripts);
            (scan, looked)
        })
        .await?;
        self.scan = scan;
        looked
    }

    async fn settings(
        &mut self,
        source: &Source,
        text: &Result<String, Diagnostic>,
    ) -> Result<(), Error> {
        let settings = text
            .clone()
            .and_then(|text| source_files::settings(&source.path, &text, &self.effect.renderers));
        match settings {
            Ok(settings) => {
                let known = self.film().state.project.card.settings_text;
                let text = Some(self.keep(&source.path, text, known).await?);
                self.submit(NoteSettings { settings, text }).await?;
                self.diagnose(&source.path, Vec::new()).await
            }
            Err(problem) => self.diagnose(&source.path, vec![problem]).await,
        }
    }

    /// Takes a bible file.
    async fn bible(
        &mut self,
        source: &Source,
        text: &Result<String, Diagnostic>,
    ) -> Result<(), Error> {
        let entry = text
            .clone()
            .and_then(|text| source_files::bible_entry(&source.path, &text));
        match entry {
            Ok(entry) => {
                let film = self.film();
                let known = film.state.project.bible.texts.get(&source.path).copied();
                let kept = self.keep(&source.path, text, known).await?;
                let (images, problems) = self.images(&source.path, text).await?;
                let read = Some((entry, kept, images));
                self.note_entry(&source.path, read).await?;
                self.diagnose(&source.path, problems).await
            }
            Err(problem) => self.diagnose(&source.path, vec![problem]).await,
        }
    }

    /// Takes a file of the `workflows` folder.
    async fn workflow(
        &mut self,
        source: &Source,
        text: &Result<String, Diagnostic>,
    ) -> Result<(), Error> {
        let read = text
            .clone()
            .and_then(|text| source_files::workflow(&source.path, &text));
        match read {
            Ok(workflow) => {
                let film = self.film();
                let known = film.state.project.workflows.by_path.get(&source.path);
                let known = known.map(|it| it.text);
                let text = self.keep(&source.path, text, known).await?;
                self.submit(NoteWorkflowFile {
                    path: source.path.clone(),
                    file: Some((workflow, text)),
                })
                .await?;
                self.diagnose(&source.path, Vec::new()).await
            }
            Err(problem) => self.diagnose(&source.path, vec![problem]).await,
        }
    }

    /// Keeps the bytes of a file that reads well, so that it can be put back.
    async fn keep(
        &self,
        path: &str,
        text: &Result<String, Diagnostic>,
        known: Option<BlobId>,
    ) -> Result<BlobId, Error> {
        let (blobs, text) = (self.effect.blobs.clone(), text.clone().unwrap_or_default());
        let kept = blocking(move || blobs.keep(text.as_bytes(), known)).await?;
        kept.map_err(|error| {
            warn!(%error, path, "a file's text could not be kept");
            Error::unavailable(format!(
                "the text of {path} could not be kept; nothing was changed"
            ))
            .hint("free some space and make the film's folder writable")
        })
    }

    async fn note_entry(
        &mut self,
        path: &str,
        read: Option<(BibleEntry, BlobId, Images)>,
    ) -> Result<(), Error> {
        let film = self.film();
        let old = film
            .state
            .project
            .bible
            .by_path
            .get(path)
            .map(AsRef::as_ref);
        let new = read.as_ref().map(|it| &it.0);
        if old.map(meaning) != new.map(meaning) {
            let entries = old.into_iter().chain(new);
            // Remembered before anything is sent: the scripts must hear of them even if only that
            // fails.
            self.renamed.extend(entries.flat_map(folded_names));
        }
        let (entry, text, images) = match read {
            Some((entry, text, images)) => (Some(entry), Some(text), images),
            None => (None, None, Images::new()),
        };
        self.submit(NoteBibleFile {
            path: path.to_owned(),
            entry,
            text,
            images,
        })
        .await
        .map(|_| ())
    }

    /// Settings and bible files that are gone count no more; a broken one keeps what it said.
    async fn forget_gone(&mut self, looked: &Looked) -> Result<(), Error> {
        let film = self.film();
        for path in film.state.project.bible.by_path.keys() {
            if looked.listing.is_gone(path) {
                self.note_entry(path, None).await?;
            }
        }
        for path in film.state.project.workflows.by_path.keys() {
            if looked.listing.is_gone(path) {
                let path = path.clone();
                self.submit(NoteWorkflowFile { path, file: None }).await?;
            }
        }
        if looked.listing.is_gone("storycore.toml") {
            self.submit(NoteSettings {
                settings: Settings::default(),
                text: None,
            })
            .await?;
        }
        let scripts = &film.state.project.screenplay.scripts;
        for path in film.state.system.diagnostics.by_path.keys() {
            if path != FOLDER && looked.listing.is_gone(path) && !scripts.contains_key(path) {
                self.diagnose(path, Vec::new()).await?;
            }
        }
        Ok(())
    }

    /// Reads scripts into one event; if the film went on meanwhile, it is planned anew.
    async fn sync_scripts(&mut self, looked: &Looked) -> Result<(), Error> {
        for _ in 0..ATTEMPTS_MAX {
            let (film, blobs, cause) = (self.film(), self.effect.blobs.clone(), self.cause);
            let (looked, renamed) = (looked.scripts(), self.renamed.clone());
            let mut scripts = std::mem::take(&mut self.scripts);
            let now_ms = self.effect.clock.now_ms();
            let (scripts, planned) = blocking(move || {
                let planned = scripts.plan(&film, &looked, renamed, cause, (&blobs, now_ms));
                (scripts, planned)
            })
            .await?;
            self.scripts = scripts;
            let planned = planned?;
            for (path, diagnostics) in planned.diagnostics {
                self.diagnose(&path, diagnostics).await?;
            }
            let Some(commit) = planned.commit else {
                return Ok(());
            };
            match self.submit(commit).await {
                Err(error) if error.kind == storycore_schema::ErrorKind::Conflict => {
                    info!("the film went on while a change was planned; planning it anew");
                }
                outcome => return outcome.map(|_| ()),
            }
        }
        Err(
            Error::unavailable("the film changes faster than its files can be read")
                .hint("they are read again in a moment by themselves; or open the film again"),
        )
    }

    async fn diagnose(&self, path: &str, diagnostics: Vec<Diagnostic>) -> Result<(), Error> {
        let known = &self.film().state.system.diagnostics.by_path;
        if diagnostics.is_empty() && !known.contains_key(path) {
            return Ok(());
        }
        self.submit(NoteDiagnostics {
            path: path.to_owned(),
            diagnostics,
        })
        .await
        .map(|_| ())
    }

    async fn note_trouble(&mut self, trouble: Option<&str>) {
        let unwatched = trouble.map(|trouble| Diagnostic {
            severity: Severity::Warning,
            ..read::file_problem(FOLDER, "notWatched", trouble.to_owned())
                .hint("until then changes are found by looking every second")
        });
        let problems = self.behind.clone().into_iter().chain(unwatched);
        let problems: Vec<_> = problems.chain(self.closed.clone()).collect();
        if self.noted.as_ref() == Some(&problems) {
            return;
        }
        match self.diagnose(FOLDER, problems.clone()).await {
            Ok(()) => self.noted = Some(problems),
            Err(error) => warn!(%error, "a diagnostic could not be shown"),
        }
    }

    async fn submit<C: Decide>(&self, command: C) -> Result<Committed<C::Output>, Error> {
        let origin = Origin::daemon("files", self.correlation_id.clone());
        self.effect.owner.submit(origin, command).await
    }

    fn film(&self) -> Arc<Film> {
        self.effect.bus.film()
    }
}

/// Lets somebody write the files, and waits until they have.
async fn held(granted: oneshot::Sender<Hold>) {
    let (hold, let_go) = oneshot::channel();
    if granted.send(Hold(hold)).is_ok() {
        // It ends by being dropped, and nothing is ever sent.
        let _ = let_go.await;
    }
}

/// What an entry makes the words of a script mean: it, and only characters are looked for.
fn meaning(entry: &BibleEntry) -> (EntryKind, &str, BTreeSet<String>) {
    (entry.kind, &entry.name, folded_names(entry).collect())
}

fn folded_names(entry: &BibleEntry) -> impl Iterator<Item = String> {
    names_of(entry).map(|it| fold_name(it))
}

/// Every name that the film's bible or its shots know.
fn all_names(film: &Film) -> BTreeSet<String> {
    let project = &film.state.project;
    let entries = project.bible.by_path.values();
    let shots = project.screenplay.shots.values();
    let subjects = shots.flat_map(|it| &it.subjects).map(|it| fold_name(it));
    entries
        .flat_map(|it| folded_names(it))
        .chain(subjects)
        .chain(film.derived.speakers.keys().cloned())
        .collect()
}

fn closed_folder((folder, error): &(String, io::Error)) -> Diagnostic {
    if folder.is_empty() && error.kind() == io::ErrorKind::NotFound {
        let message =
            "the film's folder is gone, or another is in its place; what was read from it is kept"
                .to_owned();
        return read::file_problem(FOLDER, "gone", message).hint(
            "put it back; or, if it was moved, close the film with project/close and open it where \
             it is now",
        );
    }
    let shown = if folder.is_empty() {
        "the film's folder".to_owned()
    } else {
        format!("the folder {folder}")
    };
    let message = format!("{shown} cannot be listed: {error}; what was read from it is kept");
    read::file_problem(FOLDER, "closedFolder", message)
        .hint("give yourself the right to read and enter it")
}

/// Texts of files by path, or what is wrong with them.
type Texts = BTreeMap<String, Result<String, Diagnostic>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_too_late_is_told_what_to_do() {
        let (requests, _) = mpsc::channel(1);
        let refusal = Sources(requests).sync("late".into()).await.unwrap_err();
        assert_eq!(refusal.message, "the film is being closed");
        assert!(refusal.hint.is_some());
    }
}
