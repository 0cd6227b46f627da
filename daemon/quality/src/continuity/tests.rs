//! Cuts that work, cuts that do not, and cuts of which too little is known.

use expect_test::{Expect, expect};

use super::*;

fn facts(json: &str) -> ShotFacts {
    serde_json::from_str(json).unwrap()
}

/// The verdicts of a cut; those that are not measured only if nothing is.
fn check(before: &str, after: &str, expected: &Expect) {
    let verdicts = continuity(&facts(before), &facts(after), &Thresholds::default());
    assert_eq!(verdicts.len(), 5);
    let is_measured = |it: &&Verdict| it.status != Status::NotMeasured;
    let all = verdicts.iter().filter(is_measured).count() == 0;
    let told: String = verdicts
        .iter()
        .filter(|it| all || is_measured(it))
        .map(|it| format!("{:?} {:?}: {}\n", it.status, it.check, it.words))
        .collect();
    expected.assert_eq(&told);
}

#[test]
fn of_nothing_nothing_is_said() {
    check(
        "{}",
        "{}",
        &expect![[r#"
        NotMeasured JumpCut: not measured: the subject of a shot is not known
        NotMeasured Line: not measured: who stands left and right in a shot is not known
        NotMeasured PositionJump: not measured: the subject of a shot is not known
        NotMeasured ScreenDirection: not measured: the subject of a shot is not known
        NotMeasured Eyeline: not measured: the subject of a shot is not known
    "#]],
    );
}

#[test]
fn a_small_turn_on_the_same_subject_is_a_jump_cut() {
    let maya = |angle: &str| format!(r#"{{"subject": "MAYA", "cameraAngleDegrees": {angle}}}"#);
    check(
        &maya("10"),
        &maya("10"),
        &expect![[r#"
        Pass JumpCut: the camera stays where it is on MAYA
    "#]],
    );
    check(
        &maya("0"),
        &maya("0.0001"),
        &expect![[r#"
        Fail JumpCut: a jump cut on MAYA: the camera turns by 0.0001°, and 30° is the least
    "#]],
    );
    check(
        &maya("350"),
        &maya("19.999"),
        &expect![[r#"
        Fail JumpCut: a jump cut on MAYA: the camera turns by 29.999°, and 30° is the least
    "#]],
    );
    check(
        &maya("0"),
        &maya("30"),
        &expect![[r#"
        Pass JumpCut: the camera turns by 30.0° around MAYA
    "#]],
    );
    check(
        &maya("-90"),
        &maya("180"),
        &expect![[r#"
        Pass JumpCut: the camera turns by 90.0° around MAYA
    "#]],
    );
    check(
        &maya("0"),
        r#"{"subject": "Tom", "cameraAngleDegrees": 5}"#,
        &expect![[r#"
            Pass JumpCut: the subject changes, so the cut is no jump
        "#]],
    );
}

#[test]
fn the_line_is_crossed_when_left_and_right_change() {
    let pair = |left: &str, right: &str| format!(r#"{{"leftToRight": ["{left}", "{right}"]}}"#);
    check(
        &pair("MAYA", "TOM"),
        &pair("Maya", "Tom"),
        &expect![[r#"
            Pass Line: MAYA stays left of TOM
        "#]],
    );
    check(
        &pair("MAYA", "TOM"),
        &pair("TOM", "MAYA"),
        &expect![[r#"
            Fail Line: the camera crosses the line: MAYA was left of TOM, and is on the right now
        "#]],
    );
    let verdicts = continuity(
        &facts(&pair("MAYA", "TOM")),
        &facts(&pair("MAYA", "ANN")),
        &Thresholds::default(),
    );
    assert_eq!(
        verdicts[1].words,
        "not measured: the shots show other people"
    );
}

#[test]
fn positions_and_directions_go_on() {
    let at = |x: f64, moves: &str| {
        format!(r#"{{"subject": "MAYA", "position": [{x}, 0.5], "moves": "{moves}"}}"#)
    };
    check(
        &at(0.3, "right"),
        &at(0.5, "right"),
        &expect![[r#"
        Pass PositionJump: MAYA moves by 0.200 of the frame
        Pass ScreenDirection: MAYA keeps moving the same way
    "#]],
    );
    check(
        &at(0.3, "right"),
        &at(0.5004, "neutral"),
        &expect![[r#"
        Warn PositionJump: MAYA jumps by 0.2004 of the frame, and 0.2 is the most
        Pass ScreenDirection: MAYA keeps moving the same way
    "#]],
    );
    check(
        &at(0.1, "right"),
        &at(0.9, "left"),
        &expect![[r#"
        Warn PositionJump: MAYA jumps by 0.800 of the frame, and 0.2 is the most
        Fail ScreenDirection: MAYA moves to the right and then to the left, as if turning back
    "#]],
    );
}

#[test]
fn people_who_look_at_each_other_look_opposite_ways() {
    let maya =
        |looks: &str| format!(r#"{{"subject": "MAYA", "looks": "{looks}", "looksAt": "TOM"}}"#);
    let tom =
        |looks: &str| format!(r#"{{"subject": "TOM", "looks": "{looks}", "looksAt": "Maya"}}"#);
    check(
        &maya("right"),
        &tom("left"),
        &expect![[r#"
        Pass JumpCut: the subject changes, so the cut is no jump
        Pass Eyeline: they look at each other: MAYA looks right, TOM left
    "#]],
    );
    check(
        &maya("right"),
        &tom("right"),
        &expect![[r#"
        Pass JumpCut: the subject changes, so the cut is no jump
        Fail Eyeline: they look at each other, and both look right
    "#]],
    );
    check(
        &maya("right"),
        &maya("left"),
        &expect![[r#"
        Warn Eyeline: MAYA looks right and then left
    "#]],
    );
}

#[test]
fn what_is_no_number_is_not_measured() {
    let maya = ShotFacts {
        subject: Some("MAYA".to_owned()),
        camera_angle_degrees: Some(f64::NAN),
        position: Some([f64::INFINITY, 0.0]),
        ..ShotFacts::default()
    };
    let verdicts = continuity(&maya, &maya, &Thresholds::default());
    assert!(
        verdicts.iter().all(|it| it.status == Status::NotMeasured),
        "{verdicts:?}"
    );
}
