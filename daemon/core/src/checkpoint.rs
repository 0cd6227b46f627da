//! Checkpoints: moments with a name.

use std::sync::Arc;

use storycore_schema::{
    Error, ErrorKind, Event,
    checkpoint::{CreateCheckpoint, DeleteCheckpoint, ListCheckpoints},
    history::{Checkpoint, HistoryEvent},
    id::CheckpointId,
};

use crate::{Decide, Env, Film, Query, handle::Decided};

/// How long the name of a checkpoint or a branch may be, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 120;
/// Checkpoints of one film, in checkpoints.
const CHECKPOINTS_LEN_MAX: usize = 1_000;

/// A name for something of a film, without blanks around it; `what` it is a name of.
pub(crate) fn name(what: &str, name: &str) -> Result<String, Error> {
    let name = name.trim();
    let n_chars = name.chars().count();
    if n_chars == 0 {
        return Err(
            Error::invalid_params(format!("the name of the {what} is empty"))
                .hint("say in a few words what it is, such as before the rewrite"),
        );
    }
    if n_chars > NAME_CHARS_MAX {
        let message = format!(
            "the name of the {what} has {n_chars} characters; {NAME_CHARS_MAX} are allowed"
        );
        return Err(Error::invalid_params(message).hint("say it in fewer words"));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid_params(format!(
            "the name of the {what} has more than one line"
        ))
        .hint("write it on one line"));
    }
    Ok(name.to_owned())
}

impl Film {
    /// A checkpoint.
    pub fn checkpoint(&self, id: CheckpointId) -> Result<&Arc<Checkpoint>, Error> {
        let known = self.state.project.history.checkpoints.get(&id);
        known.ok_or_else(|| {
            Error::not_found("checkpoint", id).hint("checkpoint/list lists those there are")
        })
    }
}

impl Query for ListCheckpoints {
    fn answer(self, film: &Film) -> Result<Vec<Checkpoint>, Error> {
        let checkpoints = film.state.project.history.checkpoints.values();
        Ok(checkpoints.map(|it| (**it).clone()).collect())
    }
}

impl Decide for CreateCheckpoint {
    type Output = Checkpoint;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<Checkpoint> {
        let name = name("checkpoint", &self.name)?;
        let known = &film.state.project.history.checkpoints;
        if let Some(twin) = known.values().find(|it| it.name == name) {
            let message = format!(
                "there is a checkpoint “{name}” already, at event {}",
                twin.seq
            );
            return Err(Error::new(ErrorKind::AlreadyExists, message)
                .hint("take another name, or give that one up with checkpoint/delete"));
        }
        if known.len() >= CHECKPOINTS_LEN_MAX {
            let message = format!("the film has {CHECKPOINTS_LEN_MAX} checkpoints already");
            return Err(Error::resource_exhausted(message)
                .hint("give up old ones with checkpoint/delete; the moments stay"));
        }
        let checkpoint = Checkpoint {
            id: env.fresh_id(),
            name,
            seq: film.seq,
            at_ms: env.now_ms,
            by: env.actor.to_owned(),
        };
        let event = HistoryEvent::CheckpointMade {
            checkpoint: checkpoint.clone(),
        };
        Ok((checkpoint, vec![Event::History(event)]))
    }
}

impl Decide for DeleteCheckpoint {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        film.checkpoint(self.id)?;
        let event = HistoryEvent::CheckpointRemoved { id: self.id };
        Ok(((), vec![Event::History(event)]))
    }
}
