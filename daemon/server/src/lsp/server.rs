//! What an editor may ask.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use tower_lsp_server::{
    Client, LanguageServer, jsonrpc,
    ls_types::{
        CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams,
        CompletionResponse, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
        DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentFormattingParams,
        DocumentHighlight, DocumentHighlightParams, DocumentLink, DocumentLinkParams,
        DocumentOnTypeFormattingParams, DocumentSymbolParams, DocumentSymbolResponse, FoldingRange,
        FoldingRangeParams, GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverParams,
        InitializeParams, InitializeResult, InlayHint, InlayHintParams, Location, MessageType,
        PrepareRenameResponse, ReferenceParams, RenameParams, SelectionRange, SelectionRangeParams,
        SemanticTokensDeltaParams, SemanticTokensFullDeltaResult, SemanticTokensParams,
        SemanticTokensResult, ServerInfo, TextDocumentPositionParams, TextEdit, Uri,
        WorkDoneProgressCancelParams, WorkspaceEdit, WorkspaceSymbolParams,
        WorkspaceSymbolResponse,
    },
};

use super::{
    actions,
    capabilities::{abilities, capabilities, shows},
    completion,
    document::Document,
    documents::{Editor, Shared},
    folding, format, hints,
    hover::{self, Told},
    links,
    news::{self, NewsAbilities},
    place::Encoding,
    ranges, references, rename,
    scope::Scope,
    search,
    shot_at::{self, ShotAt},
    straight, symbols, take, tokens, toml,
};
use crate::{daemon::Daemon, folder::SourceKind, offload::blocking, outbox::Outbox};

/// The language server of one editor.
pub(super) struct FilmServer(pub(super) Arc<Shared>);

impl FilmServer {
    pub(super) fn new(
        client: Client,
        daemon: Arc<Daemon>,
        outbox: Arc<Outbox>,
        name: Arc<str>,
    ) -> FilmServer {
        FilmServer(Arc::new(Shared::new(client, daemon, outbox, name)))
    }

    /// Asks something of an open script, away from the threads that serve.
    async fn ask<T: Send + 'static>(
        &self,
        uri: &Uri,
        question: impl FnOnce(&Document, Encoding) -> T + Send + 'static,
    ) -> jsonrpc::Result<Option<T>> {
        let is_script = |it: Document| it.kind == SourceKind::Script;
        if !self.0.document(uri).is_some_and(is_script) {
            return Ok(None);
        }
        self.ask_any(uri, question).await
    }

    /// Asks something of a place in any open document. What is to be said of one that was looked at
    /// already takes less time than a change of threads.
    async fn ask_place<T: Send + 'static>(
        &self,
        uri: &Uri,
        question: impl FnOnce(&Document, Encoding) -> T + Send + 'static,
    ) -> jsonrpc::Result<Option<T>> {
        match self.0.document(uri).filter(Document::is_at_hand) {
            Some(document) => Ok(Some(question(&document, self.0.editor().encoding))),
            None => self.ask_any(uri, question).await,
        }
    }

    /// Asks something of any open document.
    async fn ask_any<T: Send + 'static>(
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

    /// The same, of all texts of the film.
    async fn ask_film<T: Send + 'static>(
        &self,
        uri: &Uri,
        question: impl FnOnce(&Document, &Scope, Encoding) -> T + Send + 'static,
    ) -> jsonrpc::Result<Option<T>> {
        let film = self.0.document(uri).map(|it| it.film.id);
        let open = film.map(|it| self.0.documents_of(it)).unwrap_or_default();
        self.ask_any(uri, move |document, encoding| {
            let scope = Scope::of(&document.film, &open);
            question(document, &scope, encoding)
        })
        .await
    }

    /// A person has pressed the button beside a progress; the library has no place for it.
    pub(super) async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        news::cancel(&self.0, &params.token).await;
    }

    /// `storycore/shotAt`.
    pub(super) async fn shot_at(
        &self,
        place: TextDocumentPositionParams,
    ) -> jsonrpc::Result<Option<ShotAt>> {
        let found = self.ask(&place.text_document.uri, move |it, encoding| {
            shot_at::at(it, place.position, encoding)
        });
        found.await.map(Option::flatten)
    }

    fn told_colors(&self, uri: &Uri, told: tokens::Told) {
        let colors = self.0.colors.lock();
        let mut colors = colors.unwrap_or_else(PoisonError::into_inner);
        colors.insert(uri.clone(), told);
    }
}

impl LanguageServer for FilmServer {
    async fn initialize(&self, params: InitializeParams) -> jsonrpc::Result<InitializeResult> {
        let edits = abilities(&params.capabilities);
        let news = NewsAbilities::of(&params.capabilities);
        let shows = shows(&params.capabilities);
        let general = params.capabilities.general;
        let encodings = general.and_then(|it| it.position_encodings);
        let name = params.client_info.map(|it| it.name).unwrap_or_default();
        let editor = Editor {
            encoding: Encoding::agreed(encodings.as_deref()),
            shows_pictures: name.contains("Code") || name.contains("code-server"),
            shows,
            edits,
            news,
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
        self.0.is_shut_down.store(true, Ordering::Relaxed);
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
        self.0.change(params).await;
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        let Some(document) = self.0.document(&params.text_document.uri) else {
            return;
        };
        let before = document.saved_hash().filter(|_| document.is_conflict());
        // A rename is saved file by file; half of it would be drawn, too.
        let mut others = self.0.documents_of(document.film.id).into_iter();
        if others.any(|it| it.uri != document.uri && it.is_draft()) {
            let pause_ms = 2 * self.0.daemon.limits.watch_debounce_ms;
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
        // The watcher would find it, too; this way, whoever saves sees it at once.
        let correlation_id = self.0.correlation.next();
        if let Err(error) = document.film.sources.sync(correlation_id).await {
            self.0
                .client
                .show_message(MessageType::WARNING, error.message)
                .await;
            return;
        }
        self.0.after_save(document, before).await;
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        self.0.close(&uri).await;
        let colors = self.0.colors.lock();
        colors.unwrap_or_else(PoisonError::into_inner).remove(&uri);
        self.0.tell_no_problems(uri).await;
    }

    async fn hover(&self, params: HoverParams) -> jsonrpc::Result<Option<Hover>> {
        let place = params.text_document_position_params;
        let (uri, position) = (place.text_document.uri, place.position);
        let Some(film) = self.0.document(&uri).map(|it| it.film) else {
            return Ok(None);
        };
        let found = self.ask_place(&uri, move |document, encoding| match document.kind {
            SourceKind::Script => hover::at(document, position, encoding),
            _ => toml::hover(document, position, encoding).map(Told::without_picture),
        });
        let Some(Told { hover, picture }) = found.await?.flatten() else {
            return Ok(None);
        };
        let told = match picture.filter(|_| self.0.editor().shows_pictures) {
            Some(id) => {
                let daemon = self.0.daemon.clone();
                let small = blocking(move || {
                    let read = || film.blobs.read(id);
                    daemon.small_pictures.of(id, read, &daemon.limits)
                });
                let small = small.await.map_err(|_| jsonrpc::Error::internal_error())?;
                match small {
                    Some(address) => hover::with_picture(hover, &address),
                    None => hover,
                }
            }
            None => hover,
        };
        if self.0.editor().shows.plain_hovers {
            return Ok(Some(hover::plain(told)));
        }
        Ok(Some(told))
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> jsonrpc::Result<Option<DocumentSymbolResponse>> {
        let outline = self
            .ask(&params.text_document.uri, symbols::outline)
            .await?;
        if self.0.editor().shows.nested_symbols {
            return Ok(outline.map(DocumentSymbolResponse::Nested));
        }
        let uri = params.text_document.uri;
        Ok(outline.map(|it| DocumentSymbolResponse::Flat(symbols::flat(it, &uri))))
    }

    async fn folding_range(
        &self,
        params: FoldingRangeParams,
    ) -> jsonrpc::Result<Option<Vec<FoldingRange>>> {
        let ranges = self.ask(&params.text_document.uri, |it, _| folding::ranges(it));
        ranges.await
    }

    async fn completion(
        &self,
        params: CompletionParams,
    ) -> jsonrpc::Result<Option<CompletionResponse>> {
        let place = params.text_document_position;
        let snippets = self.0.editor().edits.snippets;
        let items = self.ask_place(&place.text_document.uri, move |it, encoding| {
            match it.kind {
                SourceKind::Script => completion::at(it, place.position, (encoding, snippets)),
                _ => toml::completion(it, place.position, encoding),
            }
        });
        Ok(items.await?.map(CompletionResponse::Array))
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> jsonrpc::Result<Option<GotoDefinitionResponse>> {
        let place = params.text_document_position_params;
        let found = self.ask_film(&place.text_document.uri, move |it, scope, encoding| {
            references::definition(it, scope, place.position, encoding)
                .or_else(|| take::picture(it, place.position, encoding))
        });
        Ok(found.await?.flatten().map(GotoDefinitionResponse::Scalar))
    }

    async fn references(&self, params: ReferenceParams) -> jsonrpc::Result<Option<Vec<Location>>> {
        let place = params.text_document_position;
        let with_definition = params.context.include_declaration;
        let uri = place.text_document.uri;
        let found = self.ask_film(&uri, move |it, scope, encoding| {
            references::references(it, scope, place.position, encoding, with_definition)
        });
        found.await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> jsonrpc::Result<Option<Vec<DocumentHighlight>>> {
        let place = params.text_document_position_params;
        let found = self.ask(&place.text_document.uri, move |it, encoding| {
            references::highlights(it, place.position, encoding)
        });
        found.await
    }

    async fn prepare_rename(
        &self,
        place: TextDocumentPositionParams,
    ) -> jsonrpc::Result<Option<PrepareRenameResponse>> {
        let found = self.ask_place(&place.text_document.uri, move |it, encoding| {
            rename::prepare(it, place.position, encoding)
        });
        Ok(found.await?.flatten())
    }

    async fn rename(&self, params: RenameParams) -> jsonrpc::Result<Option<WorkspaceEdit>> {
        let place = params.text_document_position;
        let edits = self.0.editor().edits;
        let found = self.ask_film(&place.text_document.uri, move |it, scope, encoding| {
            rename::edit(
                it,
                scope,
                place.position,
                &params.new_name,
                (encoding, edits),
            )
        });
        let edit = found.await?.transpose();
        let mut edit = edit.map_err(jsonrpc::Error::invalid_params)?;
        if let Some(edit) = edit.as_mut().filter(|_| !edits.versions) {
            actions::plain(edit);
        }
        match edit {
            Some(edit) => straight::written(edit, |it| it),
            None => Ok(None),
        }
    }

    async fn code_action(
        &self,
        params: CodeActionParams,
    ) -> jsonrpc::Result<Option<CodeActionResponse>> {
        let edits = self.0.editor().edits;
        let problems = params.context.diagnostics;
        let actions = self.ask(&params.text_document.uri, move |it, encoding| {
            let actions = actions::at(it, params.range, &problems, (encoding, edits));
            actions::understood(actions, edits)
        });
        actions.await
    }

    async fn code_lens(&self, params: CodeLensParams) -> jsonrpc::Result<Option<Vec<CodeLens>>> {
        self.ask(&params.text_document.uri, hints::lenses).await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> jsonrpc::Result<Option<Vec<InlayHint>>> {
        let hints = self.ask(&params.text_document.uri, move |it, encoding| {
            hints::inlay(it, params.range, encoding)
        });
        hints.await
    }

    async fn selection_range(
        &self,
        params: SelectionRangeParams,
    ) -> jsonrpc::Result<Option<Vec<SelectionRange>>> {
        let ranges = self.ask(&params.text_document.uri, move |it, encoding| {
            let places = params.positions.into_iter();
            places.map(|at| ranges::around(it, at, encoding)).collect()
        });
        ranges.await
    }

    async fn formatting(
        &self,
        params: DocumentFormattingParams,
    ) -> jsonrpc::Result<Option<Vec<TextEdit>>> {
        self.ask(&params.text_document.uri, format::whole).await
    }

    async fn on_type_formatting(
        &self,
        params: DocumentOnTypeFormattingParams,
    ) -> jsonrpc::Result<Option<Vec<TextEdit>>> {
        let place = params.text_document_position;
        let edits = self.ask(&place.text_document.uri, move |it, encoding| {
            format::typed_line_end(it, place.position, encoding)
        });
        edits.await
    }

    async fn document_link(
        &self,
        params: DocumentLinkParams,
    ) -> jsonrpc::Result<Option<Vec<DocumentLink>>> {
        self.ask(&params.text_document.uri, links::of).await
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> jsonrpc::Result<Option<SemanticTokensResult>> {
        let uri = params.text_document.uri;
        let id = self.0.color_ids.fetch_add(1, Ordering::Relaxed);
        let told = self.ask(&uri, move |it, encoding| tokens::full(it, encoding, id));
        let Some((tokens, told)) = told.await? else {
            return Ok(None);
        };
        self.told_colors(&uri, told);
        straight::written(tokens, SemanticTokensResult::Tokens)
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> jsonrpc::Result<Option<SemanticTokensFullDeltaResult>> {
        let uri = params.text_document.uri;
        let colors = self.0.colors.lock();
        let before = colors
            .unwrap_or_else(PoisonError::into_inner)
            .get(&uri)
            .cloned();
        let before = before.filter(|it| it.id.to_string() == params.previous_result_id);
        let id = self.0.color_ids.fetch_add(1, Ordering::Relaxed);
        let told = self.ask(&uri, move |it, encoding| match before {
            Some(before) => tokens::delta(it, encoding, &before, id),
            None => {
                let (tokens, told) = tokens::full(it, encoding, id);
                (SemanticTokensFullDeltaResult::Tokens(tokens), told)
            }
        });
        let Some((delta, told)) = told.await? else {
            return Ok(None);
        };
        self.told_colors(&uri, told);
        Ok(Some(delta))
    }

    async fn symbol(
        &self,
        params: WorkspaceSymbolParams,
    ) -> jsonrpc::Result<Option<WorkspaceSymbolResponse>> {
        let films = self.0.films().into_iter();
        let films: Vec<_> = films.map(|it| (self.0.documents_of(it.id), it)).collect();
        let encoding = self.0.editor().encoding;
        let found = blocking(move || {
            let found = films
                .iter()
                .flat_map(|(open, film)| search::matching(film, open, &params.query, encoding));
            found.collect::<Vec<_>>()
        });
        let found = found.await.map_err(|_| jsonrpc::Error::internal_error())?;
        straight::written(found, WorkspaceSymbolResponse::Nested)
    }
}
