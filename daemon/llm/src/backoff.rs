//! How long to wait before another try. Pure: chance is an argument.

/// How often a provider is tried, and how long to wait in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryOptions {
    /// Tries at one provider, with the first.
    pub tries: u32,
    /// The wait before the second try, in milliseconds. It doubles with each.
    pub first_ms: u64,
    /// The longest wait, in milliseconds. A provider that asks for more is left for the next one.
    pub max_ms: u64,
}

impl RetryOptions {
    /// Three tries, 1 to 30 seconds apart.
    pub const USUAL: RetryOptions = RetryOptions {
        tries: 3,
        first_ms: 1_000,
        max_ms: 30_000,
    };
}

/// How long to wait after try number `n_tries` (from 1) failed, in milliseconds: a random part,
/// between half and all, of a time that doubles, so that many do not come back at the same moment;
/// and never less than the provider asked for.
pub(crate) fn wait_ms(
    options: RetryOptions,
    n_tries: u32,
    chance: f64,
    asked_ms: Option<u64>,
) -> u64 {
    let doubled = options
        .first_ms
        .saturating_mul(1 << n_tries.saturating_sub(1).min(30));
    let whole = doubled.min(options.max_ms);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most half of a time that is a few seconds long"
    )]
    let spared = (whole as f64 / 2.0 * chance) as u64;
    (whole - spared).max(asked_ms.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_doubles() {
        let waits: Vec<u64> = (1..=7)
            .map(|n| wait_ms(RetryOptions::USUAL, n, 0.0, None))
            .collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(wait_ms(RetryOptions::USUAL, 1, 0.5, None), 750);
        assert_eq!(wait_ms(RetryOptions::USUAL, 1, 0.5, Some(7_000)), 7_000);
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds(
            n in 0..u32::MAX, chance in 0.0..1.0_f64, first in 1..10_000_u64, max in 1..100_000_u64,
        ) {
            let options = RetryOptions { tries: 3, first_ms: first, max_ms: max };
            let wait = wait_ms(options, n, chance, None);
            prop_assert!(wait <= max && wait >= first.min(max) / 2);
            prop_assert!(wait_ms(options, n.saturating_add(1), chance, None) >= wait);
        }
    }
}
