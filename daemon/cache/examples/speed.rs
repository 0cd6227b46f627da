//! How fast entries are found: `cargo run --release -p storycore-cache --example speed`. Prints
//! the median and the 99th percentile of each tier, at 100 KB, and how long opening takes.

#![expect(clippy::print_stdout, reason = "a measurement is for people")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use storycore_cache::{Cache, CacheOptions, Dependency, DiskOptions, Key};

const ENTRY_BYTES: usize = 100_000;
const N_ENTRIES: u32 = 500;
const N_SMALL: u32 = 20_000;

fn key(n: u32) -> Key {
    Key::of("speed", &[&n.to_le_bytes()])
}

fn noise(n: u32) -> Bytes {
    let mut bytes = vec![0; ENTRY_BYTES];
    blake3::Hasher::new()
        .update(&n.to_le_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes.into()
}

fn text(n: u32) -> Bytes {
    let line = |it: u32| format!("MAYA\nShe counts to {}, then to {}.\n\n", it * n, it ^ n);
    let text: String = (0..).map(line).take(3_000).collect();
    text.into_bytes()[..ENTRY_BYTES].to_vec().into()
}

async fn open(folder: &std::path::Path) -> Cache {
    let options = CacheOptions {
        memory_bytes_max: 256 << 20,
        entry_bytes_max: 8 << 20,
        disk: Some(DiskOptions {
            folder: folder.into(),
            bytes_max: 1 << 30,
        }),
        s3: None,
    };
    Cache::open(options).unwrap()
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (median, late) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{what:<34} p50 {median:>10.2?}   p99 {late:>10.2?}");
}

async fn reads(cache: &Cache) -> Vec<Duration> {
    let mut times = Vec::new();
    for n in 0..N_ENTRIES {
        let began = Instant::now();
        let found = cache.get(key(n)).await;
        times.push(began.elapsed());
        assert_eq!(found.unwrap().len(), ENTRY_BYTES);
    }
    times
}

#[tokio::main]
async fn main() {
    for (what, make) in [("pictures", noise as fn(u32) -> Bytes), ("text", text)] {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path()).await;
        let maya = [Dependency::new("bible/MAYA").unwrap()];
        let mut writes = Vec::new();
        for n in 0..N_ENTRIES {
            let bytes = make(n);
            let began = Instant::now();
            cache.put(key(n), bytes, &maya).await;
            writes.push(began.elapsed());
        }
        print(&format!("{what}: put, until it is on disk"), writes);
        drop(cache);
        let cache = open(folder.path()).await;
        print(&format!("{what}: disk hit, verified"), reads(&cache).await);
        print(&format!("{what}: memory hit"), reads(&cache).await);
        let began = Instant::now();
        let dropped = cache.invalidate(&maya[0]).await;
        println!(
            "{what}: {} entries invalidated in {:.2?}",
            dropped.on_disk,
            began.elapsed()
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path()).await;
    for n in 0..N_SMALL {
        cache.put(key(n), Bytes::from_static(b"small"), &[]).await;
    }
    drop(cache);
    let began = Instant::now();
    let cache = open(folder.path()).await;
    let entries = cache.stats().disk.unwrap().entries;
    println!("opened with {entries} entries in {:.2?}", began.elapsed());
}
