//! WebSocket frames (RFC 6455) in and out of a session: one JSON-RPC message each.

use bytes::Bytes;
use fastwebsockets::{Frame as WebSocketFrame, OpCode, Payload, Role, WebSocket, WebSocketError};
use storycore_schema::{Error, ErrorKind, Limits};
use tokio::io::{AsyncRead, AsyncWrite, Join, Sink};

use super::framing::too_long;
use crate::session::{Broken, Frame, Frames};

/// The subprotocol, which a client may ask for.
pub(crate) const PROTOCOL: &str = "storycore.v1";
/// Said back to a client that closes without a code.
const NORMAL_CLOSE: u16 = 1000;

/// Reads messages from a stream whose handshake is done.
pub(crate) struct WebSocketFrames<R> {
    socket: WebSocket<Join<R, Sink>>,
    /// What has come of a message that is sent in pieces.
    pieces: Option<Vec<u8>>,
    frame_bytes_max: usize,
}

impl<R: AsyncRead + Send + Unpin> WebSocketFrames<R> {
    /// Within `frame_bytes_max`, for whole messages too.
    pub(crate) fn new(stream: R, limits: &Limits) -> WebSocketFrames<R> {
        let frame_bytes_max = usize::try_from(limits.frame_bytes_max).unwrap_or(usize::MAX);
        // Answers to pings and closes go through the outbox like everything else, so that the
        // writing half has one owner.
        let mut socket =
            WebSocket::after_handshake(tokio::io::join(stream, tokio::io::sink()), Role::Server);
        socket.set_auto_close(false);
        socket.set_auto_pong(false);
        socket.set_max_message_size(frame_bytes_max.saturating_add(1));
        WebSocketFrames {
            socket,
            pieces: None,
            frame_bytes_max,
        }
    }

    async fn read(&mut self) -> Result<Frame, WebSocketError> {
        loop {
            let frame = self.socket.read_frame().await?;
            match frame.opcode {
                OpCode::Text | OpCode::Binary if self.pieces.is_some() => {
                    return Err(WebSocketError::InvalidFragment);
                }
                OpCode::Text | OpCode::Binary if frame.fin => {
                    return Ok(Frame::Text(bytes(frame.payload)));
                }
                OpCode::Text | OpCode::Binary => self.pieces = Some(frame.payload.to_vec()),
                OpCode::Continuation => {
                    if let Some(whole) = self.append(&frame)? {
                        return Ok(Frame::Text(whole));
                    }
                }
                OpCode::Ping => return Ok(Frame::Ping(bytes(frame.payload))),
                OpCode::Pong => {}
                OpCode::Close => return Ok(Frame::Closed(close_code(&frame.payload)?)),
            }
        }
    }

    fn append(&mut self, frame: &WebSocketFrame<'_>) -> Result<Option<Bytes>, WebSocketError> {
        let pieces = self.pieces.as_mut();
        let pieces = pieces.ok_or(WebSocketError::InvalidContinuationFrame)?;
        // The library bounds each piece, not their sum.
        if pieces.len() + frame.payload.len() > self.frame_bytes_max {
            return Err(WebSocketError::FrameTooLarge);
        }
        pieces.extend_from_slice(&frame.payload);
        Ok(if frame.fin {
            self.pieces.take().map(Bytes::from)
        } else {
            None
        })
    }
}

impl<R: AsyncRead + Send + Unpin> Frames for WebSocketFrames<R>
where
    Join<R, Sink>: AsyncRead + AsyncWrite + Unpin,
{
    async fn next(&mut self) -> Frame {
        match self.read().await {
            Ok(frame) => frame,
            Err(
                WebSocketError::UnexpectedEOF
                | WebSocketError::IoError(_)
                | WebSocketError::ConnectionClosed,
            ) => Frame::End,
            Err(WebSocketError::FrameTooLarge) => {
                Frame::Broken(too_long(None, self.frame_bytes_max))
            }
            Err(error) => Frame::Broken(Broken {
                close_code: if matches!(error, WebSocketError::InvalidUTF8) {
                    1007
                } else {
                    1002
                },
                error: Error::new(ErrorKind::Parse, format!("not a WebSocket frame: {error}"))
                    .hint("see RFC 6455"),
            }),
        }
    }
}

fn bytes(payload: Payload<'_>) -> Bytes {
    match payload {
        Payload::Bytes(bytes) => bytes.freeze(),
        other => Bytes::from(Vec::from(other)),
    }
}

/// The code to answer a close frame with: its own.
fn close_code(payload: &[u8]) -> Result<u16, WebSocketError> {
    match payload {
        [] => Ok(NORMAL_CLOSE),
        [_] => Err(WebSocketError::InvalidCloseFrame),
        [high, low, reason @ ..] => {
            if std::str::from_utf8(reason).is_err() {
                return Err(WebSocketError::InvalidUTF8);
            }
            let code = u16::from_be_bytes([*high, *low]);
            let allowed = fastwebsockets::CloseCode::from(code).is_allowed();
            allowed
                .then_some(code)
                .ok_or(WebSocketError::InvalidCloseCode)
        }
    }
}
