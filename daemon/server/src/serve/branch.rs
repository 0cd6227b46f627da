//! `branch/*`: a copy of a film to try something in, and what comes back from it.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use storycore_core::{
    Film, GlobalState,
    branch::{Bring, Texts},
    history,
};
use storycore_schema::{
    Error,
    branch::{BranchDifferences, BringBack, Brought, CreateBranch, DiffBranch},
    history::{Branch, Difference},
    id::{BlobId, ProjectId},
};

use super::{Context, Serve, history::bounded};
use crate::{
    blobs::Blobs,
    effects::rewrite::rewrite,
    films::{NewBranch, OpenFilm},
    offload::blocking,
};

impl Serve for CreateBranch {
    async fn serve(self, context: &Context) -> Result<Branch, Error> {
        let film = context.film(self.project)?;
        let _commit = context.commit()?;
        let new = NewBranch {
            name: self.name,
            path: self.path.map(PathBuf::from),
        };
        let limits = context.daemon.limits.clone();
        film.make_branch(new, limits, context.origin()).await
    }
}

/// A branch that is open, and where it began.
struct OpenBranch {
    film: Arc<OpenFilm>,
    began: Film,
    name: String,
}

/// The branch of a film; it is opened if it is not open.
async fn open(context: &Context, film: &OpenFilm, branch: ProjectId) -> Result<OpenBranch, Error> {
    let known = film.bus.film().branch(branch)?.clone();
    let films = &context.daemon.films;
    let there = match films.get(branch) {
        Ok(open) => open,
        Err(_) => {
            let path = films
                .known_path(branch)
                .unwrap_or_else(|| known.path.clone());
            let opened = films.open(&path, None, context.origin()).await?;
            if opened.id != branch {
                let message = format!("{path} holds another film than the branch “{}”", known.name);
                return Err(Error::failed_precondition(message)
                    .hint("open the branch where it is now with project/open, then try again"));
            }
            films.get(branch)?
        }
    };
    // Both have the same events up to there.
    let began = there.film_at(known.seq).await?;
    Ok(OpenBranch {
        film: there,
        began,
        name: known.name.clone(),
    })
}

impl Serve for DiffBranch {
    async fn serve(self, context: &Context) -> Result<BranchDifferences, Error> {
        let film = context.film(self.project)?;
        context.large_answer().await?;
        let branch = open(context, &film, self.branch).await?;
        let (here, there) = (film.bus.film(), branch.film.bus.film());
        let began = branch.began.seq;
        let (in_branch, in_film) = blocking(move || {
            let in_branch = history::differences(&branch.began, &there);
            (in_branch, history::differences(&branch.began, &here))
        })
        .await?;
        let in_both = in_both(&in_branch, &in_film);
        Ok(BranchDifferences {
            began,
            in_branch: bounded(in_branch).0,
            in_film: bounded(in_film).0,
            in_both: bounded(in_both).0,
        })
    }
}

/// What of the branch is about the same scene or file as something of the film, and not the same.
fn in_both(in_branch: &[Difference], in_film: &[Difference]) -> Vec<Difference> {
    let key = |it: &Difference| (it.scene_id, it.path.clone());
    let same: BTreeSet<_> = in_film.iter().map(key).collect();
    let both = in_branch.iter().filter(|it| {
        let named = it.scene_id.is_some() || it.path.is_some();
        named && same.contains(&key(it)) && !in_film.contains(it)
    });
    both.cloned().collect()
}

impl Serve for BringBack {
    async fn serve(self, context: &Context) -> Result<Brought, Error> {
        let film = context.film(self.project)?;
        let _commit = context.commit()?;
        let branch = open(context, &film, self.branch).await?;
        let hold = film.sources.hold().await?;
        let (origin, there) = (context.origin(), branch.film.clone());
        let at = film.clone();
        let command = blocking(move || prepare(self, &at, &branch)).await??;
        let at = film.clone();
        let command = blocking(move || keep(&at, &there, &command).map(|()| command)).await??;
        let rewritten = rewrite(&film, hold, origin, command).await?;
        let (n_scenes, n_takes) = rewritten.committed.value;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Brought {
            seq: rewritten.committed.seq,
            scenes: count(n_scenes),
            takes: count(n_takes),
            files: rewritten.files,
        })
    }
}

/// Reads what is needed of both sides. Blocks.
fn prepare(asked: BringBack, film: &OpenFilm, branch: &OpenBranch) -> Result<Bring, Error> {
    let (here, there) = (film.bus.film(), branch.film.bus.film());
    let mut texts = Texts::new();
    let sides = [
        (&film.blobs, &here.state),
        (&branch.film.blobs, &there.state),
        (&branch.film.blobs, &branch.began.state),
    ];
    for (blobs, state) in sides {
        read_scripts(blobs, state, &mut texts)?;
    }
    Ok(Bring {
        name: branch.name.clone(),
        began: Arc::new(branch.began.state.clone()),
        branch: Arc::new(there.state.clone()),
        scenes: asked.scenes.unwrap_or_default(),
        shots: asked.shots.unwrap_or_default(),
        bible: asked.bible.unwrap_or_default(),
        force: asked.force.unwrap_or(false),
        texts: Arc::new(texts),
    })
}

fn read_scripts(blobs: &Blobs, state: &GlobalState, texts: &mut Texts) -> Result<(), Error> {
    for (path, file) in &state.project.screenplay.scripts {
        if texts.contains_key(&file.hash) {
            continue;
        }
        let text = blobs.read(file.hash).ok();
        let text = text.and_then(|it| String::from_utf8(it).ok());
        let text = text.ok_or_else(|| {
            Error::failed_precondition(format!("the text of {path} is not among what was kept"))
                .hint("nothing was changed; storycore doctor looks for what is missing")
        })?;
        texts.insert(file.hash, text);
    }
    Ok(())
}

/// Keeps the bytes that the events will name: new texts, pictures and files of the bible. Blocks.
fn keep(film: &OpenFilm, branch: &OpenFilm, command: &Bring) -> Result<(), Error> {
    let plan = command.plan(&film.bus.film())?;
    let not_kept = |error: std::io::Error| {
        Error::unavailable(format!("what the branch has could not be kept: {error}"))
            .hint("nothing was changed; free some space or check the disk, then try again")
    };
    for text in &plan.texts {
        film.blobs.write(text.as_bytes()).map_err(not_kept)?;
    }
    let there = &command.branch.project.bible;
    let bible = command.bible.iter();
    let bible = bible.flat_map(|it| {
        there
            .texts
            .get(it)
            .copied()
            .into_iter()
            .chain(there.images_of(it).into_values())
    });
    let others: BTreeSet<BlobId> = plan.assets.iter().copied().chain(bible).collect();
    for id in others {
        let bytes = branch.blobs.read(id).map_err(not_kept)?;
        film.blobs.write(&bytes).map_err(not_kept)?;
    }
    Ok(())
}
