//! Thumbnails as Pillow makes them, and frames as OpenCV decodes them.

use std::{fs, path::Path};

use storycore_media::{
    Error, Ffmpeg, Limits, Picture, ThumbnailFormat, ThumbnailOptions, WHITE, poster, psnr,
    thumbnail,
};

use crate::support::{ffmpeg, given, python};

const GROUND: [u8; 3] = [20, 200, 90];

fn opened(path: &Path) -> Picture {
    Picture::open(&fs::read(path).unwrap(), WHITE, &Limits::default()).unwrap()
}

fn small(path: &Path, format: ThumbnailFormat) -> storycore_media::Thumbnail {
    let options = ThumbnailOptions {
        side_px_max: 256,
        format,
        ground: GROUND,
    };
    thumbnail(&fs::read(path).unwrap(), &options, &Limits::default()).unwrap()
}

#[test]
fn thumbnails_look_as_pillow_makes_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    python("shown.py", ["make".into(), folder.as_os_str().to_owned()]);
    for name in ["large.png", "turned.jpg", "clear.png"] {
        let stem = name.split('.').next().unwrap();
        let expected = opened(&folder.join(format!("{stem}.expected.png")));
        for (format, least_db) in [
            (ThumbnailFormat::Png, 45.0),
            (ThumbnailFormat::WebP, 45.0),
            (ThumbnailFormat::Jpeg, 28.0),
        ] {
            let ours = small(&folder.join(name), format);
            let path = folder.join(format!("{stem}.{}", ours.media_type.replace('/', ".")));
            fs::write(&path, &ours.bytes).unwrap();
            let picture = opened(&path);
            let near_db = psnr(&picture, &expected).unwrap();
            assert!(
                near_db >= least_db,
                "{name} as {}: {near_db} dB",
                ours.media_type
            );
            let said = python("shown.py", ["read".into(), path.into_os_string()]);
            assert_eq!(
                said[0][0].as_str().unwrap().to_lowercase(),
                ours.media_type[6..]
            );
            assert_eq!(said[0][1].as_u64(), Some(ours.width_px.into()));
            assert_eq!(said[0][2].as_u64(), Some(ours.height_px.into()));
        }
    }
}

/// A second of black, then something to see.
const FADE: &str = "-f lavfi -i color=black:size=160x90:rate=8:duration=1 \
    -f lavfi -i testsrc2=size=160x90:rate=8:duration=3 \
    -filter_complex [0][1]concat=n=2:v=1[v] -map [v]";

#[test]
fn of_an_animation_the_first_frame_that_is_not_black_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (name, words) in [
        ("a.gif", ""),
        ("a.webp", "-c:v libwebp_anim -lossless 1 -loop 0"),
        ("a.apng", "-f apng -plays 0"),
    ] {
        let file = folder.path().join(name);
        ffmpeg(&format!("{FADE} {words}"), &file);
        let bytes = fs::read(&file).unwrap();
        let ours = poster(&bytes, WHITE, &Limits::default()).unwrap();
        assert!(!ours.is_black, "{name}");
        // GIF counts in hundredths, so eight frames take 0.96 to 1.04 seconds.
        assert!(
            (960..=1_040).contains(&ours.at_ms),
            "{name}: {} ms",
            ours.at_ms
        );
        assert_eq!(
            (ours.picture.width_px(), ours.picture.height_px()),
            (160, 90)
        );
        let only_black = Limits {
            // ffmpeg writes equal frames of a WebP as one.
            poster_frames_max: 1,
            ..Limits::default()
        };
        let ours = poster(&bytes, WHITE, &only_black).unwrap();
        assert!(ours.is_black && ours.at_ms == 0, "{name}");
    }
}

#[test]
fn a_frame_of_a_video_is_the_one_that_opencv_decodes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let decoder = Ffmpeg::at(given("STORYCORE_TEST_FFMPEG"));
    let limits = Limits::default();
    for (name, words) in [
        ("a.mp4", "-c:v libx264 -qp 4 -pix_fmt yuv420p"),
        (
            "a.webm",
            "-c:v libvpx-vp9 -crf 4 -b:v 0 -cpu-used 8 -deadline realtime",
        ),
        ("-odd name.mov", "-c:v mpeg4 -q:v 1"),
    ] {
        let file = folder.join(name);
        ffmpeg(&format!("{FADE} {words}"), &file);
        let error = poster(&fs::read(&file).unwrap(), WHITE, &limits).unwrap_err();
        assert!(
            matches!(error, Error::NeedsDecoder { .. }),
            "{name}: {error}"
        );
        let ours = decoder.frame(&file, 1_500, &limits).unwrap();
        let theirs = folder.join("theirs.png");
        let arguments = ["frame".into(), file.clone(), "12".into(), theirs.clone()];
        python("shown.py", arguments);
        let near_db = psnr(&ours, &opened(&theirs)).unwrap();
        // They turn YCbCr into RGB with other roundings.
        assert!(near_db >= 30.0, "{name}: {near_db} dB");
        let ours = decoder.poster(&file, &limits).unwrap();
        assert!(
            !ours.is_black && ours.at_ms >= 1_000,
            "{name}: {} ms",
            ours.at_ms
        );
    }
}

#[test]
fn a_turned_video_gives_an_upright_frame() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, turned) = (folder.path().join("a.mp4"), folder.path().join("b.mp4"));
    ffmpeg(
        "-f lavfi -i testsrc2=size=160x90:rate=8:duration=1 -c:v libx264",
        &plain,
    );
    ffmpeg(
        &format!("-i {} -c copy -metadata:s:v:0 rotate=90", plain.display()),
        &turned,
    );
    let limits = Limits::default();
    let frame = Ffmpeg::at(given("STORYCORE_TEST_FFMPEG"))
        .frame(&turned, 0, &limits)
        .unwrap();
    let said = storycore_media::describe_file(&turned, &limits).unwrap();
    assert_eq!(
        (said.width_px, said.height_px),
        (Some(frame.width_px()), Some(frame.height_px()))
    );
    assert_eq!((frame.width_px(), frame.height_px()), (90, 160));
}
