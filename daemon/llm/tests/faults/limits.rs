//! Limits of requests, tokens and money, and what is written down of them.

use std::sync::Arc;

use serde_json::json;
use storycore_llm::{CostLimit, ErrorKind, Event, Hub, Kind, Limits, Price, Provider, Request};

use crate::{
    server::{Act, FaultServer},
    stage::{Records, Simulated, complete, options, provider, question, say, task},
};

/// An answer that took so many tokens.
fn answer(tokens_in: u64, tokens_out: u64) -> Act {
    let body = json!({
        "model": "some-model-1",
        "choices": [{ "message": { "content": "Warm rain." }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": tokens_in, "completion_tokens": tokens_out },
    });
    say(200, &body.to_string())
}

fn paid(url: &str, limits: Limits) -> Provider {
    let mut provider = provider("paid", Kind::OpenAi, url);
    provider.price = Price {
        input_micro: 3_000_000,
        output_micro: 15_000_000,
    };
    provider.limits = limits;
    provider
}

#[tokio::test]
async fn requests_wait_for_their_turn_and_say_so() {
    let server = FaultServer::start(None, vec![answer(10, 10)]).await;
    let world = Arc::new(Simulated::default());
    let limits = Limits {
        requests_per_minute: Some(2),
        ..Limits::default()
    };
    let hub = Hub::new(options(vec![paid(&server.url, limits)], world.clone())).unwrap();
    for _ in 0..2 {
        assert!(complete(&hub, &question()).await.0.is_ok());
    }
    assert!(world.waits().is_empty());
    let (answer, events) = complete(&hub, &question()).await;
    assert!(answer.is_ok());
    assert_eq!(world.waits(), [30_000]);
    let waiting = |it: &Event| matches!(it, Event::Waiting { ms: 30_000, .. });
    assert!(events.iter().any(waiting), "{events:?}");
}

#[tokio::test]
async fn tokens_count_as_the_provider_counted_them() {
    let server = FaultServer::start(None, vec![answer(50, 10)]).await;
    let world = Arc::new(Simulated::default());
    let limits = Limits {
        tokens_per_minute: Some(120),
        ..Limits::default()
    };
    let hub = Hub::new(options(vec![paid(&server.url, limits)], world.clone())).unwrap();
    // The question may take 13 and 100 tokens, and takes 60.
    for _ in 0..3 {
        assert!(complete(&hub, &question()).await.0.is_ok());
    }
    assert_eq!(
        world.waits(),
        [26_500, 30_000],
        "53 and 60 of 120 were missing"
    );
    let long = task(Request::new("Describe rain.", 200));
    let error = complete(&hub, &long).await.0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    let ms = error.retry_after_ms;
    assert_eq!(ms, Some(80_000), "longer than it waits for a turn");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn what_may_cost_too_much_is_not_sent() {
    let server = FaultServer::start(None, vec![answer(13, 20)]).await;
    let world = Arc::new(Simulated::default());
    let records = Arc::new(Records::default());
    // The question may cost 13 × 3 and 100 × 15 millionths, and costs 13 × 3 and 20 × 15.
    let limits = Limits {
        money_per_day_micro: Some(2_000),
        ..Limits::default()
    };
    let mut options = options(vec![paid(&server.url, limits)], world.clone());
    options.sink = records.clone();
    let hub = Hub::new(options).unwrap();
    for _ in 0..2 {
        assert_eq!(
            complete(&hub, &question()).await.0.unwrap().money_micro,
            339
        );
    }
    let error = complete(&hub, &question()).await.0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CostLimit);
    assert_eq!(
        error.message,
        "it may cost 0.001539, and of 0.002000 today 0.000678 are spent"
    );
    assert_eq!(server.seen().len(), 2);
    let status = &hub.status().await[0];
    assert_eq!((status.spent_today_micro, status.tokens_today), (678, 66));
    let record = records.0.lock().unwrap()[0].clone();
    assert_eq!(
        (record.money_micro, record.model.as_str()),
        (339, "some-model-1")
    );
    world.pass(86_400_000);
    assert!(complete(&hub, &question()).await.0.is_ok(), "a new day");
    assert_eq!(hub.status().await[0].spent_today_micro, 339);
    assert_eq!(hub.usage()[0].money_micro, 3 * 339);

    let mut dear = question();
    dear.limit = CostLimit {
        money_micro: None,
        tokens: Some(100),
    };
    let error = complete(&hub, &dear).await.0.unwrap_err();
    assert_eq!(
        error.message,
        "it may take 113 tokens, and of 100 for this task 0 are used"
    );
}

#[tokio::test]
async fn a_spent_provider_is_left_for_a_free_one() {
    let dear = FaultServer::start(None, vec![answer(13, 20)]).await;
    let free = FaultServer::start(None, vec![answer(13, 20)]).await;
    let limits = Limits {
        money_per_day_micro: Some(1),
        ..Limits::default()
    };
    let providers = vec![
        paid(&dear.url, limits),
        provider("free", Kind::OpenAi, &free.url),
    ];
    let hub = Hub::new(options(providers, Arc::new(Simulated::default()))).unwrap();
    assert_eq!(
        complete(&hub, &question()).await.0.unwrap().provider,
        "free"
    );
    assert!(dear.seen().is_empty());
}

#[tokio::test]
async fn a_hub_that_starts_again_remembers_what_was_spent_today() {
    let server = FaultServer::start(None, vec![answer(13, 20)]).await;
    let records = Arc::new(Records::default());
    let limits = Limits {
        tokens_per_day: Some(160),
        ..Limits::default()
    };
    let hub = || {
        let mut options = options(
            vec![paid(&server.url, limits)],
            Arc::new(Simulated::default()),
        );
        options.sink = records.clone();
        Hub::new(options).unwrap()
    };
    let before = hub();
    for _ in 0..2 {
        assert!(complete(&before, &question()).await.0.is_ok());
    }
    let after = hub();
    after.recall(&records.0.lock().unwrap());
    assert_eq!(after.usage(), before.usage());
    let error = complete(&after, &question()).await.0.unwrap_err();
    assert!(
        error.message.contains("of 160 today 66 are used"),
        "{error}"
    );
}

#[tokio::test]
async fn a_request_longer_than_any_context_is_not_sent() {
    let server = FaultServer::start(None, vec![answer(13, 20)]).await;
    let mut small = provider("small", Kind::OpenAi, &server.url);
    small.context_tokens = Some(1_000);
    let hub = Hub::new(options(vec![small], Arc::new(Simulated::default()))).unwrap();
    let long = task(Request::new("rain ".repeat(3_000), 10));
    let error = complete(&hub, &long).await.0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ContextOverflow);
    assert!(server.seen().is_empty());
    let fits = task(Request::new("rain ".repeat(1_000), 10));
    assert!(complete(&hub, &fits).await.0.is_ok());
}
