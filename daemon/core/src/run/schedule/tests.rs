//! The schedule, driven with a clock of its own: whatever fails, is left out, waits or is held,
//! every step is done once, in an order that its needs allow.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use storycore_schema::{
    Event,
    run::{
        CancelRun, FailureKind, GetRun, PauseRun, ResumeRun, RetryRun, RunCause, RunEvent,
        RunWorkflow,
    },
    workflow::Workflow,
};
use ulid::Ulid;

use super::*;
use crate::{
    Decide, Env, IdSource, Query,
    run::{Failure, FinishSteps, Made, NoteStarted, Outcome, StepResult},
};

/// A film with a run in it; it needs no script, as steps of shots that are gone are steps all the
/// same.
struct Story {
    film: Film,
    ids: IdSource,
    now_ms: u64,
    run: RunId,
}

impl Story {
    fn of(workflow: &serde_json::Value, n_shots: u128) -> Story {
        let workflow: Workflow = serde_json::from_value(workflow.clone()).unwrap();
        assert_eq!(crate::workflow::check(&workflow), []);
        let run: RunId = Ulid(1).into();
        let workflow = RunWorkflow {
            path: "workflows/a.toml".to_owned(),
            workflow,
            files: BTreeMap::new(),
            params: BTreeMap::new(),
            force: false,
        };
        let requested = RunEvent::Requested {
            id: run,
            cause: RunCause::Request,
            shots: (1..=n_shots).map(|it| Ulid(it).into()).collect(),
            at_ms: 0,
            correlation_id: String::new(),
            workflow: Some(Box::new(workflow)),
            scenes: Vec::new(),
            priority: 0,
        };
        let mut film = Film::new("/film");
        film.apply(&[Event::Run(requested)]);
        Story {
            film,
            ids: IdSource::new(1),
            now_ms: 1_000,
            run,
        }
    }

    fn run<C: Decide>(&mut self, command: C) -> C::Output {
        let mut env = Env::new(self.now_ms, &mut self.ids);
        let decided = command.decide(&self.film, &mut env);
        let (output, events) = decided.unwrap_or_else(|error| panic!("{error}"));
        self.film.apply(&events);
        output
    }

    fn finish(&mut self, at: StepAt, outcome: Outcome) {
        let run = self.run;
        self.run(FinishSteps {
            results: vec![StepResult { run, at, outcome }],
        });
    }

    /// What the log would hold of a step that was done, even of a shot the film does not know.
    fn did(&mut self, at: StepAt, took_ms: u64) {
        let done = RunEvent::StepDone {
            id: self.run,
            step: self.record().task.name(at.step).to_owned(),
            shot: at.shot,
            scene: at.scene,
            take: None,
            reused: false,
            key: None,
            output: None,
            took_ms: Some(took_ms),
        };
        self.film.apply(&[Event::Run(done)]);
    }

    fn record(&self) -> &Arc<RunRecord> {
        self.film.state.generation.runs.get(self.run).unwrap()
    }

    /// The next step of any kind.
    fn next(&self, schedule: &mut Schedule, busy: &[StepAt]) -> Option<StepAt> {
        schedule.follow(&self.film, |_, at| busy.contains(&at));
        let kinds = schedule.wanted(self.now_ms).into_keys();
        let next = kinds
            .filter_map(|kind| schedule.next(kind, self.now_ms))
            .next();
        next.map(|it| it.1)
    }
}

/// Pictures of shots are drawn, made larger, and shown together at the end.
fn film_of_three_steps() -> serde_json::Value {
    json!({
        "name": "three",
        "steps": [
            {"id": "all", "uses": "comfyui", "graph": "a.json", "with": {"list": "{{ large }}"}},
            {"id": "panel", "uses": "comfyui", "graph": "a.json", "each": "shot", "take": true},
            {"id": "large", "uses": "comfyui", "graph": "a.json", "each": "shot",
             "with": {"picture": "{{ panel.picture }}"}},
        ],
    })
}

fn made() -> Outcome {
    Outcome::Made(Box::new(Made {
        output: Some(json!({"picture": "x"})),
        ..Made::default()
    }))
}

fn failed(kind: FailureKind) -> Outcome {
    Outcome::Failed(Failure::new(kind, "it failed"))
}

#[test]
fn a_step_that_needs_all_waits_for_all() {
    let mut story = Story::of(&film_of_three_steps(), 2);
    // Results of shots the film does not know are not kept; what is tried here is the order.
    let busy = Vec::new();
    let mut schedule = Schedule::default();
    let first = story.next(&mut schedule, &busy).unwrap();
    assert_eq!((first.step, first.shot), (1, Some(Ulid(1).into())));
    let second = story.next(&mut schedule, &busy).unwrap();
    assert_eq!((second.step, second.shot), (1, Some(Ulid(2).into())));
    assert_eq!(story.next(&mut schedule, &busy), None, "the rest waits");
    story.finish(first, made());
    let skipped = story.record().ended.len();
    assert_eq!(
        skipped, 2,
        "the shot is gone, and so is what follows from it"
    );
    story.finish(second, made());
    let last = story.next(&mut schedule, &busy).unwrap();
    assert_eq!(last.step, 0, "what gathers does with what there is");
}

#[test]
fn what_failed_waits_for_its_time_and_then_fails_for_good() {
    let mut story = Story::of(&film_of_three_steps(), 1);
    let busy = Vec::new();
    let mut schedule = Schedule::default();
    for attempt in 1..=3 {
        let at = story.next(&mut schedule, &busy).unwrap();
        assert_eq!(at.step, 1);
        assert_eq!(story.next(&mut schedule, &busy), None);
        story.finish(at, failed(FailureKind::Unreachable));
        schedule.follow(&story.film, |_, at| busy.contains(&at));
        if attempt < 3 {
            assert_eq!(
                story.next(&mut schedule, &busy),
                None,
                "not before its time"
            );
            let wake = schedule.wake_ms().unwrap();
            assert!((750..=2_500).contains(&(wake - story.now_ms)), "{wake}");
            story.now_ms = wake;
        }
    }
    let run = &story.record().run;
    assert_eq!(
        (run.failed, run.status),
        (3, RunStatus::Failed),
        "with what needs it"
    );
    assert_eq!(schedule.wake_ms(), None);
}

#[test]
fn a_mistake_is_not_tried_again_and_a_retry_tries_it_all_again() {
    let mut story = Story::of(&film_of_three_steps(), 1);
    let busy = Vec::new();
    let mut schedule = Schedule::default();
    let at = story.next(&mut schedule, &busy).unwrap();
    story.finish(at, failed(FailureKind::Invalid));
    assert_eq!(story.record().run.status, RunStatus::Failed);
    let (project, id) = (Ulid::nil().into(), story.run);
    story.run(RetryRun { project, id });
    assert_eq!(story.record().left.len(), 3);
    let again = story.next(&mut schedule, &busy).unwrap();
    assert_eq!(again, at);
}

#[test]
fn a_paused_run_begins_nothing() {
    let mut story = Story::of(&film_of_three_steps(), 2);
    let busy = Vec::new();
    let mut schedule = Schedule::default();
    let (project, id) = (Ulid::nil().into(), story.run);
    let at = story.next(&mut schedule, &busy).unwrap();
    story.run(PauseRun { project, id });
    assert_eq!(story.next(&mut schedule, &busy), None);
    story.finish(at, made());
    assert_eq!(story.next(&mut schedule, &busy), None);
    story.run(ResumeRun { project, id });
    assert!(story.next(&mut schedule, &busy).is_some());
}

/// What happens to a step that is begun.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Made,
    Skipped,
    Failed(FailureKind),
    GivenBack,
    /// The daemon is killed, and the schedule made anew.
    Killed,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Made),
        1 => Just(Fate::Skipped),
        1 => Just(Fate::Failed(FailureKind::Unreachable)),
        1 => Just(Fate::Failed(FailureKind::Invalid)),
        1 => Just(Fate::GivenBack),
        1 => Just(Fate::Killed),
    ]
}

/// A workflow in which steps need any of those before them.
fn workflow() -> impl Strategy<Value = serde_json::Value> {
    prop::collection::vec((any::<bool>(), any::<u8>()), 1..6).prop_map(|steps| {
        let steps = steps.iter().enumerate().map(|(n, (each, needs))| {
            let needs: Vec<String> = (0..n)
                .filter(|it| needs & (1 << it) != 0)
                .map(|it| format!("s{it}"))
                .collect();
            let mut step = json!({"id": format!("s{n}"), "uses": "comfyui", "graph": "a.json", "needs": needs});
            if *each {
                step["each"] = json!("shot");
            }
            step
        });
        json!({"name": "any", "steps": steps.collect::<Vec<_>>()})
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_run_comes_to_its_end(
        workflow in workflow(),
        n_shots in 1_u128..5,
        fates in prop::collection::vec(fate(), 1..40),
    ) {
        let mut story = Story::of(&workflow, n_shots);
        let mut schedule = Schedule::default();
        let total = story.record().left.len();
        let mut busy: Vec<StepAt> = Vec::new();
        let mut fates = fates.into_iter().cycle();
        for turn in 0..2_000 {
            if story.record().left.is_empty() {
                break;
            }
            while busy.len() < 3 && let Some(at) = story.next(&mut schedule, &busy) {
                prop_assert!(!busy.contains(&at), "begun twice: {at:?}");
                prop_assert!(story.record().left.contains(&at), "it had ended: {at:?}");
                let web = Web::of(&story.record().task, &story.film);
                for need in web.needs(&story.record().task, at) {
                    prop_assert!(!story.record().left.contains(&need), "{at:?} needs {need:?}");
                }
                busy.push(at);
            }
            if busy.is_empty() {
                schedule.follow(&story.film, |_, at| busy.contains(&at));
                let wake = schedule.wake_ms();
                prop_assert!(wake.is_some(), "it stands still: {:?}", story.record().left);
                story.now_ms = wake.unwrap();
                continue;
            }
            let at = busy.remove(turn % busy.len());
            // After enough of everything, the rest goes well, so that every run can end.
            let fate = if turn > 200 { Fate::Made } else { fates.next().unwrap() };
            match fate {
                Fate::Made => story.finish(at, made()),
                Fate::Skipped => story.finish(at, Outcome::Skipped),
                Fate::Failed(kind) => story.finish(at, failed(kind)),
                Fate::GivenBack => {
                    schedule.follow(&story.film, |_, at| busy.contains(&at));
                    schedule.give_back(story.run, at);
                }
                Fate::Killed => {
                    schedule = Schedule::default();
                    busy.clear();
                }
            }
            let left: BTreeSet<StepAt> = story.record().left.iter().copied().collect();
            busy.retain(|it| left.contains(it));
        }
        let record = story.record();
        prop_assert!(record.left.is_empty());
        prop_assert!(!record.run.status.is_open());
        prop_assert_eq!(record.ended.len(), total);
        let n_failed = record.ended.values().filter(|it| **it == Ended::Failed).count();
        prop_assert_eq!(n_failed, record.run.failed as usize);
    }
}

#[test]
fn what_is_left_takes_as_long_as_what_was_done() {
    let mut story = Story::of(&film_of_three_steps(), 4);
    let left_ms = |story: &Story| {
        let asked = GetRun {
            project: Ulid::nil().into(),
            id: story.run,
        };
        asked.answer(&story.film).unwrap().left_ms
    };
    let at = |step, shot: Option<u128>| StepAt {
        shot: shot.map(|it| Ulid(it).into()),
        scene: None,
        step,
    };
    assert_eq!(left_ms(&story), None, "nothing was measured");
    story.did(at(1, Some(1)), 1_000);
    assert_eq!(left_ms(&story), None, "nobody knows of the large ones");
    story.did(at(1, Some(2)), 2_000);
    story.did(at(2, Some(1)), 100);
    let (project, id) = (Ulid::nil().into(), story.run);
    story.run(PauseRun { project, id });
    assert_eq!(left_ms(&story), None, "it is held");
    story.run(ResumeRun { project, id });
    assert_eq!(left_ms(&story), Some(2 * 1_500 + 3 * 100));
    for shot in [3, 4] {
        let run = story.run;
        let (server, job) = ("desk".to_owned(), shot.to_string());
        story.run(NoteStarted {
            run,
            at: at(1, Some(shot)),
            server,
            job,
        });
    }
    assert_eq!(left_ms(&story), Some(1_500 + 3 * 100), "two at once");
    story.run(CancelRun {
        project: Ulid::nil().into(),
        id: story.run,
    });
    assert_eq!(left_ms(&story), None);
}
