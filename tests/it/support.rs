//! What tests of the whole share: the real daemon in folders of its own, and clients of every
//! transport that share no code with it.

pub(crate) mod client;
pub(crate) mod comfyui;
pub(crate) mod in_process;
pub(crate) mod llama;
pub(crate) mod sandbox;
pub(crate) mod shortage;

pub(crate) use client::Client;
pub(crate) use sandbox::{Daemon, Sandbox};

/// A runtime for a test that talks to a daemon.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
