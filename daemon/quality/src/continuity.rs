//! Whether two shots that follow each other fit together, from what is known of their cameras and
//! people: the rules of continuity editing (Arijon, *Grammar of the Film Language*, 1976; Bordwell
//! and Thompson, *Film Art*, chapter 6).

use serde::{Deserialize, Serialize};

use crate::{
    thresholds::Thresholds,
    verdict::{Check, Status, Verdict, shown},
};

#[cfg(test)]
mod tests;

/// What is known of a shot. What is not known is left out; its rules are then not measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ShotFacts {
    /// Whom or what it shows, by name.
    pub subject: Option<String>,
    /// Where the camera stands around the subject, in degrees from any direction that both shots
    /// share.
    pub camera_angle_degrees: Option<f64>,
    /// Two people, from left to right in the frame, by name.
    pub left_to_right: Option<[String; 2]>,
    /// Where the subject stands: from the left and from the top, as shares of the frame.
    pub position: Option<[f64; 2]>,
    /// Which way the subject moves.
    pub moves: Option<Direction>,
    /// Which way the subject looks.
    pub looks: Option<Direction>,
    /// At whom the subject looks, by name.
    pub looks_at: Option<String>,
}

/// A direction as it is seen in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To the left edge.
    Left,
    /// To the right edge.
    Right,
    /// To the camera or away from it, up or down: it goes with either side.
    Neutral,
}

impl Direction {
    fn words(self) -> &'static str {
        match self {
            Direction::Left => "left",
            Direction::Right => "right",
            Direction::Neutral => "neither left nor right",
        }
    }

    fn is_against(self, other: Direction) -> bool {
        self != other && self != Direction::Neutral && other != Direction::Neutral
    }
}

/// Says of two shots that follow each other what fits together and what does not. Each rule has
/// its verdict, in the same order every time.
pub fn continuity(before: &ShotFacts, after: &ShotFacts, thresholds: &Thresholds) -> Vec<Verdict> {
    vec![
        jump_cut(before, after, thresholds),
        line(before, after),
        position_jump(before, after, thresholds),
        screen_direction(before, after),
        eyeline(before, after),
    ]
}

/// Whether both show the same; `None` if that is not known.
fn same_subject<'a>(before: &'a ShotFacts, after: &'a ShotFacts) -> Option<(bool, &'a str)> {
    let (before, after) = (before.subject.as_deref()?, after.subject.as_deref()?);
    Some((same(before, after), after))
}

/// Names of people, however they are written.
fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

const NO_SUBJECT: &str = "the subject of a shot is not known";

fn jump_cut(before: &ShotFacts, after: &ShotFacts, thresholds: &Thresholds) -> Verdict {
    let check = Check::JumpCut;
    let Some((is_same, subject)) = same_subject(before, after) else {
        return Verdict::not_measured(check, NO_SUBJECT);
    };
    if !is_same {
        return Verdict::plain(
            check,
            Status::Pass,
            "the subject changes, so the cut is no jump",
        );
    }
    let angles = (before.camera_angle_degrees, after.camera_angle_degrees);
    let (Some(from), Some(to)) = angles else {
        return Verdict::not_measured(check, "the camera's angle of a shot is not known");
    };
    let turned = (to - from).rem_euclid(360.0);
    let turned = turned.min(360.0 - turned);
    if !turned.is_finite() {
        return Verdict::not_measured(check, "the camera's angle of a shot is no number");
    }
    let min = thresholds.jump_cut_degrees;
    let told = shown(turned, &[0.0, min]);
    let (status, words) = match turned {
        0.0 => (
            Status::Pass,
            format!("the camera stays where it is on {subject}"),
        ),
        it if it < min => (
            Status::Fail,
            format!(
                "a jump cut on {subject}: the camera turns by {told}°, and {min}° is the least"
            ),
        ),
        _ => (
            Status::Pass,
            format!("the camera turns by {told}° around {subject}"),
        ),
    };
    Verdict::new(check, status, turned, "°", min, words)
}

fn line(before: &ShotFacts, after: &ShotFacts) -> Verdict {
    let check = Check::Line;
    let (Some([left, right]), Some([left_after, right_after])) =
        (&before.left_to_right, &after.left_to_right)
    else {
        return Verdict::not_measured(check, "who stands left and right in a shot is not known");
    };
    if same(left, right) {
        return Verdict::not_measured(check, "a shot names one person twice");
    }
    if same(left, left_after) && same(right, right_after) {
        let words = format!("{left} stays left of {right}");
        return Verdict::plain(check, Status::Pass, words);
    }
    if same(left, right_after) && same(right, left_after) {
        let words = format!(
            "the camera crosses the line: {left} was left of {right}, and is on the right now"
        );
        return Verdict::plain(check, Status::Fail, words);
    }
    Verdict::not_measured(check, "the shots show other people")
}

fn position_jump(before: &ShotFacts, after: &ShotFacts, thresholds: &Thresholds) -> Verdict {
    let check = Check::PositionJump;
    let Some((is_same, subject)) = same_subject(before, after) else {
        return Verdict::not_measured(check, NO_SUBJECT);
    };
    if !is_same {
        return Verdict::not_measured(check, "the shots show different subjects");
    }
    let (Some([x, y]), Some([x_after, y_after])) = (before.position, after.position) else {
        return Verdict::not_measured(check, "where the subject stands in a shot is not known");
    };
    let far = (x_after - x).hypot(y_after - y);
    if !far.is_finite() {
        return Verdict::not_measured(check, "where the subject stands in a shot is no number");
    }
    let most = thresholds.position_jump;
    let told = shown(far, &[most]);
    let (status, words) = match far > most {
        true => (
            Status::Warn,
            format!("{subject} jumps by {told} of the frame, and {most} is the most"),
        ),
        false => (
            Status::Pass,
            format!("{subject} moves by {told} of the frame"),
        ),
    };
    Verdict::new(check, status, far, "frame", most, words)
}

fn screen_direction(before: &ShotFacts, after: &ShotFacts) -> Verdict {
    let check = Check::ScreenDirection;
    let Some((is_same, subject)) = same_subject(before, after) else {
        return Verdict::not_measured(check, NO_SUBJECT);
    };
    if !is_same {
        return Verdict::not_measured(check, "the shots show different subjects");
    }
    let (Some(from), Some(to)) = (before.moves, after.moves) else {
        return Verdict::not_measured(check, "which way the subject moves in a shot is not known");
    };
    match from.is_against(to) {
        true => {
            let words = format!(
                "{subject} moves to the {} and then to the {}, as if turning back",
                from.words(),
                to.words()
            );
            Verdict::plain(check, Status::Fail, words)
        }
        false => Verdict::plain(
            check,
            Status::Pass,
            format!("{subject} keeps moving the same way"),
        ),
    }
}

fn eyeline(before: &ShotFacts, after: &ShotFacts) -> Verdict {
    let check = Check::Eyeline;
    let (Some(subject), Some(subject_after)) = (&before.subject, &after.subject) else {
        return Verdict::not_measured(check, NO_SUBJECT);
    };
    let (Some(from), Some(to)) = (before.looks, after.looks) else {
        return Verdict::not_measured(check, "which way the subject looks in a shot is not known");
    };
    let sides = format!(
        "{subject} looks {}, {subject_after} {}",
        from.words(),
        to.words()
    );
    if same(subject, subject_after) {
        return match from.is_against(to) {
            true => {
                let words = format!("{subject} looks {} and then {}", from.words(), to.words());
                Verdict::plain(check, Status::Warn, words)
            }
            false => Verdict::plain(
                check,
                Status::Pass,
                format!("{subject} keeps looking the same way"),
            ),
        };
    }
    let looks_at = |who: &ShotFacts, whom: &str| who.looks_at.as_deref().map(|it| same(it, whom));
    match (looks_at(before, subject_after), looks_at(after, subject)) {
        (Some(true), Some(true)) if from == to && from != Direction::Neutral => {
            let words = format!("they look at each other, and both look {}", from.words());
            Verdict::plain(check, Status::Fail, words)
        }
        (Some(true), Some(true)) => {
            let words = format!("they look at each other: {sides}");
            Verdict::plain(check, Status::Pass, words)
        }
        (None, _) | (_, None) => {
            Verdict::not_measured(check, "at whom a subject looks is not known")
        }
        _ => Verdict::not_measured(check, "they do not look at each other"),
    }
}
