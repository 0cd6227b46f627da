//! What is left of a log, for every kind of damage.

use rusqlite::Connection;
use storycore_schema::project::ProjectEvent;

use super::*;
use crate::event_log::{EventLog, StoredEvent};

const EVENTS: u64 = 20;

fn stored(seq: u64) -> StoredEvent {
    StoredEvent {
        seq: Seq(seq),
        at_ms: 1_000 + seq,
        actor: "page-3".to_owned(),
        correlation_id: format!("r-{seq}"),
        event: Event::Project(ProjectEvent::AutoRenderSet {
            on: seq.is_multiple_of(2),
        }),
    }
}

/// Harms a log, looks what is left, and writes that anew.
async fn check(harm: &str) -> (Examined, Vec<StoredEvent>) {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let log = EventLog::open(&old).unwrap();
    log.append(Seq(0), (1..=EVENTS).map(stored).collect())
        .await
        .unwrap();
    drop(log);
    Connection::open(&old).unwrap().execute_batch(harm).unwrap();
    let salvage = Salvage::open(&old).unwrap();
    let mut count = 0;
    let examined = salvage.examine(&mut |_| count += 1).unwrap();
    assert_eq!(count, examined.whole.0);
    assert_eq!(salvage.rewrite(&new).unwrap(), examined);
    let log = EventLog::open(&new).unwrap();
    // Which checks the digests, too.
    let events = log.read_after(Seq(0), usize::MAX).unwrap();
    (examined, events)
}

fn all(n: u64) -> Vec<StoredEvent> {
    (1..=n).map(stored).collect()
}

#[tokio::test]
async fn a_whole_log_is_whole() {
    let (examined, events) = check("").await;
    let expected = Examined {
        whole: Seq(EVENTS),
        last: Seq(EVENTS),
        ..Examined::default()
    };
    assert_eq!((examined, events), (expected, all(EVENTS)));
}

#[tokio::test]
async fn one_flipped_bit_is_put_right() {
    for harm in [
        // `page-3` and `page-2`, `t` and `u`, 1003 and 1002: one bit apart.
        "UPDATE events SET actor = 'page-2' WHERE seq = 5",
        "UPDATE events SET payload = replace(payload, 'autoRenderSet', 'auuoRenderSet') WHERE seq = 5",
        "UPDATE events SET at_ms = at_ms - 1 WHERE seq = 5",
        "UPDATE events SET digest = CAST(x'00' || substr(digest, 2) AS BLOB) WHERE seq = 5
            AND hex(substr(digest, 1, 1)) IN ('01','02','04','08','10','20','40','80')",
    ] {
        let (examined, events) = check(harm).await;
        assert_eq!(examined.whole, Seq(EVENTS), "{harm}");
        assert_eq!(events, all(EVENTS), "{harm}");
        assert_eq!(examined.doubtful, [], "{harm}");
    }
}

#[tokio::test]
async fn what_reads_is_kept_and_named() {
    let harm = "UPDATE events SET actor = 'nobody' WHERE seq = 7";
    let (examined, events) = check(harm).await;
    assert_eq!(
        (examined.whole, &examined.doubtful[..]),
        (Seq(EVENTS), &[Seq(7)][..])
    );
    assert_eq!(events[6].actor, "nobody");
    assert_eq!(events.len() as u64, EVENTS);
}

#[tokio::test]
async fn a_lost_digest_is_made_anew() {
    let (examined, events) = check("UPDATE events SET digest = x'00' WHERE seq = 7").await;
    assert_eq!(examined.whole, Seq(EVENTS));
    assert_eq!(examined.doubtful, [Seq(7)]);
    assert_eq!(events, all(EVENTS));
}

#[tokio::test]
async fn a_damaged_tail_is_cut() {
    let harm = "UPDATE events SET payload = '{' WHERE seq > 12";
    let (examined, events) = check(harm).await;
    assert_eq!((examined.whole, examined.last), (Seq(12), Seq(EVENTS)));
    assert_eq!(examined.why.as_deref(), Some("event 13 does not read"));
    assert_eq!(events, all(12));
    let (examined, events) = check("DELETE FROM events WHERE seq = 4").await;
    assert_eq!((examined.whole, examined.last), (Seq(3), Seq(EVENTS)));
    assert_eq!(examined.why.as_deref(), Some("event 4 is missing"));
    assert_eq!(events, all(3));
}

#[tokio::test]
async fn a_newer_log_is_no_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    let log = EventLog::open(&path).unwrap();
    log.append(Seq(0), all(2)).await.unwrap();
    let newer = "UPDATE events SET version = 99 WHERE seq = 2";
    Connection::open(&path)
        .unwrap()
        .execute_batch(newer)
        .unwrap();
    let examined = Salvage::open(&path).unwrap().examine(&mut |_| {});
    assert!(matches!(examined, Err(LogError::Format(_))), "{examined:?}");
}
