//! Being laid out.

pub mod fountain;
