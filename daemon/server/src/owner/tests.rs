//! What the owner makes of a log that is not as it left it.

use storycore_core::project::{CreateFilm, SetAutoRender};
use storycore_schema::project::ProjectEvent;

use super::*;

fn origin() -> Origin {
    Origin::daemon("test", "test".into())
}

fn create() -> CreateFilm {
    CreateFilm {
        title: "Low Tide".to_owned(),
    }
}

/// A film with an owner, in a folder of its own.
struct Fixture {
    folder: tempfile::TempDir,
    bus: Arc<Bus>,
    owner: Owner,
    closing: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Fixture {
    async fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let (owner, bus, closing, task) = Fixture::start(folder.path(), Clock::after(0));
        owner.submit(origin(), create()).await.unwrap();
        Fixture {
            folder,
            bus,
            owner,
            closing,
            task,
        }
    }

    fn start(
        folder: &std::path::Path,
        clock: Clock,
    ) -> (
        Owner,
        Arc<Bus>,
        CancellationToken,
        tokio::task::JoinHandle<()>,
    ) {
        let log = Arc::new(EventLog::open(&folder.join("project.db")).unwrap());
        let mut film = Film::new("film");
        log.replay(|it| film.take_in(it.event)).unwrap();
        let bus = Arc::new(Bus::new(film));
        let options = OwnerOptions {
            queue_len_max: 64,
            commit_commands_max: 8,
            id_seed: 1,
            clock,
        };
        let closing = CancellationToken::new();
        let (owner, task) = start(log, bus.clone(), closing.clone(), &options);
        (owner, bus, closing, task)
    }

    /// Its events, once it has ended.
    async fn events(self) -> Vec<StoredEvent> {
        self.closing.cancel();
        self.task.await.unwrap();
        let log = EventLog::open(&self.folder.path().join("project.db")).unwrap();
        log.read_after(Seq(0), usize::MAX).unwrap()
    }
}

#[tokio::test]
async fn of_many_that_saw_the_same_film_one_is_in_time() {
    let it = Fixture::new().await;
    let seen = it.bus.film().seq;
    let racers = (0..40).map(|n| {
        let command = SetAutoRender { on: n % 2 == 0 };
        it.owner.submit_if(origin(), Some(seen), command)
    });
    let outcomes = futures::future::join_all(racers).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 39));
    for lost in lost {
        let lost = lost.unwrap_err();
        assert_eq!(lost.kind, ErrorKind::Conflict);
        let expected = "the film has gone on: you saw it at event 1, and it is at 2";
        assert_eq!(lost.message, expected);
    }
    let unknown = it.owner.submit_if(origin(), Some(Seq(9)), create()).await;
    assert_eq!(unknown.unwrap_err().kind, ErrorKind::FailedPrecondition);
    assert_eq!(it.events().await.len(), 2);
}

/// A command whose result is an id.
struct NewId;

impl Decide for NewId {
    type Output = ulid::Ulid;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Result<(ulid::Ulid, Vec<Event>), Error> {
        let on = !film.state.project.card.auto_render();
        let event = Event::Project(ProjectEvent::AutoRenderSet { on });
        Ok((env.fresh_id(), vec![event]))
    }
}

#[tokio::test]
async fn a_clock_that_was_put_back_turns_neither_times_nor_ids_back() {
    let it = Fixture::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(it.owner.submit(origin(), NewId).await.unwrap().value);
    }
    it.closing.cancel();
    it.task.await.unwrap();
    // The next day begins in 1970.
    let path = it.folder.path();
    let last = EventLog::open(&path.join("project.db")).unwrap().last();
    let clock = Clock::with(last.unwrap().at_ms, || 5);
    let (owner, _, closing, task) = Fixture::start(path, clock);
    for _ in 0..3 {
        ids.push(owner.submit(origin(), NewId).await.unwrap().value);
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    closing.cancel();
    task.await.unwrap();
    let log = EventLog::open(&path.join("project.db")).unwrap();
    let events = log.read_after(Seq(0), usize::MAX).unwrap();
    assert_eq!(events.len(), 7);
    assert!(events.is_sorted_by_key(|it| it.at_ms), "{events:?}");
}

#[tokio::test]
async fn a_log_that_holds_more_than_the_film_is_read_again() {
    let it = Fixture::new().await;
    let path = it.folder.path().join("project.db");
    let (owner, bus) = (it.owner.clone(), it.bus.clone());

    let event = Event::Project(ProjectEvent::AutoRenderSet { on: true });
    let foreign = StoredEvent {
        seq: Seq(2),
        at_ms: 0,
        actor: "another program".to_owned(),
        correlation_id: "x".to_owned(),
        event,
    };
    let other = EventLog::open(&path).unwrap();
    other.append(Seq(1), vec![foreign]).await.unwrap();

    let refused = owner.submit(origin(), SetAutoRender { on: false }).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        refused.hint.as_deref(),
        Some("look at the film, then try again"),
        "{refused}"
    );
    let done = owner.submit(origin(), SetAutoRender { on: false }).await;
    assert_eq!(done.unwrap().seq, Seq(3));
    assert_eq!(bus.film().seq, Seq(3));
    assert_eq!(other.head().unwrap(), Seq(3));
    assert_eq!(it.events().await.len(), 3);
}
