//! What a pool knows, all in one place.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::SystemTime,
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Current;
use crate::{NodeInfos, PromptId, Server, server::Stats};

/// How much of what is measured the newest time counts for.
const NEWEST: f64 = 0.3;

/// Everything.
#[derive(Default)]
pub(super) struct State {
    /// The servers, by name.
    pub(super) members: BTreeMap<String, Member>,
    /// Grows with each change of who can run what.
    pub(super) lists_version: u64,
    /// Runs that somebody wants, each with its server. What is in a queue under our name and not
    /// here is in nobody's way but its server's, and is taken out.
    pub(super) claims: HashMap<PromptId, String>,
    /// Jobs that wait, in the order in which they came, each with the server it waits for.
    pub(super) waiting: BTreeMap<u64, Option<String>>,
    /// The next one's number.
    pub(super) next_ticket: u64,
}

/// One server.
pub(super) struct Member {
    pub(super) server: Server,
    pub(super) health: Answers,
    pub(super) stats: Option<Stats>,
    pub(super) infos: Option<Arc<NodeInfos>>,
    pub(super) infos_hash: Option<blake3::Hash>,
    /// Whether its list of nodes may have changed.
    pub(super) is_stale: bool,
    pub(super) is_draining: bool,
    /// Our jobs on it.
    pub(super) placed: usize,
    /// What is in its queue and is not ours, when it was last looked at.
    pub(super) n_others: usize,
    /// Everything in its queue, when it was last looked at.
    pub(super) n_queued: usize,
    /// How long graphs of a shape take, in seconds.
    pub(super) seconds: HashMap<u64, f64>,
    /// How long any graph takes, in seconds.
    pub(super) mean_s: Option<f64>,
    pub(super) n_finished: u64,
    /// The model that the last job has loaded.
    pub(super) model: Option<String>,
    pub(super) current: Option<Current>,
    /// Has it looked at at once.
    pub(super) wake: Arc<Notify>,
    /// Ends its task.
    pub(super) stop: CancellationToken,
}

/// Whether a server answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answers {
    New,
    Up(SystemTime),
    Down(SystemTime, String),
}

impl Member {
    pub(super) fn new(server: Server, stop: CancellationToken) -> Member {
        Member {
            server,
            health: Answers::New,
            stats: None,
            infos: None,
            infos_hash: None,
            is_stale: false,
            is_draining: false,
            placed: 0,
            n_others: 0,
            n_queued: 0,
            seconds: HashMap::new(),
            mean_s: None,
            n_finished: 0,
            model: None,
            current: None,
            wake: Arc::default(),
            stop,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.health, Answers::Up(_))
    }

    pub(super) fn why_down(&self) -> String {
        match &self.health {
            Answers::New => "it has not been reached yet".to_owned(),
            Answers::Up(_) => "it has not said what nodes it has".to_owned(),
            Answers::Down(_, why) => why.clone(),
        }
    }

    /// What a run that is over says of the next ones.
    pub(super) fn learn(&mut self, shape: u64, model: Option<String>, seconds: f64) {
        let blend = |old: f64| old + (seconds - old) * NEWEST;
        self.seconds
            .entry(shape)
            .and_modify(|it| *it = blend(*it))
            .or_insert(seconds);
        self.mean_s = Some(self.mean_s.map_or(seconds, blend));
        self.n_finished += 1;
        if model.is_some() {
            self.model = model;
        }
    }
}
