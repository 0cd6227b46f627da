//! Finds files that nothing names, and deletes those that are old enough.
//!
//! What counts as named is decided on the safe side: whatever stands anywhere in the log and could
//! be a file's name keeps that file, in whichever event and however deep. So all that history,
//! checkpoints, what was undone, and events of newer kinds lead back to is kept, without a list
//! that somebody could forget to extend. Texts that are typed and not saved count, too.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::Path,
    sync::Arc,
    time::SystemTime,
};

use storycore_core::Film;
use storycore_media::describe_file;
use storycore_schema::{
    Error,
    asset::{Collected, CollectedFiles, CollectedKind},
    id::BlobId,
};

use crate::{blobs::Blobs, event_log::EventLog};

/// How a name is written: so many digits of hexadecimal.
const NAME_DIGITS: usize = 64;

/// What collecting works with.
pub(crate) struct Collecting {
    /// The film as it is.
    pub(crate) film: Arc<Film>,
    /// All that happened in it.
    pub(crate) log: Arc<EventLog>,
    /// Its files.
    pub(crate) blobs: Arc<Blobs>,
    /// Where texts are that are typed and not saved.
    pub(crate) drafts: std::path::PathBuf,
    /// Whether to say only what would be deleted.
    pub(crate) dry_run: bool,
    /// What was made since then is left alone; all of it, if this is no moment.
    pub(crate) made_before: Option<SystemTime>,
}

/// Finds what nothing names, and deletes it if that is wanted; says what was deleted, too. Blocks.
pub(crate) fn collect(collecting: &Collecting) -> Result<(Collected, Vec<BlobId>), Error> {
    let unread = |error: &dyn std::fmt::Display| {
        let message = format!("what is named cannot be known: {error}");
        Error::unavailable(message)
            .hint("nothing was deleted; `storycore doctor` says what is wrong with the film")
    };
    // The files are listed first: one that comes later is not looked at, whatever names it.
    let files = collecting.blobs.list().map_err(|it| unread(&it))?;
    let mut names = HashSet::new();
    let log = &collecting.log;
    log.each_payload(|payload| note_names(payload, &mut names))
        .map_err(|it| unread(&it))?;
    note_drafts(&collecting.drafts, &mut names).map_err(|it| unread(&it))?;
    let mut found = Found::default();
    for (id, metadata) in files {
        found.judge(collecting, &names, id, &metadata)?;
    }
    let assets = collecting.film.state.assets.by_id.keys();
    let missing = assets.filter(|it| !collecting.blobs.contains(**it));
    let collected = Collected {
        dry_run: collecting.dry_run,
        named: found.named,
        young: found.young,
        unnamed: by_kind(found.unnamed),
        missing: u32::try_from(missing.count()).unwrap_or(u32::MAX),
    };
    Ok((collected, found.deleted))
}

#[derive(Default)]
struct Found {
    named: CollectedFiles,
    young: CollectedFiles,
    unnamed: BTreeMap<&'static str, CollectedFiles>,
    deleted: Vec<BlobId>,
}

impl Found {
    fn judge(
        &mut self,
        collecting: &Collecting,
        names: &HashSet<BlobId>,
        id: BlobId,
        metadata: &fs::Metadata,
    ) -> Result<(), Error> {
        let bytes = metadata.len();
        if names.contains(&id) {
            add(&mut self.named, bytes);
            return Ok(());
        }
        let made = metadata.modified().ok();
        let is_old = made
            .zip(collecting.made_before)
            .is_some_and(|it| it.0 < it.1);
        if !is_old || collecting.blobs.is_given_out(id) {
            add(&mut self.young, bytes);
            return Ok(());
        }
        let limits = storycore_media::Limits::default();
        let described = describe_file(&collecting.blobs.path(id), &limits);
        let media_type = described.map_or("application/octet-stream", |it| it.media_type);
        if !collecting.dry_run {
            let removed = collecting.blobs.remove(id).map_err(|error| {
                Error::unavailable(format!("{id} could not be deleted: {error}"))
                    .hint("check who may write into the film's folder, then try again")
            })?;
            if !removed {
                add(&mut self.young, bytes);
                return Ok(());
            }
            self.deleted.push(id);
        }
        add(self.unnamed.entry(media_type).or_default(), bytes);
        Ok(())
    }
}

fn add(files: &mut CollectedFiles, bytes: u64) {
    files.files = files.files.saturating_add(1);
    files.bytes = files.bytes.saturating_add(bytes);
}

fn by_kind(kinds: BTreeMap<&'static str, CollectedFiles>) -> Vec<CollectedKind> {
    let mut listed: Vec<CollectedKind> = kinds
        .into_iter()
        .map(|(media_type, it)| CollectedKind {
            media_type: media_type.to_owned(),
            files: it.files,
            bytes: it.bytes,
        })
        .collect();
    listed.sort_by_key(|it| std::cmp::Reverse(it.bytes));
    listed
}

/// Notes every run of digits that is as long as a name; of a longer one, every name it could hold.
fn note_names(text: &str, names: &mut HashSet<BlobId>) {
    let is_digit = |it: &u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    for run in text.as_bytes().split(|it| !is_digit(it)) {
        let names_of = run
            .windows(NAME_DIGITS)
            .filter_map(|it| std::str::from_utf8(it).ok());
        names.extend(names_of.filter_map(|it| it.parse::<BlobId>().ok()));
    }
}

fn note_drafts(folder: &Path, names: &mut HashSet<BlobId>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            note_drafts(&path, names)?;
        } else {
            note_names(&String::from_utf8_lossy(&fs::read(path)?), names);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_wherever_it_stands() {
        let (a, b) = (BlobId([0xab; 32]), BlobId([0x12; 32]));
        let noted = |text: &str| {
            let mut names = HashSet::new();
            note_names(text, &mut names);
            names
        };
        let nested = format!(r#"{{"output":"{{\"asset\":\"{a}\"}}","deep":[["x{b}y"]]}}"#);
        assert_eq!(noted(&nested), HashSet::from([a, b]));
        // Two that touch are two names, and whatever else could be read there.
        let touching = noted(&format!("{a}{b}"));
        assert!(touching.contains(&a) && touching.contains(&b));
        assert_eq!(noted(&a.to_string()[1..]), HashSet::new());
    }
}
