//! What is kept on disk: files hashed and stored, beside a program that only writes them, and the
//! cache, hit in memory and on disk.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use storycore_cache::{Cache, CacheOptions, DiskOptions, Key};
use storycore_server::blobs::Blobs;

use crate::harness::{Rounds, Row, Times, interleaved, time, timed};

/// A video of some seconds.
const FILE_BYTES: usize = 64 << 20;
const FILES: Rounds = Rounds {
    warm_up: 1,
    counted: 9,
};
const GB_PER_SECOND_MIN: f64 = 1.0;
/// What counts as the disk's limit: so much of what a bare writer gets out of it.
const OF_DISK_MIN: f64 = 0.8;
/// A small picture.
const ENTRY_BYTES: usize = 100_000;
const N_ENTRIES: u32 = 500;
const MEMORY_MAX: Duration = Duration::from_micros(1);
const DISK_MAX: Duration = Duration::from_micros(200);

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let mut rows = stored(folder.path())?;
    let runtime = tokio::runtime::Runtime::new()?;
    rows.extend(runtime.block_on(cached(&folder.path().join("cache")))?);
    Ok(rows)
}

/// Files that are hashed, written and on disk for good; the peer writes and syncs the same bytes.
fn stored(folder: &Path) -> anyhow::Result<Vec<Row>> {
    let blobs = Blobs::open(&folder.join("blobs"))?;
    let mut n = 0;
    let ours = || {
        n += 1;
        let bytes = noise(n, FILE_BYTES);
        let (took, kept) = timed(|| blobs.write(&bytes));
        kept?;
        Ok(took)
    };
    let mut m = 0;
    let bare = || {
        m += 1;
        let bytes = noise(u32::MAX - m, FILE_BYTES);
        let (took, written) = timed(|| -> std::io::Result<()> {
            let mut file = File::create(folder.join(format!("bare{m}")))?;
            file.write_all(&bytes)?;
            file.sync_all()
        });
        written?;
        Ok(took)
    };
    let (ours, bare) = interleaved(FILES, ours, bare)?;
    let bytes = noise(0, FILE_BYTES);
    let hashed: Vec<Duration> = (0..FILES.counted)
        .map(|_| timed(|| Blobs::id_of(&bytes)).0)
        .collect();
    let hashed = Times::new(hashed);
    let of_disk = bare.median().as_secs_f64() / ours.median().as_secs_f64();
    let is_met = rate(&ours) >= GB_PER_SECOND_MIN || of_disk >= OF_DISK_MIN;
    let what = "64 MiB hashed, stored and synced; only written and synced";
    Ok(vec![
        Row::new(what, gigabytes(&ours))
            .target("≥ 1 GB/s, or ≥ 0.8 of the disk", is_met)
            .peer(gigabytes(&bare), of_disk),
        Row::new("64 MiB hashed from memory, 1 thread", gigabytes(&hashed))
            .target("≥ 1 GB/s", rate(&hashed) >= GB_PER_SECOND_MIN),
    ])
}

fn rate(times: &Times) -> f64 {
    FILE_BYTES as f64 / times.median().as_secs_f64() / 1e9
}

fn gigabytes(times: &Times) -> String {
    format!("{:.2} GB/s", rate(times))
}

async fn cached(folder: &Path) -> anyhow::Result<Vec<Row>> {
    let cache = open(folder)?;
    for n in 0..N_ENTRIES {
        let bytes = noise(n, ENTRY_BYTES).into();
        cache.put(key(n), bytes, &[]).await;
    }
    drop(cache);
    // Anew, so that nothing is in memory.
    let cache = open(folder)?;
    let disk = reads(&cache).await?;
    let memory = reads(&cache).await?;
    let told = |it: &Times| format!("{} (p99 {})", time(it.median()), time(it.percentile(99)));
    Ok(vec![
        Row::new("cache hit in memory, 100 kB", told(&memory))
            .target("p50 ≤ 1 µs", memory.median() <= MEMORY_MAX),
        Row::new("cache hit on disk, 100 kB, its bytes verified", told(&disk))
            .target("p50 ≤ 200 µs", disk.median() <= DISK_MAX),
    ])
}

fn open(folder: &Path) -> anyhow::Result<Cache> {
    let options = CacheOptions {
        memory_bytes_max: 256 << 20,
        entry_bytes_max: 8 << 20,
        disk: Some(DiskOptions {
            folder: folder.to_owned(),
            bytes_max: 1 << 30,
        }),
        s3: None,
    };
    Cache::open(options).map_err(|error| anyhow::anyhow!(error.message))
}

async fn reads(cache: &Cache) -> anyhow::Result<Times> {
    let mut times = Vec::new();
    for n in 0..N_ENTRIES {
        let began = Instant::now();
        let found = cache.get(key(n)).await;
        times.push(began.elapsed());
        let found: Bytes = found.context("an entry is gone")?;
        ensure!(found.len() == ENTRY_BYTES, "an entry is not whole");
    }
    Ok(Times::new(times))
}

fn key(n: u32) -> Key {
    Key::of("bench", &[&n.to_le_bytes()])
}

/// Bytes that cannot be made smaller, as of a picture.
fn noise(n: u32, n_bytes: usize) -> Vec<u8> {
    let mut bytes = vec![0; n_bytes];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&n.to_le_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}
