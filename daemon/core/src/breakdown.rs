//! The shot breakdown: rules that turn a scene into shots, the same way every time. Reading order:
//! this file, `beat.rs`, `coverage.rs`, `action.rs`.
//!
//! A scene's shots depend on its block and on the names that occur in it, so an edit in one scene
//! never changes the shots of another.
//!
//! Absent on purpose: ids and matching. A planned shot becomes a shot when it is matched with the
//! shots that the scene had before.

mod action;
mod beat;
mod coverage;
mod direction;
mod duration;
mod names;
mod shot_note;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

use storycore_schema::craft::{Angle, Framing, Movement, Setting, TimeOfDay};
use storycore_schema::recipe::IntentLine;

use crate::fountain::{Block, Heading, Note, Problem};
use beat::{Action, Beat, Speech, What};
use coverage::Coverage;
pub use names::{Found, Names};

/// A shot as the rules plan it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedShot {
    /// How much of the subject the frame holds.
    pub framing: Framing,
    /// Where the camera stands.
    pub angle: Angle,
    /// Focal length in millimetres: what a note asks for, else what suits the framing.
    pub lens_mm: Option<u32>,
    /// How the camera moves.
    pub movement: Movement,
    /// Who is in frame, the most important first, in capitals and without extensions.
    pub subjects: Vec<String>,
    /// The place, as the heading has it.
    pub location: Option<String>,
    /// Inside or outside.
    pub setting: Option<Setting>,
    /// The light.
    pub time_of_day: Option<TimeOfDay>,
    /// The words that the shot covers. An establishing shot may cover none.
    pub lines: Vec<IntentLine>,
    /// The same for people to read.
    pub text: String,
    /// What it covers of its block, in bytes.
    pub span: Range<u32>,
    /// The line of its block that it starts on, from 0.
    pub line: u32,
    /// How long it lasts: by its words and its length on the page, or by a note.
    pub duration_ms: u32,
    /// Whether a `[[shot: ]]` note had a say in it.
    pub directed: bool,
}

/// What a breakdown knows beside the scene.
#[derive(Debug, Clone, Copy)]
pub struct BreakdownContext<'a> {
    /// The characters of the film.
    pub names: &'a Names,
    /// The light of the scene before, for a heading that says `LATER` or `CONTINUOUS`.
    pub previous_time_of_day: Option<TimeOfDay>,
}

/// The shots of a scene, in order. Every action and every speech is in exactly one of them, and a
/// scene has at least one. The prelude has shots only for what it shows.
pub fn break_down(block: &Block, context: &BreakdownContext<'_>) -> Vec<PlannedShot> {
    let (heading_notes, beats) = beat::beats(block, context.names);
    let mut planner = Planner {
        block,
        context,
        shots: Vec::new(),
        coverage: Coverage::default(),
        is_timed: false,
    };
    let mut rest = beats.as_slice();
    if let Some(heading) = &block.heading {
        rest = planner.establish(heading, &heading_notes, rest);
    }
    while let Some((first, after)) = rest.split_first() {
        if planner.holds(first) {
            rest = after;
            continue;
        }
        let n = match &first.what {
            What::Action(action) => planner.action(action, first, after),
            What::Speech(speech) => planner.speech(speech, rest),
        };
        rest = &rest[n..];
    }
    planner.shots
}

/// Whether a block without a heading has no shots: a title page, notes.
pub fn is_silent(block: &Block) -> bool {
    beat::is_silent(block)
}

/// What is wrong with the `[[shot: ]]` notes of a block.
pub fn problems<'a>(block: &'a Block, names: &'a Names) -> impl Iterator<Item = Problem> + 'a {
    let notes = block.notes.iter().filter(|it| beat::is_shot_note(it));
    notes.flat_map(|it| shot_note::read(it, &block.text, names).1)
}

/// Whether a note directs a shot.
pub fn directs(note: &Note) -> bool {
    beat::is_shot_note(note)
}

/// Whether a `[[shot: ]]` note of a block says one of these names, in any case.
pub fn notes_mention(block: &Block, names: &Names) -> bool {
    let mut notes = block.notes.iter().filter(|it| beat::is_shot_note(it));
    notes.any(|it| names.any_in(&it.text))
}

/// Who or what a note can say is in frame, as it would say it; none where that means something
/// else in a note, or nothing.
pub fn subject_in_note(name: &str, names: &Names) -> Option<String> {
    shot_note::subject(name, names)
}

/// The names that a block's cues give, in capitals and without extensions, as often as they speak.
pub fn cue_names(block: &Block) -> impl Iterator<Item = String> + '_ {
    beat::cue_names(block)
}

/// The names that cues of some blocks give, in capitals and without extensions, and how often.
pub fn speeches<'a>(blocks: impl Iterator<Item = &'a Block>) -> BTreeMap<String, usize> {
    beat::speeches(blocks)
}

/// The light of a scene: its own, or for `LATER` and its like that of the scene before.
pub fn time_of_day(heading: &Heading, previous: Option<TimeOfDay>) -> Option<TimeOfDay> {
    let is_relative = !heading.time.is_empty();
    heading.time_of_day.or(previous.filter(|_| is_relative))
}

struct Planner<'a> {
    block: &'a Block,
    context: &'a BreakdownContext<'a>,
    shots: Vec<PlannedShot>,
    coverage: Coverage,
    /// Whether a note says how long the last shot lasts.
    is_timed: bool,
}

impl Planner<'_> {
    /// Shows the place first, together with the paragraph that describes it if there is one.
    fn establish<'b, 'n>(
        &mut self,
        heading: &Heading,
        notes: &[&Note],
        beats: &'b [Beat<'n>],
    ) -> &'b [Beat<'n>] {
        let first = beats.first();
        // A scene that opens on a wide of its own needs no other.
        if notes.is_empty() && first.is_some_and(|it| self.is_wide(it)) {
            return beats;
        }
        let mut shot = self.shot(heading.span.clone(), 0);
        shot.framing = establishing_framing(heading);
        shot.duration_ms = duration::ESTABLISHING_MS;
        shot.text.clone_from(&heading.raw);
        let described = first.filter(|it| describes_place(it));
        let mut all_notes = notes.to_vec();
        if let Some(beat) = described {
            let (_, angle, movement) = match &beat.what {
                What::Action(action) => action::frame(action, &beat.lines[0].text),
                What::Speech(_) => (shot.framing, shot.angle, shot.movement),
            };
            (shot.angle, shot.movement) = (angle, movement);
            all_notes.extend(&beat.notes);
            shot.text.clear();
            shot.duration_ms = 0;
            cover(&mut shot, beat);
            shot.duration_ms = shot.duration_ms.max(duration::ESTABLISHING_MS);
        }
        self.finish(shot, &all_notes);
        &beats[usize::from(described.is_some())..]
    }

    /// Whether a beat opens the scene by itself: a direction for a wide shot, or a note that says so.
    fn is_wide(&self, beat: &Beat<'_>) -> bool {
        let wide = |it| matches!(it, Framing::Wide | Framing::ExtremeWide);
        let read = |it: &&Note| shot_note::read(it, &self.block.text, self.context.names).0;
        if beat.notes.iter().map(read).any(|it| it.opens) {
            return true;
        }
        let asked = |it: &&Note| read(it).framing;
        match &beat.what {
            What::Action(it) if beat.notes.is_empty() => {
                it.direction.and_then(|it| it.framing).is_some_and(wide)
            }
            What::Action(it) => {
                !it.subjects.is_empty() && beat.notes.iter().filter_map(asked).any(wide)
            }
            What::Speech(_) => false,
        }
    }

    /// Whether a beat stays in the shot before, as a note asks for; it then does.
    fn holds(&mut self, beat: &Beat<'_>) -> bool {
        let read = |it: &&Note| shot_note::read(it, &self.block.text, self.context.names).0;
        if !beat.notes.iter().map(read).any(|it| it.hold) {
            return false;
        }
        let Some(shot) = self.shots.last_mut() else {
            return false;
        };
        let timed_ms = shot.duration_ms;
        cover(shot, beat);
        shot.directed = true;
        if self.is_timed {
            shot.duration_ms = timed_ms;
        }
        if let What::Speech(speech) = &beat.what {
            self.coverage.replied(&speech.speaker);
        }
        true
    }

    /// A paragraph, with the short ones after it that join. Returns how many beats that took.
    fn action(&mut self, action: &Action, beat: &Beat<'_>, after: &[Beat<'_>]) -> usize {
        let mut shot = self.shot(beat.span.clone(), beat.line);
        shot.subjects.clone_from(&action.subjects);
        cover(&mut shot, beat);
        let (mut before, mut n_words, mut n) = (beat, duration::n_words(&shot.text), 1);
        for next in after {
            if !action::joins(before, next, &shot.subjects, n_words) {
                break;
            }
            if let What::Action(more) = &next.what
                && shot.subjects.is_empty()
            {
                shot.subjects.clone_from(&more.subjects);
            }
            cover(&mut shot, next);
            n_words = duration::n_words(&shot.text);
            before = next;
            n += 1;
        }
        let whole = Action {
            subjects: shot.subjects.clone(),
            ..*action
        };
        (shot.framing, shot.angle, shot.movement) = action::frame(&whole, &shot.text);
        shot.duration_ms = duration::action_ms(&shot.text);
        self.finish(shot, &beat.notes);
        n
    }

    /// A speech, with the answer that shares its two-shot. Returns how many beats that took.
    fn speech(&mut self, speech: &Speech, rest: &[Beat<'_>]) -> usize {
        let beat = &rest[0];
        let seen = self.shots.last().map_or(&[][..], |it| &it.subjects);
        let frame = self.coverage.frame(speech, rest, seen);
        let mut shot = self.shot(beat.span.clone(), beat.line);
        (shot.framing, shot.movement, shot.subjects) =
            (frame.framing, frame.movement, frame.subjects);
        cover(&mut shot, beat);
        let mut n = 1;
        if frame.takes_reply
            && let Some(Beat {
                what: What::Speech(reply),
                ..
            }) = rest.get(1)
        {
            cover(&mut shot, &rest[1]);
            self.coverage.replied(&reply.speaker);
            n = 2;
        }
        self.finish(shot, &beat.notes);
        n
    }

    /// An empty shot of this scene.
    fn shot(&self, span: Range<u32>, line: u32) -> PlannedShot {
        let heading = self.block.heading.as_ref();
        let location = heading
            .map(|it| it.location.clone())
            .filter(|it| !it.is_empty());
        let previous = self.context.previous_time_of_day;
        PlannedShot {
            framing: Framing::Medium,
            angle: Angle::EyeLevel,
            lens_mm: None,
            movement: Movement::Static,
            subjects: Vec::new(),
            location,
            setting: heading.and_then(|it| it.setting),
            time_of_day: heading.and_then(|it| time_of_day(it, previous)),
            lines: Vec::new(),
            text: String::new(),
            span,
            line,
            duration_ms: 0,
            directed: false,
        }
    }

    /// Applies what notes ask for, and keeps the shot.
    fn finish(&mut self, mut shot: PlannedShot, notes: &[&Note]) {
        self.is_timed = false;
        for note in notes {
            let (asked, _) = shot_note::read(note, &self.block.text, self.context.names);
            shot.directed = true;
            self.is_timed |= asked.duration_ms.is_some();
            shot.framing = asked.framing.unwrap_or(shot.framing);
            shot.angle = asked.angle.unwrap_or(shot.angle);
            shot.movement = asked.movement.unwrap_or(shot.movement);
            shot.lens_mm = asked.lens_mm.or(shot.lens_mm);
            shot.duration_ms = asked.duration_ms.unwrap_or(shot.duration_ms);
            if !asked.subjects.is_empty() {
                shot.subjects = asked.subjects;
            }
        }
        shot.lens_mm = shot.lens_mm.or(Some(usual_lens_mm(shot.framing)));
        self.shots.push(shot);
    }
}

/// Adds a beat to a shot.
fn cover(shot: &mut PlannedShot, beat: &Beat<'_>) {
    for line in &beat.lines {
        if !shot.text.is_empty() {
            shot.text.push('\n');
        }
        if let Some(speaker) = &line.speaker {
            shot.text.push_str(speaker);
            shot.text.push_str(": ");
        }
        shot.text.push_str(&line.text);
        shot.lines.push(line.clone());
    }
    shot.span.end = beat.span.end;
    shot.duration_ms = shot.duration_ms.saturating_add(beat.duration_ms);
}

/// Outside, people are small in the place; inside, the walls set the distance.
fn establishing_framing(heading: &Heading) -> Framing {
    match heading.setting {
        Some(Setting::Exterior) => Framing::ExtremeWide,
        Some(Setting::Interior | Setting::InteriorExterior) | None => Framing::Wide,
    }
}

/// Whether a beat tells of the place: nobody is in it and nothing directs the camera elsewhere.
fn describes_place(beat: &Beat<'_>) -> bool {
    matches!(&beat.what, What::Action(it)
        if it.subjects.is_empty() && it.direction.is_none() && !it.is_item)
}

/// How many people fit into which frame.
fn framing_of_group(n: usize) -> Framing {
    match n {
        0 => Framing::Wide,
        1 => Framing::Medium,
        2 => Framing::TwoShot,
        _ => Framing::MediumWide,
    }
}

/// The lens that photographers reach for, on full-frame film.
fn usual_lens_mm(framing: Framing) -> u32 {
    match framing {
        Framing::ExtremeWide => 18,
        Framing::Wide => 24,
        Framing::MediumWide | Framing::TwoShot | Framing::PointOfView => 35,
        Framing::Medium => 50,
        Framing::OverTheShoulder | Framing::MediumCloseUp => 65,
        Framing::CloseUp => 85,
        Framing::ExtremeCloseUp | Framing::Insert => 100,
    }
}
