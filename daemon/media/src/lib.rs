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
mod describe;
mod embedded;
mod error;
mod exif;
mod limits;
mod matroska;
mod media;
mod mp4;
mod sniff;
mod source;
mod still;
mod text;

pub use describe::{describe, describe_file};
pub use embedded::{Embedded, embedded};
pub use error::Error;
pub use limits::Limits;
pub use media::{Kind, Media, Rational, Text, Turn};
