//! Points, splines and the few functions of a circle. Only operations that IEEE 754 rounds the
//! same everywhere are used: the platform's own sine never is.

use std::ops::{Add, Mul, Sub};

/// A point or a direction on the panel, in pixels or in head lengths.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct P2 {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// A point in the set, in meters: right, up and away from the camera.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct P3 {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}

pub(crate) const fn p(x: f32, y: f32) -> P2 {
    P2 { x, y }
}

pub(crate) const fn p3(x: f32, y: f32, z: f32) -> P3 {
    P3 { x, y, z }
}

impl Add for P2 {
    type Output = P2;
    fn add(self, other: P2) -> P2 {
        p(self.x + other.x, self.y + other.y)
    }
}

impl Sub for P2 {
    type Output = P2;
    fn sub(self, other: P2) -> P2 {
        p(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for P2 {
    type Output = P2;
    fn mul(self, factor: f32) -> P2 {
        p(self.x * factor, self.y * factor)
    }
}

impl Add for P3 {
    type Output = P3;
    fn add(self, other: P3) -> P3 {
        p3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl P2 {
    pub(crate) fn length(self) -> f32 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// The direction, one long; straight right when there is none.
    pub(crate) fn unit(self) -> P2 {
        let length = self.length();
        if length < 1e-6 {
            p(1.0, 0.0)
        } else {
            self * (1.0 / length)
        }
    }

    /// A quarter turn.
    pub(crate) fn normal(self) -> P2 {
        p(-self.y, self.x)
    }

    pub(crate) fn towards(self, other: P2, share: f32) -> P2 {
        self + (other - self) * share
    }

    pub(crate) fn rotated(self, turns: f32) -> P2 {
        let (sin, cos) = sin_cos(turns);
        p(self.x * cos - self.y * sin, self.x * sin + self.y * cos)
    }
}

/// Sine and cosine of an angle given in whole turns, to about five digits.
pub(crate) fn sin_cos(turns: f32) -> (f32, f32) {
    (sin_turns(turns), sin_turns(turns + 0.25))
}

fn sin_turns(turns: f32) -> f32 {
    let t = turns - (turns + 0.5).floor();
    let t = if t > 0.25 {
        0.5 - t
    } else if t < -0.25 {
        -0.5 - t
    } else {
        t
    };
    let x = t * std::f32::consts::TAU;
    let square = x * x;
    x * (1.0 + square * (-1.0 / 6.0 + square * (1.0 / 120.0 - square * (1.0 / 5040.0))))
}

pub(crate) fn lerp(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

/// An ellipse as a closed polygon.
pub(crate) fn ellipse(center: P2, rx: f32, ry: f32) -> Vec<P2> {
    let n = if rx.max(ry) < 4.0 { 8 } else { 20 };
    (0..n)
        .map(|it| {
            let (sin, cos) = sin_cos(it as f32 / n as f32);
            p(center.x + rx * cos, center.y + ry * sin)
        })
        .collect()
}

pub(crate) fn rect(x0: f32, y0: f32, x1: f32, y1: f32) -> Vec<P2> {
    vec![p(x0, y0), p(x1, y0), p(x1, y1), p(x0, y1)]
}

/// A smooth curve through every point, closed or open.
pub(crate) fn smooth(points: &[P2], closed: bool) -> Vec<P2> {
    let n = points.len();
    if n < 3 {
        return points.to_vec();
    }
    let at = |it: isize| {
        if closed {
            points[it.rem_euclid(n as isize) as usize]
        } else {
            points[it.clamp(0, n as isize - 1) as usize]
        }
    };
    let spans = if closed { n } else { n - 1 };
    let mut curve = Vec::with_capacity(spans * 5);
    for span in 0..spans as isize {
        let (a, b, c, d) = (at(span - 1), at(span), at(span + 1), at(span + 2));
        let steps = ((c - b).length() * 0.16).clamp(2.0, 9.0) as usize;
        for step in 0..steps {
            curve.push(catmull_rom([a, b, c, d], step as f32 / steps as f32));
        }
    }
    if !closed {
        curve.push(points[n - 1]);
    }
    curve
}

fn catmull_rom([a, b, c, d]: [P2; 4], t: f32) -> P2 {
    let (t2, t3) = (t * t, t * t * t);
    (b * 2.0
        + (c - a) * t
        + (a * 2.0 - b * 5.0 + c * 4.0 - d) * t2
        + (b * 3.0 - a - c * 3.0 + d) * t3)
        * 0.5
}

/// The outline of a limb: a chain of joints with a thickness at each.
pub(crate) fn limb(joints: &[P2], radii: &[f32]) -> Vec<P2> {
    let n = joints.len().min(radii.len());
    if n < 2 {
        return Vec::new();
    }
    let normal_at = |it: usize| {
        let before = joints[it.saturating_sub(1)];
        let after = joints[(it + 1).min(n - 1)];
        (after - before).unit().normal()
    };
    let mut outline = Vec::with_capacity(n * 2 + 2);
    for it in 0..n {
        outline.push(joints[it] + normal_at(it) * radii[it]);
    }
    let tip = (joints[n - 1] - joints[n - 2]).unit();
    outline.push(joints[n - 1] + tip * (radii[n - 1] * 0.7));
    for it in (0..n).rev() {
        outline.push(joints[it] - normal_at(it) * radii[it]);
    }
    let root = (joints[0] - joints[1]).unit();
    outline.push(joints[0] + root * (radii[0] * 0.7));
    outline
}

/// Where a line at `level` along `normal` runs inside a polygon, as pairs of points.
pub(crate) fn chords(polygon: &[P2], direction: P2, level: f32, out: &mut Vec<(P2, P2)>) {
    let normal = direction.normal();
    let mut hits: Vec<f32> = Vec::new();
    for (it, &a) in polygon.iter().enumerate() {
        let b = polygon[(it + 1) % polygon.len()];
        let (da, db) = (dot(a, normal) - level, dot(b, normal) - level);
        if (da < 0.0) != (db < 0.0) {
            let cut = a.towards(b, da / (da - db));
            hits.push(dot(cut, direction));
        }
    }
    hits.sort_by(f32::total_cmp);
    for pair in hits.chunks_exact(2) {
        let base = normal * level;
        out.push((base + direction * pair[0], base + direction * pair[1]));
    }
}

pub(crate) fn dot(a: P2, b: P2) -> f32 {
    a.x * b.x + a.y * b.y
}

/// Smallest and largest corner of a set of points.
pub(crate) fn bounds(points: &[P2]) -> (P2, P2) {
    let mut low = p(f32::MAX, f32::MAX);
    let mut high = p(f32::MIN, f32::MIN);
    for point in points {
        low = p(low.x.min(point.x), low.y.min(point.y));
        high = p(high.x.max(point.x), high.y.max(point.y));
    }
    (low, high)
}
