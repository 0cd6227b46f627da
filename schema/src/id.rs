//! Names of things: ids as newtypes, so that a shot is never taken for a scene.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use ulid::Ulid;

macro_rules! ulid_ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => { $(
        $(#[doc = $doc])+
        ///
        /// A [ULID](https://github.com/ulid/spec): 26 characters, sortable by the time it was made.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Ulid);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                deserializer.deserialize_str(Parsed::new("a ULID of 26 characters"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Ulid> for $name {
            fn from(ulid: Ulid) -> $name {
                $name(ulid)
            }
        }

        impl FromStr for $name {
            type Err = ulid::DecodeError;
            fn from_str(text: &str) -> Result<$name, ulid::DecodeError> {
                Ulid::from_string(text).map($name)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
                    "description": concat!($($doc),+).trim(),
                })
            }
        }
    )+ };
}

ulid_ids! {
    /// A film.
    ProjectId;
    /// A scene, for as long as the film lives: edits, moves and renumbering keep it.
    SceneId;
    /// A shot, for as long as the film lives.
    ShotId;
    /// One result for a shot.
    TakeId;
    /// What somebody said about a take.
    CommentId;
    /// A named moment of a film.
    CheckpointId;
    /// One durable piece of work that outlives its request.
    RunId;
}

macro_rules! hash_ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => { $(
        $(#[doc = $doc])+
        ///
        /// A BLAKE3 hash: 64 lower-case hexadecimal digits.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(hex(&self.0, &mut [0; 64]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = &'static str;
            fn from_str(text: &str) -> Result<$name, &'static str> {
                parse_hex(text).map($name).ok_or("a hash is 64 lower-case hexadecimal digits")
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(hex(&self.0, &mut [0; 64]))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                deserializer.deserialize_str(Parsed::new("64 lower-case hexadecimal digits"))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$",
                    "description": concat!($($doc),+).trim(),
                })
            }
        }
    )+ };
}

hash_ids! {
    /// Some bytes we keep, named by their content.
    BlobId;
    /// Everything a renderer was asked for, hashed: it alone decides fresh or stale.
    IntentHash;
    /// The events that would take an undo back: see
    /// [`Compensation::guard`](crate::history::Compensation::guard).
    CompensationHash;
    /// An intent with its seed and the renderer's version: the key of a rendered result.
    RenderKey;
}

/// Reads an id out of a text without a copy: a log has millions of them.
struct Parsed<T> {
    what: &'static str,
    id: PhantomData<T>,
}

impl<T> Parsed<T> {
    fn new(what: &'static str) -> Parsed<T> {
        let id = PhantomData;
        Parsed { what, id }
    }
}

impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

fn hex<'a>(bytes: &[u8; 32], digits: &'a mut [u8; 64]) -> &'a str {
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = HEX_DIGITS[usize::from(byte >> 4)];
        pair[1] = HEX_DIGITS[usize::from(byte & 15)];
    }
    std::str::from_utf8(digits).unwrap_or_default()
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Some(bytes)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_refuses_what_is_none() {
        let id = BlobId([0xa7; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("A7".repeat(32).parse::<BlobId>().is_err());
        assert!("a7".parse::<BlobId>().is_err());
    }
}
