//! One value of a result, in words.

use comfy_table::{Cell, Color};
use serde_json::Value;

use super::words;

/// A column of a table: what stands above it, where its value is in a row, how it is written.
pub(super) struct Column {
    /// What stands above it.
    pub(super) title: &'static str,
    /// A JSON pointer into the row (RFC 6901).
    pub(super) pointer: &'static str,
    /// How it is written.
    pub(super) format: Format,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// As it is.
    Text,
    /// On one line, and not longer than this.
    Short(usize),
    /// A number.
    Number,
    /// How many entries a list has.
    Count,
    /// Milliseconds, as minutes and seconds.
    Duration,
    /// Milliseconds, as seconds.
    Time,
    /// Millionths of a currency, as hundredths of it or less.
    Money,
    /// Milliseconds since 1970, as the time that has gone since.
    Age,
    /// Bytes, in a unit one can grasp.
    Bytes,
    /// A word with a color of its own.
    Status,
    /// One field of each entry of a list.
    Each(&'static str),
    /// True is this word, false is nothing.
    If(&'static str),
    /// An id: there to be copied.
    Id,
}

impl Column {
    /// The row's value, in words.
    pub(super) fn text(&self, row: &Value) -> String {
        let Some(value) = row.pointer(self.pointer) else {
            return String::new();
        };
        let number = value.as_u64().unwrap_or_default();
        match self.format {
            Format::Text | Format::Status | Format::Number | Format::Id => plain(value),
            Format::Short(max) => words::short(&plain(value), max),
            Format::Count => value.as_array().map_or(0, Vec::len).to_string(),
            Format::Duration => words::duration(number),
            Format::Time => words::seconds_of_ms(number),
            Format::Money => words::money(number),
            Format::Age => words::age(number, words::now_ms()),
            Format::Bytes => words::bytes(number),
            Format::If(word) if value == true => word.to_owned(),
            Format::If(_) => String::new(),
            Format::Each(field) => {
                let entries = value.as_array().map_or(&[][..], Vec::as_slice);
                let texts = entries.iter().filter_map(|it| it.get(field)?.as_str());
                texts.collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// The row's cell.
    pub(super) fn cell(&self, row: &Value, color: bool) -> Cell {
        let text = self.text(row);
        let paint = match self.format {
            Format::Status => status_color(&text),
            Format::Id => Some(Color::DarkGrey),
            _ => None,
        };
        match paint {
            Some(paint) if color => Cell::new(text).fg(paint),
            _ => Cell::new(text),
        }
    }

    /// Whether it is easier to read from the right.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self.format,
            Format::Number
                | Format::Count
                | Format::Duration
                | Format::Time
                | Format::Money
                | Format::Bytes
        )
    }
}

/// A value without quotes and brackets.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A field's value, in the unit its name gives.
pub(super) fn field(name: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(ms) if name == "durationMs" || name == "uptimeMs" => words::duration(ms),
        Some(ms) if name == "tookMs" || name == "leftMs" => words::seconds_of_ms(ms),
        Some(ms) if name == "requestedMs" || name == "madeMs" => words::age(ms, words::now_ms()),
        Some(bytes) if name == "bytes" || name.ends_with("Bytes") => words::bytes(bytes),
        _ => plain(value),
    }
}

fn status_color(word: &str) -> Option<Color> {
    match word {
        "fresh" | "finished" | "done" | "up" => Some(Color::Green),
        "stale" | "running" | "started" | "warning" => Some(Color::Yellow),
        "missing" | "failed" | "down" | "error" => Some(Color::Red),
        "canceled" | "information" => Some(Color::DarkGrey),
        _ => None,
    }
}
