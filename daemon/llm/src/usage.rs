//! Accounts: what each task took, of which film, at which provider.

use std::{collections::BTreeMap, sync::Mutex};

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;

/// The most sums that are kept apart; what comes after is summed under no film and no task.
const SUMS_MAX: usize = 10_000;

/// What one task took at one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageRecord {
    /// When it ended, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// The provider.
    pub provider: String,
    /// The model, as the provider calls it.
    pub model: String,
    /// The task: `breakdown`.
    pub task: String,
    /// The film, if it was for one. Opaque here.
    pub film: Option<String>,
    /// Tokens that the model read.
    pub tokens_in: u64,
    /// Tokens that it wrote.
    pub tokens_out: u64,
    /// Whether the provider counted the tokens; else they are an estimate.
    pub is_measured: bool,
    /// What it cost, in millionths of the currency.
    pub money_micro: u64,
    /// How long it took, in milliseconds, with all tries and waits.
    pub ms: u64,
    /// Whether the answer was kept from an earlier time.
    pub is_cached: bool,
    /// How often the provider was asked.
    pub attempts: u32,
    /// What went wrong, if it came to nothing.
    pub failed: Option<ErrorKind>,
}

/// Where records go.
pub trait UsageSink: Send + Sync {
    /// Takes a record. It is called in the middle of things: it must not block.
    fn record(&self, record: &UsageRecord);
}

/// Keeps no records.
#[derive(Debug, Clone, Copy)]
pub struct NoSink;

impl UsageSink for NoSink {
    fn record(&self, _: &UsageRecord) {}
}

/// What a film's tasks of one name took together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageSum {
    /// The film; absent for what was for none.
    pub film: Option<String>,
    /// The task.
    pub task: String,
    /// How many answers, with those from the cache.
    pub answers: u64,
    /// How many answers came from the cache.
    pub cached: u64,
    /// How many providers came to nothing.
    pub failed: u64,
    /// Tokens that models read.
    pub tokens_in: u64,
    /// Tokens that they wrote.
    pub tokens_out: u64,
    /// What it cost, in millionths of the currency.
    pub money_micro: u64,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// Sums by film and task.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sums: Mutex<BTreeMap<(Option<String>, String), UsageSum>>,
}

impl Ledger {
    pub(crate) fn add(&self, record: &UsageRecord) {
        let mut sums = self
            .sums
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut key = (record.film.clone(), record.task.clone());
        if sums.len() >= SUMS_MAX && !sums.contains_key(&key) {
            key = (None, String::new());
        }
        let sum = sums.entry(key).or_insert_with_key(|(film, task)| UsageSum {
            film: film.clone(),
            task: task.clone(),
            ..UsageSum::default()
        });
        match record.failed {
            Some(_) => sum.failed += 1,
            None => sum.answers += 1,
        }
        sum.cached += u64::from(record.is_cached);
        sum.ms += record.ms;
        if !record.is_cached {
            sum.tokens_in += record.tokens_in;
            sum.tokens_out += record.tokens_out;
            sum.money_micro += record.money_micro;
        }
    }

    pub(crate) fn sums(&self) -> Vec<UsageSum> {
        let sums = self
            .sums
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        sums.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_kept_by_film_and_task_and_bounded() {
        let ledger = Ledger::default();
        let record = |film: Option<&str>, task: &str| UsageRecord {
            at_ms: 1,
            provider: "local".into(),
            model: "small".into(),
            task: task.into(),
            film: film.map(Into::into),
            tokens_in: 10,
            tokens_out: 5,
            is_measured: true,
            money_micro: 3,
            ms: 100,
            is_cached: false,
            attempts: 1,
            failed: None,
        };
        ledger.add(&record(Some("a"), "logline"));
        ledger.add(&UsageRecord {
            is_cached: true,
            ..record(Some("a"), "logline")
        });
        ledger.add(&UsageRecord {
            failed: Some(ErrorKind::Auth),
            ..record(Some("a"), "logline")
        });
        ledger.add(&record(None, "logline"));
        let sums = ledger.sums();
        assert_eq!(sums.len(), 2);
        let sum = &sums[1];
        assert_eq!((sum.answers, sum.cached, sum.failed), (2, 1, 1));
        assert_eq!(
            (sum.tokens_in, sum.tokens_out, sum.money_micro),
            (20, 10, 6)
        );
        for index in 0..SUMS_MAX + 10 {
            ledger.add(&record(Some("b"), &index.to_string()));
        }
        assert_eq!(ledger.sums().len(), SUMS_MAX + 1);
    }
}
