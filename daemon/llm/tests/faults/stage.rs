//! What the tests share: a hub over servers, a world in which waiting takes no time, and acts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures::future::{BoxFuture, FutureExt as _};
use storycore_llm::{
    BreakerOptions, CacheUse, CostLimit, Error, Event, Hub, HubOptions, Kind, MemoryCache, NoSink,
    Provider, Request, RetryOptions, Task, UsageRecord, UsageSink, World,
};
use tokio_util::sync::CancellationToken;

use crate::server::{Act, End};

/// A world whose time passes by waiting only, at once.
#[derive(Debug, Default)]
pub(crate) struct Simulated {
    now_ms: Mutex<u64>,
    waits: Mutex<Vec<u64>>,
}

impl Simulated {
    pub(crate) fn pass(&self, ms: u64) {
        *self.now_ms.lock().unwrap() += ms;
    }

    /// The waits so far, in milliseconds.
    pub(crate) fn waits(&self) -> Vec<u64> {
        self.waits.lock().unwrap().clone()
    }
}

impl World for Simulated {
    fn now_ms(&self) -> u64 {
        *self.now_ms.lock().unwrap()
    }

    fn wait(&self, ms: u64) -> BoxFuture<'static, ()> {
        self.waits.lock().unwrap().push(ms);
        self.pass(ms);
        tokio::task::yield_now().boxed()
    }

    fn chance(&self) -> f64 {
        0.0
    }
}

/// Remembers records.
#[derive(Debug, Default)]
pub(crate) struct Records(pub(crate) Mutex<Vec<UsageRecord>>);

impl UsageSink for Records {
    fn record(&self, record: &UsageRecord) {
        self.0.lock().unwrap().push(record.clone());
    }
}

/// A provider that is patient enough for a busy machine.
pub(crate) fn provider(name: &str, kind: Kind, url: &str) -> Provider {
    let mut provider = Provider::new(name, kind, url, Some("some-model"));
    provider.timeouts.first_byte_ms = 20_000;
    provider.timeouts.idle_ms = 20_000;
    provider.timeouts.probe_ms = 20_000;
    provider
}

/// What a hub is made of: all providers in one chain, `default`.
pub(crate) fn options(providers: Vec<Provider>, world: Arc<dyn World>) -> HubOptions {
    let names = providers.iter().map(|it| it.name.clone()).collect();
    HubOptions {
        providers,
        chains: BTreeMap::from([("default".to_owned(), names)]),
        day_limit: CostLimit::default(),
        retry: RetryOptions::USUAL,
        breaker: BreakerOptions::USUAL,
        repairs_max: 2,
        cache: Arc::new(MemoryCache::new(1_000_000)),
        sink: Arc::new(NoSink),
        world,
    }
}

/// A hub over one provider that speaks as OpenAI does, in a simulated world.
pub(crate) fn hub_of(url: &str) -> Hub {
    let providers = vec![provider("one", Kind::OpenAi, url)];
    Hub::new(options(providers, Arc::new(Simulated::default()))).unwrap()
}

/// A task for the chain `default`.
pub(crate) fn task(request: Request) -> Task {
    Task {
        name: "test".to_owned(),
        film: Some("high-water".to_owned()),
        chain: "default".to_owned(),
        request,
        cache: CacheUse::Off,
        limit: CostLimit::default(),
    }
}

pub(crate) fn question() -> Task {
    task(Request::new("Describe rain.", 100))
}

/// Does a task and takes down its events.
pub(crate) async fn complete(
    hub: &Hub,
    task: &Task,
) -> (Result<storycore_llm::Answer, Error>, Vec<Event>) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let listening = tokio::spawn(async move {
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        events
    });
    let cancel = CancellationToken::new();
    let outcome = hub.complete(task, Some(&sender), &cancel).await;
    drop(sender);
    (outcome, listening.await.unwrap())
}

/// The text that events tell, as a listener puts it together.
pub(crate) fn told(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Delta { text: piece } => text.push_str(piece),
            Event::Restarted { .. } => text.clear(),
            _ => {}
        }
    }
    text
}

/// A whole answer of JSON.
pub(crate) fn say(status: u16, body: &str) -> Act {
    Act::Say(
        status,
        vec![("content-type", "application/json".to_owned())],
        body.to_owned(),
    )
}

/// A stream as OpenAI sends it, that says a text in pieces.
pub(crate) fn speak(texts: &[&str]) -> Act {
    let mut pieces: Vec<Vec<u8>> = texts.iter().map(|it| event(it)).collect();
    pieces.push(b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".to_vec());
    pieces.push(b"data: [DONE]\n\n".to_vec());
    Act::Stream("text/event-stream", pieces, End::Whole)
}

/// One event of such a stream.
pub(crate) fn event(text: &str) -> Vec<u8> {
    let data = serde_json::json!({ "choices": [{ "delta": { "content": text } }] });
    format!("data: {data}\n\n").into_bytes()
}

/// A file of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}
