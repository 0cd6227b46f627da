//! What a caller can be told.

use std::{error, fmt, sync::Arc};

/// What is wrong with what the cache was given, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }
}

/// Why something could not be made: the maker's own error, shared by all who waited for it.
#[derive(Clone)]
pub struct NotMade(Arc<dyn error::Error + Send + Sync>);

impl NotMade {
    pub(crate) fn new(error: Box<dyn error::Error + Send + Sync>) -> NotMade {
        NotMade(error.into())
    }

    /// The maker's error, if it is of that type.
    pub fn downcast_ref<E: error::Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl fmt::Display for NotMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for NotMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for NotMade {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source()
    }
}
