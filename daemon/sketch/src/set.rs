//! The set: a place built from boxes and planes in front of the camera.

pub(crate) mod exterior;
pub(crate) mod furniture;
pub(crate) mod interior;
pub(crate) mod nature;
pub(crate) mod town;

use crate::camera::Camera;
use crate::canvas::Paint;
use crate::geometry::{P2, P3, p, p3};
use crate::ink::{Line, Pad};
use crate::light::Light;

/// What kind of place a set shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Kitchen,
    Bedroom,
    Living,
    Office,
    Car,
    Bar,
    Corridor,
    Hospital,
    Church,
    Classroom,
    Stairs,
    Train,
    Bathroom,
    Shop,
    Warehouse,
    Room,
    Forest,
    Mountain,
    Sea,
    Desert,
    Field,
    Station,
    Roof,
    Harbor,
    Park,
    House,
    Street,
    Road,
    City,
}

impl Place {
    /// Whether the word alone suggests a place with a ceiling.
    pub(crate) fn indoors(self) -> bool {
        (self as u8) <= (Place::Room as u8)
    }
}

/// What the air is full of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weather {
    Clear,
    Rain,
    Snow,
    Fog,
}

/// Draws solids of the world, behind the figures.
pub(crate) struct Builder<'a> {
    pub(crate) pad: &'a mut Pad,
    pub(crate) camera: &'a Camera,
    pub(crate) light: &'a Light,
    pub(crate) weather: Weather,
    pub(crate) line: Line,
    /// How much of a wide panel's detail is worth drawing, 0 to 1.
    pub(crate) detail: f32,
}

/// A box standing in the world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Solid {
    /// Middle of the underside.
    pub(crate) at: P3,
    /// Width, height and depth in meters.
    pub(crate) size: P3,
    pub(crate) ramp: u8,
    pub(crate) tone: u8,
}

impl Builder<'_> {
    pub(crate) fn paint(&self, ramp: u8, tone: u8) -> Paint {
        Paint::Solid {
            ramp,
            tone: self.light.tone(tone),
        }
    }

    /// A flat surface with its outline.
    pub(crate) fn face(&mut self, points: &[P3], ramp: u8, tone: u8) {
        let paint = self.paint(ramp, tone);
        let flat = self.camera.polygon(points);
        if flat.len() > 2 {
            self.pad.form(&flat, paint, self.line);
        }
    }

    /// A flat surface without an outline.
    pub(crate) fn plane(&mut self, points: &[P3], paint: Paint) {
        let flat = self.camera.polygon(points);
        if flat.len() > 2 {
            self.pad.fill(&flat, paint);
        }
    }

    pub(crate) fn edge(&mut self, from: P3, to: P3) {
        if let Some([a, b]) = self.camera.line(from, to) {
            self.pad.edge(a, b, self.line);
        }
    }

    pub(crate) fn thin(&mut self, from: P3, to: P3) {
        let line = Line::new(
            self.line.width * 0.7,
            (f32::from(self.line.strength) * 0.7) as u8,
        );
        if let Some([a, b]) = self.camera.line(from, to) {
            self.pad.stroke(&[a, b], line);
        }
    }

    /// A box: the faces that the camera sees, each in its own tone.
    pub(crate) fn solid(&mut self, solid: Solid) {
        let Solid {
            at,
            size,
            ramp,
            tone,
        } = solid;
        let (x, y, z) = (size.x / 2.0, size.y, size.z / 2.0);
        let corner = |sx: f32, sy: f32, sz: f32| at + p3(sx * x, sy * y, sz * z);
        let lit = if self.light.from.x > 0.0 { 1.0 } else { -1.0 };
        let side_tone = |side: f32| if side * lit > 0.0 { 22_i32 } else { -34 };
        let sides: [(P3, [P3; 4], i32); 5] = [
            (
                p3(0.0, 0.0, 1.0),
                [
                    corner(-1.0, 0.0, 1.0),
                    corner(1.0, 0.0, 1.0),
                    corner(1.0, 1.0, 1.0),
                    corner(-1.0, 1.0, 1.0),
                ],
                0,
            ),
            (
                p3(-1.0, 0.0, 0.0),
                [
                    corner(-1.0, 0.0, -1.0),
                    corner(-1.0, 0.0, 1.0),
                    corner(-1.0, 1.0, 1.0),
                    corner(-1.0, 1.0, -1.0),
                ],
                side_tone(-1.0),
            ),
            (
                p3(1.0, 0.0, 0.0),
                [
                    corner(1.0, 0.0, -1.0),
                    corner(1.0, 0.0, 1.0),
                    corner(1.0, 1.0, 1.0),
                    corner(1.0, 1.0, -1.0),
                ],
                side_tone(1.0),
            ),
            (
                p3(0.0, 0.0, -1.0),
                [
                    corner(-1.0, 0.0, -1.0),
                    corner(1.0, 0.0, -1.0),
                    corner(1.0, 1.0, -1.0),
                    corner(-1.0, 1.0, -1.0),
                ],
                0,
            ),
            (
                p3(0.0, 1.0, 0.0),
                [
                    corner(-1.0, 1.0, -1.0),
                    corner(1.0, 1.0, -1.0),
                    corner(1.0, 1.0, 1.0),
                    corner(-1.0, 1.0, 1.0),
                ],
                30,
            ),
        ];
        for (normal, points, change) in sides {
            if self.camera.faces(points[0], normal) {
                let tone = (i32::from(tone) + change).clamp(12, 252) as u8;
                self.face(&points, ramp, tone);
            }
        }
    }

    /// A soft shadow on the floor.
    pub(crate) fn floor_shadow(&mut self, at: P3, half_width: f32, half_depth: f32) {
        let points: Vec<P3> = crate::geometry::ellipse(p(at.x, at.z), half_width, half_depth)
            .iter()
            .map(|it| p3(it.x, 0.0, it.y))
            .collect();
        self.plane(&points, Paint::Shade(self.light.shadow));
    }

    /// A rectangle upright in the world, from one foot to another.
    pub(crate) fn upright(from: P3, to: P3, y0: f32, y1: f32) -> [P3; 4] {
        [
            p3(from.x, y0, from.z),
            p3(to.x, y0, to.z),
            p3(to.x, y1, to.z),
            p3(from.x, y1, from.z),
        ]
    }

    /// Width in meters that the panel shows at the subject.
    pub(crate) fn visible_m(&self) -> f32 {
        self.camera.width / self.camera.scale
    }

    pub(crate) fn point(&self, at: P3) -> P2 {
        self.camera.project(at)
    }
}
