//! What figures of pictures, and facts of shots that follow each other, mean: held against
//! thresholds, and told in words.
//!
//! Reading order: [`Measures`] are what somebody read off a picture; [`check`] holds them against
//! [`Thresholds`] and what was [`Asked`], and [`continuity`] does the same for the facts of
//! neighboring shots. Every result is a [`Verdict`], [`worst`] and [`score`] add them up.
//!
//! What was not measured says so, and why; nothing is invented. A figure that misses its threshold
//! by however little has missed it, and is told with as many digits as show it.
//!
//! Absent on purpose: pixels, files, films, shots' ids. It is apart from what decodes pictures, so
//! that the rules of a film can judge without it.

mod check;
mod colors;
mod continuity;
mod measures;
mod score;
mod thresholds;
mod verdict;

pub use check::{Asked, check, check_pair};
pub use colors::{Swatch, color_difference, palette_distance};
pub use continuity::{Direction, ShotFacts, continuity};
pub use measures::{Exposure, Fingerprint, Measured, Measures, NotMeasured};
pub use score::{Score, ScoreParts, continuity_score, score, sharpness_score};
pub use thresholds::Thresholds;
pub use verdict::{Check, Status, Verdict, worst};
