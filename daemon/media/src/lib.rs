//! Pictures, sound and video: what a file holds, made small, and measured.
//!
//! Reading order: [`describe`] says what is known of a file ([`Media`]) and [`embedded`] takes the
//! graph out that made it; [`Picture`] is decoded pixels, [`thumbnail`] and [`poster`] make it
//! small; [`measure`] reads figures off it, [`check`] holds them against [`Thresholds`], and
//! [`continuity`] does the same for the facts of neighboring shots. Every result is a [`Verdict`]
//! in words, [`score`] adds them up.
//!
//! Every file is taken for hostile: sizes are checked before memory is taken for them, and each
//! limit has a name ([`Limits`]). What was not measured says so, and why; nothing is invented.
//!
//! Absent on purpose: async, network, films, shots' ids, names of files.

mod audio;
mod check;
mod colors;
mod compare;
mod continuity;
mod describe;
mod embedded;
mod error;
mod exif;
mod exposure;
mod ffmpeg;
mod fingerprint;
mod limits;
mod luma;
mod matroska;
mod measure;
mod media;
mod mp4;
mod picture;
mod poster;
mod score;
mod sniff;
mod source;
mod still;
#[cfg(test)]
mod tests;
mod text;
mod thresholds;
mod thumbnail;
mod verdict;

pub use check::{Asked, check, check_pair};
pub use colors::{Swatch, color_difference, palette_distance};
pub use compare::{histogram_correlation, psnr, ssim};
pub use continuity::{Direction, ShotFacts, continuity};
pub use describe::{describe, describe_file};
pub use embedded::{Embedded, embedded};
pub use error::Error;
pub use exposure::Exposure;
pub use ffmpeg::Ffmpeg;
pub use fingerprint::Fingerprint;
pub use limits::Limits;
pub use measure::{Measured, Measures, NotMeasured, measure};
pub use media::{Kind, Media, Rational, Text, Turn};
pub use picture::{Picture, WHITE};
pub use poster::{Poster, poster};
pub use score::{Score, ScoreParts, continuity_score, score, sharpness_score};
pub use thresholds::Thresholds;
pub use thumbnail::{Thumbnail, ThumbnailFormat, ThumbnailOptions, thumbnail, thumbnail_of};
pub use verdict::{Check, Status, Verdict};
