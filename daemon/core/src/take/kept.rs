//! Takes as a snapshot keeps them: a hundred takes of one intent keep it once.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use storycore_schema::{
    id::{BlobId, IntentHash, ShotId, TakeId},
    recipe::Intent,
    take::{Take, TakeSource},
};

#[derive(Serialize, Deserialize)]
struct KeptTakes<'a> {
    intents: Vec<Cow<'a, Intent>>,
    takes: Vec<KeptTake<'a>>,
}

/// A take, but for its intent. What a take has more, this must have, too: both ways name every
/// field.
#[derive(Serialize, Deserialize)]
struct KeptTake<'a> {
    id: TakeId,
    shot: ShotId,
    asset: BlobId,
    source: Cow<'a, TakeSource>,
    /// Its place in the list.
    intent: usize,
    intent_hash: IntentHash,
    made_ms: u64,
}

pub(super) fn serialize<S: Serializer>(
    takes: &OrdMap<TakeId, Arc<Take>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut kept = KeptTakes {
        intents: Vec::new(),
        takes: Vec::with_capacity(takes.len()),
    };
    let mut known = BTreeMap::new();
    for take in takes.values() {
        let intent = kept.place(&take.intent, take.intent_hash, &mut known);
        kept.takes.push(KeptTake::of(take, intent));
    }
    kept.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OrdMap<TakeId, Arc<Take>>, D::Error> {
    let kept = KeptTakes::deserialize(deserializer)?;
    let take = |it: KeptTake<'_>| {
        let intent = kept.intents.get(it.intent);
        let intent = intent.ok_or_else(|| D::Error::custom("a take without an intent"))?;
        Ok((it.id, Arc::new(it.whole(intent))))
    };
    kept.takes.into_iter().map(take).collect()
}

impl<'a> KeptTakes<'a> {
    /// An intent's place in the list, which takes it in if need be.
    fn place(
        &mut self,
        intent: &'a Intent,
        hash: IntentHash,
        known: &mut BTreeMap<IntentHash, usize>,
    ) -> usize {
        let next = self.intents.len();
        match known.entry(hash) {
            // Two of one hash are the same, unless a log says otherwise; then it is right.
            Entry::Occupied(known) if *self.intents[*known.get()] == *intent => {
                return *known.get();
            }
            Entry::Occupied(mut known) => {
                known.insert(next);
            }
            Entry::Vacant(unknown) => {
                unknown.insert(next);
            }
        }
        self.intents.push(Cow::Borrowed(intent));
        next
    }
}

impl<'a> KeptTake<'a> {
    fn of(take: &'a Take, place: usize) -> KeptTake<'a> {
        let Take {
            id,
            shot,
            asset,
            source,
            intent: _,
            intent_hash,
            made_ms,
        } = take;
        KeptTake {
            id: *id,
            shot: *shot,
            asset: *asset,
            source: Cow::Borrowed(source),
            intent: place,
            intent_hash: *intent_hash,
            made_ms: *made_ms,
        }
    }

    fn whole(self, intent: &Intent) -> Take {
        Take {
            id: self.id,
            shot: self.shot,
            asset: self.asset,
            source: self.source.into_owned(),
            intent: intent.clone(),
            intent_hash: self.intent_hash,
            made_ms: self.made_ms,
        }
    }
}
