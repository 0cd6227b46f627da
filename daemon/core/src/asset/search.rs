//! `asset/list`: assets, by what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use storycore_schema::{
    Error,
    asset::{Asset, AssetDetails, AssetPage, ListAssets, TagCount},
    id::BlobId,
    take::{Take, TakeSource},
};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::tag;
use crate::{Film, Query, shot::label};

/// Assets of one page, in assets.
const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;
/// How long the words may be that are looked for, in characters.
const TEXT_CHARS_MAX: usize = 400;
/// Words that are counted, in words.
const TAGS_LEN_MAX: usize = 100;

impl Query for ListAssets {
    fn answer(self, film: &Film) -> Result<AssetPage, Error> {
        let wanted = Wanted::of(&self)?;
        let shown = takes_by_asset(film);
        let none = Vec::new();
        let of = |id: &BlobId| shown.get(id).unwrap_or(&none);
        let assets = film.state.assets.by_id.values();
        let found = assets.filter(|it| wanted.fits(film, it, of(&it.id)));
        let mut found: Vec<&Asset> = found.map(|it| &**it).collect();
        // What no take shows comes last; among equals the order is that of the ids.
        let made = |it: &Asset| of(&it.id).iter().map(|it| it.made_ms).max();
        found.sort_by_cached_key(|it| (std::cmp::Reverse(made(it)), it.id));
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX) as usize;
        let offset = self.offset.unwrap_or(0) as usize;
        let page = found.iter().skip(offset).take(limit);
        Ok(AssetPage {
            total: u32::try_from(found.len()).unwrap_or(u32::MAX),
            bytes: found.iter().map(|it| it.bytes).sum(),
            tags: counted(film, &found),
            assets: page.map(|it| described(film, it, of(&it.id))).collect(),
        })
    }
}

/// One asset, and what is known of it.
pub(super) fn details(film: &Film, id: BlobId) -> Result<AssetDetails, Error> {
    let asset = film.state.assets.get(id)?;
    let takes = film.state.generation.takes.by_id.values();
    let takes = takes.filter(|it| it.asset == id && is_there(film, it));
    let takes: Vec<&Take> = takes.map(|it| &**it).collect();
    Ok(described(film, asset, &takes))
}

/// What somebody looks for.
struct Wanted<'a> {
    /// Words that must all occur, folded.
    words: Vec<String>,
    tag: Option<String>,
    given: &'a ListAssets,
}

impl Wanted<'_> {
    fn of(given: &ListAssets) -> Result<Wanted<'_>, Error> {
        let text = given.text.as_deref().unwrap_or_default();
        let n_chars = text.chars().count();
        if n_chars > TEXT_CHARS_MAX {
            let message = format!("text has {n_chars} characters; {TEXT_CHARS_MAX} are allowed");
            return Err(Error::invalid_params(message).hint("look for fewer words"));
        }
        let text = folded(text);
        Ok(Wanted {
            words: text.split_whitespace().map(str::to_owned).collect(),
            tag: given.tag.as_deref().map(tag::word).transpose()?,
            given,
        })
    }

    fn fits(&self, film: &Film, asset: &Asset, takes: &[&Take]) -> bool {
        let has_kind = |it: &String| asset.media_type.starts_with(it.as_str());
        let has_tag = |it: &String| film.state.assets.has_tag(asset.id, it);
        self.given.media_type.as_ref().is_none_or(has_kind)
            && self.tag.as_ref().is_none_or(has_tag)
            && (self.given.shot).is_none_or(|shot| takes.iter().any(|it| it.shot == shot))
            && self.occur(film, asset, takes)
    }

    fn occur(&self, film: &Film, asset: &Asset, takes: &[&Take]) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut text = asset.media_type.clone();
        for tag in film.state.assets.tags_of(asset.id) {
            text = text + "\n" + tag;
        }
        for take in takes {
            text += &words_of(film, take);
        }
        let text = folded(&text);
        self.words.iter().all(|it| text.contains(it.as_str()))
    }
}

/// In small letters and without accents, so that `eloise` finds ÉLOÏSE.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain = text.nfd().filter(|it| !is_combining_mark(*it));
    plain.collect::<String>().to_lowercase()
}

/// What is said of a take: its file, its shot, and what stood there when it was made.
fn words_of(film: &Film, take: &Take) -> String {
    let name = name_of(take).unwrap_or_default();
    let mut text = format!("\n{name}\n{}", label(film, take.shot));
    // One that does not read says nothing; that is told where it is used.
    let Ok(intent) = take.intent.read() else {
        return text;
    };
    let entries = intent.location.iter().chain(&intent.subjects);
    let names = entries.chain(&intent.props).map(|it| &it.name);
    for said in names.chain(intent.lines.iter().map(|it| &it.text)) {
        text = text + "\n" + said;
    }
    text
}

fn name_of(take: &Take) -> Option<&str> {
    match &take.source {
        TakeSource::Imported { name, .. } => Some(name),
        TakeSource::Rendered { .. } => None,
    }
}

/// Withdrawn takes are as if they had not been made.
fn is_there(film: &Film, take: &Take) -> bool {
    film.state.generation.takes.get(take.id).is_ok()
}

fn takes_by_asset(film: &Film) -> BTreeMap<BlobId, Vec<&Take>> {
    let mut shown: BTreeMap<BlobId, Vec<&Take>> = BTreeMap::new();
    for take in film.state.generation.takes.by_id.values() {
        if is_there(film, take) {
            shown.entry(take.asset).or_default().push(take);
        }
    }
    shown
}

fn described(film: &Film, asset: &Asset, takes: &[&Take]) -> AssetDetails {
    let mut seen = BTreeSet::new();
    let shots = takes.iter().filter(|it| seen.insert(it.shot));
    let shots = shots.map(|it| label(film, it.shot)).collect();
    AssetDetails {
        asset: asset.clone(),
        tags: film.state.assets.tags_of(asset.id).cloned().collect(),
        takes: takes.iter().map(|it| it.id).collect(),
        shots,
        name: takes.iter().find_map(|it| name_of(it)).map(str::to_owned),
        made_ms: takes.iter().map(|it| it.made_ms).max(),
    }
}

fn counted(film: &Film, found: &[&Asset]) -> Vec<TagCount> {
    let mut counts: BTreeMap<&String, u32> = BTreeMap::new();
    for asset in found {
        for tag in film.state.assets.tags_of(asset.id) {
            *counts.entry(tag).or_default() += 1;
        }
    }
    let counts = counts.into_iter().map(|(tag, assets)| TagCount {
        tag: tag.clone(),
        assets,
    });
    let mut counts: Vec<TagCount> = counts.collect();
    // The sort is stable, and they are in the order of the alphabet.
    counts.sort_by_key(|it| std::cmp::Reverse(it.assets));
    counts.truncate(TAGS_LEN_MAX);
    counts
}
