//! The file as a whole: its head, the film's title page, the table of scenes, the scenes.

use std::io::{self, Write};

use storycore_core::{Film, Query, project::aspect_milli};
use storycore_schema::{
    Error,
    id::ProjectId,
    scene::{ListScenes, Scene},
    shot::{ListShots, Status},
};

use super::{
    Counts, ReadBlob,
    fonts::{self, Letters},
    panel,
    text::{CssString, Escaped, Lines, RunningTime, counted, plain},
};

/// The picture's shape when the settings name none that can be, in thousandths.
const ASPECT_MILLI_DEFAULT: u32 = 1_778;

/// A film, and what is counted once for the whole file.
pub(super) struct Board<'a> {
    pub(super) film: &'a Film,
    pub(super) aspect_milli: u32,
    project: ProjectId,
    title: String,
    scenes: Vec<Scene>,
}

impl Board<'_> {
    pub(super) fn of(film: &Film) -> io::Result<Board<'_>> {
        let card = &film.state.project.card;
        let project = card.id.unwrap_or(ProjectId(ulid::Ulid::nil()));
        let title = film.title();
        Ok(Board {
            film,
            aspect_milli: aspect_milli(&card.settings.aspect).unwrap_or(ASPECT_MILLI_DEFAULT),
            project,
            title: if title.is_empty() {
                "Untitled".to_owned()
            } else {
                title
            },
            scenes: ListScenes { project }.answer(film).map_err(unreadable)?,
        })
    }

    /// The film's main language as an HTML attribute holds it; empty when it is not known.
    fn language(&self) -> &str {
        let languages = &self.film.state.project.card.settings.languages;
        let is_tag = |it: &&str| {
            it.bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
        };
        languages
            .first()
            .map(String::as_str)
            .filter(is_tag)
            .unwrap_or_default()
    }

    /// What the title page says under a key.
    fn entry(&self, key: &str) -> Option<String> {
        let value = self.film.state.project.screenplay.title_page_entry(key);
        value.map(plain).filter(|it| !it.trim().is_empty())
    }
}

fn unreadable(error: Error) -> io::Error {
    io::Error::other(error.message)
}

/// Writes everything before the body. Nothing is fetched and nothing runs: the policy says so to
/// the browser, whatever a screenplay holds.
pub(super) fn write_head(
    board: &Board<'_>,
    letters: &Letters,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (language, title) = (board.language(), Escaped(&board.title));
    write!(
        out,
        r#"<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="StoryCore">
<title>{title} – Storyboard</title>
<style>
"#
    )?;
    fonts::write_css(letters, out)?;
    let aspect = f64::from(board.aspect_milli) / 1_000.0;
    writeln!(out, ":root {{ --aspect: {aspect}; }}")?;
    let footer = CssString(&board.title);
    writeln!(out, "@page {{ @bottom-left {{ content: {footer}; }} }}")?;
    out.write_all(include_bytes!("style.css"))?;
    out.write_all(include_bytes!("print.css"))?;
    writeln!(out, "</style>\n</head>")
}

/// Writes the body and closes the file.
pub(super) fn write_body(
    board: &Board<'_>,
    blob: &mut ReadBlob<'_>,
    out: &mut dyn Write,
) -> io::Result<Counts> {
    writeln!(out, "<body>")?;
    write_cover(board, out)?;
    write_index(board, out)?;
    let mut counts = Counts::default();
    writeln!(out, "<main>")?;
    for scene in &board.scenes {
        write_scene(board, scene, blob, &mut counts, out)?;
    }
    writeln!(out, "</main>\n</body>\n</html>")?;
    Ok(counts)
}

fn write_cover(board: &Board<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<header class="cover">"#)?;
    writeln!(out, r#"<p class="kind" lang="en">Storyboard</p>"#)?;
    writeln!(out, r#"<h1 dir="auto">{}</h1>"#, Escaped(&board.title))?;
    if let Some(author) = board.entry("author").or_else(|| board.entry("authors")) {
        let author = Lines(&author);
        match board.entry("credit") {
            Some(credit) => {
                let credit = Lines(&credit);
                writeln!(
                    out,
                    r#"<p class="author" dir="auto"><span>{credit}</span> {author}</p>"#
                )?;
            }
            None => writeln!(out, r#"<p class="author" dir="auto">{author}</p>"#)?,
        }
    }
    write_facts(board, out)?;
    writeln!(out, "</header>")
}

fn write_facts(board: &Board<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = &board.film.derived.counts;
    let n_shots = counts.fresh + counts.stale + counts.missing;
    let aspect = &board.film.state.project.card.settings.aspect;
    let mut facts = vec![
        ("Draft", board.entry("draft date")),
        ("Contact", board.entry("contact")),
        ("Scenes", Some(board.scenes.len().to_string())),
        ("Shots", Some(n_shots.to_string())),
        (
            "Running time",
            Some(RunningTime(counts.duration_ms).to_string()),
        ),
        ("Aspect", Some(aspect.clone())),
    ];
    let open = [(counts.stale, "out of date"), (counts.missing, "not drawn")];
    let open = open
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"));
    let open = open.collect::<Vec<_>>().join("\n");
    facts.push(("Panels", Some(open).filter(|it| !it.is_empty())));
    writeln!(out, r#"<dl class="facts">"#)?;
    for (name, value) in facts {
        if let Some(value) = value {
            let value = Lines(&value);
            writeln!(
                out,
                r#"<div><dt lang="en">{name}</dt><dd dir="auto">{value}</dd></div>"#
            )?;
        }
    }
    writeln!(out, "</dl>")
}

fn write_index(board: &Board<'_>, out: &mut dyn Write) -> io::Result<()> {
    if board.scenes.is_empty() {
        return writeln!(
            out,
            r#"<p class="empty" lang="en">The script has no scenes yet.</p>"#
        );
    }
    writeln!(
        out,
        r#"<nav class="index" aria-labelledby="scenes">
<h2 id="scenes" lang="en">Scenes</h2>
<table>
<thead lang="en"><tr><th scope="col">No.</th><th scope="col">Heading</th><th scope="col">Light</th><th scope="col">Shots</th><th scope="col">Length</th></tr></thead>
<tbody>"#
    )?;
    for scene in &board.scenes {
        let (id, number) = (scene.id, Escaped(&scene.number));
        writeln!(
            out,
            r##"<tr><td>{number}</td><td><a href="#scene-{id}" {}</a></td><td lang="en">{}</td><td>{}</td><td>{}</td></tr>"##,
            heading(scene),
            light(scene),
            scene.shots.len(),
            RunningTime(scene.duration_ms),
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</nav>")
}

fn write_scene(
    board: &Board<'_>,
    scene: &Scene,
    blob: &mut ReadBlob<'_>,
    counts: &mut Counts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let list = ListShots {
        project: board.project,
        scene: Some(scene.id),
        status: None,
    };
    let shots = list.answer(board.film).map_err(unreadable)?;
    let n_stale = shots.iter().filter(|it| it.status == Status::Stale).count();
    let facts = [
        light(scene),
        &counted(shots.len(), "shot"),
        &RunningTime(scene.duration_ms).to_string(),
        &if n_stale > 0 {
            format!("{n_stale} stale")
        } else {
            String::new()
        },
    ];
    let facts = facts
        .iter()
        .filter(|it| !it.is_empty())
        .map(|it| format!("<span>{it}</span>"));
    let (id, number) = (scene.id, Escaped(&scene.number));
    writeln!(
        out,
        r#"<section class="scene" id="scene-{id}" aria-labelledby="heading-{id}">
<div class="scene-top"><h2 id="heading-{id}"><span class="number">{number}</span> <span {}</span></h2><p class="scene-facts" lang="en">{}</p></div>
<ol class="shots">"#,
        heading(scene),
        facts.collect::<Vec<_>>().join(" "),
    )?;
    for shot in &shots {
        counts.shots += 1;
        counts.panels += u32::from(panel::write(board, scene, shot, blob, out)?);
    }
    counts.scenes += 1;
    writeln!(out, "</ol>\n</section>")
}

/// The heading as the end of a start tag, and its words.
fn heading(scene: &Scene) -> String {
    if scene.heading.is_empty() {
        return r#"class="heading" lang="en">Before the first heading"#.to_owned();
    }
    format!(r#"class="heading" dir="auto">{}"#, Escaped(&scene.heading))
}

fn light(scene: &Scene) -> &'static str {
    scene.time_of_day.map_or("", |it| it.spoken())
}
