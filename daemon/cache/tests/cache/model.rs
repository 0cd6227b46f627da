//! Whatever is done in whatever order, the cache says what a simple map says.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    fs,
    path::Path,
};

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use storycore_cache::{Cache, CacheOptions, DiskOptions};

use crate::stage::{entries, from, key, on_disk, options};

const NAMES: [&str; 3] = ["bible/MAYA", "bible/JONAS", "style"];

#[derive(Debug, Clone)]
enum Step {
    Put {
        n: usize,
        bytes: Vec<u8>,
        names: BTreeSet<usize>,
    },
    Get {
        n: usize,
    },
    Make {
        n: usize,
        bytes: Vec<u8>,
        names: BTreeSet<usize>,
    },
    Fail {
        n: usize,
    },
    Invalidate {
        name: usize,
    },
    Remove {
        n: usize,
    },
    Clear,
    Reopen,
    Damage {
        which: prop::sample::Index,
        at: prop::sample::Index,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let n = 0..6_usize;
    let bytes = (vec(any::<u8>(), 0..200), 1..9_usize).prop_map(|(it, times)| it.repeat(times));
    let names = prop::collection::btree_set(0..NAMES.len(), 0..3);
    let made = (n.clone(), bytes, names);
    let index = any::<prop::sample::Index>;
    vec(
        prop_oneof![
            4 => made.clone().prop_map(|(n, bytes, names)| Step::Put { n, bytes, names }),
            4 => n.clone().prop_map(|n| Step::Get { n }),
            4 => made.prop_map(|(n, bytes, names)| Step::Make { n, bytes, names }),
            1 => n.clone().prop_map(|n| Step::Fail { n }),
            2 => (0..NAMES.len()).prop_map(|name| Step::Invalidate { name }),
            1 => n.prop_map(|n| Step::Remove { n }),
            1 => Just(Step::Clear),
            2 => Just(Step::Reopen),
            1 => (index(), index()).prop_map(|(which, at)| Step::Damage { which, at }),
        ],
        1..40,
    )
}

type Model = BTreeMap<usize, (Vec<u8>, BTreeSet<usize>)>;

fn names(of: &BTreeSet<usize>) -> Vec<storycore_cache::Dependency> {
    from(&of.iter().map(|it| NAMES[*it]).collect::<Vec<_>>())
}

/// Closes the folder before it is opened again: two caches never share one.
async fn reopen(cache: Cache, folder: &Path) -> Cache {
    cache.flush().await;
    drop(cache);
    let reopened = on_disk(folder).await;
    assert!(
        reopened.stats().disk.is_some(),
        "nobody else holds the folder"
    );
    reopened
}

/// Another byte in one file, after which nobody remembers it from memory.
async fn damage(
    cache: Cache,
    folder: &Path,
    model: &mut Model,
    which: prop::sample::Index,
    at: prop::sample::Index,
) -> Cache {
    cache.flush().await;
    let files = entries(folder);
    if !files.is_empty() {
        let path = &files[which.index(files.len())];
        let mut bytes = fs::read(path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        model.retain(|n, _| !name.starts_with(&key(*n).to_string()));
    }
    reopen(cache, folder).await
}

async fn follow(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (mut cache, mut model) = (on_disk(folder).await, Model::new());
    for step in steps {
        match step {
            Step::Put {
                n,
                bytes,
                names: of,
            } => {
                cache.put(key(n), bytes.clone().into(), &names(&of)).await;
                model.insert(n, (bytes, of));
            }
            Step::Get { n } => {
                let kept = cache.get(key(n)).await;
                assert_eq!(kept.as_deref(), model.get(&n).map(|it| it.0.as_slice()));
            }
            Step::Make {
                n,
                bytes,
                names: of,
            } => {
                let made = bytes.clone();
                let make = move || async { Ok::<_, Infallible>(made.into()) };
                let got = cache.get_or_make(key(n), &names(&of), make).await.unwrap();
                let expected = model.entry(n).or_insert((bytes, of));
                assert_eq!(got, expected.0);
                cache.flush().await;
            }
            Step::Fail { n } => {
                let make = || async { Err::<Bytes, _>(std::fmt::Error) };
                let got = cache.get_or_make(key(n), &[], make).await.ok();
                assert_eq!(got.as_deref(), model.get(&n).map(|it| it.0.as_slice()));
            }
            Step::Invalidate { name } => {
                cache.invalidate(&from(&[NAMES[name]])[0]).await;
                model.retain(|_, it| !it.1.contains(&name));
            }
            Step::Remove { n } => {
                cache.remove(key(n)).await;
                model.remove(&n);
            }
            Step::Clear => {
                cache.clear().await;
                model.clear();
            }
            Step::Reopen => cache = reopen(cache, folder).await,
            Step::Damage { which, at } => {
                cache = damage(cache, folder, &mut model, which, at).await;
            }
        }
    }
    cache = reopen(cache, folder).await;
    for n in 0..6 {
        let kept = cache.get(key(n)).await;
        assert_eq!(kept.as_deref(), model.get(&n).map(|it| it.0.as_slice()));
    }
    let stats = cache.stats().disk.unwrap();
    assert_eq!(stats.entries, model.len() as u64);
    assert_eq!(entries(folder).len(), model.len(), "no file is left over");
}

/// With little room, what is there is still right, and never more than there may be.
async fn squeeze(lengths: Vec<(usize, usize)>) {
    let folder = tempfile::tempdir().unwrap();
    let options = CacheOptions {
        memory_bytes_max: 4_000,
        disk: Some(DiskOptions {
            folder: folder.path().into(),
            bytes_max: 10_000,
        }),
        ..options(None, None)
    };
    let cache = Cache::open(options).unwrap();
    let mut last = BTreeMap::new();
    for (n, length) in lengths {
        let bytes = crate::stage::noise(length as u8, length);
        cache.put(key(n), bytes.clone().into(), &[]).await;
        last.insert(n, bytes);
        let disk = cache.stats().disk.unwrap();
        let files = entries(folder.path());
        let on_disk = files.iter().map(|it| fs::metadata(it).unwrap().len());
        assert_eq!(on_disk.sum::<u64>(), disk.bytes);
        assert!(disk.bytes <= disk.bytes_max, "{disk:?}");
        assert!(cache.stats().memory.bytes <= 4_000);
        for (n, bytes) in &last {
            let kept = cache.get(key(*n)).await;
            assert!(kept.is_none_or(|it| it == bytes));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn it_is_a_map(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follow(steps));
    }

    #[test]
    fn it_keeps_to_its_limits(lengths in vec((0..12_usize, 0..6_000_usize), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(squeeze(lengths));
    }
}
