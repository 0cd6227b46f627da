//! From the shapes that events had to those they have. An upcaster lifts one kind of event from
//! one version to the next; an old event goes through all that concern it. Events of today's
//! version, and old ones whose shape never changed, pay nothing for it.

use serde_json::{Value, json};
use storycore_schema::Event;

use super::payload;

/// Version of the events' JSON. A change of shape raises it and adds an upcaster.
pub const EVENT_VERSION: u32 = 2;

/// Lifts one kind of event by one version.
struct Upcaster {
    /// The version it lifts from; to the next.
    from: u32,
    noun: &'static str,
    kind: &'static str,
    /// Changes what stands in `event`.
    lift: fn(&mut Value),
}

/// Every upcaster there ever was, the oldest first.
const UPCASTERS: &[Upcaster] = &[Upcaster {
    from: 1,
    noun: "take",
    kind: "added",
    lift: |event| take_has_a_source(&mut event["take"]),
}];

/// Takes were all rendered, and said so with four fields of their own.
fn take_has_a_source(take: &mut Value) {
    let Some(take) = take.as_object_mut() else {
        return;
    };
    let mut source = json!({"type": "rendered"});
    for field in ["run", "renderKey", "seed", "rendererVersion"] {
        if let Some(value) = take.remove(field) {
            source[field] = value;
        }
    }
    take.insert("source".to_owned(), source);
}

/// Reads an event of any version up to ours.
pub fn read(version: u32, payload: &str) -> Result<Event, serde_json::Error> {
    if !is_current(version, payload) {
        let mut event = serde_json::from_str(payload)?;
        lift(version, &mut event, UPCASTERS);
        return serde_json::from_value(event);
    }
    payload::read(payload)
}

/// Whether an event has today's shape, whenever it was written.
pub(super) fn is_current(version: u32, payload: &str) -> bool {
    version >= EVENT_VERSION || !may_be_old(version, payload, UPCASTERS)
}

/// The JSON of an event of some version, in today's shape.
pub fn to_current(version: u32, event: &mut Value) {
    lift(version, event, UPCASTERS);
}

fn may_be_old(version: u32, payload: &str, upcasters: &[Upcaster]) -> bool {
    let Some(peeked) = payload::peek(payload) else {
        return true;
    };
    let mut concerned = upcasters.iter().filter(|it| it.from >= version);
    // What takes something back holds events of its own.
    concerned.any(|it| peeked.noun == "history" || it.noun == peeked.noun && it.kind == peeked.kind)
}

fn lift(version: u32, event: &mut Value, upcasters: &[Upcaster]) {
    for upcaster in upcasters.iter().filter(|it| it.from >= version) {
        let is_it = event["noun"] == upcaster.noun && event["event"]["type"] == upcaster.kind;
        if is_it && let Some(inner) = event.get_mut("event") {
            (upcaster.lift)(inner);
        }
    }
    let within = event.pointer_mut("/event/compensation/events");
    for inner in within.and_then(Value::as_array_mut).into_iter().flatten() {
        lift(version, inner, upcasters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shape that never was: `auto` became `on`, then the event another one.
    const INVENTED: &[Upcaster] = &[
        Upcaster {
            from: 1,
            noun: "project",
            kind: "auto",
            lift: |event| event["on"] = event["auto"].take(),
        },
        Upcaster {
            from: 2,
            noun: "project",
            kind: "auto",
            lift: |event| *event = json!({"type": "autoRenderSet", "on": event["on"]}),
        },
    ];

    fn lifted(version: u32, event: &Value) -> Value {
        let mut event = json!({"noun": "project", "event": event});
        lift(version, &mut event, INVENTED);
        event["event"].take()
    }

    #[test]
    fn an_old_event_goes_through_all_that_concern_it_and_no_other_does() {
        let today = json!({"type": "autoRenderSet", "on": true});
        let first = json!({"type": "auto", "auto": true});
        let second = json!({"type": "auto", "on": true});
        assert_eq!(lifted(1, &first), today);
        assert_eq!(lifted(2, &second), today);
        assert_eq!(lifted(3, &second), second, "it is of today");
        assert_eq!(lifted(1, &today), today, "another kind");
        let text = |event: &Value| json!({"noun": "project", "event": event}).to_string();
        let old = r#"{"noun":"project","event":{"type":"auto","auto":true}}"#;
        assert!(may_be_old(1, old, INVENTED));
        assert!(!may_be_old(3, old, INVENTED));
        let never = r#"{"noun":"run","event":{"type":"ended"}}"#;
        assert!(!may_be_old(1, never, INVENTED));
        // Not written by us, so it is looked at more closely.
        assert!(may_be_old(1, &text(&first).replace(',', " , "), INVENTED));
    }

    #[test]
    fn events_that_take_something_back_are_lifted_too() {
        let old = json!({"noun": "project", "event": {"type": "auto", "auto": true}});
        let mut undone = json!({"noun": "history", "event": {"type": "undone", "actor": "page",
            "compensation": {"label": "draw by itself", "events": [old], "guard": ""}}});
        lift(1, &mut undone, INVENTED);
        let lifted = undone.pointer("/event/compensation/events/0/event");
        assert_eq!(lifted, Some(&json!({"type": "autoRenderSet", "on": true})));
    }

    #[test]
    fn a_take_of_the_first_version_was_rendered() {
        let old = r#"{"noun":"take","event":{"type":"added","take":{"id":1,"run":2,"seed":3}}}"#;
        let mut event: Value = serde_json::from_str(old).unwrap();
        to_current(1, &mut event);
        let take = json!({"id": 1, "source": {"type": "rendered", "run": 2, "seed": 3}});
        assert_eq!(event["event"]["take"], take);
    }

    #[test]
    fn upcasters_stand_in_order_and_end_at_todays_version() {
        assert!(UPCASTERS.is_sorted_by_key(|it| it.from));
        assert!(UPCASTERS.iter().all(|it| it.from < EVENT_VERSION));
    }
}
