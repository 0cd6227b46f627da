//! What a film's log holds, read without a daemon, and whether it is what it should be.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use storycore_core::{Film, mirror};
use storycore_schema::id::BlobId;
use storycore_server::{
    blobs::Blobs,
    event_log::{EventLog, LogError, StoredEvent},
};

use super::support::Client;

/// Hashes in events that name no blob. Whatever else looks like a hash has to be one.
const NO_BLOBS: [&str; 4] = ["intentHash", "renderKey", "text", "guard"];

/// Our folder in a film's.
pub(super) fn data(film: &Path) -> PathBuf {
    film.join(".storycore")
}

/// Every event in a film's log, by the code that the daemon opens it with.
pub(super) fn events(film: &Path) -> Result<Vec<StoredEvent>, LogError> {
    let mut events = Vec::new();
    let log = EventLog::open(&data(film).join("project.db"))?;
    log.replay(|it| events.push(it))?;
    Ok(events)
}

/// Blobs that events name and that are not there or not whole.
pub(super) fn missing_blobs(film: &Path, events: &[StoredEvent]) -> Vec<BlobId> {
    let mut named = Vec::new();
    for stored in events {
        let event = serde_json::to_value(&stored.event).expect("JSON");
        name_blobs("", &event, &mut named);
    }
    named.sort_unstable();
    named.dedup();
    let blobs = Blobs::open(&data(film).join("blobs")).expect("a folder of blobs");
    named.retain(|it| blobs.read(*it).is_err());
    named
}

fn name_blobs(key: &str, value: &Value, named: &mut Vec<BlobId>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, it)| name_blobs(key, it, named)),
        Value::Array(items) => items.iter().for_each(|it| name_blobs(key, it, named)),
        Value::String(_) if NO_BLOBS.contains(&key) => {}
        Value::String(text) if is_hash(text) => {
            named.push(serde_json::from_value(value.clone()).expect("a blob's id"));
        }
        _ => {}
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// The state that follows from events, without what is not durable.
pub(super) fn replayed(film: &Path, events: impl IntoIterator<Item = StoredEvent>) -> Value {
    let path = film.canonicalize().expect("a film");
    let film = Film::new(&path.to_string_lossy());
    let film = film.replay(events.into_iter().map(|it| it.event));
    durable(serde_json::to_value(mirror::snapshot(&film)).expect("JSON"))
}

/// The state a daemon holds, without what is not durable.
pub(super) async fn held(client: &mut Client, id: &str) -> Value {
    durable(client.ask("state/get", json!({"project": id})).await)
}

pub(super) fn durable(mut snapshot: Value) -> Value {
    snapshot["revision"].take();
    snapshot["state"]["ui"].take();
    snapshot["state"]["system"]["diagnostics"].take();
    snapshot
}
