//! Pictures of every kind, whole and broken.

use std::io::Cursor;

use expect_test::{Expect, expect};
use image::{Delay, Frame, ImageBuffer, Rgb, RgbImage, Rgba, RgbaImage};
use storycore_schema::take::PictureDifference;

use super::*;

const WIDTH_PX: u32 = 48;
const HEIGHT_PX: u32 = 32;

/// Red on the left, blue on the right, so that turning shows.
fn drawing() -> RgbImage {
    ImageBuffer::from_fn(WIDTH_PX, HEIGHT_PX, |x, y| match x < WIDTH_PX / 2 {
        true => Rgb([200, 30, (y * 7) as u8]),
        false => Rgb([20, (x * 5) as u8, 180]),
    })
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(drawing())
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// What is found in a file, in one line: the words for people, and what is shown of it.
fn told(bytes: &[u8], name: &str, limits: &Limits) -> String {
    match look(bytes, name, limits) {
        Ok(looked) => {
            let shown = looked.shown.as_ref().map_or("as it is".to_owned(), |png| {
                let shown = image::load_from_memory_with_format(png, ImageFormat::Png).unwrap();
                assert_eq!(
                    (shown.width(), shown.height()),
                    (looked.width_px, looked.height_px)
                );
                let left = shown.to_rgb8().get_pixel(2, 2).0;
                format!("as a PNG, {left:?} at the top left")
            });
            let (width, height) = (looked.width_px, looked.height_px);
            let notes: String = looked.notes.iter().map(|it| format!("\n- {it}")).collect();
            format!(
                "{}, {width} × {height}, shown {shown}{notes}\n",
                looked.media_type
            )
        }
        Err(error) => {
            let kind = format!("{:?}", error.kind);
            format!(
                "{kind}: {} | {}\n",
                error.message,
                error.hint.unwrap_or_default()
            )
        }
    }
}

fn check(bytes: &[u8], name: &str, expected: &Expect) {
    expected.assert_eq(&told(bytes, name, &Limits::default()));
}

#[test]
fn every_kind_is_known_by_its_content() {
    check(
        &encoded(ImageFormat::Png),
        "a.png",
        &expect![[r#"
        image/png, 48 × 32, shown as it is
    "#]],
    );
    check(
        &encoded(ImageFormat::Jpeg),
        "a.JPG",
        &expect![[r#"
        image/jpeg, 48 × 32, shown as it is
    "#]],
    );
    check(
        &encoded(ImageFormat::WebP),
        "a.webp",
        &expect![[r#"
        image/webp, 48 × 32, shown as it is
    "#]],
    );
    check(
        &encoded(ImageFormat::Gif),
        "a.gif",
        &expect![[r#"
        image/gif, 48 × 32, shown as it is
    "#]],
    );
    check(
        &encoded(ImageFormat::Bmp),
        "a.bmp",
        &expect![[r#"
        image/bmp, 48 × 32, shown as it is
    "#]],
    );
    check(
        &encoded(ImageFormat::Tiff),
        "a.tif",
        &expect![[r#"
        image/tiff, 48 × 32, shown as a PNG, [200, 30, 14] at the top left
        - browsers show no TIFF; a PNG made from it is shown, the file is kept
    "#]],
    );
    check(
        &encoded(ImageFormat::Png),
        "a.jpg",
        &expect![[r#"
        image/png, 48 × 32, shown as it is
        - its name ends in .jpg, but it holds a PNG picture
    "#]],
    );
    check(
        &encoded(ImageFormat::Jpeg),
        "no ending",
        &expect![[r#"
        image/jpeg, 48 × 32, shown as it is
    "#]],
    );
}

#[test]
fn what_is_no_picture_is_refused_by_its_name() {
    check(
        b"",
        "a.png",
        &expect![[r#"
        InvalidParams: `a.png` is empty: 0 bytes | save the picture again, and bring that in
    "#]],
    );
    check(
        b"INT. KITCHEN - DAY",
        "a.png",
        &expect![[r#"
        InvalidParams: `a.png` is text | bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG
    "#]],
    );
    check(
        b"<?xml version=\"1.0\"?><svg/>",
        "a.svg",
        &expect![[r#"
        InvalidParams: `a.svg` is an SVG drawing | bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG
    "#]],
    );
    check(
        b"%PDF-1.7 \xff\xff",
        "a.pdf",
        &expect![[r#"
        InvalidParams: `a.pdf` is a PDF | bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG
    "#]],
    );
    check(
        b"\0\0\0\x18ftypheic\0\0\0\0",
        "a.heic",
        &expect![[r#"
        InvalidParams: `a.heic` is a HEIC photo | bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG
    "#]],
    );
    check(
        b"\0\x01\x02\x03\xff\xfe",
        "a.png",
        &expect![[r#"
        InvalidParams: `a.png` is no picture that StoryCore knows | bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG
    "#]],
    );
}

#[test]
fn what_is_cut_off_is_refused_wherever_it_is_cut() {
    for format in SHOWN {
        let bytes = encoded(format);
        let name = format!("a.{}", format.extensions_str()[0]);
        for part in [1, 4, 7] {
            let cut = &bytes[..bytes.len() * part / 8];
            let told = told(cut, &name, &Limits::default());
            let refused = ["is cut off", "is damaged", "is no picture"];
            assert!(
                refused.iter().any(|it| told.contains(it)),
                "{name} {part}/8: {told}"
            );
        }
    }
    let jpeg = encoded(ImageFormat::Jpeg);
    check(
        &jpeg[..jpeg.len() - 2],
        "a.jpg",
        &expect![[r#"
        InvalidParams: `a.jpg` is cut off: its end is missing | copy or download it again, and bring that in
    "#]],
    );
}

#[test]
fn what_is_damaged_is_refused_or_shown_but_never_a_panic() {
    for format in SHOWN {
        let whole = encoded(format);
        for at in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x5A;
            told(&bytes, "a.png", &Limits::default());
        }
    }
}

#[test]
fn a_small_file_cannot_fill_the_memory() {
    let limits = Limits {
        import_side_px_max: 40,
        ..Limits::default()
    };
    expect![[r#"
        ResourceExhausted: `a.png` is 48 × 32 px, and the limit import_side_px_max is 40 px | make it smaller, and bring that in; or raise the limit in daemon.toml
    "#]].assert_eq(&told(&encoded(ImageFormat::Png), "a.png", &limits));
    let limits = Limits {
        import_pixels_max: 1_000,
        ..Limits::default()
    };
    expect![[r#"
        ResourceExhausted: `a.jpg` is 48 × 32 px, which is 1536 pixels, and the limit import_pixels_max is 1000 | make it smaller, and bring that in; or raise the limit in daemon.toml
    "#]].assert_eq(&told(&encoded(ImageFormat::Jpeg), "a.jpg", &limits));
    // 30,000 × 30,000 px in a few bytes: the header is enough to know.
    check(
        &png_header(30_000, 30_000),
        "bomb.png",
        &expect![[r#"
        ResourceExhausted: `bomb.png` is 30000 × 30000 px, and the limit import_side_px_max is 16384 px | make it smaller, and bring that in; or raise the limit in daemon.toml
    "#]],
    );
    check(
        &bmp_header(30_000, 30_000),
        "bomb.bmp",
        &expect![[r#"
        ResourceExhausted: `bomb.bmp` is 30000 × 30000 px, and the limit import_side_px_max is 16384 px | make it smaller, and bring that in; or raise the limit in daemon.toml
    "#]],
    );
}

fn png_header(width_px: u32, height_px: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width_px, height_px);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, b"").unwrap();
    drop(writer);
    bytes
}

fn bmp_header(width_px: i32, height_px: i32) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&width_px.to_le_bytes());
    bytes[22..26].copy_from_slice(&height_px.to_le_bytes());
    bytes
}

#[test]
fn colors_for_print_are_shown_on_a_screen() {
    // No ink but yellow, then no ink but black.
    for (ink, expected) in [
        (
            [0, 0, 255, 0],
            &expect![[r#"
            image/jpeg, 32 × 32, shown as a PNG, [255, 255, 0] at the top left
            - its colors are mixed for print (CMYK); they are shown as red, green and blue, which can look a little different
        "#]],
        ),
        (
            [0, 0, 0, 255],
            &expect![[r#"
            image/jpeg, 32 × 32, shown as a PNG, [0, 0, 0] at the top left
            - its colors are mixed for print (CMYK); they are shown as red, green and blue, which can look a little different
        "#]],
        ),
    ] {
        let mut bytes = Vec::new();
        let inks = ink.repeat(32 * 32);
        jpeg_encoder::Encoder::new(&mut bytes, 100)
            .encode(&inks, 32, 32, jpeg_encoder::ColorType::Cmyk)
            .unwrap();
        check(&bytes, "print.jpg", expected);
    }
}

#[test]
fn of_an_animation_the_first_picture_is_shown() {
    let frame = |color: [u8; 4]| {
        let image = RgbaImage::from_pixel(WIDTH_PX, HEIGHT_PX, Rgba(color));
        Frame::from_parts(image, 0, 0, Delay::from_numer_denom_ms(100, 1))
    };
    let mut gif = Vec::new();
    image::codecs::gif::GifEncoder::new(&mut gif)
        .encode_frames([frame([200, 30, 30, 255]), frame([30, 30, 200, 255])])
        .unwrap();
    check(
        &gif,
        "a.gif",
        &expect![[r#"
        image/gif, 48 × 32, shown as a PNG, [200, 30, 30] at the top left
        - it is animated; its first picture is shown, the file is kept
    "#]],
    );

    let mut apng = Vec::new();
    let mut encoder = png::Encoder::new(&mut apng, WIDTH_PX, HEIGHT_PX);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&drawing()).unwrap();
    writer.write_image_data(&drawing()).unwrap();
    writer.finish().unwrap();
    check(
        &apng,
        "a.png",
        &expect![[r#"
        image/png, 48 × 32, shown as a PNG, [200, 30, 14] at the top left
        - it is animated; its first picture is shown, the file is kept
    "#]],
    );
}

#[test]
fn a_photo_stands_upright() {
    // Browsers turn a JPEG, so it is shown as it is, and its size is that of the turned one.
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
    encoder.set_exif_metadata(quarter_turn()).unwrap();
    encoder
        .encode_image(&DynamicImage::from(drawing()))
        .unwrap();
    check(
        &jpeg,
        "phone.jpg",
        &expect![[r#"
        image/jpeg, 32 × 48, shown as it is
    "#]],
    );

    let mut webp = Vec::new();
    let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut webp);
    encoder.set_exif_metadata(quarter_turn()).unwrap();
    encoder
        .encode(&drawing(), WIDTH_PX, HEIGHT_PX, ExtendedColorType::Rgb8)
        .unwrap();
    check(
        &webp,
        "phone.webp",
        &expect![[r#"
        image/webp, 32 × 48, shown as a PNG, [200, 30, 203] at the top left
        - its camera lay on its side; a PNG of it upright is shown, the file is kept
    "#]],
    );
}

/// Exif that says "turn me a quarter to the right" (orientation 6).
fn quarter_turn() -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0".to_vec();
    exif.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    exif.extend([0; 4]);
    exif
}

#[test]
fn a_difference_is_measured_or_said_not_to_be() {
    let limits = Limits::default();
    let image = drawing();
    let png = |image: &RgbImage| png(&DynamicImage::from(image.clone()), None).unwrap();
    let mut other = image.clone();
    for x in 0..WIDTH_PX {
        other.put_pixel(x, 0, Rgb([255, 255, 255]));
    }
    let black = RgbImage::new(WIDTH_PX, HEIGHT_PX);
    let white = RgbImage::from_pixel(WIDTH_PX, HEIGHT_PX, Rgb([255; 3]));
    let same = difference(&png(&image), &encoded(ImageFormat::Bmp), &limits);
    let pixels = u64::from(WIDTH_PX * HEIGHT_PX);
    let measured =
        |differing_pixels, differing_ppm, mean_difference_ppm| PictureDifference::Measured {
            pixels,
            differing_pixels,
            differing_ppm,
            mean_difference_ppm,
        };
    assert_eq!(same, measured(0, 0, 0));
    let all = difference(&png(&black), &png(&white), &limits);
    assert_eq!(all, measured(pixels, 1_000_000, 1_000_000));
    let row = difference(&png(&image), &png(&other), &limits);
    assert!(
        matches!(
            row,
            PictureDifference::Measured {
                differing_pixels: 48,
                differing_ppm: 31_250,
                ..
            }
        ),
        "{row:?}"
    );
    let clear = RgbaImage::from_pixel(WIDTH_PX, HEIGHT_PX, Rgba([9, 9, 9, 0]));
    let clear = super::png(&DynamicImage::from(clear), None).unwrap();
    assert_eq!(difference(&clear, &png(&white), &limits), measured(0, 0, 0));
    let smaller = png(&RgbImage::new(8, 8));
    expect![[r#"
        NotMeasured {
            why: "they have different sizes: a is 48 × 32 px, b is 8 × 8 px",
        }
    "#]]
    .assert_debug_eq(&difference(&png(&image), &smaller, &limits));
}
