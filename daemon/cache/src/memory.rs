//! The first tier: in memory, up to a number of bytes, the least recently used going first.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use moka::{notification::RemovalCause, policy::EvictionPolicy, sync::Cache as Moka};

use crate::{
    key::{Dependencies, Dependency, Key},
    stats::{Count, TierStats},
    ticket::{Dropped, Ticket},
};

/// What an entry takes up besides its bytes and names, in bytes.
const ENTRY_BYTES: usize = 256;

#[derive(Clone)]
struct Kept {
    bytes: Bytes,
    dependencies: Dependencies,
    number: u64,
}

/// Which entries are derived from what; each with its number, as an entry's successor of the same
/// key is another one.
type Derived = HashMap<Dependency, HashMap<Key, u64>>;
type Gone = Mutex<Vec<(Key, Dependencies, u64)>>;

pub(crate) struct Memory {
    kept: Moka<Key, Kept>,
    derived: Mutex<Derived>,
    /// What went and is still in `derived`: who is told of it may hold that.
    gone: Arc<Gone>,
    number: AtomicU64,
    bytes_max: u64,
    hits: Count,
    misses: Count,
    evictions: Arc<Count>,
}

impl Memory {
    pub(crate) fn new(bytes_max: u64) -> Memory {
        let evictions = Arc::new(Count::default());
        let gone = Arc::new(Gone::default());
        let (counted, noted) = (evictions.clone(), gone.clone());
        let listener = move |key: Arc<Key>, kept: Kept, cause: RemovalCause| {
            if cause == RemovalCause::Size {
                counted.one();
            }
            if !kept.dependencies.is_empty() {
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.push((*key, kept.dependencies, kept.number));
            }
        };
        let kept = Moka::builder()
            .weigher(weigh)
            .max_capacity(bytes_max)
            // What is preloaded was never asked for: by how often, it would not be let in.
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(listener)
            .build();
        Memory {
            kept,
            derived: Mutex::default(),
            gone,
            number: AtomicU64::new(0),
            bytes_max,
            hits: Count::default(),
            misses: Count::default(),
            evictions,
        }
    }

    pub(crate) fn get(&self, key: Key) -> Option<Bytes> {
        let found = self.peek(key);
        match found {
            Some(_) => self.hits.one(),
            None => self.misses.one(),
        }
        found
    }

    /// As `get`, for who asks a second time.
    pub(crate) fn peek(&self, key: Key) -> Option<Bytes> {
        self.kept.get(&key).map(|it| it.bytes)
    }

    pub(crate) fn put(&self, key: Key, bytes: Bytes, dependencies: Dependencies, ticket: &Ticket) {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if ticket.is_void() {
            return;
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        for dependency in dependencies.iter() {
            let keys = derived.entry(dependency.clone()).or_default();
            keys.insert(key, number);
        }
        let kept = Kept {
            bytes,
            dependencies,
            number,
        };
        self.kept.insert(key, kept);
        self.forget_gone(&mut derived);
    }

    /// How many entries went.
    pub(crate) fn take_out(&self, dropped: Dropped<'_>) -> u64 {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        let n_dropped = match dropped {
            Dropped::Key(key) => u64::from(self.kept.remove(&key).is_some()),
            Dropped::DerivedFrom(any) => {
                self.forget_gone(&mut derived);
                let keys = any.iter().filter_map(|it| derived.remove(it));
                let keys: HashSet<Key> = keys.flat_map(HashMap::into_keys).collect();
                let removed = keys.iter().filter(|it| self.kept.remove(*it).is_some());
                removed.count() as u64
            }
            Dropped::All => {
                self.kept.run_pending_tasks();
                let n_entries = self.kept.entry_count();
                self.kept.invalidate_all();
                self.kept.run_pending_tasks();
                n_entries
            }
        };
        self.forget_gone(&mut derived);
        n_dropped
    }

    pub(crate) fn stats(&self) -> TierStats {
        self.kept.run_pending_tasks();
        TierStats {
            hits: self.hits.get(),
            misses: self.misses.get(),
            entries: self.kept.entry_count(),
            bytes: self.kept.weighted_size(),
            bytes_max: self.bytes_max,
            evictions: self.evictions.get(),
            errors: 0,
            damaged: 0,
        }
    }

    fn forget_gone(&self, derived: &mut Derived) {
        let gone = std::mem::take(&mut *self.gone.lock().unwrap_or_else(PoisonError::into_inner));
        for (key, dependencies, number) in gone {
            for dependency in dependencies.iter() {
                let Some(keys) = derived.get_mut(dependency) else {
                    continue;
                };
                if keys.get(&key) == Some(&number) {
                    keys.remove(&key);
                }
                if keys.is_empty() {
                    derived.remove(dependency);
                }
            }
        }
    }
}

fn weigh(_: &Key, kept: &Kept) -> u32 {
    let names: usize = kept.dependencies.iter().map(|it| it.as_str().len()).sum();
    u32::try_from(kept.bytes.len() + names + ENTRY_BYTES).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Tickets;

    fn key(n: u32) -> Key {
        Key::of("test", &[&n.to_le_bytes()])
    }

    fn names(names: &[&str]) -> Dependencies {
        names
            .iter()
            .map(|it| Dependency::new(it).unwrap())
            .collect()
    }

    #[test]
    fn what_is_put_on_a_void_ticket_is_not_kept() {
        let (memory, tickets) = (Memory::new(10_000), Tickets::default());
        let ticket = tickets.open(key(1), Some(names(&["bible/MAYA"])));
        tickets.void(Dropped::DerivedFrom(&names(&["bible/MAYA"])));
        memory.put(key(1), Bytes::new(), names(&["bible/MAYA"]), &ticket);
        assert_eq!(memory.get(key(1)), None);
        assert!(memory.derived.lock().unwrap().is_empty());
    }

    #[test]
    fn the_least_recently_used_go_and_leave_no_trace() {
        let (memory, tickets) = (Memory::new(10 * 1_300), Tickets::default());
        for n in 0..100 {
            let ticket = tickets.open(key(n), None);
            memory.put(
                key(n),
                vec![0; 1_000].into(),
                names(&["bible/MAYA"]),
                &ticket,
            );
            assert!(memory.get(key(0)).is_some(), "it is used all the time");
            memory.kept.run_pending_tasks();
        }
        let stats = memory.stats();
        assert!(
            stats.bytes <= stats.bytes_max && stats.entries == 10,
            "{stats:?}"
        );
        assert_eq!(stats.evictions, 90);
        let dropped = memory.take_out(Dropped::DerivedFrom(&names(&["bible/MAYA"])));
        assert_eq!((dropped, memory.stats().entries), (10, 0));
        assert!(memory.derived.lock().unwrap().is_empty());
    }
}
