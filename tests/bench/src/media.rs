//! Pictures made small and measured, beside Pillow and OpenCV on the same files.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context as _, ensure};
use storycore_media::{
    Limits, Picture, ThumbnailFormat, ThumbnailOptions, WHITE, measure, thumbnail,
};
use storycore_quality::{Asked, Thresholds, check};

use crate::{
    harness::{Row, timed},
    process::env_or,
};

/// As image models make them.
const SIDE_PX: u32 = 1_024;
const N_PICTURES: usize = 16;
/// How often each is taken in one round.
const N_TIMES: usize = 4;
const N_ROUNDS: usize = 3;
const THUMBNAIL_PX: u32 = 256;
const N_THREADS: usize = 2;

const THUMBNAILS_PER_SECOND_MIN: f64 = 100.0;
const MEASURED_PER_SECOND_MIN: f64 = 25.0;

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let files = write_pictures(folder.path())?;
    let kilobytes = files.iter().map(Vec::len).sum::<usize>() / N_PICTURES / 1_000;
    let [pillow, opencv] = peers(folder.path())?;
    let small = per_second(&files, N_THREADS, |bytes| {
        let options = ThumbnailOptions {
            side_px_max: THUMBNAIL_PX,
            format: ThumbnailFormat::Jpeg,
            ground: WHITE,
        };
        Ok(thumbnail(bytes, &options, &Limits::default())?.bytes.len())
    })?;
    let judge = |bytes: &[u8]| {
        let picture = Picture::open(bytes, WHITE, &Limits::default())?;
        let verdicts = check(
            &measure(&picture),
            &Asked::default(),
            &Thresholds::default(),
        );
        Ok(verdicts.len())
    };
    let measured = per_second(&files, N_THREADS, judge)?;
    let alone = per_second(&files, 1, judge)?;
    let what = format!(
        "thumbnails of {THUMBNAIL_PX} px, JPEG, from PNG of {SIDE_PX}² ({kilobytes} kB), \
         {N_THREADS} threads; Pillow"
    );
    let judged = "PNG of 1024² decoded, measured and judged";
    Ok(vec![
        Row::new(what, rate(small))
            .target("≥ 100 a second", small >= THUMBNAILS_PER_SECOND_MIN)
            .peer(rate(pillow), small / pillow),
        Row::new(
            format!("{judged}, {N_THREADS} threads; OpenCV"),
            rate(measured),
        )
        .target("≥ 25 a second", measured >= MEASURED_PER_SECOND_MIN)
        .peer(rate(opencv), measured / opencv),
        Row::new(format!("{judged}, 1 thread"), rate(alone)),
    ])
}

fn rate(per_second: f64) -> String {
    format!("{per_second:.0} a second")
}

/// Pictures as models make them: soft shapes, edges, and a little noise, so that they pack to
/// about as many bytes.
fn write_pictures(folder: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for n in 0..N_PICTURES {
        let bytes = picture(n as u32)?;
        fs::write(folder.join(format!("{n:02}.png")), &bytes)?;
        files.push(bytes);
    }
    Ok(files)
}

fn picture(seed: u32) -> anyhow::Result<Vec<u8>> {
    let mut noise = 0x9E37_79B9_u32 ^ seed;
    let mut rgb = Vec::with_capacity(3 * (SIDE_PX * SIDE_PX) as usize);
    for y in 0..SIDE_PX {
        for x in 0..SIDE_PX {
            let wave = |of: u32, by: u32| (f64::from(of) / f64::from(by)).sin() * 60.0 + 120.0;
            let tile = if (x / 90 + y / 130 + seed).is_multiple_of(3) {
                40.0
            } else {
                0.0
            };
            for level in [wave(x + y, 70 + seed), wave(x, 110), wave(y, 50 + seed)] {
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                rgb.push((level + tile + f64::from(noise % 5)) as u8);
            }
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE_PX, SIDE_PX);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Balanced);
    encoder.write_header()?.write_image_data(&rgb)?;
    Ok(bytes)
}

/// How many of them a second, the median of some rounds.
fn per_second(
    files: &[Vec<u8>],
    n_threads: usize,
    work: impl Fn(&[u8]) -> anyhow::Result<usize> + Sync,
) -> anyhow::Result<f64> {
    let total = files.len() * N_TIMES;
    let mut rates = Vec::new();
    for _ in 0..N_ROUNDS {
        let next = AtomicUsize::new(0);
        let run = || -> anyhow::Result<()> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= total {
                    return Ok(());
                }
                ensure!(work(&files[at % files.len()])? > 0, "nothing was made");
            }
        };
        let (took, results) = timed(|| {
            thread::scope(|scope| {
                let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(run)).collect();
                let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
                joined.collect::<Vec<_>>()
            })
        });
        for result in results {
            result.ok().context("a thread panicked")??;
        }
        rates.push(total as f64 / took.as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    Ok(rates[N_ROUNDS / 2])
}

/// Thumbnails by Pillow and measures by OpenCV, a second.
fn peers(folder: &Path) -> anyhow::Result<[f64; 2]> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/pillow_opencv.py");
    let python = env_or("STORYCORE_TEST_MEDIA_PYTHON", "python3");
    let output = Command::new(python)
        .arg(script)
        .arg(folder)
        .args([N_TIMES, N_ROUNDS, THUMBNAIL_PX as usize, N_THREADS].map(|it| it.to_string()))
        .output()?;
    ensure!(
        output.status.success(),
        "the peers failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
