//! A whole person: clothes over a skeleton, from the shoes to the collar.

use crate::canvas::Paint;
use crate::chance::Chance;
use crate::costume::{Garment, Look};
use crate::face::Head;
use crate::geometry::{P2, dot, ellipse, limb, p, smooth};
use crate::ink::{Line, Mark};
use crate::light::Light;
use crate::palette::ramp;
use crate::pose::{Pose, Skeleton};

/// A person to draw.
pub(crate) struct Figure<'a> {
    pub(crate) look: &'a Look,
    pub(crate) light: &'a Light,
    pub(crate) pose: Pose,
    pub(crate) body: Skeleton,
    /// Where the floor under the hips is on the panel.
    pub(crate) foot: P2,
    /// Length of a grown head, in pixels.
    pub(crate) head_px: f32,
    pub(crate) gaze: P2,
    pub(crate) back: bool,
    pub(crate) speaking: bool,
    pub(crate) asleep: bool,
    /// Which of the cast's ramps; beyond the last it is drawn in greys.
    pub(crate) slot: usize,
    pub(crate) unit: f32,
}

impl Figure<'_> {
    /// A joint on the panel.
    pub(crate) fn at(&self, joint: P2) -> P2 {
        let s = self.head_px * self.look.height;
        self.foot + p(joint.x * s, -joint.y * s)
    }

    /// Length of this one's head: a child's is large for its body.
    pub(crate) fn head_length(&self) -> f32 {
        self.head_px * if self.look.child { 0.86 } else { 0.98 }
    }

    fn limb_px(&self) -> f32 {
        self.head_px * self.look.height * (0.55 + 0.45 * self.look.breadth)
    }

    fn ink(&self) -> Line {
        Line::new((self.head_px / self.unit * 0.017).clamp(1.2, 5.2), 234)
    }

    fn fine(&self) -> Line {
        Line::new((self.head_px / self.unit * 0.010).clamp(0.8, 3.4), 170)
    }

    fn cloth(&self) -> Paint {
        let ramp = if self.slot < ramp::CAST {
            ramp::CLOTHES + self.slot as u8
        } else {
            ramp::NEUTRAL
        };
        Paint::Solid {
            ramp,
            tone: self.light.figure_tone(172),
        }
    }

    fn trousers(&self) -> Paint {
        Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.figure_tone(self.look.legs_tone),
        }
    }

    fn skin(&self) -> Paint {
        let tone = self.light.figure_tone(self.look.skin_tone);
        Paint::Solid {
            ramp: ramp::SKIN[usize::from(self.look.skin.min(1))],
            tone,
        }
    }

    fn hair_ramp(&self) -> u8 {
        if self.slot < ramp::CAST {
            ramp::HAIR + self.slot as u8
        } else {
            ramp::NEUTRAL
        }
    }

    fn form(&self, outline: Vec<P2>, paint: Paint) -> Mark {
        let lit_from = self.light.from * (self.head_px * 0.10);
        Mark::Form {
            outline,
            paint,
            line: Some(self.ink()),
            lit_from,
        }
    }

    fn head(&self) -> Head<'_> {
        Head {
            look: self.look,
            light: self.light,
            center: self.at(self.body.head),
            length: self.head_length(),
            tilt: self.body.tilt,
            turn: self.body.turn.clamp(-0.62, 0.62),
            gaze: self.gaze,
            back: self.back,
            speaking: self.speaking,
            eyes_closed: self.asleep,
            hair_ramp: self.hair_ramp(),
            unit: self.unit,
        }
    }

    /// Everything of the figure, from the back to the front.
    pub(crate) fn marks(&self, chance: &mut Chance) -> Vec<Mark> {
        let head = self.head();
        let near = usize::from(self.body.turn <= 0.0);
        let mut marks = Vec::with_capacity(48);
        if !self.back {
            marks.extend(head.behind());
        }
        self.arm(1 - near, &mut marks);
        self.leg(1 - near, &mut marks);
        self.leg(near, &mut marks);
        self.neck(&mut marks);
        self.torso(&mut marks);
        let over_face = matches!(self.pose, Pose::Phone | Pose::Wave);
        if over_face {
            marks.extend(head.marks(chance));
            self.arm(near, &mut marks);
        } else {
            self.arm(near, &mut marks);
            marks.extend(head.marks(chance));
        }
        marks
    }

    fn neck(&self, marks: &mut Vec<Mark>) {
        let (neck, head) = (self.at(self.body.neck), self.at(self.body.head));
        let r = self.head_length() * if self.look.feminine { 0.20 } else { 0.26 };
        let up = (head - neck).unit();
        let outline = limb(
            &[neck - up * (r * 1.0), head - up * (r * 0.4)],
            &[r * 1.25, r],
        );
        marks.push(self.form(outline.clone(), self.skin()));
        if !self.back {
            let chin =
                head - up * (self.head_length() * 0.46) + self.light.from * (-0.05 * self.head_px);
            let shadow = ellipse(chin, self.head_length() * 0.34, self.head_length() * 0.13);
            marks.push(Mark::Clipped {
                mask: outline,
                outline: shadow,
                paint: Paint::Shade(80),
            });
        }
    }

    /// Outline of the upper body: shares along the spine and half widths at both sides.
    fn trunk(&self, stations: &[(f32, f32)]) -> Vec<P2> {
        let (hip, neck) = (self.at(self.body.hip), self.at(self.body.neck));
        let across = (neck - hip).unit().normal();
        let px = self.head_px * self.look.height;
        let mut outline = Vec::with_capacity(stations.len() * 2);
        for (share, half) in stations {
            outline.push(hip.towards(neck, *share) - across * (half * px));
        }
        for (share, half) in stations.iter().rev() {
            outline.push(hip.towards(neck, *share) + across * (half * px));
        }
        smooth(&outline, true)
    }

    fn hem(&self) -> (f32, f32) {
        let bent = self.pose.seated()
            || matches!(self.pose, Pose::Lie | Pose::Kneel | Pose::Fall | Pose::Run);
        match self.look.garment {
            Garment::Coat if bent => (-0.30, 1.12),
            Garment::Coat => (-0.95, 1.28),
            Garment::Dress if bent => (-0.30, 1.2),
            Garment::Dress => (-0.82, 1.62),
            Garment::Jacket => (-0.14, 1.08),
            Garment::Shirt => (-0.04, 0.98),
            Garment::Sweater => (-0.10, 1.02),
        }
    }

    fn torso(&self, marks: &mut Vec<Mark>) {
        let (shoulder, hip) = (self.body.shoulder_half, self.body.hip_half);
        let (hem, flare) = self.hem();
        let waist = if self.look.feminine { 0.74 } else { 0.92 };
        let waist_half = hip
            * waist
            * if self.look.garment == Garment::Coat {
                1.1
            } else {
                1.0
            };
        let outline = self.trunk(&[
            (1.07, 0.26),
            (1.0, shoulder * 0.55),
            (0.93, shoulder * 0.93),
            (0.86, shoulder),
            (0.72, shoulder * 0.88),
            (0.34, waist_half * 1.06),
            (0.05, hip * 1.06),
            (hem, hip * flare),
            (hem - 0.01, hip * flare * 0.9),
        ]);
        marks.push(self.form(outline.clone(), self.cloth()));
        if self.head_px / self.unit > 22.0 {
            self.tailoring(marks, &outline);
        }
    }

    /// A point of the upper body: share along the spine, offset across it.
    fn spine(&self, share: f32, across: f32) -> P2 {
        let (hip, neck) = (self.at(self.body.hip), self.at(self.body.neck));
        let side = (neck - hip).unit().normal() * -1.0;
        hip.towards(neck, share) + side * (-across * self.head_px * self.look.height)
    }

    fn tailoring(&self, marks: &mut Vec<Mark>, trunk: &[P2]) {
        if self.back {
            let points = vec![self.spine(0.92, 0.0), self.spine(0.3, 0.03)];
            marks.push(Mark::Stroke {
                points,
                line: self.fine(),
            });
            return;
        }
        let m = self.body.turn * 0.34 * self.body.shoulder_half;
        let (hem, _) = self.hem();
        match self.look.garment {
            Garment::Coat | Garment::Jacket => self.lapels(marks, trunk, m, hem),
            Garment::Shirt => self.collar(marks, m),
            Garment::Sweater => {
                self.crease(marks, &[(1.04, m - 0.28), (0.94, m), (1.04, m + 0.28)]);
                self.crease(marks, &[(1.0, m - 0.34), (0.90, m), (1.0, m + 0.34)]);
            }
            Garment::Dress => self.neckline(marks, trunk, m, hem),
        }
        self.crease(
            marks,
            &[
                (0.70, -self.body.shoulder_half * 0.86),
                (0.62, -self.body.shoulder_half * 0.52),
            ],
        );
        self.crease(
            marks,
            &[
                (0.68, self.body.shoulder_half * 0.86),
                (0.60, self.body.shoulder_half * 0.56),
            ],
        );
        if self.look.scarf {
            self.scarf(marks);
        }
    }

    fn lapels(&self, marks: &mut Vec<Mark>, trunk: &[P2], m: f32, hem: f32) {
        let depth = if self.look.garment == Garment::Coat {
            0.62
        } else {
            0.50
        };
        let opening = vec![
            self.spine(1.08, m - 0.24),
            self.spine(1.08, m + 0.24),
            self.spine(depth, m),
        ];
        marks.push(Mark::Clipped {
            mask: trunk.to_vec(),
            outline: opening,
            paint: self.linen(),
        });
        for side in [-1.0, 1.0] {
            let lapel = vec![
                self.spine(1.06, m + side * 0.24),
                self.spine(0.88, m + side * 0.44),
                self.spine(0.80, m + side * 0.34),
                self.spine(depth, m),
            ];
            marks.push(self.form(lapel, self.cloth()));
        }
        self.crease(marks, &[(depth, m), (hem + 0.02, m * 1.2)]);
        for it in 0..3 {
            let button = self.spine(depth - 0.08 - 0.17 * it as f32, m + 0.07);
            let r = self.head_px * 0.028;
            marks.push(Mark::Patch {
                outline: ellipse(button, r, r),
                paint: Paint::Shade(180),
            });
        }
    }

    fn collar(&self, marks: &mut Vec<Mark>, m: f32) {
        for side in [-1.0, 1.0] {
            let collar = vec![
                self.spine(1.10, m + side * 0.22),
                self.spine(0.95, m + side * 0.34),
                self.spine(0.90, m + side * 0.08),
                self.spine(1.0, m),
            ];
            marks.push(self.form(collar, self.linen()));
        }
        self.crease(marks, &[(0.96, m), (0.0, m * 1.2)]);
    }

    fn neckline(&self, marks: &mut Vec<Mark>, trunk: &[P2], m: f32, hem: f32) {
        let neckline = vec![
            self.spine(1.10, m - 0.30),
            self.spine(1.10, m + 0.30),
            self.spine(0.84, m),
        ];
        marks.push(Mark::Clipped {
            mask: trunk.to_vec(),
            outline: neckline,
            paint: self.skin(),
        });
        self.crease(marks, &[(1.04, m - 0.26), (0.84, m), (1.04, m + 0.26)]);
        self.crease(marks, &[(0.32, -0.5), (0.29, 0.0), (0.32, 0.5)]);
        self.crease(marks, &[(0.2, -0.2), (hem + 0.1, -0.34)]);
        self.crease(marks, &[(0.2, 0.2), (hem + 0.1, 0.3)]);
    }

    fn scarf(&self, marks: &mut Vec<Mark>) {
        let scarf = smooth(
            &[
                self.spine(1.16, -0.40),
                self.spine(1.18, 0.40),
                self.spine(1.0, 0.50),
                self.spine(0.92, 0.0),
                self.spine(1.0, -0.50),
            ],
            true,
        );
        marks.push(self.form(scarf, self.linen()));
    }

    /// What shirts and scarves are made of.
    fn linen(&self) -> Paint {
        Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.figure_tone(232),
        }
    }

    fn crease(&self, marks: &mut Vec<Mark>, points: &[(f32, f32)]) {
        let path: Vec<P2> = points
            .iter()
            .map(|(share, across)| self.spine(*share, *across))
            .collect();
        marks.push(Mark::Stroke {
            points: smooth(&path, false),
            line: self.fine(),
        });
    }

    fn arm(&self, it: usize, marks: &mut Vec<Mark>) {
        let joints = self.body.arms[it].map(|joint| self.at(joint));
        let px = self.limb_px();
        let bare = self.look.garment == Garment::Dress;
        let thick = if self.look.garment == Garment::Coat {
            1.18
        } else {
            1.0
        };
        let (sleeve, r) = if bare {
            (self.skin(), 0.80)
        } else {
            (self.cloth(), thick)
        };
        self.hand(joints, marks);
        let radii = [0.225 * r * px, 0.19 * r * px, 0.145 * r * px];
        let outline = smooth(&limb(&joints, &radii), true);
        marks.push(self.form(outline, sleeve));
        if self.head_px / self.unit > 40.0 {
            let across = (joints[2] - joints[1]).unit().normal() * (0.16 * px);
            let points = vec![joints[1] - across, joints[1] + across * 0.3];
            marks.push(Mark::Stroke {
                points,
                line: self.fine(),
            });
        }
    }

    fn hand(&self, joints: [P2; 3], marks: &mut Vec<Mark>) {
        let wrist = joints[2];
        let along = (wrist - joints[1]).unit();
        let across = along.normal();
        let px = self.head_px * self.look.height;
        let reach = |a: f32, b: f32| wrist + along * (a * px) + across * (b * px);
        let inward = if dot(across, self.at(self.body.hip) - wrist) > 0.0 {
            1.0
        } else {
            -1.0
        };
        let palm = [
            reach(-0.08, -0.12),
            reach(0.25, -0.17 * inward),
            reach(0.55, -0.12 * inward),
            reach(0.66, 0.0),
            reach(0.54, 0.11 * inward),
            reach(0.38, 0.15 * inward),
            reach(0.42, 0.25 * inward),
            reach(0.30, 0.26 * inward),
            reach(0.14, 0.17 * inward),
            reach(-0.08, 0.12),
        ];
        marks.push(self.form(smooth(&palm, true), self.skin()));
        if self.head_px / self.unit > 60.0 {
            for it in -1..2 {
                let b = it as f32 * 0.055 - 0.02 * inward;
                let points = vec![reach(0.38, b), reach(0.60, b * 0.8)];
                marks.push(Mark::Stroke {
                    points,
                    line: self.fine(),
                });
            }
        }
        if self.pose == Pose::Phone && wrist.y < self.at(self.body.neck).y {
            let phone = vec![
                reach(0.0, 0.16),
                reach(0.7, 0.16),
                reach(0.7, -0.02),
                reach(0.0, -0.02),
            ];
            marks.push(self.form(
                phone,
                Paint::Solid {
                    ramp: ramp::NEUTRAL,
                    tone: 40,
                },
            ));
        }
    }

    fn leg(&self, it: usize, marks: &mut Vec<Mark>) {
        let joints = self.body.legs[it].map(|joint| self.at(joint));
        let px = self.limb_px();
        let bare = self.look.garment == Garment::Dress;
        let (paint, r) = if bare {
            (self.skin(), 0.84)
        } else {
            (self.trousers(), 1.0)
        };
        self.shoe(it, joints, marks);
        let radii = [0.42 * r * px, 0.29 * r * px, 0.19 * r * px];
        let outline = smooth(&limb(&joints, &radii), true);
        marks.push(self.form(outline, paint));
    }

    fn shoe(&self, it: usize, joints: [P2; 3], marks: &mut Vec<Mark>) {
        let px = self.head_px * self.look.height;
        let side = if it == 0 { -1.0 } else { 1.0 };
        let turn = self.body.turn;
        let d = if turn.abs() < 0.3 {
            side * 0.45
        } else {
            turn.signum()
        };
        let shin = (joints[2] - joints[1]).unit();
        let lying = shin.y < 0.5;
        let (down, fore) = if lying {
            (shin, p(0.0, -1.0))
        } else {
            (p(0.0, 1.0), p(d, 0.0))
        };
        let at = |f: f32, v: f32| joints[2] + fore * (f * px) + down * (v * px);
        let sole = [
            at(-0.24, -0.12),
            at(0.16, -0.14),
            at(0.52, 0.06),
            at(0.74, 0.15),
            at(0.74, 0.24),
            at(-0.26, 0.24),
        ];
        let paint = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.figure_tone(52),
        };
        marks.push(self.form(sole.to_vec(), paint));
    }
}
