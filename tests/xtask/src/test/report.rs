//! Stages: what each one took and counted.

use std::{process::ExitCode, time::Instant};

use super::Counts;

/// Everything that ran so far.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    total: Counts,
}

impl Report {
    /// Runs a stage. A stage that cannot be run counts as one failure, and the next one runs.
    pub(crate) fn stage(&mut self, name: &str, run: impl FnOnce() -> anyhow::Result<Counts>) {
        println!("\n== {name}");
        let start = Instant::now();
        let counts = run().unwrap_or_else(|err| {
            eprintln!("error: {err:#}");
            Counts {
                passed: 0,
                failed: 1,
            }
        });
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        let verdict = match counts {
            Counts {
                passed: 0,
                failed: 0,
            } => "ok".to_owned(),
            Counts { passed, failed: 0 } => format!("ok, {passed} tests"),
            Counts { passed, failed } => format!("FAILED: {failed} of {}", passed + failed),
        };
        let line = format!("{minutes:6.2} min  {name:32}  {verdict}");
        println!("== {}", line.trim_start());
        self.lines.push(line);
        self.total += counts;
    }

    /// Prints every stage, then the closing count.
    pub(crate) fn close(&self) -> ExitCode {
        println!();
        for line in &self.lines {
            println!("{line}");
        }
        let Counts { passed, failed } = self.total;
        println!("{passed} passed, {failed} failed");
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
