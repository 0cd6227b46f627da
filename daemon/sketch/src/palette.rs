//! The markers: sixteen ramps of sixteen tones, graded for the hour and the film's style.

/// How many tones a ramp has in the picture.
pub(crate) const TONES: usize = 16;

/// An RGB color.
pub(crate) type Rgb = [u8; 3];

/// The number of each ramp.
pub(crate) mod ramp {
    /// Paper, pencil and grey marker.
    pub(crate) const NEUTRAL: u8 = 0;
    /// Sky, water, glass, shadow in the open.
    pub(crate) const COOL: u8 = 1;
    /// Wood, earth, brick.
    pub(crate) const EARTH: u8 = 2;
    /// Leaves and grass.
    pub(crate) const LEAF: u8 = 3;
    /// Lamps, windows at night, the low sun.
    pub(crate) const LIGHT: u8 = 4;
    /// Skin, one ramp for the fair and one for the dark.
    pub(crate) const SKIN: [u8; 2] = [5, 6];
    /// Movement arrows; never graded, they are not part of the picture.
    pub(crate) const ARROW: u8 = 7;
    /// Clothes of the first four subjects.
    pub(crate) const CLOTHES: u8 = 8;
    /// Hair of the first four subjects.
    pub(crate) const HAIR: u8 = 12;
    /// How many subjects have ramps of their own.
    pub(crate) const CAST: usize = 4;
}

/// A change of every color, for an hour or a style.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grade {
    /// Multiplies the channels.
    pub(crate) gain: [f32; 3],
    /// 0 leaves colors as they are, 1 takes them away.
    pub(crate) drain: f32,
    /// 1 is neutral, more is harder.
    pub(crate) contrast: f32,
}

impl Grade {
    pub(crate) const PLAIN: Grade = Grade {
        gain: [1.0; 3],
        drain: 0.0,
        contrast: 1.0,
    };

    fn apply(&self, color: [f32; 3]) -> Rgb {
        let luma = color[0] * 0.3 + color[1] * 0.59 + color[2] * 0.11;
        std::array::from_fn(|it| {
            let flat = color[it] + (luma - color[it]) * self.drain;
            let hard = (flat - 128.0) * self.contrast + 128.0;
            (hard * self.gain[it]).clamp(0.0, 255.0) as u8
        })
    }
}

/// The colors of one panel.
pub(crate) struct Palette {
    middles: [Rgb; 16],
    grades: [Grade; 2],
}

const PAPER: Rgb = [250, 246, 236];
const INK: Rgb = [26, 25, 32];

impl Palette {
    pub(crate) fn new(hour: Grade, style: Grade) -> Palette {
        let mut middles = [[150, 147, 144]; 16];
        middles[usize::from(ramp::COOL)] = [128, 152, 176];
        middles[usize::from(ramp::EARTH)] = [168, 142, 114];
        middles[usize::from(ramp::LEAF)] = [132, 150, 112];
        middles[usize::from(ramp::LIGHT)] = [236, 190, 104];
        middles[usize::from(ramp::SKIN[0])] = [214, 164, 132];
        middles[usize::from(ramp::SKIN[1])] = [146, 98, 70];
        middles[usize::from(ramp::ARROW)] = [214, 70, 48];
        Palette {
            middles,
            grades: [hour, style],
        }
    }

    pub(crate) fn set(&mut self, ramp: u8, middle: Rgb) {
        if let Some(slot) = self.middles.get_mut(usize::from(ramp)) {
            *slot = middle;
        }
    }

    /// All colors in index order: `ramp * 16 + tone`.
    pub(crate) fn colors(&self) -> Vec<u8> {
        let mut colors = Vec::with_capacity(256 * 3);
        for (number, middle) in self.middles.iter().enumerate() {
            for tone in 0..TONES {
                let color = on_ramp(*middle, tone as f32 / (TONES - 1) as f32);
                let hour = self.hour_of(number as u8);
                let graded = hour.apply(color).map(f32::from);
                let styled = if number as u8 == ramp::ARROW {
                    Grade::PLAIN.apply(graded)
                } else {
                    self.grades[1].apply(graded)
                };
                colors.extend_from_slice(&styled);
            }
        }
        colors
    }

    /// What shines by itself keeps its color at night.
    fn hour_of(&self, number: u8) -> Grade {
        match number {
            ramp::LIGHT | ramp::ARROW => Grade::PLAIN,
            _ => self.grades[0],
        }
    }
}

const MIDDLE_TONE: f32 = 0.62;

fn on_ramp(middle: Rgb, tone: f32) -> [f32; 3] {
    std::array::from_fn(|it| {
        let (ink, paper) = (f32::from(INK[it]), f32::from(PAPER[it]));
        let middle = f32::from(middle[it]);
        if tone < MIDDLE_TONE {
            ink + (middle - ink) * tone / MIDDLE_TONE
        } else {
            let lightest = paper * 0.86 + middle * 0.14;
            middle + (lightest - middle) * (tone - MIDDLE_TONE) / (1.0 - MIDDLE_TONE)
        }
    })
}
