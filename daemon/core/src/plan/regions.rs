//! The parts of the film that must be looked at: runs of scenes whose text changed, and single
//! scenes whose words mean something else now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    craft::TimeOfDay,
    id::{BlobId, SceneId, ShotId},
    scene::SceneRecord,
};

use super::Planning;
use crate::{
    Film,
    breakdown::{self, PlannedShot},
    fountain::{Block, Script},
    identity::Portrait,
    plan::names::Sought,
    screenplay::ScriptFile,
};

/// A run of scenes in one file.
pub(super) struct Region<'a> {
    pub(super) path: &'a str,
    /// Hash and size of the file now; absent when it is gone.
    pub(super) hash: Option<BlobId>,
    pub(super) bytes: u64,
    /// The first block, if it is no scene: its bytes come before the first scene.
    pub(super) prelude: Option<Arc<Block>>,
    /// The block with the title page, which may be a scene, too.
    pub(super) title_page: Option<Arc<Block>>,
    /// Its place in the old order and the new one.
    pub(super) at: usize,
    pub(super) old: Vec<Arc<SceneRecord>>,
    pub(super) new: Vec<NewScene>,
    /// The light of the scene before.
    pub(super) time_before: Option<TimeOfDay>,
    /// Whether only the meaning of the words changed.
    pub(super) is_same_text: bool,
}

/// A scene of the new text.
pub(super) struct NewScene {
    pub(super) block: Arc<Block>,
    pub(super) shots: Vec<PlannedShot>,
    pub(super) time: Option<TimeOfDay>,
}

impl NewScene {
    fn new(block: &Arc<Block>) -> NewScene {
        NewScene {
            block: block.clone(),
            shots: Vec::new(),
            time: None,
        }
    }

    fn number(&self) -> Option<String> {
        self.block.heading.as_ref().and_then(|it| it.number.clone())
    }

    /// Hash of its text.
    pub(super) fn text(&self) -> BlobId {
        BlobId(self.block.hash())
    }

    /// The heading as people read it: without the number and the `.` that forces it.
    pub(super) fn heading(&self) -> String {
        let Some(heading) = &self.block.heading else {
            return String::new();
        };
        let line = if heading.forced {
            heading.raw.trim_start_matches('.')
        } else {
            &heading.raw
        };
        let number = heading.number.as_ref().map(|number| format!("#{number}#"));
        let line = number.map_or(line.to_owned(), |number| line.replace(&number, ""));
        line.trim().to_owned()
    }

    pub(super) fn portrait(&self) -> Portrait {
        let lines = self.shots.iter().flat_map(|it| &it.lines);
        Portrait::new(
            BlobId(self.block.hash()),
            self.number(),
            &self.heading(),
            lines,
        )
    }

    pub(super) fn record(&self, id: SceneId, path: &str, shots: Vec<ShotId>) -> SceneRecord {
        let heading = self.block.heading.as_ref();
        SceneRecord {
            id,
            script: path.to_owned(),
            heading: self.heading(),
            written_number: self.number(),
            setting: heading.and_then(|it| it.setting),
            location: heading.map(|it| it.location.clone()).unwrap_or_default(),
            time_of_day: self.time,
            bytes: u32::try_from(self.block.text.len()).unwrap_or(u32::MAX),
            lines: self.block.n_lines,
            text: self.text(),
            shots,
        }
    }
}

/// One region for each file that changed.
pub(super) fn regions<'a>(planning: &'a Planning<'_>) -> Vec<Region<'a>> {
    let regions = planning.edits.iter().map(|edit| {
        let known = planning
            .film
            .state
            .project
            .screenplay
            .scripts
            .get(&edit.path);
        let known = known.map(AsRef::as_ref);
        match &edit.after {
            Some(text) => changed(planning.film, &edit.path, text, known),
            None => Region {
                old: records(planning.film, known, 0, usize::MAX),
                ..gone(&edit.path)
            },
        }
    });
    regions.collect()
}

fn gone(path: &str) -> Region<'_> {
    Region {
        path,
        hash: None,
        bytes: 0,
        prelude: None,
        title_page: None,
        at: 0,
        old: Vec::new(),
        new: Vec::new(),
        time_before: None,
        is_same_text: false,
    }
}

fn records(
    film: &Film,
    known: Option<&ScriptFile>,
    from: usize,
    to: usize,
) -> Vec<Arc<SceneRecord>> {
    let order = known.into_iter().flat_map(|it| it.order.iter());
    let scenes = order.skip(from).take(to.saturating_sub(from));
    scenes
        .filter_map(|id| film.state.project.screenplay.scenes.get(id))
        .cloned()
        .collect()
}

/// The part of a file that is left when equal scenes at both ends are taken away.
fn changed<'a>(
    film: &Film,
    path: &'a str,
    text: &super::NewText,
    known: Option<&ScriptFile>,
) -> Region<'a> {
    let blocks = text.script.blocks();
    let skip = usize::from(has_silent_prelude(&text.script));
    let (n_old, n_new) = (known.map_or(0, |it| it.order.len()), blocks.len() - skip);
    // What another version of the parser read is read anew, whatever its text.
    let read_by_us = known.is_some_and(|it| it.parser == super::PARSER_VERSION);
    let same = |old: usize, new: usize| {
        let id = known
            .filter(|_| read_by_us)
            .and_then(|it| it.order.get(old));
        let record = id.and_then(|id| film.state.project.screenplay.scenes.get(id));
        record.is_some_and(|it| it.text.0 == blocks[new + skip].hash())
    };
    let (hint_start, hint_end) = hints(text, known, skip, n_old, n_new);
    let mut at = hint_start;
    while at < n_old.min(n_new) && same(at, at) {
        at += 1;
    }
    let mut tail = hint_end;
    while tail < (n_old - at).min(n_new - at) && same(n_old - 1 - tail, n_new - 1 - tail) {
        tail += 1;
    }
    let mut tail = tail.min(n_old - at).min(n_new - at);
    // Of doubles that stand together the last is not known to be the one that was there.
    let is_double = |new: usize| blocks[new + skip].hash() == blocks[new + skip - 1].hash();
    while tail > 0 && n_new - tail > at && is_double(n_new - tail) {
        tail -= 1;
    }
    let new = blocks.iter().skip(at + skip).take(n_new - tail - at);
    Region {
        hash: Some(text.hash),
        bytes: text.script.len() as u64,
        prelude: blocks.front().filter(|_| skip == 1).cloned(),
        title_page: blocks.front().filter(|it| it.heading.is_none()).cloned(),
        at,
        old: records(film, known, at, n_old - tail),
        new: new.map(NewScene::new).collect(),
        time_before: time_before(film, known, at),
        ..gone(path)
    }
}

/// How many scenes at both ends are known to be the same without looking: the parser kept their
/// blocks. Only sound while the prelude is what it was.
fn hints(
    text: &super::NewText,
    known: Option<&ScriptFile>,
    skip: usize,
    n_old: usize,
    n_new: usize,
) -> (usize, usize) {
    let Some(edited) = text.edited.as_ref().filter(|it| {
        known.is_some_and(|it| it.parser == super::PARSER_VERSION) && it.new.start > 0
    }) else {
        return (0, 0);
    };
    let start = edited.new.start.saturating_sub(skip).min(n_old).min(n_new);
    let end = text.script.blocks().len().saturating_sub(edited.new.end);
    (start, end.min(n_old - start).min(n_new - start))
}

/// Whether the text begins with a block that shows nothing: a title page, notes.
pub(super) fn has_silent_prelude(script: &Script) -> bool {
    let first = script.blocks().front();
    first.is_some_and(|it| it.heading.is_none() && breakdown::is_silent(it))
}

fn time_before(film: &Film, known: Option<&ScriptFile>, at: usize) -> Option<TimeOfDay> {
    let before = known?.order.get(at.checked_sub(1)?)?;
    film.state
        .project
        .screenplay
        .scenes
        .get(before)?
        .time_of_day
}

/// Adds the scenes elsewhere that mention one of these names: they are broken down anew.
pub(super) fn add_mentioning<'a>(
    planning: &'a Planning<'_>,
    regions: &mut Vec<Region<'a>>,
    changed_names: &BTreeSet<String>,
) {
    if changed_names.is_empty() {
        return;
    }
    let sought = Sought::new(changed_names);
    let shots = planning.film.state.project.screenplay.shots.values();
    let mentioning = shots.filter(|shot| sought.are_in_shot(shot));
    let ids: BTreeSet<SceneId> = mentioning.map(|shot| shot.scene).collect();
    add_scenes(planning, regions, |id, block| {
        ids.contains(&id) || sought.are_in_notes(block)
    });
}

/// Adds the scenes after a region whose heading says `LATER` or its like, if their light changes.
pub(super) fn add_relative_times<'a>(planning: &'a Planning<'_>, regions: &mut Vec<Region<'a>>) {
    let mut ids = BTreeSet::new();
    for region in regions
        .iter()
        .filter(|it| !it.is_same_text && it.hash.is_some())
    {
        let Some(script) = script_of(planning, region.path) else {
            continue;
        };
        let skip = usize::from(has_silent_prelude(script));
        let mut time = region.new.iter().fold(region.time_before, |time, scene| {
            scene
                .block
                .heading
                .as_ref()
                .and_then(|it| breakdown::time_of_day(it, time))
        });
        let known = planning
            .film
            .state
            .project
            .screenplay
            .scripts
            .get(region.path);
        let after = known.into_iter().flat_map(|it| it.order.iter());
        let mut after = after.skip(region.at + region.old.len());
        for block in script
            .blocks()
            .iter()
            .skip(skip + region.at + region.new.len())
        {
            let record = after
                .next()
                .and_then(|id| planning.film.state.project.screenplay.scenes.get(id));
            let (Some(heading), Some(record)) = (&block.heading, record) else {
                break;
            };
            time = breakdown::time_of_day(heading, time);
            if record.time_of_day == time {
                break;
            }
            ids.insert(record.id);
        }
    }
    add_scenes(planning, regions, |id, _| ids.contains(&id));
}

/// Adds scenes whose text is the same, if they are wanted.
fn add_scenes<'a>(
    planning: &'a Planning<'_>,
    regions: &mut Vec<Region<'a>>,
    wanted: impl Fn(SceneId, &Block) -> bool,
) {
    let covered: BTreeSet<SceneId> = regions
        .iter()
        .flat_map(|it| &it.old)
        .map(|it| it.id)
        .collect();
    for (path, known) in &planning.film.state.project.screenplay.scripts {
        let Some(script) = script_of(planning, path) else {
            continue;
        };
        let shifts = shifts(regions, path);
        let skip = usize::from(has_silent_prelude(script));
        for (at, id) in known.order.iter().enumerate() {
            if covered.contains(id) {
                continue;
            }
            let block_idx = shifts.iter().fold(at, |at, (from, by)| {
                if at >= *from {
                    at.saturating_add_signed(*by)
                } else {
                    at
                }
            });
            let block = script.blocks().get(block_idx + skip);
            let Some(block) = block.filter(|it| wanted(*id, it)) else {
                continue;
            };
            regions.push(Region {
                at,
                old: records(planning.film, Some(known), at, at + 1),
                new: vec![NewScene::new(block)],
                time_before: time_before_block(planning, known, script, block_idx + skip),
                is_same_text: true,
                ..gone(path_of(planning, path))
            });
        }
    }
}

/// The light before a block of the new text: from its neighbor's heading, or from further back.
fn time_before_block(
    planning: &Planning<'_>,
    known: &ScriptFile,
    script: &Script,
    block_idx: usize,
) -> Option<TimeOfDay> {
    let mut relative = Vec::new();
    for idx in (0..block_idx).rev() {
        let heading = script.blocks().get(idx)?.heading.as_ref()?;
        relative.push(heading);
        if heading.time_of_day.is_some() || heading.time.is_empty() {
            break;
        }
    }
    let first = relative
        .last()
        .is_none_or(|it| it.time_of_day.is_none() && !it.time.is_empty());
    let start = if first {
        time_before(planning.film, Some(known), 0)
    } else {
        None
    };
    relative
        .into_iter()
        .rev()
        .fold(start, |time, heading| breakdown::time_of_day(heading, time))
}

/// By how much scenes at and after a place have moved in the new text.
fn shifts(regions: &[Region<'_>], path: &str) -> BTreeMap<usize, isize> {
    let mine = regions
        .iter()
        .filter(|it| it.path == path && !it.is_same_text);
    mine.map(|it| {
        let moved = it.new.len().cast_signed() - it.old.len().cast_signed();
        (it.at + it.old.len(), moved)
    })
    .collect()
}

fn script_of<'a>(planning: &'a Planning<'_>, path: &str) -> Option<&'a Script> {
    let edit = planning.edits.iter().find(|it| it.path == path);
    match edit {
        Some(edit) => edit.after.as_ref().map(|it| &it.script),
        None => planning.others.get(path),
    }
}

fn path_of<'a>(planning: &'a Planning<'_>, path: &str) -> &'a str {
    let edited = planning.edits.iter().map(|it| it.path.as_str());
    let others = planning.others.keys().map(String::as_str);
    edited
        .chain(others)
        .find(|it| *it == path)
        .unwrap_or_default()
}
