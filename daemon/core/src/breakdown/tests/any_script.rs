//! What holds for the breakdown of every text: nothing is lost, nothing is shown twice.

use proptest::prelude::*;

use super::super::{beat::beats, direction, words::words};
use super::{BreakdownContext, break_down, names_of, problems};
use crate::fountain::{Block, ElementKind, Script};

const FRAGMENTS: &[&str] = &[
    "\n\n",
    "\n\n",
    "\n\n",
    "\n",
    " ",
    "INT. KITCHEN - DAY",
    "EXT. RUE - NUIT",
    "MAYA\nHello there.",
    "JONAS ^\nNo.",
    "MAYA (V.O.)\n(beat)\nYes.",
    "Maya runs.",
    "The waiter nods at Jonas.",
    "CLOSE ON the key.",
    "- one\n- two\nCLOSE ON three",
    "FADE OUT.",
    "CUT TO:",
    "~ la la",
    "> THE END <",
    "[[shot: CU MAYA, 85mm, 3s]]",
    "[[shot: nonsense]]",
    "[[shot:",
    "]]",
    "/*",
    "*/",
    "(softly)",
    "INSERT - PHOTO\nA face.",
    "OVER MAYA'S SHOULDER",
    "# Act",
    "= words",
    "words words",
    "TOM (30s) enters.",
    "é日本",
];

fn text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        12 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(fragment, 0..30).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 700, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_beat_is_in_one_shot(text in text()) {
        check(&text);
    }
}

/// What proptest has found once: lines in a comment look like shots of their own.
#[test]
fn a_comment_over_several_lines_makes_no_shots() {
    check("\n\nCUT TO:/*- one\n- two\nCLOSE ON three*/FADE OUT.");
    let script = Script::parse("INT. A - DAY\n\nMaya waits. /* She sees:\n- two\nCLOSE ON three*/");
    let names = names_of(&script);
    let context = BreakdownContext {
        names: &names,
        previous_time_of_day: None,
    };
    let shots = break_down(&script.blocks()[0], &context);
    let texts: Vec<&str> = shots.iter().map(|it| it.text.as_str()).collect();
    assert!(!texts.iter().skip(1).any(|it| it.is_empty()), "{texts:?}");
}

fn check(text: &str) {
    let script = Script::parse(text);
    let names = names_of(&script);
    for block in script.blocks() {
        let context = BreakdownContext {
            names: &names,
            previous_time_of_day: None,
        };
        check_block(block, &context);
    }
}

fn check_block(block: &Block, context: &BreakdownContext<'_>) {
    let shots = break_down(block, context);
    assert_eq!(shots, break_down(block, context));
    assert!(block.heading.is_none() || !shots.is_empty());
    let shown: Vec<_> = shots.iter().flat_map(|it| &it.lines).collect();
    let (_, beats) = beats(block, context.names);
    let told: Vec<_> = beats.iter().flat_map(|it| &it.lines).collect();
    assert_eq!(shown, told);
    for pair in shots.windows(2) {
        assert!(pair[0].span.end <= pair[1].span.start);
        assert!(pair[0].line <= pair[1].line);
    }
    for shot in &shots {
        assert!(shot.duration_ms > 0);
        assert_eq!(block.line_at(shot.span.start), shot.line);
    }
    for element in block
        .elements
        .iter()
        .filter(|it| it.kind == ElementKind::Dialogue)
    {
        // A direction that Fountain takes for a cue may fall into several shots, and what follows
        // it may be a transition, which nothing shows.
        let covers = |span: &std::ops::Range<u32>| span.contains(&element.span.start);
        let n_covering = shots.iter().filter(|it| covers(&it.span)).count();
        let said = block.words(element);
        let n_expected = usize::from(!direction::is_transition(&words(&said)));
        assert!(n_covering == 1 || n_covering == n_expected, "{said:?}");
    }
    for it in problems(block, context.names) {
        assert!(!block.text[it.span.start as usize..it.span.end as usize].is_empty());
    }
}

/// Paragraphs made to be slow.
#[test]
fn hostile_texts_are_broken_down_in_linear_time() {
    for piece in [
        "a ",
        "- a\n",
        "- [[shot: CU]]\n",
        "MAYA ",
        "[[shot: x]] ",
        "CLOSE ON ",
        "\n\nMAYA\nHi.",
        "\n\nx",
        "[[shot: x]]\n\n",
        "(a) ",
        "\n\nA ^\nb",
    ] {
        let body = piece.repeat(20_000 / piece.len());
        for prefix in ["INT. A\n\n", "INT. A\n\nMAYA\n", "INT. A\n\n[[shot: "] {
            let script = Script::parse(&format!("{prefix}{body}]]\n\nMAYA\nHi."));
            let names = names_of(&script);
            let context = BreakdownContext {
                names: &names,
                previous_time_of_day: None,
            };
            for block in script.blocks() {
                assert!(!break_down(block, &context).is_empty());
                problems(block, &names).for_each(drop);
            }
        }
    }
}
