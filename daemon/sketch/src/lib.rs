//! The built-in renderer: a shot goes in, a storyboard panel comes out.
//!
//! Pure: no IO, no clock, no threads, no chance but the seed's. The same intent, seed and
//! [`VERSION`] give the same bytes on every machine, so no function of the platform's math library
//! is called and coverage is summed in integers. No text is ever drawn.
//!
//! Reading order: `brief` reads the words, `camera` and `light` decide how it is seen, `stage` puts
//! the set and the figures in front of it; `set`, `figure`, `face`, `creature` and `props` know what
//! things look like; `ink`, `canvas` and `encode` put them on paper.

mod arrows;
mod brief;
mod camera;
mod canvas;
mod chance;
mod costume;
mod creature;
mod encode;
mod face;
mod figure;
mod geometry;
mod hair;
mod ink;
mod light;
mod overhead;
mod palette;
mod pose;
mod props;
mod set;
mod stage;
#[cfg(test)]
mod tests;
mod words;

use storycore_schema::recipe::Intent;

use crate::brief::Brief;
use crate::stage::Stage;

/// Changes whenever pixels change; part of the render key.
pub const VERSION: &str = "sketch-1";

/// The widest panel, in pixels.
pub const WIDTH_PX_MAX: u32 = 4096;
/// The narrowest panel, in pixels.
pub const WIDTH_PX_MIN: u32 = 16;
/// The widest aspect, in thousandths.
pub const ASPECT_MILLI_MAX: u32 = 4_000;
/// The narrowest aspect, in thousandths: a telephone held upright, and a little more.
pub const ASPECT_MILLI_MIN: u32 = 400;

/// How large a panel is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Width in pixels, held within [`WIDTH_PX_MIN`] and [`WIDTH_PX_MAX`].
    pub width_px: u32,
}

/// A drawn panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The encoded picture.
    pub png: Vec<u8>,
}

/// Draws a shot. Never fails: what an intent does not say, or says beyond the limits, is drawn as
/// the nearest thing that can be.
pub fn render(intent: &Intent, seed: u64, options: &Options) -> Picture {
    let (width, height) = size(intent.aspect_milli, options.width_px);
    let brief = Brief::read(intent);
    let stage = Stage::new(intent, &brief, seed, (width, height));
    let (canvas, palette) = stage.draw();
    Picture {
        width,
        height,
        png: encode::encode(&canvas, &palette),
    }
}

fn size(aspect_milli: u32, width_px: u32) -> (u32, u32) {
    let width = width_px.clamp(WIDTH_PX_MIN, WIDTH_PX_MAX);
    let aspect = aspect_milli.clamp(ASPECT_MILLI_MIN, ASPECT_MILLI_MAX);
    (width, ((width * 1000 + aspect / 2) / aspect).max(1))
}
