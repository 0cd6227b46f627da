//! Order and bounds of the queue, without a connection.

use futures::FutureExt;
use storycore_schema::{Seq, id::ProjectId};

use super::*;

fn outbox(len_max: u64, bytes_max: u64) -> Outbox {
    Outbox::new(&Limits {
        outbox_len_max: len_max,
        outbox_bytes_max: bytes_max,
        ..Limits::default()
    })
}

fn resync(project: u128, subscription: SubscriptionKind, seq: u64) -> Resync {
    Resync {
        project: ProjectId(ulid::Ulid(project)),
        subscription,
        seq: Seq(seq),
    }
}

/// Takes and writes everything that waits, as text.
fn drain(outbox: &Outbox) -> Vec<String> {
    let mut batch = VecDeque::new();
    let mut texts = Vec::new();
    while outbox.take(&mut batch).now_or_never() == Some(true) {
        for message in batch.drain(..) {
            let Outgoing::Text(text) = &message else {
                panic!("{message:?}");
            };
            texts.push(String::from_utf8(text.to_vec()).unwrap());
            outbox.written(1, message.len());
        }
    }
    texts
}

#[test]
fn a_full_queue_refuses_notifications_and_lets_replies_wait() {
    let outbox = outbox(2, 100);
    assert_eq!(outbox.notify(&Bytes::from("1")), Ok(()));
    assert!(outbox.reply(Bytes::from("2")).now_or_never().is_some());
    assert_eq!(outbox.notify(&Bytes::from("3")), Err(Full));
    let mut reply = Box::pin(outbox.reply(Bytes::from("4")));
    assert!(reply.as_mut().now_or_never().is_none());
    assert_eq!(drain(&outbox), ["1", "2"]);
    assert_eq!(reply.now_or_never(), Some(true));
    assert_eq!(drain(&outbox), ["4"]);
}

#[test]
fn bytes_are_bounded_and_one_long_message_passes_alone() {
    let outbox = outbox(100, 10);
    assert_eq!(outbox.notify(&Bytes::from("123456")), Ok(()));
    assert_eq!(outbox.notify(&Bytes::from("123456")), Err(Full));
    assert_eq!(outbox.notify(&Bytes::from("1234")), Ok(()));
    assert_eq!(drain(&outbox), ["123456", "1234"]);
    let long = "x".repeat(1_000);
    assert_eq!(outbox.notify(&Bytes::from(long.clone())), Ok(()));
    assert_eq!(outbox.notify(&Bytes::from("1")), Err(Full));
    assert_eq!(drain(&outbox), [long]);
}

#[test]
fn what_was_left_out_is_told_once_for_each_subscription() {
    use SubscriptionKind::{Event, State};
    let outbox = outbox(2, 1_000);
    outbox.notify(&Bytes::from("1")).unwrap();
    outbox.notify(&Bytes::from("2")).unwrap();
    outbox.lag(resync(1, State, 5));
    outbox.lag(resync(1, Event, 6));
    outbox.lag(resync(1, State, 7));
    let texts = drain(&outbox);
    assert_eq!(texts[..2], ["1", "2"]);
    let seqs: Vec<_> = texts[2..]
        .iter()
        .map(|it| (it.contains("state"), it.contains('7')))
        .collect();
    assert_eq!(seqs, [(false, false), (true, true)], "{texts:?}");
    assert_eq!(drain(&outbox), Vec::<String>::new());
}

#[test]
fn a_closed_queue_holds_nobody_up() {
    let outbox = outbox(1, 100);
    outbox.notify(&Bytes::from("1")).unwrap();
    let mut reply = Box::pin(outbox.reply(Bytes::from("2")));
    assert!(reply.as_mut().now_or_never().is_none());
    outbox.close();
    assert_eq!(reply.now_or_never(), Some(false));
    assert_eq!(outbox.notify(&Bytes::from("3")), Err(Full));
    assert!(outbox.is_closed());
    assert_eq!(drain(&outbox), Vec::<String>::new());
}

#[test]
fn a_notification_is_shared_and_never_copied() {
    let outboxes: Vec<_> = (0..1_000).map(|_| outbox(1_024, 8 << 20)).collect();
    let patch = Bytes::from(vec![b'x'; 1 << 20]);
    for outbox in &outboxes {
        outbox.notify(&patch).unwrap();
    }
    let mut batch = VecDeque::new();
    assert_eq!(outboxes[999].take(&mut batch).now_or_never(), Some(true));
    let Some(Outgoing::Text(taken)) = batch.pop_front() else {
        panic!("nothing was queued");
    };
    assert_eq!(taken.as_ptr(), patch.as_ptr());
}
