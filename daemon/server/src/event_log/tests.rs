//! What is acknowledged is there after reopening, whole batches or nothing.

use std::sync::Arc;

use storycore_core::{Film, history::UNDO_LEN_MAX, replay::Logged};
use storycore_schema::{
    Limits, history::HistoryEvent, project::ProjectEvent, script::ScriptEvent, take::TakeEvent,
};

use super::{chunk::Chunk, *};

fn stored(seq: u64) -> StoredEvent {
    StoredEvent {
        seq: Seq(seq),
        at_ms: 1_000 + seq,
        actor: "test".to_owned(),
        correlation_id: format!("r-{seq}"),
        event: Event::Project(ProjectEvent::AutoRenderSet {
            on: seq.is_multiple_of(2),
        }),
    }
}

#[tokio::test]
async fn what_was_appended_is_read_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    let log = EventLog::open(&path).unwrap();
    log.append(Seq(0), vec![stored(1), stored(2)])
        .await
        .unwrap();
    log.append(Seq(2), vec![stored(3)]).await.unwrap();
    drop(log);
    let log = EventLog::open(&path).unwrap();
    let mut events = Vec::new();
    log.replay(|event| events.push(event)).unwrap();
    assert_eq!(events, [stored(1), stored(2), stored(3)]);
    assert_eq!(log.read_after(Seq(1), 1).unwrap(), [stored(2)]);
    assert_eq!(log.head().unwrap(), Seq(3));
}

#[tokio::test]
async fn a_page_ends_at_its_limits_and_is_never_empty_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let log = EventLog::open(&folder.path().join("project.db")).unwrap();
    let all: Vec<_> = (1..=5).map(stored).collect();
    log.append(Seq(0), all.clone()).await.unwrap();
    let bytes = serde_json::to_string(&all[0].event).unwrap().len();
    let page = |after, bytes_max| log.read_page(Seq(after), 4, bytes_max).unwrap();
    assert_eq!(page(0, usize::MAX), all[..4]);
    assert_eq!(page(1, 2 * bytes + 1), all[1..3]);
    assert_eq!(page(1, 0), all[1..2]);
    assert_eq!(page(5, 0), []);
}

#[tokio::test]
async fn an_append_in_the_wrong_place_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = EventLog::open(&folder.path().join("project.db")).unwrap();
    log.append(Seq(0), vec![stored(1)]).await.unwrap();
    let refused = log.append(Seq(0), vec![stored(1)]).await.unwrap_err();
    assert!(matches!(
        refused,
        LogError::Conflict {
            expected: Seq(0),
            actual: Seq(1)
        }
    ));
    assert_eq!(log.head().unwrap(), Seq(1));
}

#[test]
fn a_foreign_or_newer_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 3;")
        .unwrap();
    assert!(matches!(EventLog::open(&path), Err(LogError::Format(_))));
    std::fs::write(
        &path,
        "this is no database at all, but a text that is long enough",
    )
    .unwrap();
    assert!(EventLog::open(&path).is_err());
}

/// A file as the first daemons wrote it.
fn first_tables(path: &Path, n_events: u64) {
    let file = rusqlite::Connection::open(path).unwrap();
    file.execute_batch(
        "CREATE TABLE events (
            seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, version INTEGER NOT NULL,
            at_ms INTEGER NOT NULL, actor TEXT NOT NULL, correlation_id TEXT NOT NULL,
            payload TEXT NOT NULL
        ) STRICT;
        PRAGMA application_id = 1396928370;
        PRAGMA user_version = 1;",
    )
    .unwrap();
    for seq in 1..=n_events {
        let it = stored(seq);
        let payload = serde_json::to_string(&it.event).unwrap();
        file.execute(
            "INSERT INTO events VALUES (?1, 'project', 1, ?2, ?3, ?4, ?5)",
            rusqlite::params![
                seq as i64,
                it.at_ms as i64,
                it.actor,
                it.correlation_id,
                payload
            ],
        )
        .unwrap();
    }
}

#[tokio::test]
async fn an_old_file_gets_its_digests_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    first_tables(&old, 2_500);
    let log = EventLog::open(&old).unwrap();
    assert_eq!(
        log.read_after(Seq(2_498), 9).unwrap(),
        [stored(2_499), stored(2_500)]
    );
    log.append(Seq(2_500), vec![stored(2_501)]).await.unwrap();
    let same = EventLog::open(&new).unwrap();
    same.append(Seq(0), (1..=2_501).map(stored).collect())
        .await
        .unwrap();
    if EVENT_VERSION == 1 {
        assert_eq!(log.last().unwrap(), same.last().unwrap());
    }
    let mut count = 0;
    log.replay(|_| count += 1).unwrap();
    assert_eq!(count, 2_501);
}

/// What happens to a log that SQLite itself finds in order.
const HARMS: [(&str, &str, u64); 6] = [
    (
        "a letter of an event",
        "UPDATE events SET payload = replace(payload, 'true', 'null') WHERE seq = 4",
        4,
    ),
    (
        "who did it",
        "UPDATE events SET actor = 'nobody' WHERE seq = 3",
        3,
    ),
    (
        "when it was",
        "UPDATE events SET at_ms = at_ms + 1 WHERE seq = 1",
        1,
    ),
    ("one is missing", "DELETE FROM events WHERE seq = 5", 5),
    (
        "two changed places",
        "UPDATE events SET seq = -1 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 7;
         UPDATE events SET seq = 7 WHERE seq = -1",
        6,
    ),
    (
        "its digest",
        "UPDATE events SET digest = x'00' WHERE seq = 8",
        8,
    ),
];

#[tokio::test]
async fn harm_that_the_engine_does_not_see_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    for (what, harm, place) in HARMS {
        let path = folder.path().join(format!("{what}.db"));
        let log = EventLog::open(&path).unwrap();
        log.append(Seq(0), (1..=9).map(stored).collect())
            .await
            .unwrap();
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(harm)
            .unwrap();
        let error = log.replay(|_| {}).unwrap_err();
        assert!(
            matches!(error, LogError::Damaged { seq, .. } if seq == Seq(place)),
            "{what}: {error}"
        );
    }
}

#[tokio::test]
async fn many_threads_hand_over_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    let log = EventLog::open(&path).unwrap();
    let all: Vec<StoredEvent> = (1..=25_321).map(stored).collect();
    log.append(Seq(0), all.clone()).await.unwrap();
    for (after, to) in [
        (0, 25_321),
        (7, 25_000),
        (25_000, 25_001),
        (3, 3),
        (999, 2_001),
    ] {
        let mut events = Vec::new();
        let keep = &mut |logged| {
            match logged {
                Logged::Event(event) => events.push(event),
                Logged::Change(_) | Logged::Passed => panic!("{logged:?}"),
            }
            Ok(())
        };
        replay::events(&path, Seq(after), Seq(to), keep).unwrap();
        let expected = all[after as usize..to as usize].iter().map(|it| &it.event);
        assert!(events.iter().eq(expected), "{after} to {to}");
    }
    let missing = replay::events(&path, Seq(20_000), Seq(25_400), &mut |_| Ok(()));
    let missing = missing.unwrap_err();
    assert!(
        matches!(
            missing,
            LogError::Damaged {
                seq: Seq(25_322),
                ..
            }
        ),
        "{missing}"
    );
    let harm = "UPDATE events SET payload = '{}' WHERE seq = 21000";
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute(harm, [])
        .unwrap();
    let mut count = 0;
    let counted = &mut |_| {
        count += 1;
        Ok(())
    };
    let damaged = replay::events(&path, Seq(0), Seq(25_321), counted).unwrap_err();
    assert!(
        matches!(
            damaged,
            LogError::Damaged {
                seq: Seq(21_000),
                ..
            }
        ),
        "{damaged}"
    );
    assert_eq!(count, 13 * (25_321 / 16), "whole chunks before it");
}

/// What may stand in a log: every golden event of today's shape.
fn golden() -> Vec<Event> {
    let lines = include_str!("../../../../tests/golden-events/v2.jsonl").lines();
    let events = lines.map(|it| serde_json::from_str::<Event>(it).unwrap());
    events.filter(Event::is_durable).collect()
}

/// A log of these events.
fn log_of(folder: &Path, events: &[Event]) -> Past {
    let log = EventLog::open(&folder.join("project.db")).unwrap();
    let stored = (1..).zip(events).map(|(seq, event)| StoredEvent {
        event: event.clone(),
        ..stored(seq)
    });
    log.append_blocking(Seq(0), stored.collect()).unwrap();
    Past {
        log: Arc::new(log),
        snapshots: Arc::new(Snapshots::at(folder.join("snapshots"), &Limits::default())),
        shown: "film".into(),
    }
}

/// Some of many things, by a number.
fn some<'a, T>(things: &'a [T], random: &mut u64) -> &'a T {
    *random = random
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    &things[(*random >> 33) as usize % things.len()]
}

/// Replay reads no more than it must of what comes up often; that must never be seen.
#[test]
fn a_log_of_any_events_comes_to_the_same_as_they_do() {
    let (golden, mut random) = (golden(), 7);
    let is_frequent = |it: &&Event| {
        matches!(
            it,
            Event::History(HistoryEvent::Done { .. })
                | Event::Script(ScriptEvent::Changed { .. })
                | Event::Take(TakeEvent::Added { .. } | TakeEvent::Marked { .. })
        )
    };
    let frequent: Vec<Event> = golden.iter().filter(is_frequent).cloned().collect();
    for round in 0..40 {
        // A few kinds, so that each comes up often, then one of any kind now and then.
        let kinds: Vec<&Event> = (0..3).map(|_| some(&frequent, &mut random)).collect();
        let events = (0..1_500).map(|n| match n % (50 + 100 * round) {
            7 => some(&golden, &mut random).clone(),
            _ => (*some(&kinds, &mut random)).clone(),
        });
        let events: Vec<Event> = events.collect();
        let folder = tempfile::tempdir().unwrap();
        let past = log_of(folder.path(), &events);
        for to in [1_500, *some(&[1, 249, 251, 700, 1_333], &mut random)] {
            let film = past.film_at(Seq(to as u64)).unwrap().film;
            let plain = Film::new("film").replay(events[..to].to_vec());
            // Printed whole, it would fill a book.
            assert!(film.state == plain.state, "round {round} to {to}");
            assert!(film.derived == plain.derived, "round {round} to {to}");
            assert_eq!(film.seq, plain.seq);
        }
    }
}

#[test]
fn what_can_no_longer_be_undone_is_not_read() {
    let events = golden();
    let done = events
        .iter()
        .find(|it| matches!(it, Event::History(HistoryEvent::Done { .. })));
    let undone = events
        .iter()
        .find(|it| matches!(it, Event::History(HistoryEvent::Undone { .. })));
    let [done, undone] = [done, undone].map(|it| serde_json::to_string(it.unwrap()).unwrap());
    let read = |payloads: &[&str]| {
        let mut chunk = Chunk::default();
        for (seq, payload) in (1..).zip(payloads) {
            let row = sqlite::Row {
                seq: Seq(seq),
                topic: "history",
                version: EVENT_VERSION,
                at_ms: 0,
                actor: "",
                correlation_id: "",
                payload,
            };
            chunk.push(&row).unwrap();
        }
        let logged = chunk.end().unwrap();
        let passed = |it: &&Logged| matches!(it, Logged::Passed);
        logged.iter().filter(passed).count()
    };
    let many = vec![done.as_str(); UNDO_LEN_MAX + 3];
    assert_eq!(read(&many), 3);
    assert_eq!(read(&many[3..]), 0);
    let between = [&many[..150], &[undone.as_str()], &many[..150]].concat();
    assert_eq!(read(&between), 0, "what was undone is one of the first");
}
