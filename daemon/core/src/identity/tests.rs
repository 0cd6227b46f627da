//! Which scene is which, told as lists of scenes: `number|heading|words`.

use expect_test::{Expect, expect};

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
    let found = match_scenes(&mut portraits(old), &mut portraits(new));
    let line = |found: &Option<Found>| match found {
        Some(found) => format!(
            "{} {:?} {}\n",
            found.old_idx, found.kind, found.similarity_milli
        ),
        None => "new\n".to_owned(),
    };
    then.assert_eq(&found.iter().map(line).collect::<String>());
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
