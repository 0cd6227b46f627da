//! What a film's runs do, told once each of them ends.

use std::collections::HashMap;

use storycore_schema::{
    Event, LoggedEvent, Seq,
    id::RunId,
    log::{Resync, SubscriptionKind},
    notification::Notification,
    run::RunEvent,
};

use crate::{
    client::Note,
    view::words::{count, seconds_of_ms},
};

/// Runs under way, and how far in the log we are.
pub(super) struct Redraws {
    seen: Seq,
    runs: HashMap<RunId, Redraw>,
}

#[derive(Default)]
struct Redraw {
    from_ms: u64,
    drawn: u32,
    kept: u32,
    failed: u32,
}

impl From<Seq> for Redraws {
    /// From a place in the log on.
    fn from(seen: Seq) -> Redraws {
        Redraws {
            seen,
            runs: HashMap::new(),
        }
    }
}

impl Redraws {
    /// The last event we were told.
    pub(super) fn seen(&self) -> Seq {
        self.seen
    }

    /// Whether the daemon left something out, and we must subscribe again.
    pub(super) fn lagged(&self, note: &Note) -> bool {
        note.method == Resync::NAME
            && serde_json::from_str::<Resync>(note.params.get())
                .is_ok_and(|it| it.subscription == SubscriptionKind::Event)
    }

    /// What a run did, if this note ends it and it did anything.
    pub(super) fn done(&mut self, note: &Note) -> Option<String> {
        if note.method != LoggedEvent::NAME {
            return None;
        }
        let logged: LoggedEvent = serde_json::from_str(note.params.get()).ok()?;
        self.seen = self.seen.max(logged.seq);
        let Event::Run(event) = logged.event else {
            return None;
        };
        match event {
            RunEvent::Requested { id, at_ms, .. } => {
                self.runs.insert(
                    id,
                    Redraw {
                        from_ms: at_ms,
                        ..Redraw::default()
                    },
                );
            }
            RunEvent::StepDone {
                id,
                reused,
                take: Some(_),
                ..
            } => {
                let run = self.runs.entry(id).or_default();
                *if reused {
                    &mut run.kept
                } else {
                    &mut run.drawn
                } += 1;
            }
            RunEvent::StepFailed { id, .. } => self.runs.entry(id).or_default().failed += 1,
            RunEvent::Ended { id, .. } => {
                return self.runs.remove(&id).map(|it| it.in_words(logged.at_ms));
            }
            // Steps on the way to a panel, and what people do with runs.
            _ => {}
        }
        None
    }
}

impl Redraw {
    fn in_words(&self, at_ms: u64) -> String {
        let mut words = format!("{} redrawn", count(self.drawn, "panel"));
        if self.kept > 0 {
            words += &format!(", {} kept", self.kept);
        }
        if self.failed > 0 {
            words += &format!(", {} failed", self.failed);
        }
        // A run whose start we did not see began at an unknown time.
        if self.from_ms > 0 {
            words += &format!(" in {}", seconds_of_ms(at_ms.saturating_sub(self.from_ms)));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;
    use storycore_schema::run::{RunCause, RunStatus};

    use super::*;

    const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn note(seq: u64, at_ms: u64, event: RunEvent) -> Note {
        let logged = LoggedEvent {
            project: ID.parse().unwrap(),
            seq: Seq(seq),
            durable: true,
            at_ms,
            actor: "cli".to_owned(),
            correlation_id: "r-1".to_owned(),
            event: Event::Run(event),
        };
        Note {
            method: "event/happened".to_owned(),
            params: to_raw_value(&logged).unwrap(),
        }
    }

    #[test]
    fn a_run_is_told_once_at_its_end() {
        let id = ID.parse().unwrap();
        let (shot, take) = (ID.parse().unwrap(), ID.parse().unwrap());
        let step = |reused| RunEvent::StepDone {
            id,
            step: "draw".to_owned(),
            shot: Some(shot),
            scene: None,
            take: Some(take),
            reused,
            key: None,
            output: None,
            took_ms: None,
        };
        let requested = RunEvent::Requested {
            id,
            cause: RunCause::Automatic,
            shots: vec![],
            at_ms: 1_000,
            correlation_id: String::new(),
            workflow: None,
            scenes: vec![],
            priority: 0,
        };
        let mut redraws = Redraws::from(Seq(1));
        assert_eq!(redraws.done(&note(2, 1_000, requested)), None);
        assert_eq!(redraws.done(&note(3, 1_040, step(false))), None);
        assert_eq!(redraws.done(&note(4, 1_050, step(true))), None);
        let ended = RunEvent::Ended {
            id,
            status: RunStatus::Finished,
        };
        let words = redraws.done(&note(5, 1_120, ended)).unwrap();
        assert_eq!(words, "1 panel redrawn, 1 kept in 0.12 s");
        assert_eq!(redraws.seen(), Seq(5));
    }
}
