//! Runs of many steps: what the daemon adds to each, how soon it goes on after a kill, and what a
//! run costs of which everything is there already.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::{
    film,
    harness::{Row, Times, time, timed},
    process::{Daemon, Home},
};

/// Steps of the workflow, for each shot.
const N_STEPS: usize = 7;
const STEP_MAX: Duration = Duration::from_millis(1);
const RESUME_MAX: Duration = Duration::from_secs(1);
const CACHED_MAX: Duration = Duration::from_millis(500);
const N_ROUNDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(5);

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let home = Home::new()?;
    let folder = home.path().join("feature");
    film::generated(150_000).write_to(&folder)?;
    fs::create_dir_all(folder.join("workflows"))?;
    fs::write(folder.join("workflows/many.toml"), workflow())?;
    let daemon = home.start()?;
    let project = daemon.open(&folder)?;
    let mut rows = vec![steps(&daemon, &project)?];
    let (row, daemon) = resumed(&home, daemon, &project, &folder)?;
    rows.push(row);
    rows.push(cached(&daemon, &project)?);
    daemon.stop()?;
    Ok(rows)
}

/// Steps that need one another and take no time of their own.
fn workflow() -> String {
    let mut text = "name = \"many\"\n".to_owned();
    for n in 0..N_STEPS {
        text += &format!("\n[[steps]]\nid = \"s{n}\"\nuses = \"prompt\"\neach = \"shot\"\n");
        if n > 0 {
            text += &format!("needs = [\"s{}\"]\n", n - 1);
        }
    }
    text
}

fn start(daemon: &Daemon, project: &str) -> anyhow::Result<Value> {
    let params = json!({"project": project, "workflow": "many.toml", "force": true});
    Ok(daemon.call("workflow/start", &params)?["value"].clone())
}

/// From asking to the end, for each step: writing the prompt is in it.
fn steps(daemon: &Daemon, project: &str) -> anyhow::Result<Row> {
    let (mut times, mut total) = (Vec::new(), 0);
    for _ in 0..N_ROUNDS {
        let (took, run) = timed(|| -> anyhow::Result<Value> {
            let run = start(daemon, project)?;
            daemon.call("run/wait", &json!({"project": project, "id": run["id"]}))
        });
        let run = run?;
        if run["failed"] != 0 {
            bail!("steps failed: {run}");
        }
        total = run["total"].as_u64().context("a count")?;
        times.push(took.div_f64(total as f64));
    }
    let times = Times::new(times);
    let each = times.median();
    Ok(
        Row::new(format!("a run of {total} steps, each step"), time(each))
            .target("≤ 1 ms", each <= STEP_MAX),
    )
}

/// A run is killed in the middle; from opening the film anew to the next step that is done.
fn resumed(
    home: &Home,
    mut daemon: Daemon,
    project: &str,
    folder: &Path,
) -> anyhow::Result<(Row, Daemon)> {
    let mut times = Vec::new();
    for _ in 0..N_ROUNDS {
        let run = start(&daemon, project)?;
        let (id, total) = (run["id"].clone(), run["total"].as_u64().context("a count")?);
        done(&daemon, project, &id, total / 3)?;
        daemon.kill()?;
        daemon = home.start()?;
        let (took, outcome) = timed(|| -> anyhow::Result<()> {
            daemon.open(folder)?;
            let there = done(&daemon, project, &id, 0)?;
            done(&daemon, project, &id, there + 1)?;
            Ok(())
        });
        outcome?;
        times.push(took);
        daemon.call("run/wait", &json!({"project": project, "id": id}))?;
    }
    let times = Times::new(times);
    let ours = format!(
        "{} (worst {})",
        time(times.median()),
        time(times.percentile(100))
    );
    let row = Row::new("such a run, killed: opened and going on", ours)
        .target("≤ 1 s", times.median() <= RESUME_MAX);
    Ok((row, daemon))
}

/// Waits until so many steps are done; how many are.
fn done(daemon: &Daemon, project: &str, id: &Value, n: u64) -> anyhow::Result<u64> {
    let began = Instant::now();
    loop {
        let run = daemon.call("run/get", &json!({"project": project, "id": id}))?;
        let done = run["done"].as_u64().context("a count")?;
        if done >= n || run["status"] != "running" {
            return Ok(done);
        }
        if began.elapsed() > PATIENCE {
            bail!("{n} steps are not done: {run}");
        }
        std::thread::sleep(POLL);
    }
}

/// Every shot is drawn, and asked for again: every picture is found.
fn cached(daemon: &Daemon, project: &str) -> anyhow::Result<Row> {
    let draw = |force: bool| {
        let params = json!({"project": project, "force": force});
        daemon.call("shot/render", &params)
    };
    draw(false)?;
    let (mut times, mut shots) = (Vec::new(), 0);
    for _ in 0..N_ROUNDS {
        let (took, drawn) = timed(|| draw(true));
        let drawn = drawn?;
        if drawn["reused"] != drawn["done"] {
            bail!("something was drawn anew: {drawn}");
        }
        shots = drawn["done"].as_u64().context("a count")?;
        times.push(took);
    }
    let times = Times::new(times);
    let all = times.median();
    Ok(Row::new(
        format!("{shots} shots of which every picture is there"),
        time(all),
    )
    .target(
        "≤ 500 ms for 1,500",
        all.mul_f64(1_500.0 / shots as f64) <= CACHED_MAX,
    ))
}
