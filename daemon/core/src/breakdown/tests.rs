//! Tests of the breakdown. `check` prints the shots of every scene of a script; the rest is data.

mod any_script;
mod rules;

use std::fmt::Write as _;

use expect_test::Expect;

use super::{BreakdownContext, Names, PlannedShot, break_down, cue_names, problems, time_of_day};
use crate::fountain::Script;

/// Breaks a script down, knowing the names of its cues, and compares the shots.
fn check(text: &str, expect: &Expect) {
    check_with(&[], text, expect);
}

/// The same with names from the bible as well, each with what it stands for.
fn check_with(bible: &[(&str, &str)], text: &str, expect: &Expect) {
    let script = Script::parse(text);
    let mut names = names_of(&script);
    bible
        .iter()
        .for_each(|(alias, name)| names.insert_alias(alias, name));
    let mut out = String::new();
    let mut previous = None;
    for block in script.blocks() {
        let context = BreakdownContext {
            names: &names,
            previous_time_of_day: previous,
        };
        for shot in break_down(block, &context) {
            print_shot(&mut out, &shot);
        }
        for it in problems(block, &names) {
            let text = &block.text[it.span.start as usize..it.span.end as usize];
            writeln!(out, "! {text:?}: {}", it.message).unwrap();
        }
        previous = block
            .heading
            .as_ref()
            .and_then(|it| time_of_day(it, previous))
            .or(previous);
    }
    expect.assert_eq(&out);
}

fn names_of(script: &Script) -> Names {
    let mut names = Names::default();
    script
        .blocks()
        .iter()
        .flat_map(|it| cue_names(it))
        .for_each(|it| names.insert(&it));
    names
}

fn print_shot(out: &mut String, shot: &PlannedShot) {
    write!(out, "{} ", shot.framing.short()).unwrap();
    if shot.angle.short() != "EYE" {
        write!(out, "{} ", shot.angle.short()).unwrap();
    }
    if shot.movement.short() != "static" {
        write!(out, "<{}> ", shot.movement.short()).unwrap();
    }
    write!(
        out,
        "{:?} {}mm {}ms",
        shot.subjects,
        shot.lens_mm.unwrap_or(0),
        shot.duration_ms
    )
    .unwrap();
    let directed = if shot.directed { " directed" } else { "" };
    writeln!(out, " line {}{directed}", shot.line).unwrap();
    shot.text
        .lines()
        .for_each(|it| writeln!(out, "    {it}").unwrap());
}
