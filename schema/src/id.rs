//! Names of things: ids as newtypes, so that a shot is never taken for a scene. They are texts on
//! the wire and in the log, and bare bytes in encodings that no person reads.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::{ULID_LEN, Ulid};

macro_rules! ulid_ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => { $(
        $(#[doc = $doc])+
        ///
        /// A [ULID](https://github.com/ulid/spec): 26 characters, sortable by the time it was made.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Ulid);

        impl Id for $name {
            const WHAT: &'static str = "a ULID of 26 characters";

            fn from_bytes(bytes: &[u8]) -> Option<$name> {
                Some($name(Ulid::from_bytes(bytes.try_into().ok()?)))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    return serializer.serialize_str(self.0.array_to_str(&mut [0; ULID_LEN]));
                }
                serializer.serialize_bytes(&self.0.to_bytes())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                read_id(deserializer)
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

        impl Id for $name {
            const WHAT: &'static str = "64 lower-case hexadecimal digits";

            fn from_bytes(bytes: &[u8]) -> Option<$name> {
                bytes.try_into().ok().map($name)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    return serializer.serialize_str(hex(&self.0, &mut [0; 64]));
                }
                serializer.serialize_bytes(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                read_id(deserializer)
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
    /// All that a step of a workflow is given, and what it does with it: by this its result is found.
    StepKey;
    /// An intent with its seed and the renderer's version: the key of a rendered result.
    RenderKey;
}

/// What an id is read from, as text or as bytes.
trait Id: FromStr<Err: fmt::Display> {
    const WHAT: &'static str;

    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// Reads an id without a copy: a log has millions of them.
fn read_id<'de, T: Id, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    if deserializer.is_human_readable() {
        return deserializer.deserialize_str(Parsed(PhantomData));
    }
    deserializer.deserialize_bytes(Parsed(PhantomData))
}

struct Parsed<T>(PhantomData<T>);

/// Takes both whatever was asked for: what stands in a tagged enum has been set aside by serde,
/// which forgets what kind of encoding it came from.
impl<T: Id> de::Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<T, E> {
        T::from_bytes(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
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
