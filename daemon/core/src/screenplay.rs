//! The screenplay as the state keeps it: scripts with their order of scenes, scenes, shots, and
//! the unplaced tray.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error,
    id::{BlobId, SceneId, ShotId},
    scene::SceneRecord,
    script::{
        FileChange, SceneDoubt, SceneMatch, SceneSplice, ScriptChange, ScriptEvent, TitlePageEntry,
    },
    shot::ShotRecord,
};

mod between;
mod correction;
mod earlier;

pub use between::between;
pub use correction::correction_back;
pub use earlier::{EarlierText, EarlierTexts};

/// Scripts, scenes and shots.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Screenplay {
    /// The scripts by file; the order of file names is the order of the film.
    pub scripts: OrdMap<String, Arc<ScriptFile>>,
    /// Scenes that have a place.
    pub scenes: OrdMap<SceneId, Arc<SceneRecord>>,
    /// Shots that have a place.
    pub shots: OrdMap<ShotId, Arc<ShotRecord>>,
    /// Scenes that have lost their place, and keep everything.
    pub unplaced_scenes: OrdMap<SceneId, Arc<SceneRecord>>,
    /// Shots that have lost their place, and keep everything.
    pub unplaced_shots: OrdMap<ShotId, Arc<ShotRecord>>,
    /// Scenes whose match may be wrong, until somebody says so or says not.
    pub doubts: OrdMap<SceneId, Arc<SceneDoubt>>,
}

/// One script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScriptFile {
    /// Hash of its bytes.
    pub hash: BlobId,
    /// Its size in bytes.
    pub bytes: u64,
    /// Version of the parser and breakdown that read it.
    pub parser: u32,
    /// Bytes before its first scene.
    pub prelude_bytes: u32,
    /// Line ends before its first scene.
    pub prelude_lines: u32,
    /// Its title page.
    pub title_page: Arc<Vec<TitlePageEntry>>,
    /// Its scenes, in order.
    pub order: Vector<SceneId>,
}

impl Screenplay {
    /// A scene that has a place.
    pub fn scene(&self, id: SceneId) -> Result<&Arc<SceneRecord>, Error> {
        let missing = || Error::not_found("scene", id).hint("list scenes with scene/list");
        self.scenes.get(&id).ok_or_else(missing)
    }

    /// A shot that has a place.
    pub fn shot(&self, id: ShotId) -> Result<&Arc<ShotRecord>, Error> {
        let missing = || Error::not_found("shot", id).hint("list shots with shot/list");
        self.shots.get(&id).ok_or_else(missing)
    }

    /// A shot, placed or not.
    pub fn any_shot(&self, id: ShotId) -> Result<&Arc<ShotRecord>, Error> {
        self.shot(id)
            .or_else(|missing| self.unplaced_shots.get(&id).ok_or(missing))
    }

    /// The scenes in the order of the film.
    pub fn scenes_in_order(&self) -> impl Iterator<Item = &Arc<SceneRecord>> {
        let ids = self.scripts.values().flat_map(|script| script.order.iter());
        ids.filter_map(|id| self.scenes.get(id))
    }

    /// The shots of a scene, in order.
    pub fn shots_of<'a>(
        &'a self,
        scene: &'a SceneRecord,
    ) -> impl Iterator<Item = &'a Arc<ShotRecord>> {
        scene.shots.iter().filter_map(|id| self.shots.get(id))
    }

    /// The shots of a scene that may have lost its place, without those that another scene has now.
    pub(crate) fn own_shots<'a>(
        &'a self,
        scene: &'a SceneRecord,
    ) -> impl Iterator<Item = &'a Arc<ShotRecord>> {
        let shots = scene.shots.iter().filter_map(|id| self.any_shot(*id).ok());
        shots.filter(|shot| shot.scene == scene.id)
    }

    /// The value of a title page's key, upper or lower case, in the first script that has it.
    pub fn title_page_entry(&self, key: &str) -> Option<&str> {
        let entries = self
            .scripts
            .values()
            .flat_map(|script| script.title_page.iter());
        let mut found = entries.filter(|entry| entry.key.eq_ignore_ascii_case(key));
        found.next().map(|entry| entry.value.as_str())
    }

    pub(crate) fn take_in(&mut self, event: ScriptEvent) {
        match event {
            ScriptEvent::Changed { change } => self.change(*change),
            ScriptEvent::Corrected { correction } => self.correct(*correction),
        }
    }

    fn change(&mut self, mut change: ScriptChange) {
        let doubts = change.matches.iter().filter(|it| it.doubtful);
        let doubts: Vec<_> = doubts.map(|found| self.doubt(found)).collect();
        self.place(&mut change);
        self.unplace(&change);
        for file in change.files {
            self.apply_file(file);
        }
        for doubt in doubts {
            self.doubts.insert(doubt.found.scene, Arc::new(doubt));
        }
    }

    /// A doubtful match, with what its scene is before it takes place.
    fn doubt(&self, found: &SceneMatch) -> SceneDoubt {
        let before = self.scenes.get(&found.scene);
        let before = before.or_else(|| self.unplaced_scenes.get(&found.scene));
        let shots = before.into_iter().flat_map(|it| self.own_shots(it));
        SceneDoubt {
            found: found.clone(),
            shots: shots.map(|it| (**it).clone()).collect(),
            before: before.map(|it| (**it).clone()),
        }
    }

    /// Gives a shot its place whose record comes later.
    pub(crate) fn place_unread(&mut self, id: ShotId, stand_in: &Arc<ShotRecord>) {
        self.unplaced_shots.remove(&id);
        self.shots.insert(id, stand_in.clone());
    }

    /// Where a shot's record belongs, if something stands in for it: placed, or in the tray.
    pub(crate) fn unread(
        &mut self,
        id: ShotId,
        stand_in: &Arc<ShotRecord>,
    ) -> Option<&mut Arc<ShotRecord>> {
        let placed = self.shots.get_mut(&id);
        let found = placed.or_else(|| self.unplaced_shots.get_mut(&id))?;
        Arc::ptr_eq(found, stand_in).then_some(found)
    }

    fn place(&mut self, change: &mut ScriptChange) {
        for scene in change.scenes.drain(..) {
            self.unplaced_scenes.remove(&scene.id);
            self.scenes.insert(scene.id, Arc::new(scene));
        }
        for shot in change.shots.drain(..) {
            self.unplaced_shots.remove(&shot.id);
            self.shots.insert(shot.id, Arc::new(shot));
        }
    }

    fn unplace(&mut self, change: &ScriptChange) {
        for id in &change.unplaced_scenes {
            if let Some(scene) = self.scenes.remove(id) {
                self.unplaced_scenes.insert(*id, scene);
            }
        }
        for id in &change.unplaced_shots {
            if let Some(shot) = self.shots.remove(id) {
                self.unplaced_shots.insert(*id, shot);
            }
        }
        for id in &change.dropped_scenes {
            self.scenes.remove(id);
        }
        // What has no place cannot have a wrong one.
        for id in change.unplaced_scenes.iter().chain(&change.dropped_scenes) {
            self.doubts.remove(id);
        }
        for id in &change.dropped_shots {
            self.shots.remove(id);
        }
    }

    fn apply_file(&mut self, file: FileChange) {
        let Some(hash) = file.after else {
            self.scripts.remove(&file.path);
            return;
        };
        let known = self.scripts.get(&file.path).map(|it| it.order.clone());
        let order = spliced(known.unwrap_or_default(), &file.order);
        let script = ScriptFile {
            hash,
            bytes: file.bytes,
            parser: file.parser,
            prelude_bytes: file.prelude_bytes,
            prelude_lines: file.prelude_lines,
            title_page: Arc::new(file.title_page),
            order,
        };
        self.scripts.insert(file.path, Arc::new(script));
    }
}

/// The list with a part taken out and another put in. What does not fit is cut to the list's end.
pub fn spliced(mut list: Vector<SceneId>, splice: &SceneSplice) -> Vector<SceneId> {
    let at = (splice.at as usize).min(list.len());
    let end = (at + splice.remove as usize).min(list.len());
    // Most edits leave as many scenes as there were, and most of those the same ones.
    if end - at == splice.insert.len() {
        for (idx, id) in (at..).zip(&splice.insert) {
            if list.get(idx) != Some(id) {
                list.set(idx, *id);
            }
        }
        return list;
    }
    let tail = list.split_off(end);
    list.truncate(at);
    list.append(splice.insert.iter().copied().collect());
    list.append(tail);
    list
}
