//! A film in memory that is saved file by file, as its folder is.

use std::collections::{BTreeMap, BTreeSet};

use storycore_core::{
    Decide, Env, Film, IdSource,
    fountain::Script,
    plan::{CommitScript, NewText, Planning, ScriptEdit, plan},
    project::CreateFilm,
    recipe, run,
};
use storycore_schema::{
    id::{RunId, ShotId},
    run::RunCause,
    script::{ChangeCause, SceneMatch},
};

use super::draft::Draft;
use crate::film::{drawn, hash};

/// A film and the scripts it has read.
pub(crate) struct Shelf {
    pub(crate) film: Film,
    scripts: BTreeMap<String, Script>,
    ids: IdSource,
}

impl Shelf {
    pub(crate) fn new() -> anyhow::Result<Shelf> {
        let mut shelf = Shelf {
            film: Film::new("/film"),
            scripts: BTreeMap::new(),
            ids: IdSource::new(1),
        };
        let title = "Rewritten".to_owned();
        shelf.run(CreateFilm { title })?;
        Ok(shelf)
    }

    /// Writes a draft to the film's folder, and reads what changed. Returns what was decided.
    pub(crate) fn save(&mut self, draft: &Draft) -> anyhow::Result<Vec<SceneMatch>> {
        let files: BTreeMap<String, String> = draft
            .files
            .iter()
            .map(|it| (it.path.clone(), it.text()))
            .collect();
        let is_gone = |path: &&String| !files.contains_key(*path);
        let gone: Vec<String> = self.scripts.keys().filter(is_gone).cloned().collect();
        let mut edits: Vec<ScriptEdit> = Vec::new();
        for path in gone {
            self.scripts.remove(&path);
            edits.push(ScriptEdit { path, after: None });
        }
        for (path, text) in &files {
            edits.extend(self.edit(path, text));
        }
        if edits.is_empty() {
            return Ok(Vec::new());
        }
        let planning = Planning {
            film: &self.film,
            edits,
            others: &self.scripts,
            renamed: BTreeSet::new(),
            cause: ChangeCause::Disk,
        };
        let change = plan(&planning, &mut Env::new(1_000, &mut self.ids));
        let matches = change.matches.clone();
        self.run(CommitScript { change })?;
        Ok(matches)
    }

    fn edit(&mut self, path: &str, text: &str) -> Option<ScriptEdit> {
        let hash = hash(text);
        let known = self.film.state.project.screenplay.scripts.get(path);
        if known.is_some_and(|it| it.hash == hash) {
            return None;
        }
        let (script, edited) = match self.scripts.get(path) {
            Some(known) => {
                let (script, edited) = known.update(text);
                (script, Some(edited))
            }
            None => (Script::parse(text), None),
        };
        self.scripts.insert(path.to_owned(), script.clone());
        let after = Some(NewText {
            script,
            hash,
            edited,
        });
        let path = path.to_owned();
        Some(ScriptEdit { path, after })
    }

    /// Draws what is stale or missing, so that every shot has a take.
    pub(crate) fn draw(&mut self) -> anyhow::Result<()> {
        let request = run::RequestRender {
            shots: None,
            force: false,
            cause: RunCause::Request,
        };
        let Some(id) = self.run(request)?.run else {
            return Ok(());
        };
        let run = self.film.state.generation.runs.get(id);
        let left: Vec<ShotId> = match run {
            Ok(run) => run.shots_left().collect(),
            Err(error) => anyhow::bail!("{error}"),
        };
        let results = left.into_iter().map(|shot| self.step(id, shot));
        let results = results.collect::<anyhow::Result<_>>()?;
        self.run(run::FinishSteps { results })
    }

    fn step(&self, run: RunId, shot: ShotId) -> anyhow::Result<run::StepResult> {
        let project = &self.film.state.project;
        let record = project.screenplay.any_shot(shot);
        let record = record.map_err(|error| anyhow::anyhow!("{error}"))?;
        let outcome = drawn(shot, recipe::prepare(record, project));
        let at = run::StepAt::drawing(shot);
        Ok(run::StepResult { run, at, outcome })
    }

    fn run<C: Decide>(&mut self, command: C) -> anyhow::Result<C::Output> {
        let (output, events) = command
            .decide(&self.film, &mut Env::new(1_000, &mut self.ids))
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        self.film.apply(&events);
        Ok(output)
    }
}
