//! Diagnostics: what is wrong in the film's files.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use imbl::OrdMap;
use storycore_schema::{
    Error, Event,
    diagnostic::{Diagnostic, DiagnosticEvent, ListDiagnostics},
};

use crate::{Decide, Env, Film, Query, handle::Decided};

mod doubt;

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

/// All that is wrong in a file or doubtful about it; nothing if it is fine.
pub fn of_file(film: &Film, path: &str) -> Option<Vec<Diagnostic>> {
    let known = film.state.system.diagnostics.by_path.get(path);
    let known = known.map(|it| (**it).clone()).unwrap_or_default();
    let mut all: Vec<Diagnostic> = doubt::diagnostics(film, path);
    all.extend(known);
    all.sort_by_key(|it| (it.line, it.column));
    (!all.is_empty()).then_some(all)
}

/// All that is wrong in the film's files, by file.
pub fn all(film: &Film) -> BTreeMap<String, Vec<Diagnostic>> {
    let known = film.state.system.diagnostics.by_path.keys();
    let screenplay = &film.state.project.screenplay;
    let doubted = screenplay.doubts.keys();
    let doubted = doubted.filter_map(|id| screenplay.scenes.get(id));
    let paths: BTreeSet<&String> = known.chain(doubted.map(|it| &it.script)).collect();
    let listed = paths.into_iter().filter_map(|path| {
        let all = of_file(film, path)?;
        Some((path.clone(), all))
    });
    listed.collect()
}

impl Query for ListDiagnostics {
    fn answer(self, film: &Film) -> Result<Vec<Diagnostic>, Error> {
        let by_path = all(film).into_iter();
        Ok(by_path
            .filter(|(path, _)| self.path.as_ref().is_none_or(|only| only == path))
            .flat_map(|(_, all)| all)
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
