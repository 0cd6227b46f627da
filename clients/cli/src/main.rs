//! `storycore`: every method of the daemon as a command, the daemon itself, and two commands that
//! take a film from script to boards.
//!
//! Read in this order: `app` (what can be typed), `methods` (the catalog as commands), `client`
//! (the way to the daemon), `view` (what is printed), `commands` (the rest).
//!
//! Absent on purpose: rules about films. What a film is, the daemon knows.

mod app;
mod client;
mod commands;
mod failure;
mod film;
mod interrupt;
mod methods;
mod output;
mod progress;
mod view;

use std::process::ExitCode;

use output::Output;

fn main() -> ExitCode {
    let catalog = storycore_schema::catalog();
    let matches = app::command(&catalog).get_matches();
    let output = Output::for_matches(&matches);
    match app::run(&catalog, &matches, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
