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
const ROUNDS: Rounds = Rounds {
    warm_up: 20,
    counted: 100,
};

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let source = film::generated(SCRIPT_BYTES).script;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("film.fountain");
    std::fs::write(&path, &source)?;
    let mut peer = FountainJs::start(&path)?;
    let ours = || {
        let (took, script) = timed(|| Script::parse(&source));
        anyhow::ensure!(script.len() == source.len(), "the parser lost something");
        Ok(took)
    };
    let (ours, peer) = interleaved(ROUNDS, ours, || peer.parse())?;
    let faster = ratio(peer.median(), ours.median());
    let what = format!("full parse, {} kB; fountain-js 1.2.4", source.len() / 1_000);
    let told = |it: &crate::harness::Times| {
        format!("{} (p95 {})", time(it.median()), time(it.percentile(95)))
    };
    let row = Row::new(what, told(&ours)).peer(told(&peer), faster);
    Ok(vec![row.target("≥ 30× faster", faster >= TIMES_FASTER_MIN)])
}

/// A Node.js that has fountain-js loaded.
struct FountainJs {
    process: Peer,
    path: String,
    answers: BufReader<std::process::ChildStdout>,
}

impl FountainJs {
    fn start(path: &Path) -> anyhow::Result<FountainJs> {
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

    fn parse(&mut self) -> anyhow::Result<Duration> {
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
