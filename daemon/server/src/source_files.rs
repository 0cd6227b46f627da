//! The files of a film that are no scripts: what they say, or what is wrong with them.

use storycore_core::{
    quality,
    task::PROMPT_ENDING,
    workflow::{check, names_in_template},
};
use storycore_schema::{
    bible::{BibleEntry, EntryKind},
    diagnostic::Diagnostic,
    project::Settings,
    workflow::Workflow,
};

use crate::{
    effects::renderer::Renderers,
    llm::prompts,
    read::{self, WithHint as _},
};

/// What `storycore.toml` says, or what is wrong with it.
pub fn settings(path: &str, text: &str, renderers: &Renderers) -> Result<Settings, Diagnostic> {
    let settings: Settings = read::parse_toml(path, text)?;
    let wrong = |key: &str, message: String, hint: String| {
        let problem = read::file_problem(path, "invalidSetting", format!("{path}: {message}"));
        Err(read::at(
            problem.hint(hint),
            text,
            text.find(key).unwrap_or(0),
        ))
    };
    if storycore_core::project::aspect_milli(&settings.aspect).is_none() {
        let message = format!("`{}` is no aspect", settings.aspect);
        return wrong("aspect", message, "write 2.39:1, 16:9 or 1.85".to_owned());
    }
    if !(1.0..=240.0).contains(&settings.fps) {
        let message = format!("{} frames a second is no frame rate", settings.fps);
        return wrong(
            "fps",
            message,
            "write a number from 1 to 240, such as 24".to_owned(),
        );
    }
    if !renderers.names().contains(&&*settings.renderer) {
        let message = format!("no renderer {}", settings.renderer);
        let hint = format!("write one of: {}", renderers.names().join(", "));
        return wrong("renderer", message, hint);
    }
    Ok(settings)
}

/// What a file of the `workflows` folder says, or what is wrong with it. A graph or a prompt has
/// no workflow in it.
pub fn workflow(path: &str, text: &str) -> Result<Option<Workflow>, Diagnostic> {
    if path.ends_with(".jinja") {
        return prompt(path, text).map(|()| None);
    }
    if path.ends_with(PROMPT_ENDING) {
        return question(path, text).map(|()| None);
    }
    if path.ends_with(".json") {
        return json(path, text);
    }
    let workflow: Workflow = read::parse_toml(path, text)?;
    checked(path, text, workflow).map(Some)
}

/// A JSON file is a workflow if it has steps, and else a graph of ComfyUI.
fn json(path: &str, text: &str) -> Result<Option<Workflow>, Diagnostic> {
    let broken = |error: &serde_json::Error| {
        let message = format!("{path}: {error}");
        let problem = read::file_problem(path, "invalidWorkflow", message)
            .hint("save it anew from ComfyUI, or correct it; what it said before holds until then");
        read::at(problem, text, offset(text, error.line(), error.column()))
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|it| broken(&it))?;
    if value.get("steps").is_none() {
        return Ok(None);
    }
    let workflow: Workflow = serde_json::from_str(text).map_err(|it| broken(&it))?;
    checked(path, text, workflow).map(Some)
}

fn prompt(path: &str, text: &str) -> Result<(), Diagnostic> {
    let wrong = |message: String| {
        read::file_problem(path, "invalidPrompt", format!("{path}: {message}"))
            .hint("see https://docs.rs/minijinja/latest/minijinja/syntax for what can be written")
    };
    names_in_template(text).map(|_| ()).map_err(wrong)
}

/// A prompt for a language model. One without settings is prose that somebody keeps there.
fn question(path: &str, text: &str) -> Result<(), Diagnostic> {
    if !text.starts_with("+++") {
        return Ok(());
    }
    prompts::check(path, text).map_err(|error| {
        let problem = read::file_problem(path, "invalidPrompt", error.to_string());
        let hint = error.hint.unwrap_or_else(|| {
            "it begins with its settings between two lines of +++, then come ## system and ## user"
                .to_owned()
        });
        problem.hint(hint)
    })
}

fn checked(path: &str, text: &str, workflow: Workflow) -> Result<Workflow, Diagnostic> {
    let Some(problem) = check(&workflow).into_iter().next() else {
        return Ok(workflow);
    };
    let step = problem.step.as_deref().unwrap_or_default();
    let place = text.find(&format!("\"{step}\"")).unwrap_or(0);
    let message = format!("{path}: {}", problem.message);
    let diagnostic = read::file_problem(path, "invalidWorkflow", message).hint(problem.hint);
    Err(read::at(diagnostic, text, place))
}

/// The byte at a line and a column, both counted from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (start + column.saturating_sub(1)).min(text.len())
}

/// What a file of the bible says, or what is wrong with it.
pub fn bible_entry(path: &str, text: &str) -> Result<BibleEntry, Diagnostic> {
    let entry: BibleEntry = read::parse_toml(path, text)?;
    if entry.name.trim().is_empty() {
        let problem =
            read::file_problem(path, "invalidEntry", format!("{path}: the name is empty"));
        let problem = problem.hint("give it the name the script writes, such as MAYA");
        return Err(read::at(problem, text, text.find("name").unwrap_or(0)));
    }
    if let Some(quality) = &entry.quality {
        let misplaced = (entry.kind != EntryKind::Style).then(|| {
            let message = "only a style holds pictures against thresholds".to_owned();
            let hint = "move `[quality]` into the entry of kind `style`".to_owned();
            ("[quality]", message, hint)
        });
        if let Some((key, message, hint)) = misplaced.or_else(|| quality::problem(quality)) {
            let message = format!("{path}: {message}");
            let problem = read::file_problem(path, "invalidEntry", message).hint(hint);
            return Err(read::at(problem, text, text.find(key).unwrap_or(0)));
        }
    }
    Ok(entry)
}
