//! What the tests share: small caches, keys, and waiting for a condition.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use storycore_cache::{Cache, CacheOptions, Dependency, DiskOptions, Key, S3Options};

const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn options(folder: Option<&Path>, s3: Option<S3Options>) -> CacheOptions {
    CacheOptions {
        memory_bytes_max: 64 << 20,
        entry_bytes_max: 8 << 20,
        disk: folder.map(|it| DiskOptions {
            folder: it.to_owned(),
            bytes_max: 64 << 20,
        }),
        s3,
    }
}

pub(crate) async fn on_disk(folder: &Path) -> Cache {
    Cache::open(options(Some(folder), None)).unwrap()
}

pub(crate) fn key(n: usize) -> Key {
    Key::of("test", &[&n.to_le_bytes()])
}

pub(crate) fn from(names: &[&str]) -> Vec<Dependency> {
    names
        .iter()
        .map(|it| Dependency::new(it).unwrap())
        .collect()
}

/// Bytes that no packing makes smaller.
pub(crate) fn noise(seed: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(&[seed])
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

/// The files of entries in a folder.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let shelves = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let shelves = shelves.filter(|it| it.is_dir() && it.file_name().unwrap() != "new");
    let mut files: Vec<PathBuf> = shelves
        .flat_map(|it| fs::read_dir(it).unwrap())
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    files
}

pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < DEADLINE,
            "it never came to be that {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
