//! The third tier: a bucket that several machines may share, as S3 speaks. It may fail in any way
//! it likes: that is a miss, and counted, and a server that keeps failing is left alone for a
//! while.
//!
//! Requests are signed in their query (AWS Signature Version 4, "presigned"), for a minute.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use reqwest::{Client, Response, StatusCode, redirect};
use rusty_s3::S3Action as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tracing::{debug, info, warn};

use crate::{
    breaker::Breaker,
    error::Error,
    key::Key,
    sealed::{self, OVERHEAD_BYTES_MAX, Opened},
    stats::{Count, NetworkStats},
};

mod options;

pub use options::{Credentials, S3Options, S3Timeouts};

use options::Place;

/// How long a signed request may be used.
const SIGNED_FOR: Duration = Duration::from_secs(60);
/// The most bytes of an error that are read.
const ERROR_BYTES_MAX: usize = 16 << 10;
/// What may wait to be sent, in KiB; more is not sent.
const WAITING_KIB_MAX: u32 = 32 << 10;
/// Objects that are sent at the same time.
const SENDS_MAX: usize = 2;

pub(crate) struct Network {
    client: Client,
    place: Place,
    options: S3Options,
    entry_bytes_max: u64,
    breaker: Mutex<Breaker>,
    began: Instant,
    waiting: Arc<Semaphore>,
    sends: Semaphore,
    last_error: Mutex<Option<String>>,
    hits: Count,
    misses: Count,
    sent: Count,
    skipped: Count,
    errors: Count,
    damaged: Count,
    bytes_in: Count,
    bytes_out: Count,
}

/// Room for one object on its way out.
pub(crate) struct Waiting {
    _room: OwnedSemaphorePermit,
}

enum Fetched {
    Found(Vec<u8>),
    Missing,
}

impl Network {
    pub(crate) fn new(options: S3Options, entry_bytes_max: u64) -> Result<Network, Error> {
        let place = options.place()?;
        // Who comes first decides; ring is what the whole daemon uses.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("storycore/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.timeouts.answer)
            // What is signed for one server is not for another.
            .redirect(redirect::Policy::none());
        if place.is_local {
            builder = builder.no_proxy();
        }
        if place.is_plain {
            // The system's certificates are not needed, and may not be there.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| {
            Error::new(format!("no HTTP client for the bucket: {}", chain(&error)))
                .hint("are the system's CA certificates installed?")
        })?;
        Ok(Network {
            client,
            place,
            breaker: Mutex::new(Breaker::new(options.rest)),
            options,
            entry_bytes_max,
            began: Instant::now(),
            waiting: Arc::new(Semaphore::new(WAITING_KIB_MAX as usize)),
            sends: Semaphore::new(SENDS_MAX),
            last_error: Mutex::default(),
            hits: Count::default(),
            misses: Count::default(),
            sent: Count::default(),
            skipped: Count::default(),
            errors: Count::default(),
            damaged: Count::default(),
            bytes_in: Count::default(),
            bytes_out: Count::default(),
        })
    }

    /// An entry, as it was sent or not at all; `is_wanted` looks at what is inside.
    pub(crate) async fn get(
        &self,
        key: Key,
        is_wanted: impl FnOnce(&Opened) -> bool,
    ) -> Option<Opened> {
        let found = self.find(key).await.filter(is_wanted);
        match found {
            Some(_) => self.hits.one(),
            None => self.misses.one(),
        }
        found
    }

    async fn find(&self, key: Key) -> Option<Opened> {
        if !self.admits() {
            return None;
        }
        let total = self.options.timeouts.total;
        let fetched = timeout(total, self.fetch(key)).await;
        match fetched.unwrap_or_else(|_| Err("it took too long".into())) {
            Ok(Fetched::Found(bytes)) => {
                self.bytes_in.add(bytes.len() as u64);
                match sealed::open(key, bytes, self.entry_bytes_max) {
                    Ok(opened) => {
                        self.went_well();
                        return Some(opened);
                    }
                    Err(damaged) => {
                        self.damaged.one();
                        self.failed(&format!("{key}: {}", damaged.0));
                    }
                }
            }
            Ok(Fetched::Missing) => self.went_well(),
            Err(error) => {
                self.errors.one();
                self.failed(&error);
            }
        }
        None
    }

    /// Room for an object to be sent; none if the server rests, or too much waits already.
    pub(crate) fn room_for(&self, bytes: usize) -> Option<Waiting> {
        let kib = u32::try_from(bytes / 1_024 + 1).unwrap_or(u32::MAX);
        let room = match self.is_resting() {
            true => None,
            false => self.waiting.clone().try_acquire_many_owned(kib).ok(),
        };
        if room.is_none() {
            self.skipped.one();
        }
        room.map(|_room| Waiting { _room })
    }

    /// Sends an entry.
    pub(crate) async fn put(&self, key: Key, sealed: Bytes, _waiting: Waiting) {
        let Ok(_turn) = self.sends.acquire().await else {
            return;
        };
        if !self.admits() {
            return;
        }
        let length = sealed.len() as u64;
        let sent = timeout(self.options.timeouts.total, self.send(key, sealed)).await;
        match sent.unwrap_or_else(|_| Err("it took too long".into())) {
            Ok(()) => {
                self.sent.one();
                self.bytes_out.add(length);
                self.went_well();
            }
            Err(error) => {
                self.errors.one();
                self.failed(&error);
            }
        }
    }

    /// Waits until all that waits is sent or given up.
    pub(crate) async fn flush(&self) {
        let _ = self.waiting.acquire_many(WAITING_KIB_MAX).await;
    }

    pub(crate) fn stats(&self) -> NetworkStats {
        let last_error = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        NetworkStats {
            hits: self.hits.get(),
            misses: self.misses.get(),
            sent: self.sent.get(),
            skipped: self.skipped.get(),
            errors: self.errors.get(),
            damaged: self.damaged.get(),
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            is_resting: self.is_resting(),
            last_error: last_error.clone(),
        }
    }

    async fn fetch(&self, key: Key) -> Result<Fetched, String> {
        let object = self.object(key);
        let action = self
            .place
            .bucket
            .get_object(Some(self.options.credentials.expose()), &object);
        let request = self.client.get(action.sign(SIGNED_FOR));
        let answered = timeout(self.options.timeouts.answer, request.send()).await;
        let response = answered
            .map_err(|_| "it does not answer".to_owned())?
            .map_err(|error| chain(&error.without_url()))?;
        if response.status() == StatusCode::OK {
            let bytes_max = self.entry_bytes_max.saturating_add(OVERHEAD_BYTES_MAX);
            let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
            return read(response, bytes_max).await.map(Fetched::Found);
        }
        match refusal(response).await {
            (StatusCode::NOT_FOUND, code) if code != "NoSuchBucket" => Ok(Fetched::Missing),
            (status, code) => Err(format!("it answered {} {code}", status.as_u16())),
        }
    }

    async fn send(&self, key: Key, sealed: Bytes) -> Result<(), String> {
        let object = self.object(key);
        let action = self
            .place
            .bucket
            .put_object(Some(self.options.credentials.expose()), &object);
        let request = self.client.put(action.sign(SIGNED_FOR)).body(sealed);
        let response = request
            .send()
            .await
            .map_err(|error| chain(&error.without_url()))?;
        if response.status().is_success() {
            return Ok(());
        }
        let (status, code) = refusal(response).await;
        Err(format!("it answered {} {code}", status.as_u16()))
    }

    /// Two letters make a folder for those who look at the bucket.
    fn object(&self, key: Key) -> String {
        let name = key.to_string();
        format!("{}{}/{name}", self.options.prefix, &name[..2])
    }

    fn admits(&self) -> bool {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let admits = breaker.admits(self.now_ms());
        if !admits {
            self.skipped.one();
        }
        admits
    }

    fn is_resting(&self) -> bool {
        let breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.is_resting(self.now_ms())
    }

    fn went_well(&self) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        if breaker.is_resting(self.now_ms()) {
            info!(
                bucket = self.options.bucket,
                "the bucket of the cache works again"
            );
        }
        breaker.went_well();
    }

    fn failed(&self, error: &str) {
        let mut last = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some(error.to_owned());
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = &self.options.bucket;
        match breaker.failed(self.now_ms()) {
            true => warn!(
                bucket,
                error, "the bucket of the cache is left alone for a while"
            ),
            false => debug!(bucket, error, "the bucket of the cache failed"),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// What a server that refuses says: its status, and S3's code if it speaks S3.
async fn refusal(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let text = read(response, ERROR_BYTES_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let code = text
        .split_once("<Code>")
        .and_then(|it| it.1.split_once("</Code>"));
    let code = code
        .map(|it| it.0)
        .filter(|it| it.len() <= 64 && it.bytes().all(|it| it.is_ascii_alphanumeric()));
    (status, code.unwrap_or("without a reason").to_owned())
}

async fn read(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|it| chain(&it.without_url()))?
    {
        if bytes.len() + piece.len() > bytes_max {
            return Err(format!("it sends more than {bytes_max} bytes"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// An error with its causes: reqwest's own says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
