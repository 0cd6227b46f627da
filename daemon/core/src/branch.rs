//! Branches: what may be asked about them, and that one was made.

use std::sync::Arc;

use storycore_schema::{
    Error, ErrorKind, Event,
    branch::ListBranches,
    history::{Branch, HistoryEvent},
    id::ProjectId,
};

use crate::{Decide, Env, Film, Query, checkpoint, handle::Decided};

mod bring;

pub use bring::{Bring, Plan, Texts};

/// Branches of one film, in branches.
const BRANCHES_LEN_MAX: usize = 200;

impl Film {
    /// A branch of this film.
    pub fn branch(&self, id: ProjectId) -> Result<&Arc<Branch>, Error> {
        let known = self.state.project.history.branches.get(&id);
        known.ok_or_else(|| {
            Error::not_found("branch", id).hint("branch/list lists the branches of a film")
        })
    }

    /// A name for a new branch, or why it cannot be one.
    pub fn branch_name(&self, name: &str) -> Result<String, Error> {
        let name = checkpoint::name("branch", name)?;
        let known = &self.state.project.history.branches;
        if let Some(twin) = known.values().find(|it| it.name == name) {
            let message = format!("there is a branch “{name}” already, in {}", twin.path);
            return Err(Error::new(ErrorKind::AlreadyExists, message).hint("take another name"));
        }
        if known.len() >= BRANCHES_LEN_MAX {
            let message = format!("the film has {BRANCHES_LEN_MAX} branches already");
            return Err(Error::resource_exhausted(message)
                .hint("go on in one of them: branch/list lists them"));
        }
        Ok(name)
    }
}

impl Query for ListBranches {
    fn answer(self, film: &Film) -> Result<Vec<Branch>, Error> {
        let branches = film.state.project.history.branches.values();
        Ok(branches.map(|it| (**it).clone()).collect())
    }
}

/// A branch is there, complete.
pub struct NoteBranch {
    /// Its own film.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its folder.
    pub path: String,
    /// The last event of this film that is in it.
    pub seq: storycore_schema::Seq,
}

impl Decide for NoteBranch {
    type Output = Branch;

    fn decide(self, _film: &Film, env: &mut Env<'_>) -> Decided<Branch> {
        let branch = Branch {
            project: self.project,
            name: self.name,
            path: self.path,
            seq: self.seq,
            at_ms: env.now_ms,
            by: env.actor.to_owned(),
        };
        let event = HistoryEvent::BranchMade {
            branch: branch.clone(),
        };
        Ok((branch, vec![Event::History(event)]))
    }
}
