//! `project/*`: opening, closing and listing films.

use storycore_schema::{
    Error,
    project::{CloseProject, KnownProject, ListProjects, OpenProject, Project},
};

use super::{Context, Serve};
use crate::films::OpenOptions;

impl Serve for OpenProject {
    async fn serve(self, context: &Context) -> Result<Project, Error> {
        // Opening writes to the film's log, so it must not be cut off by the daemon's end.
        let Some(_commit) = context.daemon.begin_commit() else {
            return Err(Error::unavailable("the daemon is stopping").hint("call again in a moment"));
        };
        let films = &context.daemon.films;
        films
            .open_with(
                &self.path,
                OpenOptions {
                    auto_render: self.auto_render,
                    as_copy: self.as_copy.unwrap_or(false),
                },
                context.origin(),
            )
            .await
    }
}

impl Serve for CloseProject {
    async fn serve(self, context: &Context) -> Result<(), Error> {
        context.daemon.films.close(self.project).await
    }
}

impl Serve for ListProjects {
    async fn serve(self, context: &Context) -> Result<Vec<KnownProject>, Error> {
        Ok(context.daemon.films.list())
    }
}
