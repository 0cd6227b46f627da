//! Streets, roofs, stations, houses, roads and skylines.

use super::{Builder, Place, Solid};
use crate::canvas::Paint;
use crate::geometry::{P3, ellipse, lerp, p, p3};
use crate::ink::Line;
use crate::palette::ramp;

impl Builder<'_> {
    pub(crate) fn town(&mut self, place: Place) {
        match place {
            Place::Street => self.street(),
            Place::City => {
                self.skyline(0.30);
                self.street();
            }
            Place::Roof => self.roof(),
            Place::Station => self.station(),
            Place::House => self.house(),
            Place::Road => {
                self.ridge_or_nothing();
                self.road(3.2);
                self.poles();
            }
            Place::Church
            | Place::Hospital
            | Place::Classroom
            | Place::Office
            | Place::Shop
            | Place::Warehouse => {
                self.skyline(0.12);
                self.facade(place);
            }
            Place::Kitchen | Place::Bedroom | Place::Living | Place::Room | Place::Bathroom => {
                self.house();
            }
            _ => self.street(),
        }
    }

    fn ridge_or_nothing(&mut self) {
        self.ridge(0.08, 0.05, ramp::LEAF, 168);
        self.tree_line(4, 14.0, 40.0, false);
    }

    fn mass(&mut self, at: P3, size: P3, ramp: u8, tone: u8) {
        self.solid(Solid {
            at,
            size,
            ramp,
            tone,
        });
    }

    /// Roofs on the horizon, `height` of the panel tall.
    pub(crate) fn skyline(&mut self, height: f32) {
        let (w, h, y) = (self.pad.width(), self.pad.height(), self.camera.horizon_y);
        if y < -h * 0.05 {
            return;
        }
        for layer in 0..2 {
            let mut x = -w * 0.2;
            let tone = self.light.tone(if layer == 0 { 206 } else { 172 });
            while x < w * 1.2 {
                let step = self.pad.chance.between(0.035, 0.085) * w;
                let top = y - height
                    * h
                    * self.pad.chance.between(0.3, 1.0)
                    * if layer == 0 { 1.0 } else { 0.72 };
                let tower = crate::geometry::rect(x, top, x + step, y + 2.0);
                self.pad.fill(
                    &tower,
                    Paint::Solid {
                        ramp: ramp::COOL,
                        tone,
                    },
                );
                self.pad.stroke(
                    &[p(x, y), p(x, top), p(x + step, top), p(x + step, y)],
                    Line::new(1.0, self.line.strength / 2 + 20),
                );
                if layer == 1 {
                    self.lit_windows(x, top, step, y);
                }
                x += step * self.pad.chance.between(0.9, 1.3);
            }
        }
    }

    fn lit_windows(&mut self, x: f32, top: f32, step: f32, y: f32) {
        let s = 4.0 * self.pad.unit;
        for _ in 0..5 {
            let at = p(
                x + step * self.pad.chance.between(0.1, 0.8),
                lerp(top, y, self.pad.chance.between(0.1, 0.85)),
            );
            let paint = if self.light.dark {
                Paint::Light {
                    ramp: ramp::LIGHT,
                    strength: 210,
                }
            } else {
                Paint::Shade(60)
            };
            self.pad.fill(
                &crate::geometry::rect(at.x, at.y, at.x + s, at.y + s * 1.3),
                paint,
            );
        }
    }

    fn road(&mut self, half: f32) {
        let near = -self.camera.distance() + 0.4;
        let paint = self.paint(ramp::NEUTRAL, 150);
        self.plane(
            &[
                p3(-half, 0.0, near),
                p3(half, 0.0, near),
                p3(half, 0.0, 160.0),
                p3(-half, 0.0, 160.0),
            ],
            paint,
        );
        self.edge(p3(-half, 0.0, near), p3(-half, 0.0, 160.0));
        self.edge(p3(half, 0.0, near), p3(half, 0.0, 160.0));
        let white = self.paint(ramp::NEUTRAL, 240);
        for it in 0..9 {
            let z = near + 1.5 + 4.5 * it as f32;
            self.plane(
                &[
                    p3(-0.08, 0.005, z),
                    p3(0.08, 0.005, z),
                    p3(0.08, 0.005, z + 2.2),
                    p3(-0.08, 0.005, z + 2.2),
                ],
                white,
            );
        }
    }

    fn street(&mut self) {
        let half = (self.visible_m() * 0.34).clamp(3.2, 6.5);
        self.road(half);
        let front = -self.camera.distance();
        let depth = 9.0;
        for it in (0..5).rev() {
            let z = front + 6.0 + depth * it as f32;
            for side in [-1.0_f32, 1.0] {
                let height = self.pad.chance.between(6.0, 14.0);
                let width = 8.0;
                let at = p3(side * (half + 1.8 + width / 2.0), 0.0, z);
                let color = if self.pad.chance.below(2) == 0 {
                    ramp::EARTH
                } else {
                    ramp::NEUTRAL
                };
                let tone = self.pad.chance.between(168.0, 214.0) as u8;
                self.mass(at, p3(width, height, depth * 0.96), color, tone);
                self.facade_windows(side * (half + 1.8), z, depth, height);
            }
        }
        for side in [-1.0, 1.0] {
            self.edge(
                p3(side * (half + 0.1), 0.12, front + 0.5),
                p3(side * (half + 0.1), 0.12, 80.0),
            );
        }
        for it in (0..3).rev() {
            let z = 2.4 + 8.0 * it as f32;
            self.street_lamp(p3(
                (half + 0.5) * if it % 2 == 0 { 1.0 } else { -1.0 },
                0.0,
                z,
            ));
        }
        let side = if self.pad.chance.below(2) == 0 {
            1.0
        } else {
            -1.0
        };
        self.parked_car(p3(side * (half - 1.1), 0.0, 5.5));
    }

    fn facade_windows(&mut self, x: f32, z: f32, depth: f32, height: f32) {
        if self.detail < 0.15 {
            return;
        }
        let inset = x - 0.02 * x.signum();
        for floor in 0..((height / 3.0) as usize).min(4) {
            let y = 0.9 + 2.9 * floor as f32;
            for it in 0..3 {
                let wz = z - depth * 0.46 + depth * 0.31 * it as f32 + 0.4;
                if wz < -self.camera.distance() + 0.8 {
                    continue;
                }
                let frame =
                    Builder::upright(p3(inset, 0.0, wz), p3(inset, 0.0, wz + 1.3), y, y + 1.5);
                let flat = self.camera.polygon(&frame);
                if flat.len() < 3 {
                    continue;
                }
                let lit = self.light.dark && self.pad.chance.below(3) == 0;
                let paint = if lit {
                    Paint::Solid {
                        ramp: ramp::LIGHT,
                        tone: 216,
                    }
                } else {
                    self.paint(ramp::COOL, 128)
                };
                self.pad
                    .form(&flat, paint, Line::new(1.0, self.line.strength));
            }
        }
    }

    /// A street lamp with its pool of light.
    pub(crate) fn street_lamp(&mut self, at: P3) {
        let top = at + p3(0.0, 4.2, 0.0);
        let arm = top + p3(-0.8 * at.x.signum(), 0.1, 0.0);
        if self.camera.scale_at(at).is_none() {
            return;
        }
        self.edge(at, top);
        self.edge(top, arm);
        if self.light.dark {
            self.glow(arm, 1.6);
            let pool: Vec<P3> = ellipse(p(arm.x, at.z), 2.2, 1.8)
                .iter()
                .map(|it| p3(it.x, 0.0, it.y))
                .collect();
            self.plane(
                &pool,
                Paint::Light {
                    ramp: ramp::LIGHT,
                    strength: 90,
                },
            );
        }
    }

    /// A car seen from wherever the camera is.
    pub(crate) fn parked_car(&mut self, at: P3) {
        self.floor_shadow(at, 1.05, 2.2);
        self.mass(
            at + p3(0.0, 0.28, 0.0),
            p3(1.75, 0.55, 4.1),
            ramp::COOL,
            140,
        );
        self.mass(at + p3(0.0, 0.83, 0.2), p3(1.5, 0.52, 2.1), ramp::COOL, 176);
        let near_side = if at.x > 0.0 { -0.89 } else { 0.89 };
        for sz in [1.3, -1.3] {
            let hub = at + p3(near_side, 0.32, sz);
            let tire: Vec<P3> = ellipse(p(0.0, 0.0), 0.33, 0.33)
                .iter()
                .map(|it| hub + p3(0.0, it.y, it.x))
                .collect();
            self.face(&tire, ramp::NEUTRAL, 60);
        }
        for sx in [-0.62, 0.62] {
            let lamp = Builder::upright(
                at + p3(sx - 0.16, 0.0, -2.06),
                at + p3(sx + 0.16, 0.0, -2.06),
                0.55,
                0.72,
            );
            self.face(&lamp, ramp::ARROW, 150);
        }
    }

    fn roof(&mut self) {
        self.skyline(0.26);
        for it in -6..7 {
            let x = it as f32 * 1.6;
            self.thin(p3(x, 0.0, -self.camera.distance() + 0.6), p3(x, 0.0, 3.0));
        }
        self.mass(p3(0.0, 0.0, 3.2), p3(40.0, 0.9, 0.3), ramp::NEUTRAL, 186);
        self.mass(p3(-3.4, 0.0, 1.9), p3(0.9, 1.6, 0.8), ramp::EARTH, 150);
        self.mass(p3(-3.4, 1.6, 1.9), p3(1.1, 0.14, 1.0), ramp::EARTH, 130);
        self.mass(p3(3.8, 0.0, 2.2), p3(1.4, 0.9, 1.0), ramp::NEUTRAL, 206);
        self.edge(p3(2.4, 0.0, 2.6), p3(2.4, 3.4, 2.6));
        for it in 0..3 {
            let y = 2.5 + 0.35 * it as f32;
            self.thin(p3(2.0, y, 2.6), p3(2.8, y, 2.6));
        }
    }

    fn station(&mut self) {
        let far = 60.0;
        let near = -self.camera.distance() + 0.5;
        self.skyline(0.10);
        let pit = self.paint(ramp::NEUTRAL, 118);
        self.plane(
            &[
                p3(1.7, 0.0, near),
                p3(5.6, 0.0, near),
                p3(5.6, 0.0, far),
                p3(1.7, 0.0, far),
            ],
            pit,
        );
        for x in [2.6, 4.0] {
            self.edge(p3(x, 0.0, near), p3(x, 0.0, far));
        }
        for it in 0..12 {
            let z = near + 1.0 + 1.4 * it as f32;
            self.thin(p3(2.2, 0.0, z), p3(4.4, 0.0, z));
        }
        self.waiting_train();
        self.edge(p3(1.5, 0.0, near), p3(1.5, 0.0, far));
        for it in (0..4).rev() {
            let z = 1.4 + 5.0 * it as f32;
            self.mass(p3(-3.0, 0.0, z), p3(0.28, 3.6, 0.28), ramp::NEUTRAL, 140);
        }
        self.face(
            &[
                p3(-7.0, 3.7, near),
                p3(0.9, 3.5, near),
                p3(0.9, 3.5, far),
                p3(-7.0, 3.7, far),
            ],
            ramp::NEUTRAL,
            150,
        );
        self.clock(p3(-1.2, 2.95, 3.0));
    }

    fn waiting_train(&mut self) {
        self.mass(p3(4.4, 0.3, 14.0), p3(2.6, 3.1, 22.0), ramp::LEAF, 140);
        for it in 0..6 {
            let z = 4.0 + 3.2 * it as f32;
            let frame = Builder::upright(p3(3.08, 0.0, z), p3(3.08, 0.0, z + 2.0), 1.6, 2.6);
            let lit = if self.light.dark {
                ramp::LIGHT
            } else {
                ramp::COOL
            };
            let flat = self.camera.polygon(&frame);
            if flat.len() > 2 {
                self.pad.form(
                    &flat,
                    Paint::Solid {
                        ramp: lit,
                        tone: 220,
                    },
                    self.line,
                );
            }
        }
    }

    fn clock(&mut self, clock: P3) {
        if let Some(scale) = self.camera.scale_at(clock) {
            let at = self.point(clock);
            let r = 0.34 * scale;
            self.pad.form(
                &ellipse(at, r, r),
                Paint::Solid {
                    ramp: ramp::NEUTRAL,
                    tone: 246,
                },
                self.line,
            );
            self.pad.stroke(
                &[at + p(0.0, -r * 0.7), at, at + p(r * 0.45, r * 0.15)],
                self.line,
            );
        }
    }

    fn house(&mut self) {
        self.ridge(0.07, 0.05, ramp::LEAF, 150);
        let at = p3(self.pad.chance.between(-3.4, 3.4), 0.0, 9.0);
        self.tree(at + p3(-5.2, 0.0, 2.0), false, 0.5);
        self.mass(at, p3(6.4, 3.0, 5.0), ramp::NEUTRAL, 226);
        let (z0, z1) = (at.z - 2.7, at.z + 2.7);
        let ridge = 4.9;
        let gable = |x: f32| {
            [
                p3(at.x + x, 3.0, z0),
                p3(at.x + x, ridge, at.z),
                p3(at.x + x, 3.0, z1),
            ]
        };
        self.face(&gable(3.2), ramp::NEUTRAL, 200);
        self.face(&gable(-3.2), ramp::NEUTRAL, 200);
        self.face(
            &[
                p3(at.x - 3.5, 2.9, z0),
                p3(at.x + 3.5, 2.9, z0),
                p3(at.x + 3.5, ridge, at.z),
                p3(at.x - 3.5, ridge, at.z),
            ],
            ramp::EARTH,
            130,
        );
        self.mass(
            p3(at.x + 1.8, 4.3, at.z),
            p3(0.6, 1.1, 0.6),
            ramp::EARTH,
            140,
        );
        self.front_openings(at, at.z - 2.52);
        self.tree(at + p3(5.6, 0.0, -1.0), false, 0.3);
        for it in -7..8 {
            let x = it as f32 * 0.8;
            self.edge(p3(x, 0.0, 4.2), p3(x, 0.75, 4.2));
        }
        self.edge(p3(-6.0, 0.55, 4.2), p3(6.0, 0.55, 4.2));
        self.grass(16);
    }

    fn front_openings(&mut self, at: P3, z: f32) {
        let glass = if self.light.dark {
            ramp::LIGHT
        } else {
            ramp::COOL
        };
        for x in [-2.0, 1.9] {
            let frame = Builder::upright(
                p3(at.x + x - 0.55, 0.0, z),
                p3(at.x + x + 0.55, 0.0, z),
                1.0,
                2.2,
            );
            let flat = self.camera.polygon(&frame);
            if flat.len() > 2 {
                self.pad.form(
                    &flat,
                    Paint::Solid {
                        ramp: glass,
                        tone: if self.light.dark { 226 } else { 170 },
                    },
                    self.line,
                );
                self.thin(p3(at.x + x, 1.0, z), p3(at.x + x, 2.2, z));
                self.thin(p3(at.x + x - 0.55, 1.6, z), p3(at.x + x + 0.55, 1.6, z));
            }
        }
        self.face(
            &Builder::upright(p3(at.x - 0.5, 0.0, z), p3(at.x + 0.45, 0.0, z), 0.0, 2.05),
            ramp::EARTH,
            120,
        );
    }

    fn facade(&mut self, place: Place) {
        let z = 8.0;
        let high = if place == Place::Church { 6.0 } else { 7.5 };
        self.mass(
            p3(0.0, 0.0, z + 3.0),
            p3(13.0, high, 6.0),
            ramp::NEUTRAL,
            214,
        );
        if place == Place::Church {
            self.mass(
                p3(-3.6, 0.0, z - 0.2),
                p3(3.0, 9.5, 3.0),
                ramp::NEUTRAL,
                206,
            );
            let apex = p3(-3.6, 13.5, z - 0.2);
            self.face(
                &[p3(-5.2, 9.5, z - 1.7), p3(-2.0, 9.5, z - 1.7), apex],
                ramp::COOL,
                120,
            );
        }
        for floor in 0..2 {
            for it in 0..6 {
                let x = -5.4 + 2.1 * it as f32;
                let y = 1.2 + 3.0 * floor as f32;
                let frame = Builder::upright(
                    p3(x - 0.5, 0.0, z - 0.02),
                    p3(x + 0.5, 0.0, z - 0.02),
                    y,
                    y + 1.7,
                );
                let lit = self.light.dark && self.pad.chance.below(3) == 0;
                self.face(
                    &frame,
                    if lit { ramp::LIGHT } else { ramp::COOL },
                    if lit { 250 } else { 150 },
                );
            }
        }
        self.face(
            &Builder::upright(p3(-0.9, 0.0, z - 0.04), p3(0.9, 0.0, z - 0.04), 0.0, 2.4),
            ramp::EARTH,
            110,
        );
        self.edge(p3(-30.0, 0.0, z - 2.0), p3(30.0, 0.0, z - 2.0));
        self.street_lamp(p3(4.2, 0.0, 3.4));
    }

    fn poles(&mut self) {
        for it in (0..5).rev() {
            let at = p3(4.4, 0.0, 3.0 + 9.0 * it as f32);
            self.edge(at, at + p3(0.0, 6.0, 0.0));
            self.edge(at + p3(-0.7, 5.6, 0.0), at + p3(0.7, 5.6, 0.0));
        }
        for x in [-0.6, 0.6] {
            self.thin(p3(4.4 + x, 5.6, -2.0), p3(4.4 + x, 5.6, 40.0));
        }
    }
}
