//! Where the camera stands and what of the world lands where on the panel.
//!
//! The world's origin is on the floor under the main subject. The lens shifts instead of tilting,
//! so that one horizon rules the whole set; convergence of verticals is the canvas's `View`.

use storycore_schema::craft::{Angle, Framing};

use crate::geometry::{P2, P3, p, p3, sin_cos};

/// Head length of a grown person, in meters.
pub(crate) const HEAD_M: f32 = 0.236;
/// A grown figure's height, in head lengths.
pub(crate) const HEADS: f32 = 7.4;

/// A pinhole camera.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) horizon_y: f32,
    /// Where the subject's origin lands.
    pub(crate) center_x: f32,
    /// Pixels a meter at the subject.
    pub(crate) scale: f32,
    focal_px: f32,
    subject_z: f32,
    lens_height_m: f32,
    yaw: (f32, f32),
}

/// How large the head of a standing grown subject is and where its top lies, in panel heights.
pub(crate) fn head_size(framing: Framing) -> (f32, f32) {
    match framing {
        Framing::ExtremeCloseUp => (2.1, -0.58),
        Framing::CloseUp => (0.60, 0.10),
        Framing::MediumCloseUp => (0.40, 0.12),
        Framing::OverTheShoulder => (0.315, 0.15),
        Framing::Medium => (0.235, 0.13),
        Framing::TwoShot => (0.205, 0.14),
        Framing::PointOfView => (0.175, 0.16),
        Framing::MediumWide => (0.152, 0.12),
        Framing::Wide => (0.108, 0.12),
        Framing::ExtremeWide => (0.036, 0.50),
        Framing::Insert => (0.9, -1.6),
    }
}

fn usual_lens_mm(framing: Framing) -> u32 {
    match framing {
        Framing::ExtremeWide => 24,
        Framing::Wide | Framing::PointOfView => 28,
        Framing::MediumWide => 35,
        Framing::Medium | Framing::TwoShot => 45,
        Framing::MediumCloseUp | Framing::OverTheShoulder => 60,
        Framing::CloseUp | Framing::Insert => 80,
        Framing::ExtremeCloseUp => 100,
    }
}

impl Camera {
    /// A camera for a framing, an angle and a lens; `turn` is its yaw in whole turns.
    pub(crate) fn new(
        (width, height): (f32, f32),
        (framing, angle): (Framing, Angle),
        lens_mm: Option<u32>,
        turn: f32,
    ) -> Camera {
        let (head, top) = head_size(framing);
        let scale = head * height / HEAD_M;
        let foot_y = (top + head * HEADS) * height;
        let eye_y = (top + head * 0.5) * height;
        let horizon_y = horizon(framing, angle, eye_y, height);
        let mm = lens_mm
            .unwrap_or_else(|| usual_lens_mm(framing))
            .clamp(12, 300);
        let focal_px = mm as f32 / 36.0 * width;
        Camera {
            width,
            height,
            horizon_y,
            center_x: width * 0.5,
            scale,
            focal_px,
            subject_z: (focal_px / scale).max(0.3),
            lens_height_m: (foot_y - horizon_y) / scale,
            yaw: sin_cos(turn),
        }
    }

    /// How far the subject is, in meters.
    pub(crate) fn distance(&self) -> f32 {
        self.subject_z
    }

    /// A point in front of the camera: x right, y up, z away, seen from the camera itself.
    pub(crate) fn seen(&self, point: P3) -> P3 {
        let (sin, cos) = self.yaw;
        p3(
            point.x * cos - point.z * sin,
            point.y,
            point.x * sin + point.z * cos + self.subject_z,
        )
    }

    fn flat(&self, seen: P3) -> P2 {
        let z = seen.z.max(NEAR_M);
        p(
            self.center_x + self.focal_px * seen.x / z,
            self.horizon_y + self.focal_px * (self.lens_height_m - seen.y) / z,
        )
    }

    /// Where a point of the world lands; what is behind the camera is drawn at its front.
    pub(crate) fn project(&self, point: P3) -> P2 {
        self.flat(self.seen(point))
    }

    /// A polygon of the world, cut where it passes the camera.
    pub(crate) fn polygon(&self, points: &[P3]) -> Vec<P2> {
        let mut flat = Vec::with_capacity(points.len() + 2);
        for (it, &a) in points.iter().enumerate() {
            let (a, b) = (self.seen(a), self.seen(points[(it + 1) % points.len()]));
            if a.z >= NEAR_M {
                flat.push(self.flat(a));
            }
            if (a.z >= NEAR_M) != (b.z >= NEAR_M) {
                let share = (NEAR_M - a.z) / (b.z - a.z);
                flat.push(self.flat(p3(
                    a.x + (b.x - a.x) * share,
                    a.y + (b.y - a.y) * share,
                    NEAR_M,
                )));
            }
        }
        flat
    }

    /// A line of the world, if any of it is in front of the camera.
    pub(crate) fn line(&self, from: P3, to: P3) -> Option<[P2; 2]> {
        let (a, b) = (self.seen(from), self.seen(to));
        if a.z < NEAR_M && b.z < NEAR_M {
            return None;
        }
        let cut = |near: P3, far: P3| {
            let share = (NEAR_M - near.z) / (far.z - near.z);
            p3(
                near.x + (far.x - near.x) * share,
                near.y + (far.y - near.y) * share,
                NEAR_M,
            )
        };
        let a_cut = if a.z < NEAR_M { cut(a, b) } else { a };
        let b_cut = if b.z < NEAR_M { cut(b, a) } else { b };
        Some([self.flat(a_cut), self.flat(b_cut)])
    }

    /// Pixels a meter at a point of the world; nothing when it is behind the camera.
    pub(crate) fn scale_at(&self, point: P3) -> Option<f32> {
        let z = self.seen(point).z;
        (z > NEAR_M).then(|| self.focal_px / z)
    }

    /// The point on the floor that lands at `x` on the panel, `depth` meters behind the subject.
    pub(crate) fn floor_at(&self, x: f32, depth: f32) -> P3 {
        let z = (self.subject_z + depth).max(NEAR_M * 2.0);
        let seen_x = (x - self.center_x) * z / self.focal_px;
        let (sin, cos) = self.yaw;
        let back = z - self.subject_z;
        p3(seen_x * cos + back * sin, 0.0, -seen_x * sin + back * cos)
    }

    /// Whether a face with this outward normal at this point is turned to the camera.
    pub(crate) fn faces(&self, point: P3, normal: P3) -> bool {
        let (at, tip) = (self.seen(point), self.seen(point + normal));
        let eye = p3(-at.x, self.lens_height_m - at.y, -at.z);
        let n = p3(tip.x - at.x, tip.y - at.y, tip.z - at.z);
        eye.x * n.x + eye.y * n.y + eye.z * n.z > 0.0
    }
}

const NEAR_M: f32 = 0.18;

fn horizon(framing: Framing, angle: Angle, eye_y: f32, height: f32) -> f32 {
    let far = framing == Framing::ExtremeWide;
    match angle {
        Angle::EyeLevel | Angle::Dutch => eye_y,
        Angle::Low if far => 0.735 * height,
        Angle::Low => (eye_y + 0.42 * height).clamp(0.80 * height, 0.95 * height),
        Angle::High | Angle::Overhead if far => 0.17 * height,
        Angle::High | Angle::Overhead => {
            (eye_y - 0.45 * height).clamp(-0.35 * height, -0.06 * height)
        }
    }
}
