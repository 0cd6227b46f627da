//! Furniture, from boxes and a few planes.

use super::interior::Room;
use super::{Builder, Place, Solid};
use crate::canvas::Paint;
use crate::geometry::{P3, ellipse, lerp, p3};
use crate::ink::Line;
use crate::palette::ramp;

impl Builder<'_> {
    fn block(&mut self, at: (f32, f32, f32), size: (f32, f32, f32), ramp: u8, tone: u8) {
        let solid = Solid {
            at: p3(at.0, at.1, at.2),
            size: p3(size.0, size.1, size.2),
            ramp,
            tone,
        };
        self.solid(solid);
    }

    /// Furnishes a room.
    pub(crate) fn furnish(&mut self, place: Place, room: &Room) {
        match place {
            Place::Kitchen => self.kitchen(room),
            Place::Bedroom => self.bedroom(room),
            Place::Living => self.living(room),
            Place::Office => self.office(room),
            Place::Bar => self.bar(room),
            Place::Hospital => self.hospital(room),
            Place::Church => self.church(room),
            Place::Classroom => self.classroom(room),
            Place::Stairs => self.stairs(room),
            Place::Train => self.train(room),
            Place::Bathroom => self.bathroom(room),
            Place::Shop => self.shelves(room),
            Place::Warehouse => self.crates(room),
            Place::Corridor => {}
            _ => self.plain(room),
        }
    }

    fn across(room: &Room, share: f32) -> f32 {
        lerp(room.left, room.right, share)
    }

    fn kitchen(&mut self, room: &Room) {
        let wide = room.right - room.left;
        let x = Self::across(room, 0.42);
        self.block(
            (x, 0.0, room.back - 0.35),
            (wide * 0.72, 0.9, 0.6),
            ramp::EARTH,
            196,
        );
        for it in 0..6 {
            let cx = x - wide * 0.36 + wide * 0.12 * (it as f32 + 0.5);
            self.thin(
                p3(cx, 0.08, room.back - 0.66),
                p3(cx, 0.86, room.back - 0.66),
            );
        }
        self.block(
            (x - wide * 0.16, 1.55, room.back - 0.2),
            (wide * 0.36, 0.65, 0.34),
            ramp::EARTH,
            208,
        );
        self.block(
            (Self::across(room, 0.90), 0.0, room.back - 0.4),
            (0.75, 1.8, 0.7),
            ramp::COOL,
            222,
        );
        self.edge(
            p3(Self::across(room, 0.90) - 0.3, 0.7, room.back - 0.76),
            p3(Self::across(room, 0.90) - 0.3, 1.4, room.back - 0.76),
        );
        self.pot(p3(x + wide * 0.1, 0.9, room.back - 0.4));
        self.pot(p3(x - wide * 0.24, 0.9, room.back - 0.4));
        self.table(p3(Self::across(room, 0.72), 0.0, room.back * 0.42), 1.3);
        self.pendant(p3(Self::across(room, 0.66), 0.0, room.back * 0.45), room);
    }

    fn pot(&mut self, at: P3) {
        self.block((at.x, at.y, at.z), (0.24, 0.2, 0.24), ramp::NEUTRAL, 120);
        self.edge(
            p3(at.x - 0.2, at.y + 0.16, at.z - 0.12),
            p3(at.x + 0.2, at.y + 0.16, at.z - 0.12),
        );
    }

    /// A table with legs and two chairs.
    pub(crate) fn table(&mut self, at: P3, width: f32) {
        self.floor_shadow(at, width * 0.6, 0.45);
        self.chair(at + p3(-width * 0.30, 0.0, 0.55), false);
        for sx in [-1.0, 1.0] {
            self.block(
                (at.x + sx * width * 0.45, 0.0, at.z + 0.3),
                (0.06, 0.72, 0.06),
                ramp::EARTH,
                130,
            );
            self.block(
                (at.x + sx * width * 0.45, 0.0, at.z - 0.3),
                (0.06, 0.72, 0.06),
                ramp::EARTH,
                140,
            );
        }
        self.block((at.x, 0.72, at.z), (width, 0.06, 0.75), ramp::EARTH, 186);
        self.block(
            (at.x + width * 0.1, 0.78, at.z),
            (0.09, 0.1, 0.09),
            ramp::NEUTRAL,
            236,
        );
    }

    pub(crate) fn chair(&mut self, at: P3, back_to_camera: bool) {
        for (sx, sz) in [(-1.0, 1.0), (1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
            self.edge(
                p3(at.x + sx * 0.2, 0.0, at.z + sz * 0.2),
                p3(at.x + sx * 0.2, 0.46, at.z + sz * 0.2),
            );
        }
        let z = if back_to_camera { -0.2 } else { 0.2 };
        if back_to_camera {
            self.block((at.x, 0.44, at.z), (0.44, 0.05, 0.44), ramp::EARTH, 160);
        }
        self.block((at.x, 0.5, at.z + z), (0.44, 0.5, 0.04), ramp::EARTH, 150);
        if !back_to_camera {
            self.block((at.x, 0.44, at.z), (0.44, 0.05, 0.44), ramp::EARTH, 160);
        }
    }

    /// A lamp hanging from the ceiling, with its glow.
    pub(crate) fn pendant(&mut self, at: P3, room: &Room) {
        let y = room.ceiling - 0.75;
        self.thin(p3(at.x, room.ceiling, at.z), p3(at.x, y + 0.2, at.z));
        let shade = [
            p3(at.x - 0.08, y + 0.2, at.z),
            p3(at.x + 0.08, y + 0.2, at.z),
            p3(at.x + 0.24, y, at.z),
            p3(at.x - 0.24, y, at.z),
        ];
        self.glow(p3(at.x, y - 0.05, at.z), 1.2);
        self.face(&shade, ramp::LIGHT, 236);
    }

    /// A pool of lamp light; only where it is dark enough to be seen.
    pub(crate) fn glow(&mut self, at: P3, radius_m: f32) {
        let Some(scale) = self.camera.scale_at(at) else {
            return;
        };
        let center = self.point(at);
        let strengths: &[u8] = if self.light.dark {
            &[30, 40, 56, 80]
        } else {
            &[16, 20]
        };
        for (it, strength) in strengths.iter().enumerate() {
            let r = (radius_m * scale).min(self.pad.height() * 0.26) * (1.0 - 0.23 * it as f32);
            let paint = if it < 2 {
                Paint::Glow(*strength)
            } else {
                Paint::Light {
                    ramp: ramp::LIGHT,
                    strength: *strength,
                }
            };
            self.pad.fill(&ellipse(center, r, r * 0.92), paint);
        }
    }

    fn bedroom(&mut self, room: &Room) {
        let x = Self::across(room, if self.light.from.x > 0.0 { 0.34 } else { 0.68 });
        let z = room.back - 1.1;
        self.floor_shadow(p3(x, 0.0, z), 1.1, 1.2);
        self.block(
            (x, 0.0, room.back - 0.08),
            (1.7, 1.1, 0.08),
            ramp::EARTH,
            140,
        );
        self.block((x, 0.0, z), (1.6, 0.5, 2.0), ramp::COOL, 214);
        for side in [-0.4, 0.4] {
            self.block(
                (x + side, 0.5, room.back - 0.35),
                (0.62, 0.14, 0.4),
                ramp::NEUTRAL,
                240,
            );
        }
        self.thin(p3(x - 0.8, 0.5, z - 0.1), p3(x + 0.8, 0.5, z - 0.1));
        let stand = x + 1.15;
        self.block(
            (stand, 0.0, room.back - 0.3),
            (0.45, 0.52, 0.42),
            ramp::EARTH,
            160,
        );
        self.lamp(p3(stand, 0.52, room.back - 0.3));
        self.frame_on_wall(x, 1.7, room.back, 0.7, 0.5);
        self.block(
            (Self::across(room, 0.95), 0.0, room.back - 0.5),
            (0.6, 2.0, 1.0),
            ramp::EARTH,
            170,
        );
    }

    /// A table lamp.
    pub(crate) fn lamp(&mut self, at: P3) {
        self.edge(at, at + p3(0.0, 0.28, 0.0));
        self.glow(at + p3(0.0, 0.36, 0.0), 0.95);
        let shade = [
            at + p3(-0.1, 0.5, 0.0),
            at + p3(0.1, 0.5, 0.0),
            at + p3(0.19, 0.24, 0.0),
            at + p3(-0.19, 0.24, 0.0),
        ];
        self.face(&shade, ramp::LIGHT, 240);
    }

    fn frame_on_wall(&mut self, x: f32, y: f32, back: f32, w: f32, h: f32) {
        let frame = Builder::upright(
            p3(x - w / 2.0, 0.0, back - 0.03),
            p3(x + w / 2.0, 0.0, back - 0.03),
            y - h / 2.0,
            y + h / 2.0,
        );
        self.face(&frame, ramp::EARTH, 150);
        let inner = Builder::upright(
            p3(x - w * 0.4, 0.0, back - 0.04),
            p3(x + w * 0.4, 0.0, back - 0.04),
            y - h * 0.38,
            y + h * 0.38,
        );
        self.face(&inner, ramp::COOL, 226);
    }

    fn living(&mut self, room: &Room) {
        let x = Self::across(room, 0.36);
        let z = room.back - 0.75;
        self.bookcase(Self::across(room, 0.93), room.back - 0.2, 1.0);
        self.frame_on_wall(x, 1.75, room.back, 1.0, 0.65);
        self.floor_shadow(p3(x, 0.0, z), 1.3, 0.6);
        self.block((x, 0.35, z + 0.32), (2.1, 0.55, 0.22), ramp::LEAF, 150);
        self.block((x, 0.0, z), (2.1, 0.42, 0.8), ramp::LEAF, 170);
        for side in [-1.0, 1.0] {
            self.block((x + side * 1.1, 0.0, z), (0.2, 0.62, 0.85), ramp::LEAF, 156);
        }
        self.thin(p3(x, 0.1, z - 0.42), p3(x, 0.42, z - 0.42));
        self.block(
            (Self::across(room, 0.66), 0.0, room.back - 0.4),
            (0.1, 1.2, 0.1),
            ramp::NEUTRAL,
            110,
        );
        self.lamp(p3(Self::across(room, 0.66), 1.15, room.back - 0.4));
        self.block((x + 0.3, 0.0, z - 1.3), (1.1, 0.4, 0.55), ramp::EARTH, 176);
    }

    fn bookcase(&mut self, x: f32, z: f32, width: f32) {
        self.block((x, 0.0, z), (width, 2.1, 0.34), ramp::EARTH, 150);
        let front = z - 0.18;
        for shelf in 0..5 {
            let y = 0.12 + 0.4 * shelf as f32;
            let bay = Builder::upright(
                p3(x - width * 0.46, 0.0, front),
                p3(x + width * 0.46, 0.0, front),
                y,
                y + 0.34,
            );
            let shade = self.paint(ramp::NEUTRAL, 96);
            self.plane(&bay, shade);
            let books = 6;
            for book in 0..books {
                let bx = lerp(
                    x - width * 0.44,
                    x + width * 0.40,
                    book as f32 / books as f32,
                );
                let height = self.pad.chance.between(0.20, 0.32);
                let color = [ramp::EARTH, ramp::COOL, ramp::NEUTRAL, ramp::LEAF]
                    [self.pad.chance.below(4) as usize];
                let tone = self.pad.chance.between(120.0, 230.0) as u8;
                let spine = Builder::upright(
                    p3(bx, 0.0, front),
                    p3(bx + width * 0.11, 0.0, front),
                    y,
                    y + height,
                );
                let paint = self.paint(color, tone);
                self.plane(&spine, paint);
            }
            self.thin(p3(x - width * 0.5, y, front), p3(x + width * 0.5, y, front));
        }
    }

    fn office(&mut self, room: &Room) {
        self.bookcase(Self::across(room, 0.10), room.back - 0.2, 1.0);
        self.blinds(room);
        let (x, z) = (Self::across(room, 0.62), room.back - 1.3);
        self.chair(p3(x, 0.0, z + 0.6), false);
        self.desk(p3(x, 0.0, z), 1.6);
        self.block((x - 0.35, 0.78, z), (0.55, 0.36, 0.05), ramp::NEUTRAL, 90);
        self.lamp(p3(x + 0.55, 0.78, z));
        self.block(
            (Self::across(room, 0.94), 0.0, room.back - 0.35),
            (0.5, 1.3, 0.55),
            ramp::COOL,
            180,
        );
    }

    fn desk(&mut self, at: P3, width: f32) {
        self.floor_shadow(at, width * 0.6, 0.5);
        self.block(
            (at.x, 0.0, at.z + 0.05),
            (width * 0.94, 0.72, 0.6),
            ramp::EARTH,
            142,
        );
        self.block((at.x, 0.72, at.z), (width, 0.06, 0.75), ramp::EARTH, 182);
    }

    fn blinds(&mut self, room: &Room) {
        let x = Self::across(room, 0.5);
        for it in 0..9 {
            let y = 1.0 + 0.15 * it as f32;
            self.thin(
                p3(x - 0.75, y, room.back - 0.05),
                p3(x + 0.75, y, room.back - 0.05),
            );
        }
    }

    fn bar(&mut self, room: &Room) {
        let wide = room.right - room.left;
        let x = Self::across(room, 0.55);
        for shelf in 0..3 {
            let y = 1.15 + 0.42 * shelf as f32;
            self.edge(
                p3(x - wide * 0.3, y, room.back - 0.1),
                p3(x + wide * 0.3, y, room.back - 0.1),
            );
            for it in 0..11 {
                let bx = x - wide * 0.29 + wide * 0.055 * it as f32;
                let height = self.pad.chance.between(0.16, 0.30);
                let tone = self.pad.chance.between(90.0, 220.0) as u8;
                let color = [ramp::LEAF, ramp::EARTH, ramp::COOL, ramp::LIGHT]
                    [self.pad.chance.below(4) as usize];
                let bottle = Builder::upright(
                    p3(bx, 0.0, room.back - 0.1),
                    p3(bx + 0.09, 0.0, room.back - 0.1),
                    y,
                    y + height,
                );
                let paint = self.paint(color, tone);
                self.plane(&bottle, paint);
            }
        }
        self.block(
            (x, 0.0, room.back - 1.0),
            (wide * 0.78, 1.02, 0.5),
            ramp::EARTH,
            128,
        );
        self.block(
            (x, 1.02, room.back - 1.05),
            (wide * 0.82, 0.07, 0.66),
            ramp::EARTH,
            190,
        );
        for it in 0..4 {
            let sx = x - wide * 0.27 + wide * 0.18 * it as f32;
            self.stool(p3(sx, 0.0, room.back - 1.65));
        }
        for it in 0..3 {
            let lx = x - wide * 0.24 + wide * 0.24 * it as f32;
            self.pendant(p3(lx, 0.0, room.back - 1.0), room);
        }
    }

    fn stool(&mut self, at: P3) {
        self.edge(p3(at.x, 0.0, at.z), p3(at.x, 0.7, at.z));
        self.edge(p3(at.x - 0.16, 0.02, at.z), p3(at.x + 0.16, 0.02, at.z));
        self.block((at.x, 0.68, at.z), (0.36, 0.08, 0.36), ramp::NEUTRAL, 90);
    }

    fn hospital(&mut self, room: &Room) {
        let x = Self::across(room, 0.34);
        let z = room.back - 1.1;
        self.floor_shadow(p3(x, 0.0, z), 0.8, 1.1);
        self.block(
            (x, 0.55, room.back - 0.1),
            (0.95, 0.6, 0.06),
            ramp::COOL,
            200,
        );
        self.block((x, 0.35, z), (0.92, 0.3, 2.0), ramp::NEUTRAL, 240);
        self.block(
            (x, 0.65, room.back - 0.4),
            (0.6, 0.14, 0.4),
            ramp::NEUTRAL,
            246,
        );
        for (sx, sz) in [(-0.42, -0.95), (0.42, -0.95), (0.42, 0.9), (-0.42, 0.9)] {
            self.edge(p3(x + sx, 0.0, z + sz), p3(x + sx, 0.36, z + sz));
        }
        let stand = x + 0.85;
        self.edge(
            p3(stand, 0.0, room.back - 0.6),
            p3(stand, 1.95, room.back - 0.6),
        );
        self.block(
            (stand, 1.6, room.back - 0.6),
            (0.18, 0.28, 0.06),
            ramp::COOL,
            236,
        );
        let rail = room.back - 0.9;
        for it in 0..7 {
            let cx = Self::across(room, 0.74) + 0.16 * it as f32;
            self.thin(p3(cx, 0.3, rail), p3(cx, 2.1, rail));
        }
        self.edge(
            p3(Self::across(room, 0.70), 2.12, rail),
            p3(Self::across(room, 0.98), 2.12, rail),
        );
        self.block(
            (Self::across(room, 0.62), 1.3, room.back - 0.25),
            (0.4, 0.32, 0.2),
            ramp::NEUTRAL,
            110,
        );
    }

    fn church(&mut self, room: &Room) {
        let middle = Self::across(room, 0.5);
        self.block(
            (middle, 0.0, room.back - 0.8),
            (1.6, 0.95, 0.6),
            ramp::NEUTRAL,
            232,
        );
        self.edge(
            p3(middle, 1.2, room.back - 0.1),
            p3(middle, 2.4, room.back - 0.1),
        );
        self.edge(
            p3(middle - 0.4, 2.0, room.back - 0.1),
            p3(middle + 0.4, 2.0, room.back - 0.1),
        );
        for row in (0..4).rev() {
            let z = 0.9 + 1.0 * row as f32;
            for side in [-1.0, 1.0] {
                let x = middle + side * (room.right - room.left) * 0.26;
                self.block(
                    (x, 0.0, z),
                    ((room.right - room.left) * 0.34, 0.85, 0.1),
                    ramp::EARTH,
                    136,
                );
                self.block(
                    (x, 0.4, z - 0.22),
                    ((room.right - room.left) * 0.34, 0.05, 0.35),
                    ramp::EARTH,
                    166,
                );
            }
        }
        for side in [room.left + 0.3, room.right - 0.3] {
            for it in 0..3 {
                let z = room.back - 0.8 - 2.0 * it as f32;
                self.block((side, 0.0, z), (0.4, room.ceiling, 0.4), ramp::NEUTRAL, 208);
            }
        }
    }

    fn classroom(&mut self, room: &Room) {
        let x = Self::across(room, 0.5);
        let board = Builder::upright(
            p3(x - 1.3, 0.0, room.back - 0.03),
            p3(x + 1.3, 0.0, room.back - 0.03),
            0.95,
            2.1,
        );
        self.face(&board, ramp::LEAF, 84);
        for it in 0..4 {
            let y = 1.85 - 0.2 * it as f32;
            let Some([a, b]) = self.camera.line(
                p3(x - 1.1, y, room.back - 0.05),
                p3(x - 0.1 + 0.2 * it as f32, y, room.back - 0.05),
            ) else {
                continue;
            };
            let (a, b) = (a, b);
            self.pad.canvas.fill(
                &[
                    a,
                    b,
                    b + crate::geometry::p(0.0, 1.6),
                    a + crate::geometry::p(0.0, 1.6),
                ],
                Paint::Glow(130),
            );
        }
        self.desk(p3(x + 0.9, 0.0, room.back - 0.9), 1.3);
        for row in (0..2).rev() {
            for column in 0..3 {
                let at = p3(x - 1.7 + 1.7 * column as f32, 0.0, 0.7 + 1.0 * row as f32);
                self.block((at.x, 0.68, at.z), (0.7, 0.05, 0.5), ramp::EARTH, 190);
                self.edge(p3(at.x - 0.3, 0.0, at.z), p3(at.x - 0.3, 0.68, at.z));
                self.edge(p3(at.x + 0.3, 0.0, at.z), p3(at.x + 0.3, 0.68, at.z));
            }
        }
    }

    fn stairs(&mut self, room: &Room) {
        let x = Self::across(room, 0.62);
        let width = (room.right - room.left) * 0.5;
        for step in (0..11).rev() {
            let z = 0.6 + 0.28 * step as f32;
            self.block(
                (x, 0.0, z),
                (width, 0.18 * (step as f32 + 1.0), 0.28),
                ramp::NEUTRAL,
                196,
            );
        }
        let rail = x - width / 2.0;
        for step in 0..11 {
            let (y, z) = (0.18 * (step as f32 + 1.0), 0.6 + 0.28 * step as f32);
            self.thin(p3(rail, y, z), p3(rail, y + 0.9, z));
        }
        self.edge(
            p3(rail, 1.08, 0.6),
            p3(rail, 0.18 * 11.0 + 0.9, 0.6 + 0.28 * 10.0),
        );
    }

    fn train(&mut self, room: &Room) {
        for side in [room.left + 0.02, room.right - 0.02] {
            for it in 0..4 {
                let z = room.back - 0.4 - 1.7 * it as f32;
                if z - 1.3 < -self.camera.distance() + 0.4 {
                    continue;
                }
                let frame = Builder::upright(p3(side, 0.0, z - 1.3), p3(side, 0.0, z), 0.95, 1.85);
                let tone = if self.light.dark { 60 } else { 240 };
                let flat = self.camera.polygon(&frame);
                if flat.len() > 2 {
                    self.pad.form(
                        &flat,
                        Paint::Solid {
                            ramp: ramp::COOL,
                            tone,
                        },
                        self.line,
                    );
                }
            }
        }
        for row in (0..4).rev() {
            let z = 0.75 + 1.3 * row as f32;
            for side in [room.left + 0.5, room.right - 0.5] {
                self.block((side, 0.0, z), (0.85, 0.45, 0.5), ramp::COOL, 150);
                self.block((side, 0.4, z + 0.25), (0.85, 0.75, 0.12), ramp::COOL, 166);
            }
        }
        for side in [-0.3_f32, 0.3] {
            self.edge(
                p3(side * 2.4, room.ceiling - 0.3, room.front),
                p3(side * 2.4, room.ceiling - 0.3, room.back),
            );
        }
    }

    fn bathroom(&mut self, room: &Room) {
        let x = Self::across(room, 0.66);
        for row in 0..7 {
            let y = 0.3 + 0.28 * row as f32;
            self.thin(
                p3(room.left, y, room.back - 0.01),
                p3(room.right, y, room.back - 0.01),
            );
        }
        let mirror = Builder::upright(
            p3(x - 0.4, 0.0, room.back - 0.04),
            p3(x + 0.4, 0.0, room.back - 0.04),
            1.15,
            1.95,
        );
        self.face(&mirror, ramp::COOL, 206);
        self.block(
            (x, 0.7, room.back - 0.25),
            (0.65, 0.18, 0.45),
            ramp::NEUTRAL,
            244,
        );
        self.block(
            (x, 0.0, room.back - 0.2),
            (0.16, 0.7, 0.2),
            ramp::NEUTRAL,
            228,
        );
        self.block(
            (Self::across(room, 0.18), 0.0, room.back - 0.5),
            (0.75, 0.55, 1.6),
            ramp::NEUTRAL,
            240,
        );
    }

    fn shelves(&mut self, room: &Room) {
        for it in 0..3 {
            self.bookcase(
                Self::across(room, 0.16 + 0.34 * it as f32),
                room.back - 0.2,
                1.25,
            );
        }
        self.block(
            (Self::across(room, 0.82), 0.0, room.back * 0.4),
            (1.1, 1.0, 0.5),
            ramp::EARTH,
            160,
        );
        self.pendant(p3(Self::across(room, 0.5), 0.0, room.back * 0.5), room);
    }

    fn crates(&mut self, room: &Room) {
        for it in 0..6 {
            let share = self.pad.chance.between(0.05, 0.95);
            let size = self.pad.chance.between(0.5, 1.0);
            let at = (
                Self::across(room, share),
                0.0,
                room.back - 0.6 - 0.25 * it as f32,
            );
            self.block(at, (size, size, size), ramp::EARTH, 164);
            if it % 2 == 0 {
                self.block(
                    (at.0, size, at.2),
                    (size * 0.7, size * 0.6, size * 0.7),
                    ramp::EARTH,
                    176,
                );
            }
        }
        for it in 0..3 {
            let x = Self::across(room, 0.2 + 0.3 * it as f32);
            self.edge(
                p3(x, room.ceiling - 0.1, room.front),
                p3(x, room.ceiling - 0.1, room.back),
            );
        }
        self.pendant(p3(Self::across(room, 0.5), 0.0, room.back * 0.3), room);
    }

    fn plain(&mut self, room: &Room) {
        match self.pad.chance.below(3) {
            0 => self.bookcase(Self::across(room, 0.12), room.back - 0.2, 1.0),
            1 => self.frame_on_wall(Self::across(room, 0.45), 1.65, room.back, 0.8, 0.6),
            _ => self.lamp(p3(Self::across(room, 0.08), 1.0, room.back - 0.4)),
        }
        self.table(p3(Self::across(room, 0.66), 0.0, room.back - 1.0), 1.2);
        if self.pad.chance.below(2) == 0 {
            self.pendant(p3(Self::across(room, 0.6), 0.0, room.back - 1.0), room);
        }
        self.line = Line::new(self.line.width, self.line.strength);
    }
}
