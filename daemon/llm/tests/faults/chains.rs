//! Chains: what is tried again, who is asked next, who is left alone, and what is asked only once.

use std::sync::Arc;

use storycore_llm::{BreakerState, CacheUse, Error, ErrorKind, Event, Hub, Kind, Request};
use tokio_util::sync::CancellationToken;

use crate::{
    server::{Act, End, FaultServer},
    stage::{
        Records, Simulated, complete, event, options, provider, question, say, speak, task, told,
    },
};

const EVENTS: &str = "text/event-stream";

fn retry_after(seconds: &str) -> Act {
    Act::Say(
        429,
        vec![("retry-after", seconds.to_owned())],
        String::new(),
    )
}

#[tokio::test]
async fn a_provider_is_tried_three_times_with_growing_waits() {
    let acts = vec![say(500, "oops"), say(503, "busy"), speak(&["Warm rain."])];
    let server = FaultServer::start(None, acts).await;
    let world = Arc::new(Simulated::default());
    let providers = vec![provider("one", Kind::OpenAi, &server.url)];
    let hub = Hub::new(options(providers, world.clone())).unwrap();
    let (answer, events) = complete(&hub, &question()).await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.attempts), ("Warm rain.", 3));
    assert_eq!(world.waits(), [1_000, 2_000]);
    let waits = events.iter().filter_map(|it| match it {
        Event::Waiting { ms, reason, .. } => Some((*ms, reason.as_str())),
        _ => None,
    });
    assert_eq!(
        waits.collect::<Vec<_>>(),
        [
            (1_000, "it failed (status 500): oops"),
            (2_000, "it is busy (status 503): busy"),
        ]
    );
}

#[tokio::test]
async fn what_cannot_get_better_is_not_tried_again() {
    for status in [400, 401, 404, 413] {
        let server = FaultServer::start(None, vec![say(status, "{}")]).await;
        let error = complete(&crate::stage::hub_of(&server.url), &question())
            .await
            .0
            .unwrap_err();
        assert!(!error.kind.is_worth_another_try(), "{error}");
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_provider_that_asks_for_time_gets_it() {
    let acts = vec![retry_after("7"), speak(&["Warm rain."])];
    let server = FaultServer::start(None, acts).await;
    let world = Arc::new(Simulated::default());
    let providers = vec![provider("one", Kind::OpenAi, &server.url)];
    let hub = Hub::new(options(providers, world.clone())).unwrap();
    assert!(complete(&hub, &question()).await.0.is_ok());
    assert_eq!(world.waits(), [7_000]);
}

#[tokio::test]
async fn a_provider_that_asks_for_too_much_time_is_left_for_the_next() {
    let busy = FaultServer::start(None, vec![retry_after("600")]).await;
    let good = FaultServer::start(None, vec![speak(&["Warm rain."])]).await;
    let world = Arc::new(Simulated::default());
    let providers = vec![
        provider("busy", Kind::OpenAi, &busy.url),
        provider("good", Kind::OpenAi, &good.url),
    ];
    let hub = Hub::new(options(providers, world.clone())).unwrap();
    let answer = complete(&hub, &question()).await.0.unwrap();
    assert_eq!((answer.provider.as_str(), world.waits().len()), ("good", 0));
    // It stays away for as long as it was told to.
    assert!(complete(&hub, &question()).await.0.is_ok());
    assert_eq!((busy.seen().len(), good.seen().len()), (1, 2));
    world.pass(600_000);
    assert!(complete(&hub, &question()).await.0.is_ok());
    assert_eq!(busy.seen().len(), 2);
}

#[tokio::test]
async fn a_stream_that_breaks_is_begun_anew_by_the_next_provider() {
    let cut = Act::Stream(EVENTS, vec![event("Cold sn")], End::Cut);
    let bad = FaultServer::start(None, vec![cut]).await;
    let good = FaultServer::start(None, vec![speak(&["Warm ", "rain."])]).await;
    let records = Arc::new(Records::default());
    let providers = vec![
        provider("bad", Kind::OpenAi, &bad.url),
        provider("good", Kind::OpenAi, &good.url),
    ];
    let mut options = options(providers, Arc::new(Simulated::default()));
    options.sink = records.clone();
    let hub = Hub::new(options).unwrap();
    let (answer, events) = complete(&hub, &question()).await;
    assert_eq!(answer.unwrap().provider, "good");
    assert_eq!(told(&events), "Warm rain.");
    assert_eq!(bad.seen().len(), 3);
    let records = records.0.lock().unwrap();
    let [failed, done] = &records[..] else {
        panic!("{records:?}")
    };
    assert_eq!((failed.provider.as_str(), failed.attempts), ("bad", 3));
    assert_eq!(failed.failed, Some(ErrorKind::Unreachable));
    assert!(failed.tokens_in > 0 && failed.tokens_out > 0 && !failed.is_measured);
    assert_eq!(
        (done.film.as_deref(), done.failed),
        (Some("high-water"), None)
    );
}

#[tokio::test]
async fn when_all_fail_all_are_told() {
    let one = FaultServer::start(None, vec![say(401, "{}")]).await;
    let two = FaultServer::start(None, vec![retry_after("90")]).await;
    let providers = vec![
        provider("one", Kind::OpenAi, &one.url),
        provider("two", Kind::OpenAi, &two.url),
    ];
    let hub = Hub::new(options(providers, Arc::new(Simulated::default()))).unwrap();
    let error = complete(&hub, &question()).await.0.unwrap_err();
    assert_eq!(
        (error.kind, error.retry_after_ms),
        (ErrorKind::RateLimited, Some(90_000))
    );
    let kinds: Vec<ErrorKind> = error.tried.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [ErrorKind::Auth, ErrorKind::RateLimited]);
    let mut task = question();
    task.chain = "creative".into();
    let error = complete(&hub, &task).await.0.unwrap_err();
    assert_eq!(error.message, "there is no chain creative");
    assert_eq!(error.hint.as_deref(), Some("the chains are: default"));
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_left_alone_and_tried_again() {
    let mut acts = vec![say(500, "oops"); 6];
    acts.push(speak(&["Warm rain."]));
    let server = FaultServer::start(None, acts).await;
    let world = Arc::new(Simulated::default());
    let providers = vec![provider("one", Kind::OpenAi, &server.url)];
    let mut options = options(providers, world.clone());
    options.retry.tries = 1;
    let hub = Hub::new(options).unwrap();
    for _ in 0..5 {
        assert_eq!(
            complete(&hub, &question()).await.0.unwrap_err().kind,
            ErrorKind::Server
        );
    }
    let error = complete(&hub, &question()).await.0.unwrap_err();
    assert_eq!(
        (error.kind, error.retry_after_ms),
        (ErrorKind::Unreachable, Some(15_000))
    );
    assert_eq!(server.seen().len(), 5, "it was left alone");
    assert_eq!(
        hub.status().await[0].breaker,
        BreakerState::Open { for_ms: 15_000 }
    );
    world.pass(15_000);
    assert_eq!(
        complete(&hub, &question()).await.0.unwrap_err().kind,
        ErrorKind::Server
    );
    world.pass(29_999);
    assert_eq!(
        complete(&hub, &question()).await.0.unwrap_err().kind,
        ErrorKind::Unreachable
    );
    world.pass(1);
    assert!(complete(&hub, &question()).await.0.is_ok());
    assert_eq!(
        hub.status().await[0].breaker,
        BreakerState::Closed { failures: 0 }
    );
}

#[tokio::test]
async fn the_same_question_is_asked_once() {
    let stall = Act::Stream(EVENTS, vec![event("Warm ")], End::Stall);
    let mut server = FaultServer::start(None, vec![stall, speak(&["Warm rain."])]).await;
    let hub = Arc::new(crate::stage::hub_of(&server.url));
    let mut task = question();
    task.cache = CacheUse::Keep;
    let leader_cancel = CancellationToken::new();
    let ask = |cancel: CancellationToken| {
        let (hub, task) = (hub.clone(), task.clone());
        tokio::spawn(async move { hub.complete(&task, None, &cancel).await })
    };
    let leader = ask(leader_cancel.clone());
    server.open(1).await;
    let others: Vec<_> = (0..4).map(|_| ask(CancellationToken::new())).collect();
    tokio::task::yield_now().await;
    // The one who asked gives up; one of the others asks in its place, and all get the answer.
    leader_cancel.cancel();
    assert_eq!(leader.await.unwrap().unwrap_err().kind, ErrorKind::Canceled);
    let mut n_asked = 0;
    for other in others {
        let answer = other.await.unwrap().unwrap();
        assert_eq!(answer.text, "Warm rain.");
        n_asked += u32::from(!answer.is_cached);
    }
    assert_eq!((n_asked, server.seen().len()), (1, 2));
    let (again, events) = complete(&hub, &task).await;
    let again = again.unwrap();
    assert!(again.is_cached && again.attempts == 0 && again.money_micro == 0);
    assert_eq!(told(&events), "Warm rain.");
    task.cache = CacheUse::Renew;
    assert!(!complete(&hub, &task).await.0.unwrap().is_cached);
    assert_eq!(server.seen().len(), 3);
    let sum = &hub.usage()[0];
    assert_eq!((sum.answers, sum.cached, sum.failed), (6, 4, 1));
}

#[tokio::test]
async fn a_request_or_settings_that_make_no_sense_are_refused_at_once() {
    let hub = crate::stage::hub_of("http://127.0.0.1:9");
    let error = complete(&hub, &task(Request::new("x", 0)))
        .await
        .0
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected);
    let refused = |change: fn(&mut storycore_llm::HubOptions)| -> Error {
        let providers = vec![provider("one", Kind::OpenAi, "http://127.0.0.1:9")];
        let mut options = options(providers, Arc::new(Simulated::default()));
        change(&mut options);
        Hub::new(options).err().unwrap()
    };
    let twice = refused(|it| it.providers.push(it.providers[0].clone()));
    assert!(
        twice.message.contains("two providers are named \"one\""),
        "{twice}"
    );
    let missing = refused(|it| it.chains.get_mut("default").unwrap().push("two".into()));
    assert_eq!(
        missing.message,
        "the chain default names two, which is no provider"
    );
    let address = refused(|it| it.providers[0].base_url = "localhost".into());
    assert_eq!(address.provider.as_deref(), Some("one"));
}
