//! Reads an event's JSON. The enums of events carry their tag among their fields, for which serde
//! first copies every field aside; that is most of what opening a film costs. The frequent kinds
//! are therefore read straight into their fields; the others, and whatever was not written by us,
//! the plain way.

use serde::Deserialize;
use serde_json::value::RawValue;
use storycore_schema::{
    Event,
    asset::{Asset, AssetEvent},
    history::{Compensation, HistoryEvent},
    id::{CompensationHash, RunId, ShotId, TakeId},
    run::RunEvent,
    script::{ScriptChange, ScriptEvent},
    take::{Take, TakeChoice, TakeEvent, TakeMark},
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
    let (noun, rest) = payload.strip_prefix(r#"{"noun":""#)?.split_once('"')?;
    let fields = rest.strip_prefix(r#","event":"#)?.strip_suffix('}')?;
    let (kind, _) = fields.strip_prefix(r#"{"type":""#)?.split_once('"')?;
    Some(Peeked { noun, kind, fields })
}

/// Reads an event of today's version.
pub(super) fn read(payload: &str) -> Result<Event, serde_json::Error> {
    if let Some(event) = peek(payload).and_then(read_frequent) {
        return Ok(event);
    }
    serde_json::from_str(payload)
}

/// None if it is no frequent kind, or does not read: then the plain way says why.
fn read_frequent(peeked: Peeked<'_>) -> Option<Event> {
    let event = match (peeked.noun, peeked.kind) {
        ("take", "added") => {
            let TakeAdded { take } = fields(peeked)?;
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
            let compensation = Box::new(compensation.whole()?);
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
            let StepDone {
                id,
                shot,
                take,
                reused,
            } = fields(peeked)?;
            Event::Run(RunEvent::StepDone {
                id,
                shot,
                take,
                reused,
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

fn fields<'a, T: Deserialize<'a>>(peeked: Peeked<'a>) -> Option<T> {
    serde_json::from_str(peeked.fields).ok()
}

// The fields of frequent kinds, as the enums declare them; the tag beside them is not read.

#[derive(Deserialize)]
struct TakeAdded {
    take: Box<Take>,
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
    events: Vec<&'a RawValue>,
    guard: CompensationHash,
}

impl RawCompensation<'_> {
    fn whole(self) -> Option<Compensation> {
        let events = self.events.iter().map(|it| read(it.get()));
        Some(Compensation {
            label: self.label,
            events: events.collect::<Result<_, _>>().ok()?,
            guard: self.guard,
        })
    }
}

#[derive(Deserialize)]
struct AssetAdded {
    asset: Asset,
}

#[derive(Deserialize)]
struct StepDone {
    id: RunId,
    shot: ShotId,
    take: TakeId,
    reused: bool,
}

#[derive(Deserialize)]
struct ScriptChanged {
    change: Box<ScriptChange>,
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
