//! The benchmarks: our times beside those of peers, in one run, against what was promised.
//!
//! Read `harness.rs`, then any subject. Absent on purpose: tests of times. A time never fails a build;
//! the table says what is met. What must not get worse without anybody's noticing is tested in `rewrite`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for people talks on the terminal"
)]

use std::process::ExitCode;

use anyhow::bail;

mod calls;
mod edit;
mod editor;
mod film;
mod harness;
mod kept;
mod life;
mod live;
mod load;
mod log;
mod media;
mod panels;
mod parse;
mod process;
mod raw;
mod rewrite;
mod runs;
mod servers;

const USAGE: &str = "\
cargo xtask bench [NAME]... [--only NAME]... [--markdown]
cargo xtask bench rewrite --cases   (every wrong decision, in full)
";

/// A subject's name, what it is about, and what measures it.
type Subject = (
    &'static str,
    &'static str,
    fn() -> anyhow::Result<Vec<harness::Row>>,
);

const SUBJECTS: [Subject; 12] = [
    ("parse", "full parse, beside fountain-js", parse::run),
    ("edit", "one edit in a drawn film", edit::run),
    ("panels", "panels drawn and encoded", panels::run),
    (
        "calls",
        "small calls, beside fastwebsockets and FastAPI",
        calls::run,
    ),
    ("live", "the daemon as a page meets it", live::run),
    (
        "editor",
        "the language server, beside fountain-js",
        editor::run,
    ),
    ("runs", "runs of many steps", runs::run),
    (
        "servers",
        "ComfyUI servers, beside a bare client",
        servers::run,
    ),
    (
        "kept",
        "files stored, beside a bare writer, and the cache",
        kept::run,
    ),
    ("log", "the log, beside a bare SQLite loop", log::run),
    (
        "media",
        "thumbnails and measures of pictures, beside Pillow and OpenCV",
        media::run,
    ),
    (
        "rewrite",
        "what stays what it is when a script is rewritten",
        rewrite::run,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<()> {
    if args == ["serve-raw"] {
        return raw::serve();
    }
    if let ["live-film", folder, commands] = args.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        return log::live_film(folder, commands);
    }
    if args == ["rewrite", "--cases"] {
        return rewrite::print_cases();
    }
    let mut only = Vec::new();
    let mut markdown = false;
    let mut rest = args.iter().map(String::as_str);
    while let Some(arg) = rest.next() {
        match arg {
            "--only" => only.extend(rest.next()),
            "--markdown" => markdown = true,
            name if !name.starts_with('-') => only.push(name),
            other => bail!("unknown argument `{other}`\n\n{USAGE}{}", subjects()),
        }
    }
    if let Some(unknown) = only
        .iter()
        .find(|it| SUBJECTS.iter().all(|(name, ..)| name != *it))
    {
        bail!("no subject `{unknown}`\n\n{}", subjects());
    }
    let mut rows = Vec::new();
    for (name, what, measure) in SUBJECTS {
        if only.is_empty() || only.contains(&name) {
            eprintln!("{name}: {what} ...");
            rows.extend(measure()?);
        }
    }
    print!("{}", harness::table(&rows, markdown));
    Ok(())
}

fn subjects() -> String {
    let lines = SUBJECTS
        .iter()
        .map(|(name, what, _)| format!("{name:8} {what}\n"));
    lines.collect()
}
