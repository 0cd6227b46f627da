//! Other parsers of Fountain read the same scripts as ours, and what they read is compared. How,
//! and why they differ where they do: `tests/differential/README.md`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use storycore_core::fountain::{Block, ElementKind, Script};

use crate::films::{self, FilmOptions};
use crate::repository::{expect_none, given, root, said, text};

const FOLDER: &str = "tests/differential";

/// The fields of the normal form, in its order.
const FIELDS: [&str; 4] = ["scenes", "characters", "dialogue", "transitions"];

/// Seeds and lengths in pages of films that all parsers agree on.
const GENERATED: [(u64, u32); 6] = [(1, 1), (1, 12), (1, 120), (2, 12), (3, 24), (4, 48)];

#[test]
fn we_read_what_the_specification_asks_for() {
    let spec = views(&text(&format!("{FOLDER}/spec.jsonl")));
    let told: BTreeSet<&str> = spec.iter().map(|it| it.file.as_str()).collect();
    let scripts = scripts();
    let there: BTreeSet<&str> = scripts.iter().map(String::as_str).collect();
    assert_eq!(told, there, "spec.jsonl has one line for each script");
    let found: Vec<String> = spec
        .iter()
        .flat_map(|spec| differences(&ours(&spec.file), spec))
        .map(|it| it.told("the specification"))
        .collect();
    expect_none(
        &found,
        "our parser, or spec.jsonl, does not follow the specification",
    );
}

#[test]
fn fountain_js_differs_as_listed() {
    let node = given("STORYCORE_TEST_NODE");
    differs_as_listed("fountain-js", &node, "fountain_js.mjs");
}

#[test]
fn screenplain_differs_as_listed() {
    let python = given("STORYCORE_TEST_PYTHON");
    differs_as_listed("screenplain", &python, "screenplain_dump.py");
}

#[test]
fn every_difference_is_argued() {
    let readme = text(&format!("{FOLDER}/README.md"));
    let argued: BTreeSet<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(|it| it.starts_with(['F', 'S']) && it[1..].parse::<u32>().is_ok())
        .collect();
    let listed = listed();
    let listed: BTreeSet<&str> = listed.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(
        listed, argued,
        "{FOLDER}/differences.jsonl and the table in {FOLDER}/README.md name other differences"
    );
}

fn differs_as_listed(parser: &str, program: &Path, script: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files = scripts();
    files.extend(generated(folder.path()));
    let theirs = run(program, script, &files);
    assert_eq!(theirs.len(), files.len(), "{parser} says one line a file");
    let met: Vec<Difference> = theirs
        .iter()
        .flat_map(|theirs| differences(&ours(&theirs.file), theirs))
        .collect();
    let listed = listed();
    let listed: Vec<&Listed> = listed.iter().filter(|it| it.parser == parser).collect();
    let mut found = Vec::new();
    for met in &met {
        let listed: Vec<&Difference> = listed
            .iter()
            .map(|it| &it.difference)
            .filter(|it| it.is_at(met))
            .collect();
        let is_listed = sorted(&met.ours) == sorted(listed.iter().flat_map(|it| &it.ours))
            && sorted(&met.theirs) == sorted(listed.iter().flat_map(|it| &it.theirs));
        if !is_listed {
            let listed: String = listed
                .iter()
                .map(|it| format!("\n    listed: {}", it.told(parser)))
                .collect();
            found.push(format!("{}{listed}", met.told(parser)));
        }
    }
    for gone in listed
        .iter()
        .filter(|it| !met.iter().any(|met| met.is_at(&it.difference)))
    {
        found.push(format!(
            "{} is no more: {}",
            gone.id,
            gone.difference.told(parser)
        ));
    }
    expect_none(
        &found,
        "correct our parser, or list the difference in differences.jsonl and argue it in README.md",
    );
}

/// Runs a parser of others in its folder.
fn run(program: &Path, script: &str, files: &[String]) -> Vec<View> {
    let mut command = Command::new(program);
    command
        .arg(script)
        .args(files)
        .current_dir(root().join(FOLDER));
    views(&said(&mut command))
}

/// The scripts that are kept, as the runners and `spec.jsonl` name them.
fn scripts() -> Vec<String> {
    let folder = root().join(FOLDER).join("scripts");
    let mut files: Vec<String> = folder
        .read_dir()
        .expect("the folder of scripts")
        .filter_map(|it| Some(it.ok()?.path()))
        .filter(|it| it.extension() == Some(OsStr::new("fountain")))
        .filter_map(|it| Some(format!("scripts/{}", it.file_name()?.to_str()?)))
        .collect();
    files.push("../films/high-water/script/high-water.fountain".to_owned());
    files.sort();
    files
}

fn generated(folder: &Path) -> Vec<String> {
    let film = |(seed, pages): (u64, u32)| {
        let folder: PathBuf = folder.join(format!("{seed}-{pages}"));
        let film = films::generate(&FilmOptions::feature(seed, pages));
        film.write_to(&folder).expect("write a film");
        folder.join("script/film.fountain").display().to_string()
    };
    GENERATED.into_iter().map(film).collect()
}

/// What a parser made of a script, in the normal form.
struct View {
    file: String,
    fields: [Vec<String>; 4],
    error: Option<String>,
}

fn views(lines: &str) -> Vec<View> {
    let value = |line| serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"));
    lines.lines().map(|line| view(&value(line))).collect()
}

fn view(value: &Value) -> View {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = |field: &str| -> Vec<String> {
        let items = value[field].as_array().into_iter().flatten();
        items
            .map(|it| match it {
                Value::Object(speech) => {
                    said_by(&word(&speech["character"]), &word(&speech["text"]))
                }
                it => word(it),
            })
            .collect()
    };
    View {
        file: word(&value["file"]),
        fields: FIELDS.map(items),
        error: value["error"].as_str().map(ToOwned::to_owned),
    }
}

fn said_by(character: &str, text: &str) -> String {
    format!("{character}: {text}")
}

/// Our own view of a script.
fn ours(file: &str) -> View {
    let path = root().join(FOLDER).join(file);
    let text = std::fs::read_to_string(&path);
    let text = text.unwrap_or_else(|err| panic!("read {}: {err}", path.display()));
    let script = Script::parse(&text);
    let [mut scenes, mut dialogue, mut transitions] = [const { Vec::new() }; 3];
    let mut characters = BTreeSet::new();
    for block in script.blocks() {
        let mut speech: Option<(String, Vec<String>)> = None;
        for element in &block.elements {
            if !element.in_speech {
                dialogue.extend(
                    speech
                        .take()
                        .map(|(who, words)| said_by(&who, &words.join(" "))),
                );
            }
            match &element.kind {
                ElementKind::Heading => scenes.push(heading(block, &block.words(element))),
                ElementKind::Transition => transitions.push(block.words(element).to_uppercase()),
                ElementKind::Character(cue) => {
                    characters.insert(cue.name.clone());
                    speech = Some((cue.name.clone(), Vec::new()));
                }
                ElementKind::Dialogue | ElementKind::Lyrics => {
                    if let Some((_, words)) = &mut speech {
                        words.push(block.words(element));
                    }
                }
                _ => {}
            }
        }
        dialogue.extend(
            speech
                .take()
                .map(|(who, words)| said_by(&who, &words.join(" "))),
        );
    }
    let characters = characters.into_iter().collect();
    View {
        file: file.to_owned(),
        fields: [scenes, characters, dialogue, transitions],
        error: None,
    }
}

/// A heading in capitals, without its number.
fn heading(block: &Block, words: &str) -> String {
    let number = block.heading.as_ref().and_then(|it| it.number.as_ref());
    let words = number.map_or(words, |it| words.trim_end_matches(&format!("#{it}#")));
    words.trim().to_uppercase()
}

/// What only one of two views has in a field.
#[derive(Debug, PartialEq)]
struct Difference {
    file: String,
    field: String,
    ours: Vec<String>,
    theirs: Vec<String>,
}

impl Difference {
    fn is_at(&self, other: &Difference) -> bool {
        (&self.file, &self.field) == (&other.file, &other.field)
    }

    fn told(&self, them: &str) -> String {
        let Difference {
            file,
            field,
            ours,
            theirs,
        } = self;
        format!("{file}: {field}: only ours {ours:?}, only {them} {theirs:?}")
    }
}

fn differences(ours: &View, theirs: &View) -> Vec<Difference> {
    let View {
        file,
        fields,
        error,
    } = theirs;
    let difference = |field: &str, ours, theirs| Difference {
        file: file.clone(),
        field: field.to_owned(),
        ours,
        theirs,
    };
    if let Some(error) = error {
        return vec![difference("error", Vec::new(), vec![error.clone()])];
    }
    let mut found = Vec::new();
    for (field, (ours, theirs)) in FIELDS.iter().zip(ours.fields.iter().zip(fields)) {
        let (shared, only_ours) = apart(ours, theirs);
        let (shared_too, only_theirs) = apart(theirs, ours);
        if shared != shared_too {
            found.push(difference("order", shared, shared_too));
        }
        if !only_ours.is_empty() || !only_theirs.is_empty() {
            found.push(difference(field, only_ours, only_theirs));
        }
    }
    found
}

/// A list cut in two: what another list has too, as often, and the rest.
fn apart(list: &[String], other: &[String]) -> (Vec<String>, Vec<String>) {
    let mut left: Vec<&String> = other.iter().collect();
    list.iter().cloned().partition(|item| {
        let at = left.iter().position(|it| *it == item);
        at.map(|at| left.swap_remove(at)).is_some()
    })
}

fn sorted<'s>(list: impl IntoIterator<Item = &'s String>) -> Vec<&'s String> {
    let mut sorted: Vec<&String> = list.into_iter().collect();
    sorted.sort();
    sorted
}

/// A difference that is known and argued.
struct Listed {
    id: String,
    parser: String,
    difference: Difference,
}

fn listed() -> Vec<Listed> {
    let lines = text(&format!("{FOLDER}/differences.jsonl"));
    let listed = |line| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"));
        let word = |key: &str| {
            let word = value[key].as_str().filter(|it| !it.is_empty());
            word.unwrap_or_else(|| panic!("no `{key}`: {line}"))
                .to_owned()
        };
        let words = |key: &str| {
            let words = value[key].as_array().into_iter().flatten();
            words
                .filter_map(|it| it.as_str())
                .map(ToOwned::to_owned)
                .collect()
        };
        assert!(!word("why").is_empty());
        Listed {
            id: word("id"),
            parser: word("parser"),
            difference: Difference {
                file: word("file"),
                field: word("field"),
                ours: words("ours"),
                theirs: words("theirs"),
            },
        }
    };
    lines.lines().map(listed).collect()
}
