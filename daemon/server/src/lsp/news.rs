//! What an editor is told when the film goes on by itself: how far drawing is, and that what stands
//! above and beside the lines is another now.

use std::{sync::Arc, time::Duration};

use storycore_core::run::RunRecord;
use storycore_schema::{LoggedEvent, id::RunId, run::CancelRun};
use tower_lsp_server::{
    Bounded, Cancellable, Client, OngoingProgress,
    ls_types::{ClientCapabilities, ProgressToken, notification::Notification},
};
use tracing::debug;

use super::documents::Shared;
use crate::{films::OpenFilm, offload::blocking, outbox::Outbox, owner::Origin};

/// A run that is over sooner is not worth telling.
const SHORT_RUN: Duration = Duration::from_millis(400);
/// How long a film is quiet before lenses and hints are asked for anew.
const QUIET: Duration = Duration::from_millis(250);
/// Events that are read at once, in events.
const EVENTS_MAX: usize = 200;
/// How tokens of runs begin; the run follows.
const TOKEN: &str = "storycore/run/";

/// What news an editor takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NewsAbilities {
    /// It shows how far something is.
    progress: bool,
    /// It asks for code lenses anew when it is told to.
    lenses: bool,
    /// The same for inlay hints.
    hints: bool,
    /// It wants every event of the films it has open.
    events: bool,
}

impl NewsAbilities {
    /// What an editor says of itself.
    pub(super) fn of(client: &ClientCapabilities) -> NewsAbilities {
        let window = client.window.as_ref();
        let workspace = client.workspace.as_ref();
        let lenses = workspace.and_then(|it| it.code_lens.as_ref());
        let hints = workspace.and_then(|it| it.inlay_hint.as_ref());
        NewsAbilities {
            progress: window.and_then(|it| it.work_done_progress) == Some(true),
            lenses: lenses.and_then(|it| it.refresh_support) == Some(true),
            hints: hints.and_then(|it| it.refresh_support) == Some(true),
            events: client
                .experimental
                .as_ref()
                .is_some_and(|it| it["storycoreEvents"] == true),
        }
    }
}

/// Tells of a film until it is closed or the editor is gone.
pub(super) fn follow(shared: &Arc<Shared>, film: &Arc<OpenFilm>, outbox: &Arc<Outbox>) {
    let (client, abilities) = (shared.client.clone(), shared.editor().news);
    if abilities.progress {
        tokio::spawn(progress(client.clone(), film.clone(), outbox.clone()));
    }
    if abilities.events {
        tokio::spawn(events(client.clone(), film.clone(), outbox.clone()));
    }
    if abilities.lenses || abilities.hints {
        tokio::spawn(refresh(client, abilities, film.clone(), outbox.clone()));
    }
}

/// Waits until the film has gone on; false when there is nobody to tell any more.
async fn goes_on(
    commits: &mut tokio::sync::watch::Receiver<u64>,
    film: &OpenFilm,
    outbox: &Outbox,
) -> bool {
    tokio::select! {
        changed = commits.changed() => changed.is_ok(),
        () = film.closing.cancelled() => false,
        () = outbox.closed() => false,
    }
}

async fn refresh(
    client: Client,
    abilities: NewsAbilities,
    film: Arc<OpenFilm>,
    outbox: Arc<Outbox>,
) {
    let mut commits = film.bus.watch();
    while goes_on(&mut commits, &film, &outbox).await {
        while tokio::time::timeout(QUIET, commits.changed()).await.is_ok() {
            if film.closing.is_cancelled() || outbox.is_closed() {
                return;
            }
        }
        // An editor that says no has what it had.
        if abilities.lenses {
            let _ = client.code_lens_refresh().await;
        }
        if abilities.hints {
            let _ = client.inlay_hint_refresh().await;
        }
    }
}

/// Tells every event that is in the log from now on, in order.
async fn events(client: Client, film: Arc<OpenFilm>, outbox: Arc<Outbox>) {
    let mut commits = film.bus.watch();
    let mut told = film.bus.film().seq;
    while goes_on(&mut commits, &film, &outbox).await {
        let (log, after) = (film.log.clone(), told);
        let page = blocking(move || log.read_after(after, EVENTS_MAX)).await;
        let Ok(Ok(page)) = page else {
            debug!("events could not be read; they are read with the next");
            continue;
        };
        for event in page {
            told = event.seq;
            let event = event.logged(film.id);
            client.send_notification::<HappenedEvent>(event).await;
        }
        if told < film.bus.film().seq {
            commits.mark_changed();
        }
    }
}

/// Notification `storycore/event`: an event of a film that the editor has open.
struct HappenedEvent;

impl Notification for HappenedEvent {
    type Params = LoggedEvent;
    const METHOD: &'static str = "storycore/event";
}

async fn progress(client: Client, film: Arc<OpenFilm>, outbox: Arc<Outbox>) {
    let mut commits = film.bus.watch();
    while goes_on(&mut commits, &film, &outbox).await {
        let Some(id) = first_running(&film) else {
            continue;
        };
        tokio::time::sleep(SHORT_RUN).await;
        if let Some(run) = running(&film, id) {
            tell(&client, &film, &run, &outbox).await;
        }
    }
}

/// Tells how far a run is, until it has ended.
async fn tell(client: &Client, film: &OpenFilm, run: &RunRecord, outbox: &Outbox) {
    let id = run.run.id;
    let token = ProgressToken::String(format!("{TOKEN}{id}"));
    if let Err(error) = client.create_work_done_progress(token.clone()).await {
        debug!(%error, "the editor shows no progress");
        return;
    }
    let mut commits = film.bus.watch();
    let shown: OngoingProgress<Bounded, Cancellable> = client
        .progress(token, "Drawing panels")
        .with_message(words(run))
        .with_percentage(percent(run))
        .with_cancel_button()
        .begin()
        .await;
    while let Some(run) = running(film, id) {
        shown
            .report_with_message(words(&run), percent(&run), Some(true))
            .await;
        if !goes_on(&mut commits, film, outbox).await {
            break;
        }
    }
    shown.finish().await;
}

/// Ends the run that a person has canceled in the editor.
pub(super) async fn cancel(shared: &Shared, token: &ProgressToken) {
    let ProgressToken::String(token) = token else {
        return;
    };
    let id = token.strip_prefix(TOKEN).and_then(|it| it.parse().ok());
    let Some(id) = id else { return };
    let films = shared.films().into_iter();
    for film in films.filter(|it| running(it, id).is_some()) {
        let origin = Origin {
            actor: shared.name.clone(),
            correlation_id: shared.correlation.next(),
        };
        let project = film.id;
        // It may have ended by itself.
        let _ = film.owner.submit(origin, CancelRun { project, id }).await;
    }
}

fn first_running(film: &OpenFilm) -> Option<RunId> {
    let film = film.bus.film();
    let mut running = film.state.generation.runs.running();
    running.next().map(|it| it.run.id)
}

fn running(film: &OpenFilm, id: RunId) -> Option<Arc<RunRecord>> {
    let film = film.bus.film();
    let mut running = film.state.generation.runs.running();
    running.find(|it| it.run.id == id).cloned()
}

fn words(run: &RunRecord) -> String {
    format!("{} of {}", run.run.done, run.run.total)
}

fn percent(run: &RunRecord) -> u32 {
    let ended = run.run.done + run.run.failed;
    100 * ended / run.run.total.max(1)
}
