//! A film as one text of it would make it, with what every answer asks for: scenes and shots of that
//! text, made once and only when they are asked for.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use storycore_core::{Film, Query, breakdown::Names, mirror, plan, scene, touched::Touched};
use storycore_schema::{
    id::{ProjectId, SceneId},
    scene::{SceneRecord, Span},
    shot::{ListShots, Shot},
    state::PatchOperation,
};

use super::document::Document;

/// The film that was saved, and what is other in the one that is looked at.
pub(super) type Change = (Arc<Film>, Touched);

/// A film, looked at from one of its texts.
pub(super) struct View {
    pub(super) film: Arc<Film>,
    change: Change,
    project: ProjectId,
    path: String,
    scenes: OnceLock<Vec<PlacedScene>>,
    names: OnceLock<Names>,
}

/// A scene of the text.
pub(super) struct PlacedScene {
    pub(super) record: Arc<SceneRecord>,
    /// Where it is in the text.
    pub(super) span: Span,
    /// How many scenes come before it in the film.
    index: u32,
    shots: OnceLock<Vec<Shot>>,
}

impl PlacedScene {
    /// The number the writer gave it, or its place.
    pub(super) fn number(&self) -> String {
        scene::number(&self.record, self.index)
    }
}

impl View {
    pub(super) fn new(film: Arc<Film>, change: Change, project: ProjectId, path: &str) -> View {
        View {
            film,
            change,
            project,
            path: path.to_owned(),
            scenes: OnceLock::new(),
            names: OnceLock::new(),
        }
    }

    /// The film as it is.
    pub(super) fn unchanged(film: Arc<Film>, project: ProjectId, path: &str) -> View {
        View::new(film.clone(), (film, Touched::default()), project, path)
    }

    /// What makes the saved state the one that is looked at, and the revision of the saved one.
    pub(super) fn patch(&self) -> (u64, Vec<PatchOperation>) {
        let (saved, touched) = &self.change;
        (saved.revision, mirror::patch(saved, &self.film, touched))
    }

    /// The scenes that stand in the text, in order.
    pub(super) fn scenes(&self) -> &[PlacedScene] {
        self.scenes.get_or_init(|| {
            let scenes = scene::placed_scenes(&self.film);
            let own = scenes.filter(|it| it.record.script == self.path);
            own.map(|it| PlacedScene {
                record: it.record.clone(),
                span: it.span,
                index: it.index,
                shots: OnceLock::new(),
            })
            .collect()
        })
    }

    /// How long a scene lasts, in milliseconds.
    pub(super) fn duration_ms(&self, placed: &PlacedScene) -> u64 {
        scene::duration_ms(&self.film, &placed.record)
    }

    /// The shots of one of these scenes, in order.
    pub(super) fn shots<'v>(&self, placed: &'v PlacedScene) -> &'v [Shot] {
        placed.shots.get_or_init(|| {
            let list = ListShots {
                project: self.project,
                scene: Some(placed.record.id),
                status: None,
            };
            list.answer(&self.film).unwrap_or_default()
        })
    }

    /// Looks up the shots of all scenes at once, for answers about the whole text.
    pub(super) fn with_all_shots(&self) -> &View {
        let list = ListShots {
            project: self.project,
            scene: None,
            status: None,
        };
        let is_known = self.scenes().iter().all(|it| it.shots.get().is_some());
        if !is_known {
            let mut shots: BTreeMap<SceneId, Vec<Shot>> = BTreeMap::new();
            for shot in list.answer(&self.film).unwrap_or_default() {
                shots.entry(shot.scene_id).or_default().push(shot);
            }
            for placed in self.scenes() {
                let own = shots.remove(&placed.record.id).unwrap_or_default();
                placed.shots.get_or_init(|| own);
            }
        }
        self
    }

    /// The scene that holds a byte of the text.
    pub(super) fn scene_at(&self, byte: usize) -> Option<&PlacedScene> {
        let scenes = self.scenes();
        let n_before = scenes.partition_point(|it| it.span.start <= byte as u64);
        scenes.get(n_before.checked_sub(1)?)
    }

    /// Whether the names have been looked up.
    pub(super) fn knows_names(&self) -> bool {
        self.names.get().is_some()
    }

    /// The names that the film knows, those of the text included.
    pub(super) fn names(&self, document: &Document) -> &Names {
        self.names
            .get_or_init(|| plan::known_names(&self.film, std::iter::once(&document.script)))
    }
}
