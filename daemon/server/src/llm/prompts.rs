//! Which prompt a task is asked with: the film's own, from its `workflows` folder, or the one that
//! is built in.

use storycore_core::{Film, task::PROMPT_ENDING};
use storycore_llm::{BuiltIn, Prompt};
use storycore_schema::{Error, id::BlobId};

use super::told;
use crate::blobs::Blobs;

/// Where a film's prompts are.
const FOLDER: &str = "workflows/";

/// The prompt of a task. Blocks.
pub fn of_task(film: &Film, blobs: &Blobs, task: BuiltIn) -> Result<Prompt, Error> {
    let path = format!("{FOLDER}{}{PROMPT_ENDING}", task.name());
    let own = text_at(film, blobs, &path)?;
    let prompt = match own {
        Some(text) => task.prompt_from(&path, &text, |name| neighbor(film, blobs, name)),
        None => task.prompt(),
    };
    prompt.map_err(|error| told(&error))
}

/// A prompt that a workflow's step names, with its text. Blocks.
pub fn of_step(film: &Film, blobs: &Blobs, file: &str, text: &str) -> Result<Prompt, Error> {
    let stem = file
        .trim_start_matches(FOLDER)
        .trim_end_matches(PROMPT_ENDING);
    let prompt = match super::built_in(stem) {
        Some(task) => task.prompt_from(file, text, |name| neighbor(film, blobs, name)),
        None => Prompt::parse(file, text, |name| neighbor(film, blobs, name)),
    };
    prompt.map_err(|error| told(&error))
}

/// What is wrong with a prompt's text, if anything is.
pub fn check(file: &str, text: &str) -> Result<(), storycore_llm::Error> {
    // A schema beside it is another file, and is looked at when it is used.
    Prompt::parse(file, text, |_| Some("{}".to_owned())).map(|_| ())
}

fn neighbor(film: &Film, blobs: &Blobs, name: &str) -> Option<String> {
    text_at(film, blobs, &format!("{FOLDER}{name}")).ok()?
}

fn text_at(film: &Film, blobs: &Blobs, path: &str) -> Result<Option<String>, Error> {
    let Some(file) = film.state.project.workflows.by_path.get(path) else {
        return Ok(None);
    };
    read(blobs, path, file.text).map(Some)
}

fn read(blobs: &Blobs, path: &str, id: BlobId) -> Result<String, Error> {
    let broken = |why: String| {
        Error::unavailable(format!("{path} cannot be read: {why}")).hint("save it once more")
    };
    let bytes = blobs.read(id).map_err(|error| broken(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| broken("it is no text".to_owned()))
}
