//! All tests, one link.

mod bad_input;
mod crash;
mod films;
mod life;
mod support;
mod transcripts;
mod trust;
