//! An edited script is the script that its new text gives, whatever the text and the edits.

use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::{Edited, Script};
use super::hold_to_promises;

/// Pieces that texts are made of, so that the rare cases meet each other.
const FRAGMENTS: &[&str] = &[
    "\n",
    "\n\n",
    "\n\n",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "  \n",
    " ",
    "\t",
    "\u{feff}",
    "/*",
    "*/",
    "/*/",
    "[[",
    "]]",
    "INT. KITCHEN - DAY",
    "EXT. CAFÉ - NUIT #12A#",
    ".FORCED",
    "...",
    "i/e car",
    "MAYA",
    "МАША (V.O.)",
    "@McAvoy",
    "^",
    "~",
    "> ",
    " <",
    "CUT TO:",
    "(softly)",
    "*",
    "**",
    "***",
    "_",
    "\\",
    "#",
    "##",
    "= ",
    "===",
    "!",
    "Title:",
    ":",
    "é",
    "日本",
    "🎬",
    "words and words",
    "[[shot: CU]]",
    "\n\nINT. A - DAY\n\n",
    "\n\nEXT. B\n\n",
    "\n\nMAYA\nHello.\n\n",
];

fn text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        8 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(fragment, 0..24).prop_map(|it| it.concat())
}

/// Edits by thousandths of the text they meet, which may cut characters in two.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let piece = prop_oneof![
        Just(String::new()),
        prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        text(),
    ];
    prop::collection::vec((0..1001_usize, 0..300_usize, piece), 1..8)
}

fn same_blocks(a: &Script, b: &Script) {
    let (a_blocks, b_blocks): (Vec<_>, Vec<_>) =
        (a.blocks().iter().collect(), b.blocks().iter().collect());
    assert_eq!(a_blocks, b_blocks);
    for idx in 0..=a_blocks.len() {
        assert_eq!(a.start_of(idx), b.start_of(idx));
    }
}

fn only_said_blocks_changed(old: &Script, new: &Script, edited: &Edited) {
    let same = |old_idx: Range<usize>, new_idx: Range<usize>| {
        assert_eq!(old_idx.len(), new_idx.len());
        old_idx
            .zip(new_idx)
            .all(|(a, b)| Arc::ptr_eq(&old.blocks()[a], &new.blocks()[b]))
    };
    assert!(same(0..edited.old.start, 0..edited.new.start));
    assert!(same(
        edited.old.end..old.blocks().len(),
        edited.new.end..new.blocks().len()
    ));
}

/// The edit as a plain text makes it.
fn edited_text(script: &Script, range: &Range<usize>, replacement: &str) -> String {
    let mut text = script.text();
    let start = text.floor_char_boundary(range.start);
    let end = text.floor_char_boundary(range.end).max(start);
    text.replace_range(start..end, replacement);
    text
}

fn check_edit(script: &Script, range: Range<usize>, replacement: &str) -> Script {
    let text = edited_text(script, &range, replacement);
    let (new, edited) = script.edit(range, replacement);
    hold_to_promises(&new, &text);
    let parsed = Script::parse(&text);
    same_blocks(&new, &parsed);
    only_said_blocks_changed(script, &new, &edited);
    let (updated, edited) = script.update(&text);
    same_blocks(&updated, &parsed);
    only_said_blocks_changed(script, &updated, &edited);
    new
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_prints_back(text in text()) {
        hold_to_promises(&Script::parse(&text), &text);
    }

    #[test]
    fn any_characters_print_back(text in any::<String>()) {
        hold_to_promises(&Script::parse(&text), &text);
    }

    #[test]
    fn edits_give_what_a_full_read_gives(text in text(), edits in edits()) {
        let mut script = Script::parse(&text);
        for (at, n, replacement) in edits {
            let (start, n) = (script.len() * at / 1000, script.len() * n / 1000);
            script = check_edit(&script, start..start + n, &replacement);
        }
    }

    #[test]
    fn any_other_text_is_an_update(a in text(), b in text()) {
        let (updated, _) = Script::parse(&a).update(&b);
        same_blocks(&updated, &Script::parse(&b));
    }
}

#[test]
fn an_edit_beyond_the_end_is_one_at_the_end() {
    let script = Script::parse("INT. A - DAY\n\nWords.");
    let (new, _) = script.edit(900..1000, " More.");
    assert_eq!(new.text(), "INT. A - DAY\n\nWords. More.");
    let reversed = Range { start: 5, end: 2 };
    assert_eq!(script.edit(reversed, "").0.text(), script.text());
}

#[test]
fn the_same_text_changes_nothing() {
    let script = Script::parse("INT. A - DAY\n\nWords.\n\nEXT. B - DAY\n\nWords.");
    let (_, edited) = script.update(&script.text());
    assert!(edited.old.is_empty() && edited.new.is_empty());
}

#[test]
fn one_line_changes_one_block() {
    let script = Script::parse(&long_script(500));
    let start = script.start_of(250);
    let (new, edited) = script.edit(start.byte + 30..start.byte + 30, "more ");
    assert_eq!(
        edited,
        Edited {
            old: 250..251,
            new: 250..251
        }
    );
    only_said_blocks_changed(&script, &new, &edited);
}

#[test]
fn a_boneyard_reaches_over_scenes_and_back() {
    let script = Script::parse("INT. A\n\nx\n\nINT. B\n\ny\n\nINT. C\n\nz */ w\n\nINT. D\n\nv");
    assert_eq!(script.blocks().len(), 4);
    let opened = check_edit(&script, 8..8, "/*");
    assert_eq!(opened.blocks().len(), 2);
    let at = opened.text().find("*/").unwrap();
    let reopened = check_edit(&opened, at..at + 2, "");
    assert_eq!(reopened.blocks().len(), 4);
    let end = reopened.len();
    assert_eq!(check_edit(&reopened, end..end, "*/").blocks().len(), 1);
}

/// Many scenes, so that the index and the list of blocks have more than one level.
#[test]
fn many_edits_in_a_long_script() {
    let mut script = Script::parse(&long_script(700));
    let mut seed = 7_usize;
    for step in 0..300 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let start = (seed >> 16) % (script.len() + 1);
        let n = if step % 5 == 0 {
            (seed >> 40) % 4000
        } else {
            (seed >> 40) % 30
        };
        let replacement = match step % 7 {
            0 => long_script(40),
            1 => "\n\nINT. NEW - DAY\n\n".to_owned(),
            2 => "/*".to_owned(),
            3 => "*/".to_owned(),
            _ => "word ".to_owned(),
        };
        let text = edited_text(&script, &(start..start + n), &replacement);
        let (new, edited) = script.edit(start..start + n, &replacement);
        same_blocks(&new, &Script::parse(&text));
        only_said_blocks_changed(&script, &new, &edited);
        script = new;
    }
}

fn long_script(n_scenes: usize) -> String {
    (0..n_scenes)
        .map(|it| format!("INT. ROOM {it} - DAY\n\nMaya waits.\n\nMAYA\nHello.\n\n"))
        .collect()
}

/// Texts made to be slow. None may take longer than it takes to read them a few times.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    const N: usize = 30_000;
    for piece in [
        "/*",
        "*/",
        "/**/",
        "[[",
        "]]",
        "[[]]",
        "*",
        "*a",
        "**a*",
        "_a",
        "\\",
        "(",
        "\n",
        "\r",
        "- NIGHT ",
        "#",
        "#1",
        "/I",
        "~\n",
        "(a\n",
        "[[\n",
        "INT. ",
        "\n\nINT. A\n\n/*",
        "A:\n",
        "=",
        "> <",
    ] {
        let text = piece.repeat(N / piece.len());
        for prefix in [
            "",
            "INT. A - DAY ",
            "INT. A\n\n",
            "INT. A\n\nMAYA\n",
            "a: b\n",
        ] {
            let script = Script::parse(&format!("{prefix}{text}"));
            assert_eq!(script.len(), prefix.len() + text.len());
            for block in script.blocks() {
                for it in block.elements.iter().take(5) {
                    block.words(it);
                    block.emphasis(it);
                }
            }
        }
    }
}
