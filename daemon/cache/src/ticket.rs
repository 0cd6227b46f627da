//! Tickets: what is on its way into the cache, so that what is dropped meanwhile does not arrive.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::key::{Dependencies, Dependency, Key};

/// What is dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dropped<'a> {
    Key(Key),
    /// All that is derived from one of these.
    DerivedFrom(&'a [Dependency]),
    All,
}

impl Dropped<'_> {
    /// Whether that takes an entry; one of which nobody knows what it is derived from is taken.
    pub(crate) fn takes(self, key: Key, dependencies: Option<&[Dependency]>) -> bool {
        match self {
            Dropped::Key(it) => it == key,
            Dropped::DerivedFrom(any) => {
                dependencies.is_none_or(|all| all.iter().any(|it| any.contains(it)))
            }
            Dropped::All => true,
        }
    }
}

/// All that is on its way.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    open: Arc<Mutex<HashMap<u64, Arc<Entry>>>>,
    number: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    dependencies: Option<Dependencies>,
    is_dropped: AtomicBool,
}

/// Held by one thing on its way.
#[derive(Debug)]
pub(crate) struct Ticket {
    number: u64,
    entry: Arc<Entry>,
    open: Arc<Mutex<HashMap<u64, Arc<Entry>>>>,
}

impl Tickets {
    pub(crate) fn open(&self, key: Key, dependencies: Option<Dependencies>) -> Ticket {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let entry = Arc::new(Entry {
            key,
            dependencies,
            is_dropped: AtomicBool::new(false),
        });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(number, entry.clone());
        Ticket {
            number,
            entry,
            open: self.open.clone(),
        }
    }

    pub(crate) fn void(&self, dropped: Dropped<'_>) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in open.values() {
            if dropped.takes(entry.key, entry.dependencies.as_deref()) {
                entry.is_dropped.store(true, Ordering::SeqCst);
            }
        }
    }
}

impl Ticket {
    /// Whether what it stands for was dropped on its way.
    pub(crate) fn is_void(&self) -> bool {
        self.entry.is_dropped.load(Ordering::SeqCst)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.number);
    }
}
