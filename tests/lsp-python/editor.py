"""An editor as pytest-lsp plays it, with a script open, and a text that only it keeps."""

import asyncio
import functools

from lsprotocol import types
from pygls.protocol import default_converter
from pygls.workspace import PositionCodec, TextDocument
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

# How long something may take before a test fails, in seconds.
WAIT_S = 20

# Editors as pytest-lsp has recorded them, and the encoding that is to be agreed on with each.
PROFILES = {
    "visual-studio-code@1.65.2": types.PositionEncodingKind.Utf16,
    "neovim@0.11.0": types.PositionEncodingKind.Utf8,
    # It would rather count letters, and can count bytes, too, as we do.
    "emacs@29.1": types.PositionEncodingKind.Utf8,
}


# Each takes a fifth of a second to make, and keeps nothing of a session.
converter = functools.cache(default_converter)
recorded = functools.cache(client_capabilities)


class Editor(LanguageClient):
    """One editor with one script, which it counts as was agreed on."""

    def __init__(self, profile, film):
        super().__init__(converter_factory=converter)
        self.profile = profile
        self.film = film
        self.uri = (film / "script/high-water.fountain").as_uri()
        self.agreed = None
        self.text = None
        self.broken = []
        self.published = []
        self.was_published = asyncio.Event()
        features = {**DEFAULT_CLIENT_FEATURES}
        features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = keep_problems
        register_lsp_features(self, features)

    def report_server_error(self, error, source):
        """Keeps what it could not read; the fixture tells of it, so pytest-lsp need not."""
        self.broken.append(error)
        item, self._pytest_item = self._pytest_item, None
        super().report_server_error(error, source)
        self._pytest_item = item

    def can(self):
        """What the editor says that it can do."""
        is_known = isinstance(self.profile, str)
        return recorded(self.profile) if is_known else self.profile

    async def begin(self):
        """Agrees on a session; what the server offers."""
        params = types.InitializeParams(capabilities=self.can(), root_uri=self.film.as_uri())
        began = await self.initialize_session(params)
        self.agreed = began.capabilities
        return began

    def open(self, text=None):
        """Opens the script, as it is on disk or as it is given; once more, it is closed before."""
        if self.text is not None:
            self.text_document_did_close(types.DidCloseTextDocumentParams(self.document))
        if text is None:
            text = (self.film / "script/high-water.fountain").read_text(encoding="utf-8")
        self.text = TextDocument(
            self.uri, text, 1, position_codec=PositionCodec(self.agreed.position_encoding)
        )
        item = types.TextDocumentItem(self.uri, "fountain", 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, start, end, new):
        """Replaces a part of the text, as counted by the agreed encoding."""
        change = types.TextDocumentContentChangePartial(range=types.Range(start, end), text=new)
        self.text.apply_change(change)
        self.text.version += 1
        versioned = types.VersionedTextDocumentIdentifier(self.text.version, self.uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(versioned, [change]))

    @property
    def document(self):
        return types.TextDocumentIdentifier(self.uri)

    def place(self, words, into=0, nth=0):
        """The position of some words, or so many letters into them."""
        offset = -1
        for _ in range(nth + 1):
            offset = self.text.source.index(words, offset + 1)
        return self.text.client_position_at_offset(offset + into)

    def span(self, words, nth=0):
        """The range of some words."""
        return types.Range(self.place(words, 0, nth), self.place(words, len(words), nth))

    def words(self, span):
        """The words in a range, which has to lie inside of the text."""
        self.check(span)
        return self.text.text_in_client_range(span)

    def check(self, span):
        """Fails where a range is not one of this text."""
        codec, lines = self.text.position_codec, self.text.lines
        for place in (span.start, span.end):
            is_end = place.line == len(lines) and place.character == 0
            length = 0 if is_end else codec.client_num_units(lines[place.line].rstrip("\r\n"))
            assert place.character <= length, f"{place} is behind the end of its line"
        at = (span.start.line, span.start.character), (span.end.line, span.end.character)
        assert at[0] <= at[1], f"{span} ends before it starts"

    def edited(self, edits):
        """The text after edits that must not overlap."""
        return edited(self.text, edits)

    async def problems(self):
        """What is told of this version of the text."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for told in reversed(self.published):
                    if told.uri == self.uri and told.version == self.text.version:
                        return told.diagnostics
                self.was_published.clear()
                await self.was_published.wait()

    async def problem(self, code, words):
        """The problem of that kind that is told of these words."""
        found = [it for it in await self.problems() if it.code == code]
        return next(it for it in found if self.words(it.range) == words)

    async def outline(self):
        """The names of the scenes, without those of the sections above and the shots below."""
        asked = types.DocumentSymbolParams(self.document)
        symbols = await self.text_document_document_symbol_async(asked)
        names = []
        for symbol in symbols:
            if symbol.kind == types.SymbolKind.Module:
                names.extend(it.name for it in symbol.children or [])
            else:
                names.append(symbol.name)
        return names

    async def call(self, method, **params):
        """Calls a method of StoryCore's own on the same connection."""
        return await self.protocol.send_request_async(method, params)

    async def project(self):
        """The film that the script is part of, as StoryCore calls it."""
        projects = await self.call("project/list")
        return next(it["id"] for it in projects if it["path"] == str(self.film))


def keep_problems(editor: Editor, params: types.PublishDiagnosticsParams):
    editor.published.append(params)
    editor.was_published.set()


def edited(text: TextDocument, edits):
    """A text after edits of one version, which must lie inside of it and not overlap."""
    spans = sorted(
        (
            text.offset_at_position(it.range.start),
            text.offset_at_position(it.range.end),
            it.new_text,
        )
        for it in edits
    )
    for before, after in zip(spans, spans[1:]):
        assert before[1] <= after[0], f"{before} and {after} overlap"
    result = text.source
    for start, end, new in reversed(spans):
        result = result[:start] + new + result[end:]
    return result


def edits_of(change: types.WorkspaceEdit):
    """What is to be changed in each file, in whichever form it is said."""
    if change.changes is not None:
        assert change.document_changes is None, "a change is said twice"
        return dict(change.changes)
    files = (it for it in change.document_changes if isinstance(it, types.TextDocumentEdit))
    return {it.text_document.uri: it.edits for it in files}
