//! What is printed: results on stdout, everything about them on stderr.

use std::io::{self, IsTerminal, Write};

use clap::ArgMatches;
use owo_colors::OwoColorize;

use crate::failure::Failure;

/// Where and how to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Print results as the daemon gave them.
    pub(crate) json: bool,
    /// Stdout is a terminal.
    pub(crate) terminal: bool,
    /// Stdout may carry colors.
    pub(crate) color: bool,
    error_terminal: bool,
    error_color: bool,
}

impl Output {
    /// As the innermost subcommand was asked.
    pub(crate) fn for_matches(matches: &ArgMatches) -> Output {
        let mut innermost = matches;
        while let Some((_, inner)) = innermost.subcommand() {
            innermost = inner;
        }
        // `try_get_one`: completions and the like do not know the flag.
        let json = matches!(innermost.try_get_one::<bool>("json"), Ok(Some(true)));
        // https://no-color.org: set and not empty means none.
        let colorful = std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
        let (terminal, error_terminal) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Output {
            json,
            terminal,
            color: terminal && colorful,
            error_terminal,
            error_color: error_terminal && colorful,
        }
    }

    /// Prints a line of the result.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let written = writeln!(stdout, "{}", text.trim_end_matches('\n'));
        // Flushed at once: whoever follows a subscription through a pipe waits for this line.
        written
            .and_then(|()| stdout.flush())
            .map_err(|_| Failure::NoReader)
    }

    /// Tells a person something that is not part of the result.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Whether somebody watches: if not, progress bars are noise.
    pub(crate) fn watched(&self) -> bool {
        self.error_terminal
    }

    /// Tells why the command failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        let Some(object) = failure.object() else {
            return;
        };
        if self.json {
            let text = serde_json::to_string(&object).unwrap_or_default();
            return self.note(&text);
        }
        let paint = |text: &str, color: owo_colors::AnsiColors| {
            if self.error_color {
                text.color(color).bold().to_string()
            } else {
                text.to_owned()
            }
        };
        self.note(&format!(
            "{} {}",
            paint("error:", owo_colors::AnsiColors::Red),
            object.message
        ));
        if let Some(hint) = &object.data.hint {
            self.note(&format!(
                "{} {hint}",
                paint("hint:", owo_colors::AnsiColors::Cyan)
            ));
        }
        if object.data.kind == storycore_schema::ErrorKind::Internal
            && let Some(id) = &object.data.correlation_id
        {
            self.note(&format!(
                "the daemon's log has more under {id}: storycore daemon logs"
            ));
        }
    }
}
