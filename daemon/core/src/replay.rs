//! Replay: a film from its log. What the log says of a shot is read when it is known to be the last
//! word: a film that was rewritten for years has said something else of every shot many times.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use storycore_schema::{
    Event, Seq,
    craft::{Angle, Framing, Movement},
    id::{SceneId, ShotId},
    script::{ScriptChange, ScriptEvent},
    shot::ShotRecord,
};
use ulid::Ulid;

use crate::{Film, parts::in_parts};

/// What stands at one place of the log.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are events; a box for each costs more than the space"
)]
pub enum Logged {
    /// An event.
    Event(Event),
    /// A change of the script.
    Change(Box<UnreadChange>),
    /// Something that leaves no trace, because of what comes soon after it.
    Passed,
}

/// A change of the script whose shots were not read.
#[derive(Debug)]
pub struct UnreadChange {
    /// The change, without shots.
    pub change: ScriptChange,
    /// The JSON in which the shots stand.
    pub text: Arc<str>,
    /// Where in it each is, as a [`ShotRecord`] of today's version.
    pub shots: Vec<(ShotId, Range<usize>)>,
}

/// What was logged of a shot does not read.
#[derive(Debug)]
pub struct Unreadable {
    /// The event.
    pub seq: Seq,
    /// Why.
    pub source: serde_json::Error,
}

/// The last word about a shot: where it stands in the log, and in which JSON.
struct Unread {
    seq: Seq,
    text: Arc<str>,
    at: Range<usize>,
}

impl Unread {
    fn read(&self) -> Result<ShotRecord, Unreadable> {
        let json = self.text.get(self.at.clone()).unwrap_or_default();
        serde_json::from_str(json).map_err(|source| Unreadable {
            seq: self.seq,
            source,
        })
    }
}

/// A film on its way through its log.
pub struct Replay {
    film: Film,
    shots: BTreeMap<ShotId, Unread>,
    /// Stands in for each of those.
    stand_in: Arc<ShotRecord>,
}

impl Replay {
    /// Goes on from a film.
    pub fn of(film: Film) -> Replay {
        Replay {
            film,
            shots: BTreeMap::new(),
            stand_in: Arc::new(no_shot()),
        }
    }

    /// The last event it has come to.
    pub fn seq(&self) -> Seq {
        self.film.seq
    }

    /// Takes in what comes next in the log.
    pub fn take_in(&mut self, logged: Logged) -> Result<(), Unreadable> {
        match logged {
            Logged::Event(event) => {
                // It may look at shots, or say something else of them.
                if let Event::Script(_) = event {
                    self.settle()?;
                }
                self.film.take_in(event);
            }
            Logged::Change(change) => self.change(*change)?,
            Logged::Passed => self.film.seq.0 += 1,
        }
        Ok(())
    }

    fn change(&mut self, unread: UnreadChange) -> Result<(), Unreadable> {
        let UnreadChange {
            mut change,
            text,
            shots,
        } = unread;
        let seq = Seq(self.film.seq.0 + 1);
        let unread = |at| Unread {
            seq,
            text: text.clone(),
            at,
        };
        let shots = shots.into_iter().map(|(id, at)| (id, unread(at)));
        if change.matches.iter().any(|it| it.doubtful) {
            // A doubt keeps what was there before it. Nothing else that a change does looks at the
            // records of shots.
            self.settle()?;
            change.shots = shots.map(|it| it.1.read()).collect::<Result<_, _>>()?;
        } else {
            let screenplay = &mut self.film.state.project.screenplay;
            for (id, unread) in shots {
                screenplay.place_unread(id, &self.stand_in);
                self.shots.insert(id, unread);
            }
        }
        let change = Box::new(change);
        self.film
            .take_in(Event::Script(ScriptEvent::Changed { change }));
        Ok(())
    }

    /// Reads what is unread.
    fn settle(&mut self) -> Result<(), Unreadable> {
        let screenplay = &mut self.film.state.project.screenplay;
        let unread: Vec<(ShotId, Unread)> = std::mem::take(&mut self.shots).into_iter().collect();
        for (id, shot) in in_parts(&unread, |(id, unread)| (*id, unread.read())) {
            if let Some(unread) = screenplay.unread(id, &self.stand_in) {
                *unread = Arc::new(shot?);
            }
        }
        Ok(())
    }

    /// The film as it is here. What follows from its state is not known.
    pub fn here(&mut self) -> Result<&Film, Unreadable> {
        self.settle()?;
        Ok(&self.film)
    }

    /// The film, with all that follows from its state.
    pub fn end(mut self) -> Result<Film, Unreadable> {
        self.settle()?;
        self.film.derive();
        Ok(self.film)
    }
}

fn no_shot() -> ShotRecord {
    ShotRecord {
        id: ShotId(Ulid::nil()),
        scene: SceneId(Ulid::nil()),
        framing: Framing::Wide,
        angle: Angle::EyeLevel,
        lens_mm: None,
        movement: Movement::Static,
        subjects: Vec::new(),
        setting: None,
        location: None,
        time_of_day: None,
        lines: Vec::new(),
        start: 0,
        end: 0,
        line: 0,
        duration_ms: 0,
        directed: false,
    }
}
