//! Places and the limit of batches, without a connection.

use futures::FutureExt;
use serde_json::value::RawValue;

use super::*;

fn answers() -> Arc<Answers> {
    Answers::new(&Limits {
        large_answers_max: 2,
        outbox_bytes_max: 100_000,
        ..Limits::default()
    })
}

fn reply(bytes: usize) -> Result<Reply, Error> {
    Ok(Reply {
        body: RawValue::from_string("7".repeat(bytes)).unwrap(),
        after: None,
        place: None,
    })
}

#[test]
fn a_place_is_free_again_when_its_answer_has_gone() {
    let answers = answers();
    let places = [(); 2].map(|()| answers.place().now_or_never().unwrap());
    assert!(answers.place().now_or_never().is_none());
    drop(places);
    assert!(answers.place().now_or_never().is_some());
}

#[test]
fn batches_share_a_limit_and_short_answers_always_pass() {
    let answers = answers();
    let (one, other) = (answers.gather(), answers.gather());
    assert!(one.take(reply(150_000)).is_ok(), "it would never be sent");
    let refusal = other.take(reply(50_000)).err().unwrap();
    assert_eq!(
        refusal.message,
        "answers of 150000 bytes are gathered for batches, and 50000 more would pass the limit \
         outbox_bytes_max of 100000"
    );
    assert!(other.take(reply(16 << 10)).is_ok());
    drop(one);
    assert!(other.take(reply(50_000)).is_ok());
}

#[test]
fn a_batch_gives_its_places_back_at_once() {
    let answers = answers();
    let batch = answers.gather();
    let kept: Vec<_> = (0..5)
        .map(|_| {
            let mut reply = reply(1).unwrap();
            reply.place = Some(answers.place().now_or_never().expect("a place"));
            batch.take(Ok(reply)).unwrap()
        })
        .collect();
    assert_eq!(kept.len(), 5);
}
