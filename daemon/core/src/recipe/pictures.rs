//! Pictures of the bible by the names that graphs ask for them with: `maya_face`.

use std::collections::BTreeMap;

use storycore_schema::{
    id::BlobId,
    recipe::{Intent, IntentEntry},
};

use crate::bible::{Bible, Known, names_of};

/// What names begin with that are of the film's style: `style_grain`.
const STYLE: &str = "style";

/// The pictures in an intent, by whose they are and what they show: `maya_face` is the picture
/// `face` of the entry MAYA, by whichever of its names. Of two with one name, the one of whoever is
/// more important in the shot. There is none that is not in the intent: it could change without
/// making the shot stale.
pub fn bound_pictures(intent: &Intent, bible: &Bible) -> BTreeMap<String, BlobId> {
    let mut found = BTreeMap::new();
    let entries = intent.subjects.iter().chain(&intent.props);
    for entry in entries {
        add(&mut found, entry, bible.known(&entry.name));
    }
    if let Some(entry) = &intent.location {
        add(&mut found, entry, bible.known_location(&entry.name));
    }
    for (key, bytes) in &intent.style_images {
        found.entry(format!("{STYLE}_{key}")).or_insert(*bytes);
    }
    found
}

fn add(found: &mut BTreeMap<String, BlobId>, entry: &IntentEntry, known: Option<&Known>) {
    let other = known.into_iter().flat_map(|it| names_of(&it.entry));
    for name in std::iter::once(&entry.name).chain(other) {
        for (key, bytes) in &entry.images {
            let name = format!("{}_{key}", slug(name));
            found.entry(name).or_insert(*bytes);
        }
    }
}

/// A name as the title of a graph's node is read: small letters, digits and single underscores.
fn slug(name: &str) -> String {
    let words = name.split(|it: char| !it.is_alphanumeric());
    let words = words.filter(|it| !it.is_empty()).map(str::to_lowercase);
    words.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn names_are_read_as_titles_of_nodes_are() {
        assert_eq!(slug("MAYA"), "maya");
        assert_eq!(slug("MAYA'S FLAT - KITCHEN"), "maya_s_flat_kitchen");
        assert_eq!(slug(" Éloïse  2 "), "éloïse_2");
    }
}
