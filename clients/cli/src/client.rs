//! The way to the daemon: JSON-RPC 2.0 over its socket, one request at a time, blocking.
//!
//! Absent on purpose: an async runtime. It would cost more than most of the answers.

mod frame;

use std::{
    io::BufReader,
    os::unix::net::UnixStream,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use storycore_schema::{
    Error, Method,
    error::ErrorObject,
    notification::{CancelRequest, Progress},
    system::{Initialize, Initialized, PROTOCOL_VERSION},
};

use crate::failure::Failure;

const HELLO_ID: u64 = 0;
const HELLO_WAIT: Duration = Duration::from_secs(10);

/// A connection to the daemon.
pub(crate) struct Client {
    reader: BufReader<UnixStream>,
    canceler: Canceler,
    next_id: u64,
    greeted: bool,
}

/// Sends `$/cancelRequest` from another thread.
#[derive(Clone)]
pub(crate) struct Canceler {
    writer: Arc<Mutex<UnixStream>>,
    /// The request under way; 0 if there is none.
    current: Arc<AtomicU64>,
}

/// Something the daemon says unasked.
#[derive(Clone)]
pub(crate) struct Note {
    /// What.
    pub(crate) method: String,
    /// With what.
    pub(crate) params: Box<RawValue>,
}

impl Note {
    /// How far the request under way is, if the note says so.
    pub(crate) fn progress(&self) -> Option<Progress> {
        (self.method == "$/progress").then(|| serde_json::from_str(self.params.get()).ok())?
    }
}

#[derive(Deserialize)]
struct Message {
    id: Option<Value>,
    method: Option<String>,
    params: Option<Box<RawValue>>,
    result: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

impl Client {
    /// Takes over a fresh connection. The greeting is sent with the first request, so that both
    /// take one journey.
    pub(crate) fn new(stream: UnixStream) -> Result<Client, Failure> {
        let writer = stream.try_clone().map_err(Failure::lost)?;
        Ok(Client {
            reader: BufReader::new(stream),
            canceler: Canceler {
                writer: Arc::new(Mutex::new(writer)),
                current: Arc::new(AtomicU64::new(0)),
            },
            next_id: HELLO_ID + 1,
            greeted: false,
        })
    }

    /// Calls a method of the catalog.
    pub(crate) fn ask<M: Method>(&mut self, method: &M) -> Result<M::Result, Failure> {
        self.ask_with(method, &mut |_| {})
    }

    /// Calls a method of the catalog, and hands on what the daemon says meanwhile.
    pub(crate) fn ask_with<M: Method>(
        &mut self,
        method: &M,
        notes: &mut dyn FnMut(&Note),
    ) -> Result<M::Result, Failure> {
        let params = serde_json::to_value(method)
            .map_err(|error| Failure::Failed(Error::internal(format!("{}: {error}", M::NAME))))?;
        let result = self.call(M::NAME, &params, notes)?;
        serde_json::from_str(result.get()).map_err(|error| {
            let message = format!("cannot read the answer to {}: {error}", M::NAME);
            Failure::Failed(Error::internal(message))
        })
    }

    /// Calls a method by its name, and hands on what the daemon says meanwhile.
    pub(crate) fn call(
        &mut self,
        method: &str,
        params: &Value,
        notes: &mut dyn FnMut(&Note),
    ) -> Result<Box<RawValue>, Failure> {
        let id = self.next_id;
        self.next_id += 1;
        let mut bytes = Vec::new();
        if !self.greeted {
            let hello = Initialize {
                client: "cli".to_owned(),
                protocol: PROTOCOL_VERSION,
            };
            frame::put(
                &mut bytes,
                &request(HELLO_ID, Initialize::NAME, &json!(hello)),
            );
        }
        frame::put(&mut bytes, &request(id, method, params));
        self.canceler.send(&bytes)?;
        self.greet()?;
        self.canceler.current.store(id, Ordering::Relaxed);
        let result = self.wait_for(id, notes);
        self.canceler.current.store(0, Ordering::Relaxed);
        result
    }

    /// Waits for what the daemon says unasked.
    pub(crate) fn next_note(&mut self) -> Result<Note, Failure> {
        loop {
            if let Message {
                method: Some(method),
                params,
                ..
            } = self.read()?
            {
                return Ok(note(method, params));
            }
        }
    }

    /// For Ctrl-C.
    pub(crate) fn canceler(&self) -> Canceler {
        self.canceler.clone()
    }

    /// Gives up waiting for answers after some time.
    pub(crate) fn set_patience(&self, wait: Option<Duration>) -> Result<(), Failure> {
        self.reader
            .get_ref()
            .set_read_timeout(wait)
            .map_err(Failure::lost)
    }

    fn greet(&mut self) -> Result<(), Failure> {
        if self.greeted {
            return Ok(());
        }
        self.greeted = true;
        // A daemon that hangs still accepts connections. Only the greeting may be waited for with
        // a clock: real work takes as long as it takes.
        self.set_patience(Some(HELLO_WAIT))?;
        let hello = self.wait_for(HELLO_ID, &mut |_| {})?;
        self.set_patience(None)?;
        let hello: Initialized = serde_json::from_str(hello.get()).map_err(Failure::lost)?;
        if hello.protocol != PROTOCOL_VERSION {
            let (theirs, ours) = (hello.protocol, PROTOCOL_VERSION);
            return Err(Failure::Unreachable(
                Error::unavailable(format!(
                    "the daemon speaks protocol {theirs}, this program {ours}"
                ))
                .hint("stop it with `storycore daemon stop`, then try again"),
            ));
        }
        Ok(())
    }

    fn wait_for(
        &mut self,
        id: u64,
        notes: &mut dyn FnMut(&Note),
    ) -> Result<Box<RawValue>, Failure> {
        loop {
            let message = self.read()?;
            if let Some(method) = message.method {
                notes(&note(method, message.params));
                continue;
            }
            // An error without an id answers a message that could not be read: ours.
            let ours = message.id.as_ref().and_then(Value::as_u64) == Some(id);
            let unread = message.id.is_none_or(|it| it.is_null());
            match message.error {
                Some(error) if ours || unread => return Err(refusal(&error)),
                None if ours => return Ok(message.result.unwrap_or_else(null)),
                _ => {}
            }
        }
    }

    fn read(&mut self) -> Result<Message, Failure> {
        let body = frame::read(&mut self.reader)?;
        serde_json::from_slice(&body)
            .map_err(|error| Failure::lost(format!("its message is no JSON-RPC: {error}")))
    }
}

impl Canceler {
    /// Asks the daemon to stop the request under way; false if there is none.
    pub(crate) fn cancel(&self) -> bool {
        let id = self.current.load(Ordering::Relaxed);
        if id == 0 {
            return false;
        }
        let params = json!(CancelRequest { id: id.into() });
        let notification = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": params});
        let mut bytes = Vec::new();
        frame::put(&mut bytes, &notification.to_string());
        self.send(&bytes).is_ok()
    }

    fn send(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        std::io::Write::write_all(&mut *writer, bytes).map_err(Failure::lost)
    }
}

fn request(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

fn note(method: String, params: Option<Box<RawValue>>) -> Note {
    Note {
        method,
        params: params.unwrap_or_else(null),
    }
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

fn refusal(error: &RawValue) -> Failure {
    match serde_json::from_str::<ErrorObject>(error.get()) {
        Ok(object) => Failure::Refused(object),
        Err(_) => Failure::Failed(Error::internal(format!("the daemon says {}", error.get()))),
    }
}

#[cfg(test)]
mod tests;
