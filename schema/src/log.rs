//! The event log as clients read it: pages of the past, then what happens now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::{LoggedEvent, Seq, Topic},
    film_method,
    id::ProjectId,
};

/// Lists events of the log, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListEvents {
    /// The film.
    pub project: ProjectId,
    /// Only those after this place; by default from the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Seq>,
    /// How many at most; by default as many as the limit `event_page_len_max`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<u32>,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    /// The events.
    pub events: Vec<LoggedEvent>,
    /// The last event of the log now: the page ends here, or ask again `after` the last one.
    pub head: Seq,
}

film_method!(ListEvents, "event/list", Viewer, Job, EventPage);

/// Sends every event from a place on, in order and without a gap, as `event/happened`
/// notifications.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubscribeEvents {
    /// The film.
    pub project: ProjectId,
    /// From the first event after this place; by default from now on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Seq>,
    /// Only events on these topics; by default all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub topics: Option<Vec<Topic>>,
}

/// A subscription of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscribed {
    /// Events up to here are in the past; what is sent comes after `after`, or after this.
    pub head: Seq,
}

film_method!(SubscribeEvents, "event/subscribe", Viewer, Job, Subscribed);

/// Ends this connection's `event/subscribe`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnsubscribeEvents {
    /// The film.
    pub project: ProjectId,
}

film_method!(UnsubscribeEvents, "event/unsubscribe", Viewer, Job, ());

/// Notification `$/resync`: this client was too slow and something was left out. Nothing more is
/// sent for the subscription until the client subscribes again, to the state or to events `after`
/// this place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resync {
    /// The film.
    pub project: ProjectId,
    /// Which subscription: `state` or `event`.
    pub subscription: SubscriptionKind,
    /// The last event that was sent, and all before it were: begin anew `after` it. Some may come
    /// twice, none is left out.
    pub seq: Seq,
}

/// The kinds of subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionKind {
    /// `state/subscribe`.
    State,
    /// `event/subscribe`.
    Event,
}
