//! Files of the bible and `storycore.toml` in an editor: what is wrong, which keys and values there
//! are, and what they mean, from the schema of the methods.

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value};
use storycore_core::bible::names_of;
use storycore_schema::{
    bible::{BibleEntry, EntryKind},
    diagnostic::Diagnostic,
    project::Settings,
    workflow::Workflow,
};
use tower_lsp_server::ls_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, Hover, HoverContents,
    MarkupContent, MarkupKind, Position, Range as Places, TextEdit,
};

use super::{
    document::Document,
    named::{Named, Role},
    place::{Encoding, byte_at, position_at, range_of},
    view::View,
};
use crate::{folder::SourceKind, source_files};

static BIBLE: LazyLock<Value> = LazyLock::new(schema::<BibleEntry>);
static SETTINGS: LazyLock<Value> = LazyLock::new(schema::<Settings>);
static WORKFLOW: LazyLock<Value> = LazyLock::new(schema::<Workflow>);

/// Aspects that films have.
const ASPECTS: [&str; 6] = ["16:9", "2.39:1", "1.85:1", "4:3", "1.66:1", "9:16"];
/// Frame rates that films have.
const FRAME_RATES: [&str; 5] = ["24", "25", "30", "48", "23.976"];

fn schema<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

fn schema_of(document: &Document) -> &'static Value {
    match document.kind {
        SourceKind::Settings => &SETTINGS,
        SourceKind::Workflow => &WORKFLOW,
        _ => &BIBLE,
    }
}

/// What is wrong with a file as it is typed.
pub(super) fn problem(document: &Document) -> Option<Diagnostic> {
    let text = document.script.text();
    let read = match document.kind {
        SourceKind::Script => return None,
        SourceKind::Workflow => source_files::workflow(&document.path, &text).map(|_| ()),
        SourceKind::Bible => source_files::bible_entry(&document.path, &text).map(|_| ()),
        SourceKind::Settings => {
            source_files::settings(&document.path, &text, &document.film.renderers).map(|_| ())
        }
    };
    read.err()
}

/// The line of a byte, up to it, and the table it is in.
struct Line {
    before: String,
    whole: String,
    table: Option<String>,
}

impl Line {
    fn at(text: &str, byte: usize) -> Line {
        let byte = byte.min(text.len());
        let start = text[..byte].rfind('\n').map_or(0, |it| it + 1);
        let end = text[byte..].find('\n').map_or(text.len(), |it| byte + it);
        let tables = text[..start].lines().map(str::trim);
        let mut tables = tables.filter(|it| it.starts_with('[') && it.ends_with(']'));
        Line {
            before: text[start..byte].to_owned(),
            whole: text[start..end].to_owned(),
            table: tables
                .next_back()
                .map(|it| it.trim_matches(['[', ']']).to_owned()),
        }
    }

    /// The key of the line, and what is written of its value before the cursor.
    fn key(&self) -> Option<(&str, Option<&str>)> {
        let key = self.whole.split('=').next()?.trim();
        let value = self.before.split_once('=').map(|it| it.1.trim_start());
        (!key.is_empty()).then_some((key, value))
    }
}

/// What may be written at a place.
pub(super) fn completion(
    document: &Document,
    position: Position,
    encoding: Encoding,
) -> Vec<CompletionItem> {
    let text = document.script.text();
    let byte = byte_at(&document.script, position, encoding);
    let line = Line::at(&text, byte);
    let value = line.key().and_then(|it| Some((it.0, it.1?)));
    let (written, words) = match value {
        Some((key, written)) if line.table.is_none() => {
            let is_text = is_text(schema_of(document), key);
            let quoted = |it: String| if is_text { format!("\"{it}\"") } else { it };
            let values = values(document, key).into_iter().map(quoted);
            (written, values.map(|it| (it, String::new())).collect())
        }
        Some(_) => return Vec::new(),
        None => (line.before.trim_start(), keys(document, &text, &line)),
    };
    let start = position_at(&document.script, byte - written.len(), encoding);
    let fits = |it: &(String, String)| {
        it.0.trim_matches('"')
            .starts_with(written.trim_matches('"'))
    };
    let item = |(word, doc): (String, String)| CompletionItem {
        label: word
            .trim_end()
            .trim_end_matches(" =")
            .trim_matches('"')
            .to_owned(),
        kind: Some(CompletionItemKind::PROPERTY),
        filter_text: Some(word.clone()),
        documentation: (!doc.is_empty()).then_some(Documentation::String(doc)),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(
            Places::new(start, position),
            word,
        ))),
        ..CompletionItem::default()
    };
    words.into_iter().filter(fits).map(item).collect()
}

/// Keys that are not there yet, and what they mean.
fn keys(document: &Document, text: &str, line: &Line) -> Vec<(String, String)> {
    let Some(properties) = properties(schema_of(document), line.table.as_deref()) else {
        return details(document);
    };
    let there: BTreeSet<&str> = text
        .lines()
        .filter_map(|it| it.split_once('='))
        .map(|it| it.0.trim())
        .collect();
    let missing = properties
        .iter()
        .filter(|it| !there.contains(it.0.as_str()));
    let key = |(name, property): (&String, &Value)| {
        let is_table = resolved(schema_of(document), property)["type"] == "object";
        let word = if is_table {
            format!("[{name}]\n")
        } else {
            format!("{name} = ")
        };
        (word, description(property))
    };
    missing.map(key).collect()
}

/// The keys that a file may have outside of tables, or in one of them, with what they mean; none of
/// a table in which every key may stand.
fn properties<'a>(schema: &'a Value, table: Option<&str>) -> Option<&'a Map<String, Value>> {
    let of_file = schema["properties"].as_object();
    match table {
        Some(table) => resolved(schema, of_file?.get(table)?)["properties"].as_object(),
        None => of_file,
    }
}

/// What a schema refers to, also where it may be left out.
fn resolved<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let choices = property["anyOf"].as_array().into_iter().flatten();
    let refers = choices.chain([property]).find_map(|it| it["$ref"].as_str());
    let name = refers.and_then(|it| it.strip_prefix("#/$defs/"));
    name.map_or(property, |it| &schema["$defs"][it])
}

/// Details that other entries of the bible have.
fn details(document: &Document) -> Vec<(String, String)> {
    let film = document.film.bus.film();
    let entries = film.state.project.bible.by_path.values();
    let keys: BTreeSet<String> = entries.flat_map(|it| it.details.keys()).cloned().collect();
    keys.into_iter()
        .map(|it| (format!("{it} = "), String::new()))
        .collect()
}

fn description(property: &Value) -> String {
    property["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn is_text(schema: &Value, key: &str) -> bool {
    let property = &schema["properties"][key];
    let is = |it: &Value| it == "string";
    is(&property["type"])
        || property["type"]
            .as_array()
            .is_some_and(|it| it.iter().any(is))
        || !property["$ref"].is_null()
}

fn values(document: &Document, key: &str) -> Vec<String> {
    let list = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
    match (document.kind, key) {
        (SourceKind::Bible, "kind") => {
            let kinds = BIBLE["$defs"]["EntryKind"]["oneOf"].as_array();
            let names = kinds
                .into_iter()
                .flatten()
                .filter_map(|it| it["const"].as_str());
            names.map(str::to_owned).collect()
        }
        (SourceKind::Bible, "name") => strangers(document),
        (SourceKind::Settings, "aspect") => list(&ASPECTS),
        (SourceKind::Settings, "fps") => list(&FRAME_RATES),
        (SourceKind::Settings, "autoRender" | "auto_render") => list(&["true", "false"]),
        (SourceKind::Settings, "renderer") => {
            let names = document.film.renderers.names();
            names.into_iter().map(|it| (*it).to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// Names that speak and that the bible does not know.
fn strangers(document: &Document) -> Vec<String> {
    let film = document.film.bus.film();
    let bible = &film.state.project.bible;
    let speakers = film.derived.speakers.keys();
    speakers
        .filter(|it| bible.find(it).is_none())
        .cloned()
        .collect()
}

/// What a key means.
pub(super) fn hover(document: &Document, position: Position, encoding: Encoding) -> Option<Hover> {
    let text = document.script.text();
    let byte = byte_at(&document.script, position, encoding);
    let line = Line::at(&text, byte);
    let (key, _) = line.key()?;
    let key = key.trim_matches(['[', ']']);
    let property = properties(schema_of(document), line.table.as_deref())?.get(key)?;
    let default = property
        .get("default")
        .map(|it| format!("\n\nBy default `{it}`."));
    let value = format!(
        "**{key}**\n\n{}{}",
        description(property),
        default.unwrap_or_default()
    );
    let start = byte - line.before.len();
    let whole = range_of(&document.script, start..start + line.whole.len(), encoding);
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value,
        }),
        range: Some(whole),
    })
}

/// The name that an entry of the bible is about, if the cursor is on it.
pub(super) fn name_at(document: &Document, view: &View, byte: usize) -> Option<Named> {
    let bible = &view.film.state.project.bible;
    let entry = bible.by_path.get(&document.path)?;
    let is_named = matches!(entry.kind, EntryKind::Character | EntryKind::Location);
    let text = document.script.text();
    let line = Line::at(&text, byte);
    let (key, _) = line.key().filter(|_| is_named && line.table.is_none())?;
    if key != "name" && key != "aliases" {
        return None;
    }
    let start = byte - line.before.len();
    let named = |name: &String| -> Option<(String, Range<usize>)> {
        let at = start + line.whole.find(&format!("\"{name}\""))? + 1;
        Some((name.clone(), at..at + name.len()))
    };
    let mut names = names_of(entry).filter_map(named);
    let (written, bytes) = names.find(|it| it.1.start <= byte && byte <= it.1.end)?;
    Some(Named {
        kind: entry.kind,
        canonical: match entry.kind {
            EntryKind::Location => written.clone(),
            _ => entry.name.to_uppercase(),
        },
        written,
        bytes,
        role: Role::Cue,
    })
}
