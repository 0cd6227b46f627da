//! What is left of a damaged log: its events as far as they can be read, with single flipped bits
//! put right. The digests tell which bit it was.

use std::path::Path;

use rusqlite::{Connection, params};
use storycore_schema::{Event, Seq};

use super::{
    LogError,
    digest::{self, Digest},
    sqlite::{self, Row},
};

/// The largest event in which a flipped bit is looked for, in bytes: every bit is tried.
const MENDED_BYTES_MAX: usize = 8 << 10;
/// Rows that are written in one commit, in rows.
const COMMIT_ROWS: usize = 1_000;
/// Where the columns begin in the bytes of a digest: after the digest before and the place.
const COLUMNS_AT: usize = digest::DIGEST_BYTES + 8;

/// A log that may be damaged, opened without changing it.
pub struct Salvage {
    connection: Connection,
    has_digests: bool,
}

/// What became of a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// The last event up to which all can be read.
    pub whole: Seq,
    /// The last event that there is a trace of.
    pub last: Seq,
    /// Why it goes no further.
    pub why: Option<String>,
    /// Events in which one bit was flipped. Which one is known.
    pub mended: Vec<Seq>,
    /// Events that read, though they are not what was written.
    pub doubtful: Vec<Seq>,
}

impl Examined {
    /// Whether there is nothing to put right.
    pub fn is_whole(&self) -> bool {
        self.why.is_none() && self.mended.is_empty() && self.doubtful.is_empty()
    }
}

/// A row, as bytes that may be anything.
#[derive(Debug, Clone)]
struct Raw {
    seq: u64,
    version: u32,
    at_ms: u64,
    /// Topic, actor, correlation id, payload.
    texts: [Vec<u8>; 4],
    digest: Vec<u8>,
}

impl Salvage {
    /// Opens a log. Blocks.
    pub fn open(path: &Path) -> Result<Salvage, LogError> {
        let connection = sqlite::open_reader(path)?;
        sqlite::check_format(&connection)?;
        let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let has_digests = version >= sqlite::TABLES_VERSION;
        Ok(Salvage {
            connection,
            has_digests,
        })
    }

    /// What the engine finds wrong with the file. Blocks.
    pub fn problems(&self) -> Result<Vec<String>, LogError> {
        sqlite::problems(&self.connection)
    }

    /// Hands over every event that can be read, in order. Blocks.
    pub fn examine(&self, each: &mut dyn FnMut(&Event)) -> Result<Examined, LogError> {
        self.walk(&mut |_, event| {
            each(event);
            Ok(())
        })
    }

    /// Writes every event that can be read into a new log. Blocks.
    pub fn rewrite(&self, path: &Path) -> Result<Examined, LogError> {
        let fresh = sqlite::open(path)?;
        let (mut chain, mut before, mut pending) = (digest::Chain::default(), digest::START, 0);
        fresh.execute_batch("BEGIN")?;
        let examined = self.walk(&mut |row, _| {
            before = chain.next(&before, row);
            sqlite::insert(&fresh, row, &before)?;
            pending += 1;
            if pending == COMMIT_ROWS {
                fresh.execute_batch("COMMIT; BEGIN")?;
                pending = 0;
            }
            Ok(())
        })?;
        fresh.execute_batch("COMMIT")?;
        // One file, without a log beside it, so that it can be put in place with one rename.
        fresh.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(examined)
    }

    fn walk(
        &self,
        each: &mut dyn FnMut(&Row<'_>, &Event) -> Result<(), LogError>,
    ) -> Result<Examined, LogError> {
        let digest = if self.has_digests { "digest" } else { "x''" };
        let mut select = self.connection.prepare(&format!(
            "SELECT seq, version, at_ms, topic, actor, correlation_id, payload, {digest}
             FROM events WHERE seq > 0 ORDER BY seq"
        ))?;
        let mut rows = select.query([])?;
        let mut found = Examined::default();
        let mut before = vec![digest::START];
        loop {
            let next = match rows.next() {
                Ok(None) => break,
                Ok(Some(row)) => Raw::read(row),
                Err(error) => Err(error),
            };
            let expected = found.whole.0 + 1;
            let raw = match next {
                Ok(raw) => raw,
                Err(error) => {
                    found.why = Some(format!("event {expected} cannot be read: {error}"));
                    break;
                }
            };
            if raw.seq != expected {
                found.why = Some(format!("event {expected} is missing"));
                break;
            }
            let (raw, state) = raw.judged(&before, self.has_digests);
            let row = raw.row();
            let read = row.as_ref().map(Row::what_happened);
            match (&row, read) {
                (Some(row), Some(Ok(event))) => each(row, &event)?,
                // Written by a newer version: nothing is wrong with it.
                (_, Some(Err(error @ LogError::Format(_)))) => return Err(error),
                _ => {
                    found.why = Some(format!("event {expected} does not read"));
                    break;
                }
            }
            found.whole = Seq(expected);
            match state {
                State::Whole => {}
                State::Mended => found.mended.push(found.whole),
                State::Doubtful => found.doubtful.push(found.whole),
            }
            before = raw.as_before(&before);
        }
        found.last = found.whole.max(self.last().unwrap_or_default());
        Ok(found)
    }

    fn last(&self) -> Option<Seq> {
        let last = "SELECT max(seq) FROM events";
        let last = self.connection.query_row(last, params![], |row| row.get(0));
        let last: Option<i64> = last.ok()?;
        Some(Seq(u64::try_from(last?).ok()?))
    }
}

/// What a row is worth.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Whole,
    Mended,
    Doubtful,
}

impl Raw {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
        let bytes = |column| -> rusqlite::Result<Vec<u8>> {
            let value = row.get_ref(column)?;
            Ok(value.as_bytes().map_or_else(|_| Vec::new(), <[u8]>::to_vec))
        };
        let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
        Ok(Raw {
            seq: number(0)?,
            version: u32::try_from(number(1)?).unwrap_or(u32::MAX),
            at_ms: number(2)?,
            texts: [bytes(3)?, bytes(4)?, bytes(5)?, bytes(6)?],
            digest: bytes(7)?,
        })
    }

    /// The row as it was written, if that can be told.
    fn judged(self, before: &[Digest], has_digests: bool) -> (Raw, State) {
        if !has_digests {
            return (self, State::Whole);
        }
        let mut bytes = Vec::new();
        for before in before {
            self.fill(before, &mut bytes);
            if digest::of(&bytes)[..] == self.digest {
                return (self, State::Whole);
            }
        }
        for before in before {
            self.fill(before, &mut bytes);
            if let Some(mended) = self.mended(&mut bytes) {
                return (mended, State::Mended);
            }
        }
        (self, State::Doubtful)
    }

    fn fill(&self, before: &Digest, bytes: &mut Vec<u8>) {
        let [topic, actor, correlation_id, payload] = &self.texts;
        let numbers = (self.seq, self.version, self.at_ms);
        digest::fill(
            bytes,
            before,
            numbers,
            [topic, actor, correlation_id, payload],
        );
    }

    /// With the one bit put right that makes it fit its digest, if there is one; or with the digest
    /// it should have, if a bit of that was flipped.
    fn mended(&self, bytes: &mut [u8]) -> Option<Raw> {
        let right = digest::of(bytes);
        let differing: u32 = std::iter::zip(&right, &self.digest)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum();
        if self.digest.len() == right.len() && differing == 1 {
            let digest = right.to_vec();
            return Some(Raw {
                digest,
                ..self.clone()
            });
        }
        if bytes.len() > MENDED_BYTES_MAX {
            return None;
        }
        for bit in COLUMNS_AT * 8..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            if digest::of(bytes)[..] == self.digest {
                return self.taken_from(bytes);
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        None
    }

    /// The columns that stand in the bytes of a digest; none if their lengths are others.
    fn taken_from(&self, bytes: &[u8]) -> Option<Raw> {
        let mut rest = &bytes[COLUMNS_AT..];
        let version = u32::from_le_bytes(rest.split_off(..4)?.try_into().ok()?);
        let at_ms = u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?);
        let mut raw = Raw {
            version,
            at_ms,
            ..self.clone()
        };
        for text in &mut raw.texts {
            let length = u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?);
            if length != text.len() as u64 {
                return None;
            }
            *text = rest.split_off(..text.len())?.to_vec();
        }
        Some(raw)
    }

    fn row(&self) -> Option<Row<'_>> {
        let [topic, actor, correlation_id, payload] = &self.texts;
        let text = |bytes| std::str::from_utf8(bytes).ok();
        Some(Row {
            seq: Seq(self.seq),
            topic: text(topic)?,
            version: self.version,
            at_ms: self.at_ms,
            actor: text(actor)?,
            correlation_id: text(correlation_id)?,
            payload: text(payload)?,
        })
    }

    /// What the digest of the next row may be made of: this one's as it stands, and as it should be.
    fn as_before(&self, before: &[Digest]) -> Vec<Digest> {
        let mut bytes = Vec::new();
        let mut digests: Vec<Digest> = self.digest.as_slice().try_into().into_iter().collect();
        for before in before {
            self.fill(before, &mut bytes);
            let right = digest::of(&bytes);
            if !digests.contains(&right) {
                digests.push(right);
            }
        }
        // One bad digest gives two; no need to carry on with more.
        digests.truncate(2);
        digests
    }
}

#[cfg(test)]
mod tests;
