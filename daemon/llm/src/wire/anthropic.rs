//! Anthropic's `/v1/messages`, as its documentation has it.

use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use super::{Ask, Listed, Reading, Rung, Wire, base64, key_header, names};
use crate::{
    answer::Finish,
    error::Error,
    frames::Framing,
    refusal,
    request::{Message, Part, Role},
    secret::Secret,
};

/// The version of its interface that this speaks.
const VERSION: &str = "2023-06-01";

pub(super) struct Anthropic;

impl Wire for Anthropic {
    fn path(&self) -> &'static str {
        "/v1/messages"
    }

    fn models_path(&self) -> &'static str {
        "/v1/models?limit=1000"
    }

    fn headers(&self, key: Option<&Secret>) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
        if let Some(key) = key {
            key_header(&mut headers, "x-api-key", key.expose())?;
        }
        Ok(headers)
    }

    fn framing(&self) -> Framing {
        Framing::Events
    }

    fn body(&self, ask: &Ask<'_>) -> Value {
        let request = ask.request;
        // Standing instructions are no message there.
        let (system, spoken): (Vec<Message>, Vec<Message>) = ask
            .messages()
            .into_iter()
            .partition(|it| it.role == Role::System);
        let messages: Vec<Value> = spoken.iter().map(message).collect();
        let mut body = json!({
            "model": ask.model,
            "messages": messages,
            "max_tokens": request.tokens_max,
            "stream": request.stream,
        });
        if !system.is_empty() {
            let words: Vec<String> = system.iter().map(Message::words).collect();
            body["system"] = json!(words.join("\n\n"));
        }
        if let Some(temperature) = request.temperature.filter(|_| ask.takes("temperature")) {
            body["temperature"] = json!(temperature.min(1.0));
        }
        if !request.stop.is_empty() {
            body["stop_sequences"] = json!(request.stop);
        }
        if let Some(schema) = &request.schema {
            match ask.rung {
                Rung::Schema => {
                    body["output_config"] = json!({
                        "format": { "type": "json_schema", "schema": narrowed(schema.value()) },
                    });
                }
                Rung::Object => {
                    body["tools"] = json!([{
                        "name": schema.name(),
                        "description": "Takes the answer.",
                        "input_schema": schema.value(),
                    }]);
                    body["tool_choice"] = json!({ "type": "tool", "name": schema.name() });
                }
                Rung::Words => {}
            }
        }
        body
    }

    fn read(&self, frame: &Value, reading: &mut Reading) -> Result<(), Error> {
        let text = |pointer: &str| frame.pointer(pointer).and_then(Value::as_str);
        match text("/type").unwrap_or_default() {
            "error" => return Err(refusal::of_frame(frame)),
            "message_start" => {
                reading.model = text("/message/model").map(ToOwned::to_owned);
                counted(frame.pointer("/message/usage"), reading);
            }
            // A tool is called: what was said before is not the answer.
            "content_block_start" if text("/content_block/type") == Some("tool_use") => {
                reading.text.clear();
            }
            "content_block_delta" => {
                let piece = text("/delta/text").or_else(|| text("/delta/partial_json"));
                reading.text.push_str(piece.unwrap_or_default());
            }
            "message_delta" => {
                counted(frame.get("usage"), reading);
                stopped(text("/delta/stop_reason"), reading);
            }
            "message_stop" => reading.is_ended = true,
            // Pings, ends of blocks, and events that may be added any time.
            _ => {}
        }
        Ok(())
    }

    fn read_whole(&self, body: &Value, reading: &mut Reading) -> Result<(), Error> {
        if body.get("error").is_some() {
            return Err(refusal::of_frame(body));
        }
        reading.model = body
            .get("model")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned);
        counted(body.get("usage"), reading);
        let blocks = body
            .get("content")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for block in blocks {
            match block.get("type").and_then(Value::as_str) {
                Some("text") => {
                    let text = block.get("text").and_then(Value::as_str);
                    reading.text.push_str(text.unwrap_or_default());
                }
                Some("tool_use") => {
                    reading.text = block
                        .get("input")
                        .map(ToString::to_string)
                        .unwrap_or_default();
                }
                _ => {}
            }
        }
        stopped(body.get("stop_reason").and_then(Value::as_str), reading);
        reading.is_ended = true;
        Ok(())
    }

    fn models(&self, list: &Value) -> Listed {
        Listed {
            names: names(list.get("data"), "/id"),
            answers_to_any_name: false,
        }
    }
}

fn message(message: &Message) -> Value {
    let parts: Vec<Value> = message
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => json!({ "type": "text", "text": text }),
            Part::Image { media_type, bytes } => json!({
                "type": "image",
                "source": { "type": "base64", "media_type": media_type, "data": base64(bytes) },
            }),
        })
        .collect();
    json!({ "role": message.role, "content": parts })
}

/// What was read from its cache, and written to it, was read all the same.
fn counted(usage: Option<&Value>, reading: &mut Reading) {
    let count = |name: &str| usage.and_then(|it| it.get(name)?.as_u64());
    if let Some(fresh) = count("input_tokens") {
        let kept = ["cache_read_input_tokens", "cache_creation_input_tokens"];
        let kept: u64 = kept.into_iter().filter_map(count).sum();
        reading.tokens_in = Some(fresh + kept);
    }
    reading.tokens_out = count("output_tokens").or(reading.tokens_out);
}

fn stopped(reason: Option<&str>, reading: &mut Reading) {
    match reason {
        None => {}
        Some("max_tokens" | "model_context_window_exceeded") => {
            reading.finish = Some(Finish::Length);
        }
        Some("refusal") => {
            reading.refused = Some("the model declined to answer".to_owned());
            reading.finish = Some(Finish::Stop);
        }
        Some(_) => reading.finish = Some(Finish::Stop),
    }
}

/// A schema of the kind that it takes: closed objects, and no bounds of numbers, texts and lists.
/// The bounds are checked by us.
fn narrowed(schema: &Value) -> Value {
    const BOUNDS: [&str; 10] = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
    ];
    match schema {
        Value::Object(map) => {
            let is_object = map.get("type").is_some_and(|it| it == "object");
            let mut narrow = Map::new();
            for (key, value) in map {
                let inner = match value {
                    // The names of properties are no keywords.
                    Value::Object(properties) if key == "properties" => properties
                        .iter()
                        .map(|(name, it)| (name.clone(), narrowed(it)))
                        .collect::<Map<_, _>>()
                        .into(),
                    value => narrowed(value),
                };
                if !BOUNDS.contains(&key.as_str()) {
                    narrow.insert(key.clone(), inner);
                }
            }
            if is_object {
                narrow.insert("additionalProperties".to_owned(), json!(false));
            }
            narrow.into()
        }
        Value::Array(items) => items.iter().map(narrowed).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_narrowed_without_losing_properties() {
        let schema = json!({
            "type": "object",
            "properties": {
                "minimum": { "type": "integer", "minimum": 1 },
                "items": { "type": "array", "maxItems": 3, "items": { "type": "object" } },
            },
        });
        let narrow = json!({
            "type": "object",
            "properties": {
                "minimum": { "type": "integer" },
                "items": {
                    "type": "array",
                    "items": { "type": "object", "additionalProperties": false },
                },
            },
            "additionalProperties": false,
        });
        assert_eq!(narrowed(&schema), narrow);
    }
}
