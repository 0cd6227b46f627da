//! The unplaced tray: what may be asked about it.

use storycore_schema::{
    Error,
    id::TakeId,
    scene::SceneRecord,
    shot::ShotRecord,
    tray::{ListTray, Tray, TrayScene, TrayShot},
};

use crate::{Film, Query, bible::fold_name, shot::readable};

impl Query for ListTray {
    fn answer(self, film: &Film) -> Result<Tray, Error> {
        let screenplay = &film.state.project.screenplay;
        let query = fold_name(self.query.as_deref().unwrap_or_default());
        let wanted: Vec<&str> = query.split_whitespace().collect();
        let fits = |words: &str| wanted.iter().all(|it| words.contains(it));
        let shots = screenplay.unplaced_shots.values();
        let shots = shots.filter(|it| fits(&words_of_shot(film, it)));
        let scenes = screenplay.unplaced_scenes.values();
        let scenes = scenes.filter(|scene| {
            let shots = screenplay.own_shots(scene);
            let words = shots.map(|it| words_of_shot(film, it));
            fits(&format!(
                "{} {}",
                fold_name(&scene.heading),
                words.collect::<String>()
            ))
        });
        Ok(Tray {
            scenes: scenes.map(|it| describe_scene(film, it)).collect(),
            shots: shots.map(|it| describe_shot(film, it)).collect(),
        })
    }
}

/// Everything that a shot of the tray can be found by, folded.
fn words_of_shot(film: &Film, shot: &ShotRecord) -> String {
    let takes = &film.state.generation.takes;
    let said = takes.of_shot(shot.id).flat_map(|take| {
        let comments = takes.comments_of(take.id).map(|it| it.text.clone());
        comments.chain(take.imported().map(ToOwned::to_owned))
    });
    let words = [heading_of(film, shot), readable(&shot.lines)];
    let words = words.into_iter().chain(shot.subjects.iter().cloned());
    let words: Vec<String> = words.chain(said).map(|it| fold_name(&it)).collect();
    format!("{} ", words.join(" "))
}

fn heading_of(film: &Film, shot: &ShotRecord) -> String {
    let screenplay = &film.state.project.screenplay;
    let placed = screenplay.scenes.get(&shot.scene);
    let scene = placed.or_else(|| screenplay.unplaced_scenes.get(&shot.scene));
    scene.map(|it| it.heading.clone()).unwrap_or_default()
}

fn describe_scene(film: &Film, scene: &SceneRecord) -> TrayScene {
    let screenplay = &film.state.project.screenplay;
    let takes = &film.state.generation.takes;
    let shots = screenplay.own_shots(scene).map(|it| it.id);
    let shots: Vec<_> = shots
        .filter(|it| screenplay.unplaced_shots.contains_key(it))
        .collect();
    let n_takes: usize = shots.iter().map(|it| takes.of_shot(*it).count()).sum();
    TrayScene {
        id: scene.id,
        script: scene.script.clone(),
        heading: scene.heading.clone(),
        written_number: scene.written_number.clone(),
        takes: u32::try_from(n_takes).unwrap_or(u32::MAX),
        shots,
    }
}

fn describe_shot(film: &Film, shot: &ShotRecord) -> TrayShot {
    let takes = film.state.generation.takes.of_shot(shot.id);
    let takes: Vec<TakeId> = takes.map(|it| it.id).collect();
    TrayShot {
        id: shot.id,
        scene_id: shot.scene,
        heading: heading_of(film, shot),
        text: readable(&shot.lines),
        takes,
        take: film.shown_take(shot.id),
    }
}
