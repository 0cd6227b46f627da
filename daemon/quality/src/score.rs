//! One number for a shot, made of what was measured and of nothing else.

use serde::Serialize;

use crate::{
    measures::{Measured, NotMeasured},
    thresholds::Thresholds,
    verdict::{Status, Verdict, shown},
};

#[cfg(test)]
mod tests;

/// What a score is made of: each 0 to 100, or why it is missing.
#[derive(Debug, Clone)]
pub struct ScoreParts {
    /// See [`sharpness_score`].
    pub sharpness: Measured<f64>,
    /// Of whoever measured how things move.
    pub motion: Measured<f64>,
    /// Of whoever measured the sound.
    pub audio: Measured<f64>,
    /// See [`continuity_score`].
    pub continuity: Measured<f64>,
}

/// The weights that people of StoryCore know.
const SHARPNESS: f64 = 0.30;
const MOTION: f64 = 0.25;
const AUDIO: f64 = 0.25;
const CONTINUITY: f64 = 0.20;

/// The score of a shot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// 0 to 100, or nothing if nothing was measured.
    pub value: Option<f64>,
    /// Whether that is enough.
    pub status: Status,
    /// What it is made of, by name, with its weight as a share of all weights.
    pub of: Vec<(&'static str, f64)>,
    /// What is not in it, by name, and why.
    pub without: Vec<(&'static str, String)>,
    /// For people.
    pub words: String,
}

/// The weighted mean of what was measured; what was not is left out and named, and its weight goes
/// to the others.
pub fn score(parts: &ScoreParts, thresholds: &Thresholds) -> Score {
    let named = [
        ("sharpness", SHARPNESS, &parts.sharpness),
        ("motion", MOTION, &parts.motion),
        ("audio", AUDIO, &parts.audio),
        ("continuity", CONTINUITY, &parts.continuity),
    ];
    let (mut sum, mut weights) = (0.0, 0.0);
    let (mut of, mut without) = (Vec::new(), Vec::new());
    for (name, weight, part) in named {
        match part {
            Ok(value) if value.is_finite() => {
                sum += weight * value.clamp(0.0, 100.0);
                weights += weight;
                of.push((name, weight));
            }
            Ok(_) => without.push((name, "the figure is no number".to_owned())),
            Err(it) => without.push((name, it.why.clone())),
        }
    }
    let names = |list: &[(&str, String)]| {
        let names: Vec<&str> = list.iter().map(|it| it.0).collect();
        names.join(", ")
    };
    if of.is_empty() {
        return Score {
            value: None,
            status: Status::NotMeasured,
            of,
            words: format!("not measured: nothing is known of {}", names(&without)),
            without,
        };
    }
    for it in &mut of {
        it.1 /= weights;
    }
    let value = sum / weights;
    let pass = thresholds.score_pass;
    let told = shown(value, &[pass]);
    let mut words = format!("{told} of 100, and {pass} passes");
    if !without.is_empty() {
        words += &format!("; without {}: not measured", names(&without));
    }
    Score {
        value: Some(value),
        status: if value >= pass {
            Status::Pass
        } else {
            Status::Fail
        },
        of,
        without,
        words,
    }
}

/// Sharpness as 0 to 100: straight lines from 0 over 50 where soft ends, 70 where good begins, 85
/// where excellent begins, to 100 where oversharpened begins; from there down to 70 at four times
/// that.
pub fn sharpness_score(sharpness: &Measured<f64>, thresholds: &Thresholds) -> Measured<f64> {
    let value = sharpness.clone()?;
    let corners = [
        (0.0, 0.0),
        (thresholds.sharpness_soft, 50.0),
        (thresholds.sharpness_good, 70.0),
        (thresholds.sharpness_excellent, 85.0),
        (thresholds.sharpness_over, 100.0),
        (thresholds.sharpness_over * 4.0, 70.0),
    ];
    let between = corners.windows(2).find(|it| value < it[1].0);
    let [(x0, y0), (x1, y1)] = *between.unwrap_or_default() else {
        return Ok(70.0);
    };
    Ok(y0 + (y1 - y0) * ((value - x0) / (x1 - x0)).clamp(0.0, 1.0))
}

/// Continuity as 0 to 100: the mean over the rules that were measured, 100 for each that passed
/// and 50 for each that warned.
pub fn continuity_score(verdicts: &[Verdict]) -> Measured<f64> {
    let points: Vec<f64> = verdicts
        .iter()
        .filter_map(|it| match it.status {
            Status::Pass => Some(100.0),
            Status::Warn => Some(50.0),
            Status::Fail => Some(0.0),
            Status::NotMeasured => None,
        })
        .collect();
    if points.is_empty() {
        return Err(NotMeasured::because(
            "no rule of continuity could be measured",
        ));
    }
    Ok(points.iter().sum::<f64>() / points.len() as f64)
}
