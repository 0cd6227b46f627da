//! Movement, in the signs that boards use: bold arrows, nested frames, shaken corners.

use storycore_schema::craft::Movement;

use crate::canvas::Paint;
use crate::geometry::{P2, p, smooth};
use crate::ink::{Line, Pad};
use crate::palette::ramp;

/// Draws the sign of a movement over the panel.
pub(crate) fn draw(pad: &mut Pad, movement: Movement) {
    let (w, h) = (pad.width(), pad.height());
    match movement {
        Movement::Static => {}
        Movement::PanLeft => pan(pad, p(w * 0.62, h * 0.9), -1.0),
        Movement::PanRight => pan(pad, p(w * 0.38, h * 0.9), 1.0),
        Movement::TiltUp => tilt(pad, -1.0),
        Movement::TiltDown => tilt(pad, 1.0),
        Movement::TruckLeft => straight(pad, p(w * 0.34, h * 0.91), p(w * 0.06, h * 0.91)),
        Movement::TruckRight => straight(pad, p(w * 0.66, h * 0.91), p(w * 0.94, h * 0.91)),
        Movement::DollyIn => dolly(pad, true),
        Movement::DollyOut => dolly(pad, false),
        Movement::Tracking => {
            straight(pad, p(w * 0.40, h * 0.93), p(w * 0.60, h * 0.93));
            straight(pad, p(w * 0.66, h * 0.93), p(w * 0.80, h * 0.93));
        }
        Movement::CraneUp => crane(pad, -1.0),
        Movement::CraneDown => crane(pad, 1.0),
        Movement::ZoomIn => zoom(pad, true),
        Movement::ZoomOut => zoom(pad, false),
        Movement::Handheld => handheld(pad),
    }
}

fn arrow(pad: &mut Pad, shape: &[P2]) {
    let shadow: Vec<P2> = shape
        .iter()
        .map(|it| *it + p(3.0, 4.0) * pad.unit)
        .collect();
    pad.fill(&shadow, Paint::Shade(70));
    pad.form(
        shape,
        Paint::Solid {
            ramp: ramp::ARROW,
            tone: 170,
        },
        Line::new(2.2, 240),
    );
}

/// A block arrow whose tail and head may differ in size, as perspective asks.
fn block(pad: &mut Pad, tail: P2, tip: P2, tail_half: f32, head_half: f32) {
    let along = (tip - tail).unit();
    let across = along.normal();
    let neck = tip - along * (head_half * 1.5);
    let shaft = head_half * 0.45;
    arrow(
        pad,
        &[
            tail + across * tail_half,
            neck + across * shaft,
            neck + across * head_half,
            tip,
            neck - across * head_half,
            neck - across * shaft,
            tail - across * tail_half,
        ],
    );
}

fn size(pad: &Pad) -> f32 {
    pad.height() * 0.042
}

fn straight(pad: &mut Pad, tail: P2, tip: P2) {
    let s = size(pad);
    block(pad, tail, tip, s * 0.3, s);
}

/// A bent arrow: a pan or a tilt turns on the spot.
fn bent(pad: &mut Pad, points: [P2; 3]) {
    let s = size(pad);
    let spine = smooth(&points, false);
    let n = spine.len() - 1;
    let cut = n - n / 5;
    let mut left = Vec::new();
    let mut right = Vec::new();
    for it in 0..=cut {
        let across = (spine[(it + 1).min(n)] - spine[it.saturating_sub(1)])
            .unit()
            .normal();
        let half = s * (0.16 + 0.30 * it as f32 / n as f32);
        left.push(spine[it] + across * half);
        right.push(spine[it] - across * half);
    }
    let across = (spine[n] - spine[cut]).unit().normal();
    left.push(spine[cut] + across * s);
    left.push(spine[n] + (spine[n] - spine[cut]).unit() * (s * 0.5));
    left.push(spine[cut] - across * s);
    left.extend(right.into_iter().rev());
    arrow(pad, &left);
}

fn pan(pad: &mut Pad, from: P2, d: f32) {
    let (w, h) = (pad.width(), pad.height());
    bent(
        pad,
        [
            from,
            from + p(d * w * 0.14, h * 0.035),
            from + p(d * w * 0.27, -h * 0.02),
        ],
    );
}

fn tilt(pad: &mut Pad, d: f32) {
    let (w, h) = (pad.width(), pad.height());
    let from = p(w * 0.93, h * (0.5 - d * 0.24));
    bent(
        pad,
        [
            from,
            from + p(w * 0.018, d * h * 0.24),
            from + p(-w * 0.008, d * h * 0.48),
        ],
    );
}

fn crane(pad: &mut Pad, d: f32) {
    let (w, h) = (pad.width(), pad.height());
    let s = size(pad);
    let (tail, tip) = (
        p(w * 0.07, h * (0.5 - d * 0.34)),
        p(w * 0.07, h * (0.5 + d * 0.34)),
    );
    block(pad, tail, tip, s * 0.6, s * 1.2);
    for it in 0..3 {
        let y = tail.y + d * h * (0.1 + 0.1 * it as f32);
        pad.stroke(&[p(w * 0.045, y), p(w * 0.095, y)], Line::new(1.6, 200));
    }
}

fn dolly(pad: &mut Pad, inward: bool) {
    let (w, h) = (pad.width(), pad.height());
    let s = size(pad);
    for side in [-1.0_f32, 1.0] {
        let outer = p(w * (0.5 + side * 0.46), h * 0.95);
        let inner = p(w * (0.5 + side * 0.31), h * 0.70);
        if inward {
            block(pad, outer, inner, s * 0.8, s * 0.8);
        } else {
            block(pad, inner, outer, s * 0.2, s * 1.2);
        }
    }
}

fn corners(pad: &mut Pad, inset: f32, length: f32, line: Line, paint: Option<Paint>) {
    let (w, h) = (pad.width(), pad.height());
    for (sx, sy) in [(-1.0_f32, -1.0_f32), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        let corner = p(
            w * (0.5 + sx * (0.5 - inset)),
            h * (0.5 + sy * (0.5 - inset)),
        );
        let reach = length * h;
        let path = [
            corner - p(sx * reach, 0.0),
            corner,
            corner - p(0.0, sy * reach),
        ];
        if let Some(paint) = paint {
            let t = 2.2 * pad.unit;
            pad.fill(
                &crate::geometry::rect(
                    path[0].x.min(corner.x),
                    corner.y - t,
                    path[0].x.max(corner.x),
                    corner.y + t,
                ),
                paint,
            );
            pad.fill(
                &crate::geometry::rect(
                    corner.x - t,
                    path[2].y.min(corner.y),
                    corner.x + t,
                    path[2].y.max(corner.y),
                ),
                paint,
            );
        }
        pad.stroke(&path, line);
    }
}

fn zoom(pad: &mut Pad, inward: bool) {
    let red = Some(Paint::Solid {
        ramp: ramp::ARROW,
        tone: 160,
    });
    corners(pad, 0.17, 0.11, Line::new(1.4, 220), red);
    corners(pad, 0.06, 0.07, Line::new(1.4, 200), red);
    let (w, h) = (pad.width(), pad.height());
    let s = size(pad) * 0.8;
    for (sx, sy) in [(-1.0_f32, -1.0_f32), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        let outer = p(w * (0.5 + sx * 0.425), h * (0.5 + sy * 0.425));
        let inner = p(w * (0.5 + sx * 0.345), h * (0.5 + sy * 0.345));
        let (tail, tip) = if inward {
            (outer, inner)
        } else {
            (inner, outer)
        };
        block(pad, tail, tip, s * 0.3, s * 0.8);
    }
}

fn handheld(pad: &mut Pad) {
    for it in 0..3 {
        let inset = 0.025 + 0.012 * it as f32 + pad.chance.unit() * 0.006;
        let line = Line::new(1.8, 150 - 30 * it);
        corners(pad, inset, 0.13 - 0.02 * f32::from(it), line, None);
    }
    let (w, h) = (pad.width(), pad.height());
    for side in [0.06, 0.94] {
        let path: Vec<P2> = (0..7)
            .map(|it| {
                p(
                    w * (side + if it % 2 == 0 { -0.008 } else { 0.008 }),
                    h * (0.42 + 0.027 * it as f32),
                )
            })
            .collect();
        pad.stroke(&path, Line::new(2.4, 210));
    }
}
