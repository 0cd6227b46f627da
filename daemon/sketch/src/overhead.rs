//! Straight down: the floor as a plan, people as heads and shoulders.

use storycore_schema::craft::Framing;

use crate::brief::{Actor, Brief};
use crate::camera::HEAD_M;
use crate::canvas::Paint;
use crate::costume::{Garment, HairStyle};
use crate::geometry::{P2, ellipse, limb, p, rect, sin_cos, smooth};
use crate::ink::{Line, Pad};
use crate::light::Light;
use crate::palette::ramp;
use crate::pose::Pose;
use crate::set::Place;
use crate::stage::Spot;

/// A plan being drawn.
struct Plan<'a> {
    pad: &'a mut Pad,
    light: &'a Light,
    /// Pixels a meter.
    scale: f32,
    middle: P2,
}

const LINE: Line = Line::new(1.7, 190);

/// Draws the place and the people from above.
pub(crate) fn draw(pad: &mut Pad, brief: &Brief, light: &Light, spots: &[Spot], framing: Framing) {
    let (w, h) = (pad.width(), pad.height());
    let meters = match framing {
        Framing::ExtremeCloseUp => 0.7,
        Framing::CloseUp => 1.1,
        Framing::MediumCloseUp => 1.6,
        Framing::Medium | Framing::TwoShot | Framing::OverTheShoulder => 2.4,
        Framing::MediumWide | Framing::PointOfView => 3.4,
        Framing::Wide | Framing::Insert => 4.0,
        Framing::ExtremeWide => 9.0,
    };
    let mut plan = Plan {
        pad,
        light,
        scale: h / meters,
        middle: p(w * 0.5, h * 0.5),
    };
    if brief.indoors() {
        plan.room(brief.place)
    } else {
        plan.land(brief.place)
    }
    for spot in spots {
        if let Some(actor) = brief.actors.get(spot.actor) {
            plan.person(actor, spot);
        }
    }
}

impl Plan<'_> {
    fn at(&self, x: f32, y: f32) -> P2 {
        self.middle + p(x, y) * self.scale
    }

    fn tone(&self, ramp: u8, tone: u8) -> Paint {
        Paint::Solid {
            ramp,
            tone: self.light.tone(tone),
        }
    }

    fn slab(&mut self, x: f32, y: f32, w: f32, h: f32, paint: Paint) {
        let (a, b) = (
            self.at(x - w / 2.0, y - h / 2.0),
            self.at(x + w / 2.0, y + h / 2.0),
        );
        let shape = rect(a.x, a.y, b.x, b.y);
        let away = p(-self.light.from.x, 0.7) * (0.10 * self.scale);
        let shadow: Vec<P2> = shape.iter().map(|it| *it + away).collect();
        self.pad.fill(&shadow, Paint::Shade(self.light.shadow));
        self.pad.form(&shape, paint, LINE);
    }

    fn room(&mut self, place: Place) {
        let (w, h) = (self.pad.width(), self.pad.height());
        let floor = self.tone(ramp::EARTH, 200);
        self.pad.fill(&rect(0.0, 0.0, w, h), floor);
        let step = 0.42 * self.scale;
        let n = ((h / step) as i32).min(40);
        for it in 0..=n {
            let y = it as f32 * step;
            self.pad.stroke(&[p(0.0, y), p(w, y)], Line::new(1.0, 70));
        }
        let half = w / self.scale * 0.5;
        let wall = self.tone(ramp::NEUTRAL, 110);
        self.slab(0.0, -2.75, half * 2.2, 0.5, wall);
        let wood = self.tone(ramp::EARTH, 160);
        let pale = self.tone(ramp::NEUTRAL, 240);
        match place {
            Place::Bedroom | Place::Hospital => {
                self.slab(1.9, -1.2, 1.6, 2.1, pale);
                self.slab(1.5, -1.95, 0.6, 0.4, pale);
                self.slab(2.3, -1.95, 0.6, 0.4, pale);
            }
            Place::Church | Place::Train | Place::Classroom => {
                for row in -3..4 {
                    for side in [-1.6, 1.6] {
                        self.slab(side, row as f32 * 1.05, 1.7, 0.4, wood);
                    }
                }
            }
            Place::Corridor | Place::Stairs => {
                for it in -8..9 {
                    self.slab(-1.9, it as f32 * 0.4, 1.4, 0.38, pale);
                }
            }
            _ => {
                self.slab(1.5, 0.9, 1.4, 0.9, wood);
                self.slab(1.2, 0.1, 0.45, 0.45, wood);
                self.slab(1.9, 1.7, 0.45, 0.45, wood);
                self.slab(-2.4, -1.9, 1.9, 0.7, wood);
                let rug = ellipse(self.at(-0.4, 0.3), 1.4 * self.scale, 0.95 * self.scale);
                let paint = self.tone(ramp::COOL, 206);
                self.pad.form(&rug, paint, LINE);
            }
        }
        let from = self.light.from.x;
        let beam = [
            self.at(-0.9, -2.4),
            self.at(0.9, -2.4),
            self.at(0.9 - from * 1.6, 0.4),
            self.at(-0.9 - from * 1.6, 0.4),
        ];
        self.pad
            .fill(&beam, Paint::Glow(if self.light.dark { 40 } else { 96 }));
    }

    fn land(&mut self, place: Place) {
        let (w, h) = (self.pad.width(), self.pad.height());
        let (color, tone) = match place {
            Place::Sea | Place::Harbor => (ramp::COOL, 180),
            Place::Desert => (ramp::EARTH, 220),
            Place::Forest | Place::Field | Place::Park | Place::Mountain | Place::House => {
                (ramp::LEAF, 190)
            }
            _ => (ramp::NEUTRAL, 172),
        };
        let ground = self.tone(color, tone);
        self.pad.fill(&rect(0.0, 0.0, w, h), ground);
        match color {
            ramp::NEUTRAL => {
                let paint = self.tone(ramp::NEUTRAL, 220);
                self.slab(-4.4, 0.0, 3.6, 40.0, paint);
                self.slab(4.4, 0.0, 3.6, 40.0, paint);
                for it in -6..7 {
                    let (a, b) = (
                        self.at(-0.07, it as f32 * 2.2),
                        self.at(0.07, it as f32 * 2.2 + 1.1),
                    );
                    let white = self.tone(ramp::NEUTRAL, 246);
                    self.pad.fill(&rect(a.x, a.y, b.x, b.y), white);
                }
            }
            _ => self.growth(color),
        }
    }

    fn growth(&mut self, color: u8) {
        for it in 0..14 {
            let (sin, cos) = sin_cos(it as f32 / 14.0 + self.pad.chance.unit() * 0.05);
            let far = self.pad.chance.between(2.0, 6.5);
            let center = self.at(cos * far * 1.5, sin * far);
            let r = self.pad.chance.between(0.5, 1.3) * self.scale;
            let shape: Vec<P2> = (0..9)
                .map(|it| {
                    let (sin, cos) = sin_cos(it as f32 / 9.0);
                    let r = r * self.pad.chance.between(0.8, 1.15);
                    center + p(cos * r, sin * r)
                })
                .collect();
            let outline = smooth(&shape, true);
            if color == ramp::LEAF {
                let shadow: Vec<P2> = outline
                    .iter()
                    .map(|it| *it + p(-self.light.from.x, 0.7) * (r * 0.35))
                    .collect();
                self.pad.fill(&shadow, Paint::Shade(self.light.shadow));
                let paint = self.tone(ramp::LEAF, 140);
                self.pad.form(&outline, paint, LINE);
            } else {
                self.pad.outline(&outline, Line::new(1.2, 70));
            }
        }
    }

    fn person(&mut self, actor: &Actor, spot: &Spot) {
        let x = (spot.x - 0.5) * self.pad.width() / self.scale;
        let center = self.at(x, -spot.depth * 0.5 + 0.1);
        let r = HEAD_M * self.scale * actor.look.height;
        let facing = p(spot.turn.signum(), 0.5).unit();
        let across = facing.normal();
        let place = |f: f32, a: f32| center + facing * (f * r) + across * (a * r);
        let away = p(-self.light.from.x, 0.55).unit() * (r * (1.5 + self.light.shadow_length));
        let shadow = limb(&[center, center + away], &[r * 0.85, r * 0.6]);
        self.pad
            .fill(&smooth(&shadow, true), Paint::Shade(self.light.shadow));
        let figure = |ramp: u8, tone: u8| Paint::Solid {
            ramp,
            tone: self.light.figure_tone(tone),
        };
        let own = actor.slot < ramp::CAST;
        let cloth = figure(
            if own {
                ramp::CLOTHES + actor.slot as u8
            } else {
                ramp::NEUTRAL
            },
            160,
        );
        let hair = figure(
            if own {
                ramp::HAIR + actor.slot as u8
            } else {
                ramp::NEUTRAL
            },
            150,
        );
        let skin = figure(
            ramp::SKIN[usize::from(actor.look.skin.min(1))],
            actor.look.skin_tone,
        );
        let ink = Line::new((r / self.pad.unit * 0.03).clamp(1.2, 4.0), 234);
        let stretched = matches!(actor.pose, Pose::Lie | Pose::Fall);
        let legs = if stretched {
            4.2
        } else if actor.pose.seated() {
            1.6
        } else {
            0.75
        };
        for side in [-0.32, 0.32] {
            let ahead = if actor.pose == Pose::Walk || actor.pose == Pose::Run {
                side * 1.6
            } else {
                0.0
            };
            let leg = limb(
                &[place(0.0, side), place(legs + ahead, side)],
                &[r * 0.30, r * 0.22],
            );
            self.pad.form(
                &smooth(&leg, true),
                figure(ramp::NEUTRAL, actor.look.legs_tone),
                ink,
            );
        }
        for side in [-1.0, 1.0] {
            let reach = if matches!(
                actor.pose,
                Pose::Point | Pose::Wave | Pose::Hug | Pose::Hold
            ) {
                1.7
            } else {
                0.6
            };
            let hand = ellipse(place(reach + 0.15, side * 0.72), r * 0.17, r * 0.17);
            self.pad.form(&hand, skin, ink);
            let arm = limb(
                &[place(0.0, side * 0.85), place(reach, side * 0.78)],
                &[r * 0.25, r * 0.17],
            );
            self.pad.form(&smooth(&arm, true), cloth, ink);
        }
        let depth = if actor.look.garment == Garment::Coat {
            0.62
        } else {
            0.5
        };
        let trunk = if stretched { 2.2 } else { depth };
        let body = smooth(
            &[
                place(-depth, -0.5),
                place(-depth * 0.6, -1.05),
                place(trunk * 0.7, -0.95),
                place(trunk, 0.0),
                place(trunk * 0.7, 0.95),
                place(-depth * 0.6, 1.05),
                place(-depth, 0.5),
            ],
            true,
        );
        self.pad.form(&body, cloth, ink);
        let lit: Vec<P2> = body
            .iter()
            .map(|it| *it + self.light.from * (r * 0.25))
            .collect();
        self.pad.canvas.fill_outside(&body, &lit, Paint::Shade(70));
        let nose = [place(0.36, -0.12), place(0.58, 0.0), place(0.36, 0.12)];
        let back = if stretched { -0.6 } else { 0.06 };
        let shift = facing * (back * r);
        let nose: Vec<P2> = nose.iter().map(|it| *it + shift).collect();
        self.pad.form(&nose, skin, ink);
        let head = ellipse(center + shift, r * 0.42, r * 0.42);
        let bald = actor.look.hair == HairStyle::Bald;
        self.pad.form(&head, if bald { skin } else { hair }, ink);
        let lit: Vec<P2> = head
            .iter()
            .map(|it| *it + self.light.from * (r * 0.14))
            .collect();
        self.pad.canvas.fill_outside(&head, &lit, Paint::Shade(70));
    }
}
