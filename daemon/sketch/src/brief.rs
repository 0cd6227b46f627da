//! From an intent to what will be drawn: the words are read here and nowhere else.

use storycore_schema::craft::{Framing, Setting, TimeOfDay};
use storycore_schema::recipe::{Intent, IntentEntry, IntentLine};

use crate::costume::Look;
use crate::palette::Grade;
use crate::pose::Pose;
use crate::props::Object;
use crate::set::{Place, Weather};
use crate::words;

/// How many subjects of one intent are drawn; a crowd beyond it looks the same.
pub(crate) const SUBJECTS_MAX: usize = 9;
/// How many lines of one intent are read.
pub(crate) const LINES_MAX: usize = 24;

/// One subject, ready to be drawn.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) look: Look,
    pub(crate) pose: Pose,
    pub(crate) speaking: bool,
    pub(crate) slot: usize,
}

/// Everything the words of an intent decide.
#[derive(Debug, Clone)]
pub(crate) struct Brief {
    pub(crate) place: Place,
    pub(crate) setting: Setting,
    pub(crate) weather: Weather,
    pub(crate) hour: TimeOfDay,
    pub(crate) actors: Vec<Actor>,
    pub(crate) object: Option<Object>,
    pub(crate) style: Grade,
}

impl Brief {
    pub(crate) fn read(intent: &Intent) -> Brief {
        let lines = &intent.lines[..intent.lines.len().min(LINES_MAX)];
        let action: Vec<Vec<String>> = lines
            .iter()
            .filter(|it| it.speaker.is_none())
            .map(|it| words::words(&it.text))
            .collect();
        let place_words = place_words(intent.location.as_ref());
        let place = words::first(words::PLACES, &place_words)
            .or_else(|| action.iter().find_map(|it| words::first(words::PLACES, it)));
        let setting = intent.setting.unwrap_or_else(|| guess_setting(place));
        let weather = action
            .iter()
            .chain([&place_words])
            .find_map(|it| words::first(words::WEATHERS, it))
            .unwrap_or(Weather::Clear);
        Brief {
            place: place.unwrap_or(Place::Room),
            setting,
            weather,
            hour: intent.time_of_day.unwrap_or(TimeOfDay::Day),
            actors: actors(intent, lines, &action),
            object: object(intent, &action),
            style: style(intent),
        }
    }

    /// Whether a ceiling hangs over the scene.
    pub(crate) fn indoors(&self) -> bool {
        match self.setting {
            Setting::Interior => true,
            Setting::Exterior => false,
            Setting::InteriorExterior => self.place.indoors() && self.place != Place::Car,
        }
    }
}

fn place_words(location: Option<&IntentEntry>) -> Vec<String> {
    let Some(entry) = location else {
        return Vec::new();
    };
    let mut found = words::words(&entry.name);
    for value in entry.details.values().take(crate::costume::DETAILS_MAX) {
        found.extend(words::words(value));
    }
    found
}

fn guess_setting(place: Option<Place>) -> Setting {
    match place {
        Some(place) if !place.indoors() => Setting::Exterior,
        _ => Setting::Interior,
    }
}

fn actors(intent: &Intent, lines: &[IntentLine], action: &[Vec<String>]) -> Vec<Actor> {
    let subjects = &intent.subjects[..intent.subjects.len().min(SUBJECTS_MAX)];
    let names: Vec<Vec<String>> = subjects.iter().map(|it| words::words(&it.name)).collect();
    let poses = poses(&names, action);
    let speaker = lines
        .iter()
        .filter_map(|it| it.speaker.as_deref())
        .find_map(|speaker| {
            let said = words::words(speaker);
            names
                .iter()
                .position(|name| !name.is_empty() && said.starts_with(name))
        });
    subjects
        .iter()
        .enumerate()
        .map(|(slot, entry)| Actor {
            look: Look::of(entry),
            pose: poses[slot].unwrap_or(Pose::Stand),
            speaking: speaker == Some(slot),
            slot,
        })
        .collect()
}

/// What each subject does: an action word belongs to whoever was named last, or to the first.
fn poses(names: &[Vec<String>], action: &[Vec<String>]) -> Vec<Option<Pose>> {
    let mut poses = vec![None; names.len()];
    for line in action {
        let mut current = 0;
        for (idx, word) in line.iter().enumerate() {
            if let Some(named) = names.iter().position(|name| name.contains(word)) {
                current = named;
            } else if let (Some(pose), Some(slot)) =
                (words::pose(word, line.get(idx + 1)), poses.get_mut(current))
            {
                slot.get_or_insert(pose);
                if pose == Pose::Hug && names.len() > 1 {
                    poses[0].get_or_insert(pose);
                    poses[1].get_or_insert(pose);
                }
            }
        }
    }
    poses
}

fn object(intent: &Intent, action: &[Vec<String>]) -> Option<Object> {
    let named = intent
        .subjects
        .iter()
        .take(SUBJECTS_MAX)
        .find_map(|it| words::first(words::OBJECTS, &words::words(&it.name)));
    let known = named.or_else(|| {
        action
            .iter()
            .find_map(|it| words::first(words::OBJECTS, it))
    });
    match intent.framing {
        Framing::Insert => Some(known.unwrap_or(Object::Letter)),
        _ => known,
    }
}

fn style(intent: &Intent) -> Grade {
    let mut grade = Grade::PLAIN;
    for (key, value) in intent.style.iter().take(crate::costume::DETAILS_MAX) {
        for word in words::words(value).iter().chain(&words::words(key)) {
            grade = match word.as_str() {
                "sepia" | "vintage" | "western" => Grade {
                    gain: [1.04, 0.95, 0.80],
                    drain: 0.75,
                    contrast: 0.98,
                },
                "noir" | "monochrome" | "bw" => Grade {
                    gain: [1.0, 1.0, 1.0],
                    drain: 1.0,
                    contrast: 1.25,
                },
                "blue" | "cold" | "froid" | "bleu" => Grade {
                    gain: [0.88, 0.96, 1.08],
                    drain: 0.25,
                    ..grade
                },
                "warm" | "chaud" | "golden" => Grade {
                    gain: [1.06, 0.98, 0.86],
                    ..grade
                },
                "green" | "vert" => Grade {
                    gain: [0.92, 1.03, 0.92],
                    drain: 0.2,
                    ..grade
                },
                "muted" | "desaturated" | "pale" => Grade {
                    drain: 0.5,
                    contrast: 0.94,
                    ..grade
                },
                "contrast" | "hard" | "gritty" => Grade {
                    contrast: 1.2,
                    ..grade
                },
                _ => grade,
            };
        }
    }
    grade
}
