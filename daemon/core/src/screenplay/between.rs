//! The change that leads from one screenplay to another, with the very scenes and shots of both.

use std::sync::Arc;

use imbl::OrdMap;
use storycore_schema::script::{ChangeCause, FileChange, SceneSplice, ScriptChange};

use super::{Screenplay, ScriptFile};

/// What makes `from` hold the scripts, scenes and shots of `to`. What has a place only in `from`
/// is unplaced. Matches are none: nothing is guessed.
pub fn change_between(from: &Screenplay, to: &Screenplay) -> ScriptChange {
    ScriptChange {
        cause: ChangeCause::Restore,
        files: files(from, to),
        scenes: other(&from.scenes, &to.scenes),
        shots: other(&from.shots, &to.shots),
        unplaced_scenes: gone(&from.scenes, &to.scenes),
        unplaced_shots: gone(&from.shots, &to.shots),
        dropped_scenes: Vec::new(),
        dropped_shots: Vec::new(),
        matches: Vec::new(),
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

fn gone<K: Ord + Copy, V>(from: &OrdMap<K, V>, to: &OrdMap<K, V>) -> Vec<K> {
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    gone.copied().collect()
}
