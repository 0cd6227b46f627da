//! Correlation ids: one for each request, never the same twice, also not after a restart.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::trust::token;

/// Names the requests of one connection: `r-<connection>-<n>`.
pub(crate) struct Correlation {
    first: char,
    connection: String,
    next: AtomicU64,
}

impl Correlation {
    /// Draws the connection's part at random.
    pub(crate) fn new() -> Correlation {
        Correlation::beginning_with('r')
    }

    /// Names what nobody asked for: files that were saved while their film is open.
    pub(crate) fn of_saved_files() -> Correlation {
        Correlation::beginning_with('f')
    }

    fn beginning_with(first: char) -> Correlation {
        Correlation {
            first,
            connection: token::hex(&token::random::<6>()),
            next: AtomicU64::new(1),
        }
    }

    /// The next id.
    pub(crate) fn next(&self) -> Arc<str> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{}-{}-{n}", self.first, self.connection).into()
    }
}
