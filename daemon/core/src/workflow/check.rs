//! What is wrong with a workflow, before anything of it is done; and which steps a step needs.

use std::collections::{BTreeMap, BTreeSet};

use storycore_schema::workflow::{StepEach, StepKind, Workflow, WorkflowStep};

use crate::task;

use super::{
    expression::{names_in, names_in_condition},
    scope::{OF_FILM, OF_SCENE, OF_SHOT, OF_SHOWN},
};

/// The most steps of one workflow.
const STEPS_MAX: usize = 64;
/// The task that writes what an image model is asked for a shot.
pub const SHOT_PROMPT: &str = "shot-prompt";
/// What a step can export.
pub const EXPORTS: &[&str] = &[STORYBOARD];
/// The storyboard as one page for printing.
pub const STORYBOARD: &str = "storyboard";
/// The longest name of a step, in bytes.
const ID_BYTES_MAX: usize = 40;

/// Something that is wrong with a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The step, by its name.
    pub step: Option<String>,
    /// What.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Everything that is wrong with a workflow. One with nothing wrong can be run.
pub fn check(workflow: &Workflow) -> Vec<Problem> {
    let mut problems = Vec::new();
    let n_steps = workflow.steps.len();
    if n_steps == 0 || n_steps > STEPS_MAX {
        problems.push(Problem {
            step: None,
            message: format!("a workflow has 1 to {STEPS_MAX} steps, and this one has {n_steps}"),
            hint: "write [[steps]] with an `id` and what it `uses`".to_owned(),
        });
    }
    let mut seen = BTreeSet::new();
    for step in &workflow.steps {
        if !seen.insert(&step.id) {
            let message = format!("there are two steps `{}`", step.id);
            problems.push(at(step, message, "give one of them another id"));
        }
        problems.extend(of_step(workflow, step));
    }
    if problems.is_empty()
        && let Some(step) = in_circle(workflow)
    {
        let message = format!("step `{}` needs itself, by way of others", step.id);
        let hint = "a result can be made only of results that are there before it";
        problems.push(at(step, message, hint));
    }
    if problems.is_empty() {
        problems.extend(takes_at_second_hand(workflow));
    }
    problems
}

/// Whether a step is given the picture that its shot shows. What it makes is then as fresh as that.
pub fn is_of_shown(step: &WorkflowStep) -> bool {
    let mut names = step.with.values().filter_map(|it| names_in(it).ok());
    names.any(|it| it.contains(OF_SHOWN))
}

/// Takes whose picture comes from the one that is shown by way of another step. Which take that was
/// is not known any more when they are kept, so neither is whether they are fresh.
fn takes_at_second_hand(workflow: &Workflow) -> Vec<Problem> {
    let (needs, steps) = (needs(workflow), &workflow.steps);
    let takes = steps.iter().enumerate().filter(|(_, step)| step.take);
    let found = takes.filter_map(|(place, step)| {
        let mut seen = BTreeSet::new();
        let mut left: Vec<usize> = needs[place].iter().copied().collect();
        while let Some(place) = left.pop() {
            if seen.insert(place) {
                left.extend(&needs[place]);
            }
        }
        let of = seen.into_iter().find(|it| is_of_shown(&steps[*it]))?;
        let (step_id, of) = (&step.id, &steps[of].id);
        let message = format!("step `{step_id}` makes a take of what `{of}` makes of one");
        let hint = "give `shown.picture` to the step that makes the take, in one graph";
        Some(at(step, message, hint))
    });
    found.collect()
}

/// Which steps each step needs, by their places: those it names in `needs`, and those whose
/// results it speaks of.
pub fn needs(workflow: &Workflow) -> Vec<BTreeSet<usize>> {
    let places: BTreeMap<&str, usize> = places(workflow);
    let needs = workflow.steps.iter().map(|step| {
        let names = spoken_of(step).unwrap_or_default();
        let names = step.needs.iter().chain(&names);
        names
            .filter_map(|it| places.get(it.as_str()).copied())
            .collect()
    });
    needs.collect()
}

fn places(workflow: &Workflow) -> BTreeMap<&str, usize> {
    let steps = workflow.steps.iter().enumerate();
    steps
        .map(|(place, step)| (step.id.as_str(), place))
        .collect()
}

/// Names at the top that a step's texts speak of.
fn spoken_of(step: &WorkflowStep) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    if let Some(condition) = &step.when {
        names.extend(names_in_condition(condition)?);
    }
    for value in step.with.values() {
        names.extend(names_in(value)?);
    }
    Ok(names)
}

fn of_step(workflow: &Workflow, step: &WorkflowStep) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |message: String, hint: &str| problems.push(at(step, message, hint));
    if !is_name(&step.id) {
        let message = format!("`{}` is no name of a step", step.id);
        wrong(
            message,
            "small letters, digits and _, a letter first, such as `upscale_2`",
        );
    }
    if OF_FILM.contains(&&*step.id) || [OF_SCENE, OF_SHOT, OF_SHOWN].contains(&&*step.id) {
        let message = format!("a step cannot be called `{}`", step.id);
        wrong(
            message,
            "that name stands for something of the film; take another one",
        );
    }
    let places = places(workflow);
    for name in step
        .needs
        .iter()
        .filter(|it| !places.contains_key(it.as_str()))
    {
        wrong(
            format!(
                "step `{}` needs `{name}`, and there is no such step",
                step.id
            ),
            "`needs` lists ids of other steps",
        );
    }
    match spoken_of(step) {
        Err(message) => wrong(
            format!("step `{}`: {message}", step.id),
            "see https://docs.rs/minijinja/latest/minijinja/syntax for what can be written",
        ),
        Ok(names) => {
            for name in names.iter().filter(|it| !is_known(it, step, &places)) {
                let message = format!("step `{}` speaks of `{name}`, which is not there", step.id);
                wrong(message, &known_names(step, &places));
            }
        }
    }
    if let Some((message, hint)) = of_kind(step) {
        wrong(message, &hint);
    }
    let draws = matches!(step.uses, StepKind::Sketch | StepKind::Comfyui);
    if step.take && (step.each != Some(StepEach::Shot) || !draws) {
        let message = format!("step `{}` makes no take of a shot", step.id);
        wrong(
            message,
            "`take` is for steps that make a picture for each shot",
        );
    }
    problems
}

/// What is wrong with a step for what it uses, and what to do.
fn of_kind(step: &WorkflowStep) -> Option<(String, String)> {
    let is_each_shot = step.each == Some(StepEach::Shot);
    let (id, asked) = (&step.id, step.template.as_deref());
    let (message, hint) = match step.uses {
        StepKind::Sketch | StepKind::Prompt if !is_each_shot => (
            format!(
                "step `{id}` uses {}, which is done for a shot",
                step.uses.name()
            ),
            "write each = \"shot\"".to_owned(),
        ),
        StepKind::Comfyui if step.graph.is_none() => (
            format!("step `{id}` uses comfyui and names no graph"),
            "write graph = \"FILE.json\", saved from ComfyUI with Export (API)".to_owned(),
        ),
        StepKind::Llm => match asked {
            None => (
                format!("step `{id}` uses llm and names no prompt"),
                "write template = \"shot-prompt\", or the name of a .md file beside the workflow"
                    .to_owned(),
            ),
            Some(asked) if !is_question(asked) => (
                format!("step `{id}` asks with `{asked}`, which is no task and no .md file"),
                format!("the tasks are {}", task::NAMES.join(", ")),
            ),
            Some(SHOT_PROMPT) if !is_each_shot => (
                format!("step `{id}` writes the prompt of a shot"),
                "write each = \"shot\"".to_owned(),
            ),
            Some(_) => return None,
        },
        StepKind::Export => return of_export(step),
        _ => return None,
    };
    Some((message, hint))
}

/// What is wrong with a step that exports, and what to do.
fn of_export(step: &WorkflowStep) -> Option<(String, String)> {
    let id = &step.id;
    if step.each.is_some() {
        return Some((
            format!("step `{id}` uses export, which is done once for the run"),
            "take out `each`".to_owned(),
        ));
    }
    let known = format!(
        "write with = {{ format = \"{}\" }}",
        EXPORTS.join("\" or \"")
    );
    match step.with.get("format").map(|it| it.as_str()) {
        None => Some((
            format!("step `{id}` uses export and names no format"),
            known,
        )),
        Some(Some(format)) if EXPORTS.contains(&format) => None,
        Some(Some(format)) => {
            let message = format!("step `{id}` exports `{format}`, which there is not");
            Some((message, known))
        }
        Some(None) => Some((
            format!("step `{id}` exports a format that is no text"),
            known,
        )),
    }
}

fn is_known(name: &str, step: &WorkflowStep, places: &BTreeMap<&str, usize>) -> bool {
    OF_FILM.contains(&name)
        || places.contains_key(name)
        || name == OF_SHOT && step.each == Some(StepEach::Shot)
        || name == OF_SHOWN && sees_shown(step)
        || name == OF_SCENE && step.each.is_some()
        // What the template engine itself brings.
        || ["range", "dict", "namespace", "debug"].contains(&name)
}

fn sees_shown(step: &WorkflowStep) -> bool {
    step.each == Some(StepEach::Shot) && step.uses != StepKind::Prompt
}

fn known_names(step: &WorkflowStep, places: &BTreeMap<&str, usize>) -> String {
    let mut names: Vec<&str> = OF_FILM.to_vec();
    if step.each.is_some() {
        names.push(OF_SCENE);
    }
    if step.each == Some(StepEach::Shot) {
        names.push(OF_SHOT);
    }
    if sees_shown(step) {
        names.push(OF_SHOWN);
    }
    names.extend(places.keys().filter(|it| **it != step.id));
    format!("it can speak of {}", names.join(", "))
}

/// Whether a model can be asked with that: a task that is built in, or a file.
fn is_question(template: &str) -> bool {
    task::NAMES.contains(&template) || template.ends_with(task::PROMPT_ENDING)
}

fn is_name(id: &str) -> bool {
    let rest = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    id.len() <= ID_BYTES_MAX
        && id.starts_with(|it: char| it.is_ascii_lowercase())
        && id.chars().all(rest)
}

/// A step that needs itself, if there is one (Kahn, "Topological sorting of large networks",
/// 1962).
fn in_circle(workflow: &Workflow) -> Option<&WorkflowStep> {
    let needs = needs(workflow);
    let mut left: Vec<usize> = (0..workflow.steps.len()).collect();
    loop {
        let n_left = left.len();
        let still: BTreeSet<usize> = left.iter().copied().collect();
        left.retain(|it| !needs[*it].is_disjoint(&still));
        if left.len() == n_left {
            return left.first().map(|it| &workflow.steps[*it]);
        }
    }
}

fn at(step: &WorkflowStep, message: String, hint: &str) -> Problem {
    Problem {
        step: Some(step.id.clone()),
        message,
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(step: &serde_json::Value) -> Vec<String> {
        let workflow = serde_json::json!({"name": "a", "steps": [step]});
        let workflow: Workflow = serde_json::from_value(workflow).unwrap();
        let problems = check(&workflow).into_iter();
        problems
            .map(|it| format!("{}: {}", it.message, it.hint))
            .collect()
    }

    #[test]
    fn an_export_is_done_once_in_a_format_there_is() {
        let export = |more: serde_json::Value| {
            let mut step = serde_json::json!({"id": "page", "uses": "export"});
            step.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            problems(&step)
        };
        let storyboard = serde_json::json!({"with": {"format": "storyboard"}});
        assert_eq!(export(storyboard.clone()), [] as [String; 0]);
        let wrong = export(serde_json::json!({"with": {"format": "pdf"}}));
        assert_eq!(
            wrong,
            ["step `page` exports `pdf`, which there is not: \
              write with = { format = \"storyboard\" }"]
        );
        assert!(export(serde_json::json!({}))[0].contains("names no format"));
        assert!(export(serde_json::json!({"with": {"format": 1}}))[0].contains("no text"));
        let mut each = storyboard.clone();
        each["each"] = "shot".into();
        assert!(export(each)[0].contains("once for the run: take out `each`"));
        let mut take = storyboard;
        take["take"] = true.into();
        assert!(export(take)[0].contains("makes no take"));
    }
}
