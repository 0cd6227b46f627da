//! A film goes in, a page comes out: whole, harmless, and the same every time.

use std::path::Path;

use expect_test::{Expect, expect, expect_file};
use storycore_schema::{project::Settings, recipe::Intent};

use self::story::Story;
use super::{fonts::Letters, text::*, *};

mod story;

const STORY: &str = "\
Title: _**Low Tide**_
Credit: Written by
Author: A. Writer
Draft date: Second draft
Contact:
    1 Quay Street
    Port-Lannec

INT. KITCHEN - DUSK #12#

[[shot: MCU MAYA, 65mm, low angle, pan left, 3.5s]]

Maya cuts bread.

MAYA
(to the bread)
You are late again.

JONAS
The boat (the old one) would not start.
";

fn told(script: &str) -> Story {
    Story::new(
        Settings {
            languages: vec!["en".to_owned()],
            ..Settings::default()
        },
        script,
    )
}

fn drawn(script: &str) -> Story {
    let mut story = told(script);
    story.render(None, picture);
    story
}

/// Stands for a picture: other intents have other bytes.
fn picture(intent: &Intent, _seed: u64) -> (Vec<u8>, u32, u32) {
    let hash = storycore_core::recipe::intent_hash(intent);
    (hash.0[..3].to_vec(), 640, 360)
}

fn html(story: &Story) -> (String, Counts) {
    let mut out = Vec::new();
    let counts = write(&story.film, &mut |id| story.blob(id), &mut out).unwrap();
    (String::from_utf8(out).unwrap(), counts)
}

/// The file without what stands in its head.
fn body(story: &Story) -> String {
    let (html, _) = html(story);
    html[html.find("<body>").unwrap()..].to_owned()
}

#[track_caller]
fn check_fonts(text: &str, then: &Expect) {
    let mut letters = Letters::default();
    letters.write_all(text.as_bytes()).unwrap();
    let names: Vec<_> = fonts::needed(&letters).iter().map(|it| it.name).collect();
    then.assert_eq(&names.join("\n"));
}

#[test]
fn a_film_becomes_a_page() {
    let story = drawn(STORY);
    let ids = story.film.shots_in_order().map(|it| it.id.to_string());
    let first = story.film.shots_in_order().next().unwrap();
    let scene = first.scene.to_string();
    let mut body = body(&story).replace(&scene, "SCENE");
    for (index, id) in ids.enumerate() {
        body = body.replace(&id, &format!("SHOT{index}"));
    }
    expect_file!["tests/low-tide.html"].assert_eq(&body);
}

/// What the story has, with so many pictures.
fn counts(panels: u32) -> Counts {
    Counts {
        scenes: 1,
        shots: 3,
        panels,
    }
}

#[test]
fn what_is_missing_stale_or_lost_says_so() {
    let mut story = told(STORY);
    assert_eq!(html(&story).1, counts(0));
    story.render(None, picture);
    assert_eq!(html(&story).1, counts(3));

    story.save(&STORY.replace("cuts bread", "cuts <b>cake</b>"));
    let (stale, _) = html(&story);
    assert_eq!(stale.matches("Stale").count(), 1, "{}", body(&story));

    let lost = *story.blobs.keys().next().unwrap();
    story.blobs.remove(&lost);
    let (html, left) = html(&story);
    assert_eq!(left, counts(2));
    assert_eq!(html.matches("Picture not found").count(), 1);
}

#[test]
fn a_disk_that_fails_ends_the_writing() {
    let story = drawn(STORY);
    let outcome = write(
        &story.film,
        &mut |_| Err(ErrorKind::TimedOut.into()),
        &mut io::sink(),
    );
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn the_same_film_gives_the_same_bytes() {
    assert_eq!(html(&drawn(STORY)), html(&drawn(STORY)));
}

#[test]
fn a_film_without_scenes_is_a_page() {
    let story = told("");
    let (html, counts) = html(&story);
    assert_eq!(counts, Counts::default());
    assert!(html.contains("The script has no scenes yet."));
    check_balanced(&html);
}

const HOSTILE: &str = "\
Title: </title></style><script>alert(\"1\")</script>
Author: \"><img src=x onerror='alert(2)'>
Contact: a & b\u{1}\u{85}\u{FFFE}

INT. <SCRIPT>ALERT(3)</SCRIPT> & \"CELLAR\" - DAY #1<b>#

<script>alert(4)</script> & ' \" \u{7} ]]> <!-- --> &amp; \u{202E}backwards

@\"><svg onload=alert(5)>
(unclosed <i>
Words. <!-- a --> </p></body>
";

#[test]
fn a_hostile_screenplay_is_only_text() {
    let mut story = drawn(HOSTILE);
    let settings = Settings {
        title: Some("</style><script>\\\"\n".to_owned()),
        aspect: "\"><b>".to_owned(),
        languages: vec!["en\" onload=\"alert(6)".to_owned()],
        ..Settings::default()
    };
    for settings in [Settings::default(), settings] {
        story.settings(settings);
        let (html, _) = html(&story);
        check_balanced(&html);
        assert!(!html.contains("<script") && !html.contains("<SCRIPT"));
        assert!(!html.contains(|it: char| it.is_control() && it != '\n'));
        assert!(!html.contains('\u{FFFE}'));
        assert_eq!(html.matches("</style").count(), 1);
    }
}

#[test]
fn titles_are_strings_in_css() {
    expect![[r#""Été \201c A\201d \5c \22 \3c \2f style\3e \a  1""#]]
        .assert_eq(&CssString("Été “A”\\\"</style>\n 1").to_string());
}

#[test]
fn lengths_read_as_people_of_the_craft_write_them() {
    let lengths = [0, 2_500, 3_049, 60_000].map(|it| ShotLength(it).to_string());
    assert_eq!(lengths, ["0\u{a0}s", "2.5\u{a0}s", "3\u{a0}s", "60\u{a0}s"]);
    let times = [0, 59_500, 3_599_499, 3_725_000].map(|it| RunningTime(it).to_string());
    assert_eq!(times, ["0:00", "1:00", "59:59", "1:02:05"]);
}

#[test]
fn asides_are_told_from_words() {
    use Part::{Aside, Words};
    let check = |text, then: &[Part<'_>]| assert_eq!(parts_of_speech(text), then);
    check(
        "(softly) Go. (a beat) Now.",
        &[
            Aside("(softly)"),
            Words(" Go. "),
            Aside("(a beat)"),
            Words(" Now."),
        ],
    );
    check("(one (two) three)", &[Aside("(one (two) three)")]);
    check(
        "行け（静かに）。",
        &[Words("行け"), Aside("（静かに）"), Words("。")],
    );
    check(") so (it goes", &[Words(") so "), Words("(it goes")]);
    check("", &[]);
}

#[test]
fn only_the_fonts_that_a_text_needs_are_taken() {
    check_fonts(
        "Café, “plain”",
        &expect![[r#"
        inter-latin-wght-normal
        courier-prime-latin-400-normal
        courier-prime-latin-400-italic"#]],
    );
    check_fonts(
        "JIŘÍ",
        &expect![[r#"
        inter-latin-wght-normal
        inter-latin-ext-wght-normal
        courier-prime-latin-400-normal
        courier-prime-latin-ext-400-normal
        courier-prime-latin-400-italic
        courier-prime-latin-ext-400-italic"#]],
    );
    check_fonts(
        "Привет, ёлка",
        &expect![[r#"
        inter-latin-wght-normal
        inter-cyrillic-wght-normal
        courier-prime-latin-400-normal
        cousine-cyrillic-400-normal
        courier-prime-latin-400-italic
        cousine-cyrillic-400-italic"#]],
    );
    check_fonts(
        "Ελένη",
        &expect![[r#"
        inter-latin-wght-normal
        inter-greek-wght-normal
        courier-prime-latin-400-normal
        cousine-greek-400-normal
        courier-prime-latin-400-italic
        cousine-greek-400-italic"#]],
    );
    check_fonts(
        "Người ở bến cảng",
        &expect![[r#"
        inter-latin-wght-normal
        inter-vietnamese-wght-normal
        cousine-latin-400-normal
        cousine-vietnamese-400-normal
        cousine-latin-400-italic
        cousine-vietnamese-400-italic"#]],
    );
    check_fonts(
        "港の夜",
        &expect![[r#"
        inter-latin-wght-normal
        courier-prime-latin-400-normal
        courier-prime-latin-400-italic"#]],
    );
}

#[test]
fn the_sample_film_is_a_whole_page() {
    let story = sample();
    let (html, counts) = html(&story);
    check_balanced(&html);
    assert_eq!(counts.panels, counts.shots);
    assert!(counts.shots > 30 && counts.scenes > 5, "{counts:?}");
    assert_eq!(html.matches("<img").count(), counts.panels as usize);
    assert!(html.contains(r#"<html lang="en">"#));
    assert!(html.contains("--aspect: 2.39;"));
    let without_names = html.replace("http://www.w3.org/2000/svg", "");
    assert!(!without_names.contains("http://") && !without_names.contains("https://"));
}

fn sample() -> Story {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/films/high-water");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let settings = toml::from_str(&read(&folder.join("storycore.toml"))).unwrap();
    let mut story = Story::new(settings, &read(&folder.join("script/high-water.fountain")));
    story.bible(
        "bible/eloise.toml",
        toml::from_str(&read(&folder.join("bible/eloise.toml"))).unwrap(),
    );
    story.render(None, |intent, seed| {
        let picture =
            storycore_sketch::render(intent, seed, &storycore_sketch::Options { width_px: 24 });
        (picture.png, picture.width, picture.height)
    });
    story
}

/// Every tag is closed in order, every attribute is quoted and stands once, every id is unique and
/// every anchor leads somewhere. Enough for the dialect that we write.
#[track_caller]
fn check_balanced(html: &str) {
    const VOID: [&str; 3] = ["meta", "img", "br"];
    let html = html.strip_prefix("<!DOCTYPE html>\n").unwrap();
    let (mut open, mut ids, mut anchors) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(
            open.last() == Some(&"style") || !before.contains('>'),
            "a stray > in {before}"
        );
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(
            name.bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()),
            "<{tag}>"
        );
        let attributes = attributes_of(attributes);
        ids.extend(attributes.iter().filter(|it| it.0 == "id").map(|it| it.1));
        anchors.extend(attributes.iter().filter(|it| it.0 == "href").map(|it| it.1));
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!((open, rest.trim()), (Vec::new(), ""));
    let n_ids = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n_ids, "ids are unique");
    let leads = |it: &&str| it.strip_prefix('#').is_some_and(|it| ids.contains(&it));
    assert!(anchors.iter().all(leads), "{anchors:?}");
}

#[track_caller]
fn attributes_of(mut text: &str) -> Vec<(&str, &str)> {
    let mut attributes: Vec<(&str, &str)> = Vec::new();
    while let Some((name, after)) = text.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        let name = name.trim_start();
        assert!(
            name.bytes().all(|it| it.is_ascii_lowercase() || it == b'-'),
            "{name}"
        );
        assert!(
            attributes.iter().all(|it| it.0 != name),
            "{name} stands twice"
        );
        attributes.push((name, value));
        text = after;
    }
    assert_eq!(text, "");
    attributes
}
