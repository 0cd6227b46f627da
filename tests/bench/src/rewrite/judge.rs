//! Compares what the film decided with the truth, and counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use storycore_core::Film;
use storycore_schema::{
    id::{SceneId, ShotId},
    scene::SceneRecord,
    script::SceneMatch,
    shot::ShotRecord,
};

use super::{
    draft::{Draft, Paragraph, ParagraphKind, SceneText, Tag},
    truth::{self, Descent, KnownScene, KnownShot, NewShot, SceneTruth},
};

/// How often identity was asked for and kept, among what edits touched.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    /// It survives, so it should be found.
    pub(crate) n_expected: usize,
    pub(crate) n_found: usize,
    /// The film says that it is one it knew.
    pub(crate) n_claimed: usize,
    pub(crate) n_right: usize,
}

/// Everything that is counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) scenes: Score,
    pub(crate) shots: Score,
    pub(crate) n_takes: usize,
    pub(crate) n_takes_lost: usize,
    /// What no edit touched, and how much of that is another now.
    pub(crate) n_untouched: usize,
    pub(crate) n_untouched_lost: usize,
    /// Parts of scenes, and those of which the film says where they come from.
    pub(crate) n_splits: usize,
    pub(crate) n_splits_told: usize,
    pub(crate) n_merges: usize,
    pub(crate) n_merges_told: usize,
    pub(crate) wrong_scenes: Causes,
    pub(crate) wrong_shots: Causes,
    /// Scene decisions that are wrong or right, and those of either that are marked doubtful.
    pub(crate) n_wrong: usize,
    pub(crate) n_wrong_doubtful: usize,
    pub(crate) n_sure: usize,
    pub(crate) n_sure_doubtful: usize,
}

/// Why decisions are wrong, as plain counts of words tell it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Causes {
    /// What was chosen shares as much with the new text as what it should be.
    pub(crate) n_misled: usize,
    /// Less than half of what it should be is left.
    pub(crate) n_faded: usize,
    pub(crate) n_other: usize,
}

impl Causes {
    /// Notes what the chosen one and the right one have in common with a new text, in thousandths.
    /// Returns the cause in a word.
    fn note(&mut self, chosen: Option<usize>, right: Option<usize>) -> &'static str {
        let is_misled = chosen.is_some() && chosen >= right;
        let (n, cause) = match right {
            _ if is_misled => (&mut self.n_misled, "misled"),
            Some(500..) => (&mut self.n_other, "other"),
            _ => (&mut self.n_faded, "faded"),
        };
        *n += 1;
        cause
    }
}

/// What the film knew after the last save.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) scenes: BTreeMap<SceneId, KnownScene>,
    pub(crate) shots: BTreeMap<ShotId, KnownShot>,
    /// What each shot covered at any save so far.
    covered: BTreeMap<ShotId, BTreeSet<Sources>>,
}

/// The paragraphs a shot comes from, with their words.
type Sources = Vec<(Tag, String)>;

impl Known {
    fn has_covered(&self, id: ShotId, sources: &Sources) -> bool {
        self.covered.get(&id).is_some_and(|it| it.contains(sources))
    }
}

/// One save, before and after.
struct Case<'a> {
    known: &'a Known,
    film: &'a Film,
    draft: &'a Draft,
    placed: Vec<&'a SceneRecord>,
    paths: Vec<&'a str>,
    truth: SceneTruth,
    /// Scenes that an edit touched.
    touched: Vec<bool>,
    matches: BTreeMap<SceneId, &'a SceneMatch>,
}

/// Judges a save, and notes what the film knows from now on.
pub(crate) fn judge(
    known: &mut Known,
    film: &Film,
    draft: &Draft,
    matches: &[SceneMatch],
    told: &mut dyn FnMut(String),
) -> anyhow::Result<Tally> {
    let screenplay = &film.state.project.screenplay;
    let placed: Vec<&SceneRecord> = screenplay.scenes_in_order().map(AsRef::as_ref).collect();
    anyhow::ensure!(placed.len() == draft.n_scenes(), "a scene is no scene");
    for (record, scene) in placed.iter().zip(draft.scenes()) {
        let text = scene.text();
        anyhow::ensure!(
            record.text == crate::film::hash(&text),
            "read otherwise: {text}"
        );
    }
    let truth = truth::scenes(&known.scenes, draft);
    let files = draft.files.iter();
    let mut case = Case {
        known,
        film,
        draft,
        placed,
        paths: files
            .flat_map(|it| it.scenes.iter().map(|_| it.path.as_str()))
            .collect(),
        truth,
        touched: Vec::new(),
        matches: matches.iter().map(|it| (it.scene, it)).collect(),
    };
    case.touched = case.touched();
    let mut tally = Tally::default();
    case.judge_scenes(&mut tally, told);
    let new = case.new_shots();
    case.judge_shots(&new, &mut tally, told);
    let next = case.next(new);
    *known = next;
    Ok(tally)
}

impl Case<'_> {
    /// A scene is touched when it is new, comes back, reads otherwise, stands in another file or
    /// was moved past others.
    fn touched(&self) -> Vec<bool> {
        let places: Vec<Option<usize>> = self
            .truth
            .same
            .iter()
            .map(|it| self.known.scenes[&it.as_ref()?.id].place)
            .collect();
        let in_order = in_order(&places);
        let scenes = self.draft.scenes().enumerate();
        let touched = scenes.map(|(idx, scene)| {
            let Some(Descent { id, .. }) = self.truth.same[idx] else {
                return true;
            };
            let was = &self.known.scenes[&id];
            !in_order[idx] || was.path != self.paths[idx] || was.text.text() != scene.text()
        });
        touched.collect()
    }

    fn judge_scenes(&self, tally: &mut Tally, told: &mut dyn FnMut(String)) {
        for (idx, record) in self.placed.iter().enumerate() {
            let claimed = self.known.scenes.get(&record.id);
            let expected = self.truth.same[idx];
            let is_right = expected.is_some_and(|it| self.is_scene(record.id, it.id));
            if !self.touched[idx] {
                tally.n_untouched += 1;
                tally.n_untouched_lost += usize::from(!is_right);
                if !is_right {
                    told(format!("untouched scene lost: {}", self.told(idx)));
                }
                continue;
            }
            let survives = expected.is_some_and(|it| it.survives);
            tally.scenes.n_expected += usize::from(survives);
            tally.scenes.n_found += usize::from(survives && is_right);
            let is_open = is_right && !survives;
            if claimed.is_some() && !is_open {
                tally.scenes.n_claimed += 1;
                tally.scenes.n_right += usize::from(is_right);
            }
            let is_wrong = !is_right && (survives || claimed.is_some());
            let doubtful = self.matches.get(&record.id).is_some_and(|it| it.doubtful);
            if is_wrong {
                tally.n_wrong += 1;
                tally.n_wrong_doubtful += usize::from(doubtful);
                let words = self.draft.scenes().nth(idx).map(SceneText::words);
                let words = words.unwrap_or_default();
                let common = |it: &KnownScene| it.text.words().common_milli(&words);
                let right = expected.and_then(|it| self.known.scenes.get(&it.id));
                let right = right.map(common);
                let cause = tally.wrong_scenes.note(claimed.map(common), right);
                told(format!("scene, {cause}: {}", self.told(idx)));
            } else {
                tally.n_sure += 1;
                tally.n_sure_doubtful += usize::from(doubtful);
            }
            self.judge_ancestors(idx, record.id, tally, told);
        }
    }

    fn judge_ancestors(
        &self,
        idx: usize,
        id: SceneId,
        tally: &mut Tally,
        told: &mut dyn FnMut(String),
    ) {
        let decided = self.matches.get(&id);
        if let Some(from) = self.truth.split_from[idx] {
            tally.n_splits += 1;
            let is_told = decided.is_some_and(|it| it.split_from == Some(from));
            tally.n_splits_told += usize::from(is_told);
            if !is_told {
                told(format!("split not told: {}", self.told(idx)));
            }
        }
        for from in &self.truth.merged_from[idx] {
            tally.n_merges += 1;
            let is_told = decided.is_some_and(|it| it.merged_from.contains(from));
            tally.n_merges_told += usize::from(is_told);
            if !is_told {
                told(format!("merge not told: {}", self.told(idx)));
            }
        }
    }

    /// Two scenes that read the same cannot be told apart.
    fn is_scene(&self, id: SceneId, expected: SceneId) -> bool {
        let text = |id: SceneId| self.known.scenes.get(&id).map(|it| it.text.text());
        id == expected || text(id).is_some() && text(id) == text(expected)
    }

    fn told(&self, idx: usize) -> String {
        let of = |id: SceneId| self.known.scenes.get(&id);
        let text = |id| {
            of(id).map_or(String::new(), |it| {
                format!("{:?}\n{}", it.place, it.text.text())
            })
        };
        let id = self.placed[idx].id;
        let expected = self.truth.same[idx];
        format!(
            "\n=== {idx} is\n{}=== film: {:?}\n{}=== truth: {:?}\n{}",
            self.draft
                .scenes()
                .nth(idx)
                .map_or(String::new(), SceneText::text),
            self.matches.get(&id),
            text(id),
            expected.map(|it| it.survives),
            expected.map_or(String::new(), |it| text(it.id)),
        )
    }

    /// The shots that are placed now, and the paragraphs they come from.
    fn new_shots(&self) -> Vec<NewShot> {
        let screenplay = &self.film.state.project.screenplay;
        let mut shots = Vec::new();
        for (scene_idx, (record, scene)) in self.placed.iter().zip(self.draft.scenes()).enumerate()
        {
            let spans = scene.printed().1;
            for (idx, shot) in screenplay.shots_of(record).enumerate() {
                shots.push(NewShot {
                    id: shot.id,
                    shot: KnownShot {
                        scene: record.id,
                        sources: sources(scene, &spans, shot),
                        heading: ((shot.start as usize) < spans[0].end)
                            .then_some(scene.heading_tag),
                        speaker: shot.lines.iter().find_map(|it| it.speaker.clone()),
                        place: Some((scene_idx, idx)),
                    },
                });
            }
        }
        shots
    }

    fn judge_shots(&self, new: &[NewShot], tally: &mut Tally, told: &mut dyn FnMut(String)) {
        let truth = truth::shots(&self.known.shots, new);
        let in_place = self.shots_in_place(new, &truth);
        let screenplay = &self.film.state.project.screenplay;
        let takes = &self.film.state.generation.takes;
        let n_takes = |id: ShotId| takes.of_shot(id).count();
        for id in self.known.shots.keys() {
            tally.n_takes += n_takes(*id);
            if screenplay.any_shot(*id).is_err() {
                tally.n_takes_lost += n_takes(*id);
            }
        }
        let gaps = Gaps::new(&self.known.shots, new, &truth);
        for (idx, NewShot { id, shot }) in new.iter().enumerate() {
            let claimed = self.known.shots.get(id);
            let expected = truth[idx];
            let is_right = expected.is_some_and(|it| {
                it.id == *id || claimed.is_some_and(|shot| self.are_twins(shot, it.id))
            });
            if in_place[idx] {
                tally.n_untouched += 1;
                tally.n_untouched_lost += usize::from(!is_right);
                if !is_right {
                    let scene = shot.place.map_or(0, |it| it.0);
                    told(format!(
                        "untouched shot lost: {:?}; film: {:?}; truth: {:?}; its scene: {}",
                        shot.sources,
                        claimed.map(|it| (&it.sources, it.place)),
                        expected.map(|it| self.known.shots[&it.id].place),
                        self.told(scene)
                    ));
                }
                continue;
            }
            let survives = expected.is_some_and(|it| it.survives);
            tally.shots.n_expected += usize::from(survives);
            tally.shots.n_found += usize::from(survives && is_right);
            // Words that are gone in one place and are written in another have moved: no save can
            // tell.
            let is_back = claimed.is_some_and(|it| !gaps.is_kept(*id) && it.reads_like(shot));
            let is_new = !survives && (is_back || gaps.is_replaced(*id, idx));
            // Its takes were made for these very words of these very paragraphs.
            let was_once = !survives && self.known.has_covered(*id, &shot.sources);
            let is_open = is_right && !survives || is_new || was_once;
            if claimed.is_some() && !is_open {
                tally.shots.n_claimed += 1;
                tally.shots.n_right += usize::from(is_right);
                if !is_right {
                    tally.n_takes_lost += n_takes(*id);
                }
            }
            if !is_right && !is_open && (survives || claimed.is_some()) {
                let words = shot.words();
                let common = |it: &KnownShot| it.words().common_milli(&words);
                let right = expected.map(|it| common(&self.known.shots[&it.id]));
                let cause = tally.wrong_shots.note(claimed.map(common), right);
                let scene = shot.place.map_or(0, |it| it.0);
                let of_scene = self.scene_of(shot, scene);
                told(format!(
                    "shot, {cause}, {of_scene}: {:?}\n  film: {:?}\n  truth: {:?} {:?}",
                    shot.sources,
                    claimed.map(|it| (&it.sources, it.place)),
                    expected.map(|it| it.survives),
                    expected.map(|it| (
                        &self.known.shots[&it.id].sources,
                        self.known.shots[&it.id].place
                    )),
                ));
            }
        }
    }

    /// What became of the scene that a new shot stands in.
    fn scene_of(&self, shot: &KnownShot, idx: usize) -> &'static str {
        match self.truth.same[idx] {
            Some(it) if self.is_scene(shot.scene, it.id) => "its scene is right",
            _ if self.known.scenes.contains_key(&shot.scene) => "its scene is wrong",
            Some(_) => "its scene is lost",
            None => "its scene is new",
        }
    }

    /// Shots that no edit touched: the same words from the same paragraphs, in the same order, in a
    /// scene that stands where it stood.
    fn shots_in_place(&self, new: &[NewShot], truth: &[Option<Descent<ShotId>>]) -> Vec<bool> {
        let known = |idx: usize| truth[idx].map(|it| &self.known.shots[&it.id]);
        let places: Vec<Option<usize>> = (0..new.len())
            .map(|idx| known(idx)?.place.map(|it| it.0 * 100_000 + it.1))
            .collect();
        let in_order = in_order(&places);
        let in_place = new.iter().enumerate().map(|(idx, NewShot { shot, .. })| {
            let Some(was) = known(idx) else { return false };
            let scene = shot.place.map_or(0, |it| it.0);
            let scene_was = self.truth.same[scene].filter(|it| it.survives);
            let scene_was = scene_was.map(|it| it.id);
            let moved = self
                .known
                .scenes
                .get(&was.scene)
                .is_none_or(|it| it.path != self.paths[scene]);
            in_order[idx] && !moved && scene_was == Some(was.scene) && was.sources == shot.sources
        });
        in_place.collect()
    }

    /// Whether two shots cover the same words of one scene or of two that read the same, so that
    /// nobody can tell them apart.
    fn are_twins(&self, shot: &KnownShot, other: ShotId) -> bool {
        let other = &self.known.shots[&other];
        shot.reads_like(other) && self.is_scene(shot.scene, other.scene)
    }

    fn next(&self, new: Vec<NewShot>) -> Known {
        let screenplay = &self.film.state.project.screenplay;
        let mut next = Known {
            covered: self.known.covered.clone(),
            ..Known::default()
        };
        for NewShot { id, shot } in &new {
            let covered = next.covered.entry(*id).or_default();
            covered.insert(shot.sources.clone());
        }
        for (id, scene) in &self.known.scenes {
            if screenplay.unplaced_scenes.contains_key(id) {
                next.scenes.insert(
                    *id,
                    KnownScene {
                        text: scene.text.clone(),
                        path: scene.path.clone(),
                        place: None,
                    },
                );
            }
        }
        for (idx, (record, scene)) in self.placed.iter().zip(self.draft.scenes()).enumerate() {
            next.scenes.insert(
                record.id,
                KnownScene {
                    text: scene.clone(),
                    path: self.paths[idx].to_owned(),
                    place: Some(idx),
                },
            );
        }
        for (id, shot) in &self.known.shots {
            if screenplay.unplaced_shots.contains_key(id) {
                let place = None;
                next.shots.insert(
                    *id,
                    KnownShot {
                        place,
                        ..shot.clone()
                    },
                );
            }
        }
        next.shots
            .extend(new.into_iter().map(|it| (it.id, it.shot)));
        next
    }
}

/// The paragraphs a shot covers, with its words, and the heading last if it shows that.
fn sources(scene: &SceneText, spans: &[Range<usize>], shot: &ShotRecord) -> Vec<(Tag, String)> {
    let (start, end) = (shot.start as usize, shot.end as usize);
    let overlaps = |span: &Range<usize>| span.start < end.max(start + 1) && start < span.end;
    let paragraphs = scene.paragraphs.iter().zip(&spans[1..]);
    let shows = |it: &&Paragraph| it.kind != ParagraphKind::Other;
    let covered = paragraphs.filter(|(_, span)| overlaps(span)).map(|it| it.0);
    let mut sources: Vec<_> = covered
        .filter(shows)
        .map(|it| (it.tag, it.said().to_owned()))
        .collect();
    if overlaps(&spans[0]) {
        sources.push((scene.heading_tag, scene.heading.clone()));
    }
    sources
}

/// Where something was taken out and something else put in its place. A paragraph replaced in its
/// place by one of the same kind with other words may be called the same, rewritten, or another:
/// the two are one edit, and no save can tell.
struct Gaps {
    kept: BTreeSet<ShotId>,
    old: BTreeMap<ShotId, Gap>,
    new: Vec<Gap>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Gap {
    before: Option<ShotId>,
    after: Option<ShotId>,
    scene: Option<SceneId>,
    speaks: bool,
}

impl Gaps {
    fn new(
        known: &BTreeMap<ShotId, KnownShot>,
        new: &[NewShot],
        truth: &[Option<Descent<ShotId>>],
    ) -> Gaps {
        let kept = |it: &Descent<ShotId>| it.survives.then_some(it.id);
        let truth: Vec<Option<ShotId>> =
            truth.iter().map(|it| it.as_ref().and_then(kept)).collect();
        let kept: BTreeSet<ShotId> = truth.iter().flatten().copied().collect();
        let mut order: Vec<(&ShotId, &KnownShot)> =
            known.iter().filter(|it| it.1.place.is_some()).collect();
        order.sort_by_key(|it| it.1.place);
        let old: Vec<(SceneId, Option<ShotId>, bool)> = order
            .iter()
            .map(|(id, shot)| {
                (
                    shot.scene,
                    Some(**id).filter(|it| kept.contains(it)),
                    shot.speaker.is_some(),
                )
            })
            .collect();
        let gaps = gaps(&old);
        let ids = order.iter().map(|it| *it.0);
        let news: Vec<(SceneId, Option<ShotId>, bool)> = new
            .iter()
            .zip(&truth)
            .map(|(it, truth)| (it.shot.scene, *truth, it.shot.speaker.is_some()))
            .collect();
        Gaps {
            old: ids.zip(gaps).collect(),
            new: self::gaps(&news),
            kept,
        }
    }

    /// Whether a known shot is in the new text.
    fn is_kept(&self, id: ShotId) -> bool {
        self.kept.contains(&id)
    }

    fn is_replaced(&self, id: ShotId, idx: usize) -> bool {
        self.old.get(&id) == Some(&self.new[idx])
    }
}

/// For each shot what stands before and after it that is in both texts, within its scene.
fn gaps(shots: &[(SceneId, Option<ShotId>, bool)]) -> Vec<Gap> {
    let anchor = |idx: usize, others: &mut dyn Iterator<Item = usize>| {
        others
            .take_while(|it| shots[*it].0 == shots[idx].0)
            .find_map(|it| shots[it].1)
    };
    let gap = |idx: usize| Gap {
        before: anchor(idx, &mut (0..idx).rev()),
        after: anchor(idx, &mut (idx + 1..shots.len())),
        scene: Some(shots[idx].0),
        speaks: shots[idx].2,
    };
    (0..shots.len()).map(gap).collect()
}

/// Which of some places are in the longest run that only goes up.
fn in_order(places: &[Option<usize>]) -> Vec<bool> {
    let known: Vec<(usize, usize)> = places
        .iter()
        .enumerate()
        .filter_map(|(idx, place)| Some((idx, (*place)?)))
        .collect();
    // For each length the run of that length that ends lowest (Schensted, 1961).
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::new();
    for (at, (_, place)) in known.iter().enumerate() {
        let len = ends.partition_point(|it| known[*it].1 < *place);
        before.push(len.checked_sub(1).map(|it| ends[it]));
        ends.truncate(ends.len().max(len));
        if len == ends.len() {
            ends.push(at);
        } else {
            ends[len] = at;
        }
    }
    let mut in_order = vec![false; places.len()];
    let mut at = ends.last().copied();
    while let Some(it) = at {
        in_order[known[it].0] = true;
        at = before[it];
    }
    in_order
}
