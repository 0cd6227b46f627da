//! What models were asked and what it took, kept in the daemon's state folder: the records of today
//! (UTC), which limits of a day count, and sums of what was before.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use storycore_llm::{UsageRecord, UsageSink, UsageSum};
use tracing::warn;

use crate::platform::write_synced;

/// The records, one a line.
const RECORDS: &str = "llm-usage.jsonl";
/// The sums.
const SUMS: &str = "llm-usage.json";
const DAY_MS: u64 = 86_400_000;

/// The accounts.
pub(super) struct Accounts {
    /// What was before today.
    past: Past,
    today: Vec<UsageRecord>,
    /// To whoever writes; gone when the accounts are.
    records: Sender<UsageRecord>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Past {
    /// Records from before this moment stand in the sums, in milliseconds since 1970 (UTC).
    before_ms: u64,
    sums: Vec<UsageSum>,
}

impl Accounts {
    /// Reads what is there. What does not read is left out, and said.
    pub(super) fn open(state_dir: &Path) -> Accounts {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = now.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
        let (past, today) = opened(state_dir, now_ms - now_ms % DAY_MS);
        let (records, written) = channel();
        let path = state_dir.join(RECORDS);
        let writer = thread::Builder::new().name("llm-usage".to_owned());
        if let Err(error) = writer.spawn(move || write_all(&path, &written)) {
            warn!(%error, "what language models are asked is not kept");
        }
        Accounts {
            past,
            today,
            records,
        }
    }

    /// What was asked today, before this daemon.
    pub(super) fn today(&self) -> &[UsageRecord] {
        &self.today
    }

    /// The sums of before today, with those of today.
    pub(super) fn with(&self, today: &[UsageSum]) -> Vec<UsageSum> {
        let mut sums = by_task(&self.past.sums);
        today.iter().for_each(|it| add(&mut sums, it));
        sums.into_values().collect()
    }
}

impl UsageSink for Accounts {
    fn record(&self, record: &UsageRecord) {
        // The writer ends only with us.
        let _ = self.records.send(record.clone());
    }
}

type ByTask = BTreeMap<(Option<String>, String), UsageSum>;

fn by_task(all: &[UsageSum]) -> ByTask {
    let mut sums = ByTask::new();
    all.iter().for_each(|it| add(&mut sums, it));
    sums
}

fn add(sums: &mut ByTask, more: &UsageSum) {
    let key = (more.film.clone(), more.task.clone());
    let sum = sums.entry(key).or_insert_with(|| UsageSum {
        film: more.film.clone(),
        task: more.task.clone(),
        ..UsageSum::default()
    });
    sum.answers += more.answers;
    sum.cached += more.cached;
    sum.failed += more.failed;
    sum.tokens_in += more.tokens_in;
    sum.tokens_out += more.tokens_out;
    sum.money_micro = sum.money_micro.saturating_add(more.money_micro);
    sum.ms = sum.ms.saturating_add(more.ms);
}

fn sum_of(record: &UsageRecord) -> UsageSum {
    let spent = |it: u64| if record.is_cached { 0 } else { it };
    UsageSum {
        film: record.film.clone(),
        task: record.task.clone(),
        answers: u64::from(record.failed.is_none()),
        cached: u64::from(record.is_cached),
        failed: u64::from(record.failed.is_some()),
        tokens_in: spent(record.tokens_in),
        tokens_out: spent(record.tokens_out),
        money_micro: spent(record.money_micro),
        ms: record.ms,
    }
}

/// Reads both files, and folds records from before today into the sums. The sums are written first,
/// and say up to when they reach: whatever stops us in between, nothing counts twice.
fn opened(state_dir: &Path, today_ms: u64) -> (Past, Vec<UsageRecord>) {
    let sums_path = state_dir.join(SUMS);
    let mut past: Past = match fs::read(&sums_path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            warn!(%error, path = %sums_path.display(), "it does not read, and is begun anew");
            Past::default()
        }),
        Err(_) => Past::default(),
    };
    let records_path = state_dir.join(RECORDS);
    let (old, today): (Vec<_>, Vec<_>) = records(&records_path)
        .into_iter()
        .filter(|it| it.at_ms >= past.before_ms)
        .partition(|it| it.at_ms < today_ms);
    if !old.is_empty() {
        let mut sums = by_task(&past.sums);
        old.iter().for_each(|it| add(&mut sums, &sum_of(it)));
        past = Past {
            before_ms: today_ms,
            sums: sums.into_values().collect(),
        };
        let kept = replace(&sums_path, &past).and_then(|()| {
            let lines = today.iter().map(line);
            let lines = lines.collect::<Result<Vec<_>, _>>()?.concat();
            replace_bytes(&records_path, &lines)
        });
        if let Err(error) = kept {
            warn!(%error, "the accounts of language models could not be put in order");
        }
    }
    (past, today)
}

fn records(path: &Path) -> Vec<UsageRecord> {
    let Ok(file) = File::open(path) else {
        return Vec::new();
    };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    // The last line may be half of one, after a power cut.
    let read = lines.filter_map(|it| serde_json::from_str(&it).ok());
    read.collect()
}

fn line(record: &UsageRecord) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    Ok(line)
}

fn replace(path: &Path, past: &Past) -> io::Result<()> {
    replace_bytes(path, &serde_json::to_vec_pretty(past)?)
}

fn replace_bytes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new: PathBuf = path.with_extension("new");
    write_synced(&new, &[bytes])?;
    fs::rename(&new, path)
}

/// Writes records as they come, until nobody can send one any more.
fn write_all(path: &Path, records: &Receiver<UsageRecord>) {
    for record in records {
        let written = line(&record).and_then(|line| {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(&line)
        });
        if let Err(error) = written {
            warn!(%error, path = %path.display(), "what a language model was asked is not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at_ms: u64, tokens_in: u64) -> UsageRecord {
        UsageRecord {
            at_ms,
            provider: "local".into(),
            model: "small".into(),
            task: "logline".into(),
            film: Some("a".into()),
            tokens_in,
            tokens_out: 1,
            is_measured: true,
            money_micro: 3,
            ms: 10,
            is_cached: false,
            attempts: 1,
            failed: None,
        }
    }

    #[test]
    fn what_was_before_today_is_summed_once() {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<u8> = [
            record(5, 10),
            record(DAY_MS + 5, 20),
            record(DAY_MS + 6, 30),
        ]
        .iter()
        .flat_map(|it| line(it).unwrap())
        .chain(*b"{\"atMs\": half of")
        .collect();
        fs::write(folder.path().join(RECORDS), &lines).unwrap();
        let (past, today) = opened(folder.path(), DAY_MS);
        assert_eq!((past.sums[0].tokens_in, today.len()), (10, 2));
        // Cut off before the records were written anew: the sums say up to when they reach.
        fs::write(folder.path().join(RECORDS), &lines).unwrap();
        let (past, today) = opened(folder.path(), DAY_MS);
        assert_eq!((past.sums[0].tokens_in, today.len()), (10, 2));
        let (past, today) = opened(folder.path(), 2 * DAY_MS);
        assert_eq!((past.sums[0].tokens_in, today.len()), (60, 0));
        assert_eq!((past.sums[0].answers, past.sums[0].money_micro), (3, 9));
    }

    #[test]
    fn records_are_written_as_they_come() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(RECORDS);
        let (sender, receiver) = channel();
        sender.send(record(1, 1)).unwrap();
        sender.send(record(2, 2)).unwrap();
        drop(sender);
        write_all(&path, &receiver);
        assert_eq!(records(&path), [record(1, 1), record(2, 2)]);
    }
}
