//! What a method is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::id::ProjectId;

/// A request a client can make. The struct's fields are the params, its doc comment is the
/// method's doc. Declare one with [`film_method!`](crate::film_method) or
/// [`daemon_method!`](crate::daemon_method).
pub trait Method: Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// Wire name: `noun/verb`, camelCase.
    const NAME: &'static str;
    /// The least role that may call this method. The router checks it; handlers never do.
    const ROLE: Role;
    /// [`kind::Query`] reads, [`kind::Command`] writes, [`kind::Job`] waits on the outside world.
    type Kind: kind::Is;
    /// [`scope::Film`] methods speak of one open film, [`scope::Daemon`] ones of the daemon.
    type Scope: scope::Is;
    /// What the caller gets: as it is for a query or job, in a
    /// [`Committed`](crate::event::Committed) for a command of a film.
    type Result: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
}

/// A method of one open film.
pub trait InFilm {
    /// The film.
    fn project(&self) -> ProjectId;
}

/// Declares a method of one film: `film_method!(GetShot, "shot/get", Viewer, Query, Shot);`.
#[macro_export]
macro_rules! film_method {
    ($method:ty, $name:literal, $role:ident, $kind:ident, $result:ty) => {
        $crate::film_method!(@impl $method, $name, $role, $kind, Film, $result);
        impl $crate::method::InFilm for $method {
            fn project(&self) -> $crate::id::ProjectId {
                self.project
            }
        }
    };
    (@impl $method:ty, $name:literal, $role:ident, $kind:ident, $scope:ident, $result:ty) => {
        impl $crate::method::Method for $method {
            const NAME: &'static str = $name;
            const ROLE: $crate::method::Role = $crate::method::Role::$role;
            type Kind = $crate::method::kind::$kind;
            type Scope = $crate::method::scope::$scope;
            type Result = $result;
        }
    };
}

/// Declares a method of the daemon itself: `daemon_method!(ListProjects, "project/list", …);`.
#[macro_export]
macro_rules! daemon_method {
    ($method:ty, $name:literal, $role:ident, $kind:ident, $result:ty) => {
        $crate::film_method!(@impl $method, $name, $role, $kind, Daemon, $result);
    };
}

/// What a caller may do; each role may do all that the ones before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Changes a film.
    Editor,
    /// Opens, closes and exports films.
    Producer,
    /// Steers the daemon.
    Admin,
}

/// How a method is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Reads, and answers at once.
    Query,
    /// Changes the film; answered when the change is on disk.
    Command,
    /// Waits on work that takes time; sends `$/progress`.
    Job,
}

/// Whom a method speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// One open film: it takes `project`.
    Film,
    /// The daemon.
    Daemon,
}

/// The kinds as types, so that the compiler asks for the right handler.
pub mod kind {
    use super::Kind;

    /// See [`Kind::Query`].
    pub struct Query;
    /// See [`Kind::Command`].
    pub struct Command;
    /// See [`Kind::Job`].
    pub struct Job;

    /// A kind, as a value.
    pub trait Is {
        /// The value.
        const KIND: Kind;
    }
    impl Is for Query {
        const KIND: Kind = Kind::Query;
    }
    impl Is for Command {
        const KIND: Kind = Kind::Command;
    }
    impl Is for Job {
        const KIND: Kind = Kind::Job;
    }
}

/// The scopes as types.
pub mod scope {
    use super::Scope;

    /// See [`Scope::Film`].
    pub struct Film;
    /// See [`Scope::Daemon`].
    pub struct Daemon;

    /// A scope, as a value.
    pub trait Is {
        /// The value.
        const SCOPE: Scope;
    }
    impl Is for Film {
        const SCOPE: Scope = Scope::Film;
    }
    impl Is for Daemon {
        const SCOPE: Scope = Scope::Daemon;
    }
}
