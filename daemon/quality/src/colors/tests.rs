//! Colors: the pairs that the authors of CIEDE2000 publish, and distances to a style.

use super::*;

/// Sharma, Wu and Dalal, *The CIEDE2000 color-difference formula: implementation notes,
/// supplementary test data, and mathematical observations* (2005), table 1: L*, a*, b* of two
/// colors, and their difference.
const PAIRS: [[f64; 7]; 34] = [
    [50.0, 2.677_2, -79.775_1, 50.0, 0.0, -82.748_5, 2.042_5],
    [50.0, 3.157_1, -77.280_3, 50.0, 0.0, -82.748_5, 2.861_5],
    [50.0, 2.836_1, -74.02, 50.0, 0.0, -82.748_5, 3.441_2],
    [50.0, -1.380_2, -84.281_4, 50.0, 0.0, -82.748_5, 1.0],
    [50.0, -1.184_8, -84.800_6, 50.0, 0.0, -82.748_5, 1.0],
    [50.0, -0.900_9, -85.521_1, 50.0, 0.0, -82.748_5, 1.0],
    [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.366_9],
    [50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.366_9],
    [50.0, 2.49, -0.001, 50.0, -2.49, 0.000_9, 7.179_2],
    [50.0, 2.49, -0.001, 50.0, -2.49, 0.001, 7.179_2],
    [50.0, 2.49, -0.001, 50.0, -2.49, 0.001_1, 7.219_5],
    [50.0, 2.49, -0.001, 50.0, -2.49, 0.001_2, 7.219_5],
    [50.0, -0.001, 2.49, 50.0, 0.000_9, -2.49, 4.804_5],
    [50.0, -0.001, 2.49, 50.0, 0.001, -2.49, 4.804_5],
    [50.0, -0.001, 2.49, 50.0, 0.001_1, -2.49, 4.746_1],
    [50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.306_5],
    [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.149_2],
    [50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.897_7],
    [50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.903],
    [50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.453_5],
    [50.0, 2.5, 0.0, 50.0, 3.173_6, 0.585_4, 1.0],
    [50.0, 2.5, 0.0, 50.0, 3.297_2, 0.0, 1.0],
    [50.0, 2.5, 0.0, 50.0, 1.863_4, 0.575_7, 1.0],
    [50.0, 2.5, 0.0, 50.0, 3.259_2, 0.335, 1.0],
    [
        60.257_4, -34.009_9, 36.267_7, 60.462_6, -34.175_1, 39.438_7, 1.264_4,
    ],
    [
        63.010_9, -31.096_1, -5.866_3, 62.818_7, -29.794_6, -4.086_4, 1.263,
    ],
    [
        61.290_1, 3.719_6, -5.390_1, 61.429_2, 2.248, -4.962, 1.873_1,
    ],
    [
        35.083_1, -44.116_4, 3.793_3, 35.023_2, -40.071_6, 1.590_1, 1.864_5,
    ],
    [
        22.723_3, 20.090_4, -46.694, 23.033_1, 14.973, -42.561_9, 2.037_3,
    ],
    [
        36.461_2, 47.858, 18.385_2, 36.271_5, 50.506_5, 21.223_1, 1.414_6,
    ],
    [
        90.802_7, -2.083_1, 1.441, 91.152_8, -1.643_5, 0.044_7, 1.444_1,
    ],
    [
        90.925_7, -0.540_6, -0.920_8, 88.638_1, -0.898_5, -0.723_9, 1.538_1,
    ],
    [
        6.774_7, -0.290_8, -2.424_7, 5.871_4, -0.098_5, -2.228_6, 0.637_7,
    ],
    [
        2.077_6, 0.079_5, -1.135, 0.903_3, -0.063_6, -0.551_4, 0.908_2,
    ],
];

#[test]
fn differences_are_those_that_are_published() {
    for [l1, a1, b1, l2, a2, b2, expected] in PAIRS {
        let (one, other): (Color, Color) = (Lab::new(l1, a1, b1), Lab::new(l2, a2, b2));
        for difference in [one.difference(other), other.difference(one)] {
            // They are published with four digits.
            assert!(
                (difference - expected).abs() <= 0.000_05,
                "{one:?} {other:?}: {difference}, published {expected}"
            );
        }
    }
}

#[test]
fn black_and_white_are_a_hundred_apart() {
    assert!((color_difference([0; 3], [255; 3]) - 100.0).abs() < 1e-9);
    assert!(color_difference([12, 200, 80], [12, 200, 80]).abs() < 1e-9);
}

#[test]
fn the_distance_to_a_style_is_weighted_by_shares() {
    let (red, blue) = ([200, 30, 40], [20, 60, 160]);
    let swatch = |rgb, share| Swatch { rgb, share };
    let colors = [swatch(red, 0.75), swatch(blue, 0.25)];
    assert!(palette_distance(&colors, &[red, blue]).unwrap() < 1e-9);
    let far = color_difference(red, blue);
    let measured = palette_distance(&colors, &[red]).unwrap();
    assert!((measured - far / 4.0).abs() < 1e-9, "{measured}");
    let why = palette_distance(&colors, &[]).unwrap_err().why;
    assert_eq!(why, "the style names no colors");
    let why = palette_distance(&[], &[red]).unwrap_err().why;
    assert_eq!(why, "the picture has no colors");
}
