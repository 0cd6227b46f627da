//! The state as bytes, so that opening a film need not go through all its past. A snapshot is made
//! from the log and never the other way round: one that does not read is thrown away. The bytes
//! are MessagePack: it names its fields, so every type reads that reads as JSON, and it reads in a
//! fraction of the time.

pub use rmp_serde::{decode::Error as DecodeError, encode::Error as EncodeError};
use serde::{Deserialize, Serialize};

use crate::{
    asset::Assets,
    state::{Addons, Generation, GlobalState, Project, System, Ui},
};

/// Version of these bytes. Raised whenever the state, or what events make of it, changes its
/// meaning; snapshots of other versions are not read.
pub const VERSION: u32 = 5;

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
pub fn write(state: &GlobalState) -> Result<Parts, EncodeError> {
    // Every slice is named, so that a new one cannot be forgotten.
    let GlobalState {
        ui: _,
        project,
        assets,
        generation,
        addons,
        system: _,
    } = state;
    // Fields go by their names: many are left out where they are empty.
    let film = rmp_serde::to_vec_named(&FilmPart {
        project,
        assets,
        addons,
    })?;
    let generation = rmp_serde::to_vec_named(generation)?;
    Ok(Parts { film, generation })
}

/// What was read of one part.
pub struct FilmRead(OwnedFilmPart);

/// Reads [`Parts::film`].
pub fn read_film(film: &[u8]) -> Result<FilmRead, DecodeError> {
    rmp_serde::from_slice(film).map(FilmRead)
}

/// Reads [`Parts::generation`].
pub fn read_generation(generation: &[u8]) -> Result<Generation, DecodeError> {
    rmp_serde::from_slice(generation)
}

/// The state that was written, of its two parts.
pub fn join(film: FilmRead, generation: Generation) -> GlobalState {
    let OwnedFilmPart {
        project,
        assets,
        addons,
    } = film.0;
    GlobalState {
        ui: Ui::default(),
        project,
        assets,
        generation,
        addons,
        system: System::default(),
    }
}
