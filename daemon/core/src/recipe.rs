//! Recipes: from a shot to what a renderer is asked for, and from two of those to the reasons why
//! a picture is stale.

use std::collections::BTreeMap;

use storycore_schema::{
    bible::{BibleEntry, EntryKind},
    id::{IntentHash, RenderKey, ShotId},
    project::Settings,
    recipe::{Intent, IntentEntry, IntentLine, IntentPrevious},
    shot::{Reason, ShotRecord},
    take::Take,
};

use crate::{
    bible::{Bible, names_of},
    project::aspect_milli,
    state::Project,
};

mod reasons;

pub use reasons::reasons;

/// The renderer that is always there.
pub const BUILT_IN: &str = "sketch";

/// The largest integer that every client reads exactly (2^53 − 1, RFC 7493 §2.2).
pub const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// The picture's shape when the settings name none that can be, in thousandths.
const ASPECT_MILLI_DEFAULT: u32 = 1_778;

/// What a renderer is asked for. Pure: the same shot, bible and settings give the same intent.
pub fn prepare(shot: &ShotRecord, project: &Project) -> Intent {
    let (settings, bible) = (&project.card.settings, &project.bible);
    let workflow = project.workflows.intent(settings);
    let previous = workflow.as_ref().and_then(|_| previous(shot, project));
    Intent {
        renderer: settings.renderer.clone(),
        workflow,
        aspect_milli: aspect_milli_of(settings),
        framing: shot.framing,
        angle: shot.angle,
        lens_mm: shot.lens_mm,
        movement: shot.movement,
        setting: shot.setting,
        time_of_day: shot.time_of_day,
        location: shot.location.as_ref().map(|name| location(name, bible)),
        subjects: shot
            .subjects
            .iter()
            .map(|name| subject(name, bible))
            .collect(),
        props: props(&shot.lines, bible),
        lines: shot.lines.clone(),
        style: style(bible),
        previous,
    }
}

/// The same, asked of the built-in renderer: of a film that another one draws, a workflow may want
/// a sketch all the same.
pub fn of_built_in(intent: &Intent) -> Intent {
    Intent {
        renderer: BUILT_IN.to_owned(),
        workflow: None,
        previous: None,
        ..intent.clone()
    }
}

/// The picture's shape, in thousandths: width divided by height.
pub fn aspect_milli_of(settings: &Settings) -> u32 {
    aspect_milli(&settings.aspect).unwrap_or(ASPECT_MILLI_DEFAULT)
}

/// The shot before another one in its scene.
fn previous(shot: &ShotRecord, project: &Project) -> Option<Box<IntentPrevious>> {
    let scene = project.screenplay.scenes.get(&shot.scene)?;
    let place = scene.shots.iter().position(|it| *it == shot.id)?;
    let before = scene.shots.get(place.checked_sub(1)?)?;
    let before = project.screenplay.shots.get(before)?;
    Some(Box::new(IntentPrevious {
        framing: before.framing,
        subjects: before.subjects.clone(),
        lines: before.lines.clone(),
    }))
}

fn location(name: &str, bible: &Bible) -> IntentEntry {
    entry(name, bible.find_location(name).map(AsRef::as_ref))
}

fn subject(name: &str, bible: &Bible) -> IntentEntry {
    let found = bible.find(name).filter(|it| it.kind != EntryKind::Style);
    entry(name, found.map(AsRef::as_ref))
}

fn entry(name: &str, found: Option<&BibleEntry>) -> IntentEntry {
    let details = found.map(|it| it.details.clone()).unwrap_or_default();
    IntentEntry {
        name: name.to_owned(),
        details,
    }
}

fn props(lines: &[IntentLine], bible: &Bible) -> Vec<IntentEntry> {
    let named = |prop: &BibleEntry| {
        names_of(prop).any(|name| lines.iter().any(|line| mentions(&line.text, name)))
    };
    let props = bible.of_kind(EntryKind::Prop).filter(|prop| named(prop));
    props.map(|prop| entry(&prop.name, Some(prop))).collect()
}

/// Whether a text names something as whole words, upper or lower case.
pub fn mentions(text: &str, name: &str) -> bool {
    let name = name.trim();
    if name.is_ascii() {
        return mentions_ascii(text, name);
    }
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    text.match_indices(&name)
        .any(|(at, _)| is_whole(&text, at, name.len()))
}

/// A name that comes or goes is looked for in the whole film, so this copies nothing. Bytes of
/// ASCII are never part of another letter, so they can be compared without decoding.
fn mentions_ascii(text: &str, name: &str) -> bool {
    let Some(first) = name.bytes().next() else {
        return false;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text.as_bytes()).any(|at| {
        let found = text.as_bytes().get(at..at + name.len());
        found.is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes()))
            && is_whole(text, at, name.len())
    })
}

fn is_whole(text: &str, at: usize, len: usize) -> bool {
    let is_edge = |it: Option<char>| it.is_none_or(|it| !it.is_alphanumeric());
    is_edge(text[..at].chars().next_back()) && is_edge(text[at + len..].chars().next())
}

fn style(bible: &Bible) -> BTreeMap<String, String> {
    let entries = bible.of_kind(EntryKind::Style);
    entries.flat_map(|entry| entry.details.clone()).collect()
}

/// The intent's hash: BLAKE3 of its JSON. The JSON is canonical, because an intent is made of
/// structs, whose fields have one order, and of sorted maps.
pub fn intent_hash(intent: &Intent) -> IntentHash {
    // Structs, lists and maps of texts can always be written.
    let json = serde_json::to_vec(intent).unwrap_or_default();
    IntentHash(*blake3::hash(&json).as_bytes())
}

/// Why a take is no longer what its shot asks for.
pub fn reasons_of(take: &Take, now: &Intent) -> Vec<Reason> {
    let then = take.intent.read();
    then.map(|then| reasons(&then, now)).unwrap_or_default()
}

/// The key of a rendered result: what was asked for, with which seed, of which renderer.
pub fn render_key(intent: IntentHash, seed: u64, renderer_version: &str) -> RenderKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&intent.0);
    hasher.update(&seed.to_le_bytes());
    hasher.update(renderer_version.as_bytes());
    RenderKey(*hasher.finalize().as_bytes())
}

/// The seed a shot is drawn with unless somebody chose another: from its id, so it never changes.
pub fn seed(shot: ShotId) -> u64 {
    let hash = blake3::hash(&shot.0.to_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(first) & SAFE_INTEGER_MAX
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_prop_is_named_by_whole_words() {
        assert!(mentions("She opens the Box.", "BOX"));
        assert!(mentions("the brass pointer turns", "BRASS POINTER"));
        assert!(!mentions("boxing gloves", "BOX"));
        assert!(!mentions("anything", " "));
        assert!(mentions("À côté, ÉDOUARD waits", "Édouard"));
        assert!(mentions("Boxes, a boxer, and a box", "Box"));
        assert!(!mentions("the boxé", "Box"));
    }
}
