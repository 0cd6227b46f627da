//! Selection: what each client looks at.

use imbl::OrdMap;
use storycore_schema::{
    Error, Event,
    selection::{Selection, SelectionEvent, SetSelection},
};

use crate::{Decide, Env, Film, handle::Decided};

/// Clients whose selection is kept, in clients. The one that spoke first makes room.
const SELECTIONS_LEN_MAX: usize = 64;
/// Length of a client's name, in bytes.
const CLIENT_BYTES_MAX: usize = 64;

/// What each client looks at.
#[derive(Debug, Clone, Default)]
pub struct Selections {
    /// By the client's name.
    pub by_client: OrdMap<String, Selection>,
}

impl Selections {
    pub(crate) fn apply(&mut self, event: &SelectionEvent) {
        let SelectionEvent::Changed { client, selection } = event;
        match selection {
            Some(selection) => self.by_client.insert(client.clone(), selection.clone()),
            None => self.by_client.remove(client),
        };
    }
}

impl Decide for SetSelection {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        if self.client.is_empty() || self.client.len() > CLIENT_BYTES_MAX {
            let message = format!("client: a name has 1 to {CLIENT_BYTES_MAX} bytes");
            return Err(Error::invalid_params(message));
        }
        if let Some(scene) = self.scene {
            film.state.project.screenplay.scene(scene)?;
        }
        if let Some(shot) = self.shot {
            film.state.project.screenplay.shot(shot)?;
        }
        let known = &film.state.ui.selections.by_client;
        let mut events = Vec::new();
        if known.len() >= SELECTIONS_LEN_MAX && !known.contains_key(&self.client) {
            let first = known.keys().next().cloned();
            events.extend(first.map(|client| changed(client, None)));
        }
        let something = self.scene.is_some() || self.shot.is_some();
        let selection = something.then_some(Selection {
            scene: self.scene,
            shot: self.shot,
        });
        events.push(changed(self.client, selection));
        Ok(((), events))
    }
}

fn changed(client: String, selection: Option<Selection>) -> Event {
    Event::Selection(SelectionEvent::Changed { client, selection })
}
