//! Which files on disk a change that is ours means.

use std::collections::BTreeSet;

use storycore_schema::{id::BlobId, project::Settings};

use crate::{GlobalState, bible::Bible};

/// The settings file.
const SETTINGS: &str = "storycore.toml";

/// One file that must be written or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWrite {
    /// The file, relative to the film's folder.
    pub path: String,
    /// Its bytes as the film knows them; absent when there is none.
    pub before: Option<BlobId>,
    /// Its bytes afterwards; absent when there is none.
    pub after: Option<BlobId>,
}

/// What must be written so that the files say what another state says, in the order of their names.
pub fn file_writes(now: &GlobalState, after: &GlobalState) -> Vec<FileWrite> {
    let (now, after) = (&now.project, &after.project);
    let scripts = now.screenplay.scripts.keys();
    let scripts = scripts.chain(after.screenplay.scripts.keys());
    let bible = now.bible.texts.keys().chain(after.bible.texts.keys());
    let settings = SETTINGS.to_owned();
    let workflows = now
        .workflows
        .by_path
        .keys()
        .chain(after.workflows.by_path.keys());
    let paths = scripts.chain(bible).chain(workflows).chain([&settings]);
    let paths: BTreeSet<&String> = paths.collect();
    let text = |project: &crate::state::Project, path: &String| {
        if *path == settings {
            return project.card.settings_text;
        }
        let script = project.screenplay.scripts.get(path).map(|it| it.hash);
        let bible = || project.bible.texts.get(path).copied();
        let workflow = || project.workflows.by_path.get(path).map(|it| it.text);
        script.or_else(bible).or_else(workflow)
    };
    // What an older daemon read and did not keep cannot be written; the file stays as it is.
    let is_kept = |path: &&String| {
        let card = &after.card;
        let is_unkept = if **path == settings {
            *card.settings != Settings::default()
        } else {
            after.bible.by_path.contains_key(*path)
        };
        text(after, path).is_some() || !is_unkept
    };
    let writes = paths.into_iter().filter(is_kept).map(|path| FileWrite {
        path: path.clone(),
        before: text(now, path),
        after: text(after, path),
    });
    let writes = writes.filter(|it| it.before != it.after);
    let mut writes: Vec<FileWrite> = writes
        .chain(picture_writes(&now.bible, &after.bible))
        .collect();
    writes.sort_by(|a, b| a.path.cmp(&b.path));
    writes
}

/// Pictures of the bible that both know, with other bytes. One that only one of them names is left
/// as it is on disk: it is a person's file, and the film need not have been told of it.
fn picture_writes(now: &Bible, after: &Bible) -> Vec<FileWrite> {
    let known = now.picture_files();
    let wanted = after.picture_files().into_iter();
    let writes = wanted.filter_map(|(path, bytes)| {
        let before = *known.get(path)?;
        (before != bytes).then(|| FileWrite {
            path: path.to_owned(),
            before: Some(before),
            after: Some(bytes),
        })
    });
    writes.collect()
}
