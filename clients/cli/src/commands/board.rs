//! `storycore board`: from a script to a page of panels, in one go.

use std::time::Instant;

use clap::ArgMatches;
use serde_json::json;
use storycore_schema::{
    Error,
    diagnostic::{Diagnostic, ListDiagnostics, Severity},
    export::{ExportStoryboard, Exported},
    project::Project,
    shot::{RenderShots, Rendered},
};

use super::{connect, local_path};
use crate::{
    client::Client,
    failure::Failure,
    film, interrupt,
    output::Output,
    progress::Bar,
    view::words::{count, seconds},
};

/// Opens the film, draws what is stale or missing, writes the storyboard.
pub(crate) fn run(matches: &ArgMatches, output: &Output) -> Result<(), Failure> {
    let begin = Instant::now();
    let path = matches
        .get_one::<String>("path")
        .map_or(".", String::as_str);
    let path = film::film_path(path.as_ref())?;
    let out = matches
        .get_one::<String>("out")
        .map(|it| local_path(it))
        .transpose()?;
    let mut client = connect()?;
    interrupt::cancel_on_ctrl_c(client.canceler());

    let film = film::open(&mut client, &path, None)?;
    let rendered = render(&mut client, &film, output)?;
    let exported = client.ask(&ExportStoryboard {
        project: film.id,
        out,
    })?;
    report_diagnostics(&mut client, &film, output)?;
    if output.json {
        let all = json!({"project": film, "rendered": rendered, "exported": exported});
        output.line(&all.to_string())?;
    } else {
        let took = seconds(begin.elapsed());
        output.line(&format!(
            "{} in {took}",
            summary(&film.title, &rendered, &exported)
        ))?;
    }
    if rendered.failed > 0 {
        let message = format!("{} could not be drawn", count(rendered.failed, "panel"));
        return Err(Failure::Failed(
            Error::unavailable(message).hint("`storycore run list` says why"),
        ));
    }
    Ok(())
}

/// Draws what is stale or missing.
pub(super) fn render(
    client: &mut Client,
    film: &Project,
    output: &Output,
) -> Result<Rendered, Failure> {
    let mut bar = Bar::new(output);
    let all = RenderShots {
        project: film.id,
        shots: None,
        force: None,
    };
    client.ask_with(&all, &mut |note| bar.follow(note))
}

/// Says what is wrong in the film's files: what stands in the storyboard may be older.
pub(super) fn report_diagnostics(
    client: &mut Client,
    film: &Project,
    output: &Output,
) -> Result<(), Failure> {
    let all = client.ask(&ListDiagnostics {
        project: film.id,
        path: None,
    })?;
    for it in all.iter().filter(|it| it.severity != Severity::Information) {
        output.note(&diagnostic_line(it));
    }
    Ok(())
}

fn diagnostic_line(it: &Diagnostic) -> String {
    let severity = if it.severity == Severity::Error {
        "error"
    } else {
        "warning"
    };
    let line = it.line.map_or_else(String::new, |it| format!(":{it}"));
    let column = it.column.map_or_else(String::new, |it| format!(":{it}"));
    let hint = it
        .hint
        .as_ref()
        .map_or_else(String::new, |it| format!("\n  hint: {it}"));
    format!(
        "{severity}: {}{line}{column}: {}{hint}",
        it.path, it.message
    )
}

fn summary(title: &str, rendered: &Rendered, exported: &Exported) -> String {
    let drawn = rendered.done.saturating_sub(rendered.reused);
    let kept = exported.panels.saturating_sub(drawn);
    format!(
        "{title}: {}, {}, {} ({drawn} drawn, {kept} kept) → {}",
        count(exported.scenes, "scene"),
        count(exported.shots, "shot"),
        count(exported.panels, "panel"),
        exported.path,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_one_line() {
        let rendered = Rendered {
            run: None,
            done: 20,
            reused: 8,
            failed: 0,
            locked: 0,
        };
        let exported = Exported {
            path: "/f/exports/storyboard.html".to_owned(),
            bytes: 9,
            scenes: 1,
            shots: 84,
            panels: 84,
        };
        assert_eq!(
            summary("Signals", &rendered, &exported),
            "Signals: 1 scene, 84 shots, 84 panels (12 drawn, 72 kept) → /f/exports/storyboard.html"
        );
    }

    #[test]
    fn a_diagnostic_names_its_place_and_the_next_step() {
        let diagnostic = Diagnostic {
            path: "bible/maya.toml".to_owned(),
            line: Some(3),
            column: Some(7),
            severity: Severity::Error,
            code: "badToml".to_owned(),
            message: "expected `=`".to_owned(),
            hint: Some("write key = value".to_owned()),
            actions: Vec::new(),
        };
        assert_eq!(
            diagnostic_line(&diagnostic),
            "error: bible/maya.toml:3:7: expected `=`\n  hint: write key = value"
        );
    }
}
