//! Bringing in what somebody drew or took: a take that answers to what its shot asks for now.

use storycore_schema::{
    Event,
    asset::{Asset, AssetEvent},
    id::ShotId,
    recipe::KeptIntent,
    take::{Take, TakeChoice, TakeDetails, TakeEvent, TakeSource},
};

use crate::{Decide, Env, Film, handle::Decided, recipe};

use super::decide;

/// A file becomes a take of a shot, which shows it from then on. Its bytes are on disk.
pub struct BringIn {
    /// The shot, which may be in the unplaced tray.
    pub shot: ShotId,
    /// The picture to show.
    pub asset: Asset,
    /// The file as it came, if that is another.
    pub original: Option<Asset>,
    /// The file's name.
    pub name: String,
    /// Whether no automatic work may replace it.
    pub lock: bool,
}

/// A take that was brought in.
#[derive(Debug)]
pub struct BroughtIn {
    /// The take.
    pub take: TakeDetails,
    /// Whether the shot was locked to another take until now.
    pub replaces_locked: bool,
}

impl Decide for BringIn {
    type Output = BroughtIn;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<BroughtIn> {
        let record = film.state.project.screenplay.any_shot(self.shot)?;
        let intent = recipe::prepare(record, &film.state.project);
        let take = Take {
            id: env.fresh_id(),
            shot: self.shot,
            asset: self.asset.id,
            source: TakeSource::Imported {
                name: self.name,
                by: env.actor.to_owned(),
                original: self.original.as_ref().map(|it| it.id),
            },
            intent_hash: recipe::intent_hash(&intent),
            intent: KeptIntent::of(&intent),
            made_ms: env.now_ms,
        };
        let assets = [Some(self.asset), self.original].into_iter().flatten();
        let unknown = assets.filter(|it| !film.state.assets.by_id.contains_key(&it.id));
        let mut events: Vec<Event> = unknown
            .map(|asset| Event::Asset(AssetEvent::Added { asset }))
            .collect();
        // A lock keeps automatic work away. Whoever brings in another drawing is no such work, and
        // wants to see it.
        let choice = Some(TakeChoice {
            take: take.id,
            locked: self.lock,
        });
        let (id, shot) = (take.id, take.shot);
        let take = Box::new(take);
        events.push(Event::Take(TakeEvent::Added { take }));
        events.push(Event::Take(TakeEvent::Chosen { shot, choice }));
        let replaces_locked = film.state.generation.takes.is_locked(shot);
        let (take, events) = decide::decided(film, env, (id, shot), "import a take for", events)?;
        let brought_in = BroughtIn {
            take,
            replaces_locked,
        };
        Ok((brought_in, events))
    }
}
