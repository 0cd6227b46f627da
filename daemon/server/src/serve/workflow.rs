//! `workflow/plan`: what would be done, with what is known to be there already.

use std::sync::Arc;

use storycore_core::{
    Film, recipe,
    run::plan::{Planned, plan},
};
use storycore_schema::{
    Error,
    id::ShotId,
    workflow::{Plan, PlanWorkflow},
};

use super::{Context, Serve};
use crate::{films::OpenFilm, offload::blocking};

impl Serve for PlanWorkflow {
    async fn serve(self, context: &Context) -> Result<Plan, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        blocking(move || {
            let planned = plan(&film, &self)?;
            Ok(looked_up(planned, &film, &open))
        })
        .await?
    }
}

fn looked_up(planned: Planned, film: &Arc<Film>, open: &Arc<OpenFilm>) -> Plan {
    let draws_itself = planned.task.workflow.is_none();
    planned.with(film, |shot| draws_itself && is_drawn(film, open, shot))
}

/// Whether the picture that the built-in renderer would draw is there.
fn is_drawn(film: &Film, open: &OpenFilm, shot: ShotId) -> bool {
    let Ok(record) = film.state.project.screenplay.shot(shot) else {
        return false;
    };
    let intent = recipe::prepare(record, &film.state.project);
    let Ok(renderer) = open.renderers.get(&intent.renderer) else {
        return false;
    };
    let intent = recipe::intent_hash(&intent);
    let key = recipe::render_key(intent, recipe::seed(shot), &renderer.version());
    film.state.generation.takes.picture(key).is_some()
}
