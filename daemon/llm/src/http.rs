//! One provider over HTTP: a question and the answer as it comes, bounded in time and bytes.

use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode};
use reqwest::{Client, Response, redirect};
use serde_json::Value;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Event, Events, tell},
    error::{Error, ErrorKind, excerpt},
    frames::{Frames, Framing},
    provider::{Base, Provider, Timeouts},
    refusal,
    secret::Secret,
    wire::{self, Ask, Listed, Reading, Wire},
};

/// The most bytes of an error that are read.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// The most bytes of a list of models.
const LIST_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The longest answer, in bytes of text. One that has more does not end.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// A failed request: the error, and what only this provider's way of speaking can use.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The status, if it was one that failed.
    pub(crate) status: Option<u16>,
    /// A parameter that the provider does not take.
    pub(crate) refused_parameter: Option<&'static str>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure {
            error,
            status: None,
            refused_parameter: None,
        }
    }
}

/// What came of a question, also when it failed half-way.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) reading: Reading,
    /// Whether the provider began to work: then it may charge for it.
    pub(crate) was_begun: bool,
    /// From the first piece of the answer to the last, in milliseconds; 0 if it came at once.
    pub(crate) writing_ms: u64,
}

/// The way to one provider.
pub(crate) struct Http {
    client: Client,
    base: Base,
    headers: HeaderMap,
    key: Option<Secret>,
    timeouts: Timeouts,
    wire: &'static dyn Wire,
}

impl Http {
    pub(crate) fn new(provider: &Provider) -> Result<Http, Error> {
        let base = provider.base()?;
        let wire = wire::of(provider.kind);
        let headers = wire
            .headers(provider.key.as_ref())
            .map_err(|it| it.of(&provider.name))?;
        // Who comes first decides; ring is what the whole daemon uses.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("storycore/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_millis(provider.timeouts.connect_ms))
            // A key must not follow to another machine.
            .redirect(redirect::Policy::none());
        if base.is_local {
            builder = builder.no_proxy();
        }
        if base.is_plain {
            // The system's certificates are not needed, and may not be there.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| {
            Error::new(
                ErrorKind::Misconfigured,
                format!("no HTTP client: {}", chain(&error)),
            )
            .hint("are the system's CA certificates installed?")
            .of(&provider.name)
        })?;
        Ok(Http {
            client,
            base,
            headers,
            key: provider.key.clone(),
            timeouts: provider.timeouts,
            wire,
        })
    }

    /// Asks, tells the pieces of the answer as they come, and reads it to its end. Canceling closes
    /// the connection, on which servers stop to work.
    pub(crate) async fn ask(
        &self,
        ask: &Ask<'_>,
        events: Option<&Events>,
        cancel: &CancellationToken,
        heard: &mut Heard,
    ) -> Result<(), Failure> {
        let total_ms = self.timeouts.total_ms;
        let whole = timeout(
            Duration::from_millis(total_ms),
            self.talk(ask, events, heard),
        );
        let outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::canceled().into()),
            done = whole => done.unwrap_or_else(|_| {
                Err(stalled(&format!("no whole answer within {total_ms} ms")).into())
            }),
        };
        outcome.map_err(|mut failure| {
            failure.error.message = self.without_key(&failure.error.message);
            failure
        })
    }

    /// A text that came from outside: what is told and written down never holds the key.
    fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) => text.replace(key.expose(), "***"),
            None => text.to_owned(),
        }
    }

    async fn talk(
        &self,
        ask: &Ask<'_>,
        events: Option<&Events>,
        heard: &mut Heard,
    ) -> Result<(), Failure> {
        let body = self.wire.body(ask);
        let mut response = self
            .post(self.wire.path(), &body, self.timeouts.first_byte_ms)
            .await?;
        heard.was_begun = true;
        let outcome = match framing(&response, self.wire)? {
            None => self.read_whole(&mut response, &mut heard.reading).await,
            Some(framing) => {
                let mut frames = Frames::new(framing);
                self.read_stream(&mut response, &mut frames, events, &mut heard.reading)
                    .await
            }
        };
        let writing = heard.reading.begun.map(|it| it.elapsed().as_millis());
        heard.writing_ms = writing.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
        outcome?;
        if !ask.request.stream {
            tell(
                events,
                Event::Delta {
                    text: heard.reading.text.clone(),
                },
            )
            .await;
        }
        Ok(())
    }

    async fn read_stream(
        &self,
        response: &mut Response,
        frames: &mut Frames,
        events: Option<&Events>,
        reading: &mut Reading,
    ) -> Result<(), Error> {
        while !reading.is_ended {
            let bytes = match self.next_bytes(response, self.timeouts.idle_ms).await {
                // A finished answer is one, however its connection ends.
                Err(_) if reading.finish.is_some() => break,
                bytes => bytes?,
            };
            let whole = match &bytes {
                Some(bytes) => frames.feed(bytes)?,
                None => frames.end()?,
            };
            for frame in whole {
                let n_before = reading.text.len();
                self.read_frame(&frame, reading)?;
                if !reading.text.is_empty() {
                    reading.begun.get_or_insert_with(Instant::now);
                }
                if let Some(piece) = reading.text.get(n_before..).filter(|it| !it.is_empty()) {
                    tell(
                        events,
                        Event::Delta {
                            text: piece.to_owned(),
                        },
                    )
                    .await;
                }
                refuse_endless(&reading.text)?;
            }
            if bytes.is_none() {
                break;
            }
        }
        if reading.finish.is_none() && reading.refused.is_none() {
            return Err(Error::new(
                ErrorKind::Unreachable,
                "the connection ended before the answer did",
            ));
        }
        Ok(())
    }

    fn read_frame(&self, frame: &str, reading: &mut Reading) -> Result<(), Error> {
        match frame.trim() {
            "" => Ok(()),
            "[DONE]" => {
                reading.is_ended = true;
                Ok(())
            }
            text => self.wire.read(&json(text.as_bytes())?, reading),
        }
    }

    async fn read_whole(
        &self,
        response: &mut Response,
        reading: &mut Reading,
    ) -> Result<(), Error> {
        let body = self.body(response, 2 * ANSWER_BYTES_MAX).await?;
        self.wire.read_whole(&json(&body)?, reading)?;
        refuse_endless(&reading.text)
    }

    /// The models that the server lists.
    pub(crate) async fn models(&self) -> Result<Listed, Failure> {
        let url = format!("{}{}", self.base.text, self.wire.models_path());
        let request = self.client.get(url).headers(self.headers.clone());
        let mut response = self.send(request, self.timeouts.probe_ms).await?;
        framing(&response, self.wire)?;
        let body = self.body(&mut response, LIST_BYTES_MAX).await?;
        Ok(self.wire.models(&json(&body)?))
    }

    /// Sends JSON to a path of the server's root and reads the answer, both small.
    pub(crate) async fn call(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let mut response = self.post(path, body, self.timeouts.idle_ms).await?;
        let body = self.body(&mut response, ERROR_BYTES_MAX).await?;
        Ok(json(&body)?)
    }

    async fn post(&self, path: &str, body: &Value, wait_ms: u64) -> Result<Response, Failure> {
        // `/v1` belongs to the paths of questions; what a server does with itself stands beside it.
        let base = match path {
            "/models/unload" => self.base.text.trim_end_matches("/v1"),
            _ => &self.base.text,
        };
        let request = self
            .client
            .post(format!("{base}{path}"))
            .headers(self.headers.clone())
            .header("content-type", "application/json")
            .header(
                "accept",
                "text/event-stream, application/x-ndjson, application/json",
            )
            .body(body.to_string());
        self.send(request, wait_ms).await
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        wait_ms: u64,
    ) -> Result<Response, Failure> {
        let sent = timeout(Duration::from_millis(wait_ms), request.send()).await;
        let mut response = sent
            .map_err(|_| stalled(&format!("no answer within {wait_ms} ms")))?
            .map_err(|error| unreachable(&error))?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let headers = response.headers().clone();
        // What broke off in the middle still says what is wrong.
        let mut body = Vec::new();
        let _ = self.fill(&mut response, &mut body, ERROR_BYTES_MAX).await;
        let body = self.without_key(&String::from_utf8_lossy(&body));
        let error = refusal::of_status(status, &headers, &body);
        let refused = serde_json::from_str(&body).ok();
        Err(Failure {
            error,
            status: Some(status.as_u16()),
            refused_parameter: refused.as_ref().and_then(refusal::refused_parameter),
        })
    }

    async fn body(&self, response: &mut Response, bytes_max: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        self.fill(response, &mut body, bytes_max).await?;
        Ok(body)
    }

    async fn fill(
        &self,
        response: &mut Response,
        body: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<(), Error> {
        while let Some(bytes) = self.next_bytes(response, self.timeouts.idle_ms).await? {
            if body.len() + bytes.len() > bytes_max {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    format!("it sends more than {bytes_max} bytes at once"),
                ));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(())
    }

    async fn next_bytes(
        &self,
        response: &mut Response,
        wait_ms: u64,
    ) -> Result<Option<bytes::Bytes>, Error> {
        timeout(Duration::from_millis(wait_ms), response.chunk())
            .await
            .map_err(|_| stalled(&format!("nothing came for {wait_ms} ms")))?
            .map_err(|error| unreachable(&error))
    }
}

/// How the answer is cut; `None` if it comes at once, also where a stream was asked for.
fn framing(response: &Response, wire: &dyn Wire) -> Result<Option<Framing>, Error> {
    let header = response
        .headers()
        .get("content-type")
        .and_then(|it| it.to_str().ok());
    let kind = header
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    match kind.to_ascii_lowercase().as_str() {
        "application/json" => Ok(None),
        "text/event-stream" => Ok(Some(Framing::Events)),
        "application/x-ndjson" => Ok(Some(Framing::Lines)),
        "text/html" => Err(Error::new(ErrorKind::Server, "it answers with a web page")
            .hint("is it the right address and port?")),
        _ => Ok(Some(wire.framing())),
    }
}

fn refuse_endless(text: &str) -> Result<(), Error> {
    if text.len() <= ANSWER_BYTES_MAX {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TooLarge,
        format!("the answer does not end: more than {ANSWER_BYTES_MAX} bytes"),
    ))
}

fn json(bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes).map_err(|_| {
        let text = excerpt(&String::from_utf8_lossy(bytes));
        Error::new(
            ErrorKind::Server,
            format!("it answers with what is no JSON: {text}"),
        )
        .hint("is it the right address, port and kind of provider?")
    })
}

fn stalled(message: &str) -> Error {
    Error::new(ErrorKind::Unreachable, message)
}

fn unreachable(error: &reqwest::Error) -> Error {
    let what = if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    Error::new(ErrorKind::Unreachable, format!("{what}: {}", chain(error)))
        .hint("is the server running, and is its address right?")
}

/// The innermost reason, without addresses, which may hold what is private.
fn chain(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    excerpt(&inner.to_string())
}
