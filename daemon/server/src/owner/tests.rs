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

#[tokio::test]
async fn a_log_that_holds_more_than_the_film_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    let log = Arc::new(EventLog::open(&path).unwrap());
    let bus = Arc::new(Bus::new(Film::new("film")));
    let options = OwnerOptions {
        queue_len_max: 8,
        commit_commands_max: 8,
        id_seed: 1,
        clock: Clock::after(0),
    };
    let closing = CancellationToken::new();
    let (owner, task) = start(log, bus.clone(), closing.clone(), &options);
    owner.submit(origin(), create()).await.unwrap();

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
    closing.cancel();
    task.await.unwrap();
    assert_eq!(other.head().unwrap(), Seq(3));
}
