//! Against a real llama.cpp server, with a model that speaks noise and one that speaks English.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../faults/server.rs"]
#[expect(dead_code, reason = "one other provider is all that is needed")]
mod server;
#[path = "../faults/stage.rs"]
#[expect(dead_code, reason = "shared with the tests of faults")]
mod stage;

mod llama;
mod protocol;
mod tasks;
