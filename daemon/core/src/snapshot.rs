//! The state as bytes, so that opening a film need not go through all its past. A snapshot is made
//! from the log and never the other way round: one that does not read is thrown away.

use serde::{Deserialize, Serialize};

use crate::state::{Addons, Generation, GlobalState, Project, Ui};
use crate::{asset::Assets, state::System};

/// Version of these bytes. Raised whenever the state, or what events make of it, changes its
/// meaning; snapshots of other versions are not read.
pub const VERSION: u32 = 1;

/// A state in two parts of about the same weight, which are written and read side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The film's text, and what we keep.
    pub film: Vec<u8>,
    /// What was made for it.
    pub generation: Vec<u8>,
}

#[derive(Serialize)]
struct FilmPart<'a> {
    project: &'a Project,
    assets: &'a Assets,
    addons: &'a Addons,
}

#[derive(Deserialize)]
struct OwnedFilmPart {
    project: Project,
    assets: Assets,
    addons: Addons,
}

/// What of a state is durable, as bytes.
pub fn write(state: &GlobalState) -> Result<Parts, serde_json::Error> {
    // Every slice is named, so that a new one cannot be forgotten.
    let GlobalState {
        ui: _,
        project,
        assets,
        generation,
        addons,
        system: _,
    } = state;
    let film = serde_json::to_vec(&FilmPart {
        project,
        assets,
        addons,
    })?;
    let generation = serde_json::to_vec(generation)?;
    Ok(Parts { film, generation })
}

/// The state that was written.
pub fn read(film: &[u8], generation: &[u8]) -> Result<GlobalState, serde_json::Error> {
    let (film, generation) = std::thread::scope(|scope| {
        let other = scope.spawn(|| serde_json::from_slice::<Generation>(generation));
        let film = serde_json::from_slice::<OwnedFilmPart>(film);
        let panicked = |_| Err(serde::de::Error::custom("reading it met a bug"));
        (film, other.join().unwrap_or_else(panicked))
    });
    let OwnedFilmPart {
        project,
        assets,
        addons,
    } = film?;
    Ok(GlobalState {
        ui: Ui::default(),
        project,
        assets,
        generation: generation?,
        addons,
        system: System::default(),
    })
}
