//! Hair, beards and hats.

use crate::canvas::Paint;
use crate::chance::Chance;
use crate::costume::HairStyle;
use crate::face::Head;
use crate::geometry::{P2, sin_cos, smooth};
use crate::ink::{Line, Mark};
use crate::palette::ramp;

fn paint(head: &Head) -> Paint {
    Paint::Solid {
        ramp: head.hair_ramp,
        tone: head.light.figure_tone(150),
    }
}

fn form(head: &Head, outline: Vec<P2>) -> Mark {
    Mark::Form {
        outline,
        paint: paint(head),
        line: Some(head.ink()),
        lit_from: head.light.from * (head.length * 0.10),
    }
}

fn points(head: &Head, shape: &[(f32, f32)]) -> Vec<P2> {
    let lean = head.turn * 0.10;
    smooth(
        &shape
            .iter()
            .map(|(u, v)| head.at(u - lean, *v))
            .collect::<Vec<_>>(),
        true,
    )
}

/// The mass behind the neck.
pub(crate) fn behind(head: &Head) -> Vec<Mark> {
    let back = -head.turn;
    match head.look.hair {
        HairStyle::Long => vec![form(
            head,
            points(
                head,
                &[
                    (0.0, 1.05),
                    (0.75, 0.75),
                    (0.92, 0.1),
                    (0.96, -0.8),
                    (1.02, -1.6),
                    (0.72, -2.15),
                    (0.0, -2.3),
                    (-0.72, -2.15),
                    (-1.02, -1.6),
                    (-0.96, -0.8),
                    (-0.92, 0.1),
                    (-0.75, 0.75),
                ],
            ),
        )],
        HairStyle::Bob => vec![form(
            head,
            points(
                head,
                &[
                    (0.0, 1.05),
                    (0.75, 0.75),
                    (0.95, 0.1),
                    (1.0, -0.6),
                    (0.8, -1.05),
                    (0.0, -1.0),
                    (-0.8, -1.05),
                    (-1.0, -0.6),
                    (-0.95, 0.1),
                    (-0.75, 0.75),
                ],
            ),
        )],
        HairStyle::Tail => {
            let u = back * 0.75;
            vec![form(
                head,
                points(
                    head,
                    &[
                        (u - 0.15, 0.6),
                        (u + back * 0.35, 0.45),
                        (u + back * 0.55, -0.3),
                        (u + back * 0.40, -1.2),
                        (u + back * 0.15, -1.75),
                        (u + back * 0.05, -1.0),
                        (u, -0.2),
                    ],
                ),
            )]
        }
        HairStyle::Bun => {
            let center = (back * 0.55, 0.98);
            vec![form(head, points(head, &ring(center, 0.36)))]
        }
        HairStyle::Curly => vec![form(head, cloud(head, (0.0, 0.28), (1.02, 0.98), 15))],
        HairStyle::Short | HairStyle::Messy | HairStyle::Bald => Vec::new(),
    }
}

fn ring(center: (f32, f32), radius: f32) -> Vec<(f32, f32)> {
    (0..9)
        .map(|it| {
            let (sin, cos) = sin_cos(it as f32 / 9.0);
            (center.0 + radius * cos, center.1 + radius * sin)
        })
        .collect()
}

fn cloud(head: &Head, center: (f32, f32), radius: (f32, f32), n: usize) -> Vec<P2> {
    let shape: Vec<P2> = (0..n * 2)
        .map(|it| {
            let (sin, cos) = sin_cos(it as f32 / (n * 2) as f32);
            let bump = if it % 2 == 0 { 1.06 } else { 0.93 };
            head.at(
                center.0 + radius.0 * cos * bump - head.turn * 0.1,
                center.1 + radius.1 * sin * bump,
            )
        })
        .collect();
    smooth(&shape, true)
}

/// The hair over the forehead and the sides, and a hat.
pub(crate) fn front(head: &Head, marks: &mut Vec<Mark>, chance: &mut Chance) {
    let t = head.turn;
    let part = if head.look.side > 0.0 { 0.28 } else { -0.28 } + t * 0.3;
    let shape: Vec<(f32, f32)> = match head.look.hair {
        HairStyle::Bald => {
            if head.look.hat {
                hat(head, marks);
            }
            return;
        }
        HairStyle::Short => short(t, part),
        HairStyle::Messy => messy(t),
        HairStyle::Long | HairStyle::Bob => {
            let low = if head.look.hair == HairStyle::Long {
                -1.55
            } else {
                -0.72
            };
            long(t, part, low)
        }
        HairStyle::Bun | HairStyle::Tail => tied(t),
        HairStyle::Curly => curly(t),
    };
    let outline = points(head, &shape);
    marks.push(form(head, outline.clone()));
    shine(head, marks, &outline);
    strands(head, marks, chance);
    if head.look.hat {
        hat(head, marks);
    }
}

fn short(t: f32, part: f32) -> Vec<(f32, f32)> {
    vec![
        (-0.80, -0.10),
        (-0.86, 0.35),
        (-0.72, 0.86),
        (-0.25, 1.12),
        (0.30, 1.12),
        (0.74, 0.86),
        (0.86, 0.35),
        (0.80, -0.10),
        (0.70, 0.22),
        (0.62 + t * 0.1, 0.50),
        (0.30 + t * 0.25, 0.60),
        (part * 0.6, 0.52),
        (-0.30 + t * 0.25, 0.62),
        (-0.62 + t * 0.1, 0.48),
        (-0.70, 0.22),
    ]
}

fn long(t: f32, part: f32, low: f32) -> Vec<(f32, f32)> {
    vec![
        (part, 1.06),
        (0.45, 1.06),
        (0.84, 0.72),
        (0.94, 0.1),
        (0.95, low * 0.6),
        (0.86, low),
        (0.72 + t * 0.16, low * 0.8),
        (0.72 + t * 0.12, -0.2),
        (0.58 + t * 0.25, 0.32),
        (part + 0.08, 0.74),
        (-0.52 + t * 0.25, 0.36),
        (-0.70 + t * 0.12, -0.2),
        (-0.74 + t * 0.16, low * 0.8),
        (-0.88, low),
        (-0.95, low * 0.6),
        (-0.94, 0.1),
        (-0.84, 0.72),
        (-0.45, 1.06),
    ]
}

fn tied(t: f32) -> Vec<(f32, f32)> {
    vec![
        (-0.78, -0.02),
        (-0.84, 0.4),
        (-0.68, 0.88),
        (-0.2, 1.08),
        (0.25, 1.08),
        (0.70, 0.88),
        (0.84, 0.4),
        (0.78, -0.02),
        (0.68, 0.34),
        (0.42 + t * 0.25, 0.64),
        (t * 0.3, 0.72),
        (-0.42 + t * 0.25, 0.64),
        (-0.68, 0.34),
    ]
}

fn curly(t: f32) -> Vec<(f32, f32)> {
    vec![
        (-0.90, -0.05),
        (-0.98, 0.3),
        (-0.88, 0.62),
        (-0.80, 0.95),
        (-0.42, 1.12),
        (-0.1, 1.22),
        (0.28, 1.14),
        (0.66, 1.02),
        (0.86, 0.7),
        (0.98, 0.36),
        (0.90, -0.05),
        (0.74, 0.2),
        (0.60 + t * 0.2, 0.40),
        (0.34 + t * 0.25, 0.50),
        (0.05 + t * 0.3, 0.44),
        (-0.28 + t * 0.25, 0.52),
        (-0.58 + t * 0.2, 0.40),
        (-0.74, 0.2),
    ]
}

fn messy(t: f32) -> Vec<(f32, f32)> {
    vec![
        (-0.80, -0.15),
        (-0.96, 0.25),
        (-0.84, 0.48),
        (-0.98, 0.78),
        (-0.66, 0.88),
        (-0.62, 1.16),
        (-0.26, 1.06),
        (-0.02, 1.28),
        (0.20, 1.08),
        (0.58, 1.18),
        (0.62, 0.92),
        (0.96, 0.76),
        (0.84, 0.46),
        (0.94, 0.2),
        (0.80, -0.15),
        (0.70, 0.25),
        (0.55 + t * 0.2, 0.36),
        (0.40 + t * 0.2, 0.58),
        (0.18 + t * 0.25, 0.36),
        (0.02 + t * 0.25, 0.60),
        (-0.25 + t * 0.25, 0.34),
        (-0.40 + t * 0.2, 0.60),
        (-0.70, 0.25),
    ]
}

/// The band of light on smooth hair.
fn shine(head: &Head, marks: &mut Vec<Mark>, outline: &[P2]) {
    if head.length / head.unit < 30.0 {
        return;
    }
    let side = head.light.from.x.signum();
    let band = points(
        head,
        &[
            (side * 0.10, 0.92),
            (side * 0.48, 0.80),
            (side * 0.74, 0.46),
            (side * 0.62, 0.50),
            (side * 0.40, 0.72),
            (side * 0.08, 0.80),
        ],
    );
    marks.push(Mark::Clipped {
        mask: outline.to_vec(),
        outline: band,
        paint: Paint::Glow(70),
    });
}

fn strands(head: &Head, marks: &mut Vec<Mark>, chance: &mut Chance) {
    let size = head.length / head.unit;
    if size < 40.0 {
        return;
    }
    let n = if size > 200.0 { 18 } else { 7 };
    let line = Line::new((size * 0.007).clamp(0.8, 3.0), 130);
    let part = if head.look.side > 0.0 { 0.22 } else { -0.22 };
    for _ in 0..n {
        let side = if chance.unit() < 0.5 { -1.0 } else { 1.0 };
        let reach = chance.between(0.25, 0.78);
        let root = (part + side * 0.05, 1.0 - 0.05 * chance.unit());
        let middle = (part * 0.5 + side * reach * 0.7, 0.94 - reach * 0.14);
        let tip = (side * (0.50 + reach * 0.42), 0.72 - reach * 0.5);
        let path: Vec<P2> = [root, middle, tip]
            .iter()
            .map(|(u, v)| head.at(u - head.turn * 0.1, *v))
            .collect();
        marks.push(Mark::Stroke {
            points: smooth(&path, false),
            line,
        });
    }
}

pub(crate) fn beard(head: &Head, marks: &mut Vec<Mark>, contour: &[P2]) {
    let shape: Vec<P2> = [
        (-0.85, 0.0),
        (-0.62, -0.30),
        (-0.30, -0.44),
        (0.0, -0.42),
        (0.30, -0.44),
        (0.62, -0.30),
        (0.85, 0.0),
        (0.8, -1.2),
        (-0.8, -1.2),
    ]
    .iter()
    .map(|(u, v)| head.on_face(*u, *v))
    .collect();
    let outline = smooth(&shape, true);
    marks.push(Mark::Clipped {
        mask: contour.to_vec(),
        outline,
        paint: paint(head),
    });
}

fn hat(head: &Head, marks: &mut Vec<Mark>) {
    let paint = Paint::Solid {
        ramp: ramp::NEUTRAL,
        tone: head.light.figure_tone(92),
    };
    let lit_from = head.light.from * (head.length * 0.08);
    let line = Some(head.ink());
    let crown = points(
        head,
        &[
            (-0.80, 0.55),
            (-0.76, 1.10),
            (-0.45, 1.36),
            (0.0, 1.28),
            (0.45, 1.36),
            (0.76, 1.10),
            (0.80, 0.55),
            (0.0, 0.48),
        ],
    );
    marks.push(Mark::Form {
        outline: crown.clone(),
        paint,
        line,
        lit_from,
    });
    let band = points(
        head,
        &[
            (-0.84, 0.56),
            (0.0, 0.46),
            (0.84, 0.56),
            (0.82, 0.76),
            (0.0, 0.66),
            (-0.82, 0.76),
        ],
    );
    marks.push(Mark::Clipped {
        mask: crown,
        outline: band,
        paint: Paint::Shade(120),
    });
    let brim = points(
        head,
        &[
            (-1.28, 0.48),
            (-0.8, 0.62),
            (0.0, 0.54),
            (0.8, 0.62),
            (1.28, 0.48),
            (0.8, 0.38),
            (0.0, 0.32),
            (-0.8, 0.38),
        ],
    );
    marks.push(Mark::Form {
        outline: brim,
        paint,
        line,
        lit_from: P2::default(),
    });
}

/// A head seen from the back.
pub(crate) fn from_behind(head: &Head, marks: &mut Vec<Mark>, chance: &mut Chance) {
    let ink = head.ink();
    for side in [-1.0_f32, 1.0] {
        let ear = [(0.74, 0.1), (0.88, 0.08), (0.86, -0.16), (0.74, -0.28)];
        let outline = smooth(&ear.map(|(u, v)| head.at(u * side, v)), true);
        marks.push(Mark::Form {
            outline,
            paint: head.skin(),
            line: Some(ink),
            lit_from: P2::default(),
        });
    }
    let low = match head.look.hair {
        HairStyle::Long => -2.2,
        HairStyle::Bob | HairStyle::Curly => -1.0,
        _ => -0.62,
    };
    let nape = if low < -0.7 { 0.62 } else { 0.40 };
    let skull = points(
        head,
        &[
            (0.0, 1.08),
            (0.50, 0.98),
            (0.80, 0.62),
            (0.86, 0.1),
            (0.74, -0.35),
            (nape, low),
            (0.0, low - 0.10),
            (-nape, low),
            (-0.74, -0.35),
            (-0.86, 0.1),
            (-0.80, 0.62),
            (-0.50, 0.98),
        ],
    );
    let bald = head.look.hair == HairStyle::Bald;
    let fill = if bald { head.skin() } else { paint(head) };
    let lit_from = head.light.from * (head.length * 0.12);
    marks.push(Mark::Form {
        outline: skull,
        paint: fill,
        line: Some(ink),
        lit_from,
    });
    if !bald {
        let line = Line::new((head.length / head.unit * 0.008).clamp(0.8, 4.0), 120);
        for _ in 0..9 {
            let u = chance.signed() * 0.66;
            let path = [
                (u * 0.3, 0.95),
                (u * 0.95, 0.4),
                (u, chance.between(low, -0.2)),
            ];
            let path: Vec<P2> = path.iter().map(|(u, v)| head.at(*u, *v)).collect();
            marks.push(Mark::Stroke {
                points: smooth(&path, false),
                line,
            });
        }
    }
    if head.look.hair == HairStyle::Bun {
        marks.push(form(head, points(head, &ring((0.0, 0.55), 0.38))));
    }
    if head.look.hat {
        hat(head, marks);
    }
}
