//! What was ever in a log still reads. `tests/golden-events/` keeps stored events, one a line; its
//! files only grow. A line is never corrected: a change of shape needs a new file and an upcaster.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value};
use storycore_codegen::dialect::{self, Field, Shape, Variant};
use storycore_core::{
    Film, GlobalState,
    derived::Derived,
    snapshot,
    state::{System, Ui},
};
use storycore_schema::{Event, catalog};
use storycore_server::event_log::{EVENT_VERSION, read_event, to_current};

use crate::repository::{expect_none, numbered, text};

/// The version of the events in each file, and the file.
const FILES: [(u32, &str); 2] = [
    (1, "tests/golden-events/v1.jsonl"),
    (2, "tests/golden-events/v2.jsonl"),
];

/// Cases of a type that no event can carry, with the reason.
const NEVER: &[(&str, &str)] = &[
    ("RunStatus: running", "a run does not end by going on"),
    ("RunStatus: paused", "a run does not end by being held"),
];

#[test]
fn stored_events_read_and_are_written_as_they_are_today() {
    assert_eq!(FILES.last().map(|it| it.0), Some(EVENT_VERSION));
    let mut found = Vec::new();
    for line in lines() {
        let (at, today) = (&line.at, line.today());
        match read_event(line.version, &line.text) {
            Err(err) => found.push(format!("{at} does not read: {err}")),
            Ok(event) if serde_json::to_value(&event).ok().as_ref() != Some(&today) => {
                found.push(format!("{at} is written otherwise now: {event:?}"));
            }
            Ok(_) => {}
        }
        if line.version == EVENT_VERSION && today != line.value() {
            found.push(format!("{at} is of today, and still something lifts it"));
        }
    }
    expect_none(&found, "logs hold such events: let the new code read them");
}

#[test]
fn every_event_and_every_case_in_it_has_a_line() {
    let types = Types(catalog().types);
    let mut all = BTreeSet::new();
    types.cases("Event", &mut BTreeSet::new(), &mut all);
    let mut seen = BTreeSet::new();
    for line in lines() {
        if let Err(err) = types.meet("Event", &line.today(), &mut seen) {
            panic!("{}: {err}", line.at);
        }
    }
    let is_possible = |it: &&String| NEVER.iter().all(|(never, _)| never != it);
    let found: Vec<String> = all.difference(&seen).filter(is_possible).cloned().collect();
    expect_none(
        &found,
        "add a line that has it to the last file of tests/golden-events",
    );
    for (never, why) in NEVER {
        assert!(all.contains(*never), "{never} is no case any more");
        assert!(!seen.contains(*never), "{never} has a line, though {why}");
    }
}

#[test]
fn stored_events_apply() {
    let mut film = Film::new("/film");
    for event in events() {
        film.apply(std::slice::from_ref(&event));
        assert_eq!(film.derived, Derived::of(&film.state), "after {event:?}");
    }
    let replayed = Film::new("/film").replay(events());
    assert_eq!(replayed.derived, film.derived);
    assert_eq!(replayed.seq, film.seq);
    assert_eq!(film.title(), "High Water");
}

#[test]
fn a_snapshot_and_the_events_since_come_to_the_same_as_all_events() {
    let all = events();
    for at in 0..=all.len() {
        let restored = through_a_snapshot(&all, at);
        let replayed = Film::new("/film").replay(all.clone());
        assert_same(&restored, &replayed, &format!("from event {at}"));
    }
}

/// The film of some events, written down and read again in between.
fn through_a_snapshot(events: &[Event], at: usize) -> Film {
    let before = Film::new("/film").replay(events[..at].to_vec());
    let parts = snapshot::write(&before.state).expect("it is written");
    let film = snapshot::read_film(&parts.film).expect("it reads");
    let generation = snapshot::read_generation(&parts.generation).expect("it reads");
    let state = snapshot::join(film, generation);
    assert_eq!(state, durable(&before.state));
    Film::restored("/film", state, before.seq).replay(events[at..].to_vec())
}

/// What snapshots keep: not what people look at, and not what is wrong in files now.
fn durable(state: &GlobalState) -> GlobalState {
    GlobalState {
        ui: Ui::default(),
        system: System::default(),
        ..state.clone()
    }
}

fn assert_same(restored: &Film, replayed: &Film, what: &str) {
    assert_eq!(durable(&restored.state), durable(&replayed.state), "{what}");
    assert_eq!(restored.derived, replayed.derived, "{what}");
    assert_eq!(restored.seq, replayed.seq, "{what}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is in the log has happened, so no event is refused, whatever came before it.
    #[test]
    fn events_apply_in_any_order_and_number(
        events in Just(events()).prop_shuffle(),
        again in prop::sample::subsequence(events(), 0..12),
    ) {
        let mut film = Film::new("/film");
        for event in events.into_iter().chain(again) {
            film.apply(&[event]);
        }
        prop_assert_eq!(&film.derived, &Derived::of(&film.state));
    }

    /// A snapshot can be made at any moment of any life.
    #[test]
    fn snapshots_keep_every_state(
        events in Just(events()).prop_shuffle(),
        again in prop::sample::subsequence(events(), 0..12),
        at in any::<prop::sample::Index>(),
    ) {
        let all: Vec<Event> = events.into_iter().chain(again).collect();
        let restored = through_a_snapshot(&all, at.index(all.len()));
        assert_same(&restored, &Film::new("/film").replay(all), "shuffled");
    }
}

/// A stored event.
struct Line {
    at: String,
    version: u32,
    text: String,
}

impl Line {
    fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|err| panic!("{}: {err}", self.at))
    }

    /// In the shape that events have now.
    fn today(&self) -> Value {
        let mut value = self.value();
        to_current(self.version, &mut value);
        value
    }
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for (version, file) in FILES {
        lines.extend(numbered(&text(file)).map(|(line, text)| Line {
            at: format!("{file}:{line}"),
            version,
            text: text.to_owned(),
        }));
    }
    lines
}

fn events() -> Vec<Event> {
    let read = |line: Line| read_event(line.version, &line.text).ok();
    lines().into_iter().filter_map(read).collect()
}

/// The types of the contract, to ask which cases they have and which of them a value has: the
/// variants of an enum, and each optional field both with and without.
struct Types(Map<String, Value>);

impl Types {
    fn shape(&self, name: &str) -> Shape {
        let schema = self.0.get(name).unwrap_or_else(|| panic!("no type {name}"));
        dialect::shape(name, schema).unwrap_or_else(|err| panic!("{err:#}"))
    }

    /// Every case of a type and of the types in it.
    fn cases(&self, name: &str, known: &mut BTreeSet<String>, cases: &mut BTreeSet<String>) {
        if known.insert(name.to_owned()) {
            self.cases_of(name, &self.shape(name), known, cases);
        }
    }

    fn cases_of(
        &self,
        at: &str,
        shape: &Shape,
        known: &mut BTreeSet<String>,
        cases: &mut BTreeSet<String>,
    ) {
        match shape {
            Shape::Named(name) => self.cases(name, known, cases),
            Shape::Nullable(inner) | Shape::List(inner) | Shape::Map(inner) => {
                self.cases_of(at, inner, known, cases);
            }
            Shape::Struct(fields) => {
                for field in fields {
                    if is_left_out_at_times(field) {
                        cases.insert(format!("{at}: with {}", field.name));
                        cases.insert(format!("{at}: without {}", field.name));
                    }
                    self.cases_of(&format!("{at}.{}", field.name), &field.shape, known, cases);
                }
            }
            Shape::OneOf(variants) => {
                for variant in variants {
                    let case = format!("{at}: {}", word(variant));
                    self.cases_of(&case, &variant.shape, known, cases);
                    cases.insert(case);
                }
            }
            _ => {}
        }
    }

    /// Notes the cases that a value has.
    fn meet(&self, name: &str, value: &Value, seen: &mut BTreeSet<String>) -> Result<(), String> {
        self.meet_shape(name, &self.shape(name), value, seen)
    }

    fn meet_shape(
        &self,
        at: &str,
        shape: &Shape,
        value: &Value,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        match (shape, value) {
            (Shape::Named(name), _) => self.meet(name, value, seen),
            (Shape::Nullable(_), Value::Null) => Ok(()),
            (Shape::Nullable(inner), _) => self.meet_shape(at, inner, value, seen),
            (Shape::List(inner), Value::Array(values)) => values
                .iter()
                .try_for_each(|it| self.meet_shape(at, inner, it, seen)),
            (Shape::Map(inner), Value::Object(values)) => values
                .values()
                .try_for_each(|it| self.meet_shape(at, inner, it, seen)),
            (Shape::Struct(fields), Value::Object(object)) => {
                self.meet_fields(at, fields, object, seen)
            }
            (Shape::OneOf(variants), _) => {
                let variant = variants.iter().find(|it| is_variant(it, value));
                let variant = variant.ok_or_else(|| format!("{at} has no case for {value}"))?;
                let case = format!("{at}: {}", word(variant));
                self.meet_shape(&case, &variant.shape, value, seen)?;
                seen.insert(case);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn meet_fields(
        &self,
        at: &str,
        fields: &[Field],
        object: &Map<String, Value>,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        if let Some(stray) = object
            .keys()
            .find(|key| fields.iter().all(|it| it.name != **key))
        {
            return Err(format!("{at} has no field `{stray}`"));
        }
        for field in fields {
            let value = object.get(&field.name);
            if is_left_out_at_times(field) {
                let with = if value.is_some() { "with" } else { "without" };
                seen.insert(format!("{at}: {with} {}", field.name));
            }
            if let Some(value) = value {
                self.meet_shape(&format!("{at}.{}", field.name), &field.shape, value, seen)?;
            }
        }
        Ok(())
    }
}

/// A field with a default is always written.
fn is_left_out_at_times(field: &Field) -> bool {
    !field.required && field.default.is_none()
}

/// What tells a variant from the others: its text, or its tag.
fn word(variant: &Variant) -> &str {
    match &variant.shape {
        Shape::Const(word) => word,
        Shape::Struct(fields) => tag(fields).map_or("", |(_, word)| word),
        _ => "",
    }
}

fn tag(fields: &[Field]) -> Option<(&str, &str)> {
    fields.iter().find_map(|field| match &field.shape {
        Shape::Const(word) => Some((field.name.as_str(), word.as_str())),
        _ => None,
    })
}

fn is_variant(variant: &Variant, value: &Value) -> bool {
    match &variant.shape {
        Shape::Const(word) => value == word,
        Shape::Struct(fields) => tag(fields).is_some_and(|(name, word)| value[name] == word),
        _ => false,
    }
}
