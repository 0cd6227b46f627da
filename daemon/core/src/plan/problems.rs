//! What is wrong in a script, as diagnostics with line and column.

use std::collections::{BTreeMap, BTreeSet};

use storycore_schema::diagnostic::{Diagnostic, Severity};

use super::cast::{Cast, Unknown};
use crate::{
    bible::{fold_name, folded_name},
    breakdown::{self, Names},
    fountain::{Block, Element, ElementKind, Problem, ProblemKind, Script},
};

/// Diagnostics of one script that are listed, in diagnostics; the last one counts the others.
const DIAGNOSTICS_LEN_MAX: usize = 200;

/// A paragraph with a small letter among its first is no cue, in letters.
const CUE_LETTERS_SEEN: usize = 3;

/// Everything that is wrong in a script, from top to bottom, as far as there is room for it.
pub fn problems(path: &str, script: &Script, names: &Names, cast: &Cast) -> Vec<Diagnostic> {
    problems_again(path, script, (names, cast), &mut ReadNotes::default())
}

/// The same for a text that is looked at again and again: notes that were read are not read again.
pub fn problems_again(
    path: &str,
    script: &Script,
    (names, cast): (&Names, &Cast),
    read: &mut ReadNotes,
) -> Vec<Diagnostic> {
    read.begin(names);
    let mut list = List::default();
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut strangers = Strangers::new(script, cast);
    for (idx, block) in script.blocks().iter().enumerate() {
        let first_line = u32::try_from(script.start_of(idx).line).unwrap_or(u32::MAX);
        let place = Place {
            path,
            block,
            first_line,
        };
        let mut here = list.room();
        here.add(block.problems.iter(), |it| place.diagnostic(it));
        here.add(read.of(block).iter(), |it| place.diagnostic(it));
        here.add(strangers.in_block(&place).into_iter(), |it| it);
        let heading = block.heading.as_ref();
        if let Some(number) = heading.and_then(|it| it.number.clone())
            && let Some(earlier) = numbers.insert(number.clone(), first_line + 1)
        {
            here.add([earlier].into_iter(), |it| place.duplicate(&number, it));
        }
        list.append(here);
    }
    list.finish()
}

/// What is wrong with the notes of a text's blocks: those of a block are read again when it says
/// something else, or when other names are known.
#[derive(Debug, Default)]
pub struct ReadNotes {
    names: Names,
    /// By the hash of the block: those met this time, and those of the time before.
    now: BTreeMap<[u8; 32], Vec<Problem>>,
    before: BTreeMap<[u8; 32], Vec<Problem>>,
}

impl ReadNotes {
    /// The blocks are looked through once more.
    fn begin(&mut self, names: &Names) {
        self.before = std::mem::take(&mut self.now);
        if self.names != *names {
            self.names = names.clone();
            self.before.clear();
        }
    }

    fn of(&mut self, block: &Block) -> &[Problem] {
        // Most blocks have none.
        if block.notes.is_empty() {
            return &[];
        }
        let hash = block.hash();
        let (before, names) = (&mut self.before, &self.names);
        self.now.entry(hash).or_insert_with(|| {
            let known = before.remove(&hash);
            known.unwrap_or_else(|| breakdown::problems(block, names).collect())
        })
    }
}

/// Diagnostics up to a limit, and how many there are beyond it.
#[derive(Default)]
struct List {
    kept: Vec<Diagnostic>,
    n_cut: usize,
    room: usize,
}

impl List {
    /// An empty list with as much room as this one has left.
    fn room(&self) -> List {
        List {
            room: DIAGNOSTICS_LEN_MAX - self.kept.len(),
            ..List::default()
        }
    }

    /// Adds problems that are in order. Those that are cut are counted and not told.
    fn add<P>(&mut self, mut problems: impl Iterator<Item = P>, tell: impl Fn(P) -> Diagnostic) {
        let kept = problems.by_ref().take(self.room);
        self.kept.extend(kept.map(tell));
        self.n_cut += problems.count();
    }

    /// Appends what is wrong below.
    fn append(&mut self, mut below: List) {
        below.kept.sort_by_key(|it| (it.line, it.column));
        self.n_cut += below.n_cut + below.kept.len().saturating_sub(below.room);
        self.kept.extend(below.kept.into_iter().take(below.room));
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        if self.n_cut > 0
            && let Some(last) = self.kept.last_mut()
        {
            last.severity = Severity::Information;
            "moreProblems".clone_into(&mut last.code);
            last.message = format!("and {} more like these", self.n_cut + 1);
            last.hint = Some("put these right first; the next ones are listed then".to_owned());
        }
        self.kept
    }
}

/// Names and places that the bible does not know, and speeches that nobody speaks.
struct Strangers<'a> {
    cast: &'a Cast,
    speakers: BTreeMap<String, usize>,
    unknown: BTreeMap<String, Unknown>,
    told: BTreeSet<String>,
}

impl Strangers<'_> {
    fn new<'a>(script: &Script, cast: &'a Cast) -> Strangers<'a> {
        let speakers = breakdown::speeches(script.blocks().iter().map(AsRef::as_ref));
        Strangers {
            cast,
            unknown: cast.unknown_speakers(&speakers),
            speakers,
            told: BTreeSet::new(),
        }
    }

    fn in_block(&mut self, place: &Place<'_>) -> Vec<Diagnostic> {
        let heading = place.block.heading.as_ref();
        let location = heading.and_then(|it| self.location(place, &it.location, it.span.start));
        let mut found: Vec<Diagnostic> = location.into_iter().collect();
        for element in &place.block.elements {
            found.extend(match &element.kind {
                ElementKind::Character(cue) => self.speaker(place, &cue.name, element),
                ElementKind::Action => self.unspoken(place, element),
                _ => None,
            });
        }
        found
    }

    /// Each stranger is told once, but each slip of the pen.
    fn speaker(&mut self, place: &Place<'_>, name: &str, cue: &Element) -> Option<Diagnostic> {
        let folded = folded_name(name);
        let unknown = self.unknown.get(&*folded)?;
        if unknown.meant.is_none() && !self.told.insert(folded.into_owned()) {
            return None;
        }
        Some(place.stranger("Character", name, unknown, cue.span.start))
    }

    fn location(&mut self, place: &Place<'_>, name: &str, at: u32) -> Option<Diagnostic> {
        let unknown = self.cast.unknown_location(name)?;
        if unknown.meant.is_none() && !self.told.insert(format!("{}.", fold_name(name))) {
            return None;
        }
        Some(place.stranger("Location", name, &unknown, at))
    }

    /// A paragraph that was probably meant to be a cue, or to be in a speech.
    fn unspoken(&self, place: &Place<'_>, element: &Element) -> Option<Diagnostic> {
        let text = place.block.source(element).trim();
        // Nearly every paragraph is told by its first words.
        let may_be = |it: char| !it.is_lowercase();
        if !text.starts_with('(') && !text.chars().take(CUE_LETTERS_SEEN).all(may_be) {
            return None;
        }
        let (line, column) = place.position(element.span.start);
        if text.starts_with('(') && text.ends_with(')') && !text.contains('\n') {
            let message = "this parenthetical belongs to no speech".to_owned();
            let hint = "put it below a character's name, without an empty line".to_owned();
            return Some(place.at(line, column, "missingSpeaker", message, hint));
        }
        let name = text.split('(').next().unwrap_or_default().trim();
        let is_cue = !name.is_empty()
            && !text.contains('\n')
            && name == name.to_uppercase()
            && self.cast.is_character(name, &self.speakers);
        is_cue.then(|| {
            let message = format!("{name} says nothing here");
            let hint = "write what is said on the next line, without an empty line between";
            place.at(line, column, "missingDialogue", message, hint.to_owned())
        })
    }
}

struct Place<'a> {
    path: &'a str,
    block: &'a Block,
    first_line: u32,
}

impl Place<'_> {
    fn diagnostic(&self, problem: &Problem) -> Diagnostic {
        let code = match problem.kind {
            ProblemKind::UnclosedNote => "unclosedNote",
            ProblemKind::UnclosedBoneyard => "unclosedBoneyard",
            ProblemKind::MalformedSceneNumber => "malformedSceneNumber",
            ProblemKind::CrowdedHeading => "crowdedHeading",
            ProblemKind::UnknownShotWord => "unknownShotWord",
        };
        let (line, column) = self.position(problem.span.start);
        self.at(
            line,
            column,
            code,
            problem.message.clone(),
            problem.hint.clone(),
        )
    }

    fn duplicate(&self, number: &str, earlier: u32) -> Diagnostic {
        let message = format!("scene number {number} stands at line {earlier} already");
        let hint = "give one of the two another number".to_owned();
        self.at(
            self.first_line + 1,
            1,
            "duplicateSceneNumber",
            message,
            hint,
        )
    }

    fn stranger(&self, what: &str, name: &str, unknown: &Unknown, at: u32) -> Diagnostic {
        let (line, column) = self.position(at);
        let kind = what.to_lowercase();
        let message = match &unknown.meant {
            Some(meant) => format!("the bible knows no {kind} {name}; did you mean {meant}?"),
            None => format!("the bible knows no {kind} {name}"),
        };
        let hint = match &unknown.meant {
            Some(meant) => format!("write {meant}, or add {name} to the bible"),
            None => format!("add {name} to the bible, so that it looks the same in every shot"),
        };
        let mut told = self.at(line, column, &format!("unknown{what}"), message, hint);
        if unknown.meant.is_none() {
            told.severity = Severity::Information;
        }
        told
    }

    fn at(&self, line: u32, column: u32, code: &str, message: String, hint: String) -> Diagnostic {
        Diagnostic {
            path: self.path.to_owned(),
            line: Some(line),
            column: Some(column),
            severity: Severity::Warning,
            code: code.to_owned(),
            message,
            hint: Some(hint),
            actions: Vec::new(),
        }
    }

    /// Line and column of a byte of the block, both from 1, the column in characters.
    fn position(&self, offset: u32) -> (u32, u32) {
        let before = self.block.text.get(..offset as usize).unwrap_or_default();
        let line_start = before.rfind(['\n', '\r']).map_or(0, |it| it + 1);
        let column = before[line_start..].chars().count() + 1;
        let line = self.first_line + self.block.line_at(offset) + 1;
        (line, u32::try_from(column).unwrap_or(u32::MAX))
    }
}
