//! Everything that can happen. What is durable is stored for ever; all of it is sent to clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    asset::AssetEvent, bible::BibleEvent, diagnostic::DiagnosticEvent, history::HistoryEvent,
    id::ProjectId, project::ProjectEvent, run::RunEvent, script::ScriptEvent,
    selection::SelectionEvent, take::TakeEvent, work::WorkEvent, workflow::WorkflowEvent,
};

/// Something that happened in a film, by noun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "noun", content = "event", rename_all = "camelCase")]
pub enum Event {
    /// The film itself.
    #[schemars(title = "ProjectEventOf")]
    Project(ProjectEvent),
    /// The screenplay: its text, scenes and shots.
    #[schemars(title = "ScriptEventOf")]
    Script(ScriptEvent),
    /// The coherence sheet.
    #[schemars(title = "BibleEventOf")]
    Bible(BibleEvent),
    /// Workflows, graphs and prompts.
    #[schemars(title = "WorkflowEventOf")]
    Workflow(WorkflowEvent),
    /// Files we keep.
    #[schemars(title = "AssetEventOf")]
    Asset(AssetEvent),
    /// Rendered results.
    #[schemars(title = "TakeEventOf")]
    Take(TakeEvent),
    /// Work that takes time.
    #[schemars(title = "RunEventOf")]
    Run(RunEvent),
    /// What can be undone, and named moments.
    #[schemars(title = "HistoryEventOf")]
    History(HistoryEvent),
    /// What is wrong in the film's files. Not durable: it is found anew when the film opens.
    #[schemars(title = "DiagnosticEventOf")]
    Diagnostic(DiagnosticEvent),
    /// What people look at. Not durable.
    #[schemars(title = "SelectionEventOf")]
    Selection(SelectionEvent),
    /// What is under way this moment. Not durable.
    #[schemars(title = "WorkEventOf")]
    Work(WorkEvent),
}

/// The topics of the bus: one a noun.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Topic {
    /// [`ProjectEvent`].
    Project,
    /// [`ScriptEvent`].
    Script,
    /// [`BibleEvent`].
    Bible,
    /// [`WorkflowEvent`].
    Workflow,
    /// [`AssetEvent`].
    Asset,
    /// [`TakeEvent`].
    Take,
    /// [`RunEvent`].
    Run,
    /// [`HistoryEvent`].
    History,
    /// [`DiagnosticEvent`].
    Diagnostic,
    /// [`SelectionEvent`].
    Selection,
    /// [`WorkEvent`].
    Work,
}

impl Event {
    /// The topic it is sent on.
    pub fn topic(&self) -> Topic {
        match self {
            Event::Project(_) => Topic::Project,
            Event::Script(_) => Topic::Script,
            Event::Bible(_) => Topic::Bible,
            Event::Workflow(_) => Topic::Workflow,
            Event::Asset(_) => Topic::Asset,
            Event::Take(_) => Topic::Take,
            Event::Run(_) => Topic::Run,
            Event::History(_) => Topic::History,
            Event::Diagnostic(_) => Topic::Diagnostic,
            Event::Selection(_) => Topic::Selection,
            Event::Work(_) => Topic::Work,
        }
    }

    /// Whether it goes into the log. What is not logged is shown to clients and forgotten.
    pub fn is_durable(&self) -> bool {
        !matches!(
            self,
            Event::Diagnostic(_) | Event::Selection(_) | Event::Work(_)
        )
    }
}

/// An event's place in the film's log. The first is 1; 0 is the place before all events.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A command's result, and the place in the log at which it is true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Committed<T> {
    /// The last event of the command, or the last before it if it changed nothing.
    pub seq: Seq,
    /// The result.
    pub value: T,
}

/// An event with its place and origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoggedEvent {
    /// The film.
    pub project: ProjectId,
    /// Its place. An event that is not durable carries the place of the last one that is.
    pub seq: Seq,
    /// Whether it is in the log.
    pub durable: bool,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Who: a client's name, or a part of the daemon such as `watcher`.
    pub actor: String,
    /// The request that caused it, through however many steps.
    pub correlation_id: String,
    /// What happened.
    pub event: Event,
}
