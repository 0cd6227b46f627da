//! How a method is answered.

use storycore_schema::{Error, Event, InFilm, Method, kind, scope};

use crate::{Env, Film};

/// Answers from one consistent film.
#[diagnostic::on_unimplemented(
    message = "query `{Self}` has no handler",
    note = "implement `Query` for it in the file of the same noun in daemon/core/src"
)]
pub trait Query: Method<Kind = kind::Query, Scope = scope::Film> + InFilm {
    /// The answer.
    fn answer(self, film: &Film) -> Result<Self::Result, Error>;
}

/// What a decision comes to: its result, and the events that make it so.
pub type Decided<T> = Result<(T, Vec<Event>), Error>;

/// Decides what happens. Only [`Film::apply`] makes it so. Commands of the catalog implement it,
/// and so do the commands with which the outside world comes back.
#[diagnostic::on_unimplemented(
    message = "command `{Self}` has no handler",
    note = "implement `Decide` for it in the file of the same noun in daemon/core/src"
)]
pub trait Decide: Send + 'static {
    /// The result.
    type Output: Send + 'static;

    /// The events, or why not.
    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<Self::Output>;
}
