//! One edit in a film whose panels are all drawn: parse, identity, breakdown, stale set.

use std::time::Duration;

use anyhow::ensure;
use storycore_core::{Decide as _, Env, Film, IdSource, plan::CommitScript};
use storycore_schema::{id::ShotId, shot::Status};

use crate::{
    film::{self, Story},
    harness::{Row, Times, ratio, time, timed},
};

const SIZES_KB: [u32; 3] = [15, 150, 1_500];
const MEDIAN_MAX: Duration = Duration::from_millis(3);
const WARM_UP: usize = 20;
const COUNTED: usize = 200;

/// Where a line is changed, or what is put in.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Line(Place),
    SceneAtTop,
    NewSpeaker,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Top,
    Middle,
    End,
}

const EDITS: [(&str, Edit); 5] = [
    ("line at the top", Edit::Line(Place::Top)),
    ("line in the middle", Edit::Line(Place::Middle)),
    ("line at the end", Edit::Line(Place::End)),
    ("scene put in at the top", Edit::SceneAtTop),
    ("cue given to somebody new", Edit::NewSpeaker),
];

/// The stages of an edit, and all of them together.
struct Stages {
    parse: Vec<Duration>,
    plan: Vec<Duration>,
    commit: Vec<Duration>,
    whole: Vec<Duration>,
}

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut middle = Vec::new();
    for size_kb in SIZES_KB {
        let mut story = Story::open(&film::generated(size_kb * 1_000))?;
        story.draw_all()?;
        for (name, edit) in EDITS {
            let stages = measure(&mut story, edit)?;
            let whole = Times::new(stages.whole);
            if matches!(edit, Edit::Line(Place::Middle)) {
                middle.push(whole.median());
            }
            rows.push(row(
                size_kb,
                name,
                &whole,
                &[stages.parse, stages.plan, stages.commit],
            ));
        }
    }
    let grows = ratio(middle[2], middle[1]);
    let what = "the same edit in ten times the script (1,500 kB over 150 kB)";
    rows.push(Row::new(what, format!("{grows:.2}× the time")).target("no growth", grows <= 1.5));
    Ok(rows)
}

fn row(size_kb: u32, name: &str, whole: &Times, stages: &[Vec<Duration>; 3]) -> Row {
    let [parse, plan, commit] = stages.clone().map(|it| time(Times::new(it).median()));
    let p95 = time(whole.percentile(95));
    let ours = format!(
        "{} (p95 {p95}; parse {parse}, plan {plan}, commit {commit})",
        time(whole.median())
    );
    let row = Row::new(format!("edit, {size_kb} kB: {name}"), ours);
    match size_kb {
        150 => row.target("≤ 3 ms", whole.median() <= MEDIAN_MAX),
        _ => row,
    }
}

/// Every round starts from the same film; what it makes is dropped when the clock stands.
fn measure(story: &mut Story, edit: Edit) -> anyhow::Result<Stages> {
    let mut stages = Stages {
        parse: Vec::new(),
        plan: Vec::new(),
        commit: Vec::new(),
        whole: Vec::new(),
    };
    let mut ids = IdSource::new(2);
    for round in 0..WARM_UP + COUNTED {
        let (text, words) = edited(&story.text, edit, round);
        let hash = film::hash(&text);
        let (parse, (script, edited)) = timed(|| story.script.update(&text));
        let (plan, change) = timed(|| story.planned(script, hash, Some(edited)));
        let (commit, next) = timed(|| {
            let (_, events) =
                CommitScript { change }.decide(&story.film, &mut Env::new(1_000, &mut ids))?;
            let mut next = story.film.clone();
            next.apply(&events);
            Ok(next)
        });
        let next = next.map_err(|error: storycore_schema::Error| anyhow::anyhow!("{error}"))?;
        check(&story.film, &next, edit, &words)?;
        if round >= WARM_UP {
            stages.parse.push(parse);
            stages.plan.push(plan);
            stages.commit.push(commit);
            stages.whole.push(parse + plan + commit);
        }
    }
    Ok(stages)
}

/// The text after the edit, and the words it brought.
fn edited(text: &str, edit: Edit, round: usize) -> (String, String) {
    match edit {
        Edit::Line(place) => {
            let words = format!("Nobody asked number {round} what the river wants tonight.");
            let range = line(text, place);
            (
                format!("{}{words}{}", &text[..range.start], &text[range.end..]),
                words,
            )
        }
        Edit::NewSpeaker => {
            let words = format!("HERON KEEPER {round}");
            let before = &text[..line(text, Place::Middle).start];
            let start = before.rfind("\n\n").map_or(0, |it| it + 2);
            let cue = start..start + before[start..].find('\n').unwrap_or(0);
            (
                format!("{}{words}{}", &text[..cue.start], &text[cue.end..]),
                words,
            )
        }
        Edit::SceneAtTop => {
            let words = format!("A heron waits on pole {round}. Nothing else moves.");
            let at = text.find("\nINT. ").map_or(0, |it| it + 1);
            let at = text.find("\nEXT. ").map_or(at, |it| at.min(it + 1));
            let scene = format!("EXT. SALT MARSH - DAWN\n\n{words}\n\n");
            (format!("{}{scene}{}", &text[..at], &text[at..]), words)
        }
    }
}

/// A line of dialogue: the first, the middle one, the last.
fn line(text: &str, place: Place) -> std::ops::Range<usize> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut after_cue = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim_end();
        if after_cue && !words.is_empty() && !words.starts_with('(') {
            lines.push(start..start + words.len());
        }
        let is_cue = words.chars().any(char::is_alphabetic)
            && words
                .chars()
                .all(|it| it.is_uppercase() || matches!(it, '-' | ' '));
        after_cue = is_cue || after_cue && words.starts_with('(');
        start += line.len();
    }
    let idx = match place {
        Place::Top => 0,
        Place::Middle => lines.len() / 2,
        Place::End => lines.len() - 1,
    };
    lines.swap_remove(idx)
}

/// Exactly the shots that hold the new words may be other than fresh.
fn check(was: &Film, now: &Film, edit: Edit, words: &str) -> anyhow::Result<()> {
    ensure!(
        was.derived.counts.stale + was.derived.counts.missing == 0,
        "not all was drawn"
    );
    let n_shots = |film: &Film| film.state.project.screenplay.shots.len();
    let counts = &now.derived.counts;
    let found = (counts.stale as usize, counts.missing as usize);
    let as_expected = match edit {
        Edit::Line(_) => found == (1, 0),
        Edit::SceneAtTop => found == (0, n_shots(now) - n_shots(was)),
        Edit::NewSpeaker => (1..=8).contains(&(found.0 + found.1)),
    };
    ensure!(
        as_expected,
        "after {edit:?}: {found:?} shots are stale and missing"
    );
    let holds = |shot: ShotId| -> bool {
        let shot = now.state.project.screenplay.shot(shot);
        shot.is_ok_and(|it| it.lines.iter().any(|line| line.text.contains(words)))
    };
    if let Edit::Line(_) = edit {
        let mut shots = now.shots_in_order().map(|it| it.id);
        let stale = shots.find(|it| now.derived.status(*it) == Status::Stale);
        ensure!(
            stale.is_some_and(holds),
            "another shot than the edited one is stale"
        );
    }
    Ok(())
}
