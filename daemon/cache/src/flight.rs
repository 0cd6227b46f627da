//! One flight: who wants what is being fetched or made already waits for that.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use crate::{
    key::{Dependencies, Key},
    ticket::Dropped,
};

type Open<V> = Mutex<HashMap<Key, Flight<V>>>;

/// What many wait for.
pub(crate) type Landing<V> = watch::Receiver<Option<V>>;

/// Flights by what is wanted.
#[derive(Debug)]
pub(crate) struct Flights<V> {
    open: Arc<Open<V>>,
    number: AtomicU64,
}

#[derive(Debug)]
struct Flight<V> {
    number: u64,
    /// What it is derived from, if that is known.
    dependencies: Option<Dependencies>,
    landing: Landing<V>,
}

/// The one who fetches or makes. Dropped without a value, those who wait get none.
pub(crate) struct Lead<V> {
    key: Key,
    number: u64,
    open: Weak<Open<V>>,
    value: watch::Sender<Option<V>>,
}

impl<V> Flights<V> {
    pub(crate) fn new() -> Flights<V> {
        Flights {
            open: Arc::default(),
            number: AtomicU64::new(0),
        }
    }

    /// What to wait for, and the lead if nobody has it.
    pub(crate) fn board(
        &self,
        key: Key,
        dependencies: Option<Dependencies>,
    ) -> (Landing<V>, Option<Lead<V>>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = open.get(&key) {
            return (flight.landing.clone(), None);
        }
        let (value, landing) = watch::channel(None);
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let flight = Flight {
            number,
            dependencies,
            landing: landing.clone(),
        };
        open.insert(key, flight);
        let lead = Lead {
            key,
            number,
            open: Arc::downgrade(&self.open),
            value,
        };
        (landing, Some(lead))
    }

    /// Lets nobody join flights with what was dropped; those who wait already go on waiting.
    pub(crate) fn close(&self, dropped: Dropped<'_>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|key, flight| !dropped.takes(*key, flight.dependencies.as_deref()));
    }
}

impl<V> Lead<V> {
    /// Gives the value to all who wait.
    pub(crate) fn land(self, value: V) {
        // First nobody joins any more, then it is there: an error is not found by who comes later.
        self.leave();
        self.value.send_replace(Some(value));
    }

    fn leave(&self) {
        let Some(open) = self.open.upgrade() else {
            return;
        };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if open
            .get(&self.key)
            .is_some_and(|it| it.number == self.number)
        {
            open.remove(&self.key);
        }
    }
}

impl<V> Drop for Lead<V> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Waits for the value; none if the leader gave up.
pub(crate) async fn wait<V: Clone>(mut landing: Landing<V>) -> Option<V> {
    let value = landing.wait_for(Option::is_some).await.ok()?;
    value.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_wait_for_one_and_none_for_who_gave_up() {
        let flights = Flights::new();
        let key = Key::of("test", &[]);
        let (first, lead) = flights.board(key, None);
        let (second, none) = flights.board(key, None);
        assert!(none.is_none());
        lead.unwrap().land(7);
        assert_eq!((wait(first).await, wait(second).await), (Some(7), Some(7)));
        let (third, lead) = flights.board(key, None);
        drop(lead.unwrap());
        assert_eq!(wait(third).await, None);
        assert!(flights.board(key, None).1.is_some());
    }

    #[tokio::test]
    async fn who_comes_after_it_was_dropped_does_not_join() {
        let flights = Flights::new();
        let key = Key::of("test", &[]);
        let (before, old) = flights.board(key, None);
        flights.close(Dropped::Key(key));
        let (after, new) = flights.board(key, None);
        old.unwrap().land(1);
        assert!(
            flights.board(key, None).1.is_none(),
            "the old one took nothing away"
        );
        new.unwrap().land(2);
        assert_eq!((wait(before).await, wait(after).await), (Some(1), Some(2)));
    }
}
