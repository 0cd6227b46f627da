//! What is told of a run while it goes on.

use bytes::Bytes;

use crate::{PromptId, graph::NodeId, output::Kind};

/// One thing that happened. Those that are only about how far it is may be left out when nobody
/// takes them in time.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It waits for a server that can take it.
    Waiting {
        /// Why, for a person.
        why: String,
    },
    /// It is handed in.
    Placed {
        /// The server.
        server: String,
        /// What it is called there.
        prompt: PromptId,
    },
    /// It waits in a server's queue.
    Queued {
        /// How many are before it, whoever's they are.
        position: usize,
    },
    /// The server works on it.
    Started,
    /// These nodes have been run before, and are not run again.
    Cached {
        /// The nodes.
        nodes: Vec<NodeId>,
    },
    /// A node begins.
    Node {
        /// The node.
        node: NodeId,
        /// What people call it.
        title: String,
    },
    /// How far a node is. May be left out.
    Progress {
        /// The node.
        node: NodeId,
        /// How far.
        value: f64,
        /// Of what.
        max: f64,
    },
    /// A picture of what is being made. May be left out.
    Preview {
        /// The node, where the server says so or it is known.
        node: Option<NodeId>,
        /// What the bytes are.
        image: ImageType,
        /// The picture.
        bytes: Bytes,
    },
    /// A file is here.
    Output {
        /// The node.
        node: NodeId,
        /// What it is.
        kind: Kind,
        /// Its name on the server.
        file_name: String,
        /// How large, in bytes.
        bytes: u64,
    },
    /// An attempt failed, and another follows.
    Retrying {
        /// Why it failed.
        why: String,
    },
}

/// What the bytes of a preview are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}
