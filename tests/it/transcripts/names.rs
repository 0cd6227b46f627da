//! Names for what differs from run to run, given in the order in which it is seen.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

/// Values of these keys tell of this machine and this moment.
const OF_THE_MOMENT: &[&str] = &[
    "atMs",
    "madeMs",
    "requestedMs",
    "tookMs",
    "uptimeMs",
    "pid",
    "memoryBytes",
    "methods",
    "correlationId",
    "url",
    "limits",
    "connections",
    "revision",
    "seed",
    "logPath",
];
/// What a client is called that has not said its name, or cannot.
const CLIENTS: &[&str] = &[
    "transcript",
    "http",
    "socket",
    "stdio",
    "websocket",
    "memory",
];
/// Longer answers are only counted.
const ANSWER_CHARS_MAX: usize = 12_000;

/// What was seen so far.
pub(super) struct Names {
    film: String,
    names: BTreeMap<String, String>,
    n_ids: usize,
    n_hashes: usize,
}

impl Names {
    pub(super) fn new(film: &Path) -> Names {
        // The daemon speaks of a film by its real path.
        let film = film
            .canonicalize()
            .expect("the film is there")
            .display()
            .to_string();
        Names {
            film,
            names: BTreeMap::new(),
            n_ids: 0,
            n_hashes: 0,
        }
    }

    /// JSON in one line, with names.
    pub(super) fn replace(&mut self, value: &Value) -> String {
        let mut value = value.clone();
        forget_moment(&mut value);
        let text = value.to_string();
        if text.len() > ANSWER_CHARS_MAX {
            return format!("\"<more than {ANSWER_CHARS_MAX} characters>\"");
        }
        let text = text.replace(&self.film, "<film>");
        let mut named = String::with_capacity(text.len());
        let mut run = String::new();
        for char in text.chars() {
            if char.is_ascii_alphanumeric() {
                run.push(char);
                continue;
            }
            named.push_str(&self.name(&std::mem::take(&mut run)));
            named.push(char);
        }
        named + &self.name(&run)
    }

    /// Text of a transcript, with what the names stand for.
    pub(super) fn restore(&self, text: &str) -> String {
        let mut text = text.replace("<film>", &self.film);
        for (real, name) in &self.names {
            text = text.replace(name.as_str(), real);
        }
        text
    }

    fn name(&mut self, run: &str) -> String {
        let is_id =
            run.len() == 26 && run.starts_with('0') && !run.contains(|it: char| it.is_lowercase());
        let is_hash = run.len() == 64 && run.chars().all(|it| matches!(it, '0'..='9' | 'a'..='f'));
        if !is_id && !is_hash {
            return run.to_owned();
        }
        if let Some(name) = self.names.get(run) {
            return name.clone();
        }
        let (kind, count) = if is_id {
            ("id", &mut self.n_ids)
        } else {
            ("hash", &mut self.n_hashes)
        };
        *count += 1;
        let name = format!("<{kind}-{count}>");
        self.names.insert(run.to_owned(), name.clone());
        name
    }
}

fn is_asset(fields: &serde_json::Map<String, Value>) -> bool {
    fields.contains_key("mediaType") && fields.contains_key("bytes")
}

fn forget_moment(value: &mut Value) {
    match value {
        // Pixels follow from the shot's id, so a picture's size and its place among others differ.
        Value::Object(fields) if is_asset(fields) => {
            fields.insert("bytes".to_owned(), "<bytes>".into());
        }
        Value::Object(fields) if !fields.is_empty() && fields.keys().all(|it| it.len() == 64) => {
            *value = format!("<{} assets>", fields.len()).into();
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let text = value.as_str().unwrap_or_default();
                if OF_THE_MOMENT.contains(&key.as_str()) {
                    *value = format!("<{key}>").into();
                } else if ["actor", "by"].contains(&key.as_str()) && CLIENTS.contains(&text) {
                    *value = "<client>".into();
                } else if key == "path" && text.ends_with(".log") {
                    *value = "<log>".into();
                } else if key == "data" && value.is_string() {
                    *value = "<base64>".into();
                } else {
                    forget_moment(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forget_moment),
        _ => {}
    }
}
