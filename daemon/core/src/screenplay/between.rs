//! What leads from one screenplay to another, with the very scenes and shots of both.

use std::sync::Arc;

use imbl::OrdMap;
use storycore_schema::script::{
    ChangeCause, Correction, FileChange, SceneSplice, ScriptChange, ScriptEvent,
};

use super::{Screenplay, ScriptFile};

/// Events that make `from` exactly `to`, tray and doubts included. Nothing is matched or guessed.
/// First what a change of text can say; what it cannot, such as what the tray held before, is
/// corrected after it.
pub fn between(cause: ChangeCause, from: &Screenplay, to: &Screenplay) -> Vec<ScriptEvent> {
    let mut events = Vec::new();
    let mut now = from.clone();
    let change = change_between(cause, from, to);
    if !is_nothing(&change) {
        let change = Box::new(change);
        let event = ScriptEvent::Changed { change };
        now.take_in(event.clone());
        events.push(event);
    }
    let correction = correction_between(&now, to);
    if correction != Correction::default() {
        let correction = Box::new(correction);
        events.push(ScriptEvent::Corrected { correction });
    }
    events
}

fn is_nothing(change: &ScriptChange) -> bool {
    change.files.is_empty()
        && change.scenes.is_empty()
        && change.shots.is_empty()
        && change.unplaced_scenes.is_empty()
        && change.unplaced_shots.is_empty()
        && change.dropped_scenes.is_empty()
        && change.dropped_shots.is_empty()
}

fn change_between(cause: ChangeCause, from: &Screenplay, to: &Screenplay) -> ScriptChange {
    let (unplaced_scenes, dropped_scenes) = gone(&from.scenes, &to.scenes, &to.unplaced_scenes);
    let (unplaced_shots, dropped_shots) = gone(&from.shots, &to.shots, &to.unplaced_shots);
    ScriptChange {
        cause,
        files: files(from, to),
        scenes: other(&from.scenes, &to.scenes),
        shots: other(&from.shots, &to.shots),
        unplaced_scenes,
        unplaced_shots,
        dropped_scenes,
        dropped_shots,
        matches: Vec::new(),
    }
}

fn correction_between(from: &Screenplay, to: &Screenplay) -> Correction {
    Correction {
        swaps: Vec::new(),
        scenes: other(&from.scenes, &to.scenes),
        shots: other(&from.shots, &to.shots),
        unplaced_scenes: other(&from.unplaced_scenes, &to.unplaced_scenes),
        unplaced_shots: other(&from.unplaced_shots, &to.unplaced_shots),
        dropped_scenes: gone(&from.unplaced_scenes, &to.unplaced_scenes, &to.scenes).1,
        dropped_shots: gone(&from.unplaced_shots, &to.unplaced_shots, &to.shots).1,
        doubts: other(&from.doubts, &to.doubts),
        settled: gone(&from.doubts, &to.doubts, &OrdMap::new()).1,
    }
}

fn files(from: &Screenplay, to: &Screenplay) -> Vec<FileChange> {
    let removed = from.scripts.iter();
    let removed = removed.filter(|(path, _)| !to.scripts.contains_key(*path));
    let removed = removed.map(|(path, file)| file_change(path, Some(file), None));
    let changed = to.scripts.iter().filter_map(|(path, file)| {
        let known = from.scripts.get(path);
        let same = known.is_some_and(|it| Arc::ptr_eq(it, file) || **it == **file);
        (!same).then(|| file_change(path, known, Some(file)))
    });
    removed.chain(changed).collect()
}

fn file_change(
    path: &str,
    from: Option<&Arc<ScriptFile>>,
    to: Option<&Arc<ScriptFile>>,
) -> FileChange {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    FileChange {
        path: path.to_owned(),
        before: from.map(|it| it.hash),
        after: to.map(|it| it.hash),
        bytes: to.map_or(0, |it| it.bytes),
        parser: to.or(from).map_or(0, |it| it.parser),
        prelude_bytes: to.map_or(0, |it| it.prelude_bytes),
        prelude_lines: to.map_or(0, |it| it.prelude_lines),
        title_page: to.map_or_else(Vec::new, |it| (*it.title_page).clone()),
        order: SceneSplice {
            at: 0,
            remove: from.map_or(0, |it| count(it.order.len())),
            insert: to.map_or_else(Vec::new, |it| it.order.iter().copied().collect()),
        },
    }
}

/// The records that are new or other in `to`.
fn other<K: Ord, V: Clone + PartialEq>(from: &OrdMap<K, Arc<V>>, to: &OrdMap<K, Arc<V>>) -> Vec<V> {
    let same = |key: &K, value: &Arc<V>| {
        from.get(key)
            .is_some_and(|it| Arc::ptr_eq(it, value) || **it == **value)
    };
    let records = to.iter().filter(|(key, value)| !same(key, value));
    records.map(|(_, value)| (**value).clone()).collect()
}

/// What is in `to` no more: first what is elsewhere instead, then what is nowhere.
fn gone<K: Ord + Copy, V>(
    from: &OrdMap<K, V>,
    to: &OrdMap<K, V>,
    elsewhere: &OrdMap<K, V>,
) -> (Vec<K>, Vec<K>) {
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    gone.copied().partition(|key| elsewhere.contains_key(key))
}
