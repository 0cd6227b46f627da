//! Being laid out.

pub mod breakdown;
pub mod fountain;
