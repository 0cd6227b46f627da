//! What is wrong in a script, as diagnostics with line and column.

use std::collections::BTreeMap;

use storycore_schema::diagnostic::{Diagnostic, Severity};

use super::names;
use crate::{
    bible::Bible,
    breakdown::{self, Names},
    fountain::{Block, Problem, ProblemKind, Script},
};

/// The names of the bible's characters, for reading `[[shot: …]]` notes.
pub fn bible_names(bible: &Bible) -> Names {
    names::of_bible(bible)
}

/// Everything that is wrong in a script, from top to bottom.
pub fn problems(path: &str, script: &Script, names: &Names) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    for (idx, block) in script.blocks().iter().enumerate() {
        let first_line = u32::try_from(script.start_of(idx).line).unwrap_or(u32::MAX);
        let place = Place {
            path,
            block,
            first_line,
        };
        found.extend(block.problems.iter().map(|it| place.diagnostic(it)));
        if !block.notes.is_empty() {
            found.extend(
                breakdown::problems(block, names)
                    .iter()
                    .map(|it| place.diagnostic(it)),
            );
        }
        let heading = block.heading.as_ref();
        if let Some(number) = heading.and_then(|it| it.number.clone())
            && let Some(earlier) = numbers.insert(number.clone(), first_line + 1)
        {
            found.push(place.duplicate(&number, earlier));
        }
    }
    found.sort_by_key(|it| (it.line, it.column));
    found
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

    fn at(&self, line: u32, column: u32, code: &str, message: String, hint: String) -> Diagnostic {
        Diagnostic {
            path: self.path.to_owned(),
            line: Some(line),
            column: Some(column),
            severity: Severity::Warning,
            code: code.to_owned(),
            message,
            hint: Some(hint),
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
