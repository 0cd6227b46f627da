//! The cache as a whole: against a simple model, under many tasks at once, on disks that are
//! damaged, full or forbidden, and with a real server of buckets and one that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bucket;
mod crowd;
mod damage;
mod faults;
mod model;
mod stage;
