//! Workflows: the files of the `workflows` folder, those that come with StoryCore, and which of
//! them draws the film's shots.

use std::{
    collections::{BTreeMap, BTreeSet},
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

pub use check::{EXPORTS, Problem, SHOT_PROMPT, STORYBOARD, check, is_of_shown, needs};
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
    /// The film's workflows, ready to be used, and those that come with StoryCore and use a graph or
    /// prompt that the film has under the same name.
    ready: OrdMap<String, Ready>,
}

/// A workflow with the files that it uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ready {
    file: Arc<WorkflowFile>,
    /// Hash of its definition, without what only people read of models, and of the bytes of the
    /// files it uses.
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
        let places = [
            name.to_owned(),
            format!("{FOLDER}{name}"),
            format!("{FOLDER}{name}.toml"),
            format!("{SHIPPED}{name}.toml"),
        ];
        // What the film has under a name comes before what comes with StoryCore.
        let ready = |it: &String| self.ready.get(it).or_else(|| SHIPPED_READY.get(it));
        places.iter().find_map(ready).ok_or_else(|| {
            let known = self.ready.keys().chain(SHIPPED_READY.keys());
            let known: BTreeSet<&str> = known.map(String::as_str).collect();
            let known: Vec<&str> = known.into_iter().collect();
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
        let files = self.by_path.values().cloned();
        let own = files.filter_map(|it| Some((it.path.clone(), self.ready(&it)?)));
        let shipped = SHIPPED_READY.iter().filter_map(|(path, as_shipped)| {
            let ready = self.ready(&as_shipped.file)?;
            (ready.uses != as_shipped.uses).then(|| (path.clone(), ready))
        });
        self.ready = own.chain(shipped).collect();
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
        let drawn_by = Workflow {
            models: Vec::new(),
            ..workflow.clone()
        };
        // Structs, lists and maps of texts can always be written.
        let json = serde_json::to_vec(&(drawn_by, &uses)).unwrap_or_default();
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

/// The text files of the shipped workflow of this name, with the graphs and prompts it uses: each
/// one's name in the `workflows` folder, and its text. The workflow itself comes first.
pub fn shipped_texts(name: &str) -> Result<Vec<(String, &'static str)>, Error> {
    let plain = name.strip_prefix(SHIPPED).unwrap_or(name);
    let plain = plain.strip_suffix(".toml").unwrap_or(plain);
    let path = format!("{SHIPPED}{plain}.toml");
    let ready = SHIPPED_READY.get(&path).ok_or_else(|| {
        let known = SHIPPED_READY
            .keys()
            .filter_map(|it| it.strip_prefix(SHIPPED));
        let known: Vec<&str> = known.filter_map(|it| it.strip_suffix(".toml")).collect();
        Error::not_found("shipped workflow", name).hint(format!("there are {}", known.join(", ")))
    })?;
    let own = (format!("{plain}.toml"), ready.file.text);
    let uses = ready.uses.iter();
    let uses = uses.filter_map(|(name, text)| Some((name.clone(), (*text)?)));
    let texts = std::iter::once(own).chain(uses);
    let texts = texts.filter_map(|(name, hash)| Some((name, shipped::text(hash)?)));
    Ok(texts
        .map(|(name, text)| (format!("{FOLDER}{name}"), text))
        .collect())
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
        let mut takes = workflow.workflow.steps.iter().filter(|it| it.take);
        if takes.clone().next().is_none() {
            let message = format!("no step of {} makes a take", workflow.path);
            return Err(Error::failed_precondition(message)
                .hint("write `take = true` at the step whose picture the shot shall show"));
        }
        // A take of one that is stale is stale, too: a film that draws itself would never end.
        if takes.all(is_of_shown) {
            let path = &workflow.path;
            let message = format!("{path} makes takes of those that are shown, and draws no film");
            return Err(Error::failed_precondition(message).hint(
                "start it for shots with workflow/start, and draw the film with another one",
            ));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(path: &str, workflow: Option<Workflow>, text: BlobId) -> WorkflowEvent {
        let path = path.to_owned();
        let file = Box::new(WorkflowFile {
            path,
            workflow,
            text,
        });
        WorkflowEvent::Changed { file }
    }

    #[test]
    fn what_the_film_has_under_a_name_comes_before_what_is_shipped() {
        let mut workflows = Workflows::default();
        let shipped = workflows.get("flux").unwrap();
        assert_eq!(shipped.path, "shipped/flux.toml");
        let own = BlobId([7; 32]);
        workflows.apply(changed("workflows/prompt.jinja", None, own));
        let with_own_prompt = workflows.get("flux").unwrap();
        assert_eq!(with_own_prompt.path, "shipped/flux.toml");
        assert_eq!(with_own_prompt.files["prompt.jinja"], own);
        let graph = |it: &RunWorkflow| it.files["flux.json"];
        assert_eq!(graph(&with_own_prompt), graph(&shipped));
        // One that uses none of it is as it was.
        assert_eq!(workflows.get("upscale").unwrap().files.len(), 1);
        let copy = Some(shipped.workflow.clone());
        workflows.apply(changed("workflows/flux.toml", copy, own));
        assert_eq!(workflows.get("flux").unwrap().path, "workflows/flux.toml");
        let known = workflows.get("shipped/flux.toml").unwrap();
        assert_eq!(known.path, "shipped/flux.toml");
        workflows.apply(WorkflowEvent::Removed {
            path: "workflows/flux.toml".to_owned(),
        });
        workflows.apply(WorkflowEvent::Removed {
            path: "workflows/prompt.jinja".to_owned(),
        });
        assert_eq!(workflows.get("flux").unwrap().files, shipped.files);
    }

    #[test]
    fn a_change_of_a_graph_or_prompt_of_the_film_changes_what_is_asked_for() {
        let mut workflows = Workflows::default();
        let settings = Settings {
            renderer: COMFYUI.to_owned(),
            workflow: Some("sdxl".to_owned()),
            ..Settings::default()
        };
        let before = workflows.intent(&settings);
        workflows.apply(changed("workflows/flux.json", None, BlobId([7; 32])));
        assert_eq!(workflows.intent(&settings), before, "it does not use that");
        workflows.apply(changed("workflows/prompt.jinja", None, BlobId([7; 32])));
        assert_ne!(workflows.intent(&settings), before);
    }

    #[test]
    fn what_is_copied_is_all_that_the_workflow_uses() {
        let texts = shipped_texts("shipped/flux.toml").unwrap();
        let names: Vec<&str> = texts.iter().map(|it| it.0.as_str()).collect();
        let expected = ["flux.toml", "flux.json", "prompt.jinja"];
        assert_eq!(names, expected.map(|it| format!("{FOLDER}{it}")));
        assert!(toml::from_str::<Workflow>(texts[0].1).is_ok());
        assert!(shipped_texts("prompt.jinja").is_err());
    }
}
