//! Takes that were looked at: what is told of them, and films that ask for several attempts.

use expect_test::{Expect, expect};
use storycore_schema::{
    Event,
    id::TakeId,
    project::Settings,
    quality::{Grade, Looked, Measures},
    take::{LockTake, TakeEvent, TakeSource},
};
use ulid::Ulid;

use super::*;
use crate::{
    history::{Direction, Step},
    project::NoteSettings,
    take::NoteLooked,
};

const SCENE: &str = "INT. KITCHEN - DAY\n\nMaya waits.\n";

fn looked(sharpness: f64) -> Looked {
    let measures = Measures {
        version: 1,
        width_px: 1_024,
        height_px: 576,
        sharpness: Some(sharpness),
        brightness: 110.0,
        p1: 3,
        p99: 250,
        clipped_black: 0.01,
        clipped_white: 0.02,
        contrast: 44.0,
        dark: 0.1,
        noise: Some(1.0),
        colors: Vec::new(),
        fingerprint: None,
    };
    Looked::Picture { measures }
}

impl Story {
    /// A film that ComfyUI draws, with a style.
    fn drawn_by_comfyui(quality: &str) -> Story {
        let mut story = Story::new(SCENE);
        story.run(NoteSettings {
            settings: Settings {
                renderer: "comfyui".to_owned(),
                ..Settings::default()
            },
            text: None,
        });
        story.style(quality);
        story
    }

    fn style(&mut self, quality: &str) {
        self.run(NoteBibleFile {
            path: "bible/style.toml".to_owned(),
            entry: Some(BibleEntry {
                kind: EntryKind::Style,
                name: "STYLE".to_owned(),
                aliases: Vec::new(),
                description: None,
                details: BTreeMap::new(),
                quality: Some(Box::new(toml::from_str(quality).unwrap())),
            }),
            text: None,
        });
    }

    fn shot(&self) -> ShotId {
        self.film.shots_in_order().last().unwrap().id
    }

    /// Ends the one run that is under way: every shot gets a picture that no other has.
    fn draw(&mut self) -> TakeId {
        let runs = &self.film.state.generation.runs;
        let record = runs.running().last().expect("a run").clone();
        let results = record.left.iter().map(|at| {
            let made = match at.shot.filter(|_| record.task.makes_take(at.step)) {
                Some(shot) => run::Outcome::drawn(self.picture(shot, record.run.id)),
                None => run::Outcome::Made(Box::default()),
            };
            run::StepResult {
                run: record.run.id,
                at: *at,
                outcome: made,
            }
        });
        let results = results.collect();
        self.run(run::FinishSteps { results });
        let takes = &self.film.state.generation.takes;
        takes.of_shot(self.shot()).last().expect("a take").id
    }

    fn picture(&self, shot: ShotId, run: RunId) -> run::Picture {
        let record = self.film.state.project.screenplay.any_shot(shot).unwrap();
        let intent = recipe::prepare(record, &self.film.state.project);
        let id = BlobId(*blake3::hash(&run.0.to_bytes()).as_bytes());
        run::Picture {
            asset: Asset {
                id,
                media_type: "image/png".to_owned(),
                bytes: 9,
                width_px: None,
                height_px: None,
            },
            intent,
            renderer_version: "comfyui 1".to_owned(),
            seed: crate::workflow::seed_of(shot, Some(run)),
        }
    }

    fn look(&mut self, take: TakeId, sharpness: f64) {
        let looked = vec![(take, looked(sharpness))];
        self.run(NoteLooked { looked });
    }

    fn is_drawing(&self) -> bool {
        self.film.state.generation.runs.running().next().is_some()
    }

    /// The takes of the shot, oldest first.
    fn told_attempts(&self) -> String {
        let takes = &self.film.state.generation.takes;
        let line = |take: &Arc<storycore_schema::take::Take>| {
            let it = crate::take::details(&self.film, take);
            let grade = it.checks.map(|it| it.grade);
            let shown = if it.shown { " shown" } else { "" };
            let again = it.repeated.map_or_else(String::new, |it| {
                format!(" → {} of {}: {}", it.attempt, it.attempts, it.reason)
            });
            format!("{grade:?}{shown}{again}\n")
        };
        takes.of_shot(self.shot()).map(line).collect()
    }

    fn check_attempts(&self, expected: &Expect) {
        expected.assert_eq(&self.told_attempts());
    }

    fn grade(&self) -> Option<Grade> {
        self.film.derived.shot(self.shot()).grade
    }
}

#[test]
fn the_grade_of_the_shown_take_follows_the_style_at_once() {
    let mut story = Story::drawn_by_comfyui("");
    story.request(false);
    let take = story.draw();
    assert_eq!(story.grade(), None);
    story.look(take, 49.996);
    assert_eq!(story.grade(), Some(Grade::Fail));
    let seq = story.film.seq;
    story.style("sharpnessSoft = 30");
    assert_eq!(story.grade(), Some(Grade::Pass));
    // One event, of the style; whatever was judged by the old one is in no event.
    assert_eq!(story.film.seq.0, seq.0 + 1);
    assert_eq!(story.not_fresh(), Vec::<ShotId>::new());
    assert!(!story.is_drawing());
}

#[test]
fn what_was_seen_twice_is_said_once() {
    let mut story = Story::drawn_by_comfyui("");
    story.request(false);
    let take = story.draw();
    story.look(take, 80.0);
    let seq = story.film.seq;
    story.look(take, 80.0);
    assert_eq!(story.film.seq, seq);
    let stranger: TakeId = Ulid(7).into();
    story.look(stranger, 80.0);
    assert_eq!(story.film.seq, seq);
}

#[test]
fn a_shot_is_drawn_again_until_a_picture_passes() {
    let mut story = Story::drawn_by_comfyui("attempts = 3");
    story.request(false);
    let first = story.draw();
    story.look(first, 20.0);
    assert!(story.is_drawing());
    let second = story.draw();
    story.look(second, 300.0);
    assert!(!story.is_drawing());
    story.check_attempts(&expect![[r#"
        Some(Fail) → 2 of 3: soft: 20.0, and 50 is the least
        Some(Pass) shown
    "#]]);
    let seeds: Vec<u64> = [first, second].map(|it| story.seed(it)).into();
    assert_ne!(seeds[0], seeds[1]);
}

impl Story {
    fn seed(&self, take: TakeId) -> u64 {
        match &self.film.state.generation.takes.by_id[&take].source {
            TakeSource::Rendered { seed, .. } => *seed,
            TakeSource::Imported { .. } => panic!("it was drawn"),
        }
    }
}

#[test]
fn after_the_last_attempt_the_best_one_is_shown() {
    let mut story = Story::drawn_by_comfyui("attempts = 3");
    story.request(false);
    for sharpness in [20.0, 49.996, 10.0] {
        assert!(story.is_drawing());
        let take = story.draw();
        story.look(take, sharpness);
    }
    assert!(!story.is_drawing());
    story.check_attempts(&expect![[r#"
        Some(Fail) → 2 of 3: soft: 20.0, and 50 is the least
        Some(Fail) shown → 3 of 3: soft: 49.996, and 50 is the least
        Some(Fail)
    "#]]);
    // Whoever draws once more wants to see that.
    story.request(true);
    story.draw();
    story.check_attempts(&expect![[r#"
        Some(Fail) → 2 of 3: soft: 20.0, and 50 is the least
        Some(Fail) → 3 of 3: soft: 49.996, and 50 is the least
        Some(Fail)
        None shown
    "#]]);
}

#[test]
fn nothing_is_drawn_again_that_nobody_would_see() {
    let mut story = Story::drawn_by_comfyui("attempts = 3");
    story.request(false);
    let take = story.draw();
    story.run(LockTake {
        project: Ulid::nil().into(),
        id: take,
        on: None,
    });
    story.look(take, 20.0);
    assert!(!story.is_drawing());
    // And nothing at all where the style does not ask for it.
    let mut story = Story::drawn_by_comfyui("");
    story.request(false);
    let take = story.draw();
    story.look(take, 20.0);
    assert!(!story.is_drawing());
    // A second look is no reason, either.
    story.style("attempts = 3");
    story.look(take, 21.0);
    assert!(!story.is_drawing());
}

#[test]
fn what_was_seen_is_not_undone() {
    let mut story = Story::drawn_by_comfyui("attempts = 2");
    story.request(false);
    let take = story.draw();
    story.run(storycore_schema::take::StarTake {
        project: Ulid::nil().into(),
        id: take,
        on: None,
    });
    story.look(take, 20.0);
    let direction = Direction::Undo;
    story.run(Step { direction });
    assert_eq!(story.grade(), Some(Grade::Fail));
    assert!(story.is_drawing());
    let event = Event::Take(TakeEvent::Checked {
        id: take,
        looked: Box::new(looked(20.0)),
    });
    assert_eq!(crate::history::inverse(&story.film.state, &[event]), []);
}
