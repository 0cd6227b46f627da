//! What a pool is doing, for people to see.

use std::time::SystemTime;

use super::state::{Answers, Member, State};
use crate::PromptId;

/// All servers, and the jobs that wait for one.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolStatus {
    /// By name.
    pub servers: Vec<ServerStatus>,
    /// How many jobs wait.
    pub waiting: usize,
}

/// One server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerStatus {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Whether it answers.
    pub health: Health,
    /// Whether no further job begins on it.
    pub is_draining: bool,
    /// ComfyUI's version, when it has said so.
    pub version: Option<String>,
    /// What it computes on.
    pub device: Option<String>,
    /// That device's memory, in bytes.
    pub vram_total: Option<u64>,
    /// What of it was free when last asked, in bytes.
    pub vram_free: Option<u64>,
    /// Our jobs on it.
    pub placed: usize,
    /// Everything in its queue, whoever's, when last asked.
    pub queued: usize,
    /// What of that is not ours.
    pub others: usize,
    /// What it works on for us.
    pub current: Option<Current>,
    /// How long its jobs take on average, in seconds.
    pub mean_s: Option<f64>,
    /// How many jobs it has finished for us.
    pub finished: u64,
    /// The model that our last job there has loaded.
    pub model: Option<String>,
}

/// Whether a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It has not been reached yet, nor tried in vain.
    New,
    /// It answers.
    Up {
        /// Since when.
        since: SystemTime,
    },
    /// It does not.
    Down {
        /// Since when.
        since: SystemTime,
        /// Why not.
        why: String,
    },
}

/// A run that a server works on.
#[derive(Debug, Clone, PartialEq)]
pub struct Current {
    /// Which one.
    pub prompt: PromptId,
    /// The node that it is at, as people call it.
    pub node: Option<String>,
    /// How far that node is, from 0 to 1, if it says so.
    pub fraction: Option<f64>,
}

pub(super) fn status(state: &State) -> PoolStatus {
    PoolStatus {
        servers: state.members.values().map(server).collect(),
        waiting: state.waiting.len(),
    }
}

fn server(member: &Member) -> ServerStatus {
    let device = member.stats.as_ref().and_then(|it| it.devices.first());
    ServerStatus {
        name: member.server.name().to_owned(),
        url: member.server.options().url.clone(),
        health: match &member.health {
            Answers::New => Health::New,
            Answers::Up(since) => Health::Up { since: *since },
            Answers::Down(since, why) => Health::Down {
                since: *since,
                why: why.clone(),
            },
        },
        is_draining: member.is_draining,
        version: member.stats.as_ref().map(|it| it.version.clone()),
        device: device.map(|it| it.name.clone()),
        vram_total: device.map(|it| it.vram_total),
        vram_free: device.map(|it| it.vram_free),
        placed: member.placed,
        queued: member.n_queued,
        others: member.n_others,
        current: member.current.clone(),
        mean_s: member.mean_s,
        finished: member.n_finished,
        model: member.model.clone(),
    }
}
