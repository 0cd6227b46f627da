//! Rewriting: seeded edits over films, saved now and then, and how often scenes, shots and takes
//! stay what they are. Read `edits.rs` for what is done, `truth.rs` for what should come of it and
//! `judge.rs` for what is counted.

use std::io::Write as _;

use storycore_tests::{FilmOptions, generate, sample_dir};

use crate::harness::Row;

mod cost;
mod draft;
mod edits;
mod judge;
mod shelf;
mod truth;
mod voice;

use draft::{Draft, Tags, Words};
use edits::{Desk, KINDS, Kind};
use judge::{Known, Tally, judge};
use shelf::Shelf;
use voice::{Random, Voice};

/// After how many edits somebody saves.
const SAVE_EVERY: [usize; 4] = [1, 5, 20, 60];
/// Edits in a row, at most.
const EDITS_MAX: usize = 60;

/// What is done between checkouts.
const WITH_CHECKOUTS: [Kind; 6] = [
    Kind::Checkout,
    Kind::RewriteHalf,
    Kind::CutAndReturn,
    Kind::Split,
    Kind::Merge,
    Kind::Move,
];

/// What is rewritten, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequence<'a> {
    pub(crate) film: Title,
    pub(crate) seed: u64,
    /// The kinds of edits that take turns at random.
    pub(crate) kinds: &'a [Kind],
    pub(crate) n_edits: usize,
    pub(crate) save_every: usize,
}

/// A film to rewrite.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Title {
    HighWater,
    /// Of so many pages.
    Generated(u32),
}

/// The films that are rewritten.
const FILMS: [Title; 2] = [Title::HighWater, Title::Generated(40)];

impl Title {
    fn name(self) -> String {
        match self {
            Title::HighWater => "the sample film".to_owned(),
            Title::Generated(pages) => format!("films of {pages} pages"),
        }
    }

    fn draft(self, seed: u64, tags: &mut Tags) -> anyhow::Result<Draft> {
        let text = match self {
            Title::HighWater => {
                std::fs::read_to_string(sample_dir().join("script/high-water.fountain"))?
            }
            Title::Generated(pages) => generate(&FilmOptions::feature(seed, pages)).script,
        };
        let draft = Draft::read("script/film.fountain", &text, tags);
        if matches!(self, Title::Generated(_)) {
            check_film(&draft)?;
        }
        Ok(draft)
    }
}

/// At least so many scenes of a generated film have a heading that an earlier one has, in percent.
const REPEATED_HEADINGS_PERCENT_MIN: usize = 30;
/// At least so many have fewer words than [`SHORT_WORDS`], in percent.
const SHORT_SCENES_PERCENT_MIN: usize = 20;
const SHORT_WORDS: usize = 20;

/// A film must be as hard as real ones are.
fn check_film(draft: &Draft) -> anyhow::Result<()> {
    let scenes: Vec<_> = draft.scenes().collect();
    let is_repeated = |idx: &usize| {
        scenes[..*idx]
            .iter()
            .any(|it| it.heading == scenes[*idx].heading)
    };
    let n_repeated = (0..scenes.len()).filter(is_repeated).count();
    let body = |scene: &draft::SceneText| {
        let texts = scene.paragraphs.iter().map(|it| it.text.as_str());
        Words::of(&texts.collect::<Vec<_>>().join("\n")).len()
    };
    let n_short = scenes.iter().filter(|it| body(it) < SHORT_WORDS).count();
    anyhow::ensure!(
        n_repeated * 100 >= scenes.len() * REPEATED_HEADINGS_PERCENT_MIN,
        "only {n_repeated} of {} headings are repeated",
        scenes.len()
    );
    anyhow::ensure!(
        n_short * 100 >= scenes.len() * SHORT_SCENES_PERCENT_MIN,
        "only {n_short} of {} scenes are short",
        scenes.len()
    );
    Ok(())
}

/// Rewrites a film, and counts what stays what it is.
pub(crate) fn rewrite(
    sequence: &Sequence<'_>,
    told: &mut dyn FnMut(String),
) -> anyhow::Result<Tally> {
    let mut tags = Tags::default();
    let draft = sequence.film.draft(sequence.seed, &mut tags)?;
    let donor = generate(&FilmOptions::feature(sequence.seed + 7_919, 120));
    let donor = Draft::read("donor", &donor.script, &mut Tags::default());
    let random = Random(sequence.seed);
    let mut desk = Desk::new(draft, tags, random, Voice::of(&donor));
    if sequence.seed % 2 == 1 || sequence.kinds == [Kind::InsertNumbered] {
        desk.edit(Kind::RenumberAll);
    }
    let mut shelf = Shelf::new()?;
    let mut known = Known::default();
    let mut tally = Tally::default();
    save(&mut desk, &mut shelf, &mut known, told)?;
    let mut n_done = 0;
    let mut n_tries = 0;
    while n_done < sequence.n_edits && n_tries < 4 * sequence.n_edits {
        n_tries += 1;
        let kind = *desk.random.pick(sequence.kinds);
        if !desk.edit(kind) {
            continue;
        }
        n_done += 1;
        if n_done % sequence.save_every == 0 || n_done == sequence.n_edits {
            tally.add(&save(&mut desk, &mut shelf, &mut known, told)?);
        }
    }
    Ok(tally)
}

/// Saves what is on the desk, judges what the film made of it, and has it drawn.
fn save(
    desk: &mut Desk,
    shelf: &mut Shelf,
    known: &mut Known,
    told: &mut dyn FnMut(String),
) -> anyhow::Result<Tally> {
    desk.settle_copies(|draft, scene, saved| {
        let scene = draft.scenes().find(|it| it.tag == scene);
        let saved = known.scenes.values().find(|it| it.text.tag == saved);
        match (scene, saved) {
            (Some(scene), Some(saved)) => saved.text.words().shared(&scene.words()),
            _ => 0,
        }
    });
    anyhow::ensure!(edits::tags_are_unique(&desk.draft), "an edit doubled a tag");
    let matches = shelf.save(&desk.draft)?;
    let tally = judge(known, &shelf.film, &desk.draft, &matches, told)?;
    shelf.draw()?;
    desk.history.push(desk.draft.clone());
    Ok(tally)
}

/// Rewrites, and tells how much stays what it is.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut films = FILMS.map(|film| (film, Tally::default()));
    for group in groups() {
        let mut tally = Tally::default();
        for (film, of_film) in &mut films {
            let rewritten = group.rewritten(*film, &mut |_| ())?;
            of_film.add(&rewritten);
            tally.add(&rewritten);
        }
        rows.push(tally.row(&group.name));
    }
    let mut all = Tally::default();
    for (film, of_film) in &films {
        rows.push(of_film.row(&format!("all of it, {}", film.name())));
        all.add(of_film);
    }
    rows.push(all.row("in all"));
    rows.push(all.marks());
    rows.push(all.causes());
    rows.push(cost::row()?);
    Ok(rows)
}

/// Prints every decision that is wrong, with what should have come of it.
pub(crate) fn print_cases() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for group in groups() {
        let mut written = Ok(());
        for film in FILMS {
            group.rewritten(film, &mut |case| {
                if written.is_ok() {
                    written = writeln!(out, "{}: {case}", group.name);
                }
            })?;
        }
        written?;
    }
    Ok(())
}

/// Sequences that make one row.
struct Group {
    name: String,
    kinds: Vec<Kind>,
    save_every: Vec<usize>,
    n_seeds: u64,
}

fn groups() -> Vec<Group> {
    let alone = KINDS.map(|(kind, name)| Group {
        name: name.to_owned(),
        kinds: match kind {
            // There must be something to go back from.
            Kind::Checkout => WITH_CHECKOUTS.to_vec(),
            _ => vec![kind],
        },
        save_every: SAVE_EVERY.to_vec(),
        n_seeds: 2,
    });
    let together = SAVE_EVERY.map(|save_every| Group {
        name: format!("all kinds, saved after {save_every}"),
        kinds: KINDS.map(|it| it.0).to_vec(),
        save_every: vec![save_every],
        n_seeds: 8,
    });
    alone.into_iter().chain(together).collect()
}

impl Group {
    fn rewritten(&self, film: Title, told: &mut dyn FnMut(String)) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        for save_every in &self.save_every {
            for seed in 1..=self.n_seeds {
                let sequence = Sequence {
                    film,
                    seed,
                    kinds: &self.kinds,
                    n_edits: EDITS_MAX,
                    save_every: *save_every,
                };
                let told = &mut |case: String| told(format!("{sequence:?}\n{case}"));
                tally.add(&rewrite(&sequence, told)?);
            }
        }
        Ok(tally)
    }
}

/// What identity should be, in percent.
const SCENE_RECALL_MIN: f64 = 99.0;
const SCENE_PRECISION_MIN: f64 = 99.5;
const SHOT_RECALL_MIN: f64 = 97.0;
const SHOT_PRECISION_MIN: f64 = 99.0;

impl judge::Score {
    fn add(&mut self, other: &judge::Score) {
        self.n_expected += other.n_expected;
        self.n_found += other.n_found;
        self.n_claimed += other.n_claimed;
        self.n_right += other.n_right;
    }

    pub(crate) fn recall(&self) -> f64 {
        percent(self.n_found, self.n_expected)
    }

    pub(crate) fn precision(&self) -> f64 {
        percent(self.n_right, self.n_claimed)
    }
}

impl judge::Causes {
    fn add(&mut self, other: &judge::Causes) {
        self.n_misled += other.n_misled;
        self.n_faded += other.n_faded;
        self.n_other += other.n_other;
    }

    fn told(&self) -> String {
        let judge::Causes {
            n_misled,
            n_faded,
            n_other,
        } = self;
        let n_all = n_misled + n_faded + n_other;
        format!(
            "of {n_all} {n_misled} share as many words with what was chosen, of {n_faded} less than \
             half is left, {n_other} others"
        )
    }
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        self.scenes.add(&other.scenes);
        self.shots.add(&other.shots);
        self.wrong_scenes.add(&other.wrong_scenes);
        self.wrong_shots.add(&other.wrong_shots);
        for (sum, n) in [
            (&mut self.n_takes, other.n_takes),
            (&mut self.n_takes_lost, other.n_takes_lost),
            (&mut self.n_untouched, other.n_untouched),
            (&mut self.n_untouched_lost, other.n_untouched_lost),
            (&mut self.n_splits, other.n_splits),
            (&mut self.n_splits_told, other.n_splits_told),
            (&mut self.n_merges, other.n_merges),
            (&mut self.n_merges_told, other.n_merges_told),
            (&mut self.n_wrong, other.n_wrong),
            (&mut self.n_wrong_doubtful, other.n_wrong_doubtful),
            (&mut self.n_sure, other.n_sure),
            (&mut self.n_sure_doubtful, other.n_sure_doubtful),
        ] {
            *sum += n;
        }
    }

    /// Whether all that is promised is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.scenes.recall() >= SCENE_RECALL_MIN
            && self.scenes.precision() >= SCENE_PRECISION_MIN
            && self.shots.recall() >= SHOT_RECALL_MIN
            && self.shots.precision() >= SHOT_PRECISION_MIN
            && self.n_takes_lost == 0
            && self.n_untouched_lost == 0
    }

    pub(crate) fn row(&self, name: &str) -> Row {
        let (scenes, shots) = (&self.scenes, &self.shots);
        let ours = format!(
            "scenes {:.2} / {:.2} of {}; shots {:.2} / {:.2} of {}; takes lost {} of {}; \
             untouched lost {} of {}",
            scenes.recall(),
            scenes.precision(),
            scenes.n_expected,
            shots.recall(),
            shots.precision(),
            shots.n_expected,
            self.n_takes_lost,
            self.n_takes,
            self.n_untouched_lost,
            self.n_untouched,
        );
        let target = "scenes ≥ 99 / 99.5, shots ≥ 97 / 99, takes 0, untouched 0";
        Row::new(format!("rewriting: {name}"), ours).target(target, self.is_kept())
    }

    /// What plain counts of words say of the decisions that are wrong.
    pub(crate) fn causes(&self) -> Row {
        let (scenes, shots) = (self.wrong_scenes.told(), self.wrong_shots.told());
        let ours = format!("scenes: {scenes}; shots: {shots}");
        Row::new("rewriting: wrong decisions", ours)
    }

    /// How well the film knows what it does not know, and where scenes come from.
    pub(crate) fn marks(&self) -> Row {
        let ours = format!(
            "{:.1}% of {} wrong decisions marked doubtful, {:.2}% of {} right ones; \
             {:.1}% of {} splits and {:.1}% of {} merges told",
            percent(self.n_wrong_doubtful, self.n_wrong),
            self.n_wrong,
            percent(self.n_sure_doubtful, self.n_sure),
            self.n_sure,
            percent(self.n_splits_told, self.n_splits),
            self.n_splits,
            percent(self.n_merges_told, self.n_merges),
            self.n_merges,
        );
        Row::new("rewriting: what the film says of it", ours)
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 100.0;
    }
    part as f64 * 100.0 / whole as f64
}

#[cfg(test)]
mod tests;
