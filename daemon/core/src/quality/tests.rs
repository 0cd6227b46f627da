//! What figures of takes come to, by the style of a film.

use expect_test::{Expect, expect};
use storycore_schema::{
    bible::{BibleEntry, BibleEvent},
    recipe::{Intent, KeptIntent},
    take::TakeSource,
};
use ulid::Ulid;

use super::*;

fn measures() -> Measures {
    let color = |color: &str, share| ColorShare {
        color: color.to_owned(),
        share,
    };
    Measures {
        version: 1,
        width_px: 1_280,
        height_px: 720,
        sharpness: Some(49.996),
        brightness: 110.0,
        p1: 3,
        p99: 250,
        clipped_black: 0.01,
        clipped_white: 0.02,
        contrast: 44.0,
        dark: 0.1,
        noise: None,
        colors: vec![color("#1b2a3f", 0.75), color("#c8a15a", 0.25)],
        fingerprint: Some("00ff00ff00ff00ffff00ff00ff00ff00".to_owned()),
    }
}

fn take(renderer: &str) -> Take {
    let intent = Intent {
        renderer: renderer.to_owned(),
        aspect_milli: 1_778,
        ..serde_json::from_str(
            r#"{"renderer":"x","aspectMilli":1778,"framing":"wide","angle":"eyeLevel",
                "movement":"static","subjects":[],"lines":[],"style":{}}"#,
        )
        .unwrap()
    };
    Take {
        id: Ulid(1).into(),
        shot: Ulid(2).into(),
        asset: storycore_schema::id::BlobId([0; 32]),
        source: TakeSource::Rendered {
            run: Ulid(3).into(),
            render_key: storycore_schema::id::RenderKey([0; 32]),
            seed: 1,
            renderer_version: format!("{renderer} 1"),
        },
        intent_hash: crate::recipe::intent_hash(&intent),
        intent: KeptIntent::of(&intent),
        made_ms: 0,
    }
}

fn styled(quality: &str) -> Standard {
    let mut bible = Bible::default();
    bible.apply(&BibleEvent::Changed {
        path: "bible/style.toml".to_owned(),
        entry: BibleEntry {
            kind: EntryKind::Style,
            name: "STYLE".to_owned(),
            aliases: Vec::new(),
            description: None,
            details: std::collections::BTreeMap::new(),
            quality: Some(Box::new(toml::from_str(quality).unwrap())),
        },
        text: None,
    });
    Standard::of(&bible)
}

fn check(renderer: &str, quality: &str, expected: &Expect) {
    let looked = Looked::Picture {
        measures: measures(),
    };
    let found = checks(&take(renderer), &looked, &styled(quality));
    let mut told = format!("{:?}, {}\n", found.grade, found.words);
    for it in &found.verdicts {
        told += &format!("{:?} {:?}: {}\n", it.grade, it.check, it.words);
    }
    expected.assert_eq(&told);
}

#[test]
fn what_misses_by_little_fails_and_says_so() {
    check(
        "comfyui",
        "",
        &expect![[r#"
        Fail, 50.0 of 100, and 70 passes; without motion, audio, continuity: not measured
        Pass BlackFrame: not black: 10.0% of it is darker than 32 of 255
        Fail Sharpness: soft: 49.996, and 50 is the least
        Pass Brightness: 110 of 255 on average
        Pass Shadows: shadows keep their detail: 1.00% of the picture is black
        Pass Highlights: highlights keep their detail: 2.00% of the picture is white
        Pass Contrast: a contrast of 44.0
        NotMeasured Noise: not measured: the picture is 1280 × 720 px, which is too small for it
        NotMeasured Palette: not measured: the style names no colors
        NotMeasured Size: not measured: no size was asked for
        Pass Aspect: 1.778 : 1, 0.012% off what was asked
    "#]],
    );
}

#[test]
fn a_style_sets_thresholds_colors_and_sizes() {
    let style = "sharpnessSoft = 20\npalette = [\"#1b2a3f\"]\nwidthPx = 1920\nheightPx = 1080";
    check(
        "comfyui",
        style,
        &expect![[r#"
        Fail, 57.5 of 100, and 70 passes; without motion, audio, continuity: not measured
        Pass BlackFrame: not black: 10.0% of it is darker than 32 of 255
        Pass Sharpness: acceptably sharp: 50.0
        Pass Brightness: 110 of 255 on average
        Pass Shadows: shadows keep their detail: 1.00% of the picture is black
        Pass Highlights: highlights keep their detail: 2.00% of the picture is white
        Pass Contrast: a contrast of 44.0
        NotMeasured Noise: not measured: the picture is 1280 × 720 px, which is too small for it
        Warn Palette: the colors are not those of the style: ΔE 14.5 from the style, and up to 12.0 is good
        Fail Size: 1280 × 720 px, and 1920 × 1080 px was asked: 640 px off, 16 px is the most
        Pass Aspect: 1.778 : 1, 0.012% off what was asked
    "#]],
    );
}

#[test]
fn of_a_sketch_only_what_means_something_is_said() {
    check(
        "sketch",
        "",
        &expect![[r#"
        Pass, not measured: nothing is known of sharpness, motion, audio, continuity
        Pass BlackFrame: not black: 10.0% of it is darker than 32 of 255
        NotMeasured Sharpness: not measured: a sketch is lines on paper, which this says nothing of
        NotMeasured Brightness: not measured: a sketch is lines on paper, which this says nothing of
        NotMeasured Shadows: not measured: a sketch is lines on paper, which this says nothing of
        NotMeasured Highlights: not measured: a sketch is lines on paper, which this says nothing of
        NotMeasured Contrast: not measured: a sketch is lines on paper, which this says nothing of
        NotMeasured Noise: not measured: a sketch is lines on paper, which this says nothing of
        NotMeasured Palette: not measured: a sketch is lines on paper, which this says nothing of
        NotMeasured Size: not measured: no size was asked for
        Pass Aspect: 1.778 : 1, 0.012% off what was asked
    "#]],
    );
}

#[test]
fn what_cannot_be_read_fails_and_what_cannot_be_measured_does_not() {
    let of = |looked: Looked| {
        let found = checks(&take("comfyui"), &looked, &styled(""));
        (found.grade, found.words)
    };
    let why = "the file is cut off: its end is missing".to_owned();
    let words = "the picture cannot be read: the file is cut off: its end is missing".to_owned();
    assert_eq!(of(Looked::Broken { why }), (Grade::Fail, words));
    let why = "a frame of h264 video needs a decoder".to_owned();
    let words = "not measured: a frame of h264 video needs a decoder".to_owned();
    assert_eq!(of(Looked::Unmeasured { why }), (Grade::NotMeasured, words));
}

#[test]
fn what_is_kept_comes_back_as_it_was_measured() {
    let figures = figures(&measures());
    assert_eq!(kept(&figures, 1), measures());
    let json = serde_json::to_string(&measures()).unwrap();
    let mut other = measures();
    // One that is not the same when it is printed with 17 digits and read carelessly.
    other.brightness = 0.1 + 0.2;
    other.sharpness = Some(f64::from_bits(0x3FF0_0000_0000_0001));
    let again: Measures = serde_json::from_str(&serde_json::to_string(&other).unwrap()).unwrap();
    assert_eq!(again, other);
    assert_eq!(serde_json::from_str::<Measures>(&json).unwrap(), measures());
}

#[test]
fn a_table_that_makes_no_sense_is_told() {
    let check = |text: &str, expected: Option<&str>| {
        let told = problem(&toml::from_str(text).unwrap());
        let told = told.map(|(key, message, hint)| format!("{key}: {message}; {hint}"));
        assert_eq!(told.as_deref(), expected, "{text}");
    };
    check("", None);
    check("attempts = 8\npalette = [\"#1B2a3f\"]\nnoiseWarn = 0", None);
    check(
        "attempts = 9",
        Some("attempts: 9 attempts cannot be made; write a number from 1 to 8"),
    );
    check(
        "palette = [\"navy\"]",
        Some("palette: `navy` is no color; write red, green and blue as \"#1b2a3f\""),
    );
    check(
        "widthPx = 1920",
        Some(
            "widthPx: a size needs a width and a height; write both `widthPx` and `heightPx`, in pixels",
        ),
    );
    check(
        "contrastMin = -1.5",
        Some("contrastMin: -1.5 is no threshold; write a number from 0 on"),
    );
    check(
        "noiseFail = nan",
        Some("noiseFail: NaN is no threshold; write a number from 0 on"),
    );
    check(
        "sharpnessSoft = 120",
        Some(
            "sharpnessSoft: sharpnessSoft is 120, and sharpnessGood is 100, which is less; set both: sharpnessSoft is at most sharpnessGood",
        ),
    );
}
