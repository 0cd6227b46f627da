//! The order of a connection's messages: nothing starts before the notifications ahead of it are
//! done.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Messages that wait for a notification to end. Its length is bounded by what may be in flight.
pub(crate) struct Lane<T> {
    /// Absent while nothing has to wait.
    waiting: Mutex<Option<VecDeque<T>>>,
}

impl<T> Lane<T> {
    /// Free.
    pub(crate) fn new() -> Lane<T> {
        Lane {
            waiting: Mutex::new(None),
        }
    }

    /// Lines up if the lane is taken; else gives the message back, to be started now.
    pub(crate) fn line_up(&self, message: T) -> Option<T> {
        match self.lock().as_mut() {
            Some(waiting) => {
                waiting.push_back(message);
                None
            }
            None => Some(message),
        }
    }

    /// Lets everything that comes from now on wait.
    pub(crate) fn take(&self) {
        self.lock().get_or_insert_default();
    }

    /// The next message that waited; without one, the lane is free again.
    pub(crate) fn next(&self) -> Option<T> {
        let mut waiting = self.lock();
        let next = waiting.as_mut().and_then(VecDeque::pop_front);
        if next.is_none() {
            *waiting = None;
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
