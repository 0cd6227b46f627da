//! Takes: which results a shot has, what people decided about them, and which one is shown.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};
use storycore_schema::{
    Error,
    id::{BlobId, IntentHash, RenderKey, ShotId, TakeId},
    quality::Looked,
    shot::Status,
    take::{
        GetTake, ListTakes, Take, TakeChoice, TakeComment, TakeDetails, TakeEvent, TakeMark,
        TakeMarks, TakeRepeat, TakeSource,
    },
};

use crate::{
    Film, Query,
    quality::{self, Standard},
    recipe,
};

mod check;
mod compare;
mod decide;
mod import;
mod kept;

pub use check::{NoteLooked, Preference};
pub use compare::compared;
pub(crate) use decide::moved;
pub use import::{BringIn, BroughtIn};

/// Every take of the film.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Takes {
    /// By id, those that were withdrawn too.
    pub by_id: OrdMap<TakeId, Arc<Take>>,
    /// The takes of each shot, oldest first; those that were withdrawn too, so that a shot to which
    /// one may come back is never dropped.
    pub by_shot: OrdMap<ShotId, Vector<TakeId>>,
    /// What somebody chose for a shot.
    pub choices: OrdMap<ShotId, TakeChoice>,
    /// Takes that are starred or rejected.
    pub marks: OrdMap<TakeId, TakeMarks>,
    /// What people said, oldest first.
    pub comments: OrdMap<TakeId, Vector<TakeComment>>,
    /// Takes whose bringing in was undone.
    pub withdrawn: OrdSet<TakeId>,
    /// What was seen of those that were looked at.
    pub looked: OrdMap<TakeId, Arc<Looked>>,
    /// Takes that failed their checks, and what was done about it.
    pub repeats: OrdMap<TakeId, Arc<TakeRepeat>>,
    /// Of shots that were drawn several times for it, the best attempt.
    pub preferred: OrdMap<ShotId, Arc<Preference>>,
    by_key: OrdMap<RenderKey, BlobId>,
}

impl Takes {
    /// A take that was not withdrawn.
    pub fn get(&self, id: TakeId) -> Result<&Arc<Take>, Error> {
        let missing = || Error::not_found("take", id).hint("list takes with take/list");
        let take = self.by_id.get(&id).ok_or_else(missing)?;
        if self.withdrawn.contains(&id) {
            return Err(missing().hint("bringing it in was undone; history/redo brings it back"));
        }
        Ok(take)
    }

    /// The picture made from this key before, by whichever shot.
    pub fn picture(&self, key: RenderKey) -> Option<BlobId> {
        self.by_key.get(&key).copied()
    }

    /// The take a shot shows. What is locked is shown whatever happens. Of the others, one that is
    /// what the script asks for comes before one that is not, one that somebody chose before one
    /// that nobody did, the best of several attempts before the others, and a newer one before an
    /// older one; what was rejected comes last.
    pub fn shown(&self, shot: ShotId, intent: IntentHash) -> Option<&Arc<Take>> {
        let chosen = self.chosen(shot);
        if let Some((take, true)) = chosen {
            return Some(take);
        }
        let chosen = chosen.map(|it| it.0);
        let fits = |take: &&Arc<Take>| take.intent_hash == intent;
        let usable = |take: &&Arc<Take>| !self.marks_of(take.id).rejected;
        let newest = || self.of_shot(shot).rev();
        chosen
            .filter(fits)
            .or_else(|| {
                let newest = newest().filter(usable).find(fits);
                newest.map(|it| self.best_instead(it))
            })
            .or(chosen)
            .or_else(|| newest().find(usable))
            .or_else(|| newest().find(fits))
            .or_else(|| newest().next())
    }

    /// What somebody chose for a shot, and whether that is locked.
    pub fn chosen(&self, shot: ShotId) -> Option<(&Arc<Take>, bool)> {
        let choice = self.choices.get(&shot)?;
        let take = self.by_id.get(&choice.take)?;
        let is_here = take.shot == shot && !self.withdrawn.contains(&take.id);
        is_here.then_some((take, choice.locked))
    }

    /// The same, as clients are told.
    pub fn choice_of(&self, shot: ShotId) -> Option<TakeChoice> {
        let (take, locked) = self.chosen(shot)?;
        let take = take.id;
        Some(TakeChoice { take, locked })
    }

    /// Whether no automatic work may replace what a shot shows.
    pub fn is_locked(&self, shot: ShotId) -> bool {
        self.chosen(shot).is_some_and(|it| it.1)
    }

    /// Whether a shot has a take that is what the script asks for, shown or not.
    pub fn has_fresh(&self, shot: ShotId, intent: IntentHash) -> bool {
        self.of_shot(shot).any(|it| it.intent_hash == intent)
    }

    /// The takes of a shot, oldest first.
    pub fn of_shot(&self, shot: ShotId) -> impl DoubleEndedIterator<Item = &Arc<Take>> {
        let ids = self.by_shot.get(&shot);
        ids.into_iter()
            .flat_map(Vector::iter)
            .filter(|id| !self.withdrawn.contains(*id))
            .filter_map(|id| self.by_id.get(id))
    }

    /// What people think of a take.
    pub fn marks_of(&self, id: TakeId) -> TakeMarks {
        self.marks.get(&id).copied().unwrap_or_default()
    }

    /// What gives a take these marks.
    pub(crate) fn mark(&self, id: TakeId, wanted: TakeMarks) -> Vec<TakeEvent> {
        let known = self.marks_of(id);
        let marks = [TakeMark::Starred, TakeMark::Rejected].into_iter();
        let other = marks.filter(|it| known.has(*it) != wanted.has(*it));
        let event = |mark| TakeEvent::Marked {
            id,
            mark,
            on: wanted.has(mark),
        };
        other.map(event).collect()
    }

    /// What people said about a take, oldest first.
    pub fn comments_of(&self, id: TakeId) -> impl DoubleEndedIterator<Item = &TakeComment> {
        self.comments.get(&id).into_iter().flat_map(Vector::iter)
    }

    pub(crate) fn take_in(&mut self, event: TakeEvent) {
        match event {
            TakeEvent::Added { take } => self.add(*take),
            TakeEvent::Chosen { shot, choice } => match choice {
                Some(choice) => {
                    self.choices.insert(shot, choice);
                }
                None => {
                    self.choices.remove(&shot);
                }
            },
            TakeEvent::Marked { id, mark, on } => self.note_mark(id, mark, on),
            TakeEvent::Commented { id, comment } => {
                let comments = self.comments.entry(id).or_default();
                // A comment that comes back goes where it was.
                let at = comments.iter().filter(|it| it.id < comment.id).count();
                comments.insert(at, comment);
            }
            TakeEvent::Uncommented { id, comment } => self.uncomment(id, comment),
            TakeEvent::Moved { id, shot } => self.give_to(id, shot),
            TakeEvent::Withdrawn { id } => {
                self.withdrawn.insert(id);
            }
            TakeEvent::Returned { id } => {
                self.withdrawn.remove(&id);
            }
            TakeEvent::Checked { id, looked } => {
                self.looked.insert(id, Arc::new(*looked));
            }
            TakeEvent::Repeated { id, repeat } => {
                self.repeats.insert(id, Arc::new(repeat));
            }
            TakeEvent::Preferred {
                shot, take, over, ..
            } => {
                self.preferred
                    .insert(shot, Arc::new(Preference { take, over }));
            }
        }
    }

    fn note_mark(&mut self, id: TakeId, mark: TakeMark, on: bool) {
        if let Some(marks) = self.marks.get_mut(&id) {
            *marks = marks.with(mark, on);
            if *marks == TakeMarks::default() {
                self.marks.remove(&id);
            }
        } else if on {
            self.marks.insert(id, TakeMarks::default().with(mark, on));
        }
    }

    fn add(&mut self, mut take: Take) {
        self.share_intent(&mut take);
        if let TakeSource::Rendered { render_key, .. } = &take.source {
            self.by_key.insert(*render_key, take.asset);
        }
        self.withdrawn.remove(&take.id);
        let take = Arc::new(take);
        if let Some(known) = self.by_id.insert(take.id, take.clone()) {
            self.unlist(&known);
        }
        self.list(&take);
    }

    /// Most takes of a shot answer to one intent; it is kept once.
    fn share_intent(&self, take: &mut Take) {
        let last = self.by_shot.get(&take.shot).and_then(Vector::last);
        let last = last.and_then(|id| self.by_id.get(id));
        if let Some(last) = last.filter(|it| it.intent == take.intent) {
            take.intent = last.intent.clone();
        }
    }

    fn uncomment(&mut self, id: TakeId, comment: storycore_schema::id::CommentId) {
        if let Some(comments) = self.comments.get_mut(&id) {
            comments.retain(|it| it.id != comment);
            if comments.is_empty() {
                self.comments.remove(&id);
            }
        }
    }

    fn give_to(&mut self, id: TakeId, shot: ShotId) {
        let Some(take) = self.by_id.get(&id).cloned() else {
            return;
        };
        let moved = Take {
            shot,
            ..(*take).clone()
        };
        self.unlist(&take);
        self.list(&moved);
        self.by_id.insert(id, Arc::new(moved));
    }

    /// Puts a take among those of its shot, by the time it was made.
    fn list(&mut self, take: &Take) {
        let Some(takes) = self.by_shot.get_mut(&take.shot) else {
            self.by_shot.insert(take.shot, Vector::unit(take.id));
            return;
        };
        let at = takes.iter().rev().take_while(|it| **it > take.id).count();
        if at == 0 {
            takes.push_back(take.id);
        } else {
            takes.insert(takes.len() - at, take.id);
        }
    }

    fn unlist(&mut self, take: &Take) {
        if let Some(takes) = self.by_shot.get_mut(&take.shot) {
            takes.retain(|it| *it != take.id);
            if takes.is_empty() {
                self.by_shot.remove(&take.shot);
            }
        }
    }
}

/// A take with everything people decided about it.
pub fn details(film: &Film, take: &Take) -> TakeDetails {
    let takes = &film.state.generation.takes;
    let record = film.state.project.screenplay.any_shot(take.shot).ok();
    let now = record.map(|it| recipe::prepare(it, &film.state.project));
    let fresh = now
        .as_ref()
        .is_some_and(|it| recipe::intent_hash(it) == take.intent_hash);
    let reasons = now
        .filter(|_| !fresh)
        .map(|it| recipe::reasons_of(take, &it));
    let (marks, chosen) = (takes.marks_of(take.id), takes.chosen(take.shot));
    let chosen = chosen.filter(|it| it.0.id == take.id);
    TakeDetails {
        id: take.id,
        shot: take.shot,
        asset: take.asset,
        source: take.source.clone(),
        intent: take.intent.clone(),
        intent_hash: take.intent_hash,
        made_ms: take.made_ms,
        status: if fresh { Status::Fresh } else { Status::Stale },
        reasons: reasons.unwrap_or_default(),
        shown: film.shown_take(take.shot) == Some(take.id),
        selected: chosen.is_some(),
        locked: chosen.is_some_and(|it| it.1),
        starred: marks.starred,
        rejected: marks.rejected,
        comments: takes.comments_of(take.id).cloned().collect(),
        checks: takes.looked.get(&take.id).map(|looked| {
            let standard = Standard::of(&film.state.project.bible);
            quality::checks(take, looked, &standard)
        }),
        repeated: takes.repeats.get(&take.id).map(|it| (**it).clone()),
    }
}

impl Film {
    /// The take that a shot shows. One in the unplaced tray shows what it showed, or its newest.
    pub fn shown_take(&self, shot: ShotId) -> Option<TakeId> {
        let takes = &self.state.generation.takes;
        let unplaced = || {
            let record = self.state.project.screenplay.unplaced_shots.get(&shot)?;
            let intent = recipe::prepare(record, &self.state.project);
            let shown = takes.shown(shot, recipe::intent_hash(&intent))?;
            Some(shown.id)
        };
        self.derived.shot(shot).take.or_else(unplaced)
    }

    /// The same, with all that is kept of it.
    pub fn shown(&self, shot: ShotId) -> Option<&Arc<Take>> {
        let takes = &self.state.generation.takes;
        takes.by_id.get(&self.shown_take(shot)?)
    }
}

impl Query for ListTakes {
    fn answer(self, film: &Film) -> Result<Vec<TakeDetails>, Error> {
        let takes = &film.state.generation.takes;
        let listed: Vec<&Arc<Take>> = match self.shot {
            Some(shot) => {
                film.state.project.screenplay.any_shot(shot)?;
                takes.of_shot(shot).collect()
            }
            None => takes
                .by_id
                .values()
                .filter(|it| !takes.withdrawn.contains(&it.id))
                .collect(),
        };
        let fits = |take: &&&Arc<Take>| {
            let marks = takes.marks_of(take.id);
            self.starred.is_none_or(|it| it == marks.starred)
                && self.rejected.is_none_or(|it| it == marks.rejected)
        };
        let fitting = listed.iter().filter(fits);
        Ok(fitting.map(|take| details(film, take)).collect())
    }
}

impl Query for GetTake {
    fn answer(self, film: &Film) -> Result<TakeDetails, Error> {
        let take = film.state.generation.takes.get(self.id)?;
        Ok(details(film, take))
    }
}
