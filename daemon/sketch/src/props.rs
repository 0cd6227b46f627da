//! Things shown for themselves: the subject of an insert.

use crate::canvas::Paint;
use crate::geometry::{P2, ellipse, limb, p, smooth};
use crate::ink::{Line, Pad};
use crate::light::Light;
use crate::palette::ramp;

/// A thing that a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Object {
    Phone,
    Letter,
    Key,
    Gun,
    Knife,
    Cup,
    Book,
    Watch,
    Photo,
    Candle,
    Bottle,
    Case,
    Ring,
    Hand,
}

/// An insert: a thing large in frame, on a surface or in a hand.
pub(crate) struct Insert<'a> {
    pub(crate) pad: &'a mut Pad,
    pub(crate) light: &'a Light,
    pub(crate) object: Object,
    /// Ramp, tone and sleeve of the hand.
    pub(crate) skin: Paint,
    pub(crate) sleeve: Paint,
    pub(crate) center: P2,
    /// Half the size of the thing, in pixels.
    pub(crate) size: f32,
    pub(crate) turn: f32,
}

const INK: Line = Line::new(3.2, 236);
const FINE: Line = Line::new(1.6, 170);

impl Insert<'_> {
    /// Draws the hand and the thing.
    pub(crate) fn draw(&mut self) {
        self.shadow();
        match self.object {
            Object::Phone => self.phone(),
            Object::Letter => self.letter(),
            Object::Key => self.key(),
            Object::Gun => self.gun(),
            Object::Knife => self.knife(),
            Object::Cup => self.cup(),
            Object::Book => self.book(),
            Object::Watch => self.watch(),
            Object::Photo => self.photo(),
            Object::Candle => self.candle(),
            Object::Bottle => self.bottle(),
            Object::Case => self.case(),
            Object::Ring => self.ring(),
            Object::Hand => {}
        }
        match self.object {
            Object::Cup | Object::Candle | Object::Bottle | Object::Watch => {
                self.hand(p(1.5, 0.55), -0.06);
            }
            Object::Hand => self.hand(p(0.42, 0.1), 0.0),
            Object::Case | Object::Book => self.hand(p(1.1, 0.9), 0.03),
            _ => self.hand(p(0.95, 0.62), 0.02),
        }
    }

    fn at(&self, x: f32, y: f32) -> P2 {
        self.center + p(x, y).rotated(self.turn) * self.size
    }

    fn hard(&self, points: &[(f32, f32)]) -> Vec<P2> {
        points.iter().map(|(x, y)| self.at(*x, *y)).collect()
    }

    fn soft(&self, points: &[(f32, f32)]) -> Vec<P2> {
        smooth(&self.hard(points), true)
    }

    fn tone(&self, ramp: u8, tone: u8) -> Paint {
        Paint::Solid {
            ramp,
            tone: self.light.figure_tone(tone),
        }
    }

    fn form(&mut self, outline: &[P2], paint: Paint) {
        self.pad.fill(outline, paint);
        self.pad
            .model(outline, self.light.from * (self.size * 0.09));
        self.pad.outline(outline, INK);
    }

    fn line(&mut self, points: &[(f32, f32)]) {
        let path = self.hard(points);
        self.pad.stroke(&path, FINE);
    }

    fn disc(&mut self, x: f32, y: f32, r: f32, paint: Paint) {
        let outline = ellipse(self.at(x, y), r * self.size, r * self.size * 0.94);
        self.form(&outline, paint);
    }

    fn shadow(&mut self) {
        let at = self.center + p(-self.light.from.x * 0.25, 0.55) * self.size;
        self.pad.fill(
            &ellipse(at, self.size * 1.35, self.size * 0.42),
            Paint::Shade(self.light.shadow),
        );
    }

    fn phone(&mut self) {
        let body = self.soft(&[
            (-0.52, -0.96),
            (0.0, -1.0),
            (0.52, -0.96),
            (0.54, 0.0),
            (0.52, 0.96),
            (0.0, 1.0),
            (-0.52, 0.96),
            (-0.54, 0.0),
        ]);
        self.form(&body, self.tone(ramp::NEUTRAL, 60));
        let screen = self.hard(&[(-0.44, -0.80), (0.44, -0.80), (0.44, 0.80), (-0.44, 0.80)]);
        self.pad.form(
            &screen,
            Paint::Solid {
                ramp: ramp::COOL,
                tone: 236,
            },
            FINE,
        );
        for it in 0..4 {
            let y = -0.5 + 0.27 * it as f32;
            let side = if it % 2 == 0 { -1.0 } else { 1.0 };
            let bubble = self.soft(&[
                (side * 0.36, y - 0.09),
                (side * -0.16, y - 0.09),
                (side * -0.16, y + 0.09),
                (side * 0.36, y + 0.09),
            ]);
            self.pad
                .fill(&bubble, Paint::Shade(if it % 2 == 0 { 70 } else { 34 }));
        }
    }

    fn letter(&mut self) {
        let back = self.hard(&[(-1.0, -0.34), (0.72, -0.72), (1.06, 0.48), (-0.7, 0.84)]);
        self.form(&back, self.tone(ramp::EARTH, 212));
        let sheet = self.hard(&[(-0.66, -1.0), (0.70, -0.84), (0.56, 0.80), (-0.84, 0.66)]);
        self.form(&sheet, self.tone(ramp::NEUTRAL, 250));
        self.line(&[(-0.74, -0.16), (0.63, 0.0)]);
        for it in 0..8 {
            let y = -0.72 + 0.16 * it as f32;
            let end = if it % 3 == 2 { 0.18 } else { 0.46 };
            let x = -0.54 - 0.014 * it as f32;
            self.line(&[
                (x, y),
                (x + 0.2, y + 0.05),
                (x + 0.4, y + 0.03),
                (end, y + 0.12),
            ]);
        }
    }

    fn key(&mut self) {
        let metal = self.tone(ramp::LIGHT, 150);
        self.disc(-0.62, -0.1, 0.42, metal);
        self.disc(-0.62, -0.1, 0.20, self.tone(ramp::NEUTRAL, 214));
        let shaft = self.hard(&[(-0.22, -0.20), (1.05, -0.20), (1.05, 0.0), (-0.22, 0.0)]);
        self.form(&shaft, metal);
        let bit = self.hard(&[
            (0.62, 0.0),
            (0.62, 0.32),
            (0.74, 0.32),
            (0.74, 0.18),
            (0.84, 0.18),
            (0.84, 0.36),
            (1.0, 0.36),
            (1.0, 0.0),
        ]);
        self.form(&bit, metal);
    }

    fn gun(&mut self) {
        let steel = self.tone(ramp::NEUTRAL, 84);
        let grip = self.hard(&[(0.36, 0.0), (0.86, 0.0), (1.10, 0.86), (0.66, 0.90)]);
        self.form(&grip, self.tone(ramp::EARTH, 100));
        let frame = self.hard(&[
            (-0.30, -0.10),
            (0.90, -0.10),
            (0.90, 0.10),
            (0.30, 0.16),
            (-0.30, 0.12),
        ]);
        self.form(&frame, steel);
        let slide = self.hard(&[(-1.10, -0.46), (0.92, -0.46), (1.0, -0.10), (-1.10, -0.10)]);
        self.form(&slide, steel);
        self.line(&[(0.22, 0.14), (0.12, 0.40), (0.46, 0.42), (0.48, 0.12)]);
        for it in 0..5 {
            let x = 0.52 + 0.07 * it as f32;
            self.line(&[(x, -0.42), (x, -0.16)]);
        }
    }

    fn knife(&mut self) {
        let blade = self.hard(&[
            (-1.25, 0.02),
            (-0.9, -0.20),
            (0.30, -0.22),
            (0.30, 0.14),
            (-0.7, 0.16),
        ]);
        self.form(&blade, self.tone(ramp::COOL, 236));
        self.line(&[(-1.1, 0.04), (0.26, 0.02)]);
        let handle = self.soft(&[
            (0.30, -0.20),
            (0.8, -0.24),
            (1.2, -0.16),
            (1.2, 0.12),
            (0.8, 0.10),
            (0.30, 0.16),
        ]);
        self.form(&handle, self.tone(ramp::EARTH, 96));
    }

    fn cup(&mut self) {
        let saucer = ellipse(self.at(0.0, 0.72), self.size * 1.05, self.size * 0.26);
        self.form(&saucer, self.tone(ramp::NEUTRAL, 236));
        let handle = self.soft(&[
            (0.52, -0.16),
            (0.98, -0.22),
            (1.02, 0.24),
            (0.50, 0.40),
            (0.50, 0.24),
            (0.82, 0.14),
            (0.80, -0.06),
            (0.52, 0.0),
        ]);
        self.form(&handle, self.tone(ramp::NEUTRAL, 236));
        let body = self.soft(&[
            (-0.66, -0.42),
            (-0.58, 0.3),
            (-0.34, 0.68),
            (0.34, 0.68),
            (0.58, 0.3),
            (0.66, -0.42),
        ]);
        self.form(&body, self.tone(ramp::NEUTRAL, 246));
        let rim = ellipse(self.at(0.0, -0.42), self.size * 0.66, self.size * 0.19);
        self.form(&rim, self.tone(ramp::NEUTRAL, 236));
        let coffee = ellipse(self.at(0.0, -0.39), self.size * 0.56, self.size * 0.13);
        self.form(&coffee, self.tone(ramp::EARTH, 70));
        for x in [-0.2, 0.16] {
            let path = smooth(
                &self.hard(&[
                    (x, -0.62),
                    (x + 0.10, -0.82),
                    (x - 0.06, -1.02),
                    (x + 0.06, -1.26),
                ]),
                false,
            );
            self.pad.stroke(&path, FINE);
        }
    }

    fn book(&mut self) {
        let cover = self.hard(&[
            (-1.25, -0.52),
            (0.0, -0.40),
            (1.25, -0.52),
            (1.3, 0.66),
            (0.0, 0.80),
            (-1.3, 0.66),
        ]);
        self.form(&cover, self.tone(ramp::EARTH, 110));
        for side in [-1.0, 1.0] {
            let page = self.soft(&[
                (0.0, -0.46),
                (side * 0.5, -0.66),
                (side * 1.16, -0.56),
                (side * 1.2, 0.56),
                (side * 0.5, 0.50),
                (0.0, 0.70),
            ]);
            self.form(&page, self.tone(ramp::NEUTRAL, 248));
            for it in 0..7 {
                let y = -0.42 + 0.13 * it as f32;
                self.line(&[
                    (side * 0.16, y + 0.06),
                    (side * 0.6, y - 0.04),
                    (side * 1.02, y),
                ]);
            }
        }
    }

    fn watch(&mut self) {
        let strap = self.hard(&[(-0.30, -1.4), (0.30, -1.4), (0.34, 1.4), (-0.34, 1.4)]);
        self.form(&strap, self.tone(ramp::EARTH, 110));
        self.disc(0.0, 0.0, 0.80, self.tone(ramp::LIGHT, 150));
        self.disc(0.0, 0.0, 0.64, self.tone(ramp::NEUTRAL, 250));
        for it in 0..12 {
            let (sin, cos) = crate::geometry::sin_cos(it as f32 / 12.0);
            self.line(&[(cos * 0.50, sin * 0.48), (cos * 0.58, sin * 0.56)]);
        }
        let hands = [
            self.hard(&[(0.0, 0.0), (0.08, -0.44)]),
            self.hard(&[(0.0, 0.0), (0.26, 0.14)]),
        ];
        for hand in hands {
            self.pad.stroke(&hand, Line::new(4.0, 240));
        }
    }

    fn photo(&mut self) {
        let card = self.hard(&[(-0.96, -0.90), (0.82, -1.0), (0.96, 0.92), (-0.82, 1.02)]);
        self.form(&card, self.tone(ramp::NEUTRAL, 250));
        let image = self.hard(&[(-0.80, -0.74), (0.68, -0.82), (0.76, 0.42), (-0.72, 0.50)]);
        self.pad.form(&image, self.tone(ramp::COOL, 190), FINE);
        for (x, tone) in [(-0.30, 120), (0.26, 96)] {
            let bust = self.soft(&[
                (x - 0.36, 0.46),
                (x - 0.28, 0.10),
                (x, -0.02),
                (x + 0.28, 0.10),
                (x + 0.36, 0.44),
            ]);
            self.pad
                .canvas
                .fill_inside(&image, &bust, self.tone(ramp::NEUTRAL, tone));
            let head = ellipse(self.at(x, -0.20), self.size * 0.17, self.size * 0.22);
            self.pad.form(&head, self.skin, FINE);
        }
    }

    fn candle(&mut self) {
        let flame = self.at(0.0, -0.98);
        for (r, strength) in [(1.5, 60), (0.9, 90), (0.5, 140)] {
            self.pad.fill(
                &ellipse(flame, r * self.size, r * self.size),
                Paint::Light {
                    ramp: ramp::LIGHT,
                    strength,
                },
            );
        }
        let wax = self.hard(&[(-0.26, -0.60), (0.26, -0.60), (0.28, 0.80), (-0.28, 0.80)]);
        self.form(&wax, self.tone(ramp::NEUTRAL, 246));
        self.line(&[(0.0, -0.60), (0.0, -0.76)]);
        let drop = self.soft(&[(0.0, -1.30), (0.13, -0.94), (0.0, -0.74), (-0.13, -0.94)]);
        self.form(
            &drop,
            Paint::Solid {
                ramp: ramp::LIGHT,
                tone: 250,
            },
        );
    }

    fn bottle(&mut self) {
        let body = self.soft(&[
            (-0.14, -1.2),
            (-0.14, -0.62),
            (-0.42, -0.30),
            (-0.44, 0.80),
            (0.0, 0.86),
            (0.44, 0.80),
            (0.42, -0.30),
            (0.14, -0.62),
            (0.14, -1.2),
        ]);
        self.form(&body, self.tone(ramp::LEAF, 110));
        let label = self.hard(&[(-0.43, 0.0), (0.43, 0.0), (0.43, 0.54), (-0.43, 0.54)]);
        self.form(&label, self.tone(ramp::NEUTRAL, 240));
        self.line(&[(-0.3, 0.2), (0.3, 0.2)]);
        self.line(&[(-0.2, 0.34), (0.2, 0.34)]);
    }

    fn case(&mut self) {
        let grip = self.soft(&[
            (-0.36, -0.60),
            (-0.30, -0.92),
            (0.30, -0.92),
            (0.36, -0.60),
            (0.24, -0.60),
            (0.20, -0.78),
            (-0.20, -0.78),
            (-0.24, -0.60),
        ]);
        self.form(&grip, self.tone(ramp::EARTH, 80));
        let body = self.hard(&[(-1.2, -0.60), (1.2, -0.60), (1.2, 0.82), (-1.2, 0.82)]);
        self.form(&body, self.tone(ramp::EARTH, 136));
        self.line(&[(-1.2, -0.22), (1.2, -0.22)]);
        for x in [-0.7, 0.7] {
            let clasp = self.hard(&[
                (x - 0.12, -0.34),
                (x + 0.12, -0.34),
                (x + 0.12, -0.06),
                (x - 0.12, -0.06),
            ]);
            self.form(&clasp, self.tone(ramp::LIGHT, 170));
        }
    }

    fn ring(&mut self) {
        let band = ellipse(self.at(0.0, 0.2), self.size * 0.66, self.size * 0.62);
        self.form(&band, self.tone(ramp::LIGHT, 160));
        let hole = ellipse(self.at(0.0, 0.2), self.size * 0.48, self.size * 0.44);
        self.form(&hole, self.tone(ramp::NEUTRAL, 206));
        let stone = self.hard(&[
            (-0.26, -0.56),
            (-0.14, -0.76),
            (0.14, -0.76),
            (0.26, -0.56),
            (0.0, -0.30),
        ]);
        self.form(&stone, self.tone(ramp::COOL, 250));
    }

    /// A hand that reaches in from the lower right.
    fn hand(&mut self, at: P2, turn: f32) {
        let wrist = self.center + at * self.size;
        let s = self.size * 0.62;
        let place = |x: f32, y: f32| wrist + p(x, y).rotated(turn) * s;
        let sleeve = limb(&[place(1.15, 0.75), place(3.6, 2.4)], &[s * 0.62, s * 0.85]);
        let fore = limb(&[place(0.7, 0.46), place(1.6, 1.05)], &[s * 0.44, s * 0.48]);
        self.form(&fore, self.skin);
        self.form(&sleeve, self.sleeve);
        for it in (0..4).rev() {
            let y = -0.62 + 0.27 * it as f32;
            let reach = [-0.95, -1.1, -1.05, -0.8][it];
            let joints = [
                place(0.42, y + 0.32),
                place(-0.35, y - 0.02),
                place(reach, y + 0.22),
            ];
            let finger = smooth(&limb(&joints, &[s * 0.20, s * 0.17, s * 0.125]), true);
            self.form(&finger, self.skin);
        }
        let palm = smooth(
            &[
                place(-0.1, -0.42),
                place(0.55, -0.40),
                place(1.05, 0.05),
                place(0.95, 0.72),
                place(0.35, 0.74),
                place(-0.06, 0.44),
            ],
            true,
        );
        self.form(&palm, self.skin);
        let thumb = [place(0.62, 0.50), place(0.02, 0.74), place(-0.62, 0.56)];
        let thumb = smooth(&limb(&thumb, &[s * 0.26, s * 0.19, s * 0.14]), true);
        self.form(&thumb, self.skin);
    }
}
