//! A film's clock. It may stand still, but it never goes back: not when the system's clock does, and
//! not over a restart. So events are in order by their time, too, and ids made later are larger.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// The last moment that an id can carry (48 bits), in milliseconds since 1970 (UTC).
const LAST_MS: u64 = (1 << 48) - 1;

/// The clock of one film, shared by all who make events or ids for it.
#[derive(Debug, Clone)]
pub struct Clock {
    last_ms: Arc<AtomicU64>,
    system: fn() -> u64,
}

impl Clock {
    /// A clock that goes on after the last event of a log. Later than it, and not at the same
    /// moment: ids of that moment may be larger than the next ones.
    pub fn after(last_event_ms: u64) -> Clock {
        Clock::with(last_event_ms, now_ms)
    }

    /// The same, over another clock than the system's.
    pub fn with(last_event_ms: u64, system: fn() -> u64) -> Clock {
        let begin = last_event_ms.saturating_add(1).min(LAST_MS);
        Clock {
            last_ms: Arc::new(begin.into()),
            system,
        }
    }

    /// Milliseconds since 1970 (UTC).
    pub fn now_ms(&self) -> u64 {
        let now = (self.system)();
        self.last_ms.fetch_max(now, Ordering::Relaxed).max(now)
    }
}

/// Milliseconds since 1970 (UTC), as the system has them.
pub fn now_ms() -> u64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_goes_back() {
        static SYSTEM: AtomicU64 = AtomicU64::new(500);
        let clock = Clock::with(1_000, || SYSTEM.load(Ordering::Relaxed));
        assert_eq!(clock.now_ms(), 1_001, "after what is in the log");
        SYSTEM.store(2_000, Ordering::Relaxed);
        assert_eq!(clock.now_ms(), 2_000);
        SYSTEM.store(10, Ordering::Relaxed);
        assert_eq!(clock.clone().now_ms(), 2_000);
        assert_eq!(Clock::with(u64::MAX, || 0).now_ms(), LAST_MS);
    }
}
