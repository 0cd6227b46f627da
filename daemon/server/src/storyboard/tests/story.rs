//! A film for tests: told as saves of its files, with a renderer that always works.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind},
};

use storycore_core::{
    Decide, Env, Film, IdSource,
    bible::{NoteBibleFile, fold_name, names_of},
    fountain::Script,
    plan::{CommitScript, NewText, Planning, ScriptEdit, plan},
    project::{CreateFilm, NoteSettings},
    recipe, run,
};
use storycore_schema::{
    asset::Asset,
    bible::BibleEntry,
    id::{BlobId, ShotId},
    project::Settings,
    recipe::Intent,
    run::RunCause,
    script::ChangeCause,
};

const PATH: &str = "script/a.fountain";

/// What draws: from an intent and a seed to a PNG with its width and height.
pub(crate) type Draw = fn(&Intent, u64) -> (Vec<u8>, u32, u32);

pub(crate) struct Story {
    pub(crate) film: Film,
    pub(crate) blobs: BTreeMap<BlobId, Vec<u8>>,
    ids: IdSource,
    script: Option<Script>,
}

impl Story {
    pub(crate) fn new(settings: Settings, script: &str) -> Story {
        let mut story = Story {
            film: Film::new("/film"),
            blobs: BTreeMap::new(),
            ids: IdSource::new(1),
            script: None,
        };
        story.run(CreateFilm {
            title: "Test".to_owned(),
        });
        story.settings(settings);
        story.save(script);
        story
    }

    fn run<C: Decide>(&mut self, command: C) -> C::Output {
        let mut env = Env::new(1_000, &mut self.ids);
        let (output, events) = command.decide(&self.film, &mut env).unwrap();
        self.film.apply(&events);
        output
    }

    pub(crate) fn settings(&mut self, settings: Settings) {
        self.run(NoteSettings {
            settings,
            text: None,
        });
    }

    pub(crate) fn save(&mut self, text: &str) {
        let (script, edited) = match &self.script {
            Some(known) => {
                let (script, edited) = known.update(text);
                (script, Some(edited))
            }
            None => (Script::parse(text), None),
        };
        self.script = Some(script.clone());
        let hash = BlobId(*blake3::hash(text.as_bytes()).as_bytes());
        let after = Some(NewText {
            script,
            hash,
            edited,
        });
        let edits = vec![ScriptEdit {
            path: PATH.to_owned(),
            after,
        }];
        self.change(edits, BTreeSet::new());
    }

    pub(crate) fn bible(&mut self, path: &str, entry: BibleEntry) {
        let names = names_of(&entry).map(|it| fold_name(it)).collect();
        self.run(NoteBibleFile {
            path: path.to_owned(),
            entry: Some(entry),
            text: None,
            images: BTreeMap::new(),
        });
        self.change(Vec::new(), names);
    }

    fn change(&mut self, edits: Vec<ScriptEdit>, renamed: BTreeSet<String>) {
        let others = self.script.clone().map(|it| (PATH.to_owned(), it));
        let others = others.into_iter().collect();
        let (film, cause) = (&self.film, ChangeCause::Disk);
        let planning = Planning {
            film,
            edits,
            others: &others,
            renamed,
            cause,
        };
        let change = plan(&planning, &mut Env::new(1_000, &mut self.ids));
        self.run(CommitScript { change });
    }

    pub(crate) fn render(&mut self, shots: Option<Vec<ShotId>>, draw: Draw) {
        let request = run::RequestRender {
            shots,
            force: false,
            cause: RunCause::Request,
        };
        let Some(id) = self.run(request).run else {
            return;
        };
        let left = self
            .film
            .state
            .generation
            .runs
            .get(id)
            .unwrap()
            .left
            .clone();
        let mut results = Vec::new();
        for shot in left.iter().filter_map(|it| it.shot) {
            let outcome = run::Outcome::drawn(self.draw(shot, draw));
            let at = run::StepAt::drawing(shot);
            results.push(run::StepResult {
                run: id,
                at,
                outcome,
            });
        }
        self.run(run::FinishSteps { results });
    }

    fn draw(&mut self, shot: ShotId, draw: Draw) -> run::Picture {
        let record = self.film.state.project.screenplay.shot(shot).unwrap();
        let intent = recipe::prepare(record, &self.film.state.project);
        let seed = recipe::seed(shot);
        let (bytes, width, height) = draw(&intent, seed);
        let asset = Asset {
            id: BlobId(*blake3::hash(&bytes).as_bytes()),
            media_type: "image/png".to_owned(),
            bytes: bytes.len() as u64,
            width_px: Some(width),
            height_px: Some(height),
        };
        self.blobs.insert(asset.id, bytes);
        run::Picture {
            asset,
            intent,
            renderer_version: "1".to_owned(),
            seed,
        }
    }

    pub(crate) fn blob(&self, id: BlobId) -> io::Result<Vec<u8>> {
        self.blobs
            .get(&id)
            .cloned()
            .ok_or_else(|| ErrorKind::NotFound.into())
    }
}
