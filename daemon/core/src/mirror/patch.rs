//! From one moment of a film to the next, as a JSON Patch of the mirrored state.

use std::{collections::BTreeSet, sync::Arc};

use imbl::{OrdMap, Vector};
use serde::Serialize;
use serde_json::Value;
use storycore_schema::{
    id::SceneId,
    state::{PatchOp, PatchOperation},
};

use crate::{Film, diagnostic, history::Stacks, touched::Touched};

/// What makes a mirror of `was` one of `now`. Looks only at what was touched.
pub fn patch(was: &Film, now: &Film, touched: &Touched) -> Vec<PatchOperation> {
    let mut patch = Patch(Vec::new());
    patch.card(was, now, touched);
    patch.screenplay(was, now, touched);
    patch.bible(was, now, touched);
    patch.generation(was, now, touched);
    patch.rest(was, now, touched);
    patch.0
}

struct Patch(Vec<PatchOperation>);

impl Patch {
    fn card(&mut self, was: &Film, now: &Film, touched: &Touched) {
        if !touched.card {
            return;
        }
        let (old, new) = (&was.state.project.card, &now.state.project.card);
        self.replace_if("/project/id", &old.id, &new.id);
        self.replace_if("/project/title", &was.title(), &now.title());
        self.replace_if(
            "/project/autoRender",
            &old.auto_render(),
            &new.auto_render(),
        );
        self.replace_if("/project/settings", &*old.settings, &*new.settings);
    }

    fn screenplay(&mut self, was: &Film, now: &Film, touched: &Touched) {
        let (old, new) = (&was.state.project.screenplay, &now.state.project.screenplay);
        for id in &touched.scenes {
            let key = id.to_string();
            let view = |film: &Film| {
                let placed = film.state.project.screenplay.scenes.get(id);
                placed.map(|it| super::scene(film, it))
            };
            self.value("/project/scenes", &key, view(was), view(now));
            let tray = |film: &Film| {
                let tray = &film.state.project.screenplay.unplaced_scenes;
                tray.get(id).map(|it| super::scene(film, it))
            };
            self.value("/project/unplacedScenes", &key, tray(was), tray(now));
        }
        // A take may be of a shot that has lost its place: its status is what it was, its picture
        // is not.
        for id in touched.shots.union(&touched.take_shots) {
            let key = id.to_string();
            let view = |film: &Film| {
                film.state
                    .project
                    .screenplay
                    .shots
                    .get(id)
                    .map(|it| super::shot(film, it))
            };
            self.value("/project/shots", &key, view(was), view(now));
            let tray = |film: &Film| {
                let tray = &film.state.project.screenplay.unplaced_shots;
                tray.get(id).map(|it| super::shot(film, it))
            };
            self.value("/project/unplacedShots", &key, tray(was), tray(now));
        }
        for path in &touched.scripts {
            match (old.scripts.get(path), new.scripts.get(path)) {
                (Some(old), Some(new)) => {
                    let place = format!("/project/scripts/{}", escape(path));
                    self.replace_if(&format!("{place}/hash"), &old.hash, &new.hash);
                    let place_of_page = format!("{place}/titlePage");
                    self.replace_if(&place_of_page, &*old.title_page, &*new.title_page);
                    self.order(&format!("{place}/scenes"), &old.order, &new.order);
                }
                (old, new) => {
                    self.entry("/project/scripts", path, old, new, |it| super::script(it));
                }
            }
        }
    }

    fn order(&mut self, place: &str, old: &Vector<SceneId>, new: &Vector<SceneId>) {
        let same = |pair: &(&SceneId, &SceneId)| pair.0 == pair.1;
        let before = old.iter().zip(new).take_while(same).count();
        let room = old.len().min(new.len()) - before;
        let after = old
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take_while(same)
            .count()
            .min(room);
        for _ in before..old.len() - after {
            self.push(PatchOp::Remove, format!("{place}/{before}"), None);
        }
        for (index, id) in new.iter().enumerate().take(new.len() - after).skip(before) {
            self.push(PatchOp::Add, format!("{place}/{index}"), Some(json(id)));
        }
    }

    fn bible(&mut self, was: &Film, now: &Film, touched: &Touched) {
        let (old, new) = (
            &was.state.project.bible.by_path,
            &now.state.project.bible.by_path,
        );
        for path in &touched.bible {
            self.entry("/project/bible", path, old.get(path), new.get(path), |it| {
                (**it).clone()
            });
        }
    }

    fn generation(&mut self, was: &Film, now: &Film, touched: &Touched) {
        let (old, new) = (&was.state.generation, &now.state.generation);
        for id in &touched.takes {
            let view = |film: &Film| {
                let take = film.state.generation.takes.get(*id).ok();
                take.map(|it| super::take(film, it))
            };
            let key = id.to_string();
            self.value("/generation/takes", &key, view(was), view(now));
        }
        if touched.runs {
            self.all("/generation/runs", &old.runs.by_id, &new.runs.by_id, |it| {
                it.run.clone()
            });
        }
        for id in &touched.assets {
            let (old, new) = (
                was.state.assets.by_id.get(id),
                now.state.assets.by_id.get(id),
            );
            self.entry("/assets/assets", &id.to_string(), old, new, |it| {
                (**it).clone()
            });
            let tags = |film: &Film| {
                let tags = film.state.assets.tags.get(id)?;
                Some(tags.iter().cloned().collect::<Vec<_>>())
            };
            self.value("/assets/tags", &id.to_string(), tags(was), tags(now));
        }
    }

    fn rest(&mut self, was: &Film, now: &Film, touched: &Touched) {
        // Lines of doubts move with the text.
        let scenes = touched.scenes.iter();
        let doubted = scenes.flat_map(|id| [was, now].map(|it| script_of(it, *id)));
        let mut paths: BTreeSet<&String> = doubted.flatten().collect();
        paths.extend(touched.diagnostics.union(&touched.scripts));
        for path in paths {
            let (old, new) = (
                diagnostic::of_file(was, path),
                diagnostic::of_file(now, path),
            );
            self.value("/system/diagnostics", path, old, new);
        }
        if touched.history {
            self.history(was, now);
        }
        if touched.workflows {
            let [old, new] = [was, now].map(|it| &it.state.project.workflows.by_path);
            self.all("/project/workflows", old, new, |it| (**it).clone());
        }
        for key in &touched.work {
            let [old, new] = [was, now].map(|it| it.state.system.work.by_key.get(key));
            self.entry("/system/work", key, old, new, |it| (**it).clone());
        }
        if touched.selections {
            let (old, new) = (&was.state.ui.selections, &now.state.ui.selections);
            self.all(
                "/ui/selections",
                &old.by_client,
                &new.by_client,
                Clone::clone,
            );
        }
    }

    fn history(&mut self, was: &Film, now: &Film) {
        let (old, new) = (&was.state.project.history, &now.state.project.history);
        let place = "/project/history/undo";
        self.all(place, &old.by_actor, &new.by_actor, Stacks::describe);
        let place = "/project/history/checkpoints";
        self.all(place, &old.checkpoints, &new.checkpoints, |it| {
            (**it).clone()
        });
        let place = "/project/history/branches";
        self.all(place, &old.branches, &new.branches, |it| (**it).clone());
    }

    /// Compares a whole map; for small ones only.
    fn all<K, V, W>(
        &mut self,
        place: &str,
        old: &OrdMap<K, V>,
        new: &OrdMap<K, V>,
        view: impl Fn(&V) -> W,
    ) where
        K: Ord + Clone + ToString,
        W: Serialize + PartialEq,
    {
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            self.value::<W>(place, &key.to_string(), old.get(key).map(&view), None);
        }
        for (key, value) in new {
            self.value(
                place,
                &key.to_string(),
                old.get(key).map(&view),
                Some(view(value)),
            );
        }
    }

    /// One entry of a map of shared records: unchanged when it is the same allocation.
    fn entry<V, W: Serialize + PartialEq>(
        &mut self,
        place: &str,
        key: &str,
        old: Option<&Arc<V>>,
        new: Option<&Arc<V>>,
        view: impl Fn(&Arc<V>) -> W,
    ) {
        let same = matches!((old, new), (Some(old), Some(new)) if Arc::ptr_eq(old, new));
        if !same {
            self.value(place, key, old.map(&view), new.map(&view));
        }
    }

    fn value<W: Serialize + PartialEq>(
        &mut self,
        place: &str,
        key: &str,
        old: Option<W>,
        new: Option<W>,
    ) {
        let path = || format!("{place}/{}", escape(key));
        match (old, new) {
            (old, Some(new)) if old.as_ref() == Some(&new) => {}
            (None, Some(new)) => self.push(PatchOp::Add, path(), Some(json(&new))),
            (Some(_), Some(new)) => self.push(PatchOp::Replace, path(), Some(json(&new))),
            (Some(_), None) => self.push(PatchOp::Remove, path(), None),
            (None, None) => {}
        }
    }

    fn replace_if<W: Serialize + PartialEq>(&mut self, place: &str, old: &W, new: &W) {
        if old != new {
            self.push(PatchOp::Replace, place.to_owned(), Some(json(new)));
        }
    }

    fn push(&mut self, op: PatchOp, path: String, value: Option<Value>) {
        self.0.push(PatchOperation { op, path, value });
    }
}

fn script_of(film: &Film, scene: SceneId) -> Option<&String> {
    let scene = film.state.project.screenplay.scenes.get(&scene);
    scene.map(|it| &it.script)
}

/// A key as a reference token of a JSON Pointer (RFC 6901 §3).
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn json(value: &impl Serialize) -> Value {
    // The wire types have string keys and no failing serializers.
    serde_json::to_value(value).unwrap_or_default()
}
