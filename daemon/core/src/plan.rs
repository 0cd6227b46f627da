//! From new text to one event: which scenes and shots it holds, which of the old they are, what
//! has lost its place. Runs outside the film's owner, on a film it has published; the result comes
//! back as [`CommitScript`], which is refused if the film has gone on meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    Error, Event,
    id::{BlobId, SceneId, ShotId},
    scene::SceneRecord,
    script::{
        ChangeCause, FileChange, MatchKind, SceneMatch, SceneSplice, ScriptChange, ScriptEvent,
        TitlePageEntry,
    },
};

use crate::{
    Decide, Env, Film,
    breakdown::{self, BreakdownContext},
    fountain::{Block, Edited, Script},
    handle::Decided,
    identity::{self, Decision, Matches, Portrait, Renames},
    screenplay::EarlierText,
};

mod cast;
mod names;
mod problems;
mod regions;
mod shots;

pub use cast::{Cast, Unknown};
pub use names::known_names;
pub use problems::{ReadNotes, problems, problems_again};
use regions::{NewScene, Region};
use shots::{NewFamilyMember, ShotPlan};

/// Version of the parser, the breakdown and the matching. When it differs from the one that read a
/// file, the file is read again when the film opens.
pub const PARSER_VERSION: u32 = 1;

/// A file that changed.
pub struct ScriptEdit {
    /// The file, relative to the film's folder.
    pub path: String,
    /// What it says now; absent when the file is gone.
    pub after: Option<NewText>,
}

/// The new text of a file.
pub struct NewText {
    /// The text, parsed.
    pub script: Script,
    /// Hash of its bytes.
    pub hash: BlobId,
    /// Which blocks are other than in the text the film holds; absent when that is not known.
    pub edited: Option<Edited>,
}

/// What a change is planned from.
pub struct Planning<'a> {
    /// The film as it was published.
    pub film: &'a Film,
    /// The files that changed.
    pub edits: Vec<ScriptEdit>,
    /// The other files of the film, parsed.
    pub others: &'a BTreeMap<String, Script>,
    /// Names that the bible has added, changed or removed, folded.
    pub renamed: BTreeSet<String>,
    /// Why.
    pub cause: ChangeCause,
}

/// Plans a change. Its cost grows with the scenes that changed.
pub fn plan(planning: &Planning<'_>, env: &mut Env<'_>) -> ScriptChange {
    let mut regions = regions::regions(planning);
    let bible = names::of_bible(&planning.film.state.project.bible);
    let speakers = names::speakers(planning, &regions, &bible);
    let names = names::known(planning, bible, &speakers);
    let changed_names = names::changed(planning, speakers);
    regions::add_mentioning(planning, &mut regions, &changed_names);
    regions::add_relative_times(planning, &mut regions);
    let mut plan = Plan::new(planning, names);
    plan.break_down(&mut regions);
    plan.match_scenes(&regions);
    plan.settle(&regions, env);
    plan.finish(&regions)
}

/// Work in progress.
struct Plan<'a> {
    film: &'a Film,
    cause: ChangeCause,
    names: breakdown::Names,
    /// What was decided about each new scene, over all regions in order.
    found: Vec<SceneFound>,
    /// Words that were replaced by another throughout.
    renames: Renames,
    shots: ShotPlan<'a>,
    scenes: Vec<SceneRecord>,
    matches: Vec<SceneMatch>,
    /// Scenes whose place is in a region and that no new scene is.
    left_scenes: Vec<Arc<SceneRecord>>,
    /// The ids of the new scenes, region by region.
    ids: Vec<Vec<SceneId>>,
}

/// Which old scene a new one is.
#[derive(Clone)]
struct SceneFound {
    old: Option<Arc<SceneRecord>>,
    kind: MatchKind,
    similarity_milli: u32,
    confidence_milli: u32,
    restored: bool,
    doubtful: bool,
    rival: Option<SceneId>,
    split_from: Option<SceneId>,
    merged_from: Vec<SceneId>,
}

impl<'a> Plan<'a> {
    fn new(planning: &Planning<'a>, names: breakdown::Names) -> Plan<'a> {
        Plan {
            film: planning.film,
            cause: planning.cause,
            names,
            found: Vec::new(),
            renames: Renames::new(),
            shots: ShotPlan::new(planning.film),
            scenes: Vec::new(),
            matches: Vec::new(),
            left_scenes: Vec::new(),
            ids: Vec::new(),
        }
    }

    fn break_down(&self, regions: &mut [Region<'_>]) {
        for region in regions {
            let mut previous = region.time_before;
            for scene in &mut region.new {
                let context = BreakdownContext {
                    names: &self.names,
                    previous_time_of_day: previous,
                };
                scene.shots = breakdown::break_down(&scene.block, &context);
                let heading = scene.block.heading.as_ref();
                scene.time = heading.and_then(|it| breakdown::time_of_day(it, previous));
                previous = scene.time;
            }
        }
    }

    /// A region that changed no text holds the same scenes; all others are matched together, over
    /// all files and the unplaced tray.
    fn match_scenes(&mut self, regions: &[Region<'_>]) {
        let placed: Vec<_> = texts(regions)
            .flat_map(|it| it.old.iter().cloned())
            .collect();
        let tray = &self.film.state.project.screenplay.unplaced_scenes;
        let tray: Vec<_> = tray.values().cloned().collect();
        let new: Vec<&NewScene> = texts(regions).flat_map(|it| &it.new).collect();
        let Matches { decisions, renames } = self.decide(&placed, &tray, &new);
        self.renames = renames;
        let taken: BTreeSet<usize> = decisions.iter().filter_map(|it| it.old_idx).collect();
        let left = placed
            .iter()
            .enumerate()
            .filter(|it| !taken.contains(&it.0));
        self.left_scenes = left.map(|it| it.1.clone()).collect();
        let n_placed = placed.len();
        let old: Vec<_> = placed.into_iter().chain(tray).collect();
        let found = decisions.into_iter();
        let mut found = found.map(|it| SceneFound::decided(&old, n_placed, it));
        for region in regions {
            if region.is_same_text {
                self.found
                    .extend(region.old.iter().cloned().map(SceneFound::same));
            } else {
                self.found.extend(found.by_ref().take(region.new.len()));
            }
        }
    }

    fn decide(
        &self,
        placed: &[Arc<SceneRecord>],
        tray: &[Arc<SceneRecord>],
        new: &[&NewScene],
    ) -> Matches {
        if new.is_empty() {
            return Matches::default();
        }
        let portraits = |scenes: &[Arc<SceneRecord>]| -> Vec<Portrait> {
            scenes.iter().map(|it| self.portrait(it)).collect()
        };
        let old = portraits(placed);
        let new: Vec<Portrait> = new.iter().map(|it| it.portrait()).collect();
        if let ([old], [new]) = (&old[..], &new[..])
            && let Some(matches) = identity::match_edited(old, new)
        {
            return matches;
        }
        let ids: BTreeMap<SceneId, usize> = placed
            .iter()
            .chain(tray)
            .enumerate()
            .map(|(idx, it)| (it.id, idx))
            .collect();
        let earlier = self.earlier(new.iter().map(Portrait::text));
        let had = |it: &Portrait| -> Vec<usize> {
            let had = earlier.get(&it.text()).into_iter().flatten();
            had.filter_map(|it| ids.get(&it.scene).copied()).collect()
        };
        let had: Vec<Vec<usize>> = new.iter().map(had).collect();
        identity::match_scenes(&old, &portraits(tray), &new, &had)
    }

    /// Which scenes had some texts before.
    fn earlier(
        &self,
        texts: impl Iterator<Item = BlobId>,
    ) -> BTreeMap<BlobId, Vec<&'a EarlierText>> {
        self.film.state.project.earlier.with(&texts.collect())
    }

    fn portrait(&self, scene: &SceneRecord) -> Portrait {
        let shots = self.film.state.project.screenplay.own_shots(scene);
        Portrait::of_record(scene, shots.map(AsRef::as_ref))
    }

    /// Gives every new scene and shot its id and record.
    fn settle(&mut self, regions: &[Region<'_>], env: &mut Env<'_>) {
        let found = std::mem::take(&mut self.found);
        let scenes = regions.iter().flat_map(|it| &it.new);
        let pairs: Vec<(&NewScene, &SceneFound)> = scenes.zip(&found).collect();
        let records = &self.film.state.project.screenplay.scenes;
        let earlier = self.earlier(pairs.iter().map(|it| it.0.text()));
        let had = |scene: &NewScene, old: &SceneRecord| -> Option<&'a [ShotId]> {
            let mut had = earlier.get(&scene.text())?.iter();
            let had = had.find(|it| it.scene == old.id && it.text != old.text)?;
            Some(&had.shots)
        };
        let members = pairs.iter().map(|(scene, found)| NewFamilyMember {
            scene,
            old: found.old.as_deref(),
            had: found.old.as_ref().and_then(|it| had(scene, it)),
            others: found
                .split_from
                .iter()
                .chain(&found.merged_from)
                .filter_map(|id| records.get(id))
                .map(AsRef::as_ref)
                .collect(),
        });
        let members: Vec<NewFamilyMember<'_>> = members.collect();
        self.shots.pair(&members, &self.left_scenes, &self.renames);
        let mut pairs = pairs.into_iter().enumerate();
        for region in regions {
            let mut ids = Vec::new();
            for (idx, (scene, found)) in pairs.by_ref().take(region.new.len()) {
                ids.push(self.settle_scene(region, idx, scene, found, env));
            }
            self.ids.push(ids);
        }
    }

    fn settle_scene(
        &mut self,
        region: &Region<'_>,
        idx: usize,
        scene: &NewScene,
        found: &SceneFound,
        env: &mut Env<'_>,
    ) -> SceneId {
        let id = found
            .old
            .as_ref()
            .map_or_else(|| env.fresh_id(), |old| old.id);
        let shots = self.shots.settle(idx, id, scene, env);
        let record = scene.record(id, region.path, shots);
        let known = found.old.as_deref();
        if found.restored || known != Some(&record) {
            self.scenes.push(record);
        }
        let untouched = found.kind == MatchKind::Exact && !found.restored;
        if !untouched || found.doubtful || !found.merged_from.is_empty() {
            self.matches.push(found.told(id));
        }
        id
    }

    fn finish(self, regions: &[Region<'_>]) -> ScriptChange {
        let splices = regions
            .iter()
            .zip(&self.ids)
            .filter(|(region, _)| !region.is_same_text);
        let files = splices
            .map(|(region, ids)| file_change(self.film, region, ids))
            .collect();
        let (shots, left_shots) = self.shots.finish();
        let mut change = ScriptChange {
            cause: self.cause,
            files,
            scenes: self.scenes,
            shots,
            unplaced_scenes: self.left_scenes.iter().map(|scene| scene.id).collect(),
            unplaced_shots: left_shots,
            dropped_scenes: Vec::new(),
            dropped_shots: Vec::new(),
            matches: self.matches,
        };
        sort_out(self.film, &mut change);
        change
    }
}

impl SceneFound {
    fn decided(old: &[Arc<SceneRecord>], n_placed: usize, decision: Decision) -> SceneFound {
        let id = |idx: usize| old[idx].id;
        SceneFound {
            old: decision.old_idx.map(|it| old[it].clone()),
            kind: decision.kind,
            similarity_milli: decision.similarity_milli,
            confidence_milli: decision.confidence_milli,
            restored: decision.old_idx.is_some_and(|it| it >= n_placed),
            doubtful: decision.doubtful,
            rival: decision.rival_idx.map(id),
            split_from: decision.split_from_idx.map(id),
            merged_from: decision.merged_from_idx.into_iter().map(id).collect(),
        }
    }

    fn same(old: Arc<SceneRecord>) -> SceneFound {
        SceneFound {
            old: Some(old),
            kind: MatchKind::Exact,
            similarity_milli: 1_000,
            confidence_milli: 1_000,
            restored: false,
            doubtful: false,
            rival: None,
            split_from: None,
            merged_from: Vec::new(),
        }
    }

    fn told(&self, scene: SceneId) -> SceneMatch {
        SceneMatch {
            scene,
            kind: self.kind,
            similarity_milli: self.similarity_milli,
            restored: self.restored,
            confidence_milli: Some(self.confidence_milli),
            split_from: self.split_from,
            merged_from: self.merged_from.clone(),
            doubtful: self.doubtful,
            rival: self.rival,
        }
    }
}

fn texts<'r, 'a>(regions: &'r [Region<'a>]) -> impl Iterator<Item = &'r Region<'a>> {
    regions.iter().filter(|region| !region.is_same_text)
}

fn file_change(film: &Film, region: &Region<'_>, ids: &[SceneId]) -> FileChange {
    let known = film.state.project.screenplay.scripts.get(region.path);
    let prelude = region.prelude.as_deref();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    FileChange {
        path: region.path.to_owned(),
        before: known.map(|it| it.hash),
        after: region.hash,
        bytes: region.bytes,
        parser: PARSER_VERSION,
        prelude_bytes: prelude.map_or(0, |it| count(it.text.len())),
        prelude_lines: prelude.map_or(0, |it| it.n_lines),
        title_page: region
            .title_page
            .iter()
            .flat_map(|it| title_page(it))
            .collect(),
        order: SceneSplice {
            at: count(region.at),
            remove: count(region.old.len()),
            insert: ids.to_vec(),
        },
    }
}

fn title_page(block: &Block) -> Vec<TitlePageEntry> {
    let entries = block.title_page.iter().map(|entry| {
        let values: Vec<&str> = entry.values.iter().map(|it| it.text.as_str()).collect();
        TitlePageEntry {
            key: entry.key.clone(),
            value: values.join("\n"),
        }
    });
    entries.collect()
}

/// What has takes goes to the unplaced tray; what has none has nothing to keep.
fn sort_out(film: &Film, change: &mut ScriptChange) {
    let takes = &film.state.generation.takes.by_shot;
    let has_takes = |id: &ShotId| takes.contains_key(id);
    let left = std::mem::take(&mut change.unplaced_shots);
    let left = left
        .into_iter()
        .chain(std::mem::take(&mut change.dropped_shots));
    let (kept, dropped) = left.partition(has_takes);
    (change.unplaced_shots, change.dropped_shots) = (kept, dropped);
    let kept: BTreeSet<ShotId> = change.unplaced_shots.iter().copied().collect();
    let scenes = std::mem::take(&mut change.unplaced_scenes);
    let scenes = scenes
        .into_iter()
        .chain(std::mem::take(&mut change.dropped_scenes));
    let records = &film.state.project.screenplay.scenes;
    let keeps = |id: &SceneId| {
        records
            .get(id)
            .is_some_and(|scene| scene.shots.iter().any(|shot| kept.contains(shot)))
    };
    let (kept, dropped) = scenes.partition(keeps);
    (change.unplaced_scenes, change.dropped_scenes) = (kept, dropped);
}

/// Accepts a planned change, if the film's scripts are still the ones it was planned for.
pub struct CommitScript {
    /// The plan.
    pub change: ScriptChange,
}

impl Decide for CommitScript {
    type Output = ();

    fn decide(mut self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        let screenplay = &film.state.project.screenplay;
        for file in &self.change.files {
            let known = screenplay.scripts.get(&file.path).map(|it| it.hash);
            if known != file.before {
                let message = format!("{} has changed since it was read", file.path);
                return Err(Error::new(storycore_schema::ErrorKind::Conflict, message));
            }
        }
        let touched = self.change.scenes.iter().map(|it| it.id);
        if self.change.files.is_empty()
            && touched
                .clone()
                .any(|id| !screenplay.scenes.contains_key(&id))
        {
            let message = "the scenes have changed since they were read";
            return Err(Error::new(storycore_schema::ErrorKind::Conflict, message));
        }
        // A take may have come in while the change was planned.
        sort_out(film, &mut self.change);
        if self.change.files.is_empty()
            && self.change.scenes.is_empty()
            && self.change.shots.is_empty()
        {
            return Ok(((), Vec::new()));
        }
        Ok((
            (),
            vec![Event::Script(ScriptEvent::Changed {
                change: Box::new(self.change),
            })],
        ))
    }
}

#[cfg(test)]
mod tests;
