//! Where every block starts, kept so that an edit costs the change and not the script.

use std::ops::Range;
use std::sync::Arc;

use super::block::Block;

/// How many blocks a run may hold before it is cut.
const RUN_LEN_MAX: usize = 128;
/// How many it holds when freshly cut.
const RUN_LEN: usize = 64;

/// What a run of blocks, or one block, adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) n_blocks: usize,
    pub(super) bytes: usize,
    pub(super) lines: usize,
    /// Blocks with a `/*` that nothing closes.
    n_unclosed: u32,
    /// Blocks with a `*/`.
    n_ends: u32,
}

impl Sum {
    fn of(block: &Block) -> Sum {
        Sum {
            n_blocks: 1,
            bytes: block.text.len(),
            lines: block.n_lines as usize,
            n_unclosed: block.has_unclosed_boneyard.into(),
            n_ends: block.has_boneyard_end.into(),
        }
    }

    fn plus(self, other: Sum) -> Sum {
        Sum {
            n_blocks: self.n_blocks + other.n_blocks,
            bytes: self.bytes + other.bytes,
            lines: self.lines + other.lines,
            n_unclosed: self.n_unclosed + other.n_unclosed,
            n_ends: self.n_ends + other.n_ends,
        }
    }
}

#[derive(Debug, Clone)]
struct Run {
    total: Sum,
    blocks: Arc<[Sum]>,
}

/// Sums over the blocks of a script in two levels. Clone is O(1).
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    runs: Arc<[Run]>,
}

impl Index {
    /// The index of these blocks.
    pub(super) fn new<'b>(blocks: impl Iterator<Item = &'b Arc<Block>>) -> Index {
        let sums: Vec<Sum> = blocks.map(|it| Sum::of(it)).collect();
        Index {
            runs: sums.chunks(RUN_LEN).map(run).collect(),
        }
    }

    /// What all blocks add up to.
    pub(super) fn total(&self) -> Sum {
        self.runs
            .iter()
            .fold(Sum::default(), |sum, it| sum.plus(it.total))
    }

    /// What the blocks before block `idx` add up to.
    pub(super) fn before(&self, idx: usize) -> Sum {
        self.seek(|sum| sum.n_blocks > idx)
    }

    /// What the blocks before the one at byte `offset` add up to; a block holds its own start.
    pub(super) fn at_byte(&self, offset: usize) -> Sum {
        self.seek(|sum| sum.bytes > offset)
    }

    /// What the blocks before the one at `line` add up to.
    pub(super) fn at_line(&self, line: usize) -> Sum {
        self.seek(|sum| sum.lines > line)
    }

    /// The first block with a `/*` that nothing closes, if it comes before `idx`.
    pub(super) fn unclosed_before(&self, idx: usize) -> Option<usize> {
        let found = self.seek(|sum| sum.n_unclosed > 0).n_blocks;
        (found < idx).then_some(found)
    }

    /// The first block from `idx` on that holds a `*/`.
    pub(super) fn end_from(&self, idx: usize) -> Option<usize> {
        let n_before = self.before(idx).n_ends;
        let found = self.seek(|sum| sum.n_ends > n_before).n_blocks;
        (found < self.total().n_blocks).then_some(found)
    }

    /// The longest sum, from the first block on, for which `is_past` does not hold yet.
    fn seek(&self, is_past: impl Fn(Sum) -> bool) -> Sum {
        let mut sum = Sum::default();
        for run in self.runs.iter() {
            if !is_past(sum.plus(run.total)) {
                sum = sum.plus(run.total);
                continue;
            }
            for block in run.blocks.iter() {
                if is_past(sum.plus(*block)) {
                    return sum;
                }
                sum = sum.plus(*block);
            }
        }
        sum
    }

    /// The index with the blocks of `range` replaced.
    pub(super) fn splice(&self, range: Range<usize>, blocks: &[Arc<Block>]) -> Index {
        let (first, n_before) = self.run_at(range.start);
        let (last, n_before_last) = self.run_at(range.end);
        let head = self
            .runs
            .get(first)
            .map_or(&[][..], |it| &it.blocks[..range.start - n_before]);
        let tail = self
            .runs
            .get(last)
            .map_or(&[][..], |it| &it.blocks[range.end - n_before_last..]);
        let new = blocks.iter().map(|it| Sum::of(it));
        let sums: Vec<Sum> = head
            .iter()
            .copied()
            .chain(new)
            .chain(tail.iter().copied())
            .collect();
        let run_len = if sums.len() <= RUN_LEN_MAX {
            RUN_LEN_MAX
        } else {
            RUN_LEN
        };
        let after = self.runs.get(last + 1..).unwrap_or_default();
        Index {
            runs: self.runs[..first]
                .iter()
                .cloned()
                .chain(sums.chunks(run_len).map(run))
                .chain(after.iter().cloned())
                .collect(),
        }
    }

    /// The run that holds block `idx`, or the last one for the end, and the blocks before it.
    fn run_at(&self, idx: usize) -> (usize, usize) {
        let mut n_before = 0;
        for (run_idx, run) in self.runs.iter().enumerate() {
            if idx < n_before + run.total.n_blocks || run_idx + 1 == self.runs.len() {
                return (run_idx, n_before);
            }
            n_before += run.total.n_blocks;
        }
        (0, 0)
    }
}

fn run(blocks: &[Sum]) -> Run {
    Run {
        total: blocks.iter().fold(Sum::default(), |sum, it| sum.plus(*it)),
        blocks: blocks.into(),
    }
}
