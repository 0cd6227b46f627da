//! Which parts of the state some events speak of. Derived data and patches look at these parts
//! only, so their cost grows with the change and not with the film.

use std::collections::BTreeSet;

use storycore_schema::{
    Event,
    asset::AssetEvent,
    bible::BibleEvent,
    diagnostic::DiagnosticEvent,
    id::{BlobId, SceneId, ShotId, TakeId},
    project::ProjectEvent,
    script::{Correction, ScriptChange, ScriptEvent},
    selection::SelectionEvent,
    take::TakeEvent,
};

use crate::{state::GlobalState, work};

/// Keys that events speak of.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// Title, settings or automatic drawing.
    pub card: bool,
    /// What the settings say.
    pub settings: bool,
    /// Scripts, by file.
    pub scripts: BTreeSet<String>,
    /// Scenes, placed or not.
    pub scenes: BTreeSet<SceneId>,
    /// Shots, placed or not.
    pub shots: BTreeSet<ShotId>,
    /// Steps under way, by key.
    pub work: BTreeSet<String>,
    /// Workflows, graphs or prompts.
    pub workflows: bool,
    /// Bible files.
    pub bible: BTreeSet<String>,
    /// Assets.
    pub assets: BTreeSet<BlobId>,
    /// Takes.
    pub takes: BTreeSet<TakeId>,
    /// Shots whose takes, or what was decided about them, changed.
    pub take_shots: BTreeSet<ShotId>,
    /// Runs.
    pub runs: bool,
    /// Files with other diagnostics.
    pub diagnostics: BTreeSet<String>,
    /// What can be undone, named moments, branches.
    pub history: bool,
    /// Selections.
    pub selections: bool,
}

impl Touched {
    /// Everything these events speak of.
    pub fn by<'a>(events: impl IntoIterator<Item = &'a Event>) -> Touched {
        let mut touched = Touched::default();
        for event in events {
            touched.note(event);
        }
        touched
    }

    /// Adds what others touched.
    pub fn merge(&mut self, other: Touched) {
        // Every field is named, so that a new one cannot be forgotten.
        let Touched {
            card,
            settings,
            scripts,
            scenes,
            shots,
            work,
            workflows,
            bible,
            assets,
            takes,
            take_shots,
            runs,
            diagnostics,
            history,
            selections,
        } = other;
        self.card |= card;
        self.settings |= settings;
        self.scripts.extend(scripts);
        self.scenes.extend(scenes);
        self.shots.extend(shots);
        self.work.extend(work);
        self.workflows |= workflows;
        self.bible.extend(bible);
        self.assets.extend(assets);
        self.takes.extend(takes);
        self.take_shots.extend(take_shots);
        self.runs |= runs;
        self.diagnostics.extend(diagnostics);
        self.history |= history;
        self.selections |= selections;
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Project(event) => {
                self.card = true;
                self.settings |= matches!(event, ProjectEvent::SettingsChanged { .. });
                self.history |= matches!(event, ProjectEvent::Branched { .. });
            }
            Event::Script(ScriptEvent::Changed { change }) => self.note_script(change),
            Event::Script(ScriptEvent::Corrected { correction }) => {
                self.note_correction(correction);
            }
            Event::Bible(BibleEvent::Changed { path, .. } | BibleEvent::Removed { path }) => {
                self.bible.insert(path.clone());
            }
            Event::Asset(AssetEvent::Added { asset }) => {
                self.assets.insert(asset.id);
            }
            Event::Asset(AssetEvent::Tagged { id, .. }) => {
                self.assets.insert(*id);
            }
            Event::Take(event) => self.note_take(event),
            Event::History(_) => self.history = true,
            Event::Run(_) => self.runs = true,
            Event::Workflow(_) => self.workflows = true,
            Event::Work(event) => {
                self.work.insert(work::key(event));
            }
            Event::Diagnostic(DiagnosticEvent::FileChecked { path, .. }) => {
                self.diagnostics.insert(path.clone());
            }
            Event::Selection(SelectionEvent::Changed { .. }) => self.selections = true,
        }
    }

    /// Where a take comes from and what becomes of it is found by looking at both states: see
    /// [`Touched::complete`].
    fn note_take(&mut self, event: &TakeEvent) {
        match event {
            TakeEvent::Added { take } => {
                self.takes.insert(take.id);
                self.take_shots.insert(take.shot);
            }
            TakeEvent::Chosen { shot, .. } => {
                self.take_shots.insert(*shot);
            }
            TakeEvent::Moved { id, shot } => {
                self.takes.insert(*id);
                self.take_shots.insert(*shot);
            }
            TakeEvent::Preferred { shot, .. } => {
                self.take_shots.insert(*shot);
            }
            TakeEvent::Checked { id, .. }
            | TakeEvent::Repeated { id, .. }
            | TakeEvent::Marked { id, .. }
            | TakeEvent::Commented { id, .. }
            | TakeEvent::Uncommented { id, .. }
            | TakeEvent::Withdrawn { id }
            | TakeEvent::Returned { id } => {
                self.takes.insert(*id);
            }
        }
    }

    /// Adds the shots that touched takes were of.
    pub(crate) fn complete(&mut self, was: &GlobalState) {
        let takes = &was.generation.takes.by_id;
        let shots = self.takes.iter().filter_map(|id| takes.get(id));
        self.take_shots.extend(shots.map(|it| it.shot));
    }

    fn note_correction(&mut self, correction: &Correction) {
        let placed = correction.scenes.iter();
        self.scripts.extend(placed.map(|it| it.script.clone()));
        let scenes = correction.scenes.iter().chain(&correction.unplaced_scenes);
        self.scenes.extend(scenes.map(|it| it.id));
        self.scenes
            .extend(correction.swaps.iter().flat_map(|it| [it.was, it.now]));
        self.scenes.extend(&correction.dropped_scenes);
        self.scenes.extend(&correction.settled);
        self.scenes
            .extend(correction.doubts.iter().map(|it| it.found.scene));
        let shots = correction.shots.iter().chain(&correction.unplaced_shots);
        self.shots.extend(shots.map(|it| it.id));
        self.shots.extend(&correction.dropped_shots);
    }

    fn note_script(&mut self, change: &ScriptChange) {
        // The title may stand on a title page.
        self.card = true;
        self.scripts
            .extend(change.files.iter().map(|file| file.path.clone()));
        self.scenes
            .extend(change.scenes.iter().map(|scene| scene.id));
        self.scenes
            .extend(change.unplaced_scenes.iter().chain(&change.dropped_scenes));
        self.shots.extend(change.shots.iter().map(|shot| shot.id));
        self.shots
            .extend(change.unplaced_shots.iter().chain(&change.dropped_shots));
    }
}
