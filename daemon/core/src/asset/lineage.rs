//! `asset/lineage`: where an asset comes from, and what was made of it.

use std::collections::BTreeSet;

use storycore_schema::{
    Error,
    asset::{GetLineage, Lineage, LineageStep, LineageTake},
    id::BlobId,
    take::{Take, TakeSource},
};

use crate::{
    Film, Query,
    run::{Ended, RunRecord, StepAt, StepDone},
    shot::label,
};

impl Query for GetLineage {
    fn answer(self, film: &Film) -> Result<Lineage, Error> {
        let asset = (**film.state.assets.get(self.id)?).clone();
        let mut found = Found {
            of: self.id,
            film,
            lineage: Lineage {
                asset,
                takes: Vec::new(),
                made_by: Vec::new(),
                made_from: Vec::new(),
                made_of_it: Vec::new(),
            },
            made_of_it: BTreeSet::new(),
        };
        for take in film.state.generation.takes.by_id.values() {
            found.note_take(take);
        }
        for record in film.state.generation.runs.by_id.values() {
            found.note_run(record);
        }
        let mut lineage = found.lineage;
        lineage.made_of_it = found.made_of_it.into_iter().collect();
        Ok(lineage)
    }
}

struct Found<'a> {
    of: BlobId,
    film: &'a Film,
    lineage: Lineage,
    made_of_it: BTreeSet<BlobId>,
}

impl Found<'_> {
    fn note_take(&mut self, take: &Take) {
        let original = match &take.source {
            TakeSource::Imported { original, .. } => *original,
            TakeSource::Rendered { .. } => None,
        };
        if original == Some(self.of) {
            self.made_of_it.insert(take.asset);
        }
        if take.asset != self.of {
            return;
        }
        let from = &mut self.lineage.made_from;
        from.extend(original.filter(|it| !from.contains(it)));
        if self.film.state.generation.takes.get(take.id).is_ok() {
            let described = described(self.film, take);
            self.lineage.takes.push(described);
        }
    }

    fn note_run(&mut self, record: &RunRecord) {
        let task = &record.task;
        let takes = &self.film.state.generation.takes;
        let made = |done: &StepDone| {
            let take = done.take.and_then(|it| takes.by_id.get(&it));
            let mut files = files_of(done);
            files.extend(take.map(|it| it.asset));
            files
        };
        let done = record.ended.iter().filter_map(|(at, ended)| match ended {
            Ended::Done(done) => Some((*at, made(done))),
            Ended::Failed | Ended::Skipped => None,
        });
        let done: Vec<(StepAt, BTreeSet<BlobId>)> = done.collect();
        let needs = task.needs();
        for (at, _) in done.iter().filter(|it| it.1.contains(&self.of)) {
            self.lineage.made_by.push(LineageStep {
                run: record.run.id,
                workflow: record.run.workflow.clone(),
                step: task.name(at.step).to_owned(),
                shot: at.shot,
                scene: at.scene,
            });
            let was_given_it = |other: &StepAt| {
                let needs = needs.get(usize::from(other.step));
                let is_needed = needs.is_some_and(|it| it.contains(&usize::from(at.step)));
                let is_same = at.shot.is_none() || other.shot.is_none() || at.shot == other.shot;
                is_needed && is_same
            };
            let given = done.iter().filter(|it| was_given_it(&it.0));
            self.made_of_it.extend(given.flat_map(|it| &it.1));
        }
    }
}

/// The files that a step says it gave.
fn files_of(done: &StepDone) -> BTreeSet<BlobId> {
    let outputs = done
        .output
        .as_ref()
        .and_then(|it| it.get("outputs")?.as_array());
    let ids = outputs.into_iter().flatten();
    ids.filter_map(|it| it.get("asset")?.as_str()?.parse().ok())
        .collect()
}

fn described(film: &Film, take: &Take) -> LineageTake {
    let mut described = LineageTake {
        take: take.id,
        shot: take.shot,
        label: label(film, take.shot),
        intent_hash: take.intent_hash,
        run: None,
        render_key: None,
        seed: None,
        renderer_version: None,
        imported: None,
        by: None,
    };
    match &take.source {
        TakeSource::Rendered {
            run,
            render_key,
            seed,
            renderer_version,
        } => {
            described.run = Some(*run);
            described.render_key = Some(*render_key);
            described.seed = Some(*seed);
            described.renderer_version = Some(renderer_version.clone());
        }
        TakeSource::Imported { name, by, .. } => {
            described.imported = Some(name.clone());
            described.by = Some(by.clone());
        }
    }
    described
}
