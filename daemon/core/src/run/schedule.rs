//! Which step is next: pure, so that a test can drive it with a clock of its own. It follows the
//! film's runs, and each look costs what changed since the last.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use imbl::ordset::DiffItem;
use storycore_schema::{
    id::{RunId, SceneId, ShotId},
    run::RunStatus,
    workflow::{StepEach, StepKind},
};

use super::{Ended, RunRecord, StepAt, Task};
use crate::Film;

/// The steps of all runs that have work left.
#[derive(Debug, Default)]
pub struct Schedule {
    runs: BTreeMap<RunId, Plan>,
}

/// What is left of one run.
#[derive(Debug)]
struct Plan {
    record: Arc<RunRecord>,
    web: Web,
    /// How many steps each step waits for; steps that are under way or wait for nothing are not
    /// in it.
    unmet: BTreeMap<StepAt, u32>,
    /// Steps that can begin, by what they do, the first in the film first.
    ready: BTreeMap<StepKind, BTreeSet<(u32, StepAt)>>,
    /// Steps that can begin at a time, in milliseconds since 1970 (UTC).
    delayed: BTreeSet<(u64, StepAt)>,
    /// Steps that were begun.
    busy: BTreeSet<StepAt>,
}

/// Which steps of a run need which.
#[derive(Debug)]
pub(crate) struct Web {
    needs: Vec<BTreeSet<usize>>,
    scene_of: BTreeMap<ShotId, SceneId>,
    place_of: BTreeMap<ShotId, u32>,
    shots_of: BTreeMap<SceneId, Vec<ShotId>>,
}

impl Web {
    /// Of a run's task, as the film is now.
    pub(crate) fn of(task: &Task, film: &Film) -> Web {
        let screenplay = &film.state.project.screenplay;
        let mut web = Web {
            needs: task.needs(),
            scene_of: BTreeMap::new(),
            place_of: BTreeMap::new(),
            shots_of: BTreeMap::new(),
        };
        for (place, shot) in (0..).zip(&task.shots) {
            web.place_of.insert(*shot, place);
            if let Ok(record) = screenplay.any_shot(*shot) {
                web.scene_of.insert(*shot, record.scene);
                web.shots_of.entry(record.scene).or_default().push(*shot);
            }
        }
        web
    }

    /// The steps that a step needs.
    pub(crate) fn needs(&self, task: &Task, at: StepAt) -> Vec<StepAt> {
        let needs = self.needs.get(usize::from(at.step)).into_iter().flatten();
        let pairs = needs.map(|it| self.beside(task, at, *it));
        pairs.flatten().collect()
    }

    /// The steps that need a step.
    pub(crate) fn dependents(&self, task: &Task, at: StepAt) -> Vec<StepAt> {
        let own = usize::from(at.step);
        let places = self.needs.iter().enumerate();
        let places = places.filter(|(_, needs)| needs.contains(&own));
        let pairs = places.map(|(it, _)| self.beside(task, at, it));
        pairs.flatten().collect()
    }

    /// Whether a step that needs another gets a list of results, and so can do without one of
    /// them.
    pub(crate) fn gathers(&self, task: &Task, dependent: StepAt, need: StepAt) -> bool {
        let (own, other) = (
            task.each(dependent.step.into()),
            task.each(need.step.into()),
        );
        own != other && other.is_some() && own != Some(StepEach::Shot)
    }

    /// The steps at another place of the workflow that go with this one.
    fn beside(&self, task: &Task, at: StepAt, place: usize) -> Vec<StepAt> {
        let step = u16::try_from(place).unwrap_or(u16::MAX);
        let of_shot = |shot: ShotId| StepAt {
            shot: Some(shot),
            scene: None,
            step,
        };
        let of_scene = |scene: SceneId| StepAt {
            shot: None,
            scene: Some(scene),
            step,
        };
        match (task.each(place), at.shot, at.scene) {
            (Some(StepEach::Shot), Some(shot), _) => vec![of_shot(shot)],
            (Some(StepEach::Shot), None, Some(scene)) => {
                let shots = self.shots_of.get(&scene).into_iter().flatten();
                shots.copied().map(of_shot).collect()
            }
            (Some(StepEach::Scene), Some(shot), _) => self
                .scene_of
                .get(&shot)
                .copied()
                .map(of_scene)
                .into_iter()
                .collect(),
            (Some(StepEach::Scene), None, Some(scene)) => vec![of_scene(scene)],
            (Some(_), None, None) | (None, ..) => task.steps_of(place),
        }
    }

    /// Where in the film a step is done; what is done for the whole run comes last.
    fn order(&self, at: StepAt) -> u32 {
        let shots = at.scene.and_then(|it| self.shots_of.get(&it)?.first());
        let shot = at.shot.as_ref().or(shots);
        shot.and_then(|it| self.place_of.get(it))
            .copied()
            .unwrap_or(u32::MAX)
    }
}

impl Schedule {
    /// Takes over what the film's runs have become. `is_busy` tells of steps that were begun whether
    /// they are under way still: a run may have ended and been tried again since the last look.
    pub fn follow(&mut self, film: &Film, is_busy: impl Fn(RunId, StepAt) -> bool) {
        let runs = &film.state.generation.runs;
        let is_open = |id: &RunId| runs.by_id.get(id).is_some_and(|it| it.run.status.is_open());
        self.runs.retain(|id, _| is_open(id));
        for record in runs.open() {
            match self.runs.get_mut(&record.run.id) {
                Some(plan) if Arc::ptr_eq(&plan.record, record) => {}
                Some(plan) => plan.follow(record, film, &is_busy),
                None => {
                    let id = record.run.id;
                    let left = record.left.iter().copied();
                    let busy = left.filter(|at| is_busy(id, *at)).collect();
                    self.runs.insert(id, Plan::of(record, film, busy));
                }
            }
        }
    }

    /// The kinds of steps that could begin now, with the highest priority of such a run.
    pub fn wanted(&mut self, now_ms: u64) -> BTreeMap<StepKind, i32> {
        let mut wanted = BTreeMap::new();
        for plan in self.runs.values_mut().filter(|it| it.goes_on()) {
            plan.wake(now_ms);
            let priority = plan.record.run.priority;
            for kind in plan.ready.keys() {
                let highest = wanted.entry(*kind).or_insert(priority);
                *highest = (*highest).max(priority);
            }
        }
        wanted
    }

    /// The next step of a kind, which counts as begun from now on: of the run with the highest
    /// priority, then of the oldest, the first in the film.
    pub fn next(&mut self, kind: StepKind, now_ms: u64) -> Option<(Arc<RunRecord>, StepAt)> {
        let plans = self.runs.values_mut().filter(|it| it.goes_on());
        let mut ready: Vec<&mut Plan> = plans
            .filter_map(|plan| {
                plan.wake(now_ms);
                plan.ready.contains_key(&kind).then_some(plan)
            })
            .collect();
        // The sort is stable, and runs are in the order in which they were asked for.
        ready.sort_by_key(|it| std::cmp::Reverse(it.record.run.priority));
        let plan = ready.into_iter().next()?;
        let steps = plan.ready.get_mut(&kind)?;
        let (_, at) = steps.pop_first()?;
        if steps.is_empty() {
            plan.ready.remove(&kind);
        }
        plan.busy.insert(at);
        Some((plan.record.clone(), at))
    }

    /// A step that was begun is not under way any more, and nothing is known of it: it can begin
    /// again.
    pub fn give_back(&mut self, run: RunId, at: StepAt) {
        if let Some(plan) = self.runs.get_mut(&run)
            && plan.busy.remove(&at)
            && plan.record.left.contains(&at)
        {
            plan.offer(at);
        }
    }

    /// Whether a step that was begun is still to be done: its run was not canceled, and nobody else
    /// has done it.
    pub fn is_wanted(&self, run: RunId, at: StepAt) -> bool {
        self.runs
            .get(&run)
            .is_some_and(|it| it.record.left.contains(&at))
    }

    /// Whether a run is held.
    pub fn is_paused(&self, run: RunId) -> bool {
        self.runs.get(&run).is_some_and(|it| !it.goes_on())
    }

    /// When the next step can begin that waits for its time, in milliseconds since 1970 (UTC).
    pub fn wake_ms(&self) -> Option<u64> {
        let plans = self.runs.values().filter(|it| it.goes_on());
        plans
            .filter_map(|it| it.delayed.first().map(|it| it.0))
            .min()
    }
}

impl Plan {
    fn of(record: &Arc<RunRecord>, film: &Film, busy: BTreeSet<StepAt>) -> Plan {
        let mut plan = Plan {
            record: record.clone(),
            web: Web::of(&record.task, film),
            unmet: BTreeMap::new(),
            ready: BTreeMap::new(),
            delayed: BTreeSet::new(),
            busy,
        };
        for at in &record.left {
            if plan.busy.contains(at) {
                continue;
            }
            let needs = plan.web.needs(&record.task, *at);
            let unmet = needs.iter().filter(|it| record.left.contains(*it)).count();
            match u32::try_from(unmet).unwrap_or(u32::MAX) {
                0 => plan.offer(*at),
                unmet => {
                    plan.unmet.insert(*at, unmet);
                }
            }
        }
        plan
    }

    fn goes_on(&self) -> bool {
        self.record.run.status == RunStatus::Running
    }

    fn follow(
        &mut self,
        record: &Arc<RunRecord>,
        film: &Film,
        is_busy: &impl Fn(RunId, StepAt) -> bool,
    ) {
        let was = std::mem::replace(&mut self.record, record.clone());
        if was.retries != record.retries {
            let mut busy = std::mem::take(&mut self.busy);
            busy.retain(|at| is_busy(record.run.id, *at));
            *self = Plan::of(record, film, busy);
            return;
        }
        let mut settled = Vec::new();
        for change in was.left.diff(&record.left) {
            // Only another try adds anything.
            if let DiffItem::Remove(at) = change {
                settled.push(*at);
            }
        }
        for at in settled {
            self.settle(at);
        }
        for change in was.tried.diff(&record.tried) {
            use imbl::ordmap::DiffItem::{Add, Remove, Update};
            match change {
                Add(at, tried)
                | Update {
                    new: (at, tried), ..
                } => {
                    if tried.next_ms.is_some() && self.busy.remove(at) {
                        self.offer(*at);
                    }
                }
                Remove(..) => {}
            }
        }
    }

    /// A step has ended: those that waited for it alone can begin.
    fn settle(&mut self, at: StepAt) {
        self.busy.remove(&at);
        self.unmet.remove(&at);
        self.withdraw(at);
        for dependent in self.web.dependents(&self.record.task, at) {
            let Some(unmet) = self.unmet.get_mut(&dependent) else {
                continue;
            };
            *unmet = unmet.saturating_sub(1);
            if *unmet == 0 {
                self.unmet.remove(&dependent);
                if self.record.left.contains(&dependent) {
                    self.offer(dependent);
                }
            }
        }
    }

    /// A step waits for no other: it can begin, now or at its time.
    fn offer(&mut self, at: StepAt) {
        match self.record.tried.get(&at).and_then(|it| it.next_ms) {
            Some(next_ms) => {
                self.delayed.insert((next_ms, at));
            }
            None => self.make_ready(at),
        }
    }

    fn make_ready(&mut self, at: StepAt) {
        let kind = self.record.task.kind(at.step);
        let order = self.web.order(at);
        self.ready.entry(kind).or_default().insert((order, at));
    }

    fn withdraw(&mut self, at: StepAt) {
        let kind = self.record.task.kind(at.step);
        let order = self.web.order(at);
        if let Some(steps) = self.ready.get_mut(&kind) {
            steps.remove(&(order, at));
            if steps.is_empty() {
                self.ready.remove(&kind);
            }
        }
        // What was tried of a step that is done is forgotten with it. Few wait for their time.
        self.delayed.retain(|it| it.1 != at);
    }

    fn wake(&mut self, now_ms: u64) {
        while let Some((at_ms, at)) = self.delayed.first().copied()
            && at_ms <= now_ms
        {
            self.delayed.remove(&(at_ms, at));
            self.make_ready(at);
        }
    }
}

/// Whether a step needs one that failed, and so cannot be done; and whether it needs one that was
/// left out, and so is left out.
pub(crate) fn fate(record: &RunRecord, web: &Web, at: StepAt) -> Option<Ended> {
    let mut skipped = None;
    for need in web.needs(&record.task, at) {
        match record.ended.get(&need) {
            Some(Ended::Failed) => return Some(Ended::Failed),
            Some(Ended::Skipped) if !web.gathers(&record.task, at, need) => {
                skipped = Some(Ended::Skipped);
            }
            _ => {}
        }
    }
    skipped
}

#[cfg(test)]
mod tests;
