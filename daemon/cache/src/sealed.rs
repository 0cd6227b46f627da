//! An entry as it lies on a disk or in a bucket: sealed by a hash of its key and all that follows,
//! so that what is cut off, changed or filed under another name is noticed before it is used.
//!
//! All numbers are little-endian: the seal (32 bytes), `SCC1`, how it is packed (1), when it was
//! made in Unix milliseconds (8), its length in bytes (4), how many dependencies it has (2), each
//! with its length (2), then the bytes, packed or not.

use bytes::Bytes;

use crate::key::{DEPENDENCIES_MAX, Dependencies, Dependency, Key};

pub(crate) const SEAL_BYTES: usize = 32;
/// What comes before the names of dependencies.
const HEAD_BYTES: usize = SEAL_BYTES + 4 + 1 + 8 + 4 + 2;
const MAGIC: &[u8; 4] = b"SCC1";
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Fast; a higher level gains little on what is kept here.
const ZSTD_LEVEL: i32 = 1;
/// Less is not worth packing, in bytes.
const PACKED_BYTES_MIN: usize = 512;
/// How much is packed to see whether it helps, in bytes: pictures are packed already.
const SAMPLE_BYTES: usize = 16 << 10;

/// Nothing is longer than all of an entry's head and names, in bytes.
pub(crate) const OVERHEAD_BYTES_MAX: u64 =
    (HEAD_BYTES + DEPENDENCIES_MAX * (2 + crate::key::DEPENDENCY_BYTES_MAX)) as u64;

/// Why bytes are not the entry they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged(pub(crate) &'static str);

/// An entry whose seal was whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) bytes: Bytes,
    pub(crate) dependencies: Dependencies,
    pub(crate) made_ms: u64,
}

/// Seals an entry. Its length is below 4 GiB, and its dependencies are few, as was checked.
pub(crate) fn seal(key: Key, bytes: &[u8], dependencies: &[Dependency], made_ms: u64) -> Vec<u8> {
    let packed = pack(bytes);
    let stored = packed.as_deref().unwrap_or(bytes);
    let names: usize = dependencies.iter().map(|it| 2 + it.as_str().len()).sum();
    let mut sealed = Vec::with_capacity(HEAD_BYTES + names + stored.len());
    sealed.extend_from_slice(&[0; SEAL_BYTES]);
    sealed.extend_from_slice(MAGIC);
    sealed.push(if packed.is_some() { ZSTD } else { PLAIN });
    sealed.extend_from_slice(&made_ms.to_le_bytes());
    sealed.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    sealed.extend_from_slice(&(dependencies.len() as u16).to_le_bytes());
    for dependency in dependencies {
        let name = dependency.as_str().as_bytes();
        sealed.extend_from_slice(&(name.len() as u16).to_le_bytes());
        sealed.extend_from_slice(name);
    }
    sealed.extend_from_slice(stored);
    let hash = hash(key, &sealed[SEAL_BYTES..]);
    sealed[..SEAL_BYTES].copy_from_slice(&hash);
    sealed
}

/// Opens an entry, of which the seal is looked at first.
pub(crate) fn open(key: Key, sealed: Vec<u8>, bytes_max: u64) -> Result<Opened, Damaged> {
    let Some((seal, rest)) = sealed.split_first_chunk::<SEAL_BYTES>() else {
        return Err(Damaged("it is cut off"));
    };
    if hash(key, rest) != *seal {
        return Err(Damaged("its hash is another one"));
    }
    let mut reader = Reader(rest);
    if reader.take(4)? != MAGIC {
        return Err(Damaged("it is of another format"));
    }
    let packing = reader.take(1)?[0];
    let made_ms = u64::from_le_bytes(reader.array()?);
    let length = u32::from_le_bytes(reader.array()?);
    let n_names = usize::from(u16::from_le_bytes(reader.array()?));
    if u64::from(length) > bytes_max || n_names > DEPENDENCIES_MAX {
        return Err(Damaged("it is too large"));
    }
    let dependencies = (0..n_names).map(|_| reader.dependency());
    let dependencies = dependencies.collect::<Result<Dependencies, Damaged>>()?;
    let start = sealed.len() - reader.0.len();
    let bytes = match packing {
        PLAIN => Bytes::from(sealed).slice(start..),
        ZSTD => zstd::bulk::decompress(&sealed[start..], length as usize)
            .map_err(|_| Damaged("it cannot be unpacked"))?
            .into(),
        _ => return Err(Damaged("it is packed in an unknown way")),
    };
    if bytes.len() != length as usize {
        return Err(Damaged("it has another length"));
    }
    Ok(Opened {
        bytes,
        dependencies,
        made_ms,
    })
}

fn hash(key: Key, rest: &[u8]) -> [u8; SEAL_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(rest);
    *hasher.finalize().as_bytes()
}

/// The bytes packed, where that saves an eighth or more.
fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() < PACKED_BYTES_MIN {
        return None;
    }
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let smaller = |bytes: &[u8]| {
        let packed = zstd::bulk::compress(bytes, ZSTD_LEVEL).ok()?;
        (packed.len() <= bytes.len() / 8 * 7).then_some(packed)
    };
    let packed = smaller(sample)?;
    match sample.len() == bytes.len() {
        true => Some(packed),
        false => smaller(bytes),
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(Damaged("it is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Damaged("it is cut off"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn dependency(&mut self) -> Result<Dependency, Damaged> {
        let length = u16::from_le_bytes(self.array()?);
        let name = std::str::from_utf8(self.take(usize::from(length))?).ok();
        name.and_then(|it| Dependency::new(it).ok())
            .ok_or(Damaged("it is derived from what has no name"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const BYTES_MAX: u64 = 1 << 20;

    fn key() -> Key {
        Key::of("test", &[b"one"])
    }

    /// Resealed, so that only what is inside can be wrong.
    fn reseal(mut sealed: Vec<u8>) -> Vec<u8> {
        let seal = hash(key(), &sealed[SEAL_BYTES..]);
        sealed[..SEAL_BYTES].copy_from_slice(&seal);
        sealed
    }

    #[test]
    fn text_is_packed_and_noise_is_not() {
        let text = "INT. KITCHEN - NIGHT\n".repeat(500);
        assert!(seal(key(), text.as_bytes(), &[], 0).len() < text.len() / 10);
        let mut noise = vec![0; 100_000];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        assert_eq!(seal(key(), &noise, &[], 0).len(), HEAD_BYTES + noise.len());
    }

    #[test]
    fn what_says_more_than_it_has_is_damaged() {
        let sealed = seal(key(), &[b'x'; 4_000], &[], 7);
        let mut long = sealed.clone();
        long[45..49].copy_from_slice(&5_000_u32.to_le_bytes());
        assert_eq!(
            open(key(), reseal(long), BYTES_MAX).unwrap_err().0,
            "it has another length"
        );
        let mut bomb = sealed.clone();
        bomb[45..49].copy_from_slice(&3_000_u32.to_le_bytes());
        assert_eq!(
            open(key(), reseal(bomb), BYTES_MAX).unwrap_err().0,
            "it cannot be unpacked"
        );
        assert_eq!(open(key(), sealed, 3_999).unwrap_err().0, "it is too large");
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            bytes in vec(any::<u8>(), 0..3_000),
            repeated in 1..9_usize,
            names in vec("[A-Z/]{1,9}", 0..4),
            made_ms: u64,
        ) {
            let bytes = bytes.repeat(repeated);
            let names: Vec<_> = names.iter().map(|it| Dependency::new(it).unwrap()).collect();
            let sealed = seal(key(), &bytes, &names, made_ms);
            prop_assert!(sealed.len() as u64 <= bytes.len() as u64 + OVERHEAD_BYTES_MAX);
            let opened = open(key(), sealed.clone(), BYTES_MAX).unwrap();
            prop_assert_eq!(opened.bytes, bytes);
            prop_assert_eq!(&*opened.dependencies, &*names);
            prop_assert_eq!(opened.made_ms, made_ms);
            prop_assert!(open(Key::of("test", &[b"two"]), sealed, BYTES_MAX).is_err());
        }

        #[test]
        fn any_other_byte_is_noticed(at: prop::sample::Index, bit in 0..8_u8, cut: bool) {
            let name = Dependency::new("bible/MAYA").unwrap();
            let mut sealed = seal(key(), &[b'x'; 2_000], &[name], 7);
            let at = at.index(sealed.len());
            match cut {
                true => sealed.truncate(at),
                false => sealed[at] ^= 1 << bit,
            }
            prop_assert!(open(key(), sealed, BYTES_MAX).is_err());
        }

        #[test]
        fn nothing_that_is_sealed_panics(rest in vec(any::<u8>(), 0..200), is_ours: bool) {
            let magic: &[u8] = if is_ours { MAGIC } else { b"" };
            let sealed = [&[0; SEAL_BYTES], magic, &rest].concat();
            let _ = open(key(), reseal(sealed), BYTES_MAX);
        }
    }
}
