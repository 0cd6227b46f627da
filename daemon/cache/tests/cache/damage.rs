//! Disks as they are: cut off, forged, emptied, full, forbidden, shared.

use std::{fs, path::Path};

use storycore_cache::{Cache, CacheOptions, DiskOptions};

use crate::stage::{entries, from, key, noise, on_disk, options};

/// One entry on disk, and a cache that has forgotten it from memory.
async fn with_one(folder: &Path) -> Cache {
    let cache = on_disk(folder).await;
    cache
        .put(key(1), noise(1, 5_000).into(), &from(&["bible/MAYA"]))
        .await;
    drop(cache);
    on_disk(folder).await
}

#[tokio::test]
async fn damaged_forged_and_lost_files_are_misses_counted_and_removed() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 5] = [
        ("one byte is another", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[4_000] ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        ("cut off", |path| {
            fs::write(path, &fs::read(path).unwrap()[..700]).unwrap();
        }),
        ("empty", |path| fs::write(path, b"").unwrap()),
        ("gone", |path| fs::remove_file(path).unwrap()),
        ("another whole entry in its place", |path| {
            let other = tempfile::tempdir().unwrap();
            let runtime = std::thread::spawn({
                let folder = other.path().to_owned();
                move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .build()
                        .unwrap();
                    runtime.block_on(async {
                        let forged = on_disk(&folder).await;
                        forged
                            .put(key(1), noise(2, 5_000).into(), &from(&["bible/MAYA"]))
                            .await;
                    });
                }
            });
            runtime.join().unwrap();
            fs::copy(&entries(other.path())[0], path).unwrap();
        }),
    ];
    for (what, harm) in harms {
        let folder = tempfile::tempdir().unwrap();
        let cache = with_one(folder.path()).await;
        let path = entries(folder.path()).remove(0);
        harm(&path);
        assert_eq!(cache.get(key(1)).await, None, "{what}");
        let disk = cache.stats().disk.unwrap();
        assert_eq!(
            (disk.damaged, disk.misses, disk.entries),
            (1, 1, 0),
            "{what}: {disk:?}"
        );
        assert!(!path.exists(), "{what}");
        cache.put(key(1), noise(1, 5_000).into(), &[]).await;
        drop(cache);
        let cache = on_disk(folder.path()).await;
        assert_eq!(cache.get(key(1)).await.unwrap(), noise(1, 5_000), "{what}");
    }
}

#[tokio::test]
async fn what_a_crash_left_is_removed_at_the_start_and_the_rest_is_found() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_one(folder.path()).await);
    let kept = entries(folder.path()).remove(0);
    // Half of a file that was being written; one that was renamed and not yet in the index.
    fs::write(folder.path().join("new/77"), noise(3, 100)).unwrap();
    let stray = kept.with_file_name(format!("{}-78", key(1)));
    fs::copy(&kept, &stray).unwrap();
    let cache = on_disk(folder.path()).await;
    assert!(!folder.path().join("new/77").exists() && !stray.exists());
    assert_eq!(entries(folder.path()), [kept]);
    assert_eq!(cache.get(key(1)).await.unwrap(), noise(1, 5_000));
    // A name is never used again, also not that of a stray.
    cache.put(key(1), noise(4, 100).into(), &[]).await;
    assert!(entries(folder.path())[0].to_str().unwrap().ends_with("-79"));
}

#[tokio::test]
async fn opening_reads_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_one(folder.path()).await);
    let path = entries(folder.path()).remove(0);
    let length = fs::metadata(&path).unwrap().len();
    // Were it read, it would be found damaged.
    fs::write(&path, vec![0; length as usize]).unwrap();
    let cache = on_disk(folder.path()).await;
    let disk = cache.stats().disk.unwrap();
    assert_eq!((disk.entries, disk.bytes, disk.damaged), (1, length, 0));
}

#[tokio::test]
async fn what_was_invalidated_stays_so_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let cache = with_one(folder.path()).await;
    cache
        .put(
            key(2),
            noise(2, 100).into(),
            &from(&["bible/JONAS", "style"]),
        )
        .await;
    let dropped = cache.invalidate(&from(&["bible/MAYA"])[0]).await;
    assert_eq!((dropped.in_memory, dropped.on_disk), (0, 1));
    drop(cache);
    let cache = on_disk(folder.path()).await;
    assert_eq!(cache.get(key(1)).await, None);
    assert_eq!(cache.get(key(2)).await.unwrap(), noise(2, 100));
    let dropped = cache.invalidate_all(&from(&["style", "bible/JONAS"])).await;
    assert_eq!(
        (dropped.in_memory, dropped.on_disk),
        (1, 1),
        "it knows after a restart, too"
    );
    assert!(entries(folder.path()).is_empty());
}

#[tokio::test]
async fn the_least_recently_used_goes_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let small = || CacheOptions {
        memory_bytes_max: 1,
        disk: Some(DiskOptions {
            folder: folder.path().into(),
            bytes_max: 35_000,
        }),
        ..options(None, None)
    };
    let cache = Cache::open(small()).unwrap();
    for n in 0..3 {
        cache.put(key(n), noise(n as u8, 10_000).into(), &[]).await;
    }
    drop(cache);
    let cache = Cache::open(small()).unwrap();
    assert!(cache.get(key(0)).await.is_some());
    drop(cache);
    let cache = Cache::open(small()).unwrap();
    cache.put(key(3), noise(3, 10_000).into(), &[]).await;
    assert!(cache.get(key(0)).await.is_some(), "it was used last");
    assert_eq!(cache.get(key(1)).await, None);
    assert_eq!(cache.stats().disk.unwrap().evictions, 1);
    cache.put(key(9), noise(9, 40_000).into(), &[]).await;
    assert!(
        cache.get(key(0)).await.is_some(),
        "what never fits drives nothing out"
    );
}

#[tokio::test]
async fn an_index_that_is_noise_costs_what_was_kept_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_one(folder.path()).await);
    fs::write(folder.path().join("index.db"), noise(5, 9_000)).unwrap();
    let cache = on_disk(folder.path()).await;
    assert_eq!(cache.get(key(1)).await, None);
    assert_eq!(cache.stats().disk.unwrap().damaged, 1);
    assert!(entries(folder.path()).is_empty());
    cache.put(key(1), noise(1, 5_000).into(), &[]).await;
    drop(cache);
    let cache = on_disk(folder.path()).await;
    assert!(cache.get(key(1)).await.is_some());
}

#[tokio::test]
async fn a_second_cache_in_the_same_folder_keeps_to_memory() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_one(folder.path()).await;
    let second = on_disk(folder.path()).await;
    assert_eq!(second.stats().disk, None);
    second.put(key(2), noise(2, 100).into(), &[]).await;
    assert!(second.get(key(2)).await.is_some() && second.get(key(1)).await.is_none());
    assert!(first.get(key(1)).await.is_some());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_leaves_memory() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, b"").unwrap();
    let cache = on_disk(&in_the_way).await;
    assert_eq!(cache.stats().disk, None);
    cache.put(key(1), noise(1, 100).into(), &[]).await;
    assert_eq!(cache.get(key(1)).await.unwrap(), noise(1, 100));
}

/// Root may write anywhere, so the folder that files are written in is taken away.
#[tokio::test]
async fn a_disk_that_refuses_is_counted_and_left_alone_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let cache = with_one(folder.path()).await;
    fs::remove_dir_all(folder.path().join("new")).unwrap();
    fs::write(folder.path().join("new"), b"").unwrap();
    for n in 10..20 {
        cache.put(key(n), noise(n as u8, 100).into(), &[]).await;
        assert!(cache.get(key(n)).await.is_some());
    }
    let disk = cache.stats().disk.unwrap();
    assert_eq!((disk.errors, disk.entries), (1, 1), "{disk:?}");
    assert!(
        cache.get(key(1)).await.is_some(),
        "what is there is still read"
    );
}
