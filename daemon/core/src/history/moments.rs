//! What happened, as moments in the words of the film.

use std::collections::BTreeSet;

use storycore_schema::{
    Event, LoggedEvent,
    asset::AssetEvent,
    bible::BibleEvent,
    history::{HistoryEvent, Moment},
    project::ProjectEvent,
    run::{RunEvent, RunStatus},
    script::{ChangeCause, FileChange, ScriptChange, ScriptEvent},
    take::{TakeEvent, TakeSource},
    workflow::WorkflowEvent,
};

use super::diff::{entry_words, picture_words, settings_words};
use crate::{Film, GlobalState, shot};

/// Tells events of the log, in order, from the film before them, as moments, the oldest first. What
/// one request caused in a row is one moment.
pub fn moments(before: Film, events: &[LoggedEvent]) -> Vec<Moment> {
    let mut film = before;
    let mut moments = Vec::new();
    let same = |a: &LoggedEvent, b: &LoggedEvent| {
        a.correlation_id == b.correlation_id && a.actor == b.actor
    };
    for group in events.chunk_by(same) {
        let mut words = Words::default();
        for logged in group {
            words.note(&film, &logged.event);
            film.take_in(logged.event.clone());
        }
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        moments.push(Moment {
            seq: last.seq,
            first_seq: first.seq,
            at_ms: last.at_ms,
            actor: last.actor.clone(),
            correlation_id: last.correlation_id.clone(),
            words: words.finish(&film),
        });
    }
    moments
}

/// What a moment's events come to.
#[derive(Default)]
struct Words {
    /// What people did, by its name; what it consists of is not told then.
    deeds: Vec<String>,
    said: Vec<String>,
    n_asked: usize,
    n_drawn: usize,
    n_failed: usize,
    n_checked: usize,
    drawn_shots: BTreeSet<storycore_schema::id::ShotId>,
    imported: Vec<String>,
    ended: Option<RunStatus>,
}

impl Words {
    fn note(&mut self, film: &Film, event: &Event) {
        let state = &film.state;
        match event {
            Event::Project(event) => self.note_project(state, event),
            Event::Script(ScriptEvent::Changed { change }) => {
                self.said.extend(change_words(state, change));
            }
            Event::Script(ScriptEvent::Corrected { .. }) => {
                self.say("it was said which scene or shot is which");
            }
            Event::Bible(event) => self.note_bible(state, event),
            Event::Take(event) => self.note_take(event),
            Event::Run(event) => self.note_run(event),
            Event::History(event) => self.note_history(state, event),
            Event::Workflow(WorkflowEvent::Changed { file }) => {
                self.say(format!("{} was written", file.path));
            }
            Event::Workflow(WorkflowEvent::Removed { path }) => {
                self.say(format!("{path} is gone"));
            }
            Event::Asset(AssetEvent::Tagged { on: true, .. }) => self.say("a tag on an asset"),
            Event::Asset(AssetEvent::Tagged { .. }) => self.say("a tag off an asset"),
            Event::Asset(_) | Event::Diagnostic(_) | Event::Selection(_) | Event::Work(_) => {}
        }
    }

    fn say(&mut self, words: impl Into<String>) {
        self.said.push(words.into());
    }

    fn note_project(&mut self, state: &GlobalState, event: &ProjectEvent) {
        match event {
            ProjectEvent::Created { title, .. } => self.say(format!("{title} began")),
            ProjectEvent::Copied { .. } => self.say("a copy of a film began"),
            ProjectEvent::Branched { name, .. } => {
                self.say(format!("the branch “{name}” began"));
            }
            ProjectEvent::SettingsChanged { settings, .. } => {
                let old = &state.project.card.settings;
                let mut words = settings_words(old, settings);
                if old.title != settings.title {
                    let title = settings.title.as_deref().unwrap_or("none");
                    words.push(format!("title: {title}"));
                }
                if words.is_empty() {
                    words.push("storycore.toml was written".to_owned());
                }
                self.said.extend(words);
            }
            ProjectEvent::AutoRenderSet { on: true } => self.say("automatic drawing is on"),
            ProjectEvent::AutoRenderSet { on: false } => self.say("automatic drawing is off"),
        }
    }

    fn note_bible(&mut self, state: &GlobalState, event: &BibleEvent) {
        let (path, new) = match event {
            BibleEvent::Changed { path, entry, .. } => (path, Some(entry.clone().into())),
            BibleEvent::Removed { path } => (path, None),
        };
        let bible = &state.project.bible;
        let mut words = entry_words(bible.by_path.get(path), new.as_ref());
        if let BibleEvent::Changed { entry, images, .. } = event {
            words.extend(picture_words(&entry.name, &bible.images_of(path), images));
        }
        if words.is_empty() {
            self.say(format!("{path} was written"));
        }
        self.said.extend(words);
    }

    fn note_take(&mut self, event: &TakeEvent) {
        match event {
            TakeEvent::Added { take } => match &take.source {
                TakeSource::Rendered { .. } => {
                    self.n_drawn += 1;
                    self.drawn_shots.insert(take.shot);
                }
                TakeSource::Imported { name, .. } => self.imported.push(name.clone()),
            },
            TakeEvent::Chosen { .. } => self.say("a choice among takes"),
            TakeEvent::Marked { .. } => self.say("a mark on a take"),
            TakeEvent::Commented { .. } | TakeEvent::Uncommented { .. } => {
                self.say("a comment on a take");
            }
            TakeEvent::Moved { .. } => self.say("a take went to another shot"),
            TakeEvent::Withdrawn { .. } => self.say("a take was withdrawn"),
            TakeEvent::Returned { .. } => self.say("a take is back"),
            TakeEvent::Checked { .. } => self.n_checked += 1,
            TakeEvent::Repeated { repeat, .. } => {
                let (attempt, attempts) = (repeat.attempt, repeat.attempts);
                let reason = &repeat.reason;
                self.say(format!("attempt {attempt} of {attempts}, because {reason}"));
            }
            TakeEvent::Preferred { reason, .. } => self.say(reason),
        }
    }

    fn note_run(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Requested { shots, .. } => self.n_asked += shots.len(),
            RunEvent::StepFailed { .. } => self.n_failed += 1,
            RunEvent::Ended { status, .. } => self.ended = Some(*status),
            RunEvent::Paused { .. } => self.say("a run was held"),
            RunEvent::Resumed { .. } => self.say("a run went on"),
            RunEvent::Retried { .. } => self.say("what failed was tried again"),
            RunEvent::StepDone { .. }
            | RunEvent::StepStarted { .. }
            | RunEvent::StepRetried { .. }
            | RunEvent::StepSkipped { .. }
            | RunEvent::Prioritized { .. } => {}
        }
    }

    fn note_history(&mut self, state: &GlobalState, event: &HistoryEvent) {
        let history = &state.project.history;
        match event {
            HistoryEvent::Done { compensation, .. } => self.deeds.push(compensation.label.clone()),
            HistoryEvent::Undone { compensation, .. } => {
                self.deeds.push(format!("undone: {}", compensation.label));
            }
            HistoryEvent::Redone { compensation, .. } => {
                self.deeds
                    .push(format!("done again: {}", compensation.label));
            }
            HistoryEvent::CheckpointMade { checkpoint } => {
                self.say(format!("checkpoint “{}”", checkpoint.name));
            }
            HistoryEvent::CheckpointRemoved { id } => {
                let known = history.checkpoints.get(id);
                let name = known.map_or("?", |it| it.name.as_str());
                self.say(format!("checkpoint “{name}” was given up"));
            }
            HistoryEvent::BranchMade { branch } => {
                self.say(format!("branch “{}”", branch.name));
            }
            HistoryEvent::Restored { .. } => {}
        }
    }

    fn finish(mut self, after: &Film) -> Vec<String> {
        if !self.deeds.is_empty() {
            return self.deeds;
        }
        match (self.n_drawn, self.drawn_shots.first()) {
            (1, Some(shot)) => self
                .said
                .push(format!("{} drawn", shot::label(after, *shot))),
            (n @ 2.., _) => self.said.push(format!("{n} panels drawn")),
            _ if self.n_asked == 1 => self.said.push("1 panel asked for".to_owned()),
            _ if self.n_asked > 1 => self.said.push(format!("{} panels asked for", self.n_asked)),
            _ => {}
        }
        if self.n_failed > 0 {
            self.said
                .push(format!("{} could not be drawn", self.n_failed));
        }
        match self.n_checked {
            0 => {}
            1 => self.said.push("1 picture checked".to_owned()),
            n => self.said.push(format!("{n} pictures checked")),
        }
        for name in self.imported {
            self.said.push(format!("{name} was brought in"));
        }
        match self.ended {
            Some(RunStatus::Canceled) => self.said.push("drawing was canceled".to_owned()),
            Some(RunStatus::Failed) => self.said.push("drawing failed".to_owned()),
            Some(_) if self.said.is_empty() => self.said.push("drawing ended".to_owned()),
            _ => {}
        }
        self.said
    }
}

/// What a change of the script means: `script/a.fountain: 2 scenes rewritten, 1 new`.
fn change_words(state: &GlobalState, change: &ScriptChange) -> Vec<String> {
    if change.files.is_empty() && change.cause == ChangeCause::Names {
        let n = change.scenes.len();
        let scenes = if n == 1 { "scene" } else { "scenes" };
        return vec![format!("{n} {scenes} read anew with the names of now")];
    }
    let files = change.files.iter();
    files.map(|file| file_words(state, change, file)).collect()
}

fn file_words(state: &GlobalState, change: &ScriptChange, file: &FileChange) -> String {
    let screenplay = &state.project.screenplay;
    let path = &file.path;
    let scenes = change.scenes.iter().filter(|it| it.script == *path);
    let (mut n_new, mut n_back, mut n_rewritten, mut n_moved) = (0, 0, 0, 0);
    for scene in scenes {
        match screenplay.scenes.get(&scene.id) {
            Some(known) if known.script != *path => n_moved += 1,
            Some(known) if known.text != scene.text => n_rewritten += 1,
            Some(_) => {}
            None if screenplay.unplaced_scenes.contains_key(&scene.id) => n_back += 1,
            None => n_new += 1,
        }
    }
    let left = change.unplaced_scenes.iter().chain(&change.dropped_scenes);
    let was_here = |id: &&_| {
        let known = screenplay.scenes.get(*id);
        known.is_some_and(|it| it.script == *path)
    };
    let n_cut = left.filter(was_here).count();
    if file.after.is_none() {
        return format!("{path} is gone{}", counted(&[(n_cut, "cut")], " (", ")"));
    }
    let counts = [
        (n_rewritten, "rewritten"),
        (n_new, "new"),
        (n_back, "back from the tray"),
        (n_moved, "from another script"),
        (n_cut, "cut"),
    ];
    if file.before.is_none() {
        return format!("{path} is new{}", counted(&counts, ", with ", ""));
    }
    match counted(&counts, ": ", "") {
        words if words.is_empty() => format!("{path}: scenes in another order, or other blanks"),
        words => format!("{path}{words}"),
    }
}

/// `2 scenes rewritten, 1 new`, between two texts; nothing if there is nothing to count.
fn counted(counts: &[(usize, &str)], before: &str, after: &str) -> String {
    let some = counts.iter().filter(|it| it.0 > 0);
    let mut words = Vec::new();
    for (n, what) in some {
        words.push(match (words.is_empty(), n) {
            (true, 1) if *what == "new" => "1 new scene".to_owned(),
            (true, n) if *what == "new" => format!("{n} new scenes"),
            (true, 1) => format!("1 scene {what}"),
            (true, n) => format!("{n} scenes {what}"),
            (false, n) => format!("{n} {what}"),
        });
    }
    if words.is_empty() {
        return String::new();
    }
    format!("{before}{}{after}", words.join(", "))
}
