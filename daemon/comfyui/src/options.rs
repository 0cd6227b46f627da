//! How a server is reached, and what is taken from it at most.

use std::{fmt, time::Duration};

/// A server: where it is and how to talk to it.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// What people call it; no two servers of a pool have one name.
    pub name: String,
    /// Where it is: `http://127.0.0.1:8188`, or behind a proxy `https://gpu.example/comfy`.
    pub url: String,
    /// What a proxy before it asks for.
    pub auth: Auth,
    /// Certificates (PEM, one or more) that are trusted beside the system's, for a proxy that has
    /// its own.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// How long to wait.
    pub times: Times,
    /// How much to take.
    pub limits: Limits,
}

/// What is sent with each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Nothing: ComfyUI itself asks for nothing.
    None,
    /// A name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token.
    Bearer(Secret),
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// For a connection.
    pub connect_max: Duration,
    /// For the answer to a request that needs no work.
    pub answer_max: Duration,
    /// For the next bytes of a file.
    pub bytes_max: Duration,
    /// Without any answer until a server counts as gone, and a run on it is taken elsewhere.
    pub gone_after: Duration,
    /// Without any sign from a run that is being worked on until it counts as stuck. Loading a
    /// large model from a slow disk gives no sign for minutes.
    pub stuck_after: Duration,
    /// For a run, once it has begun.
    pub run_max: Duration,
    /// For a run that is canceled to be gone.
    pub cancel_max: Duration,
    /// Between looks at a run while its socket is alive.
    pub look_every: Duration,
    /// Between looks at a run while nothing else tells of it.
    pub look_often: Duration,
}

impl Times {
    /// What fits a server on this machine, or one not far away.
    pub const USUAL: Times = Times {
        connect_max: Duration::from_secs(5),
        answer_max: Duration::from_secs(30),
        bytes_max: Duration::from_secs(30),
        gone_after: Duration::from_secs(30),
        stuck_after: Duration::from_secs(20 * 60),
        run_max: Duration::from_secs(4 * 60 * 60),
        cancel_max: Duration::from_secs(10),
        look_every: Duration::from_secs(2),
        look_often: Duration::from_millis(250),
    };
}

/// How much to take of a server that may say or send anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest answer but for those below.
    pub answer_bytes_max: u64,
    /// The largest list of nodes; 600 nodes have 750 kB.
    pub object_info_bytes_max: u64,
    /// The largest file that a run makes.
    pub output_bytes_max: u64,
    /// All files that a run makes.
    pub outputs_bytes_max: u64,
    /// The most files that a run makes.
    pub outputs_max: usize,
    /// The largest message on the socket; previews come there.
    pub message_bytes_max: usize,
    /// The largest file that is uploaded; servers take 100 MiB unless told otherwise.
    pub upload_bytes_max: u64,
}

impl Limits {
    /// What fits films made of pictures and short clips.
    pub const USUAL: Limits = Limits {
        // The queue holds whole graphs, and some graphs hold pictures.
        answer_bytes_max: 256_000_000,
        object_info_bytes_max: 64_000_000,
        output_bytes_max: 2_000_000_000,
        outputs_bytes_max: 8_000_000_000,
        outputs_max: 1_000,
        message_bytes_max: 16_000_000,
        upload_bytes_max: 104_857_600,
    };
}

impl ServerOptions {
    /// A server that asks for nothing, with the usual times and limits.
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> ServerOptions {
        ServerOptions {
            name: name.into(),
            url: url.into(),
            auth: Auth::None,
            extra_roots_pem: None,
            times: Times::USUAL,
            limits: Limits::USUAL,
        }
    }
}
