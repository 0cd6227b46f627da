//! Subjects that are not people: animals, vehicles, machines.

use crate::canvas::Paint;
use crate::geometry::{P2, ellipse, p, smooth};
use crate::ink::{Line, Mark};
use crate::light::Light;
use crate::palette::ramp;

/// A form that a name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Creature {
    Dog,
    Cat,
    Horse,
    Bird,
    Car,
    Robot,
    Boat,
    Train,
}

impl Creature {
    /// Height in meters, and width as a share of the height.
    pub(crate) fn size(self) -> (f32, f32) {
        match self {
            Creature::Dog => (0.75, 1.3),
            Creature::Cat => (0.42, 1.3),
            Creature::Horse => (2.1, 1.2),
            Creature::Bird => (0.34, 1.4),
            Creature::Car => (1.45, 2.9),
            Creature::Robot => (1.8, 0.6),
            Creature::Boat => (3.0, 1.9),
            Creature::Train => (3.6, 2.4),
        }
    }
}

/// A creature to draw.
pub(crate) struct Form<'a> {
    pub(crate) creature: Creature,
    pub(crate) light: &'a Light,
    pub(crate) foot: P2,
    pub(crate) height_px: f32,
    /// -1 faces left, 1 faces right.
    pub(crate) facing: f32,
    pub(crate) slot: usize,
    pub(crate) unit: f32,
}

type Points = &'static [(f32, f32)];

const DOG: Points = &[
    (-0.58, 0.60),
    (-0.78, 0.86),
    (-0.72, 0.90),
    (-0.52, 0.72),
    (-0.10, 0.70),
    (0.22, 0.74),
    (0.36, 0.96),
    (0.44, 1.02),
    (0.56, 0.98),
    (0.80, 0.84),
    (0.80, 0.76),
    (0.58, 0.72),
    (0.46, 0.52),
    (0.40, 0.32),
    (0.40, 0.02),
    (0.50, 0.0),
    (0.26, 0.0),
    (0.24, 0.30),
    (-0.12, 0.34),
    (-0.34, 0.32),
    (-0.42, 0.20),
    (-0.38, 0.02),
    (-0.30, 0.0),
    (-0.54, 0.0),
    (-0.58, 0.24),
    (-0.64, 0.42),
];
const CAT: Points = &[
    (-0.50, 0.16),
    (-0.86, 0.30),
    (-0.96, 0.66),
    (-0.86, 0.66),
    (-0.78, 0.38),
    (-0.50, 0.46),
    (-0.20, 0.66),
    (0.16, 0.70),
    (0.22, 0.98),
    (0.32, 0.86),
    (0.50, 0.88),
    (0.60, 1.0),
    (0.66, 0.72),
    (0.54, 0.54),
    (0.42, 0.44),
    (0.40, 0.02),
    (0.48, 0.0),
    (0.26, 0.0),
    (0.24, 0.26),
    (-0.14, 0.22),
    (-0.16, 0.0),
    (-0.50, 0.0),
];
const HORSE: Points = &[
    (-0.52, 0.58),
    (-0.72, 0.50),
    (-0.70, 0.20),
    (-0.62, 0.24),
    (-0.54, 0.66),
    (-0.20, 0.66),
    (0.12, 0.66),
    (0.30, 0.82),
    (0.38, 0.98),
    (0.46, 1.03),
    (0.52, 0.96),
    (0.70, 0.78),
    (0.68, 0.70),
    (0.60, 0.70),
    (0.48, 0.80),
    (0.42, 0.58),
    (0.36, 0.42),
    (0.38, 0.22),
    (0.36, 0.03),
    (0.42, 0.0),
    (0.26, 0.0),
    (0.28, 0.22),
    (0.22, 0.40),
    (-0.14, 0.40),
    (-0.34, 0.40),
    (-0.40, 0.24),
    (-0.36, 0.03),
    (-0.30, 0.0),
    (-0.48, 0.0),
    (-0.50, 0.22),
    (-0.48, 0.38),
];
const BIRD: Points = &[
    (-0.90, 0.36),
    (-0.50, 0.46),
    (-0.10, 0.78),
    (0.24, 0.98),
    (0.46, 0.98),
    (0.58, 0.86),
    (0.80, 0.80),
    (0.56, 0.74),
    (0.40, 0.50),
    (0.10, 0.28),
    (-0.20, 0.24),
];
const BOAT: Points = &[(-0.9, 0.28), (0.95, 0.34), (0.70, 0.0), (-0.74, 0.0)];

impl Form<'_> {
    fn at(&self, x: f32, y: f32) -> P2 {
        self.foot + p(x * self.facing, -y) * self.height_px
    }

    fn paint(&self, tone: u8) -> Paint {
        let color = if self.slot < ramp::CAST {
            ramp::CLOTHES + self.slot as u8
        } else {
            ramp::NEUTRAL
        };
        Paint::Solid {
            ramp: color,
            tone: self.light.figure_tone(tone),
        }
    }

    fn grey(&self, tone: u8) -> Paint {
        Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.figure_tone(tone),
        }
    }

    fn ink(&self) -> Line {
        Line::new((self.height_px / self.unit * 0.010).clamp(1.2, 4.6), 234)
    }

    fn form(&self, outline: Vec<P2>, paint: Paint) -> Mark {
        let lit_from = self.light.from * (self.height_px * 0.05);
        Mark::Form {
            outline,
            paint,
            line: Some(self.ink()),
            lit_from,
        }
    }

    fn soft(&self, points: &[(f32, f32)]) -> Vec<P2> {
        smooth(
            &points
                .iter()
                .map(|(x, y)| self.at(*x, *y))
                .collect::<Vec<_>>(),
            true,
        )
    }

    fn hard(&self, points: &[(f32, f32)]) -> Vec<P2> {
        points.iter().map(|(x, y)| self.at(*x, *y)).collect()
    }

    fn dot(&self, x: f32, y: f32, r: f32, tone: u8) -> Mark {
        let r = r * self.height_px;
        Mark::Patch {
            outline: ellipse(self.at(x, y), r, r),
            paint: self.grey(tone),
        }
    }

    fn stroke(&self, points: &[(f32, f32)]) -> Mark {
        Mark::Stroke {
            points: self.hard(points),
            line: self.ink(),
        }
    }

    /// Everything of the creature in drawing order.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        match self.creature {
            Creature::Dog => vec![
                self.form(self.soft(DOG), self.paint(150)),
                self.form(
                    self.soft(&[(0.36, 0.98), (0.46, 0.94), (0.40, 0.68), (0.30, 0.74)]),
                    self.paint(96),
                ),
                self.dot(0.58, 0.90, 0.025, 20),
                self.dot(0.80, 0.82, 0.035, 20),
                self.stroke(&[(0.78, 0.77), (0.64, 0.78)]),
                self.stroke(&[(0.40, 0.64), (0.52, 0.60)]),
            ],
            Creature::Cat => vec![
                self.form(self.soft(CAT), self.paint(140)),
                self.dot(0.42, 0.78, 0.03, 20),
                self.dot(0.56, 0.78, 0.03, 20),
                self.stroke(&[(0.50, 0.70), (0.48, 0.66)]),
                self.stroke(&[(0.56, 0.68), (0.78, 0.70)]),
                self.stroke(&[(0.40, 0.68), (0.20, 0.70)]),
            ],
            Creature::Horse => vec![
                self.form(self.soft(HORSE), self.paint(140)),
                self.form(
                    self.soft(&[
                        (0.44, 1.02),
                        (0.36, 0.98),
                        (0.22, 0.80),
                        (0.10, 0.66),
                        (0.24, 0.66),
                        (0.36, 0.84),
                    ]),
                    self.grey(70),
                ),
                self.dot(0.53, 0.90, 0.014, 20),
                self.dot(0.67, 0.75, 0.010, 20),
            ],
            Creature::Bird => vec![
                self.stroke(&[(0.0, 0.26), (0.02, 0.0), (0.14, 0.0)]),
                self.stroke(&[(0.14, 0.30), (0.16, 0.0), (0.28, 0.0)]),
                self.form(self.soft(BIRD), self.paint(140)),
                self.form(
                    self.soft(&[(-0.70, 0.38), (-0.20, 0.72), (0.16, 0.62), (-0.06, 0.38)]),
                    self.paint(104),
                ),
                self.dot(0.44, 0.88, 0.03, 16),
            ],
            Creature::Car => self.car(),
            Creature::Robot => self.robot(),
            Creature::Boat => vec![
                self.form(
                    self.hard(&[(0.08, 0.34), (0.08, 1.0), (0.72, 0.38)]),
                    self.grey(240),
                ),
                self.form(
                    self.hard(&[(0.03, 0.34), (0.03, 0.96), (-0.50, 0.36)]),
                    self.grey(226),
                ),
                self.form(self.hard(BOAT), self.paint(130)),
                self.stroke(&[(-0.86, 0.20), (0.86, 0.24)]),
            ],
            Creature::Train => self.train(),
        }
    }

    fn car(&self) -> Vec<Mark> {
        let body = [
            (-1.42, 0.22),
            (-1.44, 0.55),
            (-1.20, 0.64),
            (-0.78, 0.68),
            (-0.46, 1.0),
            (0.32, 1.0),
            (0.70, 0.66),
            (1.26, 0.58),
            (1.44, 0.44),
            (1.42, 0.22),
        ];
        let glass = self.grey(224);
        let mut marks = vec![
            self.form(self.hard(&body), self.paint(150)),
            self.form(
                self.hard(&[(-0.66, 0.68), (-0.40, 0.93), (-0.10, 0.93), (-0.10, 0.68)]),
                glass,
            ),
            self.form(
                self.hard(&[(-0.03, 0.68), (-0.03, 0.93), (0.28, 0.93), (0.56, 0.68)]),
                glass,
            ),
            self.stroke(&[(-0.06, 0.66), (-0.06, 0.26)]),
            self.stroke(&[(-1.40, 0.46), (1.40, 0.40)]),
            self.form(
                self.soft(&[(1.30, 0.50), (1.42, 0.46), (1.40, 0.38), (1.28, 0.42)]),
                self.grey(248),
            ),
        ];
        for x in [-0.86, 0.90] {
            for (r, tone) in [(0.24, 40), (0.13, 190), (0.04, 60)] {
                let r = r * self.height_px;
                marks.push(self.form(ellipse(self.at(x, 0.22), r, r), self.grey(tone)));
            }
        }
        marks
    }

    fn robot(&self) -> Vec<Mark> {
        let mut marks = Vec::new();
        for side in [-1.0, 1.0] {
            marks.push(self.form(
                self.hard(&[
                    (side * 0.05, 0.42),
                    (side * 0.15, 0.42),
                    (side * 0.16, 0.04),
                    (side * 0.06, 0.04),
                ]),
                self.grey(150),
            ));
            marks.push(self.form(
                self.hard(&[
                    (side * 0.04, 0.06),
                    (side * 0.20, 0.06),
                    (side * 0.22, 0.0),
                    (side * 0.03, 0.0),
                ]),
                self.grey(90),
            ));
            marks.push(self.form(
                self.hard(&[
                    (side * 0.20, 0.74),
                    (side * 0.28, 0.74),
                    (side * 0.29, 0.40),
                    (side * 0.22, 0.40),
                ]),
                self.grey(160),
            ));
            let r = self.height_px * 0.04;
            marks.push(self.form(ellipse(self.at(side * 0.25, 0.37), r, r), self.grey(110)));
        }
        marks.push(self.form(
            self.hard(&[(-0.20, 0.78), (0.20, 0.78), (0.15, 0.42), (-0.15, 0.42)]),
            self.paint(160),
        ));
        marks.push(self.form(
            self.hard(&[(-0.04, 0.84), (0.04, 0.84), (0.04, 0.77), (-0.04, 0.77)]),
            self.grey(90),
        ));
        marks.push(self.form(
            self.soft(&[(-0.13, 0.86), (-0.13, 1.0), (0.13, 1.0), (0.13, 0.86)]),
            self.paint(190),
        ));
        for x in [-0.05, 0.06] {
            let r = self.height_px * 0.022;
            marks.push(self.form(
                ellipse(self.at(x, 0.93), r, r),
                Paint::Solid {
                    ramp: ramp::LIGHT,
                    tone: 220,
                },
            ));
        }
        marks.push(self.stroke(&[(-0.12, 0.66), (0.12, 0.66)]));
        marks.push(self.stroke(&[(0.0, 1.01), (0.0, 1.07)]));
        marks
    }

    fn train(&self) -> Vec<Mark> {
        let mut marks = vec![
            self.form(
                self.hard(&[
                    (-2.4, 0.12),
                    (-2.4, 0.96),
                    (0.9, 1.0),
                    (1.2, 0.55),
                    (1.24, 0.12),
                ]),
                self.paint(140),
            ),
            self.form(
                self.hard(&[(0.62, 0.60), (0.66, 0.90), (0.92, 0.90), (1.10, 0.60)]),
                self.grey(232),
            ),
            self.stroke(&[(-2.4, 0.40), (1.2, 0.40)]),
        ];
        for it in 0..5 {
            let x = -2.2 + 0.55 * it as f32;
            marks.push(self.form(
                self.hard(&[(x, 0.58), (x, 0.82), (x + 0.38, 0.82), (x + 0.38, 0.58)]),
                self.grey(236),
            ));
        }
        for it in 0..5 {
            let r = 0.10 * self.height_px;
            marks.push(self.form(
                ellipse(self.at(-1.9 + 0.7 * it as f32, 0.09), r, r),
                self.grey(50),
            ));
        }
        marks
    }
}
