//! JSON-RPC 2.0 texts: what a client sent, taken apart, and what it gets back, put together.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use jsonrpsee::types::TwoPointZero;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};
use serde_json::{Value, value::RawValue};
use storycore_schema::{Error, ErrorKind};

/// The id of a request: a string, a number or null.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Id {
    /// As a value.
    pub(crate) value: Value,
    /// As JSON: what tells it from others, and what is sent back.
    pub(crate) text: Arc<str>,
}

/// One member of a message.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Wants an answer.
    Request(Id, Invocation),
    /// Wants none.
    Notification(Invocation),
    /// Answers something we asked, as it came.
    Response(Box<RawValue>),
    /// Neither.
    Invalid(Id, Error),
}

/// A method and its params.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// Its name.
    pub(crate) method: String,
    /// Absent params mean `{}`.
    pub(crate) params: Option<Box<RawValue>>,
}

/// What one frame holds.
#[derive(Debug)]
pub(crate) enum Message {
    /// One member.
    Single(Entry),
    /// Several, answered together.
    Batch(Vec<Entry>),
}

impl Id {
    /// Of an answer to something that had none, or none that could be read.
    pub(crate) fn null() -> Id {
        Id::from(Value::Null)
    }
}

impl From<Value> for Id {
    fn from(value: Value) -> Id {
        Id {
            text: value.to_string().into(),
            value,
        }
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "jsonrpc")]
    _jsonrpc: TwoPointZero,
    #[serde(default, borrow, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(default, borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    params: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "present")]
    result: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    error: Option<IgnoredAny>,
}

/// Tells a member that is null from one that is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Takes a frame apart. Nesting costs no stack: members stay raw text here, and serde_json bounds
/// the depth of what is later read from them.
pub(crate) fn parse(text: &[u8], batch_calls_max: u64) -> Result<Message, Error> {
    let text = std::str::from_utf8(text).map_err(|error| malformed(&error))?;
    let text = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if !text.starts_with('[') {
        return parse_entry(text).map(Message::Single);
    }
    let members: Members<'_> = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    if members.0.is_empty() {
        return Err(invalid("a batch holds at least one call"));
    }
    if members.0.len() as u64 > batch_calls_max {
        return Err(batch_too_long(Some(members.0.len()), batch_calls_max));
    }
    let entries = members.0.into_iter().map(|it| parse_entry(it.get()));
    entries.collect::<Result<_, _>>().map(Message::Batch)
}

#[derive(Deserialize)]
struct Members<'a>(#[serde(borrow)] Vec<&'a RawValue>);

fn parse_entry(text: &str) -> Result<Entry, Error> {
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(error) => return explain(text, &error),
    };
    let id = match envelope.id.map(parse_id).transpose() {
        Ok(id) => id,
        Err(error) => return Ok(Entry::Invalid(Id::null(), error)),
    };
    let Some(method) = envelope.method else {
        if envelope.result.is_some() || envelope.error.is_some() {
            let whole: Box<RawValue> =
                RawValue::from_string(text.to_owned()).map_err(|error| malformed(&error))?;
            return Ok(Entry::Response(whole));
        }
        let error = invalid("the request has no method");
        return Ok(Entry::Invalid(id.unwrap_or_else(Id::null), error));
    };
    if envelope
        .params
        .is_some_and(|it| !it.get().starts_with(['{', '[']))
    {
        let error = invalid("params are an object or an array");
        return Ok(Entry::Invalid(id.unwrap_or_else(Id::null), error));
    }
    let invocation = Invocation {
        method: method.into_owned(),
        params: envelope.params.map(ToOwned::to_owned),
    };
    Ok(match id {
        Some(id) => Entry::Request(id, invocation),
        None => Entry::Notification(invocation),
    })
}

/// Tells text that is no JSON from JSON that is no request, and finds the id if there is one.
fn explain(text: &str, error: &serde_json::Error) -> Result<Entry, Error> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(malformed(&error));
    }
    #[derive(Deserialize)]
    struct OnlyId<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    let id = serde_json::from_str::<OnlyId<'_>>(text).ok();
    let id = id.and_then(|it| parse_id(it.id).ok());
    let error = invalid(format!("not a JSON-RPC 2.0 request: {error}"));
    Ok(Entry::Invalid(id.unwrap_or_else(Id::null), error))
}

fn parse_id(raw: &RawValue) -> Result<Id, Error> {
    let parsed: Result<Value, _> = match raw.get().as_bytes().first() {
        Some(b'[' | b'{' | b't' | b'f') => Err(serde_json::Error::custom("")),
        _ => serde_json::from_str(raw.get()),
    };
    parsed
        .map(Id::from)
        .map_err(|_| invalid("an id is a string, a number or null"))
}

/// Text that is not JSON.
pub(crate) fn malformed(why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Parse, format!("not JSON: {why}"))
        .hint("send one JSON-RPC 2.0 object or array a message, in UTF-8")
}

/// JSON that is not a request.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
        .hint("see https://www.jsonrpc.org/specification#request_object")
}

/// More calls than one batch may hold.
pub(crate) fn batch_too_long(len: Option<usize>, max: u64) -> Error {
    let len = len.map_or_else(String::new, |it| format!(" of {it} calls"));
    let message = format!("a batch{len} is longer than the limit batch_calls_max of {max}");
    Error::resource_exhausted(message).hint("send several smaller batches")
}

/// The text of a good answer.
pub(crate) fn result_text(id: &Id, body: &RawValue) -> Bytes {
    let mut text = Vec::with_capacity(40 + id.text.len() + body.get().len());
    text.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    text.extend_from_slice(id.text.as_bytes());
    text.extend_from_slice(br#","result":"#);
    text.extend_from_slice(body.get().as_bytes());
    text.push(b'}');
    text.into()
}

/// The text of a refusal.
pub(crate) fn error_text(id: &Id, error: &Error, correlation_id: &str) -> Bytes {
    // An error object is plain data, which always serializes.
    let object = serde_json::to_vec(&error.to_object(Some(correlation_id))).unwrap_or_default();
    let mut text = Vec::with_capacity(40 + id.text.len() + object.len());
    text.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    text.extend_from_slice(id.text.as_bytes());
    text.extend_from_slice(br#","error":"#);
    text.extend_from_slice(&object);
    text.push(b'}');
    text.into()
}

/// The text of a batch's answers; none if nobody asked for one.
pub(crate) fn batch_text(answers: &[Bytes]) -> Option<Bytes> {
    if answers.is_empty() {
        return None;
    }
    let mut text = Vec::with_capacity(answers.iter().map(|it| it.len() + 1).sum::<usize>() + 1);
    for answer in answers {
        text.push(if text.is_empty() { b'[' } else { b',' });
        text.extend_from_slice(answer);
    }
    text.push(b']');
    Some(text.into())
}
