//! What is known of a file: the answer of [`describe`](crate::describe).

use serde::Serialize;

/// What a file holds, as far as it says. What it does not say is `None`, never a guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// Picture, animation, video or sound.
    pub kind: Kind,
    /// By its content, never by its name: `image/png`.
    pub media_type: &'static str,
    /// How large the file is, in bytes.
    pub bytes: u64,
    /// Width as it is shown, so after [`turn`](Media::turn), in pixels.
    pub width_px: Option<u32>,
    /// Height as it is shown, in pixels.
    pub height_px: Option<u32>,
    /// How the stored picture is turned before it is shown.
    pub turn: Turn,
    /// How long it plays once, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Frames a second, on average.
    pub frame_rate: Option<Rational>,
    /// Frames of the first video track or of the animation, in frames.
    pub frames: Option<u64>,
    /// Codecs of its tracks, as ffmpeg names them: `h264`, `aac`.
    pub codecs: Vec<String>,
    /// Channels of the first sound track.
    pub channels: Option<u32>,
    /// Samples a second of the first sound track, in hertz.
    pub sample_rate_hz: Option<u32>,
    /// Bits of one color channel of a picture, or of one sample of sound that is stored as such.
    pub bits: Option<u8>,
    /// Whether parts of it may be seen through.
    pub has_alpha: Option<bool>,
    /// Texts in it: comments, graphs, parameters.
    pub texts: Vec<Text>,
    /// What could not be known, and why, for people.
    pub notes: Vec<String>,
    /// What its texts have taken so far, in bytes.
    #[serde(skip)]
    pub(crate) text_bytes: u64,
}

impl Media {
    /// A file of which nothing but its type is known.
    pub(crate) fn new(kind: Kind, media_type: &'static str, bytes: u64) -> Media {
        Media {
            kind,
            media_type,
            bytes,
            width_px: None,
            height_px: None,
            turn: Turn::default(),
            duration_ms: None,
            frame_rate: None,
            frames: None,
            codecs: Vec::new(),
            channels: None,
            sample_rate_hz: None,
            bits: None,
            has_alpha: None,
            texts: Vec::new(),
            notes: Vec::new(),
            text_bytes: 0,
        }
    }

    /// Takes the stored size and turns it.
    pub(crate) fn set_size(&mut self, width_px: u32, height_px: u32, turn: Turn) {
        let (width_px, height_px) = match turn.swaps_sides() {
            true => (height_px, width_px),
            false => (width_px, height_px),
        };
        (self.width_px, self.height_px) = (Some(width_px), Some(height_px));
        self.turn = turn;
    }

    /// Adds a codec once.
    pub(crate) fn add_codec(&mut self, codec: &str) {
        if !self.codecs.iter().any(|it| it == codec) {
            self.codecs.push(codec.to_owned());
        }
    }
}

/// What a file is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// One picture.
    Image,
    /// A picture that moves, without sound: GIF, animated WebP or PNG.
    Animation,
    /// At least one video track.
    Video,
    /// Sound only.
    Audio,
    /// None of these, or one that is not read.
    Other,
}

/// A fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rational {
    /// Above the line.
    pub numerator: u64,
    /// Below the line, never zero.
    pub denominator: u64,
}

impl Rational {
    /// A fraction in lowest terms, if it is one and more than nothing.
    pub fn new(numerator: u64, denominator: u64) -> Option<Rational> {
        if numerator == 0 || denominator == 0 {
            return None;
        }
        let by = greatest_common_divisor(numerator, denominator);
        Some(Rational {
            numerator: numerator / by,
            denominator: denominator / by,
        })
    }

    /// Frames in a time, in frames a second.
    pub(crate) fn rate(frames: u64, time: u64, units_per_second: u64) -> Option<Rational> {
        let per_second = u128::from(frames) * u128::from(units_per_second);
        let (mut above, mut below) = (per_second, u128::from(time));
        while above > u128::from(u64::MAX) {
            (above, below) = (above / 2, below / 2);
        }
        Rational::new(u64::try_from(above).ok()?, u64::try_from(below).ok()?)
    }

    /// As a number.
    pub fn value(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A text that stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// What it is called there: `prompt`, `Comment`.
    pub key: String,
    /// Where it stands: `PNG tEXt`.
    pub place: &'static str,
    /// The text; empty if it was left out.
    pub text: String,
    /// Why it was left out, if it was.
    pub left_out: Option<String>,
}

/// How a stored picture is turned and mirrored before it is shown: Exif's orientation, 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Turn(u8);

impl Turn {
    /// From Exif's number; any other is upright, as viewers have it.
    pub fn from_exif(orientation: u32) -> Turn {
        match u8::try_from(orientation) {
            Ok(it @ 1..=8) => Turn(it),
            _ => Turn(1),
        }
    }

    /// A turn to the right in quarters.
    pub(crate) fn quarters(quarters: u8) -> Turn {
        Turn([1, 6, 3, 8][usize::from(quarters % 4)])
    }

    /// Exif's number, 1 to 8.
    pub fn exif(self) -> u8 {
        self.0
    }

    /// Whether what is stored as width is shown as height.
    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }
}

impl Default for Turn {
    fn default() -> Turn {
        Turn(1)
    }
}

/// Milliseconds of a time in other units, rounded to the nearest.
pub(crate) fn to_ms(time: u64, units_per_second: u64) -> Option<u64> {
    if units_per_second == 0 {
        return None;
    }
    let half = u128::from(units_per_second) / 2;
    let ms = (u128::from(time) * 1_000 + half) / u128::from(units_per_second);
    u64::try_from(ms).ok()
}
