//! What is wrong in a text, as an editor underlines it.

use std::sync::PoisonError;

use serde_json::json;
use storycore_core::{diagnostic, plan};
use storycore_schema::diagnostic::{Diagnostic as Problem, Severity};
use tower_lsp_server::ls_types::{Diagnostic, DiagnosticSeverity, NumberOrString, Position, Range};

use super::{
    conflict,
    document::Document,
    place::{Encoding, line_range, short},
    toml,
};
use crate::folder::SourceKind;

/// Says who found it.
const SOURCE: &str = "storycore";

/// Everything that is wrong in a document as it is now. Takes as long as its preview.
pub(super) fn of(document: &Document, encoding: Encoding) -> Vec<Diagnostic> {
    let tell = |it: Problem| told(it, document, encoding);
    let of_file = conflict::problems(document).into_iter();
    if document.kind != SourceKind::Script {
        return of_file.chain(toml::problem(document)).map(tell).collect();
    }
    let view = document.view();
    let mut film = (*view.film).clone();
    let cast = plan::Cast::of(&film);
    let names = view.names(document);
    let mut problems = {
        let mut read = document
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        plan::problems_again(&document.path, &document.script, (names, &cast), &mut read)
    };
    // What is known of the file is about what was saved; only doubts are about the scenes.
    film.state.system.diagnostics.by_path.remove(&document.path);
    problems.extend(diagnostic::of_file(&film, &document.path).unwrap_or_default());
    problems.sort_by_key(|it| (it.line, it.column));
    of_file.chain(problems).map(tell).collect()
}

/// A problem as an editor shows it; what can be done about it goes with it.
fn told(problem: Problem, document: &Document, encoding: Encoding) -> Diagnostic {
    let actions = (!problem.actions.is_empty()).then(|| json!(problem.actions));
    let is_stranger = problem.code.starts_with("unknown");
    let message = match problem.hint {
        Some(hint) => format!("{}\n{hint}", problem.message),
        None => problem.message,
    };
    Diagnostic {
        range: range(problem.line, problem.column, document, encoding),
        severity: Some(match problem.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            // Most films have people whom their bible need not know.
            Severity::Information if is_stranger => DiagnosticSeverity::HINT,
            Severity::Information => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(problem.code)),
        source: Some(SOURCE.to_owned()),
        message,
        data: actions,
        ..Diagnostic::default()
    }
}

/// From a place, counted from 1 in characters, to the end of its line; the first line when it is
/// about the whole file.
fn range(line: Option<u32>, column: Option<u32>, document: &Document, encoding: Encoding) -> Range {
    let script = &document.script;
    let line = line.unwrap_or(1).saturating_sub(1);
    let whole = line_range(script, line as usize, encoding);
    let in_letters = Position::new(line, column.unwrap_or(1).saturating_sub(1));
    let byte = super::place::byte_at(script, in_letters, Encoding::Utf32);
    let start = super::place::position_at(script, byte, encoding);
    let start = start.max(whole.start);
    if start < whole.end {
        return Range::new(start, whole.end);
    }
    // Nothing is hard to underline.
    Range::new(
        whole.start,
        whole.end.max(Position::new(short(line as usize), 1)),
    )
}
