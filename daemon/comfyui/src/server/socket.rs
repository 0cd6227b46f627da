//! The socket of one run: what a server tells of it while it works. It is a hint, and may be
//! silent, deaf or gone at any time; what is true, the HTTP calls say.

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use reqwest::{StatusCode, Upgraded, header};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message as Frame,
        handshake::client::generate_key,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{PromptId, Server, answer};
use crate::{Error, event::ImageType, graph::NodeId};

/// What a server tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Message {
    /// The queue has changed; it is also the first message of every socket.
    Status,
    /// A run begins.
    Start(PromptId),
    /// Nodes whose results are there already.
    Cached(PromptId, Vec<NodeId>),
    /// A node begins, or, without a node, the run is over.
    Executing(Option<PromptId>, Option<NodeId>),
    /// How far a node is.
    Progress {
        /// The run; not all versions say.
        id: Option<PromptId>,
        /// The node.
        node: NodeId,
        /// How far.
        value: f64,
        /// Of what.
        max: f64,
    },
    /// A node is done.
    Executed(PromptId, NodeId),
    /// A run ended, well or not. Its place in the history may not be written yet.
    Ended(PromptId),
    /// A picture of what is being made.
    Preview {
        /// The run; only newer versions say.
        id: Option<PromptId>,
        /// The node; only newer versions say.
        node: Option<NodeId>,
        /// What the bytes are.
        image: ImageType,
        /// The picture.
        bytes: Bytes,
    },
    /// Something else; a sign of life all the same.
    Other,
}

/// An open socket.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: WebSocketStream<Upgraded>,
}

impl Socket {
    /// Opens one for the events of a client. Before another is opened for the same client, this one
    /// has to be closed: the server forgets the newer one when the older one ends.
    pub(crate) async fn open(server: &Server, client: &str) -> Result<Socket, Error> {
        let answer_max = server.options.times.answer_max;
        let opened = timeout(answer_max, Socket::handshake(server, client)).await;
        let mut socket = opened.map_err(|_| Error::silent(server.name(), answer_max))??;
        // Has to be the first message, or previews come without the node they are of.
        let flags = json!({
            "type": "feature_flags",
            "data": { "supports_preview_metadata": true },
        });
        let sent = socket.stream.send(Frame::text(flags.to_string())).await;
        sent.map_err(|error| Error::Unreachable {
            server: server.name().to_owned(),
            why: error.to_string(),
            is_down: false,
        })?;
        Ok(socket)
    }

    /// Over the same client as all calls, so that a proxy's certificate and password are one thing.
    async fn handshake(server: &Server, client: &str) -> Result<Socket, Error> {
        let key = generate_key();
        let mut url = server.url("ws");
        url.query_pairs_mut().append_pair("clientId", client);
        let request = server
            .client
            .get(url)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key);
        let response = server.send(request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(server.unexpected("/ws", response.status()));
        }
        let accept = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
        if accept.is_none_or(|it| it.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(server.odd("/ws opens no WebSocket"));
        }
        let upgraded = response
            .upgrade()
            .await
            .map_err(|it| server.unreachable(&it))?;
        let bytes_max = server.options.limits.message_bytes_max;
        let config = WebSocketConfig::default()
            .max_message_size(Some(bytes_max))
            .max_frame_size(Some(bytes_max));
        let stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        Ok(Socket { stream })
    }

    /// The next message, or none when the socket is gone. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            match self.stream.next().await?.ok()? {
                Frame::Text(text) => return Some(read_text(&text)),
                Frame::Binary(bytes) => return Some(read_binary(&bytes)),
                Frame::Close(_) => return None,
                Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => {}
            }
        }
    }

    /// Closes it, and waits a little for the server to see that.
    pub(crate) async fn close(mut self) {
        const SEEN_MAX: std::time::Duration = std::time::Duration::from_millis(500);
        let closing = async {
            let _ = self.stream.close(None).await;
            while self.stream.next().await.is_some_and(|it| it.is_ok()) {}
        };
        let _ = timeout(SEEN_MAX, closing).await;
    }
}

pub(crate) fn read_text(text: &str) -> Message {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Message::Other;
    };
    let (Some(kind), Some(data)) = (value.get("type").and_then(Value::as_str), value.get("data"))
    else {
        return Message::Other;
    };
    let id = text_of(data, "prompt_id").map(PromptId);
    let node = text_of(data, "display_node").or_else(|| text_of(data, "node"));
    let node = node.map(NodeId);
    match (kind, id) {
        ("status", _) => Message::Status,
        ("execution_start", Some(id)) => Message::Start(id),
        ("execution_cached", Some(id)) => Message::Cached(id, answer::node_ids(data)),
        ("executing", id) => Message::Executing(id, node),
        ("executed", Some(id)) => match node {
            Some(node) => Message::Executed(id, node),
            None => Message::Other,
        },
        ("execution_success" | "execution_error" | "execution_interrupted", Some(id)) => {
            Message::Ended(id)
        }
        ("progress", id) => match (node, number(data, "value"), number(data, "max")) {
            (Some(node), Some(value), Some(max)) => Message::Progress {
                id,
                node,
                value,
                max,
            },
            _ => Message::Other,
        },
        ("progress_state", id) => running(data, id),
        _ => Message::Other,
    }
}

/// The one node of `progress_state` that is at work and counts.
fn running(data: &Value, id: Option<PromptId>) -> Message {
    let nodes = data.get("nodes").and_then(Value::as_object);
    let at_work = nodes.into_iter().flatten().find_map(|(node, state)| {
        let (value, max) = (number(state, "value")?, number(state, "max")?);
        let is_running = text_of(state, "state").as_deref() == Some("running");
        let shown = text_of(state, "display_node_id").unwrap_or_else(|| node.clone());
        // A node that counts to one does not count.
        (is_running && max > 1.0 && value > 0.0).then_some((NodeId(shown), value, max))
    });
    match at_work {
        Some((node, value, max)) => Message::Progress {
            id,
            node,
            value,
            max,
        },
        None => Message::Other,
    }
}

/// A number of the kind of message, big-endian, then its body.
pub(crate) fn read_binary(bytes: &Bytes) -> Message {
    const PREVIEW: u32 = 1;
    const PREVIEW_WITH_METADATA: u32 = 4;
    let Some(kind) = u32_at(bytes, 0) else {
        return Message::Other;
    };
    match kind {
        PREVIEW => {
            let image = match u32_at(bytes, 4) {
                Some(1) => ImageType::Jpeg,
                Some(2) => ImageType::Png,
                _ => return Message::Other,
            };
            Message::Preview {
                id: None,
                node: None,
                image,
                bytes: bytes.slice(8..),
            }
        }
        PREVIEW_WITH_METADATA => with_metadata(bytes).unwrap_or(Message::Other),
        _ => Message::Other,
    }
}

fn with_metadata(bytes: &Bytes) -> Option<Message> {
    let begin = 8_usize;
    let end = begin.checked_add(u32_at(bytes, 4)?.try_into().ok()?)?;
    let metadata: Value = serde_json::from_slice(bytes.get(begin..end)?).ok()?;
    let image = match text_of(&metadata, "image_type")?.as_str() {
        "image/jpeg" => ImageType::Jpeg,
        "image/png" => ImageType::Png,
        _ => return None,
    };
    let node = text_of(&metadata, "display_node_id").or_else(|| text_of(&metadata, "node_id"));
    Some(Message::Preview {
        id: text_of(&metadata, "prompt_id").map(PromptId),
        node: node.map(NodeId),
        image,
        bytes: bytes.slice(end..),
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

fn number(value: &Value, key: &str) -> Option<f64> {
    value.get(key)?.as_f64()
}

fn text_of(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(ToOwned::to_owned)
}
