//! Pictures of known colors.

use super::*;

/// Columns of colors, each so many pixels wide.
fn columns(of: &[([u8; 3], u32)]) -> Picture {
    let row: Vec<u8> = of
        .iter()
        .flat_map(|(color, n)| color.repeat(*n as usize))
        .collect();
    let width_px = of.iter().map(|it| it.1).sum();
    Picture::from_rgb(width_px, 10, row.repeat(10)).unwrap()
}

#[test]
fn the_colors_of_a_picture_are_found_with_their_shares() {
    let picture = columns(&[
        ([200, 30, 40], 50),
        ([20, 60, 160], 30),
        ([240, 240, 230], 20),
    ]);
    let colors = dominant(&picture);
    let shares: Vec<f64> = colors.iter().map(|it| it.share).collect();
    assert_eq!(shares, [0.5, 0.3, 0.2]);
    let rgb: Vec<[u8; 3]> = colors.iter().map(|it| it.rgb).collect();
    assert_eq!(rgb, [[200, 30, 40], [20, 60, 160], [240, 240, 230]]);
    assert_eq!(dominant(&picture), colors);
}

#[test]
fn colors_that_look_alike_are_one() {
    let colors = dominant(&columns(&[([100, 100, 100], 10), ([103, 103, 103], 10)]));
    assert_eq!(colors.len(), 1);
    assert_eq!(colors[0].share, 1.0);
}
