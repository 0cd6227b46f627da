//! Where uploads lie until they are brought in: beside the blobs of their film, on the same disk.

use std::{path::PathBuf, sync::Arc};

use storycore_schema::{Error, id::ProjectId};

use super::Daemon;
use crate::transport::uploads::Uploads;

/// Puts uploads beside the films' blobs.
pub(super) struct FilmUploads(pub(super) Arc<Daemon>);

impl Uploads for FilmUploads {
    fn place(&self, project: ProjectId) -> Result<PathBuf, Error> {
        Ok(self.0.film(project)?.blobs.unfinished())
    }
}
