//! Every error a client can meet, declared once.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $code:literal, retry: $retry:literal;)+) => {
        /// Why a request failed. Clients branch on this, never on the message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum ErrorKind { $($(#[doc = $doc])+ $kind),+ }

        impl ErrorKind {
            /// Every kind, in the order of the table.
            pub const ALL: &[ErrorKind] = &[$(ErrorKind::$kind),+];
            /// The JSON-RPC error code.
            pub fn code(self) -> i32 { match self { $(ErrorKind::$kind => $code),+ } }
            /// Whether the same request may succeed later without anything being changed by hand.
            pub fn retryable(self) -> bool { match self { $(ErrorKind::$kind => $retry),+ } }
            /// What the kind means, for documentation.
            pub fn doc(self) -> &'static str {
                match self { $(ErrorKind::$kind => concat!($($doc),+)),+ }
            }
        }
    };
}

// Codes: −32768…−32000 as JSON-RPC 2.0 §5.1 and LSP 3.17 define them; ours start at 1001.
// −32099…−32000 is left to libraries, except the two codes that LSP gives a meaning.
error_kinds! {
    /// The frame is not JSON.
    Parse = -32700, retry: false;
    /// The JSON is not a JSON-RPC 2.0 request.
    InvalidRequest = -32600, retry: false;
    /// No such method.
    UnknownMethod = -32601, retry: false;
    /// The params do not fit the method's schema.
    InvalidParams = -32602, retry: false;
    /// A bug in the daemon.
    Internal = -32603, retry: false;
    /// The caller asked for the request to be canceled.
    Cancelled = -32800, retry: false;
    /// The session must be initialized first.
    NotInitialized = -32002, retry: false;
    /// Nobody knows who is calling.
    Unauthenticated = 1001, retry: false;
    /// The caller's role is too low.
    PermissionDenied = 1002, retry: false;
    /// The named thing does not exist, or the caller may not know that it does.
    NotFound = 1003, retry: false;
    /// The thing exists already.
    AlreadyExists = 1004, retry: false;
    /// The thing changed since the caller last saw it.
    Conflict = 1005, retry: true;
    /// Something else must be done or put right first.
    FailedPrecondition = 1006, retry: false;
    /// A limit is reached; the message names it.
    ResourceExhausted = 1007, retry: true;
    /// The disk, a server or another part of the world does not answer as it should.
    Unavailable = 1008, retry: true;
    /// It took longer than it may.
    DeadlineExceeded = 1009, retry: true;
}

/// A failed request, as a client and a person see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Why: what clients branch on.
    pub kind: ErrorKind,
    /// For a person: lower case, no full stop, names the thing.
    pub message: String,
    /// For a person: what to do next, where we know.
    pub hint: Option<String>,
}

impl Error {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// The named thing does not exist.
    pub fn not_found(what: &str, id: impl fmt::Display) -> Error {
        Error::new(ErrorKind::NotFound, format!("no {what} {id}"))
    }

    /// The params say something that cannot be.
    pub fn invalid_params(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidParams, message)
    }

    /// Something else must be put right first.
    pub fn failed_precondition(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::FailedPrecondition, message)
    }

    /// The world does not answer as it should.
    pub fn unavailable(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Unavailable, message)
    }

    /// A limit is reached.
    pub fn resource_exhausted(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::ResourceExhausted, message)
    }

    /// A bug of ours. The cause goes to the log, never to the client.
    pub fn internal(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Internal, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// The JSON-RPC error object.
    pub fn to_object(&self, correlation_id: Option<&str>) -> ErrorObject {
        ErrorObject {
            code: self.kind.code(),
            message: self.message.clone(),
            data: ErrorData {
                kind: self.kind,
                hint: self.hint.clone(),
                correlation_id: correlation_id.map(ToOwned::to_owned),
            },
        }
    }
}

/// An error on the wire: the `error` of a JSON-RPC response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorObject {
    /// The kind's number.
    pub code: i32,
    /// For a person.
    pub message: String,
    /// For a program.
    pub data: ErrorData,
}

/// What a program needs to know of an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorData {
    /// Why: what to branch on.
    pub kind: ErrorKind,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// Joins this error with the daemon's log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlation_id: Option<String>,
}

impl From<ErrorObject> for Error {
    fn from(object: ErrorObject) -> Error {
        Error {
            kind: object.data.kind,
            message: object.message,
            hint: object.data.hint,
        }
    }
}
