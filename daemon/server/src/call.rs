//! One request on its way: who asks, for what, and how the answer goes back.

use std::sync::{Arc, OnceLock, RwLock};

use futures::future::BoxFuture;
use serde_json::value::RawValue;
use storycore_schema::{Error, Limits, Role};
use tokio_util::sync::CancellationToken;

use crate::{
    answers::{Answers, Place},
    lsp::Language,
    outbox::Outbox,
};

/// The longest name a client may give itself, in characters.
const NAME_CHARS_MAX: usize = 80;

/// Who calls: one connection, or one HTTP request.
pub struct Client {
    /// What it may do.
    pub role: Role,
    /// Where notifications go; absent over HTTP, where nothing can be sent later.
    pub outbox: Option<Arc<Outbox>>,
    /// What is made for it and not yet sent.
    pub answers: Arc<Answers>,
    /// The language server it speaks with, if it is an editor.
    pub(crate) language: OnceLock<Arc<Language>>,
    name: RwLock<Arc<str>>,
}

impl Client {
    /// A client, named after its transport until it says its name.
    pub fn new(
        name: &str,
        role: Role,
        outbox: Option<Arc<Outbox>>,
        limits: &Limits,
    ) -> Arc<Client> {
        Arc::new(Client {
            role,
            outbox,
            answers: Answers::new(limits),
            language: OnceLock::new(),
            name: RwLock::new(name.into()),
        })
    }

    /// The name its events carry.
    pub fn name(&self) -> Arc<str> {
        self.name
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Takes the name it gives itself, at `initialize` or with an upload.
    pub fn rename(&self, name: &str) -> Result<(), Error> {
        let name = name.trim();
        let n_chars = name.chars().count();
        if name.is_empty() || n_chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            let message = format!("a client's name has 1 to {NAME_CHARS_MAX} printable characters");
            return Err(Error::invalid_params(message).hint("send a name such as `page-3`"));
        }
        *self
            .name
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = name.into();
        Ok(())
    }
}

/// A request, as a session hands it on.
pub struct Call {
    /// Who asks.
    pub client: Arc<Client>,
    /// For what.
    pub method: String,
    /// With what; absent params mean `{}`.
    pub params: Option<Box<RawValue>>,
    /// The request's id, which `$/progress` names as its token.
    pub id: serde_json::Value,
    /// Joins everything this request causes in logs and events.
    pub correlation_id: Arc<str>,
    /// Canceled when the caller sends `$/cancelRequest`; not when it disconnects.
    pub cancel: CancellationToken,
}

/// A good answer.
pub struct Reply {
    /// The result, as JSON.
    pub body: Box<RawValue>,
    /// Called once the reply stands in the client's outbox: a subscription must not send its first
    /// patch before its snapshot.
    pub after: Option<Box<dyn FnOnce() + Send>>,
    /// Its place among the large answers; given back once it stands in the outbox.
    pub place: Option<Place>,
}

/// Where sessions hand their requests. Implemented by the router; a trait, so that sessions and
/// transports can be tested alone.
pub trait Dispatch: Send + Sync + 'static {
    /// Runs one request. The future does not panic, and may be dropped only after `cancel`.
    fn dispatch(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>>;

    /// Takes a client's answer to something we asked it. Only editors are asked anything.
    fn respond(&self, _client: &Client, _response: &RawValue) {}
}
