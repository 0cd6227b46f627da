//! JSON-RPC over HTTP: jsonrpsee reads the body within our limits, then what it says is taken apart
//! and answered as on every other transport.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use jsonrpsee::core::http_helpers::{HttpError, read_body};
use storycore_schema::{Error, Limits};
use tokio_util::sync::CancellationToken;

use crate::{
    answers::Gathered,
    call::{Call, Client, Dispatch},
    session::{
        correlation::Correlation,
        message::{self, Entry, Id, Invocation, Message},
        run,
    },
};

/// Answers the calls of one HTTP request.
pub(crate) struct Rpc {
    /// Where requests go.
    pub(crate) dispatch: Arc<dyn Dispatch>,
    /// Who asks.
    pub(crate) client: Arc<Client>,
    /// Names the requests.
    pub(crate) correlation: Arc<Correlation>,
    /// Bounds the body and the batch.
    pub(crate) limits: Arc<Limits>,
}

/// Answers a `POST` whose sender is known.
pub(crate) async fn respond(rpc: Rpc, request: http::Request<Incoming>) -> Response<Full<Bytes>> {
    let body_max = u32::try_from(rpc.limits.frame_bytes_max).unwrap_or(u32::MAX);
    let (parts, body) = request.into_parts();
    let (status, text) = match read_body(&parts.headers, body, body_max).await {
        Ok((body, _)) => (StatusCode::OK, rpc.answer_all(&body).await),
        Err(error) => {
            let (status, error) = rpc.unreadable(&error);
            (status, Some(rpc.refusal(&Id::null(), &error)))
        }
    };
    let Some(text) = text else {
        let mut nothing = Response::new(Full::default());
        *nothing.status_mut() = StatusCode::NO_CONTENT;
        return nothing;
    };
    let mut response = Response::new(Full::new(text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

impl Rpc {
    /// The text of the answer; none when nobody asked for one.
    async fn answer_all(&self, body: &[u8]) -> Option<Bytes> {
        match message::parse(body, self.limits.batch_calls_max) {
            Ok(Message::Single(entry)) => self.answer(entry, None).await,
            Ok(Message::Batch(entries)) => {
                let gathered = self.client.answers.gather();
                let answers = entries
                    .into_iter()
                    .map(|it| self.answer(it, Some(&gathered)));
                let answers: Vec<Bytes> = join_all(answers).await.into_iter().flatten().collect();
                message::batch_text(&answers)
            }
            Err(error) => Some(self.refusal(&Id::null(), &error)),
        }
    }

    async fn answer(&self, entry: Entry, gathered: Option<&Arc<Gathered>>) -> Option<Bytes> {
        match entry {
            Entry::Request(id, invocation) => {
                let call = self.call(invocation, id.value.clone());
                Some(self.finish(&id, call, gathered).await)
            }
            Entry::Notification(invocation) => {
                let call = self.call(invocation, serde_json::Value::Null);
                let correlation_id = call.correlation_id.clone();
                if let Err(error) = run::finish(&*self.dispatch, call).await {
                    tracing::debug!(%correlation_id, %error, "a notification failed");
                }
                None
            }
            Entry::Response(_) => None,
            Entry::Invalid(id, error) => Some(self.refusal(&id, &error)),
        }
    }

    async fn finish(&self, id: &Id, call: Call, gathered: Option<&Arc<Gathered>>) -> Bytes {
        let correlation_id = call.correlation_id.clone();
        let outcome = run::finish(&*self.dispatch, call).await;
        let outcome = match gathered {
            Some(gathered) => gathered.take(outcome),
            None => outcome,
        };
        match outcome {
            Ok(reply) => {
                let text = message::result_text(id, &reply.body);
                if let Some(after) = reply.after {
                    after();
                }
                text
            }
            Err(error) => message::error_text(id, &error, &correlation_id),
        }
    }

    pub(crate) fn call(&self, invocation: Invocation, id: serde_json::Value) -> Call {
        Call {
            client: self.client.clone(),
            method: invocation.method,
            params: invocation.params,
            id,
            correlation_id: self.correlation.next(),
            cancel: CancellationToken::new(),
        }
    }

    fn refusal(&self, id: &Id, error: &Error) -> Bytes {
        message::error_text(id, error, &self.correlation.next())
    }

    fn unreadable(&self, error: &HttpError) -> (StatusCode, Error) {
        match error {
            HttpError::TooLarge => {
                let max = self.limits.frame_bytes_max;
                let message =
                    format!("the body is longer than the limit frame_bytes_max of {max} bytes");
                let error = Error::resource_exhausted(message)
                    .hint("send less at once, or raise frame_bytes_max in daemon.toml");
                (StatusCode::PAYLOAD_TOO_LARGE, error)
            }
            HttpError::Malformed => {
                let error = message::malformed(&"the body is no JSON object or array");
                (StatusCode::BAD_REQUEST, error)
            }
            HttpError::Stream(error) => (
                StatusCode::BAD_REQUEST,
                message::malformed(&format!("the body broke off: {error}")),
            ),
        }
    }
}
