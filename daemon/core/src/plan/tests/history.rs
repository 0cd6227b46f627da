//! Undoing, doing again, going back: by whom, in which order, and what is never lost by it.

use expect_test::expect;
use storycore_schema::{
    Error, ErrorKind,
    checkpoint::{CreateCheckpoint, DeleteCheckpoint},
    id::{ProjectId, TakeId},
    scene::{AttachScene, DetachScene},
    take::{CommentTake, LockTake, MoveTake, RejectTake, SelectTake, StarTake, UncommentTake},
};

use proptest::prelude::*;

use super::*;
use crate::{
    GlobalState,
    history::{Direction, Restore, Step, differences},
};

fn project() -> ProjectId {
    ulid::Ulid::nil().into()
}

const UNDO: Step = Step {
    direction: Direction::Undo,
};
const REDO: Step = Step {
    direction: Direction::Redo,
};

/// A film whose log is kept, and several people who change it.
struct Crew {
    story: Story,
    /// What anybody did by [`Crew::by`].
    log: Vec<Event>,
    begin: Film,
}

impl Crew {
    fn new(text: &str) -> Crew {
        let mut story = Story::new(text);
        story.render();
        let begin = story.film.clone();
        let log = Vec::new();
        Crew { story, log, begin }
    }

    fn by<C: Decide>(&mut self, actor: &str, command: C) -> Result<C::Output, Error> {
        let film = &self.story.film;
        let mut env = Env::new(1_000, &mut self.story.ids).by(actor);
        let (output, events) = command.decide(film, &mut env)?;
        self.story.film.apply(&events);
        assert_eq!(
            self.story.film.derived,
            Derived::of(&self.story.film.state),
            "derived data is incremental"
        );
        self.log.extend(events);
        Ok(output)
    }

    fn take_of(&self, words: &str) -> TakeId {
        let shot = self.story.shot_saying(words).unwrap();
        let takes = &self.story.film.state.generation.takes;
        takes.of_shot(shot).next().unwrap().id
    }

    fn star(&mut self, actor: &str, id: TakeId) {
        let (project, on) = (project(), None);
        self.by(actor, StarTake { project, id, on }).unwrap();
    }

    fn is_starred(&self, id: TakeId) -> bool {
        self.story.film.state.generation.takes.marks_of(id).starred
    }

    fn refused<C: Decide>(&mut self, actor: &str, command: C) -> Error
    where
        C::Output: std::fmt::Debug,
    {
        let before = self.story.film.seq;
        let refusal = self.by(actor, command).unwrap_err();
        assert_eq!(self.story.film.seq, before);
        refusal
    }

    fn then(&self) -> Arc<GlobalState> {
        Arc::new(self.story.film.state.clone())
    }

    fn go_back(&mut self, then: Arc<GlobalState>) {
        let (seq, checkpoint) = (storycore_schema::Seq(1), None);
        let restore = Restore {
            then,
            seq,
            checkpoint,
        };
        self.by("ada", restore).unwrap();
    }

    /// Every take is of a shot that there is.
    #[track_caller]
    fn no_take_is_lost(&self, n_takes: usize) {
        let takes = &self.story.film.state.generation.takes;
        assert_eq!(takes.by_id.len(), n_takes);
        for take in takes.by_id.values() {
            let known = self.story.film.state.project.screenplay.any_shot(take.shot);
            assert!(known.is_ok(), "{take:?} is of no shot");
        }
    }
}

/// What undoing leads back to: everything but what can be undone, and bytes that are kept.
fn undone(film: &Film) -> (serde_json::Value, crate::screenplay::Screenplay) {
    let mut state = state_json(film);
    state["project"]["history"].take();
    state["assets"].take();
    (state, film.state.project.screenplay.clone())
}

const BREAD: &str = "Maya cuts bread at the long table.";
const CUP: &str = "Maya washes a cup.";

#[test]
fn everybody_undoes_what_they_did_themselves() {
    let mut crew = Crew::new(STORY);
    let (bread, cup) = (crew.take_of(BREAD), crew.take_of(CUP));
    crew.star("ada", bread);
    crew.star("ben", cup);
    assert_eq!(crew.by("ada", UNDO).unwrap(), "star a take of 1B");
    assert!(!crew.is_starred(bread) && crew.is_starred(cup));
    let refusal = crew.refused("ada", UNDO);
    assert_eq!(refusal.message, "there is nothing to undo");
    assert_eq!(crew.by("ada", REDO).unwrap(), "star a take of 1B");
    assert!(crew.is_starred(bread));
    assert_eq!(crew.by("ben", UNDO).unwrap(), "star a take of 3B");
    assert!(!crew.is_starred(cup));
}

#[test]
fn what_somebody_else_changed_since_is_a_conflict_and_not_overwritten() {
    let mut crew = Crew::new(STORY);
    let bread = crew.take_of(BREAD);
    crew.star("ada", bread);
    let (project, id) = (project(), bread);
    let on = Some(false);
    crew.by("ben", StarTake { project, id, on }).unwrap();
    let refusal = crew.refused("ada", UNDO);
    assert_eq!(refusal.kind, ErrorKind::Conflict);
    assert_eq!(
        refusal.message,
        "`star a take of 1B` cannot be taken back: the same thing was changed again meanwhile"
    );
    // Once that is undone, the way is free again.
    crew.by("ben", UNDO).unwrap();
    // Another mark of the same take is in nobody's way.
    let on = None;
    crew.by("ben", RejectTake { project, id, on }).unwrap();
    crew.by("ada", UNDO).unwrap();
    assert!(!crew.is_starred(bread));
    let marks = crew.story.film.state.generation.takes.marks_of(bread);
    assert!(marks.rejected);
}

#[test]
fn a_new_deed_ends_what_could_be_done_again() {
    let mut crew = Crew::new(STORY);
    let (bread, cup) = (crew.take_of(BREAD), crew.take_of(CUP));
    crew.star("ada", bread);
    crew.by("ada", UNDO).unwrap();
    crew.star("ada", cup);
    let refusal = crew.refused("ada", REDO);
    assert_eq!(refusal.message, "there is nothing to do again");
    crew.by("ada", UNDO).unwrap();
    assert!(!crew.is_starred(cup));
}

#[test]
fn what_changes_nothing_is_not_noted_and_only_the_last_deeds_can_be_undone() {
    let mut crew = Crew::new(STORY);
    let bread = crew.take_of(BREAD);
    for n in 0..250 {
        let on = Some(n % 2 == 0);
        let (project, id) = (project(), bread);
        crew.by("ada", StarTake { project, id, on }).unwrap();
        crew.by("ada", StarTake { project, id, on }).unwrap();
    }
    let mut n_undone = 0;
    while crew.by("ada", UNDO).is_ok() {
        n_undone += 1;
    }
    assert_eq!(n_undone, 200);
}

#[test]
fn a_take_made_meanwhile_goes_to_the_tray_when_its_shot_is_taken_back() {
    let mut crew = Crew::new(STORY);
    let kitchen = crew.story.shot_saying(BREAD).unwrap();
    let kitchen = crew.story.film.state.project.screenplay.shots[&kitchen].scene;
    let (project, id) = (project(), kitchen);
    crew.by("ada", DetachScene { project, id }).unwrap();
    let tray = |crew: &Crew| {
        crew.story
            .film
            .state
            .project
            .screenplay
            .unplaced_shots
            .clone()
    };
    let detached = tray(&crew);
    let run = crew.story.request(true);
    crew.story.finish(run);
    let n_takes = crew.story.film.state.generation.takes.by_id.len();
    crew.by("ada", UNDO).unwrap();
    crew.no_take_is_lost(n_takes);
    // Nothing is in the tray but what was drawn for the new scene meanwhile.
    let orphans = tray(&crew);
    assert!(!orphans.is_empty() && orphans.keys().all(|it| !detached.contains_key(it)));
    crew.by("ada", REDO).unwrap();
    crew.no_take_is_lost(n_takes);
    assert_eq!(tray(&crew), detached);
}

#[test]
fn a_film_goes_back_with_the_very_scenes_and_choices_and_loses_no_take() {
    let mut crew = Crew::new(STORY);
    let (bread, cup) = (crew.take_of(BREAD), crew.take_of(CUP));
    crew.star("ada", bread);
    let before = undone(&crew.story.film);
    let then = crew.then();
    let rewritten = STORY.replace(BREAD, "A cat sleeps on the table.").replace(
        "EXT. HARBOR - NIGHT",
        "EXT. LIGHTHOUSE - DAWN\n\nA lamp turns.\n\nEXT. HARBOR - DAY",
    );
    let rewritten = rewritten
        .split("INT. KITCHEN - CONTINUOUS")
        .next()
        .unwrap()
        .to_owned();
    crew.story.save(PATH, Some(&rewritten));
    crew.story.render();
    let lamp = crew.take_of("A lamp turns.");
    crew.star("ben", lamp);
    crew.star("ada", cup);
    let n_takes = crew.story.film.state.generation.takes.by_id.len();
    let changed = undone(&crew.story.film);

    crew.go_back(then);
    crew.no_take_is_lost(n_takes);
    let (state, screenplay) = undone(&crew.story.film);
    for part in ["scenes", "scripts"] {
        assert_eq!(state["project"][part], before.0["project"][part], "{part}");
    }
    assert_eq!(screenplay.shots, before.1.shots);
    assert!(crew.is_starred(bread) && crew.is_starred(lamp) && !crew.is_starred(cup));
    let tray = crew
        .story
        .film
        .state
        .project
        .screenplay
        .unplaced_scenes
        .values();
    let tray: Vec<_> = tray.map(|it| it.heading.as_str()).collect();
    assert_eq!(tray, ["EXT. LIGHTHOUSE - DAWN"]);

    assert_eq!(crew.by("ada", UNDO).unwrap(), "go back to event 1");
    assert!(undone(&crew.story.film) == changed, "undone");
    crew.by("ada", REDO).unwrap();
    crew.no_take_is_lost(n_takes);
}

#[test]
fn going_back_cannot_be_undone_over_text_that_was_written_since() {
    let mut crew = Crew::new(STORY);
    let then = crew.then();
    crew.story
        .save(PATH, Some(&STORY.replace(BREAD, "A cat sleeps.")));
    crew.go_back(then);
    let text = STORY.replace(CUP, "Maya breaks a cup.");
    crew.story.save(PATH, Some(&text));
    let refusal = crew.refused("ada", UNDO);
    assert_eq!(refusal.kind, ErrorKind::Conflict);
}

#[test]
fn what_an_older_daemon_did_not_keep_is_not_put_back() {
    let mut crew = Crew::new(STORY);
    let entry = |details: &str| BibleEntry {
        kind: EntryKind::Character,
        name: "MAYA".to_owned(),
        aliases: Vec::new(),
        description: None,
        details: [("coat".to_owned(), details.to_owned())].into(),
        quality: None,
    };
    crew.story.bible(entry("blue"));
    let then = crew.then();
    crew.story.bible(entry("red"));
    let (seq, checkpoint) = (storycore_schema::Seq(1), None);
    let restore = Restore {
        then,
        seq,
        checkpoint,
    };
    let refusal = crew.refused("ada", restore);
    assert_eq!(
        refusal.message,
        "bible/one.toml cannot be put back: an older daemon read it then, and did not keep its text"
    );
}

#[test]
fn differences_are_told_in_the_words_of_the_film() {
    let mut crew = Crew::new(STORY);
    let from = crew.story.film.clone();
    let entry = |coat: &str| BibleEntry {
        kind: EntryKind::Character,
        name: "MAYA".to_owned(),
        aliases: Vec::new(),
        description: None,
        details: [("coat".to_owned(), coat.to_owned())].into(),
        quality: None,
    };
    crew.story.bible(entry("blue"));
    let with_bible = crew.story.film.clone();
    crew.story.bible(entry("red"));
    let bread = crew.take_of(BREAD);
    crew.star("ada", bread);
    let (kitchen, rest) = STORY.split_at(STORY.find("EXT.").unwrap());
    let (harbor, cup) = rest.split_at(rest.find("INT.").unwrap());
    let kitchen = kitchen.replace("You are late again.", "You are early.");
    let harbor = harbor.replace("EXT. HARBOR - NIGHT", "EXT. HARBOR WALL - NIGHT");
    crew.story
        .save(PATH, Some(&format!("{cup}\n{kitchen}{harbor}")));
    let tell = |from: &Film, to: &Film| {
        let messages = differences(from, to).into_iter().map(|it| it.message);
        messages.map(|it| format!("{it}\n")).collect::<String>()
    };
    expect![[r#"
        MAYA is new in the bible
        scene 1 (INT. KITCHEN - CONTINUOUS) moved to the beginning
        scene 1: 2 shots changed
        scene 2: 1 shot changed
        2B has other choices among its takes
        scene 3 was renamed from “EXT. HARBOR - NIGHT” to “EXT. HARBOR WALL - NIGHT”
        scene 3: 3 shots changed
    "#]]
    .assert_eq(&tell(&from, &crew.story.film));
    expect![[r#"
        MAYA’s coat: blue → red
        scene 1 (INT. KITCHEN - CONTINUOUS) moved to the beginning
        scene 1: 2 shots changed
        scene 2: 1 shot changed
        2B has other choices among its takes
        scene 3 was renamed from “EXT. HARBOR - NIGHT” to “EXT. HARBOR WALL - NIGHT”
        scene 3: 3 shots changed
    "#]]
    .assert_eq(&tell(&with_bible, &crew.story.film));
    crew.story.save(PATH, Some(&kitchen));
    expect![[r#"
        MAYA is new in the bible
        scene 1: 1 shot changed
        1B has other choices among its takes
        scene 2 (EXT. HARBOR - NIGHT) was cut (in the tray with 3 takes)
        scene 3 (INT. KITCHEN - CONTINUOUS) was cut (in the tray with 2 takes)
    "#]]
    .assert_eq(&tell(&from, &crew.story.film));
    expect![[r#""#]].assert_eq(&tell(&crew.story.film, &crew.story.film));
}

#[test]
fn a_checkpoint_has_a_name_of_its_own() {
    let mut crew = Crew::new(STORY);
    let make = |name: &str| CreateCheckpoint {
        project: project(),
        name: name.to_owned(),
    };
    let made = crew.by("ada", make(" before ")).unwrap();
    assert_eq!((made.name.as_str(), made.seq), ("before", crew.begin.seq));
    assert_eq!(
        crew.refused("ben", make("before")).kind,
        ErrorKind::AlreadyExists
    );
    assert_eq!(
        crew.refused("ben", make("\t")).kind,
        ErrorKind::InvalidParams
    );
    assert_eq!(
        crew.refused("ben", make("a\nb")).kind,
        ErrorKind::InvalidParams
    );
    assert_eq!(
        crew.refused("ben", make(&"a".repeat(121))).kind,
        ErrorKind::InvalidParams
    );
    let (project, id) = (project(), made.id);
    crew.by("ben", DeleteCheckpoint { project, id }).unwrap();
    assert_eq!(
        crew.refused("ben", DeleteCheckpoint { project, id }).kind,
        ErrorKind::NotFound
    );
    crew.by("ben", make("before")).unwrap();
}

/// One thing that somebody may do: what, to which take or scene, and to which other.
type Deed = (u8, usize, usize);

impl Crew {
    /// Does something that can be undone, if it can be done at all.
    fn attempt(&mut self, (what, at, to): Deed, past: &[Arc<GlobalState>]) {
        let state = self.story.film.state.clone();
        let takes: Vec<TakeId> = state.generation.takes.by_id.keys().copied().collect();
        let id = takes[at % takes.len()];
        let screenplay = &state.project.screenplay;
        let shots: Vec<ShotId> = screenplay.shots.keys().copied().collect();
        let scenes: Vec<SceneId> = screenplay.scenes.keys().copied().collect();
        let tray: Vec<SceneId> = screenplay.unplaced_scenes.keys().copied().collect();
        let (project, on) = (project(), Some(to % 3 != 0));
        let _ = match what % 10 {
            0 => self.by("ada", SelectTake { project, id, on }).err(),
            1 => self.by("ada", LockTake { project, id, on }).err(),
            2 => self.by("ada", StarTake { project, id, on }).err(),
            3 => self.by("ada", RejectTake { project, id, on }).err(),
            4 => {
                let text = format!("remark {to}");
                self.by("ada", CommentTake { project, id, text }).err()
            }
            5 => {
                let comment = state
                    .generation
                    .takes
                    .comments_of(id)
                    .next()
                    .map(|it| it.id);
                comment.and_then(|comment| {
                    let uncomment = UncommentTake {
                        project,
                        id,
                        comment,
                    };
                    self.by("ada", uncomment).err()
                })
            }
            6 => {
                let shot = shots[to % shots.len()];
                self.by("ada", MoveTake { project, id, shot }).err()
            }
            7 => {
                let id = scenes[at % scenes.len()];
                self.by("ada", DetachScene { project, id }).err()
            }
            8 => {
                let all: Vec<SceneId> = tray.iter().chain(&scenes).copied().collect();
                let (id, to) = (all[at % all.len()], scenes[to % scenes.len()]);
                self.by("ada", AttachScene { project, id, to }).err()
            }
            _ => {
                let then = past[at % past.len()].clone();
                let (seq, checkpoint) = (storycore_schema::Seq(1), None);
                let restore = Restore {
                    then,
                    seq,
                    checkpoint,
                };
                self.by("ada", restore).err()
            }
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever was done, undoing all of it leads back, and doing it again leads there; the log
    /// says the same as what was seen.
    #[test]
    fn undoing_leads_back_and_doing_again_leads_there(
        deeds in proptest::collection::vec((0u8..10, 0usize..40, 0usize..40), 1..14),
    ) {
        let mut crew = Crew::new(STORY);
        let mut past = vec![crew.then()];
        crew.story.save(PATH, Some(&STORY.replace("EXT. HARBOR - NIGHT", "EXT. MOON - DAY")));
        crew.story.render();
        let shorter = STORY.split("EXT.").next().unwrap().to_owned();
        crew.story.save(PATH, Some(&shorter));
        past.push(crew.then());
        crew.story.save(PATH, Some(&STORY.replace(CUP, "Jonas breaks a plate.")));
        crew.story.render();
        crew.begin = crew.story.film.clone();
        let n_takes = crew.story.film.state.generation.takes.by_id.len();
        let before = undone(&crew.story.film);
        for deed in deeds {
            crew.attempt(deed, &past);
            crew.no_take_is_lost(n_takes);
        }
        let after = undone(&crew.story.film);
        while crew.by("ada", UNDO).map_err(|it| assert_ne!(it.kind, ErrorKind::Conflict)).is_ok() {
            crew.no_take_is_lost(n_takes);
        }
        prop_assert!(undone(&crew.story.film) == before, "undone");
        while crew.by("ada", REDO).map_err(|it| assert_ne!(it.kind, ErrorKind::Conflict)).is_ok() {}
        prop_assert!(undone(&crew.story.film) == after, "done again");
        let mut replayed = crew.begin.clone();
        for event in &crew.log {
            replayed.take_in(event.clone());
        }
        prop_assert!(replayed.state == crew.story.film.state, "replayed");
    }
}
