//! Answers that must fit a schema, from servers that help with that and from those that do not.

use std::sync::Arc;

use serde_json::json;
use storycore_llm::{ErrorKind, Event, Hub, Kind, Request, Schema, Task};

use crate::{
    server::{Act, End, FaultServer},
    stage::{Simulated, complete, event, hub_of, options, provider, say, speak, task, told},
};

fn logline() -> Task {
    let schema = json!({
        "type": "object",
        "properties": { "logline": { "type": "string", "maxLength": 40 } },
        "required": ["logline"],
        "additionalProperties": false,
    });
    let schema = Some(Schema::new("logline", schema).unwrap());
    task(Request {
        schema,
        ..Request::new("A logline, please.", 100)
    })
}

const GOOD: &str = "{\"logline\": \"Rain falls on a lighthouse.\"}";

#[tokio::test]
async fn a_server_that_cannot_hold_to_a_schema_is_asked_in_words() {
    // So does llama-cpp-python, which fails with 500.
    let acts = vec![
        say(500, r#"{"detail":"json_schema is not a valid type"}"#),
        say(
            400,
            r#"{"error":{"message":"response_format is not supported"}}"#,
        ),
        speak(&["Sure! ```json\n", GOOD, "\n``` Enjoy."]),
        speak(&[GOOD]),
    ];
    let server = FaultServer::start(None, acts).await;
    let world = Arc::new(Simulated::default());
    let providers = vec![provider("one", Kind::OpenAi, &server.url)];
    let hub = Hub::new(options(providers, world.clone())).unwrap();
    let answer = complete(&hub, &logline()).await.0.unwrap();
    assert_eq!(
        answer.value,
        Some(json!({"logline": "Rain falls on a lighthouse."}))
    );
    assert_eq!((answer.attempts, world.waits().len()), (3, 0));
    let seen = server.seen();
    let formats: Vec<_> = seen
        .iter()
        .map(|it| it.body["response_format"]["type"].clone())
        .collect();
    assert_eq!(
        formats,
        [json!("json_schema"), json!("json_object"), json!(null)]
    );
    let words = seen[2].body["messages"][0]["content"].as_str().unwrap();
    assert!(
        words.contains("JSON Schema") && words.contains("\"maxLength\":40"),
        "{words}"
    );
    // What was found out once is not tried again.
    let answer = complete(&hub, &logline()).await.0.unwrap();
    assert_eq!(answer.attempts, 1);
    assert!(server.seen()[3].body.get("response_format").is_none());
}

#[tokio::test]
async fn a_server_that_is_down_is_not_taken_for_one_that_cannot() {
    let acts = vec![speak(&[GOOD]), say(500, "out of memory"), speak(&[GOOD])];
    let server = FaultServer::start(None, acts).await;
    let hub = hub_of(&server.url);
    for _ in 0..2 {
        assert!(complete(&hub, &logline()).await.0.is_ok());
    }
    let seen = server.seen();
    let formats = seen
        .iter()
        .map(|it| it.body["response_format"]["type"].clone());
    assert_eq!(formats.collect::<Vec<_>>(), vec![json!("json_schema"); 3]);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_repaired() {
    let long = format!("{{\"logline\": \"{}\"}}", "rain ".repeat(20));
    let acts = vec![speak(&["Rain!"]), speak(&[&long]), speak(&[GOOD])];
    let server = FaultServer::start(None, acts).await;
    let (answer, events) = complete(&hub_of(&server.url), &logline()).await;
    assert_eq!(answer.unwrap().attempts, 3);
    assert_eq!(told(&events), GOOD);
    let reasons = events.iter().filter_map(|it| match it {
        Event::Restarted { reason } => Some(reason.as_str()),
        _ => None,
    });
    let reasons: Vec<&str> = reasons.collect();
    assert_eq!(
        reasons[0],
        "the answer does not fit: that is no JSON: Rain!"
    );
    assert!(
        reasons[1].starts_with("the answer does not fit: at /logline: "),
        "{reasons:?}"
    );
    let seen = server.seen();
    let said: Vec<_> = seen[2].body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(said.len(), 3, "only the last answer is shown");
    assert_eq!(said[1], &json!({"role": "assistant", "content": long}));
    assert!(
        said[2]["content"]
            .as_str()
            .unwrap()
            .contains("- at /logline: "),
        "{said:?}"
    );
}

#[tokio::test]
async fn noise_is_refused_in_the_end() {
    let server = FaultServer::start(None, vec![speak(&["qrqr<vlpUllp@<v5y]v]"])]).await;
    let good = FaultServer::start(None, vec![speak(&[GOOD])]).await;
    let error = complete(&hub_of(&server.url), &logline())
        .await
        .0
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(
        error.message,
        "its answer does not fit logline: that is no JSON: qrqr<vlpUllp@<v5y]v]"
    );
    assert_eq!(
        server.seen().len(),
        3,
        "one answer and two repairs, and no tries after them"
    );
    let providers = vec![
        provider("one", Kind::OpenAi, &server.url),
        provider("two", Kind::OpenAi, &good.url),
    ];
    let hub = Hub::new(options(providers, Arc::new(Simulated::default()))).unwrap();
    assert_eq!(complete(&hub, &logline()).await.0.unwrap().provider, "two");
}

#[tokio::test]
async fn an_empty_answer_is_none() {
    let server = FaultServer::start(None, vec![speak(&[" \n"])]).await;
    let error = complete(&hub_of(&server.url), &crate::stage::question())
        .await
        .0
        .unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Invalid, "it answered nothing")
    );
}

#[tokio::test]
async fn an_answer_that_is_cut_off_says_so() {
    let length = b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n".to_vec();
    let cut = |text: &str| {
        let pieces = vec![event(text), length.clone()];
        FaultServer::start(
            None,
            vec![Act::Stream("text/event-stream", pieces, End::Whole)],
        )
    };
    let server = cut("{\"logline\": \"Rain fa").await;
    let error = complete(&hub_of(&server.url), &logline())
        .await
        .0
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Truncated);
    assert_eq!(
        error.message,
        "its answer was cut off after 100 tokens, before it fit logline"
    );
    assert_eq!(
        server.seen().len(),
        1,
        "asking again would be cut off again"
    );
    // The last token was the last brace.
    let server = cut(GOOD).await;
    assert!(complete(&hub_of(&server.url), &logline()).await.0.is_ok());
}

#[tokio::test]
async fn a_parameter_that_a_model_does_not_take_is_left_out() {
    let no = |param: &str| {
        let message = format!("Unsupported parameter: '{param}' is not supported with this model.");
        let error = json!({"error": {
            "message": message, "type": "invalid_request_error", "param": param,
            "code": "unsupported_parameter",
        }});
        say(400, &error.to_string())
    };
    let acts = vec![no("max_tokens"), no("temperature"), speak(&["Warm rain."])];
    let server = FaultServer::start(None, acts).await;
    let hub = hub_of(&server.url);
    let mut asked = crate::stage::question();
    asked.request.temperature = Some(0.5);
    for _ in 0..2 {
        assert!(complete(&hub, &asked).await.0.is_ok());
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[3].body["max_completion_tokens"], 100);
    assert!(seen[3].body.get("max_tokens").is_none());
    assert!(seen[3].body.get("temperature").is_none());
    // One that cannot be left out is an error, not a loop.
    let server = FaultServer::start(None, vec![no("messages")]).await;
    let error = complete(&hub_of(&server.url), &asked).await.0.unwrap_err();
    assert_eq!((error.kind, server.seen().len()), (ErrorKind::Rejected, 1));
}

#[tokio::test]
async fn a_name_that_a_server_only_answers_to_is_refused() {
    let models =
        json!({"data": [{"id": "tiny.gguf", "aliases": ["tiny"], "owned_by": "llamacpp"}]});
    let server = FaultServer::start(Some(models), vec![speak(&["Warm rain."])]).await;
    let hub = |model: Option<&str>| {
        let mut provider = provider("one", Kind::OpenAi, &server.url);
        provider.model = model.map(Into::into);
        Hub::new(options(vec![provider], Arc::new(Simulated::default()))).unwrap()
    };
    let asked = crate::stage::question();
    let error = complete(&hub(Some("gpt-9")), &asked).await.0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::UnknownModel);
    assert_eq!(error.hint.as_deref(), Some("it has tiny.gguf, tiny"));
    assert!(server.seen().is_empty());
    for model in [None, Some("tiny"), Some("tiny.gguf")] {
        assert!(complete(&hub(model), &asked).await.0.is_ok());
    }
    assert_eq!(server.seen()[0].body["model"], "tiny.gguf");
}
