//! `asset/tag`: words by which an asset is found again.

use std::collections::BTreeSet;

use storycore_schema::{
    Error, Event,
    asset::{AssetDetails, AssetEvent, TagAsset},
    id::BlobId,
};

use super::search;
use crate::{Decide, Env, Film, handle::Decided};

/// How long a word may be, in characters.
const TAG_CHARS_MAX: usize = 60;
/// Words on one asset, in words.
const TAGS_LEN_MAX: usize = 40;

impl Decide for TagAsset {
    type Output = AssetDetails;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<AssetDetails> {
        film.state.assets.get(self.id)?;
        let removed = words(self.remove)?;
        let added: BTreeSet<String> = words(self.add)?.difference(&removed).cloned().collect();
        let events = changes(film, self.id, &added, &removed)?;
        let events = env.undoable(film, "tag an asset", events);
        let mut after = film.clone();
        after.apply(&events);
        let details = search::details(&after, self.id)?;
        Ok((details, events))
    }
}

fn changes(
    film: &Film,
    id: BlobId,
    added: &BTreeSet<String>,
    removed: &BTreeSet<String>,
) -> Result<Vec<Event>, Error> {
    let assets = &film.state.assets;
    let n_left = assets.tags_of(id).filter(|it| !removed.contains(*it));
    let n_new = added.iter().filter(|it| !assets.has_tag(id, it)).count();
    let n = n_left.count() + n_new;
    if n_new > 0 && n > TAGS_LEN_MAX {
        let message = format!("{n} words would be on this asset; {TAGS_LEN_MAX} are allowed");
        return Err(Error::resource_exhausted(message).hint("take some off with `remove`"));
    }
    let wanted = added.iter().map(|it| (it, true));
    let wanted = wanted.chain(removed.iter().map(|it| (it, false)));
    let changed = wanted.filter(|(tag, on)| assets.has_tag(id, tag) != *on);
    let events = changed.map(|(tag, on)| {
        Event::Asset(AssetEvent::Tagged {
            id,
            tag: tag.clone(),
            on,
        })
    });
    Ok(events.collect())
}

/// Words as they are kept.
fn words(given: Option<Vec<String>>) -> Result<BTreeSet<String>, Error> {
    let given = given.into_iter().flatten();
    given.map(|it| word(&it)).collect()
}

/// A word as it is kept: in small letters, with single spaces.
pub(super) fn word(given: &str) -> Result<String, Error> {
    let words: Vec<&str> = given.split_whitespace().collect();
    let word = words.join(" ").to_lowercase();
    let n_chars = word.chars().count();
    if n_chars == 0 {
        return Err(Error::invalid_params("a tag is empty").hint("give it at least a letter"));
    }
    if n_chars > TAG_CHARS_MAX {
        let message = format!("a tag has {n_chars} characters; {TAG_CHARS_MAX} are allowed");
        return Err(Error::invalid_params(message).hint("say it in fewer words"));
    }
    if word.chars().any(char::is_control) {
        return Err(
            Error::invalid_params("a tag has a character that cannot be seen").hint("type it anew"),
        );
    }
    Ok(word)
}
