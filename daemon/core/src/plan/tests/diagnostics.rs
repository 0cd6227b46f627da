//! What is said to be wrong in a script, and how much of it.

use super::*;

#[test]
fn a_name_that_speaks_means_something_in_a_note() {
    let script = Script::parse("INT. A\n\nRain. [[shot: CU Maya, Jonas, Zoe]]\n\nMAYA\nHm.\n");
    let story = Story::new("INT. B\n\nJONAS\nHm.\n");
    let names = known_names(&story.film, [&script].into_iter());
    let found = problems("a.fountain", &script, &names, &Cast::default());
    let messages: Vec<_> = found.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["`Zoe` means nothing in a shot note"]);
}

#[test]
fn notes_are_read_again_when_they_or_the_names_change() {
    let mut read = ReadNotes::default();
    let cast = Cast::default();
    let note = "INT. A\n\n[[shot: CU Maya]]\n\n";
    let mut check = |text: &str, name: &str| {
        let script = Script::parse(text);
        let mut names = breakdown::Names::default();
        names.insert(name);
        let again = problems_again("a.fountain", &script, (&names, &cast), &mut read);
        assert_eq!(again, problems("a.fountain", &script, &names, &cast));
        again.len()
    };
    assert_eq!(check(note, "JONAS"), 1);
    assert_eq!(check(note, "JONAS"), 1);
    // The same block twice, then moved, then another.
    assert_eq!(check(&note.repeat(2), "JONAS"), 2);
    assert_eq!(check(&format!("INT. B\n\nRain.\n\n{note}"), "JONAS"), 1);
    assert_eq!(check(&note.replace("Maya", "Jonas"), "JONAS"), 0);
    assert_eq!(check(note, "JONAS"), 1);
    assert_eq!(check(note, "MAYA"), 0);
    assert_eq!(check(note, "JONAS"), 1);
}

#[test]
fn the_list_of_what_is_wrong_ends() {
    let check = |text: &str, n: usize, last: &str| {
        let script = Script::parse(text);
        let found = problems(
            "a.fountain",
            &script,
            &breakdown::Names::default(),
            &Cast::default(),
        );
        assert_eq!(found.len(), n);
        assert_eq!(found.last().map(|it| it.message.as_str()), Some(last));
        assert!(found.last().is_some_and(|it| it.hint.is_some()));
        assert!(found.is_sorted_by_key(|it| (it.line, it.column)));
    };
    let notes = |n: usize| "INT. A\n\nRain. [[shot: hm]]\n\n".repeat(n);
    check(&notes(200), 200, "`hm` means nothing in a shot note");
    check(&notes(201), 200, "and 2 more like these");
    let one = format!("INT. A\n\n{}", "[[shot: hm um]]\n".repeat(500));
    check(&one, 200, "and 801 more like these");
}

/// What is said of strangers in a script of a film whose bible knows one character or location.
fn strangers(kind: EntryKind, name: &str, text: &str) -> Vec<String> {
    let mut story = Story::new("INT. B\n\nHm.\n");
    story.bible(BibleEntry {
        kind,
        name: name.to_owned(),
        aliases: vec!["THE BAKER".to_owned()],
        description: None,
        details: BTreeMap::new(),
        quality: None,
    });
    let script = Script::parse(text);
    let names = known_names(&story.film, [&script].into_iter());
    let found = problems("a.fountain", &script, &names, &Cast::of(&story.film));
    let told = found.iter().map(|it| {
        let place = format!("{}:{}", it.line.unwrap(), it.column.unwrap());
        format!("{place} {:?} {} {}", it.severity, it.code, it.message)
    });
    told.collect()
}

#[test]
fn who_is_not_in_the_bible_is_told_once_and_a_slip_each_time() {
    let speech = |name: &str| format!("{name}\nHm.\n\n");
    let of = |names: &[&str]| -> String {
        let speeches = names.iter().map(|it| speech(it));
        format!("INT. A\n\n{}", speeches.collect::<String>())
    };
    let told = |names: &[&str]| strangers(EntryKind::Character, "MAYA", &of(names));
    let none: [&str; 0] = [];
    assert_eq!(told(&["MAYA", "the baker", "Maya (V.O.)", "@maya"]), none);
    assert_eq!(
        told(&["JONAS", "MAYA", "JONAS"]),
        ["3:1 Information unknownCharacter the bible knows no character JONAS"]
    );
    assert_eq!(
        told(&["MAYYA", "MYAA", "MAY", "ANNA"]),
        [
            "3:1 Warning unknownCharacter the bible knows no character MAYYA; did you mean MAYA?",
            "6:1 Warning unknownCharacter the bible knows no character MYAA; did you mean MAYA?",
            "9:1 Information unknownCharacter the bible knows no character MAY",
            "12:1 Information unknownCharacter the bible knows no character ANNA",
        ]
    );
    // Who speaks often is no slip, and numbers tell people apart.
    let often = [
        "JONAS", "JONAS", "JONAS", "JONSA", "GUARD 1", "GUARD 1", "GUARD 1", "GUARD 2",
    ];
    let found = told(&often);
    let slips: Vec<&String> = found.iter().filter(|it| it.contains("mean")).collect();
    assert_eq!(
        slips,
        ["12:1 Warning unknownCharacter the bible knows no character JONSA; did you mean JONAS?"]
    );
}

#[test]
fn places_are_looked_up_in_the_bible_if_it_has_any() {
    let text = "INT. MAYA'S FLAT - KITCHEN - DAY\n\nHm.\n\nEXT. HARBOR - DAY\n\nHm.\n\n\
                EXT. HARBOR - NIGHT\n\nHm.\n\nINT. MAYA'S FALT - DAY\n\nHm.\n";
    assert_eq!(
        strangers(EntryKind::Location, "MAYA'S FLAT", text),
        [
            "5:1 Information unknownLocation the bible knows no location HARBOR",
            "13:1 Warning unknownLocation the bible knows no location MAYA'S FALT; did you mean \
             MAYA'S FLAT?",
        ]
    );
    assert_eq!(strangers(EntryKind::Prop, "HARBOR", text), [] as [&str; 0]);
}

#[test]
fn what_nobody_says_is_told() {
    let text = "INT. A\n\nMAYA\n\nYou are late.\n\n(softly)\n\nMAYA\nYes.\n\nBANG\n\nMAYA (O.S.)\n";
    assert_eq!(
        strangers(EntryKind::Prop, "LAMP", text),
        [
            "3:1 Warning missingDialogue MAYA says nothing here",
            "7:1 Warning missingSpeaker this parenthetical belongs to no speech",
            "14:1 Warning missingDialogue MAYA says nothing here",
        ]
    );
}
