//! Many at once: one maker, whoever goes away, and nothing old after it was dropped.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures::future::join_all;
use storycore_cache::Cache;
use tokio::sync::{Barrier, Notify};

use crate::stage::{from, key, noise, on_disk, options, until};

/// A maker that counts, and waits until it may end.
#[derive(Default)]
struct Maker {
    begun: AtomicUsize,
    end: Notify,
}

impl Maker {
    async fn make(self: Arc<Self>, bytes: &'static [u8]) -> Result<Bytes, Infallible> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.end.notified().await;
        Ok(Bytes::from_static(bytes))
    }
}

fn in_memory() -> Cache {
    Cache::open(options(None, None)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_makes_for_all_who_wait() {
    let (cache, maker) = (in_memory(), Arc::new(Maker::default()));
    let waiters = (0..50).map(|_| {
        let (cache, maker) = (cache.clone(), maker.clone());
        tokio::spawn(async move { cache.get_or_make(key(1), &[], || maker.make(b"rain")).await })
    });
    let waiters: Vec<_> = waiters.collect();
    until("49 wait for one", || cache.stats().shared == 49).await;
    maker.end.notify_one();
    for got in join_all(waiters).await {
        assert_eq!(got.unwrap().unwrap(), "rain");
    }
    assert_eq!(maker.begun.load(Ordering::SeqCst), 1);
    assert_eq!(cache.stats().made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_kept_though_who_asked_went_away() {
    let (cache, maker) = (in_memory(), Arc::new(Maker::default()));
    let ask = || {
        let (cache, maker) = (cache.clone(), maker.clone());
        tokio::spawn(async move { cache.get_or_make(key(1), &[], || maker.make(b"rain")).await })
    };
    let first = ask();
    until("it is begun", || maker.begun.load(Ordering::SeqCst) == 1).await;
    let second = ask();
    until("another one waits", || cache.stats().shared == 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    maker.end.notify_one();
    assert_eq!(second.await.unwrap().unwrap(), "rain");
    assert_eq!(cache.get(key(1)).await.unwrap(), "rain");
    assert_eq!(maker.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_reaches_all_who_waited_and_is_not_kept() {
    let (cache, end) = (in_memory(), Arc::new(Notify::new()));
    let waiters = (0..10).map(|_| {
        let (cache, end) = (cache.clone(), end.clone());
        let make = || async move {
            end.notified().await;
            Err::<Bytes, _>(io::Error::other("no paint"))
        };
        tokio::spawn(async move { cache.get_or_make(key(1), &[], make).await })
    });
    let waiters: Vec<_> = waiters.collect();
    until("9 wait for one", || cache.stats().shared == 9).await;
    end.notify_one();
    for got in join_all(waiters).await {
        let error = got.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "no paint");
        assert!(error.downcast_ref::<io::Error>().is_some());
    }
    assert_eq!(cache.stats().made_failed, 1);
    let make = || async { Ok::<_, Infallible>(Bytes::from_static(b"paint")) };
    assert_eq!(cache.get_or_make(key(1), &[], make).await.unwrap(), "paint");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maker_that_panics_harms_nobody() {
    let cache = in_memory();
    let numbers: Vec<u8> = Vec::new();
    let make = || async move { Ok::<_, Infallible>(Bytes::from(vec![numbers[0]])) };
    let error = cache.get_or_make(key(1), &[], make).await.unwrap_err();
    assert_eq!(error.to_string(), "what makes it panicked");
    let make = || async { Ok::<_, Infallible>(Bytes::from_static(b"paint")) };
    assert_eq!(cache.get_or_make(key(1), &[], make).await.unwrap(), "paint");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_while_it_is_made_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, maker) = (on_disk(folder.path()).await, Arc::new(Maker::default()));
    let ask = |n| {
        let (cache, maker) = (cache.clone(), maker.clone());
        let names = from(&["bible/MAYA"]);
        let make = move || maker.make(b"red hair");
        tokio::spawn(async move { cache.get_or_make(key(n), &names, make).await })
    };
    let old = ask(1);
    until("it is begun", || maker.begun.load(Ordering::SeqCst) == 1).await;
    cache.invalidate(&from(&["bible/JONAS"])[0]).await;
    cache.invalidate(&from(&["bible/MAYA"])[0]).await;
    // Who asks from now on does not wait for the old one.
    let make = || async { Ok::<_, Infallible>(Bytes::from_static(b"black hair")) };
    let names = from(&["bible/MAYA"]);
    let new = cache.get_or_make(key(1), &names, make).await.unwrap();
    assert_eq!(new, "black hair");
    maker.end.notify_one();
    assert_eq!(old.await.unwrap().unwrap(), "red hair");
    cache.flush().await;
    assert_eq!(cache.get(key(1)).await.unwrap(), "black hair");
    drop(cache);
    let cache = on_disk(folder.path()).await;
    assert_eq!(cache.get(key(1)).await.unwrap(), "black hair");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_old_is_read_after_it_was_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let cache = on_disk(folder.path()).await;
    let names = from(&["bible/MAYA"]);
    let barrier = Arc::new(Barrier::new(4));
    for round in 0..60_u8 {
        let make = move |n: u8| async move { Ok::<_, Infallible>(Bytes::from(vec![n; 600])) };
        cache
            .get_or_make(key(1), &names, || make(round))
            .await
            .unwrap();
        cache.flush().await;
        // From disk, so that what is read is on its way into memory when it is dropped.
        cache.remove(key(1)).await;
        cache.put(key(1), vec![round; 600].into(), &names).await;
        let readers = (0..3).map(|_| {
            let (cache, barrier) = (cache.clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                cache.get(key(1)).await
            })
        });
        let readers: Vec<_> = readers.collect();
        barrier.wait().await;
        cache.invalidate(&names[0]).await;
        assert_eq!(cache.get(key(1)).await, None, "round {round}");
        for got in join_all(readers).await {
            let got = got.unwrap();
            assert!(got.is_none_or(|it| it == vec![round; 600]));
        }
        assert_eq!(
            cache.get(key(1)).await,
            None,
            "round {round}, after all have read"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_find_whole_entries_while_others_are_driven_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(Some(folder.path()), None);
    options.memory_bytes_max = 1;
    options.disk.as_mut().unwrap().bytes_max = 100_000;
    let cache = Cache::open(options).unwrap();
    let tasks = (0..8_usize).map(|task| {
        let cache = cache.clone();
        tokio::spawn(async move {
            for round in 0..60 {
                let n = (task * 31 + round * 7) % 20;
                let make = move || async move { Ok::<_, Infallible>(noise(n as u8, 9_000).into()) };
                let got = cache.get_or_make(key(n), &[], make).await.unwrap();
                assert_eq!(got, noise(n as u8, 9_000));
            }
        })
    });
    for task in join_all(tasks.collect::<Vec<_>>()).await {
        task.unwrap();
    }
    cache.flush().await;
    let disk = cache.stats().disk.unwrap();
    assert!(disk.evictions > 0 && disk.bytes <= 100_000, "{disk:?}");
    assert_eq!(
        (disk.damaged, disk.errors),
        (0, 0),
        "an entry that goes is not damaged"
    );
}

/// On one thread, so that it is canceled before it begins.
#[tokio::test]
async fn preloading_brings_into_memory_and_can_be_canceled() {
    let folder = tempfile::tempdir().unwrap();
    let cache = on_disk(folder.path()).await;
    for n in 0..20 {
        cache.put(key(n), noise(n as u8, 1_000).into(), &[]).await;
    }
    cache.flush().await;
    drop(cache);
    let cache = on_disk(folder.path()).await;
    cache.get(key(0)).await.unwrap();
    let came = cache.preload((0..22).map(key).collect()).done().await;
    assert_eq!(
        (came.loaded, came.there, came.missing, came.left_out),
        (19, 1, 2, 0)
    );
    let misses = cache.stats().memory.misses;
    for n in 0..20 {
        assert_eq!(cache.get(key(n)).await.unwrap(), noise(n as u8, 1_000));
    }
    assert_eq!(cache.stats().memory.misses, misses);
    let canceled = cache.preload((100..900).map(key).collect());
    canceled.cancel();
    let came = canceled.done().await;
    assert_eq!(came.left_out, 800);
    let came = cache.preload(
        (0..storycore_cache::PRELOAD_KEYS_MAX + 5)
            .map(key)
            .collect(),
    );
    assert_eq!(came.done().await.left_out, 5);
}
