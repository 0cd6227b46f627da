//! Language models: who answers, in what form, at what price, and what is asked.
//!
//! A [`Hub`] holds [`Provider`]s (Ollama, anything that speaks as OpenAI does, Anthropic) and
//! named chains of them. A [`Task`] goes in; the [`Answer`] comes from the first provider of the
//! chain that has one, as [`Event`]s and then whole. If the answer is to be JSON, it fits its
//! [`Schema`], or there is an error that says what the caller can do.
//!
//! Reading order: [`provider`] and [`request`] say what there is to say; [`error`] is the table of
//! what can go wrong. `wire` writes and reads the three languages, `frames` and `refusal` what is
//! common to them, `http` carries it. `conversation` gets one answer of one provider, with
//! `structured` where it must fit a schema. `line` keeps to a provider's limits by the pure rules
//! of `breaker`, `backoff`, `rate` and `budget`. [`hub`] puts it together. [`prompt`] reads the
//! files that say what models are asked, and [`tasks`] holds those that are built in.
//!
//! Absent on purpose: films, disks, and any clock or chance but [`World`]'s. Keys are [`Secret`]s,
//! which do not print.

mod answer;
mod backoff;
mod breaker;
mod budget;
mod cache;
mod conversation;
pub mod error;
mod flight;
mod frames;
mod http;
pub mod hub;
mod line;
pub mod prompt;
pub mod provider;
mod rate;
mod refusal;
pub mod request;
mod schema;
mod secret;
mod structured;
pub mod tasks;
mod usage;
mod wire;
mod world;

pub use self::http::ANSWER_BYTES_MAX;
pub use answer::{Answer, Event, Events, Finish, Usage};
pub use backoff::RetryOptions;
pub use breaker::{BreakerOptions, BreakerState};
pub use budget::{Cost, CostLimit};
pub use cache::{Cache, CacheKey, MemoryCache};
pub use error::{Error, ErrorKind};
pub use hub::{CacheUse, Hub, HubOptions, ProviderStatus, Task, Unloaded};
pub use prompt::Prompt;
pub use provider::{Kind, Limits, Price, Provider, Timeouts};
pub use request::{Message, Part, Request, Role};
pub use schema::Schema;
pub use secret::Secret;
pub use tasks::BuiltIn;
pub use usage::{NoSink, UsageRecord, UsageSink, UsageSum};
pub use world::{System, World};
