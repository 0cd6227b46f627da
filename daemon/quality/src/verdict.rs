//! A verdict: what was measured, what it was held against, and what that means, in words.

use serde::Serialize;

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What was looked at.
    pub check: Check,
    /// How it came out.
    pub status: Status,
    /// The figure as it was measured, not rounded.
    pub measured: Option<f64>,
    /// Of the figure and the threshold: `px`, `°`; empty for a bare number.
    pub unit: &'static str,
    /// What decided: the threshold that was crossed, or else the nearest one that was not.
    pub threshold: Option<f64>,
    /// For people.
    pub words: String,
}

/// What can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// Of one picture: edges.
    Sharpness,
    /// Of one picture: whether there is anything to see.
    BlackFrame,
    /// Of one picture: how bright it is.
    Brightness,
    /// Of one picture: what is lost in black.
    Shadows,
    /// Of one picture: what is lost in white.
    Highlights,
    /// Of one picture: how far bright and dark are apart.
    Contrast,
    /// Of one picture: what is finer than five pixels.
    Noise,
    /// Of one picture: its colors, beside those of the style.
    Palette,
    /// Of one picture: its size, beside what was asked for.
    Size,
    /// Of one picture: its aspect, beside what was asked for.
    Aspect,
    /// Of two pictures: whether they are nearly the same.
    Duplicate,
    /// Of two shots: how far their brightness is apart.
    BrightnessJump,
    /// Of two shots: the angle of the camera.
    JumpCut,
    /// Of two shots: on which side of the line the camera stands.
    Line,
    /// Of two shots: where the subject stands in the frame.
    PositionJump,
    /// Of two shots: which way the subject moves.
    ScreenDirection,
    /// Of two shots: which way people look.
    Eyeline,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Good.
    Pass,
    /// A person should look.
    Warn,
    /// Not good.
    Fail,
    /// Nobody knows; the words say why.
    NotMeasured,
}

/// How bad it is, all in all: one that fails makes it fail, one that warns makes it warn; what was
/// not measured says nothing, unless it is all there is.
pub fn worst(verdicts: &[Verdict]) -> Status {
    let has = |status| verdicts.iter().any(|it| it.status == status);
    let from_worst = [Status::Fail, Status::Warn, Status::Pass];
    let found = from_worst.into_iter().find(|it| has(*it));
    found.unwrap_or(Status::NotMeasured)
}

impl Verdict {
    /// A figure, held against a threshold.
    pub(crate) fn new(
        check: Check,
        status: Status,
        measured: f64,
        unit: &'static str,
        threshold: f64,
        words: impl Into<String>,
    ) -> Verdict {
        Verdict {
            check,
            status,
            measured: Some(measured),
            unit,
            threshold: Some(threshold),
            words: words.into(),
        }
    }

    /// Something that is so or not.
    pub(crate) fn plain(check: Check, status: Status, words: impl Into<String>) -> Verdict {
        Verdict {
            check,
            status,
            measured: None,
            unit: "",
            threshold: None,
            words: words.into(),
        }
    }

    /// Nobody knows, for this reason.
    pub fn not_measured(check: Check, why: &str) -> Verdict {
        Verdict::plain(check, Status::NotMeasured, format!("not measured: {why}"))
    }
}

/// A number for people: as few digits as are clear, and never so few that it seems to stand on the
/// other side of a threshold.
pub(crate) fn shown(value: f64, thresholds: &[f64]) -> String {
    let sides = |value: f64| thresholds.iter().map(move |it| value.partial_cmp(it));
    let digits = match value.abs() {
        0.0 => 0,
        it if it >= 100.0 => 0,
        it if it >= 10.0 => 1,
        it if it >= 1.0 => 2,
        _ => 3,
    };
    for digits in digits..9 {
        let text = format!("{value:.digits$}");
        let read: f64 = text.parse().unwrap_or(value);
        if sides(read).eq(sides(value)) {
            return text;
        }
    }
    format!("{value}")
}

/// A share as percent, likewise.
pub(crate) fn percent(share: f64, thresholds: &[f64]) -> String {
    let thresholds: Vec<f64> = thresholds.iter().map(|it| it * 100.0).collect();
    format!("{}%", shown(share * 100.0, &thresholds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_fails_makes_it_fail() {
        let of = |statuses: &[Status]| {
            let plain = |it: &Status| Verdict::plain(Check::Noise, *it, "");
            worst(&statuses.iter().map(plain).collect::<Vec<_>>())
        };
        use Status::{Fail, NotMeasured, Pass, Warn};
        assert_eq!(of(&[Pass, Fail, Warn, NotMeasured]), Fail);
        assert_eq!(of(&[Pass, NotMeasured, Warn]), Warn);
        assert_eq!(of(&[NotMeasured, Pass]), Pass);
        assert_eq!(of(&[NotMeasured, NotMeasured]), NotMeasured);
        assert_eq!(of(&[]), NotMeasured);
    }

    #[test]
    fn a_number_never_seems_to_be_beyond_its_threshold() {
        assert_eq!(shown(49.97, &[50.0]), "49.97");
        assert_eq!(shown(49.94, &[50.0]), "49.9");
        assert_eq!(shown(49.999_999_999_9, &[50.0]), "49.9999999999");
        assert_eq!(shown(50.0, &[50.0]), "50.0");
        assert_eq!(shown(50.04, &[50.0]), "50.04");
        assert_eq!(shown(1_234.6, &[50.0, 500.0]), "1235");
        assert_eq!(shown(499.6, &[500.0]), "499.6");
        assert_eq!(shown(0.204, &[0.2]), "0.204");
        assert_eq!(percent(0.0499, &[0.05]), "4.99%");
        assert_eq!(percent(0.049_99, &[0.05]), "4.999%");
    }
}
