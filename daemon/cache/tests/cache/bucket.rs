//! With a real server of buckets, rclone's, which checks every signature.

use std::{
    convert::Infallible,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use bytes::Bytes;
use storycore_cache::{Cache, Credentials, RestOptions, S3Options, S3Timeouts};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::stage::{from, key, noise, options, until};

const START: Duration = Duration::from_secs(30);
const RCLONE: &str = "STORYCORE_TEST_RCLONE";

/// A running server and its buckets, which are folders: `films` is one. It ends with this.
struct Server {
    process: Child,
    url: String,
    buckets: TempDir,
}

impl Server {
    async fn start() -> Server {
        let rclone = env::var_os(RCLONE)
            .unwrap_or_else(|| panic!("{RCLONE} is not set: `cargo xtask test` sets it"));
        let buckets = tempfile::tempdir().unwrap();
        fs::create_dir(buckets.path().join("films")).unwrap();
        let mut process = Command::new(rclone)
            .args([
                "serve",
                "s3",
                "--addr",
                "127.0.0.1:0",
                "--config",
                "/dev/null",
            ])
            .args(["--auth-key", "maya,seaside", "--vfs-cache-mode", "off"])
            .arg(buckets.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("Starting s3 server on [") {
                    return url.trim_end_matches("/]").to_owned();
                }
            }
            panic!("the server ended before it listened");
        };
        let url = timeout(START, listening).await.expect("it listens in time");
        // Whoever does not read what it says would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Server {
            process,
            url,
            buckets,
        }
    }

    fn options(&self) -> S3Options {
        S3Options {
            endpoint: self.url.clone(),
            bucket: "films".into(),
            region: "us-east-1".into(),
            prefix: "low tide/été+1/".into(),
            credentials: Credentials::new("maya", "seaside").unwrap(),
            timeouts: S3Timeouts::USUAL,
            rest: RestOptions {
                failures_max: 2,
                rest_ms: 50,
                rest_ms_max: 200,
            },
        }
    }

    fn object(&self, n: usize) -> PathBuf {
        let name = key(n).to_string();
        let folder = self.buckets.path().join("films/low tide/été+1");
        folder.join(&name[..2]).join(name)
    }
}

async fn with(s3: S3Options, folder: Option<&Path>) -> Cache {
    Cache::open(options(folder, Some(s3))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_machine_makes_another_finds() {
    let server = Server::start().await;
    let text = "INT. KITCHEN - NIGHT\n".repeat(1_000);
    let here = with(server.options(), None).await;
    let made = Bytes::from(text.clone());
    let make = || async { Ok::<_, Infallible>(made) };
    here.get_or_make(key(1), &from(&["bible/MAYA"]), make)
        .await
        .unwrap();
    here.put(key(2), Bytes::new(), &[]).await;
    here.put(key(3), noise(3, 3 << 20).into(), &[]).await;
    here.flush().await;
    let sent = here.stats().network.unwrap();
    assert_eq!((sent.sent, sent.errors, sent.misses), (3, 0, 1), "{sent:?}");
    assert!(
        fs::metadata(server.object(1)).unwrap().len() < 2_000,
        "it is packed"
    );

    let folder = tempfile::tempdir().unwrap();
    let there = with(server.options(), Some(folder.path())).await;
    let make = || async { Err::<Bytes, _>(std::fmt::Error) };
    let found = there.get_or_make(key(1), &[], make).await.unwrap();
    assert_eq!(found, text);
    assert_eq!(there.get(key(2)).await.unwrap(), "");
    assert_eq!(there.get(key(3)).await.unwrap(), noise(3, 3 << 20));
    assert_eq!(there.get(key(4)).await, None);
    let found = there.stats().network.unwrap();
    assert_eq!(
        (found.hits, found.misses, found.errors, found.sent),
        (3, 1, 0, 0),
        "{found:?}"
    );
    // From now on it is on that machine's disk, with what it was derived from.
    there.flush().await;
    assert_eq!(there.stats().disk.unwrap().entries, 3);
    let dropped = there.invalidate(&from(&["bible/MAYA"])[0]).await;
    assert_eq!((dropped.in_memory, dropped.on_disk), (1, 1));
    assert_eq!(
        there.get(key(1)).await,
        None,
        "what is in the bucket is older than that"
    );
    drop(there);
    let there = with(server.options(), Some(folder.path())).await;
    assert_eq!(there.get(key(1)).await, None, "also after a restart");
    there
        .put(key(1), "new".into(), &from(&["bible/MAYA"]))
        .await;
    there.flush().await;
    assert_eq!(
        with(server.options(), None)
            .await
            .get(key(1))
            .await
            .unwrap(),
        "new"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_exchanged_objects_are_misses_and_replaced() {
    let server = Server::start().await;
    let here = with(server.options(), None).await;
    for n in 1..4 {
        here.put(key(n), noise(n as u8, 4_000).into(), &[]).await;
    }
    here.flush().await;
    let mut bytes = fs::read(server.object(1)).unwrap();
    bytes[3_000] ^= 1;
    fs::write(server.object(1), bytes).unwrap();
    fs::copy(server.object(3), server.object(2)).unwrap();
    let there = with(server.options(), None).await;
    assert_eq!(there.get(key(1)).await, None);
    assert_eq!(there.get(key(3)).await.unwrap(), noise(3, 4_000));
    let make = || async { Ok::<_, Infallible>(noise(2, 4_000).into()) };
    there.get_or_make(key(2), &[], make).await.unwrap();
    there.flush().await;
    let stats = there.stats().network.unwrap();
    assert_eq!((stats.damaged, stats.sent), (2, 1), "{stats:?}");
    let third = with(server.options(), None).await;
    assert_eq!(third.get(key(2)).await.unwrap(), noise(2, 4_000));
}

/// A read is a miss, the error is counted and says what the server said, and what was to be made
/// is made.
async fn refused(s3: S3Options, says: &str) {
    let cache = with(s3, None).await;
    assert_eq!(cache.get(key(1)).await, None);
    let make = || async { Ok::<_, Infallible>(Bytes::from_static(b"made")) };
    assert_eq!(cache.get_or_make(key(2), &[], make).await.unwrap(), "made");
    cache.flush().await;
    let stats = cache.stats().network.unwrap();
    assert!(
        stats.errors >= 2 && stats.misses == 2 && stats.sent == 0,
        "{stats:?}"
    );
    let error = stats.last_error.unwrap();
    assert_eq!(error, says);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket_and_wrong_keys_are_misses_and_counted() {
    let server = Server::start().await;
    let mut missing = server.options();
    missing.bucket = "no-such-bucket".into();
    refused(missing, "it answered 404 NoSuchBucket").await;
    let mut wrong = server.options();
    wrong.credentials = Credentials::new("maya", "mountain").unwrap();
    refused(wrong, "it answered 403 SignatureDoesNotMatch").await;
    let mut unknown = server.options();
    unknown.credentials = Credentials::new("jonas", "seaside").unwrap();
    refused(unknown, "it answered 403 InvalidAccessKeyId").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_is_left_alone_and_found_again() {
    let mut server = Server::start().await;
    let cache = with(server.options(), None).await;
    cache.put(key(1), "kept".into(), &[]).await;
    cache.flush().await;
    server.process.kill().await.unwrap();
    for n in 10..30 {
        assert_eq!(cache.get(key(n)).await, None);
    }
    let stats = cache.stats().network.unwrap();
    assert!(stats.errors < 20 && stats.skipped > 0, "{stats:?}");
    assert_eq!(
        (stats.misses, stats.errors + stats.skipped),
        (20, 20),
        "{stats:?}"
    );
    // Another server takes its port.
    let address = server.url.strip_prefix("http://").unwrap();
    let rclone = env::var_os(RCLONE).unwrap();
    let _again = Command::new(rclone)
        .args(["serve", "s3", "--addr", address, "--config", "/dev/null"])
        .args(["--auth-key", "maya,seaside"])
        .arg(server.buckets.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    cache.remove(key(1)).await;
    let mut found = None;
    let began = std::time::Instant::now();
    while found.is_none() && began.elapsed() < START {
        found = cache.get(key(1)).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(found.unwrap(), "kept");
    until("it rests no more", || {
        !cache.stats().network.unwrap().is_resting
    })
    .await;
}
