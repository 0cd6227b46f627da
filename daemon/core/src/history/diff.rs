//! How two moments of a film differ, in the words of the film.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    bible::BibleEntry,
    history::{Difference, DifferenceKind},
    id::{SceneId, ShotId, TakeId},
    project::Settings,
    scene::SceneRecord,
    shot::ShotRecord,
};

use crate::{Film, scene::placed_scenes, shot};

/// How two films, or one at two moments, differ: settings, bible, scripts, then scene by scene in
/// the order of the later one, and last what was cut.
pub fn differences(from: &Film, to: &Film) -> Vec<Difference> {
    let mut diff = Diff {
        from: Side::of(from),
        to: Side::of(to),
        found: Vec::new(),
    };
    diff.settings();
    diff.bible();
    diff.scripts();
    diff.scenes();
    diff.cut();
    diff.found
}

/// A film with the numbers of its scenes.
struct Side<'a> {
    film: &'a Film,
    order: Vec<SceneId>,
    numbers: BTreeMap<SceneId, String>,
}

impl<'a> Side<'a> {
    fn of(film: &'a Film) -> Side<'a> {
        let placed = || placed_scenes(film);
        Side {
            film,
            order: placed().map(|it| it.record.id).collect(),
            numbers: placed().map(|it| (it.record.id, it.number())).collect(),
        }
    }

    fn scene(&self, id: SceneId) -> Option<&'a Arc<SceneRecord>> {
        self.film.state.project.screenplay.scenes.get(&id)
    }

    fn shot(&self, id: ShotId) -> Option<&'a Arc<ShotRecord>> {
        self.film.state.project.screenplay.shots.get(&id)
    }

    fn number(&self, id: SceneId) -> &str {
        self.numbers.get(&id).map_or("?", String::as_str)
    }

    /// `scene 12 (INT. KITCHEN - DAY)`.
    fn title(&self, id: SceneId) -> String {
        let heading = self.scene(id).map_or("", |it| it.heading.as_str());
        let number = self.number(id);
        if heading.is_empty() {
            return format!("scene {number}");
        }
        format!("scene {number} ({heading})")
    }
}

struct Diff<'a> {
    from: Side<'a>,
    to: Side<'a>,
    found: Vec<Difference>,
}

impl Diff<'_> {
    fn push(&mut self, kind: DifferenceKind, message: String) -> &mut Difference {
        let at = self.found.len();
        self.found.push(Difference {
            kind,
            scene_id: None,
            shot_id: None,
            path: None,
            message,
        });
        &mut self.found[at]
    }

    fn push_scene(&mut self, kind: DifferenceKind, scene: SceneId, message: String) {
        self.push(kind, message).scene_id = Some(scene);
    }

    fn settings(&mut self) {
        let (from, to) = (self.from.film, self.to.film);
        if from.title() != to.title() {
            let message = match from.title() {
                none if none.is_empty() => format!("title: {}", to.title()),
                title => format!("title: {title} → {}", to.title()),
            };
            self.push(DifferenceKind::Settings, message);
        }
        let (old, new) = (
            &from.state.project.card.settings,
            &to.state.project.card.settings,
        );
        for message in settings_words(old, new) {
            self.push(DifferenceKind::Settings, message);
        }
    }

    fn bible(&mut self) {
        let (old, new) = (
            &self.from.film.state.project.bible.by_path,
            &self.to.film.state.project.bible.by_path,
        );
        let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for path in paths {
            for message in entry_words(old.get(path), new.get(path)) {
                self.push(DifferenceKind::Bible, message).path = Some(path.clone());
            }
        }
    }

    fn scripts(&mut self) {
        let (old, new) = (
            &self.from.film.state.project.screenplay.scripts,
            &self.to.film.state.project.screenplay.scripts,
        );
        let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for path in paths {
            let message = match (old.get(path), new.get(path)) {
                (None, Some(_)) => format!("{path} is new"),
                (Some(_), None) => format!("{path} is gone"),
                (Some(old), Some(new)) if old.title_page != new.title_page => {
                    format!("{path}: the title page changed")
                }
                _ => continue,
            };
            self.push(DifferenceKind::Script, message).path = Some(path.clone());
        }
    }

    fn scenes(&mut self) {
        let moved = moved(&self.from.order, &self.to.order);
        for at in 0..self.to.order.len() {
            let id = self.to.order[at];
            if moved.contains(&id) {
                self.moved(at, id);
            }
            match (self.from.scene(id), self.to.scene(id)) {
                (Some(old), Some(new)) => self.scene(old, new),
                (None, Some(_)) => self.appeared(id),
                _ => {}
            }
        }
    }

    fn moved(&mut self, at: usize, id: SceneId) {
        let where_to = match at.checked_sub(1) {
            Some(before) => format!("after {}", self.to.title(self.to.order[before])),
            None => "to the beginning".to_owned(),
        };
        let message = format!("{} moved {where_to}", self.to.title(id));
        self.push_scene(DifferenceKind::SceneMoved, id, message);
    }

    fn appeared(&mut self, id: SceneId) {
        let tray = &self.from.film.state.project.screenplay.unplaced_scenes;
        let how = if tray.contains_key(&id) {
            "is back from the tray"
        } else {
            "is new"
        };
        let message = format!("{} {how}", self.to.title(id));
        self.push_scene(DifferenceKind::SceneNew, id, message);
    }

    fn scene(&mut self, old: &SceneRecord, new: &SceneRecord) {
        let id = new.id;
        if old.heading != new.heading {
            let number = self.to.number(id);
            let (old, new) = (&old.heading, &new.heading);
            let message = format!("scene {number} was renamed from “{old}” to “{new}”");
            self.push_scene(DifferenceKind::SceneRenamed, id, message);
        } else if old.written_number != new.written_number {
            let (old, new) = (self.from.number(id), self.to.number(id));
            let message = format!("scene {old} has the number {new} now");
            self.push_scene(DifferenceKind::SceneRenamed, id, message);
        }
        let mut words = self.shot_words(old, new);
        if words.is_empty() && old.text != new.text && old.heading == new.heading {
            words.push("changed outside its shots".to_owned());
        }
        if !words.is_empty() {
            let message = format!("scene {}: {}", self.to.number(id), words.join(", "));
            self.push_scene(DifferenceKind::SceneChanged, id, message);
        }
        self.takes(new);
        self.choices(new);
    }

    fn shot_words(&self, old: &SceneRecord, new: &SceneRecord) -> Vec<String> {
        let in_both = new.shots.iter().filter(|it| old.shots.contains(it));
        let changed = in_both.filter(|id| {
            let (old, new) = (self.from.shot(**id), self.to.shot(**id));
            old.zip(new).is_some_and(|(old, new)| !is_alike(old, new))
        });
        let n_changed = changed.count();
        let n_new = new.shots.iter().filter(|it| !old.shots.contains(it));
        let n_cut = old.shots.iter().filter(|it| !new.shots.contains(it));
        let (n_new, n_cut) = (n_new.count(), n_cut.count());
        let common = |these: &[ShotId], those: &[ShotId]| -> Vec<ShotId> {
            let common = these.iter().filter(|it| those.contains(it));
            common.copied().collect()
        };
        let is_reordered = common(&old.shots, &new.shots) != common(&new.shots, &old.shots);
        let mut words = Vec::new();
        let mut say = |n: usize, one: &str, many: &str| match n {
            0 => {}
            1 => words.push(format!("1 {one}")),
            n => words.push(format!("{n} {many}")),
        };
        say(n_changed, "shot changed", "shots changed");
        say(n_new, "shot is new", "shots are new");
        say(n_cut, "shot was cut", "shots were cut");
        if is_reordered {
            words.push("shots in another order".to_owned());
        }
        words
    }

    fn takes(&mut self, scene: &SceneRecord) {
        let shown = |side: &Side<'_>, id: ShotId| side.film.shown_take(id);
        let known = scene
            .shots
            .iter()
            .filter(|it| self.from.shot(**it).is_some());
        let known: Vec<(ShotId, Option<TakeId>, Option<TakeId>)> = known
            .map(|id| (*id, shown(&self.from, *id), shown(&self.to, *id)))
            .collect();
        let other = |it: &&(ShotId, Option<TakeId>, Option<TakeId>)| it.1.is_some() && it.1 != it.2;
        let first =
            |it: &&(ShotId, Option<TakeId>, Option<TakeId>)| it.1.is_none() && it.2.is_some();
        let other: Vec<ShotId> = known.iter().filter(other).map(|it| it.0).collect();
        let first: Vec<ShotId> = known.iter().filter(first).map(|it| it.0).collect();
        self.about_shots(
            scene.id,
            &other,
            DifferenceKind::Takes,
            "shows another take",
            "show another take",
        );
        self.about_shots(
            scene.id,
            &first,
            DifferenceKind::Takes,
            "has its first take",
            "have their first take",
        );
    }

    fn choices(&mut self, scene: &SceneRecord) {
        let decided = |film: &Film, id: ShotId| {
            let takes = &film.state.generation.takes;
            let marks = takes.of_shot(id).map(|it| (it.id, takes.marks_of(it.id)));
            let marks: Vec<_> = marks.filter(|it| it.1 != Default::default()).collect();
            (takes.choices.get(&id).copied(), marks)
        };
        let other = scene.shots.iter().filter(|id| {
            self.from.shot(**id).is_some()
                && decided(self.from.film, **id) != decided(self.to.film, **id)
        });
        let other: Vec<ShotId> = other.copied().collect();
        let one = "has other choices among its takes";
        let many = "have other choices among their takes";
        self.about_shots(scene.id, &other, DifferenceKind::Choices, one, many);
    }

    fn about_shots(
        &mut self,
        scene: SceneId,
        shots: &[ShotId],
        kind: DifferenceKind,
        one: &str,
        many: &str,
    ) {
        let number = self.to.number(scene).to_owned();
        match shots {
            [] => {}
            [shot] => {
                let idx = self
                    .to
                    .scene(scene)
                    .and_then(|it| it.shots.iter().position(|it| it == shot));
                let letters = shot::letters(idx.unwrap_or(0));
                let difference = self.push(kind, format!("{number}{letters} {one}"));
                (difference.scene_id, difference.shot_id) = (Some(scene), Some(*shot));
            }
            shots => {
                let message = format!("scene {number}: {} shots {many}", shots.len());
                self.push_scene(kind, scene, message);
            }
        }
    }

    fn cut(&mut self) {
        for at in 0..self.from.order.len() {
            let id = self.from.order[at];
            if self.to.scene(id).is_some() {
                continue;
            }
            let screenplay = &self.to.film.state.project.screenplay;
            let tray = screenplay.unplaced_scenes.get(&id);
            let shots = tray.into_iter().flat_map(|it| screenplay.own_shots(it));
            let takes = &self.to.film.state.generation.takes;
            let n_takes: usize = shots.map(|it| takes.of_shot(it.id).count()).sum();
            let rest = match (tray.is_some(), n_takes) {
                (false, _) => String::new(),
                (true, 1) => " (in the tray with 1 take)".to_owned(),
                (true, n) => format!(" (in the tray with {n} takes)"),
            };
            let message = format!("{} was cut{rest}", self.from.title(id));
            self.push_scene(DifferenceKind::SceneCut, id, message);
        }
    }
}

/// Whether a shot is the same, wherever it stands.
fn is_alike(old: &ShotRecord, new: &ShotRecord) -> bool {
    let (start, end, line, scene) = (new.start, new.end, new.line, new.scene);
    let old = ShotRecord {
        start,
        end,
        line,
        scene,
        ..old.clone()
    };
    old == *new
}

/// The fewest scenes that must have moved: those that are not in the longest run that kept its
/// order.
fn moved(from: &[SceneId], to: &[SceneId]) -> BTreeSet<SceneId> {
    let places: BTreeMap<SceneId, usize> = from.iter().copied().zip(0..).collect();
    let common: Vec<(SceneId, usize)> = to
        .iter()
        .filter_map(|id| Some((*id, *places.get(id)?)))
        .collect();
    // Patience sorting: the last scene of the best run of each length, and what stood before each.
    let mut last: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(common.len());
    for (idx, (_, place)) in common.iter().enumerate() {
        let len = last.partition_point(|it| common[*it].1 < *place);
        before.push(len.checked_sub(1).map(|it| last[it]));
        if len == last.len() {
            last.push(idx);
        } else {
            last[len] = idx;
        }
    }
    let mut moved: BTreeSet<SceneId> = common.iter().map(|it| it.0).collect();
    let mut at = last.last().copied();
    while let Some(idx) = at {
        moved.remove(&common[idx].0);
        at = before[idx];
    }
    moved
}

/// What differs between two versions of an entry of the bible: `MAYA's coat: blue → red`.
pub(super) fn entry_words(
    old: Option<&Arc<BibleEntry>>,
    new: Option<&Arc<BibleEntry>>,
) -> Vec<String> {
    let (old, new) = match (old, new) {
        (None, None) => return Vec::new(),
        (None, Some(new)) => return vec![format!("{} is new in the bible", new.name)],
        (Some(old), None) => return vec![format!("{} is gone from the bible", old.name)],
        (Some(old), Some(new)) => (old, new),
    };
    let name = &new.name;
    let mut words = Vec::new();
    if old.name != new.name {
        words.push(format!("{} is called {name} now", old.name));
    }
    if old.kind != new.kind {
        words.push(format!("{name} is another kind of thing"));
    }
    if old.aliases != new.aliases {
        words.push(format!(
            "{name} has other names: {}",
            new.aliases.join(", ")
        ));
    }
    if old.description != new.description {
        words.push(format!("{name} is described otherwise"));
    }
    if old.quality != new.quality {
        words.push(format!("{name} holds pictures against other thresholds"));
    }
    let keys: BTreeSet<&String> = old.details.keys().chain(new.details.keys()).collect();
    for key in keys {
        let of = possessive(name);
        match (old.details.get(key), new.details.get(key)) {
            (Some(old), Some(new)) if old != new => {
                words.push(format!("{of} {key}: {old} → {new}"));
            }
            (None, Some(new)) => words.push(format!("{of} {key} is new: {new}")),
            (Some(_), None) => words.push(format!("{of} {key} is gone")),
            _ => {}
        }
    }
    words
}

fn possessive(name: &str) -> String {
    if name.ends_with(['s', 'S']) {
        format!("{name}’")
    } else {
        format!("{name}’s")
    }
}

/// Which settings differ: `fps: 24.0 → 25.0`.
pub(super) fn settings_words(old: &Settings, new: &Settings) -> Vec<String> {
    let fields = |settings: &Settings| match serde_json::to_value(settings) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (old, new) = (fields(old), fields(new));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let plain = |value: Option<&serde_json::Value>| match value {
        None => "none".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    // The title is told as the film's.
    let other = keys
        .into_iter()
        .filter(|it| *it != "title" && old.get(*it) != new.get(*it));
    other
        .map(|key| format!("{key}: {} → {}", plain(old.get(key)), plain(new.get(key))))
        .collect()
}
