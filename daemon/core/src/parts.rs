//! Work on many things of a film at once: each thread does a part.

use std::{panic::resume_unwind, thread};

/// Fewer things are done sooner than a thread is started.
const THINGS_MIN: usize = 200;

/// What comes of each thing, in order.
pub(crate) fn in_parts<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let len = things.len().div_ceil(threads).max(THINGS_MIN);
    let (first, others) = things.split_at(len.min(things.len()));
    let do_part = |part: &[T]| part.iter().map(&work).collect::<Vec<R>>();
    thread::scope(|scope| {
        let others = others.chunks(len);
        let others: Vec<_> = others.map(|it| scope.spawn(|| do_part(it))).collect();
        let mut done = do_part(first);
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_things_stands_in_their_order() {
        for n_things in [0, 1, THINGS_MIN, THINGS_MIN + 1, 10 * THINGS_MIN + 7] {
            let things: Vec<usize> = (0..n_things).collect();
            let doubled = in_parts(&things, |it| it * 2);
            assert!(doubled.iter().copied().eq((0..n_things).map(|it| it * 2)));
        }
    }
}
