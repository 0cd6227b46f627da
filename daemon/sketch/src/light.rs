//! The hour: where light comes from, how dark the set is, what color the air has.

use storycore_schema::craft::{Setting, TimeOfDay};

use crate::chance::Chance;
use crate::geometry::{P2, p};
use crate::palette::Grade;

/// The light of one panel.
#[derive(Debug, Clone)]
pub(crate) struct Light {
    pub(crate) hour: TimeOfDay,
    /// Towards the source, on the panel.
    pub(crate) from: P2,
    /// How much of the tone of surfaces is left, of 256.
    pub(crate) ambient: u32,
    /// How much of the tone of figures is left, of 256.
    pub(crate) figure: u32,
    /// How dark the cast shadows are.
    pub(crate) shadow: u8,
    /// How long shadows on the ground are, in heights of what casts them.
    pub(crate) shadow_length: f32,
    /// Tones of the sky from its top to the horizon.
    pub(crate) sky: [u8; 4],
    pub(crate) dark: bool,
    /// How dark the side of a form away from the light is.
    pub(crate) core: u8,
}

impl Light {
    pub(crate) fn new(hour: TimeOfDay, setting: Setting, chance: &mut Chance) -> Light {
        let side = if chance.below(2) == 0 { -1.0 } else { 1.0 };
        let (height, ambient, figure, shadow, shadow_length, sky) = match hour {
            TimeOfDay::Dawn => (0.25, 214, 226, 70, 2.2, [150, 182, 214, 246]),
            TimeOfDay::Morning => (0.6, 250, 256, 76, 1.3, [190, 214, 234, 250]),
            TimeOfDay::Day => (1.1, 256, 256, 84, 0.6, [182, 206, 228, 248]),
            TimeOfDay::Afternoon => (0.7, 248, 252, 88, 1.1, [196, 216, 234, 248]),
            TimeOfDay::Evening => (0.3, 216, 228, 92, 2.0, [140, 172, 208, 246]),
            TimeOfDay::Dusk => (0.2, 164, 212, 88, 2.4, [84, 112, 154, 216]),
            TimeOfDay::Night => (0.8, 104, 204, 110, 0.8, [34, 44, 58, 82]),
        };
        let inside = setting == Setting::Interior;
        let dark = matches!(hour, TimeOfDay::Night) || (hour == TimeOfDay::Dusk && inside);
        Light {
            hour,
            from: p(side, -height).unit(),
            ambient: if inside && hour == TimeOfDay::Night {
                122
            } else {
                ambient
            },
            figure,
            shadow,
            shadow_length,
            sky,
            dark,
            core: if hour == TimeOfDay::Night {
                128
            } else {
                shadow - 12
            },
        }
    }

    /// A surface's tone under this light.
    pub(crate) fn tone(&self, tone: u8) -> u8 {
        (u32::from(tone) * self.ambient / 256) as u8
    }

    /// A figure's tone: kept apart from the set, so that people read against it.
    pub(crate) fn figure_tone(&self, tone: u8) -> u8 {
        (u32::from(tone) * self.figure / 256) as u8
    }

    pub(crate) fn grade(&self) -> Grade {
        let gain = match self.hour {
            TimeOfDay::Dawn => [0.99, 0.94, 0.96],
            TimeOfDay::Morning => [1.0, 0.98, 0.94],
            TimeOfDay::Day => [1.0, 1.0, 1.0],
            TimeOfDay::Afternoon => [1.0, 0.97, 0.90],
            TimeOfDay::Evening => [1.0, 0.90, 0.78],
            TimeOfDay::Dusk => [0.92, 0.86, 0.94],
            TimeOfDay::Night => [0.84, 0.90, 1.02],
        };
        let drain = if self.hour == TimeOfDay::Night {
            0.35
        } else {
            0.0
        };
        Grade {
            gain,
            drain,
            contrast: 1.0,
        }
    }
}
