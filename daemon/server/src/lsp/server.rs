//! What an editor may ask, and what it is told by itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use storycore_schema::id::ProjectId;
use tower_lsp_server::{
    Client, LanguageServer, jsonrpc,
    ls_types::{
        DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
        DidSaveTextDocumentParams, DocumentSymbolParams, DocumentSymbolResponse, FoldingRange,
        FoldingRangeParams, FoldingRangeProviderCapability, Hover, HoverParams,
        HoverProviderCapability, InitializeParams, InitializeResult, MessageType, OneOf,
        SaveOptions, ServerCapabilities, ServerInfo, TextDocumentItem, TextDocumentSyncCapability,
        TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
    },
};

use super::{
    diagnostics,
    document::{Document, film_path},
    folding, hover,
    place::Encoding,
    symbols,
};
use crate::{
    daemon::Daemon, films::OpenFilm, offload::blocking, outbox::Outbox, owner::Origin,
    session::correlation::Correlation,
};

/// How many scripts one editor may have open, in scripts.
const DOCUMENTS_MAX: usize = 200;

/// The language server of one editor.
pub(super) struct FilmServer(Arc<Shared>);

struct Shared {
    client: Client,
    daemon: Arc<Daemon>,
    /// Ends with the session.
    outbox: Arc<Outbox>,
    name: Arc<str>,
    correlation: Correlation,
    editor: OnceLock<Editor>,
    documents: Mutex<HashMap<Uri, Document>>,
    /// Films whose changes are told.
    followed: Mutex<Vec<ProjectId>>,
}

/// What was agreed on with the editor.
#[derive(Debug, Clone, Copy)]
struct Editor {
    encoding: Encoding,
    /// Whether a picture in a hover is shown, and not its bytes.
    shows_pictures: bool,
}

impl FilmServer {
    pub(super) fn new(
        client: Client,
        daemon: Arc<Daemon>,
        outbox: Arc<Outbox>,
        name: Arc<str>,
    ) -> FilmServer {
        FilmServer(Arc::new(Shared {
            client,
            daemon,
            outbox,
            name,
            correlation: Correlation::new(),
            editor: OnceLock::new(),
            documents: Mutex::default(),
            followed: Mutex::default(),
        }))
    }

    /// Asks something of an open document, away from the threads that serve.
    async fn ask<T: Send + 'static>(
        &self,
        uri: &Uri,
        question: impl FnOnce(&Document, Encoding) -> T + Send + 'static,
    ) -> jsonrpc::Result<Option<T>> {
        let Some(document) = self.0.document(uri) else {
            return Ok(None);
        };
        let encoding = self.0.editor().encoding;
        let answer = blocking(move || question(&document, encoding)).await;
        answer
            .map(Some)
            .map_err(|_| jsonrpc::Error::internal_error())
    }
}

impl Shared {
    fn editor(&self) -> Editor {
        let usual = Editor {
            encoding: Encoding::Utf16,
            shows_pictures: false,
        };
        self.editor.get().copied().unwrap_or(usual)
    }

    fn document(&self, uri: &Uri) -> Option<Document> {
        self.documents().get(uri).cloned()
    }

    fn documents(&self) -> std::sync::MutexGuard<'_, HashMap<Uri, Document>> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the film that a script is part of.
    async fn open(self: &Arc<Shared>, item: TextDocumentItem) -> Result<(), String> {
        if self.documents().len() >= DOCUMENTS_MAX {
            return Err(format!(
                "{DOCUMENTS_MAX} scripts are open; close some first"
            ));
        }
        let bytes_max = self.daemon.limits.script_bytes_max;
        if item.text.len() as u64 > bytes_max {
            return Err(format!(
                "the script is longer than the limit script_bytes_max of {bytes_max}"
            ));
        }
        let path = item.uri.to_file_path().map(std::borrow::Cow::into_owned);
        let path = path.ok_or("only files on this machine have a film")?;
        let path = path.canonicalize().unwrap_or(path);
        let origin = Origin {
            actor: self.name.clone(),
            correlation_id: self.correlation.next(),
        };
        let film = film_path(&path);
        let film = film.to_string_lossy();
        let opened = self.daemon.films.open(&film, None, origin);
        let film = opened.await.and_then(|it| self.daemon.film(it.id));
        let film = film.map_err(|error| match error.hint {
            Some(hint) => format!("{}; {hint}", error.message),
            None => error.message,
        })?;
        let inside = path.strip_prefix(&film.folder.root);
        let inside = inside.map_err(|_| "the script is outside its film's folder")?;
        let inside = inside
            .to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/");
        let uri = item.uri.clone();
        let (version, text, of) = (item.version, item.text, film.clone());
        let document = blocking(move || Document::new(item.uri, of, inside, version, &text)).await;
        let document = document.map_err(|error| error.message)?;
        self.documents().insert(uri, document);
        self.follow(&film);
        Ok(())
    }

    /// Tells of problems anew whenever the film goes on.
    fn follow(self: &Arc<Shared>, film: &Arc<OpenFilm>) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.contains(&film.id) {
            return;
        }
        followed.push(film.id);
        let (shared, film) = (Arc::downgrade(self), film.clone());
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let mut commits = film.bus.watch();
            loop {
                tokio::select! {
                    changed = commits.changed() => if changed.is_err() { break },
                    () = film.closing.cancelled() => break,
                    () = outbox.closed() => break,
                }
                let Some(shared) = shared.upgrade() else {
                    break;
                };
                let of_film = |it: &&Document| it.film.id == film.id;
                let open: Vec<Uri> = shared
                    .documents()
                    .values()
                    .filter(of_film)
                    .map(|it| it.uri.clone())
                    .collect();
                for uri in open {
                    shared.diagnose(&uri).await;
                }
            }
        });
    }

    /// Tells what is wrong in a document as it is now.
    async fn diagnose(&self, uri: &Uri) {
        let Some(document) = self.document(uri) else {
            return;
        };
        let encoding = self.editor().encoding;
        let version = document.version;
        let found = blocking(move || diagnostics::of(&document, encoding)).await;
        let Ok(found) = found else { return };
        // Another version has come meanwhile, and tells for itself.
        if self.document(uri).is_none_or(|it| it.version != version) {
            return;
        }
        let publish = self
            .client
            .publish_diagnostics(uri.clone(), found, Some(version));
        publish.await;
    }
}

impl LanguageServer for FilmServer {
    async fn initialize(&self, params: InitializeParams) -> jsonrpc::Result<InitializeResult> {
        let general = params.capabilities.general;
        let encodings = general.and_then(|it| it.position_encodings);
        let name = params.client_info.map(|it| it.name).unwrap_or_default();
        let editor = Editor {
            encoding: Encoding::agreed(encodings.as_deref()),
            shows_pictures: name.contains("Code") || name.contains("code-server"),
        };
        let editor = *self.0.editor.get_or_init(|| editor);
        Ok(InitializeResult {
            capabilities: capabilities(editor.encoding),
            server_info: Some(ServerInfo {
                name: "StoryCore".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn shutdown(&self) -> jsonrpc::Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let uri = params.text_document.uri.clone();
        match self.0.open(params.text_document).await {
            Ok(()) => self.0.diagnose(&uri).await,
            Err(why) => {
                let message = format!("{}: {why}", uri.as_str());
                self.0
                    .client
                    .show_message(MessageType::WARNING, message)
                    .await;
            }
        }
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let uri = params.text_document.uri;
        let encoding = self.0.editor().encoding;
        if let Some(document) = self.0.documents().get_mut(&uri) {
            document.change(
                params.text_document.version,
                params.content_changes,
                encoding,
            );
        }
        self.0.diagnose(&uri).await;
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        let Some(document) = self.0.document(&params.text_document.uri) else {
            return;
        };
        // The watcher would find it, too; this way, whoever saves sees it at once.
        let correlation_id = self.0.correlation.next();
        if let Err(error) = document.film.sources.sync(correlation_id).await {
            self.0
                .client
                .show_message(MessageType::WARNING, error.message)
                .await;
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        self.0.documents().remove(&uri);
        self.0
            .client
            .publish_diagnostics(uri, Vec::new(), None)
            .await;
    }

    async fn hover(&self, params: HoverParams) -> jsonrpc::Result<Option<Hover>> {
        let place = params.text_document_position_params;
        let (uri, position) = (place.text_document.uri, place.position);
        let Some(film) = self.0.document(&uri).map(|it| it.film) else {
            return Ok(None);
        };
        let shows_pictures = self.0.editor().shows_pictures;
        let told = self.ask(&uri, move |document, encoding| {
            let told = hover::at(document, position, encoding)?;
            let picture = told.picture.filter(|_| shows_pictures);
            let read = |id| {
                let media_type = film
                    .bus
                    .film()
                    .state
                    .assets
                    .get(id)
                    .ok()?
                    .media_type
                    .clone();
                Some((media_type, film.blobs.read(id).ok()?))
            };
            Some(match picture.and_then(read) {
                Some((media_type, bytes)) => hover::with_picture(told.hover, &media_type, &bytes),
                None => told.hover,
            })
        });
        told.await.map(Option::flatten)
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> jsonrpc::Result<Option<DocumentSymbolResponse>> {
        let outline = self
            .ask(&params.text_document.uri, symbols::outline)
            .await?;
        Ok(outline.map(DocumentSymbolResponse::Nested))
    }

    async fn folding_range(
        &self,
        params: FoldingRangeParams,
    ) -> jsonrpc::Result<Option<Vec<FoldingRange>>> {
        let ranges = self.ask(&params.text_document.uri, |it, _| folding::ranges(it));
        ranges.await
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
            include_text: Some(false),
        })),
        ..TextDocumentSyncOptions::default()
    };
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        ..ServerCapabilities::default()
    }
}
