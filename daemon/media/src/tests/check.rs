//! Verdicts in words, of figures and of pictures whose figures are known.

use expect_test::{Expect, expect};

use storycore_quality::{
    Asked, Check, Measures, NotMeasured, Status, Thresholds, Verdict, check, check_pair,
};

use crate::{Picture, measure};

/// A picture from a rule for each pixel.
fn picture(width_px: u32, height_px: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Picture {
    let places = (0..height_px).flat_map(|y| (0..width_px).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| pixel(x, y)).collect();
    Picture::from_rgb(width_px, height_px, rgb).unwrap()
}

fn told(verdicts: &[Verdict]) -> String {
    let line = |it: &Verdict| format!("{:?} {:?}: {}\n", it.status, it.check, it.words);
    verdicts.iter().map(line).collect()
}

fn check_picture(picture: &Picture, asked: &Asked, expected: &Expect) {
    let verdicts = check(&measure(picture), asked, &Thresholds::default());
    expected.assert_eq(&told(&verdicts));
}

#[test]
fn a_good_picture_passes() {
    let waves = picture(160, 90, |x, y| {
        let wave = |it: u32, by: f64| (f64::from(it) / by).sin().mul_add(70.0, 110.0) as u8;
        let tile = (x / 8 + y / 8) % 2 * 30;
        [wave(x, 5.0), wave(y, 6.0), wave(x + y, 7.0)].map(|it| it + tile as u8)
    });
    let asked = Asked {
        size_px: Some((160, 90)),
        ..Asked::default()
    };
    check_picture(
        &waves,
        &asked,
        &expect![[r#"
            Pass BlackFrame: not black: 0% of it is darker than 32 of 255
            Warn Sharpness: oversharpened or noisy: 545, and from 500 on that shows
            Pass Brightness: 129 of 255 on average
            Pass Shadows: shadows keep their detail: 0% of the picture is black
            Pass Highlights: highlights keep their detail: 0% of the picture is white
            Pass Contrast: a contrast of 36.5
            Pass Noise: little noise: 0.860
            NotMeasured Palette: not measured: the style names no colors
            Pass Size: 160 × 90 px, as asked
            Pass Aspect: 1.778 : 1, 0% off what was asked
        "#]],
    );
}

#[test]
fn a_black_frame_and_a_white_one_are_told() {
    check_picture(
        &picture(64, 64, |_, _| [1, 2, 1]),
        &Asked::default(),
        &expect![[r#"
            Fail BlackFrame: a black frame: 100% of it is darker than 32 of 255
            Fail Sharpness: soft: 0, and 50 is the least
            Warn Brightness: very dark: 2.00 of 255 on average, and 20 is the least
            Warn Shadows: much is lost in the shadows: 100% of the picture is black, and up to 40.0% is good
            Pass Highlights: highlights keep their detail: 0% of the picture is white
            Warn Contrast: flat: a contrast of 0, and 12 is the least
            Pass Noise: little noise: 0
            NotMeasured Palette: not measured: the style names no colors
            NotMeasured Size: not measured: no size was asked for
            NotMeasured Aspect: not measured: no aspect was asked for
        "#]],
    );
    check_picture(
        &picture(64, 64, |_, _| [255; 3]),
        &Asked::default(),
        &expect![[r#"
            Pass BlackFrame: not black: 0% of it is darker than 32 of 255
            Fail Sharpness: soft: 0, and 50 is the least
            Warn Brightness: very bright: 255 of 255 on average, and 235 is the most
            Pass Shadows: shadows keep their detail: 0% of the picture is black
            Fail Highlights: much is lost in the highlights: 100% of the picture is white, and 25.0% is the most
            Warn Contrast: flat: a contrast of 0, and 12 is the least
            Pass Noise: little noise: 0
            NotMeasured Palette: not measured: the style names no colors
            NotMeasured Size: not measured: no size was asked for
            NotMeasured Aspect: not measured: no aspect was asked for
        "#]],
    );
}

#[test]
fn the_sharpest_picture_there_can_be_is_measured_exactly() {
    // Beside each black pixel all are white: the Laplacian is ±1,020 everywhere.
    let board = picture(32, 32, |x, y| [u8::MAX * u8::from((x + y) % 2 == 0); 3]);
    let measures = measure(&board);
    assert_eq!(measures.sharpness, Ok(1_020.0 * 1_020.0));
    let flat = measure(&picture(9, 9, |_, _| [77; 3]));
    assert_eq!((flat.sharpness, flat.noise), (Ok(0.0), Ok(0.0)));
}

#[test]
fn what_is_too_small_is_not_measured_and_says_so() {
    let asked = Asked {
        size_px: Some((1024, 1024)),
        palette: vec![[9, 9, 9]],
        ..Asked::default()
    };
    check_picture(
        &picture(2, 1, |_, _| [9, 9, 9]),
        &asked,
        &expect![[r#"
            Fail BlackFrame: a black frame: 100% of it is darker than 32 of 255
            NotMeasured Sharpness: not measured: the picture is 2 × 1 px, and 3 × 3 are needed
            Warn Brightness: very dark: 9.00 of 255 on average, and 20 is the least
            Pass Shadows: shadows keep their detail: 0% of the picture is black
            Pass Highlights: highlights keep their detail: 0% of the picture is white
            Warn Contrast: flat: a contrast of 0, and 12 is the least
            NotMeasured Noise: not measured: the picture is 2 × 1 px, and 5 × 5 are needed
            Pass Palette: the colors are those of the style: ΔE 0 from the style
            Fail Size: 2 × 1 px, and 1024 × 1024 px was asked: 1023 px off, 16 px is the most
            Fail Aspect: 2.000 : 1, and 1.000 : 1 was asked: 100% off, 2.00% is the most
        "#]],
    );
}

/// One of the verdicts.
fn verdict(of: Check, measures: &Measures, asked: &Asked, thresholds: &Thresholds) -> Verdict {
    let mut verdicts = check(measures, asked, thresholds).into_iter();
    verdicts.find(|it| it.check == of).unwrap()
}

/// Figures of nothing, to be changed.
fn figures() -> Measures {
    let mut measures = measure(&picture(16, 9, |_, _| [128; 3]));
    measures.sharpness = Ok(150.0);
    measures.noise = Ok(1.0);
    measures.exposure.contrast = 40.0;
    measures
}

#[test]
fn sharpness_has_its_five_words() {
    let mut lines = String::new();
    for value in [
        0.0, 49.996, 50.0, 99.96, 100.0, 199.9, 200.0, 499.9999, 500.0, 32_428.0,
    ] {
        let measures = Measures {
            sharpness: Ok(value),
            ..figures()
        };
        let asked = Asked::default();
        let sharp = verdict(Check::Sharpness, &measures, &asked, &Thresholds::default());
        lines += &told(&[sharp]);
    }
    expect![[r#"
        Fail Sharpness: soft: 0, and 50 is the least
        Fail Sharpness: soft: 49.996, and 50 is the least
        Pass Sharpness: acceptably sharp: 50.0
        Pass Sharpness: acceptably sharp: 99.96
        Pass Sharpness: sharp: 100
        Pass Sharpness: sharp: 199.9
        Pass Sharpness: very sharp: 200
        Pass Sharpness: very sharp: 499.9999
        Warn Sharpness: oversharpened or noisy: 500, and from 500 on that shows
        Warn Sharpness: oversharpened or noisy: 32428, and from 500 on that shows
    "#]]
    .assert_eq(&lines);
}

#[test]
fn sizes_and_aspects_have_their_tolerance() {
    let mut lines = String::new();
    for (width_px, height_px) in [
        (1280, 720),
        (1280, 728),
        (1296, 720),
        (1300, 720),
        (1024, 1024),
    ] {
        let measures = Measures {
            width_px,
            height_px,
            ..figures()
        };
        let asked = Asked {
            size_px: Some((1280, 720)),
            ..Asked::default()
        };
        let thresholds = Thresholds::default();
        lines += &told(&[
            verdict(Check::Size, &measures, &asked, &thresholds),
            verdict(Check::Aspect, &measures, &asked, &thresholds),
        ]);
    }
    expect![[r#"
        Pass Size: 1280 × 720 px, as asked
        Pass Aspect: 1.778 : 1, 0% off what was asked
        Warn Size: 1280 × 728 px, and 1280 × 720 px was asked: 8 px off
        Pass Aspect: 1.758 : 1, 1.10% off what was asked
        Warn Size: 1296 × 720 px, and 1280 × 720 px was asked: 16 px off
        Pass Aspect: 1.800 : 1, 1.25% off what was asked
        Fail Size: 1300 × 720 px, and 1280 × 720 px was asked: 20 px off, 16 px is the most
        Pass Aspect: 1.806 : 1, 1.56% off what was asked
        Fail Size: 1024 × 1024 px, and 1280 × 720 px was asked: 304 px off, 16 px is the most
        Fail Aspect: 1.000 : 1, and 1.778 : 1 was asked: 43.8% off, 2.00% is the most
    "#]]
    .assert_eq(&lines);
}

#[test]
fn two_pictures_are_compared() {
    let mut a = measure(&picture(64, 36, |x, y| [(x * 4) as u8, (y * 7) as u8, 60]));
    let b = measure(&picture(64, 36, |x, y| [(y * 7) as u8, (x * 4) as u8, 200]));
    let thresholds = Thresholds::default();
    expect![[r#"
        Warn Duplicate: nearly the same picture: 0 of 64 bits differ
        Pass BrightnessJump: the brightness goes on: 0 of 255, from 116.4 to 116.4
    "#]]
    .assert_eq(&told(&check_pair(&a, &a.clone(), &thresholds)));
    let verdicts = check_pair(&a, &b, &thresholds);
    // How many bits differ depends a little on how a machine rounds.
    assert_eq!(verdicts[0].status, Status::Pass);
    assert!(
        verdicts[0].words.starts_with("another picture: "),
        "{}",
        verdicts[0].words
    );
    expect!["the brightness goes on: 17.0 of 255, from 116.4 to 133.4"]
        .assert_eq(&verdicts[1].words);
    // Not 50.0: what is beyond a threshold must not look as if it were not.
    a.exposure.mean = b.exposure.mean + 50.004;
    a.fingerprint = Err(NotMeasured::because("the picture is 2 × 2 px"));
    expect![[r#"
        NotMeasured Duplicate: not measured: the picture is 2 × 2 px
        Warn BrightnessJump: the brightness jumps: 50.004 of 255, from 183.4 to 133.4, and up to 50.0 is good
    "#]].assert_eq(&told(&check_pair(&a, &b, &thresholds)));
}

#[test]
fn thresholds_come_from_a_style_file() {
    let read = |text: &str| serde_json::from_str::<Thresholds>(text);
    let thresholds = read(r#"{"sharpnessSoft": 200, "brightnessJump": 20.5}"#).unwrap();
    let soft = verdict(Check::Sharpness, &figures(), &Asked::default(), &thresholds);
    assert_eq!((soft.status, soft.threshold), (Status::Fail, Some(200.0)));
    assert_eq!(thresholds.sharpness_good, 100.0);
    let refused = |text: &str| read(text).unwrap_err().to_string();
    expect!["a threshold is a number from 0 on, not -1 at line 1 column 21"]
        .assert_eq(&refused(r#"{"sharpnessSoft": -1}"#));
    assert!(refused(r#"{"sharpnesSoft": 1}"#).starts_with("unknown field `sharpnesSoft`"));
    let json = serde_json::to_string(&Thresholds::default()).unwrap();
    assert_eq!(read(&json).unwrap(), Thresholds::default());
}
