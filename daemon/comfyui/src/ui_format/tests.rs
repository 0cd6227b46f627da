//! Saved canvases.
