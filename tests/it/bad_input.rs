//! Bad input of every kind: the answer names the thing, the place and the next step, the last good
//! state stays, and the daemon lives.

mod crowd;
mod disk;
mod files;
mod folders;
mod images;
mod names;
mod wire;
