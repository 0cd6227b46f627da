//! Scripts put together by chance: whichever way a film got to its text, it holds the same.

use proptest::prelude::*;

use super::*;

/// A part of a screenplay that edits put together anew.
fn fragment() -> impl Strategy<Value = String> {
    let parts = [
        "INT. KITCHEN - DAY\n\n",
        "EXT. HARBOR - NIGHT #4#\n\n",
        "INT. KITCHEN - LATER\n\n",
        "Maya cuts bread.\n\n",
        "Jonas looks at Maya. Boats knock.\n\n",
        "MAYA\nYou are late again.\n\n",
        "JONAS\nI know.\n\n",
        "ZOE (V.O.)\nNobody knows me.\n\n",
        "[[shot: CU MAYA]]\n\n",
        "[[shot: Zoe and Jean-Luc]]\n\n",
        "Zoë hides. Jean-Luc sleeps.\n\n",
        "JEAN LUC\nYes.\n\n",
        "/*\n\n",
        "*/\n\n",
        "= A synopsis.\n\n",
        "Title: A Film\n\n",
        "CUT TO:\n\n",
    ];
    prop::sample::select(parts.map(str::to_owned).to_vec())
}

fn draft() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..14).prop_map(|parts| parts.concat())
}

/// The last harbor comes back from the tray and still lists ZOE's shot, which is in the kitchen.
#[test]
fn a_scene_from_the_tray_leaves_alone_what_went_elsewhere() {
    let harbor = "EXT. HARBOR - NIGHT #4#\n\n";
    let kitchen = "INT. KITCHEN - DAY\n\n";
    let jonas = "JONAS\nI know.\n\n";
    let zoe = "ZOE (V.O.)\nNobody knows me.\n\n";
    let drafts = [
        [
            harbor,
            kitchen,
            kitchen,
            harbor,
            jonas,
            "Jonas looks at Maya. Boats knock.\n\n",
            zoe,
        ],
        [kitchen, zoe, kitchen, harbor, "", "", ""],
        [jonas, harbor, kitchen, zoe, "", "", ""],
    ];
    let mut story = Story::new("");
    for draft in &drafts {
        story.save(PATH, Some(&draft.concat()));
        story.render();
    }
    let mut fresh = Story::new(&drafts[2].concat());
    fresh.render();
    assert_eq!(story.told(), fresh.told());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a film got to its text, it holds the scenes and shots that a fresh film with that
    /// text holds, no take is ever lost, and nothing unknown is placed.
    #[test]
    fn any_way_to_a_text_ends_in_the_same_film(drafts in prop::collection::vec(draft(), 1..6)) {
        check(&drafts);
    }
}

fn check(drafts: &[String]) {
    let mut story = Story::new("");
    let mut takes = 0;
    let mut late = None;
    for draft in drafts {
        story.save(PATH, Some(draft));
        // What was asked for before the save comes in after it, also for shots in the tray.
        story.finish(late);
        story.render();
        late = story.request(true);
        assert!(story.film.state.generation.takes.by_id.len() >= takes);
        takes = story.film.state.generation.takes.by_id.len();
    }
    let mut fresh = Story::new(drafts.last().unwrap());
    fresh.render();
    story.finish(late);
    assert_eq!(story.told(), fresh.told());
    assert_eq!(story.planned(), fresh.planned());
    let screenplay = &story.film.state.project.screenplay;
    for take in story.film.state.generation.takes.by_id.values() {
        assert!(
            screenplay.any_shot(take.shot).is_ok(),
            "a take lost its shot"
        );
    }
    assert_eq!(story.film.shots_in_order().count(), screenplay.shots.len());
}

/// Found by chance: both were the old one, which had nothing left but its number.
#[test]
fn of_two_scenes_with_one_number_only_one_is_the_old_one() {
    let harbor = "EXT. HARBOR - NIGHT #4#\n\n";
    let kitchen = "INT. KITCHEN - DAY\n\n";
    let zoe = "ZOE (V.O.)\nNobody knows me.\n\n";
    let (maya, jonas) = (
        "Maya cuts bread.\n\n",
        "Jonas looks at Maya. Boats knock.\n\n",
    );
    check(&[
        [kitchen, zoe, harbor].concat(),
        [harbor, zoe].concat(),
        [harbor, maya, harbor, jonas].concat(),
    ]);
}
