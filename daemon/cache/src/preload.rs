//! Bringing into memory what will be asked for soon, after all that is asked for now.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    cache::{Cache, Inner},
    key::Key,
};

/// The most keys of one preloading; what is beyond is left out.
pub const PRELOAD_KEYS_MAX: usize = 1_000;
/// As much of memory is filled at most, as a share: what is used now stays.
const MEMORY_SHARE: u64 = 2;
/// How long those who ask now go first; then one entry is loaded, so that it ends.
const YIELD_MAX: Duration = Duration::from_secs(1);

/// A preloading under way. Dropping it cancels it.
#[derive(Debug)]
pub struct Preload {
    cancel: CancellationToken,
    task: JoinHandle<Preloaded>,
}

/// What came of a preloading, in entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preloaded {
    /// Brought into memory.
    pub loaded: usize,
    /// Were there already.
    pub there: usize,
    /// No tier has them.
    pub missing: usize,
    /// Not looked for: canceled, beyond [`PRELOAD_KEYS_MAX`], or memory was half full of them.
    pub left_out: usize,
}

impl Cache {
    /// Brings entries into memory, in that order, one at a time, whenever nobody waits for a slow
    /// tier. Returns at once.
    pub fn preload(&self, keys: Vec<Key>) -> Preload {
        let cancel = CancellationToken::new();
        let (inner, canceled) = (self.inner.clone(), cancel.clone());
        let task = tokio::spawn(async move { run(&inner, &keys, &canceled).await });
        Preload { cancel, task }
    }
}

impl Preload {
    /// Begins nothing more.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Waits until it is done or canceled.
    pub async fn done(mut self) -> Preloaded {
        (&mut self.task).await.unwrap_or_default()
    }
}

impl Drop for Preload {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

async fn run(inner: &Arc<Inner>, keys: &[Key], cancel: &CancellationToken) -> Preloaded {
    let mut came = Preloaded::default();
    let bytes_max = inner.memory_bytes_max() / MEMORY_SHARE;
    let (mut bytes, mut n_seen) = (0, 0);
    for key in keys.iter().take(PRELOAD_KEYS_MAX) {
        let mut asking = inner.asking.subscribe();
        let quiet = timeout(YIELD_MAX, asking.wait_for(|it| *it == 0));
        let is_canceled = tokio::select! {
            () = cancel.cancelled() => true,
            _ = quiet => cancel.is_cancelled(),
        };
        if is_canceled || bytes >= bytes_max {
            break;
        }
        n_seen += 1;
        if inner.is_in_memory(*key) {
            came.there += 1;
        } else if let Some(found) = inner.look_up(*key, false).await {
            bytes += found.len() as u64;
            came.loaded += 1;
            inner.preloaded.one();
        } else {
            came.missing += 1;
        }
    }
    came.left_out = keys.len() - n_seen;
    came
}
