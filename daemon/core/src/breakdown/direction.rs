//! What a script says about the camera in its own words: `CLOSE ON`, `PUSH IN`, `GROS PLAN`.

use storycore_schema::craft::{Angle, Framing, Movement};

use super::words::{Word, has_any, has_phrase, match_phrase};

/// What a direction asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Direction {
    pub(super) framing: Option<Framing>,
    pub(super) angle: Option<Angle>,
    pub(super) movement: Option<Movement>,
}

/// Directions that name a framing. Folded; the longest that fits wins.
const FRAMINGS: &[(Framing, &[&str])] = &[
    (
        Framing::ExtremeCloseUp,
        &[
            "EXTREME CLOSE UP",
            "EXTREME CLOSEUP",
            "EXTREME CLOSE ON",
            "ECU",
        ],
    ),
    (Framing::ExtremeCloseUp, &["MACRO", "TRES GROS PLAN"]),
    (
        Framing::CloseUp,
        &[
            "CLOSE ON",
            "CLOSER ON",
            "CLOSE UP",
            "CLOSEUP",
            "CLOSE SHOT",
            "CU",
        ],
    ),
    (
        Framing::CloseUp,
        &[
            "TIGHT ON",
            "IN CLOSE",
            "GROS PLAN",
            "SERRE SUR",
            "PRIMER PLANO",
        ],
    ),
    (
        Framing::CloseUp,
        &["NAHAUFNAHME", "GROSSAUFNAHME", "PRIMO PIANO"],
    ),
    (
        Framing::MediumCloseUp,
        &["MEDIUM CLOSE UP", "MCU", "PLAN RAPPROCHE", "PLAN POITRINE"],
    ),
    (
        Framing::Medium,
        &[
            "ANGLE ON",
            "NEW ANGLE",
            "ANOTHER ANGLE",
            "MEDIUM SHOT",
            "MEDIUM ON",
        ],
    ),
    (
        Framing::Medium,
        &["PLAN TAILLE", "ANGLE SUR", "FAVOR ON", "FAVORING"],
    ),
    (
        Framing::MediumWide,
        &["MEDIUM WIDE", "COWBOY SHOT", "PLAN AMERICAIN"],
    ),
    (
        Framing::Wide,
        &[
            "WIDE ON",
            "WIDE SHOT",
            "WIDE ANGLE",
            "WIDER",
            "WIDE",
            "FULL SHOT",
        ],
    ),
    (
        Framing::Wide,
        &[
            "LONG SHOT",
            "MASTER SHOT",
            "PLAN LARGE",
            "PLAN MOYEN",
            "TOTALE",
        ],
    ),
    (
        Framing::ExtremeWide,
        &[
            "EXTREME WIDE",
            "EXTREME LONG SHOT",
            "ESTABLISHING",
            "AERIAL",
        ],
    ),
    (
        Framing::ExtremeWide,
        &[
            "DRONE SHOT",
            "PLAN GENERAL",
            "PLAN D ENSEMBLE",
            "VUE AERIENNE",
        ],
    ),
    (
        Framing::OverTheShoulder,
        &["OVER THE SHOULDER", "OTS", "REVERSE ANGLE", "REVERSE ON"],
    ),
    (
        Framing::OverTheShoulder,
        &["AMORCE", "CONTRECHAMP", "CONTRE CHAMP"],
    ),
    (Framing::TwoShot, &["TWO SHOT", "2 SHOT", "PLAN A DEUX"]),
    (Framing::Insert, &["INSERT", "DETAIL", "PLAN DE COUPE"]),
    (
        Framing::PointOfView,
        &[
            "POV",
            "POINT OF VIEW",
            "VUE SUBJECTIVE",
            "CAMERA SUBJECTIVE",
        ],
    ),
];

const ANGLES: &[(Angle, &[&str])] = &[
    (Angle::Low, &["LOW ANGLE", "CONTRE PLONGEE"]),
    (
        Angle::High,
        &[
            "HIGH ANGLE",
            "AERIAL",
            "DRONE SHOT",
            "PLONGEE",
            "VUE AERIENNE",
        ],
    ),
    (
        Angle::Overhead,
        &[
            "OVERHEAD",
            "BIRD S EYE",
            "BIRDS EYE",
            "TOP SHOT",
            "GOD S EYE",
        ],
    ),
    (Angle::Overhead, &["PLONGEE TOTALE", "VUE DU DESSUS"]),
    (
        Angle::Dutch,
        &["DUTCH ANGLE", "DUTCH", "CANTED ANGLE", "CADRAGE OBLIQUE"],
    ),
];

const MOVEMENTS: &[(Movement, &[&str])] = &[
    (
        Movement::DollyIn,
        &[
            "PUSH IN",
            "PUSHING IN",
            "PUSHES IN",
            "PUSH CLOSE",
            "DOLLY IN",
        ],
    ),
    (
        Movement::DollyIn,
        &["MOVE IN", "MOVING IN", "CREEP IN", "TRAVELLING AVANT"],
    ),
    (
        Movement::DollyOut,
        &[
            "PULL BACK",
            "PULLING BACK",
            "PULL OUT",
            "PULLS BACK",
            "DOLLY OUT",
        ],
    ),
    (Movement::DollyOut, &["DOLLY BACK", "TRAVELLING ARRIERE"]),
    (
        Movement::Tracking,
        &[
            "TRACKING",
            "TRACK WITH",
            "TRACKS",
            "TRACK",
            "FOLLOW",
            "FOLLOWING",
        ],
    ),
    (Movement::Tracking, &["STEADICAM", "TRAVELLING"]),
    (
        Movement::CraneUp,
        &["CRANE UP", "CRANING UP", "BOOM UP", "RISE UP"],
    ),
    (
        Movement::CraneDown,
        &["CRANE DOWN", "CRANING DOWN", "BOOM DOWN"],
    ),
    (Movement::PanLeft, &["PAN LEFT", "PANORAMIQUE GAUCHE"]),
    (
        Movement::PanRight,
        &[
            "PAN RIGHT",
            "PAN TO",
            "PAN ACROSS",
            "PAN",
            "PANNING",
            "PANORAMIQUE",
        ],
    ),
    (Movement::TiltUp, &["TILT UP", "TILTING UP"]),
    (Movement::TiltDown, &["TILT DOWN", "TILTING DOWN"]),
    (
        Movement::ZoomIn,
        &[
            "ZOOM IN",
            "ZOOM ON",
            "ZOOMING IN",
            "SMASH ZOOM",
            "ZOOM AVANT",
        ],
    ),
    (
        Movement::ZoomOut,
        &["ZOOM OUT", "ZOOMING OUT", "ZOOM ARRIERE"],
    ),
    (Movement::TruckLeft, &["TRUCK LEFT"]),
    (Movement::TruckRight, &["TRUCK RIGHT"]),
    (
        Movement::Handheld,
        &["HANDHELD", "HAND HELD", "CAMERA A L EPAULE"],
    ),
];

/// Signs of an angle in ordinary prose, in any case.
const ANGLE_HINTS: &[(Angle, &[&str])] = &[
    (
        Angle::Overhead,
        &[
            "FROM OVERHEAD",
            "BIRD S EYE",
            "STRAIGHT DOWN",
            "VU DU DESSUS",
        ],
    ),
    (
        Angle::Low,
        &[
            "LOOKS UP AT",
            "LOOK UP AT",
            "LOOKING UP AT",
            "TOWERS",
            "TOWERING",
            "LOOMS",
        ],
    ),
    (
        Angle::Low,
        &[
            "LOOMING",
            "FROM BELOW",
            "D EN BAS",
            "LEVE LES YEUX VERS",
            "SURPLOMBE",
        ],
    ),
    (
        Angle::High,
        &[
            "FROM ABOVE",
            "LOOKS DOWN",
            "LOOK DOWN",
            "LOOKING DOWN",
            "FAR BELOW",
        ],
    ),
    (
        Angle::High,
        &["D EN HAUT", "BAISSE LES YEUX VERS", "VU D EN HAUT"],
    ),
];

/// Lines that Fountain reads as action although they only join scenes.
const TRANSITIONS: &[&str] = &[
    "FADE IN",
    "FADE OUT",
    "FADE TO BLACK",
    "CUT TO BLACK",
    "SMASH TO BLACK",
    "DISSOLVE",
    "OUVERTURE EN FONDU",
    "FONDU AU NOIR",
    "FONDU ENCHAINE",
    "FONDU",
    "CUT AU NOIR",
    "NOIR",
    "FUNDIDO A NEGRO",
    "ABBLENDE",
    "AUFBLENDE",
    "DISSOLVENZA",
];

/// How far into a line a possessive direction may start: `OVER OLD MAN'S SHOULDER`, `MAYA'S POV`.
const OPENING_WORDS_MAX: usize = 6;

/// The direction that a line starts with, which makes it a shot of its own.
pub(super) fn opening(words: &[Word<'_>]) -> Option<Direction> {
    let n = words
        .iter()
        .take(OPENING_WORDS_MAX)
        .take_while(|it| it.is_upper())
        .count();
    let head = &words[..n];
    let mut direction = at_start(head);
    if is_over_shoulder(head) {
        direction.framing = Some(Framing::OverTheShoulder);
    } else if has_phrase(head, "POV") {
        direction.framing = Some(Framing::PointOfView);
    }
    if direction == Direction::default() {
        return None;
    }
    let rest = anywhere(words);
    Some(Direction {
        framing: direction.framing,
        angle: direction.angle.or(rest.angle),
        movement: direction.movement.or(rest.movement),
    })
}

/// What words in capitals ask for anywhere in a paragraph: `We PUSH IN on the lamp.` A framing
/// counts only at a line's start, where it cannot be a prop's name.
pub(super) fn anywhere(words: &[Word<'_>]) -> Direction {
    let mut found = Direction::default();
    for idx in 0..words.len() {
        let n = words[idx..]
            .iter()
            .take(OPENING_WORDS_MAX)
            .take_while(|it| it.is_upper())
            .count();
        let here = at_start(&words[idx..idx + n]);
        found.angle = found.angle.or(here.angle);
        found.movement = found.movement.or(here.movement);
    }
    found
}

/// The angle that prose hints at: somebody looks up at a tower, we see a street from above.
pub(super) fn angle_hint(words: &[Word<'_>]) -> Option<Angle> {
    ANGLE_HINTS
        .iter()
        .find(|(_, phrases)| has_any(words, phrases))
        .map(|(angle, _)| *angle)
}

/// Whether a paragraph is a transition and shows nothing.
pub(super) fn is_transition(words: &[Word<'_>]) -> bool {
    words.iter().all(Word::is_upper)
        && TRANSITIONS
            .iter()
            .any(|it| match_phrase(words, it) == Some(words.len()))
}

fn at_start(words: &[Word<'_>]) -> Direction {
    Direction {
        framing: longest(FRAMINGS, words),
        angle: longest(ANGLES, words),
        movement: longest(MOVEMENTS, words),
    }
}

/// What the longest phrase of a table means that stands at the start of some words.
fn longest<T: Copy>(table: &[(T, &[&str])], words: &[Word<'_>]) -> Option<T> {
    if words.is_empty() {
        return None;
    }
    let rows = table
        .iter()
        .flat_map(|(meaning, phrases)| phrases.iter().map(|it| (*meaning, *it)));
    let fitting = rows.filter_map(|(meaning, it)| Some((match_phrase(words, it)?, meaning)));
    fitting.max_by_key(|(n, _)| *n).map(|(_, meaning)| meaning)
}

/// `OVER MAYA'S SHOULDER`
fn is_over_shoulder(head: &[Word<'_>]) -> bool {
    let is_over = head.first().is_some_and(|it| it.folded == "OVER");
    is_over
        && head
            .iter()
            .any(|it| matches!(it.folded.as_str(), "SHOULDER" | "SHOULDERS"))
}
