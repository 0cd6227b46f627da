//! What is acknowledged is there after reopening, whole batches or nothing.

use storycore_schema::project::ProjectEvent;

use super::*;

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
