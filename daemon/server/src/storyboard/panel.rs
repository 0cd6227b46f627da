//! One shot: its picture or the empty frame in its place, how it is shot, the words it covers.

use std::io::{self, ErrorKind, Write};

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use storycore_schema::{
    asset::Asset,
    craft::{Angle, Movement},
    recipe::IntentLine,
    scene::Scene,
    shot::{Shot, Status},
};

use super::{
    ReadBlob,
    page::Board,
    text::{Escaped, Part, ShotLength, list_of, parts_of_speech},
};

/// Width that a picture is said to have when nobody knows, in pixels.
const WIDTH_PX_DEFAULT: u32 = 1_000;

/// Writes a shot. Returns whether it has a picture.
pub(super) fn write(
    board: &Board<'_>,
    scene: &Scene,
    shot: &Shot,
    blob: &mut ReadBlob<'_>,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let status = if shot.status == Status::Stale {
        " is-stale"
    } else {
        ""
    };
    writeln!(
        out,
        r#"<li class="shot{status}" id="shot-{}"><figure>"#,
        shot.id
    )?;
    let picture = picture(board, shot, blob)?;
    match &picture {
        Some((asset, bytes)) => write_picture(board, scene, shot, (asset, bytes), out)?,
        None => write_frame(shot, out)?,
    }
    writeln!(out, "<figcaption>")?;
    write_camera(shot, out)?;
    write_reasons(shot, out)?;
    if !shot.subjects.is_empty() {
        let subjects = shot.subjects.join(", ");
        writeln!(
            out,
            r#"<p class="subjects" dir="auto">{}</p>"#,
            Escaped(&subjects)
        )?;
    }
    let record = board.film.state.project.screenplay.shots.get(&shot.id);
    write_words(record.map_or(&[], |it| &it.lines), out)?;
    writeln!(out, "</figcaption></figure></li>")?;
    Ok(picture.is_some())
}

/// The picture that the shot shows, if it is one and still there.
fn picture<'a>(
    board: &Board<'a>,
    shot: &Shot,
    blob: &mut ReadBlob<'_>,
) -> io::Result<Option<(&'a Asset, Vec<u8>)>> {
    let state = &board.film.state;
    let take = shot
        .take
        .and_then(|it| state.generation.takes.by_id.get(&it));
    let asset = take.and_then(|it| state.assets.by_id.get(&it.asset));
    let Some(asset) = asset.filter(|it| is_picture(&it.media_type)) else {
        return Ok(None);
    };
    match blob(asset.id) {
        Ok(bytes) => Ok(Some((asset, bytes))),
        // One lost picture is no reason to keep the others from a reader.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn is_picture(media_type: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"+-.".contains(&it);
    media_type
        .strip_prefix("image/")
        .is_some_and(|it| it.bytes().all(is_plain))
}

fn write_picture(
    board: &Board<'_>,
    scene: &Scene,
    shot: &Shot,
    (asset, bytes): (&Asset, &[u8]),
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = asset.width_px.unwrap_or(WIDTH_PX_DEFAULT);
    let by_aspect = u64::from(width) * 1_000 / u64::from(board.aspect_milli);
    let height = asset.height_px.map_or(by_aspect, u64::from);
    let (media_type, data) = (&asset.media_type, Base64Display::new(bytes, &STANDARD));
    let alt = describe(scene, shot);
    writeln!(
        out,
        r#"<div class="panel"><img lang="en" alt="{}" width="{width}" height="{height}" decoding="async" src="data:{media_type};base64,{data}"></div>"#,
        Escaped(&alt)
    )
}

fn write_frame(shot: &Shot, out: &mut dyn Write) -> io::Result<()> {
    let why = match shot.status {
        Status::Missing => "Not drawn yet",
        Status::Fresh | Status::Stale => "Picture not found",
    };
    writeln!(
        out,
        r#"<div class="panel is-empty"><p lang="en">{why}</p></div>"#
    )
}

/// What the picture shows, for somebody who cannot see it.
fn describe(scene: &Scene, shot: &Shot) -> String {
    let mut alt = format!("Panel {}: {}", shot.label, shot.framing.spoken());
    if !shot.subjects.is_empty() {
        alt.push_str(" of ");
        alt.push_str(&list_of(&shot.subjects));
    }
    for part in [angle(shot.angle), movement(shot.movement), &scene.heading] {
        if !part.is_empty() {
            alt.push_str(", ");
            alt.push_str(part);
        }
    }
    alt
}

fn write_camera(shot: &Shot, out: &mut dyn Write) -> io::Result<()> {
    let (short, spoken) = (shot.framing.short(), shot.framing.spoken());
    let lens = shot
        .lens_mm
        .map(|it| format!("{it}\u{a0}mm"))
        .unwrap_or_default();
    let (label, length) = (Escaped(&shot.label), ShotLength(shot.duration_ms));
    write!(
        out,
        r#"<p class="camera" lang="en"><b class="label">{label}</b> <span><abbr title="{spoken}">{short}</abbr>"#
    )?;
    for part in [angle(shot.angle), movement(shot.movement), &lens] {
        if !part.is_empty() {
            write!(out, " · {part}")?;
        }
    }
    writeln!(out, r#"</span> <span class="length">{length}</span></p>"#)
}

/// The usual angle is not worth a word.
fn angle(angle: Angle) -> &'static str {
    if angle == Angle::EyeLevel {
        ""
    } else {
        angle.spoken()
    }
}

/// Nor is a camera that stands still.
fn movement(movement: Movement) -> &'static str {
    if movement == Movement::Static {
        ""
    } else {
        movement.spoken()
    }
}

fn write_reasons(shot: &Shot, out: &mut dyn Write) -> io::Result<()> {
    if shot.status != Status::Stale {
        return Ok(());
    }
    let reasons: Vec<&str> = shot.reasons.iter().map(|it| it.message.as_str()).collect();
    let reasons = reasons.join("; ");
    writeln!(
        out,
        r#"<p class="stale" lang="en" dir="auto"><b>Stale</b> {}</p>"#,
        Escaped(&reasons)
    )
}

fn write_words(lines: &[IntentLine], out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, r#"<div class="words">"#)?;
    for line in lines {
        let Some(speaker) = &line.speaker else {
            writeln!(out, r#"<p dir="auto">{}</p>"#, Escaped(&line.text))?;
            continue;
        };
        writeln!(
            out,
            r#"<p class="speaker" dir="auto">{}</p>"#,
            Escaped(speaker)
        )?;
        write!(out, r#"<p class="speech" dir="auto">"#)?;
        for part in parts_of_speech(&line.text) {
            match part {
                Part::Words(words) => write!(out, "{}", Escaped(words))?,
                Part::Aside(aside) => write!(out, "<i>{}</i>", Escaped(aside))?,
            }
        }
        writeln!(out, "</p>")?;
    }
    writeln!(out, "</div>")
}
