//! Runs, told as the events that happen to them.

use storycore_schema::{
    Event,
    run::{CancelRun, RunCause},
};
use ulid::Ulid;

use super::*;
use crate::{Decide, Env, IdSource};

fn id(n: u64) -> RunId {
    Ulid(u128::from(n)).into()
}

fn requested(n: u64) -> RunEvent {
    RunEvent::Requested {
        id: id(n),
        cause: RunCause::Request,
        shots: vec![Ulid(1).into()],
        at_ms: n,
        correlation_id: String::new(),
        workflow: None,
        scenes: Vec::new(),
        priority: 0,
    }
}

fn ended(n: u64) -> RunEvent {
    RunEvent::Ended {
        id: id(n),
        status: RunStatus::Finished,
    }
}

#[test]
fn a_long_run_that_ends_last_is_kept_longest() {
    let n_kept = ENDED_RUNS_LEN_MAX as u64;
    let mut runs = Runs::default();
    runs.apply(&requested(0));
    for n in 1..=n_kept {
        runs.apply(&requested(n));
        runs.apply(&ended(n));
    }
    runs.apply(&ended(0));
    assert!(runs.get(id(0)).is_ok());
    assert!(runs.get(id(1)).is_err(), "the first to end makes room");
    assert_eq!(runs.by_id.len(), ENDED_RUNS_LEN_MAX);
    for n in n_kept + 1..2 * n_kept {
        runs.apply(&requested(n));
        runs.apply(&ended(n));
    }
    assert!(runs.get(id(0)).is_ok());
    runs.apply(&requested(2 * n_kept));
    runs.apply(&ended(2 * n_kept));
    assert!(runs.get(id(0)).is_err());
}

#[test]
fn a_run_that_has_ended_says_what_to_do_instead() {
    let mut film = Film::new("/film");
    film.apply(&[Event::Run(requested(1)), Event::Run(ended(1))]);
    let cancel = CancelRun {
        project: Ulid::nil().into(),
        id: id(1),
    };
    let error = cancel
        .decide(&film, &mut Env::new(1_000, &mut IdSource::new(1)))
        .unwrap_err();
    assert!(error.hint.is_some());
}
