//! The files of a film that are no scripts: what they say, or what is wrong with them.

use storycore_schema::{bible::BibleEntry, diagnostic::Diagnostic, project::Settings};

use crate::{
    effects::renderer::Renderers,
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
    if let Err(message) = renderers.get(&settings.renderer) {
        let hint = format!("write one of: {}", renderers.names().join(", "));
        return wrong("renderer", message, hint);
    }
    Ok(settings)
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
    Ok(entry)
}
