//! JSON-RPC over HTTP: jsonrpsee reads the request, our dispatch answers it.
//!
//! jsonrpsee takes the body apart within our limits and hands us typed calls. What it refuses
//! itself it words its own way; that is put into the words all transports use.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use futures::future::join_all;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use jsonrpsee::{
    BatchResponseBuilder, MethodResponse, ResponsePayload,
    core::middleware::{Batch, BatchEntry, Notification, RpcServiceT},
    server::{BatchRequestConfig, http::call_with_service},
    types::{ErrorObjectOwned, Id, Request},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use storycore_schema::{Error, ErrorKind, Limits};
use tokio_util::sync::CancellationToken;

use crate::{
    answers::Gathered,
    call::{Call, Client, Dispatch},
    session::{correlation::Correlation, message, run},
};

/// Answers the calls of one HTTP request.
#[derive(Clone)]
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

/// Marks a response as ours, through jsonrpsee.
#[derive(Clone, Copy)]
enum Answered {
    /// With a text.
    Text,
    /// Nobody asked for one.
    Nothing,
}

/// Answers a `POST` whose sender is known.
pub(crate) async fn respond(
    rpc: Rpc,
    request: http::Request<hyper::body::Incoming>,
) -> Response<Full<Bytes>> {
    let body_max = u32::try_from(rpc.limits.frame_bytes_max).unwrap_or(u32::MAX);
    let batch_max = u32::try_from(rpc.limits.batch_calls_max).unwrap_or(u32::MAX);
    let batches = BatchRequestConfig::Limit(batch_max);
    let response = call_with_service(request, batches, body_max, rpc.clone()).await;
    let (mut parts, body) = response.into_parts();
    // The body lies in memory already, so this neither waits nor fails.
    let text = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let text = match parts.extensions.remove::<Answered>() {
        Some(Answered::Text) => text,
        Some(Answered::Nothing) => {
            parts.status = StatusCode::NO_CONTENT;
            parts.headers.remove(header::CONTENT_TYPE);
            Bytes::new()
        }
        None => rpc.reword(parts.status, &text),
    };
    Response::from_parts(parts, Full::new(text))
}

impl Rpc {
    fn call(&self, method: String, params: Option<Box<RawValue>>, id: serde_json::Value) -> Call {
        Call {
            client: self.client.clone(),
            method,
            params,
            id,
            correlation_id: self.correlation.next(),
            cancel: CancellationToken::new(),
        }
    }

    async fn answer(self, request: Request<'_>, gathered: Option<Arc<Gathered>>) -> MethodResponse {
        let Request {
            id, method, params, ..
        } = request;
        // An id is a null, a number or a string, which all serialize.
        let value = serde_json::to_value(&id).unwrap_or_default();
        let call = self.call(method.into_owned(), params.map(Cow::into_owned), value);
        let correlation_id = call.correlation_id.clone();
        let outcome = run::finish(&*self.dispatch, call).await;
        let outcome = match gathered {
            Some(gathered) => gathered.take(outcome),
            None => outcome,
        };
        match outcome {
            Ok(reply) => {
                let payload = ResponsePayload::success(reply.body);
                let response = MethodResponse::response(id, payload, usize::MAX);
                if let Some(after) = reply.after {
                    after();
                }
                response
            }
            Err(error) => refuse(id, &error, &correlation_id),
        }
    }

    async fn hear(self, method: String, params: Option<Box<RawValue>>) {
        let call = self.call(method, params, serde_json::Value::Null);
        let correlation_id = call.correlation_id.clone();
        if let Err(error) = run::finish(&*self.dispatch, call).await {
            tracing::debug!(%correlation_id, %error, "a notification failed");
        }
    }

    /// Puts a refusal of jsonrpsee's into our words.
    fn reword(&self, status: StatusCode, text: &[u8]) -> Bytes {
        #[derive(Deserialize)]
        struct Refused {
            #[serde(default)]
            id: serde_json::Value,
            error: Code,
        }
        #[derive(Deserialize)]
        struct Code {
            code: i32,
        }
        let refused: Option<Refused> = serde_json::from_slice(text).ok();
        let (id, code) = refused.map_or_else(Default::default, |it| (it.id, it.error.code));
        let limits = &self.limits;
        let error = if status == StatusCode::PAYLOAD_TOO_LARGE {
            let max = limits.frame_bytes_max;
            Error::resource_exhausted(format!(
                "the body is longer than the limit frame_bytes_max of {max} bytes"
            ))
            .hint("send less at once, or raise frame_bytes_max in daemon.toml")
        } else if code == jsonrpsee::types::error::TOO_BIG_BATCH_REQUEST_CODE {
            message::batch_too_long(None, limits.batch_calls_max)
        } else if code == ErrorKind::Parse.code() {
            message::malformed(&"the body is no JSON object or array")
        } else {
            message::invalid("the body is no JSON-RPC 2.0 request")
        };
        message::error_text(&message::Id::from(id), &error, &self.correlation.next())
    }
}

impl RpcServiceT for Rpc {
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let rpc = self.clone();
        async move { mark(rpc.answer(request, None).await, Answered::Text) }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let rpc = self.clone();
        async move {
            let empty = batch.is_empty();
            let gathered = rpc.client.answers.gather();
            let members = batch.into_iter().map(|member| {
                let (rpc, gathered) = (rpc.clone(), gathered.clone());
                async move {
                    match member {
                        Ok(BatchEntry::Call(request)) => {
                            Some(rpc.answer(request, Some(gathered)).await)
                        }
                        Ok(BatchEntry::Notification(it)) => {
                            let params = it.params.map(Cow::into_owned);
                            rpc.hear(it.method.into_owned(), params).await;
                            None
                        }
                        Err(refused) => {
                            let (_, id) = refused.into_parts();
                            let error = message::invalid("a member of the batch is no request");
                            Some(refuse(id, &error, &rpc.correlation.next()))
                        }
                    }
                }
            });
            let answers: Vec<_> = join_all(members).await.into_iter().flatten().collect();
            if answers.is_empty() && !empty {
                return mark(MethodResponse::notification(), Answered::Nothing);
            }
            let mut text = BatchResponseBuilder::new_with_limit(usize::MAX);
            for answer in answers {
                if let Err(too_long) = text.append(answer) {
                    return too_long;
                }
            }
            let response = MethodResponse::from_batch(text.finish());
            // An empty batch is refused by jsonrpsee here.
            if empty {
                response
            } else {
                mark(response, Answered::Text)
            }
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        let rpc = self.clone();
        async move {
            let params = notification.params.map(Cow::into_owned);
            rpc.hear(notification.method.into_owned(), params).await;
            mark(MethodResponse::notification(), Answered::Nothing)
        }
    }
}

fn refuse(id: Id<'_>, error: &Error, correlation_id: &str) -> MethodResponse {
    let object = error.to_object(Some(correlation_id));
    let object = ErrorObjectOwned::owned(object.code, object.message, Some(object.data));
    MethodResponse::error(id, object)
}

fn mark(mut response: MethodResponse, answered: Answered) -> MethodResponse {
    response.extensions_mut().insert(answered);
    response
}
