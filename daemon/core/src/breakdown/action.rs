//! How a paragraph of action is framed.

use storycore_schema::craft::{Angle, Framing, Movement};

use super::beat::{Action, Beat, What};
use super::duration::n_words;
use super::framing_of_group;
use super::words::{Word, has_any, words};
use super::{direction, direction::Direction};

/// A paragraph of fewer words may join the one before it.
const SHORT_WORDS: u32 = 8;
/// Two that joined have no more words than that.
const JOINED_WORDS_MAX: u32 = 16;

/// What a face does: alone in a paragraph, somebody is seen close.
const FACE: &[&str] = &[
    "EYES", "FACE", "TEAR", "TEARS", "SMILES", "SMILE", "LIPS", "FROWNS", "STARES", "WHISPERS",
    "BLINKS", "WINCES", "YEUX", "VISAGE", "LARME", "LARMES", "SOURIT", "SOURIRE", "LEVRES",
];

/// Things that the frame goes in on.
const DETAIL: &[&str] = &[
    "HAND",
    "HANDS",
    "FINGER",
    "FINGERS",
    "KEY",
    "KEYS",
    "LETTER",
    "PHONE",
    "SCREEN",
    "PHOTO",
    "PHOTOGRAPH",
    "RING",
    "WATCH",
    "CLOCK",
    "KNIFE",
    "GUN",
    "TRIGGER",
    "NOTE",
    "ENVELOPE",
    "BUTTON",
    "MAIN",
    "MAINS",
    "DOIGT",
    "DOIGTS",
    "CLE",
    "CLEF",
    "LETTRE",
    "TELEPHONE",
    "ECRAN",
    "BAGUE",
    "MONTRE",
    "HORLOGE",
    "COUTEAU",
    "PISTOLET",
    "ENVELOPPE",
    "BOUTON",
];

/// What needs the whole body.
const WHOLE_BODY: &[&str] = &[
    "WALKS", "ENTERS", "EXITS", "CROSSES", "STANDS", "DANCES", "FALLS", "CLIMBS", "JUMPS",
    "DRIVES", "RIDES", "LEAVES", "ARRIVES", "FIGHTS", "MARCHE", "ENTRE", "SORT", "TRAVERSE",
    "DANSE", "TOMBE", "GRIMPE", "SAUTE", "CONDUIT", "ARRIVE",
];

/// What a camera has to keep up with.
const CHASED: &[&str] = &[
    "RUNS", "RUN", "RUNNING", "SPRINTS", "CHASES", "RACES", "GALLOPS", "FLEES", "COURT", "COURENT",
    "FUIT", "POURSUIT", "GALOPE",
];

/// Framing, angle and movement of a paragraph: what it directs, else what it shows.
pub(super) fn frame(action: &Action, text: &str) -> (Framing, Angle, Movement) {
    let found = words(text);
    let direction = action
        .direction
        .unwrap_or_else(|| direction::anywhere(&found));
    let Direction {
        framing,
        angle,
        movement,
    } = direction;
    let angle = angle
        .or_else(|| direction::angle_hint(&found))
        .unwrap_or(Angle::EyeLevel);
    let chase =
        (!action.subjects.is_empty() && has_any(&found, CHASED)).then_some(Movement::Tracking);
    let movement = movement.or(chase).unwrap_or(Movement::Static);
    (
        framing.unwrap_or_else(|| shown(&action.subjects, &found, text)),
        angle,
        movement,
    )
}

/// The framing that shows what a paragraph tells.
fn shown(subjects: &[String], found: &[Word<'_>], text: &str) -> Framing {
    let is_short = n_words(text) <= 2 * SHORT_WORDS;
    match subjects.len() {
        0 if is_short && has_any(found, DETAIL) => Framing::Insert,
        1 if has_any(found, CHASED) => Framing::Wide,
        1 if has_any(found, WHOLE_BODY) => Framing::MediumWide,
        1 if is_short && has_any(found, DETAIL) => Framing::Insert,
        1 if has_any(found, FACE) => Framing::CloseUp,
        1 => Framing::Medium,
        n => framing_of_group(n),
    }
}

/// Whether a paragraph joins the shot of the one before it: both are short, neither is directed,
/// and nobody new comes into frame. The shot so far shows `subjects` and has `n_words`.
pub(super) fn joins(before: &Beat<'_>, beat: &Beat<'_>, subjects: &[String], n_words: u32) -> bool {
    let is_plain = |beat: &Beat<'_>| match &beat.what {
        What::Action(it) => it.direction.is_none() && !it.is_item && beat.notes.is_empty(),
        What::Speech(_) => false,
    };
    let n_more = beat
        .lines
        .iter()
        .map(|it| self::n_words(&it.text))
        .sum::<u32>();
    let are_short = n_more < SHORT_WORDS && n_words + n_more <= JOINED_WORDS_MAX;
    let is_new = |it: &String| !subjects.is_empty() && !subjects.contains(it);
    let nobody_new = matches!(&beat.what, What::Action(it) if !it.subjects.iter().any(is_new));
    is_plain(before) && is_plain(beat) && are_short && nobody_new && !beat.after_break
}
