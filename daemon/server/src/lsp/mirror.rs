//! What an editor has said that another daemon must hear again when the one it spoke with has
//! ended: how the session began, the texts that are open, and the films whose events it follows.

use std::collections::BTreeMap;

use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Value, json, value::RawValue};
use storycore_core::fountain::Script;
use storycore_schema::{
    Method,
    log::{SubscribeEvents as EventsOn, UnsubscribeEvents as EventsOff},
};
use tower_lsp_server::ls_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    InitializeResult, TextDocumentItem, Uri,
};

use super::{document::changed, place::Encoding};

/// The id of what is asked a second time; the editor does not get the answer.
const AGAIN: &str = "storycore/again";
/// LSP 3.17 `ErrorCodes.RequestFailed`: valid, but it could not be done; no bug of the server.
const REQUEST_FAILED: i32 = -32803;

/// What of a message of the daemon counts.
#[derive(Deserialize)]
struct FromDaemon<'m> {
    id: Option<Value>,
    method: Option<IgnoredAny>,
    #[serde(borrow)]
    result: Option<&'m RawValue>,
}

/// An editor's side of a session.
#[derive(Default)]
pub struct Mirror {
    initialize: Option<Value>,
    encoding: Option<Encoding>,
    is_initialized: bool,
    is_shut_down: bool,
    documents: BTreeMap<Uri, (TextDocumentItem, Script)>,
    /// The last `event/subscribe` for each film.
    followed: BTreeMap<String, Value>,
    /// Requests of the editor that have no answer yet, with their methods.
    waiting: Vec<(Value, String)>,
}

impl Mirror {
    /// Notes what the editor says.
    pub fn from_editor(&mut self, message: &Value) {
        let method = message["method"].as_str().unwrap_or_default();
        if let Some(id) = message.get("id").filter(|_| !method.is_empty()) {
            self.waiting.push((id.clone(), method.to_owned()));
        }
        match method {
            "initialize" => self.initialize = Some(message.clone()),
            "initialized" => self.is_initialized = true,
            "shutdown" => self.is_shut_down = true,
            "textDocument/didOpen" => self.opened(params(message)),
            "textDocument/didChange" => self.changed(params(message)),
            "textDocument/didClose" => self.closed(params(message)),
            EventsOn::NAME => self.follow(message, true),
            EventsOff::NAME => self.follow(message, false),
            _ => {}
        }
    }

    /// Notes what the daemon says; whether the editor is to hear it. Reads no more of it than it
    /// must: answers may be large.
    pub fn from_daemon(&mut self, text: &[u8]) -> bool {
        let Ok(message) = serde_json::from_slice::<FromDaemon<'_>>(text) else {
            return true;
        };
        let (None, Some(id)) = (message.method, message.id) else {
            return true;
        };
        if id == AGAIN {
            return false;
        }
        let asked = self.waiting.iter().position(|it| it.0 == id);
        let method = asked.map(|it| self.waiting.swap_remove(it).1);
        if method.as_deref() == Some("initialize") {
            let result = message.result.map(RawValue::get);
            let result = result.and_then(|it| serde_json::from_str::<InitializeResult>(it).ok());
            let kind = result.and_then(|it| it.capabilities.position_encoding);
            self.encoding = Some(Encoding::agreed(kind.map(|it| vec![it]).as_deref()));
        }
        true
    }

    /// Whether the editor has said that it is about to leave.
    pub fn is_shut_down(&self) -> bool {
        self.is_shut_down
    }

    /// What a new daemon must hear, in order.
    pub fn again(&self) -> Vec<Value> {
        let Some(mut initialize) = self.initialize.clone() else {
            return Vec::new();
        };
        if !self.is_waiting_for_initialize() {
            initialize["id"] = json!(AGAIN);
        }
        let mut messages = vec![initialize];
        if self.is_initialized {
            messages.push(json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
        }
        messages.extend(self.documents.values().map(|(item, script)| {
            let text_document = TextDocumentItem {
                text: script.text(),
                ..item.clone()
            };
            let params = DidOpenTextDocumentParams { text_document };
            json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": params})
        }));
        // Last: what is open has its film opened.
        messages.extend(self.followed.values().cloned());
        messages
    }

    /// Answers for the requests that ended with the daemon.
    pub fn refusals(&mut self) -> Vec<Value> {
        let waiting = std::mem::take(&mut self.waiting);
        let (kept, lost) = waiting.into_iter().partition(|it| it.1 == "initialize");
        self.waiting = kept;
        let refusal = |(id, method): (Value, String)| {
            let message = format!("the daemon ended during {method}; it was started again");
            let error = json!({"code": REQUEST_FAILED, "message": message});
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        };
        let lost: Vec<(Value, String)> = lost;
        lost.into_iter().map(refusal).collect()
    }

    fn is_waiting_for_initialize(&self) -> bool {
        self.waiting.iter().any(|it| it.1 == "initialize")
    }

    /// From now on means for the next daemon: from its now on.
    fn follow(&mut self, message: &Value, follows: bool) {
        let Some(project) = message["params"]["project"].as_str() else {
            return;
        };
        if follows {
            let mut again = message.clone();
            again["id"] = json!(AGAIN);
            if let Some(params) = again["params"].as_object_mut() {
                params.remove("after");
            }
            self.followed.insert(project.to_owned(), again);
        } else {
            self.followed.remove(project);
        }
    }

    fn opened(&mut self, params: Option<DidOpenTextDocumentParams>) {
        if let Some(DidOpenTextDocumentParams { text_document }) = params {
            let script = Script::parse(&text_document.text);
            let uri = text_document.uri.clone();
            self.documents.insert(uri, (text_document, script));
        }
    }

    fn changed(&mut self, params: Option<DidChangeTextDocumentParams>) {
        let Some(params) = params else { return };
        let encoding = self.encoding.unwrap_or(Encoding::Utf16);
        if let Some((item, script)) = self.documents.get_mut(&params.text_document.uri) {
            *script = changed(script, params.content_changes, encoding);
            item.version = params.text_document.version;
        }
    }

    fn closed(&mut self, params: Option<DidCloseTextDocumentParams>) {
        if let Some(params) = params {
            self.documents.remove(&params.text_document.uri);
        }
    }
}

fn params<P: DeserializeOwned>(message: &Value) -> Option<P> {
    serde_json::from_value(message["params"].clone()).ok()
}

#[cfg(test)]
mod tests;
