//! The hand: lines that waver and taper, hatching, marker shadows.

use crate::canvas::{Canvas, Paint};
use crate::chance::Chance;
use crate::geometry::{P2, bounds, chords, dot, lerp, p};

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Width in 1/1280 of the panel's width.
    pub(crate) width: f32,
    /// 255 is black ink, less is pencil.
    pub(crate) strength: u8,
}

impl Line {
    pub(crate) const fn new(width: f32, strength: u8) -> Line {
        Line { width, strength }
    }
}

/// One thing to draw, kept so that a figure can be outlined before it is filled.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    /// A filled shape; `lit_from` moves the light over it, what it leaves is in shadow.
    Form {
        outline: Vec<P2>,
        paint: Paint,
        line: Option<Line>,
        lit_from: P2,
    },
    /// An open line.
    Stroke { points: Vec<P2>, line: Line },
    /// Darkening or covering without an outline.
    Patch { outline: Vec<P2>, paint: Paint },
    /// Darkening or covering inside another shape.
    Clipped {
        mask: Vec<P2>,
        outline: Vec<P2>,
        paint: Paint,
    },
}

/// The paper and the hand that draws on it.
pub(crate) struct Pad {
    pub(crate) canvas: Canvas,
    pub(crate) chance: Chance,
    /// Pixels for one 1/1280 of the panel's width.
    pub(crate) unit: f32,
    /// How dark the side away from the light is.
    pub(crate) core: u8,
    quads: Vec<[P2; 4]>,
}

impl Pad {
    pub(crate) fn new(canvas: Canvas, chance: Chance) -> Pad {
        let unit = canvas.width as f32 / 1280.0;
        Pad {
            canvas,
            chance,
            unit,
            core: 62,
            quads: Vec::new(),
        }
    }

    pub(crate) fn width(&self) -> f32 {
        self.canvas.width as f32
    }

    pub(crate) fn height(&self) -> f32 {
        self.canvas.height as f32
    }

    pub(crate) fn fill(&mut self, polygon: &[P2], paint: Paint) {
        self.canvas.fill(polygon, paint);
    }

    /// A line from point to point, as a hand draws it: a slow waver, thinner towards its ends.
    pub(crate) fn stroke(&mut self, points: &[P2], line: Line) {
        let path = self.waver(points);
        self.ribbon(&path, line, true);
    }

    /// A closed outline.
    pub(crate) fn outline(&mut self, points: &[P2], line: Line) {
        let Some(&first) = points.first() else { return };
        let mut closed = points.to_vec();
        closed.push(first);
        let path = self.waver(&closed);
        self.ribbon(&path, line, false);
    }

    /// A straight edge that overshoots a little, as construction lines do.
    pub(crate) fn edge(&mut self, from: P2, to: P2, line: Line) {
        let over = (to - from).unit() * (self.chance.between(1.0, 7.0) * self.unit);
        self.stroke(&[from - over, to + over], line);
    }

    /// A fill and its outline.
    pub(crate) fn form(&mut self, points: &[P2], paint: Paint, line: Line) {
        self.fill(points, paint);
        self.outline(points, line);
    }

    /// Parallel strokes inside a shape.
    pub(crate) fn hatch(&mut self, polygon: &[P2], direction: P2, gap: f32, line: Line) {
        let direction = direction.unit();
        if polygon.len() < 3 {
            return;
        }
        let levels: Vec<f32> = polygon
            .iter()
            .map(|it| dot(*it, direction.normal()))
            .collect();
        let low = levels.iter().copied().fold(f32::MAX, f32::min);
        let high = levels.iter().copied().fold(f32::MIN, f32::max);
        let gap = gap.max((high - low) / 160.0).max(1.0);
        let mut found = Vec::new();
        let mut level = low + gap * 0.5;
        while level < high {
            found.clear();
            chords(polygon, direction, level, &mut found);
            for &(from, to) in &found {
                let (a, b) = (
                    self.chance.between(0.0, 0.06),
                    self.chance.between(0.94, 1.0),
                );
                self.ribbon(&[from.towards(to, a), from.towards(to, b)], line, true);
            }
            level += gap * self.chance.between(0.8, 1.2);
        }
    }

    /// Everything of a figure: first a light edge around it, then its forms and lines in order.
    pub(crate) fn marks(&mut self, marks: &[Mark], halo: f32) {
        if halo > 0.0 {
            for mark in marks {
                if let Mark::Form { outline, .. } = mark {
                    let mut closed = outline.clone();
                    closed.extend(outline.first());
                    self.ribbon_with(&closed, halo, Paint::Glow(110), false);
                }
            }
        }
        for mark in marks {
            self.mark(mark);
        }
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Form {
                outline,
                paint,
                line,
                lit_from,
            } => {
                self.fill(outline, *paint);
                self.model(outline, *lit_from);
                if let Some(line) = line {
                    self.outline(outline, *line);
                }
            }
            Mark::Stroke { points, line } => self.stroke(points, *line),
            Mark::Patch { outline, paint } => self.fill(outline, *paint),
            Mark::Clipped {
                mask,
                outline,
                paint,
            } => {
                self.canvas.fill_inside(mask, outline, *paint);
            }
        }
    }

    /// Models a form as markers do: paper shines at the lit edge, the far side gets a second coat.
    pub(crate) fn model(&mut self, outline: &[P2], lit_from: P2) {
        if lit_from.length() < 0.8 {
            return;
        }
        let lit: Vec<P2> = outline.iter().map(|it| *it + lit_from).collect();
        self.canvas
            .fill_outside(outline, &lit, Paint::Shade(self.core));
        let dim: Vec<P2> = outline.iter().map(|it| *it - lit_from * 0.38).collect();
        self.canvas.fill_outside(outline, &dim, Paint::Glow(96));
    }

    /// A shape with a torn, marker-like upper edge, for bands of tone.
    pub(crate) fn band(&mut self, y0: f32, y1: f32, paint: Paint) {
        let (width, unit) = (self.width(), self.unit);
        let mut shape = vec![p(width * 1.4, y1), p(-width * 0.4, y1)];
        for step in 0..=14 {
            let x = lerp(-0.4, 1.4, step as f32 / 14.0) * width;
            shape.push(p(x, y0 + self.chance.signed() * 5.0 * unit));
        }
        self.fill(&shape, paint);
    }

    fn waver(&mut self, points: &[P2]) -> Vec<P2> {
        let step = 44.0 * self.unit;
        let amount = 0.9 * self.unit;
        let mut path = Vec::with_capacity(points.len() * 2);
        for pair in points.windows(2) {
            let along = pair[1] - pair[0];
            let length = along.length();
            let n = ((length / step) as usize).clamp(1, 60);
            let normal = along.unit().normal();
            for it in 0..n {
                let reach = if length > step * 0.4 {
                    amount
                } else {
                    amount * 0.25
                };
                let off = normal * (self.chance.signed() * reach);
                path.push(pair[0].towards(pair[1], it as f32 / n as f32) + off);
            }
        }
        path.extend(points.last());
        path
    }

    fn ribbon(&mut self, path: &[P2], line: Line, taper: bool) {
        let width = (line.width * self.unit).max(0.7);
        self.ribbon_with(path, width, Paint::Shade(line.strength), taper);
    }

    fn ribbon_with(&mut self, path: &[P2], width: f32, paint: Paint, taper: bool) {
        if path.len() < 2 || self.outside(path) {
            return;
        }
        let last = path.len() - 1;
        let half_at = |it: usize| {
            let share = it as f32 / last as f32;
            let ends = (share.min(1.0 - share) * 6.0).min(1.0);
            width * 0.5 * if taper { 0.45 + 0.55 * ends } else { 1.0 }
        };
        self.quads.clear();
        for it in 0..last {
            let (a, b) = (path[it], path[it + 1]);
            let along = (b - a).unit();
            let (na, nb) = (
                along.normal() * half_at(it),
                along.normal() * half_at(it + 1),
            );
            // A little overlap hides the seam of a bend; the union clamps what is covered twice.
            let lap = along * (width * 0.18);
            let (a, b) = (a - lap, b + lap);
            self.quads.push([a + na, a - na, b - nb, b + nb]);
        }
        let quads = std::mem::take(&mut self.quads);
        self.canvas
            .fill_union(quads.iter().map(<[P2; 4]>::as_slice), paint);
        self.quads = quads;
    }

    fn outside(&self, path: &[P2]) -> bool {
        let (low, high) = bounds(path);
        let (w, h) = (self.width(), self.height());
        high.x < -w * 0.4 || low.x > w * 1.4 || high.y < -h * 0.5 || low.y > h * 1.5
    }
}
