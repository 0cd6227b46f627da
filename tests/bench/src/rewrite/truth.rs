//! Which scene of a draft is which of those the film knows, by the tags that the edits carried
//! along. Absent on purpose: the film's own opinion.
//!
//! What is asked is whose words were saved: of two parts of a scene the larger one is it, and of two
//! scenes in one the one that gave more words.

use std::collections::{BTreeMap, BTreeSet};

use storycore_schema::id::{SceneId, ShotId};

use super::draft::{Draft, SceneText, Tag, Words};

/// A scene or shot is the same while so much of its words is left, in percent.
pub(crate) const SURVIVES_PERCENT: usize = 30;
/// A scene has an ancestor that gave so much of its words, in percent.
const ANCESTOR_PERCENT: usize = 50;

/// A scene as it was when it had a place last.
pub(crate) struct KnownScene {
    pub(crate) text: SceneText,
    pub(crate) path: String,
    /// Its place in the film; absent in the tray.
    pub(crate) place: Option<usize>,
}

/// A shot as it was when it had a place last.
#[derive(Clone)]
pub(crate) struct KnownShot {
    pub(crate) scene: SceneId,
    /// The paragraphs it comes from, with their words; then the heading, if it shows the place.
    pub(crate) sources: Vec<(Tag, String)>,
    pub(crate) heading: Option<Tag>,
    pub(crate) speaker: Option<String>,
    /// Its scene's place in the film and its own in the scene; absent in the tray.
    pub(crate) place: Option<(usize, usize)>,
}

/// What became of something the film knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descent<I> {
    pub(crate) id: I,
    /// Whether enough of it is left to ask for it.
    pub(crate) survives: bool,
}

/// The truth about the scenes of a draft.
pub(crate) struct SceneTruth {
    /// For each scene which it is.
    pub(crate) same: Vec<Option<Descent<SceneId>>>,
    /// For each new scene the one that most of its words were in.
    pub(crate) split_from: Vec<Option<SceneId>>,
    /// For each scene the others that it took in.
    pub(crate) merged_from: Vec<Vec<SceneId>>,
}

/// What the film knows of every part: whose it is, and its words.
struct Owners<'a> {
    parts: BTreeMap<Tag, (SceneId, &'a str)>,
    scenes: BTreeMap<Tag, SceneId>,
}

impl<'a> Owners<'a> {
    fn of(known: &'a BTreeMap<SceneId, KnownScene>) -> Owners<'a> {
        let (mut parts, mut scenes) = (BTreeMap::new(), BTreeMap::new());
        let tray = known.iter().filter(|(_, it)| it.place.is_none());
        let placed = known.iter().filter(|(_, it)| it.place.is_some());
        for (id, scene) in tray.chain(placed) {
            scenes.insert(scene.text.tag, *id);
            for (tag, text) in scene.text.parts() {
                parts.insert(tag, (*id, text));
            }
        }
        Owners { parts, scenes }
    }

    /// How many of its words each known scene gave to a new one.
    fn given(&self, scene: &SceneText) -> BTreeMap<SceneId, usize> {
        let mut given = BTreeMap::new();
        for (tag, text) in scene.parts() {
            if let Some((id, was)) = self.parts.get(&tag) {
                *given.entry(*id).or_default() += Words::of(was).shared(&Words::of(text));
            }
        }
        given
    }
}

/// Finds out about the scenes.
pub(crate) fn scenes(known: &BTreeMap<SceneId, KnownScene>, draft: &Draft) -> SceneTruth {
    let owners = Owners::of(known);
    let given: Vec<_> = draft.scenes().map(|it| owners.given(it)).collect();
    let mut claims = Vec::new();
    for (idx, scene) in draft.scenes().enumerate() {
        let own = owners.scenes.get(&scene.tag);
        let mut weights: BTreeMap<SceneId, usize> =
            given[idx].iter().map(|(id, n)| (*id, 2 * n)).collect();
        if let Some(own) = own {
            *weights.entry(*own).or_default() += 1;
        }
        claims.extend(weights.into_iter().map(|(id, weight)| (weight, id, idx)));
    }
    claims.sort_by_key(|(weight, id, idx)| (usize::MAX - weight, *idx, *id));
    let mut truth = SceneTruth {
        same: vec![None; given.len()],
        split_from: vec![None; given.len()],
        merged_from: vec![Vec::new(); given.len()],
    };
    let scenes: Vec<&SceneText> = draft.scenes().collect();
    let mut taken = BTreeSet::new();
    for (_, id, idx) in claims.into_iter().filter(|it| it.0 > 0) {
        if truth.same[idx].is_none() && taken.insert(id) {
            let survives = scene_survives(&known[&id].text, scenes[idx], given[idx].get(&id));
            truth.same[idx] = Some(Descent { id, survives });
        } else if truth.same[idx].is_some_and(|it| it.id == id) {
            taken.insert(id);
        }
    }
    ancestors(&mut truth, known, &scenes, &given, &taken);
    truth
}

fn scene_survives(was: &SceneText, is: &SceneText, given: Option<&usize>) -> bool {
    let n_kept = given.copied().unwrap_or(0);
    let same_number = was.number.is_some() && was.number == is.number;
    same_number || n_kept * 100 >= was.words().len() * SURVIVES_PERCENT
}

fn ancestors(
    truth: &mut SceneTruth,
    known: &BTreeMap<SceneId, KnownScene>,
    scenes: &[&SceneText],
    given: &[BTreeMap<SceneId, usize>],
    taken: &BTreeSet<SceneId>,
) {
    for (idx, given) in given.iter().enumerate() {
        let n_words = scenes[idx].words().len();
        for (id, n) in given {
            let was = &known[id];
            let n_was = was.text.words().len();
            let is_placed = was.place.is_some();
            if truth.same[idx].is_none() && is_placed && n * 100 >= n_words * ANCESTOR_PERCENT {
                truth.split_from[idx] = Some(*id);
            }
            let is_other = truth.same[idx].is_some_and(|it| it.id != *id);
            if is_other && is_placed && !taken.contains(id) && n * 100 >= n_was * ANCESTOR_PERCENT {
                truth.merged_from[idx].push(*id);
            }
        }
    }
}

/// A shot of the new text.
pub(crate) struct NewShot {
    pub(crate) id: ShotId,
    /// As the film has placed it.
    pub(crate) shot: KnownShot,
}

/// For each new shot which it is: the one that gave most of its words, and took most of them along.
pub(crate) fn shots(
    known: &BTreeMap<ShotId, KnownShot>,
    new: &[NewShot],
) -> Vec<Option<Descent<ShotId>>> {
    let mut by_tag: BTreeMap<Tag, Vec<ShotId>> = BTreeMap::new();
    for (id, shot) in known {
        for (tag, _) in &shot.sources {
            by_tag.entry(*tag).or_default().push(*id);
        }
    }
    let mut claims = Vec::new();
    for (idx, NewShot { shot, .. }) in new.iter().enumerate() {
        let tags = shot.sources.iter().filter_map(|(tag, _)| by_tag.get(tag));
        let ids: BTreeSet<ShotId> = tags.flatten().copied().collect();
        for id in ids {
            let was = &known[&id];
            let in_tray = was.place.is_none();
            claims.push((common_milli(was, shot), in_tray, was.place, id, idx));
        }
    }
    claims.sort_by_key(|(common, in_tray, place, id, idx)| {
        (usize::MAX - common, *in_tray, *place, *idx, *id)
    });
    let mut truth = vec![None; new.len()];
    let mut taken = BTreeSet::new();
    for (_, _, _, id, idx) in claims {
        if truth[idx].is_none() && taken.insert(id) {
            let survives = shot_survives(&known[&id], &new[idx].shot);
            truth[idx] = Some(Descent { id, survives });
        }
    }
    truth
}

/// More than any paragraphs have in common.
const SAME_HEADING: usize = 10_000;

/// What two shots have in common of the same paragraphs, in thousandths of what both say. The shot
/// that shows the place comes from the heading first, whatever else it covers.
fn common_milli(was: &KnownShot, is: &KnownShot) -> usize {
    if was.heading.is_some() && was.heading == is.heading {
        return SAME_HEADING;
    }
    let n_both = (was.words().len() + is.words().len()).max(1);
    let shared = was.shared_with(is).map(|n| 1 + 2 * n).sum::<usize>();
    shared * 1_000 / n_both
}

fn shot_survives(was: &KnownShot, is: &KnownShot) -> bool {
    let n_kept = was.shared_with(is).sum::<usize>();
    n_kept * 100 >= was.words().len() * SURVIVES_PERCENT
}

impl KnownShot {
    /// For each paragraph that both come from, how many words it kept.
    fn shared_with(&self, other: &KnownShot) -> impl Iterator<Item = usize> {
        self.sources.iter().filter_map(|(tag, text)| {
            let same = other.sources.iter().find(|it| it.0 == *tag)?;
            Some(Words::of(text).shared(&Words::of(&same.1)))
        })
    }

    pub(crate) fn words(&self) -> Words {
        let mut words = Words::default();
        self.sources.iter().for_each(|(_, text)| words.add(text));
        words
    }

    /// Whether two shots cover the same words.
    pub(crate) fn reads_like(&self, other: &KnownShot) -> bool {
        let texts =
            |it: &KnownShot| -> Vec<String> { it.sources.iter().map(|it| it.1.clone()).collect() };
        self.speaker == other.speaker && texts(self) == texts(other)
    }
}
