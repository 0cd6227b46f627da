//! The state as clients mirror it: the whole of it, or a patch from one moment to the next.

use std::collections::BTreeMap;

use storycore_schema::{
    Error,
    bible::BibleEntry,
    id::TakeId,
    scene::SceneRecord,
    shot::ShotRecord,
    state::{
        AddonsState, AssetsState, GenerationState, GetState, GlobalState, HistoryState,
        ProjectState, SceneState, ScriptState, ShotState, Snapshot, SystemState, TakeState,
        UiState,
    },
    take::Take,
};
use ulid::Ulid;

use crate::{
    Film, Query, diagnostic,
    history::{History, Stacks},
    screenplay::ScriptFile,
};

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
            tags: map(&film.state.assets.tags, |it| it.iter().cloned().collect()),
        },
        generation: GenerationState {
            takes: takes(film),
            runs: map(&film.state.generation.runs.by_id, |it| it.run.clone()),
        },
        addons: AddonsState {
            states: film.state.addons.states.clone(),
        },
        system: SystemState {
            diagnostics: diagnostic::all(film),
            work: unshared(&film.state.system.work.by_key),
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
        scenes: map(&screenplay.scenes, |it| scene(film, it)),
        shots: map(&screenplay.shots, |it| shot(film, it)),
        unplaced_scenes: map(&screenplay.unplaced_scenes, |it| scene(film, it)),
        unplaced_shots: map(&screenplay.unplaced_shots, |it| shot(film, it)),
        bible: map(&project.bible.by_path, |it| BibleEntry::clone(it)),
        workflows: unshared(&project.workflows.by_path),
        history: history(&project.history),
    }
}

fn takes(film: &Film) -> BTreeMap<TakeId, TakeState> {
    let takes = &film.state.generation.takes;
    let listed = takes.by_id.values();
    let listed = listed.filter(|it| !takes.withdrawn.contains(&it.id));
    listed.map(|it| (it.id, take(film, it))).collect()
}

fn script(file: &ScriptFile) -> ScriptState {
    ScriptState {
        hash: file.hash,
        title_page: (*file.title_page).clone(),
        scenes: file.order.iter().copied().collect(),
    }
}

fn history(history: &History) -> HistoryState {
    HistoryState {
        undo: map(&history.by_actor, Stacks::describe),
        checkpoints: unshared(&history.checkpoints),
        branches: unshared(&history.branches),
    }
}

fn scene(film: &Film, record: &SceneRecord) -> SceneState {
    let doubt = film.state.project.screenplay.doubts.get(&record.id);
    SceneState {
        script: record.script.clone(),
        heading: record.heading.clone(),
        written_number: record.written_number.clone(),
        setting: record.setting,
        location: record.location.clone(),
        time_of_day: record.time_of_day,
        shots: record.shots.clone(),
        doubt: doubt.map(|it| it.found.clone()),
    }
}

fn shot(film: &Film, record: &ShotRecord) -> ShotState {
    let derived = film.derived.shot(record.id);
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
        take: film.shown_take(record.id),
        choice: film.state.generation.takes.choice_of(record.id),
        grade: derived.grade,
    }
}

/// Of a take that was not withdrawn.
fn take(film: &Film, take: &Take) -> TakeState {
    let takes = &film.state.generation.takes;
    let marks = takes.marks_of(take.id);
    TakeState {
        shot: take.shot,
        asset: take.asset,
        made_ms: take.made_ms,
        imported: take.imported().map(ToOwned::to_owned),
        starred: marks.starred,
        rejected: marks.rejected,
        comments: takes.comments_of(take.id).cloned().collect(),
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
