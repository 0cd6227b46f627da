//! `scene/breakdown`: a model plans the shots of a scene; told to, we write its plan into the script
//! as notes, by the way that every text is written.

use std::sync::Arc;

use storycore_core::{
    Film,
    breakdown::Names,
    shot::readable,
    task::{
        breakdown::{
            self, SHOTS_MAX, SHOTS_MAX_DEFAULT, SceneLine, lines_of, notes, understood, with_notes,
        },
        wish,
    },
};
use storycore_llm::BuiltIn;
use storycore_schema::{
    Error,
    bible::EntryKind,
    id::{BlobId, SceneId},
    scene::GetScene,
    script::{GetScript, WriteScript},
    task::{BreakDownScene, Breakdown, SuggestedShot},
};

use super::{Context, Serve, ask, by_rules, may_stand_in};
use crate::{films::OpenFilm, offload::blocking};

impl Serve for BreakDownScene {
    async fn serve(self, context: &Context) -> Result<Breakdown, Error> {
        let shots_max = self.shots_max.unwrap_or(SHOTS_MAX_DEFAULT);
        if !(1..=SHOTS_MAX).contains(&shots_max) {
            let message = format!("shotsMax is 1 to {SHOTS_MAX}, and not {shots_max}");
            return Err(Error::invalid_params(message).hint("leave it out for 24"));
        }
        let open = context.film(self.project)?;
        let film = open.bus.film();
        let scene = storycore_core::Query::answer(
            GetScene {
                project: self.project,
                id: self.id,
            },
            &film,
        )?;
        let (path, first_line) = (scene.script, scene.span.line);
        let (hash, lines) = scene_lines(&open, &film, &path, scene.span.start).await?;
        let asked = (wish(self.wish.as_deref())?, shots_max);
        let told_to_model = breakdown::context(&film, self.id, &lines, asked)?;
        let asked = (BuiltIn::Breakdown, told_to_model);
        let (by, shots) = match ask(context, &open, &film, asked).await {
            Ok((by, answer)) => {
                let place = (&*film, self.id);
                let shots = understood(&answer, &lines, place, &names(&film, self.id)?)?;
                (by, shots)
            }
            Err(error) if may_stand_in(&error) && self.apply != Some(true) => {
                (by_rules(&error), as_planned(&film, self.id, first_line)?)
            }
            Err(error) => return Err(error),
        };
        let is_of_model = matches!(by, storycore_schema::task::DoneBy::Model { .. });
        let notes = match is_of_model {
            true => notes(&shots, &lines, (&film, self.id))?,
            // The rules need no notes to plan what they plan.
            false => Vec::new(),
        };
        let applied = self.apply == Some(true) && !notes.is_empty();
        let planned = Breakdown {
            by,
            shots,
            path,
            if_hash: hash,
            notes,
            applied,
        };
        if applied {
            write(context, self.project, &planned).await?;
        }
        Ok(planned)
    }
}

/// The paragraphs and speeches of a scene as they are saved, and the hash of its script.
async fn scene_lines(
    open: &Arc<OpenFilm>,
    film: &Film,
    path: &str,
    start: u64,
) -> Result<(BlobId, Vec<SceneLine>), Error> {
    let scripts = &film.state.project.screenplay.scripts;
    let file = scripts
        .get(path)
        .ok_or_else(|| Error::not_found("script", path))?;
    let hash = file.hash;
    let open = open.clone();
    let lines = blocking(move || {
        let script = open.parsed.of(&open.blobs, hash)?;
        let place = script.block_at(usize::try_from(start).ok()?)?;
        Some(lines_of(script.blocks().get(place.block_idx)?))
    });
    let lines = lines.await?.ok_or_else(|| {
        Error::unavailable(format!("the text of {path} cannot be read"))
            .hint("save the script once more: its text is kept anew then")
    })?;
    Ok((hash, lines))
}

/// The names that notes of a scene may use.
fn names(film: &Film, scene: SceneId) -> Result<Names, Error> {
    let project = &film.state.project;
    let mut names = Names::default();
    for entry in project.bible.of_kind(EntryKind::Character) {
        names.insert(&entry.name);
        entry
            .aliases
            .iter()
            .for_each(|it| names.insert_alias(it, &entry.name));
    }
    for shot in project
        .screenplay
        .shots_of(project.screenplay.scene(scene)?)
    {
        let speakers = shot.lines.iter().filter_map(|it| it.speaker.as_ref());
        speakers
            .chain(&shot.subjects)
            .for_each(|it| names.insert(it));
    }
    Ok(names)
}

/// The shots that the scene has. Its first line is counted from 1.
fn as_planned(film: &Film, scene: SceneId, first_line: u64) -> Result<Vec<SuggestedShot>, Error> {
    let screenplay = &film.state.project.screenplay;
    let shots = screenplay.shots_of(screenplay.scene(scene)?);
    let planned = shots.map(|it| SuggestedShot {
        line: first_line + u64::from(it.line),
        text: readable(&it.lines),
        framing: it.framing,
        angle: it.angle,
        lens_mm: it.lens_mm,
        movement: it.movement,
        subjects: it.subjects.clone(),
        duration_ms: it.duration_ms,
        why: None,
    });
    Ok(planned.collect())
}

/// Writes the notes into the script that they were planned for. Whoever wrote in it meanwhile is
/// not written over.
async fn write(
    context: &Context,
    project: storycore_schema::id::ProjectId,
    planned: &Breakdown,
) -> Result<(), Error> {
    let path = planned.path.clone();
    let script = GetScript {
        project,
        path: path.clone(),
    };
    let text = script.serve(context).await?.text;
    let write = WriteScript {
        project,
        path,
        text: with_notes(&text, &planned.notes),
        if_hash: Some(planned.if_hash),
    };
    write.serve(context).await.map(|_| ())
}
