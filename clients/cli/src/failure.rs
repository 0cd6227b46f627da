//! Why a command failed, and the exit code that tells scripts.

use storycore_schema::{Error, error::ErrorObject};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The daemon refused the request. Exit code 1.
    Refused(ErrorObject),
    /// Something else went wrong. Exit code 1.
    Failed(Error),
    /// What was typed makes no sense. Exit code 2, as clap's own.
    Usage(Error),
    /// There is no daemon, and none could be started; or it went away. Exit code 3.
    Unreachable(Error),
    /// Nobody reads what we print any more, as in `storycore shot list | head -1`. No failure.
    NoReader,
}

impl Failure {
    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::NoReader => 0,
            Failure::Refused(_) | Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Unreachable(_) => 3,
        }
    }

    /// The error as the protocol would carry it; `None` if nothing is to be said.
    pub(crate) fn object(&self) -> Option<ErrorObject> {
        match self {
            Failure::Refused(object) => Some(object.clone()),
            Failure::Failed(error) | Failure::Usage(error) | Failure::Unreachable(error) => {
                Some(error.to_object(None))
            }
            Failure::NoReader => None,
        }
    }

    /// The connection broke.
    pub(crate) fn lost(why: impl std::fmt::Display) -> Failure {
        Failure::Unreachable(
            Error::unavailable(format!("lost the daemon: {why}"))
                .hint("`storycore daemon logs` may say why; the next command starts it again"),
        )
    }
}
