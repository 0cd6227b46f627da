//! Answers that must be JSON of a schema: found in what the model said, checked, and asked for
//! again with what is wrong in words.

use serde_json::Value;

use crate::{
    error::{ErrorKind, excerpt},
    http::Failure,
    request::{Message, Request, Role},
    schema::Schema,
    wire::Rung,
};

/// The most of a wrong answer that is shown back to the model, in characters.
const SHOWN_CHARS_MAX: usize = 8_000;

/// The answer as JSON that fits, or what is wrong with it.
pub(crate) fn parse(text: &str, schema: &Schema) -> Result<Value, Vec<String>> {
    let value =
        find_json(text).ok_or_else(|| vec![format!("that is no JSON: {}", excerpt(text))])?;
    let faults = schema.faults(&value);
    if faults.is_empty() {
        Ok(value)
    } else {
        Err(faults)
    }
}

/// The JSON of an answer: all of it, or what stands in a code fence, or the first value that begins
/// with a bracket. What a model thought aloud before does not count.
fn find_json(text: &str) -> Option<Value> {
    let text = text.rsplit_once("</think>").map_or(text, |it| it.1).trim();
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let fenced = text.split_once("```").and_then(|(_, rest)| {
        let (_, inner) = rest.split_once('\n')?;
        let (inner, _) = inner.split_once("```")?;
        serde_json::from_str(inner.trim()).ok()
    });
    fenced.or_else(|| {
        let begin = text.find(['{', '['])?;
        serde_json::Deserializer::from_str(&text[begin..])
            .into_iter()
            .next()?
            .ok()
    })
}

/// The same request with the wrong answer and what is wrong with it.
pub(crate) fn repair(request: &Request, text: &str, faults: &[String]) -> Request {
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let list: String = faults.iter().map(|it| format!("- {it}\n")).collect();
    let mut repaired = request.clone();
    // A provider may refuse an empty message.
    let shown = if shown.trim().is_empty() {
        "{}".to_owned()
    } else {
        shown
    };
    repaired
        .messages
        .push(Message::text(Role::Assistant, shown));
    repaired.messages.push(Message::text(
        Role::User,
        format!(
            "That answer cannot be used:\n{list}Answer again with the whole corrected JSON value, \
             and nothing else."
        ),
    ));
    repaired
}

/// Whether a failure may only mean that the provider cannot hold the model to a schema this way.
/// llama-cpp-python fails with 500 where others answer 400; so a 500 is taken as that, too, while
/// it is not known that this way works.
pub(crate) fn may_be_the_rung(failure: &Failure, rung: Rung, is_known_to_work: bool) -> bool {
    if rung == Rung::Words || is_known_to_work {
        return false;
    }
    let is_asked_wrong = matches!(failure.status, Some(400 | 422 | 500 | 501));
    let kinds = [
        ErrorKind::Rejected,
        ErrorKind::Server,
        ErrorKind::Unsupported,
    ];
    is_asked_wrong && kinds.contains(&failure.error.kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        let value = json!({
            "type": "object",
            "properties": { "logline": { "type": "string" } },
            "required": ["logline"],
        });
        Schema::new("logline", value).unwrap()
    }

    #[test]
    fn json_is_found_where_models_put_it() {
        let rain = json!({"logline": "Rain."});
        let texts = [
            "{\"logline\": \"Rain.\"}",
            "\n {\"logline\":\"Rain.\"}\n\n",
            "Here you are:\n```json\n{\"logline\": \"Rain.\"}\n```\nAnything else?",
            "Sure! {\"logline\": \"Rain.\"} I hope {that} helps.",
            "<think>{\"logline\": 3}</think>{\"logline\": \"Rain.\"}",
        ];
        for text in texts {
            assert_eq!(parse(text, &schema()), Ok(rain.clone()), "{text}");
        }
    }

    #[test]
    fn noise_is_refused_in_words() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "qrqr<vlpUllp@",
            "{\"logline\": \"Ra",
            "{{{{",
            "<think>{}",
            &deep,
        ] {
            let faults = parse(text, &schema()).unwrap_err();
            assert_eq!(faults.len(), 1, "{text}");
            assert!(faults[0].len() < 600);
        }
        let faults = parse("{\"logline\": 3}", &schema()).unwrap_err();
        assert!(faults[0].starts_with("at /logline: "), "{faults:?}");
    }

    #[test]
    fn a_repair_shows_the_answer_and_its_faults() {
        let request = Request::new("A logline, please.", 50);
        let repaired = repair(&request, "", &["at /logline: it is 3".to_owned()]);
        assert_eq!(repaired.messages.len(), 3);
        assert_eq!(repaired.messages[1].words(), "{}");
        let words = repaired.messages[2].words();
        assert!(words.contains("- at /logline: it is 3\n"), "{words}");
        let long = repair(&request, &"x".repeat(100_000), &[]);
        assert_eq!(long.messages[1].words().len(), SHOWN_CHARS_MAX);
    }
}
