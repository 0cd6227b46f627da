//! `history/*`: what is undone, and what the film was.

use storycore_core::history::{Direction, Step};
use storycore_schema::{
    Error,
    history::{Redo, Undo, Undone},
    id::ProjectId,
};

use super::{Context, Serve};

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
    let Some(_commit) = context.daemon.begin_commit() else {
        return Err(Error::unavailable("the daemon is stopping").hint("call again in a moment"));
    };
    let step = Step { direction };
    let committed = film.owner.submit(context.origin(), step).await?;
    Ok(Undone {
        seq: committed.seq,
        label: committed.value,
    })
}
