//! Quality: what a film holds its pictures against, and what the figures of a take come to. It
//! follows from the take and the style, so another style judges every take anew at once.

use storycore_quality::{self as rules, Asked, NotMeasured, ScoreParts, Status, Thresholds};
use storycore_schema::{
    bible::EntryKind,
    quality::{CheckKind, Checks, ColorShare, Grade, Looked, Measures, Quality, Verdict},
    take::Take,
};

use crate::bible::Bible;

#[cfg(test)]
mod tests;

/// Attempts at a shot that a style may ask for, in attempts.
pub const ATTEMPTS_MAX: u32 = 8;
/// Colors that a style may name, in colors.
const PALETTE_LEN_MAX: usize = 32;
/// The built-in renderer, as intents name it.
const SKETCH: &str = "sketch";

/// What a film holds its pictures against.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standard {
    thresholds: Thresholds,
    palette: Vec<[u8; 3]>,
    size_px: Option<(u32, u32)>,
    /// How often a shot is drawn before a picture that fails is left as it is.
    pub attempts: u32,
}

impl Standard {
    /// That of a film: of its first style that has one, by file; else what is usual.
    pub fn of(bible: &Bible) -> Standard {
        let styles = bible.of_kind(EntryKind::Style);
        let found = styles.filter_map(|it| it.quality.as_deref()).next();
        found.map_or_else(
            || Standard {
                attempts: 1,
                ..Standard::default()
            },
            Standard::from_quality,
        )
    }

    fn from_quality(quality: &Quality) -> Standard {
        Standard {
            thresholds: thresholds(quality),
            palette: quality.palette.iter().filter_map(|it| rgb(it)).collect(),
            size_px: quality.width_px.zip(quality.height_px),
            attempts: quality.attempts.unwrap_or(1).clamp(1, ATTEMPTS_MAX),
        }
    }
}

/// What is wrong with a table of a style: which key, what, and what to write instead.
pub fn problem(quality: &Quality) -> Option<(&'static str, String, String)> {
    if let Some(attempts) = quality
        .attempts
        .filter(|it| !(1..=ATTEMPTS_MAX).contains(it))
    {
        let message = format!("{attempts} attempts cannot be made");
        let hint = format!("write a number from 1 to {ATTEMPTS_MAX}");
        return Some(("attempts", message, hint));
    }
    if quality.palette.len() > PALETTE_LEN_MAX {
        let message = format!("the palette has {} colors", quality.palette.len());
        let hint = format!("name at most {PALETTE_LEN_MAX}");
        return Some(("palette", message, hint));
    }
    if let Some(color) = quality.palette.iter().find(|it| rgb(it).is_none()) {
        let message = format!("`{color}` is no color");
        let hint = "write red, green and blue as \"#1b2a3f\"".to_owned();
        return Some(("palette", message, hint));
    }
    let sides = (quality.width_px, quality.height_px);
    if sides.0.is_some() != sides.1.is_some() || sides.0 == Some(0) || sides.1 == Some(0) {
        let key = if sides.0.is_some() {
            "widthPx"
        } else {
            "heightPx"
        };
        let message = "a size needs a width and a height".to_owned();
        let hint = "write both `widthPx` and `heightPx`, in pixels".to_owned();
        return Some((key, message, hint));
    }
    let numbers = numbers(quality);
    let wrong = numbers.iter().find(|it| !it.1.is_finite() || it.1 < 0.0);
    if let Some((key, number)) = wrong {
        let message = format!("{number} is no threshold");
        return Some((key, message, "write a number from 0 on".to_owned()));
    }
    out_of_order(&thresholds(quality))
}

fn out_of_order(all: &Thresholds) -> Option<(&'static str, String, String)> {
    let ordered = [
        (
            "sharpnessSoft",
            all.sharpness_soft,
            "sharpnessGood",
            all.sharpness_good,
        ),
        (
            "sharpnessGood",
            all.sharpness_good,
            "sharpnessExcellent",
            all.sharpness_excellent,
        ),
        (
            "sharpnessExcellent",
            all.sharpness_excellent,
            "sharpnessOver",
            all.sharpness_over,
        ),
        (
            "brightnessMin",
            all.brightness_min,
            "brightnessMax",
            all.brightness_max,
        ),
        (
            "clippedWhiteWarn",
            all.clipped_white_warn,
            "clippedWhiteFail",
            all.clipped_white_fail,
        ),
        ("noiseWarn", all.noise_warn, "noiseFail", all.noise_fail),
        (
            "paletteWarn",
            all.palette_warn,
            "paletteFail",
            all.palette_fail,
        ),
    ];
    let (low, low_value, high, high_value) = ordered.into_iter().find(|it| it.1 > it.3)?;
    let message = format!("{low} is {low_value}, and {high} is {high_value}, which is less");
    let hint = format!("set both: {low} is at most {high}");
    Some((low, message, hint))
}

/// Every number that is set, by its key.
fn numbers(quality: &Quality) -> Vec<(&'static str, f64)> {
    // Every field is named, so that a new one cannot be forgotten.
    let Quality {
        attempts: _,
        palette: _,
        width_px: _,
        height_px: _,
        sharpness_soft,
        sharpness_good,
        sharpness_excellent,
        sharpness_over,
        brightness_min,
        brightness_max,
        clipped_black_warn,
        clipped_white_warn,
        clipped_white_fail,
        contrast_min,
        noise_warn,
        noise_fail,
        palette_warn,
        palette_fail,
        size_tolerance_px,
        aspect_tolerance,
        score_pass,
    } = quality;
    let all = [
        ("sharpnessSoft", sharpness_soft),
        ("sharpnessGood", sharpness_good),
        ("sharpnessExcellent", sharpness_excellent),
        ("sharpnessOver", sharpness_over),
        ("brightnessMin", brightness_min),
        ("brightnessMax", brightness_max),
        ("clippedBlackWarn", clipped_black_warn),
        ("clippedWhiteWarn", clipped_white_warn),
        ("clippedWhiteFail", clipped_white_fail),
        ("contrastMin", contrast_min),
        ("noiseWarn", noise_warn),
        ("noiseFail", noise_fail),
        ("paletteWarn", palette_warn),
        ("paletteFail", palette_fail),
        ("sizeTolerancePx", size_tolerance_px),
        ("aspectTolerance", aspect_tolerance),
        ("scorePass", score_pass),
    ];
    let set = all.into_iter();
    set.filter_map(|(key, number)| Some((key, (*number)?)))
        .collect()
}

fn thresholds(quality: &Quality) -> Thresholds {
    let usual = Thresholds::default();
    let or = |set: Option<f64>, usual: f64| set.unwrap_or(usual);
    Thresholds {
        sharpness_soft: or(quality.sharpness_soft, usual.sharpness_soft),
        sharpness_good: or(quality.sharpness_good, usual.sharpness_good),
        sharpness_excellent: or(quality.sharpness_excellent, usual.sharpness_excellent),
        sharpness_over: or(quality.sharpness_over, usual.sharpness_over),
        brightness_min: or(quality.brightness_min, usual.brightness_min),
        brightness_max: or(quality.brightness_max, usual.brightness_max),
        clipped_black_warn: or(quality.clipped_black_warn, usual.clipped_black_warn),
        clipped_white_warn: or(quality.clipped_white_warn, usual.clipped_white_warn),
        clipped_white_fail: or(quality.clipped_white_fail, usual.clipped_white_fail),
        contrast_min: or(quality.contrast_min, usual.contrast_min),
        noise_warn: or(quality.noise_warn, usual.noise_warn),
        noise_fail: or(quality.noise_fail, usual.noise_fail),
        palette_warn: or(quality.palette_warn, usual.palette_warn),
        palette_fail: or(quality.palette_fail, usual.palette_fail),
        size_tolerance_px: or(quality.size_tolerance_px, usual.size_tolerance_px),
        aspect_tolerance: or(quality.aspect_tolerance, usual.aspect_tolerance),
        score_pass: or(quality.score_pass, usual.score_pass),
        ..usual
    }
}

/// A color as `#1b2a3f`.
fn rgb(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|it| it.len() == 6)?;
    let all_hex = digits.bytes().all(|it| it.is_ascii_hexdigit());
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| all_hex)?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// What the checks of a take come to.
pub fn checks(take: &Take, looked: &Looked, standard: &Standard) -> Checks {
    let measures = match looked {
        Looked::Picture { measures } => measures,
        Looked::Broken { why } => {
            let words = format!("the picture cannot be read: {why}");
            return alone(Grade::Fail, words);
        }
        Looked::Unmeasured { why } => {
            return alone(Grade::NotMeasured, format!("not measured: {why}"));
        }
    };
    let figures = figures(measures);
    let intent = take.intent.read().ok();
    let asked = Asked {
        size_px: standard.size_px,
        aspect: intent
            .as_ref()
            .map(|it| f64::from(it.aspect_milli) / 1_000.0),
        palette: standard.palette.clone(),
    };
    let is_imported = take.imported().is_some();
    let is_sketch = !is_imported && intent.is_some_and(|it| it.renderer == SKETCH);
    let thresholds = &standard.thresholds;
    let mut verdicts = rules::check(&figures, &asked, thresholds);
    let mut sharpness = rules::sharpness_score(&figures.sharpness, thresholds);
    if is_sketch {
        sharpness = Err(NotMeasured::because(OF_SKETCHES));
        for verdict in verdicts.iter_mut().filter(|it| !says_of_lines(it.check)) {
            *verdict = rules::Verdict::not_measured(verdict.check, OF_SKETCHES);
        }
    }
    let nobody = |why: &str| Err(NotMeasured::because(why));
    let score = rules::score(
        &ScoreParts {
            sharpness,
            motion: nobody("a still picture does not move"),
            audio: nobody("a still picture has no sound"),
            continuity: nobody("nobody has said where its camera stands"),
        },
        thresholds,
    );
    Checks {
        grade: grade(rules::worst(&verdicts)),
        score: score.value,
        words: score.words,
        verdicts: verdicts.into_iter().filter_map(verdict).collect(),
    }
}

/// The worst of the checks of a take.
pub fn grade_of(take: &Take, looked: &Looked, standard: &Standard) -> Grade {
    checks(take, looked, standard).grade
}

/// Why the built-in renderer's panels are not judged as photographs are.
const OF_SKETCHES: &str = "a sketch is lines on paper, which this says nothing of";

/// Whether a check means something of lines on paper.
fn says_of_lines(check: rules::Check) -> bool {
    use rules::Check::{Aspect, BlackFrame, Size};
    matches!(check, Aspect | BlackFrame | Size)
}

fn alone(grade: Grade, words: String) -> Checks {
    let verdict = Verdict {
        check: CheckKind::Readable,
        grade,
        measured: None,
        threshold: None,
        unit: String::new(),
        words: words.clone(),
    };
    Checks {
        grade,
        score: None,
        words,
        verdicts: vec![verdict],
    }
}

fn grade(status: Status) -> Grade {
    match status {
        Status::Pass => Grade::Pass,
        Status::Warn => Grade::Warn,
        Status::Fail => Grade::Fail,
        Status::NotMeasured => Grade::NotMeasured,
    }
}

fn verdict(verdict: rules::Verdict) -> Option<Verdict> {
    let check = match verdict.check {
        rules::Check::Sharpness => CheckKind::Sharpness,
        rules::Check::BlackFrame => CheckKind::BlackFrame,
        rules::Check::Brightness => CheckKind::Brightness,
        rules::Check::Shadows => CheckKind::Shadows,
        rules::Check::Highlights => CheckKind::Highlights,
        rules::Check::Contrast => CheckKind::Contrast,
        rules::Check::Noise => CheckKind::Noise,
        rules::Check::Palette => CheckKind::Palette,
        rules::Check::Size => CheckKind::Size,
        rules::Check::Aspect => CheckKind::Aspect,
        // Of two pictures or shots.
        rules::Check::Duplicate
        | rules::Check::BrightnessJump
        | rules::Check::JumpCut
        | rules::Check::Line
        | rules::Check::PositionJump
        | rules::Check::ScreenDirection
        | rules::Check::Eyeline => return None,
    };
    Some(Verdict {
        check,
        grade: grade(verdict.status),
        measured: verdict.measured,
        threshold: verdict.threshold,
        unit: verdict.unit.to_owned(),
        words: verdict.words,
    })
}

/// What stands in the log, as the rules read it.
fn figures(measures: &Measures) -> rules::Measures {
    let (width_px, height_px) = (measures.width_px, measures.height_px);
    let too_small = || {
        NotMeasured::because(format!(
            "the picture is {width_px} × {height_px} px, which is too small for it"
        ))
    };
    let swatch = |it: &ColorShare| {
        let rgb = rgb(&it.color)?;
        let share = it.share;
        Some(rules::Swatch { rgb, share })
    };
    rules::Measures {
        width_px,
        height_px,
        sharpness: measures.sharpness.ok_or_else(too_small),
        exposure: rules::Exposure {
            mean: measures.brightness,
            p1: measures.p1,
            p99: measures.p99,
            clipped_black: measures.clipped_black,
            clipped_white: measures.clipped_white,
            contrast: measures.contrast,
            dark: measures.dark,
        },
        noise: measures.noise.ok_or_else(too_small),
        colors: measures.colors.iter().filter_map(swatch).collect(),
        fingerprint: fingerprint(measures).ok_or_else(too_small),
    }
}

fn fingerprint(measures: &Measures) -> Option<rules::Fingerprint> {
    let digits = measures.fingerprint.as_deref()?;
    let half = |range| u64::from_str_radix(digits.get(range)?, 16).ok();
    Some(rules::Fingerprint {
        gradient: half(0..16)?,
        frequency: half(16..32)?,
    })
}

/// What was measured, as the log keeps it.
pub fn kept(measured: &rules::Measures, version: u32) -> Measures {
    let color = |it: &rules::Swatch| {
        let [red, green, blue] = it.rgb;
        ColorShare {
            color: format!("#{red:02x}{green:02x}{blue:02x}"),
            share: it.share,
        }
    };
    let exposure = &measured.exposure;
    let fingerprint = measured.fingerprint.as_ref().ok();
    Measures {
        version,
        width_px: measured.width_px,
        height_px: measured.height_px,
        sharpness: measured.sharpness.as_ref().ok().copied(),
        brightness: exposure.mean,
        p1: exposure.p1,
        p99: exposure.p99,
        clipped_black: exposure.clipped_black,
        clipped_white: exposure.clipped_white,
        contrast: exposure.contrast,
        dark: exposure.dark,
        noise: measured.noise.as_ref().ok().copied(),
        colors: measured.colors.iter().map(color).collect(),
        fingerprint: fingerprint.map(|it| format!("{:016x}{:016x}", it.gradient, it.frequency)),
    }
}
