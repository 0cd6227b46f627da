//! Checkups: whether the log, the texts and the pictures of a film are whole, and putting right
//! what is not. Of everything that is changed a copy is kept first; nothing else is ever deleted.

mod blobs;
mod log;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use storycore_schema::{
    Error, Limits,
    checkup::{Checkup, Finding, FindingKind},
};

use crate::{
    clock::now_ms,
    effects::renderer::Renderers,
    event_log::Snapshots,
    folder::{FilmFolder, LOG_FILE, SNAPSHOTS_FOLDER},
    platform::{self, FileLock},
};

pub(crate) use log::finish_repair;

/// What a checkup works with.
pub struct CheckOptions<'a> {
    /// The film.
    pub folder: &'a FilmFolder,
    /// Whether to put right what can be. Then nobody else may have the film.
    pub repair: bool,
    /// What draws missing pictures again.
    pub renderers: &'a Renderers,
    /// How large files may be.
    pub limits: &'a Limits,
}

/// Checks a film, and puts right what can be, if that is wanted. Blocks.
pub fn check(options: &CheckOptions<'_>) -> Result<Checkup, Error> {
    let mut check = Check {
        options,
        copies: Copies::new(&options.folder.data),
        findings: Vec::new(),
    };
    let outcome = check.run();
    let (seq, blobs) = outcome.map_err(|error| unfinished(options.folder, &error))?;
    Ok(Checkup {
        path: options.folder.path().to_string_lossy().into_owned(),
        seq,
        blobs,
        copies: check.copies.made.then(|| check.copies.shown()),
        findings: check.findings,
    })
}

fn unfinished(folder: &FilmFolder, error: &io::Error) -> Error {
    let message = format!(
        "{} could not be checked to the end: {error}",
        folder.path().display()
    );
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "free some space, then try again",
        io::ErrorKind::Unsupported => "use the version that wrote it; nothing was changed",
        _ => "check the disk and who may write there, then try again",
    };
    Error::unavailable(message).hint(hint)
}

struct Check<'a> {
    options: &'a CheckOptions<'a>,
    copies: Copies,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn run(&mut self) -> io::Result<(storycore_schema::Seq, u32)> {
        let mut needs = blobs::Needs::default();
        let seq = self.check_log(&mut needs)?;
        self.check_half_written()?;
        let blobs = self.check_blobs(needs)?;
        self.check_snapshots()?;
        Ok((seq, blobs))
    }

    fn data(&self) -> &Path {
        &self.options.folder.data
    }

    fn found(&mut self, kind: FindingKind, message: String, repaired: Option<String>) {
        let hint = match kind {
            _ if repaired.is_some() => None,
            FindingKind::Snapshot | FindingKind::HalfWritten => {
                Some("it does no harm; `storycore doctor --repair` puts it aside")
            }
            _ if self.options.repair => None,
            _ => Some("`storycore doctor --repair` puts right what can be, and keeps a copy"),
        };
        self.findings.push(Finding {
            kind,
            message,
            repaired,
            hint: hint.map(ToOwned::to_owned),
        });
    }

    /// Snapshots that no build can read. Those of other builds are just not used.
    fn check_snapshots(&mut self) -> io::Result<()> {
        let folder = self.data().join(SNAPSHOTS_FOLDER);
        let snapshots = Snapshots::at(folder.clone(), self.options.limits);
        let places = snapshots.places();
        if places.is_empty() {
            return Ok(());
        }
        let log = self.data().join(LOG_FILE);
        for seq in places {
            let Some(why) = snapshots.damage(&log, storycore_schema::Seq(seq)) else {
                continue;
            };
            let message = format!("the snapshot at event {seq} is of no use: {why}");
            self.put_aside(
                FindingKind::Snapshot,
                message,
                &folder.join(seq.to_string()),
            )?;
        }
        Ok(())
    }

    fn check_half_written(&mut self) -> io::Result<()> {
        // An open film is writing just now; that is not what a crash left behind.
        let lock = self.data().join("lock");
        let is_open = || lock.exists() && matches!(FileLock::try_acquire(&lock), Ok(None));
        if !self.options.repair && is_open() {
            return Ok(());
        }
        let snapshots = entries(&self.data().join(SNAPSHOTS_FOLDER));
        let is_half = |it: &PathBuf| it.extension().is_some_and(|it| it == "new");
        let mut half: Vec<PathBuf> = snapshots.into_iter().filter(is_half).collect();
        half.extend(entries(&self.data().join("blobs/unfinished")));
        for path in half {
            let name = path
                .strip_prefix(self.data())
                .unwrap_or(&path)
                .display()
                .to_string();
            let message = format!("{name} was half-written when something ended");
            self.put_aside(FindingKind::HalfWritten, message, &path)?;
        }
        Ok(())
    }

    /// Moves what is of no use to where copies are kept.
    fn put_aside(&mut self, kind: FindingKind, message: String, path: &Path) -> io::Result<()> {
        let mut repaired = None;
        if self.options.repair {
            let to = self.copies.place(path)?;
            fs::rename(path, &to)?;
            repaired = Some("it was put aside".to_owned());
        }
        self.found(kind, message, repaired);
        Ok(())
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|it| it.path()).collect();
    paths.sort();
    paths
}

/// Where copies of what is changed are kept: a folder named by the time.
struct Copies {
    data: PathBuf,
    folder: PathBuf,
    made: bool,
}

impl Copies {
    fn new(data: &Path) -> Copies {
        Copies {
            data: data.to_owned(),
            folder: data.join("damaged").join(utc(now_ms())),
            made: false,
        }
    }

    fn shown(&self) -> String {
        self.folder.to_string_lossy().into_owned()
    }

    /// The place for one file of the film's data, whose folder is made.
    fn place(&mut self, path: &Path) -> io::Result<PathBuf> {
        let to = self
            .folder
            .join(path.strip_prefix(&self.data).unwrap_or(path));
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        self.made = true;
        Ok(to)
    }

    /// Copies a file, and returns when the copy is on disk. One that is not there needs none.
    fn keep(&mut self, path: &Path) -> io::Result<()> {
        if !path.exists() {
            return Ok(());
        }
        let to = self.place(path)?;
        fs::copy(path, &to)?;
        fs::File::open(&to)?.sync_all()?;
        let mut folders = to
            .ancestors()
            .skip(1)
            .take_while(|it| it.starts_with(&self.data));
        folders.try_for_each(platform::sync_folder)
    }
}

/// A moment as the name of a folder: `2026-11-25T09-27-41.123Z`.
fn utc(ms: u64) -> String {
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, millis) = (rest / 1_000 % 60, rest % 1_000);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}-{minutes:02}-{seconds:02}.{millis:03}Z")
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant: "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + u64::from(month <= 2);
    (year, month, day - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests;
