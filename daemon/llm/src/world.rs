//! What the hub needs of the world besides the network: the time, waiting, and chance. Tests hand
//! in their own, so that an hour passes at once.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::future::{BoxFuture, FutureExt as _};

/// Time, waiting and chance.
pub trait World: Send + Sync {
    /// Milliseconds since 1970 (UTC).
    fn now_ms(&self) -> u64;
    /// Ends after so many milliseconds.
    fn wait(&self, ms: u64) -> BoxFuture<'static, ()>;
    /// Any number from 0 to below 1.
    fn chance(&self) -> f64;
}

/// The system's.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl World for System {
    fn now_ms(&self) -> u64 {
        let elapsed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }

    fn wait(&self, ms: u64) -> BoxFuture<'static, ()> {
        tokio::time::sleep(Duration::from_millis(ms)).boxed()
    }

    fn chance(&self) -> f64 {
        // The standard library keys each new hasher at random, which is chance enough for jitter.
        let bits = RandomState::new().build_hasher().finish() >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
        let fraction = bits as f64 / (1_u64 << 53) as f64;
        fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_spread_over_its_range() {
        let all: Vec<f64> = (0..1_000).map(|_| System.chance()).collect();
        assert!(all.iter().all(|it| (0.0..1.0).contains(it)));
        let n_low = all.iter().filter(|it| **it < 0.5).count();
        assert!(
            (350..650).contains(&n_low),
            "{n_low} of 1000 in the lower half"
        );
    }
}
