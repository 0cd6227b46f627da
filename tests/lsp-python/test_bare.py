"""An editor that says of nothing that it can do it is answered in the plainest form there is."""

import pytest
from lsprotocol import types

from editor import edits_of


async def test_it_counts_units_of_utf_16(bare):
    # LSP 3.17, `general.positionEncodings`: "if omitted it defaults to ['utf-16']".
    assert bare.agreed.position_encoding == types.PositionEncodingKind.Utf16


async def test_a_rename_is_a_list_of_changes(bare):
    bare.open()
    asked = types.RenameParams(
        text_document=bare.document, position=bare.place("ZOÉ\n", 1), new_name="Nina"
    )
    change = await bare.text_document_rename_async(asked)
    assert change.document_changes is None and change.change_annotations is None
    assert "NINA" in bare.edited(edits_of(change)[bare.uri])


async def test_nothing_is_completed_with_a_template(bare):
    bare.open("INT. GAUGE HOUSE - DAY\n\n[[shot: ")
    asked = types.CompletionParams(bare.document, types.Position(2, 8))
    found = await bare.text_document_completion_async(asked)
    assert found
    assert all(it.insert_text_format != types.InsertTextFormat.Snippet for it in found)


async def test_an_outline_is_flat(bare):
    """LSP 3.17, `hierarchicalDocumentSymbolSupport`."""
    bare.open()
    asked = types.DocumentSymbolParams(bare.document)
    found = await bare.text_document_document_symbol_async(asked)
    assert all(isinstance(it, types.SymbolInformation) for it in found)


JIRI = "INT. GAUGE HOUSE - DAY\n\nJIŘI\nNever.\n"


async def actions(bare):
    bare.open(JIRI)
    problem = await bare.problem("unknownCharacter", "JIŘI")
    context = types.CodeActionContext([problem])
    asked = types.CodeActionParams(bare.document, problem.range, context)
    return await bare.text_document_code_action_async(asked)


async def test_an_action_is_a_command(bare):
    """LSP 3.17, `codeActionLiteralSupport`: else "only `Command` literals"."""
    assert all(isinstance(it, types.Command) for it in await actions(bare))


QUICK_FIX = types.ClientCodeActionKindOptions(value_set=[types.CodeActionKind.QuickFix])
LITERALS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(
            code_action_literal_support=types.ClientCodeActionLiteralOptions(
                code_action_kind=QUICK_FIX
            )
        )
    )
)


@pytest.mark.parametrize("bare", [LITERALS], indirect=True)
async def test_the_edit_of_an_action_is_a_list_of_changes(bare):
    """LSP 3.17, `WorkspaceEdit`: else "only plain `TextEdit`s using the `changes` property"."""
    write = next(it for it in await actions(bare) if it.title == "Write JIŘÍ")
    assert bare.edited(edits_of(write.edit)[bare.uri]) == JIRI.replace("JIŘI", "JIŘÍ")
    assert write.edit.document_changes is None


PLAIN = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.PlainText])
    )
)


@pytest.mark.parametrize("bare", [PLAIN], indirect=True)
async def test_a_hover_is_plain_text(bare):
    """LSP 3.17, `HoverClientCapabilities.contentFormat`: "the client supports the following"."""
    bare.open()
    asked = types.HoverParams(bare.document, bare.place("ZOÉ\n", 1))
    hover = await bare.text_document_hover_async(asked)
    assert hover.contents.kind == types.MarkupKind.PlainText
