//! What the server does, and what it does when it cannot.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use storycore_llm::{
    CacheUse, ErrorKind, Event, Finish, Hub, Kind, Part, Provider, Request, Schema, System,
    Unloaded,
};
use tokio_util::sync::CancellationToken;

use crate::{
    llama::{Llama, Model},
    server::{Act, FaultServer},
    stage::{complete, options, say, task, told},
};

fn hub(providers: Vec<Provider>) -> Hub {
    let mut options = options(providers, Arc::new(System));
    // Real time passes here.
    options.retry.first_ms = 20;
    Hub::new(options).unwrap()
}

fn person() -> Schema {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 12 },
            "framing": { "enum": ["wide", "closeUp", "twoShot"] },
            "age": { "type": "integer", "minimum": 1, "maximum": 99 },
        },
        "required": ["name", "framing", "age"],
        "additionalProperties": false,
    });
    Schema::new("person", schema).unwrap()
}

fn structured(tokens_max: u32) -> Request {
    Request {
        schema: Some(person()),
        seed: Some(3),
        ..Request::new("Who is it?", tokens_max)
    }
}

#[tokio::test]
async fn it_streams_counts_fits_schemas_and_says_where_it_ends() {
    let llama = Llama::start(Model::Tiny, 2_048, 2).await;
    let hub = hub(vec![llama.provider("llama")]);

    let (answer, events) = complete(&hub, &task(Request::new("Describe rain.", 40))).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.finish, answer.usage.tokens_out),
        (Finish::Length, 40)
    );
    assert!(answer.usage.is_measured && answer.usage.tokens_in > 10);
    assert_eq!(answer.model, "tiny.gguf");
    assert_eq!(told(&events), answer.text);
    let n_deltas = events
        .iter()
        .filter(|it| matches!(it, Event::Delta { .. }))
        .count();
    assert!(n_deltas > 30, "it comes piece by piece: {n_deltas}");

    let at_once = Request {
        stream: false,
        seed: Some(7),
        ..Request::new("Describe rain.", 40)
    };
    let again = Request {
        stream: true,
        ..at_once.clone()
    };
    let at_once = complete(&hub, &task(at_once)).await.0.unwrap();
    let again = complete(&hub, &task(again)).await.0.unwrap();
    assert_eq!(
        at_once.text, again.text,
        "a seed gives the same answer, streamed or not"
    );

    let (answer, events) = complete(&hub, &task(structured(400))).await;
    let answer = answer.unwrap();
    assert!(person().faults(answer.value.as_ref().unwrap()).is_empty());
    assert_eq!((answer.attempts, told(&events) == answer.text), (1, true));

    let error = complete(&hub, &task(structured(8))).await.0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Truncated, "{error}");

    let status = &hub.status().await[0];
    assert!(
        status.is_reachable && status.tokens_per_second.unwrap() > 1.0,
        "{status:?}"
    );
    assert_eq!(status.models, ["tiny.gguf"]);
    let Unloaded::Cannot { reason } = hub.unload("llama").await.unwrap() else {
        panic!("it was started with one model");
    };
    assert!(reason.contains("without --model"), "{reason}");
}

#[tokio::test]
async fn it_says_what_it_cannot_do() {
    let llama = Llama::start(Model::Tiny, 1_024, 1).await;
    let mut named = llama.provider("named");
    named.model = Some("gpt-9".into());
    let mut options = options(vec![llama.provider("llama"), named], Arc::new(System));
    options.chains.insert("first".into(), vec!["llama".into()]);
    options.chains.insert("named".into(), vec!["named".into()]);
    let hub = Hub::new(options).unwrap();
    let ask = async |chain: &str, request: Request| {
        let mut task = task(request);
        task.chain = chain.into();
        complete(&hub, &task).await.0
    };

    let long = Request::new("rain ".repeat(1_000), 10);
    for request in [
        Request {
            stream: false,
            ..long.clone()
        },
        long,
    ] {
        let error = ask("first", request).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ContextOverflow, "{error}");
        assert!(error.message.contains("1024 tokens"), "{error}");
    }

    let error = ask("named", Request::new("Describe rain.", 10))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::UnknownModel, "{error}");
    assert_eq!(error.hint.as_deref(), Some("it has tiny.gguf"));

    let image = Part::Image {
        media_type: "image/png".into(),
        bytes: "png".into(),
    };
    let mut shown = Request::new("Who is this?", 10);
    shown.messages[0].parts.push(image);
    let error = ask("first", shown).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
}

#[tokio::test]
async fn noise_is_refused_and_a_stream_that_breaks_is_asked_for_again() {
    let llama = Llama::start(Model::Tiny, 4_096, 1).await;
    let no = || {
        say(
            400,
            r#"{"error":{"message":"response_format is not supported"}}"#,
        )
    };
    let whole = || Act::Forward(llama.url.clone(), usize::MAX);
    // A server like it that cannot hold a model to a schema.
    let unable = FaultServer::start(None, vec![no(), no(), whole()]).await;
    let noisy = Provider::new("noisy", Kind::OpenAi, &unable.url, Some("tiny.gguf"));
    let mut request = structured(600);
    request.stop = ["o", "q", "e", "A", "8"].map(Into::into).to_vec();
    let error = complete(&hub(vec![noisy]), &task(request))
        .await
        .0
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert_eq!(
        unable.seen().len(),
        5,
        "two forms that it refuses, one answer, two repairs"
    );

    // The real stream, cut somewhere in its middle.
    let cut = FaultServer::start(None, vec![Act::Forward(llama.url.clone(), 1_500), whole()]).await;
    let provider = Provider::new("cut", Kind::OpenAi, &cut.url, Some("tiny.gguf"));
    let (answer, events) = complete(
        &hub(vec![provider]),
        &task(Request::new("Describe rain.", 40)),
    )
    .await;
    let answer = answer.unwrap();
    assert_eq!((answer.attempts, told(&events) == answer.text), (2, true));
    assert!(
        events
            .iter()
            .any(|it| matches!(it, Event::Restarted { .. }))
    );
}

#[tokio::test]
async fn canceling_frees_its_slot_at_once() {
    let llama = Llama::start(Model::Tiny, 16_000, 1).await;
    let hub = hub(vec![llama.provider("llama")]);
    let long = task(Request::new("Describe rain.", 15_000));
    for is_dropped in [false, true] {
        let cancel = CancellationToken::new();
        let asking = hub.complete(&long, None, &cancel);
        let canceling = async {
            llama.wait_until_busy(1).await;
            if !is_dropped {
                cancel.cancel();
                // The other branch ends by itself now.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            outcome = asking => {
                assert!(!is_dropped, "the answer is too short for this test: {outcome:?}");
                assert_eq!(outcome.unwrap_err().kind, ErrorKind::Canceled);
            }
            () = canceling => {}
        }
        llama.wait_until_busy(0).await;
    }
    // It still answers.
    assert!(
        complete(&hub, &task(Request::new("Describe rain.", 5)))
            .await
            .0
            .is_ok()
    );
}

#[tokio::test]
async fn when_it_is_killed_the_next_provider_answers() {
    let mut first = Llama::start(Model::Tiny, 16_000, 1).await;
    let second = Llama::start(Model::Tiny, 16_000, 1).await;
    let hub = hub(vec![first.provider("first"), second.provider("second")]);
    let long = task(Request::new("Describe rain.", 3_000));
    let (sender, mut receiver) = tokio::sync::mpsc::channel(16);
    let cancel = CancellationToken::new();
    let asking = async {
        let outcome = hub.complete(&long, Some(&sender), &cancel).await;
        drop(sender);
        outcome
    };
    let listening = async {
        let (mut events, mut n_deltas) = (Vec::new(), 0);
        while let Some(event) = receiver.recv().await {
            n_deltas += u32::from(matches!(event, Event::Delta { .. }));
            events.push(event);
            if n_deltas == 20 {
                first.kill().await;
                n_deltas += 1;
            }
        }
        events
    };
    let (answer, events) = tokio::join!(asking, listening);
    let answer = answer.unwrap();
    assert_eq!(
        (answer.provider.as_str(), answer.usage.tokens_out),
        ("second", 3_000)
    );
    assert_eq!(told(&events), answer.text);
    let asked = events.iter().filter_map(|it| match it {
        Event::Asked { provider } => Some(provider.as_str()),
        _ => None,
    });
    assert_eq!(
        asked.collect::<Vec<_>>(),
        ["first", "first", "first", "second"]
    );
    let status = hub.status().await;
    assert_eq!(
        (status[0].is_reachable, status[1].is_reachable),
        (false, true)
    );
}

#[tokio::test]
async fn many_ask_at_once_and_equal_questions_are_asked_once() {
    let llama = Llama::start(Model::Tiny, 2_048, 2).await;
    let hub = Arc::new(hub(vec![llama.provider("llama")]));
    let asking: Vec<_> = (0..24)
        .map(|index| {
            let hub = hub.clone();
            tokio::spawn(async move {
                let mut task = task(Request::new(format!("Question {}.", index % 8), 30));
                task.cache = CacheUse::Keep;
                hub.complete(&task, None, &CancellationToken::new()).await
            })
        })
        .collect();
    let mut n_asked = 0;
    for answer in asking {
        let answer = tokio::time::timeout(Duration::from_secs(60), answer)
            .await
            .unwrap();
        let answer = answer.unwrap().unwrap();
        assert!(!answer.text.is_empty());
        n_asked += answer.attempts;
    }
    assert_eq!(n_asked, 8);
}
