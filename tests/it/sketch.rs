//! Panels of the sample film and of any intent: pictures, each its own, always the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use storycore_core::fountain::Script;
use storycore_core::plan::{NewText, Planning, ScriptEdit, plan};
use storycore_core::{Env, Film, IdSource, recipe};
use storycore_schema::Event;
use storycore_schema::bible::BibleEvent;
use storycore_schema::craft::{Angle, Framing, Movement, Setting, TimeOfDay};
use storycore_schema::id::BlobId;
use storycore_schema::project::ProjectEvent;
use storycore_schema::recipe::{Intent, IntentEntry, IntentLine};
use storycore_schema::script::{ChangeCause, ScriptEvent};
use storycore_sketch::{Options, Picture, VERSION, render};

use crate::films::{self, FilmOptions};

/// Small enough for a test of every panel, large enough to see a face.
const OPTIONS: Options = Options { width_px: 320 };
const SEED: u64 = 7;

#[test]
fn every_panel_of_the_sample_film_is_a_picture_of_its_own() {
    let intents = intents();
    assert!(intents.len() > 40, "{} intents", intents.len());
    let mut panels: BTreeMap<Vec<u8>, &Intent> = BTreeMap::new();
    for intent in &intents {
        let picture = render(intent, SEED, &OPTIONS);
        let pixels = decoded(&picture);
        let n_colors = pixels.chunks(3).collect::<BTreeSet<_>>().len();
        assert!(n_colors > 8, "{n_colors} colors: {intent:?}");
        if let Some(other) = panels.insert(picture.png, intent) {
            panic!("two intents give one picture:\n{other:#?}\n{intent:#?}");
        }
    }
}

/// A take is drawn again when the renderer's version changes, and never else: so the pixels may
/// change only with it. The encoder does not matter here; it may be a newer one.
#[test]
fn pixels_change_only_with_the_version() {
    let mut hash = 0xCBF2_9CE4_8422_2325;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let film = films::generate(&FilmOptions::feature(1, 24));
    film.write_to(folder.path()).expect("write a film");
    let any_camera = intents().into_iter().enumerate().map(|(idx, mut intent)| {
        intent.framing = Framing::ALL[idx % Framing::ALL.len()];
        intent.angle = Angle::ALL[idx % Angle::ALL.len()];
        intent.movement = Movement::ALL[idx % Movement::ALL.len()];
        intent
    });
    let films = intents().into_iter().chain(intents_of(folder.path()));
    for intent in films.chain(any_camera) {
        let pixels = decoded(&render(&intent, SEED, &OPTIONS));
        hash = pixels.iter().fold(hash, |hash, byte| fnv(hash, *byte));
    }
    assert_eq!(
        (VERSION, hash),
        ("sketch-1", 2_858_976_831_121_910_835),
        "other pixels: raise `VERSION` in daemon/sketch/src/lib.rs, then write both here"
    );
}

/// FNV-1a, 64 bits: one step.
fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
}

#[test]
fn the_same_intent_and_seed_give_the_same_bytes() {
    for intent in intents().iter().step_by(7) {
        let picture = render(intent, SEED, &OPTIONS);
        assert_eq!(picture, render(&intent.clone(), SEED, &OPTIONS));
        assert_ne!(
            picture.png,
            render(intent, SEED + 1, &OPTIONS).png,
            "the seed is seen"
        );
    }
}

#[test]
fn what_changes_in_an_intent_is_seen() {
    let is_plain = |it: &Intent| {
        let framing = [Framing::Medium, Framing::MediumWide, Framing::Wide].contains(&it.framing);
        framing && it.time_of_day.is_some() && !it.subjects.is_empty()
    };
    let plain = intents().into_iter().find(is_plain);
    let intent = plain.expect("a plain shot with somebody in it");
    let mut seen = BTreeMap::from([(render(&intent, SEED, &OPTIONS).png, "as it is".to_owned())]);
    let mut sees = |what: String, change: &dyn Fn(&mut Intent)| {
        let mut changed = intent.clone();
        change(&mut changed);
        if changed != intent
            && let Some(other) = seen.insert(render(&changed, SEED, &OPTIONS).png, what.clone())
        {
            panic!("{what} looks like {other}");
        }
    };
    for time in TimeOfDay::ALL {
        sees(format!("{time:?}"), &|it| it.time_of_day = Some(*time));
    }
    for framing in Framing::ALL {
        sees(format!("{framing:?}"), &|it| it.framing = *framing);
    }
    for angle in Angle::ALL {
        sees(format!("{angle:?}"), &|it| it.angle = *angle);
    }
    for movement in Movement::ALL {
        sees(format!("{movement:?}"), &|it| it.movement = *movement);
    }
    sees("another subject".to_owned(), &|it| {
        it.subjects[0] = entry("MARTIN", &[("hair", "bald")]);
    });
    sees("one more".to_owned(), &|it| {
        it.subjects.push(entry("A DOG", &[]));
    });
    sees("nobody".to_owned(), &|it| it.subjects.clear());
    sees("another coat".to_owned(), &|it| {
        it.subjects[0]
            .details
            .insert("coat".to_owned(), "bright red".to_owned());
    });
    sees("another place".to_owned(), &|it| {
        it.location = Some(entry("FOREST", &[]));
    });
    sees("another style".to_owned(), &|it| {
        it.style = words(&[("film", "noir")]);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_intent_is_drawn(intent in intent(), seed in any::<u64>(), width_px in 0..200_u32) {
        let picture = render(&intent, seed, &Options { width_px });
        prop_assert_eq!(decoded(&picture).len(), (picture.width * picture.height * 3) as usize);
    }
}

/// A picture's pixels in red, green and blue, read by the PNG library and not by us.
fn decoded(picture: &Picture) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&picture.png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("a whole picture");
    assert_eq!((frame.width, frame.height), (picture.width, picture.height));
    assert_eq!(frame.color_type, png::ColorType::Rgb);
    reader.finish().expect("an end");
    pixels
}

/// What the sample film asks for, each once.
fn intents() -> Vec<Intent> {
    intents_of(&films::sample_dir())
}

fn intents_of(folder: &Path) -> Vec<Intent> {
    let film = read(folder);
    let mut intents: Vec<Intent> = Vec::new();
    for shot in film.shots_in_order() {
        let intent = recipe::prepare(shot, &film.state.project);
        if !intents.contains(&intent) {
            intents.push(intent);
        }
    }
    intents
}

/// A film as the daemon reads it when it is opened for the first time.
fn read(folder: &Path) -> Film {
    let mut film = Film::new("film");
    let settings = toml::from_str(&text(folder, "storycore.toml")).expect("settings");
    film.apply(&[Event::Project(ProjectEvent::SettingsChanged {
        settings,
        text: None,
    })]);
    for path in files(folder, "bible") {
        let entry = toml::from_str(&text(folder, &path)).expect("an entry");
        film.apply(&[Event::Bible(BibleEvent::Changed {
            path,
            entry,
            text: None,
            images: BTreeMap::new(),
        })]);
    }
    let edit = |path: String| ScriptEdit {
        after: Some(NewText {
            script: Script::parse(&text(folder, &path)),
            hash: BlobId([0; 32]),
            edited: None,
        }),
        path,
    };
    let planning = Planning {
        film: &film,
        edits: files(folder, "script").into_iter().map(edit).collect(),
        others: &BTreeMap::new(),
        renamed: BTreeSet::new(),
        cause: ChangeCause::Open,
    };
    let change = plan(&planning, &mut Env::new(1_000, &mut IdSource::new(1)));
    let change = Box::new(change);
    film.apply(&[Event::Script(ScriptEvent::Changed { change })]);
    film
}

fn text(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap_or_else(|err| panic!("read {path}: {err}"))
}

fn files(folder: &Path, name: &str) -> Vec<String> {
    let entries = folder.join(name).read_dir().expect("a folder").flatten();
    let mut files: Vec<String> = entries
        .map(|it| format!("{name}/{}", it.file_name().display()))
        .collect();
    files.sort();
    files
}

fn entry(name: &str, details: &[(&str, &str)]) -> IntentEntry {
    IntentEntry {
        name: name.to_owned(),
        details: words(details),
        images: BTreeMap::new(),
    }
}

fn words(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// Words that the renderer knows, so that its rare cases meet each other.
const WORDS: &[&str] = &[
    "a",
    "ANGRY",
    "BAR",
    "BOAT",
    "CAR",
    "CAT",
    "CHURCH",
    "CORMORANT",
    "CROWD",
    "DOG",
    "ÉLOÏSE",
    "FOREST",
    "GHOST",
    "HORSE",
    "HOSPITAL",
    "KITCHEN",
    "LETTER",
    "MAYA",
    "PHONE",
    "RAIN",
    "SEA",
    "SNOW",
    "STREET",
    "TRAIN",
    "YANN",
    "bald",
    "beard",
    "blue",
    "coat",
    "cries",
    "crown",
    "curly",
    "dress",
    "falls",
    "fights",
    "glasses",
    "gun",
    "hair",
    "hat",
    "height",
    "hugs",
    "kneels",
    "long",
    "noir",
    "old",
    "red",
    "runs",
    "sepia",
    "sits",
    "sleeps",
    "tall",
    "the",
    "tiny",
    "walks",
    "wig",
];

fn phrase() -> impl Strategy<Value = String> {
    let known = vec(select(WORDS), 0..8).prop_map(|it| it.join(" "));
    prop_oneof![4 => known, 1 => any::<String>()]
}

fn details() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(phrase(), phrase(), 0..6)
}

fn any_entry() -> impl Strategy<Value = IntentEntry> {
    (phrase(), details()).prop_map(|(name, details)| IntentEntry {
        name,
        details,
        images: BTreeMap::new(),
    })
}

fn any_line() -> impl Strategy<Value = IntentLine> {
    (option::of(phrase()), phrase()).prop_map(|(speaker, text)| IntentLine { speaker, text })
}

fn intent() -> impl Strategy<Value = Intent> {
    let aspect = prop_oneof![
        Just(0),
        Just(1_778),
        Just(2_390),
        400..4_000_u32,
        any::<u32>()
    ];
    let lens = option::of(prop_oneof![Just(0), 8..400_u32, any::<u32>()]);
    let camera = (
        select(Framing::ALL),
        select(Angle::ALL),
        select(Movement::ALL),
        lens,
    );
    let light = (
        option::of(select(Setting::ALL)),
        option::of(select(TimeOfDay::ALL)),
    );
    let subjects = vec(any_entry(), 0..14);
    let others = (
        option::of(any_entry()),
        vec(any_entry(), 0..4),
        vec(any_line(), 0..8),
        details(),
    );
    (aspect, camera, light, subjects, others).prop_map(
        |(aspect, camera, light, subjects, others)| {
            let (framing, angle, movement, lens_mm) = camera;
            let (setting, time_of_day) = light;
            let (location, props, lines, style) = others;
            Intent {
                renderer: "sketch".to_owned(),
                workflow: None,
                aspect_milli: aspect,
                framing,
                angle,
                lens_mm,
                movement,
                setting,
                time_of_day,
                location,
                subjects,
                props,
                lines,
                style,
                previous: None,
                style_images: BTreeMap::new(),
            }
        },
    )
}
