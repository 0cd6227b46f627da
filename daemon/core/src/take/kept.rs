//! Takes as a snapshot keeps them. What a hundred takes of one intent share is kept once, and what
//! follows from the takes not at all: a film has more of them than of anything else.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, thread};

use imbl::{OrdMap, OrdSet, Vector};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use storycore_schema::{
    id::{BlobId, IntentHash, RenderKey, RunId, ShotId, TakeId},
    quality::Looked,
    recipe::KeptIntent,
    take::{Take, TakeChoice, TakeComment, TakeMarks, TakeRepeat, TakeSource},
};

use super::{Preference, Takes};

#[derive(Serialize, Deserialize)]
struct KeptTakes<'a> {
    intents: Vec<Asked>,
    #[serde(borrow)]
    takes: Vec<KeptTake<'a>>,
    pictures: Vec<(RenderKey, BlobId)>,
    choices: Cow<'a, OrdMap<ShotId, TakeChoice>>,
    marks: Cow<'a, OrdMap<TakeId, TakeMarks>>,
    comments: Cow<'a, OrdMap<TakeId, Vector<TakeComment>>>,
    withdrawn: Cow<'a, OrdSet<TakeId>>,
    looked: Cow<'a, OrdMap<TakeId, Arc<Looked>>>,
    repeats: Cow<'a, OrdMap<TakeId, Arc<TakeRepeat>>>,
    preferred: Cow<'a, OrdMap<ShotId, Arc<Preference>>>,
}

#[derive(Serialize, Deserialize)]
struct Asked(KeptIntent, IntentHash);

/// The take, its shot, the picture, where it comes from, the intent's place in the list, when it
/// was made. Names of fields would weigh as much again.
#[derive(Serialize, Deserialize)]
struct KeptTake<'a>(
    TakeId,
    ShotId,
    BlobId,
    #[serde(borrow)] KeptSource<'a>,
    usize,
    u64,
);

/// What [`TakeSource`] has, without the names of its fields.
#[derive(Serialize, Deserialize)]
enum KeptSource<'a> {
    Rendered(RunId, RenderKey, u64, #[serde(borrow)] Cow<'a, str>),
    Imported(
        #[serde(borrow)] Cow<'a, str>,
        #[serde(borrow)] Cow<'a, str>,
        Option<BlobId>,
    ),
}

impl Serialize for Takes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        KeptTakes::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Takes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Takes, D::Error> {
        let takes = KeptTakes::deserialize(deserializer)?.whole();
        takes.ok_or_else(|| D::Error::custom("a take without an intent"))
    }
}

impl<'a> KeptTakes<'a> {
    fn of(takes: &'a Takes) -> KeptTakes<'a> {
        // Every field is named, so that a new one cannot be forgotten.
        let Takes {
            by_id,
            by_shot: _,
            choices,
            marks,
            comments,
            withdrawn,
            looked,
            repeats,
            preferred,
            by_key,
        } = takes;
        let (mut intents, mut known) = (Vec::new(), BTreeMap::new());
        let mut kept = Vec::with_capacity(by_id.len());
        for take in by_id.values() {
            let intent = place(take, &mut intents, &mut known);
            kept.push(KeptTake::of(take, intent));
        }
        let follows: BTreeMap<_, _> = kept.iter().filter_map(KeptTake::picture).collect();
        let others = by_key
            .iter()
            .filter(|(key, it)| follows.get(key) != Some(it));
        KeptTakes {
            intents,
            takes: kept,
            pictures: others.map(|(key, it)| (*key, *it)).collect(),
            choices: Cow::Borrowed(choices),
            marks: Cow::Borrowed(marks),
            comments: Cow::Borrowed(comments),
            withdrawn: Cow::Borrowed(withdrawn),
            looked: Cow::Borrowed(looked),
            repeats: Cow::Borrowed(repeats),
            preferred: Cow::Borrowed(preferred),
        }
    }

    fn whole(self) -> Option<Takes> {
        let mut takes = Takes {
            choices: self.choices.into_owned(),
            marks: self.marks.into_owned(),
            comments: self.comments.into_owned(),
            withdrawn: self.withdrawn.into_owned(),
            looked: self.looked.into_owned(),
            repeats: self.repeats.into_owned(),
            preferred: self.preferred.into_owned(),
            ..Takes::default()
        };
        let pictures = self.takes.iter().filter_map(KeptTake::picture);
        let pictures: Vec<_> = pictures.chain(self.pictures).collect();
        let of_shots: Vec<_> = self.takes.iter().map(|it| (it.1, it.0)).collect();
        thread::scope(|scope| {
            let follows = scope.spawn(|| (by_shot(of_shots), pictures.into_iter().collect()));
            for kept in self.takes {
                let take = Arc::new(kept.whole(&self.intents)?);
                takes.by_id.insert(take.id, take);
            }
            (takes.by_shot, takes.by_key) = follows.join().ok()?;
            Some(takes)
        })
    }
}

/// The takes of each shot, of takes that come by id.
fn by_shot(mut takes: Vec<(ShotId, TakeId)>) -> OrdMap<ShotId, Vector<TakeId>> {
    takes.sort_by_key(|it| it.0);
    let shots = takes.chunk_by(|a, b| a.0 == b.0);
    let lists = shots.filter_map(|takes| {
        let ids: Vector<TakeId> = takes.iter().map(|it| it.1).collect();
        Some((takes.first()?.0, ids))
    });
    lists.collect()
}

/// The place of a take's intent in the list, which takes it in if need be.
fn place(take: &Take, intents: &mut Vec<Asked>, known: &mut BTreeMap<IntentHash, usize>) -> usize {
    let (intent, hash) = (&take.intent, take.intent_hash);
    // Two of one hash are the same, unless a log says otherwise; then it is right.
    let same = |it: &&mut usize| intents[**it].0 == *intent;
    if let Some(place) = known.get_mut(&hash).filter(same) {
        return *place;
    }
    known.insert(hash, intents.len());
    intents.push(Asked(intent.clone(), hash));
    intents.len() - 1
}

impl<'a> KeptTake<'a> {
    fn of(take: &'a Take, place: usize) -> KeptTake<'a> {
        let Take {
            id,
            shot,
            asset,
            source,
            intent: _,
            intent_hash: _,
            made_ms,
        } = take;
        KeptTake(*id, *shot, *asset, KeptSource::of(source), place, *made_ms)
    }

    /// What can be found by a key, if nobody else says otherwise.
    fn picture(&self) -> Option<(RenderKey, BlobId)> {
        match &self.3 {
            KeptSource::Rendered(_, key, ..) => Some((*key, self.2)),
            KeptSource::Imported(..) => None,
        }
    }

    fn whole(self, intents: &[Asked]) -> Option<Take> {
        let KeptTake(id, shot, asset, source, place, made_ms) = self;
        let Asked(intent, intent_hash) = intents.get(place)?;
        Some(Take {
            id,
            shot,
            asset,
            source: source.whole(),
            intent: intent.clone(),
            intent_hash: *intent_hash,
            made_ms,
        })
    }
}

impl<'a> KeptSource<'a> {
    fn of(source: &'a TakeSource) -> KeptSource<'a> {
        match source {
            TakeSource::Rendered {
                run,
                render_key,
                seed,
                renderer_version,
            } => KeptSource::Rendered(*run, *render_key, *seed, renderer_version.into()),
            TakeSource::Imported { name, by, original } => {
                KeptSource::Imported(name.into(), by.into(), *original)
            }
        }
    }

    fn whole(self) -> TakeSource {
        match self {
            KeptSource::Rendered(run, render_key, seed, renderer_version) => TakeSource::Rendered {
                run,
                render_key,
                seed,
                renderer_version: renderer_version.into_owned(),
            },
            KeptSource::Imported(name, by, original) => TakeSource::Imported {
                name: name.into_owned(),
                by: by.into_owned(),
                original,
            },
        }
    }
}
