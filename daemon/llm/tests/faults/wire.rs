//! The languages of providers: what is sent, and what is read, by their documentation.

use std::sync::Arc;

use serde_json::{Value, json};
use storycore_llm::{
    ErrorKind, Event, Finish, Hub, Kind, Message, Part, Request, Role, Schema, Secret, System,
    Unloaded, Usage,
};

use crate::{
    server::{Act, End, FaultServer, Seen},
    stage::{complete, fixture, options, provider, say, task, told},
};

fn person() -> Schema {
    let schema = json!({
        "type": "object",
        "properties": {
            "age": { "type": "integer", "minimum": 0 },
            "available": { "type": "boolean" },
        },
        "required": ["age", "available"],
        "additionalProperties": false,
    });
    Schema::new("person", schema).unwrap()
}

/// A request with everything in it.
fn rich() -> Request {
    let image = Part::Image {
        media_type: "image/png".into(),
        bytes: b"png".as_slice().into(),
    };
    let mut request = Request::new("", 50);
    request.messages = vec![
        Message::text(Role::System, "Be brief."),
        Message::text(Role::User, "Hello."),
        Message::text(Role::Assistant, "Hi."),
        Message {
            role: Role::User,
            parts: vec![Part::Text("Who is this?".into()), image],
        },
    ];
    request.temperature = Some(1.5);
    request.seed = Some(7);
    request.stop = vec!["END".into()];
    request
}

/// Asks a server that answers with a fixture; what came, what was told, and what the server saw.
async fn ask(
    kind: Kind,
    request: Request,
    act: Act,
) -> (
    Result<storycore_llm::Answer, storycore_llm::Error>,
    Vec<Event>,
    Vec<Seen>,
) {
    let server = FaultServer::start(None, vec![act]).await;
    let mut provider = provider("one", kind, &server.url);
    provider.key = Some(Secret::new("sk-test").unwrap());
    provider.context_tokens = Some(8_192);
    let mut options = options(vec![provider], Arc::new(System));
    options.retry.tries = 1;
    let hub = Hub::new(options).unwrap();
    let (answer, events) = complete(&hub, &task(request)).await;
    (answer, events, server.seen())
}

fn stream(kind: &'static str, name: &str) -> Act {
    Act::Stream(kind, vec![fixture(name).into_bytes()], End::Whole)
}

const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/x-ndjson";

#[tokio::test]
async fn llama_cpp_streams() {
    let (answer, events, seen) = ask(Kind::OpenAi, rich(), stream(EVENTS, "llama.sse")).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.model.as_str()),
        ("Warm rain.", "tiny.gguf")
    );
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: 27,
            tokens_out: 3,
            is_measured: true
        }
    );
    assert_eq!((answer.finish, answer.attempts), (Finish::Stop, 1));
    let deltas = events
        .iter()
        .filter(|it| matches!(it, Event::Delta { .. }))
        .count();
    assert_eq!((told(&events).as_str(), deltas), ("Warm rain.", 2));
    assert_eq!(
        events[0],
        Event::Asked {
            provider: "one".into()
        }
    );
    assert_eq!(
        events.last(),
        Some(&Event::Finished {
            finish: Finish::Stop
        })
    );
    assert_eq!(seen[0].path, "/v1/chat/completions");
    assert!(
        seen[0].head.contains("authorization: Bearer sk-test"),
        "{}",
        seen[0].head
    );
    let sent = json!({
        "model": "some-model",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Hello." },
            { "role": "assistant", "content": "Hi." },
            { "role": "user", "content": [
                { "type": "text", "text": "Who is this?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,cG5n" } },
            ] },
        ],
        "max_tokens": 50,
        "temperature": 1.5,
        "seed": 7,
        "stop": ["END"],
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    assert_eq!(seen[0].body, sent);
}

#[tokio::test]
async fn openai_streams_and_declines() {
    let (answer, ..) = ask(Kind::OpenAi, rich(), stream(EVENTS, "openai.sse")).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.usage.tokens_out),
        ("Hello", 10)
    );
    let (error, ..) = ask(Kind::OpenAi, rich(), stream(EVENTS, "openai-refusal.sse")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(
        error.message,
        "it declined: I'm sorry, I cannot assist with that."
    );
}

#[tokio::test]
async fn openai_takes_a_schema() {
    let request = Request {
        schema: Some(person()),
        stream: false,
        ..Request::new("Who?", 50)
    };
    let body = json!({
        "model": "gpt-4o-mini",
        "choices": [{
            "message": { "role": "assistant", "content": "{\"age\":22,\"available\":false}" },
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 9, "completion_tokens": 8 },
    });
    let (answer, events, seen) = ask(Kind::OpenAi, request, say(200, &body.to_string())).await;
    let answer = answer.unwrap();
    assert_eq!(answer.value, Some(json!({"age": 22, "available": false})));
    assert_eq!(told(&events), answer.text);
    let format = &seen[0].body["response_format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(format["json_schema"]["strict"], true);
    assert_eq!(format["json_schema"]["schema"], *person().value());
    assert_eq!(seen[0].body["stream"], false);
    assert_eq!(seen[0].body.get("stream_options"), None);
}

#[tokio::test]
async fn ollama_streams_lines() {
    let (answer, events, seen) = ask(Kind::Ollama, rich(), stream(LINES, "ollama.ndjson")).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.model.as_str()),
        ("The sky", "llama3.2")
    );
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: 26,
            tokens_out: 282,
            is_measured: true
        }
    );
    assert_eq!(told(&events), "The sky");
    assert_eq!(seen[0].path, "/api/chat");
    let sent = json!({
        "model": "some-model",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Hello." },
            { "role": "assistant", "content": "Hi." },
            { "role": "user", "content": "Who is this?", "images": ["cG5n"] },
        ],
        "stream": true,
        "truncate": false,
        "shift": false,
        "options": {
            "num_predict": 50, "num_ctx": 8192, "temperature": 1.5, "seed": 7, "stop": ["END"],
        },
    });
    assert_eq!(seen[0].body, sent);
}

#[tokio::test]
async fn ollama_takes_a_schema_and_says_when_it_is_cut_off() {
    let request = Request {
        schema: Some(person()),
        ..Request::new("Who?", 50)
    };
    let whole = say(200, &fixture("ollama-schema.json"));
    let (answer, _, seen) = ask(Kind::Ollama, request.clone(), whole).await;
    assert_eq!(
        answer.unwrap().value,
        Some(json!({"age": 22, "available": false}))
    );
    assert_eq!(seen[0].body["format"], *person().value());
    let (error, ..) = ask(
        Kind::Ollama,
        request.clone(),
        stream(LINES, "ollama-length.ndjson"),
    )
    .await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Truncated);
    let (error, ..) = ask(Kind::Ollama, request, stream(LINES, "ollama-error.ndjson")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Server);
    assert!(error.message.contains("unexpected EOF"), "{error}");
}

#[tokio::test]
async fn anthropic_streams() {
    let (answer, events, seen) =
        ask(Kind::Anthropic, rich(), stream(EVENTS, "anthropic.sse")).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.finish),
        ("Hello!", Finish::Stop)
    );
    assert_eq!(answer.model, "claude-sonnet-4-5-20250929");
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: 130,
            tokens_out: 15,
            is_measured: true
        }
    );
    assert_eq!(told(&events), "Hello!");
    assert_eq!(seen[0].path, "/v1/messages");
    assert!(
        seen[0].head.contains("x-api-key: sk-test"),
        "{}",
        seen[0].head
    );
    assert!(
        seen[0].head.contains("anthropic-version: 2023-06-01"),
        "{}",
        seen[0].head
    );
    let text = |text: &str| json!({ "type": "text", "text": text });
    let sent = json!({
        "model": "some-model",
        "system": "Be brief.",
        "messages": [
            { "role": "user", "content": [text("Hello.")] },
            { "role": "assistant", "content": [text("Hi.")] },
            { "role": "user", "content": [text("Who is this?"), {
                "type": "image",
                "source": { "type": "base64", "media_type": "image/png", "data": "cG5n" },
            }] },
        ],
        "max_tokens": 50,
        "temperature": 1.0,
        "stop_sequences": ["END"],
        "stream": true,
    });
    assert_eq!(seen[0].body, sent);
}

#[tokio::test]
async fn anthropic_takes_a_schema_or_calls_a_tool() {
    let no = json!({ "type": "error", "error": {
        "type": "invalid_request_error",
        "message": "output_config: extra inputs are not permitted",
    } });
    let server = FaultServer::start(
        None,
        vec![
            say(400, &no.to_string()),
            stream(EVENTS, "anthropic-tool.sse"),
        ],
    )
    .await;
    let providers = vec![provider("one", Kind::Anthropic, &server.url)];
    let hub = Hub::new(options(providers, Arc::new(System))).unwrap();
    let request = Request {
        schema: Some(person()),
        ..Request::new("Who?", 50)
    };
    let (answer, _) = complete(&hub, &task(request)).await;
    let answer = answer.unwrap();
    assert_eq!(answer.value, Some(json!({"age": 22, "available": false})));
    assert_eq!(answer.attempts, 2);
    let seen = server.seen();
    let format = &seen[0].body["output_config"]["format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(
        format["schema"]["properties"]["age"],
        json!({ "type": "integer" })
    );
    assert_eq!(seen[1].body["tools"][0]["input_schema"], *person().value());
    assert_eq!(
        seen[1].body["tool_choice"],
        json!({ "type": "tool", "name": "person" })
    );
}

#[tokio::test]
async fn anthropic_breaks_off_and_declines() {
    let (error, ..) = ask(
        Kind::Anthropic,
        rich(),
        stream(EVENTS, "anthropic-error.sse"),
    )
    .await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Overloaded);
    let request = Request {
        stream: false,
        ..rich()
    };
    let refusal = say(200, &fixture("anthropic-refusal.json"));
    let (error, ..) = ask(Kind::Anthropic, request, refusal).await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Refused);
}

#[tokio::test]
async fn a_status_lists_models_and_says_what_is_wrong() {
    let tags: Value = serde_json::from_str(&fixture("ollama-tags.json")).unwrap();
    let ollama = FaultServer::start(Some(tags), vec![say(200, "{}")]).await;
    let bare = FaultServer::start(None, vec![say(200, "{}")]).await;
    let mut latest = provider("ollama", Kind::Ollama, &ollama.url);
    latest.model = Some("llama3.2".into());
    let providers = vec![
        latest,
        provider("bare", Kind::OpenAi, &bare.url),
        provider("gone", Kind::OpenAi, "http://127.0.0.1:9"),
    ];
    let hub = Hub::new(options(providers, Arc::new(System))).unwrap();
    let status = hub.status().await;
    assert_eq!(status[0].models, ["llama3.2:latest"]);
    assert_eq!(
        (status[0].is_reachable, status[0].has_model),
        (true, Some(true))
    );
    assert_eq!((status[1].is_reachable, status[1].has_model), (true, None));
    assert!(!status[2].is_reachable);
    assert!(
        status[2].why_not.as_ref().unwrap().contains("refused"),
        "{:?}",
        status[2]
    );
    assert!(status[2].hint.as_ref().unwrap().contains("running"));
}

#[tokio::test]
async fn ollama_unloads_and_others_say_that_they_cannot() {
    let ollama = FaultServer::start(None, vec![say(200, &fixture("ollama-unload.json"))]).await;
    let list = |owner: &str| Some(json!({ "data": [{ "id": "some-model", "owned_by": owner }] }));
    let router = FaultServer::start(list("llamacpp"), vec![say(200, r#"{"success":true}"#)]).await;
    let other = FaultServer::start(list("vllm"), vec![say(404, "{}")]).await;
    let providers = vec![
        provider("ollama", Kind::Ollama, &ollama.url),
        provider("router", Kind::OpenAi, &router.url),
        provider("other", Kind::OpenAi, &other.url),
        provider("claude", Kind::Anthropic, "http://127.0.0.1:9"),
    ];
    let hub = Hub::new(options(providers, Arc::new(System))).unwrap();
    assert_eq!(hub.unload("ollama").await, Ok(Unloaded::Freed));
    let sent = json!({ "model": "some-model", "messages": [], "keep_alive": 0, "stream": false });
    assert_eq!(ollama.seen()[0].body, sent);
    assert_eq!(hub.unload("router").await, Ok(Unloaded::Freed));
    assert_eq!(router.seen()[0].path, "/models/unload");
    assert!(matches!(
        hub.unload("other").await,
        Ok(Unloaded::Cannot { .. })
    ));
    assert_eq!(hub.unload("claude").await, Ok(Unloaded::Elsewhere));
    assert_eq!(
        hub.unload("nobody").await.unwrap_err().kind,
        ErrorKind::Misconfigured
    );
}
