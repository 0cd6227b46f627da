//! What a result looks like: as it is for programs, as tables and lines for people.

mod cell;
mod json;
mod tables;
pub(crate) mod words;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableStyle, presets};
use owo_colors::OwoColorize;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{failure::Failure, output::Output};
use cell::Column;

/// Methods whose result is for programs in any case.
const FOR_PROGRAMS: &[&str] = &[
    "rpc.discover",
    "state/get",
    "history/at",
    "state/subscribe",
    "event/subscribe",
];

/// Prints a method's result.
pub(crate) fn show(method: &str, result: &RawValue, output: &Output) -> Result<(), Failure> {
    if output.json || FOR_PROGRAMS.contains(&method) {
        let pretty = output.terminal && !method.ends_with("/subscribe");
        let text = if pretty {
            json::pretty(result.get())
        } else {
            result.get().to_owned()
        };
        return output.line(&text);
    }
    let value = serde_json::from_str(result.get()).unwrap_or_default();
    output.line(&for_people(method, &value, output.color, output.terminal))
}

/// A result as a person reads it.
fn for_people(method: &str, result: &Value, color: bool, terminal: bool) -> String {
    // A command answers with its place in the log, which only programs need.
    let result = match result.as_object() {
        Some(it) if it.len() == 2 && it.contains_key("seq") => it.get("value").unwrap_or(result),
        _ => result,
    };
    let page = Page { color, terminal };
    match method {
        "script/get" => text_of(result, "/text"),
        "system/page" => text_of(result, "/url"),
        "system/status" => page.status(result),
        "history/diff" => differences(result),
        "branch/diff" => branch_differences(result),
        "tray/list" => page.tray(result),
        "event/list" => page.rows(result.get("events").unwrap_or(result), tables::EVENTS),
        _ => match (result, tables::columns(method)) {
            (Value::Array(rows), _) if rows.is_empty() => "none".to_owned(),
            (Value::Array(_), Some(columns)) => page.rows(result, columns),
            (Value::Array(rows), None) if rows.iter().all(|it| !it.is_object()) => {
                rows.iter().map(cell::plain).collect::<Vec<_>>().join("\n")
            }
            (Value::Array(_), None) => json::pretty(&result.to_string()),
            (Value::Object(object), _) => page.object(method, object),
            (Value::Null, _) => "done".to_owned(),
            (other, _) => cell::plain(other),
        },
    }
}

/// A line for each difference.
fn differences(result: &Value) -> String {
    let mut lines = messages(result, "/differences");
    let left_out = result.pointer("/leftOut").and_then(Value::as_u64);
    if let Some(n) = left_out.filter(|it| *it > 0) {
        lines.push(format!("and {n} more"));
    }
    if lines.is_empty() {
        return "no differences".to_owned();
    }
    lines.join("\n")
}

fn messages(result: &Value, pointer: &str) -> Vec<String> {
    let list = result.pointer(pointer).and_then(Value::as_array);
    let list = list.into_iter().flatten();
    list.map(|it| text_of(it, "/message")).collect()
}

fn branch_differences(result: &Value) -> String {
    let parts = [
        ("in the branch", "/inBranch"),
        ("in the film", "/inFilm"),
        ("in both", "/inBoth"),
    ];
    let part = |(title, pointer): (&str, &str)| {
        let lines = messages(result, pointer);
        let lines = lines.iter().map(|it| format!("\n  {it}"));
        let lines: String = lines.collect();
        let lines = if lines.is_empty() {
            "\n  nothing".to_owned()
        } else {
            lines
        };
        format!("{title}:{lines}")
    };
    parts.map(part).join("\n")
}

struct Page {
    color: bool,
    terminal: bool,
}

impl Page {
    fn rows(&self, rows: &Value, columns: &[Column]) -> String {
        let rows = rows.as_array().map_or(&[][..], Vec::as_slice);
        if rows.is_empty() {
            return "none".to_owned();
        }
        // A column in which no row has anything would only make the others narrower.
        let used = |column: &&Column| rows.iter().any(|it| !column.text(it).is_empty());
        let columns: Vec<&Column> = columns.iter().filter(used).collect();
        let mut table = self.table();
        table.set_header(columns.iter().map(|it| self.header(it.title)));
        for row in rows {
            table.add_row(columns.iter().map(|it| it.cell(row, self.color)));
        }
        for (idx, column) in columns.iter().enumerate() {
            let Some(it) = table.column_mut(idx) else {
                continue;
            };
            it.set_padding((0, 2));
            if column.is_number() {
                it.set_cell_alignment(CellAlignment::Right);
            }
        }
        trim_lines(&table.to_string())
    }

    /// Its fields, and below them the list that it is about.
    fn object(&self, method: &str, object: &Map<String, Value>) -> String {
        let mut object = object.clone();
        let inner = tables::inner(method);
        let list = inner.and_then(|(field, columns)| Some((field, object.remove(field)?, columns)));
        let text = self.pairs(&object);
        match list {
            Some((field, rows, _)) if rows == json!([]) => format!("{text}\n\nno {field}"),
            Some((_, rows, columns)) => format!("{text}\n\n{}", self.rows(&rows, columns)),
            None => text,
        }
    }

    fn pairs(&self, object: &Map<String, Value>) -> String {
        let mut lines = Vec::new();
        let mut names: Vec<&String> = object.keys().collect();
        names.sort_by_key(|it| !matches!(it.as_str(), "id" | "title" | "label" | "name"));
        let width = names
            .iter()
            .map(|it| it.chars().count())
            .max()
            .unwrap_or_default();
        for name in names {
            let value = &object[name];
            let shown = match value {
                Value::Object(inner) if inner.values().any(|it| !is_scalar(it)) => {
                    indented(&json::pretty(&value.to_string()))
                }
                Value::Object(inner) => inner
                    .iter()
                    .map(|(name, value)| format!("{name} {}", cell::plain(value)))
                    .collect::<Vec<_>>()
                    .join(", "),
                Value::Array(items) if items.iter().all(is_scalar) => {
                    items.iter().map(cell::plain).collect::<Vec<_>>().join(", ")
                }
                Value::Array(items) if items.iter().all(is_count) => {
                    items.iter().map(counted).collect::<Vec<_>>().join(", ")
                }
                Value::Array(_) => indented(&json::pretty(&value.to_string())),
                other => cell::field(name, other),
            };
            let name = format!("{name:width$}");
            let name = if self.color {
                name.dimmed().to_string()
            } else {
                name
            };
            lines.push(format!("{name}  {shown}").trim_end().to_owned());
        }
        lines.join("\n")
    }

    /// What has no place in the script: scenes, then shots.
    fn tray(&self, tray: &Value) -> String {
        let parts = [
            ("/scenes", tables::TRAY_SCENES),
            ("/shots", tables::TRAY_SHOTS),
        ];
        let filled = |pointer| {
            let rows = tray.pointer(pointer)?;
            rows.as_array()
                .is_some_and(|it| !it.is_empty())
                .then_some(rows)
        };
        let parts = parts
            .iter()
            .filter_map(|(pointer, columns)| Some(self.rows(filled(pointer)?, columns)));
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            return "nothing waits for a place".to_owned();
        }
        parts.join("\n\n")
    }

    fn status(&self, status: &Value) -> String {
        let mut object = status.as_object().cloned().unwrap_or_default();
        let limits = object.remove("limits").unwrap_or_default();
        let methods = object.remove("methods").unwrap_or_default();
        let mut text = self.pairs(&object);
        if methods.as_array().is_some_and(|it| !it.is_empty()) {
            text += &format!("\n\n{}", self.rows(&methods, tables::METRICS));
        }
        if let Ok(limits) = serde_json::from_value::<storycore_schema::Limits>(limits) {
            let rows = limits.table().into_iter().map(
                |(name, doc, value)| json!({"limit": name, "value": value, "doc": doc.trim()}),
            );
            text += &format!("\n\n{}", self.rows(&rows.collect(), tables::LIMITS));
        }
        text
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(PLAIN);
        if self.terminal {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        if self.color {
            table.enforce_styling();
        }
        table
    }

    fn header(&self, title: &str) -> Cell {
        let cell = Cell::new(title);
        if self.color {
            cell.fg(comfy_table::Color::DarkGrey)
        } else {
            cell
        }
    }
}

const PLAIN: TableStyle = presets::NOTHING;

/// Whether it is a word and how often it is there.
fn is_count(value: &Value) -> bool {
    let fields = value.as_object().map(|it| it.values().collect::<Vec<_>>());
    let numbers = |fields: &[&Value]| fields.iter().filter(|it| it.is_number()).count();
    fields
        .is_some_and(|it| it.len() == 2 && numbers(&it) == 1 && it.iter().any(|it| it.is_string()))
}

fn counted(value: &Value) -> String {
    let fields = value.as_object().map(|it| it.values().collect::<Vec<_>>());
    let mut fields = fields.unwrap_or_default();
    fields.sort_by_key(|it| it.is_number());
    let words: Vec<String> = fields.into_iter().map(cell::plain).collect();
    words.join(" ")
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

fn text_of(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map_or_else(String::new, cell::plain)
}

fn indented(text: &str) -> String {
    format!("\n  {}", text.replace('\n', "\n  "))
}

fn trim_lines(text: &str) -> String {
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests;
