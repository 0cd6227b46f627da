//! Full parse of a screenplay, beside fountain-js in a warm Node.js.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use storycore_core::fountain::Script;

use crate::{
    film,
    harness::{Rounds, Row, interleaved, ratio, time, timed},
    process::{Peer, env_or},
};

const SCRIPT_BYTES: u32 = 150_000;
const TIMES_FASTER_MIN: f64 = 30.0;
const PARSES_A_TURN: u32 = 8;
const ROUNDS: Rounds = Rounds {
    warm_up: 5,
    counted: 40,
};

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let source = film::generated(SCRIPT_BYTES).script;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("film.fountain");
    std::fs::write(&path, &source)?;
    let mut peer = FountainJs::start(&path)?;
    let ours = || {
        in_a_row(|| {
            let (took, script) = timed(|| Script::parse(&source));
            anyhow::ensure!(script.len() == source.len(), "the parser lost something");
            Ok(took)
        })
    };
    let (ours, peer) = interleaved(ROUNDS, ours, || in_a_row(|| peer.parse()))?;
    let faster = ratio(peer.median(), ours.median());
    let what = format!("full parse, {} kB; fountain-js 1.2.4", source.len() / 1_000);
    let told = |it: &crate::harness::Times| {
        format!("{} (p95 {})", time(it.median()), time(it.percentile(95)))
    };
    let row = Row::new(what, told(&ours)).peer(told(&peer), faster);
    Ok(vec![row.target("≥ 30× faster", faster >= TIMES_FASTER_MIN)])
}

/// The mean time of some parses in a row, so that each turn finds its caches warm.
fn in_a_row(mut parse: impl FnMut() -> anyhow::Result<Duration>) -> anyhow::Result<Duration> {
    let mut whole = Duration::ZERO;
    for _ in 0..PARSES_A_TURN {
        whole += parse()?;
    }
    Ok(whole / PARSES_A_TURN)
}

/// A Node.js that has fountain-js loaded.
pub(crate) struct FountainJs {
    process: Peer,
    path: String,
    answers: BufReader<std::process::ChildStdout>,
}

impl FountainJs {
    pub(crate) fn start(path: &Path) -> anyhow::Result<FountainJs> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/fountain_js.mjs");
        let mut node = Command::new(env_or("STORYCORE_TEST_NODE", "node"));
        node.arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Peer::spawn(&mut node)?;
        let stdout = process
            .child
            .stdout
            .take()
            .context("the peer has no output")?;
        let path = path.display().to_string();
        Ok(FountainJs {
            process,
            path,
            answers: BufReader::new(stdout),
        })
    }

    /// Reads the file's text; how long the parse took, by its own clock.
    pub(crate) fn parse(&mut self) -> anyhow::Result<Duration> {
        let stdin = self
            .process
            .child
            .stdin
            .as_mut()
            .context("the peer takes no input")?;
        writeln!(stdin, "{}", self.path)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let nanos = line
            .trim()
            .parse()
            .context("the peer gave no time; is `npm ci` done?")?;
        Ok(Duration::from_nanos(nanos))
    }
}
