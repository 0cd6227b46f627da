//! The three ways providers speak, each in a file of its own: how a request is written, and how an
//! answer is read.

use std::time::Instant;

use http::HeaderMap;
use serde_json::Value;

use crate::{
    answer::Finish,
    error::Error,
    frames::Framing,
    provider::Kind,
    request::{Message, Request, Role},
    secret::Secret,
};

mod anthropic;
mod ollama;
mod openai;

/// How a provider is held to a schema, the best first. Not all can do all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rung {
    /// It is given the schema, and lets the model say nothing else.
    Schema,
    /// It lets the model say nothing but JSON, or only call a tool of that form.
    Object,
    /// The model is asked to, in words.
    Words,
}

impl Rung {
    pub(crate) fn below(self) -> Option<Rung> {
        match self {
            Rung::Schema => Some(Rung::Object),
            Rung::Object => Some(Rung::Words),
            Rung::Words => None,
        }
    }
}

/// A request on its way to one provider.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) request: &'a Request,
    pub(crate) model: &'a str,
    pub(crate) context_tokens: Option<u32>,
    /// How it is held to the request's schema.
    pub(crate) rung: Rung,
    /// Parameters that the provider does not take.
    pub(crate) omitted: &'a [&'static str],
}

impl Ask<'_> {
    fn takes(&self, parameter: &str) -> bool {
        !self.omitted.contains(&parameter)
    }

    /// The messages, with the schema in words where the provider does not hold the model to it.
    fn messages(&self) -> Vec<Message> {
        let mut messages = self.request.messages.clone();
        let Some(schema) = self
            .request
            .schema
            .as_ref()
            .filter(|_| self.rung != Rung::Schema)
        else {
            return messages;
        };
        let words = format!(
            "Answer with one JSON value and nothing else: no explanation, no code fence. It must \
             fit this JSON Schema:\n{}",
            schema.value()
        );
        match messages.first_mut().filter(|it| it.role == Role::System) {
            Some(system) => system.parts.push(crate::request::Part::Text(words)),
            None => messages.insert(0, Message::text(Role::System, words)),
        }
        messages
    }
}

/// What is read of an answer so far.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) text: String,
    /// When the first piece of it came.
    pub(crate) begun: Option<Instant>,
    pub(crate) model: Option<String>,
    pub(crate) tokens_in: Option<u64>,
    pub(crate) tokens_out: Option<u64>,
    pub(crate) finish: Option<Finish>,
    /// Why the model declined, if it did.
    pub(crate) refused: Option<String>,
    /// Whether nothing more comes.
    pub(crate) is_ended: bool,
}

/// How a provider speaks.
pub(crate) trait Wire: Sync {
    /// Where questions go, after the provider's address.
    fn path(&self) -> &'static str;
    /// Where its models are listed.
    fn models_path(&self) -> &'static str;
    /// The header that carries the key, and others it wants.
    fn headers(&self, key: Option<&Secret>) -> Result<HeaderMap, Error>;
    /// How its streams are cut.
    fn framing(&self) -> Framing;
    /// The request as it is sent.
    fn body(&self, ask: &Ask<'_>) -> Value;
    /// Reads a frame of a stream.
    fn read(&self, frame: &Value, reading: &mut Reading) -> Result<(), Error>;
    /// Reads an answer that comes at once.
    fn read_whole(&self, body: &Value, reading: &mut Reading) -> Result<(), Error>;
    /// The models of a list, and whether the server answers to any name with what it has.
    fn models(&self, list: &Value) -> Listed;
}

/// The models that a server lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listed {
    pub(crate) names: Vec<String>,
    pub(crate) answers_to_any_name: bool,
}

pub(crate) fn of(kind: Kind) -> &'static dyn Wire {
    match kind {
        Kind::Ollama => &ollama::Ollama,
        Kind::OpenAi => &openai::OpenAi,
        Kind::Anthropic => &anthropic::Anthropic,
    }
}

/// The texts at a pointer in each item of a list.
fn names(list: Option<&Value>, pointer: &str) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    let names = items.filter_map(|it| it.pointer(pointer)?.as_str());
    names.map(ToOwned::to_owned).collect()
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A header with a key in it, which logs show as stars.
fn key_header(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), Error> {
    let mut value = http::HeaderValue::from_str(value).map_err(|_| {
        Error::new(
            crate::ErrorKind::Auth,
            "the key has characters that no header holds",
        )
    })?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}
