//! Two texts of one file: what others have written to disk while it was changed here, and what was
//! left of an editor that ended. Both are always kept; here is what a person can do about them.

use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storycore_schema::{
    Error,
    diagnostic::{Diagnostic as Problem, DiagnosticAction, Severity},
    draft::DiscardDraft,
    id::BlobId,
};
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, Command, Diagnostic, NumberOrString, Uri, WorkspaceEdit,
};

use super::{document::Document, documents::Shared, draft::replacing, place::Encoding};
use crate::{
    drafts::{KeptDraft, join},
    films::OpenFilm,
    owner::now_ms,
    platform::write_whole,
};

/// Opens another text of the same file beside it. Its argument is a [`Shown`].
pub(super) const SHOW: &str = "storycore.show";
/// Says that what is on disk was seen, and the open text is to replace it. Its argument is a
/// [`Mine`].
pub(super) const KEEP_MINE: &str = "storycore.keepMine";

/// A problem of a file that others changed.
const CHANGED: &str = "changedOnDisk";
/// A problem of a file of which a draft was left.
const LEFT: &str = "keptDraft";
const MINUTE_MS: u64 = 60_000;

/// Another text of an open file.
#[derive(Serialize, Deserialize)]
pub(super) struct Shown {
    uri: Uri,
    /// Whose kept draft; absent for what is on disk.
    client: Option<String>,
}

/// A text that was seen.
#[derive(Serialize, Deserialize)]
pub(super) struct Mine {
    uri: Uri,
    /// What was on disk.
    seen: BlobId,
}

/// What there is to say of other texts of a document's file.
pub(super) fn problems(document: &Document) -> Vec<Problem> {
    let left = document.film.drafts.left_behind();
    let differs = |it: &&KeptDraft| it.path == document.path && it.hash != document.hash;
    let of_file = left.iter().filter(differs);
    let mut problems: Vec<Problem> = of_file.map(|it| left_behind(document, it)).collect();
    if document.is_conflict() {
        let message = format!(
            "{} was changed on disk while it was being changed here",
            document.path
        );
        problems.push(Problem {
            hint: Some(
                "Saving now replaces that. Take it, join both, or look at it first.".to_owned(),
            ),
            ..problem(document, Severity::Warning, CHANGED, message)
        });
    }
    problems
}

fn left_behind(document: &Document, left: &KeptDraft) -> Problem {
    let message = format!(
        "{} ended {} with text of {} that was not saved. It is kept.",
        left.client,
        ago(now_ms().saturating_sub(left.at_ms)),
        left.path
    );
    let discard = DiscardDraft {
        project: document.film.id,
        client: left.client.clone(),
        path: left.path.clone(),
    };
    let action = DiagnosticAction {
        title: "Throw that text away".to_owned(),
        method: "draft/discard".to_owned(),
        params: json!(discard),
    };
    Problem {
        actions: vec![action],
        ..problem(document, Severity::Information, LEFT, message)
    }
}

fn problem(document: &Document, severity: Severity, code: &str, message: String) -> Problem {
    Problem {
        path: document.path.clone(),
        line: None,
        column: None,
        severity,
        code: code.to_owned(),
        message,
        hint: None,
        actions: Vec::new(),
    }
}

/// How long ago, for reading.
fn ago(ms: u64) -> String {
    let count = |n: u64, what: &str| match n {
        1 => format!("1 {what} ago"),
        n => format!("{n} {what}s ago"),
    };
    match ms / MINUTE_MS {
        0 => "a moment ago".to_owned(),
        minutes @ 1..60 => count(minutes, "minute"),
        minutes @ 60..2_880 => count(minutes / 60, "hour"),
        minutes => count(minutes / 1_440, "day"),
    }
}

/// What can be done about one of these problems. Reads other texts.
pub(super) fn actions(
    document: &Document,
    problem: &Diagnostic,
    encoding: Encoding,
) -> Vec<CodeAction> {
    let Some(NumberOrString::String(code)) = &problem.code else {
        return Vec::new();
    };
    let actions = match code.as_str() {
        CHANGED => changed(document, encoding),
        LEFT => left(document, problem, encoding),
        _ => None,
    };
    let mut actions = actions.unwrap_or_default();
    for action in &mut actions {
        action.kind = Some(CodeActionKind::QUICKFIX);
        action.diagnostics = Some(vec![problem.clone()]);
    }
    actions
}

fn changed(document: &Document, encoding: Encoding) -> Option<Vec<CodeAction>> {
    let theirs_id = document.saved_hash()?;
    let blobs = &document.film.blobs;
    let theirs = String::from_utf8(blobs.read(theirs_id).ok()?).ok()?;
    let mine = Mine {
        uri: document.uri.clone(),
        seen: theirs_id,
    };
    let keep = |title: &str| {
        Command::new(
            title.to_owned(),
            KEEP_MINE.to_owned(),
            Some(vec![json!(mine)]),
        )
    };
    let ours = document.script.text();
    let joined = document.base.and_then(|it| join(blobs, it, &ours, &theirs));
    let mut actions = Vec::new();
    if let Some(joined) = joined {
        actions.push(CodeAction {
            edit: Some(replacing(document, &joined, encoding)),
            command: Some(keep("Join both")),
            is_preferred: Some(true),
            ..titled("Join both: they changed different lines")
        });
    }
    actions.push(edits(
        "Take what is on disk",
        replacing(document, &theirs, encoding),
    ));
    actions.push(shows("Show what is on disk", document, None));
    actions.push(CodeAction {
        command: Some(keep("Keep mine")),
        ..titled("Keep mine, and replace what is on disk at the next save")
    });
    Some(actions)
}

fn left(document: &Document, problem: &Diagnostic, encoding: Encoding) -> Option<Vec<CodeAction>> {
    let calls: Vec<DiagnosticAction> = serde_json::from_value(problem.data.clone()?).ok()?;
    let discard = calls.into_iter().next()?.params;
    let client = serde_json::from_value::<DiscardDraft>(discard).ok()?.client;
    let drafts = &document.film.drafts;
    let text = fs::read_to_string(drafts.file_of(&client, &document.path)).ok()?;
    Some(vec![
        edits("Put that text here", replacing(document, &text, encoding)),
        shows("Show that text", document, Some(client)),
    ])
}

fn titled(title: &str) -> CodeAction {
    CodeAction {
        title: title.to_owned(),
        ..CodeAction::default()
    }
}

fn edits(title: &str, edit: WorkspaceEdit) -> CodeAction {
    CodeAction {
        edit: Some(edit),
        ..titled(title)
    }
}

fn shows(title: &str, document: &Document, client: Option<String>) -> CodeAction {
    let shown = Shown {
        uri: document.uri.clone(),
        client,
    };
    CodeAction {
        command: Some(Command::new(
            title.to_owned(),
            SHOW.to_owned(),
            Some(vec![json!(shown)]),
        )),
        ..titled(title)
    }
}

/// The file to open for [`SHOW`]; what is on disk is copied first, as the file itself is open
/// already. Blocks.
pub(super) fn shown(shared: &Shared, argument: Value) -> Result<PathBuf, Error> {
    let wanted: Shown = read(SHOW, argument)?;
    let (film, path, saved) = open(shared, &wanted.uri)?;
    if let Some(client) = wanted.client {
        return Ok(film.drafts.file_of(&client, &path));
    }
    let unavailable = |error: std::io::Error| {
        Error::unavailable(format!("what {path} says on disk cannot be shown: {error}"))
            .hint("open the file in another editor to see it")
    };
    let saved = saved.ok_or_else(|| Error::not_found("file on disk", &path))?;
    let bytes = film.blobs.read(saved).map_err(unavailable)?;
    let copy = film.folder.data.join("cache/on-disk").join(&path);
    if let Some(folder) = copy.parent() {
        fs::create_dir_all(folder).map_err(unavailable)?;
    }
    write_whole(&copy, &[&bytes]).map_err(unavailable)?;
    Ok(copy)
}

/// Notes that what is on disk was seen.
pub(super) fn keep_mine(shared: &Shared, argument: Value) -> Result<Uri, Error> {
    let mine: Mine = read(KEEP_MINE, argument)?;
    let mut documents = shared.documents();
    let document = documents.get_mut(&mine.uri);
    let document = document.ok_or_else(|| Error::not_found("open file", mine.uri.as_str()))?;
    document.base = Some(mine.seen);
    Ok(mine.uri)
}

type Open = (std::sync::Arc<OpenFilm>, String, Option<BlobId>);

fn open(shared: &Shared, uri: &Uri) -> Result<Open, Error> {
    let documents = shared.documents();
    let document = documents.get(uri);
    let document = document.ok_or_else(|| Error::not_found("open file", uri.as_str()))?;
    let (film, path) = (document.film.clone(), document.path.clone());
    Ok((film, path, document.saved_hash()))
}

fn read<T: for<'de> Deserialize<'de>>(command: &str, argument: Value) -> Result<T, Error> {
    serde_json::from_value(argument).map_err(|error| {
        Error::invalid_params(format!("the argument of {command}: {error}"))
            .hint("it comes with a code action; pass it on as it is")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_as_people_do() {
        let told = [0, 59_999, 60_000, 3_599_999, 3_600_000, 172_800_000].map(ago);
        assert_eq!(
            told,
            [
                "a moment ago",
                "a moment ago",
                "1 minute ago",
                "59 minutes ago",
                "1 hour ago",
                "2 days ago"
            ]
        );
    }
}
