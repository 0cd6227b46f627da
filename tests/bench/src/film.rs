//! A film in memory, driven as its owner drives it: read, planned, committed, drawn.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use storycore_core::{
    Decide, Env, Film, IdSource,
    bible::{Images, NoteBibleFile},
    fountain::{Edited, Script},
    plan::{CommitScript, NewText, Planning, ScriptEdit, plan},
    project::{CreateFilm, NoteSettings},
    recipe, run,
};
use storycore_schema::{
    asset::Asset,
    id::{BlobId, ShotId},
    recipe::Intent,
    run::RunCause,
    script::{ChangeCause, ScriptChange},
};
use storycore_tests::{FilmOptions, GeneratedFilm, generate};

/// The one script of a generated film.
pub(crate) const PATH: &str = "script/film.fountain";
/// Bytes of script a page has, in the generator.
const PAGE_BYTES: u32 = 1_250;

/// A film and the parsed text it holds.
pub(crate) struct Story {
    pub(crate) film: Film,
    pub(crate) script: Script,
    pub(crate) text: String,
    pub(crate) ids: IdSource,
    pub(crate) others: BTreeMap<String, Script>,
}

/// A film of so many bytes of script.
pub(crate) fn generated(bytes: u32) -> GeneratedFilm {
    generate(&FilmOptions::feature(1, bytes / PAGE_BYTES))
}

impl Story {
    /// Opens a film, bible and settings first.
    pub(crate) fn open(source: &GeneratedFilm) -> anyhow::Result<Story> {
        let mut story = Story {
            film: Film::new("/film"),
            script: Script::parse(&source.script),
            text: source.script.clone(),
            ids: IdSource::new(1),
            others: BTreeMap::new(),
        };
        story.run(CreateFilm {
            title: "Bench".to_owned(),
        })?;
        let settings = toml::from_str(&source.settings).context("the film's settings")?;
        story.run(NoteSettings {
            settings,
            text: None,
        })?;
        for (path, entry) in &source.bible {
            let entry = Some(toml::from_str(entry).with_context(|| path.clone())?);
            story.run(NoteBibleFile {
                path: format!("bible/{path}"),
                entry,
                text: None,
                images: Images::default(),
            })?;
        }
        let change = story.planned(story.script.clone(), hash(&source.script), None);
        story.run(CommitScript { change })?;
        story.others.insert(PATH.to_owned(), story.script.clone());
        Ok(story)
    }

    /// Draws every shot, with pictures that are not: what is stale is as real as ever.
    pub(crate) fn draw_all(&mut self) -> anyhow::Result<()> {
        let request = run::RequestRender {
            shots: None,
            force: false,
            cause: RunCause::Request,
        };
        let Some(id) = self.run(request)?.run else {
            return Ok(());
        };
        let shots: Vec<ShotId> = self.film.shots_in_order().map(|it| it.id).collect();
        let picture = |shot| {
            let record = self.film.state.project.screenplay.shot(shot)?;
            let intent = recipe::prepare(record, &self.film.state.project);
            Ok(run::StepResult {
                run: id,
                at: run::StepAt::drawing(shot),
                outcome: drawn(shot, intent),
            })
        };
        let results: Result<_, storycore_schema::Error> = shots.into_iter().map(picture).collect();
        let results = results.map_err(|error| anyhow::anyhow!("{error}"))?;
        self.run(run::FinishSteps { results })
    }

    /// What each shot asks for, in order, and its seed.
    pub(crate) fn intents(&self) -> impl Iterator<Item = (Intent, u64)> {
        let project = &self.film.state.project;
        self.film
            .shots_in_order()
            .map(|shot| (recipe::prepare(shot, project), recipe::seed(shot.id)))
    }

    /// What a new text means for the film.
    pub(crate) fn planned(
        &mut self,
        script: Script,
        hash: BlobId,
        edited: Option<Edited>,
    ) -> ScriptChange {
        let after = Some(NewText {
            script,
            hash,
            edited,
        });
        let planning = Planning {
            film: &self.film,
            edits: vec![ScriptEdit {
                path: PATH.to_owned(),
                after,
            }],
            others: &self.others,
            renamed: BTreeSet::new(),
            cause: ChangeCause::Disk,
        };
        plan(&planning, &mut Env::new(1_000, &mut self.ids))
    }

    /// Runs a command as the owner does.
    pub(crate) fn run<C: Decide>(&mut self, command: C) -> anyhow::Result<C::Output> {
        let (output, events) = command
            .decide(&self.film, &mut Env::new(1_000, &mut self.ids))
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        self.film.apply(&events);
        Ok(output)
    }
}

/// The hash of a text.
pub(crate) fn hash(text: &str) -> BlobId {
    BlobId(*blake3::hash(text.as_bytes()).as_bytes())
}

/// A picture that is none: what is stale is as real as ever.
pub(crate) fn drawn(shot: ShotId, intent: Intent) -> run::Outcome {
    drawn_with(shot, intent, recipe::seed(shot))
}

/// A picture that is none, as it would come of a seed.
pub(crate) fn drawn_with(shot: ShotId, intent: Intent, seed: u64) -> run::Outcome {
    let name = [&shot.0.to_bytes()[..], &seed.to_le_bytes()].concat();
    let asset = Asset {
        id: BlobId(*blake3::hash(&name).as_bytes()),
        media_type: "image/png".to_owned(),
        bytes: 40_000,
        width_px: Some(1_280),
        height_px: Some(536),
    };
    run::Outcome::drawn(run::Picture {
        asset,
        intent,
        renderer_version: storycore_sketch::VERSION.to_owned(),
        seed,
    })
}
