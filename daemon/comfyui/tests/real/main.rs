//! Runs against real ComfyUI servers, with a proxy before them that does what networks do.
//!
//! Each test starts its own servers (some 8 s each) and tells one story on them.

mod canvas;
mod faults;
mod graphs;
mod life;
mod proxy;
mod refusals;
mod renders;
mod server;
mod story;
