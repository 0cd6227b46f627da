//! Answers, and what is told while one comes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Finish {
    /// The model had said all, or said a text that was to end it.
    Stop,
    /// It has as many tokens as it may have.
    Length,
}

/// How much was read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens that the model read.
    pub tokens_in: u64,
    /// Tokens that it wrote.
    pub tokens_out: u64,
    /// Whether the provider counted them; else they are an estimate.
    pub is_measured: bool,
}

impl Usage {
    /// Both together; measured only if both are.
    #[must_use]
    pub fn plus(self, other: Usage) -> Usage {
        Usage {
            tokens_in: self.tokens_in.saturating_add(other.tokens_in),
            tokens_out: self.tokens_out.saturating_add(other.tokens_out),
            is_measured: self.is_measured && other.is_measured,
        }
    }
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What the model said.
    pub text: String,
    /// The same as JSON that fits the request's schema, if it had one.
    pub value: Option<Value>,
    /// Why it ended. An answer with a schema always ended by itself.
    pub finish: Finish,
    /// Who answered.
    pub provider: String,
    /// The model, as the provider calls it.
    pub model: String,
    /// What it took, with all attempts at this provider.
    pub usage: Usage,
    /// What that cost, in millionths of the currency.
    pub money_micro: u64,
    /// How often the provider was asked: tries, other forms of the request, repairs. 0 if cached.
    pub attempts: u32,
    /// Whether it was kept from an earlier time, at no cost.
    pub is_cached: bool,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

impl Answer {
    /// The same as one that was there already.
    pub(crate) fn into_cached(self) -> Answer {
        Answer {
            is_cached: true,
            money_micro: 0,
            attempts: 0,
            ms: 0,
            ..self
        }
    }
}

/// What is told while an answer comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A provider is asked.
    Asked {
        /// Which.
        provider: String,
    },
    /// The next piece of the answer.
    Delta {
        /// It.
        text: String,
    },
    /// What came so far counts no more: the answer begins anew.
    Restarted {
        /// Why.
        reason: String,
    },
    /// Nothing happens for a while.
    Waiting {
        /// For whom.
        provider: String,
        /// How long, in milliseconds.
        ms: u64,
        /// Why.
        reason: String,
    },
    /// What the provider counted.
    Used {
        /// It.
        usage: Usage,
    },
    /// The answer ended.
    Finished {
        /// Why.
        finish: Finish,
    },
}

/// Where events go: a bounded channel, which a slow reader fills up. The model then waits.
pub type Events = mpsc::Sender<Event>;

/// Tells, if anybody listens.
pub(crate) async fn tell(events: Option<&Events>, event: Event) {
    if let Some(events) = events {
        // Who stopped to listen may still want the answer.
        let _ = events.send(event).await;
    }
}
