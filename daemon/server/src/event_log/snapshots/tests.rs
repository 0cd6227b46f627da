//! Snapshots that fit, and all the ways in which one may not.

use storycore_core::Film;
use storycore_schema::{Event, project::ProjectEvent};

use super::*;
use crate::{
    bus::Bus,
    effects::snapshots::{self, SnapshotEffect},
    event_log::{Past, StoredEvent},
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const EVERY: u64 = 10;

struct Fixture {
    folder: tempfile::TempDir,
    past: Past,
}

impl Fixture {
    async fn new(n_events: u64) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let log = EventLog::open(&folder.path().join("project.db")).unwrap();
        log.append(Seq(0), (1..=n_events).map(stored).collect())
            .await
            .unwrap();
        let snapshots = Fixture::snapshots(folder.path(), u64::MAX);
        let past = Past {
            log: Arc::new(log),
            snapshots: Arc::new(snapshots),
            shown: "film".into(),
        };
        Fixture { folder, past }
    }

    fn snapshots(folder: &Path, bytes_max: u64) -> Snapshots {
        let limits = Limits {
            snapshot_every_events: EVERY,
            snapshots_bytes_max: bytes_max,
            ..Limits::default()
        };
        Snapshots::at(folder.join("snapshots"), &limits)
    }

    /// Makes one at a place.
    fn write(&self, seq: u64) {
        let film = self.past.film_at(Seq(seq)).unwrap().film;
        self.write_state(seq, film.state);
    }

    fn write_state(&self, seq: u64, state: GlobalState) {
        let snapshot = Snapshot {
            seq: Seq(seq),
            state,
            ends_with_bible: false,
        };
        let snapshots = &self.past.snapshots;
        snapshots.write(&self.past.log, &snapshot).unwrap();
    }

    /// Waits until there are those of some places.
    async fn has(&self, places: &[u64]) {
        while self.past.snapshots.places() != places {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// From which the film is opened.
    fn opened_from(&self) -> u64 {
        self.past.open().unwrap().snapshot.0
    }

    fn file(&self, seq: u64) -> PathBuf {
        self.folder.path().join("snapshots").join(seq.to_string())
    }
}

fn stored(seq: u64) -> StoredEvent {
    StoredEvent {
        seq: Seq(seq),
        at_ms: seq,
        actor: "test".to_owned(),
        correlation_id: String::new(),
        event: Event::Project(ProjectEvent::AutoRenderSet {
            on: seq.is_multiple_of(2),
        }),
    }
}

#[tokio::test]
async fn a_film_is_read_from_the_newest_that_fits() {
    let it = Fixture::new(40).await;
    assert_eq!(it.opened_from(), 0);
    it.write(10);
    it.write(30);
    assert_eq!(it.opened_from(), 30);
    let opened = it.past.open().unwrap();
    assert_eq!(opened.film.seq, Seq(40));
    let plain = Film::new("film").replay((1..=40).map(|seq| stored(seq).event));
    assert_eq!(opened.film.state, plain.state);
    for (what, damage) in DAMAGES {
        let whole = fs::read(it.file(30)).unwrap();
        let mut bytes = whole.clone();
        damage(&mut bytes);
        fs::write(it.file(30), &bytes).unwrap();
        assert_eq!(it.opened_from(), 10, "{what}");
        fs::write(it.file(30), &whole).unwrap();
    }
    assert_eq!(it.opened_from(), 30);
    fs::rename(it.file(30), it.file(35)).unwrap();
    assert_eq!(it.opened_from(), 10, "it has another's name");
}

type Damage = fn(&mut Vec<u8>);

const DAMAGES: [(&str, Damage); 5] = [
    ("it is empty", Vec::clear),
    ("its last byte is missing", |it| it.truncate(it.len() - 1)),
    ("a bit of its state is flipped", |it| {
        let at = it.len() - HASH_BYTES - 20;
        it[at] ^= 1;
    }),
    ("a bit of its head is flipped", |it| it[20] ^= 1),
    ("another build made it", |it| {
        let text = String::from_utf8_lossy(&it[..300]).into_owned();
        let at = text.find(build()).expect("its build");
        it[at] = if it[at] == b'0' { b'1' } else { b'0' };
        let content = it.len() - HASH_BYTES;
        let hash = hash_of(&[&it[..content]]);
        it[content..].copy_from_slice(hash.as_bytes());
    }),
];

#[tokio::test]
async fn one_of_another_past_is_passed_over() {
    let it = Fixture::new(20).await;
    it.write(20);
    assert_eq!(it.opened_from(), 20);
    // The same length, but other events: a copy of the log that went another way.
    let other = Fixture::new(0).await;
    let mut events: Vec<StoredEvent> = (1..=20).map(stored).collect();
    events[4].actor = "somebody else".to_owned();
    other.past.log.append(Seq(0), events).await.unwrap();
    fs::create_dir(other.folder.path().join("snapshots")).unwrap();
    fs::copy(it.file(20), other.file(20)).unwrap();
    assert_eq!(other.opened_from(), 0);
    // One that is newer than the log.
    let short = Fixture::new(10).await;
    fs::create_dir(short.folder.path().join("snapshots")).unwrap();
    fs::copy(it.file(20), short.file(20)).unwrap();
    assert_eq!(short.opened_from(), 0);
    assert_eq!(short.past.open().unwrap().film.seq, Seq(10));
}

#[tokio::test]
async fn they_are_thinned_out_to_the_distance_and_to_the_room_they_may_take() {
    let it = Fixture::new(200).await;
    for seq in [3, 5, 10, 12, 17, 20, 31, 40, 44, 45, 46] {
        it.write_state(seq, GlobalState::default());
    }
    assert_eq!(it.past.snapshots.places(), [10, 20, 31, 40, 45, 46]);
    let bytes = fs::metadata(it.file(10)).unwrap().len();
    let tight = Fixture::snapshots(it.folder.path(), 3 * bytes + bytes / 2);
    let snapshot = Snapshot {
        seq: Seq(60),
        state: GlobalState::default(),
        ends_with_bible: false,
    };
    tight.write(&it.past.log, &snapshot).unwrap();
    assert_eq!(tight.places(), [40, 46, 60]);
}

#[tokio::test]
async fn looking_far_into_the_past_tells_where_one_is_missing() {
    let it = Fixture::new(100).await;
    let then = it.past.film_at(Seq(57)).unwrap();
    assert_eq!((then.film.seq, then.missed), (Seq(57), Some(Seq(50))));
    it.past.make(&[Seq(50)], || true).unwrap();
    assert_eq!(it.past.snapshots.places(), [50]);
    for near in [58, 9] {
        let then = it.past.film_at(Seq(near)).unwrap();
        let plain = Film::new("film").replay((1..=near).map(|seq| stored(seq).event));
        assert_eq!((then.missed, then.film.state), (None, plain.state));
    }
}

#[tokio::test]
async fn several_are_made_in_one_reading_until_it_has_to_stop() {
    let it = Fixture::new(100).await;
    let places = [20, 40, 60].map(Seq);
    let left = std::cell::Cell::new(2);
    let go_on = || left.replace(left.get() - 1) > 0;
    it.past.make(&places, go_on).unwrap();
    assert_eq!(it.past.snapshots.places(), [20, 40]);
    it.past.make(&places, || true).unwrap();
    assert_eq!(it.past.snapshots.places(), [20, 40, 60]);
    let plain = Film::new("film").replay((1..=60).map(|seq| stored(seq).event));
    let base = it.past.snapshots.newest(&it.past.log, Seq(60)).unwrap();
    assert_eq!((base.seq, base.state), (Seq(60), plain.state));
}

/// As after an upgrade, whose builds read none of the old ones.
#[tokio::test]
async fn a_film_opened_without_any_gets_those_of_its_past_again() {
    let it = Fixture::new(35).await;
    let opened = it.past.open().unwrap();
    let (last, bus) = (opened.last_snapshot(), Arc::new(Bus::new(opened.film)));
    let (missed_here, missed) = snapshots::missed();
    let closing = CancellationToken::new();
    let effect = SnapshotEffect {
        past: it.past.clone(),
        bus,
        last,
        missed,
        closing: closing.clone(),
    };
    let running = tokio::spawn(effect.run());
    it.has(&[35]).await;
    it.has(&[10, 20, 30, 35]).await;
    fs::remove_file(it.file(20)).unwrap();
    missed_here.send(Seq(20)).await.unwrap();
    it.has(&[10, 20, 30, 35]).await;
    closing.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn half_written_ones_are_removed() {
    let it = Fixture::new(1).await;
    it.write(1);
    let half = it.file(1).with_extension("new");
    fs::write(&half, "half").unwrap();
    assert_eq!(it.past.snapshots.places(), [1]);
    it.past.snapshots.tidy();
    assert!(!half.exists());
    assert_eq!(it.past.snapshots.places(), [1]);
}
