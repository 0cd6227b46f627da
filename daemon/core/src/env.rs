//! What a rule may know of the world: what time it is, which id comes next, and who caused it.

use ulid::Ulid;

/// Given to every rule by the owner of the film, so that a test can repeat any decision.
#[derive(Debug)]
pub struct Env<'a> {
    /// Milliseconds since 1970 (UTC).
    pub now_ms: u64,
    /// The request that caused the decision; empty if there is none.
    pub correlation_id: &'a str,
    /// Who decides: a client's name, or a part of the daemon.
    pub actor: &'a str,
    ids: &'a mut IdSource,
}

impl<'a> Env<'a> {
    /// An environment at a moment.
    pub fn new(now_ms: u64, ids: &'a mut IdSource) -> Env<'a> {
        Env {
            now_ms,
            correlation_id: "",
            actor: "",
            ids,
        }
    }

    /// A number from 0 to 1, by chance.
    pub fn fraction(&mut self) -> f64 {
        // Half of the bits are more than enough, and a double holds them exactly.
        f64::from((self.ids.random() >> 32) as u32) / f64::from(u32::MAX)
    }

    /// The same, because of a request.
    #[must_use]
    pub fn caused_by(self, correlation_id: &'a str) -> Env<'a> {
        Env {
            correlation_id,
            ..self
        }
    }

    /// The same, for somebody.
    #[must_use]
    pub fn by(self, actor: &'a str) -> Env<'a> {
        Env { actor, ..self }
    }

    /// An id that was never used.
    pub fn fresh_id<T: From<Ulid>>(&mut self) -> T {
        T::from(self.ids.next(self.now_ms))
    }
}

/// Makes ULIDs from a clock and a generator that are handed in. Strictly increasing, also when the
/// clock stands still or jumps back.
#[derive(Debug, Clone)]
pub struct IdSource {
    last: Ulid,
    state: u64,
}

impl IdSource {
    /// A source. Two sources with different seeds make different ids.
    pub fn new(seed: u64) -> IdSource {
        IdSource {
            last: Ulid::nil(),
            state: seed,
        }
    }

    fn next(&mut self, now_ms: u64) -> Ulid {
        let random = u128::from(self.random()) << 64 | u128::from(self.random());
        let fresh = Ulid::from_parts(now_ms, random);
        self.last = if fresh > self.last {
            fresh
        } else {
            Ulid(self.last.0 + 1)
        };
        self.last
    }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_though_the_clock_jumps_back() {
        let mut ids = IdSource::new(7);
        let first: Ulid = Env::new(1_000, &mut ids).fresh_id();
        let second: Ulid = Env::new(10, &mut ids).fresh_id();
        assert!(second > first);
    }
}
