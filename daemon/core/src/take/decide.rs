//! Decisions about takes. Each can be undone.

use storycore_schema::{
    Error, Event,
    id::{ShotId, TakeId},
    take::{
        CommentTake, LockTake, MoveTake, RejectTake, SelectTake, StarTake, Take, TakeChoice,
        TakeComment, TakeDetails, TakeEvent, TakeMarks, UncommentTake,
    },
};

use crate::{Decide, Env, Film, handle::Decided, shot};

/// How long a comment may be, in characters.
const COMMENT_CHARS_MAX: usize = 4_000;
/// Comments of one take, in comments.
const COMMENTS_LEN_MAX: usize = 500;

/// What was decided about a take of a shot, with the take as it is then.
pub(super) fn decided(
    film: &Film,
    env: &Env<'_>,
    (take, shot): (TakeId, ShotId),
    what: &str,
    events: Vec<Event>,
) -> Decided<TakeDetails> {
    let label = format!("{what} {}", shot::label(film, shot));
    let events = env.undoable(film, &label, events);
    let mut after = film.clone();
    after.apply(&events);
    let take = after.state.generation.takes.get(take)?;
    Ok((super::details(&after, take), events))
}

fn settled(
    film: &Film,
    env: &Env<'_>,
    take: &Take,
    what: &str,
    events: Vec<TakeEvent>,
) -> Decided<TakeDetails> {
    let events = events.into_iter().map(Event::Take).collect();
    decided(film, env, (take.id, take.shot), what, events)
}

/// A choice, if it is another than there is.
fn choose(film: &Film, shot: ShotId, choice: Option<TakeChoice>) -> Vec<TakeEvent> {
    let known = film.state.generation.takes.choices.get(&shot).copied();
    if known == choice {
        return Vec::new();
    }
    vec![TakeEvent::Chosen { shot, choice }]
}

fn mark(film: &Film, id: TakeId, marks: TakeMarks) -> Vec<TakeEvent> {
    film.state.generation.takes.mark(id, marks)
}

fn locked(film: &Film, shot: ShotId) -> Error {
    let label = shot::label(film, shot);
    Error::failed_precondition(format!("{label} is locked to another take"))
        .hint("unlock that one first: take/lock with `on` false")
}

/// Refuses to let go of what is locked, unless it is this take.
fn unless_locked(film: &Film, take: &Take) -> Result<(), Error> {
    match film.state.generation.takes.chosen(take.shot) {
        Some((chosen, true)) if chosen.id != take.id => Err(locked(film, take.shot)),
        _ => Ok(()),
    }
}

impl Decide for SelectTake {
    type Output = TakeDetails;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<TakeDetails> {
        let takes = &film.state.generation.takes;
        let take = takes.get(self.id)?.clone();
        unless_locked(film, &take)?;
        let chosen = takes.chosen(take.shot).filter(|it| it.0.id == take.id);
        let on = self.on.unwrap_or(true);
        let choice = match (on, chosen) {
            (true, Some(_)) => return settled(film, env, &take, "select", Vec::new()),
            (true, None) => Some(TakeChoice {
                take: take.id,
                locked: false,
            }),
            (false, Some((_, true))) => {
                let message = format!("this take of {} is locked", shot::label(film, take.shot));
                return Err(Error::failed_precondition(message)
                    .hint("unlock it first: take/lock with `on` false"));
            }
            (false, Some(_)) => None,
            (false, None) => return settled(film, env, &take, "select", Vec::new()),
        };
        let mut events = choose(film, take.shot, choice);
        // Whoever selects a take wants it used.
        if on && takes.marks_of(take.id).rejected {
            let starred = takes.marks_of(take.id).starred;
            let rejected = false;
            events.extend(mark(film, take.id, TakeMarks { starred, rejected }));
        }
        let what = if on {
            "select a take of"
        } else {
            "unselect the take of"
        };
        settled(film, env, &take, what, events)
    }
}

impl Decide for LockTake {
    type Output = TakeDetails;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<TakeDetails> {
        let takes = &film.state.generation.takes;
        let take = takes.get(self.id)?.clone();
        unless_locked(film, &take)?;
        let locked = self.on.unwrap_or(true);
        let chosen = takes.chosen(take.shot).filter(|it| it.0.id == take.id);
        if !locked && chosen.is_none() {
            return settled(film, env, &take, "unlock", Vec::new());
        }
        let choice = TakeChoice {
            take: take.id,
            locked,
        };
        let mut events = choose(film, take.shot, Some(choice));
        if locked && takes.marks_of(take.id).rejected {
            let starred = takes.marks_of(take.id).starred;
            let rejected = false;
            events.extend(mark(film, take.id, TakeMarks { starred, rejected }));
        }
        let what = if locked {
            "lock the take of"
        } else {
            "unlock the take of"
        };
        settled(film, env, &take, what, events)
    }
}

impl Decide for StarTake {
    type Output = TakeDetails;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<TakeDetails> {
        let takes = &film.state.generation.takes;
        let take = takes.get(self.id)?.clone();
        let starred = self.on.unwrap_or(true);
        let marks = TakeMarks {
            starred,
            ..takes.marks_of(take.id)
        };
        let what = if starred {
            "star a take of"
        } else {
            "unstar a take of"
        };
        settled(film, env, &take, what, mark(film, take.id, marks))
    }
}

impl Decide for RejectTake {
    type Output = TakeDetails;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<TakeDetails> {
        let takes = &film.state.generation.takes;
        let take = takes.get(self.id)?.clone();
        let rejected = self.on.unwrap_or(true);
        let chosen = takes.chosen(take.shot).filter(|it| it.0.id == take.id);
        if rejected && chosen.is_some_and(|it| it.1) {
            let message = format!("this take of {} is locked", shot::label(film, take.shot));
            return Err(Error::failed_precondition(message)
                .hint("unlock it first: take/lock with `on` false"));
        }
        let marks = TakeMarks {
            rejected,
            ..takes.marks_of(take.id)
        };
        let mut events = mark(film, take.id, marks);
        // What is not to be used is not what the shot is to show.
        if rejected && chosen.is_some() {
            events.extend(choose(film, take.shot, None));
        }
        let what = if rejected {
            "reject a take of"
        } else {
            "take back a rejection in"
        };
        settled(film, env, &take, what, events)
    }
}

impl Decide for CommentTake {
    type Output = TakeComment;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<TakeComment> {
        let takes = &film.state.generation.takes;
        let take = takes.get(self.id)?.clone();
        let text = self.text.trim();
        let n_chars = text.chars().count();
        if n_chars == 0 {
            return Err(Error::invalid_params("the comment is empty").hint("write something"));
        }
        if n_chars > COMMENT_CHARS_MAX {
            let message =
                format!("the comment has {n_chars} characters; {COMMENT_CHARS_MAX} are allowed");
            return Err(Error::invalid_params(message).hint("write it in two comments"));
        }
        if takes.comments_of(take.id).count() >= COMMENTS_LEN_MAX {
            let message = format!("the take has {COMMENTS_LEN_MAX} comments already");
            return Err(
                Error::resource_exhausted(message).hint("take back old ones with take/uncomment")
            );
        }
        let comment = TakeComment {
            id: env.fresh_id(),
            by: env.actor.to_owned(),
            at_ms: env.now_ms,
            text: text.to_owned(),
        };
        let event = TakeEvent::Commented {
            id: take.id,
            comment: comment.clone(),
        };
        let (_, events) = settled(film, env, &take, "comment on a take of", vec![event])?;
        Ok((comment, events))
    }
}

impl Decide for UncommentTake {
    type Output = ();

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<()> {
        let takes = &film.state.generation.takes;
        let take = takes.get(self.id)?.clone();
        if !takes.comments_of(take.id).any(|it| it.id == self.comment) {
            return Err(Error::not_found("comment", self.comment)
                .hint("take/get lists the comments of a take"));
        }
        let event = TakeEvent::Uncommented {
            id: take.id,
            comment: self.comment,
        };
        let what = "take back a comment on a take of";
        let (_, events) = settled(film, env, &take, what, vec![event])?;
        Ok(((), events))
    }
}

impl Decide for MoveTake {
    type Output = TakeDetails;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<TakeDetails> {
        let take = film.state.generation.takes.get(self.id)?.clone();
        film.state.project.screenplay.any_shot(self.shot)?;
        let events = if take.shot == self.shot {
            Vec::new()
        } else {
            moved(film, &take, self.shot)
        };
        let what = format!("give a take to {} from", shot::label(film, self.shot));
        settled(film, env, &take, &what, events)
    }
}

/// A take goes to another shot. A choice of the shot it leaves ends with it.
pub(crate) fn moved(film: &Film, take: &Take, shot: ShotId) -> Vec<TakeEvent> {
    let takes = &film.state.generation.takes;
    let chosen = takes.choices.get(&take.shot);
    let mut events = Vec::new();
    if chosen.is_some_and(|it| it.take == take.id) {
        events.extend(choose(film, take.shot, None));
    }
    events.push(TakeEvent::Moved { id: take.id, shot });
    events
}
