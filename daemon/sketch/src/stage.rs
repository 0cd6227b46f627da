//! Composition: who stands where in the frame, and in which order everything is drawn.

use storycore_schema::craft::{Angle, Framing};
use storycore_schema::recipe::Intent;

use crate::arrows;
use crate::brief::{Actor, Brief};
use crate::camera::{Camera, HEAD_M, HEADS, head_size};
use crate::canvas::{Canvas, Paint, View};
use crate::chance::{Chance, hash_name};
use crate::creature::Form;
use crate::figure::Figure;
use crate::geometry::{P2, P3, ellipse, lerp, p, rect, smooth};
use crate::ink::{Line, Pad};
use crate::light::Light;
use crate::overhead;
use crate::palette::{Palette, ramp};
use crate::pose::{Pose, Skeleton};
use crate::props::{Insert, Object};
use crate::set::{Builder, Place, Weather, exterior, interior};

/// Where one subject stands.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub(crate) actor: usize,
    /// Share of the panel's width.
    pub(crate) x: f32,
    /// Meters behind the main subject.
    pub(crate) depth: f32,
    /// -1 looks left, 1 looks right, 0 at the camera.
    pub(crate) turn: f32,
    pub(crate) back: bool,
    /// Larger than the framing asks, for shoulders in the foreground.
    pub(crate) grow: f32,
}

/// One panel about to be drawn.
pub(crate) struct Stage<'a> {
    intent: &'a Intent,
    brief: &'a Brief,
    light: Light,
    pub(crate) camera: Camera,
    pub(crate) spots: Vec<Spot>,
    chance: Chance,
    size: (u32, u32),
}

impl<'a> Stage<'a> {
    pub(crate) fn new(
        intent: &'a Intent,
        brief: &'a Brief,
        seed: u64,
        size: (u32, u32),
    ) -> Stage<'a> {
        let place = intent.location.as_ref().map_or(0, |it| hash_name(&it.name));
        // A place keeps its light and its layout from shot to shot; the seed only loosens the hand.
        let mut built = Chance::new(place);
        let light = Light::new(brief.hour, brief.setting, &mut built);
        let words: u64 = intent
            .lines
            .iter()
            .take(4)
            .map(|it| hash_name(&it.text))
            .fold(0, |a, b| a.rotate_left(7) ^ b);
        let mut chance = Chance::new(seed ^ place.rotate_left(17) ^ words);
        let turn = (built.signed() * 0.035) + chance.signed() * 0.02;
        let shape = (size.0 as f32, size.1 as f32);
        let camera = Camera::new(shape, (intent.framing, intent.angle), intent.lens_mm, turn);
        let spots = spots(intent.framing, brief, &mut chance);
        Stage {
            intent,
            brief,
            light,
            camera,
            spots,
            chance,
            size,
        }
    }

    /// Draws everything, from the sky to the frame.
    pub(crate) fn draw(&self) -> (Canvas, Palette) {
        let mut pad = Pad::new(self.canvas(), self.chance.clone());
        pad.core = self.light.core;
        if self.intent.framing == Framing::Insert {
            self.insert(&mut pad);
        } else if self.intent.angle == Angle::Overhead {
            overhead::draw(
                &mut pad,
                self.brief,
                &self.light,
                &self.spots,
                self.intent.framing,
            );
        } else {
            self.build(&mut pad, self.intent.framing);
            self.soften(&mut pad);
            self.figures(&mut pad);
            self.foreground(&mut pad);
        }
        pad.canvas.view = View::new(self.camera.width, self.camera.height, 0.0, 0.0);
        arrows::draw(&mut pad, self.intent.movement);
        frame(&mut pad);
        (pad.canvas, self.palette())
    }

    fn canvas(&self) -> Canvas {
        let roll = if self.intent.angle == Angle::Dutch {
            0.026 * self.lean()
        } else {
            0.0
        };
        let keystone = match self.intent.angle {
            Angle::Low => 0.30,
            Angle::High => -0.24,
            _ => 0.0,
        };
        let view = View::new(self.camera.width, self.camera.height, roll, keystone);
        Canvas::new(self.size.0 as usize, self.size.1 as usize, view)
    }

    fn lean(&self) -> f32 {
        if self.light.from.x > 0.0 { 1.0 } else { -1.0 }
    }

    fn palette(&self) -> Palette {
        let mut palette = Palette::new(self.light.grade(), self.brief.style);
        for actor in self.brief.actors.iter().take(ramp::CAST) {
            palette.set(ramp::CLOTHES + actor.slot as u8, actor.look.color);
            palette.set(ramp::HAIR + actor.slot as u8, actor.look.hair_color);
        }
        palette
    }

    fn builder<'b>(&'b self, pad: &'b mut Pad, framing: Framing) -> Builder<'b> {
        let (head, _) = head_size(framing);
        let near = ((head - 0.1) / 0.5).clamp(0.0, 1.0);
        let (width, strength) = (lerp(1.7, 1.3, near), lerp(190.0, 120.0, near) as u8);
        Builder {
            pad,
            camera: &self.camera,
            light: &self.light,
            weather: self.brief.weather,
            line: Line::new(width, strength),
            detail: 1.0 - near * 0.8,
        }
    }

    fn build(&self, pad: &mut Pad, framing: Framing) {
        let in_car = self.in_car();
        let mut set = self.builder(pad, framing);
        if in_car {
            exterior::draw(&mut set, Place::Road);
        } else if self.brief.indoors() {
            interior::draw(&mut set, self.brief.place);
        } else {
            exterior::draw(&mut set, self.brief.place);
        }
        if in_car {
            self.cabin_behind(pad);
        }
    }

    fn in_car(&self) -> bool {
        self.brief.place == Place::Car
            && self.brief.indoors()
            && self.intent.framing != Framing::ExtremeWide
    }

    /// Fades what is behind a close subject, as a shallow focus does.
    fn soften(&self, pad: &mut Pad) {
        let strength = match self.intent.framing {
            Framing::ExtremeCloseUp => 120,
            Framing::CloseUp => 84,
            Framing::MediumCloseUp | Framing::OverTheShoulder => 48,
            Framing::Medium | Framing::TwoShot => 22,
            _ => 0,
        };
        if strength == 0 {
            return;
        }
        let (w, h) = (pad.width(), pad.height());
        let paint = if self.light.dark {
            Paint::Shade(strength / 2)
        } else {
            Paint::Glow(strength)
        };
        pad.fill(&rect(-w, -h, w * 2.0, h * 2.0), paint);
    }

    fn figures(&self, pad: &mut Pad) {
        let mut order: Vec<&Spot> = self.spots.iter().collect();
        order.sort_by(|a, b| b.depth.total_cmp(&a.depth).then(a.actor.cmp(&b.actor)));
        for spot in order {
            if let Some(actor) = self.brief.actors.get(spot.actor) {
                self.subject(pad, actor, spot);
            }
        }
    }

    fn subject(&self, pad: &mut Pad, actor: &Actor, spot: &Spot) {
        let floor = self.camera.floor_at(spot.x * self.camera.width, spot.depth);
        let Some(scale) = self.camera.scale_at(floor) else {
            return;
        };
        let head_px = scale * HEAD_M * spot.grow;
        if actor.look.creature.is_some() {
            self.creature(pad, actor, spot, floor, scale);
            return;
        }
        let figure = self.figure(actor, spot, self.camera.project(floor), head_px);
        let mut chance = self.chance.fork(actor.slot as u64 + 11);
        if self.shows_floor() {
            self.cast_shadow(pad, &figure);
        }
        if figure.pose.seated() && !self.in_car() {
            self.seat(pad, &figure);
        }
        let marks = figure.marks(&mut chance);
        let halo = if spot.back {
            0.0
        } else {
            (head_px * 0.10).clamp(2.5 * pad.unit, 9.0 * pad.unit)
        };
        pad.marks(&marks, halo);
    }

    /// A person on the panel; in tight framings the head decides where the body is.
    pub(crate) fn figure<'b>(
        &'b self,
        actor: &'b Actor,
        spot: &Spot,
        foot: P2,
        head_px: f32,
    ) -> Figure<'b> {
        let mut chance = self.chance.fork(actor.slot as u64 + 1);
        let pose = self.pose_for(actor);
        let body = Skeleton::new(pose, spot.turn, actor.look.breadth, &mut chance);
        let mut figure = Figure {
            look: &actor.look,
            light: &self.light,
            pose,
            body,
            foot,
            head_px,
            gaze: p(spot.turn.signum() * spot.turn.abs().min(0.9), 0.1),
            back: spot.back,
            speaking: actor.speaking,
            asleep: actor.pose == Pose::Lie,
            slot: actor.slot,
            unit: self.camera.width / 1280.0,
        };
        if !self.shows_floor() {
            self.hang_from_head(&mut figure, spot);
        }
        figure
    }

    fn hang_from_head(&self, figure: &mut Figure, spot: &Spot) {
        let (head, top) = head_size(self.intent.framing);
        let tall = figure.look.height * HEADS;
        let drop = ((HEADS - tall) * head * 0.55).clamp(-0.03, 0.20);
        let middle = if spot.grow > 1.0 {
            0.46
        } else {
            top + head * 0.5 + drop
        };
        let is = figure.at(figure.body.head);
        let wanted_x = if figure.pose == Pose::Lie {
            spot.x * self.camera.width
        } else {
            is.x
        };
        figure.foot = figure.foot + p(wanted_x - is.x, middle * self.camera.height - is.y);
    }

    fn pose_for(&self, actor: &Actor) -> Pose {
        match actor.pose {
            Pose::Stand | Pose::Sit | Pose::Walk if self.in_car() && actor.slot == 0 => Pose::Drive,
            Pose::Stand | Pose::Walk if self.in_car() => Pose::Sit,
            Pose::Drive if !self.in_car() => Pose::Sit,
            // Who sleeps in a tight frame with others has their head where the others have theirs.
            Pose::Lie if !self.shows_floor() && self.brief.actors.len() > 1 => Pose::Sit,
            other => other,
        }
    }

    fn shows_floor(&self) -> bool {
        matches!(
            self.intent.framing,
            Framing::Wide | Framing::ExtremeWide | Framing::MediumWide
        ) && !self.in_car()
    }

    fn creature(&self, pad: &mut Pad, actor: &Actor, spot: &Spot, floor: P3, scale: f32) {
        let Some(creature) = actor.look.creature else {
            return;
        };
        let (tall, wide) = creature.size();
        let mut foot = self.camera.project(floor);
        let mut height_px = tall * scale;
        let h = self.camera.height;
        if !self.shows_floor() || tall * wide * scale > self.camera.width * 0.8 {
            // Close framings hold the creature, not a person's height.
            let (head, _) = head_size(self.intent.framing);
            height_px = h * (0.62 + head * 0.7) / wide.max(1.0);
            foot = p(spot.x * self.camera.width, h * 0.90);
        }
        let shadow = ellipse(foot, height_px * wide * 0.45, height_px * 0.06);
        pad.fill(&shadow, Paint::Shade(self.light.shadow));
        let facing = if spot.turn < 0.0 { -1.0 } else { 1.0 };
        let form = Form {
            creature,
            light: &self.light,
            foot,
            height_px,
            facing,
            slot: actor.slot,
            unit: pad.unit,
        };
        pad.marks(&form.marks(), 4.0 * pad.unit);
    }

    fn cast_shadow(&self, pad: &mut Pad, figure: &Figure) {
        let tall = figure.head_px * HEADS * figure.look.height;
        let away = p(-self.light.from.x.signum(), 0.0);
        let flat = ((figure.foot.y - self.camera.horizon_y) / tall).clamp(0.06, 0.5);
        let reach = tall * self.light.shadow_length * 0.5;
        let tip = figure.foot + away * reach + p(0.0, reach * 0.16 * flat);
        let half = tall * 0.07;
        let across = p(0.0, half * flat * 2.2);
        let shape = [
            figure.foot - across - away * half,
            figure.foot + across - away * half,
            figure.foot + across * 1.1 + away * (reach * 0.5),
            tip + across,
            tip - across,
            figure.foot - across * 1.1 + away * (reach * 0.5),
        ];
        pad.fill(&smooth(&shape, true), Paint::Shade(self.light.shadow));
    }

    fn seat(&self, pad: &mut Pad, figure: &Figure) {
        let d = if figure.body.turn < 0.0 { -1.0 } else { 1.0 };
        let s = figure.body.turn.abs();
        let at = |x: f32, y: f32| figure.at(p(x, y));
        let wood = Paint::Solid {
            ramp: ramp::EARTH,
            tone: self.light.figure_tone(128),
        };
        let line = Line::new(1.8, 220);
        let hip = figure.body.hip.x;
        let back = [
            at(hip - d * s * 0.9 - 0.75, 3.9),
            at(hip - d * s * 0.9 + 0.75, 3.9),
            at(hip - d * s * 0.75 + 0.75, 1.7),
            at(hip - d * s * 0.75 - 0.75, 1.7),
        ];
        pad.form(&back, wood, line);
        for x in [-0.8, 0.8] {
            let leg = [
                at(hip + x - 0.07, 1.7),
                at(hip + x + 0.07, 1.7),
                at(hip + x + 0.07, 0.0),
                at(hip + x - 0.07, 0.0),
            ];
            pad.form(&leg, wood, line);
        }
        let seat = [
            at(hip - 0.9, 1.78),
            at(hip + 0.9 + d * s * 0.3, 1.78),
            at(hip + 0.9 + d * s * 0.3, 1.52),
            at(hip - 0.9, 1.52),
        ];
        pad.form(&seat, wood, line);
    }

    /// What stands between the camera and the figures.
    fn foreground(&self, pad: &mut Pad) {
        if self.in_car() {
            self.cabin_before(pad);
        }
        if self.brief.weather != Weather::Clear && !self.brief.indoors() {
            exterior::weather_before(&mut self.builder(pad, self.intent.framing));
        }
        if self.intent.framing == Framing::PointOfView {
            self.eyes(pad);
        }
    }

    /// Seats, pillars and roof around whoever sits in a car.
    fn cabin_behind(&self, pad: &mut Pad) {
        let (w, h) = (self.camera.width, self.camera.height);
        let dark = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.tone(84),
        };
        let mid = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.tone(120),
        };
        let line = Line::new(2.0, 220);
        pad.form(
            &[
                p(-w * 0.2, -h * 0.2),
                p(w * 1.2, -h * 0.2),
                p(w * 1.2, h * 0.10),
                p(w * 0.5, h * 0.06),
                p(-w * 0.2, h * 0.10),
            ],
            dark,
            line,
        );
        for x in [0.03, 0.97] {
            let lean = if x < 0.5 { 0.05 } else { -0.05 };
            pad.form(
                &[
                    p(w * (x - 0.035), h),
                    p(w * (x + 0.035), h),
                    p(w * (x + 0.03 + lean), h * 0.05),
                    p(w * (x - 0.03 + lean), h * 0.05),
                ],
                dark,
                line,
            );
        }
        for x in [0.3, 0.7] {
            let seat = smooth(
                &[
                    p(w * (x - 0.13), h * 1.1),
                    p(w * (x - 0.12), h * 0.52),
                    p(w * (x - 0.06), h * 0.42),
                    p(w * (x + 0.06), h * 0.42),
                    p(w * (x + 0.12), h * 0.52),
                    p(w * (x + 0.13), h * 1.1),
                ],
                true,
            );
            pad.form(&seat, mid, line);
            let rest = smooth(
                &[
                    p(w * (x - 0.05), h * 0.42),
                    p(w * (x - 0.06), h * 0.26),
                    p(w * (x + 0.06), h * 0.26),
                    p(w * (x + 0.05), h * 0.42),
                ],
                true,
            );
            pad.form(&rest, mid, line);
        }
    }

    fn cabin_before(&self, pad: &mut Pad) {
        let (w, h) = (self.camera.width, self.camera.height);
        let dark = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.figure_tone(62),
        };
        let line = Line::new(2.4, 236);
        let dash = smooth(
            &[
                p(-w * 0.2, h * 0.90),
                p(w * 0.2, h * 0.86),
                p(w * 0.5, h * 0.88),
                p(w * 0.8, h * 0.86),
                p(w * 1.2, h * 0.90),
                p(w * 1.2, h * 1.3),
                p(-w * 0.2, h * 1.3),
            ],
            true,
        );
        let x = self.spots.first().map_or(0.36, |it| it.x);
        let center = p(w * x, h * 0.97);
        for grow in [1.0, 0.86] {
            let rim = ellipse(center, h * 0.30 * grow, h * 0.22 * grow);
            pad.outline(&rim, Line::new(5.0, 230));
        }
        pad.form(&dash, dark, line);
        pad.form(&rect(w * 0.45, h * 0.05, w * 0.55, h * 0.12), dark, line);
    }

    /// The edge of a field of view: dark corners as lids around it.
    fn eyes(&self, pad: &mut Pad) {
        let (w, h) = (self.camera.width, self.camera.height);
        let frame = rect(-w, -h, w * 2.0, h * 2.0);
        for (grow, strength) in [(1.0, 90), (1.08, 120)] {
            let lids = smooth(
                &[
                    p(w * (0.5 - 0.53 * grow), h * 0.5),
                    p(w * 0.26, h * (0.5 - 0.44 * grow)),
                    p(w * 0.5, h * (0.5 - 0.51 * grow)),
                    p(w * 0.74, h * (0.5 - 0.44 * grow)),
                    p(w * (0.5 + 0.53 * grow), h * 0.5),
                    p(w * 0.74, h * (0.5 + 0.44 * grow)),
                    p(w * 0.5, h * (0.5 + 0.51 * grow)),
                    p(w * 0.26, h * (0.5 + 0.44 * grow)),
                ],
                true,
            );
            pad.canvas
                .fill_outside(&frame, &lids, Paint::Shade(strength));
        }
    }

    fn insert(&self, pad: &mut Pad) {
        let (w, h) = (self.camera.width, self.camera.height);
        let wall = Paint::Solid {
            ramp: ramp::NEUTRAL,
            tone: self.light.tone(206),
        };
        pad.band(-h * 0.4, h * 1.4, wall);
        let top = match self.intent.angle {
            Angle::Overhead => -h * 0.5,
            Angle::High => h * 0.02,
            Angle::Low => h * 0.62,
            Angle::EyeLevel | Angle::Dutch => h * 0.24,
        };
        let outdoors = !self.brief.indoors();
        let surface = if outdoors { ramp::NEUTRAL } else { ramp::EARTH };
        pad.band(
            top,
            h * 1.5,
            Paint::Solid {
                ramp: surface,
                tone: self.light.tone(196),
            },
        );
        for it in -7..8 {
            let x = it as f32 / 7.0;
            pad.edge(
                p(w * (0.5 + x * 0.5), top),
                p(w * (0.5 + x * 1.3), h * 1.1),
                Line::new(1.1, 70),
            );
        }
        pad.edge(p(-w * 0.1, top), p(w * 1.1, top), Line::new(1.6, 150));
        let pool = ellipse(
            p(w * (0.5 + self.light.from.x * 0.12), h * 0.5),
            w * 0.42,
            h * 0.52,
        );
        pad.fill(&pool, Paint::Glow(if self.light.dark { 70 } else { 60 }));
        self.insert_object(pad);
    }

    fn insert_object(&self, pad: &mut Pad) {
        let (w, h) = (self.camera.width, self.camera.height);
        let actor = self
            .brief
            .actors
            .iter()
            .find(|it| it.look.creature.is_none());
        let skin = actor.map_or((0, 205), |it| (it.look.skin.min(1), it.look.skin_tone));
        let sleeve = actor.map_or(ramp::NEUTRAL, |it| {
            if it.slot < ramp::CAST {
                ramp::CLOTHES + it.slot as u8
            } else {
                ramp::NEUTRAL
            }
        });
        let mut chance = self.chance.fork(77);
        let object = self.brief.object.unwrap_or(Object::Letter);
        let mut insert = Insert {
            light: &self.light,
            object,
            skin: Paint::Solid {
                ramp: ramp::SKIN[usize::from(skin.0)],
                tone: self.light.figure_tone(skin.1),
            },
            sleeve: Paint::Solid {
                ramp: sleeve,
                tone: self.light.figure_tone(160),
            },
            center: p(w * (0.46 + chance.signed() * 0.03), h * 0.50),
            size: h * 0.30,
            turn: chance.signed() * 0.03,
            pad,
        };
        insert.draw();
    }
}

fn spots(framing: Framing, brief: &Brief, chance: &mut Chance) -> Vec<Spot> {
    let n = brief.actors.len();
    let side = brief.actors.first().map_or(1.0, |it| it.look.side);
    let spot = |actor: usize, x: f32, depth: f32, turn: f32| Spot {
        actor,
        x,
        depth,
        turn,
        back: false,
        grow: 1.0,
    };
    let jitter = chance.signed() * 0.02;
    match (framing, n) {
        (_, 0) => Vec::new(),
        (Framing::OverTheShoulder, _) => {
            let shoulder = if n > 1 { 1 } else { usize::MAX };
            let mut spots = vec![spot(0, 0.5 - side * 0.13 + jitter, 0.0, side * 0.42)];
            if shoulder == 1 {
                let near = Spot {
                    back: true,
                    grow: 2.2,
                    ..spot(1, 0.5 + side * 0.33, -0.01, -side * 0.30)
                };
                spots.push(near);
            }
            spots
        }
        (_, 1) => {
            let (turn, off) = match framing {
                Framing::ExtremeCloseUp => (0.24, 0.03),
                Framing::CloseUp => (0.38, 0.06),
                Framing::PointOfView => (0.12, 0.02),
                _ => (0.5, 0.09),
            };
            vec![spot(0, 0.5 - side * off + jitter, 0.0, side * turn)]
        }
        (Framing::ExtremeCloseUp, _) => vec![spot(0, 0.5 - side * 0.03, 0.0, side * 0.24)],
        (Framing::CloseUp | Framing::MediumCloseUp, _) => {
            let mut spots = vec![spot(0, 0.5 - side * 0.13 + jitter, 0.0, side * 0.4)];
            spots.push(spot(1, 0.5 + side * 0.30, 1.3, -side * 0.5));
            spots
        }
        _ => group(framing, brief, side, jitter),
    }
}

/// People side by side in depth, each looking towards the rest.
fn group(framing: Framing, brief: &Brief, side: f32, jitter: f32) -> Vec<Spot> {
    let n = brief.actors.len();
    let close = brief.actors.iter().take(2).all(|it| it.pose == Pose::Hug);
    let spread = match framing {
        Framing::ExtremeWide => 0.05,
        _ if close => 0.075,
        Framing::TwoShot => 0.15,
        Framing::Wide | Framing::MediumWide => 0.13,
        _ => 0.16,
    };
    let step = match framing {
        Framing::ExtremeWide => 1.2,
        Framing::Wide => 0.7,
        _ => 0.45,
    };
    (0..n)
        .map(|it| {
            let lane = it.div_ceil(2) as f32;
            let away = if it % 2 == 0 { -side } else { side };
            let offset = if n == 2 {
                spread * if it == 0 { -side } else { side }
            } else {
                away * spread * 1.15 * lane
            };
            let depth = if it < 2 && n == 2 { 0.0 } else { step * lane };
            let turn = if n > 2 && it == 0 {
                side * 0.3
            } else if n == 2 && it == 0 {
                side * 0.55
            } else {
                -away * 0.55
            };
            let x = (0.5 + offset + jitter).clamp(0.07, 0.93);
            Spot {
                actor: it,
                x,
                depth,
                turn,
                back: false,
                grow: 1.0,
            }
        })
        .collect()
}

/// The border that a panel has on the page, with corners that cross.
fn frame(pad: &mut Pad) {
    let (w, h) = (pad.width(), pad.height());
    let m = 5.0 * pad.unit;
    let paper = Paint::Solid {
        ramp: ramp::NEUTRAL,
        tone: 255,
    };
    let outer = rect(0.0, 0.0, w, h);
    pad.canvas
        .fill_outside(&outer, &rect(m, m, w - m, h - m), paper);
    let line = Line::new(3.0, 240);
    let over = 3.0 * pad.unit;
    pad.stroke(&[p(m - over, m), p(w - m + over, m)], line);
    pad.stroke(&[p(m - over, h - m), p(w - m + over, h - m)], line);
    pad.stroke(&[p(m, m - over), p(m, h - m + over)], line);
    pad.stroke(&[p(w - m, m - over), p(w - m, h - m + over)], line);
}
