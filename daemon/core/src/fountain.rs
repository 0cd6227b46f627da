//! Fountain 1.1: screenplays in plain text. Reading order: this file, `block.rs`, `split.rs`,
//! `element.rs`, `line.rs`.
//!
//! A script is a list of blocks, each one scene. A block follows from its own text alone, so an
//! edit reads again only the blocks it touches; the others stay the same allocations. What crosses
//! blocks is boneyards and the blank line before a heading, and only [`Script::edit`] knows of it.
//!
//! Absent on purpose: a way to fail. Every text is a script, and its blocks print it byte for byte.

mod block;
mod element;
mod heading;
mod index;
mod inline;
mod line;
mod note;
mod page;
mod problem;
mod split;
#[cfg(test)]
mod tests;
mod time_words;
mod title_page;

use std::ops::Range;
use std::sync::Arc;

pub use block::{Block, Cue, Element, ElementKind};
pub use heading::Heading;
pub use inline::{Emphasis, Style};
pub use note::Note;
pub use page::eighths_told;
pub use problem::{Problem, ProblemKind};
pub(crate) use time_words::fold;
pub use title_page::{TitleEntry, TitleValue};

use index::{Index, Sum};
use split::Pieces;

/// A screenplay. Clone is O(1), and a change shares with the script before it what it left alone.
#[derive(Debug, Clone, Default)]
pub struct Script {
    blocks: imbl::Vector<Arc<Block>>,
    index: Index,
}

/// Which blocks a change replaced, by their places before and after it. All others are the same
/// allocations as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Their places in the script before.
    pub old: Range<usize>,
    /// Their places in the script after.
    pub new: Range<usize>,
}

/// Where a block starts in its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockStart {
    /// The block's place in the script.
    pub block_idx: usize,
    /// How many bytes come before it.
    pub byte: usize,
    /// How many line ends come before it.
    pub line: usize,
}

impl Script {
    /// Reads a text.
    pub fn parse(text: &str) -> Script {
        let pieces = split::split(text);
        let blocks: imbl::Vector<Arc<Block>> = pieces
            .ranges
            .into_iter()
            .map(|it| Arc::new(Block::parse(&text[it])))
            .collect();
        let index = Index::new(blocks.iter());
        Script { blocks, index }
    }

    /// The script with a byte range replaced. An end beyond the text is its end; one inside a
    /// character is moved back to where the character starts.
    pub fn edit(&self, range: Range<usize>, replacement: &str) -> (Script, Edited) {
        let start = self.floor(range.start);
        let edit = Edit {
            range: start..self.floor(range.end).max(start),
            replacement,
        };
        let mut touched = self.touched(&edit.range);
        let (text, pieces) = loop {
            let text = self.region(&touched, &edit);
            let pieces = split::split(&text);
            match self.wider(&touched, &pieces) {
                Some(wider) => touched = wider,
                None => break (text, pieces),
            }
        };
        self.replace(touched, &text, &pieces)
    }

    /// The script with another text, found by what the two have in common at both ends.
    pub fn update(&self, new_text: &str) -> (Script, Edited) {
        let n_same = self.common_start(new_text);
        let n_same_end = self.common_end(new_text, n_same);
        let (start, end) = (self.floor(n_same), self.ceil(self.len() - n_same_end));
        // Both ends are moved to whole characters; equal bytes make them whole in both texts.
        let new_end = new_text.len() - (self.len() - end);
        self.edit(start..end, &new_text[start..new_end])
    }

    /// The text, byte for byte as it was read.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.len());
        self.blocks.iter().for_each(|it| text.push_str(&it.text));
        text
    }

    /// The length of the text in bytes.
    pub fn len(&self) -> usize {
        self.index.total().bytes
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many line ends the text has.
    pub fn n_lines(&self) -> usize {
        self.index.total().lines
    }

    /// The scenes in order. The first block is the prelude if it has no heading.
    pub fn blocks(&self) -> &imbl::Vector<Arc<Block>> {
        &self.blocks
    }

    /// Where a block starts; one past the last is where the text ends.
    pub fn start_of(&self, block_idx: usize) -> BlockStart {
        self.index.before(block_idx).into()
    }

    /// The block that holds a byte. At the end of the text, that is the last block.
    pub fn block_at(&self, byte: usize) -> Option<BlockStart> {
        self.held(self.index.at_byte(byte))
    }

    /// The block that holds a line, counted from 0.
    pub fn block_at_line(&self, line: usize) -> Option<BlockStart> {
        self.held(self.index.at_line(line))
    }

    fn held(&self, sum: Sum) -> Option<BlockStart> {
        let last = self.blocks.len().checked_sub(1)?;
        Some(if sum.n_blocks > last {
            self.start_of(last)
        } else {
            sum.into()
        })
    }

    /// The blocks that an edit may change by itself. A heading also depends on the line before it,
    /// so an edit at a block's very start touches the block before as well.
    fn touched(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.index.at_byte(range.start);
        let last = self.index.at_byte(range.end).n_blocks;
        let at_start = first.bytes == range.start;
        let first = first.n_blocks.min(self.blocks.len());
        first - usize::from(at_start && first > 0)..(last + 1).min(self.blocks.len())
    }

    /// The text of some blocks after an edit in them.
    fn region(&self, blocks: &Range<usize>, edit: &Edit) -> String {
        let mut text = String::new();
        let start = self.index.before(blocks.start).bytes;
        self.texts(blocks).for_each(|it| text.push_str(it));
        text.replace_range(
            edit.range.start - start..edit.range.end - start,
            edit.replacement,
        );
        text
    }

    fn texts(&self, blocks: &Range<usize>) -> impl Iterator<Item = &str> {
        blocks
            .clone()
            .filter_map(|idx| self.blocks.get(idx))
            .map(|it| &*it.text)
    }

    /// More blocks, if what the edit made of these reaches beyond them.
    fn wider(&self, touched: &Range<usize>, pieces: &Pieces) -> Option<Range<usize>> {
        let Range { mut start, mut end } = touched.clone();
        if start > 0 && !pieces.starts_with_heading {
            start -= 1;
        }
        if pieces.has_end
            && let Some(unclosed) = self.index.unclosed_before(start)
        {
            start = unclosed;
        }
        let has_next = end < self.blocks.len();
        if has_next
            && pieces.has_unclosed
            && let Some(closing) = self.index.end_from(end)
        {
            end = closing + 1;
        } else if has_next && !pieces.ends_blank {
            end += 1;
        }
        let wider = start..end;
        (wider != *touched).then_some(wider)
    }

    /// The script with some blocks replaced, keeping those that have the same text as before.
    fn replace(&self, touched: Range<usize>, text: &str, pieces: &Pieces) -> (Script, Edited) {
        let is_same = |idx: usize, piece: &Range<usize>| {
            self.blocks
                .get(idx)
                .is_some_and(|it| *it.text == text[piece.clone()])
        };
        let n_max = touched.len().min(pieces.ranges.len());
        let same = |it: &(usize, &Range<usize>)| is_same(it.0, it.1);
        let n_start = touched.clone().zip(&pieces.ranges).take_while(same).count();
        let from_end = touched.clone().rev().zip(pieces.ranges.iter().rev());
        let n_end = from_end.take(n_max - n_start).take_while(same).count();
        let old = touched.start + n_start..touched.end - n_end;
        let changed = &pieces.ranges[n_start..pieces.ranges.len() - n_end];
        let new: Vec<Arc<Block>> = changed
            .iter()
            .map(|it| Arc::new(Block::parse(&text[it.clone()])))
            .collect();
        let edited = Edited {
            old: old.clone(),
            new: old.start..old.start + new.len(),
        };
        let index = self.index.splice(old.clone(), &new);
        (
            Script {
                blocks: self.spliced(old, new),
                index,
            },
            edited,
        )
    }

    fn spliced(&self, old: Range<usize>, new: Vec<Arc<Block>>) -> imbl::Vector<Arc<Block>> {
        let mut blocks = self.blocks.clone();
        if old.len() == new.len() {
            for (idx, block) in old.zip(new) {
                blocks.set(idx, block);
            }
            return blocks;
        }
        let tail = blocks.split_off(old.end);
        blocks.truncate(old.start);
        blocks.extend(new);
        blocks.append(tail);
        blocks
    }

    /// The start of the character that holds a byte, or the end of the text.
    fn floor(&self, byte: usize) -> usize {
        let Some(start) = self.block_at(byte) else {
            return 0;
        };
        let text = &self.blocks[start.block_idx].text;
        start.byte + text.floor_char_boundary(byte - start.byte)
    }

    fn ceil(&self, byte: usize) -> usize {
        let Some(start) = self.block_at(byte) else {
            return 0;
        };
        let text = &self.blocks[start.block_idx].text;
        start.byte + text.ceil_char_boundary(byte - start.byte)
    }

    /// How many bytes are the same from the start.
    fn common_start(&self, new_text: &str) -> usize {
        let mut rest = new_text.as_bytes();
        for block in &self.blocks {
            let Some(after) = rest.strip_prefix(block.text.as_bytes()) else {
                rest = &rest[common_prefix(block.text.as_bytes(), rest)..];
                break;
            };
            rest = after;
        }
        new_text.len() - rest.len()
    }

    /// How many bytes are the same from the end, those from the start left out.
    fn common_end(&self, new_text: &str, n_same: usize) -> usize {
        let n_max = self.len().min(new_text.len()) - n_same;
        let mut rest = &new_text.as_bytes()[new_text.len() - n_max..];
        for block in self.blocks.iter().rev() {
            let Some(before) = rest.strip_suffix(block.text.as_bytes()) else {
                rest = &rest[..rest.len() - common_suffix(block.text.as_bytes(), rest)];
                break;
            };
            rest = before;
        }
        n_max - rest.len()
    }
}

/// An edit within the text.
struct Edit<'t> {
    range: Range<usize>,
    replacement: &'t str,
}

impl From<Sum> for BlockStart {
    fn from(sum: Sum) -> BlockStart {
        BlockStart {
            block_idx: sum.n_blocks,
            byte: sum.bytes,
            line: sum.lines,
        }
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    a.iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count()
}
