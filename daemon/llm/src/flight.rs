//! One flight: who asks what is being asked already waits for that answer.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::watch;

/// Flights by what they ask for.
#[derive(Debug)]
pub(crate) struct Flights<K: Eq + Hash, V> {
    open: Arc<Mutex<HashMap<K, watch::Receiver<Option<V>>>>>,
}

/// What to do.
pub(crate) enum Boarding<K: Eq + Hash, V> {
    /// Nobody asks yet: ask, and land with the answer.
    Lead(Lead<K, V>),
    /// Somebody does: wait with [`follow`].
    Follow(watch::Receiver<Option<V>>),
}

/// The one who asks. Dropped without an answer, it lets the next one lead.
pub(crate) struct Lead<K: Eq + Hash, V> {
    key: Option<K>,
    open: Weak<Mutex<HashMap<K, watch::Receiver<Option<V>>>>>,
    answer: watch::Sender<Option<V>>,
}

impl<K: Eq + Hash + Clone, V> Flights<K, V> {
    pub(crate) fn new() -> Flights<K, V> {
        Flights {
            open: Arc::default(),
        }
    }

    pub(crate) fn board(&self, key: K) -> Boarding<K, V> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = open.get(&key) {
            return Boarding::Follow(flight.clone());
        }
        let (answer, flight) = watch::channel(None);
        open.insert(key.clone(), flight);
        Boarding::Lead(Lead {
            key: Some(key),
            open: Arc::downgrade(&self.open),
            answer,
        })
    }
}

impl<K: Eq + Hash, V> Lead<K, V> {
    /// Gives the answer to all who wait.
    pub(crate) fn land(mut self, answer: V) {
        self.leave();
        self.answer.send_replace(Some(answer));
    }

    fn leave(&mut self) {
        let (Some(key), Some(open)) = (self.key.take(), self.open.upgrade()) else {
            return;
        };
        open.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key);
    }
}

impl<K: Eq + Hash, V> Drop for Lead<K, V> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Waits for the answer; nothing if the leader gave up.
pub(crate) async fn follow<V: Clone>(mut flight: watch::Receiver<Option<V>>) -> Option<V> {
    let answer = flight.wait_for(Option::is_some).await.ok()?;
    answer.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_wait_for_one() {
        let flights = Flights::new();
        let Boarding::Lead(lead) = flights.board("rain") else {
            panic!("nobody asked before");
        };
        let Boarding::Lead(_other) = flights.board("snow") else {
            panic!("that is another question");
        };
        let waiting: Vec<_> = (0..3)
            .map(|_| match flights.board("rain") {
                Boarding::Follow(flight) => tokio::spawn(follow(flight)),
                Boarding::Lead(_) => panic!("somebody asks already"),
            })
            .collect();
        lead.land(7);
        for task in waiting {
            assert_eq!(task.await.unwrap(), Some(7));
        }
        assert!(matches!(flights.board("rain"), Boarding::Lead(_)));
    }

    #[tokio::test]
    async fn when_a_leader_gives_up_another_one_leads() {
        let flights: Flights<&str, u8> = Flights::new();
        let Boarding::Lead(lead) = flights.board("rain") else {
            panic!("nobody asked before");
        };
        let Boarding::Follow(flight) = flights.board("rain") else {
            panic!("somebody asks already");
        };
        drop(lead);
        assert_eq!(follow(flight).await, None);
        assert!(matches!(flights.board("rain"), Boarding::Lead(_)));
    }
}
