//! The language server: what an editor speaks, beside the catalog, on one connection.
//!
//! Reading order: here, how a session becomes an editor's and how its messages go to and fro;
//! `server`, what an editor may ask; `document`, a text that is being written; `place`, lines and
//! columns as editors count them; then a file for each answer.
//!
//! `tower-lsp-server` gives the trait, the life cycle and the way to the client. Its loop does not
//! keep messages in order and is not used: our sessions do, as for every other client.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use futures::{FutureExt, Sink, StreamExt, future::BoxFuture};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use storycore_schema::{Error, ErrorKind, Method, project::OpenProject, system::PageAddress};
use tower::Service;
use tracing::warn;

use tower_lsp_server::{
    ClientSocket, Loopback, LspService,
    jsonrpc::{self, Request, Response},
    ls_types::{ClientInfo, MessageType, ShowDocumentParams, Uri},
};

use crate::{
    call::{Call, Client, Dispatch, Reply},
    daemon::Daemon,
    offload::blocking,
    outbox::Outbox,
    router::Router,
};

mod actions;
mod capabilities;
mod command;
mod completion;
mod conflict;
mod diagnostics;
mod document;
mod documents;
mod draft;
mod folding;
mod format;
mod hints;
mod hover;
mod links;
mod located;
mod mirror;
mod named;
mod news;
mod place;
mod ranges;
mod references;
mod rename;
mod scope;
mod search;
mod server;
mod shot_at;
mod straight;
mod symbols;
mod take;
mod tokens;
mod toml;
mod view;

use command::Command;
use documents::Shared;
pub use mirror::Mirror;
use server::FilmServer;

/// Methods that mean in LSP what they do not mean in the catalog.
const OF_LSP: [&str; 3] = ["initialize", "shutdown", "exit"];

const NOT_BEGUN: &str = "no editor has begun this session";
/// LSP 3.17, Work Done Progress Cancel.
const CANCEL_PROGRESS: &str = "window/workDoneProgress/cancel";
/// How much of an editor's own name the history shows, in characters.
const EDITOR_CHARS_MAX: usize = 40;
/// How much of its session's name tells it from others, in characters.
const SESSION_CHARS: usize = 4;

/// The language server of one session.
pub struct Language {
    service: Mutex<LspService<FilmServer>>,
    responses: Mutex<<ClientSocket as Loopback>::ResponseSink>,
    /// The service wants an id for each request; answers carry the client's own.
    ids: AtomicI64,
}

/// Every way to an answer: the catalog first, then, for editors, the language server.
pub struct Gateway {
    router: Router,
    daemon: Arc<Daemon>,
}

impl Gateway {
    /// The way to all that a daemon can do.
    pub fn new(daemon: Arc<Daemon>) -> Gateway {
        Gateway {
            router: Router::new(daemon.clone()),
            daemon,
        }
    }

    /// The language server that a call is for.
    fn language(&self, call: &Call) -> Option<Arc<Language>> {
        if let Some(language) = call.client.language.get() {
            let is_ours = self.router.knows(&call.method) && !OF_LSP.contains(&&*call.method);
            return (!is_ours).then(|| language.clone());
        }
        // An editor opens films.
        let may_begin = call.method == "initialize" && call.client.role >= OpenProject::ROLE;
        let editor = editor(call.params.as_deref().filter(|_| may_begin))?;
        let outbox = call.client.outbox.as_ref()?;
        // A name that is refused leaves it called after its transport.
        let _ = call.client.rename(&name_of(&editor, &call.correlation_id));
        let begin = || Language::begin(&self.daemon, outbox, call.client.name());
        Some(call.client.language.get_or_init(begin).clone())
    }
}

impl Dispatch for Gateway {
    fn dispatch(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        let Some(language) = self.language(&call) else {
            if is_of_lsp(&call.method) && !self.router.knows(&call.method) {
                let error = Error::new(ErrorKind::NotInitialized, NOT_BEGUN)
                    .hint("an editor begins with `initialize` and what it is capable of");
                return futures::future::ready(Err(error)).boxed();
            }
            return self.router.dispatch(call);
        };
        match command::of(call) {
            Ok(Command::Call(call)) => self.router.dispatch(call),
            Ok(Command::Open(call)) => {
                let address = self.router.dispatch(call);
                async move { language.show(address.await?).await }.boxed()
            }
            Ok(Command::Show(argument)) => {
                async move { language.show_text(argument).await }.boxed()
            }
            Ok(Command::KeepMine(argument)) => {
                async move { language.keep_mine(argument).await }.boxed()
            }
            Err((_, Some(error))) => futures::future::ready(Err(error)).boxed(),
            Err((call, None)) => language.call(call),
        }
    }

    fn respond(&self, client: &Client, response: &RawValue) {
        if let Some(language) = client.language.get() {
            language.respond(response);
        }
    }
}

/// Whether a method is one of LSP's.
fn is_of_lsp(method: &str) -> bool {
    let groups = [
        "textDocument/",
        "workspace/",
        "window/",
        "completionItem/",
        "codeLens/",
    ];
    groups.iter().any(|it| method.starts_with(it))
}

/// How LSP begins: there, a client says what it is capable of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begin {
    #[expect(dead_code, reason = "only its presence counts")]
    capabilities: IgnoredAny,
    client_info: Option<ClientInfo>,
}

/// The editor that begins a session, if this is how LSP begins.
fn editor(params: Option<&RawValue>) -> Option<String> {
    let begin: Begin = serde_json::from_str(params?.get()).ok()?;
    Some(begin.client_info.map_or("editor".to_owned(), |it| it.name))
}

/// What the history calls an editor. Two windows of one are two: each undoes its own.
fn name_of(editor: &str, correlation_id: &str) -> String {
    let session = correlation_id.split('-').nth(1).unwrap_or_default();
    let short = |text: &str, max| text.chars().take(max).collect::<String>();
    format!(
        "{}-{}",
        short(editor, EDITOR_CHARS_MAX),
        short(session, SESSION_CHARS)
    )
}

impl Language {
    fn begin(daemon: &Arc<Daemon>, outbox: &Arc<Outbox>, name: Arc<str>) -> Arc<Language> {
        let server = |client| FilmServer::new(client, daemon.clone(), outbox.clone(), name);
        let (service, socket) = LspService::build(server)
            .custom_method(CANCEL_PROGRESS, FilmServer::cancel_progress)
            .custom_method(shot_at::SHOT_AT, FilmServer::shot_at)
            .finish();
        let (requests, responses) = socket.split();
        let (texts, ended): (Arc<Shared>, _) = (service.inner().0.clone(), outbox.clone());
        tokio::spawn(async move {
            ended.closed().await;
            let kept = blocking(move || texts.end()).await;
            kept.unwrap_or_else(|error| warn!(%error, "drafts were not kept"));
        });
        tokio::spawn(send(requests, outbox.clone()));
        Arc::new(Language {
            service: Mutex::new(service),
            responses: Mutex::new(responses),
            ids: AtomicI64::new(1),
        })
    }

    /// Answers a request, or takes a notification.
    fn call(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        // Clients send `{}` or null where there are no params; the library wants nothing at all.
        let takes_none = matches!(&*call.method, "shutdown" | "exit");
        let mut request = Request::build(call.method);
        if let Some(params) = call.params.filter(|_| !takes_none) {
            match serde_json::from_str::<Value>(params.get()) {
                Ok(params) => request = request.params(params),
                Err(error) => {
                    let error = Error::invalid_params(error.to_string());
                    return futures::future::ready(Err(error)).boxed();
                }
            }
        }
        if !call.id.is_null() {
            request = request.id(self.ids.fetch_add(1, Ordering::Relaxed));
        }
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = straight::listen(service.call(request.finish()));
        let cancel = call.cancel;
        async move {
            let (answer, written) = tokio::select! {
                biased;
                answer = answer => answer,
                () = cancel.cancelled() => {
                    return Err(Error::new(ErrorKind::Cancelled, "the request was canceled"));
                }
            };
            let response = answer.map_err(|_| {
                let message = "the language server has ended with `exit`";
                Error::new(ErrorKind::InvalidRequest, message).hint("begin a new session")
            })?;
            match written {
                Some(body) => Ok(reply_of(body)),
                None => reply(response),
            }
        }
        .boxed()
    }

    /// Has the editor open a page in the browser.
    async fn show(&self, address: Reply) -> Result<Reply, Error> {
        let page: PageAddress = serde_json::from_str(address.body.get())
            .map_err(|error| Error::internal(error.to_string()))?;
        let uri = page.url.parse::<Uri>();
        let params = ShowDocumentParams {
            uri: uri.map_err(|error| Error::internal(error.to_string()))?,
            external: Some(true),
            take_focus: Some(true),
            selection: None,
        };
        self.open_or_tell(params, format!("the board: {}", page.url))
            .await;
        Ok(address)
    }

    /// Has the editor open another text of a file that it has open.
    async fn show_text(&self, argument: Value) -> Result<Reply, Error> {
        let texts = self.texts();
        let file = blocking(move || conflict::shown(&texts, argument)).await??;
        let shown = file.display().to_string();
        let params = ShowDocumentParams {
            uri: Uri::from_file_path(file)
                .ok_or_else(|| Error::internal(format!("{shown} has no address")))?,
            external: Some(false),
            take_focus: Some(true),
            selection: None,
        };
        self.open_or_tell(params, format!("the text is in {shown}"))
            .await;
        reply(None)
    }

    /// Has the editor open something. Not every editor can; whoever reads where it is can.
    async fn open_or_tell(&self, params: ShowDocumentParams, where_it_is: String) {
        let texts = self.texts();
        let can = texts.editor().shows.documents;
        if !can || !texts.client.show_document(params).await.unwrap_or(false) {
            let told = texts.client.show_message(MessageType::INFO, where_it_is);
            told.await;
        }
    }

    /// Takes what is on disk for seen.
    async fn keep_mine(&self, argument: Value) -> Result<Reply, Error> {
        let texts = self.texts();
        let uri = conflict::keep_mine(&texts, argument)?;
        texts.diagnose(&uri).await;
        reply(None)
    }

    fn texts(&self) -> Arc<Shared> {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        service.inner().0.clone()
    }

    /// Takes what a client answers to the server's own requests.
    fn respond(&self, response: &RawValue) {
        let Ok(response) = serde_json::from_str::<Response>(response.get()) else {
            return;
        };
        let mut responses = self
            .responses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // It takes what it is given at once; when the server has exited, nobody waits for it.
        let _ = std::pin::Pin::new(&mut *responses).start_send(response);
    }
}

/// Sends what the server asks and tells, as fast as the client reads.
async fn send(mut requests: <ClientSocket as Loopback>::RequestStream, outbox: Arc<Outbox>) {
    while let Some(request) = requests.next().await {
        let text = serde_json::to_vec(&request).unwrap_or_default();
        if !outbox.reply(text.into()).await {
            break;
        }
    }
}

fn reply(response: Option<Response>) -> Result<Reply, Error> {
    let body = match response.map(|it| it.into_parts().1) {
        None => Value::Null,
        Some(Ok(body)) => body,
        Some(Err(error)) => return Err(error_of(&error)),
    };
    let body = to_raw_value(&body);
    body.map(reply_of)
        .map_err(|error| Error::internal(error.to_string()))
}

fn reply_of(body: Box<RawValue>) -> Reply {
    Reply {
        body,
        after: None,
        place: None,
    }
}

fn error_of(error: &jsonrpc::Error) -> Error {
    let kind = match error.code.code() {
        -32602 => ErrorKind::InvalidParams,
        -32601 => ErrorKind::UnknownMethod,
        -32002 => ErrorKind::NotInitialized,
        -32600 => ErrorKind::InvalidRequest,
        -32800 => ErrorKind::Cancelled,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, error.message.clone())
}
