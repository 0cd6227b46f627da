//! Leaving alone for a while what fails again and again. Pure: the time is an argument.

/// When to leave something alone, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestOptions {
    /// So many failures in a row begin a rest.
    pub failures_max: u32,
    /// How long the first rest is, in milliseconds. It doubles with each trial that fails.
    pub rest_ms: u64,
    /// The longest rest, in milliseconds.
    pub rest_ms_max: u64,
}

impl RestOptions {
    /// 5 seconds after 3 failures, 5 minutes at most.
    pub const USUAL: RestOptions = RestOptions {
        failures_max: 3,
        rest_ms: 5_000,
        rest_ms_max: 300_000,
    };
}

/// Whether something may be tried.
#[derive(Debug)]
pub(crate) struct Breaker {
    options: RestOptions,
    failures: u32,
    /// The end of the rest, if there is one.
    until_ms: Option<u64>,
    rest_ms: u64,
}

impl Breaker {
    pub(crate) fn new(options: RestOptions) -> Breaker {
        Breaker {
            options,
            failures: 0,
            until_ms: None,
            rest_ms: options.rest_ms,
        }
    }

    /// Whether to try now. After a rest one may; the others wait for what comes of it, but no
    /// longer than another rest, as a trial may be given up without a word.
    pub(crate) fn admits(&mut self, now_ms: u64) -> bool {
        match self.until_ms {
            None => true,
            Some(until_ms) if now_ms < until_ms => false,
            Some(_) => {
                self.until_ms = Some(now_ms.saturating_add(self.rest_ms));
                true
            }
        }
    }

    pub(crate) fn went_well(&mut self) {
        *self = Breaker::new(self.options);
    }

    /// Whether this began the first rest.
    pub(crate) fn failed(&mut self, now_ms: u64) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < self.options.failures_max {
            return false;
        }
        let is_first = self.until_ms.is_none();
        if !is_first {
            let doubled = self.rest_ms.saturating_mul(2);
            self.rest_ms = doubled.min(self.options.rest_ms_max);
        }
        self.until_ms = Some(now_ms.saturating_add(self.rest_ms));
        is_first
    }

    pub(crate) fn is_resting(&self, now_ms: u64) -> bool {
        self.until_ms.is_some_and(|until_ms| now_ms < until_ms)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const OPTIONS: RestOptions = RestOptions {
        failures_max: 2,
        rest_ms: 100,
        rest_ms_max: 400,
    };

    #[test]
    fn it_rests_longer_each_time_and_recovers() {
        let mut breaker = Breaker::new(OPTIONS);
        assert!(!breaker.failed(0) && breaker.admits(0));
        assert!(breaker.failed(0));
        assert!(!breaker.admits(99) && breaker.is_resting(99));
        assert!(breaker.admits(100));
        assert!(!breaker.admits(100), "one tries for all");
        assert!(!breaker.failed(110), "that was known");
        assert!(!breaker.admits(309) && breaker.admits(310));
        breaker.went_well();
        assert!(breaker.admits(311) && breaker.admits(311));
        assert!(!breaker.failed(311) && breaker.failed(311));
        assert!(breaker.admits(411));
    }

    proptest! {
        /// Whatever happens, it tries again after the longest rest.
        #[test]
        fn it_never_rests_for_ever(steps in vec((0..3_u8, 0..500_u64), 0..100)) {
            let mut breaker = Breaker::new(OPTIONS);
            let mut now_ms = 0;
            for (step, ms) in steps {
                now_ms += ms;
                match step {
                    0 => breaker.went_well(),
                    1 => drop(breaker.failed(now_ms)),
                    _ => drop(breaker.admits(now_ms)),
                }
            }
            prop_assert!(breaker.admits(now_ms + OPTIONS.rest_ms_max));
        }
    }
}
