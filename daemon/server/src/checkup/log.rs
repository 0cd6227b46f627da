//! The log: its file, its events, and a new one made of what can be read.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use storycore_schema::{Seq, checkup::FindingKind};

use super::{Check, blobs::Needs};
use crate::{
    event_log::{EventLog, Examined, LogError, Salvage},
    folder::LOG_FILE,
    platform,
};

/// A repaired log that is whole and on disk, and is to take the damaged one's place.
const REPAIRED: &str = "project.db.repaired";
/// One that is being written.
const UNFINISHED: &str = "project.db.new";
/// What stands beside the log's file and belongs to it.
const BESIDE: [&str; 2] = ["-wal", "-shm"];
/// Length of the head of a database, in bytes (SQLite, "Database File Format", 1.3).
const HEAD_BYTES: usize = 100;

/// Ends what a repair began before it was cut off. The repaired log takes the damaged one's place,
/// of which a copy was kept before; and what belongs to the damaged one goes first, so that it is
/// never read into the new one. Blocks.
pub(crate) fn finish_repair(data: &Path) -> io::Result<()> {
    let (repaired, log) = (data.join(REPAIRED), data.join(LOG_FILE));
    if !repaired.exists() {
        return Ok(());
    }
    for end in BESIDE {
        remove(&data.join(format!("{LOG_FILE}{end}")))?;
    }
    platform::sync_folder(data)?;
    fs::rename(repaired, log)?;
    platform::sync_folder(data)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A newer version's log is not damaged; everything else can be told as a mistake of the disk.
fn told(error: LogError) -> io::Error {
    match error {
        LogError::Format(message) => io::Error::new(io::ErrorKind::Unsupported, message),
        other => io::Error::other(other),
    }
}

impl Check<'_> {
    pub(super) fn check_log(&mut self, needs: &mut Needs) -> io::Result<Seq> {
        let path = self.data().join(LOG_FILE);
        if self.options.repair {
            finish_repair(self.data())?;
        }
        if !path.exists() {
            return Ok(Seq(0));
        }
        let opened = Salvage::open(&path).and_then(|it| Ok((it.problems()?, it)));
        let (problems, salvage) = match opened {
            Ok((problems, salvage)) => (problems, salvage),
            Err(error @ LogError::Format(_)) => return Err(told(error)),
            Err(error) => return self.without_head(&path, &error, needs),
        };
        let examined = salvage
            .examine(&mut |event| needs.note(event))
            .map_err(told)?;
        drop(salvage);
        if problems.is_empty() && examined.is_whole() {
            return Ok(examined.whole);
        }
        let file = (!problems.is_empty())
            .then(|| format!("the log's file is damaged: {}", problems.join("; ")));
        self.repair_log(&path, &path, file, &examined)?;
        Ok(examined.whole)
    }

    /// Not even the file's head can be read. The rest may be whole.
    fn without_head(
        &mut self,
        path: &Path,
        error: &LogError,
        needs: &mut Needs,
    ) -> io::Result<Seq> {
        let message = format!("the log's file cannot be opened: {error}");
        if !self.options.repair {
            self.found(FindingKind::Database, message, None);
            return Ok(Seq(0));
        }
        self.keep_log(path)?;
        let with_head = self.copies.place(&self.data().join("project.db.head"))?;
        let read = give_head(path, &with_head)
            .and_then(|()| Salvage::open(&with_head).map_err(told))
            .and_then(|it| it.examine(&mut |event| needs.note(event)).map_err(told));
        let examined = read.unwrap_or_else(|error| Examined {
            why: Some(format!("nothing of it can be read: {error}")),
            ..Examined::default()
        });
        self.repair_log(path, &with_head, Some(message), &examined)?;
        for end in ["", "-wal", "-shm"] {
            remove(&PathBuf::from(format!("{}{end}", with_head.display())))?;
        }
        Ok(examined.whole)
    }

    /// Tells what is wrong and, if that is wanted, writes the log anew from what can be read.
    fn repair_log(
        &mut self,
        path: &Path,
        readable: &Path,
        file: Option<String>,
        examined: &Examined,
    ) -> io::Result<()> {
        if self.options.repair {
            self.keep_log(path)?;
            let fresh = self.data().join(UNFINISHED);
            for end in ["", "-wal", "-shm", "-journal"] {
                remove(&PathBuf::from(format!("{}{end}", fresh.display())))?;
            }
            if examined.whole == Seq(0) {
                drop(EventLog::open(&fresh).map_err(told)?);
            } else {
                Salvage::open(readable)
                    .and_then(|it| it.rewrite(&fresh))
                    .map_err(told)?;
            }
            File::open(&fresh)?.sync_all()?;
            fs::rename(&fresh, self.data().join(REPAIRED))?;
            platform::sync_folder(self.data())?;
            finish_repair(self.data())?;
        }
        self.tell(file, examined);
        Ok(())
    }

    fn tell(&mut self, file: Option<String>, examined: &Examined) {
        let repair = self.options.repair;
        let done = |what: String| repair.then_some(what);
        let (whole, last, copies) = (examined.whole.0, examined.last.0, self.copies.shown());
        if let Some(file) = file {
            let repaired =
                format!("it was written anew; a copy of the damaged file is in {copies}");
            self.found(FindingKind::Database, file, done(repaired));
        }
        if !examined.mended.is_empty() {
            let message = format!("{}: one bit was flipped", events(&examined.mended));
            self.found(
                FindingKind::Event,
                message,
                done("it was flipped back".to_owned()),
            );
        }
        if !examined.doubtful.is_empty() {
            let seqs = events(&examined.doubtful);
            let message = format!("{seqs}: it reads, but it is not what was written");
            let repaired = "it was kept as it reads".to_owned();
            self.found(FindingKind::Event, message, done(repaired));
        }
        if let Some(why) = &examined.why {
            let kept = match whole {
                0 => "no event can be read".to_owned(),
                1 => "event 1 is whole".to_owned(),
                _ => format!("events 1 to {whole} are whole"),
            };
            let lost = match last.saturating_sub(whole) {
                0 => "what came after".to_owned(),
                1 => last.to_string(),
                _ => format!("{} to {last}", whole + 1),
            };
            let message = format!("{kept}; {lost} cannot be read ({why})");
            let cut = if last.saturating_sub(whole) > 1 {
                "were"
            } else {
                "was"
            };
            let repaired = format!(
                "{kept}; {lost} could not be read and {cut} cut away; a copy of the damaged file is \
                 in {copies}"
            );
            self.found(FindingKind::Event, message, done(repaired));
        }
    }

    fn keep_log(&mut self, path: &Path) -> io::Result<()> {
        self.copies.keep(path)?;
        for end in BESIDE {
            self.copies
                .keep(&PathBuf::from(format!("{}{end}", path.display())))?;
        }
        Ok(())
    }
}

/// A few places for people.
fn events(seqs: &[Seq]) -> String {
    const SHOWN_MAX: usize = 5;
    let shown: Vec<String> = seqs
        .iter()
        .take(SHOWN_MAX)
        .map(ToString::to_string)
        .collect();
    let more = seqs.len().saturating_sub(SHOWN_MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let word = if seqs.len() == 1 { "event" } else { "events" };
    format!("{word} {}{more}", shown.join(", "))
}

/// A copy of a database with the head that ours have: the length of a page is always the same.
fn give_head(damaged: &Path, to: &Path) -> io::Result<()> {
    fs::copy(damaged, to)?;
    let template = to.with_extension("template");
    drop(EventLog::open(&template).map_err(told)?);
    let mut head = [0; HEAD_BYTES];
    let read = File::open(&template).and_then(|it| it.read_exact_at(&mut head, 0));
    for end in ["", "-wal", "-shm"] {
        remove(&PathBuf::from(format!("{}{end}", template.display())))?;
    }
    read?;
    // How many pages there are stands in the head, and counts only if these two agree.
    let page = u64::from(u16::from_be_bytes([head[16], head[17]]).max(512));
    let pages = u32::try_from(fs::metadata(to)?.len() / page).unwrap_or(u32::MAX);
    head[28..32].copy_from_slice(&pages.to_be_bytes());
    head.copy_within(24..28, 92);
    // No list of free pages, and a journal of its own: none.
    head[32..40].fill(0);
    head[18..20].fill(1);
    fs::OpenOptions::new()
        .write(true)
        .open(to)?
        .write_all_at(&head, 0)
}
