//! The circuit breaker: a provider that keeps failing is left alone for a while, then tried by one
//! request before all others follow. Pure: the time is an argument.

use serde::{Deserialize, Serialize};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerOptions {
    /// So many failures in a row open it.
    pub failures_max: u32,
    /// How long it stays open at first, in milliseconds. It doubles with each trial that fails.
    pub open_ms: u64,
    /// The longest it stays open, in milliseconds.
    pub open_ms_max: u64,
}

impl BreakerOptions {
    /// Open for 15 seconds after 5 failures, for 5 minutes at most.
    pub const USUAL: BreakerOptions = BreakerOptions {
        failures_max: 5,
        open_ms: 15_000,
        open_ms_max: 300_000,
    };
}

/// What people see of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "state",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum BreakerState {
    /// All requests pass.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// None passes.
    Open {
        /// For so long yet, in milliseconds.
        for_ms: u64,
    },
    /// One request tries whether the provider is well again.
    Trying,
}

/// Leave to ask a provider; given back with what came of it.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Leave {
    is_trial: bool,
}

/// What came of a request, as far as a breaker cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The provider is well.
    Good,
    /// It is ill.
    Bad,
    /// It says nothing of the provider: canceled, or our own mistake.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until_ms: u64, for_ms: u64 },
    Trying { for_ms: u64 },
}

/// One provider's breaker.
#[derive(Debug)]
pub(crate) struct Breaker {
    options: BreakerOptions,
    state: State,
}

impl Breaker {
    pub(crate) fn new(options: BreakerOptions) -> Breaker {
        Breaker {
            options,
            state: State::Closed { failures: 0 },
        }
    }

    /// Leave to ask, or how long there will be none, in milliseconds.
    pub(crate) fn admit(&mut self, now_ms: u64) -> Result<Leave, u64> {
        match self.state {
            State::Closed { .. } => Ok(Leave { is_trial: false }),
            State::Open { until_ms, for_ms } if now_ms >= until_ms => {
                self.state = State::Trying { for_ms };
                Ok(Leave { is_trial: true })
            }
            State::Open { until_ms, .. } => Err(until_ms - now_ms),
            // Nobody knows how long the trial takes; a moment later one knows more.
            State::Trying { .. } => Err(1_000),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "leave is given once")]
    pub(crate) fn settle(&mut self, leave: Leave, outcome: Outcome, now_ms: u64) {
        self.state = match (self.state, outcome) {
            (_, Outcome::Good) => State::Closed { failures: 0 },
            (State::Closed { failures }, Outcome::Bad) => {
                let failures = failures + 1;
                if failures >= self.options.failures_max {
                    self.open(self.options.open_ms, now_ms)
                } else {
                    State::Closed { failures }
                }
            }
            (State::Trying { for_ms }, Outcome::Bad) if leave.is_trial => {
                self.open(for_ms.saturating_mul(2), now_ms)
            }
            // The trial came to nothing: the next request is one.
            (State::Trying { for_ms }, Outcome::Unknown) if leave.is_trial => State::Open {
                until_ms: now_ms,
                for_ms,
            },
            // Old news of a request that began before.
            (state, Outcome::Bad | Outcome::Unknown) => state,
        };
    }

    fn open(&self, for_ms: u64, now_ms: u64) -> State {
        let for_ms = for_ms.min(self.options.open_ms_max);
        State::Open {
            until_ms: now_ms.saturating_add(for_ms),
            for_ms,
        }
    }

    pub(crate) fn state(&self, now_ms: u64) -> BreakerState {
        match self.state {
            State::Closed { failures } => BreakerState::Closed { failures },
            State::Open { until_ms, .. } => BreakerState::Open {
                for_ms: until_ms.saturating_sub(now_ms),
            },
            State::Trying { .. } => BreakerState::Trying,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const OPTIONS: BreakerOptions = BreakerOptions {
        failures_max: 3,
        open_ms: 1_000,
        open_ms_max: 4_000,
    };

    fn fail(breaker: &mut Breaker, now_ms: u64) {
        let leave = breaker.admit(now_ms).unwrap();
        breaker.settle(leave, Outcome::Bad, now_ms);
    }

    #[test]
    fn it_opens_tries_and_closes() {
        let mut breaker = Breaker::new(OPTIONS);
        for _ in 0..3 {
            fail(&mut breaker, 0);
        }
        assert_eq!(breaker.admit(400), Err(600));
        assert_eq!(breaker.state(400), BreakerState::Open { for_ms: 600 });
        let trial = breaker.admit(1_000).unwrap();
        assert!(breaker.admit(1_000).is_err(), "one trial at a time");
        breaker.settle(trial, Outcome::Bad, 1_100);
        assert_eq!(breaker.admit(1_100), Err(2_000), "twice as long");
        let canceled = breaker.admit(3_100).unwrap();
        breaker.settle(canceled, Outcome::Unknown, 3_200);
        let trial = breaker.admit(3_200).unwrap();
        breaker.settle(trial, Outcome::Good, 3_300);
        assert_eq!(breaker.state(3_300), BreakerState::Closed { failures: 0 });
    }

    #[test]
    fn old_news_does_not_end_a_trial() {
        let mut breaker = Breaker::new(OPTIONS);
        let old = breaker.admit(0).unwrap();
        for _ in 0..3 {
            fail(&mut breaker, 0);
        }
        let _trial = breaker.admit(1_000).unwrap();
        breaker.settle(old, Outcome::Bad, 1_001);
        assert_eq!(breaker.state(1_001), BreakerState::Trying);
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Ask,
        Settle { which: usize, outcome: u8 },
        Pass { ms: u64 },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => Just(Step::Ask),
            3 => (0..8_usize, 0..3_u8).prop_map(|(which, outcome)| Step::Settle { which, outcome }),
            1 => (0..3_000_u64).prop_map(|ms| Step::Pass { ms }),
        ];
        vec(step, 0..200)
    }

    proptest! {
        /// Whatever happens: at most one trial at a time, none while it is open, never open for
        /// longer than allowed, and never shut for ever once all requests are settled.
        #[test]
        fn it_protects_and_recovers(steps in steps()) {
            let mut breaker = Breaker::new(OPTIONS);
            let (mut now_ms, mut under_way) = (0_u64, Vec::new());
            for step in steps {
                match step {
                    Step::Ask => {
                        let before = breaker.state(now_ms);
                        match breaker.admit(now_ms) {
                            Ok(leave) => {
                                let is_shut =
                                    matches!(before, BreakerState::Open { for_ms } if for_ms > 0)
                                        || before == BreakerState::Trying;
                                prop_assert!(!is_shut);
                                under_way.push(leave);
                            }
                            Err(wait_ms) => {
                                prop_assert!((1..=OPTIONS.open_ms_max).contains(&wait_ms));
                            }
                        }
                    }
                    Step::Settle { which, outcome } if !under_way.is_empty() => {
                        let leave = under_way.swap_remove(which % under_way.len());
                        let outcomes = [Outcome::Good, Outcome::Bad, Outcome::Unknown];
                        breaker.settle(leave, outcomes[usize::from(outcome)], now_ms);
                    }
                    Step::Settle { .. } => {}
                    Step::Pass { ms } => now_ms += ms,
                }
                if breaker.state(now_ms) == BreakerState::Trying {
                    prop_assert!(under_way.iter().any(|it| it.is_trial));
                }
            }
            for leave in under_way {
                breaker.settle(leave, Outcome::Unknown, now_ms);
            }
            prop_assert!(breaker.admit(now_ms + OPTIONS.open_ms_max).is_ok());
        }
    }
}
