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
    script::{ScriptChange, ScriptEvent},
    selection::SelectionEvent,
    take::TakeEvent,
};

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
    /// Bible files.
    pub bible: BTreeSet<String>,
    /// Assets.
    pub assets: BTreeSet<BlobId>,
    /// Takes.
    pub takes: BTreeSet<TakeId>,
    /// Shots with a new take.
    pub take_shots: BTreeSet<ShotId>,
    /// Runs.
    pub runs: bool,
    /// Files with other diagnostics.
    pub diagnostics: BTreeSet<String>,
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
        self.card |= other.card;
        self.settings |= other.settings;
        self.scripts.extend(other.scripts);
        self.scenes.extend(other.scenes);
        self.shots.extend(other.shots);
        self.bible.extend(other.bible);
        self.assets.extend(other.assets);
        self.takes.extend(other.takes);
        self.take_shots.extend(other.take_shots);
        self.runs |= other.runs;
        self.diagnostics.extend(other.diagnostics);
        self.selections |= other.selections;
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Project(event) => {
                self.card = true;
                self.settings |= matches!(event, ProjectEvent::SettingsChanged { .. });
            }
            Event::Script(ScriptEvent::Changed { change }) => self.note_script(change),
            Event::Bible(BibleEvent::Changed { path, .. } | BibleEvent::Removed { path }) => {
                self.bible.insert(path.clone());
            }
            Event::Asset(AssetEvent::Added { asset }) => {
                self.assets.insert(asset.id);
            }
            Event::Take(TakeEvent::Added { take }) => {
                self.takes.insert(take.id);
                self.take_shots.insert(take.shot);
            }
            Event::Run(_) => self.runs = true,
            Event::Diagnostic(DiagnosticEvent::FileChecked { path, .. }) => {
                self.diagnostics.insert(path.clone());
            }
            Event::Selection(SelectionEvent::Changed { .. }) => self.selections = true,
        }
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
