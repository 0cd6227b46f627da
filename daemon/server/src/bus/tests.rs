//! What a follower is sent, and from where it is told to begin anew: twice is allowed, a gap is not.

use std::collections::VecDeque;

use futures::FutureExt;
use serde_json::Value;
use storycore_schema::{
    Event, Limits,
    project::ProjectEvent,
    selection::{Selection, SelectionEvent},
};

use super::*;
use crate::outbox::Outgoing;

/// A film that can be changed, and everyone who follows it.
struct Story(Arc<Bus>);

impl Story {
    fn new() -> Story {
        Story(Arc::new(Bus::new(Film::new("/film"))))
    }

    /// One commit of durable events; `false` stands for one that is not.
    fn happens(&self, durable: &[bool]) {
        let mut film = (*self.0.film()).clone();
        let mut seq = film.seq;
        let events: Vec<Event> = durable.iter().map(|it| event(*it)).collect();
        let touched = film.apply(&events);
        film.revision += 1;
        let logged = events.into_iter().map(|event| {
            seq.0 += u64::from(event.is_durable());
            LoggedEvent {
                project: project_of(&film),
                seq,
                durable: event.is_durable(),
                at_ms: 0,
                actor: String::new(),
                correlation_id: String::new(),
                event,
            }
        });
        let events = logged.collect();
        self.0.publish(Commit {
            film,
            events,
            touched,
        });
    }

    fn follow(&self, outbox: &Arc<Outbox>, after: Option<Seq>) -> Held {
        self.0
            .subscribe(outbox.clone(), SubscriptionKind::Event, after, None)
            .unwrap()
    }
}

fn event(durable: bool) -> Event {
    if durable {
        return Event::Project(ProjectEvent::AutoRenderSet { on: true });
    }
    let selection = Selection {
        scene: None,
        shot: None,
    };
    Event::Selection(SelectionEvent::Changed {
        client: "test".to_owned(),
        selection: Some(selection),
    })
}

fn outbox(change: impl FnOnce(&mut Limits)) -> Arc<Outbox> {
    let mut limits = Limits::default();
    change(&mut limits);
    Arc::new(Outbox::new(&limits))
}

/// Reads everything: the place of each event, and `resync` with the place it names.
fn read(outbox: &Outbox) -> Vec<String> {
    let mut batch = VecDeque::new();
    let mut texts = Vec::new();
    while outbox.take(&mut batch).now_or_never() == Some(true) {
        for message in batch.drain(..) {
            let Outgoing::Text(text) = &message else {
                panic!("{message:?}");
            };
            let text: Value = serde_json::from_slice(text).unwrap();
            let name = match text["method"].as_str().unwrap() {
                "$/resync" => "resync ",
                _ => "",
            };
            texts.push(format!("{name}{}", text["params"]["seq"]));
            outbox.written(1, message.len());
        }
    }
    texts
}

#[test]
fn an_event_that_was_only_held_was_not_sent() {
    let (story, outbox) = (Story::new(), outbox(|_| {}));
    story.happens(&[true]);
    let held = story.follow(&outbox, None);
    story.happens(&[true, true]);
    drop(held);
    assert_eq!(read(&outbox), ["resync 1"]);
    assert_eq!(story.0.count(&outbox), 0);
}

#[test]
fn a_past_that_breaks_off_is_asked_for_again_from_where_it_ended() {
    let (story, outbox) = (Story::new(), outbox(|_| {}));
    story.happens(&[true, true, true, true]);
    let held = story.follow(&outbox, Some(Seq(1)));
    story.happens(&[true]);
    let past = notification_text(&LoggedEvent {
        project: project_of(&story.0.film()),
        seq: Seq(2),
        durable: true,
        at_ms: 0,
        actor: String::new(),
        correlation_id: String::new(),
        event: event(true),
    });
    assert_eq!(held.send(Seq(2), &past).now_or_never(), Some(true));
    drop(held);
    assert_eq!(read(&outbox), ["2", "resync 2"]);
}

#[test]
fn a_commit_that_fits_only_in_part_is_told_to_begin_anew_inside_it() {
    let (story, outbox) = (Story::new(), outbox(|limits| limits.outbox_len_max = 2));
    story.follow(&outbox, None).release();
    story.happens(&[true, false, true, true]);
    assert_eq!(read(&outbox), ["1", "1", "resync 1"]);
}

#[test]
fn what_was_held_and_did_not_fit_is_told_to_begin_anew_after_the_last_that_did() {
    let (story, outbox) = (Story::new(), outbox(|limits| limits.outbox_len_max = 2));
    story.happens(&[true, true]);
    let held = story.follow(&outbox, Some(Seq(0)));
    for _ in 0..3 {
        story.happens(&[true]);
    }
    held.release();
    assert_eq!(read(&outbox), ["3", "4", "resync 4"]);
}

#[test]
fn held_messages_are_bounded_in_bytes() {
    let (story, outbox) = (
        Story::new(),
        outbox(|limits| limits.outbox_bytes_max = 1_000),
    );
    let held = story.follow(&outbox, None);
    // Far fewer messages than may be held.
    story.happens(&[true; 100]);
    assert_eq!(read(&outbox), ["resync 0"]);
    held.release();
    assert_eq!(read(&outbox), [""; 0]);
    // What it held is given back.
    let held = story.follow(&outbox, None);
    story.happens(&[true]);
    held.release();
    assert_eq!(read(&outbox), ["101"]);
    assert_eq!(outbox.hold(1_000), Ok(()));
}

#[test]
fn a_later_subscription_is_not_touched_by_an_earlier_one() {
    let (story, outbox) = (Story::new(), outbox(|_| {}));
    story.happens(&[true]);
    let (earlier, broken) = (
        story.follow(&outbox, Some(Seq(0))),
        story.follow(&outbox, None),
    );
    let later = story.follow(&outbox, None);
    story.happens(&[true]);
    assert!(!earlier.is_current());
    let text = Bytes::from("{}");
    assert_eq!(earlier.send(Seq(1), &text).now_or_never(), Some(false));
    earlier.release();
    drop(broken);
    assert_eq!(read(&outbox), [""; 0]);
    assert!(later.is_current());
    later.release();
    assert_eq!(read(&outbox), ["2"]);
    assert_eq!(story.0.count(&outbox), 1);
}

#[test]
fn the_past_ends_with_the_subscription_even_while_it_waits_for_room() {
    let (story, outbox) = (Story::new(), outbox(|limits| limits.outbox_len_max = 1));
    story.happens(&[true]);
    let held = story.follow(&outbox, Some(Seq(0)));
    outbox
        .notify(&Bytes::from(r#"{"method":"","params":{"seq":0}}"#))
        .unwrap();
    let text = Bytes::from("{}");
    let mut past = Box::pin(held.send(Seq(1), &text));
    assert_eq!(past.as_mut().now_or_never(), None);
    story.0.unsubscribe(&outbox, SubscriptionKind::Event);
    assert_eq!(read(&outbox), ["0"]);
    assert_eq!(past.now_or_never(), Some(false));
    drop(held);
    assert_eq!(read(&outbox), [""; 0]);
}

#[test]
fn a_closed_film_is_followed_by_nobody() {
    let (story, outbox) = (Story::new(), outbox(|_| {}));
    let held = story.follow(&outbox, None);
    story.0.close();
    assert_eq!(read(&outbox), ["resync 0"]);
    held.release();
    let kind = SubscriptionKind::State;
    let refused = story.0.subscribe(outbox.clone(), kind, None, None);
    assert_eq!(refused.err(), Some(Closed));
    assert_eq!(story.0.count(&outbox), 0);
}
