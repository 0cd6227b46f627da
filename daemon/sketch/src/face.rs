//! Heads: from an eye that fills the panel to a mark of three pixels.

use crate::canvas::Paint;
use crate::chance::Chance;
use crate::costume::{HairStyle, Look};
use crate::geometry::{P2, ellipse, p, smooth};
use crate::hair;
use crate::ink::{Line, Mark};
use crate::light::Light;
use crate::palette::ramp;

/// A head to draw.
pub(crate) struct Head<'a> {
    pub(crate) look: &'a Look,
    pub(crate) light: &'a Light,
    pub(crate) center: P2,
    /// From chin to crown, in pixels.
    pub(crate) length: f32,
    pub(crate) tilt: f32,
    pub(crate) turn: f32,
    /// Where the eyes look: -1 left, 1 right; and down with positive y.
    pub(crate) gaze: P2,
    pub(crate) back: bool,
    pub(crate) speaking: bool,
    pub(crate) eyes_closed: bool,
    pub(crate) hair_ramp: u8,
    pub(crate) unit: f32,
}

/// Right half of a face from crown to chin, in half head lengths.
const CONTOUR: [(f32, f32); 9] = [
    (0.0, 1.0),
    (0.42, 0.93),
    (0.68, 0.68),
    (0.76, 0.28),
    (0.73, -0.08),
    (0.67, -0.40),
    (0.50, -0.74),
    (0.24, -0.96),
    (0.0, -1.0),
];

impl Head<'_> {
    /// A point of the head: u to the right, v up, in half head lengths.
    pub(crate) fn at(&self, u: f32, v: f32) -> P2 {
        self.center + p(u, -v).rotated(self.tilt) * (self.length * 0.5)
    }

    /// A point of the face, carried along as the head turns.
    pub(crate) fn on_face(&self, u: f32, v: f32) -> P2 {
        let t = self.turn;
        let narrow = if u * t > 0.0 {
            1.0 - 0.42 * t.abs()
        } else {
            1.0 - 0.10 * t.abs()
        };
        self.at(u * narrow + t * 0.40, v)
    }

    pub(crate) fn contour(&self, grow: f32) -> Vec<P2> {
        let jaw = if self.look.feminine {
            0.90
        } else {
            1.0 + 0.05 * self.look.jaw
        };
        let mut points = Vec::with_capacity(16);
        for it in 0..16_usize {
            let (mirrored, index) = if it <= 8 { (1.0, it) } else { (-1.0, 16 - it) };
            let (u, v) = CONTOUR[index];
            let wide = if v < -0.3 { jaw } else { 1.0 };
            let mut u = u * mirrored * wide;
            u += self.turn * (0.07 - 0.17 * v);
            if mirrored * self.turn > 0.0 && index == 4 {
                u -= self.turn * 0.07;
            }
            points.push(self.at(u * grow, v * grow));
        }
        smooth(&points, true)
    }

    pub(crate) fn ink(&self) -> Line {
        Line::new((self.length / self.unit * 0.011).clamp(0.9, 5.0), 232)
    }

    fn fine(&self) -> Line {
        Line::new((self.length / self.unit * 0.007).clamp(0.7, 3.2), 190)
    }

    pub(crate) fn skin(&self) -> Paint {
        let tone = self.light.figure_tone(self.look.skin_tone);
        Paint::Solid {
            ramp: ramp::SKIN[usize::from(self.look.skin.min(1))],
            tone,
        }
    }

    /// What lies behind the neck and shoulders.
    pub(crate) fn behind(&self) -> Vec<Mark> {
        if self.back {
            Vec::new()
        } else {
            hair::behind(self)
        }
    }

    /// The head itself.
    pub(crate) fn marks(&self, chance: &mut Chance) -> Vec<Mark> {
        let mut marks = Vec::new();
        if self.back {
            hair::from_behind(self, &mut marks, chance);
            return marks;
        }
        self.ears(&mut marks);
        let lit = self.light.from * (self.length * 0.09);
        let contour = self.contour(1.0);
        marks.push(Mark::Form {
            outline: contour.clone(),
            paint: self.skin(),
            line: Some(self.ink()),
            lit_from: lit,
        });
        let size = self.length / self.unit;
        if size > 46.0 {
            self.features(&mut marks, &contour, size);
        } else if size > 15.0 {
            self.sketchy(&mut marks);
        }
        if self.look.beard {
            hair::beard(self, &mut marks, &contour);
        }
        if size > 46.0 {
            self.mouth(&mut marks, size);
        }
        hair::front(self, &mut marks, chance);
        if self.look.glasses && size > 15.0 {
            self.glasses(&mut marks);
        }
        marks
    }

    fn ears(&self, marks: &mut Vec<Mark>) {
        let covered = matches!(self.look.hair, HairStyle::Long | HairStyle::Bob);
        for side in [-1.0_f32, 1.0] {
            let hidden = side * self.turn > 0.25 || covered;
            if hidden {
                continue;
            }
            let u = side * 0.75 + self.turn * 0.10
                - self.turn * 0.25 * f32::from(side * self.turn < 0.0);
            let ear = [
                self.at(u, 0.12),
                self.at(u + side * 0.13, 0.10),
                self.at(u + side * 0.12, -0.12),
                self.at(u + side * 0.02, -0.30),
                self.at(u - side * 0.1, -0.2),
            ];
            marks.push(Mark::Form {
                outline: smooth(&ear, true),
                paint: self.skin(),
                line: Some(self.fine()),
                lit_from: P2::default(),
            });
        }
    }

    /// A face too small for features: brow, nose and mouth as three touches.
    fn sketchy(&self, marks: &mut Vec<Mark>) {
        let line = Line::new((self.length / self.unit * 0.03).clamp(0.8, 1.6), 190);
        for (from, to) in [
            ((-0.40, 0.05), (-0.16, 0.04)),
            ((0.16, 0.04), (0.40, 0.05)),
            ((0.04, -0.05), (0.06, -0.32)),
            ((-0.16, -0.56), (0.18, -0.56)),
        ] {
            let points = vec![self.on_face(from.0, from.1), self.on_face(to.0, to.1)];
            marks.push(Mark::Stroke { points, line });
        }
    }

    fn features(&self, marks: &mut Vec<Mark>, contour: &[P2], size: f32) {
        self.sockets(marks, contour);
        for side in [-1.0, 1.0] {
            self.eye(marks, side, size);
            self.brow(marks, side);
        }
        self.nose(marks, contour, size);
        if self.look.old {
            for side in [-1.0, 1.0] {
                let fold = [(0.20, -0.28), (0.34, -0.44), (0.34, -0.60)];
                self.stroke(marks, &fold.map(|(u, v)| (u * side, v)), self.fine());
                let bag = [(0.18, -0.16), (0.32, -0.20), (0.44, -0.14)];
                self.stroke(marks, &bag.map(|(u, v)| (u * side, v)), self.fine());
            }
            self.stroke(
                marks,
                &[(-0.28, 0.44), (0.0, 0.47), (0.28, 0.44)],
                self.fine(),
            );
        }
    }

    fn stroke(&self, marks: &mut Vec<Mark>, points: &[(f32, f32)], line: Line) {
        let path: Vec<P2> = points.iter().map(|(u, v)| self.on_face(*u, *v)).collect();
        marks.push(Mark::Stroke {
            points: smooth(&path, false),
            line,
        });
    }

    fn shape(&self, points: &[(f32, f32)]) -> Vec<P2> {
        let path: Vec<P2> = points.iter().map(|(u, v)| self.on_face(*u, *v)).collect();
        smooth(&path, true)
    }

    fn sockets(&self, marks: &mut Vec<Mark>, contour: &[P2]) {
        for side in [-1.0, 1.0] {
            let socket = [
                (0.12, 0.02),
                (0.20, 0.16),
                (0.44, 0.16),
                (0.50, 0.04),
                (0.34, 0.10),
            ];
            let outline = self.shape(&socket.map(|(u, v)| (u * side, v)));
            let paint = Paint::Shade(34);
            marks.push(Mark::Clipped {
                mask: contour.to_vec(),
                outline,
                paint,
            });
        }
    }

    fn eye(&self, marks: &mut Vec<Mark>, side: f32, size: f32) {
        let (inner, outer) = (0.17 * side, 0.46 * side);
        let lid = Line::new((size * 0.016).clamp(1.2, 8.0), 240);
        if self.eyes_closed {
            self.stroke(
                marks,
                &[(inner, 0.0), (0.31 * side, -0.05), (outer, 0.0)],
                lid,
            );
            return;
        }
        let open = if self.look.feminine { 0.092 } else { 0.076 };
        let almond = self.shape(&[
            (inner, -0.03),
            (0.25 * side, open * 0.8),
            (0.34 * side, open),
            (outer, 0.0),
            (0.38 * side, -0.06),
            (0.26 * side, -0.068),
        ]);
        let white = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.figure_tone(244),
        };
        marks.push(Mark::Patch {
            outline: almond.clone(),
            paint: white,
        });
        self.iris(marks, side, size, &almond);
        let lash = if self.look.feminine { 0.05 } else { 0.0 };
        let upper = [
            (inner, -0.035),
            (0.24 * side, open * 0.78),
            (0.34 * side, open * 1.02),
            (outer, 0.005),
            (outer + lash * side, 0.03 + lash * 0.4),
        ];
        self.stroke(marks, &upper, lid);
        if size > 260.0 {
            self.lashes(marks, side, open);
        }
    }

    /// What is seen between the lids, and, from near, the folds around them.
    fn iris(&self, marks: &mut Vec<Mark>, side: f32, size: f32, almond: &[P2]) {
        let iris = self.on_face(
            0.315 * side + self.gaze.x * 0.06,
            0.012 - self.gaze.y * 0.03,
        );
        let radius = self.length * 0.048;
        let squash = 1.0 - 0.25 * self.turn.abs();
        let disc = ellipse(iris, radius * squash, radius);
        let iris_paint = Paint::Solid {
            ramp: self.hair_ramp,
            tone: 70,
        };
        marks.push(Mark::Clipped {
            mask: almond.to_vec(),
            outline: disc,
            paint: iris_paint,
        });
        let pupil = ellipse(iris, radius * 0.5 * squash, radius * 0.5);
        let black = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: 14,
        };
        marks.push(Mark::Clipped {
            mask: almond.to_vec(),
            outline: pupil,
            paint: black,
        });
        if size > 110.0 {
            let spark = iris + self.light.from * (radius * 0.42);
            let paint = Paint::Solid {
                ramp: ramp::NEUTRAL,
                tone: 255,
            };
            marks.push(Mark::Patch {
                outline: ellipse(spark, radius * 0.2, radius * 0.2),
                paint,
            });
            let crease = [(0.18, 0.07), (0.31, 0.135), (0.45, 0.07)];
            self.stroke(marks, &crease.map(|(u, v)| (u * side, v)), self.fine());
            let under = [(0.22, -0.07), (0.33, -0.085), (0.43, -0.04)];
            self.stroke(marks, &under.map(|(u, v)| (u * side, v)), self.fine());
        }
    }

    fn lashes(&self, marks: &mut Vec<Mark>, side: f32, open: f32) {
        for it in 0..5 {
            let u = 0.28 + 0.04 * it as f32;
            let v = open * (1.0 - (it as f32 - 1.5) * 0.14);
            let tip = (u + 0.03 + 0.008 * it as f32, v + 0.035);
            self.stroke(marks, &[(u * side, v), (tip.0 * side, tip.1)], self.fine());
        }
    }

    fn brow(&self, marks: &mut Vec<Mark>, side: f32) {
        let slant = self.look.brow * 0.03;
        let thick = if self.look.feminine { 0.022 } else { 0.038 };
        let brow = self.shape(&[
            (0.12 * side, 0.21 - slant),
            (0.30 * side, 0.275),
            (0.50 * side, 0.22 + slant),
            (0.30 * side, 0.275 - thick * 2.0),
            (0.13 * side, 0.21 - slant - thick * 1.6),
        ]);
        marks.push(Mark::Patch {
            outline: brow,
            paint: Paint::Solid {
                ramp: self.hair_ramp,
                tone: 62,
            },
        });
    }

    fn nose(&self, marks: &mut Vec<Mark>, contour: &[P2], size: f32) {
        let s = if self.turn < 0.0 { -1.0 } else { 1.0 };
        let out = 0.07 + 0.13 * self.turn.abs();
        let shadow = self.shape(&[
            (-0.03 * s, 0.06),
            (out * s, -0.26),
            (0.10 * s, -0.36),
            (-0.12 * s, -0.36),
            (-0.11 * s, -0.24),
        ]);
        let shade = Mark::Clipped {
            mask: contour.to_vec(),
            outline: shadow,
            paint: Paint::Shade(26),
        };
        marks.push(shade);
        let line = self.fine();
        if self.turn.abs() > 0.2 {
            self.stroke(
                marks,
                &[
                    (0.05 * s, 0.06),
                    (out * 0.8 * s, -0.16),
                    (out * s, -0.28),
                    (0.09 * s, -0.36),
                ],
                line,
            );
        } else {
            self.stroke(
                marks,
                &[(0.10 * s, -0.22), (0.12 * s, -0.31), (0.05 * s, -0.35)],
                line,
            );
        }
        let heavy = Line::new((size * 0.012).clamp(1.0, 5.0), 220);
        self.stroke(
            marks,
            &[(-0.12 * s, -0.30), (-0.10 * s, -0.355), (-0.04 * s, -0.345)],
            heavy,
        );
        self.stroke(marks, &[(0.02 * s, -0.36), (0.09 * s, -0.345)], heavy);
    }

    fn mouth(&self, marks: &mut Vec<Mark>, size: f32) {
        let heavy = Line::new((size * 0.012).clamp(1.1, 5.0), 226);
        let w = if self.look.feminine { 0.22 } else { 0.25 };
        if self.speaking {
            self.open_mouth(marks, w);
        } else {
            self.closed_mouth(marks, w, heavy);
        }
        let chin = if self.speaking { -0.80 } else { -0.70 };
        self.stroke(
            marks,
            &[(-0.10, chin), (0.0, chin - 0.015), (0.10, chin)],
            self.fine(),
        );
    }

    fn open_mouth(&self, marks: &mut Vec<Mark>, w: f32) {
        let open = self.shape(&[
            (-w * 0.8, -0.56),
            (0.0, -0.535),
            (w * 0.8, -0.56),
            (w * 0.5, -0.70),
            (0.0, -0.735),
            (-w * 0.5, -0.70),
        ]);
        marks.push(Mark::Patch {
            outline: open.clone(),
            paint: Paint::Solid {
                ramp: ramp::NEUTRAL,
                tone: 34,
            },
        });
        let teeth = self.shape(&[
            (-w * 0.6, -0.555),
            (0.0, -0.54),
            (w * 0.6, -0.555),
            (0.0, -0.595),
        ]);
        let white = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.figure_tone(240),
        };
        marks.push(Mark::Clipped {
            mask: open.clone(),
            outline: teeth,
            paint: white,
        });
        let mut rim = open;
        rim.extend(rim.first().copied());
        marks.push(Mark::Stroke {
            points: rim,
            line: self.fine(),
        });
    }

    fn closed_mouth(&self, marks: &mut Vec<Mark>, w: f32, heavy: Line) {
        let bend = self.look.brow * 0.02;
        self.stroke(
            marks,
            &[
                (-w, -0.58 + bend),
                (-0.06, -0.575),
                (0.0, -0.59),
                (0.06, -0.575),
                (w, -0.58 + bend),
            ],
            heavy,
        );
        if self.look.feminine {
            let lips = self.shape(&[
                (-w * 0.8, -0.58),
                (-0.06, -0.535),
                (0.0, -0.545),
                (0.06, -0.535),
                (w * 0.8, -0.58),
                (0.0, -0.665),
            ]);
            marks.push(Mark::Patch {
                outline: lips,
                paint: Paint::Shade(48),
            });
        }
    }

    fn glasses(&self, marks: &mut Vec<Mark>) {
        let line = Line::new((self.length / self.unit * 0.013).clamp(1.0, 6.0), 235);
        for side in [-1.0, 1.0] {
            let rim = [
                (0.10, 0.10),
                (0.14, 0.13),
                (0.46, 0.13),
                (0.53, 0.08),
                (0.49, -0.14),
                (0.36, -0.20),
                (0.17, -0.16),
            ];
            let mut outline = self.shape(&rim.map(|(u, v)| (u * side, v)));
            marks.push(Mark::Patch {
                outline: outline.clone(),
                paint: Paint::Glow(40),
            });
            outline.extend(outline.first().copied());
            marks.push(Mark::Stroke {
                points: outline,
                line,
            });
        }
        self.stroke(marks, &[(-0.10, 0.06), (0.0, 0.09), (0.10, 0.06)], line);
        let side = if self.turn > 0.0 { -1.0 } else { 1.0 };
        self.stroke(marks, &[(0.53 * side, 0.08), (0.74 * side, 0.10)], line);
    }
}
