//! The paper: a tone and a color ramp for every pixel, and an exact-area polygon rasterizer.
//!
//! Two bytes a pixel instead of four channels keep a panel inside the processor's cache, make
//! marker shading a multiplication, and leave as an indexed PNG without a conversion. Coverage is
//! summed in integers, so it is the same on every machine.

use crate::geometry::{P2, p, sin_cos};

/// What a shape does to the paper under it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Paint {
    /// Covers with a ramp at a tone: 255 is paper, 0 is ink.
    Solid { ramp: u8, tone: u8 },
    /// Darkens what is there, as ink or marker does.
    Shade(u8),
    /// Lightens what is there.
    Glow(u8),
    /// Lightens and changes the ramp to that of light.
    Light { ramp: u8, strength: u8 },
}

/// How two shapes are combined.
#[derive(Clone, Copy, PartialEq)]
enum Combine {
    Plain,
    Inside,
    Outside,
}

/// A tilt and a convergence of verticals, applied to every point that is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    center: P2,
    sin: f32,
    cos: f32,
    keystone: f32,
}

impl View {
    pub(crate) fn new(width: f32, height: f32, roll_turns: f32, keystone: f32) -> View {
        let (sin, cos) = sin_cos(roll_turns);
        View {
            center: p(width / 2.0, height / 2.0),
            sin,
            cos,
            keystone: keystone / height,
        }
    }

    pub(crate) fn apply(&self, point: P2) -> P2 {
        let d = point - self.center;
        let x = d.x * (1.0 + self.keystone * d.y).clamp(0.4, 1.6);
        p(
            x * self.cos - d.y * self.sin + self.center.x,
            x * self.sin + d.y * self.cos + self.center.y,
        )
    }
}

/// Signed area of the shapes being drawn, a cell a pixel, with a bit for every cell touched.
struct Coverage {
    cells: Vec<i32>,
    touched: Vec<u64>,
    words: usize,
    width: i32,
    height: i32,
    rows: (i32, i32),
}

const ONE: i32 = 256;
const FULL: i32 = 2 * ONE * ONE;

impl Coverage {
    fn new(width: usize, height: usize) -> Coverage {
        let words = (width + 2).div_ceil(64);
        Coverage {
            cells: vec![0; (width + 2) * height],
            touched: vec![0; words * height],
            words,
            width: width as i32,
            height: height as i32,
            rows: (i32::MAX, i32::MIN),
        }
    }

    fn add_polygon(&mut self, points: &[P2]) {
        let Some(&last) = points.last() else { return };
        let mut from = last;
        for &to in points {
            self.add_line(from, to);
            from = to;
        }
    }

    fn add_line(&mut self, from: P2, to: P2) {
        let limit = self.height * ONE;
        let y0 = fixed(from.y);
        let y1 = fixed(to.y);
        if y0 == y1 || (y0 <= 0 && y1 <= 0) || (y0 >= limit && y1 >= limit) {
            return;
        }
        let (sign, y_top, y_end, x_top, x_end) = if y0 < y1 {
            (1, y0, y1, from.x, to.x)
        } else {
            (-1, y1, y0, to.x, from.x)
        };
        let slope = (x_end - x_top) / (y_end - y_top) as f32;
        let x_at = |y: i32| x_top + slope * (y - y_top) as f32;
        let (first, last) = (y_top.max(0), y_end.min(limit));
        let mut y = first;
        let mut x = self.clamp_x(x_at(y));
        while y < last {
            let row = y / ONE;
            let next = ((row + 1) * ONE).min(last);
            let x_next = self.clamp_x(x_at(next));
            self.add_in_row(row, x, x_next, sign * (next - y));
            (y, x) = (next, x_next);
        }
        self.rows = (
            self.rows.0.min(first / ONE),
            self.rows.1.max((last - 1) / ONE),
        );
    }

    fn clamp_x(&self, x: f32) -> i32 {
        fixed(x).clamp(0, self.width * ONE)
    }

    fn add_in_row(&mut self, row: i32, x0: i32, x1: i32, dy: i32) {
        let (left, right) = if x0 <= x1 { (x0, x1) } else { (x1, x0) };
        let (first, last) = (left / ONE, right / ONE);
        if first == last {
            self.add_cell(row, first, dy, (left - first * ONE) + (right - first * ONE));
            return;
        }
        let span = right - left;
        let mut done = 0;
        let mut x = left;
        for cell in first..=last {
            let edge = ((cell + 1) * ONE).min(right);
            let until = (i64::from(dy) * i64::from(edge - left) / i64::from(span)) as i32;
            self.add_cell(
                row,
                cell,
                until - done,
                (x - cell * ONE) + (edge - cell * ONE),
            );
            (done, x) = (until, edge);
        }
    }

    fn add_cell(&mut self, row: i32, cell: i32, dy: i32, double_x: i32) {
        let at = row as usize * (self.width as usize + 2) + cell as usize;
        self.cells[at] += dy * (2 * ONE - double_x);
        self.cells[at + 1] += dy * double_x;
        let word = row as usize * self.words;
        let cell = cell as usize;
        self.touched[word + cell / 64] |= 1 << (cell % 64);
        self.touched[word + (cell + 1) / 64] |= 1 << ((cell + 1) % 64);
    }
}

fn fixed(value: f32) -> i32 {
    // A float cast saturates, so a wild coordinate stays a number.
    (value.clamp(-60_000.0, 60_000.0) * ONE as f32).floor() as i32
}

fn coverage_of(sum: i32) -> u32 {
    (sum.unsigned_abs().min(FULL as u32)) >> 9
}

/// The paper of one panel.
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) tone: Vec<u8>,
    pub(crate) ramp: Vec<u8>,
    pub(crate) view: View,
    shape: Coverage,
    mask: Coverage,
    scratch: Vec<P2>,
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize, view: View) -> Canvas {
        Canvas {
            width,
            height,
            tone: vec![235; width * height],
            ramp: vec![0; width * height],
            view,
            shape: Coverage::new(width, height),
            mask: Coverage::new(width, height),
            scratch: Vec::new(),
        }
    }

    /// Fills one polygon.
    pub(crate) fn fill(&mut self, polygon: &[P2], paint: Paint) {
        self.gather(polygon, false);
        self.resolve(Combine::Plain, paint);
    }

    /// Fills the union of polygons that all wind the same way, as the pieces of a stroke do.
    pub(crate) fn fill_union<'a>(
        &mut self,
        polygons: impl IntoIterator<Item = &'a [P2]>,
        paint: Paint,
    ) {
        for polygon in polygons {
            self.gather(polygon, false);
        }
        self.resolve(Combine::Plain, paint);
    }

    /// Fills the part of `polygon` that lies inside `mask`.
    pub(crate) fn fill_inside(&mut self, mask: &[P2], polygon: &[P2], paint: Paint) {
        self.gather(mask, true);
        self.gather(polygon, false);
        self.resolve(Combine::Inside, paint);
    }

    /// Fills the part of `mask` that `polygon` leaves free.
    pub(crate) fn fill_outside(&mut self, mask: &[P2], polygon: &[P2], paint: Paint) {
        self.gather(mask, true);
        self.gather(polygon, false);
        self.resolve(Combine::Outside, paint);
    }

    fn gather(&mut self, polygon: &[P2], as_mask: bool) {
        let view = self.view;
        self.scratch.clear();
        self.scratch
            .extend(polygon.iter().map(|point| view.apply(*point)));
        if as_mask {
            self.mask.add_polygon(&self.scratch);
        } else {
            self.shape.add_polygon(&self.scratch);
        }
    }

    fn resolve(&mut self, combine: Combine, paint: Paint) {
        let rows = match combine {
            Combine::Plain => self.shape.rows,
            Combine::Inside | Combine::Outside => (
                self.shape.rows.0.min(self.mask.rows.0),
                self.shape.rows.1.max(self.mask.rows.1),
            ),
        };
        for row in rows.0..=rows.1 {
            self.resolve_row(row as usize, combine, paint);
        }
        self.shape.rows = (i32::MAX, i32::MIN);
        self.mask.rows = (i32::MAX, i32::MIN);
    }

    fn resolve_row(&mut self, row: usize, combine: Combine, paint: Paint) {
        let cells_at = row * (self.width + 2);
        let pixels = row * self.width..(row + 1) * self.width;
        let (tone, ramp) = (&mut self.tone[pixels.clone()], &mut self.ramp[pixels]);
        let (mut sum, mut mask_sum, mut from) = (0_i32, 0_i32, 0_usize);
        for word in 0..self.shape.words {
            let at = row * self.shape.words + word;
            let mut bits = std::mem::take(&mut self.shape.touched[at]);
            if combine != Combine::Plain {
                bits |= std::mem::take(&mut self.mask.touched[at]);
            }
            while bits != 0 {
                let x = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let cover = combined(combine, sum, mask_sum);
                blend(tone, ramp, from, x, cover, paint);
                sum += std::mem::take(&mut self.shape.cells[cells_at + x]);
                if combine != Combine::Plain {
                    mask_sum += std::mem::take(&mut self.mask.cells[cells_at + x]);
                }
                from = x;
            }
        }
    }
}

fn combined(combine: Combine, sum: i32, mask_sum: i32) -> u32 {
    match combine {
        Combine::Plain => coverage_of(sum),
        Combine::Inside => coverage_of(sum) * coverage_of(mask_sum) / 256,
        Combine::Outside => (256 - coverage_of(sum)) * coverage_of(mask_sum) / 256,
    }
}

fn blend(tone: &mut [u8], ramp: &mut [u8], from: usize, to: usize, cover: u32, paint: Paint) {
    let to = to.min(tone.len());
    if cover == 0 || from >= to {
        return;
    }
    let tones = &mut tone[from..to];
    match paint {
        Paint::Solid {
            ramp: color,
            tone: target,
        } => {
            if cover >= 256 {
                tones.fill(target);
            } else {
                for it in tones {
                    *it = mix(*it, target, cover);
                }
            }
            if cover >= 128 {
                ramp[from..to].fill(color);
            }
        }
        Paint::Shade(strength) => {
            let keep = 256 - cover * u32::from(strength) / 255;
            for it in tones {
                *it = (u32::from(*it) * keep / 256) as u8;
            }
        }
        Paint::Glow(strength) => glow(tones, cover * u32::from(strength) / 255),
        Paint::Light {
            ramp: color,
            strength,
        } => {
            glow(tones, cover * u32::from(strength) / 255);
            if cover >= 128 {
                ramp[from..to].fill(color);
            }
        }
    }
}

fn glow(tones: &mut [u8], share: u32) {
    for it in tones {
        *it = mix(*it, 255, share);
    }
}

fn mix(from: u8, to: u8, share: u32) -> u8 {
    ((u32::from(from) * (256 - share) + u32::from(to) * share) / 256) as u8
}
