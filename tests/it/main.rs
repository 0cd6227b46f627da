//! All tests, one link.

mod films;
mod support;
mod transcripts;
