//! Ollama's `/api/chat`, as its documentation has it: a line of JSON for each piece.

use http::HeaderMap;
use serde_json::{Value, json};

use super::{Ask, Listed, Reading, Rung, Wire, base64, key_header, names};
use crate::{
    answer::Finish,
    error::Error,
    frames::Framing,
    refusal,
    request::{Message, Part},
    secret::Secret,
};

pub(super) struct Ollama;

impl Wire for Ollama {
    fn path(&self) -> &'static str {
        "/api/chat"
    }

    fn models_path(&self) -> &'static str {
        "/api/tags"
    }

    fn headers(&self, key: Option<&Secret>) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        // A server of one's own wants none; one behind a proxy may.
        if let Some(key) = key {
            key_header(
                &mut headers,
                "authorization",
                &format!("Bearer {}", key.expose()),
            )?;
        }
        Ok(headers)
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn body(&self, ask: &Ask<'_>) -> Value {
        let request = ask.request;
        let messages: Vec<Value> = ask.messages().iter().map(message).collect();
        let mut options = json!({ "num_predict": request.tokens_max });
        // Without, it takes 4,096 or less, whatever the model could read.
        if let Some(tokens) = ask.context_tokens {
            options["num_ctx"] = json!(tokens);
        }
        if let Some(temperature) = request.temperature {
            options["temperature"] = json!(temperature);
        }
        if let Some(seed) = request.seed {
            options["seed"] = json!(seed);
        }
        if !request.stop.is_empty() {
            options["stop"] = json!(request.stop);
        }
        let mut body = json!({
            "model": ask.model,
            "messages": messages,
            "stream": request.stream,
            "options": options,
            // It would leave out the oldest messages in silence otherwise. These two stand in its
            // source only; versions that do not know them ignore them.
            "truncate": false,
            "shift": false,
        });
        if let Some(schema) = &request.schema {
            match ask.rung {
                Rung::Schema => body["format"] = schema.value().clone(),
                Rung::Object => body["format"] = json!("json"),
                Rung::Words => {}
            }
        }
        body
    }

    fn read(&self, frame: &Value, reading: &mut Reading) -> Result<(), Error> {
        if frame.get("error").is_some() {
            return Err(refusal::of_frame(frame));
        }
        if let Some(model) = frame.get("model").and_then(Value::as_str) {
            reading.model = Some(model.to_owned());
        }
        let text = frame.pointer("/message/content").and_then(Value::as_str);
        reading.text.push_str(text.unwrap_or_default());
        if frame.get("done").and_then(Value::as_bool) != Some(true) {
            return Ok(());
        }
        let count = |name: &str| frame.get(name).and_then(Value::as_u64);
        // What it remembers of an earlier prompt it does not count.
        reading.tokens_in = count("prompt_eval_count").or(reading.tokens_in);
        reading.tokens_out = count("eval_count").or(reading.tokens_out);
        reading.finish = match frame.get("done_reason").and_then(Value::as_str) {
            Some("length") => Some(Finish::Length),
            _ => Some(Finish::Stop),
        };
        reading.is_ended = true;
        Ok(())
    }

    fn read_whole(&self, body: &Value, reading: &mut Reading) -> Result<(), Error> {
        self.read(body, reading)
    }

    fn models(&self, list: &Value) -> Listed {
        Listed {
            names: names(list.get("models"), "/name"),
            answers_to_any_name: false,
        }
    }
}

fn message(message: &Message) -> Value {
    let mut value = json!({ "role": message.role, "content": message.words() });
    let images: Vec<String> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Image { bytes, .. } => Some(base64(bytes)),
            Part::Text(_) => None,
        })
        .collect();
    if !images.is_empty() {
        value["images"] = json!(images);
    }
    value
}
