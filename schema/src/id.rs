//! Names of things: ids as newtypes, so that a shot is never taken for a scene.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

macro_rules! ulid_ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => { $(
        $(#[doc = $doc])+
        ///
        /// A [ULID](https://github.com/ulid/spec): 26 characters, sortable by the time it was made.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Ulid);

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
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
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
