//! Prompts: files that say what a model is asked, which a person can read and edit.
//!
//! ```text
//! +++
//! chain = "default"
//! temperature = 0.3
//! tokensMax = 2000
//! schema = "logline.schema.json"
//! +++
//! ## system
//! You write loglines.
//! ## user
//! The film is called {{ film.title }}.
//! ```
//!
//! Between the `+++` stands TOML; the messages below are templates of `minijinja`. Each is a
//! template of its own, so that a text which is filled in cannot begin another message. A name
//! that the context does not have is an error, not nothing.
//!
//! `limits` puts numbers of the context into the schema, so that a model which must fit it cannot
//! say more than is wanted: `limits = { "/properties/shots/maxItems" = "shotsMax" }`.

use std::collections::BTreeMap;

use minijinja::{Environment, ErrorKind as TemplateErrorKind, UndefinedBehavior};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::{Error, ErrorKind},
    request::{Message, Request, Role},
    schema::Schema,
};

/// The largest prompt file, in bytes.
const FILE_BYTES_MAX: usize = 256 * 1024;

/// What a message may take to fill in, in the engine's units: steps, and bytes that it makes.
const FUEL: u64 = 200_000;

/// What a prompt's file says about how it is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    chain: String,
    #[serde(default)]
    temperature: Option<f64>,
    tokens_max: u32,
    #[serde(default)]
    schema: Option<String>,
    /// Numbers in the schema, by JSON Pointer, and the expressions that give them.
    #[serde(default)]
    limits: BTreeMap<String, String>,
}

/// A message with places to fill in.
#[derive(Debug, Clone)]
struct Section {
    role: Role,
    /// The template, with as many empty lines before it as the file has lines before it, so that
    /// its errors name the file's lines.
    template: String,
}

/// A prompt, ready to be filled in.
#[derive(Debug, Clone)]
pub struct Prompt {
    file: String,
    /// The chain that it asks for.
    pub chain: String,
    /// What its answer must be, if it is to be JSON.
    pub schema: Option<Schema>,
    settings: Settings,
    sections: Vec<Section>,
}

impl Prompt {
    /// Reads a prompt. `file` is what errors call it; `neighbor` gives the text of a file beside
    /// it, the schema that it names.
    ///
    /// # Errors
    /// `misconfigured`, naming the file and the line.
    pub fn parse(
        file: &str,
        text: &str,
        neighbor: impl Fn(&str) -> Option<String>,
    ) -> Result<Prompt, Error> {
        if text.len() > FILE_BYTES_MAX {
            return Err(wrong(
                file,
                1,
                format!("a prompt has at most {FILE_BYTES_MAX} bytes"),
            ));
        }
        let (settings, body_line) = front_matter(file, text)?;
        let schema = match &settings.schema {
            None => None,
            Some(name) => Some(read_schema(file, name, neighbor(name))?),
        };
        let prompt = Prompt {
            file: file.to_owned(),
            chain: settings.chain.clone(),
            schema,
            sections: sections(file, text, body_line)?,
            settings,
        };
        let environment = environment();
        for section in &prompt.sections {
            environment
                .template_from_str(&section.template)
                .map_err(|error| prompt.template_error(&error))?;
        }
        Ok(prompt)
    }

    /// The prompt with a context filled in.
    ///
    /// # Errors
    /// `misconfigured` if the prompt asks for what the context does not have, or takes too much.
    pub fn fill_in(&self, context: &Value) -> Result<Request, Error> {
        let environment = environment();
        let values = minijinja::Value::from(minijinja::value::Serde(context));
        let mut messages = Vec::new();
        for section in &self.sections {
            let template = environment.template_from_str(&section.template);
            let text = template
                .and_then(|it| it.render(values.clone()))
                .map_err(|error| self.template_error(&error))?;
            if !text.trim().is_empty() {
                messages.push(Message::text(section.role, text.trim()));
            }
        }
        let request = Request {
            messages,
            temperature: self.settings.temperature,
            seed: None,
            tokens_max: self.settings.tokens_max,
            stop: Vec::new(),
            schema: self.limited_schema(&environment, &values)?,
            stream: true,
        };
        request
            .check()
            .map_err(|error| wrong(&self.file, 1, error.message))?;
        Ok(request)
    }

    /// The schema with the numbers of this context.
    fn limited_schema(
        &self,
        environment: &Environment<'_>,
        values: &minijinja::Value,
    ) -> Result<Option<Schema>, Error> {
        let Some(schema) = self
            .schema
            .as_ref()
            .filter(|_| !self.settings.limits.is_empty())
        else {
            return Ok(self.schema.clone());
        };
        let mut limited = schema.value().clone();
        for (pointer, expression) in &self.settings.limits {
            let number = environment
                .compile_expression(expression)
                .and_then(|it| it.eval(values.clone()))
                .map_err(|error| self.template_error(&error))?;
            let number = u32::try_from(number).map_err(|_| {
                wrong(
                    &self.file,
                    1,
                    format!("the limit {expression} is no whole number"),
                )
            })?;
            let parent = pointer.rsplit_once('/').and_then(|(parent, key)| {
                let object = limited.pointer_mut(parent)?.as_object_mut()?;
                Some((object, key))
            });
            let (object, key) = parent.ok_or_else(|| {
                wrong(&self.file, 1, format!("its schema has no place {pointer}"))
            })?;
            object.insert(key.to_owned(), number.into());
        }
        Schema::new(schema.name(), limited)
            .map(Some)
            .map_err(|error| wrong(&self.file, 1, error.message))
    }

    fn template_error(&self, error: &minijinja::Error) -> Error {
        let line = error.line().unwrap_or(1);
        let detail = error
            .detail()
            .map(|it| format!(": {it}"))
            .unwrap_or_default();
        let source = std::error::Error::source(error).map(|it| format!(": {it}"));
        let message = format!("{}{detail}{}", error.kind(), source.unwrap_or_default());
        match error.kind() {
            TemplateErrorKind::UndefinedError => {
                let template = self.sections.iter().map(|it| it.template.as_str());
                let written = template
                    .filter_map(|it| it.lines().nth(line - 1))
                    .find(|it| !it.trim().is_empty());
                wrong(
                    &self.file,
                    line,
                    format!("{message} in {:?}", written.unwrap_or_default()),
                )
                .hint("use only names that the task gives, as its own prompt does")
            }
            TemplateErrorKind::OutOfFuel => wrong(&self.file, line, "it takes too long to fill in")
                .hint("does a loop go over too much?"),
            _ => wrong(&self.file, line, message),
        }
    }
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
}

fn wrong(file: &str, line: usize, message: impl AsRef<str>) -> Error {
    Error::new(
        ErrorKind::Misconfigured,
        format!("{file}:{line}: {}", message.as_ref()),
    )
}

/// The settings, and the line that the messages begin on, counted from 1.
fn front_matter(file: &str, text: &str) -> Result<(Settings, usize), Error> {
    let fences: Vec<usize> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim_end() == "+++")
        .map(|(index, _)| index)
        .take(2)
        .collect();
    let [0, end] = fences[..] else {
        return Err(wrong(
            file,
            1,
            "a prompt begins with its settings between two lines of +++",
        ));
    };
    let toml: Vec<&str> = text.lines().take(end).skip(1).collect();
    let settings: Settings = toml::from_str(&toml.join("\n")).map_err(|error| {
        let before = error.span().map_or(0, |it| it.start);
        let n_lines = toml
            .join("\n")
            .get(..before)
            .unwrap_or_default()
            .matches('\n')
            .count();
        wrong(file, n_lines + 2, error.message())
    })?;
    Ok((settings, end + 2))
}

/// The messages that begin with a line of `## system`, `## user` or `## assistant`.
fn sections(file: &str, text: &str, body_line: usize) -> Result<Vec<Section>, Error> {
    let mut sections: Vec<Section> = Vec::new();
    for (index, line) in text.lines().enumerate().skip(body_line - 1) {
        let role = match line.trim_end() {
            "## system" => Some(Role::System),
            "## user" => Some(Role::User),
            "## assistant" => Some(Role::Assistant),
            _ => None,
        };
        match (role, sections.last_mut()) {
            (Some(role), _) => {
                sections.push(Section {
                    role,
                    template: "\n".repeat(index + 1),
                });
            }
            (None, Some(section)) => {
                section.template.push_str(line);
                section.template.push('\n');
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => {
                let message = "a message begins with a line of ## system, ## user or ## assistant";
                return Err(wrong(file, index + 1, message));
            }
        }
    }
    if sections.iter().any(|it| it.role == Role::User) {
        return Ok(sections);
    }
    Err(wrong(
        file,
        body_line,
        "there is no ## user, so nothing is asked",
    ))
}

fn read_schema(file: &str, name: &str, text: Option<String>) -> Result<Schema, Error> {
    let text = text.ok_or_else(|| wrong(file, 1, format!("its schema {name} is not there")))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| wrong(name, error.line(), format!("it is no JSON: {error}")))?;
    let stem = name.split('.').next().unwrap_or(name);
    Schema::new(stem, value).map_err(|error| wrong(name, 1, error.message))
}

#[cfg(test)]
mod tests;
