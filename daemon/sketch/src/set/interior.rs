//! Rooms: walls, floor and ceiling, openings, and what makes a kitchen a kitchen.

use super::{Builder, Place};
use crate::canvas::Paint;
use crate::geometry::{P3, lerp, p, p3};
use crate::ink::Line;
use crate::palette::ramp;

/// The box that a room is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) back: f32,
    pub(crate) front: f32,
    pub(crate) ceiling: f32,
}

/// Draws a room and its furniture.
pub(crate) fn draw(set: &mut Builder, place: Place) {
    let room = measure(set, place);
    shell(set, place, &room);
    openings(set, place, &room);
    set.furnish(place, &room);
}

fn measure(set: &mut Builder, place: Place) -> Room {
    let visible = set.visible_m();
    let shift = set.pad.chance.signed() * 0.18;
    let (narrow, deep, high) = match place {
        Place::Corridor => (0.55, 4.2, 1.0),
        Place::Train => (0.6, 3.4, 0.84),
        Place::Stairs => (0.8, 1.3, 1.5),
        Place::Church => (1.2, 2.6, 2.2),
        Place::Warehouse => (1.3, 2.0, 1.6),
        Place::Bathroom => (0.8, 0.75, 1.0),
        _ => (1.0, 1.0, 1.0),
    };
    let half = (visible * 0.38).clamp(2.5, 7.0) * narrow;
    Room {
        left: -half * (1.0 - shift),
        right: half * (1.0 + shift),
        back: (1.9 + visible * 0.12).clamp(2.1, 4.2) * deep,
        front: -set.camera.distance() - 1.0,
        ceiling: (visible * 0.30).clamp(2.65, 4.6) * high,
    }
}

fn shell(set: &mut Builder, place: Place, room: &Room) {
    let Room {
        left,
        right,
        back,
        front,
        ceiling,
    } = *room;
    let (wall, wall_ramp) = match place {
        Place::Hospital | Place::Bathroom => (236, ramp::COOL),
        Place::Warehouse | Place::Stairs => (176, ramp::NEUTRAL),
        Place::Bar | Place::Church => (180, ramp::EARTH),
        Place::Bedroom | Place::Living => (214, ramp::EARTH),
        _ => (214, ramp::NEUTRAL),
    };
    let lit_left = set.light.from.x < 0.0;
    let (dim, bright) = (wall - 32, (wall + 12).min(250));
    let side = |lit: bool| if lit { bright } else { dim };
    let foot = |x: f32, z: f32| p3(x, 0.0, z);
    // The wall that the light comes through is itself in shade.
    set.face(
        &Builder::upright(foot(left, back), foot(right, back), 0.0, ceiling),
        wall_ramp,
        wall,
    );
    set.face(
        &Builder::upright(foot(left, front), foot(left, back), 0.0, ceiling),
        wall_ramp,
        side(!lit_left),
    );
    set.face(
        &Builder::upright(foot(right, back), foot(right, front), 0.0, ceiling),
        wall_ramp,
        side(lit_left),
    );
    let floor = [
        foot(left, front),
        foot(right, front),
        foot(right, back),
        foot(left, back),
    ];
    let floor_ramp = if matches!(place, Place::Hospital | Place::Warehouse) {
        ramp::NEUTRAL
    } else {
        ramp::EARTH
    };
    set.face(&floor, floor_ramp, 178);
    set.face(
        &floor.map(|it| it + p3(0.0, ceiling, 0.0)),
        wall_ramp,
        wall.saturating_add(20).min(250),
    );
    boards(set, place, room);
    skirting(set, room);
    shade_wall(set, room, lit_left);
}

/// Pencil hatching on the wall that the light does not reach.
fn shade_wall(set: &mut Builder, room: &Room, lit_left: bool) {
    let x = if lit_left { room.left } else { room.right };
    let near = (room.back - 2.6).max(-set.camera.distance() + 0.6);
    let foot = |z: f32| p3(x, 0.0, z);
    let flat = set.camera.polygon(&Builder::upright(
        foot(near),
        foot(room.back),
        0.0,
        room.ceiling,
    ));
    let line = Line::new(1.0, set.line.strength / 2);
    let gap = 15.0 * set.pad.unit;
    set.pad.hatch(&flat, p(0.45, -1.0), gap, line);
}

fn boards(set: &mut Builder, place: Place, room: &Room) {
    let tiles = matches!(
        place,
        Place::Kitchen | Place::Bathroom | Place::Hospital | Place::Shop
    );
    let n = ((room.right - room.left) / if tiles { 0.8 } else { 0.5 }) as usize;
    let n = n.clamp(3, 14);
    for it in 1..n {
        let x = lerp(room.left, room.right, it as f32 / n as f32);
        set.thin(p3(x, 0.0, room.front), p3(x, 0.0, room.back));
    }
    if tiles {
        let mut z = room.back - 0.8;
        while z > -set.camera.distance() + 0.6 && z > room.back - 9.0 {
            set.thin(p3(room.left, 0.0, z), p3(room.right, 0.0, z));
            z -= 0.8;
        }
    }
}

fn skirting(set: &mut Builder, room: &Room) {
    let y = 0.12;
    set.thin(p3(room.left, y, room.back), p3(room.right, y, room.back));
    set.thin(p3(room.left, y, room.front), p3(room.left, y, room.back));
    set.thin(p3(room.right, y, room.front), p3(room.right, y, room.back));
}

fn openings(set: &mut Builder, place: Place, room: &Room) {
    match place {
        Place::Church => {
            for it in 0..3 {
                let x = lerp(room.left, room.right, 0.25 + 0.25 * it as f32);
                arch(set, x, room, if it == 1 { 0.75 } else { 0.5 });
            }
        }
        Place::Train | Place::Car => {}
        Place::Corridor => {
            for it in 0..4 {
                let z = room.back - 1.2 - 2.0 * it as f32;
                side_door(set, room, z, it % 2 == 0);
            }
            door(set, (room.left + room.right) / 2.0, room.back);
        }
        Place::Warehouse | Place::Stairs => high_windows(set, room),
        _ => {
            let flip = set.pad.chance.below(2) == 0;
            let (a, b) = if flip { (0.28, 0.80) } else { (0.70, 0.16) };
            window(set, room, lerp(room.left, room.right, a), 1.5);
            if set.detail > 0.3 {
                door(set, lerp(room.left, room.right, b), room.back);
            }
            side_window(set, room);
        }
    }
}

/// The tone and ramp of what is seen through glass.
fn glass(set: &Builder) -> Paint {
    if set.light.dark {
        Paint::Solid {
            ramp: ramp::COOL,
            tone: 84,
        }
    } else {
        Paint::Solid {
            ramp: ramp::COOL,
            tone: 246,
        }
    }
}

fn window(set: &mut Builder, room: &Room, x: f32, width: f32) {
    let z = room.back - 0.02;
    let (y0, y1) = (0.95, (room.ceiling - 0.45).min(2.4));
    let frame = |grow: f32| {
        Builder::upright(
            p3(x - width / 2.0 - grow, 0.0, z),
            p3(x + width / 2.0 + grow, 0.0, z),
            y0 - grow,
            y1 + grow,
        )
    };
    set.face(&frame(0.09), ramp::NEUTRAL, 240);
    let pane = glass(set);
    let flat = set.camera.polygon(&frame(0.0));
    set.pad.form(&flat, pane, set.line);
    skyline_in(set, &frame(0.0));
    set.edge(p3(x, y0, z), p3(x, y1, z));
    set.thin(
        p3(x - width / 2.0, (y0 + y1) / 2.0, z),
        p3(x + width / 2.0, (y0 + y1) / 2.0, z),
    );
    for side in [-1.0_f32, 1.0] {
        let from = p3(x + side * (width / 2.0 + 0.05), 0.0, z - 0.03);
        let to = p3(x + side * (width / 2.0 + 0.42), 0.0, z - 0.03);
        set.face(&Builder::upright(from, to, 0.5, y1 + 0.2), ramp::EARTH, 204);
        for it in 1..4 {
            let cx = lerp(from.x, to.x, it as f32 / 4.0);
            set.thin(p3(cx, 0.55, from.z), p3(cx, y1 + 0.2, from.z));
        }
    }
    beam(set, room, x, width);
}

/// Roofs seen through a window, so that outside is somewhere.
fn skyline_in(set: &mut Builder, frame: &[P3; 4]) {
    let flat = set.camera.polygon(frame);
    if flat.len() < 4 || set.detail < 0.2 {
        return;
    }
    let (low, high) = crate::geometry::bounds(&flat);
    let mut roofs = vec![p(high.x, high.y), p(low.x, high.y)];
    for it in 0..6 {
        let y = lerp(high.y, low.y, set.pad.chance.between(0.15, 0.42));
        roofs.push(p(lerp(low.x, high.x, it as f32 / 6.0), y));
        roofs.push(p(lerp(low.x, high.x, (it + 1) as f32 / 6.0), y));
    }
    let tone = if set.light.dark { 46 } else { 206 };
    set.pad.canvas.fill_inside(
        &flat,
        &roofs,
        Paint::Solid {
            ramp: ramp::COOL,
            tone,
        },
    );
}

/// Light that falls through a window onto the floor.
fn beam(set: &mut Builder, room: &Room, x: f32, width: f32) {
    let slide = -set.light.from.x * 0.9;
    let z = room.back - 0.25;
    let patch = [
        p3(x - width / 2.0 + slide * 0.3, 0.0, z),
        p3(x + width / 2.0 + slide * 0.3, 0.0, z),
        p3(x + width / 2.0 + slide * 1.6, 0.0, z - 2.0),
        p3(x - width / 2.0 + slide * 1.6, 0.0, z - 2.0),
    ];
    let strength = if set.light.dark { 60 } else { 130 };
    set.plane(&patch, Paint::Glow(strength));
}

fn side_window(set: &mut Builder, room: &Room) {
    let x = if set.light.from.x < 0.0 {
        room.left + 0.02
    } else {
        room.right - 0.02
    };
    let (z0, z1) = (room.back - 1.9, room.back - 0.7);
    let frame = Builder::upright(p3(x, 0.0, z0), p3(x, 0.0, z1), 0.95, 2.25);
    let flat = set.camera.polygon(&frame);
    if flat.len() > 2 {
        let pane = glass(set);
        set.pad.form(&flat, pane, set.line);
        set.thin(p3(x, 0.95, (z0 + z1) / 2.0), p3(x, 2.25, (z0 + z1) / 2.0));
        set.thin(p3(x, 1.6, z0), p3(x, 1.6, z1));
    }
}

fn door(set: &mut Builder, x: f32, back: f32) {
    let z = back - 0.03;
    let leaf = |grow: f32, top: f32| {
        Builder::upright(
            p3(x - 0.45 - grow, 0.0, z),
            p3(x + 0.45 + grow, 0.0, z),
            0.0,
            top,
        )
    };
    set.face(&leaf(0.09, 2.14), ramp::NEUTRAL, 232);
    set.face(&leaf(0.0, 2.05), ramp::EARTH, 168);
    for (y0, y1) in [(0.2, 0.9), (1.05, 1.9)] {
        let panel = Builder::upright(p3(x - 0.3, 0.0, z), p3(x + 0.3, 0.0, z), y0, y1);
        for it in 0..4 {
            set.thin(panel[it], panel[(it + 1) % 4]);
        }
    }
    set.edge(p3(x + 0.34, 1.0, z), p3(x + 0.39, 1.0, z));
}

fn side_door(set: &mut Builder, room: &Room, z: f32, on_left: bool) {
    let x = if on_left {
        room.left + 0.02
    } else {
        room.right - 0.02
    };
    if z < -set.camera.distance() + 1.0 {
        return;
    }
    let leaf = Builder::upright(p3(x, 0.0, z), p3(x, 0.0, z + 0.95), 0.0, 2.1);
    set.face(&leaf, ramp::EARTH, 160);
    let lamp = [
        p3(-0.3, room.ceiling, z),
        p3(0.3, room.ceiling, z),
        p3(0.3, room.ceiling, z + 0.8),
        p3(-0.3, room.ceiling, z + 0.8),
    ];
    set.plane(
        &lamp,
        Paint::Light {
            ramp: ramp::LIGHT,
            strength: 220,
        },
    );
}

fn high_windows(set: &mut Builder, room: &Room) {
    for it in 0..3 {
        let x = lerp(room.left, room.right, 0.2 + 0.3 * it as f32);
        let y0 = room.ceiling * 0.62;
        let frame = Builder::upright(
            p3(x - 0.5, 0.0, room.back - 0.02),
            p3(x + 0.5, 0.0, room.back - 0.02),
            y0,
            room.ceiling * 0.9,
        );
        let flat = set.camera.polygon(&frame);
        let pane = glass(set);
        if flat.len() > 2 {
            set.pad.form(&flat, pane, set.line);
        }
        for it in 1..4 {
            let gx = lerp(x - 0.5, x + 0.5, it as f32 / 4.0);
            set.thin(
                p3(gx, y0, room.back - 0.02),
                p3(gx, room.ceiling * 0.9, room.back - 0.02),
            );
        }
    }
}

fn arch(set: &mut Builder, x: f32, room: &Room, half: f32) {
    let z = room.back - 0.02;
    let (y0, y1) = (room.ceiling * 0.28, room.ceiling * 0.62);
    let shape = [
        p3(x - half, y0, z),
        p3(x + half, y0, z),
        p3(x + half, y1, z),
        p3(x + half * 0.7, y1 + half * 0.9, z),
        p3(x, y1 + half * 1.5, z),
        p3(x - half * 0.7, y1 + half * 0.9, z),
        p3(x - half, y1, z),
    ];
    let flat = set.camera.polygon(&shape);
    if flat.len() > 2 {
        let pane = if set.light.dark {
            glass(set)
        } else {
            Paint::Solid {
                ramp: ramp::LIGHT,
                tone: 232,
            }
        };
        set.pad.form(&flat, pane, set.line);
        set.thin(p3(x, y0, z), p3(x, y1 + half * 1.4, z));
        set.thin(p3(x - half, y1, z), p3(x + half, y1, z));
        set.thin(
            p3(x - half, (y0 + y1) / 2.0, z),
            p3(x + half, (y0 + y1) / 2.0, z),
        );
    }
    beam(set, room, x, half * 2.0);
}
