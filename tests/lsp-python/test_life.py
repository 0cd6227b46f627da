"""How a session begins and ends."""

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from editor import PROFILES, WAIT_S

# LSP 3.17, `ErrorCodes`.
INVALID_REQUEST = -32600


async def test_the_server_says_what_it_offers(silent):
    began = await silent.begin()
    offered = began.capabilities
    assert offered.position_encoding == PROFILES[silent.profile]
    assert began.server_info.name == "StoryCore"
    sync = offered.text_document_sync
    assert sync.open_close and sync.change == types.TextDocumentSyncKind.Incremental
    assert sync.save.include_text is False
    assert offered.rename_provider.prepare_provider
    assert offered.semantic_tokens_provider.full.delta
    assert set(offered.execute_command_provider.commands) == {
        "storycore.call",
        "storycore.openBoard",
        "storycore.show",
        "storycore.keepMine",
    }
    for name in (
        "hover",
        "completion",
        "definition",
        "references",
        "document_highlight",
        "document_symbol",
        "workspace_symbol",
        "code_action",
        "code_lens",
        "document_formatting",
        "document_on_type_formatting",
        "document_link",
        "folding_range",
        "selection_range",
        "inlay_hint",
    ):
        assert getattr(offered, f"{name}_provider"), name


async def test_it_leaves_when_it_is_told_to(editor):
    editor.open()
    await editor.problems()
    async with asyncio.timeout(WAIT_S):
        # Says both words and waits; nobody closes its stdin.
        await editor.shutdown_session()
    assert editor._server.returncode == 0
    assert editor.messages == [] and editor.error is None


async def test_it_leaves_with_a_failure_when_it_was_not_told_before(editor):
    editor.exit(None)
    async with asyncio.timeout(WAIT_S):
        await editor._server.wait()
    assert editor._server.returncode == 1


async def test_nothing_is_answered_between_shutdown_and_exit(editor):
    editor.open()
    await editor.problems()
    await editor.shutdown_async(None)
    asked = types.HoverParams(editor.document, types.Position(27, 0))
    with pytest.raises(JsonRpcException) as refused:
        await editor.text_document_hover_async(asked)
    assert refused.value.code == INVALID_REQUEST


async def test_a_session_begins_once(editor):
    params = types.InitializeParams(capabilities=editor.can())
    with pytest.raises(JsonRpcException) as refused:
        await editor.initialize_async(params)
    assert refused.value.code == INVALID_REQUEST
    # And goes on as it was agreed on.
    editor.open()
    assert len(await editor.outline()) == 14


async def test_what_is_closed_has_no_problems(editor):
    editor.open(SLIP)
    assert await editor.problems()
    editor.text_document_did_close(types.DidCloseTextDocumentParams(editor.document))
    async with asyncio.timeout(WAIT_S):
        while editor.published[-1].diagnostics:
            await asyncio.sleep(0.01)
    # Nor is anything known of it.
    asked = types.HoverParams(editor.document, types.Position(0, 0))
    assert await editor.text_document_hover_async(asked) is None


SLIP = "INT. KITCHEN - DAY\n\nWater boils.\n\nJIRI\nStill.\n"
