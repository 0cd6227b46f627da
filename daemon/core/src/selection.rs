//! Selection: what each client looks at.

use imbl::{OrdMap, Vector};
use storycore_schema::{
    Error, Event,
    selection::{Selection, SelectionEvent, SetSelection},
};

use crate::{Decide, Env, Film, handle::Decided};

/// Clients whose selection is kept, in clients. The one that has been silent longest makes room.
const SELECTIONS_LEN_MAX: usize = 64;
/// Length of a client's name, in bytes.
const CLIENT_BYTES_MAX: usize = 64;

/// What each client looks at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selections {
    /// By the client's name.
    pub by_client: OrdMap<String, Selection>,
    /// The clients, the one that spoke last at the end.
    spoke: Vector<String>,
}

impl Selections {
    pub(crate) fn apply(&mut self, event: &SelectionEvent) {
        let SelectionEvent::Changed { client, selection } = event;
        self.spoke.retain(|it| it != client);
        if selection.is_some() {
            self.spoke.push_back(client.clone());
        }
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
            let hint = "give each client a short name of its own, such as page-3";
            return Err(Error::invalid_params(message).hint(hint));
        }
        if let Some(scene) = self.scene {
            film.state.project.screenplay.scene(scene)?;
        }
        if let Some(shot) = self.shot {
            film.state.project.screenplay.shot(shot)?;
        }
        let selections = &film.state.ui.selections;
        let something = self.scene.is_some() || self.shot.is_some();
        let is_new = something && !selections.by_client.contains_key(&self.client);
        let mut events = Vec::new();
        if is_new && selections.by_client.len() >= SELECTIONS_LEN_MAX {
            let silent = selections.spoke.front().cloned();
            events.extend(silent.map(|client| changed(client, None)));
        }
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

#[cfg(test)]
mod tests;
