//! Replay: a film from its log. What the log says of a scene or a shot is read when it is known to be
//! the last word: a film that was rewritten for years has said something else of each many times.

use std::{collections::HashMap, ops::Range, sync::Arc};

use serde::de::DeserializeOwned;
use storycore_schema::{
    Event, Seq,
    craft::{Angle, Framing, Movement},
    id::{BlobId, SceneId, ShotId},
    scene::SceneRecord,
    script::{ScriptChange, ScriptEvent},
    shot::ShotRecord,
};
use ulid::Ulid;

use crate::{Film, parts::in_parts};

/// What stands at one place of the log.
#[derive(Debug)]
pub enum Logged {
    /// An event.
    Event(Event),
    /// A change of the script.
    Change(Box<UnreadChange>),
    /// Something that leaves no trace, because of what comes soon after it.
    Passed,
}

/// A change of the script whose scenes and shots were not read.
#[derive(Debug)]
pub struct UnreadChange {
    /// The change, without scenes and shots.
    pub change: ScriptChange,
    /// The JSON in which they stand.
    pub text: Arc<str>,
    /// Where in it each is, as a [`SceneRecord`] of today's version.
    pub scenes: Vec<(SceneId, Range<usize>)>,
    /// Where in it each is, as a [`ShotRecord`] of today's version.
    pub shots: Vec<(ShotId, Range<usize>)>,
}

/// What was logged of a scene or a shot does not read.
#[derive(Debug)]
pub struct Unreadable {
    /// The event.
    pub seq: Seq,
    /// Why.
    pub source: serde_json::Error,
}

/// The last word about something: where it stands in the log, and in which JSON.
struct Unread {
    seq: Seq,
    text: Arc<str>,
    at: Range<usize>,
}

impl Unread {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
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
    scenes: HashMap<SceneId, Unread>,
    shots: HashMap<ShotId, Unread>,
    stand_ins: StandIns,
}

/// What stands in for records that are not read yet.
pub(crate) struct StandIns {
    pub(crate) scene: Arc<SceneRecord>,
    pub(crate) shot: Arc<ShotRecord>,
}

impl Replay {
    /// Goes on from a film.
    pub fn of(film: Film) -> Replay {
        Replay {
            film,
            scenes: HashMap::new(),
            shots: HashMap::new(),
            stand_ins: StandIns {
                scene: Arc::new(no_scene()),
                shot: Arc::new(no_shot()),
            },
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
            scenes,
            shots,
        } = unread;
        let seq = Seq(self.film.seq.0 + 1);
        let unread = |at| Unread {
            seq,
            text: text.clone(),
            at,
        };
        let scenes = scenes.into_iter().map(|(id, at)| (id, unread(at)));
        let shots = shots.into_iter().map(|(id, at)| (id, unread(at)));
        if change.matches.iter().any(|it| it.doubtful) {
            // A doubt keeps what was there before it.
            self.settle()?;
            change.scenes = scenes.map(|it| it.1.read()).collect::<Result<_, _>>()?;
            change.shots = shots.map(|it| it.1.read()).collect::<Result<_, _>>()?;
        } else {
            let screenplay = &mut self.film.state.project.screenplay;
            for (id, unread) in scenes {
                screenplay.place_unread_scene(id, &self.stand_ins);
                self.scenes.insert(id, unread);
            }
            for (id, unread) in shots {
                screenplay.place_unread_shot(id, &self.stand_ins);
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
        for (id, scene) in read_all(&mut self.scenes) {
            if let Some(unread) = screenplay.unread_scene(id, &self.stand_ins) {
                *unread = Arc::new(scene?);
            }
        }
        for (id, shot) in read_all(&mut self.shots) {
            if let Some(unread) = screenplay.unread_shot(id, &self.stand_ins) {
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

/// Reads all that is unread, and forgets that it was.
fn read_all<I: Copy + Sync + Send, T: DeserializeOwned + Send>(
    unread: &mut HashMap<I, Unread>,
) -> Vec<(I, Result<T, Unreadable>)> {
    let unread: Vec<(I, Unread)> = unread.drain().collect();
    in_parts(&unread, |(id, unread)| (*id, unread.read()))
}

fn no_scene() -> SceneRecord {
    SceneRecord {
        id: SceneId(Ulid::nil()),
        script: String::new(),
        heading: String::new(),
        setting: None,
        location: String::new(),
        time_of_day: None,
        written_number: None,
        bytes: 0,
        lines: 0,
        text: BlobId([0; 32]),
        shots: Vec::new(),
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
