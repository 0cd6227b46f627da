//! The list of all methods: the only one there is.

use schemars::{JsonSchema as _, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    draft::DraftChanged,
    error::{ErrorKind, ErrorObject},
    event::{Event, LoggedEvent, Seq},
    kind::Is as _,
    llm::LlmAnswering,
    log::Resync,
    method::{Kind, Method, Role, Scope, scope::Is as _},
    notification::{CancelRequest, Notification, Progress},
    state::StateChanged,
};

/// Calls `$with!` with every method. Adding a method? Add one line here.
#[macro_export]
macro_rules! for_each_method {
    ($with:ident) => {
        $with! {
            $crate::system::Initialize,
            $crate::project::OpenProject,
            $crate::project::CloseProject,
            $crate::project::ListProjects,
            $crate::project::GetProject,
            $crate::backup::ExportProject,
            $crate::backup::ImportProject,
            $crate::checkup::CheckProject,
            $crate::script::ListScripts,
            $crate::script::GetScript,
            $crate::script::WriteScript,
            $crate::draft::ListDrafts,
            $crate::draft::GetDraft,
            $crate::draft::DiscardDraft,
            $crate::scene::ListScenes,
            $crate::scene::GetScene,
            $crate::shot::ListShots,
            $crate::shot::GetShot,
            $crate::shot::RenderShots,
            $crate::scene::ConfirmScene,
            $crate::scene::AttachScene,
            $crate::scene::DetachScene,
            $crate::shot::AttachShot,
            $crate::tray::ListTray,
            $crate::take::ListTakes,
            $crate::take::GetTake,
            $crate::take::SelectTake,
            $crate::take::LockTake,
            $crate::take::StarTake,
            $crate::take::RejectTake,
            $crate::take::CommentTake,
            $crate::take::UncommentTake,
            $crate::take::MoveTake,
            $crate::take::ImportTake,
            $crate::take::CompareTakes,
            $crate::take::CheckTakes,
            $crate::history::Undo,
            $crate::history::Redo,
            $crate::history::GetPast,
            $crate::history::ListMoments,
            $crate::history::DiffHistory,
            $crate::history::RestoreHistory,
            $crate::checkpoint::CreateCheckpoint,
            $crate::checkpoint::ListCheckpoints,
            $crate::checkpoint::DeleteCheckpoint,
            $crate::checkpoint::RestoreCheckpoint,
            $crate::branch::CreateBranch,
            $crate::branch::ListBranches,
            $crate::branch::DiffBranch,
            $crate::branch::BringBack,
            $crate::bible::ListBible,
            $crate::asset::GetAsset,
            $crate::asset::GetGraph,
            $crate::asset::GetLineage,
            $crate::asset::ListAssets,
            $crate::asset::TagAsset,
            $crate::asset::CollectAssets,
            $crate::run::ListRuns,
            $crate::run::GetRun,
            $crate::run::ListSteps,
            $crate::run::WaitForRun,
            $crate::run::CancelRun,
            $crate::run::PauseRun,
            $crate::run::ResumeRun,
            $crate::run::RetryRun,
            $crate::run::PrioritizeRun,
            $crate::server::ListServers,
            $crate::server::DrainServer,
            $crate::workflow::ListWorkflows,
            $crate::workflow::CopyWorkflow,
            $crate::workflow::PlanWorkflow,
            $crate::workflow::StartWorkflow,
            $crate::llm::ListLlms,
            $crate::llm::GetLlmUsage,
            $crate::llm::UnloadLlm,
            $crate::cache::GetCacheStats,
            $crate::cache::ClearCache,
            $crate::task::BreakDownScene,
            $crate::task::WriteShotPrompt,
            $crate::task::SuggestEntry,
            $crate::task::CheckContinuity,
            $crate::task::WriteLogline,
            $crate::task::TranslateScene,
            $crate::diagnostic::ListDiagnostics,
            $crate::selection::SetSelection,
            $crate::state::GetState,
            $crate::state::SubscribeState,
            $crate::state::UnsubscribeState,
            $crate::log::ListEvents,
            $crate::log::SubscribeEvents,
            $crate::log::UnsubscribeEvents,
            $crate::export::ExportStoryboard,
            $crate::system::GetStatus,
            $crate::system::SetLogFilter,
            $crate::system::GetPage,
            $crate::system::Shutdown,
            $crate::system::Discover,
        }
    };
}

/// A method, described.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MethodInfo {
    /// Wire name.
    pub name: &'static str,
    /// How it is run.
    pub kind: Kind,
    /// Whom it speaks of.
    pub scope: Scope,
    /// The least role that may call it.
    pub role: Role,
    /// What it is for.
    pub doc: String,
    /// Name of its params' type in [`Catalog::types`].
    pub params: String,
    /// Schema of its result; a command's stands in `{seq, value}`.
    pub result: Value,
}

/// A notification, described.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationInfo {
    /// Wire name.
    pub name: &'static str,
    /// What it is for.
    pub doc: String,
    /// Name of its params' type in [`Catalog::types`].
    pub params: String,
}

/// The whole contract as data: generators, documentation, the CLI and the tests start here.
#[derive(Debug, Clone, Serialize)]
pub struct Catalog {
    /// Every method.
    pub methods: Vec<MethodInfo>,
    /// Every notification of the daemon.
    pub notifications: Vec<NotificationInfo>,
    /// Every type, as JSON Schema 2020-12, by name. References read `#/$defs/Name`.
    pub types: Map<String, Value>,
}

/// Describes every method.
pub fn catalog() -> Catalog {
    let mut types = SchemaSettings::draft2020_12().into_generator();
    let mut methods = Vec::new();
    macro_rules! describe_all {
        ($($method:ty),+ $(,)?) => { $(methods.push(describe::<$method>(&mut types));)+ };
    }
    for_each_method!(describe_all);
    let notifications = vec![
        describe_notification::<StateChanged>(&mut types),
        describe_notification::<DraftChanged>(&mut types),
        describe_notification::<LoggedEvent>(&mut types),
        describe_notification::<Progress>(&mut types),
        describe_notification::<LlmAnswering>(&mut types),
        describe_notification::<Resync>(&mut types),
    ];
    types.subschema_for::<Event>();
    types.subschema_for::<Seq>();
    types.subschema_for::<ErrorKind>();
    types.subschema_for::<ErrorObject>();
    types.subschema_for::<CancelRequest>();
    Catalog {
        methods,
        notifications,
        types: types.take_definitions(true),
    }
}

/// What every command of a film takes besides its own params. The daemon takes it out before the
/// command's struct is read, so no struct has it.
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct CommandParams {
    /// The last event you saw: if the film's log has gone beyond it when the command's turn comes,
    /// nothing happens and the answer is `conflict`.
    #[expect(dead_code, reason = "only its schema is read")]
    if_seq: Option<Seq>,
}

/// Adds to a command's params what every command takes.
fn add_command_params<M: Method>(types: &mut SchemaGenerator) {
    let shared = CommandParams::json_schema(types);
    let shared = shared.get("properties").and_then(Value::as_object);
    let params = types.definitions_mut().get_mut(&*M::schema_name());
    let properties = params.and_then(|it| it.get_mut("properties")?.as_object_mut());
    if let (Some(properties), Some(shared)) = (properties, shared) {
        properties.extend(shared.clone());
    }
}

fn describe<M: Method>(types: &mut SchemaGenerator) -> MethodInfo {
    let doc = doc_of::<M>(types);
    types.subschema_for::<M>();
    let value = types.subschema_for::<M::Result>().to_value();
    let committed = M::Kind::KIND == Kind::Command && M::Scope::SCOPE == Scope::Film;
    if committed {
        add_command_params::<M>(types);
    }
    let result = if committed {
        committed_schema(&value, types)
    } else {
        value
    };
    MethodInfo {
        name: M::NAME,
        kind: M::Kind::KIND,
        scope: M::Scope::SCOPE,
        role: M::ROLE,
        doc,
        params: M::schema_name().into_owned(),
        result,
    }
}

fn describe_notification<N: Notification>(types: &mut SchemaGenerator) -> NotificationInfo {
    let doc = doc_of::<N>(types);
    types.subschema_for::<N>();
    NotificationInfo {
        name: N::NAME,
        doc,
        params: N::schema_name().into_owned(),
    }
}

fn doc_of<T: schemars::JsonSchema>(types: &mut SchemaGenerator) -> String {
    let schema = T::json_schema(types);
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn committed_schema(value: &Value, types: &mut SchemaGenerator) -> Value {
    let seq = types.subschema_for::<Seq>().to_value();
    serde_json::json!({
        "type": "object",
        "properties": { "seq": seq, "value": value },
        "required": ["seq", "value"],
    })
}

#[cfg(test)]
mod tests;
