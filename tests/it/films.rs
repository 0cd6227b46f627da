//! Films that tests share: the sample film, and a generator of plausible films of any length.
//!
//! The generator is deterministic for ever: the same options give the same bytes, on every machine
//! and in every version, so that a benchmark of today compares with one of last year.
//! Absent on purpose: scene numbers, so that scenes are matched by what they say; and anything
//! that the parsers of `tests/differential` read differently, so that they all agree on it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use voice::{Quota, Voice};

// As the root of the library this file would look for its module beside itself.
#[path = "films/voice.rs"]
mod voice;

/// The folder of *High Water*, the sample film. It is part of the repository: tests copy it.
pub fn sample_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("films/high-water")
}

/// What kind of film to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilmOptions {
    /// Another seed is another film.
    pub seed: u64,
    /// Its length; a page is 1,250 bytes of script, so 120 pages are 150 kB.
    pub pages: u32,
    /// How many of its scenes have a heading that an earlier scene has too.
    pub repeated_headings_percent: u32,
    /// How many of its scenes are a glimpse of under 20 words.
    pub short_scenes_percent: u32,
}

impl FilmOptions {
    /// A film as long as asked for, and otherwise like most: 40% of the headings come back, and a
    /// quarter of the scenes is short.
    pub fn feature(seed: u64, pages: u32) -> FilmOptions {
        FilmOptions {
            seed,
            pages,
            repeated_headings_percent: 40,
            short_scenes_percent: 25,
        }
    }
}

/// A film that was never shot: what its folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFilm {
    /// The screenplay, in Fountain.
    pub script: String,
    /// The bible: file names, such as `character-maya.toml`, and what is in them.
    pub bible: Vec<(String, String)>,
    /// The text of `storycore.toml`.
    pub settings: String,
}

impl GeneratedFilm {
    /// Writes the film into a folder, which is made when it is not there.
    pub fn write_to(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir.join("script"))?;
        fs::create_dir_all(dir.join("bible"))?;
        fs::write(dir.join("storycore.toml"), &self.settings)?;
        fs::write(dir.join("script/film.fountain"), &self.script)?;
        for (file_name, entry) in &self.bible {
            fs::write(dir.join("bible").join(file_name), entry)?;
        }
        Ok(())
    }
}

/// Writes a film: always the same one for the same options.
pub fn generate(options: &FilmOptions) -> GeneratedFilm {
    let mut writer = Writer::new(options);
    writer.title_page();
    let bytes_min = options.pages as usize * PAGE_BYTES;
    while writer.script.len() < bytes_min {
        writer.scene();
    }
    writer.paragraph("> FADE OUT.");
    writer.script.push_str("> THE END <\n");
    GeneratedFilm {
        bible: writer.bible(),
        settings: format!(
            "title = \"{}\"\nfps = 24\naspect = \"2.39:1\"\nrenderer = \"sketch\"\n\
             languages = [\"en\", \"fr\"]\n",
            writer.title
        ),
        script: writer.script,
    }
}

const PAGE_BYTES: usize = 1250;

struct Writer {
    options: FilmOptions,
    voice: Voice,
    title: String,
    script: String,
    cast: Vec<&'static Person>,
    headings: Vec<String>,
    locations: Vec<String>,
    repeated: Quota,
    short: Quota,
    n_scenes: usize,
}

/// Who and what a scene is about; its sentences keep to it.
struct Subject {
    people: [&'static Person; 4],
    thing: String,
}

impl Writer {
    fn new(options: &FilmOptions) -> Writer {
        let mut voice = Voice::new(options.seed);
        let title = voice.expand("{film}", &|_| None);
        let n_cast = (7 + options.pages as usize / 15).min(CAST.len());
        let first = voice.random.below(CAST.len());
        Writer {
            options: *options,
            voice,
            title,
            script: String::new(),
            cast: CAST.iter().cycle().skip(first).take(n_cast).collect(),
            headings: Vec::new(),
            locations: Vec::new(),
            repeated: Quota::new(options.repeated_headings_percent),
            short: Quota::new(options.short_scenes_percent),
            n_scenes: 0,
        }
    }

    fn title_page(&mut self) {
        let _ = write!(
            self.script,
            "Title:\n    _**{}**_\nCredit: Written by\nAuthor: A generator, from seed {}\n\
             Draft date: {} pages\nContact:\n    tests/it/films.rs\n\n",
            self.title, self.options.seed, self.options.pages
        );
        self.paragraph("> FADE IN:");
    }

    fn scene(&mut self) {
        if self.n_scenes.is_multiple_of(20) {
            let part = self.say("# {part}", None);
            self.paragraph(&part);
        }
        let heading = self.heading();
        self.paragraph(&heading);
        let subject = self.subject();
        if self.voice.random.chance(8) {
            let synopsis = self.say("= {goal}", Some(&subject));
            self.paragraph(&synopsis);
        }
        if self.short.is_due(&mut self.voice.random) {
            let glimpse = self.say("{glimpse}", Some(&subject));
            self.paragraph(&glimpse);
        } else {
            self.full_scene(&subject);
        }
        if self.voice.random.chance(12) {
            let transition = self.say("{transition}", None);
            self.paragraph(&transition);
        }
        self.n_scenes += 1;
    }

    fn full_scene(&mut self, subject: &Subject) {
        self.action(subject);
        if self.voice.random.chance(9) {
            let shot = self.say("[[shot: {shot}]]", Some(subject));
            self.paragraph(&shot);
        }
        match self.voice.random.below(100) {
            0..=3 => self.montage(subject),
            4..=19 => {
                self.action(subject);
                self.action(subject);
            }
            _ => {
                for _ in 0..=self.voice.random.below(4) {
                    self.exchange(subject);
                    self.action(subject);
                }
            }
        }
        if self.voice.random.chance(3) {
            let cut = self.say("/* Cut: {goal} */", Some(subject));
            self.paragraph(&cut);
        }
    }

    fn action(&mut self, subject: &Subject) {
        let mut text = self.say("{action}", Some(subject));
        for _ in 0..self.voice.random.below(3) {
            text.push(' ');
            text.push_str(&self.say("{action}", Some(subject)));
        }
        if self.voice.random.chance(2) {
            text.push_str(&self.say(" [[{remark}]]", Some(subject)));
        }
        self.paragraph(&text);
    }

    fn montage(&mut self, subject: &Subject) {
        let n_images = 4 + self.voice.random.below(4);
        let mut list = String::from("A series of images:");
        for _ in 0..n_images {
            let _ = write!(list, "\n- {}", self.say("{glimpse}", Some(subject)));
        }
        self.paragraph(&list);
    }

    fn exchange(&mut self, subject: &Subject) {
        let n_speeches = 2 + self.voice.random.below(6);
        let n_people = if self.voice.random.chance(20) { 3 } else { 2 };
        for speech_idx in 0..n_speeches {
            let speaker = subject.people[speech_idx % n_people];
            let rule = match (speech_idx, speech_idx % 2) {
                (0, _) => "{opening}",
                (_, 1) => "{reply}",
                _ => "{turn}",
            };
            self.speech(speaker.cue, rule, subject);
            let resumes = speech_idx + 1 == n_speeches && self.voice.random.chance(25);
            if resumes {
                self.action(subject);
                self.speech(&format!("{} (CONT'D)", speaker.cue), "{turn}", subject);
            }
        }
        if self.voice.random.chance(5) {
            let [first, second, ..] = subject.people;
            self.speech(first.cue, "{outburst}", subject);
            self.speech(&format!("{} ^", second.cue), "{outburst}", subject);
        }
    }

    fn speech(&mut self, cue: &str, rule: &str, subject: &Subject) {
        let mut block = cue.to_owned();
        if !cue.ends_with([')', '^']) && self.voice.random.chance(7) {
            block.push_str(&self.say(" ({extension})", None));
        }
        if self.voice.random.chance(14) {
            let _ = write!(block, "\n{}", self.say("({manner})", Some(subject)));
        }
        let _ = write!(block, "\n{}", self.say(rule, Some(subject)));
        for _ in 0..self.voice.random.below(3) {
            let _ = write!(block, " {}", self.say("{turn}", Some(subject)));
        }
        self.paragraph(&block);
    }

    fn subject(&mut self) -> Subject {
        let first = self.voice.random.below(self.cast.len());
        let step = 1 + self.voice.random.below(2);
        let person = |idx: usize| self.cast[(first + idx * step) % self.cast.len()];
        let people = [person(0), person(1), person(2), person(3)];
        Subject {
            people,
            thing: self.say("{object}", None),
        }
    }

    fn heading(&mut self) -> String {
        if !self.headings.is_empty() && self.repeated.is_due(&mut self.voice.random) {
            return self.headings[self.voice.random.below(self.headings.len())].clone();
        }
        // A new heading is most often an old place at another hour. A place has few hours, so
        // after some tries it is a new place.
        for attempt in 0..64 {
            let location = self.location(attempt);
            let heading = format!("{location} - {}", self.say("{hour}", None));
            if !self.headings.contains(&heading) {
                self.headings.push(heading.clone());
                return heading;
            }
        }
        self.headings[self.voice.random.below(self.headings.len())].clone()
    }

    fn location(&mut self, attempt: usize) -> String {
        if attempt < 8 && self.locations.len() > 5 && self.voice.random.chance(80) {
            return self.locations[self.voice.random.below(self.locations.len())].clone();
        }
        let location = self.say("{location}", None);
        if !self.locations.contains(&location) {
            self.locations.push(location.clone());
        }
        location
    }

    fn bible(&mut self) -> Vec<(String, String)> {
        let mut entries = Vec::new();
        for person in self.cast.clone() {
            let looks = self.say(CHARACTER_DETAILS, None);
            entries.push(entry("character", person.cue, &[person.name], &looks));
        }
        let mut names: Vec<String> = Vec::new();
        for location in &self.locations {
            let name = location.split_once(' ').map_or("", |(_, name)| name);
            if !names.iter().any(|it| it == name) {
                names.push(name.to_owned());
            }
        }
        for name in names {
            let looks = self.say(LOCATION_DETAILS, None);
            entries.push(entry("location", &name, &[], &looks));
        }
        let style = self.say(STYLE_DETAILS, None);
        entries.push(entry("style", &self.title, &[], &style));
        entries
    }

    fn say(&mut self, template: &str, subject: Option<&Subject>) -> String {
        self.voice
            .expand(template, &|rule| subject.and_then(|it| it.word(rule)))
    }

    fn paragraph(&mut self, text: &str) {
        self.script.push_str(text);
        self.script.push_str("\n\n");
    }
}

fn entry(kind: &str, name: &str, aliases: &[&str], details: &str) -> (String, String) {
    let file_name = format!("{kind}-{}.toml", slug(name));
    let text = format!(
        "kind = \"{kind}\"\nname = \"{name}\"\naliases = {aliases:?}\n\n[details]\n{details}\n"
    );
    (file_name, text)
}

/// A file name for a name: letters without their accents, and dashes.
fn slug(name: &str) -> String {
    let plain = |it| match it {
        'à' | 'á' | 'â' | 'å' | 'ä' => 'a',
        'ç' | 'č' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'ě' => 'e',
        'í' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ň' => 'n',
        'ô' | 'ö' | 'ó' => 'o',
        'ř' => 'r',
        'š' => 's',
        'ú' | 'û' | 'ü' => 'u',
        'ž' | 'ż' => 'z',
        it if it.is_ascii_alphanumeric() => it,
        _ => '-',
    };
    let words: String = name.to_lowercase().chars().map(plain).collect();
    words
        .split('-')
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

impl Subject {
    fn word(&self, rule: &str) -> Option<&str> {
        let [a, b, d, c] = self.people;
        Some(match rule {
            "a" => a.first_name(),
            "b" => b.first_name(),
            "c" => c.first_name(),
            "d" => d.first_name(),
            "A" => a.cue,
            "B" => b.cue,
            "he" => a.pronoun,
            "his" => a.possessive(),
            "his_b" => b.possessive(),
            "He" => {
                if a.pronoun == "she" {
                    "She"
                } else {
                    "He"
                }
            }
            "thing" => &self.thing,
            _ => return None,
        })
    }
}

struct Person {
    cue: &'static str,
    name: &'static str,
    pronoun: &'static str,
}

impl Person {
    fn first_name(&self) -> &'static str {
        self.name
            .split_once(' ')
            .map_or(self.name, |(first, _)| first)
    }

    fn possessive(&self) -> &'static str {
        if self.pronoun == "she" { "her" } else { "his" }
    }
}

const fn person(cue: &'static str, name: &'static str, pronoun: &'static str) -> Person {
    Person { cue, name, pronoun }
}

const CAST: &[Person] = &[
    person("MAYA", "Maya Novak", "she"),
    person("ÉDOUARD", "Édouard Leclerc", "he"),
    person("ŽOFIE", "Žofie Dvořáková", "she"),
    person("CALLUM", "Callum Reid", "he"),
    person("INÉS", "Inés Ibáñez", "she"),
    person("ŁUKASZ", "Łukasz Wójcik", "he"),
    person("RUTH", "Ruth Adeyemi", "she"),
    person("JEAN-LUC", "Jean-Luc Morvan", "he"),
    person("ÅSA", "Åsa Lindqvist", "she"),
    person("TOMÁŠ", "Tomáš Beneš", "he"),
    person("NADIA", "Nadia Haddad", "she"),
    person("O'BRIEN", "O'Brien", "he"),
    person("FRANÇOISE", "Françoise Aubert", "she"),
    person("BJÖRN", "Björn Ek", "he"),
    person("SIÂN", "Siân Price", "she"),
    person("THÉO", "Théo Garnier", "he"),
    person("ANA MARÍA", "Ana Beltrán", "she"),
    person("WALTER", "Walter Krüger", "he"),
];

const CHARACTER_DETAILS: &str = "age = \"{age}\"\nheight = \"{height}\"\nbuild = \"{build}\"\n\
     hair = \"{hair}\"\ncoat = \"{color} {coat}\"";
const LOCATION_DETAILS: &str =
    "walls = \"{color} {wall}\"\nwindow = \"{window}\"\nlight = \"{light}\"";
const STYLE_DETAILS: &str = "palette = \"{color} and {color}\"\nline = \"{line}\"";

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT_WORDS: [&str; 11] = [
        "a", "b", "c", "d", "A", "B", "he", "He", "his", "his_b", "thing",
    ];

    #[test]
    fn a_seed_gives_the_same_film_for_ever() {
        let film = feature(120);
        assert_eq!(
            (film.script.len(), fnv(&film.script)),
            (150_588, 15_670_133_165_947_127_948)
        );
        assert_eq!(
            fnv(&format!("{}{:?}", film.settings, film.bible)),
            910_184_193_966_754_571
        );
    }

    #[test]
    fn another_seed_gives_another_film() {
        assert_ne!(feature(12), generate(&FilmOptions::feature(2, 12)));
    }

    #[test]
    fn a_film_is_as_long_as_asked_for() {
        for pages in [1, 12, 120, 1200] {
            let n_bytes = feature(pages).script.len();
            let wanted = pages as usize * PAGE_BYTES;
            assert!(
                (wanted..wanted + 4 * PAGE_BYTES).contains(&n_bytes),
                "{pages}: {n_bytes}"
            );
        }
    }

    #[test]
    fn headings_come_back_and_scenes_are_short_as_often_as_asked_for() {
        let script = feature(120).script;
        let scenes = scenes(&script);
        assert!(
            (120..=180).contains(&scenes.len()),
            "{} scenes",
            scenes.len()
        );
        let n_repeated = (0..scenes.len())
            .filter(|idx| scenes[..*idx].iter().any(|it| it.0 == scenes[*idx].0))
            .count();
        assert!(
            (38..=42).contains(&(n_repeated * 100 / scenes.len())),
            "{n_repeated}"
        );
        let n_short = scenes
            .iter()
            .filter(|(_, body)| body.split_whitespace().count() < 20)
            .count();
        assert!(
            (23..=29).contains(&(n_short * 100 / scenes.len())),
            "{n_short}"
        );
    }

    #[test]
    fn the_grammar_has_every_rule_it_uses() {
        let film = feature(600);
        assert!(!film.script.contains(['{', '}']));
        let rules = Voice::new(1).rules;
        let used = rules.values().flat_map(|it| &it.alternatives);
        for rule in used.flat_map(|it| it.split('{').skip(1)) {
            let rule = rule.split('}').next().unwrap_or_default();
            assert!(
                rules.contains_key(rule) || SUBJECT_WORDS.contains(&rule),
                "{rule}"
            );
        }
    }

    #[test]
    fn the_sample_film_is_where_we_say() {
        assert!(sample_dir().join("script/high-water.fountain").is_file());
    }

    fn feature(pages: u32) -> GeneratedFilm {
        generate(&FilmOptions::feature(1, pages))
    }

    fn scenes(script: &str) -> Vec<(&str, String)> {
        let mut scenes: Vec<(&str, String)> = Vec::new();
        for line in script.lines() {
            if line.starts_with("INT") || line.starts_with("EXT") {
                scenes.push((line, String::new()));
            } else if let Some((_, body)) = scenes.last_mut() {
                body.push_str(line);
                body.push('\n');
            }
        }
        scenes
    }

    /// FNV-1a, 64 bits.
    fn fnv(text: &str) -> u64 {
        text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    }
}
