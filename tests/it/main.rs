//! All tests, one link. Read [`tidy`] for what the repository promises, then any subject.

mod action_cache;
mod assets;
mod backups;
mod bad_input;
mod contract;
mod copies;
mod crash;
mod differential;
mod doctor;
mod editing;
mod editors;
#[expect(
    unreachable_pub,
    reason = "the same file is this crate's library, for the benchmarks"
)]
mod films;
mod generation;
mod golden_events;
mod history;
mod language;
mod life;
mod lsp;
mod model;
mod prompts;
mod quality;
mod references;
mod repository;
mod shipped;
mod sketch;
mod studio;
mod support;
mod tidy;
mod transcripts;
mod trust;
mod watching;
