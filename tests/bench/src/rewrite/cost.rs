//! What it costs to match a film of which every scene has changed.

use std::time::Duration;

use storycore_core::identity::{Portrait, match_scenes};
use storycore_schema::recipe::IntentLine;
use storycore_tests::{FilmOptions, generate};

use super::{
    draft::{Draft, ParagraphKind, SceneText, Tags},
    edits::{Desk, Kind},
    voice::{Random, Voice},
};
use crate::harness::{Row, Times, time, timed};

const SCENES: usize = 300;
const PAGES: u32 = 700;
const MEDIAN_MAX: Duration = Duration::from_millis(50);
const ROUNDS: usize = 20;

/// Takes the time of matching alone.
pub(super) fn row() -> anyhow::Result<Row> {
    let film = generate(&FilmOptions::feature(3, PAGES)).script;
    let mut tags = Tags::default();
    let mut old = Draft::read("film", &film, &mut tags);
    old.files[0].scenes.truncate(SCENES);
    let donor = generate(&FilmOptions::feature(7_919, 120)).script;
    let voice = Voice::of(&Draft::read("donor", &donor, &mut Tags::default()));
    let mut desk = Desk::new(old.clone(), tags, Random(1), voice);
    let is_same = |desk: &Desk| {
        let new: Vec<String> = desk.draft.scenes().map(SceneText::text).collect();
        old.scenes().any(|it| new.contains(&it.text()))
    };
    while is_same(&desk) {
        desk.edit(Kind::RewriteHalf);
    }
    let (old, new) = (portraits(&old), portraits(&desk.draft));
    anyhow::ensure!(old.len() == SCENES && new.len() == SCENES);
    let times = (0..ROUNDS).map(|_| timed(|| match_scenes(&old, &[], &new, &[])).0);
    let times = Times::new(times.collect());
    let what = format!("rewriting: matching {SCENES} × {SCENES} scenes, all changed");
    let ours = format!(
        "{} (p95 {})",
        time(times.median()),
        time(times.percentile(95))
    );
    Ok(Row::new(what, ours).target("≤ 50 ms", times.median() <= MEDIAN_MAX))
}

fn portraits(draft: &Draft) -> Vec<Portrait> {
    let portrait = |scene: &SceneText| {
        let paragraphs = scene.paragraphs.iter();
        let shown = paragraphs.filter(|it| it.kind != ParagraphKind::Other);
        let lines: Vec<IntentLine> = shown
            .map(|it| IntentLine {
                speaker: it.speaker().map(str::to_owned),
                text: it.said().to_owned(),
            })
            .collect();
        let text = crate::film::hash(&scene.text());
        Portrait::new(text, scene.number.clone(), &scene.heading, lines.iter())
    };
    draft.scenes().map(portrait).collect()
}
