//! A server of buckets as none should be: it stalls, sends without end, answers with a page, sends
//! elsewhere, or hangs up. Every read is a miss in a bounded time, and the server is left alone.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use storycore_cache::{Cache, Credentials, RestOptions, S3Options, S3Timeouts};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::stage::{key, options};

/// What the server does with each request.
#[derive(Debug, Clone, Copy)]
enum Act {
    Silence,
    Stall,
    Endless,
    Page,
    Elsewhere,
    HangUp,
    Noise,
}

async fn act(mut stream: TcpStream, act: Act) -> std::io::Result<()> {
    let mut request = [0; 4_096];
    let _ = stream.read(&mut request).await?;
    let answer: &[u8] = match act {
        Act::Silence => b"",
        Act::Stall => b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nSCC1",
        Act::Endless => b"HTTP/1.1 200 OK\r\n\r\n",
        Act::Page => {
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 15\r\n\r\n<html>Welcome</"
        }
        Act::Elsewhere => {
            b"HTTP/1.1 307 Over There\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\
              content-length: 0\r\n\r\n"
        }
        Act::HangUp => return Ok(()),
        Act::Noise => b"\x16\x03\x01 what\r\n\r\n",
    };
    stream.write_all(answer).await?;
    if matches!(act, Act::Endless) {
        loop {
            stream.write_all(&[7; 64 << 10]).await?;
        }
    }
    // Until the client goes.
    while stream.read(&mut request).await? > 0 {}
    Ok(())
}

async fn server(doing: Act) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(act(stream, doing));
        }
    });
    url
}

async fn misbehaving(doing: Act, says: &str) {
    let s3 = S3Options {
        endpoint: server(doing).await,
        bucket: "films".into(),
        region: "us-east-1".into(),
        prefix: String::new(),
        credentials: Credentials::new("maya", "seaside").unwrap(),
        timeouts: S3Timeouts {
            answer: Duration::from_millis(500),
            total: Duration::from_millis(800),
        },
        rest: RestOptions {
            failures_max: 2,
            rest_ms: 600_000,
            rest_ms_max: 600_000,
        },
    };
    let mut options = options(None, Some(s3));
    options.entry_bytes_max = 100_000;
    let cache = Cache::open(options).unwrap();
    let make = || async { Ok::<_, Infallible>(Bytes::from_static(b"made")) };
    assert_eq!(cache.get(key(0)).await, None);
    assert_eq!(cache.get(key(1)).await, None);
    for n in 2..50 {
        assert_eq!(cache.get_or_make(key(n), &[], make).await.unwrap(), "made");
    }
    cache.flush().await;
    let stats = cache.stats().network.unwrap();
    assert_eq!((stats.hits, stats.misses), (0, 50), "{doing:?}: {stats:?}");
    assert_eq!(stats.errors + stats.damaged, 2, "{doing:?}: {stats:?}");
    assert!(
        stats.is_resting && stats.skipped >= 48,
        "{doing:?}: {stats:?}"
    );
    let error = stats.last_error.unwrap();
    assert!(error.contains(says), "{doing:?}: {error}");
    assert!(
        !error.contains("Signature") && !error.contains("maya"),
        "{error}"
    );
}

#[tokio::test]
async fn whatever_the_server_does_a_read_is_a_miss() {
    misbehaving(Act::Silence, "does not answer").await;
    misbehaving(Act::Stall, "took too long").await;
    misbehaving(Act::Endless, "sends more than").await;
    misbehaving(Act::Page, "it is cut off").await;
    misbehaving(Act::Elsewhere, "it answered 307").await;
    misbehaving(Act::HangUp, "").await;
    misbehaving(Act::Noise, "").await;
}

#[tokio::test]
async fn options_without_sense_are_refused_at_the_start() {
    let s3 = S3Options {
        endpoint: "http://s3.example.com".into(),
        bucket: "films".into(),
        region: "us-east-1".into(),
        prefix: String::new(),
        credentials: Credentials::new("maya", "seaside").unwrap(),
        timeouts: S3Timeouts::USUAL,
        rest: RestOptions::USUAL,
    };
    let error = Cache::open(options(None, Some(s3))).err().unwrap();
    assert!(error.message.contains("http://s3.example.com"), "{error}");
}
