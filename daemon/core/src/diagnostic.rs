//! Diagnostics: what is wrong in the film's files.

use std::sync::Arc;

use imbl::OrdMap;
use storycore_schema::{
    Error, Event,
    diagnostic::{Diagnostic, DiagnosticEvent, ListDiagnostics},
};

use crate::{Decide, Env, Film, Query, handle::Decided};

/// What is wrong, by file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diagnostics {
    /// By file; a file without any is not in it.
    pub by_path: OrdMap<String, Arc<Vec<Diagnostic>>>,
}

impl Diagnostics {
    pub(crate) fn apply(&mut self, event: &DiagnosticEvent) {
        let DiagnosticEvent::FileChecked { path, diagnostics } = event;
        if diagnostics.is_empty() {
            self.by_path.remove(path);
        } else {
            self.by_path
                .insert(path.clone(), Arc::new(diagnostics.clone()));
        }
    }
}

impl Query for ListDiagnostics {
    fn answer(self, film: &Film) -> Result<Vec<Diagnostic>, Error> {
        let by_path = film.state.system.diagnostics.by_path.iter();
        Ok(by_path
            .filter(|(path, _)| self.path.as_ref().is_none_or(|only| only == *path))
            .flat_map(|(_, all)| all.iter().cloned())
            .collect())
    }
}

/// A file was looked at.
pub struct NoteDiagnostics {
    /// The file, relative to the film's folder.
    pub path: String,
    /// All that is wrong in it now.
    pub diagnostics: Vec<Diagnostic>,
}

impl Decide for NoteDiagnostics {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        let known = film.state.system.diagnostics.by_path.get(&self.path);
        let same = known.map_or(self.diagnostics.is_empty(), |it| **it == self.diagnostics);
        if same {
            return Ok(((), Vec::new()));
        }
        let NoteDiagnostics { path, diagnostics } = self;
        Ok((
            (),
            vec![Event::Diagnostic(DiagnosticEvent::FileChecked {
                path,
                diagnostics,
            })],
        ))
    }
}
