//! Files that lie, end early, or are no files at all: refused in words, within the limits, without
//! a panic. Those that ffmpeg made are broken in `tests/peers/breaking.rs`.

use std::io::{Cursor, Write};

use expect_test::{Expect, expect};
use flate2::{Compression, write::ZlibEncoder};
use image::{DynamicImage, ImageFormat, RgbaImage};
use proptest::{collection::vec, prelude::*};

use super::*;

mod check;

/// What was found, or the error with its hint, in one line.
fn told(bytes: &[u8], limits: &Limits) -> String {
    match describe(Cursor::new(bytes), limits) {
        Ok(it) => {
            let texts = it.texts.iter().map(|it| match &it.left_out {
                None => format!(" {}={} bytes", it.key, it.text.len()),
                Some(why) => format!(" {}: {why}", it.key),
            });
            let texts: String = texts.collect();
            let size = it.width_px.zip(it.height_px);
            let notes = it.notes.join("; ");
            format!("{:?} {} {size:?}{texts} {notes}", it.kind, it.media_type)
        }
        Err(error) => format!("{error} | {}", error.hint()),
    }
}

fn check(bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&told(bytes, &Limits::default()));
}

fn opened(bytes: &[u8]) -> String {
    match Picture::open(bytes, WHITE, &Limits::default()) {
        Ok(it) => format!("{} × {} px", it.width_px(), it.height_px()),
        Err(error) => format!("{error} | {}", error.hint()),
    }
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let pixels = RgbaImage::from_fn(24, 16, |x, y| {
        image::Rgba([(x * 9) as u8, (y * 13) as u8, (x * y) as u8, 200])
    });
    let mut bytes = Cursor::new(Vec::new());
    let pixels = DynamicImage::from(pixels);
    let pixels = match format {
        ImageFormat::Jpeg => pixels.to_rgb8().into(),
        _ => pixels,
    };
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Gif,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

#[test]
fn what_is_no_media_says_what_it_is() {
    check(
        b"",
        &expect!["the file is empty: 0 bytes | copy or download it again"],
    );
    check(
        b"INT. KITCHEN - DAY",
        &expect!["Other text/plain None it is text, of which nothing else is read"],
    );
    check(
        b"\0\0\0\x18ftypheic\0\0\0\0",
        &expect!["Other image/heic None it is a HEIC photo, of which nothing else is read"],
    );
    check(
        b"\x89PNG\r\n\x1a\n",
        &expect![
            "the file is cut off: its last PNG chunk, IEND, is missing | copy or download it again"
        ],
    );
    expect!["the file is text | bring in PNG, JPEG, WebP, GIF, BMP or TIFF; MP4, MOV, WebM or Matroska; WAV, FLAC, MP3, Ogg or M4A"].assert_eq(&opened(b"INT. KITCHEN - DAY"));
    expect!["the file is sound, and no picture | bring in PNG, JPEG, WebP, GIF, BMP or TIFF; MP4, MOV, WebM or Matroska; WAV, FLAC, MP3, Ogg or M4A"].assert_eq(&opened(b"fLaC of a kind, and too short to be one"));
}

/// A PNG of so many pixels, in a few bytes.
fn png_of(width_px: u32, height_px: u32) -> Vec<u8> {
    let mut header = width_px.to_be_bytes().to_vec();
    header.extend(height_px.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(png_chunk(b"IHDR", &header));
    bytes.extend(png_chunk(b"IDAT", b""));
    bytes.extend(png_chunk(b"IEND", b""));
    bytes
}

fn png_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = (content.len() as u32).to_be_bytes().to_vec();
    bytes.extend(kind);
    bytes.extend(content);
    let mut checksum = flate2::Crc::new();
    checksum.update(&bytes[4..]);
    bytes.extend(checksum.sum().to_be_bytes());
    bytes
}

#[test]
fn a_size_that_lies_takes_no_memory() {
    check(
        &png_of(0x7FFF_FFFF, 0x7FFF_FFFF),
        &expect!["Image image/png Some((2147483647, 2147483647)) "],
    );
    expect!["the picture takes more memory than the limit pixels_max allows, which is 67108864 pixels | make it smaller, or raise the limit"].assert_eq(&opened(&png_of(0x7FFF_FFFF, 0x7FFF_FFFF)));
    expect!["the picture is 16000 × 16000 px: 256000000 pixels, and the limit pixels_max is 67108864 pixels | make it smaller, or raise the limit"].assert_eq(&opened(&png_of(16_000, 16_000)));
    check(
        &png_of(0x8000_0000, 1),
        &expect![
            "the file is damaged: it says that it is 2147483648 × 1 px | save it again with the program that made it"
        ],
    );
    let mut bmp = picture(ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&30_000_i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&30_000_i32.to_le_bytes());
    expect!["the picture is 30000 × 30000 px: 30000 px, and the limit side_px_max is 16384 px | make it smaller, or raise the limit"].assert_eq(&opened(&bmp));
    for format in FORMATS {
        let limits = Limits {
            pixels_max: 100,
            ..Limits::default()
        };
        let error = Picture::open(&picture(format), WHITE, &limits).unwrap_err();
        assert!(
            matches!(
                error,
                Error::TooLarge {
                    limit: "pixels_max",
                    ..
                }
            ),
            "{format:?}: {error}"
        );
    }
    assert_less_memory_than(200);
}

/// A PNG with texts that are packed zeros of so many bytes.
fn with_bombs(n: usize, n_bytes: usize) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..n_bytes >> 20 {
        packer.write_all(&zeros).unwrap();
    }
    let packed = packer.finish().unwrap();
    let mut bytes = picture(ImageFormat::Png);
    let end = bytes.len() - 12;
    let mut chunks = Vec::new();
    for it in 0..n {
        let (kind, head): (_, &[u8]) = match it % 2 {
            0 => (b"zTXt", b"prompt\0\0"),
            _ => (b"iTXt", b"workflow\0\x01\0\0\0"),
        };
        chunks.extend(png_chunk(kind, &[head, &packed].concat()));
    }
    bytes.splice(end..end, chunks);
    bytes
}

#[test]
fn packed_texts_are_unpacked_to_the_limit_only() {
    let bytes = with_bombs(300, 64 << 20);
    assert!(bytes.len() < 30 << 20);
    let media = describe(Cursor::new(&bytes), &Limits::default()).unwrap();
    assert_eq!(media.texts.len(), 64);
    assert!(media.texts.iter().all(|it| it.text.is_empty()));
    expect!["the embedded prompt unpacks to more than all texts may have, text_bytes_max, 25165824 bytes"].assert_eq(&embedded(&media).unwrap_err().to_string());
    // Each would fit, all together do not.
    let bytes = with_bombs(40, 8 << 20);
    let media = describe(Cursor::new(&bytes), &Limits::default()).unwrap();
    let kept: usize = media.texts.iter().map(|it| it.text.len()).sum();
    assert_eq!(kept, 24 << 20);
    assert_less_memory_than(400);
}

/// The most memory that this process ever had, in mebibytes; each test has its own under nextest.
fn assert_less_memory_than(max_mib: u64) {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return;
    };
    let line = status
        .lines()
        .find_map(|it| it.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    let is_alone = std::env::var_os("NEXTEST").is_some();
    assert!(!is_alone || kib < max_mib << 10, "{} MiB", kib >> 10);
}

/// A box of MP4, with a length that may lie.
fn mp4_box(kind: &[u8; 4], n_bytes: u32, content: &[u8]) -> Vec<u8> {
    [&n_bytes.to_be_bytes()[..], kind, content].concat()
}

fn whole_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    mp4_box(kind, content.len() as u32 + 8, content)
}

#[test]
fn boxes_that_lie_are_told_by_name() {
    let brand = whole_box(b"ftyp", b"isom\0\0\0\0");
    let with = |rest: &[u8]| [&brand[..], rest].concat();
    check(
        &brand,
        &expect![
            "the file is cut off: its box moov, which says what it holds, is missing | copy or download it again"
        ],
    );
    check(
        &with(&mp4_box(b"moov", 2 << 30, b"")),
        &expect![
            "the file is cut off: its box moov at byte 16 should go on to byte 2147483664, and there are 24 | copy or download it again"
        ],
    );
    check(
        &with(&mp4_box(b"moov", 3, b"")),
        &expect![
            "the file is damaged: its box moov at byte 16 is smaller than its own head | save it again with the program that made it"
        ],
    );
    let longest = [&1_u32.to_be_bytes()[..], b"moov", &u64::MAX.to_be_bytes()].concat();
    check(
        &with(&longest),
        &expect![
            "the file is cut off: its box moov at byte 16 should go on to byte 18446744073709551615, and there are 32 | copy or download it again"
        ],
    );
    let times = [&[0; 4][..], &[0xFF; 4]].concat();
    let table = whole_box(b"stbl", &whole_box(b"stts", &times));
    let track = whole_box(b"trak", &whole_box(b"mdia", &whole_box(b"minf", &table)));
    check(
        &with(&whole_box(b"moov", &track)),
        &expect![
            "the file is damaged: its box stts claims 4294967295 entries, and has 0 | save it again with the program that made it"
        ],
    );
    let run = whole_box(b"trun", &[&[0, 0, 1, 0][..], &[0xFF; 4]].concat());
    let fragment = whole_box(b"moof", &whole_box(b"traf", &run));
    check(
        &with(&[whole_box(b"moov", b""), fragment].concat()),
        &expect![
            "the file is damaged: its box trun claims 4294967295 samples, and has 0 | save it again with the program that made it"
        ],
    );
    // Nothing bounds a run of equal samples, and nothing is kept of it.
    let run = whole_box(b"trun", &[&[0; 4][..], &[0xFF; 4]].concat());
    let fragment = whole_box(b"moof", &whole_box(b"traf", &run.repeat(1_000)));
    check(
        &with(&[whole_box(b"moov", b""), fragment].concat()),
        &expect!["Other video/mp4 None it does not say how long it plays"],
    );
    let data = mp4_box(b"data", 1 << 30, &[0, 0, 0, 1, 0, 0, 0, 0]);
    let list = whole_box(b"ilst", &whole_box(b"\xA9cmt", &data));
    let meta = whole_box(b"meta", &[&[0; 4][..], &list].concat());
    check(
        &with(&whole_box(b"moov", &meta)),
        &expect![
            "Other video/mp4 None its texts cannot be read: the file is cut off: its box data at byte 52 should go on to byte 1073741876, and there are 68; it does not say how long it plays"
        ],
    );
    let many = whole_box(b"moov", &whole_box(b"free", b"").repeat(50));
    let limits = Limits {
        parts_max: 20,
        ..Limits::default()
    };
    expect!["the file is in very many parts: 21 parts, and the limit parts_max is 20 parts | make it smaller, or raise the limit"].assert_eq(&told(&with(&many), &limits));
}

#[test]
fn elements_that_lie_are_told_by_their_ids() {
    let head = b"\x1A\x45\xDF\xA3\x87\x42\x82\x84webm";
    let with = |rest: &[u8]| [&head[..], rest].concat();
    check(
        head,
        &expect![
            "the file is cut off: its Matroska segment is missing | copy or download it again"
        ],
    );
    check(
        &with(b"\x18\x53\x80\x67\x08\xFF\xFF\xFF\xFF\xFF"),
        &expect![
            "the file is cut off: its element 18538067 at byte 12 should go on to byte 4294967316, and there are 22 | copy or download it again"
        ],
    );
    check(
        &with(b"\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
        &expect!["Other video/matroska None it does not say how long it plays"],
    );
    check(
        &with(b"\x18\x53\x80\x67\x85\x12\x54\xC3\x67\xFE"),
        &expect![
            "the file is cut off: its element 1254C367 at byte 17 should go on to byte 148, and there are 22 | copy or download it again"
        ],
    );
    check(
        &with(b"\x18\x53\x80\x67\x81\0"),
        &expect![
            "the file is damaged: there is no Matroska element at byte 17 | save it again with the program that made it"
        ],
    );
}

#[test]
fn sound_that_lies_is_refused_or_told_as_it_is() {
    check(
        b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \xFF\xFF\xFF\x7F\x01\0",
        &expect![[
            r#"the file is damaged: its sound: file does not contain a valid "fmt " chunk | save it again with the program that made it"#
        ]],
    );
    check(
        b"fLaC\x84\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        &expect!["the file is cut off: its sound ends early | copy or download it again"],
    );
    check(
        b"ID3\x04\0\0\x7F\x7F\x7F\x7FTXXX\x7F\x7F\x7F\x7F\0\0\0",
        &expect![
            "the file is damaged: its sound: invalid input parameter | save it again with the program that made it"
        ],
    );
    check(
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xFF",
        &expect![
            "Other application/ogg None it is an Ogg file with neither Opus, Vorbis nor Speex in it"
        ],
    );
    assert_less_memory_than(200);
}

#[test]
fn what_is_cut_off_is_never_taken_for_whole() {
    for format in FORMATS {
        let bytes = picture(format);
        assert_eq!(opened(&bytes), "24 × 16 px", "{format:?}");
        for n in 0..bytes.len() {
            // Decoders can do without the last bytes of some formats: checksums, a trailer.
            let spare = match format {
                ImageFormat::Png => 16,
                ImageFormat::Gif => 4,
                _ => 1,
            };
            let cut = &bytes[..n];
            told(cut, &Limits::default());
            let is_whole = Picture::open(cut, WHITE, &Limits::default()).is_ok();
            assert!(
                !is_whole || n + spare >= bytes.len(),
                "{format:?}: {n} of {}",
                bytes.len()
            );
        }
    }
}

#[test]
fn what_is_read_is_bounded() {
    let limits = Limits {
        describe_bytes_max: 200,
        ..Limits::default()
    };
    let text = [&b"key\0"[..], &[b'x'; 1_000]].concat();
    let mut bytes = picture(ImageFormat::Png);
    let end = bytes.len() - 12;
    bytes.splice(end..end, png_chunk(b"tEXt", &text));
    expect!["describing the file takes more than may be read of it: 201 bytes, and the limit describe_bytes_max is 200 bytes | make it smaller, or raise the limit"].assert_eq(&told(&bytes, &limits));
    let limits = Limits {
        text_bytes_max: 200,
        ..Limits::default()
    };
    expect!["Image image/png Some((24, 16)) key: has 1004 bytes, and all texts may have text_bytes_max, 200 bytes "].assert_eq(&told(&bytes, &limits));
}

/// The first bytes of each format, so that what follows is read as such.
const HEADS: [&[u8]; 14] = [
    b"",
    b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0",
    b"\xFF\xD8\xFF\xE1",
    b"GIF89a\x10\0\x10\0",
    b"RIFF\x40\0\0\0WEBPVP8X\x0A\0\0\0\x12\0\0\0",
    b"BM",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"\0\0\0\x0Cftypisom",
    b"\x1A\x45\xDF\xA3\x80\x18\x53\x80\x67\xFF",
    b"RIFF\x40\0\0\0WAVEfmt \x10\0\0\0",
    b"fLaC\0\0\0\x22",
    b"ID3\x04\0\0\0\0\x02\0",
    b"OggS\0\x02",
];

/// Whatever comes of it, nothing panics, and errors have words.
fn try_all(bytes: &[u8]) {
    let limits = Limits {
        pixels_max: 1 << 20,
        text_bytes_max: 1 << 16,
        describe_bytes_max: 1 << 20,
        ..Limits::default()
    };
    if let Ok(media) = describe(Cursor::new(bytes), &limits) {
        let kept: usize = media.texts.iter().map(|it| it.text.len()).sum();
        assert!(kept <= 1 << 16);
        let _ = embedded(&media);
    }
    let _ = poster(bytes, WHITE, &limits);
    if let Ok(picture) = Picture::open(bytes, WHITE, &limits) {
        assert!(u64::from(picture.width_px()) * u64::from(picture.height_px()) <= 1 << 20);
        measure(&picture);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read_without_a_panic(head in 0..HEADS.len(), rest in vec(any::<u8>(), 0..300)) {
        try_all(&[HEADS[head], &rest].concat());
    }

    #[test]
    fn damaged_pictures_are_read_without_a_panic(
        format in 0..FORMATS.len(),
        damage in vec((any::<u16>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = picture(FORMATS[format]);
        for (at, byte) in damage {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        try_all(&bytes);
    }
}
