//! Any number of servers that run jobs for one owner.
//!
//! Every server has a task that tends it (`tend`): whether it answers, what nodes it has, who is
//! in its queue, and what of ours was left behind there. A job waits until a server that can run it
//! has room (`choose`), runs there (`attempt`), and goes to another when that one fails.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    Error, Event, Finished, Graph, Job, Ledger, NodeInfos, Placement, PromptId, Server,
    ServerOptions, Template, TemplateError,
};

mod attempt;
mod choose;
mod preflight;
mod seat;
mod state;
mod status;
mod tend;

pub use preflight::{Finding, Preflight, Problem};
pub use status::{Current, Health, PoolStatus, ServerStatus};

use attempt::Attempts;
use state::{Member, State};

/// The key of what we keep with each run on a server.
const MARKER: &str = "storycore";

/// How a pool works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Whose runs these are. What is in a server's queue under this name and is not known here is
    /// taken out, so no two pools that use one server may have the same.
    pub owner: String,
    /// How many jobs are on one server at once: one at work, and the next, so that the server need
    /// not wait for us.
    pub slots: usize,
    /// How often a job is handed in at most.
    pub attempts_max: u32,
    /// How long a job waits while no server that could run it answers.
    pub wait_max: Duration,
    /// Between two looks at a server's queue.
    pub look_every: Duration,
    /// Between two tries to reach a server that is gone, at first; each is twice as long.
    pub retry_after: Duration,
    /// The longest time between two tries.
    pub retry_after_max: Duration,
}

impl PoolOptions {
    /// What fits servers with one GPU each.
    pub fn usual(owner: impl Into<String>) -> PoolOptions {
        PoolOptions {
            owner: owner.into(),
            slots: 2,
            attempts_max: 4,
            wait_max: Duration::from_secs(10 * 60),
            look_every: Duration::from_secs(3),
            retry_after: Duration::from_millis(500),
            retry_after_max: Duration::from_secs(15),
        }
    }
}

/// Servers, and the jobs on them. Clones are the same pool; when the last one is dropped, nobody
/// looks after the servers any more.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    /// Ends the tasks of the servers with the last clone.
    tending: Arc<Tending>,
}

struct Shared {
    options: PoolOptions,
    state: Mutex<State>,
    /// Anything that people may see has changed.
    changed: watch::Sender<u64>,
    /// Something that a waiting job may have waited for has changed.
    room: watch::Sender<u64>,
}

struct Tending(CancellationToken);

impl Drop for Tending {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// Starts to look after servers. `kept` is where runs are that an earlier process has begun and
    /// that are still wanted: they are left alone until they are reattached or forgotten. Needs a
    /// tokio runtime.
    pub fn start(
        options: PoolOptions,
        servers: Vec<ServerOptions>,
        kept: Vec<Placement>,
    ) -> Result<Pool, Error> {
        let mut state = State::default();
        for placement in kept {
            state.claims.insert(placement.prompt, placement.server);
        }
        let pool = Pool {
            shared: Arc::new(Shared {
                options,
                state: Mutex::new(state),
                changed: watch::Sender::new(0),
                room: watch::Sender::new(0),
            }),
            tending: Arc::new(Tending(CancellationToken::new())),
        };
        for server in servers {
            pool.add(server)?;
        }
        Ok(pool)
    }

    /// Adds a server. One of the same name has to be removed first.
    pub fn add(&self, options: ServerOptions) -> Result<(), Error> {
        let server = Server::new(options)?;
        let name = server.name().to_owned();
        let stop = self.tending.0.child_token();
        let member = Member::new(server.clone(), stop.clone());
        {
            let mut state = self.shared.lock();
            if state.members.contains_key(&name) {
                return Err(Error::Setting {
                    server: name,
                    why: "there is one of this name: remove it first, or take another name".into(),
                });
            }
            state.members.insert(name, member);
            state.lists_version += 1;
        }
        tokio::spawn(tend::tend(self.shared.clone(), server, stop));
        self.shared.tell_room();
        Ok(())
    }

    /// Takes a server out. Jobs that are on it run to their end; no others begin.
    pub fn remove(&self, name: &str) {
        {
            let mut state = self.shared.lock();
            if let Some(member) = state.members.remove(name) {
                member.stop.cancel();
            }
            state.lists_version += 1;
        }
        self.shared.tell_room();
    }

    /// Lets no further job begin on a server, or lets them begin again. False if there is none of
    /// this name.
    pub fn drain(&self, name: &str, is_draining: bool) -> bool {
        let mut state = self.shared.lock();
        let Some(member) = state.members.get_mut(name) else {
            return false;
        };
        member.is_draining = is_draining;
        state.lists_version += 1;
        drop(state);
        self.shared.tell_room();
        true
    }

    /// Waits until none of our jobs is on a server.
    pub async fn drained(&self, name: &str) {
        let mut changed = self.shared.changed.subscribe();
        loop {
            let is_idle = self
                .shared
                .lock()
                .members
                .get(name)
                .is_none_or(|it| it.placed == 0);
            if is_idle || changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// What servers and jobs are doing.
    pub fn status(&self) -> PoolStatus {
        status::status(&self.shared.lock())
    }

    /// Changes whenever the status may have: a server came or went, a job began, moved or ended.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Which servers can run a graph, and why the others cannot. Inputs that `job` uploads need not
    /// be there. Asks again what a server has when it seems to lack something.
    pub async fn preflight(&self, job: &Job) -> Preflight {
        preflight::ask(&self.shared, job).await
    }

    /// Reads a file with a graph. One of the UI format is read with what the first server says that
    /// has all its nodes; it has to answer before.
    pub fn load(&self, bytes: &[u8]) -> Result<Template, TemplateError> {
        let infos: Vec<Arc<NodeInfos>> = {
            let state = self.shared.lock();
            let infos = state.members.values().filter_map(|it| it.infos.clone());
            infos.collect()
        };
        let mut failed = match Template::parse(bytes, None) {
            Err(TemplateError::Graph(crate::GraphError::IsUiFormat)) => {
                TemplateError::Graph(crate::GraphError::IsUiFormat)
            }
            parsed => return parsed,
        };
        for infos in infos {
            match Template::parse(bytes, Some(&infos)) {
                Ok(template) => return Ok(template),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Runs a job on the server where it will be done soonest, and on another if that one fails.
    ///
    /// `ledger` hears where it is before each time that it is handed in. `events` has to be read:
    /// the run waits for room in it. When `cancel` is canceled, the run is taken from its server.
    /// When what this returns is dropped, it is taken out with the next look at the server.
    pub async fn run(
        &self,
        job: &Job,
        ledger: &dyn Ledger,
        events: &mpsc::Sender<Event>,
        cancel: &CancellationToken,
    ) -> Result<Finished, Error> {
        let attempts = Attempts::new(&self.shared, job, Some(ledger), events, cancel);
        attempts.run().await
    }

    /// Follows a run that an earlier process has begun, to its end. [`Error::Lost`] if the server
    /// does not know it any more: then it may be run anew. After [`Error::Unreachable`] it is still
    /// wanted: reattach it again, or forget it. `job` is as it was then; nothing of it is sent.
    pub async fn reattach(
        &self,
        job: &Job,
        placement: Placement,
        events: &mpsc::Sender<Event>,
        cancel: &CancellationToken,
    ) -> Result<Finished, Error> {
        let attempts = Attempts::new(&self.shared, job, None, events, cancel);
        attempts.reattach(placement).await
    }

    /// Leaves a run alone that nobody follows now, as the process is about to end or will reattach
    /// later. Call it when what followed the run is gone: that gives the run up.
    pub fn keep(&self, placement: Placement) {
        let mut state = self.shared.lock();
        state.claims.insert(placement.prompt, placement.server);
    }

    /// Gives up a run that is not wanted any more. It is taken from its server when that answers.
    pub fn forget(&self, prompt: &PromptId) {
        let mut state = self.shared.lock();
        let server = state.claims.remove(prompt);
        let member = server.and_then(|it| state.members.get(&it).map(|it| it.wake.clone()));
        drop(state);
        if let Some(wake) = member {
            wake.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can be left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_change(&self) {
        self.changed.send_modify(|it| *it += 1);
    }

    /// Wakes the jobs that wait, too.
    fn tell_room(&self) {
        self.room.send_modify(|it| *it += 1);
        self.tell_change();
    }

    /// What is kept with a run on its server: whose it is, and what the caller adds.
    fn note(&self, note: &Map<String, Value>) -> Map<String, Value> {
        let mut all = note.clone();
        let own = all.remove(MARKER);
        // Newer servers make previews for each run as it asks; older ones as they were started.
        all.entry("preview_method").or_insert_with(|| json!("auto"));
        all.insert(
            MARKER.to_owned(),
            json!({ "owner": self.options.owner, "note": own }),
        );
        all
    }

    /// Whether what is kept with a run says that it is ours.
    fn is_ours(&self, extra: &Map<String, Value>) -> bool {
        let owner = extra.get(MARKER).and_then(|it| it.get("owner"));
        owner.and_then(Value::as_str) == Some(&self.options.owner)
    }
}

/// The model that a graph loads first, and what makes two graphs take as long: classes, models and
/// sizes, but not texts and seeds.
fn shape(graph: &Graph) -> (u64, Option<String>) {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    const SIZES: &[&str] = &[
        "width",
        "height",
        "batch_size",
        "length",
        "steps",
        "seconds",
        "frames",
        "scale_by",
        "megapixels",
    ];
    let mut hasher = DefaultHasher::new();
    let mut model = None;
    for (_, node) in graph.nodes() {
        node.class_type.hash(&mut hasher);
        for (name, input) in &node.inputs {
            if SIZES.contains(&name.as_str()) {
                format!("{input:?}").hash(&mut hasher);
            }
            if let Some(file) = input.text().filter(|it| preflight::is_model(it)) {
                file.hash(&mut hasher);
                let is_main = ["ckpt_name", "unet_name", "model_name"].contains(&name.as_str());
                if is_main && model.is_none() {
                    model = Some(file.to_owned());
                }
            }
        }
    }
    (hasher.finish(), model)
}
