//! A person says which scene or shot is which, and takes follow.

use expect_test::{Expect, expect};
use storycore_schema::{
    Event,
    id::TakeId,
    scene::{AttachScene, ConfirmScene, DetachScene},
    script::ScriptChange,
    shot::AttachShot,
    take::SelectTake,
    tray::ListTray,
};
use ulid::Ulid;

use super::*;
use crate::{
    Query,
    history::{Direction, Step},
};

/// Puts events into the log as they are.
struct Say(Vec<Event>);

impl Decide for Say {
    type Output = ();

    fn decide(self, _: &Film, _: &mut Env<'_>) -> Decided<()> {
        Ok(((), self.0))
    }
}

impl Story {
    /// Saves a text whose matches are all in doubt.
    fn save_doubtfully(&mut self, text: &str) {
        let script = Script::parse(text);
        let hash = BlobId(*blake3::hash(text.as_bytes()).as_bytes());
        self.scripts.insert(PATH.to_owned(), script.clone());
        let after = Some(NewText {
            script,
            hash,
            edited: None,
        });
        let planning = Planning {
            film: &self.film,
            edits: vec![ScriptEdit {
                path: PATH.to_owned(),
                after,
            }],
            others: &self.scripts,
            renamed: BTreeSet::new(),
            cause: ChangeCause::Disk,
        };
        let mut change: ScriptChange = plan(&planning, &mut Env::new(1_000, &mut self.ids));
        for found in &mut change.matches {
            found.doubtful = true;
        }
        let change = Box::new(change);
        self.run(Say(vec![Event::Script(ScriptEvent::Changed { change })]));
    }

    fn scene(&self, heading: &str) -> SceneId {
        let screenplay = &self.film.state.project.screenplay;
        let mut scenes = screenplay.scenes_in_order();
        scenes.find(|it| it.heading == heading).unwrap().id
    }

    fn tray_scene(&self, heading: &str) -> SceneId {
        let tray = &self.film.state.project.screenplay.unplaced_scenes;
        tray.values().find(|it| it.heading == heading).unwrap().id
    }

    /// Every shot with the words its takes were made for, then the tray.
    fn takes(&self) -> String {
        let mut told = String::new();
        let words = |shot: ShotId| -> String {
            let takes = self.film.state.generation.takes.of_shot(shot);
            let lines = takes.map(|it| it.intent.read().unwrap().lines);
            let takes = lines.map(|it| format!("[{}]", crate::shot::readable(&it)));
            takes.collect::<Vec<_>>().join(" ").replace('\n', " / ")
        };
        for shot in self.film.shots_in_order() {
            let text = crate::shot::readable(&shot.lines).replace('\n', " / ");
            let label = crate::shot::label(&self.film, shot.id);
            told += &format!("{label} {text}: {}\n", words(shot.id));
        }
        for shot in self.film.state.project.screenplay.unplaced_shots.values() {
            let text = crate::shot::readable(&shot.lines).replace('\n', " / ");
            told += &format!("tray {text}: {}\n", words(shot.id));
        }
        told
    }

    fn n_takes(&self) -> usize {
        self.film.state.generation.takes.by_id.len()
    }

    /// Undoes and does again, and expects the same film both times.
    #[track_caller]
    fn there_and_back(&mut self, deed: impl FnOnce(&mut Story)) {
        let before = without_history(&self.film);
        deed(self);
        let after = without_history(&self.film);
        let undo = Step {
            direction: Direction::Undo,
        };
        self.run(undo);
        assert_eq!(without_history(&self.film), before, "undone");
        let redo = Step {
            direction: Direction::Redo,
        };
        self.run(redo);
        assert_eq!(without_history(&self.film), after, "done again");
    }
}

fn without_history(film: &Film) -> serde_json::Value {
    let mut state = state_json(film);
    state["project"]["history"].take();
    state
}

fn project() -> storycore_schema::id::ProjectId {
    Ulid::nil().into()
}

#[track_caller]
fn check_takes(story: &Story, then: &Expect) {
    then.assert_eq(&story.takes());
}

const BEFORE: &str = "\
INT. KITCHEN - DAY

Maya cuts bread at the long table.

Jonas waits at the door with a wet coat.
";

const AFTER: &str = "\
INT. CELLAR - DAY

Maya cuts bread at the long bench.

A rat looks at her from a barrel of salt.
";

#[test]
fn a_scene_wrongly_taken_for_another_becomes_a_new_one() {
    let mut story = Story::new(BEFORE);
    story.render();
    let kitchen = story.scene("INT. KITCHEN - DAY");
    story.save_doubtfully(AFTER);
    story.render();
    assert_eq!(story.scene("INT. CELLAR - DAY"), kitchen);
    let n_takes = story.n_takes();
    story.there_and_back(|story| {
        story.run(DetachScene {
            project: project(),
            id: kitchen,
        });
    });
    assert_eq!(story.n_takes(), n_takes);
    assert_ne!(story.scene("INT. CELLAR - DAY"), kitchen);
    assert_eq!(story.tray_scene("INT. KITCHEN - DAY"), kitchen);
    // What was drawn for the new words stays with them; what was drawn for the old ones goes.
    check_takes(
        &story,
        &expect![[r#"
        1A Maya cuts bread at the long bench.: [Maya cuts bread at the long bench.]
        1B A rat looks at her from a barrel of salt.: [A rat looks at her from a barrel of salt.]
        tray Maya cuts bread at the long table.: [Maya cuts bread at the long table.]
        tray Jonas waits at the door with a wet coat.: [Jonas waits at the door with a wet coat.]
    "#]],
    );
}

#[test]
fn where_no_doubt_was_noted_takes_go_by_the_words_they_were_made_for() {
    let mut story = Story::new(BEFORE);
    story.render();
    let kitchen = story.scene("INT. KITCHEN - DAY");
    story.save(PATH, Some(AFTER));
    story.render();
    assert_eq!(story.scene("INT. CELLAR - DAY"), kitchen);
    story.there_and_back(|story| {
        story.run(DetachScene {
            project: project(),
            id: kitchen,
        });
    });
    check_takes(
        &story,
        &expect![[r#"
        1A Maya cuts bread at the long bench.: [Maya cuts bread at the long bench.]
        1B A rat looks at her from a barrel of salt.: [A rat looks at her from a barrel of salt.]
        tray Maya cuts bread at the long bench.: [Maya cuts bread at the long table.]
        tray A rat looks at her from a barrel of salt.: [Jonas waits at the door with a wet coat.]
    "#]],
    );
}

#[test]
fn a_scene_taken_for_a_new_one_gets_its_takes_from_the_tray() {
    let other = "EXT. MOON - NIGHT\n\nNobody is here, and nobody has ever been.\n";
    let mut story = Story::new(&format!("{BEFORE}\n{other}"));
    story.render();
    let kitchen = story.scene("INT. KITCHEN - DAY");
    story.save(PATH, Some(other));
    assert_eq!(story.tray_scene("INT. KITCHEN - DAY"), kitchen);
    let new = "EXT. GALLEY - NIGHT\n\nSomebody slices a loaf.\n\nAnother one dreams of coats.\n";
    story.save(PATH, Some(&format!("{new}\n{other}")));
    story.render();
    let galley = story.scene("EXT. GALLEY - NIGHT");
    assert_ne!(galley, kitchen);
    let n_takes = story.n_takes();
    story.there_and_back(|story| {
        story.run(AttachScene {
            project: project(),
            id: kitchen,
            to: galley,
        });
    });
    assert_eq!(story.scene("EXT. GALLEY - NIGHT"), kitchen);
    assert_eq!(story.n_takes(), n_takes);
    check_takes(
        &story,
        &expect![[r#"
        1A Somebody slices a loaf.: [Maya cuts bread at the long table.] [Somebody slices a loaf.]
        1B Another one dreams of coats.: [Jonas waits at the door with a wet coat.] [Another one dreams of coats.]
        2A Nobody is here, and nobody has ever been.: [Nobody is here, and nobody has ever been.]
    "#]],
    );
}

#[test]
fn two_scenes_that_were_mistaken_for_each_other_are_told_apart() {
    let one = "INT. ROOM - DAY\n\nAda reads the letter aloud.\n";
    let two = "INT. ROOM - DAY\n\nBen burns the letter quickly.\n";
    let mut story = Story::new(&format!("{one}\n{two}"));
    story.render();
    let ids: Vec<SceneId> = {
        let scenes = story.film.state.project.screenplay.scenes_in_order();
        scenes.map(|it| it.id).collect()
    };
    // The second stands first now, says a person.
    story.there_and_back(|story| {
        story.run(AttachScene {
            project: project(),
            id: ids[1],
            to: ids[0],
        });
    });
    let scenes = story.film.state.project.screenplay.scenes_in_order();
    let now: Vec<SceneId> = scenes.map(|it| it.id).collect();
    assert_eq!(now[0], ids[1]);
    assert!(!ids.contains(&now[1]));
    check_takes(
        &story,
        &expect![[r#"
        1A Ada reads the letter aloud.: [Ada reads the letter aloud.] [Ben burns the letter quickly.]
        2A Ben burns the letter quickly.: 
    "#]],
    );
}

#[test]
fn a_doubt_is_told_with_what_can_be_done_and_ends_when_it_is_settled() {
    let mut story = Story::new(BEFORE);
    story.render();
    story.save_doubtfully(AFTER);
    let list = || storycore_schema::diagnostic::ListDiagnostics {
        project: project(),
        path: None,
    };
    let told = list().answer(&story.film).unwrap();
    let doubt = told.iter().find(|it| it.code == "doubtfulScene").unwrap();
    assert_eq!(
        doubt.message,
        "this scene was taken for “INT. KITCHEN - DAY”, which is not certain"
    );
    let actions: Vec<_> = doubt.actions.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(actions, ["Same scene", "New scene"]);
    assert_eq!(doubt.line, Some(1));
    let id = story.scene("INT. CELLAR - DAY");
    story.there_and_back(|story| {
        story.run(ConfirmScene {
            project: project(),
            id,
        });
    });
    assert_eq!(list().answer(&story.film).unwrap(), []);
}

#[test]
fn a_shot_of_the_tray_gets_a_place_and_both_their_takes() {
    let mut story = Story::new(BEFORE);
    story.render();
    let lost = story
        .shot_saying("Jonas waits at the door with a wet coat.")
        .unwrap();
    let take: TakeId = story
        .film
        .state
        .generation
        .takes
        .of_shot(lost)
        .next()
        .unwrap()
        .id;
    story.run(SelectTake {
        project: project(),
        id: take,
        on: None,
    });
    story.save(
        PATH,
        Some("INT. KITCHEN - DAY\n\nMaya cuts bread at the long table.\n"),
    );
    story.save(
        PATH,
        Some("INT. KITCHEN - DAY\n\nMaya cuts bread at the long table.\n\nThere he is.\n"),
    );
    story.render();
    let tray = ListTray {
        project: project(),
        query: Some("wet Jonas".to_owned()),
    };
    let tray = tray.answer(&story.film).unwrap();
    assert_eq!(tray.shots.len(), 1);
    assert_eq!(tray.shots[0].id, lost);
    let place = story.shot_saying("There he is.").unwrap();
    story.there_and_back(|story| {
        story.run(AttachShot {
            project: project(),
            id: lost,
            to: place,
        });
    });
    assert_eq!(story.shot_saying("There he is."), Some(lost));
    assert_eq!(story.film.state.project.screenplay.unplaced_shots.len(), 0);
    check_takes(
        &story,
        &expect![[r#"
        1A Maya cuts bread at the long table.: [Maya cuts bread at the long table.]
        1B There he is.: [Jonas waits at the door with a wet coat.] [There he is.]
    "#]],
    );
}
