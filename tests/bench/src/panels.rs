//! Panels: drawn and encoded, all of them distinct.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use storycore_schema::recipe::Intent;
use storycore_sketch::{Options, render};

use crate::{
    film::{self, Story},
    harness::{Row, Times, mebibytes, time, timed},
};

const WIDTH_PX: u32 = 1_280;
const N_THREADS: usize = 2;
const PER_SECOND_MIN: f64 = 150.0;
const N_ROUNDS: usize = 3;

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let story = Story::open(&film::generated(150_000))?;
    let mut seen = HashSet::new();
    let intents: Vec<(Intent, u64)> = story
        .intents()
        .filter(|(it, _)| seen.insert(format!("{it:?}")))
        .collect();
    let warm_up = intents.len() / 10;
    draw_all(&intents[..warm_up]);
    let mut rates = Vec::new();
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..N_ROUNDS {
        let (whole, drawn) = timed(|| draw_all(&intents));
        rates.push(intents.len() as f64 / whole.as_secs_f64());
        bytes = drawn.iter().map(|it| it.1).sum::<usize>() / drawn.len();
        times.extend(drawn.into_iter().map(|it| it.0));
    }
    rates.sort_by(f64::total_cmp);
    let (rate, times) = (rates[N_ROUNDS / 2], Times::new(times));
    let ours = format!(
        "{rate:.0} a second ({} each, p95 {}; {} a file)",
        time(times.median()),
        time(times.percentile(95)),
        mebibytes(bytes as u64),
    );
    let what = format!(
        "{} distinct panels, {WIDTH_PX} wide, PNG, {N_THREADS} threads",
        intents.len()
    );
    Ok(vec![
        Row::new(what, ours).target("≥ 150 a second", rate >= PER_SECOND_MIN),
    ])
}

/// The time and size of each.
fn draw_all(intents: &[(Intent, u64)]) -> Vec<(Duration, usize)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut drawn = Vec::new();
        while let Some((intent, seed)) = intents.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (took, picture) = timed(|| render(intent, *seed, &Options { width_px: WIDTH_PX }));
            drawn.push((took, picture.png.len()));
        }
        drawn
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..N_THREADS).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .filter_map(|it| it.join().ok())
            .flatten()
            .collect()
    })
}
