//! Streams that stall, break, lie and never end, and those that are canceled.

use std::{sync::Arc, time::Duration};

use storycore_llm::{ANSWER_BYTES_MAX, Error, ErrorKind, Event, Hub, Kind, Secret, System};
use tokio_util::sync::CancellationToken;

use crate::{
    server::{Act, End, FaultServer},
    stage::{complete, event, options, provider, question, say, speak, told},
};

const EVENTS: &str = "text/event-stream";

/// What comes of one request to a server that does this.
async fn fails(act: Act) -> Error {
    fails_within(act, 20_000).await
}

/// The same, of a client that waits for so long, in milliseconds.
async fn fails_within(act: Act, ms: u64) -> Error {
    let server = FaultServer::start(None, vec![act]).await;
    let mut provider = provider("one", Kind::OpenAi, &server.url);
    provider.timeouts.first_byte_ms = ms;
    provider.timeouts.idle_ms = ms;
    let mut options = options(vec![provider], Arc::new(System));
    options.retry.tries = 1;
    let hub = Hub::new(options).unwrap();
    let error = complete(&hub, &question()).await.0.unwrap_err();
    assert_eq!(error.provider.as_deref(), Some("one"));
    error
}

#[tokio::test]
async fn a_stream_that_is_cut_or_stalls_is_no_answer() {
    let cut = fails(Act::Stream(EVENTS, vec![event("Warm ")], End::Cut)).await;
    assert_eq!(cut.kind, ErrorKind::Unreachable, "{cut}");
    let ended = fails(Act::Stream(EVENTS, vec![event("Warm ")], End::Whole)).await;
    assert_eq!(ended.kind, ErrorKind::Unreachable);
    assert_eq!(ended.message, "the connection ended before the answer did");
    let half = event("Warm ")[..20].to_vec();
    let half = fails(Act::Stream(EVENTS, vec![half], End::Whole)).await;
    assert_eq!(half.kind, ErrorKind::Server, "{half}");
    let stalled = Act::Stream(EVENTS, vec![event("Warm ")], End::Stall);
    let stalled = fails_within(stalled, 1_500).await;
    assert_eq!(stalled.kind, ErrorKind::Unreachable);
    assert_eq!(stalled.message, "nothing came for 1500 ms");
    let silent = fails_within(Act::Silence, 500).await;
    assert_eq!(silent.message, "no answer within 500 ms");
}

#[tokio::test]
async fn what_does_not_speak_the_protocol_is_told() {
    let page = "<!doctype html><title>Router login</title>".to_owned();
    let html = vec![("content-type", "text/html; charset=utf-8".to_owned())];
    let error = fails(Act::Say(200, html, page.clone())).await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Server, "it answers with a web page")
    );
    let error = fails(say(200, &page)).await;
    assert_eq!(error.kind, ErrorKind::Server);
    assert!(
        error.message.contains("no JSON: <!doctype html>"),
        "{error}"
    );
    let broken = Act::Stream(
        EVENTS,
        vec![b"data: \xf0\x28\x8c\x28\n\n".to_vec()],
        End::Whole,
    );
    let error = fails(broken).await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (
            ErrorKind::Server,
            "the answer holds bytes that are no UTF-8"
        )
    );
    let error = fails(say(
        200,
        r#"{"error":{"message":"failed to decode","code":500}}"#,
    ))
    .await;
    assert_eq!(error.kind, ErrorKind::Server);
    let moved = vec![("location", "https://elsewhere.example/v1".to_owned())];
    let error = fails(Act::Say(302, moved, String::new())).await;
    assert_eq!(error.kind, ErrorKind::Misconfigured);
    assert!(
        error.message.contains("https://elsewhere.example/v1"),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_that_is_finished_is_one_however_its_connection_ends() {
    let finish = b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".to_vec();
    for end in [End::Stall, End::Cut, End::Whole] {
        let act = Act::Stream(EVENTS, vec![event("Warm rain."), finish.clone()], end);
        let server = FaultServer::start(None, vec![act]).await;
        let mut provider = provider("one", Kind::OpenAi, &server.url);
        provider.timeouts.idle_ms = 1_500;
        let hub = Hub::new(options(vec![provider], Arc::new(System))).unwrap();
        let (answer, _) = complete(&hub, &question()).await;
        assert_eq!(answer.unwrap().text, "Warm rain.", "{end:?}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_give_it_away() {
    let secret = "sk-very-secret";
    let said = format!(
        r#"{{"error":{{"message":"{} the key {secret}"}}}}"#,
        "x".repeat(140)
    );
    let mut broken = format!("data: {secret}").into_bytes();
    broken.extend_from_slice(b"\n\n");
    for act in [
        say(401, &said),
        Act::Stream(EVENTS, vec![broken], End::Whole),
    ] {
        let server = FaultServer::start(None, vec![act]).await;
        let mut provider = provider("one", Kind::OpenAi, &server.url);
        provider.key = Some(Secret::new(secret).unwrap());
        let mut options = options(vec![provider], Arc::new(System));
        options.retry.tries = 1;
        let error = complete(&Hub::new(options).unwrap(), &question())
            .await
            .0
            .unwrap_err();
        assert!(
            error.message.contains('*') && !error.message.contains("sk-"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_server_without_tls_where_there_should_be_is_unreachable() {
    let server = FaultServer::start(None, vec![say(200, "{}")]).await;
    let url = server.url.replace("http://", "https://");
    let mut options = options(vec![provider("one", Kind::OpenAi, &url)], Arc::new(System));
    options.retry.tries = 1;
    let error = complete(&Hub::new(options).unwrap(), &question())
        .await
        .0
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn letters_are_whole_wherever_the_network_cuts() {
    let Act::Stream(kind, pieces, end) = speak(&["Warm ", "rain — 雨 ", "🌧."]) else {
        panic!("a stream");
    };
    let bytes: Vec<Vec<u8>> = pieces.concat().iter().map(|it| vec![*it]).collect();
    let server = FaultServer::start(None, vec![Act::Stream(kind, bytes, end)]).await;
    let (answer, events) = complete(&crate::stage::hub_of(&server.url), &question()).await;
    assert_eq!(answer.unwrap().text, "Warm rain — 雨 🌧.");
    assert_eq!(told(&events), "Warm rain — 雨 🌧.");
}

#[tokio::test]
async fn what_does_not_end_is_cut_and_its_connection_closed() {
    let text = "x".repeat(50_000);
    let endless = Act::Stream(EVENTS, vec![event(&text)], End::Endless);
    let mut server = FaultServer::start(None, vec![endless]).await;
    let hub = crate::stage::hub_of(&server.url);
    let (outcome, events) = complete(&hub, &question()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
    assert!(told(&events).len() <= ANSWER_BYTES_MAX + text.len());
    server.ended_by_client(1).await;
    assert_eq!(server.seen().len(), 1, "it is not asked again");

    let line = Act::Stream(EVENTS, vec![vec![b'x'; 60_000]], End::Endless);
    assert_eq!(fails(line).await.kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn canceling_closes_the_connection() {
    let stall = Act::Stream(EVENTS, vec![event("Warm ")], End::Stall);
    let mut server = FaultServer::start(None, vec![stall]).await;
    let provider = provider("one", Kind::OpenAi, &server.url);
    let hub = Hub::new(options(vec![provider], Arc::new(System))).unwrap();
    let cancel = CancellationToken::new();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let task = question();
    let canceling = async {
        while let Some(event) = receiver.recv().await {
            if matches!(event, Event::Delta { .. }) {
                cancel.cancel();
            }
        }
    };
    let asking = async {
        let outcome = hub.complete(&task, Some(&sender), &cancel).await;
        drop(sender);
        outcome
    };
    let (outcome, ()) = tokio::join!(asking, canceling);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Canceled);
    server.ended_by_client(1).await;
    assert_eq!(hub.status().await[0].under_way, 0);
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection_and_pays_the_question() {
    let mut server = FaultServer::start(None, vec![Act::Silence]).await;
    let hub = crate::stage::hub_of(&server.url);
    let (task, cancel) = (question(), CancellationToken::new());
    tokio::select! {
        _ = hub.complete(&task, None, &cancel) => panic!("there is no answer"),
        () = server.open(1) => {}
    }
    server.ended_by_client(1).await;
    let status = &hub.status().await[0];
    assert_eq!(status.under_way, 0);
    assert!(
        status.tokens_today > 0 && status.tokens_today < 100,
        "{status:?}"
    );
}

#[tokio::test]
async fn a_listener_that_does_not_read_can_be_canceled() {
    let pieces: Vec<String> = (0..100).map(|it| it.to_string()).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let server = FaultServer::start(None, vec![speak(&pieces)]).await;
    let hub = crate::stage::hub_of(&server.url);
    let cancel = CancellationToken::new();
    let (sender, receiver) = tokio::sync::mpsc::channel(2);
    let task = question();
    let canceling = async {
        // Once the channel is full, the answer waits for its reader.
        while sender.capacity() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(hub.complete(&task, Some(&sender), &cancel), canceling);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Canceled);
    drop(receiver);
    let outcome = hub
        .complete(&task, Some(&sender), &CancellationToken::new())
        .await;
    assert_eq!(
        outcome.unwrap().text,
        pieces.concat(),
        "who stopped to listen still gets the answer"
    );
}
