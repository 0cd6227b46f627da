//! Requests: what a model is asked, in one form for all providers.

use bytes::Bytes;
use serde::Serialize;

use crate::{
    error::{Error, ErrorKind},
    schema::Schema,
};

/// The most a request may hold, in bytes of text and pictures together.
pub const REQUEST_BYTES_MAX: usize = 24 * 1024 * 1024;

/// The most messages a request may have.
const MESSAGES_MAX: usize = 1_000;

/// What a picture counts for until the provider counts it, in tokens.
const IMAGE_TOKENS: u64 = 1_600;

/// What each message costs beside its text, in tokens.
const MESSAGE_TOKENS: u64 = 8;

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Standing instructions.
    System,
    /// The one who asks.
    User,
    /// The model, earlier.
    Assistant,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(String),
    /// A picture.
    Image {
        /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
        media_type: String,
        /// The file.
        bytes: Bytes,
    },
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What, in order. Only a user's message may hold pictures.
    pub parts: Vec<Part>,
}

impl Message {
    /// Words.
    pub fn text(role: Role, text: impl Into<String>) -> Message {
        Message {
            role,
            parts: vec![Part::Text(text.into())],
        }
    }

    /// Its words, without its pictures.
    pub(crate) fn words(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Image { .. } => None,
        });
        texts.collect::<Vec<_>>().join("\n\n")
    }

    pub(crate) fn has_image(&self) -> bool {
        self.parts.iter().any(|it| matches!(it, Part::Image { .. }))
    }

    fn bytes(&self) -> usize {
        let sizes = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Image { bytes, .. } => bytes.len(),
        });
        sizes.sum()
    }
}

/// What a model is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The conversation; the last one to speak is the user.
    pub messages: Vec<Message>,
    /// 0 is the likeliest answer, 1 a lively one; absent is the model's own.
    pub temperature: Option<f64>,
    /// The same seed gives the same answer, where the provider can. Anthropic cannot.
    pub seed: Option<u32>,
    /// The most tokens the answer may have.
    pub tokens_max: u32,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// What the answer must be, if it is to be JSON.
    pub schema: Option<Schema>,
    /// Whether to take the answer as it comes. Without, a stalled server is noticed later.
    pub stream: bool,
}

impl Request {
    /// A question in plain words, answered in plain words.
    pub fn new(question: impl Into<String>, tokens_max: u32) -> Request {
        Request {
            messages: vec![Message::text(Role::User, question)],
            temperature: None,
            seed: None,
            tokens_max,
            stop: Vec::new(),
            schema: None,
            stream: true,
        }
    }

    /// How many tokens it has at most, about. A token is four bytes of English prose, two to three
    /// of anything else; three keeps limits on the safe side.
    pub fn tokens_estimate(&self) -> u64 {
        self.tokens_by(3)
    }

    /// How many tokens it has at the very least: no tokenizer packs prose denser than this.
    pub(crate) fn tokens_at_least(&self) -> u64 {
        self.tokens_by(8)
    }

    fn tokens_by(&self, bytes_per_token: u64) -> u64 {
        let each = self.messages.iter().map(|message| {
            let images = message
                .parts
                .iter()
                .filter(|it| matches!(it, Part::Image { .. }));
            let words = message.words().len() as u64;
            MESSAGE_TOKENS + words.div_ceil(bytes_per_token) + IMAGE_TOKENS * images.count() as u64
        });
        each.sum()
    }

    /// Whether it can be sent at all.
    ///
    /// # Errors
    /// `rejected` or `tooLarge`, naming what is wrong.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let rejected = |message: &str| Err(Error::new(ErrorKind::Rejected, message));
        if self.messages.last().is_none_or(|it| it.role != Role::User) {
            return rejected("the last message of a request is the user's");
        }
        if self.tokens_max == 0 {
            return rejected("an answer of no tokens is none");
        }
        if self
            .temperature
            .is_some_and(|it| !(0.0..=2.0).contains(&it))
        {
            return rejected("a temperature is 0 to 2");
        }
        if self
            .messages
            .iter()
            .any(|it| it.role != Role::User && it.has_image())
        {
            return rejected("only the user shows pictures");
        }
        let bytes: usize = self.messages.iter().map(Message::bytes).sum();
        if bytes > REQUEST_BYTES_MAX || self.messages.len() > MESSAGES_MAX {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the request has {bytes} bytes in {} messages; {REQUEST_BYTES_MAX} bytes in \
                     {MESSAGES_MAX} are the most",
                    self.messages.len()
                ),
            ));
        }
        Ok(())
    }

    /// The hash of everything that decides the answer: BLAKE3 of its canonical JSON, in which a
    /// picture stands by its own hash. Whether it is streamed decides nothing.
    pub(crate) fn hash(&self) -> blake3::Hash {
        let messages: Vec<_> = self
            .messages
            .iter()
            .map(|message| {
                let parts: Vec<_> = message.parts.iter().map(canonical).collect();
                serde_json::json!({ "role": message.role, "parts": parts })
            })
            .collect();
        // `serde_json` keeps the keys of its maps sorted, so equal requests are equal texts.
        let text = serde_json::json!({
            "messages": messages,
            "temperature": self.temperature,
            "seed": self.seed,
            "tokensMax": self.tokens_max,
            "stop": self.stop,
            "schema": self.schema.as_ref().map(Schema::value),
        });
        blake3::hash(text.to_string().as_bytes())
    }
}

fn canonical(part: &Part) -> serde_json::Value {
    match part {
        Part::Text(text) => serde_json::json!({ "text": text }),
        Part::Image { media_type, bytes } => {
            let hash = blake3::hash(bytes).to_hex();
            serde_json::json!({ "image": media_type, "hash": hash.as_str() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_the_answer_decides_the_hash() {
        let plain = Request::new("Describe rain.", 100);
        let same = Request {
            stream: false,
            ..plain.clone()
        };
        assert_eq!(plain.hash(), same.hash());
        let schema = Schema::new("x", serde_json::json!({"type": "object"})).unwrap();
        let picture = |bytes: &'static [u8]| {
            let mut request = plain.clone();
            request.messages[0].parts.push(Part::Image {
                media_type: "image/png".into(),
                bytes: Bytes::from_static(bytes),
            });
            request
        };
        let others = [
            Request::new("Describe snow.", 100),
            Request::new("Describe rain.", 101),
            Request {
                temperature: Some(0.5),
                ..plain.clone()
            },
            Request {
                seed: Some(1),
                ..plain.clone()
            },
            Request {
                stop: vec!["\n".into()],
                ..plain.clone()
            },
            Request {
                schema: Some(schema),
                ..plain.clone()
            },
            picture(b"one"),
            picture(b"two"),
        ];
        let mut hashes: Vec<_> = others.iter().map(Request::hash).collect();
        hashes.push(plain.hash());
        hashes.sort_by_key(|it| *it.as_bytes());
        hashes.dedup();
        assert_eq!(hashes.len(), 9);
    }

    #[test]
    fn a_request_that_makes_no_sense_is_not_sent() {
        let good = Request::new("Describe rain.", 100);
        assert!(good.check().is_ok());
        let image = Part::Image {
            media_type: "image/png".into(),
            bytes: Bytes::new(),
        };
        let spoken = |role| Message::text(role, "Rain.");
        let mut shown = good.clone();
        shown.messages.insert(
            0,
            Message {
                role: Role::Assistant,
                parts: vec![image],
            },
        );
        let mut answered = good.clone();
        answered.messages.push(spoken(Role::Assistant));
        let large = Request::new("x".repeat(REQUEST_BYTES_MAX + 1), 100);
        let bad = [
            Request {
                messages: vec![],
                ..good.clone()
            },
            Request {
                tokens_max: 0,
                ..good.clone()
            },
            Request {
                temperature: Some(f64::NAN),
                ..good.clone()
            },
            answered,
            shown,
        ];
        for request in bad {
            assert_eq!(request.check().unwrap_err().kind, ErrorKind::Rejected);
        }
        assert_eq!(large.check().unwrap_err().kind, ErrorKind::TooLarge);
    }

    #[test]
    fn estimates_bracket_the_truth() {
        // SmolLM2 counts 15 tokens in these 70 bytes, without its template.
        let request = Request::new(
            "She steps out of the lighthouse, and the rain is warm on her open hand.",
            1,
        );
        assert!(request.tokens_at_least() <= 15 + MESSAGE_TOKENS);
        assert!(request.tokens_estimate() >= 15 + MESSAGE_TOKENS);
    }
}
