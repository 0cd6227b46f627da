//! Whatever a file is, reading it says what is wrong and where.

use expect_test::{Expect, expect};
use storycore_schema::bible::BibleEntry;

use super::*;

#[track_caller]
fn check(bytes: &[u8], then: &Expect) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.fountain"), bytes).unwrap();
    let limits = Limits {
        script_bytes_max: 200,
        script_line_bytes_max: 40,
        ..Limits::default()
    };
    let outcome = read(folder.path(), "a.fountain", SourceKind::Script, &limits);
    then.assert_eq(&outcome.unwrap_or_else(|problem| told(&problem)));
}

fn told(problem: &Diagnostic) -> String {
    let place = problem
        .line
        .zip(problem.column)
        .map(|(line, column)| format!(" {line}:{column}"));
    format!(
        "{}{}: {}",
        problem.code,
        place.unwrap_or_default(),
        problem.message
    )
}

#[test]
fn a_text_is_read_as_it_is() {
    check(
        "INT. CAFÉ - DAY\r\n".as_bytes(),
        &expect!["INT. CAFÉ - DAY\r\n"],
    );
}

#[test]
fn bytes_that_are_no_utf8_are_named_with_their_place() {
    check(
        b"INT. X\n\ncaf\xe9",
        &expect!["notUtf8 3:4: a.fountain is not UTF-8 text"],
    );
    check(
        b"ab\0cd",
        &expect!["binary 1:3: a.fountain is no text: it has zero bytes"],
    );
}

#[test]
fn what_is_too_long_names_its_limit() {
    check(
        &[b'a'; 300],
        &expect!["tooLarge: a.fountain has 300 bytes, the limit is 200"],
    );
    let long = [b"short\n".as_slice(), &[b'a'; 50]].concat();
    check(
        &long,
        &expect!["lineTooLong 2:1: a.fountain has a line of 50 bytes, the limit is 40"],
    );
}

#[test]
fn broken_toml_is_named_with_its_place() {
    let told = |text: &str| told(&parse_toml::<BibleEntry>("bible/maya.toml", text).unwrap_err());
    expect![[r#"invalidToml 2:13: bible/maya.toml: invalid basic string, expected `"`"#]]
        .assert_eq(&told("kind = \"character\"\nname = \"MAYA"));
    expect!["invalidToml 2:1: bible/maya.toml: unknown field `nane`, expected one of `kind`, `name`, `aliases`, `description`, `details`, `images`, `quality`"]
        .assert_eq(&told("kind = \"character\"\nnane = \"MAYA\""));
}

#[test]
fn a_folder_or_a_missing_file_is_no_script() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("a.fountain")).unwrap();
    let outcome = |path| read(folder.path(), path, SourceKind::Script, &Limits::default());
    assert_eq!(outcome("a.fountain").unwrap_err().code, "notAFile");
    assert_eq!(outcome("b.fountain").unwrap_err().code, "gone");
}
