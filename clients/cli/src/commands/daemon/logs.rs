//! `storycore daemon logs`: the end of the log, for people or as it stands.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::Path,
    thread,
    time::Duration,
};

use clap::ArgMatches;
use serde_json::Value;
use storycore_schema::Error;
use storycore_server::{
    discovery::{Endpoint, last_words},
    observability::RotatingFile,
};

use crate::{failure::Failure, interrupt, output::Output};

const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Prints the last lines, then what is logged from now on if asked for.
pub(super) fn run(
    endpoint: &Endpoint,
    matches: &ArgMatches,
    output: &Output,
) -> Result<(), Failure> {
    let n_lines = matches
        .get_one::<usize>("lines")
        .copied()
        .unwrap_or_default();
    let mut tail = Tail::default();
    let mut lines = lines_of(&RotatingFile::aged(&endpoint.log, 1));
    lines.extend(tail.more(&endpoint.log));
    let follow = matches.get_flag("follow");
    if lines.is_empty() && !follow {
        let error = Error::not_found("log yet", endpoint.log.display());
        return Err(Failure::Failed(
            error.hint("start the daemon: storycore daemon ensure"),
        ));
    }
    for line in &lines[lines.len().saturating_sub(n_lines)..] {
        print(line, output)?;
    }
    let words = last_words(&endpoint.stderr);
    if !words.is_empty() {
        output.note(&format!("at its last start it said:\n{words}"));
    }
    if !follow {
        return Ok(());
    }
    interrupt::finish_on_ctrl_c();
    loop {
        for line in tail.more(&endpoint.log) {
            print(&line, output)?;
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// A place in a growing file, which may be replaced by a new one of the same name.
#[derive(Default)]
struct Tail {
    file: Option<(u64, File)>,
    at: u64,
    half_line: String,
}

impl Tail {
    /// The lines since the last time; of the old file first, if there is a new one.
    fn more(&mut self, path: &Path) -> Vec<String> {
        let mut lines = self.read();
        let Ok(now) = path.metadata() else {
            return lines;
        };
        if self
            .file
            .as_ref()
            .is_none_or(|(inode, _)| *inode != now.ino())
        {
            self.file = File::open(path).ok().map(|it| (now.ino(), it));
            self.at = 0;
            lines.extend(self.read());
        }
        lines
    }

    fn read(&mut self) -> Vec<String> {
        let Some((_, file)) = &mut self.file else {
            return Vec::new();
        };
        let mut bytes = Vec::new();
        let read = file
            .seek(SeekFrom::Start(self.at))
            .and_then(|_| file.read_to_end(&mut bytes));
        let Ok(length) = read else { return Vec::new() };
        self.at += length as u64;
        self.half_line.push_str(&String::from_utf8_lossy(&bytes));
        let whole = self.half_line.rfind('\n').map_or(0, |it| it + 1);
        let lines = self.half_line[..whole].lines().map(str::to_owned).collect();
        self.half_line.drain(..whole);
        lines
    }
}

fn lines_of(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn print(line: &str, output: &Output) -> Result<(), Failure> {
    if output.json || !output.terminal {
        return output.line(line);
    }
    output.line(&for_people(line).unwrap_or_else(|| line.to_owned()))
}

/// `12:00:01.123 WARN storycore_server::store slow answer shots=7 [r-42]`.
fn for_people(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = text("@timestamp").get(11..23)?;
    let level = text("log.level").to_uppercase();
    let mut shown = format!(
        "{time} {level:5} {} {}",
        text("log.logger"),
        text("message")
    );
    for (name, value) in line.as_object()? {
        if let Some(name) = name.strip_prefix("storycore.") {
            shown += &format!(" {name}={value}");
        }
    }
    if let Some(error) = line.get("error.message") {
        shown += &format!(" error={error}");
    }
    if let Some(trace) = line.get("trace.id").and_then(Value::as_str) {
        shown += &format!(" [{trace}]");
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    #[test]
    fn a_tail_reads_on_over_half_lines_and_new_files() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("log");
        let mut tail = Tail::default();
        assert!(tail.more(&path).is_empty());
        fs::write(&path, "one\ntw").unwrap();
        assert_eq!(tail.more(&path), ["one"]);
        fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"o\nthree\n")
            .unwrap();
        fs::rename(&path, temp.path().join("log.1")).unwrap();
        fs::write(&path, "four\n").unwrap();
        assert_eq!(tail.more(&path), ["two", "three", "four"]);
        assert!(tail.more(&path).is_empty());
    }

    #[test]
    fn a_line_is_readable() {
        let line = r#"{"@timestamp":"2026-01-02T12:00:01.123456Z","log.level":"warn",
            "log.logger":"storycore_server::store","message":"slow answer","storycore.shots":7,
            "trace.id":"r-42"}"#;
        assert_eq!(
            for_people(line).unwrap(),
            "12:00:01.123 WARN  storycore_server::store slow answer shots=7 [r-42]"
        );
        assert_eq!(for_people("not JSON"), None);
    }
}
