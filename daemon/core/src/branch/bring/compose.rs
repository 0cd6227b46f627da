//! Puts the text of scenes into scripts: every other scene keeps its bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    Error, ErrorKind,
    id::{BlobId, SceneId},
    scene::SceneRecord,
};

use super::Texts;
use crate::{
    fountain::Script,
    screenplay::{Screenplay, ScriptFile},
};

/// Where in its script a scene stands, in bytes.
fn place_of(screenplay: &Screenplay, file: &ScriptFile, id: SceneId) -> Option<(usize, usize)> {
    let mut start = file.prelude_bytes as usize;
    for scene in file.order.iter().filter_map(|it| screenplay.scenes.get(it)) {
        let end = start + scene.bytes as usize;
        if scene.id == id {
            return Some((start, end));
        }
        start = end;
    }
    None
}

/// The text of a scene that has a place.
pub(super) fn text_of_scene<'a>(
    screenplay: &Screenplay,
    texts: &'a Texts,
    id: SceneId,
) -> Option<&'a str> {
    let scene = screenplay.scenes.get(&id)?;
    let file = screenplay.scripts.get(&scene.script)?;
    let (start, end) = place_of(screenplay, file, id)?;
    texts.get(&file.hash)?.get(start..end)
}

/// Scripts in the making.
pub(super) struct Composer<'a> {
    after: Screenplay,
    texts: &'a Texts,
    /// The scenes of each script as it was, with their lengths in bytes.
    was: BTreeMap<String, Vec<(SceneId, usize)>>,
    /// Texts of scenes that are other than they were.
    put: BTreeMap<SceneId, String>,
    /// Scripts with other scenes or other text.
    touched: BTreeSet<String>,
}

impl<'a> Composer<'a> {
    pub(super) fn new(now: &Screenplay, texts: &'a Texts) -> Composer<'a> {
        let lengths = |(path, file): (&String, &Arc<ScriptFile>)| {
            let scenes = file.order.iter().filter_map(|it| now.scenes.get(it));
            (
                path.clone(),
                scenes.map(|it| (it.id, it.bytes as usize)).collect(),
            )
        };
        Composer {
            after: now.clone(),
            texts,
            was: now.scripts.iter().map(lengths).collect(),
            put: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Gives a scene the text, the record and the shots that it has elsewhere. One that has no
    /// place gets one after the last of those `before` it that has one.
    pub(super) fn put(
        &mut self,
        before: &[SceneId],
        there: &Screenplay,
        id: SceneId,
        text: &str,
    ) -> Result<(), Error> {
        let Some(record) = there.scenes.get(&id) else {
            return Ok(());
        };
        let path = match self.after.scenes.get(&id) {
            Some(known) => known.script.clone(),
            None => self.insert(before, record)?,
        };
        let scene = SceneRecord {
            script: path.clone(),
            ..(**record).clone()
        };
        for shot in there.shots_of(record) {
            self.free(there, id, shot.id)?;
            self.after.unplaced_shots.remove(&shot.id);
            self.after.shots.insert(shot.id, shot.clone());
        }
        let known = self.after.scenes.insert(id, Arc::new(scene));
        for left in known.iter().flat_map(|it| &it.shots) {
            if !record.shots.contains(left) {
                self.after.shots.remove(left);
            }
        }
        self.after.unplaced_scenes.remove(&id);
        self.after.doubts.remove(&id);
        self.put.insert(id, text.to_owned());
        self.touched.insert(path);
        Ok(())
    }

    /// A shot cannot be in two scenes.
    fn free(
        &self,
        there: &Screenplay,
        id: SceneId,
        shot: storycore_schema::id::ShotId,
    ) -> Result<(), Error> {
        let Some(known) = self.after.shots.get(&shot).filter(|it| it.scene != id) else {
            return Ok(());
        };
        let heading = |screenplay: &Screenplay, id| {
            let scene = screenplay.scenes.get(&id);
            scene.map(|it| it.heading.clone()).unwrap_or_default()
        };
        let message = format!(
            "a shot of “{}” in the branch is in “{}” here",
            heading(there, id),
            heading(&self.after, known.scene)
        );
        Err(Error::new(ErrorKind::Conflict, message).hint("bring both scenes back, or neither"))
    }

    fn insert(&mut self, before: &[SceneId], scene: &SceneRecord) -> Result<String, Error> {
        let scripts = &self.after.scripts;
        let found = before.iter().rev().find_map(|it| {
            let mut files = scripts.iter();
            files.find_map(|(path, file)| Some((path.clone(), file.order.index_of(it)? + 1)))
        });
        let own = || {
            scripts
                .contains_key(&scene.script)
                .then(|| scene.script.clone())
        };
        let first = || scripts.keys().next().cloned();
        let (path, at) = match found {
            Some(found) => found,
            None => match own().or_else(first) {
                Some(path) => (path, 0),
                None => {
                    return Err(Error::failed_precondition("the film has no script")
                        .hint("write one with a scene in it, then bring scenes back"));
                }
            },
        };
        if let Some(file) = self.after.scripts.get_mut(&path) {
            Arc::make_mut(file).order.insert(at, scene.id);
        }
        Ok(path)
    }

    /// The screenplay with every script written anew that has to be.
    pub(super) fn finish(mut self, new_texts: &mut Vec<String>) -> Result<Screenplay, Error> {
        for path in std::mem::take(&mut self.touched) {
            new_texts.push(self.write(&path)?);
        }
        Ok(self.after)
    }

    fn write(&mut self, path: &str) -> Result<String, Error> {
        let missing = || {
            Error::failed_precondition(format!("the text of {path} is not among what was kept"))
                .hint("nothing was changed; storycore doctor looks for what is missing")
        };
        let file = self.after.scripts.get(path).cloned().ok_or_else(missing)?;
        let old = self.texts.get(&file.hash).ok_or_else(missing)?;
        let parts = self.parts(path, &file, old).ok_or_else(missing)?;
        let text: String = parts.concat();
        let script = Script::parse(&text);
        let blocks = script.blocks();
        // A comment that does not end, or a heading that is none here, would swallow a neighbor.
        let fits = blocks.len() == parts.len()
            && blocks
                .iter()
                .zip(&parts)
                .all(|(block, part)| *block.text == **part);
        if !fits {
            let message = format!("the scenes do not stay apart in {path}");
            return Err(Error::failed_precondition(message).hint(
                "end comments with */ and notes with ]] in the branch, then bring it back again",
            ));
        }
        let skip = parts.len() - file.order.len();
        for (id, block) in file.order.iter().zip(blocks.iter().skip(skip)) {
            if let Some(scene) = self.after.scenes.get_mut(id) {
                let record = SceneRecord {
                    bytes: u32::try_from(block.text.len()).unwrap_or(u32::MAX),
                    lines: block.n_lines,
                    text: BlobId(block.hash()),
                    ..(**scene).clone()
                };
                if record != **scene {
                    *scene = Arc::new(record);
                }
            }
        }
        let written = ScriptFile {
            hash: BlobId(*blake3::hash(text.as_bytes()).as_bytes()),
            bytes: text.len() as u64,
            ..(*file).clone()
        };
        self.after
            .scripts
            .insert(path.to_owned(), Arc::new(written));
        Ok(text)
    }

    /// What stands before the scenes, if anything, and then each scene; with a blank line between
    /// two where there is none.
    fn parts(&self, path: &str, file: &ScriptFile, old: &str) -> Option<Vec<String>> {
        let mut at = file.prelude_bytes as usize;
        let prelude = old.get(..at)?;
        let mut parts: Vec<String> = Vec::new();
        if !prelude.is_empty() {
            parts.push(prelude.to_owned());
        }
        let line_end = if old.contains("\r\n") { "\r\n" } else { "\n" };
        let mut old_places = BTreeMap::new();
        for (id, bytes) in self.was.get(path)?.iter().copied() {
            old_places.insert(id, at..at + bytes);
            at += bytes;
        }
        for (idx, id) in file.order.iter().enumerate() {
            let text = match self.put.get(id) {
                Some(text) => text.clone(),
                None => old.get(old_places.get(id)?.clone())?.to_owned(),
            };
            if idx > 0
                && let Some(before) = parts.last_mut()
            {
                separate(before, line_end);
            }
            parts.push(text);
        }
        Some(parts)
    }
}

/// Ends a text with a blank line, as a heading wants it.
fn separate(text: &mut String, line_end: &str) {
    if !text.ends_with('\n') {
        text.push_str(line_end);
    }
    let without = text.strip_suffix('\n').unwrap_or(text);
    let without = without.strip_suffix('\r').unwrap_or(without);
    if !without.ends_with('\n') && !without.is_empty() {
        text.push_str(line_end);
    }
}
