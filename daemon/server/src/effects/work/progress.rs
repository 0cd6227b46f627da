//! Telling how far a step is that a server has, and showing what it makes while it makes it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use storycore_comfyui::{Event, ImageType};
use storycore_core::work::NoteWork;
use storycore_schema::{
    id::ProjectId,
    work::{StepProgress, WorkEvent},
};
use tokio::sync::mpsc;
use tracing::debug;

use super::origin;
use crate::{owner::Owner, previews::Previews};

/// Between two words about the same step: what changes faster, nobody can read.
const PAUSE: Duration = Duration::from_millis(150);

/// Whom to tell, and of what.
pub(super) struct Progress {
    pub(super) owner: Owner,
    pub(super) film: ProjectId,
    pub(super) previews: Arc<Previews>,
    pub(super) correlation_id: Arc<str>,
    /// How far it is; nothing yet.
    pub(super) now: StepProgress,
    /// The step's key among the previews.
    pub(super) key: String,
}

/// Tells until the last sender is gone, then that the step is no longer under way. What an event
/// says of the step is taken in by `take_in`, which tells whether that is something new.
pub(super) async fn tell<E>(
    mut progress: Progress,
    mut events: mpsc::Receiver<E>,
    mut take_in: impl FnMut(&mut Progress, E) -> bool,
) {
    let mut told = Instant::now();
    let mut is_new = false;
    loop {
        let pause = PAUSE.saturating_sub(told.elapsed());
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => is_new |= take_in(&mut progress, event),
                None => break,
            },
            () = tokio::time::sleep(pause), if is_new => {
                progress.say(WorkEvent::Progressed { progress: progress.now.clone() }).await;
                (told, is_new) = (Instant::now(), false);
            }
        }
    }
    progress.previews.end(progress.film, &progress.key);
    let StepProgress {
        run,
        step,
        shot,
        scene,
        ..
    } = progress.now.clone();
    let left = WorkEvent::Left {
        run,
        step,
        shot,
        scene,
    };
    progress.say(left).await;
}

impl Progress {
    /// Takes in what a ComfyUI server says; whether there is something new to tell.
    pub(super) fn take_in(&mut self, event: Event) -> bool {
        let now = &mut self.now;
        match event {
            Event::Waiting { why } => now.message = format!("waits {why}"),
            Event::Placed { server, .. } => {
                now.server = Some(server);
                "handed over".clone_into(&mut now.message);
            }
            Event::Queued { position: 0 } => "next on the server".clone_into(&mut now.message),
            Event::Queued { position: 1 } => now.message = "waits behind another one".to_owned(),
            Event::Queued { position } => now.message = format!("waits behind {position} others"),
            Event::Started => {
                now.done_milli = Some(0);
                "begun".clone_into(&mut now.message);
            }
            Event::Node { title, .. } => now.message = title,
            Event::Progress { value, max, .. } if max > 0.0 => {
                now.done_milli = Some((1_000.0 * (value / max).clamp(0.0, 1.0)) as u32);
            }
            Event::Preview { image, bytes, .. } => {
                let media_type = match image {
                    ImageType::Jpeg => "image/jpeg",
                    ImageType::Png => "image/png",
                };
                let number = self.previews.keep(self.film, &self.key, media_type, bytes);
                now.preview = Some(number);
            }
            Event::Retrying { why } => {
                now.done_milli = None;
                now.message = format!("tried again: {why}");
            }
            Event::Output { .. } => "fetching the result".clone_into(&mut now.message),
            Event::Progress { .. } | Event::Cached { .. } => return false,
        }
        true
    }

    async fn say(&self, event: WorkEvent) {
        let origin = origin(self.correlation_id.clone());
        let events = vec![event];
        if let Err(error) = self.owner.submit(origin, NoteWork { events }).await {
            debug!(%error, "progress was not told");
        }
    }
}
