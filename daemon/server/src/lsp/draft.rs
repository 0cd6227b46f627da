//! An open text as others see it: what it says, what the film would be with it, and how another text
//! comes into its place.

use std::sync::{Arc, Weak};

use futures::future::{BoxFuture, FutureExt};
use storycore_schema::{Error, draft::DraftPreview, id::BlobId};
use tower_lsp_server::ls_types::{
    DocumentChanges, MessageType, OneOf, OptionalVersionedTextDocumentIdentifier, Range,
    TextDocumentEdit, TextEdit, WorkspaceEdit,
};

use super::{
    actions::plain,
    document::Document,
    documents::Shared,
    place::{Encoding, position_at},
};
use crate::drafts::OpenText;

/// A document of a session that may have ended.
pub(super) struct OpenDocument {
    pub(super) shared: Weak<Shared>,
    pub(super) client: Arc<str>,
    pub(super) document: Document,
}

impl OpenText for OpenDocument {
    fn text(&self) -> String {
        self.document.script.text()
    }

    fn saved(&self) -> Option<BlobId> {
        self.document.saved_hash()
    }

    fn is_conflict(&self) -> bool {
        self.document.is_conflict()
    }

    fn preview(&self) -> DraftPreview {
        let (revision, patch) = self.document.view().patch();
        DraftPreview {
            client: self.client.to_string(),
            path: self.document.path.clone(),
            revision,
            patch,
        }
    }

    fn replace(&self, text: String) -> BoxFuture<'static, Result<(), Error>> {
        let (shared, document) = (self.shared.clone(), self.document.clone());
        async move {
            let Some(shared) = shared.upgrade() else {
                return Err(refused(&document, "its editor is gone"));
            };
            let editor = shared.editor();
            let mut edit = replacing(&document, &text, editor.encoding);
            if !editor.edits.versions {
                plain(&mut edit);
            }
            match shared.client.apply_edit(edit).await {
                Ok(answer) if answer.applied => Ok(()),
                Ok(answer) => {
                    let why = answer.failure_reason;
                    let why = why.unwrap_or_else(|| "its editor did not take it".to_owned());
                    Err(refused(&document, &why))
                }
                Err(error) => Err(refused(&document, &error.message)),
            }
        }
        .boxed()
    }

    fn kept(&self, kept: Result<(), String>) -> BoxFuture<'static, ()> {
        let shared = self.shared.upgrade();
        let news = shared.filter(|it| it.is_news(&self.document, kept.is_err()));
        async move {
            if let (Some(shared), Err(why)) = (news, kept) {
                shared.client.show_message(MessageType::WARNING, why).await;
            }
        }
        .boxed()
    }
}

fn refused(document: &Document, why: &str) -> Error {
    let message = format!(
        "{} is open, and could not be changed there: {why}",
        document.path
    );
    Error::failed_precondition(message).hint("save or close it in the editor, then try again")
}

/// What makes a document say another text: one edit, of only what differs.
pub(super) fn replacing(document: &Document, text: &str, encoding: Encoding) -> WorkspaceEdit {
    let script = &document.script;
    let old = script.text();
    let start = same_start(&old, text);
    let end = same_end(&old[start..], &text[start..]);
    let range = Range::new(
        position_at(script, start, encoding),
        position_at(script, old.len() - end, encoding),
    );
    let new = text[start..text.len() - end].to_owned();
    let edit = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            uri: document.uri.clone(),
            version: Some(document.version),
        },
        edits: vec![OneOf::Left(TextEdit::new(range, new))],
    };
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(vec![edit])),
        ..WorkspaceEdit::default()
    }
}

/// How much of two texts is the same from the start, in bytes: whole lines, so that no letter and no
/// line end is cut in two.
fn same_start(a: &str, b: &str) -> usize {
    let both = a.split_inclusive('\n').zip(b.split_inclusive('\n'));
    let same = both.take_while(|(a, b)| a == b && a.ends_with('\n'));
    same.map(|(line, _)| line.len()).sum()
}

/// The same, from the end.
fn same_end(a: &str, b: &str) -> usize {
    let both = a
        .split_inclusive('\n')
        .rev()
        .zip(b.split_inclusive('\n').rev());
    let same = both.take_while(|(a, b)| a == b);
    same.map(|(line, _)| line.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_are_the_same() {
        let ends = |a: &str, b: &str| {
            let start = same_start(a, b);
            (start, same_end(&a[start..], &b[start..]))
        };
        assert_eq!(ends("a\nb\nc\n", "a\nx\nc\n"), (2, 2));
        assert_eq!(ends("a\nb", "a\nb\nc"), (2, 0));
        assert_eq!(ends("a\na\n", "a\na\na\n"), (4, 0));
        assert_eq!(ends("é\n", "è\n"), (0, 0));
        assert_eq!(ends("", "a"), (0, 0));
        assert_eq!(ends("b\nc", "a\nb\nc"), (0, 3));
    }
}
