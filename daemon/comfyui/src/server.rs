//! One server over HTTP: each call once, with a time and a size that it may take.
//!
//! Nothing here is tried again and nothing is remembered; [`crate::run`] and [`crate::Pool`] do
//! that.

use std::{fmt, sync::Arc, sync::Once};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Certificate, Client, Method, RequestBuilder, Response, StatusCode, Url, header, redirect,
};
use serde_json::{Map, Value, json};
use tracing::debug;

use crate::{
    Auth, Error, Graph, NodeInfos, ServerOptions,
    error::{node_problems, refusal, shown},
    graph::NodeId,
};

mod answer;
mod files;
mod socket;
#[cfg(test)]
mod tests;

pub use answer::{Device, Entry, Failure, Outcome, Queue, Queued, Stats};
pub use files::{Content, Fetched, Upload, Uploaded};
pub(crate) use socket::{Message, Socket};

/// The name of a run, chosen by us: a UUID in small letters, which is all that 0.33 takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromptId(pub String);

impl PromptId {
    /// One that nobody has used.
    pub fn fresh() -> PromptId {
        PromptId(uuid::Uuid::new_v4().hyphenated().to_string())
    }
}

impl fmt::Display for PromptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A way to one server. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Server {
    options: Arc<ServerOptions>,
    client: Client,
    base: Url,
}

/// A graph that a server has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Outputs that it will not run, while it runs the others: it answers 200 all the same.
    pub left_out: Vec<NodeId>,
    /// Why.
    pub refusal: Option<Value>,
}

impl Server {
    /// Reads the options; connects to nobody.
    pub fn new(options: ServerOptions) -> Result<Server, Error> {
        let wrong = |why: String| Error::Setting {
            server: options.name.clone(),
            why,
        };
        let client = client(&options)?;
        let example = "such as http://127.0.0.1:8188";
        let mut base = Url::parse(options.url.trim()).map_err(|it| {
            wrong(format!(
                "url `{}`: {it}; it has to be {example}",
                options.url
            ))
        })?;
        if !["http", "https"].contains(&base.scheme()) || base.host_str().is_none() {
            return Err(wrong(format!("url `{}` has to be {example}", options.url)));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("its url has a password in it: set it as auth".into()));
        }
        // Without it, joining would replace the last part of the path.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        base.set_query(None);
        base.set_fragment(None);
        Ok(Server {
            options: Arc::new(options),
            client,
            base,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// How it is reached.
    pub fn options(&self) -> &ServerOptions {
        &self.options
    }

    /// What it is and what it runs on.
    pub async fn system_stats(&self) -> Result<Stats, Error> {
        let value = self.json(self.get("system_stats")).await?;
        answer::stats(&value).ok_or_else(|| self.odd("/system_stats names no version"))
    }

    /// Its nodes, and the bytes that said so.
    pub async fn object_info(&self) -> Result<(NodeInfos, Bytes), Error> {
        let limit = self.options.limits.object_info_bytes_max;
        let request = self.get("object_info");
        let bytes = self.bytes(request, "object_info_bytes_max", limit).await?;
        let infos = NodeInfos::parse(&bytes)
            .map_err(|it| self.odd(&format!("/object_info is no list of nodes: {it}")))?;
        Ok((infos, bytes))
    }

    /// What runs and what waits there, of everybody.
    pub async fn queue(&self) -> Result<Queue, Error> {
        let value = self.json(self.get("queue")).await?;
        answer::queue(&value).ok_or_else(|| self.odd("/queue has no queue_running"))
    }

    /// What became of a run; none for one that is not over, or that is not known.
    pub async fn history(&self, id: &PromptId) -> Result<Option<Entry>, Error> {
        let value = self.json(self.get(&format!("history/{id}"))).await?;
        answer::entry(&value, id).ok_or_else(|| self.odd("/history is no object"))
    }

    /// Hands in a graph. After an error that [`Error::is_transient`], it may have been taken all
    /// the same: look at the queue and the history before handing it in again, for a server runs
    /// the same id twice.
    ///
    /// `extra` comes back in queue and history. The events of the run go to the socket of `client`;
    /// without one, 0.3.75 forgets the outputs of a run that it has in its cache.
    pub async fn submit(
        &self,
        graph: &Graph,
        id: &PromptId,
        client: &str,
        extra: &Map<String, Value>,
    ) -> Result<Accepted, Error> {
        let body = json!({
            "prompt": graph.to_json(),
            "prompt_id": id.0,
            "client_id": client,
            "extra_data": extra,
        });
        let response = self.send(self.post("prompt", &body)).await?;
        let status = response.status();
        if status != StatusCode::OK && status != StatusCode::BAD_REQUEST {
            return Err(self.unexpected("prompt", status));
        }
        let limit = self.options.limits.answer_bytes_max;
        let bytes = self.read(response, "answer_bytes_max", limit).await?;
        let answer = self.parse("prompt", &bytes)?;
        if status == StatusCode::BAD_REQUEST {
            if answer.get("error").is_none() {
                return Err(self.odd("/prompt answers 400 and no error"));
            }
            return Err(refusal(self.name(), graph, &answer));
        }
        if answer.get("prompt_id").and_then(Value::as_str) != Some(&id.0) {
            return Err(self.odd("/prompt answers with another prompt_id than ours"));
        }
        Ok(accepted(graph, answer))
    }

    /// Takes a run out of the queue, if it waits there.
    pub async fn delete(&self, id: &PromptId) -> Result<(), Error> {
        self.done(self.post("queue", &json!({ "delete": [id.0] })))
            .await
    }

    /// Stops a run, if it is the one that runs. Servers before 0.3.56 stop whoever runs: look at
    /// the queue first.
    pub async fn interrupt(&self, id: &PromptId) -> Result<(), Error> {
        self.done(self.post("interrupt", &json!({ "prompt_id": id.0 })))
            .await
    }

    /// Empties its cache, and unloads its models if asked. It does so before its next run, or soon.
    pub async fn free(&self, unload_models: bool) -> Result<(), Error> {
        let body = json!({ "unload_models": unload_models, "free_memory": true });
        self.done(self.post("free", &body)).await
    }

    fn url(&self, path: &str) -> Url {
        // Our own paths always join.
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    fn get(&self, path: &str) -> RequestBuilder {
        let answer_max = self.options.times.answer_max;
        self.request(Method::GET, path).timeout(answer_max)
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path)
            .timeout(self.options.times.answer_max)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|it| self.unreachable(&it))?;
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Error::Refused {
                server: self.name().to_owned(),
                status: status.as_u16(),
            }),
            // A proxy says so of a server behind it that is not there.
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Err(Error::Unreachable {
                server: self.name().to_owned(),
                why: format!("a proxy before it answers {status}"),
                is_down: status != StatusCode::GATEWAY_TIMEOUT,
            }),
            _ => Ok(response),
        }
    }

    async fn done(&self, request: RequestBuilder) -> Result<(), Error> {
        let response = self.send(request).await?;
        match response.status().is_success() {
            true => Ok(()),
            false => Err(self.unexpected(response.url().path(), response.status())),
        }
    }

    async fn json(&self, request: RequestBuilder) -> Result<Value, Error> {
        let limit = self.options.limits.answer_bytes_max;
        let bytes = self.bytes(request, "answer_bytes_max", limit).await?;
        self.parse("an answer", &bytes)
    }

    async fn bytes(
        &self,
        request: RequestBuilder,
        limit: &'static str,
        bytes_max: u64,
    ) -> Result<Bytes, Error> {
        let response = self.send(request).await?;
        if !response.status().is_success() {
            return Err(self.unexpected(response.url().path(), response.status()));
        }
        self.read(response, limit, bytes_max).await
    }

    /// Reads what comes, up to a limit: a server may say any length, or none, and send on.
    async fn read(
        &self,
        mut response: Response,
        limit: &'static str,
        bytes_max: u64,
    ) -> Result<Bytes, Error> {
        let path = response.url().path().to_owned();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|it| self.unreachable(&it))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > bytes_max {
                return Err(Error::TooLarge {
                    what: format!("{path} of {}", self.name()),
                    bytes: bytes.len() as u64,
                    limit,
                    bytes_max,
                });
            }
        }
        Ok(bytes.freeze())
    }

    fn parse(&self, what: &str, bytes: &[u8]) -> Result<Value, Error> {
        serde_json::from_slice(bytes).map_err(|_| {
            let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
            self.odd(&format!("{what} is no JSON: `{}`", shown(&begin)))
        })
    }

    fn odd(&self, why: &str) -> Error {
        Error::NotComfyui {
            server: self.name().to_owned(),
            why: why.to_owned(),
        }
    }

    fn unexpected(&self, path: &str, status: StatusCode) -> Error {
        match status.is_redirection() {
            true => self.odd(&format!("{path} answers {status}: is a login before it?")),
            false => self.odd(&format!("{path} answers {status}")),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        debug!(server = self.name(), ?error, "a request failed");
        Error::Unreachable {
            server: self.name().to_owned(),
            why: cause(error),
            is_down: error.is_connect() && !error.is_timeout(),
        }
    }
}

/// The innermost reason, which is what a person can do something about.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    shown(&cause.to_string())
}

/// Outputs that are missing from what was taken.
fn accepted(graph: &Graph, answer: Value) -> Accepted {
    let errors = answer.get("node_errors");
    if node_problems(graph, errors).is_empty() {
        return Accepted {
            left_out: Vec::new(),
            refusal: None,
        };
    }
    let by_node = errors.and_then(Value::as_object).into_iter().flatten();
    let outputs = by_node.filter_map(|(_, it)| it.get("dependent_outputs")?.as_array());
    let ids = outputs.flatten().filter_map(Value::as_str);
    Accepted {
        left_out: ids.map(NodeId::from).collect(),
        refusal: Some(answer),
    }
}

fn client(options: &ServerOptions) -> Result<Client, Error> {
    static CRYPTOGRAPHY: Once = Once::new();
    // What the process has installed before us, if anything, is as good.
    CRYPTOGRAPHY.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let wrong = |why: String| Error::Setting {
        server: options.name.clone(),
        why,
    };
    let mut builder = Client::builder()
        .connect_timeout(options.times.connect_max)
        .default_headers(auth_headers(options)?)
        // A page to log in at is no answer, and what we send is for this server alone.
        .redirect(redirect::Policy::none())
        // Servers may close a connection that has been idle for 75 s or less.
        .pool_idle_timeout(std::time::Duration::from_secs(15))
        .tcp_nodelay(true);
    if let Some(pem) = &options.extra_roots_pem {
        let roots = Certificate::from_pem_bundle(pem)
            .map_err(|it| wrong(format!("its certificates cannot be read as PEM: {it}")))?;
        if roots.is_empty() {
            return Err(wrong("there is no certificate in its PEM".to_owned()));
        }
        builder = builder.tls_certs_merge(roots);
    }
    builder.build().map_err(|it| wrong(cause(&it)))
}

fn auth_headers(options: &ServerOptions) -> Result<header::HeaderMap, Error> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let text = match &options.auth {
        Auth::None => return Ok(header::HeaderMap::new()),
        Auth::Basic { user, password } => {
            format!(
                "Basic {}",
                STANDARD.encode(format!("{user}:{}", password.0))
            )
        }
        Auth::Bearer(token) => format!("Bearer {}", token.0),
    };
    let mut value = header::HeaderValue::from_str(&text).map_err(|_| Error::Setting {
        server: options.name.clone(),
        why: "its token has letters that no header can have".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok([(header::AUTHORIZATION, value)].into_iter().collect())
}
