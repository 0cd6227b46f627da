//! What entries are called, and what they were derived from.

use std::{fmt, sync::Arc};

use crate::error::Error;

/// The longest name of a dependency, in bytes.
pub const DEPENDENCY_BYTES_MAX: usize = 256;

/// The most dependencies of one entry.
pub const DEPENDENCIES_MAX: usize = 1_000;

/// The name of an entry: a BLAKE3 hash of all that decides what its bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// A hash that the caller made.
    pub const fn from_bytes(bytes: [u8; 32]) -> Key {
        Key(bytes)
    }

    /// The hash of a kind of entry, such as `thumbnail`, and all that decides what one is. Parts
    /// are told apart by their lengths: `ab`, `c` is not `a`, `bc`.
    pub fn of(kind: &str, parts: &[&[u8]]) -> Key {
        let mut hasher = blake3::Hasher::new();
        for part in std::iter::once(&kind.as_bytes()).chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Key(*hasher.finalize().as_bytes())
    }

    /// The hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// The name of something that entries are derived from, such as `bible/MAYA`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dependency(Arc<str>);

impl Dependency {
    /// A name of 1 to [`DEPENDENCY_BYTES_MAX`] bytes without control characters.
    ///
    /// # Errors
    /// If it is none.
    pub fn new(name: &str) -> Result<Dependency, Error> {
        let is_name = (1..=DEPENDENCY_BYTES_MAX).contains(&name.len());
        if is_name && !name.contains(char::is_control) {
            return Ok(Dependency(name.into()));
        }
        let start: String = name.chars().take(40).collect();
        let message = format!("{start:?} cannot name what an entry is derived from");
        Err(Error::new(message).hint(format!(
            "a name has 1 to {DEPENDENCY_BYTES_MAX} bytes and no control characters, such as \
             bible/MAYA"
        )))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an entry is derived from.
pub(crate) type Dependencies = Arc<[Dependency]>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let key = Key::of("thumbnail", &[b"ab", b"c"]);
        assert_eq!(key, Key::of("thumbnail", &[b"ab", b"c"]));
        assert_ne!(key, Key::of("thumbnail", &[b"a", b"bc"]));
        assert_ne!(key, Key::of("thumbnail", &[b"ab", b"c", b""]));
        assert_ne!(key, Key::of("thumbnailab", &[b"c"]));
        assert_eq!(Key::from_bytes([0xab; 32]).to_string(), "ab".repeat(32));
    }

    #[test]
    fn names_are_checked() {
        for good in ["bible/MAYA", "é", &"x".repeat(DEPENDENCY_BYTES_MAX)] {
            assert_eq!(Dependency::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", &"x".repeat(DEPENDENCY_BYTES_MAX + 1)] {
            assert!(Dependency::new(bad).unwrap_err().hint.is_some());
        }
    }
}
