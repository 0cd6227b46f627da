//! The graph that made a file, as ComfyUI and those around it leave it in the file.
//!
//! ComfyUI's own nodes write two JSON texts: `prompt`, the graph as it was run (API format), and
//! `workflow`, the graph as it was drawn. Where each kind of file keeps them:
//!
//! | file | where |
//! | --- | --- |
//! | PNG | texts `prompt` and `workflow` |
//! | animated PNG | chunks `comf` with the same keys |
//! | animated WebP | Exif: `prompt:{…}` as camera model, `workflow:{…}` as camera maker |
//! | MP4, WebM, FLAC, MP3 | tags `prompt` and `workflow` |
//! | MP4, WebM of VideoHelperSuite | a comment that is `{"prompt": …, "workflow": …}` |
//!
//! The web UI of AUTOMATIC1111 writes no graph but lines of words: PNG text `parameters`, or the
//! user comment of Exif.

use serde::Serialize;
use serde_json::Value;

use crate::{
    Error,
    media::{Media, Text},
};

/// What a file says of how it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Embedded {
    /// The graph in API format: JSON, an object.
    pub prompt: Option<String>,
    /// The graph in the format of ComfyUI's page: JSON, an object.
    pub workflow: Option<String>,
    /// AUTOMATIC1111's lines: the prompt, the negative one, `Steps: …`.
    pub parameters: Option<String>,
    /// What a person should know: where something was mended.
    pub notes: Vec<String>,
}

impl Embedded {
    /// Whether the file says nothing.
    pub fn is_empty(&self) -> bool {
        self.prompt.is_none() && self.workflow.is_none() && self.parameters.is_none()
    }
}

const PROMPT: &str = "prompt";
const WORKFLOW: &str = "workflow";

/// Takes the graph out of the texts of a file. Of two with the same name, the first counts.
///
/// # Errors
///
/// A graph is there, and cannot be used: it was too long, or is no JSON object.
pub fn embedded(media: &Media) -> Result<Embedded, Error> {
    let mut found = Embedded::default();
    for text in &media.texts {
        take(text, &mut found)?;
    }
    Ok(found)
}

fn take(text: &Text, found: &mut Embedded) -> Result<(), Error> {
    let key = text.key.to_ascii_lowercase();
    let is_exif = text.place.ends_with("Exif");
    if matches!(key.as_str(), PROMPT | WORKFLOW) && !is_exif {
        if let Some(why) = &text.left_out {
            return Err(Error::BadText {
                key,
                what: why.clone(),
            });
        }
        return take_graph(&key, &text.text, found);
    }
    if is_exif {
        for key in [PROMPT, WORKFLOW] {
            if let Some(graph) = after_key(&text.text, key) {
                return take_graph(key, graph, found);
            }
        }
    }
    if key == "parameters" || (key == "usercomment" && text.text.contains("Steps: ")) {
        found.parameters.get_or_insert_with(|| text.text.clone());
        return Ok(());
    }
    if matches!(
        key.as_str(),
        "comment" | "usercomment" | "description" | "imagedescription"
    ) {
        return take_both(&text.text, found);
    }
    Ok(())
}

/// `prompt:{…}`, whatever the case of the key.
fn after_key<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(key.len())?;
    let rest = rest.strip_prefix(':')?.trim_start();
    (start.eq_ignore_ascii_case(key) && rest.starts_with('{')).then_some(rest)
}

fn take_graph(key: &str, text: &str, found: &mut Embedded) -> Result<(), Error> {
    let bad = |what: String| Error::BadText {
        key: key.to_owned(),
        what,
    };
    let text = text.trim_matches(['\0', ' ', '\n', '\r', '\t']);
    let (json, note) = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) => (text.to_owned(), None),
        Ok(other) => {
            return Err(bad(format!(
                "is {}, and a graph is an object",
                kind(&other)
            )));
        }
        Err(error) => {
            // Python writes these words, which JSON does not have.
            let mended = without_python_numbers(text);
            if !matches!(serde_json::from_str(&mended), Ok(Value::Object(_))) {
                return Err(bad(format!("is no JSON: {error}")));
            }
            let note = format!("the {key} held numbers that JSON does not have; they are null now");
            (mended, Some(note))
        }
    };
    let place = match key {
        PROMPT => &mut found.prompt,
        _ => &mut found.workflow,
    };
    if place.is_none() {
        *place = Some(json);
        found.notes.extend(note);
    }
    Ok(())
}

/// A comment that holds both. Any other comment is a comment.
fn take_both(text: &str, found: &mut Embedded) -> Result<(), Error> {
    let text = text.trim_matches(['\0', ' ']);
    if !text.starts_with('{') {
        return Ok(());
    }
    let read = serde_json::from_str(text);
    let read = read.or_else(|_| serde_json::from_str(&without_python_numbers(text)));
    let Ok(Value::Object(both)) = read else {
        return Ok(());
    };
    for key in [PROMPT, WORKFLOW] {
        match both.get(key) {
            // Some write the graph as a text within the text.
            Some(Value::String(graph)) => take_graph(key, graph, found)?,
            Some(graph @ Value::Object(_)) => take_graph(key, &graph.to_string(), found)?,
            _ => {}
        }
    }
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Puts `null` for `NaN` and `Infinity` where they stand outside of texts.
fn without_python_numbers(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    let (mut in_text, mut is_escaped) = (false, false);
    while let Some(letter) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"]
            .into_iter()
            .find(|it| !in_text && rest.starts_with(it));
        if let Some(word) = word {
            mended.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        if letter == '"' && !is_escaped {
            in_text = !in_text;
        }
        is_escaped = letter == '\\' && !is_escaped;
        mended.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    mended
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::media::Kind;

    fn check(texts: &[(&str, &'static str, &str)], expected: &Expect) {
        let mut media = Media::new(Kind::Image, "image/png", 1);
        for (key, place, text) in texts {
            media.texts.push(Text {
                key: (*key).to_owned(),
                place,
                text: (*text).to_owned(),
                left_out: None,
            });
        }
        let told = match embedded(&media) {
            Ok(it) => serde_json::to_string(&it).unwrap(),
            Err(error) => format!("{error} | {}", error.hint()),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn both_graphs_are_found_under_their_names() {
        let texts = [
            ("Prompt", "PNG tEXt", r#"{"3":{"class_type":"KSampler"}}"#),
            ("workflow", "PNG tEXt", r#"{"nodes":[]}"#),
            ("prompt", "PNG iTXt", r#"{"second":1}"#),
        ];
        check(
            &texts,
            &expect![[
                r#"{"prompt":"{\"3\":{\"class_type\":\"KSampler\"}}","workflow":"{\"nodes\":[]}","parameters":null,"notes":[]}"#
            ]],
        );
    }

    #[test]
    fn a_comment_can_hold_both_or_be_a_comment() {
        let both = r#"{"prompt": "{\"1\": {}}", "workflow": {"nodes": [1]}}"#;
        check(
            &[("comment", "MP4 tag", both)],
            &expect![[
                r#"{"prompt":"{\"1\": {}}","workflow":"{\"nodes\":[1]}","parameters":null,"notes":[]}"#
            ]],
        );
        let none = expect![[r#"{"prompt":null,"workflow":null,"parameters":null,"notes":[]}"#]];
        check(&[("comment", "MP4 tag", "{smile} a day at sea")], &none);
        check(&[("Make", "JPEG Exif", "Prompt Camera Ltd")], &none);
    }

    #[test]
    fn numbers_of_python_become_null_and_texts_stay() {
        let prompt = r#"{"1":{"is_changed":[NaN, -Infinity],"say":"NaN \" NaN"}}"#;
        check(
            &[("prompt", "PNG tEXt", prompt)],
            &expect![[
                r#"{"prompt":"{\"1\":{\"is_changed\":[null, null],\"say\":\"NaN \\\" NaN\"}}","workflow":null,"parameters":null,"notes":["the prompt held numbers that JSON does not have; they are null now"]}"#
            ]],
        );
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        check(
            &[("prompt", "PNG tEXt", r#"{"1": "#)],
            &expect![
                "the embedded prompt is no JSON: EOF while parsing a value at line 1 column 5 | save the picture again from the program that made it"
            ],
        );
        check(
            &[("workflow", "PNG tEXt", "[]")],
            &expect![
                "the embedded workflow is a list, and a graph is an object | save the picture again from the program that made it"
            ],
        );
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        check(
            &[("prompt", "PNG tEXt", &deep)],
            &expect![
                "the embedded prompt is no JSON: recursion limit exceeded at line 1 column 132 | save the picture again from the program that made it"
            ],
        );
    }
}
