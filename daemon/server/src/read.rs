//! Reads source files with care: whatever a file turns out to be, the answer is its text or a
//! diagnostic that says what is wrong, where, and what to do.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use storycore_schema::{
    Limits,
    diagnostic::{Diagnostic, Severity},
};

use crate::folder::SourceKind;

/// Reads a source's text. Blocks.
pub fn read(
    root: &Path,
    path: &str,
    kind: SourceKind,
    limits: &Limits,
) -> Result<String, Diagnostic> {
    let (bytes_max, name) = match kind {
        SourceKind::Script => (limits.script_bytes_max, "script_bytes_max"),
        SourceKind::Workflow => (limits.graph_bytes_max, "graph_bytes_max"),
        SourceKind::Bible | SourceKind::Settings => {
            (limits.settings_bytes_max, "settings_bytes_max")
        }
    };
    let bytes = read_bytes(&root.join(path), bytes_max).map_err(|problem| match problem {
        Unread::TooLarge(size) => file_problem(
            path,
            "tooLarge",
            format!("{path} has {size} bytes, the limit is {bytes_max}"),
        )
        .hint(format!("split it, or raise the limit {name}")),
        Unread::NoFile => file_problem(path, "notAFile", format!("{path} is no regular file"))
            .hint("put a text file in its place"),
        Unread::Io(error) => io_problem(path, &error),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
    check_text(path, &text, limits.script_line_bytes_max)?;
    Ok(text)
}

/// "Too many levels of symbolic links"; the standard library has no stable name for it yet.
const ELOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();

enum Unread {
    TooLarge(u64),
    NoFile,
    Io(io::Error),
}

fn read_bytes(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Unread> {
    let metadata = fs::metadata(path).map_err(Unread::Io)?;
    // Opening a pipe or a device could wait for ever.
    if !metadata.is_file() {
        return Err(Unread::NoFile);
    }
    if metadata.len() > bytes_max {
        return Err(Unread::TooLarge(metadata.len()));
    }
    let file = File::open(path).map_err(Unread::Io)?;
    let mut bytes = Vec::new();
    // It may have grown since.
    file.take(bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(Unread::Io)?;
    let size = bytes.len() as u64;
    if size > bytes_max {
        Err(Unread::TooLarge(size))
    } else {
        Ok(bytes)
    }
}

fn io_problem(path: &str, error: &io::Error) -> Diagnostic {
    match error.kind() {
        io::ErrorKind::NotFound => file_problem(
            path,
            "gone",
            format!("{path} is gone; what it said is kept"),
        )
        .hint("put the file back; or leave it, nothing is lost"),
        io::ErrorKind::PermissionDenied => file_problem(
            path,
            "noPermission",
            format!("{path} may not be read; what it said is kept"),
        )
        .hint("give yourself the right to read it"),
        _ if error.raw_os_error() == Some(ELOOP) => file_problem(
            path,
            "notAFile",
            format!("{path} is a symbolic link that leads in a circle"),
        )
        .hint("put a text file in its place"),
        _ => file_problem(
            path,
            "unreadable",
            format!("{path} cannot be read: {error}"),
        )
        .hint("check the disk"),
    }
}

fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let valid = error.utf8_error().valid_up_to();
    let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
    let problem = file_problem(path, "notUtf8", format!("{path} is not UTF-8 text"));
    let problem =
        problem.hint("save it as UTF-8; a .docx, .fdx or .pdf must be exported as Fountain");
    at(problem, &before, before.len())
}

fn check_text(path: &str, text: &str, line_bytes_max: u64) -> Result<(), Diagnostic> {
    if let Some(nul) = text.find('\0') {
        let problem = file_problem(
            path,
            "binary",
            format!("{path} is no text: it has zero bytes"),
        );
        return Err(at(problem.hint("put a text file in its place"), text, nul));
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.len() as u64 > line_bytes_max {
            let message = format!(
                "{path} has a line of {} bytes, the limit is {line_bytes_max}",
                line.len()
            );
            let problem = file_problem(path, "lineTooLong", message);
            let hint = "break the line, or raise the limit script_line_bytes_max";
            return Err(at(problem.hint(hint), text, start));
        }
        start += line.len();
    }
    Ok(())
}

/// A diagnostic about a whole file.
pub fn file_problem(path: &str, code: &str, message: String) -> Diagnostic {
    Diagnostic {
        path: path.to_owned(),
        line: None,
        column: None,
        severity: Severity::Error,
        code: code.to_owned(),
        message,
        hint: None,
        actions: Vec::new(),
    }
}

/// The same diagnostic at a byte of a text.
pub fn at(diagnostic: Diagnostic, text: &str, offset: usize) -> Diagnostic {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    let line = before.bytes().filter(|it| *it == b'\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    Diagnostic {
        line: u32::try_from(line).ok(),
        column: u32::try_from(column).ok(),
        ..diagnostic
    }
}

/// Adds what to do next.
pub trait WithHint {
    /// The same, with what to do next.
    #[must_use]
    fn hint(self, hint: impl Into<String>) -> Self;
}

impl WithHint for Diagnostic {
    fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }
}

/// Reads TOML of a known shape, or says where it is wrong.
pub fn parse_toml<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, Diagnostic> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default();
        let problem = file_problem(path, "invalidToml", format!("{path}: {message}"));
        let problem =
            problem.hint("put it right and save; until then the last good version counts");
        match error.span() {
            Some(span) => at(problem, text, span.start),
            None => problem,
        }
    })
}

#[cfg(test)]
mod tests;
