//! Renaming a character or a place everywhere: cues, headings, running text, notes and the bible.
//! What is in running text can be looked at before, where the editor shows such things.

use std::collections::HashMap;

use storycore_core::bible::{fold_name, names_of};
use storycore_schema::bible::EntryKind;
use tower_lsp_server::ls_types::{
    AnnotatedTextEdit, ChangeAnnotation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, PrepareRenameResponse, TextDocumentEdit,
    TextEdit, Uri, WorkspaceEdit,
};

use super::{
    document::Document,
    documents::EditAbilities,
    named::{Named, Role, occurrences},
    place::{Encoding, range_of},
    references::{asked, entry_of},
    scope::Scope,
};

/// A name may be so long, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The name that would be renamed.
pub(super) fn prepare(
    document: &Document,
    position: Position,
    encoding: Encoding,
) -> Option<PrepareRenameResponse> {
    let view = document.view();
    let name = asked(document, &view, position, encoding)?;
    Some(PrepareRenameResponse::RangeWithPlaceholder {
        range: range_of(&document.script, name.bytes, encoding),
        placeholder: name.written,
    })
}

/// What is to be changed.
pub(super) fn edit(
    document: &Document,
    scope: &Scope,
    position: Position,
    new_name: &str,
    (encoding, abilities): (Encoding, EditAbilities),
) -> Result<WorkspaceEdit, String> {
    let view = document.view();
    let name = asked(document, &view, position, encoding);
    let name = name.ok_or("there is no character and no place here; put the cursor on a name")?;
    let new_name = new_name.split_whitespace().collect::<Vec<_>>().join(" ");
    check(document, &name, &new_name)?;
    let names = view.names(document);
    let is_called_so = |it: &Named| fold_name(&it.written) == fold_name(&name.written);
    let mut edits = Edits {
        abilities,
        files: Vec::new(),
    };
    for text in &scope.scripts {
        let found = occurrences(&text.script, names, &name).into_iter();
        let changes = found.filter(is_called_so).map(|it| {
            let range = range_of(&text.script, it.bytes.clone(), encoding);
            (TextEdit::new(range, spelled(&it, &new_name)), it.role)
        });
        edits.add(text.uri.clone(), text.version, changes.collect());
    }
    if let Some(entry) = entry_of(scope, &name) {
        let same = entry
            .names
            .iter()
            .filter(|it| fold_name(&it.0) == fold_name(&name.written));
        let changes = same.map(|(old, bytes)| {
            let range = range_of(&entry.text, bytes.clone(), encoding);
            let new = if is_upper(old) {
                new_name.to_uppercase()
            } else {
                new_name.clone()
            };
            (TextEdit::new(range, quoted(&new)), Role::Cue)
        });
        edits.add(entry.uri.clone(), entry.version, changes.collect());
    }
    Ok(edits.finish(&name.written, &new_name))
}

/// Whether a name can be given: it must stay what it is, and be nobody else's.
fn check(document: &Document, name: &Named, new_name: &str) -> Result<(), String> {
    let is_markup = |it: char| matches!(it, '.' | '!' | '@' | '>' | '~' | '#' | '=' | '[' | '/');
    if !new_name.chars().any(char::is_alphabetic) {
        return Err("a name has at least one letter".to_owned());
    }
    if new_name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("a name has at most {NAME_CHARS_MAX} characters"));
    }
    if new_name.starts_with(is_markup) || new_name.contains(['(', ')', '^', '*', '_']) {
        return Err(format!("{new_name} would mean something else in Fountain"));
    }
    if fold_name(new_name) == fold_name(&name.written) {
        return Ok(());
    }
    let film = document.view().film.clone();
    let bible = film.state.project.bible.of_kind(name.kind);
    let in_bible = bible
        .flat_map(|it| names_of(it))
        .any(|it| fold_name(it) == fold_name(new_name));
    let speaks = name.kind == EntryKind::Character
        && film.derived.speakers.contains_key(&fold_name(new_name));
    if in_bible || speaks {
        return Err(format!(
            "{new_name} is in the film already, and the two could not be told apart any more; \
             choose another name"
        ));
    }
    Ok(())
}

/// The new name as the old one was written there.
fn spelled(old: &Named, new_name: &str) -> String {
    if is_upper(&old.written) {
        return new_name.to_uppercase();
    }
    if new_name.chars().any(char::is_lowercase) {
        return new_name.to_owned();
    }
    let word = |it: &str| {
        let mut letters = it.chars();
        let first = letters.next().map(char::to_uppercase);
        first
            .into_iter()
            .flatten()
            .chain(letters.flat_map(char::to_lowercase))
            .collect::<String>()
    };
    new_name.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn is_upper(text: &str) -> bool {
    !text.chars().any(char::is_lowercase)
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

struct Edits {
    abilities: EditAbilities,
    files: Vec<TextDocumentEdit>,
}

impl Edits {
    fn add(&mut self, uri: Uri, version: Option<i32>, changes: Vec<(TextEdit, Role)>) {
        if changes.is_empty() {
            return;
        }
        let annotates = self.abilities.annotates;
        let edit = |(text_edit, role)| match (annotates, role) {
            (true, role) => OneOf::Right(AnnotatedTextEdit {
                text_edit,
                annotation_id: annotation(role).to_owned(),
            }),
            (false, _) => OneOf::Left(text_edit),
        };
        self.files.push(TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: changes.into_iter().map(edit).collect(),
        });
    }

    fn finish(self, old: &str, new: &str) -> WorkspaceEdit {
        let label = |what: &str, asks: bool| ChangeAnnotation {
            label: format!("{old} → {new} {what}"),
            needs_confirmation: Some(asks),
            description: None,
        };
        let annotations = HashMap::from([
            (
                annotation(Role::Cue).to_owned(),
                label("who speaks, and the bible", false),
            ),
            (
                annotation(Role::Heading).to_owned(),
                label("in headings", false),
            ),
            (
                annotation(Role::Mention).to_owned(),
                label("in the text", false),
            ),
        ]);
        WorkspaceEdit {
            changes: None,
            document_changes: Some(DocumentChanges::Edits(self.files)),
            change_annotations: self.abilities.annotates.then_some(annotations),
        }
    }
}

fn annotation(role: Role) -> &'static str {
    match role {
        Role::Cue => "cues",
        Role::Heading => "headings",
        Role::Mention => "mentions",
    }
}
