"""What the server would have an editor change, and what it makes of what was changed."""

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.workspace import PositionCodec, TextDocument

from editor import edited, edits_of

# LSP 3.17, `ErrorCodes`.
INVALID_PARAMS = -32602


def says(editor, path, fallback=False):
    """What an editor says of how a change of files may look."""
    found = editor.capabilities.workspace.workspace_edit
    for name in path.split("."):
        found = getattr(found, name, None)
    return found or fallback


async def test_a_renamed_character_is_renamed_everywhere(editor):
    editor.open()
    place = editor.place("ÉLOÏSE\n", 2)
    asked = types.PrepareRenameParams(editor.document, place)
    prepared = await editor.text_document_prepare_rename_async(asked)
    assert editor.words(prepared.range) == "ÉLOÏSE" and prepared.placeholder == "ÉLOÏSE"
    asked = types.RenameParams(
        text_document=editor.document, position=place, new_name="Odette"
    )
    change = await editor.text_document_rename_async(asked)
    check_form(editor, change)
    files = edits_of(change)
    entry = editor.film / "bible/eloise.toml"
    assert set(files) == {editor.uri, entry.as_uri()}
    renamed = editor.edited(files[editor.uri])
    # A place that is called after her is another name, as is her whole one.
    kept = renamed.replace("ÉLOÏSE'S KITCHEN", "").replace("ÉLOÏSE KERVADEC", "")
    assert "ÉLOÏSE" not in kept and "Éloïse" not in kept
    assert renamed.count("ODETTE\n") == editor.text.source.count("ÉLOÏSE\n")
    assert renamed.count("\nODETTE (CONT'D)\n") == editor.text.source.count("\nÉLOÏSE (CONT'D)\n")
    before = entry.read_text(encoding="utf-8")
    codec = PositionCodec(editor.agreed.position_encoding)
    bible = TextDocument(entry.as_uri(), before, position_codec=codec)
    after = edited(bible, files[entry.as_uri()])
    assert after == before.replace('name = "ÉLOÏSE"', 'name = "ODETTE"')


def check_form(editor, change):
    """Fails where a change is said in a way that the editor does not know."""
    if not says(editor, "document_changes"):
        assert change.document_changes is None
        assert change.change_annotations is None
        return
    assert change.changes is None
    versions = {
        it.text_document.uri: it.text_document.version for it in change.document_changes
    }
    assert versions[editor.uri] == editor.text.version
    edits = [edit for it in change.document_changes for edit in it.edits]
    if not says(editor, "change_annotation_support"):
        assert change.change_annotations is None
        assert not any(isinstance(it, types.AnnotatedTextEdit) for it in edits)
        return
    used = {it.annotation_id for it in edits}
    assert used == set(change.change_annotations) & used and used


async def test_two_people_are_not_made_one(editor):
    editor.open()
    asked = types.RenameParams(
        text_document=editor.document,
        position=editor.place("ZOÉ\n", 1),
        new_name="Jiří",
    )
    with pytest.raises(JsonRpcException) as refused:
        await editor.text_document_rename_async(asked)
    assert refused.value.code == INVALID_PARAMS
    assert "choose another name" in refused.value.message


async def actions(editor, problem):
    asked = types.CodeActionParams(
        editor.document, problem.range, types.CodeActionContext([problem])
    )
    return await editor.text_document_code_action_async(asked)


async def test_a_slip_is_put_right_with_a_click(editor):
    editor.open()
    editor.type(editor.place("JIŘÍ\nNever.", 3), editor.place("JIŘÍ\nNever.", 4), "I")
    problem = await editor.problem("unknownCharacter", "JIŘI")
    found = await actions(editor, problem)
    write = next(it for it in found if it.title == "Write JIŘÍ")
    assert write.kind == types.CodeActionKind.QuickFix and write.is_preferred
    assert write.diagnostics == (problem,) or list(write.diagnostics) == [problem]
    files = edits_of(write.edit)
    assert list(files) == [editor.uri]
    # As if it had never been typed.
    text = (editor.film / "script/high-water.fountain").read_text(encoding="utf-8")
    assert editor.edited(files[editor.uri]) == text


async def test_somebody_new_is_added_to_the_bible_where_files_can_be_made(editor):
    editor.open()
    start = editor.place("INT. GAUGE HOUSE")
    editor.type(start, start, "PIET\nGood morning.\n\n")
    problem = await editor.problem("unknownCharacter", "PIET")
    found = await actions(editor, problem)
    add = [it for it in found if it.title == "Add PIET to the bible"]
    makes = types.ResourceOperationKind.Create in says(editor, "resource_operations", [])
    assert len(add) == makes
    if add:
        create, fill = add[0].edit.document_changes
        assert create.kind == "create"
        assert create.uri == (editor.film / "bible/characters/piet.toml").as_uri()
        assert fill.text_document.uri == create.uri
        assert 'name = "PIET"' in fill.edits[0].new_text


async def test_an_action_names_only_the_problems_that_it_solves(editor):
    """LSP 3.17, `CodeAction.diagnostics`: "the diagnostics that this code action resolves"."""
    if types.ResourceOperationKind.Create not in says(editor, "resource_operations", []):
        pytest.skip("it can make no files")
    editor.open()
    start = editor.place("INT. GAUGE HOUSE")
    editor.type(start, start, "PIET\nGood morning.\n\nKLAAS\nGood morning.\n\n")
    problems = [it for it in await editor.problems() if it.code == "unknownCharacter"]
    names = [editor.words(it.range) for it in problems]
    assert names == ["PIET", "KLAAS"]
    # As an editor asks about a selection of both.
    span = types.Range(problems[0].range.start, problems[1].range.end)
    asked = types.CodeActionParams(editor.document, span, types.CodeActionContext(problems))
    found = await editor.text_document_code_action_async(asked)
    add = next(it for it in found if it.title == "Add PIET to the bible")
    assert [editor.words(it.range) for it in add.diagnostics] == ["PIET"]


async def test_a_scene_is_numbered_between_its_neighbors(editor):
    editor.open()
    asked = types.CodeActionParams(
        editor.document,
        types.Range(types.Position(0, 0), types.Position(0, 0)),
        types.CodeActionContext([], only=[types.CodeActionKind.Source]),
    )
    found = await editor.text_document_code_action_async(asked)
    number = next(it for it in found if it.title == "Number the scenes")
    numbered = editor.edited(edits_of(number.edit)[editor.uri])
    assert "EXT. SLIPWAY - DAY #2A#\n" in numbered
    assert "INT./EXT. JIŘÍ'S VAN - DAY #2B#\n" in numbered


async def test_a_tidied_script_means_the_same(editor):
    tidy = (editor.film / "script/high-water.fountain").read_text(encoding="utf-8")
    editor.open(tidy)
    options = types.FormattingOptions(tab_size=4, insert_spaces=True)
    asked = types.DocumentFormattingParams(editor.document, options)
    assert not await editor.text_document_formatting_async(asked)
    untidy = tidy.replace("INT. ÉLOÏSE'S KITCHEN - LATER\n", "int. éloïse's kitchen - later \n")
    untidy = untidy.replace("Does it sleep?\n", "Does it sleep?   \n").removesuffix("\n")
    assert untidy != tidy
    editor.open(untidy)
    outline = await editor.outline()
    edits = await editor.text_document_formatting_async(asked)
    result = editor.edited(edits)
    assert result == tidy
    editor.open(result)
    assert [it.upper() for it in await editor.outline()] == [it.upper() for it in outline]


async def test_what_is_typed_as_a_cue_becomes_one(editor):
    editor.open()
    start = editor.place("INT. GAUGE HOUSE")
    editor.type(start, start, "Zoé\n\n\n")
    below = types.Position(start.line + 1, 0)
    asked = types.DocumentOnTypeFormattingParams(
        editor.document, below, "\n", types.FormattingOptions(tab_size=4, insert_spaces=True)
    )
    edits = await editor.text_document_on_type_formatting_async(asked)
    assert [it.new_text for it in edits] == ["ZOÉ"]
    assert [editor.words(it.range) for it in edits] == ["Zoé"]


@pytest.mark.writes
async def test_a_saved_script_is_the_film_at_once(editor):
    editor.open()
    project = await editor.project()
    assert len(await editor.call("scene/list", project=project)) == 14
    end = editor.text.client_position_at_offset(len(editor.text.source))
    editor.type(end, end, "\nEXT. LIGHTHOUSE - DAY\n\nÉloïse waves.\n")
    # Typed, it is seen here and nowhere else.
    assert len(await editor.outline()) == 15
    assert len(await editor.call("scene/list", project=project)) == 14
    script = editor.film / "script/high-water.fountain"
    script.write_text(editor.text.source, encoding="utf-8")
    editor.text_document_did_save(types.DidSaveTextDocumentParams(editor.document))
    scenes = await editor.call("scene/list", project=project)
    assert len(scenes) == 15 and scenes[-1]["heading"] == "EXT. LIGHTHOUSE - DAY"
    lenses = await editor.text_document_code_lens_async(types.CodeLensParams(editor.document))
    last = lenses[-1].range
    assert editor.words(last) == "EXT. LIGHTHOUSE - DAY"
    above = [it.command.title for it in lenses if it.range == last]
    assert above[0].startswith("draw ")
    # The rest stays what it was.
    assert len(await editor.outline()) == 15


async def click(editor, title):
    """Runs the first command above a heading whose title begins so."""
    asked = types.CodeLensParams(editor.document)
    lenses = await editor.text_document_code_lens_async(asked)
    command = next(it.command for it in lenses if it.command.title.startswith(title))
    params = types.ExecuteCommandParams(command.command, command.arguments)
    return await editor.workspace_execute_command_async(params), command.title


@pytest.mark.writes
async def test_a_lens_draws_when_it_is_clicked(editor):
    editor.open()
    drawn, title = await click(editor, "draw ")
    assert title == "draw 6 shots" and drawn["done"] == 6
    drawn, title = await click(editor, "draw ")
    assert title == "draw 7 shots" and drawn["done"] == 7


async def test_the_board_is_shown_by_the_editor_or_said(editor):
    window = editor.capabilities.window
    can_show = window.show_document and window.show_document.support
    editor.open()
    await click(editor, "open board")
    if can_show:
        assert [it.external for it in editor.shown_documents] == [True]
        assert editor.shown_documents[0].uri.startswith("http://127.0.0.1:")
        assert editor.messages == []
    else:
        # LSP 3.17, `window.showDocument.support`: it has to be asked for.
        assert editor.shown_documents == []
        # It may come after the answer.
        while not editor.messages:
            await asyncio.sleep(0.02)
        assert "http://127.0.0.1:" in editor.messages[0].message
