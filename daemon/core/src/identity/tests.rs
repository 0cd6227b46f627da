//! Which scene is which, told as lists of scenes: `number|heading|words`.

use expect_test::{Expect, expect};

use storycore_schema::{id::BlobId, recipe::IntentLine};

use super::*;

fn portraits(scenes: &[&str]) -> Vec<Portrait> {
    let portrait = |scene: &&str| {
        let mut parts = scene.split('|');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (number, heading, text) = (part(), part(), part());
        let hash = BlobId(*blake3::hash(scene.as_bytes()).as_bytes());
        let lines = [IntentLine {
            speaker: None,
            text,
        }];
        let number = Some(number).filter(|it| !it.is_empty());
        Portrait::new(hash, number, &heading, lines.iter())
    };
    scenes.iter().map(portrait).collect()
}

#[track_caller]
fn check(old: &[&str], new: &[&str], then: &Expect) {
    let found = match_scenes(&portraits(old), &[], &portraits(new), &[]).decisions;
    let line = |found: &Decision| match found.old_idx {
        Some(old_idx) => format!("{old_idx} {:?} {}\n", found.kind, found.similarity_milli),
        None => "new\n".to_owned(),
    };
    then.assert_eq(&found.iter().map(line).collect::<String>());
}

/// Nothing but a few small words and the place between its neighbors speak for it.
#[test]
fn a_scene_that_is_only_in_the_place_of_another_is_told() {
    let before = "|INT. HALL - DAY|Maya reads the letter and the others wait for it";
    let after = "|EXT. DUNES - NIGHT|Gulls and a dog bark at the moon for hours";
    let kitchen =
        "|INT. KITCHEN - LATER|Blue before morning, the roll of paper runs along the floor";
    let office = "|INT. OFFICE - LATER|Le Goff, a tie with anchors on it, stamps the paper";
    let edited = "|INT. KITCHEN - LATER|Blue before morning, the paper runs off the table";
    let found = |new: &str| {
        let (old, new) = ([before, kitchen, after], [before, new, after]);
        let decisions = match_scenes(&portraits(&old), &[], &portraits(&new), &[]).decisions;
        (decisions[1].old_idx, decisions[1].doubtful)
    };
    assert_eq!(found(edited), (Some(1), false));
    assert_eq!(found(office), (Some(1), true));
}

/// More than can be compared each with each.
const MANY: usize = 20_000;

#[test]
fn a_name_replaced_in_very_many_scenes_leaves_them_what_they_are() {
    let scenes = |name: &str| {
        let scene = |idx| format!("|INT. ROOM - DAY|{name} opens door {idx} and waits");
        let scenes: Vec<String> = (0..MANY).map(scene).collect();
        portraits(&scenes.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let (old, mut new) = (scenes("Maya"), scenes("Mia"));
    new.insert(MANY / 2, portraits(&["|INT. X|Nobody"]).remove(0));
    let found = match_scenes(&old, &[], &new, &[]).decisions;
    let found: Vec<_> = found.iter().map(|it| it.old_idx).collect();
    let mut expected: Vec<_> = (0..MANY).map(Some).collect();
    expected.insert(MANY / 2, None);
    assert!(found == expected);
}

#[test]
fn very_many_scenes_that_move_far_keep_heading_and_number() {
    let scene = |idx, name| format!("{idx}|INT. ROOM {idx} - DAY|{name} waits for him {idx}");
    let told =
        |scenes: &[String]| portraits(&scenes.iter().map(String::as_str).collect::<Vec<_>>());
    let old: Vec<String> = (0..MANY).map(|idx| scene(idx, "Maya")).collect();
    let mut new: Vec<String> = (0..MANY).map(|idx| scene(idx, "Mia")).collect();
    new.rotate_left(MANY / 3);
    let found = match_scenes(&told(&old), &[], &told(&new), &[]).decisions;
    let right = |(idx, found): (usize, &Decision)| found.old_idx == Some((idx + MANY / 3) % MANY);
    assert!(found.iter().enumerate().all(right));
}

fn paragraphs(texts: impl Iterator<Item = String>) -> Vec<Vec<IntentLine>> {
    let line = |text| IntentLine {
        speaker: None,
        text,
    };
    texts.map(|text| vec![line(text)]).collect()
}

fn shot_portraits(shots: &[Vec<IntentLine>]) -> Vec<shots::ShotPortrait<'_>> {
    let shots = shots.iter();
    shots
        .map(|it| shots::ShotPortrait::new(it, None, 0))
        .collect()
}

fn which(old: &[Vec<IntentLine>], new: &[Vec<IntentLine>]) -> Vec<Option<usize>> {
    shots::match_shots(shot_portraits(old), shot_portraits(new), &Renames::new())
}

#[test]
fn one_line_edited_among_very_many_is_the_same_line() {
    let old = paragraphs((0..MANY).map(|idx| format!("Paragraph {idx}.")));
    let mut new = old.clone();
    new[MANY / 2][0].text = "Something else.".to_owned();
    assert!(which(&old, &new) == (0..MANY).map(Some).collect::<Vec<_>>());
    new.remove(3);
    let without: Vec<_> = (0..MANY).filter(|it| *it != 3).map(Some).collect();
    assert!(which(&old, &new) == without);
}

#[test]
fn a_name_replaced_in_very_many_lines_leaves_them_what_they_are() {
    let lines = |name: &str| paragraphs((0..MANY).map(|idx| format!("{name} opens door {idx}.")));
    let (old, mut new) = (lines("Maya"), lines("Mia"));
    assert!(which(&old, &new) == (0..MANY).map(Some).collect::<Vec<_>>());
    new.remove(MANY / 2);
    let without: Vec<_> = (0..MANY).filter(|it| *it != MANY / 2).map(Some).collect();
    assert!(which(&old, &new) == without);
}

#[test]
fn very_many_lines_of_which_some_moved_are_told_by_their_words() {
    let old = paragraphs((0..MANY).map(|idx| format!("Paragraph {idx}.")));
    let mut new = old.clone();
    new.rotate_left(MANY / 3);
    let moved = (0..MANY).map(|idx| Some((idx + MANY / 3) % MANY));
    assert!(which(&old, &new) == moved.collect::<Vec<_>>());
}

const KITCHEN: &str = "|INT. KITCHEN - DAY|Maya cuts bread and burns her hand on the pan";
const HARBOR: &str = "|EXT. HARBOR - NIGHT|Boats knock against the wall while rain comes in";

#[test]
fn a_scene_put_in_front_leaves_the_others_what_they_are() {
    let new = [
        "|INT. CAR - DAWN|Nobody speaks for an hour",
        KITCHEN,
        HARBOR,
    ];
    check(
        &[KITCHEN, HARBOR],
        &new,
        &expect![[r#"
        new
        0 Exact 1000
        1 Exact 1000
    "#]],
    );
}

#[test]
fn a_swap_is_no_loss() {
    check(
        &[KITCHEN, HARBOR],
        &[HARBOR, KITCHEN],
        &expect![[r#"
        1 Exact 1000
        0 Exact 1000
    "#]],
    );
}

#[test]
fn renumbering_follows_the_words_and_not_the_numbers() {
    check(
        &[
            "1|INT. A|one two three four",
            "2|INT. B|five six seven eight",
        ],
        &[
            "1|INT. X|nine ten eleven",
            "2|INT. A|one two three four",
            "3|INT. B|five six seven eight",
        ],
        &expect![[r#"
            new
            0 Exact 1000
            1 Exact 1000
        "#]],
    );
}

#[test]
fn a_number_keeps_a_scene_whose_words_are_all_new() {
    check(
        &["7|INT. KITCHEN|Maya cuts bread"],
        &["7|EXT. ROOF|Somebody else entirely smokes"],
        &expect![[r#"
            0 Number 0
        "#]],
    );
}

#[test]
fn a_rewritten_half_under_another_heading_is_still_the_scene() {
    check(
        &[KITCHEN],
        &["|INT. GALLEY - NIGHT|Maya cuts bread and burns the captain with a spoon"],
        &expect![[r#"
            0 Similar 538
        "#]],
    );
}
