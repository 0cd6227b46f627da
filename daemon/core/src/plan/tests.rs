//! A film told as saves of its script: what keeps its identity, what goes stale, what is kept.

use expect_test::{Expect, expect};
use storycore_schema::{
    asset::Asset,
    bible::{BibleEntry, EntryKind},
    id::RunId,
    run::RunCause,
    shot::{ShotRecord, Status},
};

use super::*;
use crate::{IdSource, bible::NoteBibleFile, derived::Derived, mirror, recipe, run};

mod any_way;
mod assets;
mod checks;
mod corrections;
mod diagnostics;
mod history;
mod images;
mod takes;

const PATH: &str = "script/a.fountain";

/// A film with one or more scripts and a renderer that always works.
struct Story {
    film: Film,
    ids: IdSource,
    scripts: BTreeMap<String, Script>,
}

impl Story {
    fn new(text: &str) -> Story {
        let mut story = Story {
            film: Film::new("/film"),
            ids: IdSource::new(1),
            scripts: BTreeMap::new(),
        };
        story.run(crate::project::CreateFilm {
            title: "Test".to_owned(),
        });
        story.save(PATH, Some(text));
        story
    }

    /// Runs a command as the owner does, and checks what must hold after every command.
    fn run<C: Decide>(&mut self, command: C) -> C::Output {
        let (output, events) = command
            .decide(&self.film, &mut Env::new(1_000, &mut self.ids))
            .unwrap();
        let was = self.film.clone();
        let touched = self.film.apply(&events);
        assert_eq!(
            self.film.derived,
            Derived::of(&self.film.state),
            "derived data is incremental"
        );
        let patch = serde_json::to_value(mirror::patch(&was, &self.film, &touched)).unwrap();
        let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
        let mut mirrored = state_json(&was);
        json_patch::patch(&mut mirrored, &patch).unwrap();
        assert_eq!(
            mirrored,
            state_json(&self.film),
            "a mirror follows by patches"
        );
        output
    }

    fn save(&mut self, path: &str, text: Option<&str>) {
        let known = self.scripts.remove(path);
        let after = text.map(|text| {
            let (script, edited) = match &known {
                Some(known) => {
                    let (script, edited) = known.update(text);
                    (script, Some(edited))
                }
                None => (Script::parse(text), None),
            };
            let hash = BlobId(*blake3::hash(text.as_bytes()).as_bytes());
            self.scripts.insert(path.to_owned(), script.clone());
            NewText {
                script,
                hash,
                edited,
            }
        });
        let edits = vec![ScriptEdit {
            path: path.to_owned(),
            after,
        }];
        self.change(edits, BTreeSet::new());
    }

    fn change(&mut self, edits: Vec<ScriptEdit>, renamed: BTreeSet<String>) {
        let cause = ChangeCause::Disk;
        let planning = Planning {
            film: &self.film,
            edits,
            others: &self.scripts,
            renamed,
            cause,
        };
        let change = plan(&planning, &mut Env::new(1_000, &mut self.ids));
        self.run(CommitScript { change });
    }

    fn bible(&mut self, entry: BibleEntry) {
        self.bible_with(entry, BTreeMap::new());
    }

    fn bible_with(&mut self, entry: BibleEntry, images: crate::bible::Images) {
        let names = crate::bible::names_of(&entry)
            .map(|it| crate::bible::fold_name(it))
            .collect();
        self.run(NoteBibleFile {
            path: "bible/one.toml".to_owned(),
            entry: Some(entry),
            text: None,
            images,
        });
        self.change(Vec::new(), names);
    }

    fn render(&mut self) {
        let id = self.request(false);
        self.finish(id);
    }

    fn request(&mut self, force: bool) -> Option<RunId> {
        self.run(run::RequestRender {
            shots: None,
            force,
            cause: RunCause::Request,
        })
        .run
    }

    /// Draws what a run has left and the film still knows, placed or not.
    fn finish(&mut self, id: Option<RunId>) {
        let Some(id) = id else { return };
        let left = &self.film.state.generation.runs.get(id).unwrap().left;
        let screenplay = &self.film.state.project.screenplay;
        let left = left.iter().filter_map(|it| it.shot);
        let known = left.filter(|shot| screenplay.any_shot(*shot).is_ok());
        let results = known.map(|shot| self.step(id, shot)).collect();
        self.run(run::FinishSteps { results });
    }

    fn step(&self, run: RunId, shot: ShotId) -> run::StepResult {
        let record = self.film.state.project.screenplay.any_shot(shot).unwrap();
        let intent = recipe::prepare(record, &self.film.state.project);
        let bytes = serde_json::to_vec(&intent).unwrap();
        let asset = Asset {
            id: BlobId(*blake3::hash(&bytes).as_bytes()),
            media_type: "image/png".to_owned(),
            bytes: bytes.len() as u64,
            width_px: None,
            height_px: None,
        };
        let picture = run::Picture {
            asset,
            intent,
            renderer_version: "1".to_owned(),
            seed: recipe::seed(shot),
        };
        run::StepResult {
            run,
            at: run::StepAt::drawing(shot),
            outcome: run::Outcome::drawn(picture),
        }
    }

    /// Every shot in order: label, status with reasons, words.
    fn told(&self) -> String {
        let list = storycore_schema::shot::ListShots {
            project: ulid::Ulid::nil().into(),
            scene: None,
            status: None,
        };
        let shots = crate::Query::answer(list, &self.film).unwrap();
        let line = |shot: &storycore_schema::shot::Shot| {
            let reasons: Vec<_> = shot.reasons.iter().map(|it| it.message.as_str()).collect();
            let reasons = if reasons.is_empty() {
                String::new()
            } else {
                format!(" ({})", reasons.join("; "))
            };
            let text = shot.text.replace('\n', " / ");
            format!("{:4} {:?}{reasons} | {text}\n", shot.label, shot.status)
        };
        shots.iter().map(line).collect()
    }

    /// Every shot in order, in full but for the ids.
    fn planned(&self) -> Vec<ShotRecord> {
        let shots = self.film.shots_in_order().map(|it| ShotRecord {
            id: ulid::Ulid::nil().into(),
            scene: ulid::Ulid::nil().into(),
            ..(**it).clone()
        });
        shots.collect()
    }

    fn shot_saying(&self, text: &str) -> Option<ShotId> {
        let says = |it: &&Arc<ShotRecord>| it.lines.iter().any(|line| line.text == text);
        self.film.shots_in_order().find(says).map(|it| it.id)
    }

    fn not_fresh(&self) -> Vec<ShotId> {
        let shots = self.film.shots_in_order().map(|it| it.id);
        shots
            .filter(|id| self.film.derived.status(*id) != Status::Fresh)
            .collect()
    }
}

fn state_json(film: &Film) -> serde_json::Value {
    serde_json::to_value(mirror::snapshot(film).state).unwrap()
}

const STORY: &str = "\
INT. KITCHEN - DAY

Maya cuts bread at the long table.

MAYA
You are late again.

JONAS
The boat would not start.

EXT. HARBOR - NIGHT

Boats knock against the wall. Jonas ties a rope.

JONAS
Nothing moves in this weather.

INT. KITCHEN - CONTINUOUS

Maya washes a cup.
";

#[track_caller]
fn check(story: &Story, then: &Expect) {
    then.assert_eq(&story.told());
}

#[test]
fn a_script_becomes_scenes_and_shots() {
    let mut story = Story::new(STORY);
    story.render();
    check(
        &story,
        &expect![[r#"
        1A   Fresh | 
        1B   Fresh | Maya cuts bread at the long table.
        1C   Fresh | MAYA: You are late again. / JONAS: The boat would not start.
        2A   Fresh | 
        2B   Fresh | Boats knock against the wall. Jonas ties a rope.
        2C   Fresh | JONAS: Nothing moves in this weather.
        3A   Fresh | 
        3B   Fresh | Maya washes a cup.
    "#]],
    );
}

#[test]
fn one_edited_line_makes_exactly_its_shots_stale() {
    let mut story = Story::new(STORY);
    story.render();
    story.save(
        PATH,
        Some(&STORY.replace("The boat would not start.", "The boat sank.")),
    );
    let stale = story.not_fresh();
    assert!(!stale.is_empty());
    for shot in story.film.shots_in_order() {
        let has_line = shot.lines.iter().any(|line| line.text == "The boat sank.");
        assert_eq!(stale.contains(&shot.id), has_line, "{:?}", shot.lines);
    }
    story.save(PATH, Some(STORY));
    assert_eq!(story.not_fresh(), [], "the old take is right again");
}

#[test]
fn a_scene_at_the_top_makes_no_other_shot_stale() {
    let mut story = Story::new(STORY);
    story.render();
    let before: Vec<_> = story.film.shots_in_order().map(|it| it.id).collect();
    story.save(
        PATH,
        Some(&format!(
            "EXT. ROAD - DAWN\n\nA truck passes. ZDENKA (40) waves.\n\n{STORY}"
        )),
    );
    let after: Vec<_> = story.film.shots_in_order().map(|it| it.id).collect();
    assert!(after.ends_with(&before));
    let stale = story.not_fresh();
    assert!(
        stale.iter().all(|id| !before.contains(id)),
        "{}",
        story.told()
    );
}

#[test]
fn a_scene_that_is_cut_keeps_its_takes_and_comes_back() {
    let mut story = Story::new(STORY);
    story.render();
    let takes = story.film.state.generation.takes.by_id.len();
    let ids: Vec<_> = story.film.shots_in_order().map(|it| it.id).collect();
    let (kitchen, rest) = STORY.split_at(STORY.find("EXT. HARBOR").unwrap());
    let (harbor, last) = rest.split_at(rest.find("INT. KITCHEN - CONT").unwrap());
    story.save(PATH, Some(&format!("{kitchen}{last}")));
    assert_eq!(story.film.state.project.screenplay.unplaced_scenes.len(), 1);
    assert_eq!(story.film.state.generation.takes.by_id.len(), takes);
    story.save(PATH, Some(&format!("{harbor}{kitchen}{last}")));
    assert_eq!(story.film.state.project.screenplay.unplaced_scenes.len(), 0);
    let mut again: Vec<_> = story.film.shots_in_order().map(|it| it.id).collect();
    let mut ids = ids;
    ids.sort();
    again.sort();
    assert_eq!(again, ids);
}

#[test]
fn a_speech_pasted_into_another_scene_keeps_its_takes() {
    let mut story = Story::new(STORY);
    story.render();
    let speech = "JONAS\nNothing moves in this weather.\n\n";
    let moved = STORY.replace(speech, "") + "\n" + speech.trim_end() + "\n";
    let find = |story: &Story| {
        let says = |it: &&Arc<ShotRecord>| {
            it.lines
                .iter()
                .any(|line| line.text.starts_with("Nothing moves"))
        };
        story.film.shots_in_order().find(says).map(|it| it.id)
    };
    let before = find(&story);
    story.save(PATH, Some(&moved));
    assert_eq!(find(&story), before);
}

#[test]
fn a_renamed_file_is_the_same_film() {
    let mut story = Story::new(STORY);
    story.render();
    let before: Vec<_> = story.film.shots_in_order().map(|it| it.id).collect();
    let hash = BlobId(*blake3::hash(STORY.as_bytes()).as_bytes());
    let script = story.scripts.remove(PATH).unwrap();
    story
        .scripts
        .insert("script/b.fountain".to_owned(), script.clone());
    let after = Some(NewText {
        script,
        hash,
        edited: None,
    });
    let edits = vec![
        ScriptEdit {
            path: PATH.to_owned(),
            after: None,
        },
        ScriptEdit {
            path: "script/b.fountain".to_owned(),
            after,
        },
    ];
    story.change(edits, BTreeSet::new());
    let after: Vec<_> = story.film.shots_in_order().map(|it| it.id).collect();
    assert_eq!(after, before);
    assert_eq!(story.not_fresh(), []);
}

#[test]
fn the_bible_makes_stale_what_depends_on_it_and_says_why() {
    let mut story = Story::new(STORY);
    let maya = |hair: &str| BibleEntry {
        kind: EntryKind::Character,
        name: "MAYA".to_owned(),
        aliases: vec!["Maya Novak".to_owned()],
        description: None,
        details: BTreeMap::from([("hair".to_owned(), hair.to_owned())]),
        images: BTreeMap::new(),
        quality: None,
    };
    story.bible(maya("red"));
    story.render();
    story.bible(maya("grey"));
    check(
        &story,
        &expect![[r#"
        1A   Fresh | 
        1B   Stale (MAYA: hair changed) | Maya cuts bread at the long table.
        1C   Stale (MAYA: hair changed) | MAYA: You are late again. / JONAS: The boat would not start.
        2A   Fresh | 
        2B   Fresh | Boats knock against the wall. Jonas ties a rope.
        2C   Fresh | JONAS: Nothing moves in this weather.
        3A   Fresh | 
        3B   Stale (MAYA: hair changed) | Maya washes a cup.
    "#]],
    );
}

#[test]
fn a_light_changes_the_continuous_scene_after_it() {
    let mut story = Story::new(STORY);
    story.render();
    story.save(
        PATH,
        Some(&STORY.replace("HARBOR - NIGHT", "HARBOR - DAWN")),
    );
    check(
        &story,
        &expect![[r#"
        1A   Fresh | 
        1B   Fresh | Maya cuts bread at the long table.
        1C   Fresh | MAYA: You are late again. / JONAS: The boat would not start.
        2A   Stale (time of day: night → dawn) | 
        2B   Stale (time of day: night → dawn) | Boats knock against the wall. Jonas ties a rope.
        2C   Stale (time of day: night → dawn) | JONAS: Nothing moves in this weather.
        3A   Stale (time of day: night → dawn) | 
        3B   Stale (time of day: night → dawn) | Maya washes a cup.
    "#]],
    );
}

#[test]
fn a_take_that_comes_too_late_is_mirrored_in_the_tray() {
    let mut story = Story::new(STORY);
    story.render();
    let cup = story.shot_saying("Maya washes a cup.").unwrap();
    let late = story.request(true);
    story.save(PATH, Some(&STORY.replace("Maya washes a cup.", "")));
    story.finish(late);
    let tray = mirror::snapshot(&story.film).state.project.unplaced_shots;
    let takes = &story.film.state.generation.takes;
    assert_eq!(takes.of_shot(cup).count(), 2);
    assert_eq!(
        tray[&cup].take,
        takes.of_shot(cup).next_back().map(|it| it.id)
    );
}

#[test]
fn a_note_in_small_letters_finds_who_speaks_later() {
    let before = "INT. KITCHEN - DAY\n\nA cup falls and breaks. [[shot: CU Maya]]\n\n\
        EXT. HARBOR - NIGHT\n\nJONAS\nWhere is she?\n\n";
    let after = format!("{before}MAYA\nHere.\n");
    let mut story = Story::new(before);
    let nobody = story.planned();
    story.save(PATH, Some(&after));
    assert_eq!(story.planned(), Story::new(&after).planned());
    assert!(
        story.planned()[0].subjects == ["MAYA"],
        "{:?}",
        story.planned()
    );
    story.save(PATH, Some(before));
    assert_eq!(story.planned(), nobody);
}

#[test]
fn accents_and_hyphens_hide_nobody_who_speaks_later() {
    let before = "INT. KITCHEN - DAY\n\nZoë hides. Jean-Luc sleeps.\n\nEXT. HARBOR - NIGHT\n\n";
    let after = format!("{before}ZOE\nHere.\n\nJEAN LUC\nHere.\n");
    let mut story = Story::new(before);
    story.save(PATH, Some(&after));
    assert_eq!(story.planned(), Story::new(&after).planned());
}

#[test]
fn a_short_line_that_was_cut_comes_back_with_its_takes() {
    let text = STORY.replace(
        "EXT. HARBOR",
        "Maya cuts on.\n\nMAYA\nYes.\n\nShe cuts herself.\n\nEXT. HARBOR",
    );
    let mut story = Story::new(&text);
    story.render();
    let yes = story.shot_saying("Yes.");
    assert!(yes.is_some());
    story.save(PATH, Some(&text.replace("MAYA\nYes.\n\n", "")));
    assert_eq!(story.shot_saying("Yes."), None);
    story.save(PATH, Some(&text));
    assert_eq!(story.shot_saying("Yes."), yes);
    assert_eq!(story.not_fresh(), []);
}

#[test]
fn a_short_line_that_was_cut_does_not_come_back_elsewhere() {
    let text = STORY.replace("MAYA\nYou", "MAYA\nYes.\n\nJonas sits.\n\nMAYA\nYou");
    let mut story = Story::new(&text);
    story.render();
    let yes = story.shot_saying("Yes.");
    story.save(PATH, Some(STORY));
    story.save(PATH, Some(&format!("{STORY}\nMAYA\nYes.\n")));
    assert!(story.shot_saying("Yes.").is_some());
    assert_ne!(story.shot_saying("Yes."), yes);
}

#[test]
fn an_establishing_shot_without_words_comes_back_with_its_takes() {
    let mut story = Story::new(STORY);
    story.render();
    let first = |story: &Story| story.film.shots_in_order().next().map(|it| it.id);
    let kitchen = first(&story);
    let opening = "INT. KITCHEN - DAY\n\nWIDE ON Maya, who cuts bread";
    let wide = STORY.replace("INT. KITCHEN - DAY\n\nMaya cuts bread", opening);
    story.save(PATH, Some(&wide));
    assert_ne!(first(&story), kitchen, "{}", story.told());
    story.save(PATH, Some(STORY));
    assert_eq!(first(&story), kitchen);
    assert_eq!(story.not_fresh(), []);
}
