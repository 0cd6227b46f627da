//! What was seen of takes: kept, and where a style asks for it, answered with another attempt.

use std::{cmp::Ordering, sync::Arc};

use storycore_schema::{
    Event,
    id::{RunId, TakeId},
    quality::{Checks, Grade, Looked},
    run::{RunCause, RunEvent, RunWorkflow},
    shot::Status,
    take::{Take, TakeEvent, TakeRepeat, TakeSource},
};

use super::Takes;
use crate::{
    Decide, Env, Film,
    handle::Decided,
    quality::{Standard, checks},
    run::request,
    workflow::COMFYUI,
};

/// How versions of the built-in renderer begin, in what it made.
const SKETCH_VERSION: &str = "sketch-";

/// The best of several attempts.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Preference {
    /// That take.
    pub take: TakeId,
    /// The others.
    pub over: Vec<TakeId>,
}

impl Takes {
    /// Whether a take is to be looked at without anybody asking. Sketches are not: a film has
    /// hundreds of them, each drawn by the same rules, and most checks say nothing of lines.
    pub fn wants_look(&self, take: &Take) -> bool {
        let is_sketch = match &take.source {
            TakeSource::Rendered {
                renderer_version, ..
            } => renderer_version.starts_with(SKETCH_VERSION),
            TakeSource::Imported { .. } => false,
        };
        !is_sketch && !self.looked.contains_key(&take.id) && !self.withdrawn.contains(&take.id)
    }

    /// The take that is shown in the place of the newest one: itself, or the best of the attempts
    /// that it is one of.
    pub(super) fn best_instead<'a>(&'a self, newest: &'a Arc<Take>) -> &'a Arc<Take> {
        let preferred = self.preferred.get(&newest.shot);
        let preferred = preferred.filter(|it| it.over.contains(&newest.id));
        let best = preferred.and_then(|it| self.by_id.get(&it.take));
        let stands = |it: &&Arc<Take>| {
            it.shot == newest.shot
                && it.intent_hash == newest.intent_hash
                && !self.withdrawn.contains(&it.id)
                && !self.marks_of(it.id).rejected
        };
        best.filter(stands).unwrap_or(newest)
    }

    /// The attempts that led to a take, itself first: each was drawn because the next one failed.
    fn attempts<'a>(&'a self, take: &'a Arc<Take>) -> Vec<&'a Arc<Take>> {
        let mut attempts = vec![take];
        let mut last = take;
        while let Some(run) = run_of(last)
            && let Some(before) = self.of_shot(take.shot).find(|it| {
                let repeat = self.repeats.get(&it.id);
                it.intent_hash == take.intent_hash && repeat.is_some_and(|it| it.run == run)
            })
            && !attempts.iter().any(|it| it.id == before.id)
        {
            attempts.push(before);
            last = before;
        }
        attempts
    }
}

fn run_of(take: &Take) -> Option<RunId> {
    match take.source {
        TakeSource::Rendered { run, .. } => Some(run),
        TakeSource::Imported { .. } => None,
    }
}

/// Pictures of takes were looked at. Of those that are known already, or gone, nothing changes.
pub struct NoteLooked {
    /// The takes, and what was found.
    pub looked: Vec<(TakeId, Looked)>,
}

impl Decide for NoteLooked {
    type Output = ();

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<()> {
        let (mut after, mut all) = (film.clone(), Vec::new());
        for (id, looked) in self.looked {
            let takes = &after.state.generation.takes;
            let known = takes.looked.get(&id).map(|it| &**it);
            let is_first = known.is_none();
            if takes.get(id).is_err() || known == Some(&looked) {
                continue;
            }
            let looked = Box::new(looked);
            let mut events = vec![Event::Take(TakeEvent::Checked { id, looked })];
            after.apply(&events);
            // A second look, at somebody's wish, is no reason to draw anew.
            if is_first {
                let more = Attempts::at(&after, id).map_or_else(Vec::new, |it| it.answer(env));
                after.apply(&more);
                events.extend(more);
            }
            all.extend(events);
        }
        Ok(((), all))
    }
}

/// A take that a workflow made for a film that asks for several attempts, just looked at.
struct Attempts<'a> {
    film: &'a Film,
    take: &'a Arc<Take>,
    standard: Standard,
    checks: Checks,
}

impl<'a> Attempts<'a> {
    fn at(film: &'a Film, id: TakeId) -> Option<Attempts<'a>> {
        let standard = Standard::of(&film.state.project.bible);
        let takes = &film.state.generation.takes;
        let (take, looked) = (takes.by_id.get(&id)?, takes.looked.get(&id)?);
        let is_drawn = run_of(take).is_some();
        let intent = take.intent.read().ok().filter(|_| is_drawn)?;
        (standard.attempts > 1 && intent.renderer == COMFYUI).then(|| Attempts {
            film,
            take,
            checks: checks(take, looked, &standard),
            standard,
        })
    }

    fn answer(&self, env: &mut Env<'_>) -> Vec<Event> {
        let made = self.film.state.generation.takes.attempts(self.take);
        let mut events: Vec<Event> = self.preferred(&made).into_iter().collect();
        events.extend(self.repeated(made.len(), env).into_iter().flatten());
        events
    }

    /// The best of the attempts, if that is not the newest.
    fn preferred(&self, made: &[&Arc<Take>]) -> Option<Event> {
        let takes = &self.film.state.generation.takes;
        let judged = made.iter().filter_map(|take| {
            let looked = takes.looked.get(&take.id)?;
            Some((*take, checks(take, looked, &self.standard)))
        });
        let (best, found) = judged.max_by(better)?;
        if best.id == self.take.id {
            return None;
        }
        let over = made.iter().map(|it| it.id).filter(|it| *it != best.id);
        let place = made.iter().rev().position(|it| it.id == best.id)? + 1;
        let reason = format!(
            "attempt {place} is the best of {}: {}",
            made.len(),
            found.words
        );
        Some(Event::Take(TakeEvent::Preferred {
            shot: self.take.shot,
            take: best.id,
            over: over.collect(),
            reason,
        }))
    }

    /// Another attempt, if this one failed, is what the shot shows, and there may be one more.
    fn repeated(&self, n_made: usize, env: &mut Env<'_>) -> Option<[Event; 2]> {
        let (id, shot) = (self.take.id, self.take.shot);
        let n_made = u32::try_from(n_made).unwrap_or(u32::MAX);
        let (derived, generation) = (self.film.derived.shot(shot), &self.film.state.generation);
        let is_wanted = self.checks.grade == Grade::Fail
            && n_made < self.standard.attempts
            && derived.status == Status::Fresh
            && derived.take == Some(id)
            && generation.takes.chosen(shot).is_none()
            && !generation.takes.repeats.contains_key(&id)
            && !generation.runs.will_draw(shot);
        let workflow = is_wanted.then(|| self.workflow())??;
        let run = env.fresh_id();
        let requested = request(
            self.film,
            env,
            (run, RunCause::Check),
            vec![shot],
            Some(workflow),
            0,
        );
        let requested: RunEvent = requested.ok()?;
        let repeat = TakeRepeat {
            run,
            attempt: n_made + 1,
            attempts: self.standard.attempts,
            reason: self.reason(),
        };
        let repeated = TakeEvent::Repeated { id, repeat };
        Some([Event::Take(repeated), Event::Run(requested)])
    }

    /// What drew it, with what was set then; drawing anew gives another seed.
    fn workflow(&self) -> Option<RunWorkflow> {
        let runs = &self.film.state.generation.runs;
        let run = run_of(self.take).and_then(|it| runs.get(it).ok());
        let same = run.and_then(|it| it.task.workflow.as_deref().cloned());
        let mut workflow = same.or_else(|| self.film.drawing_workflow().ok()?)?;
        workflow.force = true;
        Some(workflow)
    }

    fn reason(&self) -> String {
        let failed = self.checks.verdicts.iter();
        let failed = failed.filter(|it| it.grade == Grade::Fail);
        let words: Vec<&str> = failed.map(|it| it.words.as_str()).collect();
        words.join("; ")
    }
}

type Judged<'a> = (&'a Arc<Take>, Checks);

/// By grade, then by score, then the newer one.
fn better(a: &Judged<'_>, b: &Judged<'_>) -> Ordering {
    let rank = |it: &Judged<'_>| match it.1.grade {
        Grade::Fail => 0,
        Grade::NotMeasured => 1,
        Grade::Warn => 2,
        Grade::Pass => 3,
    };
    let score = |it: &Judged<'_>| it.1.score.unwrap_or(-1.0);
    rank(a)
        .cmp(&rank(b))
        .then(score(a).total_cmp(&score(b)))
        .then(a.0.id.cmp(&b.0.id))
}
