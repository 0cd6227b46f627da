//! Brings the small pictures around what people look at into memory, so that they are there when
//! somebody goes on.

use std::{collections::BTreeSet, sync::Arc};

use storycore_cache::{Cache, Key, Preload};
use storycore_core::Film;
use storycore_schema::{
    asset::{Asset, CARD_FROM_BYTES, CARD_SIDE_PX},
    id::{BlobId, ShotId},
};
use tokio_util::sync::CancellationToken;

use crate::{bus::Bus, kept};

/// Shots after the one that is looked at, and before it, in shots.
const AHEAD: usize = 24;
const BEHIND: usize = 8;

/// What preloading needs.
pub struct PreloadEffect {
    /// The film.
    pub bus: Arc<Bus>,
    /// Keeps the pictures.
    pub cache: Cache,
    /// Ends it.
    pub closing: CancellationToken,
}

impl PreloadEffect {
    /// Follows what clients look at until the film closes.
    pub async fn run(self) {
        let mut commits = self.bus.watch();
        let mut looked_at = BTreeSet::new();
        // What is under way for what was looked at before is left when it is replaced.
        let mut under_way: Option<Preload> = None;
        loop {
            let film = self.bus.film();
            let now = selected(&film);
            if now != looked_at {
                let keys = around(&film, &now).into_iter().map(key).collect();
                under_way = Some(self.cache.preload(keys));
                looked_at = now;
            }
            drop(film);
            tokio::select! {
                () = self.closing.cancelled() => break,
                changed = commits.changed() => if changed.is_err() { break },
            }
        }
        drop(under_way);
    }
}

fn key(id: BlobId) -> Key {
    kept::thumbnail(id, CARD_SIDE_PX).0
}

fn selected(film: &Film) -> BTreeSet<ShotId> {
    let selections = film.state.ui.selections.by_client.values();
    selections.filter_map(|it| it.shot).collect()
}

/// Pictures near these shots, each shot's own first, then what comes after it, then what was before.
fn around(film: &Film, shots: &BTreeSet<ShotId>) -> Vec<BlobId> {
    if shots.is_empty() {
        return Vec::new();
    }
    let order: Vec<ShotId> = film.shots_in_order().map(|it| it.id).collect();
    let places = order.iter().enumerate().filter(|it| shots.contains(it.1));
    let near = places.flat_map(|(place, _)| {
        let after = order[place..].iter().take(1 + AHEAD);
        after.chain(order[..place].iter().rev().take(BEHIND))
    });
    let mut seen = BTreeSet::new();
    let assets = near.filter_map(|it| large_picture(film, *it));
    assets.filter(|it| seen.insert(*it)).collect()
}

/// The shown picture of a shot, if the page asks for a small one of it.
fn large_picture(film: &Film, shot: ShotId) -> Option<BlobId> {
    let take = film.shown(shot)?;
    let asset: &Asset = film.state.assets.by_id.get(&take.asset)?;
    let is_still = matches!(asset.media_type.as_str(), "image/png" | "image/jpeg");
    (is_still && asset.bytes >= CARD_FROM_BYTES).then_some(asset.id)
}
