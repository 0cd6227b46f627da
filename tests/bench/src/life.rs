//! The life of a film, as a log: read and drawn for real, then rewritten and decided about for as
//! long as asked for. Every event is one that the rules made.

use std::{fs, path::Path, sync::Arc};

use anyhow::Context as _;
use storycore_core::{
    Decide, Env, IdSource,
    fountain::Script,
    plan::CommitScript,
    recipe,
    run::{FinishSteps, RequestRender, StepAt, StepResult},
};
use storycore_schema::{
    Event, Limits, Seq,
    id::{ShotId, TakeId},
    run::RunCause,
    take::{RejectTake, SelectTake, StarTake},
};
use storycore_server::event_log::{EventLog, Past, Snapshot, Snapshots, StoredEvent};
use tokio::runtime::Runtime;

use crate::film::{self, Story};

/// Length of the film's script, in bytes: 2,000 shots.
const SCRIPT_BYTES: u32 = 220_000;
/// Takes it has in the end.
const TAKES: usize = 10_000;
/// Shots of one run after the first, in shots.
const REDRAWN_SHOTS: usize = 100;
/// Lines rewritten in a season, each there and back.
const REWRITTEN_LINES: usize = 120;
/// Decisions between two saves.
const DECISIONS_A_SAVE: usize = 20;
/// Events of one append, in events. A divisor of the distance of snapshots.
const BATCH_EVENTS: usize = 1_000;

/// What a life came to.
pub(crate) struct Life {
    /// Size of the events' JSON, in bytes.
    pub(crate) mean_bytes: u64,
    pub(crate) shots: usize,
}

/// The files of the film.
pub(crate) fn write_files(folder: &Path) -> anyhow::Result<()> {
    let film = film::generated(SCRIPT_BYTES);
    for name in ["script", "bible"] {
        fs::create_dir_all(folder.join(name))?;
    }
    fs::write(folder.join(film::PATH), &film.script)?;
    fs::write(folder.join("storycore.toml"), &film.settings)?;
    for (name, text) in &film.bible {
        fs::write(folder.join("bible").join(name), text)?;
    }
    Ok(())
}

/// Lets the film in a folder, which was opened once, live for so many events. Snapshots are made on
/// the way, as they would be.
pub(crate) fn live(runtime: &Runtime, folder: &Path, n_events: u64) -> anyhow::Result<Life> {
    let mut living = Living::begin(runtime, folder)?;
    living.draw()?;
    let season = living.season()?;
    while living.seq() < n_events {
        let left = usize::try_from(n_events - living.seq())?;
        for event in season.iter().take(left) {
            living.happen(event.clone())?;
        }
    }
    living.flush()?;
    Ok(Life {
        mean_bytes: living.bytes / living.seq(),
        shots: living.story.film.state.project.screenplay.shots.len(),
    })
}

struct Living<'a> {
    runtime: &'a Runtime,
    past: Past,
    story: Story,
    pending: Vec<StoredEvent>,
    bytes: u64,
}

impl Living<'_> {
    fn begin<'a>(runtime: &'a Runtime, folder: &Path) -> anyhow::Result<Living<'a>> {
        let data = folder.join(".storycore");
        let limits = Limits::default();
        let past = Past {
            log: Arc::new(EventLog::open(&data.join("project.db"))?),
            snapshots: Arc::new(Snapshots::at(data.join("snapshots"), &limits)),
            shown: "film".into(),
        };
        let film = past.open()?.film;
        let text = fs::read_to_string(folder.join(film::PATH))?;
        let script = Script::parse(&text);
        Ok(Living {
            runtime,
            past,
            pending: Vec::new(),
            bytes: 0,
            story: Story {
                film,
                others: [(film::PATH.to_owned(), script.clone())].into(),
                script,
                text,
                ids: IdSource::new(7),
            },
        })
    }

    fn seq(&self) -> u64 {
        self.story.film.seq.0
    }

    /// Decides as the owner does.
    fn run<C: Decide>(&mut self, command: C) -> anyhow::Result<C::Output> {
        let now_ms = 1_800_000_000_000 + self.seq();
        let mut env = Env::new(now_ms, &mut self.story.ids).by("page");
        let (output, events) = command
            .decide(&self.story.film, &mut env)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let first = self.seq() + 1;
        self.story.film.apply(&events);
        for (seq, event) in (first..).zip(events) {
            self.note(seq, event)?;
        }
        Ok(output)
    }

    /// Takes over what was decided before, in an earlier season.
    fn happen(&mut self, event: Event) -> anyhow::Result<()> {
        self.story.film.take_in(event.clone());
        self.note(self.seq(), event)
    }

    fn note(&mut self, seq: u64, event: Event) -> anyhow::Result<()> {
        self.bytes += serde_json::to_vec(&event)?.len() as u64;
        self.pending.push(StoredEvent {
            seq: Seq(seq),
            at_ms: 1_800_000_000_000 + seq,
            actor: "page".to_owned(),
            correlation_id: format!("bench-{seq}"),
            event,
        });
        if seq.is_multiple_of(BATCH_EVENTS as u64) {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let events = std::mem::take(&mut self.pending);
        let Some((first, last)) = events.first().zip(events.last()) else {
            return Ok(());
        };
        let (before, seq) = (Seq(first.seq.0 - 1), last.seq);
        self.runtime
            .block_on(self.past.log.append(before, events))?;
        if seq
            .0
            .is_multiple_of(Limits::default().snapshot_every_events)
            && seq == self.story.film.seq
        {
            let snapshot = Snapshot {
                seq,
                state: self.story.film.state.clone(),
                ends_with_bible: false,
            };
            self.past.snapshots.write(&self.past.log, &snapshot)?;
        }
        Ok(())
    }

    /// A first take of every shot, then others until there are enough.
    fn draw(&mut self) -> anyhow::Result<()> {
        let shots: Vec<ShotId> = self.story.film.shots_in_order().map(|it| it.id).collect();
        let mut drawn = 0;
        for round in 0.. {
            for chunk in shots.chunks(REDRAWN_SHOTS) {
                if drawn >= TAKES {
                    return Ok(());
                }
                self.draw_shots(chunk, round)?;
                drawn += chunk.len();
            }
        }
        Ok(())
    }

    fn draw_shots(&mut self, shots: &[ShotId], round: u64) -> anyhow::Result<()> {
        let request = RequestRender {
            shots: Some(shots.to_vec()),
            force: true,
            cause: RunCause::Request,
        };
        let run = self.run(request)?.run.context("a run")?;
        let project = &self.story.film.state.project;
        let result = |shot: &ShotId| {
            let record = project.screenplay.shot(*shot).ok()?;
            let seed = recipe::seed(*shot).wrapping_add(round) & recipe::SAFE_INTEGER_MAX;
            let outcome = film::drawn_with(*shot, recipe::prepare(record, project), seed);
            Some(StepResult {
                run,
                at: StepAt::drawing(*shot),
                outcome,
            })
        };
        let results = shots.iter().filter_map(result).collect();
        self.run(FinishSteps { results })
    }

    /// Lines rewritten, there and back, and decisions about takes, which are taken back in the end:
    /// afterwards the film is as before, but for what can be undone. So it can happen again.
    fn season(&mut self) -> anyhow::Result<Vec<Event>> {
        let takes: Vec<TakeId> = {
            let takes = &self.story.film.state.generation.takes;
            takes.by_id.keys().copied().collect()
        };
        self.flush()?;
        let first = self.seq();
        let words: Vec<usize> = self
            .story
            .text
            .match_indices("\n\n")
            .map(|it| it.0)
            .collect();
        for line in 0..REWRITTEN_LINES {
            let at = words[line * words.len() / REWRITTEN_LINES];
            for (turn, on) in [(0, true), (1, false)] {
                let text = self.story.text.clone();
                let rewritten = format!("{}\n\nThe light changes.{}", &text[..at], &text[at..]);
                self.save(if on { &rewritten } else { &text })?;
                let decisions = line * DECISIONS_A_SAVE..(line + 1) * DECISIONS_A_SAVE;
                for decision in decisions {
                    let take = takes[decision * takes.len() / (REWRITTEN_LINES * DECISIONS_A_SAVE)];
                    self.decide(decision + turn, take, on)?;
                }
            }
        }
        self.flush()?;
        let events = self.past.log.read_after(Seq(first), usize::MAX)?;
        Ok(events.into_iter().map(|it| it.event).collect())
    }

    fn save(&mut self, text: &str) -> anyhow::Result<()> {
        let script = Script::parse(text);
        let change = self.story.planned(script.clone(), film::hash(text), None);
        self.run(CommitScript { change })?;
        self.story.others.insert(film::PATH.to_owned(), script);
        Ok(())
    }

    fn decide(&mut self, number: usize, id: TakeId, on: bool) -> anyhow::Result<()> {
        let project = self.story.film.state.project.card.id.context("an id")?;
        let on = Some(on);
        match number % 3 {
            0 => self.run(StarTake { project, id, on }).map(|_| ()),
            1 => self.run(SelectTake { project, id, on }).map(|_| ()),
            _ => self.run(RejectTake { project, id, on }).map(|_| ()),
        }
    }
}
