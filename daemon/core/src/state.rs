//! Everything the daemon knows about a film, rebuilt from events alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use storycore_schema::Event;

use crate::{
    asset::Assets,
    bible::Bible,
    diagnostic::Diagnostics,
    history::History,
    project::ProjectCard,
    run::Runs,
    screenplay::{EarlierTexts, Screenplay},
    selection::Selections,
    take::Takes,
    work::Work,
    workflow::Workflows,
};

/// The state of one film, in six slices. Cloning it is cheap: its maps share what did not change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GlobalState {
    /// Shared presence; not durable.
    pub ui: Ui,
    /// The film.
    pub project: Project,
    /// What we keep.
    pub assets: Assets,
    /// Takes and runs.
    pub generation: Generation,
    /// What add-ons keep.
    pub addons: Addons,
    /// What is wrong.
    pub system: System,
}

/// The `ui` slice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ui {
    /// What each client looks at.
    pub selections: Selections,
}

/// The `project` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Title and settings.
    pub card: ProjectCard,
    /// Scripts, scenes and shots.
    pub screenplay: Screenplay,
    /// What scenes said before.
    pub earlier: EarlierTexts,
    /// What things look like.
    pub bible: Bible,
    /// Workflows, graphs and prompts.
    pub workflows: Workflows,
    /// What can be undone, and named moments.
    pub history: History,
}

/// The `generation` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Rendered results.
    pub takes: Takes,
    /// Work that takes time.
    pub runs: Runs,
}

/// The `addons` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Addons {
    /// What each add-on keeps, by its id.
    pub states: BTreeMap<String, serde_json::Value>,
}

/// The `system` slice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct System {
    /// What is wrong in the film's files.
    pub diagnostics: Diagnostics,
    /// What is under way this moment.
    pub work: Work,
}

impl GlobalState {
    /// The only place where state changes. Never fails: what is in the log has happened.
    pub fn apply(&mut self, event: &Event) {
        self.take_in(event.clone());
    }

    /// The same with an event that nobody else needs: what it holds is kept and not copied.
    pub fn take_in(&mut self, event: Event) {
        match event {
            Event::Project(event) => {
                self.project.card.apply(&event);
                self.project.history.note_project(&event);
            }
            Event::Script(event) => {
                let Project {
                    earlier,
                    screenplay,
                    ..
                } = &mut self.project;
                earlier.note(screenplay, &event);
                screenplay.take_in(event);
            }
            Event::Bible(event) => self.project.bible.apply(&event),
            Event::Workflow(event) => self.project.workflows.apply(event),
            Event::Asset(event) => self.assets.apply(&event),
            Event::Take(event) => self.generation.takes.take_in(event),
            Event::Run(event) => self.generation.runs.apply(&event),
            Event::History(event) => self.project.history.take_in(event),
            Event::Diagnostic(event) => self.system.diagnostics.apply(&event),
            Event::Selection(event) => self.ui.selections.apply(&event),
            Event::Work(event) => self.system.work.apply(event),
        }
    }
}
