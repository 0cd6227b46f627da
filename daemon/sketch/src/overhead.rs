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
        plan.room(brief.place);
    } else {
        plan.land(brief.place);
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
        let away = p(-self.light.from.x, 0.55).unit() * (r * (1.5 + self.light.shadow_length));
        let shadow = limb(&[center, center + away], &[r * 0.85, r * 0.6]);
        self.pad
            .fill(&smooth(&shadow, true), Paint::Shade(self.light.shadow));
        let own = actor.slot < ramp::CAST;
        let of_cast = |first: u8| {
            if own {
                first + actor.slot as u8
            } else {
                ramp::NEUTRAL
            }
        };
        let person = Person {
            center,
            r,
            facing: p(spot.turn.signum(), 0.5).unit(),
            cloth: self.figure(of_cast(ramp::CLOTHES), 160),
            hair: self.figure(of_cast(ramp::HAIR), 150),
            skin: self.figure(
                ramp::SKIN[usize::from(actor.look.skin.min(1))],
                actor.look.skin_tone,
            ),
            ink: Line::new((r / self.pad.unit * 0.03).clamp(1.2, 4.0), 234),
            is_stretched: matches!(actor.pose, Pose::Lie | Pose::Fall),
        };
        self.legs(actor, &person);
        self.arms(actor, &person);
        self.trunk(actor, &person);
        self.head(actor, &person);
    }

    fn figure(&self, ramp: u8, tone: u8) -> Paint {
        Paint::Solid {
            ramp,
            tone: self.light.figure_tone(tone),
        }
    }

    fn legs(&mut self, actor: &Actor, person: &Person) {
        let legs = if person.is_stretched {
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
                &[person.at(0.0, side), person.at(legs + ahead, side)],
                &[person.r * 0.30, person.r * 0.22],
            );
            let cloth = self.figure(ramp::NEUTRAL, actor.look.legs_tone);
            self.pad.form(&smooth(&leg, true), cloth, person.ink);
        }
    }

    fn arms(&mut self, actor: &Actor, person: &Person) {
        let r = person.r;
        for side in [-1.0, 1.0] {
            let reach = if matches!(
                actor.pose,
                Pose::Point | Pose::Wave | Pose::Hug | Pose::Hold
            ) {
                1.7
            } else {
                0.6
            };
            let hand = ellipse(person.at(reach + 0.15, side * 0.72), r * 0.17, r * 0.17);
            self.pad.form(&hand, person.skin, person.ink);
            let arm = limb(
                &[person.at(0.0, side * 0.85), person.at(reach, side * 0.78)],
                &[r * 0.25, r * 0.17],
            );
            self.pad.form(&smooth(&arm, true), person.cloth, person.ink);
        }
    }

    fn trunk(&mut self, actor: &Actor, person: &Person) {
        let depth = if actor.look.garment == Garment::Coat {
            0.62
        } else {
            0.5
        };
        let trunk = if person.is_stretched { 2.2 } else { depth };
        let body = smooth(
            &[
                person.at(-depth, -0.5),
                person.at(-depth * 0.6, -1.05),
                person.at(trunk * 0.7, -0.95),
                person.at(trunk, 0.0),
                person.at(trunk * 0.7, 0.95),
                person.at(-depth * 0.6, 1.05),
                person.at(-depth, 0.5),
            ],
            true,
        );
        self.pad.form(&body, person.cloth, person.ink);
        self.round(&body, person.r * 0.25);
    }

    fn head(&mut self, actor: &Actor, person: &Person) {
        let r = person.r;
        let nose = [(0.36, -0.12), (0.58, 0.0), (0.36, 0.12)];
        let back = if person.is_stretched { -0.6 } else { 0.06 };
        let shift = person.facing * (back * r);
        let nose = nose.map(|(ahead, aside)| person.at(ahead, aside) + shift);
        self.pad.form(&nose, person.skin, person.ink);
        let head = ellipse(person.center + shift, r * 0.42, r * 0.42);
        let is_bald = actor.look.hair == HairStyle::Bald;
        let paint = if is_bald { person.skin } else { person.hair };
        self.pad.form(&head, paint, person.ink);
        self.round(&head, r * 0.14);
    }

    /// Shades what the light does not reach.
    fn round(&mut self, outline: &[P2], by: f32) {
        let lit: Vec<P2> = outline
            .iter()
            .map(|it| *it + self.light.from * by)
            .collect();
        self.pad
            .canvas
            .fill_outside(outline, &lit, Paint::Shade(70));
    }
}

/// Somebody seen from above.
struct Person {
    center: P2,
    r: f32,
    facing: P2,
    cloth: Paint,
    hair: Paint,
    skin: Paint,
    ink: Line,
    is_stretched: bool,
}

impl Person {
    /// A point of the body: ahead and to the side, in heads.
    fn at(&self, ahead: f32, aside: f32) -> P2 {
        let across = self.facing.normal();
        self.center + self.facing * (ahead * self.r) + across * (aside * self.r)
    }
}
