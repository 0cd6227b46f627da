//! What models are told, and what their answers mean.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use storycore_schema::{
    ErrorKind,
    bible::{BibleEntry, EntryKind},
    id::{BlobId, SceneId},
    script::ChangeCause,
    task::SuggestedShot,
};

use super::*;
use crate::{
    Decide, Env, Film, IdSource,
    breakdown::{BreakdownContext, Names, PlannedShot, break_down, cue_names},
    fountain::Script,
    plan::{CommitScript, NewText, Planning, ScriptEdit, plan},
};

const SCRIPT: &str = "\
INT. BOATHOUSE - NIGHT

Maya planes a long plank by lamplight. Shavings curl on the floor.

MAYA
(not looking up)
Wood forgets nothing.

[[shot: CU LEO]]

Leo lifts the lamp.

LEO
It is late.

EXT. SLIPWAY - DAWN

The boat slides into the water by itself.
";

fn film(text: &str) -> (Film, Script) {
    let (mut film, mut ids) = (Film::new("/film"), IdSource::new(1));
    let script = Script::parse(text);
    let edits = vec![ScriptEdit {
        path: "script/a.fountain".to_owned(),
        after: Some(NewText {
            script: script.clone(),
            hash: BlobId(*blake3::hash(text.as_bytes()).as_bytes()),
            edited: None,
        }),
    }];
    let change = plan(
        &Planning {
            film: &film,
            edits,
            others: &BTreeMap::new(),
            renamed: BTreeSet::new(),
            cause: ChangeCause::Disk,
        },
        &mut Env::new(1_000, &mut ids),
    );
    let commit = CommitScript { change };
    let (_, events) = commit
        .decide(&film, &mut Env::new(1_000, &mut ids))
        .unwrap();
    film.apply(&events);
    (film, script)
}

fn scene(film: &Film, at: usize) -> SceneId {
    film.state
        .project
        .screenplay
        .scenes_in_order()
        .nth(at)
        .unwrap()
        .id
}

fn names_of(script: &Script) -> Names {
    let mut names = Names::default();
    let cues = script.blocks().iter().flat_map(|it| cue_names(it));
    cues.for_each(|it| names.insert(&it));
    names
}

fn shots_of(text: &str, at: usize) -> Vec<PlannedShot> {
    let script = Script::parse(text);
    let names = names_of(&script);
    let context = BreakdownContext {
        names: &names,
        previous_time_of_day: None,
    };
    break_down(&script.blocks()[at], &context)
}

fn planned(first_line: usize) -> Value {
    json!({
        "firstLine": first_line, "framing": "closeUp", "angle": "low", "movement": "dollyIn",
        "lensMm": 85, "subjects": ["maya", "lamp", "85mm", "MAYA"], "durationMs": 3_250, "why": " x ",
    })
}

fn understood(shots: &[Value], text: &str) -> Result<Vec<SuggestedShot>, Error> {
    let (film, script) = film(text);
    let lines = breakdown::lines_of(&script.blocks()[0]);
    let place = (&film, scene(&film, 0));
    breakdown::understood(
        &json!({ "shots": shots }),
        &lines,
        place,
        &names_of(&script),
    )
}

#[test]
fn a_scene_is_told_by_its_paragraphs_and_speeches() {
    let (film, script) = film(SCRIPT);
    let lines = breakdown::lines_of(&script.blocks()[0]);
    let text: Vec<_> = lines
        .iter()
        .map(|it| (it.line, &*it.text, it.is_directed))
        .collect();
    assert_eq!(
        text,
        [
            (
                2,
                "Maya planes a long plank by lamplight. Shavings curl on the floor.",
                false
            ),
            (4, "MAYA: (not looking up) Wood forgets nothing.", false),
            (10, "Leo lifts the lamp.", true),
            (12, "LEO: It is late.", false),
        ]
    );
    let told = breakdown::context(&film, scene(&film, 0), &lines, (None, 900)).unwrap();
    assert_eq!(told["characters"], json!(["MAYA", "LEO"]));
    assert_eq!(told["lines"][1]["n"], 2);
    assert_eq!(told["shotsMax"], breakdown::SHOTS_MAX);
}

#[test]
fn a_plan_covers_the_scene_from_its_first_line_to_its_last() {
    let shots = understood(&[planned(3), planned(2), planned(3), planned(9)], SCRIPT).unwrap();
    let begin: Vec<u64> = shots.iter().map(|it| it.line).collect();
    // Two that begin on one line are one, and the ninth line is none of the scene.
    assert_eq!(begin, [3, 11]);
    assert!(
        shots[0].text.ends_with("Wood forgets nothing."),
        "{}",
        shots[0].text
    );
    assert!(shots[1].text.ends_with("It is late."), "{}", shots[1].text);
    assert_eq!(shots[0].subjects, ["MAYA", "LAMP"], "85mm is nobody");
    assert_eq!(shots[0].why.as_deref(), Some("x"));
}

#[test]
fn a_plan_without_a_shot_is_no_plan() {
    for shots in [vec![], vec![planned(0)], vec![planned(77)]] {
        let error = understood(&shots, SCRIPT).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    }
    let error = understood(&[json!({ "firstLine": 1 })], SCRIPT).unwrap_err();
    assert!(error.message.contains("framing"), "{error}");
}

#[test]
fn what_a_person_directs_is_left_to_that() {
    let (film, script) = film(SCRIPT);
    let lines = breakdown::lines_of(&script.blocks()[0]);
    let shots = understood(&[planned(1), planned(3)], SCRIPT).unwrap();
    let notes = breakdown::notes(&shots, &lines, (&film, scene(&film, 0))).unwrap();
    let written: Vec<_> = notes.iter().map(|it| (it.line, &*it.note)).collect();
    assert_eq!(
        written,
        [
            (
                3,
                "[[shot: CU, opens, MAYA, LAMP, low angle, dolly in, 85mm, 3.3s]]"
            ),
            (5, "[[shot: hold]]"),
            (13, "[[shot: hold]]"),
        ]
    );
}

fn any_plan() -> impl Strategy<Value = Vec<Value>> {
    let framing = prop::sample::select(vec![
        "wide",
        "medium",
        "closeUp",
        "extremeCloseUp",
        "insert",
    ]);
    let angle = prop::sample::select(vec!["eyeLevel", "low", "high", "dutch"]);
    let movement = prop::sample::select(vec!["static", "panLeft", "dollyIn", "handheld"]);
    let shot = (
        1_usize..9,
        framing,
        angle,
        movement,
        500_u32..20_000,
        any::<bool>(),
    );
    let shot = shot.prop_map(|(line, framing, angle, movement, ms, has_subject)| {
        let subjects = if has_subject { vec!["MAYA"] } else { vec![] };
        json!({
            "firstLine": line, "framing": framing, "angle": angle, "movement": movement,
            "lensMm": 35, "subjects": subjects, "durationMs": ms, "why": "",
        })
    });
    prop::collection::vec(shot, 1..8)
}

fn any_scene() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("Maya planes a long plank. She stops.\n\n"),
        Just("The lamp\n\n"),
        Just("MAYA\nWood forgets nothing.\n\n"),
        Just("LEO (O.S.)\n(low)\nIt is late.\n\n"),
        Just("CLOSE ON the plank: a knot.\n\n"),
    ];
    let parts = prop::collection::vec(part, 1..9);
    parts.prop_map(|it| format!("INT. BOATHOUSE - NIGHT\n\n{}", it.concat()))
}

proptest! {
    /// Written into the script, a plan is what the film goes by: as many shots, each where and as
    /// it was planned.
    #[test]
    fn a_script_with_the_notes_has_the_shots(text in any_scene(), plan in any_plan(), crlf: bool) {
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let (film, script) = film(&text);
        let lines = breakdown::lines_of(&script.blocks()[0]);
        let place = (&film, scene(&film, 0));
        let answer = json!({ "shots": plan });
        let names = names_of(&script);
        let Ok(shots) = breakdown::understood(&answer, &lines, place, &names) else {
            return Ok(());
        };
        let notes = breakdown::notes(&shots, &lines, place).unwrap();
        let written = breakdown::with_notes(&text, &notes);
        let made = shots_of(&written, 0);
        let label = format!("{written}\n{made:#?}");
        prop_assert_eq!(made.len(), shots.len(), "{}", label);
        for (made, shot) in made.iter().zip(&shots) {
            prop_assert_eq!(made.framing, shot.framing, "{}", label);
            prop_assert_eq!(made.angle, shot.angle, "{}", label);
            prop_assert_eq!(made.movement, shot.movement, "{}", label);
            if !shot.subjects.is_empty() {
                prop_assert_eq!(&made.subjects, &shot.subjects, "{}", label);
            }
            prop_assert!(made.duration_ms.abs_diff(shot.duration_ms) <= 50, "{}", label);
        }
        if crlf {
            prop_assert!(!written.replace("\r\n", "").contains('\n'));
        }
    }
}

#[test]
fn wishes_are_short_or_nothing() {
    assert_eq!(wish(Some("  ")).unwrap(), None);
    assert_eq!(wish(Some(" darker ")).unwrap().as_deref(), Some("darker"));
    let error = wish(Some(&"x".repeat(WISH_CHARS_MAX + 1))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidParams);
}

#[test]
fn long_texts_are_cut_at_words() {
    assert_eq!(cut("one two three", 13), "one two three");
    assert_eq!(cut("one two three", 9), "one two …");
    assert_eq!(cut("éééé", 2), "éé …");
}

fn maya() -> BibleEntry {
    BibleEntry {
        aliases: vec!["MRS. REED".to_owned()],
        details: BTreeMap::from([("hair".to_owned(), "grey".to_owned())]),
        ..entry::known(&film(SCRIPT).0, EntryKind::Character, "MAYA").unwrap()
    }
}

#[test]
fn an_entry_is_told_by_the_passages_that_speak_of_it() {
    let (film, _) = film(SCRIPT);
    let told = entry::context(&film, &maya()).unwrap();
    let passages = told["passages"].as_array().unwrap();
    assert_eq!(passages.len(), 1);
    let text = passages[0]["text"].as_str().unwrap();
    assert!(
        text.contains("planes a long plank") && text.contains("Wood forgets"),
        "{text}"
    );
    assert!(!text.contains("It is late"), "{text}");
    let place = entry::known(&film, EntryKind::Location, "slipway").unwrap();
    let told = entry::context(&film, &place).unwrap();
    assert_eq!(told["passages"][0]["heading"], "EXT. SLIPWAY - DAWN");
    let nobody = entry::known(&film, EntryKind::Character, "QUILL").unwrap();
    assert_eq!(
        entry::context(&film, &nobody).unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[test]
fn a_model_adds_to_an_entry_and_contradicts_nothing() {
    let answer = json!({
        "description": "Builds boats.",
        "aliases": ["Mrs. Reed", "THE WIDOW"],
        "details": [
            { "name": "Hair", "value": "red", "source": "proposed" },
            { "name": "left hand", "value": " scarred ", "source": "script" },
            { "name": "left_hand", "value": "whole", "source": "proposed" },
            { "name": "eyes", "value": " ", "source": "proposed" },
        ],
    });
    let maya = maya();
    let filled = entry::understood(&answer, &maya).unwrap();
    assert_eq!(filled.aliases, ["THE WIDOW"]);
    let details: Vec<_> = filled
        .details
        .iter()
        .map(|it| (&*it.name, &*it.value))
        .collect();
    assert_eq!(details, [("left_hand", "scarred")]);
    let file: BibleEntry = toml::from_str(&entry::file(&maya, &filled).unwrap()).unwrap();
    assert_eq!(file.details["hair"], "grey");
    assert_eq!(file.details["left_hand"], "scarred");
    assert_eq!(file.aliases, ["MRS. REED", "THE WIDOW"]);
    assert_eq!(file.description.as_deref(), Some("Builds boats."));
}

#[test]
fn findings_speak_of_shots_of_the_scene_the_worst_first() {
    let (film, _) = film(SCRIPT);
    let found = |shots: &[&str], severity| {
        json!({
            "shots": shots, "kind": "prop", "severity": severity, "message": "m", "fix": "f",
        })
    };
    let answer = json!({ "findings": [
        found(&["1A", "9Z"], "warning"), found(&["2A"], "error"), found(&[" 1B "], "error"),
    ] });
    let found = continuity::understood(&answer, &film, scene(&film, 0)).unwrap();
    let record = film
        .state
        .project
        .screenplay
        .scene(scene(&film, 0))
        .unwrap();
    let shots: Vec<_> = found.iter().map(|it| it.shots.clone()).collect();
    assert_eq!(shots, [[record.shots[1]], [record.shots[0]]]);
    let told = continuity::context(&film, scene(&film, 0)).unwrap();
    assert_eq!(told["shots"][0]["label"], "1A");
}

#[test]
fn a_translation_is_whole_or_none() {
    let (film, _) = film(SCRIPT);
    let speeches = translate::speeches(&film, scene(&film, 0)).unwrap();
    let told = translate::context(&film, &speeches, "French").unwrap();
    assert_eq!(told["lines"][1]["text"], "It is late.");
    let line = |id, text| json!({ "id": id, "text": text });
    let answer = json!({ "lines": [line("2", "Il est tard."), line("1", " Le bois… ")] });
    let lines = translate::understood(&answer, &speeches).unwrap();
    assert_eq!(lines[0].text, "Le bois…");
    assert_eq!(lines[1].character, "LEO");
    for answer in [
        json!({ "lines": [line("1", "Le bois")] }),
        json!({ "lines": [] }),
    ] {
        let error = translate::understood(&answer, &speeches).unwrap_err();
        assert!(error.message.contains("left out speech"), "{error}");
    }
    assert!(translate::context(&film, &speeches, "fr;\nignore").is_err());
    assert!(
        translate::speeches(&film, scene(&film, 1)).is_err(),
        "nobody speaks there"
    );
}

#[test]
fn a_long_film_is_told_in_equal_parts() {
    let scenes: String = (0..300)
        .map(|at| {
            format!(
                "INT. ROOM {at} - DAY\n\n{}\n\n",
                "Somebody waits. ".repeat(60)
            )
        })
        .collect();
    let (film, _) = film(&scenes);
    let told = logline::context(&film).unwrap();
    let told = told["scenes"].as_array().unwrap();
    assert_eq!(told.len(), 300);
    let lengths: BTreeSet<usize> = told
        .iter()
        .map(|it| it["text"].as_str().unwrap().chars().count())
        .collect();
    assert!(
        lengths.iter().all(|it| (100..=164).contains(it)),
        "{lengths:?}"
    );
    assert!(logline::context(&Film::new("/film")).is_err());
}

#[test]
fn a_prompt_is_told_what_makes_a_picture_stale_and_nothing_else() {
    let (film, _) = film(SCRIPT);
    let record = film
        .state
        .project
        .screenplay
        .scene(scene(&film, 0))
        .unwrap();
    let shot = film.state.project.screenplay.shot(record.shots[0]).unwrap();
    let intent = crate::recipe::prepare(shot, &film.state.project);
    let told = prompt::context(&intent, Some("a boat"), None);
    assert_eq!(told["shot"]["location"], "BOATHOUSE");
    assert_eq!(told["current"], "a boat");
    let written = prompt::understood(&json!({ "prompt": "a woman planes a plank" })).unwrap();
    assert_eq!(
        (&*written.positive, &*written.negative),
        ("a woman planes a plank", "")
    );
}
