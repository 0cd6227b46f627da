"""What an editor is told of a script: the sample film, and a few lines with a wave in them."""

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

# Behind the wave, bytes, units of UTF-16 and letters count differently.
WAVE = "🌊 Jiří looks."
SLIP = (
    "INT. GAUGE HOUSE - DAY #1#\n\n"
    f"{WAVE} See https://example.org/tide, then ÉLOÏSE.\n\n"
    "JIŘI\n(dry)\nOne [[a remark]] meter.\n\nÉLOÏSE\nFive.\n"
)


def touches(outer, inner):
    """Whether a range holds another."""
    at = lambda it: (it.line, it.character)
    return at(outer.start) <= at(inner.start) and at(inner.end) <= at(outer.end)


async def test_the_sample_film_has_no_slips(editor):
    editor.open()
    # What other tests have typed, and left without a word, is kept and told of.
    found = [it for it in await editor.problems() if it.code != "keptDraft"]
    # A montage is no place.
    assert [it.code for it in found] == ["unknownLocation"]
    assert found[0].severity == types.DiagnosticSeverity.Hint


async def test_a_slip_is_told_with_who_is_meant(editor):
    editor.open(SLIP)
    found = await editor.problem("unknownCharacter", "JIŘI")
    assert found.severity == types.DiagnosticSeverity.Warning
    assert found.source == "storycore"
    assert "did you mean JIŘÍ?" in found.message
    # Put right as it is typed, behind a letter of two bytes.
    editor.type(editor.place("JIŘI", 3), editor.place("JIŘI", 4), "Í")
    assert [it for it in await editor.problems() if it.code.startswith("unknown")] == []
    assert "JIŘÍ\n" in editor.text.source


async def test_a_hover_tells_who_somebody_is(editor):
    editor.open(SLIP)
    for words, into in (("ÉLOÏSE\nFive", 5), ("then ÉLOÏSE", 5)):
        asked = types.HoverParams(editor.document, editor.place(words, into))
        hover = await editor.text_document_hover_async(asked)
        assert editor.words(hover.range) == "ÉLOÏSE"
        assert hover.contents.kind in editor.capabilities.text_document.hover.content_format
        assert "yellow oilskin" in hover.contents.value
        # Below, the shot they are in.
        assert "mm, static" in hover.contents.value


async def test_the_first_letters_of_a_cue_bring_its_name(editor):
    editor.open(SLIP + "\nÉL")
    asked = types.CompletionParams(editor.document, editor.place("\nÉL\n"[:3], 3, 1))
    found = await editor.text_document_completion_async(asked)
    first = next(it for it in found if it.label == "ÉLOÏSE")
    assert editor.edited([first.text_edit]) == SLIP + "\nÉLOÏSE"
    assert min(found, key=lambda it: it.sort_text) == first
    # No more may be shown than the name: that would be no template of an editor without them.
    assert all(it.filter_text.startswith("ÉL") for it in found)


async def test_a_shot_note_is_completed_as_the_editor_can(editor):
    editor.open(SLIP + "\n[[shot: ")
    asked = types.CompletionParams(editor.document, editor.place("[[shot: ", 8))
    found = await editor.text_document_completion_async(asked)
    assert any(it.label.startswith("CU") for it in found)
    item = editor.capabilities.text_document.completion.completion_item
    if not item.snippet_support:
        plain = types.InsertTextFormat.PlainText
        assert all(it.insert_text_format in (None, plain) for it in found)
        assert all("${" not in (it.text_edit.new_text if it.text_edit else "") for it in found)


async def test_a_name_leads_into_the_bible_and_back(editor):
    editor.open(SLIP)
    place = editor.place("then ÉLOÏSE", 6)
    entry = editor.film / "bible/eloise.toml"
    asked = types.DefinitionParams(editor.document, place)
    found = await editor.text_document_definition_async(asked)
    assert found.uri == entry.as_uri()
    codec = PositionCodec(editor.agreed.position_encoding)
    bible = TextDocument(entry.as_uri(), entry.read_text(encoding="utf-8"), position_codec=codec)
    assert bible.text_in_client_range(found.range) == "ÉLOÏSE"
    for declared, n_bible in ((True, 4), (False, 0)):
        context = types.ReferenceContext(include_declaration=declared)
        asked = types.ReferenceParams(context, editor.document, place)
        places = await editor.text_document_references_async(asked)
        here = [it.range for it in places if it.uri == editor.uri]
        assert [editor.words(it) for it in here] == ["ÉLOÏSE", "ÉLOÏSE"]
        there = [it for it in places if it.uri == entry.as_uri()]
        assert len(there) == n_bible, there
        assert len(places) == len(here) + len(there)
    asked = types.DocumentHighlightParams(editor.document, place)
    found = await editor.text_document_document_highlight_async(asked)
    assert [editor.words(it.range) for it in found] == ["ÉLOÏSE", "ÉLOÏSE"]


async def test_the_outline_is_nested_and_inside_of_the_text(editor):
    editor.open()
    asked = types.DocumentSymbolParams(editor.document)
    sections = await editor.text_document_document_symbol_async(asked)
    assert [it.name for it in sections] == ["The Reading", "The Difference", "The Datum"]
    names = await editor.outline()
    assert len(names) == 14 and names[0] == "1 EXT. HARBOR MOLE - DAWN"
    assert names[3] == "4 INT./EXT. JIŘÍ'S VAN - DAY"

    def check(symbol, above):
        editor.check(symbol.range)
        assert symbol.name.strip(), "an editor refuses a symbol without a name"
        assert touches(symbol.range, symbol.selection_range), symbol
        is_scene = symbol.kind == types.SymbolKind.Namespace
        assert above is None or is_scene or touches(above.range, symbol.range), symbol
        for child in symbol.children or []:
            check(child, symbol)

    for section in sections:
        check(section, None)
    shots = sections[0].children[0].children
    assert len(shots) == 6 and shots[0].name.startswith("1A ")


async def test_a_section_holds_its_scenes(editor):
    editor.open()
    asked = types.DocumentSymbolParams(editor.document)
    for section in await editor.text_document_document_symbol_async(asked):
        for scene in section.children:
            assert touches(section.range, scene.range), f"{scene.name} ends at {scene.range.end}"


async def test_scenes_fold_from_their_heading_to_their_last_line(editor):
    editor.open()
    folds = await editor.text_document_folding_range_async(
        types.FoldingRangeParams(editor.document)
    )
    lines = editor.text.source.split("\n")
    assert len(folds) == 14
    for before, after in zip(folds, folds[1:]):
        assert before.start_line < before.end_line < after.start_line
    for fold in folds:
        assert lines[fold.start_line].startswith(("INT.", "EXT.", "INT./EXT.", "."))
        assert lines[fold.end_line].strip()


async def colors(editor):
    """Every colored part of the text, with its kind."""
    asked = types.SemanticTokensParams(editor.document)
    tokens = await editor.text_document_semantic_tokens_full_async(asked)
    kinds = editor.agreed.semantic_tokens_provider.legend.token_types
    return colored(editor, tokens.data, kinds), tokens


def colored(editor, data, kinds):
    assert len(data) % 5 == 0
    found, line, column, end = [], 0, 0, 0
    for at in range(0, len(data), 5):
        delta_line, delta_start, length, kind, modifiers = data[at : at + 5]
        if delta_line:
            line, column, end = line + delta_line, 0, 0
        column += delta_start
        assert column >= end, f"two tokens overlap in line {line}"
        assert length > 0 and modifiers == 0
        end = column + length
        span = types.Range(types.Position(line, column), types.Position(line, end))
        found.append((kinds[kind], editor.words(span)))
    return found


async def test_colors_are_whole_in_order_and_inside_of_the_text(editor):
    editor.open()
    found, _ = await colors(editor)
    assert len(found) > 200
    editor.open(SLIP)
    found, tokens = await colors(editor)
    assert found == [
        ("namespace", "INT. GAUGE HOUSE - DAY #1#"),
        ("class", "JIŘI"),
        ("parameter", "(dry)"),
        ("string", "One "),
        ("comment", "[[a remark]]"),
        ("string", " meter."),
        ("class", "ÉLOÏSE"),
        ("string", "Five."),
    ]
    # What changed is told as a change of these numbers.
    editor.type(editor.place("Five", 0), editor.place("Five", 4), "🌊 Six\n(wet)\nor five")
    asked = types.SemanticTokensDeltaParams(editor.document, tokens.result_id)
    delta = await editor.text_document_semantic_tokens_full_delta_async(asked)
    data = list(tokens.data)
    for edit in sorted(delta.edits, key=lambda it: -it.start):
        data[edit.start : edit.start + edit.delete_count] = edit.data or []
    kinds = editor.agreed.semantic_tokens_provider.legend.token_types
    anew, whole = await colors(editor)
    assert colored(editor, data, kinds) == anew
    assert data == list(whole.data)


async def test_a_selection_grows_from_the_word_to_the_script(editor):
    editor.open(SLIP)
    places = [editor.place("looks", 2), editor.place("Five", 1)]
    asked = types.SelectionRangeParams(editor.document, places)
    found = await editor.text_document_selection_range_async(asked)
    assert len(found) == len(places)
    for selection, place, word in zip(found, places, ("looks", "Five")):
        assert editor.words(selection.range) == word
        assert touches(selection.range, types.Range(place, place))
        while selection.parent:
            assert touches(selection.parent.range, selection.range)
            assert selection.parent.range != selection.range
            selection = selection.parent
        assert editor.words(selection.range) == SLIP


async def test_hints_stand_behind_headings_of_the_range_that_was_asked(editor):
    editor.open()
    lines = editor.text.source.split("\n")
    codec = editor.text.position_codec
    first = types.Range(types.Position(0, 0), types.Position(50, 0))
    whole = types.Range(types.Position(0, 0), types.Position(len(lines), 0))
    for span, n_scenes in ((first, 2), (whole, 14)):
        asked = types.InlayHintParams(editor.document, span)
        hints = await editor.text_document_inlay_hint_async(asked)
        assert len(hints) == n_scenes
        for hint in hints:
            line = lines[hint.position.line]
            assert hint.position.character == codec.client_num_units(line)
            assert hint.label.endswith((" shot", " shots"))


async def test_above_each_heading_stands_what_there_is_to_draw(editor):
    editor.open()
    lenses = await editor.text_document_code_lens_async(types.CodeLensParams(editor.document))
    offered = editor.agreed.execute_command_provider.commands
    headings = {editor.words(it.range) for it in lenses}
    # Two have the same words.
    assert len(headings) == 14 and len({it.command.title for it in lenses}) > 14
    # Nothing has to be asked for once more: we offer no `codeLens/resolve`.
    assert all(it.command and it.command.command in offered for it in lenses)
    draws = [it.command for it in lenses if it.command.title.startswith("draw ")]
    assert len(draws) == 14 and draws[0].title == "draw 6 shots"


async def test_addresses_can_be_followed(editor):
    editor.open(SLIP)
    asked = types.DocumentLinkParams(editor.document)
    links = await editor.text_document_document_link_async(asked)
    assert [(editor.words(it.range), it.target) for it in links] == [
        ("https://example.org/tide", "https://example.org/tide")
    ]


async def test_names_are_found_in_the_whole_film(editor):
    editor.open()
    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("gauge house"))
    entry = (editor.film / "bible/gauge-house.toml").as_uri()
    assert any(it.location.uri == entry for it in found)
    scenes = [it for it in found if it.location.uri == editor.uri]
    assert len(scenes) == 5
    for scene in scenes:
        editor.check(scene.location.range)
        assert "GAUGE HOUSE" in editor.words(scene.location.range)
    nothing = types.WorkspaceSymbolParams("nowhere at all")
    assert not await editor.workspace_symbol_async(nothing)
