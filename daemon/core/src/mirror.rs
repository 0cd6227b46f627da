//! The state as clients mirror it: the whole of it, or a patch from one moment to the next.

use std::collections::BTreeMap;

use storycore_schema::{
    Error,
    bible::BibleEntry,
    scene::SceneRecord,
    shot::ShotRecord,
    state::{
        AddonsState, AssetsState, GenerationState, GetState, GlobalState, ProjectState, SceneState,
        ScriptState, ShotState, Snapshot, SystemState, TakeState, UiState,
    },
    take::Take,
};
use ulid::Ulid;

use crate::{Film, Query, screenplay::ScriptFile};

mod patch;

pub use patch::patch;

impl Query for GetState {
    fn answer(self, film: &Film) -> Result<Snapshot, Error> {
        Ok(snapshot(film))
    }
}

/// The whole state of a film.
pub fn snapshot(film: &Film) -> Snapshot {
    let state = GlobalState {
        ui: UiState {
            selections: owned(&film.state.ui.selections.by_client),
        },
        project: project(film),
        assets: AssetsState {
            assets: unshared(&film.state.assets.by_id),
        },
        generation: GenerationState {
            takes: map(&film.state.generation.takes.by_id, |it| take(it)),
            runs: map(&film.state.generation.runs.by_id, |it| it.run.clone()),
        },
        addons: AddonsState {
            states: film.state.addons.states.clone(),
        },
        system: SystemState {
            diagnostics: unshared(&film.state.system.diagnostics.by_path),
        },
    };
    Snapshot {
        seq: film.seq,
        revision: film.revision,
        state,
    }
}

fn project(film: &Film) -> ProjectState {
    let project = &film.state.project;
    let screenplay = &project.screenplay;
    ProjectState {
        id: project.card.id.unwrap_or(Ulid::nil().into()),
        title: film.title(),
        settings: (*project.card.settings).clone(),
        auto_render: project.card.auto_render(),
        scripts: map(&screenplay.scripts, |it| script(it)),
        scenes: map(&screenplay.scenes, |it| scene(it)),
        shots: map(&screenplay.shots, |it| shot(film, it)),
        unplaced_scenes: map(&screenplay.unplaced_scenes, |it| scene(it)),
        unplaced_shots: map(&screenplay.unplaced_shots, |it| shot(film, it)),
        bible: map(&project.bible.by_path, |it| BibleEntry::clone(it)),
    }
}

fn script(file: &ScriptFile) -> ScriptState {
    ScriptState {
        hash: file.hash,
        title_page: (*file.title_page).clone(),
        scenes: file.order.iter().copied().collect(),
    }
}

fn scene(record: &SceneRecord) -> SceneState {
    SceneState {
        script: record.script.clone(),
        heading: record.heading.clone(),
        written_number: record.written_number.clone(),
        setting: record.setting,
        location: record.location.clone(),
        time_of_day: record.time_of_day,
        shots: record.shots.clone(),
    }
}

fn shot(film: &Film, record: &ShotRecord) -> ShotState {
    let derived = film.derived.shot(record.id);
    // A shot in the tray keeps its takes; the newest one shows what it was.
    let newest = || {
        film.state
            .generation
            .takes
            .of_shot(record.id)
            .next_back()
            .map(|it| it.id)
    };
    ShotState {
        scene_id: record.scene,
        framing: record.framing,
        angle: record.angle,
        lens_mm: record.lens_mm,
        movement: record.movement,
        subjects: record.subjects.clone(),
        lines: record.lines.clone(),
        duration_ms: record.duration_ms,
        status: derived.status,
        reasons: derived.reasons.clone(),
        take: derived.take.or_else(newest),
    }
}

fn take(take: &Take) -> TakeState {
    TakeState {
        shot: take.shot,
        asset: take.asset,
        made_ms: take.made_ms,
    }
}

fn map<K: Clone + Ord, V, W>(from: &imbl::OrdMap<K, V>, with: impl Fn(&V) -> W) -> BTreeMap<K, W> {
    from.iter()
        .map(|(key, value)| (key.clone(), with(value)))
        .collect()
}

fn owned<K: Clone + Ord, V: Clone>(from: &imbl::OrdMap<K, V>) -> BTreeMap<K, V> {
    map(from, V::clone)
}

fn unshared<K: Clone + Ord, V: Clone>(from: &imbl::OrdMap<K, std::sync::Arc<V>>) -> BTreeMap<K, V> {
    map(from, |it| V::clone(it))
}
