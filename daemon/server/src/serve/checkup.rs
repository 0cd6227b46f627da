//! `project/check`.

use std::path::PathBuf;

use storycore_schema::{
    Error,
    checkup::{CheckProject, Checkup},
};

use super::{Context, Serve};

impl Serve for CheckProject {
    async fn serve(self, context: &Context) -> Result<Checkup, Error> {
        // Putting right must not be cut off by the daemon's end.
        let Some(_commit) = context.daemon.begin_commit() else {
            return Err(Error::unavailable("the daemon is stopping").hint("call again in a moment"));
        };
        let repair = self.repair.unwrap_or(false);
        let films = &context.daemon.films;
        films.check(PathBuf::from(self.path), repair).await
    }
}
