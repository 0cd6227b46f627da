//! `shot/render`: asks for a run, and waits for it.

use std::{collections::BTreeSet, sync::Arc};

use storycore_core::{
    Film,
    run::{RequestRender, RunRecord},
};
use storycore_schema::{
    Error, ErrorKind,
    id::{RunId, ShotId},
    run::{CancelRun, RunCause, RunStatus},
    shot::{RenderShots, Rendered, Status},
};

use super::{Context, Serve};
use crate::films::OpenFilm;

impl Serve for RenderShots {
    async fn serve(self, context: &Context) -> Result<Rendered, Error> {
        let film = context.film(self.project)?;
        let force = self.force.unwrap_or(false);
        let mut wait = Wait::for_shots(&film, self.shots.clone(), force);
        let request = RequestRender {
            shots: self.shots,
            force,
            cause: RunCause::Request,
        };
        let Some(_commit) = context.daemon.begin_commit() else {
            return Err(Error::unavailable("the daemon is stopping").hint("call again in a moment"));
        };
        let requested = film.owner.submit(context.origin(), request).await?.value;
        (wait.run, wait.locked) = (requested.run, requested.locked);
        drop(_commit);
        wait.until_done(context).await
    }
}

/// What the caller waits for: its own run, and other runs that draw shots it asked for.
struct Wait {
    film: Arc<OpenFilm>,
    wanted: BTreeSet<ShotId>,
    run: Option<RunId>,
    /// Shots that are left alone.
    locked: u32,
}

impl Wait {
    fn for_shots(film: &Arc<OpenFilm>, shots: Option<Vec<ShotId>>, force: bool) -> Wait {
        let now = film.bus.film();
        let takes = &now.state.generation.takes;
        let mut wanted: BTreeSet<ShotId> = match shots {
            Some(shots) => shots.into_iter().collect(),
            None => {
                let shots = now.shots_in_order().map(|it| it.id);
                shots.filter(|it| !takes.is_locked(*it)).collect()
            }
        };
        wanted.retain(|shot| force || now.derived.status(*shot) != Status::Fresh);
        Wait {
            film: film.clone(),
            wanted,
            run: None,
            locked: 0,
        }
    }

    async fn until_done(&self, context: &Context) -> Result<Rendered, Error> {
        let total = u32::try_from(self.wanted.len()).unwrap_or(u32::MAX);
        let mut commits = self.film.bus.watch();
        let mut told = 0;
        loop {
            commits.borrow_and_update();
            let now = self.film.bus.film();
            let own = self
                .run
                .and_then(|run| now.state.generation.runs.get(run).ok());
            let left = self.left(&now);
            if left == 0 && own.is_none_or(|it| !it.run.status.is_open()) {
                return self.outcome(&now, own);
            }
            let done = total.saturating_sub(left);
            if done > told {
                told = done;
                context.progress(done, total, &format!("{done} of {total} panels"));
            }
            tokio::select! {
                changed = commits.changed() => if changed.is_err() { return Err(self.film.closed_error()) },
                () = self.film.closing.cancelled() => return Err(self.film.closed_error()),
                () = context.call.cancel.cancelled() => return Err(self.cancel(context).await),
            }
        }
    }

    /// Shots that some run is still to draw.
    fn left(&self, now: &Film) -> u32 {
        let runs = &now.state.generation.runs;
        let left = self
            .wanted
            .iter()
            .filter(|shot| runs.will_draw(**shot))
            .count();
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    fn outcome(&self, now: &Film, own: Option<&Arc<RunRecord>>) -> Result<Rendered, Error> {
        let Some(record) = own else {
            let fresh = |shot: &&ShotId| now.derived.status(**shot) == Status::Fresh;
            let done = self.wanted.iter().filter(fresh).count();
            let done = u32::try_from(done).unwrap_or(u32::MAX);
            let total = u32::try_from(self.wanted.len()).unwrap_or(u32::MAX);
            return Ok(Rendered {
                run: None,
                done,
                reused: 0,
                failed: total.saturating_sub(done),
                locked: self.locked,
            });
        };
        let run = &record.run;
        let (done, reused, failed) = record.panels();
        if run.status == RunStatus::Canceled {
            let message = format!("run {} was canceled after {done} panels", run.id);
            return Err(Error::new(ErrorKind::Cancelled, message)
                .hint("what was drawn is kept; shot/render draws the rest"));
        }
        Ok(Rendered {
            run: Some(run.id),
            done,
            reused,
            failed,
            locked: self.locked,
        })
    }

    /// The caller wants it no more: its run ends, and what is drawn is kept.
    async fn cancel(&self, context: &Context) -> Error {
        if let Some(id) = self.run {
            let cancel = CancelRun {
                project: self.film.id,
                id,
            };
            // It may have come to its end by itself.
            let _ = self.film.owner.submit(context.origin(), cancel).await;
        }
        Error::new(
            ErrorKind::Cancelled,
            "the render was canceled; what was drawn is kept",
        )
    }
}
