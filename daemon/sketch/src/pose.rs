//! What a body does: joints in head lengths, floor at zero, up positive.

use crate::chance::Chance;
use crate::geometry::{P2, p};

/// An action that can be read from a still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pose {
    Stand,
    Sit,
    Walk,
    Run,
    Lie,
    Kneel,
    Point,
    Wave,
    Hug,
    Fall,
    Drive,
    Phone,
    Hold,
}

impl Pose {
    /// Whether the pose needs something to sit on.
    pub(crate) fn seated(self) -> bool {
        matches!(self, Pose::Sit | Pose::Drive)
    }
}

/// Where the joints are. Index 0 is at the left of the panel.
#[derive(Debug, Clone)]
pub(crate) struct Skeleton {
    pub(crate) hip: P2,
    pub(crate) neck: P2,
    pub(crate) head: P2,
    /// Tilt of the head in whole turns, clockwise.
    pub(crate) tilt: f32,
    pub(crate) shoulder_half: f32,
    pub(crate) hip_half: f32,
    /// Shoulder, elbow, wrist.
    pub(crate) arms: [[P2; 3]; 2],
    /// Hip, knee, ankle.
    pub(crate) legs: [[P2; 3]; 2],
    /// How far the body is turned: -1 left, 0 to the camera, 1 right.
    pub(crate) turn: f32,
}

impl Skeleton {
    /// A body in a pose, turned to a side; chance loosens it a little.
    pub(crate) fn new(pose: Pose, turn: f32, breadth: f32, chance: &mut Chance) -> Skeleton {
        let d = if turn < 0.0 { -1.0 } else { 1.0 };
        let mut body = Skeleton::standing(turn, breadth, chance);
        match pose {
            Pose::Stand => {}
            Pose::Point => body.reach(d, p(2.35 * d, 0.1), p(1.15 * d, -0.15)),
            Pose::Wave => body.reach(d, p(0.75 * d, 1.75), p(0.95 * d, 0.35)),
            Pose::Phone => body.reach(d, p(0.05 * d, 0.72), p(0.62 * d, -0.9)),
            Pose::Hold => body.hold(d),
            Pose::Hug => body.hug(d),
            Pose::Walk => body.stride(d),
            Pose::Run => body.sprint(d),
            Pose::Sit => body.sit(d, false),
            Pose::Drive => body.sit(d, true),
            Pose::Kneel => body.kneel(d),
            Pose::Lie => body.lie(d),
            Pose::Fall => body.fall(d),
        }
        body
    }

    fn standing(turn: f32, breadth: f32, chance: &mut Chance) -> Skeleton {
        let side = turn.abs();
        let shoulder_half = (0.98 - 0.34 * side) * breadth;
        let hip_half = (0.58 - 0.14 * side) * breadth;
        let sway = chance.signed() * 0.10;
        let (hip, neck) = (p(sway, 3.9), p(sway * 0.3 + turn * 0.06, 6.25));
        let arm = |side_of: f32, loose: f32| {
            let shoulder = neck + p(side_of * shoulder_half * 0.84, -0.42);
            [
                shoulder,
                shoulder + p(side_of * (0.20 + loose), -1.26),
                shoulder + p(side_of * (0.10 + loose * 0.5) + turn * 0.3, -2.36),
            ]
        };
        let leg = |side_of: f32, spread: f32| {
            let top = hip + p(side_of * hip_half * 0.55, -0.1);
            [
                top,
                p(top.x + side_of * spread * 0.6, 2.05),
                p(top.x + side_of * spread, 0.22),
            ]
        };
        let (a, b) = (chance.unit() * 0.16, chance.unit() * 0.16);
        let (l, r) = (chance.between(0.08, 0.26), chance.between(0.08, 0.26));
        Skeleton {
            hip,
            neck,
            head: neck + p(turn * 0.16, 0.67),
            tilt: chance.signed() * 0.012 + turn * 0.006,
            shoulder_half,
            hip_half,
            arms: [arm(-1.0, a), arm(1.0, b)],
            legs: [leg(-1.0, l), leg(1.0, r)],
            turn,
        }
    }

    fn leading(d: f32) -> usize {
        usize::from(d > 0.0)
    }

    /// Moves the wrist and elbow of the leading arm, given from its shoulder.
    fn reach(&mut self, d: f32, wrist: P2, elbow: P2) {
        let arm = &mut self.arms[Self::leading(d)];
        arm[1] = arm[0] + elbow;
        arm[2] = arm[0] + wrist;
    }

    fn hold(&mut self, d: f32) {
        for (it, arm) in self.arms.iter_mut().enumerate() {
            let out = if it == 0 { -1.0 } else { 1.0 };
            arm[1] = arm[0] + p(out * 0.22, -1.2);
            arm[2] = p(self.neck.x + out * 0.18 + d * 0.62, self.neck.y - 1.42);
        }
        self.tilt += d * 0.02;
    }

    fn hug(&mut self, d: f32) {
        for (it, arm) in self.arms.iter_mut().enumerate() {
            let drop = if it == 0 { 0.0 } else { 0.28 };
            arm[1] = arm[0] + p(d * 0.75, -0.75);
            arm[2] = p(self.neck.x + d * 1.55, self.neck.y - 0.75 - drop);
        }
        self.head = self.head + p(d * 0.16, -0.05);
        self.tilt += d * 0.03;
    }

    fn lean(&mut self, by: P2) {
        self.neck = self.neck + by;
        self.head = self.head + by;
        for arm in &mut self.arms {
            for joint in arm {
                *joint = *joint + by;
            }
        }
    }

    fn stride(&mut self, d: f32) {
        let (front, back) = (Self::leading(d), 1 - Self::leading(d));
        self.lean(p(d * 0.10, 0.0));
        let hip = self.hip;
        self.legs[front] = [
            hip + p(d * 0.12, -0.1),
            p(hip.x + d * 0.55, 2.12),
            p(hip.x + d * 0.92, 0.28),
        ];
        self.legs[back] = [
            hip - p(d * 0.12, 0.1),
            p(hip.x - d * 0.12, 1.95),
            p(hip.x - d * 0.95, 0.52),
        ];
        self.swing(d, 0.75);
    }

    fn swing(&mut self, d: f32, amount: f32) {
        let (front, back) = (Self::leading(d), 1 - Self::leading(d));
        let arm = &mut self.arms[front];
        arm[1] = arm[0] + p(-d * 0.45 * amount, -1.2);
        arm[2] = arm[0] + p(-d * 0.75 * amount, -2.2);
        let arm = &mut self.arms[back];
        arm[1] = arm[0] + p(d * 0.35 * amount, -1.2);
        arm[2] = arm[0] + p(d * 1.25 * amount, -2.0);
    }

    fn sprint(&mut self, d: f32) {
        let (front, back) = (Self::leading(d), 1 - Self::leading(d));
        self.lean(p(d * 0.75, -0.15));
        let hip = self.hip;
        self.legs[front] = [
            hip + p(d * 0.15, 0.0),
            p(hip.x + d * 1.3, 2.9),
            p(hip.x + d * 1.15, 1.25),
        ];
        self.legs[back] = [
            hip - p(d * 0.1, 0.0),
            p(hip.x - d * 0.65, 2.25),
            p(hip.x - d * 2.1, 1.65),
        ];
        let arm = &mut self.arms[front];
        (arm[1], arm[2]) = (arm[0] + p(-d * 0.9, -0.75), arm[0] + p(-d * 0.6, -1.85));
        let arm = &mut self.arms[back];
        (arm[1], arm[2]) = (arm[0] + p(d * 0.65, -1.0), arm[0] + p(d * 1.65, -0.45));
    }

    fn drop_to(&mut self, hip_y: f32) {
        let down = p(0.0, hip_y - self.hip.y);
        self.hip = self.hip + down;
        self.lean(down);
    }

    fn sit(&mut self, d: f32, wheel: bool) {
        self.drop_to(2.0);
        let (side, hip) = (self.turn.abs(), self.hip);
        for (it, leg) in self.legs.iter_mut().enumerate() {
            let out = if it == 0 { -1.0 } else { 1.0 };
            let top = hip + p(out * self.hip_half * 0.55, 0.0);
            let knee = p(
                top.x + out * 0.22 * (1.0 - side) + d * 1.5 * side,
                1.95 - 0.12 * (1.0 - side),
            );
            *leg = [top, knee, p(knee.x + d * 0.1 * side + out * 0.06, 0.22)];
        }
        for (it, arm) in self.arms.iter_mut().enumerate() {
            let out = if it == 0 { -1.0 } else { 1.0 };
            let wrist = if wheel {
                p(self.neck.x + d * 1.5 * side + out * 0.55, self.neck.y - 1.2)
            } else {
                p(hip.x + out * 0.28 + d * 0.9 * side, hip.y + 0.42)
            };
            arm[1] = arm[0] + p(out * 0.24 - d * 0.1 * side, -1.28);
            arm[2] = wrist;
        }
    }

    fn kneel(&mut self, d: f32) {
        self.drop_to(2.25);
        let (front, back, hip) = (Self::leading(d), 1 - Self::leading(d), self.hip);
        self.legs[front] = [
            hip + p(d * 0.2, 0.0),
            p(hip.x + d * 1.25, 2.0),
            p(hip.x + d * 1.05, 0.22),
        ];
        self.legs[back] = [
            hip - p(d * 0.2, 0.0),
            p(hip.x - d * 0.2, 0.32),
            p(hip.x - d * 1.75, 0.28),
        ];
        self.lean(p(d * 0.22, -0.05));
        let arm = &mut self.arms[front];
        (arm[1], arm[2]) = (arm[0] + p(d * 0.35, -1.15), p(hip.x + d * 1.2, 2.25));
    }

    fn lie(&mut self, d: f32) {
        self.hip = p(0.0, 0.62);
        self.neck = p(-d * 2.35, 0.72);
        self.head = p(-d * 3.1, 0.74);
        self.tilt = -d * 0.24;
        for it in 0..2 {
            let lift = if it == 0 { 0.18 } else { -0.06 };
            self.legs[it] = [
                p(0.0, 0.6 + lift),
                p(d * 1.8, 0.62 + lift * 2.2),
                p(d * 3.5, 0.32 + lift),
            ];
            self.arms[it] = [
                p(-d * 2.1, 0.7 + lift),
                p(-d * 1.0, 0.55 + lift * 2.0),
                p(d * 0.05, 0.55 + lift * 3.0),
            ];
        }
    }

    fn fall(&mut self, d: f32) {
        self.drop_to(2.9);
        self.lean(p(-d * 1.5, -0.55));
        self.tilt = -d * 0.10;
        let hip = self.hip;
        self.legs[0] = [hip, hip + p(d * 1.3, 0.7), hip + p(d * 2.2, -0.7)];
        self.legs[1] = [hip, hip + p(d * 1.5, -0.4), hip + p(d * 2.9, 0.5)];
        for (it, arm) in self.arms.iter_mut().enumerate() {
            let out = if it == 0 { -1.0 } else { 1.0 };
            arm[1] = arm[0] + p(out * 0.9, 0.55);
            arm[2] = arm[0] + p(out * 1.5, 1.55);
        }
    }
}
