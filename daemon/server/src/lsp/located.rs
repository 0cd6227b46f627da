//! Elements of a script with where they stand in it.

use std::ops::Range;

use storycore_core::fountain::{Block, Element, Script};

/// An element, its block, and where that starts.
#[derive(Clone, Copy)]
pub(super) struct Located<'s> {
    pub(super) block: &'s Block,
    pub(super) element: &'s Element,
    /// The block's first byte in the script.
    pub(super) start: usize,
}

impl<'s> Located<'s> {
    /// Every element, in order.
    pub(super) fn all(script: &'s Script) -> impl Iterator<Item = Located<'s>> {
        let blocks = script.blocks().iter().scan(0, |at, block| {
            let start = *at;
            *at += block.text.len();
            Some((&**block, start))
        });
        blocks.flat_map(|(block, start)| {
            let elements = block.elements.iter();
            elements.map(move |element| Located {
                block,
                element,
                start,
            })
        })
    }

    /// The element that holds a byte of the script, or ends there.
    pub(super) fn at(script: &'s Script, byte: usize) -> Option<Located<'s>> {
        let found = script.block_at(byte)?;
        let block: &'s Block = script.blocks().get(found.block_idx)?;
        let inside = u32::try_from(byte - found.byte).unwrap_or(u32::MAX);
        let holds = |it: &&Element| it.span.start <= inside && inside <= it.span.end;
        let element = block.elements.iter().find(holds)?;
        Some(Located {
            block,
            element,
            start: found.byte,
        })
    }

    /// Where it is in the script.
    pub(super) fn bytes(&self) -> Range<usize> {
        self.in_script(&self.element.span)
    }

    /// Where a part of its block is in the script.
    pub(super) fn in_script(&self, part: &Range<u32>) -> Range<usize> {
        self.start + part.start as usize..self.start + part.end as usize
    }

    /// Its text.
    pub(super) fn text(&self) -> &'s str {
        self.block.source(self.element)
    }
}
