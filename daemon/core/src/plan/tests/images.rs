//! Pictures of the bible: whose shots they make stale, in which words, and when they do not count.

use expect_test::expect;
use storycore_schema::{Seq, project::Settings};

use super::*;
use crate::{
    bible::Images,
    history::{Direction, FileWrite, Restore, Step, differences, file_writes},
    project::NoteSettings,
};

const FACE: BlobId = BlobId([1; 32]);
const OTHER_FACE: BlobId = BlobId([2; 32]);

fn drawn_by(renderer: &str) -> Story {
    let mut story = Story::new(STORY);
    story.run(NoteSettings {
        settings: Settings {
            renderer: renderer.to_owned(),
            ..Settings::default()
        },
        text: None,
    });
    story
}

impl Story {
    /// Has a take of every shot, drawn as it is asked for now.
    fn draw_all(&mut self) {
        let run = self.request(true).expect("a run");
        let record = self.film.state.generation.runs.get(run).unwrap().clone();
        let results = record.left.iter().map(|at| run::StepResult {
            run,
            at: *at,
            outcome: match at.shot.filter(|_| record.task.makes_take(at.step)) {
                Some(shot) => self.step(run, shot).outcome,
                None => run::Outcome::Made(Box::default()),
            },
        });
        let results = results.collect();
        self.run(run::FinishSteps { results });
    }
}

fn entry(kind: EntryKind, name: &str, images: &[(&str, &str)]) -> BibleEntry {
    let text = |(name, path): &(&str, &str)| ((*name).to_owned(), (*path).to_owned());
    BibleEntry {
        kind,
        name: name.to_owned(),
        aliases: Vec::new(),
        description: None,
        details: BTreeMap::new(),
        images: images.iter().map(text).collect(),
        quality: None,
    }
}

fn maya() -> BibleEntry {
    let images = [("face", "assets/maya.png"), ("coat", "assets/coat.png")];
    entry(EntryKind::Character, "MAYA", &images)
}

fn images(images: &[(&str, BlobId)]) -> Images {
    let own = |(name, bytes): &(&str, BlobId)| ((*name).to_owned(), *bytes);
    images.iter().map(own).collect()
}

#[test]
fn a_changed_picture_makes_the_shots_of_its_entry_stale_and_no_other() {
    let mut story = drawn_by("comfyui");
    story.bible_with(maya(), images(&[("face", FACE), ("coat", FACE)]));
    story.draw_all();
    assert_eq!(story.not_fresh(), []);
    story.bible_with(maya(), images(&[("face", OTHER_FACE)]));
    check(
        &story,
        &expect![[r#"
            1A   Fresh | 
            1B   Stale (MAYA’s face picture changed; MAYA’s coat picture removed) | Maya cuts bread at the long table.
            1C   Stale (MAYA’s face picture changed; MAYA’s coat picture removed) | MAYA: You are late again. / JONAS: The boat would not start.
            2A   Fresh | 
            2B   Fresh | Boats knock against the wall. Jonas ties a rope.
            2C   Fresh | JONAS: Nothing moves in this weather.
            3A   Fresh | 
            3B   Stale (MAYA’s face picture changed; MAYA’s coat picture removed) | Maya washes a cup.
        "#]],
    );
    story.bible_with(maya(), images(&[("face", FACE), ("coat", FACE)]));
    assert_eq!(story.not_fresh(), []);
}

#[test]
fn pictures_of_places_props_and_styles_count_as_well() {
    for (entry, name, stale) in [
        (EntryKind::Location, "KITCHEN", 5),
        (EntryKind::Prop, "ROPE", 1),
        (EntryKind::Style, "GRAINY", 8),
    ]
    .map(|(kind, name, stale)| (entry(kind, name, &[("look", "assets/a.png")]), name, stale))
    {
        let mut story = drawn_by("comfyui");
        story.bible_with(entry.clone(), images(&[("look", FACE)]));
        story.draw_all();
        story.bible_with(entry.clone(), images(&[("look", OTHER_FACE)]));
        let (n_stale, told) = (story.not_fresh().len(), story.told());
        assert_eq!(n_stale, stale, "{name}: {told}");
        let whose = match entry.kind {
            EntryKind::Style => "the style".to_owned(),
            _ => name.to_owned(),
        };
        let why = format!("{whose}’s look picture changed");
        assert_eq!(told.matches(&why).count(), stale, "{told}");
    }
}

#[test]
fn a_sketch_is_made_from_no_picture() {
    let mut story = drawn_by("sketch");
    let without = entry(EntryKind::Character, "MAYA", &[]);
    story.bible_with(without, Images::new());
    story.render();
    let before = intents(&story);
    story.bible_with(maya(), images(&[("face", FACE)]));
    assert_eq!(story.not_fresh(), []);
    assert_eq!(intents(&story), before);
    // Nor is one that a workflow asks for.
    let comfyui = drawn_by("comfyui");
    let mut with_pictures = drawn_by("comfyui");
    with_pictures.bible_with(maya(), images(&[("face", FACE)]));
    let sketched = |story: &Story| -> Vec<_> {
        let shots = story.film.shots_in_order();
        let intents = shots.map(|it| recipe::prepare(it, &story.film.state.project));
        intents.map(|it| recipe::of_built_in(&it)).collect()
    };
    assert_eq!(sketched(&with_pictures), sketched(&comfyui));
    assert_ne!(intents(&with_pictures), intents(&comfyui));
}

fn intents(story: &Story) -> Vec<String> {
    let shots = story.film.shots_in_order();
    let intents = shots.map(|it| recipe::prepare(it, &story.film.state.project));
    intents
        .map(|it| serde_json::to_string(&it).unwrap())
        .collect()
}

#[test]
fn a_film_without_pictures_asks_for_what_it_always_did() {
    let mut story = drawn_by("comfyui");
    story.bible_with(entry(EntryKind::Character, "MAYA", &[]), Images::new());
    story.bible_with(entry(EntryKind::Style, "GRAINY", &[]), Images::new());
    let asked = intents(&story).concat().to_lowercase();
    assert!(!asked.contains("images"), "{asked}");
}

#[test]
fn what_is_undone_and_put_back_has_its_pictures() {
    let mut story = drawn_by("comfyui");
    let note = |story: &mut Story, face| {
        story.run(NoteBibleFile {
            path: "bible/maya.toml".to_owned(),
            entry: Some(maya()),
            text: Some(BlobId([9; 32])),
            images: images(&[("face", face)]),
        });
    };
    note(&mut story, FACE);
    let then = Arc::new(story.film.state.clone());
    note(&mut story, OTHER_FACE);
    let face = |film: &Film| film.state.project.bible.images_of("bible/maya.toml")["face"];
    let told = differences(
        &{
            let mut film = Film::new("/film");
            film.state = (*then).clone();
            film
        },
        &story.film,
    );
    let told: Vec<_> = told.into_iter().map(|it| it.message).collect();
    assert_eq!(told, ["MAYA’s face picture changed"]);
    let mut by = |command: &dyn Fn(&Film, &mut Env<'_>) -> Vec<Event>| {
        let mut env = Env::new(1_000, &mut story.ids).by("ada");
        let events = command(&story.film, &mut env);
        let mut after = story.film.state.clone();
        for event in &events {
            after.apply(event);
        }
        let writes = file_writes(&story.film.state, &after);
        story.film.apply(&events);
        assert_eq!(story.film.derived, Derived::of(&story.film.state));
        (face(&story.film), writes)
    };
    let write = |before, after| FileWrite {
        path: "assets/maya.png".to_owned(),
        before: Some(before),
        after: Some(after),
    };
    let (seq, checkpoint) = (Seq(1), None);
    let restore = Restore {
        then,
        seq,
        checkpoint,
    };
    let back = by(&|film, env| restore.clone().decide(film, env).unwrap().1);
    assert_eq!(back, (FACE, vec![write(OTHER_FACE, FACE)]));
    let direction = Direction::Undo;
    let undone = by(&|film, env| Step { direction }.decide(film, env).unwrap().1);
    assert_eq!(undone, (OTHER_FACE, vec![write(FACE, OTHER_FACE)]));
}

#[test]
fn a_picture_that_only_one_moment_names_is_left_on_disk() {
    let mut story = drawn_by("sketch");
    story.bible_with(maya(), images(&[("face", FACE)]));
    let with = story.film.state.clone();
    story.bible_with(entry(EntryKind::Character, "MAYA", &[]), Images::new());
    let without = story.film.state.clone();
    assert_eq!(file_writes(&with, &without), []);
    assert_eq!(file_writes(&without, &with), []);
}
