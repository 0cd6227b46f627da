//! What people decide about takes, and what automatic work does with it.

use expect_test::{Expect, expect};
use storycore_schema::{
    id::TakeId,
    recipe::Intent,
    take::{
        CommentTake, ListTakes, LockTake, MoveTake, PictureDifference, RejectTake, SelectTake,
        StarTake, TakeDetails, UncommentTake,
    },
};
use ulid::Ulid;

use super::*;
use crate::{
    Query,
    history::{Direction, Step},
    take::{BringIn, compared},
};

const WAITS: &str = "INT. KITCHEN - DAY\n\nMaya waits.\n";
const RUNS: &str = "INT. KITCHEN - DAY\n\nMaya runs.\n";

impl Story {
    /// The shot of the one paragraph.
    pub(super) fn last_shot(&self) -> ShotId {
        self.film.shots_in_order().last().unwrap().id
    }

    fn takes_of(&self, shot: ShotId) -> Vec<TakeDetails> {
        let list = ListTakes {
            project: Ulid::nil().into(),
            shot: Some(shot),
            starred: None,
            rejected: None,
        };
        list.answer(&self.film).unwrap()
    }

    fn newest(&self) -> TakeId {
        self.takes_of(self.last_shot()).last().unwrap().id
    }

    pub(super) fn step_back(&mut self) -> String {
        let direction = Direction::Undo;
        self.run(Step { direction })
    }

    pub(super) fn step_forth(&mut self) -> String {
        let direction = Direction::Redo;
        self.run(Step { direction })
    }

    pub(super) fn bring_in(&mut self, name: &str, lock: bool) -> TakeId {
        let asset = Asset {
            id: BlobId(*blake3::hash(name.as_bytes()).as_bytes()),
            media_type: "image/jpeg".to_owned(),
            bytes: 9,
            width_px: Some(4),
            height_px: Some(3),
        };
        let command = BringIn {
            shot: self.last_shot(),
            asset,
            original: None,
            name: name.to_owned(),
            lock,
        };
        self.run(command).take.id
    }

    /// What a film that draws itself would ask for, again and again until it asks no more.
    fn draw_itself(&mut self) -> usize {
        for n_runs in 0..10 {
            let shots = self.film.shots_in_order().map(|it| it.id).collect();
            let requested = self.run(run::RequestRender {
                shots: Some(shots),
                force: false,
                cause: RunCause::Automatic,
            });
            if requested.run.is_none() {
                return n_runs;
            }
            self.finish(requested.run);
        }
        panic!("it draws for ever");
    }

    /// The takes of the shot, oldest first: what they were made for, and what was decided.
    fn told_takes(&self) -> String {
        let line = |it: TakeDetails| {
            let file = match &it.source {
                storycore_schema::take::TakeSource::Imported { name, .. } => name.clone(),
                storycore_schema::take::TakeSource::Rendered { .. } => "drawn".to_owned(),
            };
            let flags = [
                (it.shown, "shown"),
                (it.selected, "selected"),
                (it.locked, "locked"),
                (it.starred, "starred"),
                (it.rejected, "rejected"),
            ];
            let flags = flags
                .iter()
                .filter(|it| it.0)
                .map(|it| format!(" {}", it.1));
            let intent = it.intent.read().unwrap();
            let (words, flags) = (&intent.lines[0].text, flags.collect::<String>());
            let comments = it.comments.iter().map(|it| format!(" “{}”", it.text));
            let comments = comments.collect::<String>();
            format!("{file} for {words} {:?}{flags}{comments}\n", it.status)
        };
        self.takes_of(self.last_shot())
            .into_iter()
            .map(line)
            .collect()
    }
}

fn nil() -> storycore_schema::id::ProjectId {
    Ulid::nil().into()
}

fn select(id: TakeId, on: bool) -> SelectTake {
    SelectTake {
        project: nil(),
        id,
        on: Some(on),
    }
}

fn lock(id: TakeId, on: bool) -> LockTake {
    LockTake {
        project: nil(),
        id,
        on: Some(on),
    }
}

fn reject(id: TakeId, on: bool) -> RejectTake {
    RejectTake {
        project: nil(),
        id,
        on: Some(on),
    }
}

#[track_caller]
fn told(story: &Story, then: &Expect) {
    then.assert_eq(&story.told_takes());
}

#[test]
fn a_selected_take_is_shown_until_another_fits_and_it_does_not() {
    let mut story = Story::new(WAITS);
    story.render();
    let first = story.newest();
    story.run(select(first, true));
    story.save(PATH, Some(RUNS));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Stale shown selected
    "#]],
    );
    story.render();
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Stale selected
        drawn for Maya runs. Fresh shown
    "#]],
    );
    story.save(PATH, Some(WAITS));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh shown selected
        drawn for Maya runs. Stale
    "#]],
    );
}

#[test]
fn a_locked_take_is_shown_whatever_happens() {
    let mut story = Story::new(WAITS);
    story.render();
    let first = story.newest();
    story.run(lock(first, true));
    story.save(PATH, Some(RUNS));
    assert_eq!(
        story.draw_itself(),
        0,
        "the whole film but one shot is fresh"
    );
    let requested = story.run(run::RequestRender {
        shots: None,
        force: false,
        cause: RunCause::Request,
    });
    assert_eq!((requested.run, requested.locked), (None, 1));
    let named = story.run(run::RequestRender {
        shots: Some(vec![story.last_shot()]),
        force: false,
        cause: RunCause::Request,
    });
    story.finish(named.run);
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Stale shown selected locked
        drawn for Maya runs. Fresh
    "#]],
    );
    story.run(lock(first, false));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Stale selected
        drawn for Maya runs. Fresh shown
    "#]],
    );
}

#[test]
fn a_film_that_draws_itself_comes_to_an_end() {
    let mut story = Story::new(WAITS);
    assert_eq!(story.draw_itself(), 1);
    story.save(PATH, Some(RUNS));
    assert_eq!(story.draw_itself(), 1);
    // The only fresh one is rejected: the older one is shown, stale, and nothing is drawn.
    story.run(reject(story.newest(), true));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Stale shown
        drawn for Maya runs. Fresh rejected
    "#]],
    );
    assert_eq!(story.draw_itself(), 0);
    // So is the other one.
    let first = story.takes_of(story.last_shot())[0].id;
    story.run(reject(first, true));
    assert_eq!(story.draw_itself(), 0);
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Stale rejected
        drawn for Maya runs. Fresh shown rejected
    "#]],
    );
    // Whoever brings in a drawing has what fits.
    story.bring_in("storm.jpg", false);
    assert_eq!(story.draw_itself(), 0);
    story.step_back();
    assert_eq!(story.draw_itself(), 0);
    // A fresh take goes to another shot: one is drawn in its place, once.
    let text = format!("EXT. ROAD - DAY\n\nA truck.\n\n{RUNS}");
    story.save(PATH, Some(&text));
    assert_eq!(story.draw_itself(), 1);
    let other = story.film.shots_in_order().next().unwrap().id;
    let id = story.newest();
    story.run(MoveTake {
        project: nil(),
        id,
        shot: other,
    });
    assert_eq!(story.draw_itself(), 1);
    assert_eq!(story.draw_itself(), 0);
}

#[test]
fn what_is_brought_in_is_undone_and_done_again_as_one() {
    let mut story = Story::new(WAITS);
    story.render();
    let drawing = story.bring_in("storm.jpg", true);
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh
        storm.jpg for Maya waits. Fresh shown selected locked
    "#]],
    );
    assert_eq!(story.step_back(), "import a take for 1A");
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh shown
    "#]],
    );
    let gone = story.film.state.generation.takes.get(drawing).unwrap_err();
    assert!(gone.hint.unwrap().contains("history/redo"));
    assert_eq!(story.step_forth(), "import a take for 1A");
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh
        storm.jpg for Maya waits. Fresh shown selected locked
    "#]],
    );
    story.save(PATH, Some(RUNS));
    assert_eq!(
        story.draw_itself(),
        0,
        "a person's own work is not replaced"
    );
    // A newer drawing takes the older one's place, which stays locked to nothing.
    story.bring_in("calm.jpg", false);
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Stale
        storm.jpg for Maya waits. Stale
        calm.jpg for Maya runs. Fresh shown selected
    "#]],
    );
}

#[test]
fn a_drawing_for_a_shot_in_the_tray_waits_there() {
    let road = "EXT. ROAD - DAY\n\nA truck.\n";
    let mut story = Story::new(&format!("{road}\n{WAITS}"));
    story.render();
    let shot = story.last_shot();
    story.save(PATH, Some(road));
    let asset = Asset {
        id: BlobId([7; 32]),
        media_type: "image/png".to_owned(),
        bytes: 1,
        width_px: None,
        height_px: None,
    };
    let brought_in = story.run(BringIn {
        shot,
        asset,
        original: None,
        name: "late.png".to_owned(),
        lock: true,
    });
    assert!(brought_in.take.shown && brought_in.take.locked);
    let tray = &story.film.state.project.screenplay.unplaced_shots;
    assert!(tray.contains_key(&shot));
    story.save(PATH, Some(&format!("{road}\n{WAITS}")));
    assert_eq!(story.last_shot(), shot);
    told(
        &story,
        &expect![[r#"
            drawn for Maya waits. Fresh
            late.png for Maya waits. Fresh shown selected locked
        "#]],
    );
}

#[test]
fn marks_and_comments_are_kept_and_taken_back() {
    let mut story = Story::new(WAITS);
    story.render();
    let (project, id) = (nil(), story.newest());
    let star = |on| StarTake {
        project,
        id,
        on: Some(on),
    };
    story.run(star(true));
    let said = story.run(CommentTake {
        project,
        id,
        text: " too dark ".to_owned(),
    });
    story.run(reject(id, true));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh shown starred rejected “too dark”
    "#]],
    );
    story.run(select(id, true));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh shown selected starred “too dark”
    "#]],
    );
    story.run(UncommentTake {
        project,
        id,
        comment: said.id,
    });
    story.run(star(false));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh shown selected
    "#]],
    );
    let mut labels = Vec::new();
    while !story.film.state.project.history.by_actor[""]
        .done
        .is_empty()
    {
        labels.push(story.step_back());
    }
    expect![[r#"
        unstar a take of 1A
        take back a comment on a take of 1A
        select a take of 1A
        reject a take of 1A
        comment on a take of 1A
        star a take of 1A"#]]
    .assert_eq(&labels.join("\n"));
    told(
        &story,
        &expect![[r#"
        drawn for Maya waits. Fresh shown
    "#]],
    );
}

#[test]
fn what_is_locked_is_neither_rejected_nor_left_for_another() {
    let mut story = Story::new(WAITS);
    story.render();
    let first = story.newest();
    story.run(lock(first, true));
    let forced = story.run(run::RequestRender {
        shots: Some(vec![story.last_shot()]),
        force: true,
        cause: RunCause::Request,
    });
    story.finish(forced.run);
    let second = story.newest();
    let film = story.film.clone();
    let mut ids = IdSource::new(9);
    let mut env = Env::new(1, &mut ids);
    let refusals = [
        reject(first, true).decide(&film, &mut env).unwrap_err(),
        select(first, false).decide(&film, &mut env).unwrap_err(),
        select(second, true).decide(&film, &mut env).unwrap_err(),
        lock(second, true).decide(&film, &mut env).unwrap_err(),
    ];
    let refusals: Vec<_> = refusals
        .iter()
        .map(|it| {
            format!(
                "{} | {}",
                it.message,
                it.hint.as_deref().unwrap_or_default()
            )
        })
        .collect();
    expect![[r#"
        this take of 1A is locked | unlock it first: take/lock with `on` false
        this take of 1A is locked | unlock it first: take/lock with `on` false
        1A is locked to another take | unlock that one first: take/lock with `on` false
        1A is locked to another take | unlock that one first: take/lock with `on` false"#]]
    .assert_eq(&refusals.join("\n"));
}

#[test]
fn two_takes_are_compared_in_words() {
    let mut story = Story::new(WAITS);
    story.render();
    let first = story.newest();
    story.save(PATH, Some(RUNS));
    let drawing = story.bring_in("storm.jpg", true);
    let pictures = PictureDifference::Same;
    let compared = compared(&story.film, (first, drawing), pictures).unwrap();
    assert_eq!(compared.asked[0].message, "line 1 rewritten");
    assert_eq!(compared.asked_back[0].message, "line 1 rewritten");
    expect!["made by: the renderer `sketch` → hand, brought in as `storm.jpg`"]
        .assert_eq(&compared.made.join("\n"));
}

/// The intent of what is brought in is that of its moment.
#[test]
fn a_drawing_goes_stale_as_a_picture_does() {
    let mut story = Story::new(WAITS);
    let drawing = story.bring_in("storm.jpg", false);
    let intent: Intent = story
        .film
        .state
        .generation
        .takes
        .get(drawing)
        .unwrap()
        .intent
        .read()
        .unwrap();
    assert_eq!(intent.lines[0].text, "Maya waits.");
    story.save(PATH, Some(RUNS));
    told(
        &story,
        &expect![[r#"
        storm.jpg for Maya waits. Stale shown selected
    "#]],
    );
    // Not locked, so it makes room for what is drawn.
    assert_eq!(story.draw_itself(), 1);
    told(
        &story,
        &expect![[r#"
        storm.jpg for Maya waits. Stale selected
        drawn for Maya runs. Fresh shown
    "#]],
    );
}
