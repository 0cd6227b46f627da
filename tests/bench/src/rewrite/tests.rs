//! A smaller benchmark that fails when identity gets worse.

use super::*;

fn rewritten(kinds: &[Kind], n_edits: usize, save_every: usize) -> Tally {
    let mut tally = Tally::default();
    for film in [Title::HighWater, Title::Generated(16)] {
        let sequence = Sequence {
            film,
            seed: 1,
            kinds,
            n_edits,
            save_every,
        };
        tally.add(&rewrite(&sequence, &mut |_| ()).unwrap());
    }
    tally
}

#[test]
fn one_kind_of_edit_at_a_time_keeps_scenes_shots_and_takes() {
    for (kind, name) in KINDS {
        if matches!(kind, Kind::NewDraft | Kind::Checkout) {
            continue;
        }
        let tally = rewritten(&[kind], 6, 2);
        let told = format!("{name}: {tally:?}");
        assert_eq!(tally.n_untouched_lost, 0, "{told}");
        assert!(tally.scenes.recall() >= 90.0, "{told}");
        assert!(
            tally.scenes.n_claimed == 0 || tally.scenes.precision() >= 90.0,
            "{told}"
        );
        assert!(tally.shots.recall() >= 90.0, "{told}");
    }
}

#[test]
fn all_kinds_of_edits_in_turns_keep_scenes_shots_and_takes() {
    let mut tally = Tally::default();
    for save_every in [2, 5, 20] {
        tally.add(&rewritten(&KINDS.map(|it| it.0), 20, save_every));
    }
    assert!(tally.scenes.n_expected > 100 && tally.shots.n_expected > 500);
    assert!(tally.scenes.recall() >= 97.0, "{tally:?}");
    assert!(tally.scenes.precision() >= 97.0, "{tally:?}");
    assert!(tally.shots.recall() >= 94.0, "{tally:?}");
    assert!(tally.shots.precision() >= 94.0, "{tally:?}");
}
