//! `/v1/chat/completions`, as OpenAI's reference has it and llama.cpp speaks it.

use http::HeaderMap;
use serde_json::{Value, json};

use super::{Ask, Listed, Reading, Rung, Wire, base64, key_header, names};
use crate::{
    answer::Finish,
    error::Error,
    frames::Framing,
    refusal,
    request::{Message, Part},
    schema,
    secret::Secret,
};

pub(super) struct OpenAi;

impl Wire for OpenAi {
    fn path(&self) -> &'static str {
        "/chat/completions"
    }

    fn models_path(&self) -> &'static str {
        "/models"
    }

    fn headers(&self, key: Option<&Secret>) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
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
        Framing::Events
    }

    fn body(&self, ask: &Ask<'_>) -> Value {
        let request = ask.request;
        let messages: Vec<Value> = ask.messages().iter().map(message).collect();
        let mut body = json!({
            "model": ask.model,
            "messages": messages,
            "stream": request.stream,
        });
        // Newer models of OpenAI know only the longer name, many other servers only the shorter.
        let limit = if ask.takes("max_tokens") {
            "max_tokens"
        } else {
            "max_completion_tokens"
        };
        body[limit] = json!(request.tokens_max);
        if request.stream && ask.takes("stream_options") {
            body["stream_options"] = json!({ "include_usage": true });
        }
        if let Some(temperature) = request.temperature.filter(|_| ask.takes("temperature")) {
            body["temperature"] = json!(temperature);
        }
        if let Some(seed) = request.seed.filter(|_| ask.takes("seed")) {
            body["seed"] = json!(seed);
        }
        if !request.stop.is_empty() && ask.takes("stop") {
            body["stop"] = json!(request.stop);
        }
        if let Some(schema) = &request.schema {
            let strict = schema::is_strict(schema.value());
            match ask.rung {
                Rung::Schema => {
                    body["response_format"] = json!({
                        "type": "json_schema",
                        "json_schema": {
                            "name": schema.name(), "strict": strict, "schema": schema.value(),
                        },
                    });
                }
                Rung::Object => {
                    body["response_format"] =
                        json!({ "type": "json_object", "schema": schema.value() });
                }
                Rung::Words => {}
            }
        }
        body
    }

    fn read(&self, frame: &Value, reading: &mut Reading) -> Result<(), Error> {
        if frame.get("error").is_some() {
            return Err(refusal::of_frame(frame));
        }
        counted(frame, reading);
        // The frame with the usage has no choices.
        let Some(choice) = frame.pointer("/choices/0") else {
            return Ok(());
        };
        let text = |pointer: &str| choice.pointer(pointer).and_then(Value::as_str);
        // The first frame has a role and no content.
        reading
            .text
            .push_str(text("/delta/content").unwrap_or_default());
        if let Some(words) = text("/delta/refusal") {
            reading.refused.get_or_insert_default().push_str(words);
        }
        finished(text("/finish_reason"), reading);
        Ok(())
    }

    fn read_whole(&self, body: &Value, reading: &mut Reading) -> Result<(), Error> {
        if body.get("error").is_some() {
            return Err(refusal::of_frame(body));
        }
        counted(body, reading);
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        reading
            .text
            .push_str(text("/choices/0/message/content").unwrap_or_default());
        reading.refused = text("/choices/0/message/refusal").map(ToOwned::to_owned);
        finished(text("/choices/0/finish_reason"), reading);
        reading.is_ended = true;
        Ok(())
    }

    fn models(&self, list: &Value) -> Listed {
        let data = list.get("data");
        let owners = names(data, "/owned_by");
        let mut all = names(data, "/id");
        for item in data.and_then(Value::as_array).into_iter().flatten() {
            all.extend(names(item.get("aliases"), ""));
        }
        all.dedup();
        Listed {
            names: all,
            answers_to_any_name: owners.iter().any(|it| it == "llamacpp"),
        }
    }
}

fn message(message: &Message) -> Value {
    let content = if message.has_image() {
        let parts: Vec<Value> = message.parts.iter().map(part).collect();
        json!(parts)
    } else {
        json!(message.words())
    };
    json!({ "role": message.role, "content": content })
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image { media_type, bytes } => {
            let url = format!("data:{media_type};base64,{}", base64(bytes));
            json!({ "type": "image_url", "image_url": { "url": url } })
        }
    }
}

fn counted(frame: &Value, reading: &mut Reading) {
    if let Some(model) = frame.get("model").and_then(Value::as_str) {
        reading.model = Some(model.to_owned());
    }
    let count = |pointer: &str| frame.pointer(pointer).and_then(Value::as_u64);
    reading.tokens_in = count("/usage/prompt_tokens").or(reading.tokens_in);
    reading.tokens_out = count("/usage/completion_tokens").or(reading.tokens_out);
}

fn finished(reason: Option<&str>, reading: &mut Reading) {
    match reason {
        None => {}
        Some("length") => reading.finish = Some(Finish::Length),
        Some("content_filter") => {
            reading
                .refused
                .get_or_insert_with(|| "its filter stopped the answer".to_owned());
            reading.finish = Some(Finish::Stop);
        }
        Some(_) => reading.finish = Some(Finish::Stop),
    }
}
