//! The cache: memory before disk before network, and one maker for all who wait.

use std::{
    collections::HashMap,
    error,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::spawn_blocking,
};
use tracing::warn;

use crate::{
    disk::{Disk, DiskOptions, Invalidated},
    error::{Error, NotMade},
    flight::{Flights, Lead, wait},
    key::{DEPENDENCIES_MAX, Dependencies, Dependency, Key},
    memory::Memory,
    network::{Network, S3Options},
    sealed::{self, Opened},
    stats::{Count, Stats},
    ticket::{Dropped, Ticket, Tickets},
};

/// What may wait for the disk, in KiB; who makes more waits.
const WAITING_KIB_MAX: u32 = 64 << 10;

/// How large a cache is, and where.
#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// The most bytes in memory.
    pub memory_bytes_max: u64,
    /// The largest entry that is kept, in bytes; below 4 GiB.
    pub entry_bytes_max: u64,
    /// The folder, if there is one.
    pub disk: Option<DiskOptions>,
    /// The bucket, if there is one.
    pub s3: Option<S3Options>,
}

/// What was dropped, in entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DroppedEntries {
    /// From memory.
    pub in_memory: u64,
    /// From disk. Most were in memory too.
    pub on_disk: u64,
}

/// A cache. Its copies are one and the same.
#[derive(Clone)]
pub struct Cache {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    memory: Memory,
    disk: Option<Arc<Disk>>,
    network: Option<Arc<Network>>,
    entry_bytes_max: u64,
    tickets: Tickets,
    lookups: Flights<Option<Bytes>>,
    makings: Flights<Result<Bytes, NotMade>>,
    /// When dependencies were invalidated last, as what is in the bucket was made before or after.
    invalidated: Mutex<HashMap<Dependency, u64>>,
    waiting: Arc<Semaphore>,
    /// How many are asking a slow tier now: preloading waits for them.
    pub(crate) asking: watch::Sender<usize>,
    made: Count,
    made_failed: Count,
    shared: Count,
    pub(crate) preloaded: Count,
}

impl Cache {
    /// Opens a cache. A folder that cannot be used is told in the log, and memory alone does.
    /// Blocks as long as it takes to read the folder's index.
    ///
    /// # Errors
    /// If the options of the bucket make no sense.
    pub fn open(options: CacheOptions) -> Result<Cache, Error> {
        let entry_bytes_max = options.entry_bytes_max.min(u64::from(u32::MAX));
        let network = options.s3.map(|it| Network::new(it, entry_bytes_max));
        let network = network.transpose()?.map(Arc::new);
        let (disk, invalidated) = match options.disk {
            Some(options) => open_disk(&options, entry_bytes_max),
            None => (None, Vec::new()),
        };
        let inner = Inner {
            memory: Memory::new(options.memory_bytes_max),
            disk,
            network,
            entry_bytes_max,
            tickets: Tickets::default(),
            lookups: Flights::new(),
            makings: Flights::new(),
            invalidated: Mutex::new(invalidated.into_iter().collect()),
            waiting: Arc::new(Semaphore::new(WAITING_KIB_MAX as usize)),
            asking: watch::Sender::new(0),
            made: Count::default(),
            made_failed: Count::default(),
            shared: Count::default(),
            preloaded: Count::default(),
        };
        Ok(Cache {
            inner: Arc::new(inner),
        })
    }

    /// An entry, if any tier has it.
    pub async fn get(&self, key: Key) -> Option<Bytes> {
        match self.inner.memory.get(key) {
            Some(bytes) => Some(bytes),
            None => self.inner.look_up(key, true).await,
        }
    }

    /// An entry, if it is in memory. Does not wait.
    pub fn get_in_memory(&self, key: Key) -> Option<Bytes> {
        self.inner.memory.get(key)
    }

    /// Keeps an entry, until it is on disk.
    pub async fn put(&self, key: Key, bytes: Bytes, derived_from: &[Dependency]) {
        let dependencies: Dependencies = derived_from.into();
        let ticket = self.inner.tickets.open(key, Some(dependencies.clone()));
        self.inner
            .keep_in_memory(key, &bytes, &dependencies, &ticket);
        let _waiting = self.inner.wait_for_disk(bytes.len()).await;
        self.inner.keep(key, bytes, dependencies, ticket).await;
    }

    /// An entry, made if no tier has it: once, for however many wait, and also when those who wait
    /// go away. What is made is kept; an error goes to all who wait and is not kept.
    ///
    /// # Errors
    /// What the maker said, or that it panicked.
    pub async fn get_or_make<F, M, E>(
        &self,
        key: Key,
        derived_from: &[Dependency],
        make: F,
    ) -> Result<Bytes, NotMade>
    where
        F: FnOnce() -> M,
        M: Future<Output = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn error::Error + Send + Sync>> + Send,
    {
        let inner = &self.inner;
        if let Some(bytes) = inner.memory.get(key) {
            return Ok(bytes);
        }
        let dependencies: Dependencies = derived_from.into();
        // What the maker reads may be old as soon as it is asked to make.
        let ticket = inner.tickets.open(key, Some(dependencies.clone()));
        let (landing, lead) = inner.makings.board(key, Some(dependencies.clone()));
        match lead {
            None => inner.shared.one(),
            Some(lead) => {
                let (inner, make) = (inner.clone(), make());
                tokio::spawn(async move {
                    // Who came just after the last flight landed finds it in memory.
                    let kept = match inner.memory.peek(key) {
                        Some(bytes) => Some(bytes),
                        None => inner.look_up(key, true).await,
                    };
                    if let Some(bytes) = kept {
                        return lead.land(Ok(bytes));
                    }
                    match make.await {
                        Err(error) => {
                            inner.made_failed.one();
                            lead.land(Err(NotMade::new(error.into())));
                        }
                        Ok(bytes) => {
                            inner.made.one();
                            // Taken before anybody has it: who flushes then waits for it.
                            let _waiting = inner.wait_for_disk(bytes.len()).await;
                            inner.keep_in_memory(key, &bytes, &dependencies, &ticket);
                            lead.land(Ok(bytes.clone()));
                            inner.keep(key, bytes, dependencies, ticket).await;
                        }
                    }
                });
            }
        }
        let value = wait(landing).await;
        value.unwrap_or_else(|| Err(NotMade::new("what makes it panicked".into())))
    }

    /// Drops what is derived from that, in memory and on disk, for good. What is being made of it
    /// reaches those who wait and is not kept; what is in the bucket is not taken from there.
    pub async fn invalidate(&self, dependency: &Dependency) -> DroppedEntries {
        self.invalidate_all(std::slice::from_ref(dependency)).await
    }

    /// As [`Cache::invalidate`], for many at once.
    pub async fn invalidate_all(&self, dependencies: &[Dependency]) -> DroppedEntries {
        if dependencies.is_empty() {
            return DroppedEntries::default();
        }
        let dropping = Dropping::DerivedFrom(dependencies.into());
        self.inner.take_out(dropping).await
    }

    /// Drops one entry, in memory and on disk.
    pub async fn remove(&self, key: Key) -> DroppedEntries {
        self.inner.take_out(Dropping::Key(key)).await
    }

    /// Drops all there is in memory and on disk. The bucket is others' too: it stays as it is.
    pub async fn clear(&self) -> DroppedEntries {
        self.inner.take_out(Dropping::All).await
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        let inner = &self.inner;
        Stats {
            memory: inner.memory.stats(),
            disk: inner.disk.as_ref().map(|it| it.stats()),
            network: inner.network.as_ref().map(|it| it.stats()),
            made: inner.made.get(),
            made_failed: inner.made_failed.get(),
            shared: inner.shared.get(),
            preloaded: inner.preloaded.get(),
        }
    }

    /// Waits until all that was made so far is on disk and in the bucket, or given up.
    pub async fn flush(&self) {
        let _ = self.inner.waiting.acquire_many(WAITING_KIB_MAX).await;
        if let Some(disk) = self.inner.disk.clone() {
            let _ = spawn_blocking(move || disk.note_uses()).await;
        }
        if let Some(network) = &self.inner.network {
            network.flush().await;
        }
    }
}

impl Inner {
    /// What a slower tier has, brought into the faster ones. One looks for all.
    pub(crate) async fn look_up(self: &Arc<Self>, key: Key, is_urgent: bool) -> Option<Bytes> {
        if self.disk.is_none() && self.network.is_none() {
            return None;
        }
        let _asking = is_urgent.then(|| Asking::new(self.clone()));
        let (landing, lead) = self.lookups.board(key, None);
        if let Some(lead) = lead {
            self.clone().look_further(key, lead);
        }
        wait(landing).await.flatten()
    }

    /// Looks on disk from a thread that may wait, straight away: each change of threads takes as
    /// long as reading.
    fn look_further(self: Arc<Self>, key: Key, lead: Lead<Option<Bytes>>) {
        let ticket = self.tickets.open(key, None);
        let Some(disk) = self.disk.clone() else {
            tokio::spawn(async move { lead.land(self.look_in_network(key, ticket).await) });
            return;
        };
        let runtime = Handle::current();
        spawn_blocking(move || {
            if let Some(opened) = disk.get(key) {
                self.keep_in_memory(key, &opened.bytes, &opened.dependencies, &ticket);
                lead.land(Some(opened.bytes));
            } else if self.network.is_none() {
                lead.land(None);
            } else {
                runtime.spawn(async move { lead.land(self.look_in_network(key, ticket).await) });
            }
        });
    }

    async fn look_in_network(self: &Arc<Self>, key: Key, ticket: Ticket) -> Option<Bytes> {
        let network = self.network.as_ref()?;
        let opened = network.get(key, |it| self.is_current(it)).await?;
        let (bytes, dependencies) = (opened.bytes, opened.dependencies);
        self.keep_in_memory(key, &bytes, &dependencies, &ticket);
        if let Some(disk) = self.disk.clone() {
            let waiting = self.wait_for_disk(bytes.len()).await;
            let bytes = bytes.clone();
            tokio::spawn(async move {
                let _waiting = waiting;
                let kept = spawn_blocking(move || {
                    let sealed = sealed::seal(key, &bytes, &dependencies, opened.made_ms);
                    disk.put(key, &sealed, dependencies, &ticket);
                });
                let _ = kept.await;
            });
        }
        Some(bytes)
    }

    pub(crate) fn is_in_memory(&self, key: Key) -> bool {
        self.memory.peek(key).is_some()
    }

    pub(crate) fn memory_bytes_max(&self) -> u64 {
        self.memory.stats().bytes_max
    }

    /// Whether nothing that it is derived from was invalidated since it was made.
    fn is_current(&self, opened: &Opened) -> bool {
        let invalidated = self
            .invalidated
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_old = |it: &Dependency| invalidated.get(it).is_some_and(|at| opened.made_ms <= *at);
        !opened.dependencies.iter().any(is_old)
    }

    fn keep_in_memory(&self, key: Key, bytes: &Bytes, names: &Dependencies, ticket: &Ticket) {
        if bytes.len() as u64 <= self.entry_bytes_max && names.len() <= DEPENDENCIES_MAX {
            self.memory.put(key, bytes.clone(), names.clone(), ticket);
        }
    }

    async fn keep(&self, key: Key, bytes: Bytes, dependencies: Dependencies, ticket: Ticket) {
        let is_too_much =
            bytes.len() as u64 > self.entry_bytes_max || dependencies.len() > DEPENDENCIES_MAX;
        if is_too_much || (self.disk.is_none() && self.network.is_none()) || ticket.is_void() {
            return;
        }
        let (disk, made_ms) = (self.disk.clone(), self.made_ms(&dependencies));
        let kept = spawn_blocking(move || {
            let sealed = sealed::seal(key, &bytes, &dependencies, made_ms);
            if let Some(disk) = disk {
                disk.put(key, &sealed, dependencies, &ticket);
            }
            (!ticket.is_void()).then_some(sealed)
        });
        let (Ok(Some(sealed)), Some(network)) = (kept.await, &self.network) else {
            return;
        };
        if let Some(room) = network.room_for(sealed.len()) {
            let network = network.clone();
            tokio::spawn(async move { network.put(key, sealed.into(), room).await });
        }
    }

    /// Now, but after the last time that anything of it was invalidated, also when a clock was set
    /// back.
    fn made_ms(&self, dependencies: &[Dependency]) -> u64 {
        let invalidated = self
            .invalidated
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let last = dependencies
            .iter()
            .filter_map(|it| invalidated.get(it))
            .max();
        now_ms().max(last.map_or(0, |it| it + 1))
    }

    async fn wait_for_disk(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes / 1_024 + 1).unwrap_or(u32::MAX);
        let waiting = self.waiting.clone();
        waiting
            .acquire_many_owned(kib.min(WAITING_KIB_MAX))
            .await
            .ok()
    }

    async fn take_out(self: &Arc<Self>, dropping: Dropping) -> DroppedEntries {
        // Goes on to its end also when the caller goes away half-way.
        let inner = self.clone();
        let dropped = tokio::spawn(async move { inner.take_out_all(dropping).await }).await;
        dropped.unwrap_or_default()
    }

    /// First what is on its way is stopped before the disk; then, as some may just have read the
    /// disk, once more before memory.
    async fn take_out_all(&self, dropping: Dropping) -> DroppedEntries {
        let at_ms = now_ms();
        if let Dropping::DerivedFrom(any) = &dropping {
            let mut invalidated = self
                .invalidated
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            invalidated.extend(any.iter().map(|it| (it.clone(), at_ms)));
        }
        self.tickets.void(dropping.borrow());
        let on_disk = match self.disk.clone() {
            None => 0,
            Some(disk) => {
                let dropping = dropping.clone();
                let dropped = spawn_blocking(move || disk.take_out(dropping.borrow(), at_ms));
                dropped.await.unwrap_or_default()
            }
        };
        self.tickets.void(dropping.borrow());
        self.lookups.close(dropping.borrow());
        self.makings.close(dropping.borrow());
        DroppedEntries {
            in_memory: self.memory.take_out(dropping.borrow()),
            on_disk,
        }
    }
}

/// What is dropped, for a task of its own.
#[derive(Debug, Clone)]
enum Dropping {
    Key(Key),
    DerivedFrom(Dependencies),
    All,
}

impl Dropping {
    fn borrow(&self) -> Dropped<'_> {
        match self {
            Dropping::Key(key) => Dropped::Key(*key),
            Dropping::DerivedFrom(any) => Dropped::DerivedFrom(any),
            Dropping::All => Dropped::All,
        }
    }
}

/// Counts as asking as long as it lives.
struct Asking(Arc<Inner>);

impl Asking {
    fn new(inner: Arc<Inner>) -> Asking {
        inner.asking.send_modify(|it| *it += 1);
        Asking(inner)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.asking.send_modify(|it| *it -= 1);
    }
}

fn open_disk(options: &DiskOptions, entry_bytes_max: u64) -> (Option<Arc<Disk>>, Invalidated) {
    match Disk::open(options, entry_bytes_max) {
        Ok((disk, invalidated)) => (Some(Arc::new(disk)), invalidated),
        Err(error) => {
            let folder = options.folder.display();
            warn!(%folder, %error, "the disk keeps nothing of the cache: memory alone does");
            (None, Vec::new())
        }
    }
}

fn now_ms() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
