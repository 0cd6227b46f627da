//! Blocks of a Matroska file, counted by their heads; what is in them is skipped.

use std::collections::BTreeMap;

use super::{Element, Error, Rational, Source, each, vint};

/// What was counted in all tracks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    cluster_units: u64,
    tracks: BTreeMap<u64, Counted>,
}

/// Tracks that are counted; a broken file can name any number of them.
const TRACKS_MAX: usize = 64;

/// Blocks of one track.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counted {
    pub(super) n: u64,
    first_units: u64,
    last_units: u64,
}

impl Counted {
    /// The rate from the first block to the last, which is one frame short.
    pub(super) fn rate(&self, unit_ns: u64) -> Option<Rational> {
        let time = self.last_units.checked_sub(self.first_units)?;
        let time_ns = time.checked_mul(unit_ns)?;
        Rational::rate(self.n.checked_sub(1)?, time_ns, super::SECOND_NS)
    }
}

impl Blocks {
    /// Takes an element of a cluster.
    pub(super) fn element(
        &mut self,
        source: &mut Source<'_>,
        element: Element,
    ) -> Result<(), Error> {
        match element.id {
            0xE7 => self.cluster_units = element.number(source)?,
            0xA3 => self.block(source, element)?,
            0xA0 => each(source, element, |source, it| match it.id {
                0xA1 => self.block(source, it),
                _ => Ok(()),
            })?,
            _ => {}
        }
        Ok(())
    }

    fn block(&mut self, source: &mut Source<'_>, block: Element) -> Result<(), Error> {
        source.go_to(block.start)?;
        let track = vint(source, block.start, false)?.value;
        let after = i16::from_be_bytes(source.array()?);
        let at = self.cluster_units.saturating_add_signed(after.into());
        if self.tracks.len() >= TRACKS_MAX && !self.tracks.contains_key(&track) {
            return Ok(());
        }
        let counted = self.tracks.entry(track).or_insert(Counted {
            n: 0,
            first_units: at,
            last_units: at,
        });
        counted.n += 1;
        counted.first_units = counted.first_units.min(at);
        counted.last_units = counted.last_units.max(at);
        Ok(())
    }

    pub(super) fn of(&self, track: u64) -> Option<Counted> {
        self.tracks.get(&track).copied()
    }

    /// When the last block of all begins.
    pub(super) fn end_units(&self) -> u64 {
        self.tracks
            .values()
            .map(|it| it.last_units)
            .max()
            .unwrap_or(0)
    }
}
