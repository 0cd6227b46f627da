//! Properties of the repository, one test a rule. A failure lists where, and says what to do.

use std::process::Command;

use crate::repository::{expect_none, files, files_with, numbered, root, said, text};

mod links;
mod walls;

/// Everything visible at the top level. What a tool insists on gets a dotted name.
const TOP_LEVEL: &[&str] = &[
    "ARCHITECTURE.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clients",
    "daemon",
    "rust-toolchain.toml",
    "schema",
    "tests",
];

/// Past this, ask whether it is two subjects.
const FILE_LINES_MAX: usize = 600;

/// Longer files, with the reason. This list may only shrink.
const LONG_FILES: &[(&str, &str)] = &[
    ("clients/typescript/src/generated.ts", "a generated table"),
    (
        "daemon/server/src/session/tests.rs",
        "one conversation after another",
    ),
    (
        "daemon/server/src/transport/tests.rs",
        "one transport after another",
    ),
    (
        "daemon/sketch/src/set/furniture.rs",
        "one piece of furniture after another",
    ),
    (
        "daemon/sketch/src/stage.rs",
        "set, figures and light share one stage",
    ),
    ("daemon/sketch/src/words.rs", "a dictionary"),
];

/// No file in the repository is larger: pictures and recordings are made, not kept.
const FILE_BYTES_MAX: u64 = 500_000;
/// The largest of those that are written by `cargo xtask codegen`: they grow with every method.
const GENERATED_BYTES_MAX: u64 = 2_000_000;

/// Files that people write code in.
const SOURCES: &[&str] = &[".css", ".html", ".js", ".mjs", ".py", ".rs", ".ts", ".tsx"];

/// Folders of bytes that mean something as they are.
const AS_THEY_ARE: &[&str] = &["tests/differential/scripts/", "tests/films/"];

#[test]
fn the_top_level_is_exactly_this() {
    let mut entries: Vec<&str> = files()
        .iter()
        .map(|path| path.split('/').next().unwrap_or(path))
        .filter(|it| !it.starts_with('.'))
        .collect();
    entries.dedup();
    let missing = TOP_LEVEL.iter().filter(|it| !entries.contains(*it));
    let stray = entries.iter().filter(|it| !TOP_LEVEL.contains(*it));
    let found: Vec<String> = missing
        .map(|it| format!("{it} is missing"))
        .chain(stray.map(|it| format!("{it} has no place here")))
        .collect();
    expect_none(
        &found,
        "the visible top level is fixed; give what a tool insists on a dotted name",
    );
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    let mut found = Vec::new();
    for path in files_with(&[".rs"]) {
        let text = text(path);
        let first = text.lines().next().unwrap_or_default();
        let says = first.strip_prefix("//! ").is_some_and(|it| !it.is_empty());
        if !says {
            found.push(format!("{path}:1"));
        }
    }
    expect_none(
        &found,
        "begin with `//! ` and one line on what the file is for",
    );
}

#[test]
fn files_are_as_long_as_their_subject() {
    let mut found = Vec::new();
    for path in files_with(SOURCES) {
        let n_lines = text(path).lines().count();
        let is_listed = LONG_FILES.iter().any(|(long, _)| long == path);
        if n_lines > FILE_LINES_MAX && !is_listed {
            found.push(format!(
                "{path}:{FILE_LINES_MAX} has {n_lines} lines: is it two subjects?"
            ));
        }
        if n_lines <= FILE_LINES_MAX && is_listed {
            found.push(format!(
                "{path} has {n_lines} lines: take it off the list of long files"
            ));
        }
    }
    for (path, _) in LONG_FILES {
        if !files().iter().any(|it| it == path) {
            found.push(format!(
                "{path} is gone: take it off the list of long files"
            ));
        }
    }
    expect_none(&found, "a file has at most 600 lines");
}

#[test]
fn nothing_large_is_kept() {
    let mut found = Vec::new();
    for path in files() {
        let bytes = root().join(path).metadata().map_or(0, |it| it.len());
        let is_generated = path.starts_with("schema/generated/");
        let max = if is_generated {
            GENERATED_BYTES_MAX
        } else {
            FILE_BYTES_MAX
        };
        if bytes > max {
            found.push(format!("{path} has {bytes} bytes"));
        }
    }
    expect_none(
        &found,
        "a file has at most 500 kB, a generated one 2 MB: make it where it is needed, or make it smaller",
    );
}

#[test]
fn nothing_is_left_for_later() {
    // In pieces, so that this file does not find itself.
    let never = [
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("db", "g!("),
        concat!("#[ig", "nore"),
        concat!("#[should_", "panic"),
    ];
    let later = concat!("TO", "DO");
    let conditions = ["when ", "until ", "once ", "after ", "as soon as "];
    let mut found = Vec::new();
    for path in files_with(SOURCES) {
        for (line, content) in numbered(&text(path)) {
            for word in never.iter().filter(|it| content.contains(**it)) {
                found.push(format!("{path}:{line} has `{word}`"));
            }
            let is_open = content
                .split_once(later)
                .is_some_and(|(_, rest)| !conditions.iter().any(|it| rest.contains(it)));
            if is_open {
                found.push(format!(
                    "{path}:{line} has a {later} that does not say when it ends"
                ));
            }
        }
    }
    expect_none(&found, "finish it, or name the condition that ends it");
}

#[test]
fn a_lint_is_silenced_with_a_reason() {
    let mut found = Vec::new();
    for path in files_with(&[".rs"]) {
        let text = text(path);
        for (line, content) in numbered(&text) {
            let content = content.trim_start();
            let silences = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
            if !silences.iter().any(|it| content.starts_with(it)) {
                continue;
            }
            let attribute: String = text.lines().skip(line - 1).take(8).collect();
            let end = attribute.find(")]").unwrap_or(attribute.len());
            if !attribute[..end].contains("reason = \"") {
                found.push(format!("{path}:{line}"));
            }
        }
    }
    expect_none(
        &found,
        "add `reason = \"…\"`, and prefer `expect` to `allow`",
    );
}

#[test]
fn a_module_is_a_file_of_its_own_name() {
    let found: Vec<String> = files_with(&["/mod.rs"]).cloned().collect();
    expect_none(&found, "name it after its folder: `shot.rs` beside `shot/`");
}

#[test]
fn no_test_file_is_forgotten() {
    let main = text("tests/it/main.rs");
    let forgotten = files_with(&[".rs"])
        .filter_map(|path| path.strip_prefix("tests/it/")?.strip_suffix(".rs"))
        .filter(|name| !name.contains('/') && *name != "main")
        .filter(|name| !main.lines().any(|line| line == format!("mod {name};")));
    let found: Vec<String> = forgotten
        .map(|name| format!("tests/it/{name}.rs"))
        .collect();
    expect_none(
        &found,
        "declare it in tests/it/main.rs: a file that is not does not run",
    );
}

#[test]
fn lines_end_in_a_line_feed_and_nothing_else() {
    let kinds = [".toml", ".md", ".json", ".txt"];
    let kinds: Vec<&str> = kinds.iter().chain(SOURCES).copied().collect();
    let mut found = Vec::new();
    for path in files_with(&kinds).filter(|it| !is_as_it_is(it)) {
        let text = text(path);
        let mut in_raw_string = false;
        for (line, content) in numbered(&text) {
            let bare = content.strip_suffix('\n').unwrap_or(content);
            if bare.ends_with('\r') {
                found.push(format!("{path}:{line} ends in CR LF"));
            } else if bare.ends_with([' ', '\t']) && !in_raw_string {
                found.push(format!("{path}:{line} ends in blanks"));
            }
            // An expected text may end in what it likes.
            if path.ends_with(".rs") {
                in_raw_string = in_raw_string_after(bare, in_raw_string);
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            found.push(format!("{path}: the last line has no line feed"));
        }
        if text.ends_with("\n\n") {
            found.push(format!("{path}: the last line is empty"));
        }
    }
    expect_none(&found, "end lines in one line feed");
}

fn is_as_it_is(path: &str) -> bool {
    AS_THEY_ARE.iter().any(|it| path.starts_with(it))
}

/// Whether a raw string that spans lines is open at the end of this one.
fn in_raw_string_after(line: &str, mut is_open: bool) -> bool {
    let mut rest = line;
    loop {
        let sign = if is_open { "\"#" } else { "r#" };
        let Some(at) = rest.find(sign) else {
            return is_open;
        };
        rest = rest[at + 2..].trim_start_matches('#');
        // `r#type` is a name; `r#"` begins a text.
        if is_open || rest.starts_with('"') {
            is_open = !is_open;
        }
    }
}

#[test]
fn no_machine_is_named() {
    // In pieces, so that this file does not find itself.
    let places = [
        concat!("/ho", "me/"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
    ];
    let temporary = concat!("/tm", "p/");
    let mut found = Vec::new();
    for path in files_with(&[
        ".md", ".toml", ".json", ".jsonl", ".mjs", ".py", ".ts", ".tsx",
    ]) {
        for (line, content) in numbered(&text(path)) {
            let is_doc = path.ends_with(".md");
            let is_named = places.iter().any(|place| begins_path(content, place));
            if is_named || is_doc && content.contains(temporary) {
                found.push(format!("{path}:{line}: {}", content.trim_end()));
            }
        }
    }
    for path in files_with(&[".rs"]) {
        for (line, content) in numbered(&text(path)) {
            let content = content.trim_start();
            let is_doc = content.starts_with("//");
            if is_doc && places.iter().any(|place| begins_path(content, place)) {
                found.push(format!("{path}:{line}: {}", content.trim_end()));
            }
        }
    }
    expect_none(&found, "say it by a path from the root, or by what it is");
}

/// Whether a path in `content` begins with `place`: `/system/work/` is a place in the
/// state, not a folder of somebody's machine.
fn begins_path(content: &str, place: &str) -> bool {
    content.match_indices(place).any(|(at, _)| {
        !content[..at].ends_with(|c: char| c.is_alphanumeric() || "}._-".contains(c))
    })
}

#[test]
fn what_is_made_is_not_kept() {
    let made = [
        "target/",
        "node_modules/",
        "dist/",
        ".storycore/",
        "exports/",
    ];
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached"]).current_dir(root());
    let found: Vec<String> = said(&mut git)
        .split('\0')
        .filter(|path| {
            made.iter()
                .any(|it| format!("/{path}").contains(&format!("/{it}")))
        })
        .map(ToOwned::to_owned)
        .collect();
    expect_none(&found, "remove it with `git rm --cached`");
}
