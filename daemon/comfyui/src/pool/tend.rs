//! Looks after one server: whether it answers, what it has, who is in its queue.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Shared,
    state::{Answers, Member},
};
use crate::{
    Error, NodeInfos, PromptId, Server, run,
    server::{Queue, Stats},
};

/// How many times in a row a server that answered may fail to before it counts as gone: one that
/// loads a model may be silent for a while.
const FAILURES_MAX: u32 = 2;
/// How often its memory is asked for, in looks at its queue.
const STATS_EVERY: u32 = 10;

pub(super) async fn tend(shared: Arc<Shared>, server: Server, stop: CancellationToken) {
    let Some(wake) = shared
        .lock()
        .members
        .get(server.name())
        .map(|it| it.wake.clone())
    else {
        return;
    };
    let mut failures = 0;
    let mut looks = 0;
    loop {
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            looked = look(&shared, &server, looks) => looked,
        };
        looks += 1;
        let pause = match looked {
            Ok(()) => {
                failures = 0;
                shared.options.look_every
            }
            Err(error) => {
                failures += 1;
                failed(&shared, &server, &error, failures);
                back_off(&shared, failures)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
            () = wake.notified() => {}
        }
    }
}

fn back_off(shared: &Shared, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let pause = shared.options.retry_after.saturating_mul(1 << doublings);
    pause.min(shared.options.retry_after_max)
}

async fn look(shared: &Shared, server: &Server, looks: u32) -> Result<(), Error> {
    let (was_up, is_stale) = read(shared, server, |it| (it.is_up(), it.is_stale));
    let mut stats = None;
    let mut infos = None;
    if !was_up || looks.is_multiple_of(STATS_EVERY) {
        stats = Some(server.system_stats().await?);
    }
    if !was_up || is_stale {
        infos = Some(server.object_info().await?);
    }
    let queue = server.queue().await?;
    let queue = match sweep(shared, server, &queue).await {
        true => server.queue().await?,
        false => queue,
    };
    note(
        shared,
        server,
        stats,
        infos.map(|(infos, bytes)| (infos, blake3::hash(&bytes))),
        &queue,
    );
    Ok(())
}

/// Takes out what is under our name and nobody wants any more: left behind when the server was not
/// reachable, or by a process of ours that was killed. Whether anything was.
async fn sweep(shared: &Shared, server: &Server, queue: &Queue) -> bool {
    let left: Vec<PromptId> = {
        let state = shared.lock();
        let is_left = |id: &PromptId| !state.claims.contains_key(id);
        let ours = queue.all().filter(|it| shared.is_ours(&it.extra));
        ours.filter(|it| is_left(&it.id))
            .map(|it| it.id.clone())
            .collect()
    };
    for id in &left {
        info!(server = server.name(), %id, "a run was left behind");
        if let Err(error) = run::stop(server, id).await {
            warn!(server = server.name(), %id, %error, "it cannot be stopped");
        }
    }
    !left.is_empty()
}

fn note(
    shared: &Shared,
    server: &Server,
    stats: Option<Stats>,
    infos: Option<(NodeInfos, blake3::Hash)>,
    queue: &Queue,
) {
    change(shared, server, |member| {
        let lists = |it: &Member| (it.is_up(), it.infos_hash);
        let queues = |it: &Member| (it.n_queued, it.n_others);
        let before = (lists(member), queues(member));
        if let Some(stats) = stats {
            member.stats = Some(stats);
        }
        if let Some((infos, hash)) = infos {
            member.is_stale = false;
            // The same list stays the same, so that nobody checks a graph against it twice.
            if member.infos_hash != Some(hash) {
                member.infos = Some(Arc::new(infos));
                member.infos_hash = Some(hash);
            }
        }
        member.n_queued = queue.len();
        let strangers = queue.all().filter(|it| !shared.is_ours(&it.extra));
        member.n_others = strangers.count();
        if !member.is_up() {
            let version = member.stats.as_ref().map(|it| it.version.as_str());
            info!(server = server.name(), version, "a ComfyUI server answers");
            member.health = Answers::Up(SystemTime::now());
        }
        match (before.0 == lists(member), before.1 == queues(member)) {
            (false, _) => Change::Lists,
            (true, false) => Change::Queue,
            (true, true) => Change::None,
        }
    });
}

/// What has changed of a server.
enum Change {
    None,
    /// Who is in its queue.
    Queue,
    /// What it can run.
    Lists,
}

fn failed(shared: &Shared, server: &Server, error: &Error, failures: u32) {
    change(shared, server, |member| {
        let is_out = failures >= FAILURES_MAX || error.is_down() || !error.is_transient();
        if member.is_up() && !is_out {
            return Change::None;
        }
        set_down(member, error)
    });
}

/// A server that fails is down at once when a run has seen it: it has been patient already.
pub(super) fn seen_down(shared: &Shared, name: &str, error: &Error) {
    let mut state = shared.lock();
    if let Some(member) = state.members.get_mut(name) {
        set_down(member, error);
        member.wake.notify_one();
        state.lists_version += 1;
    }
    drop(state);
    shared.tell_room();
}

fn set_down(member: &mut Member, error: &Error) -> Change {
    let why = error.to_string();
    match &mut member.health {
        Answers::Down(_, known) if *known == why => return Change::None,
        Answers::Down(_, known) => *known = why,
        Answers::New | Answers::Up(_) => {
            warn!(
                server = member.server.name(),
                why, "a ComfyUI server does not answer"
            );
            member.health = Answers::Down(SystemTime::now(), why);
            // What comes back may be another version, with other nodes and nothing loaded.
            member.model = None;
            member.current = None;
        }
    }
    Change::Lists
}

fn read<T: Default>(shared: &Shared, server: &Server, read: impl FnOnce(&Member) -> T) -> T {
    shared
        .lock()
        .members
        .get(server.name())
        .map(read)
        .unwrap_or_default()
}

fn change(shared: &Shared, server: &Server, change: impl FnOnce(&mut Member) -> Change) {
    let mut state = shared.lock();
    let changed = state.members.get_mut(server.name()).map(change);
    match changed {
        Some(Change::Lists) => state.lists_version += 1,
        Some(Change::Queue) => {}
        Some(Change::None) | None => return,
    }
    drop(state);
    shared.tell_room();
}
