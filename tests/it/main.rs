//! All tests, one link.

mod editing;
mod films;
mod support;
mod transcripts;
