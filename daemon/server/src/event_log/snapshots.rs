//! Snapshots: the state at some places of the log, each in a file, so that opening a film and
//! looking into its past cost the events since and not all there are. They are derived: one that
//! does not fit the log or this build is passed over, and all of them may be deleted at any time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde::{Deserialize, Serialize};
use storycore_core::{
    GlobalState,
    snapshot::{self, DecodeError},
};
use storycore_schema::{Limits, Seq};
use tracing::{debug, warn};

use super::{EVENT_VERSION, EventLog, digest, sqlite};
use crate::platform;

/// Version of these files.
const FORMAT: u32 = 2;
/// The longest first line that is read, in bytes.
const HEAD_BYTES_MAX: usize = 1_024;
/// Length of the hash at a file's end, in bytes.
const HASH_BYTES: usize = blake3::OUT_LEN;
/// The newest ones, which are never thinned out, in snapshots: if the last is damaged, the one
/// before it is near.
const NEWEST_KEPT: usize = 2;

/// Why one is passed over that is as good as any.
const OTHER_BUILD: &str = "another build made it";

/// The snapshots of one film.
#[derive(Debug)]
pub struct Snapshots {
    folder: PathBuf,
    /// Distance at which they are made, in events.
    pub(crate) every_events: u64,
    bytes_max: u64,
}

/// A state, and the place of the log at which it was true.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The last event in it.
    pub seq: Seq,
    /// The state.
    pub state: GlobalState,
    /// Whether, of the events about the bible or the scripts, the last one is about the bible.
    pub ends_with_bible: bool,
}

/// The first line of a file, as JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileHead {
    format: u32,
    /// What made it. Another build may make something else of the same events.
    build: String,
    seq: u64,
    /// Of the event at `seq`.
    digest: String,
    ends_with_bible: bool,
    film_bytes: usize,
    generation_bytes: usize,
}

impl Snapshots {
    /// The snapshots in a folder, which need not be there.
    pub fn at(folder: PathBuf, limits: &Limits) -> Snapshots {
        Snapshots {
            folder,
            every_events: limits.snapshot_every_events.max(1),
            bytes_max: limits.snapshots_bytes_max,
        }
    }

    /// The newest one up to a place that fits the log. Blocks.
    pub(super) fn newest(&self, log: &EventLog, to: Seq) -> Option<Snapshot> {
        let places = self.places();
        let up_to = places.iter().rev().filter(|it| **it <= to.0);
        up_to.into_iter().find_map(|seq| {
            let path = self.path(*seq);
            match read(&path, log.path()) {
                Ok(snapshot) if snapshot.seq.0 == *seq => Some(snapshot),
                Ok(_) => None,
                Err(why) => {
                    debug!(path = %path.display(), why, "a snapshot is passed over");
                    None
                }
            }
        })
    }

    /// The places of those there are, whether or not they are good. Blocks.
    pub fn places(&self) -> Vec<u64> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut places: Vec<u64> = entries
            .filter_map(|it| it.file_name().to_str()?.parse().ok())
            .collect();
        places.sort_unstable();
        places
    }

    /// What is wrong with the file of a place, in a few words. That another build made it is not.
    /// Blocks.
    pub fn damage(&self, log: &Path, seq: Seq) -> Option<String> {
        let why = read(&self.path(seq.0), log).err()?;
        (why != OTHER_BUILD).then_some(why)
    }

    /// Makes one, whole or not at all, and thins out the others. Blocks.
    pub fn write(&self, log: &EventLog, snapshot: &Snapshot) -> io::Result<()> {
        let digest = log.digest_at(snapshot.seq).map_err(io::Error::other)?;
        let Some(digest) = digest else {
            return Err(io::Error::other("the log does not hold its last event"));
        };
        let snapshot::Parts { film, generation } =
            snapshot::write(&snapshot.state).map_err(io::Error::other)?;
        let head = FileHead {
            format: FORMAT,
            build: build().to_owned(),
            seq: snapshot.seq.0,
            digest: digest::hex(&digest),
            ends_with_bible: snapshot.ends_with_bible,
            film_bytes: film.len(),
            generation_bytes: generation.len(),
        };
        let mut head = serde_json::to_vec(&head)?;
        head.push(b'\n');
        let hash = hash_of(&[&head, &film, &generation]);
        // Only this folder: a film's folder that was moved away must not come up again.
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let path = self.path(snapshot.seq.0);
        platform::write_whole(&path, &[&head, &film, &generation, hash.as_bytes()])?;
        self.thin_out();
        Ok(())
    }

    /// Removes files that a crash left half-written. Blocks.
    pub fn tidy(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries {
            if entry.path().extension().is_some_and(|it| it == "new") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Those that stand closer than they need to go first, then, if they take too much room, every
    /// other one in turn.
    fn thin_out(&self) {
        let size = |seq: &u64| fs::metadata(self.path(*seq)).map_or(0, |it| it.len());
        let mut kept: Vec<(u64, u64)> = self.places().iter().map(|it| (*it, size(it))).collect();
        let mut gap_max = self.every_events;
        while let Some(idx) = superfluous(&kept, gap_max) {
            self.remove(kept.remove(idx).0);
        }
        while kept.iter().map(|it| it.1).sum::<u64>() > self.bytes_max && kept.len() > NEWEST_KEPT {
            match superfluous(&kept, gap_max) {
                Some(idx) => self.remove(kept.remove(idx).0),
                None => gap_max = gap_max.saturating_mul(2),
            }
        }
    }

    fn remove(&self, seq: u64) {
        let path = self.path(seq);
        if let Err(error) = fs::remove_file(&path) {
            warn!(path = %path.display(), %error, "a snapshot could not be removed");
        }
    }

    fn path(&self, seq: u64) -> PathBuf {
        self.folder.join(seq.to_string())
    }
}

/// The first one without which no gap is wider than allowed. The gap before the first begins at 0.
fn superfluous(places: &[(u64, u64)], gap_max: u64) -> Option<usize> {
    let thinned = places.len().saturating_sub(NEWEST_KEPT);
    (0..thinned).find(|idx| {
        let before = if *idx == 0 { 0 } else { places[idx - 1].0 };
        places[idx + 1].0 - before <= gap_max
    })
}

/// Reads a file; the error says in a few words why it is of no use.
fn read(path: &Path, log: &Path) -> Result<Snapshot, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let head_end = bytes
        .iter()
        .take(HEAD_BYTES_MAX)
        .position(|it| *it == b'\n');
    let head_end = head_end.ok_or("it has no head")? + 1;
    let head: FileHead =
        serde_json::from_slice(&bytes[..head_end]).map_err(|_| "its head does not read")?;
    if head.format != FORMAT || head.build != build() {
        return Err(OTHER_BUILD.to_owned());
    }
    let rest = &bytes[head_end..];
    let film_end = head.film_bytes;
    let generation_end = film_end.saturating_add(head.generation_bytes);
    if rest.len() != generation_end.saturating_add(HASH_BYTES) {
        return Err("its length is wrong".to_owned());
    }
    let (content, hash) = bytes.split_at(bytes.len() - HASH_BYTES);
    if hash_of(&[content]).as_bytes() != hash {
        return Err("it is damaged".to_owned());
    }
    let digest = sqlite::open_reader(log).and_then(|it| sqlite::digest_at(&it, Seq(head.seq)));
    let digest = digest.map_err(|it| it.to_string())?;
    if digest.map(|it| digest::hex(&it)).as_ref() != Some(&head.digest) {
        return Err("it is of another log".to_owned());
    }
    let state = read_state(&rest[..film_end], &rest[film_end..generation_end]);
    Ok(Snapshot {
        seq: Seq(head.seq),
        state: state.map_err(|error| format!("it does not read: {error}"))?,
        ends_with_bible: head.ends_with_bible,
    })
}

/// The two parts weigh about the same, so each is read by a thread.
fn read_state(film: &[u8], generation: &[u8]) -> Result<GlobalState, DecodeError> {
    let (film, generation) = std::thread::scope(|scope| {
        let generation = scope.spawn(|| snapshot::read_generation(generation));
        let bug = |_| Err(serde::de::Error::custom("reading it met a bug"));
        (
            snapshot::read_film(film),
            generation.join().unwrap_or_else(bug),
        )
    });
    Ok(snapshot::join(film?, generation?))
}

fn hash_of(parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// Tells this program from every other: even a small change of a rule may make another state of
/// the same events, and then the log is right.
fn build() -> &'static str {
    static BUILD: OnceLock<String> = OnceLock::new();
    BUILD.get_or_init(|| {
        let identity = platform::executable_identity().unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        let text = format!("{version}:{identity}:{}:{EVENT_VERSION}", snapshot::VERSION);
        blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
    })
}

#[cfg(test)]
mod tests;
