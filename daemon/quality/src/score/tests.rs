//! Scores of what was measured, and of nothing else.

use expect_test::expect;

use super::*;
use crate::verdict::Check;

fn missing(why: &str) -> Measured<f64> {
    Err(NotMeasured::because(why))
}

#[test]
fn what_was_not_measured_is_left_out_and_named() {
    let mut parts = ScoreParts {
        sharpness: Ok(80.0),
        motion: missing("a still picture does not move"),
        audio: missing("it has no sound"),
        continuity: Ok(50.0),
    };
    let thresholds = Thresholds::default();
    let some = score(&parts, &thresholds);
    assert_eq!(some.value, Some((0.3 * 80.0 + 0.2 * 50.0) / 0.5));
    assert_eq!(some.status, Status::Fail);
    expect!["68.0 of 100, and 70 passes; without motion, audio: not measured"]
        .assert_eq(&some.words);
    assert_eq!(some.without[1].1, "it has no sound");
    assert!((some.of.iter().map(|it| it.1).sum::<f64>() - 1.0).abs() < 1e-12);
    // 69.96 is not 70.0.
    parts.continuity = Ok((69.96 - 0.6 * 80.0) / 0.4);
    let near = score(&parts, &thresholds);
    assert_eq!((near.status, &near.words[..5]), (Status::Fail, "69.96"));
    parts = ScoreParts {
        sharpness: missing("too small"),
        motion: Ok(f64::NAN),
        audio: missing("it has no sound"),
        continuity: missing("nothing is known"),
    };
    let none = score(&parts, &thresholds);
    assert_eq!((none.value, none.status), (None, Status::NotMeasured));
    expect!["not measured: nothing is known of sharpness, motion, audio, continuity"]
        .assert_eq(&none.words);
}

#[test]
fn sharpness_scores_along_its_corners() {
    let thresholds = Thresholds::default();
    let of = |variance: f64| sharpness_score(&Ok(variance), &thresholds).unwrap();
    let scores = [
        0.0, 25.0, 50.0, 75.0, 100.0, 200.0, 500.0, 1_250.0, 2_000.0, 1e9,
    ]
    .map(of);
    assert_eq!(
        scores,
        [0.0, 25.0, 50.0, 60.0, 70.0, 85.0, 100.0, 85.0, 70.0, 70.0]
    );
    assert!(sharpness_score(&missing("too small"), &thresholds).is_err());
}

#[test]
fn continuity_scores_the_rules_that_were_measured() {
    let of = |status| Verdict::plain(Check::Line, status, "");
    let all = [
        Status::Pass,
        Status::Warn,
        Status::NotMeasured,
        Status::Fail,
    ]
    .map(of);
    assert_eq!(continuity_score(&all), Ok(50.0));
    assert!(continuity_score(&[of(Status::NotMeasured)]).is_err());
}
