//! Rate limits: buckets that fill up with time. Who takes more than is there is told how long to
//! wait, and comes before all who ask later. Pure: the time is an argument.

/// A bucket of requests or tokens, as large as what a minute brings.
#[derive(Debug)]
struct Bucket {
    per_minute: u32,
    /// What is in it, times [`MINUTE_MS`], so that a millisecond brings whole numbers. Less than
    /// nothing when it is spoken for.
    level: i64,
}

const MINUTE_MS: i64 = 60_000;

impl Bucket {
    fn new(per_minute: u32) -> Bucket {
        Bucket {
            per_minute,
            level: i64::from(per_minute) * MINUTE_MS,
        }
    }

    fn pass(&mut self, ms: u64) {
        let full = i64::from(self.per_minute) * MINUTE_MS;
        let brought = i64::try_from(ms)
            .unwrap_or(i64::MAX)
            .saturating_mul(self.per_minute.into());
        self.level = self.level.saturating_add(brought).min(full);
    }

    /// Takes `n`; how long until they are there, in milliseconds.
    fn take(&mut self, n: u64) -> u64 {
        self.level = self.level.saturating_sub(scaled(n));
        let missing = self.level.min(0).unsigned_abs();
        missing.div_ceil(self.per_minute.max(1).into())
    }

    fn give_back(&mut self, n: u64) {
        self.level = self.level.saturating_add(scaled(n));
    }
}

fn scaled(n: u64) -> i64 {
    i64::try_from(n)
        .unwrap_or(i64::MAX)
        .saturating_mul(MINUTE_MS)
}

/// One provider's rate.
#[derive(Debug)]
pub(crate) struct Rate {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    at_ms: u64,
    paused_until_ms: u64,
}

impl Rate {
    pub(crate) fn new(
        requests_per_minute: Option<u32>,
        tokens_per_minute: Option<u32>,
        now_ms: u64,
    ) -> Rate {
        Rate {
            requests: requests_per_minute.map(Bucket::new),
            tokens: tokens_per_minute.map(Bucket::new),
            at_ms: now_ms,
            paused_until_ms: 0,
        }
    }

    /// Speaks for one request of about so many tokens; how long to wait before it is sent, in
    /// milliseconds.
    pub(crate) fn take(&mut self, tokens: u64, now_ms: u64) -> u64 {
        self.pass(now_ms);
        let requests = self.requests.as_mut().map_or(0, |it| it.take(1));
        let tokens = self.tokens.as_mut().map_or(0, |it| it.take(tokens));
        let paused = self.paused_until_ms.saturating_sub(now_ms);
        requests.max(tokens).max(paused)
    }

    /// Gives back what was spoken for, as the request is not sent.
    pub(crate) fn give_back(&mut self, tokens: u64, now_ms: u64) {
        self.pass(now_ms);
        if let Some(bucket) = &mut self.requests {
            bucket.give_back(1);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.give_back(tokens);
        }
    }

    /// Puts right what was an estimate.
    pub(crate) fn correct(&mut self, estimate: u64, tokens: u64, now_ms: u64) {
        self.pass(now_ms);
        if let Some(bucket) = &mut self.tokens {
            bucket.give_back(estimate);
            bucket.take(tokens);
        }
    }

    /// Nothing is sent for so long: the provider said so.
    pub(crate) fn pause(&mut self, ms: u64, now_ms: u64) {
        self.paused_until_ms = self.paused_until_ms.max(now_ms.saturating_add(ms));
    }

    fn pass(&mut self, now_ms: u64) {
        let ms = now_ms.saturating_sub(self.at_ms);
        self.at_ms = self.at_ms.max(now_ms);
        for bucket in self.requests.iter_mut().chain(&mut self.tokens) {
            bucket.pass(ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn waits_are_honest() {
        let mut rate = Rate::new(Some(60), Some(6_000), 0);
        assert_eq!(rate.take(1_000, 0), 0);
        assert_eq!(rate.take(5_000, 0), 0, "a minute's worth at once");
        assert_eq!(rate.take(100, 0), 1_000, "100 tokens come in a second");
        assert_eq!(rate.take(100, 0), 2_000, "behind the one before");
        rate.give_back(100, 0);
        assert_eq!(rate.take(100, 500), 1_500);
        rate.pause(10_000, 500);
        assert_eq!(rate.take(0, 1_500), 9_000);
        let mut free = Rate::new(None, None, 0);
        assert_eq!(free.take(u64::MAX, 0), 0);
    }

    #[test]
    fn an_estimate_is_put_right() {
        let mut rate = Rate::new(None, Some(6_000), 0);
        assert_eq!(rate.take(6_000, 0), 0);
        rate.correct(6_000, 1_000, 0);
        assert_eq!(rate.take(5_000, 0), 0);
        rate.correct(5_000, 6_000, 0);
        assert_eq!(rate.take(0, 0), 10_000);
    }

    #[test]
    fn a_clock_that_goes_back_brings_nothing() {
        let mut rate = Rate::new(Some(1), None, 100_000);
        assert_eq!(rate.take(0, 100_000), 0);
        assert_eq!(rate.take(0, 40_000), 60_000);
        assert_eq!(rate.take(0, 100_000), 120_000);
    }

    proptest! {
        /// In no stretch of time is more sent than a full bucket and what that time brings.
        #[test]
        fn no_stretch_of_time_holds_too_much(
            asks in vec((0..4_000_u64, 0..300_u64), 1..60), per_minute in 1..2_000_u32,
        ) {
            let mut rate = Rate::new(None, Some(per_minute), 0);
            let mut now_ms = 0;
            let mut sent: Vec<(u64, u64)> = Vec::new();
            for (pass_ms, tokens) in asks {
                now_ms += pass_ms;
                let at_ms = now_ms + rate.take(tokens, now_ms);
                if let Some((before_ms, _)) = sent.last() {
                    prop_assert!(at_ms >= *before_ms, "who asked first is first");
                }
                sent.push((at_ms, tokens));
            }
            for (index, (begin_ms, _)) in sent.iter().enumerate() {
                let mut sum = 0;
                for (end_ms, tokens) in &sent[index..] {
                    sum += tokens;
                    // Waits are whole milliseconds.
                    let brought = u128::from(per_minute) * u128::from(end_ms - begin_ms + 1);
                    // The first of the stretch may be larger than a bucket, and have waited for it.
                    let first = u64::from(per_minute).max(sent[index].1);
                    let most = u128::from(first) * 60_000 + brought;
                    prop_assert!(u128::from(sum) * 60_000 <= most);
                }
            }
        }
    }
}
