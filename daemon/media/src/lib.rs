//! Pictures, sound and video: what a file holds, made small, and measured.
//!
//! Reading order: [`describe`] says what is known of a file ([`Media`]) and [`embedded`] takes the
//! graph out that made it; [`Picture`] is decoded pixels, [`thumbnail`] and [`poster`] make it
//! small; [`measure`] reads figures off it, of which `storycore-quality` says what they mean.
//!
//! Every file is taken for hostile: sizes are checked before memory is taken for them, and each
//! limit has a name ([`Limits`]). What was not measured says so, and why; nothing is invented.
//!
//! Absent on purpose: async, network, films, shots' ids, names of files.

mod audio;
mod colors;
mod compare;
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
mod sniff;
mod source;
mod still;
#[cfg(test)]
mod tests;
mod text;
mod thumbnail;

pub use compare::{histogram_correlation, psnr, ssim};
pub use describe::{describe, describe_file};
pub use embedded::{Embedded, embedded};
pub use error::Error;
pub use ffmpeg::Ffmpeg;
pub use limits::Limits;
pub use measure::measure;
pub use media::{Kind, Media, Rational, Text, Turn};
pub use picture::{Picture, WHITE};
pub use poster::{Poster, poster};
pub use storycore_quality::{Exposure, Fingerprint, Measured, Measures, NotMeasured, Swatch};
pub use thumbnail::{Thumbnail, ThumbnailFormat, ThumbnailOptions, thumbnail, thumbnail_of};
