//! Cost limits: what may be spent, what is, and what is spoken for by requests under way. Pure: the
//! time is an argument.

use crate::{
    error::{Error, ErrorKind},
    provider::Limits,
};

/// A day in milliseconds; days are those of UTC.
const DAY_MS: u64 = 86_400_000;

/// Money and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Money, in millionths of the currency.
    pub money_micro: u64,
    /// Tokens, read and written.
    pub tokens: u64,
}

impl Cost {
    fn plus(self, other: Cost) -> Cost {
        Cost {
            money_micro: self.money_micro.saturating_add(other.money_micro),
            tokens: self.tokens.saturating_add(other.tokens),
        }
    }

    fn minus(self, other: Cost) -> Cost {
        Cost {
            money_micro: self.money_micro.saturating_sub(other.money_micro),
            tokens: self.tokens.saturating_sub(other.tokens),
        }
    }
}

/// The most that may be spent. What is absent has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CostLimit {
    /// Money, in millionths of the currency.
    pub money_micro: Option<u64>,
    /// Tokens, read and written.
    pub tokens: Option<u64>,
}

impl CostLimit {
    pub(crate) fn of_day(limits: Limits) -> CostLimit {
        CostLimit {
            money_micro: limits.money_per_day_micro,
            tokens: limits.tokens_per_day,
        }
    }

    /// Refuses what would go beyond it; `whose` names the limit: `today`, `for this task`.
    fn check(self, spent: Cost, estimate: Cost, whose: &str) -> Result<(), Error> {
        let all = spent.plus(estimate);
        let refused = |message| {
            Err(Error::new(ErrorKind::CostLimit, message)
                .hint("raise the limit, ask for fewer tokens, or use a local model"))
        };
        if let Some(most) = self.money_micro.filter(|it| all.money_micro > *it) {
            return refused(format!(
                "it may cost {}, and of {} {whose} {} are spent",
                money(estimate.money_micro),
                money(most),
                money(spent.money_micro)
            ));
        }
        if let Some(most) = self.tokens.filter(|it| all.tokens > *it) {
            return refused(format!(
                "it may take {} tokens, and of {most} {whose} {} are used",
                estimate.tokens, spent.tokens
            ));
        }
        Ok(())
    }
}

/// Millionths of the currency as people read money.
fn money(micro: u64) -> String {
    let (whole, rest) = (micro / 1_000_000, micro % 1_000_000);
    if rest % 10_000 == 0 {
        format!("{whole}.{:02}", rest / 10_000)
    } else {
        format!("{whole}.{rest:06}")
    }
}

/// What is spent against a limit: in a day, or in a task.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: CostLimit,
    whose: &'static str,
    /// The day that `spent` is of; `None` if it is not of a day.
    day: Option<u64>,
    spent: Cost,
    spoken_for: Cost,
}

impl Budget {
    pub(crate) fn of_day(limit: CostLimit) -> Budget {
        Budget::new(limit, "today", Some(0))
    }

    pub(crate) fn of_task(limit: CostLimit) -> Budget {
        Budget::new(limit, "for this task", None)
    }

    fn new(limit: CostLimit, whose: &'static str, day: Option<u64>) -> Budget {
        Budget {
            limit,
            whose,
            day,
            spent: Cost::default(),
            spoken_for: Cost::default(),
        }
    }

    /// Speaks for what a request may cost, unless that is too much.
    pub(crate) fn take(&mut self, estimate: Cost, now_ms: u64) -> Result<(), Error> {
        self.turn_to(now_ms);
        self.limit
            .check(self.spent.plus(self.spoken_for), estimate, self.whose)?;
        self.spoken_for = self.spoken_for.plus(estimate);
        Ok(())
    }

    /// Puts what it did cost in the place of what was spoken for.
    pub(crate) fn settle(&mut self, estimate: Cost, cost: Cost, now_ms: u64) {
        self.spoken_for = self.spoken_for.minus(estimate);
        self.add(cost, now_ms);
    }

    /// Adds what was spent; what an earlier day spent counts no more.
    pub(crate) fn add(&mut self, cost: Cost, at_ms: u64) {
        if self.day.is_some_and(|day| at_ms / DAY_MS < day) {
            return;
        }
        self.turn_to(at_ms);
        self.spent = self.spent.plus(cost);
    }

    pub(crate) fn spent(&mut self, now_ms: u64) -> Cost {
        self.turn_to(now_ms);
        self.spent
    }

    fn turn_to(&mut self, now_ms: u64) {
        let today = now_ms / DAY_MS;
        if self.day.is_some_and(|day| today > day) {
            self.day = Some(today);
            self.spent = Cost::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn cost(money_micro: u64, tokens: u64) -> Cost {
        Cost {
            money_micro,
            tokens,
        }
    }

    #[test]
    fn a_day_is_worth_its_limit_and_no_more() {
        let limit = CostLimit {
            money_micro: Some(1_000_000),
            tokens: Some(10_000),
        };
        let mut budget = Budget::of_day(limit);
        let noon = 20_000 * DAY_MS + DAY_MS / 2;
        budget.take(cost(600_000, 1_000), noon).unwrap();
        let error = budget.take(cost(500_000, 1), noon).unwrap_err();
        assert_eq!(error.kind, ErrorKind::CostLimit);
        assert_eq!(
            error.message,
            "it may cost 0.50, and of 1.00 today 0.60 are spent"
        );
        budget.settle(cost(600_000, 1_000), cost(1_234, 900), noon);
        budget.take(cost(500_000, 1), noon).unwrap();
        let error = budget.take(cost(0, 9_100), noon).unwrap_err();
        assert!(
            error.message.contains("of 10000 today 901 are used"),
            "{error}"
        );
        assert_eq!(budget.spent(noon), cost(1_234, 900));
        assert_eq!(budget.spent(noon + DAY_MS), cost(0, 0));
        budget.add(cost(7, 7), noon);
        assert_eq!(
            budget.spent(noon + DAY_MS),
            cost(0, 0),
            "yesterday's is not today's"
        );
    }

    proptest! {
        /// Whatever is taken and settled: what is spent and spoken for stays within the limit as
        /// long as no request costs more than it spoke for, and all of it is accounted for in the
        /// end.
        #[test]
        fn nothing_goes_beyond_the_limit(
            asks in vec((0..500_u64, 0..=100_u64, any::<bool>()), 0..80),
        ) {
            let mut budget = Budget::of_task(CostLimit { money_micro: Some(2_000), tokens: None });
            let (mut under_way, mut all) = (Vec::new(), 0);
            for (money_micro, percent, is_late) in asks {
                let estimate = cost(money_micro, 1);
                if budget.take(estimate, 0).is_ok() {
                    under_way.push((estimate, cost(money_micro * percent / 100, 1)));
                }
                if !is_late && let Some((estimate, cost)) = under_way.pop() {
                    budget.settle(estimate, cost, 0);
                    all += cost.money_micro;
                }
                prop_assert!(budget.spent.money_micro + budget.spoken_for.money_micro <= 2_000);
            }
            for (estimate, cost) in under_way {
                budget.settle(estimate, cost, 0);
                all += cost.money_micro;
            }
            prop_assert_eq!(budget.spoken_for, Cost::default());
            prop_assert_eq!(budget.spent.money_micro, all);
        }
    }
}
