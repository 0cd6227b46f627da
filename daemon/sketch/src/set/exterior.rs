//! Outside: sky, ground, and the place between them.

use super::{Builder, Place, Weather};
use crate::canvas::Paint;
use crate::geometry::{ellipse, lerp, p, smooth};
use crate::ink::Line;
use crate::palette::ramp;
use storycore_schema::craft::TimeOfDay;

/// Draws sky, ground and place.
pub(crate) fn draw(set: &mut Builder, place: Place) {
    sky(set);
    ground(set, place);
    match place {
        Place::Forest
        | Place::Mountain
        | Place::Sea
        | Place::Desert
        | Place::Field
        | Place::Park
        | Place::Harbor => set.nature(place),
        _ => set.town(place),
    }
    weather_behind(set);
}

/// The horizon, kept where a sky or a ground of some height remains.
pub(crate) fn horizon(set: &Builder) -> f32 {
    set.camera.horizon_y
}

pub(crate) fn sky(set: &mut Builder) {
    let (w, h, y) = (set.pad.width(), set.pad.height(), horizon(set));
    let top = -h * 0.4;
    let base = y.max(h * 0.02) + 2.0;
    let warm = matches!(
        set.light.hour,
        TimeOfDay::Dawn | TimeOfDay::Dusk | TimeOfDay::Evening
    );
    let cloudy = set.weather != Weather::Clear;
    let span = (base - 0.0).max(h * 0.3);
    let starts = [
        top,
        base - span * 0.66,
        base - span * 0.38,
        base - span * 0.16,
    ];
    for (it, start) in starts.iter().enumerate() {
        let mut tone = set.light.sky[it];
        if cloudy && !set.light.dark {
            tone = (u32::from(tone) * 7 / 8) as u8;
        }
        let ramp = if warm && it == 3 && !cloudy {
            ramp::LIGHT
        } else if cloudy {
            ramp::NEUTRAL
        } else {
            ramp::COOL
        };
        set.pad.band(*start, base, Paint::Solid { ramp, tone });
    }
    if base > h * 0.12 && !cloudy {
        disc(set, w, h, base, warm);
    }
    if !set.light.dark && base > h * 0.2 {
        clouds(set, w, base);
    }
}

fn disc(set: &mut Builder, w: f32, h: f32, base: f32, warm: bool) {
    let x = w * 0.5 + set.light.from.x * w * 0.32;
    let r = h * 0.045;
    if set.light.dark {
        let center = p(x, (base * 0.3).max(r * 2.0));
        set.pad
            .fill(&ellipse(center, r * 2.6, r * 2.6), Paint::Glow(34));
        set.pad.fill(
            &ellipse(center, r, r),
            Paint::Solid {
                ramp: ramp::NEUTRAL,
                tone: 252,
            },
        );
        for _ in 0..26 {
            let star = p(
                set.pad.chance.unit() * w,
                set.pad.chance.unit() * base * 0.85,
            );
            let s = 0.9 * set.pad.unit;
            set.pad.fill(&ellipse(star, s, s), Paint::Glow(190));
        }
    } else if warm {
        let center = p(x, base - r * 0.6);
        for (grow, strength) in [(4.0, 40), (2.4, 70), (1.2, 230)] {
            let paint = Paint::Light {
                ramp: ramp::LIGHT,
                strength,
            };
            set.pad.fill(&ellipse(center, r * grow, r * grow), paint);
        }
    }
}

fn clouds(set: &mut Builder, w: f32, base: f32) {
    let n = 2 + set.pad.chance.below(3);
    for _ in 0..n {
        let (cx, cy) = (
            set.pad.chance.unit() * w,
            base * set.pad.chance.between(0.08, 0.6),
        );
        let (rx, ry) = (
            w * set.pad.chance.between(0.06, 0.14),
            base * set.pad.chance.between(0.03, 0.08),
        );
        let mut shape = Vec::new();
        for it in 0..7 {
            let x = cx + rx * lerp(-1.0, 1.0, it as f32 / 6.0);
            let lift = if it == 0 || it == 6 {
                0.0
            } else {
                set.pad.chance.between(0.6, 1.5)
            };
            shape.push(p(x, cy - ry * lift));
        }
        shape.push(p(cx + rx * 0.5, cy + ry * 0.3));
        shape.push(p(cx - rx * 0.5, cy + ry * 0.25));
        let outline = smooth(&shape, true);
        set.pad.fill(&outline, Paint::Glow(150));
        let line = Line::new(1.1, 70);
        set.pad.stroke(&outline[..outline.len() * 2 / 3], line);
    }
}

fn ground(set: &mut Builder, place: Place) {
    let (h, y) = (set.pad.height(), horizon(set));
    let snow = set.weather == Weather::Snow;
    let (color, tone) = match place {
        _ if snow => (ramp::NEUTRAL, 246),
        Place::Sea | Place::Desert => (ramp::EARTH, 218),
        Place::Forest | Place::Field | Place::Park | Place::Mountain => (ramp::LEAF, 190),
        Place::House => (ramp::LEAF, 204),
        Place::Roof | Place::Station | Place::Harbor => (ramp::NEUTRAL, 200),
        _ => (ramp::NEUTRAL, 196),
    };
    let far = set.paint(color, (u32::from(tone) * 15 / 16) as u8);
    let near = set.paint(color, tone);
    set.pad.band(y, h * 1.5, far);
    set.pad.band(lerp(y, h, 0.35).max(y + 4.0), h * 1.5, near);
    if y > 0.0 {
        let w = set.pad.width();
        set.pad
            .edge(p(-w * 0.2, y), p(w * 1.2, y), Line::new(1.3, 120));
    }
}

fn weather_behind(set: &mut Builder) {
    let y = horizon(set);
    let h = set.pad.height();
    if set.weather == Weather::Fog {
        set.pad.band(y - h * 0.5, y + h * 0.6, Paint::Glow(80));
        set.pad.band(y - h * 0.22, y + h * 0.3, Paint::Glow(110));
    }
}

/// What falls in front of everything.
pub(crate) fn weather_before(set: &mut Builder) {
    let (w, h, unit) = (set.pad.width(), set.pad.height(), set.pad.unit);
    match set.weather {
        Weather::Rain => {
            let slant = 0.22 * set.light.from.x.signum();
            for _ in 0..120 {
                let from = p(
                    set.pad.chance.between(-0.1, 1.1) * w,
                    set.pad.chance.between(-0.1, 1.0) * h,
                );
                let length = set.pad.chance.between(22.0, 66.0) * unit;
                let to = from + p(-slant * length, length);
                let n = p(0.7 * unit, 0.0);
                let paint = if set.light.dark {
                    Paint::Glow(90)
                } else {
                    Paint::Shade(96)
                };
                set.pad.fill(&[from, from + n, to + n, to], paint);
            }
        }
        Weather::Snow => {
            for _ in 0..150 {
                let at = p(set.pad.chance.unit() * w, set.pad.chance.unit() * h);
                let r = set.pad.chance.between(1.0, 3.8) * unit;
                set.pad.fill(&ellipse(at, r, r), Paint::Glow(225));
            }
        }
        Weather::Fog => set.pad.band(h * 0.72, h * 1.2, Paint::Glow(60)),
        Weather::Clear => {}
    }
}
