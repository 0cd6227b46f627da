//! A bar for work that takes time, drawn only where somebody watches.

use indicatif::{ProgressBar, ProgressStyle};

use crate::{client::Note, output::Output};

/// Shows how far a request is; gone when dropped.
pub(crate) struct Bar {
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Bar {
    /// A bar that appears with the first progress.
    pub(crate) fn new(output: &Output) -> Bar {
        Bar {
            wanted: output.watched(),
            bar: None,
        }
    }

    /// Follows the daemon's progress; other notes are none of its business.
    pub(crate) fn follow(&mut self, note: &Note) {
        if !self.wanted {
            return;
        }
        let Some(progress) = note.progress() else {
            return;
        };
        let bar = self.bar.get_or_insert_with(new_bar);
        bar.set_length(progress.total.into());
        bar.set_position(progress.done.into());
        bar.set_message(progress.message);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {eta} {wide_msg}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
