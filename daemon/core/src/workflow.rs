//! Workflows: the files of the `workflows` folder, those that come with StoryCore, and which of
//! them draws the film's shots.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error, Event,
    id::BlobId,
    project::Settings,
    recipe::IntentWorkflow,
    run::RunWorkflow,
    workflow::{ListWorkflows, StepKind, Workflow, WorkflowEvent, WorkflowFile, WorkflowStep},
};

use crate::{Decide, Env, Film, Query, handle::Decided, task::PROMPT_ENDING};

mod check;
mod expression;
mod scope;
pub mod shipped;

pub use check::{Problem, SHOT_PROMPT, check, needs};
pub use expression::{EXPRESSION_BYTES_MAX, Scope, names_in_template};
pub use scope::{ScopeOptions, scope_of, seed_of};

/// The renderer that draws by a workflow.
pub const COMFYUI: &str = "comfyui";
/// Where a film's workflows, graphs and prompts are.
const FOLDER: &str = "workflows/";
/// Where those that come with StoryCore are said to be.
const SHIPPED: &str = "shipped/";

/// The files of the `workflows` folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Workflows {
    /// By file.
    pub by_path: OrdMap<String, Arc<WorkflowFile>>,
    /// The film's workflows and those that come with StoryCore, ready to be used.
    ready: OrdMap<String, Ready>,
}

/// A workflow with the files that it uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ready {
    file: Arc<WorkflowFile>,
    /// Hash of its definition and of the bytes of the files it uses.
    hash: BlobId,
    /// The bytes of the graphs and prompts, by the name it uses; absent where there is no such file.
    uses: BTreeMap<String, Option<BlobId>>,
}

static SHIPPED_READY: LazyLock<OrdMap<String, Ready>> = LazyLock::new(|| {
    let none = Workflows::default();
    let files = shipped::files().filter(|it| it.workflow.is_some());
    files
        .filter_map(|it| Some((it.path.clone(), none.ready(&it)?)))
        .collect()
});

impl Workflows {
    /// A workflow by its file (`workflows/board.toml`, `board.toml`) or by the name of one that
    /// comes with StoryCore (`text-to-image`), with the files it uses.
    pub fn get(&self, name: &str) -> Result<RunWorkflow, Error> {
        let ready = self.find(name)?;
        let missing = ready.uses.iter().find(|(_, text)| text.is_none());
        if let Some((file, _)) = missing {
            let message = format!("{} uses {file}, and there is no such file", ready.file.path);
            let hint = format!("put it into the film's workflows folder, or use one of {SHIPPED}");
            return Err(Error::failed_precondition(message).hint(hint));
        }
        let files = ready.uses.iter();
        let workflow = ready.file.workflow.clone();
        Ok(RunWorkflow {
            path: ready.file.path.clone(),
            workflow: workflow.ok_or_else(|| Error::not_found("workflow", name))?,
            files: files
                .filter_map(|(name, text)| Some((name.clone(), (*text)?)))
                .collect(),
            params: BTreeMap::new(),
            force: false,
        })
    }

    /// What of a film's settings is in the intent of its pictures.
    pub(crate) fn intent(&self, settings: &Settings) -> Option<IntentWorkflow> {
        if settings.renderer != COMFYUI {
            return None;
        }
        let name = drawing_of(settings);
        // One that is not there is an intent, too: it is no other picture than before.
        let Ok(ready) = self.find(name) else {
            let hash = BlobId(*blake3::hash(name.as_bytes()).as_bytes());
            let name = name.to_owned();
            return Some(IntentWorkflow { name, hash });
        };
        let name = ready.file.workflow.as_ref().map(|it| it.name.clone());
        Some(IntentWorkflow {
            name: name.unwrap_or_default(),
            hash: ready.hash,
        })
    }

    fn find(&self, name: &str) -> Result<&Ready, Error> {
        let own = [
            name.to_owned(),
            format!("{FOLDER}{name}"),
            format!("{FOLDER}{name}.toml"),
        ];
        let own = own.iter().find_map(|it| self.ready.get(it));
        let shipped = [name.to_owned(), format!("{SHIPPED}{name}.toml")];
        let shipped = || shipped.iter().find_map(|it| SHIPPED_READY.get(it));
        own.or_else(shipped).ok_or_else(|| {
            let known = self.ready.keys().chain(SHIPPED_READY.keys());
            let known: Vec<&str> = known.map(String::as_str).collect();
            Error::not_found("workflow", name).hint(format!("there are {}", known.join(", ")))
        })
    }

    pub(crate) fn apply(&mut self, event: WorkflowEvent) {
        match event {
            WorkflowEvent::Changed { file } => {
                self.by_path.insert(file.path.clone(), Arc::new(*file));
            }
            WorkflowEvent::Removed { path } => {
                self.by_path.remove(&path);
            }
        }
        // There are tens of files, and they change seldom.
        let files = self.by_path.values();
        let ready = files.filter_map(|it| Some((it.path.clone(), self.ready(it)?)));
        self.ready = ready.collect();
    }

    fn ready(&self, file: &Arc<WorkflowFile>) -> Option<Ready> {
        let workflow = file.workflow.as_ref()?;
        let mut uses = BTreeMap::new();
        for name in workflow.steps.iter().flat_map(files_of) {
            uses.insert(name.to_owned(), self.text_of(name));
        }
        // A task has a prompt of ours, unless the film has its own.
        for name in workflow.steps.iter().filter_map(task_of) {
            let file = format!("{name}{PROMPT_ENDING}");
            if let Some(own) = self.text_of(&file) {
                uses.insert(file, Some(own));
            }
        }
        // Structs, lists and maps of texts can always be written.
        let json = serde_json::to_vec(&(workflow, &uses)).unwrap_or_default();
        Some(Ready {
            file: file.clone(),
            hash: BlobId(*blake3::hash(&json).as_bytes()),
            uses,
        })
    }

    /// The bytes of a graph or prompt that a workflow names.
    fn text_of(&self, name: &str) -> Option<BlobId> {
        let own = [name.to_owned(), format!("{FOLDER}{name}")];
        let own = own.iter().find_map(|it| self.by_path.get(it));
        let own = own.map(|it| it.text);
        own.or_else(|| shipped::named(name).map(|it| it.text))
    }
}

/// The graph and the prompt that a step names.
fn files_of(step: &WorkflowStep) -> impl Iterator<Item = &str> {
    let is_task = task_of(step).is_some();
    let template = step.template.iter().filter(move |_| !is_task);
    step.graph.iter().chain(template).map(String::as_str)
}

/// The task that a step has a model do, if it names no file.
fn task_of(step: &WorkflowStep) -> Option<&str> {
    let name = step.template.as_deref()?;
    let is_task = step.uses == StepKind::Llm && !name.ends_with(PROMPT_ENDING);
    is_task.then_some(name)
}

/// The workflow that draws a film with these settings.
fn drawing_of(settings: &Settings) -> &str {
    settings.workflow.as_deref().unwrap_or(shipped::DRAWING)
}

impl Film {
    /// The workflow that draws the film's shots; none if the built-in renderer does.
    pub fn drawing_workflow(&self) -> Result<Option<RunWorkflow>, Error> {
        let settings = &self.state.project.card.settings;
        if settings.renderer != COMFYUI {
            return Ok(None);
        }
        let workflow = self.state.project.workflows.get(drawing_of(settings))?;
        if !workflow.workflow.steps.iter().any(|it| it.take) {
            let message = format!("no step of {} makes a take", workflow.path);
            return Err(Error::failed_precondition(message)
                .hint("write `take = true` at the step whose picture the shot shall show"));
        }
        Ok(Some(workflow))
    }
}

impl Query for ListWorkflows {
    fn answer(self, film: &Film) -> Result<Vec<WorkflowFile>, Error> {
        let own = film.state.project.workflows.by_path.values();
        let own = own.map(|it| (**it).clone());
        let shipped = shipped::files().map(|it| (*it).clone());
        Ok(own.chain(shipped).collect())
    }
}

/// A file of the `workflows` folder was read, and reads well, or is gone. Nothing happens if
/// nothing changed.
pub struct NoteWorkflowFile {
    /// The file, relative to the film's folder.
    pub path: String,
    /// What it says; absent when the file is gone.
    pub file: Option<(Option<Workflow>, BlobId)>,
}

impl Decide for NoteWorkflowFile {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        let known = film.state.project.workflows.by_path.get(&self.path);
        let event = match (known, self.file) {
            (None, None) => return Ok(((), Vec::new())),
            (Some(_), None) => WorkflowEvent::Removed { path: self.path },
            (known, Some((workflow, text))) => {
                let file = WorkflowFile {
                    path: self.path,
                    workflow,
                    text,
                };
                if known.is_some_and(|it| **it == file) {
                    return Ok(((), Vec::new()));
                }
                let file = Box::new(file);
                WorkflowEvent::Changed { file }
            }
        };
        Ok(((), vec![Event::Workflow(event)]))
    }
}
