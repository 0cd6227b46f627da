//! A film as one text of it would make it, with what every answer asks for: scenes and shots of that
//! text, made once and only when they are asked for.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use storycore_core::{Film, Query, breakdown::Names, plan};
use storycore_schema::{
    id::{ProjectId, SceneId},
    scene::{ListScenes, Scene},
    shot::{ListShots, Shot},
};

use super::document::Document;

/// A film, looked at from one of its texts.
pub(super) struct View {
    pub(super) film: Arc<Film>,
    project: ProjectId,
    path: String,
    scenes: OnceLock<Vec<PlacedScene>>,
    names: OnceLock<Names>,
}

/// A scene of the text, and its shots in order.
pub(super) struct PlacedScene {
    pub(super) scene: Scene,
    pub(super) shots: Vec<Shot>,
}

impl View {
    pub(super) fn new(film: Arc<Film>, project: ProjectId, path: &str) -> View {
        View {
            film,
            project,
            path: path.to_owned(),
            scenes: OnceLock::new(),
            names: OnceLock::new(),
        }
    }

    /// The scenes that stand in the text, in order.
    pub(super) fn scenes(&self) -> &[PlacedScene] {
        self.scenes.get_or_init(|| {
            let project = self.project;
            let list = ListShots {
                project,
                scene: None,
                status: None,
            };
            let mut shots: BTreeMap<SceneId, Vec<Shot>> = BTreeMap::new();
            for shot in list.answer(&self.film).unwrap_or_default() {
                shots.entry(shot.scene_id).or_default().push(shot);
            }
            let scenes = ListScenes { project }.answer(&self.film);
            let own = scenes.unwrap_or_default().into_iter();
            let own = own.filter(|it| it.script == self.path);
            own.map(|scene| PlacedScene {
                shots: shots.remove(&scene.id).unwrap_or_default(),
                scene,
            })
            .collect()
        })
    }

    /// The scene that holds a byte of the text.
    pub(super) fn scene_at(&self, byte: usize) -> Option<&PlacedScene> {
        let starts = |it: &&PlacedScene| it.scene.span.start <= byte as u64;
        self.scenes().iter().rfind(starts)
    }

    /// The names that the film knows, those of the text included.
    pub(super) fn names(&self, document: &Document) -> &Names {
        self.names
            .get_or_init(|| plan::known_names(&self.film, std::iter::once(&document.script)))
    }
}
