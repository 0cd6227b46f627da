//! Reads an event's JSON. The enums of events carry their tag among their fields, for which serde
//! first copies every field aside; that is most of what opening a film costs. The frequent kinds
//! are therefore read straight into their fields; the others, and whatever was not written by us,
//! the plain way.

use std::{ops::Range, str::FromStr, sync::Arc};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use storycore_core::replay::UnreadChange;
use storycore_schema::{
    Event,
    asset::{Asset, AssetEvent},
    history::{Compensation, HistoryEvent, KeptEvents},
    id::{BlobId, CompensationHash, IntentHash, RenderKey, RunId, SceneId, ShotId, TakeId},
    recipe::KeptIntent,
    run::{DRAW, RunEvent},
    scene::SceneRecord,
    script::{ChangeCause, FileChange, SceneMatch, ScriptChange, ScriptEvent},
    take::{Take, TakeChoice, TakeEvent, TakeMark, TakeSource},
};

/// What an event's JSON says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peeked<'a> {
    pub(super) noun: &'a str,
    pub(super) kind: &'a str,
    /// The object that holds the event's fields.
    pub(super) fields: &'a str,
}

/// Looks at the beginning of an event, if it is written as we write it.
pub(super) fn peek(payload: &str) -> Option<Peeked<'_>> {
    let (noun, rest) = word(payload.strip_prefix(r#"{"noun":""#)?)?;
    let fields = rest.strip_prefix(r#","event":"#)?.strip_suffix('}')?;
    let (kind, _) = word(fields.strip_prefix(r#"{"type":""#)?)?;
    Some(Peeked { noun, kind, fields })
}

/// What stands before a quote, and what after it.
fn word(text: &str) -> Option<(&str, &str)> {
    let quote = text.bytes().position(|it| it == b'"')?;
    Some((&text[..quote], &text[quote + 1..]))
}

/// Reads an event of today's version.
pub(super) fn read(payload: &str) -> Result<Event, serde_json::Error> {
    read_peeked(peek(payload), payload)
}

/// The same, when somebody has looked at it.
pub(super) fn read_peeked(
    peeked: Option<Peeked<'_>>,
    payload: &str,
) -> Result<Event, serde_json::Error> {
    if let Some(event) = peeked.and_then(read_frequent) {
        return Ok(event);
    }
    serde_json::from_str(payload)
}

/// None if it is no frequent kind, or does not read: then the plain way says why.
fn read_frequent(peeked: Peeked<'_>) -> Option<Event> {
    let event = match (peeked.noun, peeked.kind) {
        ("take", "added") => {
            let TakeAdded { take } = fields(peeked)?;
            let take = Box::new(take.whole()?);
            Event::Take(TakeEvent::Added { take })
        }
        ("take", "chosen") => {
            let TakeChosen { shot, choice } = fields(peeked)?;
            Event::Take(TakeEvent::Chosen { shot, choice })
        }
        ("take", "marked") => {
            let TakeMarked { id, mark, on } = fields(peeked)?;
            Event::Take(TakeEvent::Marked { id, mark, on })
        }
        ("history", "done") => {
            let HistoryDone {
                actor,
                compensation,
            } = fields(peeked)?;
            let compensation = Arc::new(compensation.whole());
            Event::History(HistoryEvent::Done {
                actor,
                compensation,
            })
        }
        ("asset", "added") => {
            let AssetAdded { asset } = fields(peeked)?;
            Event::Asset(AssetEvent::Added { asset })
        }
        ("run", "stepDone") => {
            let DrawingDone {
                id,
                shot,
                take,
                reused,
                took_ms,
                step: None,
            } = fields(peeked)?
            else {
                return None;
            };
            Event::Run(RunEvent::StepDone {
                id,
                step: DRAW.to_owned(),
                shot: Some(shot),
                scene: None,
                take: Some(take),
                reused,
                key: None,
                output: None,
                took_ms,
            })
        }
        ("script", "changed") => {
            let ScriptChanged { change } = fields(peeked)?;
            Event::Script(ScriptEvent::Changed { change })
        }
        _ => return None,
    };
    Some(event)
}

/// Reads a change of the script but for its shots, which are most of it. None if it is none, or not
/// written as we write it.
pub(super) fn read_change(peeked: Peeked<'_>) -> Option<UnreadChange> {
    if (peeked.noun, peeked.kind) != ("script", "changed") {
        return None;
    }
    let UnreadChanged { change } = fields(peeked)?;
    let places = Places(peeked.fields);
    Some(UnreadChange {
        text: peeked.fields.into(),
        shots: places.of(&change.shots)?,
        change: ScriptChange {
            cause: change.cause,
            files: change.files,
            scenes: change.scenes,
            shots: Vec::new(),
            unplaced_scenes: change.unplaced_scenes,
            unplaced_shots: change.unplaced_shots,
            dropped_scenes: change.dropped_scenes,
            dropped_shots: change.dropped_shots,
            matches: change.matches,
        },
    })
}

/// Where things stand in some JSON.
struct Places<'a>(&'a str);

impl Places<'_> {
    /// Which things records are of, and where each stands. The id is first in each.
    fn of<T: FromStr>(&self, records: &[&RawValue]) -> Option<Vec<(T, Range<usize>)>> {
        let begin = self.0.as_ptr().addr();
        let place = |record: &&RawValue| {
            let (json, start) = (record.get(), record.get().as_ptr().addr() - begin);
            let (id, _) = word(json.strip_prefix(r#"{"id":""#)?)?;
            Some((id.parse().ok()?, start..start + json.len()))
        };
        records.iter().map(place).collect()
    }
}

/// Who did something, of a `history/done`.
pub(super) fn who_did(peeked: Peeked<'_>) -> Option<&str> {
    let done = peeked.fields.strip_prefix(r#"{"type":"done","actor":""#)?;
    let (actor, _) = word(done)?;
    // An escaped quote may stand in it.
    (!actor.contains('\\')).then_some(actor)
}

fn fields<'a, T: Deserialize<'a>>(peeked: Peeked<'a>) -> Option<T> {
    serde_json::from_str(peeked.fields).ok()
}

// The fields of frequent kinds, as the enums declare them; the tag beside them is not read.

#[derive(Deserialize)]
struct TakeAdded<'a> {
    #[serde(borrow)]
    take: RawTake<'a>,
}

/// A [`Take`] whose intent is as it stands in the log.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTake<'a> {
    id: TakeId,
    shot: ShotId,
    asset: BlobId,
    #[serde(borrow)]
    source: RawSource<'a>,
    #[serde(borrow)]
    intent: &'a RawValue,
    intent_hash: IntentHash,
    made_ms: u64,
}

/// A rendered [`TakeSource`]; others are rare.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSource<'a> {
    r#type: &'a str,
    run: RunId,
    render_key: RenderKey,
    seed: u64,
    renderer_version: String,
}

impl RawTake<'_> {
    fn whole(self) -> Option<Take> {
        let source = self.source;
        (source.r#type == "rendered").then(|| Take {
            id: self.id,
            shot: self.shot,
            asset: self.asset,
            source: TakeSource::Rendered {
                run: source.run,
                render_key: source.render_key,
                seed: source.seed,
                renderer_version: source.renderer_version,
            },
            intent: KeptIntent::from_json(self.intent),
            intent_hash: self.intent_hash,
            made_ms: self.made_ms,
        })
    }
}

#[derive(Deserialize)]
struct TakeChosen {
    shot: ShotId,
    #[serde(default)]
    choice: Option<TakeChoice>,
}

#[derive(Deserialize)]
struct TakeMarked {
    id: TakeId,
    mark: TakeMark,
    on: bool,
}

#[derive(Deserialize)]
struct HistoryDone<'a> {
    actor: String,
    #[serde(borrow)]
    compensation: RawCompensation<'a>,
}

#[derive(Deserialize)]
struct RawCompensation<'a> {
    label: String,
    #[serde(borrow)]
    events: &'a RawValue,
    guard: CompensationHash,
}

impl RawCompensation<'_> {
    fn whole(self) -> Compensation {
        Compensation {
            label: self.label,
            events: KeptEvents::from_json(self.events),
            guard: self.guard,
        }
    }
}

#[derive(Deserialize)]
struct AssetAdded {
    asset: Asset,
}

/// The one step of a run that draws with the built-in renderer; others are read the plain way.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DrawingDone {
    id: RunId,
    shot: ShotId,
    take: TakeId,
    reused: bool,
    #[serde(default)]
    took_ms: Option<u64>,
    #[serde(default)]
    step: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ScriptChanged {
    change: Box<ScriptChange>,
}

#[derive(Deserialize)]
struct UnreadChanged<'a> {
    #[serde(borrow)]
    change: Unread<'a>,
}

/// A [`ScriptChange`] whose shots are as they stand in the log.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unread<'a> {
    cause: ChangeCause,
    files: Vec<FileChange>,
    scenes: Vec<SceneRecord>,
    #[serde(borrow)]
    shots: Vec<&'a RawValue>,
    unplaced_scenes: Vec<SceneId>,
    unplaced_shots: Vec<ShotId>,
    dropped_scenes: Vec<SceneId>,
    dropped_shots: Vec<ShotId>,
    matches: Vec<SceneMatch>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: [&str; 2] = [
        include_str!("../../../../tests/golden-events/v1.jsonl"),
        include_str!("../../../../tests/golden-events/v2.jsonl"),
    ];

    #[test]
    fn both_ways_read_the_same() {
        let mut straight = std::collections::BTreeSet::new();
        for line in GOLDEN.iter().flat_map(|it| it.lines()) {
            // Lines of old versions may be in a shape that has gone.
            let Ok(plain) = serde_json::from_str::<Event>(line) else {
                continue;
            };
            let text = serde_json::to_string(&plain).unwrap();
            let peeked = peek(&text).expect("it is written by us");
            assert_eq!(read(&text).unwrap(), plain);
            if let Some(event) = read_frequent(peeked) {
                assert_eq!(event, plain);
                straight.insert(format!("{}/{}", peeked.noun, peeked.kind));
            }
        }
        let expected = [
            "asset/added",
            "history/done",
            "run/stepDone",
            "script/changed",
            "take/added",
            "take/chosen",
            "take/marked",
        ];
        assert!(straight.iter().eq(&expected), "{straight:?}");
    }

    #[test]
    fn what_does_not_read_says_why() {
        let text = r#"{"noun":"take","event":{"type":"added","take":{"id":"x"}}}"#;
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains("invalid length"), "{error}");
        assert_eq!(peek("{}"), None);
        assert!(read("{}").is_err());
    }
}
