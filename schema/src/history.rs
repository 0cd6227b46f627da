//! History: what can be undone and done again, what the film was, named moments to come back to.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;

use crate::{
    event::{Event, Seq},
    film_method,
    id::{CheckpointId, CompensationHash, ProjectId, SceneId, ShotId},
    state::Snapshot,
};

/// What it takes to undo something, or to do it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compensation {
    /// What was done, in a few words: `star a take of 12A`.
    pub label: String,
    /// The events that take it back, each as an [`Event`] stands in the log. The schema leaves them
    /// open: a type that holds itself keeps readers of OpenRPC from ever coming to an end.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub events: KeptEvents,
    /// Hash of the events that would take those back in their turn. When they come to something
    /// else, somebody has changed the same thing meanwhile, and undoing would overwrite that.
    pub guard: CompensationHash,
}

/// Events as JSON. Of those that would take something back, few are ever needed, and a film's log
/// may have hundreds of thousands: they are read when they are needed.
#[derive(Debug, Clone)]
pub struct KeptEvents(Box<RawValue>);

impl KeptEvents {
    /// The JSON of some events. Fails only if an event cannot be written, which is a bug.
    pub fn of(events: &[Event]) -> Result<KeptEvents, serde_json::Error> {
        serde_json::value::to_raw_value(events).map(KeptEvents)
    }

    /// Takes over JSON that stands in a log of today's version. It is looked at when it is read.
    pub fn from_json(json: &RawValue) -> KeptEvents {
        KeptEvents(json.to_owned())
    }

    /// The events.
    pub fn read(&self) -> Result<Vec<Event>, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }
}

impl PartialEq for KeptEvents {
    fn eq(&self, other: &KeptEvents) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for KeptEvents {}

impl Serialize for KeptEvents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        serializer.serialize_str(self.0.get())
    }
}

impl<'de> Deserialize<'de> for KeptEvents {
    /// Of JSON by way of the events, since it cannot be had raw of every deserializer.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<KeptEvents, D::Error> {
        if deserializer.is_human_readable() {
            let events = Vec::<Event>::deserialize(deserializer)?;
            return KeptEvents::of(&events).map_err(D::Error::custom);
        }
        let json = String::deserialize(deserializer)?;
        let json = RawValue::from_string(json).map_err(D::Error::custom)?;
        Ok(KeptEvents(json))
    }
}

/// A named moment of a film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The checkpoint.
    pub id: CheckpointId,
    /// Its name: `before the rewrite`.
    pub name: String,
    /// The moment: the last event in it.
    pub seq: Seq,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Who made it.
    pub by: String,
}

/// A branch of a film: a film of its own, in a folder of its own, that began as a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// The branch's own film.
    pub project: ProjectId,
    /// Its name: `darker ending`.
    pub name: String,
    /// Its folder when it was made.
    pub path: String,
    /// The last event of this film that is in it.
    pub seq: Seq,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Who made it.
    pub by: String,
}

/// What happens to a film's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum HistoryEvent {
    /// Somebody did something that can be undone. Follows the events of what was done.
    #[schemars(title = "HistoryDone")]
    Done {
        /// Who.
        actor: String,
        /// How to undo it.
        compensation: Arc<Compensation>,
    },
    /// Somebody undid the last thing they did. Follows the events that did so.
    #[schemars(title = "HistoryUndone")]
    Undone {
        /// Who.
        actor: String,
        /// How to do it again.
        compensation: Arc<Compensation>,
    },
    /// Somebody did again what they undid last. Follows the events that did so.
    #[schemars(title = "HistoryRedone")]
    Redone {
        /// Who.
        actor: String,
        /// How to undo it.
        compensation: Arc<Compensation>,
    },
    /// A moment was given a name.
    #[schemars(title = "CheckpointMade")]
    CheckpointMade {
        /// The checkpoint.
        checkpoint: Checkpoint,
    },
    /// A moment's name was given up. The moment is still in the log.
    #[schemars(title = "CheckpointRemoved")]
    CheckpointRemoved {
        /// The checkpoint.
        id: CheckpointId,
    },
    /// The film was put back to an earlier moment. Follows the events that did so.
    #[schemars(title = "HistoryRestored")]
    Restored {
        /// The moment.
        seq: Seq,
        /// Its name, if it had one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        checkpoint: Option<CheckpointId>,
    },
    /// A branch was made.
    #[schemars(title = "BranchMade")]
    BranchMade {
        /// The branch.
        branch: Branch,
    },
}

/// What somebody can undo and do again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoState {
    /// What can be undone, the last first.
    pub undo: Vec<String>,
    /// What can be done again, the next first.
    pub redo: Vec<String>,
}

/// Takes back the last thing that this client did and that is not undone yet. Only changes of the
/// film are undone: takes, decisions, corrections, restored moments. Runs are never rewound, and
/// text that was typed elsewhere is never touched.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undo {
    /// The film.
    pub project: ProjectId,
}

film_method!(Undo, "history/undo", Editor, Job, Undone);

/// Does again what this client undid last.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redo {
    /// The film.
    pub project: ProjectId,
}

film_method!(Redo, "history/redo", Editor, Job, Undone);

/// What was undone or done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    /// The last event of it.
    pub seq: Seq,
    /// What it was, in a few words.
    pub label: String,
}

/// Returns the whole state of a film as it was when an event had just happened. What is not in the
/// log, such as what people look at, is not in it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetPast {
    /// The film.
    pub project: ProjectId,
    /// The last event in it; 0 is the film before anything had happened.
    pub seq: Seq,
}

film_method!(GetPast, "history/at", Viewer, Job, Snapshot);

/// A moment of a film: what one request, one saved file or one run did in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// Its last event: the film after it is `history/at` of this.
    pub seq: Seq,
    /// Its first event.
    pub first_seq: Seq,
    /// When its last event happened, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Who: a client's name, or a part of the daemon such as `files`.
    pub actor: String,
    /// The request that caused it.
    pub correlation_id: String,
    /// What happened, in the words of the film: `script/high-water.fountain: 2 scenes rewritten`.
    pub words: Vec<String>,
}

/// Lists the moments of a film, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListMoments {
    /// The film.
    pub project: ProjectId,
    /// Only moments before this event: the `firstSeq` of the last one you have.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Seq>,
    /// At most this many; by default, and at most, 100.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<u32>,
}

film_method!(ListMoments, "history/list", Viewer, Job, Vec<Moment>);

/// What a difference is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum DifferenceKind {
    /// A setting or the title.
    Settings,
    /// A script file is new or gone, or changed outside its scenes.
    Script,
    /// A scene is new, or has its place again.
    SceneNew,
    /// A scene has no place any more.
    SceneCut,
    /// A scene stands elsewhere.
    SceneMoved,
    /// A scene has another heading or number.
    SceneRenamed,
    /// A scene has other words or other shots.
    SceneChanged,
    /// Shots show another take, or have their first one.
    Takes,
    /// What somebody decided about takes: chosen, locked, starred, rejected.
    Choices,
    /// An entry of the bible.
    Bible,
}

/// One difference between two moments of a film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What it is about.
    pub kind: DifferenceKind,
    /// The scene.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene_id: Option<SceneId>,
    /// The shot, if it is about one alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot_id: Option<ShotId>,
    /// The file, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// For people: `scene 12: 3 shots changed`.
    pub message: String,
}

/// How two moments of a film differ, in the order of the film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Differences {
    /// The earlier moment.
    pub from: Seq,
    /// The later moment.
    pub to: Seq,
    /// What is different, 500 differences at most.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub left_out: u32,
}

/// Tells how two moments of a film differ, in the words of the film.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiffHistory {
    /// The film.
    pub project: ProjectId,
    /// The moment to begin at.
    pub from: Seq,
    /// The moment to end at; by default the film as it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<Seq>,
}

film_method!(DiffHistory, "history/diff", Viewer, Job, Differences);

/// Puts a film back to how it was when an event had just happened: scripts, bible and settings are
/// written to disk as they were, scenes and shots are the very ones they were, and so are the
/// choices among the takes of then. Takes made since stay. It is one more change, and can be undone.
/// Nothing is written unless every file still is as the film knows it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreHistory {
    /// The film.
    pub project: ProjectId,
    /// The moment.
    pub seq: Seq,
}

film_method!(RestoreHistory, "history/restore", Editor, Job, Restored);

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    /// The last event of it.
    pub seq: Seq,
    /// The files that were written or removed, relative to the film's folder.
    pub files: Vec<String>,
}
