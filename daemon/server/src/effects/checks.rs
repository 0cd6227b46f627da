//! Looks at the pictures of takes in the background, the newest first. What was seen stands in the
//! log, so after a restart the work goes on where it was: a take that was not looked at is found
//! again.

use std::{collections::BTreeSet, io, sync::Arc};

use imbl::{OrdMap, ordmap::DiffItem};
use storycore_core::{Film, quality::kept, take::NoteLooked};
use storycore_media::{Error as MediaError, Picture, WHITE, measure};
use storycore_schema::{
    Limits,
    id::{BlobId, TakeId},
    quality::Looked,
    take::Take,
};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use crate::{
    blobs::Blobs,
    bus::Bus,
    offload::blocking,
    owner::{Origin, Owner},
};

/// Raised when the same picture gives other figures than before.
const MEASURES_VERSION: u32 = 1;
/// Who looks, in the log.
const ACTOR: &str = "checks";

/// What looking at the takes of a film needs.
pub struct ChecksEffect {
    /// Takes what was seen.
    pub owner: Owner,
    /// The film.
    pub bus: Arc<Bus>,
    /// Has the pictures.
    pub blobs: Arc<Blobs>,
    /// How many are looked at at once, over all films.
    pub looking: Arc<Semaphore>,
    /// How large pictures may be.
    pub limits: Arc<Limits>,
    /// Ends it.
    pub closing: CancellationToken,
}

/// What is to be looked at.
#[derive(Default)]
struct Waiting {
    /// The takes as they were when they were last gone through.
    known: OrdMap<TakeId, Arc<Take>>,
    /// Those that are to be looked at.
    takes: BTreeSet<TakeId>,
}

impl ChecksEffect {
    /// Looks at takes until the film closes.
    pub async fn run(self) {
        let mut waiting = Waiting::default();
        let mut looking = JoinSet::new();
        let at_once = usize::try_from(self.limits.check_workers_max).unwrap_or(usize::MAX);
        let mut commits = self.bus.watch();
        loop {
            let film = self.bus.film();
            waiting.follow(&film);
            // Somebody waits for panels, and nobody for this.
            while looking.len() < at_once
                && !is_sketching(&film)
                && let Some(take) = waiting.next(&film)
            {
                looking.spawn(self.look(take));
            }
            drop(film);
            tokio::select! {
                () = self.closing.cancelled() => break,
                changed = commits.changed() => if changed.is_err() { break },
                Some(done) = looking.join_next() => if let Err(error) = done {
                    error!(%error, "looking at a take was cut off");
                },
            }
        }
        // What was not kept is looked at again when the film is opened.
        looking.shutdown().await;
    }

    fn look(&self, take: Arc<Take>) -> impl Future<Output = ()> + Send + 'static {
        let (owner, blobs) = (self.owner.clone(), self.blobs.clone());
        let (gate, limits) = (self.looking.clone(), self.limits.clone());
        let origin = Origin::daemon(ACTOR, self.bus.cause());
        async move {
            let Ok(_place) = gate.acquire().await else {
                return;
            };
            let (id, asset) = (take.id, take.asset);
            let looked = match blocking(move || look(&blobs, asset, &limits)).await {
                Ok(Ok(looked)) => looked,
                // Doctor brings back what can be; then it is looked at when the film is opened.
                Ok(Err(error)) => return warn!(take = %id, %error, "a take cannot be looked at"),
                Err(_) => {
                    let why = "looking at it met a bug; the daemon's log shows where".to_owned();
                    Looked::Unmeasured { why }
                }
            };
            let looked = vec![(id, looked)];
            match owner.submit(origin, NoteLooked { looked }).await {
                Ok(_) => debug!(take = %id, "looked at"),
                Err(error) => error!(take = %id, %error, "what was seen could not be kept"),
            }
        }
    }
}

/// Whether the built-in renderer is drawing for the film: that takes the same processors.
fn is_sketching(film: &Film) -> bool {
    let mut running = film.state.generation.runs.running();
    running.any(|it| it.task.workflow.is_none())
}

impl Waiting {
    /// Finds what has come since the last time.
    fn follow(&mut self, film: &Film) {
        let takes = &film.state.generation.takes;
        for change in self.known.diff(&takes.by_id) {
            let (DiffItem::Add(id, take)
            | DiffItem::Update {
                new: (id, take), ..
            }) = change
            else {
                continue;
            };
            if takes.wants_look(take) {
                self.takes.insert(*id);
            }
        }
        self.known = takes.by_id.clone();
    }

    /// The newest one, which is not waiting any more then.
    fn next(&mut self, film: &Film) -> Option<Arc<Take>> {
        let takes = &film.state.generation.takes;
        while let Some(id) = self.takes.pop_last() {
            let take = takes.by_id.get(&id).filter(|it| takes.wants_look(it));
            if let Some(take) = take {
                return Some(take.clone());
            }
        }
        None
    }
}

/// Looks at a picture. An error is one of the disk, not of the picture. Blocks.
pub fn look(blobs: &Blobs, asset: BlobId, limits: &Limits) -> io::Result<Looked> {
    let bytes = blobs.read(asset)?;
    Ok(match Picture::open(&bytes, WHITE, &media_limits(limits)) {
        Ok(picture) => Looked::Picture {
            measures: kept(&measure(&picture), MEASURES_VERSION),
        },
        Err(
            error @ (MediaError::Empty | MediaError::Truncated { .. } | MediaError::Damaged { .. }),
        ) => Looked::Broken {
            why: error.to_string(),
        },
        Err(error) => Looked::Unmeasured {
            why: format!("{error}; {}", error.hint()),
        },
    })
}

/// How large a picture may be, as the crate that decodes it is told.
pub(crate) fn media_limits(limits: &Limits) -> storycore_media::Limits {
    storycore_media::Limits {
        side_px_max: u32::try_from(limits.import_side_px_max).unwrap_or(u32::MAX),
        pixels_max: limits.import_pixels_max,
        ..storycore_media::Limits::default()
    }
}
