//! The colors of a picture.

use palette::{FromColor, IntoColor, Lab, Srgb, color_difference::Ciede2000, white_point::D65};
use storycore_quality::Swatch;

use crate::picture::Picture;

#[cfg(test)]
mod tests;

/// Colors that are told at most.
const COLORS_MAX: usize = 6;
/// Each channel is cut into so many parts; colors that share all three are one.
const PARTS: usize = 16;
/// Rounds of k-means; it hardly moves after some.
const ROUNDS_MAX: usize = 12;
/// Farther than any two colors are in CIE L*a*b*, squared.
const FAR_SQUARED: f64 = 1e6;
/// Colors nearer than that look alike to most people, and are one (CIEDE2000).
const ALIKE: f64 = 4.0;

type Color = Lab<D65, f64>;

/// A color of many pixels.
#[derive(Clone, Copy)]
struct Point {
    color: Color,
    weight: f64,
}

/// The colors that most of a picture is near to: k-means in CIE L*a*b*, from starts that are the
/// same every time.
pub(crate) fn dominant(picture: &Picture) -> Vec<Swatch> {
    let points = points(picture);
    let mut centers = starts(&points);
    let mut weights = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let moved;
        (moved, weights) = means(&points, &centers);
        let is_still = moved == centers;
        centers = moved;
        if is_still {
            break;
        }
    }
    let n: f64 = weights.iter().sum();
    let mut found: Vec<Point> = centers
        .into_iter()
        .zip(weights)
        .filter(|it| it.1 > 0.0)
        .map(|(color, weight)| Point { color, weight })
        .collect();
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    join_alike(found)
        .into_iter()
        .map(|it| Swatch {
            rgb: Srgb::from_color(it.color).into_format::<u8>().into(),
            share: it.weight / n,
        })
        .collect()
}

fn points(picture: &Picture) -> Vec<Point> {
    #[derive(Clone, Copy, Default)]
    struct Sum {
        n: u32,
        rgb: [u64; 3],
    }
    let mut sums = vec![Sum::default(); PARTS * PARTS * PARTS];
    let part = |channel: u8| usize::from(channel) * PARTS / 256;
    for [r, g, b] in picture.pixels() {
        let sum = &mut sums[(part(*r) * PARTS + part(*g)) * PARTS + part(*b)];
        sum.n += 1;
        sum.rgb[0] += u64::from(*r);
        sum.rgb[1] += u64::from(*g);
        sum.rgb[2] += u64::from(*b);
    }
    sums.iter()
        .filter(|it| it.n > 0)
        .map(|it| {
            let weight = f64::from(it.n);
            let [r, g, b] = it.rgb.map(|sum| sum as f64 / weight / 255.0);
            Point {
                color: Srgb::new(r, g, b).into_color(),
                weight,
            }
        })
        .collect()
}

/// The heaviest color first, then each time the one that is farthest for its weight: k-means++
/// (Arthur and Vassilvitskii 2007) without its dice.
fn starts(points: &[Point]) -> Vec<Color> {
    let mut centers: Vec<Color> = Vec::new();
    let mut nearest = vec![f64::INFINITY; points.len()];
    while centers.len() < COLORS_MAX {
        // Nothing is near to a center before there is one, so weight alone counts first.
        let pull = |(it, near): (&Point, &f64)| it.weight * near.min(FAR_SQUARED);
        let next = points
            .iter()
            .zip(&nearest)
            .max_by(|a, b| pull(*a).total_cmp(&pull(*b)));
        let Some((next, _)) = next.filter(|(_, near)| **near > 0.0) else {
            break;
        };
        centers.push(next.color);
        for (near, it) in nearest.iter_mut().zip(points) {
            *near = near.min(squared(it.color, next.color));
        }
    }
    centers
}

/// Where the colors nearest to each center have their mean, and what they weigh.
fn means(points: &[Point], centers: &[Color]) -> (Vec<Color>, Vec<f64>) {
    let mut sums = vec![[0.0; 4]; centers.len()];
    for it in points {
        let near = |at: &usize| squared(it.color, centers[*at]);
        let nearest = (0..centers.len()).min_by(|a, b| near(a).total_cmp(&near(b)));
        let Some(sum) = nearest.map(|at| &mut sums[at]) else {
            continue;
        };
        let values = [it.color.l, it.color.a, it.color.b, 1.0];
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += it.weight * value;
        }
    }
    let moved = sums.iter().zip(centers).map(|(sum, center)| match sum {
        [_, _, _, weight] if *weight <= 0.0 => *center,
        [l, a, b, weight] => Lab::new(l / weight, a / weight, b / weight),
    });
    (moved.collect(), sums.iter().map(|it| it[3]).collect())
}

fn squared(a: Color, b: Color) -> f64 {
    (a.l - b.l).powi(2) + (a.a - b.a).powi(2) + (a.b - b.b).powi(2)
}

fn join_alike(colors: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for it in colors {
        match kept
            .iter_mut()
            .find(|kept| kept.color.difference(it.color) < ALIKE)
        {
            Some(kept) => kept.weight += it.weight,
            None => kept.push(it),
        }
    }
    kept.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    kept
}
