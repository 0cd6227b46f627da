//! Films that draw themselves: which shots are asked for without anybody asking.

use std::collections::{BTreeMap, BTreeSet};

use storycore_core::{Film, run::RequestRender};
use storycore_schema::{
    id::{IntentHash, RunId, ShotId},
    run::{RunCause, RunStatus},
    shot::Status,
};
use tracing::warn;

use super::{Work, WorkEffect, origin};

/// A shot, and what it asked for.
pub(super) type Asked = (ShotId, IntentHash);

/// Shots that could not be drawn or that nobody wants drawn, until they ask for something else.
#[derive(Default)]
pub(super) struct LeftAlone {
    shots: BTreeMap<ShotId, IntentHash>,
    /// Canceled runs that were looked at.
    canceled: BTreeSet<RunId>,
}

impl LeftAlone {
    pub(super) fn start(&mut self, film: &Film) {
        self.canceled = canceled(film).collect();
    }

    pub(super) fn add(&mut self, asked: Option<Asked>) {
        self.shots.extend(asked);
    }

    /// Whoever cancels a run wants its shots left as they are, also by a film that draws itself.
    pub(super) fn respect_cancels(&mut self, film: &Film) {
        let runs = &film.state.generation.runs;
        self.canceled.retain(|run| runs.by_id.contains_key(run));
        for run in canceled(film) {
            if !self.canceled.insert(run) {
                continue;
            }
            let record = runs.by_id.get(&run);
            for shot in record.into_iter().flat_map(|it| it.shots_left()) {
                self.shots.insert(shot, film.derived.shot(shot).intent);
            }
        }
    }
}

fn canceled(film: &Film) -> impl Iterator<Item = RunId> + '_ {
    let records = film.state.generation.runs.by_id.values();
    records
        .filter(|it| it.run.status == RunStatus::Canceled)
        .map(|it| it.run.id)
}

impl WorkEffect {
    /// Redraws what is stale by itself, if the film wants that. What is locked is left alone, and
    /// what failed or was canceled until it changes.
    pub(super) async fn request_stale(&self, film: &Film, work: &Work) {
        let counts = &film.derived.counts;
        if !film.state.project.card.auto_render() || counts.stale + counts.missing == 0 {
            return;
        }
        let generation = &film.state.generation;
        let wanted = film.shots_in_order().map(|it| it.id).filter(|id| {
            let derived = film.derived.shot(*id);
            derived.status != Status::Fresh
                && film.lacks_fresh_take(*id)
                && work.left_alone.shots.get(id) != Some(&derived.intent)
                && !generation.takes.is_locked(*id)
                && !generation.runs.will_draw(*id)
        });
        let shots: Vec<ShotId> = wanted.collect();
        if shots.is_empty() {
            return;
        }
        let request = RequestRender {
            shots: Some(shots),
            force: false,
            cause: RunCause::Automatic,
        };
        let origin = origin(self.bus.cause());
        if let Err(error) = self.owner.submit(origin, request).await {
            warn!(%error, "asking for stale panels failed");
        }
    }
}
