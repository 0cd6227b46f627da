//! What is said to be wrong in a script, and how much of it.

use super::*;

#[test]
fn a_name_that_speaks_means_something_in_a_note() {
    let script = Script::parse("INT. A\n\nRain. [[shot: CU Maya, Jonas, Zoe]]\n\nMAYA\nHm.\n");
    let story = Story::new("INT. B\n\nJONAS\nHm.\n");
    let names = known_names(&story.film, [&script].into_iter());
    let found = problems("a.fountain", &script, &names);
    let messages: Vec<_> = found.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["`Zoe` means nothing in a shot note"]);
}

#[test]
fn the_list_of_what_is_wrong_ends() {
    let check = |text: &str, n: usize, last: &str| {
        let script = Script::parse(text);
        let found = problems("a.fountain", &script, &breakdown::Names::default());
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
