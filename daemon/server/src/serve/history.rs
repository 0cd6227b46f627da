//! `history/*`: what is undone, and what the film was.

use std::sync::Arc;

use storycore_core::{
    history::{self, Direction, Restore, Step},
    mirror,
};
use storycore_schema::{
    Error, LoggedEvent, Seq,
    checkpoint::RestoreCheckpoint,
    history::{
        Checkpoint, DiffHistory, Difference, Differences, GetPast, ListMoments, Moment, Redo,
        RestoreHistory, Restored, Undo, Undone,
    },
    id::ProjectId,
    state::Snapshot,
};

use super::{Context, Serve};
use crate::{effects::rewrite::rewrite, event_log::LogError, films::OpenFilm, offload::blocking};

/// Moments that `history/list` returns in one answer, in moments.
const MOMENTS_LEN_MAX: u32 = 100;
/// Events that are looked at for one answer of `history/list`, in events. A longer moment is told
/// in parts.
const MOMENT_EVENTS_MAX: u64 = 2_000;
/// Differences in one list, in differences.
pub(super) const DIFFERENCES_LEN_MAX: usize = 500;

impl Serve for Undo {
    async fn serve(self, context: &Context) -> Result<Undone, Error> {
        step(context, self.project, Direction::Undo).await
    }
}

impl Serve for Redo {
    async fn serve(self, context: &Context) -> Result<Undone, Error> {
        step(context, self.project, Direction::Redo).await
    }
}

async fn step(
    context: &Context,
    project: ProjectId,
    direction: Direction,
) -> Result<Undone, Error> {
    let film = context.film(project)?;
    let _commit = context.commit()?;
    let (step, origin) = (Step { direction }, context.origin());
    let committed = if writes_files(&film, &origin.actor, direction)? {
        let hold = film.sources.hold().await?;
        rewrite(&film, hold, origin, step).await?.committed
    } else {
        film.owner.submit(origin, step).await?
    };
    Ok(Undone {
        seq: committed.seq,
        label: committed.value,
    })
}

fn writes_files(film: &OpenFilm, actor: &str, direction: Direction) -> Result<bool, Error> {
    let now = film.bus.film();
    let next = history::next(&now, actor, direction)?;
    let after = history::applied(&now.state, &next.events);
    Ok(!history::file_writes(&now.state, &after).is_empty())
}

impl Serve for RestoreHistory {
    async fn serve(self, context: &Context) -> Result<Restored, Error> {
        restore(context, self.project, self.seq, None).await
    }
}

impl Serve for RestoreCheckpoint {
    async fn serve(self, context: &Context) -> Result<Restored, Error> {
        let film = context.film(self.project)?;
        let checkpoint = film.bus.film().checkpoint(self.id)?.clone();
        restore(context, self.project, checkpoint.seq, Some(checkpoint)).await
    }
}

async fn restore(
    context: &Context,
    project: ProjectId,
    seq: Seq,
    checkpoint: Option<Arc<Checkpoint>>,
) -> Result<Restored, Error> {
    let film = context.film(project)?;
    let _commit = context.commit()?;
    let then = film.film_at(seq).await?;
    if then.state.project.card.id.is_none() {
        let message = format!("at event {seq} the film had not begun");
        return Err(
            Error::failed_precondition(message).hint("history/list lists the moments there are")
        );
    }
    let command = Restore {
        then: Arc::new(then.state),
        seq,
        checkpoint,
    };
    let hold = film.sources.hold().await?;
    let rewritten = rewrite(&film, hold, context.origin(), command).await?;
    Ok(Restored {
        seq: rewritten.committed.seq,
        files: rewritten.files,
    })
}

impl Serve for GetPast {
    async fn serve(self, context: &Context) -> Result<Snapshot, Error> {
        let film = context.film(self.project)?;
        context.large_answer().await?;
        Ok(mirror::snapshot(&film.film_at(self.seq).await?))
    }
}

impl Serve for ListMoments {
    async fn serve(self, context: &Context) -> Result<Vec<Moment>, Error> {
        let film = context.film(self.project)?;
        context.large_answer().await?;
        let limit = self.limit.unwrap_or(MOMENTS_LEN_MAX).min(MOMENTS_LEN_MAX);
        let head = film.bus.film().seq;
        let last = self.before.map_or(head, |it| Seq(it.0.saturating_sub(1)));
        let last = last.min(head);
        let after = Seq(last.0.saturating_sub(MOMENT_EVENTS_MAX));
        let events = read(&film, after, last).await?;
        let before = film.film_at(after).await?;
        let mut moments = blocking(move || history::moments(before, &events)).await?;
        // Of the first one, a part may be missing.
        if after > Seq(0) && moments.len() > 1 {
            moments.remove(0);
        }
        moments.reverse();
        moments.truncate(limit as usize);
        Ok(moments)
    }
}

/// Every event after a place and up to another.
async fn read(film: &OpenFilm, after: Seq, to: Seq) -> Result<Vec<LoggedEvent>, Error> {
    let (log, project) = (film.log.clone(), film.id);
    let len = usize::try_from(to.0 - after.0).unwrap_or(usize::MAX);
    let stored = blocking(move || log.read_after(after, len)).await?;
    let stored = stored.map_err(|error| unreadable(&error))?;
    Ok(stored.into_iter().map(|it| it.logged(project)).collect())
}

fn unreadable(error: &LogError) -> Error {
    Error::unavailable(format!("the film's log cannot be read: {error}"))
        .hint("check the disk, then try again")
}

impl Serve for DiffHistory {
    async fn serve(self, context: &Context) -> Result<Differences, Error> {
        let film = context.film(self.project)?;
        context.large_answer().await?;
        let to = self.to.unwrap_or_else(|| film.bus.film().seq);
        let (earlier, later) = (film.film_at(self.from).await?, film.film_at(to).await?);
        let differences = blocking(move || history::differences(&earlier, &later)).await?;
        let (differences, left_out) = bounded(differences);
        Ok(Differences {
            from: self.from,
            to,
            differences,
            left_out,
        })
    }
}

/// The first differences of a list, and how many more there are.
pub(super) fn bounded(mut differences: Vec<Difference>) -> (Vec<Difference>, u32) {
    let left_out = differences.len().saturating_sub(DIFFERENCES_LEN_MAX);
    differences.truncate(DIFFERENCES_LEN_MAX);
    (differences, u32::try_from(left_out).unwrap_or(u32::MAX))
}
