//! Figures of pictures, held against thresholds, in words.

use crate::{
    colors::palette_distance,
    measures::{BLACK_SHARE_MIN, Measures},
    thresholds::Thresholds,
    verdict::{Check, Status, Verdict, percent, shown},
};

/// What was asked of a picture. What was not asked is not checked, and the verdict says so.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Width and height, in pixels.
    pub size_px: Option<(u32, u32)>,
    /// Width by height: 16.0 / 9.0. If it is not given, that of the size.
    pub aspect: Option<f64>,
    /// The colors of the style, as sRGB.
    pub palette: Vec<[u8; 3]>,
}

/// Says of one picture what is good and what is not. Each check has its verdict, in the same order
/// every time.
pub fn check(measures: &Measures, asked: &Asked, thresholds: &Thresholds) -> Vec<Verdict> {
    vec![
        black_frame(measures),
        sharpness(measures, thresholds),
        brightness(measures, thresholds),
        shadows(measures, thresholds),
        highlights(measures, thresholds),
        contrast(measures, thresholds),
        noise(measures, thresholds),
        palette(measures, asked, thresholds),
        size(measures, asked, thresholds),
        aspect(measures, asked, thresholds),
    ]
}

/// Says of two pictures whether they are nearly the same, and whether the brightness jumps from
/// one to the other.
pub fn check_pair(a: &Measures, b: &Measures, thresholds: &Thresholds) -> Vec<Verdict> {
    vec![
        duplicate(a, b, thresholds),
        brightness_jump(a, b, thresholds),
    ]
}

fn black_frame(measures: &Measures) -> Verdict {
    let exposure = &measures.exposure;
    let dark = percent(exposure.dark, &[BLACK_SHARE_MIN]);
    let (status, words) = match exposure.is_black() {
        true => (
            Status::Fail,
            format!("a black frame: {dark} of it is darker than 32 of 255"),
        ),
        false => (
            Status::Pass,
            format!("not black: {dark} of it is darker than 32 of 255"),
        ),
    };
    Verdict::new(
        Check::BlackFrame,
        status,
        exposure.dark,
        "share",
        BLACK_SHARE_MIN,
        words,
    )
}

fn sharpness(measures: &Measures, thresholds: &Thresholds) -> Verdict {
    let value = match &measures.sharpness {
        Ok(value) => *value,
        Err(it) => return Verdict::not_measured(Check::Sharpness, &it.why),
    };
    let Thresholds {
        sharpness_soft: soft,
        sharpness_good: good,
        sharpness_excellent: excellent,
        sharpness_over: over,
        ..
    } = *thresholds;
    let told = shown(value, &[soft, good, excellent, over]);
    let (status, threshold, words) = match value {
        it if it < soft => (
            Status::Fail,
            soft,
            format!("soft: {told}, and {soft} is the least"),
        ),
        it if it < good => (Status::Pass, soft, format!("acceptably sharp: {told}")),
        it if it < excellent => (Status::Pass, soft, format!("sharp: {told}")),
        it if it < over => (Status::Pass, over, format!("very sharp: {told}")),
        _ => {
            let words = format!("oversharpened or noisy: {told}, and from {over} on that shows");
            (Status::Warn, over, words)
        }
    };
    Verdict::new(
        Check::Sharpness,
        status,
        value,
        "variance",
        threshold,
        words,
    )
}

fn brightness(measures: &Measures, thresholds: &Thresholds) -> Verdict {
    let value = measures.exposure.mean;
    let (min, max) = (thresholds.brightness_min, thresholds.brightness_max);
    let told = shown(value, &[min, max]);
    let (status, threshold, words) = if value < min {
        (
            Status::Warn,
            min,
            format!("very dark: {told} of 255 on average, and {min} is the least"),
        )
    } else if value > max {
        (
            Status::Warn,
            max,
            format!("very bright: {told} of 255 on average, and {max} is the most"),
        )
    } else {
        let nearest = if value - min < max - value { min } else { max };
        (Status::Pass, nearest, format!("{told} of 255 on average"))
    };
    Verdict::new(Check::Brightness, status, value, "levels", threshold, words)
}

/// A figure that may be so large, and then warns, and then fails.
struct AtMost {
    check: Check,
    value: f64,
    unit: &'static str,
    warn: f64,
    fail: Option<f64>,
    told: String,
    good: &'static str,
    bad: &'static str,
}

impl AtMost {
    fn verdict(self) -> Verdict {
        let AtMost {
            told, good, bad, ..
        } = &self;
        let most = |threshold: f64| match self.unit {
            "share" => percent(threshold, &[]),
            _ => shown(threshold, &[]),
        };
        let (status, threshold, words) = match self.fail {
            Some(fail) if self.value > fail => (
                Status::Fail,
                fail,
                format!("{bad}: {told}, and {} is the most", most(fail)),
            ),
            _ if self.value > self.warn => {
                let words = format!("{bad}: {told}, and up to {} is good", most(self.warn));
                (Status::Warn, self.warn, words)
            }
            _ => (Status::Pass, self.warn, format!("{good}: {told}")),
        };
        Verdict::new(self.check, status, self.value, self.unit, threshold, words)
    }
}

fn shadows(measures: &Measures, thresholds: &Thresholds) -> Verdict {
    let (value, warn) = (
        measures.exposure.clipped_black,
        thresholds.clipped_black_warn,
    );
    AtMost {
        check: Check::Shadows,
        value,
        unit: "share",
        warn,
        fail: None,
        told: format!("{} of the picture is black", percent(value, &[warn])),
        good: "shadows keep their detail",
        bad: "much is lost in the shadows",
    }
    .verdict()
}

fn highlights(measures: &Measures, thresholds: &Thresholds) -> Verdict {
    let value = measures.exposure.clipped_white;
    let (warn, fail) = (thresholds.clipped_white_warn, thresholds.clipped_white_fail);
    AtMost {
        check: Check::Highlights,
        value,
        unit: "share",
        warn,
        fail: Some(fail),
        told: format!("{} of the picture is white", percent(value, &[warn, fail])),
        good: "highlights keep their detail",
        bad: "much is lost in the highlights",
    }
    .verdict()
}

fn contrast(measures: &Measures, thresholds: &Thresholds) -> Verdict {
    let (value, min) = (measures.exposure.contrast, thresholds.contrast_min);
    let told = shown(value, &[min]);
    let (status, words) = match value < min {
        true => (
            Status::Warn,
            format!("flat: a contrast of {told}, and {min} is the least"),
        ),
        false => (Status::Pass, format!("a contrast of {told}")),
    };
    Verdict::new(Check::Contrast, status, value, "levels", min, words)
}

fn noise(measures: &Measures, thresholds: &Thresholds) -> Verdict {
    let value = match &measures.noise {
        Ok(value) => *value,
        Err(it) => return Verdict::not_measured(Check::Noise, &it.why),
    };
    let (warn, fail) = (thresholds.noise_warn, thresholds.noise_fail);
    AtMost {
        check: Check::Noise,
        value,
        unit: "variance/100",
        warn,
        fail: Some(fail),
        told: shown(value, &[warn, fail]),
        good: "little noise",
        bad: "noisy, or full of fine texture",
    }
    .verdict()
}

fn palette(measures: &Measures, asked: &Asked, thresholds: &Thresholds) -> Verdict {
    let value = match palette_distance(&measures.colors, &asked.palette) {
        Ok(value) => value,
        Err(it) => return Verdict::not_measured(Check::Palette, &it.why),
    };
    let (warn, fail) = (thresholds.palette_warn, thresholds.palette_fail);
    AtMost {
        check: Check::Palette,
        value,
        unit: "ΔE",
        warn,
        fail: Some(fail),
        told: format!("ΔE {} from the style", shown(value, &[warn, fail])),
        good: "the colors are those of the style",
        bad: "the colors are not those of the style",
    }
    .verdict()
}

fn size(measures: &Measures, asked: &Asked, thresholds: &Thresholds) -> Verdict {
    let Some((width_px, height_px)) = asked.size_px else {
        return Verdict::not_measured(Check::Size, "no size was asked for");
    };
    let off_px = measures
        .width_px
        .abs_diff(width_px)
        .max(measures.height_px.abs_diff(height_px));
    let off = f64::from(off_px);
    let most = thresholds.size_tolerance_px;
    let is = format!("{} × {} px", measures.width_px, measures.height_px);
    let (status, words) = match off {
        0.0 => (Status::Pass, format!("{is}, as asked")),
        it if it <= most => (
            Status::Warn,
            format!("{is}, and {width_px} × {height_px} px was asked: {off_px} px off"),
        ),
        _ => {
            let words = format!(
                "{is}, and {width_px} × {height_px} px was asked: {off_px} px off, {most} px is the most"
            );
            (Status::Fail, words)
        }
    };
    Verdict::new(Check::Size, status, off, "px", most, words)
}

fn aspect(measures: &Measures, asked: &Asked, thresholds: &Thresholds) -> Verdict {
    let of_size = asked
        .size_px
        .map(|(width, height)| f64::from(width) / f64::from(height));
    let wanted = asked
        .aspect
        .or(of_size)
        .filter(|it| it.is_finite() && *it > 0.0);
    let Some(wanted) = wanted else {
        return Verdict::not_measured(Check::Aspect, "no aspect was asked for");
    };
    let is = f64::from(measures.width_px) / f64::from(measures.height_px);
    let off = (is / wanted - 1.0).abs();
    let most = thresholds.aspect_tolerance;
    let told = percent(off, &[most]);
    let (status, words) = match off > most {
        true => {
            let most = percent(most, &[]);
            let words = format!(
                "{is:.3} : 1, and {wanted:.3} : 1 was asked: {told} off, {most} is the most"
            );
            (Status::Fail, words)
        }
        false => (
            Status::Pass,
            format!("{is:.3} : 1, {told} off what was asked"),
        ),
    };
    Verdict::new(Check::Aspect, status, off, "share", most, words)
}

fn duplicate(a: &Measures, b: &Measures, thresholds: &Thresholds) -> Verdict {
    let (a, b) = match (&a.fingerprint, &b.fingerprint) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(it), _) | (_, Err(it)) => return Verdict::not_measured(Check::Duplicate, &it.why),
    };
    let bits = f64::from(a.distance(b));
    let (status, words) = match bits < thresholds.duplicate_bits {
        true => (
            Status::Warn,
            format!("nearly the same picture: {bits} of 64 bits differ"),
        ),
        false => (
            Status::Pass,
            format!("another picture: {bits} of 64 bits differ"),
        ),
    };
    Verdict::new(
        Check::Duplicate,
        status,
        bits,
        "bits",
        thresholds.duplicate_bits,
        words,
    )
}

fn brightness_jump(a: &Measures, b: &Measures, thresholds: &Thresholds) -> Verdict {
    let (a, b) = (a.exposure.mean, b.exposure.mean);
    let (jump, most) = ((a - b).abs(), thresholds.brightness_jump);
    AtMost {
        check: Check::BrightnessJump,
        value: jump,
        unit: "levels",
        warn: most,
        fail: None,
        told: format!("{} of 255, from {a:.1} to {b:.1}", shown(jump, &[most])),
        good: "the brightness goes on",
        bad: "the brightness jumps",
    }
    .verdict()
}
