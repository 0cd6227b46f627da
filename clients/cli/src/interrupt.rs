//! Ctrl-C: first a request to stop, then the end.

use std::{process, thread};

use crate::client::Canceler;

/// The exit code of a program ended by Ctrl-C, as shells have it: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// From now on, the first Ctrl-C cancels the request under way; the second, or the first without
/// a request, ends the program.
pub(crate) fn cancel_on_ctrl_c(canceler: Canceler) {
    let mut asked = false;
    on_ctrl_c(move || {
        if asked || !canceler.cancel() {
            process::exit(INTERRUPTED);
        }
        asked = true;
    });
}

/// From now on, Ctrl-C is how the program is meant to end.
pub(crate) fn finish_on_ctrl_c() {
    on_ctrl_c(|| process::exit(0));
}

fn on_ctrl_c(mut act: impl FnMut() + Send + 'static) {
    // Where no thread or runtime can be had, Ctrl-C ends the program as it does by default.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let Ok(runtime) = runtime else { return };
    let _ = thread::Builder::new()
        .name("ctrl-c".to_owned())
        .spawn(move || {
            while runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
                act();
            }
        });
}
