//! Tests of the whole renderer.
