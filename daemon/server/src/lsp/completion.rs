//! What may be written next: who speaks, where and when a scene is, what a note may ask for.

use std::collections::BTreeSet;

use storycore_core::{
    bible::{fold_name, names_of},
    fountain::ElementKind,
};
use storycore_schema::{
    bible::EntryKind,
    craft::{Angle, Framing, Movement},
};
use tower_lsp_server::ls_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, InsertTextFormat, Position, Range,
    TextEdit,
};

use super::{
    document::Document,
    place::{Encoding, byte_at, position_at},
    view::View,
};

/// Proposals that are sent, in items.
const ITEMS_MAX: usize = 200;

const PREFIXES: [&str; 4] = ["INT. ", "EXT. ", "INT./EXT. ", "EST. "];
const TIMES: [&str; 12] = [
    "DAY",
    "NIGHT",
    "MORNING",
    "EVENING",
    "DAWN",
    "DUSK",
    "AFTERNOON",
    "CONTINUOUS",
    "LATER",
    "MOMENTS LATER",
    "SAME",
    "MIDNIGHT",
];
const TRANSITIONS: [&str; 10] = [
    "CUT TO:",
    "SMASH CUT TO:",
    "MATCH CUT TO:",
    "JUMP CUT TO:",
    "DISSOLVE TO:",
    "FADE TO:",
    "FADE TO BLACK:",
    "WIPE TO:",
    "INTERCUT WITH:",
    "TIME CUT TO:",
];
const EXTENSIONS: [&str; 7] = [
    "V.O.", "O.S.", "CONT'D", "O.C.", "PRE-LAP", "ON PHONE", "FILTERED",
];
const TITLE_KEYS: [&str; 10] = [
    "Title",
    "Credit",
    "Author",
    "Authors",
    "Source",
    "Draft date",
    "Date",
    "Contact",
    "Copyright",
    "Notes",
];

/// What may stand at a place, the likeliest first.
pub(super) fn at(
    document: &Document,
    position: Position,
    (encoding, snippets): (Encoding, bool),
) -> Vec<CompletionItem> {
    let byte = byte_at(&document.script, position, encoding);
    let Some(line) = Line::at(document, byte) else {
        return start_of_script(position);
    };
    let writer = Writer {
        document,
        position,
        encoding,
        byte,
    };
    let mut items = proposals(document, &line, &writer, snippets);
    items.truncate(ITEMS_MAX);
    for (rank, item) in items.iter_mut().enumerate() {
        item.sort_text = Some(format!("{rank:04}"));
    }
    items
}

fn start_of_script(position: Position) -> Vec<CompletionItem> {
    let keys = TITLE_KEYS.iter().map(|it| format!("{it}: "));
    let starts = keys.chain(PREFIXES.map(str::to_owned));
    let item = |it: String| {
        let edit = TextEdit::new(Range::new(position, position), it.clone());
        CompletionItem {
            label: it.trim_end().to_owned(),
            kind: Some(CompletionItemKind::KEYWORD),
            text_edit: Some(CompletionTextEdit::Edit(edit)),
            ..CompletionItem::default()
        }
    };
    starts.map(item).collect()
}

/// The line that is written, up to the cursor, and what stands above it.
struct Line<'d> {
    before: &'d str,
    /// Whether an empty line, or nothing, is above.
    after_blank: bool,
    /// Whether it is of the title page, or the script's first.
    in_title_page: bool,
    is_first: bool,
}

impl<'d> Line<'d> {
    fn at(document: &'d Document, byte: usize) -> Option<Line<'d>> {
        let start = document.script.block_at(byte)?;
        let block = document.script.blocks().get(start.block_idx)?;
        let inside = (byte - start.byte).min(block.text.len());
        let before = &block.text[..inside];
        let line_start = before.rfind(['\n', '\r']).map_or(0, |it| it + 1);
        let above = before[..line_start].trim_end_matches(['\n', '\r']);
        let above_len = line_start - above.len();
        let two_ends = block.text[above.len()..line_start].matches('\n').count() > 1;
        let is_first = line_start == 0 && start.block_idx == 0;
        let title = block
            .title_page
            .last()
            .map(|it| it.values.last().map_or(it.key_span.end, |it| it.span.end));
        let blank_above = above
            .rsplit(['\n', '\r'])
            .next()
            .is_some_and(|it| it.trim().is_empty());
        Some(Line {
            before: &before[line_start..],
            after_blank: above_len == 0 || two_ends || blank_above,
            in_title_page: title.is_some_and(|it| inside as u32 <= it + 2) && !two_ends,
            is_first,
        })
    }
}

fn proposals(
    document: &Document,
    line: &Line<'_>,
    writer: &Writer<'_>,
    snippets: bool,
) -> Vec<CompletionItem> {
    let before = line.before;
    if let Some(note) = before
        .rfind("[[")
        .filter(|it| !before[*it..].contains("]]"))
    {
        return in_note(document, &before[note + 2..], writer, snippets);
    }
    if line.in_title_page {
        return match before.contains(':') || before.starts_with(char::is_whitespace) {
            true => Vec::new(),
            false => writer.all(
                TITLE_KEYS.map(|it| format!("{it}: ")),
                before,
                CompletionItemKind::PROPERTY,
            ),
        };
    }
    if !line.after_blank {
        return Vec::new();
    }
    if let Some((_, extension)) = before.split_once('(').filter(|_| is_upper(before)) {
        let closed = EXTENSIONS.map(|it| format!("{it})"));
        return writer.all(closed, extension, CompletionItemKind::ENUM_MEMBER);
    }
    if let Some(place) = after_prefix(before) {
        return in_heading(document, place, writer);
    }
    if let Some(transition) = before.strip_prefix('>') {
        let written = transition.trim_start();
        return writer.all(
            TRANSITIONS.map(str::to_owned),
            written,
            CompletionItemKind::KEYWORD,
        );
    }
    let forced = before.strip_prefix('@');
    let written = forced.unwrap_or(before);
    if forced.is_none() && !is_upper(written) {
        return Vec::new();
    }
    let mut items = writer.all(
        speakers(document, writer.byte),
        written,
        CompletionItemKind::CLASS,
    );
    if forced.is_none() {
        let prefixes = PREFIXES.map(str::to_owned);
        items.extend(writer.all(prefixes, written, CompletionItemKind::KEYWORD));
        let transitions = TRANSITIONS.map(str::to_owned);
        items.extend(writer.all(transitions, written, CompletionItemKind::KEYWORD));
        if line.is_first {
            let keys = TITLE_KEYS.map(|it| format!("{it}: "));
            items.extend(writer.all(keys, written, CompletionItemKind::PROPERTY));
        }
    }
    items
}

fn is_upper(text: &str) -> bool {
    !text.chars().any(char::is_lowercase)
}

/// What a heading says after `INT. `.
fn after_prefix(line: &str) -> Option<&str> {
    let upper = line.to_ascii_uppercase();
    let longest = [
        "INT./EXT.",
        "INT/EXT.",
        "EXT./INT.",
        "I/E.",
        "I/E",
        "INT.",
        "EXT.",
        "EST.",
        "INT",
        "EXT",
        "EST",
    ];
    let prefix = longest.iter().find(|it| upper.starts_with(**it))?;
    let rest = &line[prefix.len()..];
    (prefix.ends_with('.') || rest.starts_with(' ')).then(|| rest.trim_start())
}

fn in_heading(document: &Document, place: &str, writer: &Writer<'_>) -> Vec<CompletionItem> {
    if let Some((_, last)) = place.rsplit_once(" - ") {
        let mut items = writer.all(
            TIMES.map(str::to_owned),
            last,
            CompletionItemKind::ENUM_MEMBER,
        );
        let parts = locations(document, writer.byte);
        let start = &place[..place.len() - last.len()];
        let more = parts
            .iter()
            .filter_map(|it| it.strip_prefix(start))
            .map(str::to_owned);
        items.extend(writer.all(more, last, CompletionItemKind::MODULE));
        return items;
    }
    writer.all(
        locations(document, writer.byte),
        place,
        CompletionItemKind::MODULE,
    )
}

/// Places, those of the most scenes first, then those that only the bible has.
fn locations(document: &Document, byte: usize) -> Vec<String> {
    let view = document.view();
    // The heading that is being written names no place yet.
    let own = view.scene_at(byte).map(|it| it.record.id);
    let mut counted: Vec<(usize, String)> = Vec::new();
    for scene in view.film.state.project.screenplay.scenes_in_order() {
        if scene.location.is_empty() || own == Some(scene.id) {
            continue;
        }
        match counted.iter_mut().find(|it| it.1 == scene.location) {
            Some(known) => known.0 += 1,
            None => counted.push((1, scene.location.clone())),
        }
    }
    counted.sort_by_key(|it| usize::MAX - it.0);
    let entries = view.film.state.project.bible.of_kind(EntryKind::Location);
    let of_bible = entries.map(|it| it.name.to_uppercase());
    once_each(counted.into_iter().map(|it| it.1).chain(of_bible))
}

/// Who may speak here. In a talk of two that is whoever spoke before the last one; then those who
/// spoke in this scene, the last first; then by how often they speak in the film.
fn speakers(document: &Document, byte: usize) -> Vec<String> {
    let view = document.view();
    let mut spoke = spoke_before(document, byte);
    spoke.reverse();
    let mut order: Vec<String> = spoke.iter().skip(1).cloned().collect();
    order.extend(spoke.first().cloned());
    order.extend(by_frequency(&view));
    once_each(order)
}

fn spoke_before(document: &Document, byte: usize) -> Vec<String> {
    let Some(start) = document.script.block_at(byte) else {
        return Vec::new();
    };
    let Some(block) = document.script.blocks().get(start.block_idx) else {
        return Vec::new();
    };
    let inside = u32::try_from(byte - start.byte).unwrap_or(u32::MAX);
    let before = block.elements.iter().filter(|it| it.span.end < inside);
    let cues = before.filter_map(|it| match &it.kind {
        ElementKind::Character(cue) => Some(fold_name(&cue.name)),
        _ => None,
    });
    cues.collect()
}

fn by_frequency(view: &View) -> Vec<String> {
    let speakers = view.film.derived.speakers.iter();
    let mut counted: Vec<(u32, String)> = speakers.map(|it| (*it.1, it.0.clone())).collect();
    counted.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let entries = view.film.state.project.bible.of_kind(EntryKind::Character);
    let of_bible = entries.flat_map(|it| names_of(it)).map(|it| fold_name(it));
    counted.into_iter().map(|it| it.1).chain(of_bible).collect()
}

fn once_each(all: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut all: Vec<String> = all.into_iter().collect();
    all.retain(|it| known.insert(fold_name(it)));
    all
}

fn in_note(
    document: &Document,
    note: &str,
    writer: &Writer<'_>,
    snippets: bool,
) -> Vec<CompletionItem> {
    let Some((_, body)) = note.split_once(':') else {
        let text = if snippets {
            "shot: ${1:CU} ${2:MAYA}, ${3:85}mm, ${4:3}s]]"
        } else {
            "shot: "
        };
        let mut item = writer.item("shot: ", note, CompletionItemKind::SNIPPET);
        if let Some(CompletionTextEdit::Edit(edit)) = &mut item.text_edit {
            text.clone_into(&mut edit.new_text);
        }
        if snippets {
            item.insert_text_format = Some(InsertTextFormat::SNIPPET);
        }
        item.detail = Some("asks for a framing, a lens, a duration".to_owned());
        return vec![item];
    };
    let last = body.rsplit([',', ' ']).next().unwrap_or_default();
    let spoken = |short: &str, long: &str| (short.to_owned(), long.to_owned());
    let framings = Framing::ALL
        .iter()
        .map(|it| spoken(it.short(), it.spoken()));
    let angles = Angle::ALL.iter().map(|it| spoken(it.spoken(), "angle"));
    let movements = Movement::ALL
        .iter()
        .map(|it| spoken(it.spoken(), "movement"));
    let lenses = ["24mm", "35mm", "50mm", "85mm"]
        .iter()
        .map(|it| spoken(it, "lens"));
    let words = framings.chain(angles).chain(movements).chain(lenses);
    let fits = |it: &str| it.to_lowercase().starts_with(&last.to_lowercase());
    let mut items: Vec<CompletionItem> = words
        .filter(|it| fits(&it.0))
        .map(|(word, detail)| CompletionItem {
            detail: Some(detail),
            ..writer.item(&word, last, CompletionItemKind::ENUM_MEMBER)
        })
        .collect();
    items.extend(writer.all(
        speakers(document, writer.byte),
        last,
        CompletionItemKind::CLASS,
    ));
    items
}

/// Puts what is proposed in the place of what was written of it.
struct Writer<'d> {
    document: &'d Document,
    position: Position,
    encoding: Encoding,
    byte: usize,
}

impl Writer<'_> {
    fn all(
        &self,
        words: impl IntoIterator<Item = String>,
        written: &str,
        kind: CompletionItemKind,
    ) -> Vec<CompletionItem> {
        let folded = written.trim_start().to_lowercase();
        let fits = |it: &String| it.to_lowercase().starts_with(&folded);
        let words = words.into_iter().filter(fits);
        words.map(|it| self.item(&it, written, kind)).collect()
    }

    fn item(&self, word: &str, written: &str, kind: CompletionItemKind) -> CompletionItem {
        let start = self.byte - written.trim_start().len();
        let start = position_at(&self.document.script, start, self.encoding);
        let edit = TextEdit::new(Range::new(start, self.position), word.to_owned());
        CompletionItem {
            label: word.trim_end().to_owned(),
            kind: Some(kind),
            filter_text: Some(word.to_owned()),
            text_edit: Some(CompletionTextEdit::Edit(edit)),
            ..CompletionItem::default()
        }
    }
}

/// Letters after which it is worth a look.
pub(super) const TRIGGERS: [&str; 7] = [".", "@", "(", "[", ":", ">", " "];
