//! What can be done about a place with one click: calls that a problem brings along, names put right
//! or added to the bible, scenes numbered, shots of the tray put back.

use std::collections::HashMap;

use serde_json::{Value, json};
use storycore_core::{Query, bible::fold_name, breakdown, plan::Cast};
use storycore_schema::{
    bible::EntryKind,
    diagnostic::DiagnosticAction,
    tray::{ListTray, TrayShot},
};
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Command, CreateFile, CreateFileOptions,
    Diagnostic, DocumentChangeOperation, DocumentChanges, NumberOrString, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, ResourceOp, TextDocumentEdit,
    TextEdit, Uri, WorkspaceEdit,
};

use super::{
    conflict,
    document::Document,
    documents::EditAbilities,
    named::{Named, Role, name_at},
    place::{Encoding, byte_at, position_at, range_of},
    scope::uri_of,
    symbols::bytes,
};

/// Makes a call of the catalog: `{"method": "shot/render", "params": {...}}`.
pub(super) const CALL: &str = "storycore.call";
/// Shots of the tray that are offered for one place, in shots.
const ATTACHABLE_MAX: usize = 5;
/// How much of a shot's words a title shows, in characters.
const TITLE_CHARS_MAX: usize = 40;

/// What can be done in a part of a document.
pub(super) fn at(
    document: &Document,
    range: Range,
    problems: &[Diagnostic],
    (encoding, abilities): (Encoding, EditAbilities),
) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    for problem in problems
        .iter()
        .filter(|it| it.source.as_deref() == Some("storycore"))
    {
        actions.extend(ready_calls(problem));
        actions.extend(quick_fix(document, problem, encoding));
        actions.extend(conflict::actions(document, problem, encoding));
    }
    let view = document.view();
    let byte = byte_at(&document.script, range.start, encoding);
    if let Some(name) = name_at(document, &view, byte) {
        let known = match name.kind {
            EntryKind::Location => view.film.state.project.bible.find_location(&name.written),
            _ => view.film.state.project.bible.find(&name.written),
        };
        if known.is_none() && abilities.creates && document.film.folder.only.is_none() {
            actions.extend(create_entry(document, &name, problems));
        }
    }
    actions.extend(attach(document, byte));
    actions.extend(numbers(document, encoding));
    actions
        .into_iter()
        .map(CodeActionOrCommand::CodeAction)
        .collect()
}

fn ready_calls(problem: &Diagnostic) -> Vec<CodeAction> {
    let data = problem.data.clone().unwrap_or(Value::Null);
    let calls: Vec<DiagnosticAction> = serde_json::from_value(data).unwrap_or_default();
    let action = |it: DiagnosticAction| CodeAction {
        diagnostics: Some(vec![problem.clone()]),
        ..call(it.title, &it.method, &it.params)
    };
    calls.into_iter().map(action).collect()
}

fn call(title: String, method: &str, params: &Value) -> CodeAction {
    let argument = json!({"method": method, "params": params});
    CodeAction {
        title: title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        command: Some(Command::new(title, CALL.to_owned(), Some(vec![argument]))),
        ..CodeAction::default()
    }
}

fn quick_fix(document: &Document, problem: &Diagnostic, encoding: Encoding) -> Option<CodeAction> {
    let Some(NumberOrString::String(code)) = &problem.code else {
        return None;
    };
    let script = &document.script;
    let at = byte_at(script, problem.range.start, encoding);
    let (title, edit) = match code.as_str() {
        "unknownCharacter" | "unknownLocation" => {
            let view = document.view();
            let name = names_on_line(document, problem.range, encoding)
                .into_iter()
                .next()?;
            let cast = Cast::of(&view.film);
            let meant = match name.kind {
                EntryKind::Location => {
                    let heading = script
                        .blocks()
                        .get(script.block_at(at)?.block_idx)?
                        .heading
                        .clone()?;
                    cast.unknown_location(&heading.location)?.meant
                }
                _ => {
                    let blocks = script.blocks().iter().map(AsRef::as_ref);
                    let mut unknown = cast.unknown_speakers(&breakdown::speeches(blocks));
                    unknown.remove(&fold_name(&name.written))?.meant
                }
            }?;
            let range = range_of(script, name.bytes, encoding);
            (
                format!("Write {meant}"),
                TextEdit::new(range, meant.to_uppercase()),
            )
        }
        "unclosedNote" => {
            let end = problem.range.end;
            let edit = TextEdit::new(Range::new(end, end), "]]".to_owned());
            ("Close the note".to_owned(), edit)
        }
        "unclosedBoneyard" => {
            let end = position_at(script, script.len(), encoding);
            let edit = TextEdit::new(Range::new(end, end), "*/".to_owned());
            ("Close it at the end of the script".to_owned(), edit)
        }
        "missingDialogue" => {
            let line = problem.range.start.line;
            let range = Range::new(problem.range.end, Position::new(line + 2, 0));
            let edit = TextEdit::new(range, "\n".to_owned());
            ("Take the empty line away".to_owned(), edit)
        }
        _ => return None,
    };
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![problem.clone()]),
        edit: Some(in_document(document, vec![edit])),
        is_preferred: Some(true),
        ..CodeAction::default()
    })
}

fn names_on_line(document: &Document, range: Range, encoding: Encoding) -> Vec<Named> {
    let view = document.view();
    let (start, end) = (
        byte_at(&document.script, range.start, encoding),
        byte_at(&document.script, range.end, encoding),
    );
    let mut found: Vec<Named> = Vec::new();
    for byte in start..=end {
        if found.last().is_some_and(|it| it.bytes.end >= byte) {
            continue;
        }
        found.extend(name_at(document, &view, byte).filter(|it| it.role != Role::Mention));
    }
    found
}

fn in_document(document: &Document, edits: Vec<TextEdit>) -> WorkspaceEdit {
    let edit = text_edit(document.uri.clone(), Some(document.version), edits);
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(vec![edit])),
        ..WorkspaceEdit::default()
    }
}

fn text_edit(uri: Uri, version: Option<i32>, edits: Vec<TextEdit>) -> TextDocumentEdit {
    TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    }
}

/// A new file of the bible, with what is to be filled in.
fn create_entry(document: &Document, name: &Named, problems: &[Diagnostic]) -> Option<CodeAction> {
    let (kind, folder) = match name.kind {
        EntryKind::Location => ("location", "locations"),
        _ => ("character", "characters"),
    };
    let written = name.written.to_uppercase();
    let letters = written.to_lowercase();
    let slug: String = letters
        .chars()
        .map(|it| if it.is_alphanumeric() { it } else { '-' })
        .collect();
    let taken = |path: &str| document.film.folder.root.join(path).exists();
    let paths = (1..100).map(|n| match n {
        1 => format!("bible/{folder}/{slug}.toml"),
        _ => format!("bible/{folder}/{slug}-{n}.toml"),
    });
    let uri = uri_of(&document.film, &paths.into_iter().find(|it| !taken(it))?)?;
    let quoted = toml::Value::from(written.as_str());
    let text = format!("kind = \"{kind}\"\nname = {quoted}\ndescription = \"\"\n\n[details]\n");
    let options = CreateFileOptions {
        overwrite: Some(false),
        ignore_if_exists: Some(true),
    };
    let create = CreateFile {
        uri: uri.clone(),
        options: Some(options),
        annotation_id: None,
    };
    let start = Position::new(0, 0);
    let fill = text_edit(
        uri,
        None,
        vec![TextEdit::new(Range::new(start, start), text)],
    );
    let changes = DocumentChanges::Operations(vec![
        DocumentChangeOperation::Op(ResourceOp::Create(create)),
        DocumentChangeOperation::Edit(fill),
    ]);
    let about = |it: &&Diagnostic| {
        let code =
            matches!(&it.code, Some(NumberOrString::String(code)) if code.starts_with("unknown"));
        code && it.message.to_uppercase().contains(&written)
    };
    Some(CodeAction {
        title: format!("Add {written} to the bible"),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(problems.iter().filter(about).cloned().collect()),
        edit: Some(WorkspaceEdit {
            document_changes: Some(changes),
            ..WorkspaceEdit::default()
        }),
        ..CodeAction::default()
    })
}

/// Shots of this scene that wait in the tray, for the shot at a byte.
fn attach(document: &Document, byte: usize) -> Vec<CodeAction> {
    let saved = document.film.bus.film();
    let view = document.view();
    let Some(placed) = view.scene_at(byte) else {
        return Vec::new();
    };
    let shot = view
        .shots(placed)
        .iter()
        .rfind(|it| bytes(&it.span).start <= byte);
    let known = |it: &&storycore_schema::shot::Shot| {
        saved.state.project.screenplay.shots.contains_key(&it.id)
    };
    let Some(shot) = shot.filter(known) else {
        return Vec::new();
    };
    let list = ListTray {
        project: document.film.id,
        query: None,
    };
    let tray = list.answer(&saved).map(|it| it.shots).unwrap_or_default();
    let of_scene = tray
        .into_iter()
        .filter(|it| it.scene_id == placed.record.id);
    let action = |it: TrayShot| {
        let words: String = it
            .text
            .replace('\n', " ")
            .chars()
            .take(TITLE_CHARS_MAX)
            .collect();
        let title = format!("Put back the takes of “{words}”");
        let params = json!({"project": document.film.id, "id": it.id, "to": shot.id});
        call(title, "shot/attach", &params)
    };
    of_scene.take(ATTACHABLE_MAX).map(action).collect()
}

/// Numbers for all scenes, if not all have one.
fn numbers(document: &Document, encoding: Encoding) -> Option<CodeAction> {
    let script = &document.script;
    let blocks = script.blocks().iter().enumerate();
    let headings: Vec<_> = blocks
        .filter_map(|(idx, block)| Some((idx, block.heading.as_ref()?)))
        .collect();
    if headings.iter().all(|it| it.1.number.is_some()) {
        return None;
    }
    let has_any = headings.iter().any(|it| it.1.number.is_some());
    let mut edits = Vec::new();
    for (place, (idx, heading)) in headings.iter().enumerate() {
        let number = match (has_any, &heading.number) {
            (_, Some(_)) => continue,
            (false, None) => (place + 1).to_string(),
            (true, None) => between(&headings[..place], place),
        };
        let end = script.start_of(*idx).byte + heading.span.end as usize;
        let at = position_at(script, end, encoding);
        edits.push(TextEdit::new(Range::new(at, at), format!(" #{number}#")));
    }
    Some(CodeAction {
        title: "Number the scenes".to_owned(),
        kind: Some(CodeActionKind::SOURCE),
        edit: Some(in_document(document, edits)),
        ..CodeAction::default()
    })
}

/// A number for a scene that was put in between numbered ones: `12A` after 12 (as shooting scripts
/// do, so that no other number changes).
fn between(before: &[(usize, &storycore_core::fountain::Heading)], place: usize) -> String {
    let last = before.iter().rposition(|it| it.1.number.is_some());
    let Some(last) = last else {
        // Before the first: `A1`, as it is done there.
        return format!("A{}", place + 1);
    };
    let number = before[last].1.number.as_deref().unwrap_or_default();
    let n = before.len() - last - 1;
    let letters = u32::try_from(n)
        .ok()
        .and_then(|it| char::from_u32('A' as u32 + it % 26));
    let again = "A".repeat(n / 26);
    format!("{number}{again}{}", letters.unwrap_or('A'))
}

/// What can be done, as an editor understands it: one that knows no actions takes commands alone, one
/// that knows no versions takes plain edits.
pub(super) fn understood(
    actions: Vec<CodeActionOrCommand>,
    abilities: EditAbilities,
) -> Vec<CodeActionOrCommand> {
    let understood = |action| match action {
        CodeActionOrCommand::CodeAction(action) if !abilities.actions => {
            let without_edit = action.edit.is_none();
            let command = action.command.filter(|_| without_edit);
            command.map(CodeActionOrCommand::Command)
        }
        CodeActionOrCommand::CodeAction(mut action) => {
            if let Some(edit) = action.edit.as_mut().filter(|_| !abilities.versions) {
                plain(edit);
            }
            Some(CodeActionOrCommand::CodeAction(action))
        }
        command @ CodeActionOrCommand::Command(_) => Some(command),
    };
    actions.into_iter().filter_map(understood).collect()
}

/// Edits grouped by file, for editors that know nothing newer.
pub(super) fn plain(edit: &mut WorkspaceEdit) {
    // What makes files has no other form; it is offered to those only that take it.
    if !matches!(edit.document_changes, Some(DocumentChanges::Edits(_))) {
        return;
    }
    let Some(DocumentChanges::Edits(files)) = edit.document_changes.take() else {
        return;
    };
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for file in files {
        let edits = file.edits.into_iter().map(|it| match it {
            OneOf::Left(edit) => edit,
            OneOf::Right(annotated) => annotated.text_edit,
        });
        changes
            .entry(file.text_document.uri)
            .or_default()
            .extend(edits);
    }
    edit.changes = Some(changes);
}
