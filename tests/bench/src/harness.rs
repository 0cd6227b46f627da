//! How a time is taken and told: rounds, medians, and a table of what was promised.

use std::time::{Duration, Instant};

/// Times of one thing, sorted.
#[derive(Debug, Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Sorts them. There must be at least one.
    pub(crate) fn new(mut times: Vec<Duration>) -> Times {
        assert!(!times.is_empty(), "nothing was measured");
        times.sort_unstable();
        Times(times)
    }

    /// The time that half of them keep.
    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The time that so many of a hundred keep.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }

    /// The longest.
    pub(crate) fn max(&self) -> Duration {
        self.0[self.0.len() - 1]
    }
}

/// How long something takes, and what it gives.
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let value = run();
    (start.elapsed(), value)
}

/// Takes the time of two things in turns, so that what disturbs the machine disturbs both. The
/// first rounds warm up and do not count.
pub(crate) fn interleaved(
    rounds: Rounds,
    mut ours: impl FnMut() -> anyhow::Result<Duration>,
    mut peer: impl FnMut() -> anyhow::Result<Duration>,
) -> anyhow::Result<(Times, Times)> {
    let (mut our_times, mut peer_times) = (Vec::new(), Vec::new());
    for round in 0..rounds.warm_up + rounds.counted {
        let (our_time, peer_time) = (ours()?, peer()?);
        if round >= rounds.warm_up {
            our_times.push(our_time);
            peer_times.push(peer_time);
        }
    }
    Ok((Times::new(our_times), Times::new(peer_times)))
}

/// How often something is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    /// Rounds that do not count.
    pub(crate) warm_up: usize,
    /// Rounds that do.
    pub(crate) counted: usize,
}

/// One promise and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    target: String,
    ours: String,
    peer: String,
    ratio: String,
    met: Option<bool>,
}

impl Row {
    /// A row that promises nothing yet.
    pub(crate) fn new(what: impl Into<String>, ours: impl Into<String>) -> Row {
        let (what, ours) = (what.into(), ours.into());
        let none = String::new;
        Row {
            what,
            ours,
            target: none(),
            peer: none(),
            ratio: none(),
            met: None,
        }
    }

    /// What was promised, and whether it is kept.
    pub(crate) fn target(mut self, target: impl Into<String>, met: bool) -> Row {
        self.target = target.into();
        self.met = Some(met);
        self
    }

    /// What somebody else needs, and the two as a ratio.
    pub(crate) fn peer(mut self, peer: impl Into<String>, ratio: f64) -> Row {
        self.peer = peer.into();
        self.ratio = format!("{ratio:.1}×").replace("0.0×", &format!("{ratio:.2}×"));
        if ratio < 10.0 {
            self.ratio = format!("{ratio:.2}×");
        }
        self
    }

    fn cells(&self) -> [&str; 6] {
        let met = match self.met {
            None => "",
            Some(true) => "yes",
            Some(false) => "**no**",
        };
        [
            &self.what,
            &self.target,
            &self.ours,
            &self.peer,
            &self.ratio,
            met,
        ]
    }
}

const HEADS: [&str; 6] = ["what", "target", "ours", "peer", "ratio", "met?"];

/// The rows as a table, for people or for a README.
pub(crate) fn table(rows: &[Row], markdown: bool) -> String {
    let mut lines = vec![HEADS];
    lines.extend(rows.iter().map(Row::cells));
    let width = |column: usize| lines.iter().map(|it| it[column].chars().count()).max();
    let widths: Vec<usize> = (0..HEADS.len()).filter_map(width).collect();
    let mut text = String::new();
    for (idx, cells) in lines.iter().enumerate() {
        if markdown {
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
            if idx == 0 {
                text.push_str(&format!("|{}\n", " --- |".repeat(HEADS.len())));
            }
            continue;
        }
        for (cell, width) in cells.iter().zip(&widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(width - cell.chars().count() + 2));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// A time in a unit that fits it.
pub(crate) fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        it if it < 100.0 => format!("{it:.1} µs"),
        it if it < 1_000.0 => format!("{it:.0} µs"),
        it if it < 100_000.0 => format!("{:.2} ms", it / 1e3),
        it if it < 1e6 => format!("{:.0} ms", it / 1e3),
        it => format!("{:.2} s", it / 1e6),
    }
}

/// Bytes as mebibytes.
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// How many times longer one time is than another.
pub(crate) fn ratio(longer: Duration, shorter: Duration) -> f64 {
    longer.as_secs_f64() / shorter.as_secs_f64()
}
