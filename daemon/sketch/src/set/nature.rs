//! Trees, mountains, water, dunes, fields.

use super::{Builder, Place, Solid, Weather};
use crate::canvas::Paint;
use crate::geometry::{P2, P3, lerp, p, p3, smooth};
use crate::ink::Line;
use crate::palette::ramp;

impl Builder<'_> {
    pub(crate) fn nature(&mut self, place: Place) {
        match place {
            Place::Mountain => {
                self.ridge(0.34, 0.30, ramp::COOL, 190);
                self.ridge(0.20, 0.22, ramp::COOL, 160);
                self.ridge(0.07, 0.08, ramp::LEAF, 140);
                self.rocks(5);
                self.tree_line(6, 14.0, 34.0, true);
            }
            Place::Forest => {
                self.ridge(0.20, 0.05, ramp::LEAF, 110);
                self.tree_line(13, 5.0, 26.0, true);
                self.trunks(7);
                self.grass(26);
            }
            Place::Sea => self.sea(),
            Place::Desert => {
                self.ridge(0.09, 0.08, ramp::EARTH, 188);
                self.ridge(0.04, 0.05, ramp::EARTH, 210);
                self.ripples();
                self.rocks(3);
            }
            Place::Field => {
                self.ridge(0.06, 0.04, ramp::LEAF, 150);
                self.furrows();
                self.tree_line(4, 18.0, 40.0, false);
                self.grass(34);
            }
            Place::Park => {
                self.ridge(0.08, 0.03, ramp::LEAF, 150);
                self.path();
                self.tree_line(8, 6.0, 22.0, false);
                self.bench(p3(1.9, 0.0, 2.2));
                self.grass(18);
            }
            _ => self.harbor(),
        }
    }

    fn tall(&self) -> f32 {
        // A far horizon above the panel leaves no sky to draw against.
        self.pad.height()
    }

    /// A ridge on the horizon, `height` of the panel tall.
    pub(crate) fn ridge(&mut self, height: f32, rough: f32, ramp: u8, tone: u8) {
        let (w, h, y) = (self.pad.width(), self.tall(), self.camera.horizon_y);
        if y < -h * 0.1 {
            return;
        }
        let phase = self.pad.chance.below(2) as usize;
        let mut line = Vec::new();
        for it in 0..=12_usize {
            let lift = if (it + phase).is_multiple_of(2) {
                1.0
            } else {
                1.0 - (rough / height).min(0.9)
            };
            let lift = lift * self.pad.chance.between(0.62, 1.0);
            line.push(p(
                lerp(-0.3, 1.3, it as f32 / 12.0) * w,
                y - height * h * lift,
            ));
        }
        let crest = if rough > 0.15 {
            line.clone()
        } else {
            smooth(&line, false)
        };
        let mut shape = crest.clone();
        shape.push(p(w * 1.3, y + 2.0));
        shape.push(p(-w * 0.3, y + 2.0));
        let paint = self.paint(ramp, tone);
        self.pad.fill(&shape, paint);
        self.pad
            .stroke(&crest, Line::new(self.line.width, self.line.strength));
        if rough > 0.15 {
            self.snow_faces(&line, height * h);
        }
    }

    fn snow_faces(&mut self, line: &[P2], height: f32) {
        let lit = self.light.from.x.signum();
        for peak in line.windows(3) {
            let [a, top, c] = [peak[0], peak[1], peak[2]];
            if top.y > a.y || top.y > c.y {
                continue;
            }
            let down = if lit > 0.0 { a } else { c };
            let shade = [
                top,
                top.towards(down, 0.75),
                top + p(-lit * height * 0.06, height * 0.55),
                top + p(lit * height * 0.05, height * 0.28),
            ];
            self.pad.fill(&shade, Paint::Shade(70));
            self.pad.hatch(
                &shade,
                p(-lit * 0.4, 1.0),
                9.0 * self.pad.unit,
                Line::new(0.9, 90),
            );
        }
    }

    /// Trees between two depths, the far ones first.
    pub(crate) fn tree_line(&mut self, n: usize, near: f32, far: f32, conifer: bool) {
        for it in 0..n {
            let depth = lerp(far, near, it as f32 / n as f32);
            let x = self.pad.chance.between(-0.05, 1.05) * self.pad.width();
            let at = self.camera.floor_at(x, depth);
            self.tree(at, conifer, depth / far);
        }
    }

    /// One tree.
    pub(crate) fn tree(&mut self, at: P3, conifer: bool, haze: f32) {
        let Some(scale) = self.camera.scale_at(at) else {
            return;
        };
        let height = self.pad.chance.between(4.5, 7.5) * scale;
        let foot = self.point(at);
        if height < 6.0 || foot.x < -height || foot.x > self.pad.width() + height {
            return;
        }
        let tone = (118.0 + 60.0 * haze) as u8;
        let trunk_half = height * 0.028;
        let trunk = [
            foot + p(-trunk_half, 0.0),
            foot + p(trunk_half, 0.0),
            foot + p(trunk_half * 0.6, -height * 0.5),
            foot + p(-trunk_half * 0.6, -height * 0.5),
        ];
        let bark = self.paint(ramp::EARTH, 110);
        self.pad.form(&trunk, bark, self.line);
        let leaf = self.paint(
            if self.weather == Weather::Snow {
                ramp::NEUTRAL
            } else {
                ramp::LEAF
            },
            tone,
        );
        let crown = if conifer {
            self.conifer(foot, height)
        } else {
            self.crown(foot, height)
        };
        self.pad.fill(&crown, leaf);
        let lit: Vec<P2> = crown
            .iter()
            .map(|it| *it + self.light.from * (height * 0.09))
            .collect();
        self.pad.canvas.fill_outside(&crown, &lit, Paint::Shade(64));
        self.pad.outline(&crown, self.line);
    }

    fn conifer(&mut self, foot: P2, height: f32) -> Vec<P2> {
        let mut left = Vec::new();
        let mut right = Vec::new();
        for tier in 0..4 {
            let share = tier as f32 / 4.0;
            let y = foot.y - height * (1.0 - share * 0.84);
            let half = height * (0.05 + 0.17 * share) * self.pad.chance.between(0.85, 1.15);
            left.push(p(foot.x - half, y + height * 0.20));
            left.push(p(foot.x - half * 0.5, y + height * 0.19));
            right.push(p(foot.x + half, y + height * 0.20));
            right.push(p(foot.x + half * 0.5, y + height * 0.19));
        }
        let mut shape = vec![p(foot.x, foot.y - height)];
        shape.extend(right);
        shape.extend(left.into_iter().rev());
        shape
    }

    fn crown(&mut self, foot: P2, height: f32) -> Vec<P2> {
        let center = foot + p(0.0, -height * 0.66);
        let n = 11;
        let shape: Vec<P2> = (0..n)
            .map(|it| {
                let (sin, cos) = crate::geometry::sin_cos(it as f32 / n as f32);
                let r = self.pad.chance.between(0.84, 1.16);
                center + p(cos * height * 0.34 * r, sin * height * 0.32 * r)
            })
            .collect();
        smooth(&shape, true)
    }

    fn trunks(&mut self, n: usize) {
        for it in 0..n {
            let share = it as f32 / n as f32;
            let side = if it % 2 == 0 {
                self.pad.chance.between(-0.02, 0.32)
            } else {
                self.pad.chance.between(0.68, 1.02)
            };
            let depth = lerp(5.0, 0.9, share) + self.camera.distance() * 0.15;
            let at = self.camera.floor_at(side * self.pad.width(), depth);
            let Some(scale) = self.camera.scale_at(at) else {
                continue;
            };
            let foot = self.point(at);
            let half = 0.17 * scale;
            let top = -self.pad.height() * 0.3;
            let bend = self.pad.chance.signed() * half;
            let shape = [
                foot + p(-half * 1.5, 0.0),
                foot + p(half * 1.5, 0.0),
                foot + p(half + bend, -scale * 0.8),
                p(foot.x + half * 0.8 + bend * 2.0, top),
                p(foot.x - half * 0.8 + bend * 2.0, top),
                foot + p(-half + bend, -scale * 0.8),
            ];
            let paint = self.paint(ramp::EARTH, (150.0 - 40.0 * share) as u8);
            self.pad.form(&shape, paint, self.line);
            let shade: Vec<P2> = shape
                .iter()
                .map(|it| *it + p(self.light.from.x * half * 0.7, 0.0))
                .collect();
            self.pad
                .canvas
                .fill_outside(&shape, &shade, Paint::Shade(70));
        }
    }

    /// Tufts of grass on the ground.
    pub(crate) fn grass(&mut self, n: usize) {
        let n = (n as f32 * self.detail.max(0.25)) as usize;
        for _ in 0..n {
            let depth = self.pad.chance.between(-0.55, 3.0) * self.camera.distance();
            let at = self
                .camera
                .floor_at(self.pad.chance.unit() * self.pad.width(), depth);
            let Some(scale) = self.camera.scale_at(at) else {
                continue;
            };
            let foot = self.point(at);
            let blade = (0.16 * scale).min(self.pad.height() * 0.06);
            if foot.y > self.pad.height() * 1.1 {
                continue;
            }
            for lean in [-0.5, 0.1, 0.6] {
                let tip = foot + p(lean * blade, -blade);
                self.pad.stroke(&[foot, tip], Line::new(1.0, 110));
            }
        }
    }

    fn furrows(&mut self) {
        for it in -9..10 {
            let x = it as f32 * 1.6;
            self.thin(p3(x, 0.0, -self.camera.distance() + 0.8), p3(x, 0.0, 70.0));
        }
    }

    fn ripples(&mut self) {
        for it in 0..9 {
            let depth = 0.9 * (it as f32 - 2.0) * (1.0 + it as f32 * 0.25);
            let (w, offset) = (self.pad.width(), self.pad.chance.signed() * 0.2);
            let y = self.point(self.camera.floor_at(w * 0.5, depth)).y;
            let x = self.pad.chance.unit() * w;
            let curve = smooth(
                &[
                    p(x - w * 0.2, y),
                    p(x + w * offset, y - 3.0 * self.pad.unit),
                    p(x + w * 0.25, y + 2.0),
                ],
                false,
            );
            self.pad.stroke(&curve, Line::new(1.0, 80));
        }
    }

    fn rocks(&mut self, n: usize) {
        for _ in 0..n {
            let depth = self.pad.chance.between(0.3, 3.0) * self.camera.distance().max(2.0);
            let at = self
                .camera
                .floor_at(self.pad.chance.unit() * self.pad.width(), depth);
            let Some(scale) = self.camera.scale_at(at) else {
                continue;
            };
            let (foot, r) = (self.point(at), self.pad.chance.between(0.3, 0.8) * scale);
            let shape = [
                foot + p(-r, 0.0),
                foot + p(-r * 0.8, -r * 0.6),
                foot + p(-r * 0.1, -r),
                foot + p(r * 0.7, -r * 0.7),
                foot + p(r, 0.0),
            ];
            let paint = self.paint(ramp::NEUTRAL, 178);
            self.pad.form(&shape, paint, self.line);
            self.pad.fill(
                &[shape[2], shape[3], shape[4], foot + p(r * 0.2, 0.0)],
                Paint::Shade(60),
            );
        }
    }

    fn water(&mut self, y0: f32, y1: f32) {
        let (w, unit) = (self.pad.width(), self.pad.unit);
        let deep = self.paint(ramp::COOL, 150);
        let pale = self.paint(ramp::COOL, 196);
        self.pad.band(y0, y1, deep);
        self.pad.band(lerp(y0, y1, 0.45), y1, pale);
        for it in 0..26 {
            let share = (it as f32 / 26.0) * (it as f32 / 26.0);
            let y = lerp(y0 + 3.0, y1, share);
            let x = self.pad.chance.unit() * w;
            let reach = lerp(18.0, 90.0, share) * unit;
            let curve = smooth(
                &[
                    p(x - reach, y),
                    p(x, y - 3.0 * unit * share - 1.0),
                    p(x + reach, y),
                ],
                false,
            );
            self.pad.stroke(&curve, Line::new(1.1, 110));
        }
        let x = w * 0.5 + self.light.from.x * w * 0.32;
        for it in 0..9 {
            let y = lerp(y0 + 2.0, y1, it as f32 / 9.0);
            let half = self.pad.chance.between(10.0, 46.0) * unit;
            self.pad.fill(
                &crate::geometry::rect(x - half, y, x + half, y + 2.2 * unit),
                Paint::Glow(150),
            );
        }
    }

    fn sea(&mut self) {
        let (h, y) = (self.pad.height(), self.camera.horizon_y);
        let far = self.point(p3(0.0, 0.0, 1.6)).y.min(h * 1.3).max(y + 3.0);
        let shore = lerp(y, far, 0.9);
        self.water(y, shore);
        let w = self.pad.width();
        let mut foam = Vec::new();
        for it in 0..=10 {
            foam.push(p(
                lerp(-0.3, 1.3, it as f32 / 10.0) * w,
                shore + self.pad.chance.signed() * 5.0 * self.pad.unit,
            ));
        }
        self.pad.stroke(&smooth(&foam, false), Line::new(2.0, 130));
        self.ridge(0.035, 0.02, ramp::COOL, 170);
        self.boat(p3(9.0, 0.0, 60.0), 8.0);
    }

    /// A boat with a mast.
    pub(crate) fn boat(&mut self, at: P3, length: f32) {
        let Some(scale) = self.camera.scale_at(at) else {
            return;
        };
        let (foot, l) = (self.point(at), length * scale * 0.5);
        let hull = [
            foot + p(-l, -l * 0.28),
            foot + p(l * 1.1, -l * 0.34),
            foot + p(l * 0.75, l * 0.06),
            foot + p(-l * 0.8, l * 0.06),
        ];
        let paint = self.paint(ramp::EARTH, 120);
        self.pad.form(&hull, paint, self.line);
        let cabin = [
            foot + p(-l * 0.5, -l * 0.3),
            foot + p(l * 0.1, -l * 0.3),
            foot + p(l * 0.05, -l * 0.62),
            foot + p(-l * 0.45, -l * 0.62),
        ];
        let white = self.paint(ramp::NEUTRAL, 236);
        self.pad.form(&cabin, white, self.line);
        self.pad.edge(
            foot + p(l * 0.2, -l * 0.3),
            foot + p(l * 0.2, -l * 1.7),
            self.line,
        );
        self.pad.stroke(
            &[foot + p(l * 0.2, -l * 1.65), foot + p(l * 1.0, -l * 0.36)],
            Line::new(0.9, 120),
        );
        self.pad.stroke(
            &[foot + p(l * 0.2, -l * 1.65), foot + p(-l * 0.9, -l * 0.3)],
            Line::new(0.9, 120),
        );
    }

    fn harbor(&mut self) {
        let (h, y) = (self.pad.height(), self.camera.horizon_y);
        let edge = self.point(p3(0.0, 0.0, 2.0)).y.min(h * 1.2).max(y + 3.0);
        self.ridge(0.06, 0.03, ramp::COOL, 176);
        self.water(y, edge);
        self.boat(p3(-9.0, 0.0, 26.0), 9.0);
        self.boat(p3(7.5, 0.0, 14.0), 7.0);
        self.boat(p3(16.0, 0.0, 40.0), 10.0);
        self.face(
            &[
                p3(-40.0, 0.0, 2.0),
                p3(40.0, 0.0, 2.0),
                p3(40.0, -0.6, 2.0),
                p3(-40.0, -0.6, 2.0),
            ],
            ramp::NEUTRAL,
            130,
        );
        for it in -4..5 {
            let x = it as f32 * 1.9;
            self.solid(Solid {
                at: p3(x, 0.0, 1.7),
                size: p3(0.22, 0.45, 0.22),
                ramp: ramp::NEUTRAL,
                tone: 96,
            });
        }
        for it in -8..9 {
            let x = it as f32 * 1.1;
            self.thin(p3(x, 0.0, 1.9), p3(x, 0.0, -self.camera.distance() + 0.8));
        }
        self.solid(Solid {
            at: p3(-3.2, 0.0, 0.9),
            size: p3(0.9, 0.8, 0.8),
            ramp: ramp::EARTH,
            tone: 160,
        });
    }

    fn path(&mut self) {
        let paint = self.paint(ramp::EARTH, 220);
        let near = -self.camera.distance() + 0.6;
        self.plane(
            &[
                p3(-1.6, 0.0, near),
                p3(1.4, 0.0, near),
                p3(2.4, 0.0, 10.0),
                p3(7.0, 0.0, 36.0),
                p3(5.4, 0.0, 36.0),
                p3(0.6, 0.0, 10.0),
            ],
            paint,
        );
    }

    fn bench(&mut self, at: P3) {
        for side in [-0.7, 0.7] {
            self.edge(
                p3(at.x + side, 0.0, at.z),
                p3(at.x + side, 0.85, at.z + 0.2),
            );
        }
        self.solid(Solid {
            at: at + p3(0.0, 0.42, 0.0),
            size: p3(1.7, 0.06, 0.45),
            ramp: ramp::EARTH,
            tone: 150,
        });
        self.solid(Solid {
            at: at + p3(0.0, 0.58, 0.25),
            size: p3(1.7, 0.28, 0.05),
            ramp: ramp::EARTH,
            tone: 150,
        });
    }
}
