//! Runs against real ComfyUI servers, with a proxy before them that does what networks do.
//!
//! Each test starts its own servers (some 8 s each) and tells one story on them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a story that cannot go on has failed, also in what its tests share"
)]

mod canvas;
mod faults;
mod graphs;
mod life;
mod proxy;
mod refusals;
mod renders;
mod server;
mod story;
