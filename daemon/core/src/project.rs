//! The film as a whole: title, settings, counts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error, Event,
    id::{BlobId, ProjectId},
    project::{GetProject, Project, ProjectEvent, Settings},
};

use crate::{Decide, Env, Film, Query, handle::Decided};

/// Title and settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectCard {
    /// The film; absent before its first event.
    pub id: Option<ProjectId>,
    /// The title it was created with.
    pub created_title: String,
    /// What `storycore.toml` says.
    pub settings: Arc<Settings>,
    /// Its bytes, if it is there and they were kept.
    pub settings_text: Option<BlobId>,
    /// What somebody chose for automatic drawing, over the settings.
    pub auto_render: Option<bool>,
}

impl ProjectCard {
    /// Whether stale and missing panels are redrawn at once.
    pub fn auto_render(&self) -> bool {
        self.auto_render.unwrap_or(self.settings.auto_render)
    }

    pub(crate) fn apply(&mut self, event: &ProjectEvent) {
        match event {
            ProjectEvent::Created { id, title } => {
                self.id = Some(*id);
                self.created_title.clone_from(title);
            }
            ProjectEvent::Copied { id, from: _ } => self.id = Some(*id),
            ProjectEvent::Branched { id, .. } => self.id = Some(*id),
            ProjectEvent::SettingsChanged { settings, text } => {
                self.settings = Arc::new(settings.clone());
                self.settings_text = *text;
            }
            ProjectEvent::AutoRenderSet { on } => self.auto_render = Some(*on),
        }
    }
}

/// Reads an aspect ratio such as `2.39:1`, `16:9` or `1.85`, as thousandths.
pub fn aspect_milli(aspect: &str) -> Option<u32> {
    let (width, height) = aspect.split_once([':', '/']).unwrap_or((aspect, "1"));
    let (width, height) = (
        width.trim().parse::<f64>().ok()?,
        height.trim().parse::<f64>().ok()?,
    );
    let ratio = width / height * 1_000.0;
    // Narrower than 1:4 or wider than 4:1 is no picture that a cinema or a phone shows.
    (250.0..=4_000.0)
        .contains(&ratio)
        .then(|| ratio.round() as u32)
}

impl Film {
    /// The title: the settings', the title page's, or the one the film was created with.
    pub fn title(&self) -> String {
        let project = &self.state.project;
        let from_page = || project.screenplay.title_page_entry("title").map(one_line);
        let title = project.card.settings.title.clone().or_else(from_page);
        title
            .filter(|it| !it.is_empty())
            .unwrap_or_else(|| project.card.created_title.clone())
    }
}

fn one_line(value: &str) -> String {
    let plain = value.replace(['*', '_'], "");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Query for GetProject {
    fn answer(self, film: &Film) -> Result<Project, Error> {
        let counts = &film.derived.counts;
        Ok(Project {
            id: self.project,
            title: film.title(),
            path: film.path.to_string(),
            settings: (*film.state.project.card.settings).clone(),
            auto_render: film.state.project.card.auto_render(),
            seq: film.seq,
            scenes: u32::try_from(film.state.project.screenplay.scenes.len()).unwrap_or(u32::MAX),
            shots: counts.fresh + counts.stale + counts.missing,
            fresh: counts.fresh,
            stale: counts.stale,
            missing: counts.missing,
            duration_ms: counts.duration_ms,
        })
    }
}

/// Makes the first event of a film, if it has none.
pub struct CreateFilm {
    /// Its title until a settings file or title page says otherwise.
    pub title: String,
}

impl Decide for CreateFilm {
    type Output = ProjectId;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<ProjectId> {
        if let Some(id) = film.state.project.card.id {
            return Ok((id, Vec::new()));
        }
        let id = env.fresh_id();
        Ok((
            id,
            vec![Event::Project(ProjectEvent::Created {
                id,
                title: self.title,
            })],
        ))
    }
}

/// Makes a copied film one of its own.
pub struct CopyFilm;

impl Decide for CopyFilm {
    type Output = ProjectId;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<ProjectId> {
        let Some(from) = film.state.project.card.id else {
            return Err(Error::failed_precondition("the film has not begun yet"));
        };
        let id = env.fresh_id();
        Ok((id, vec![Event::Project(ProjectEvent::Copied { id, from })]))
    }
}

/// `storycore.toml` was read, and reads well, or is gone.
pub struct NoteSettings {
    /// What it says.
    pub settings: Settings,
    /// Its bytes, which are kept; absent when it is gone.
    pub text: Option<BlobId>,
}

impl Decide for NoteSettings {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        let card = &film.state.project.card;
        if *card.settings == self.settings && card.settings_text == self.text {
            return Ok(((), Vec::new()));
        }
        let event = ProjectEvent::SettingsChanged {
            settings: self.settings,
            text: self.text,
        };
        Ok(((), vec![Event::Project(event)]))
    }
}

/// Turns automatic drawing on or off.
pub struct SetAutoRender {
    /// Whether stale and missing panels are redrawn at once.
    pub on: bool,
}

impl Decide for SetAutoRender {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        if film.state.project.card.auto_render == Some(self.on) {
            return Ok(((), Vec::new()));
        }
        Ok((
            (),
            vec![Event::Project(ProjectEvent::AutoRenderSet { on: self.on })],
        ))
    }
}
