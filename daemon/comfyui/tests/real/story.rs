//! What the stories have in common: a pool, jobs, and what was heard of them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::BoxFuture;
use serde_json::Map;
use storycore_comfyui::{
    Error, Event, Finished, Graph, Job, Ledger, NodeId, Placement, Pool, PoolOptions, Server,
    ServerOptions, Times, pool::Health,
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Times for a network that is on this machine, and a tester who is not patient.
pub(crate) const TIMES: Times = Times {
    answer_max: Duration::from_secs(5),
    bytes_max: Duration::from_secs(5),
    gone_after: Duration::from_secs(4),
    stuck_after: Duration::from_secs(30),
    look_every: Duration::from_millis(500),
    look_often: Duration::from_millis(50),
    ..Times::USUAL
};

pub(crate) fn options(name: &str, url: &str) -> ServerOptions {
    ServerOptions {
        times: TIMES,
        ..ServerOptions::new(name, url)
    }
}

pub(crate) fn pool_options(owner: &str) -> PoolOptions {
    PoolOptions {
        look_every: Duration::from_millis(300),
        retry_after: Duration::from_millis(100),
        retry_after_max: Duration::from_millis(500),
        wait_max: 2 * PATIENCE,
        ..PoolOptions::usual(owner)
    }
}

/// A pool of these servers, when all of them are up.
pub(crate) async fn pool(owner: &str, servers: Vec<ServerOptions>) -> Pool {
    let n = servers.len();
    let pool = Pool::start(pool_options(owner), servers, Vec::new()).unwrap();
    until(&pool, |it| n_up(it) == n).await;
    pool
}

pub(crate) fn n_up(pool: &Pool) -> usize {
    let servers = pool.status().servers;
    servers
        .iter()
        .filter(|it| matches!(it.health, Health::Up { .. }))
        .count()
}

/// Waits until a pool is so.
pub(crate) async fn until(pool: &Pool, is: impl Fn(&Pool) -> bool) {
    let mut changes = pool.changes();
    let waiting = async {
        while !is(pool) {
            changes.changed().await.unwrap();
        }
    };
    let waited = timeout(PATIENCE, waiting).await;
    assert!(
        waited.is_ok(),
        "it never came to be so: {:?}",
        pool.status()
    );
}

/// A job on its way.
pub(crate) struct Running {
    pub(crate) cancel: CancellationToken,
    pub(crate) ledger: Noted,
    events: Arc<Mutex<Vec<Event>>>,
    heard: tokio::sync::watch::Receiver<usize>,
    task: JoinHandle<Result<Finished, Error>>,
    hearing: JoinHandle<()>,
    folder: Arc<TempDir>,
}

/// A job that is done, and the folder with its files.
#[derive(Debug)]
pub(crate) struct Done {
    finished: Finished,
    _folder: Arc<TempDir>,
}

impl std::ops::Deref for Done {
    type Target = Finished;

    fn deref(&self) -> &Finished {
        &self.finished
    }
}

/// Keeps where runs are, as the daemon does.
#[derive(Clone, Default)]
pub(crate) struct Noted(Arc<Mutex<Vec<Placement>>>);

impl Noted {
    pub(crate) fn all(&self) -> Vec<Placement> {
        self.0.lock().unwrap().clone()
    }
}

impl Ledger for Noted {
    fn placed(&self, placement: Placement) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().unwrap().push(placement);
        Box::pin(async { Ok(()) })
    }
}

pub(crate) fn job(graph: Graph, folder: &TempDir) -> Job {
    Job {
        graph,
        uploads: Vec::new(),
        wanted: Vec::new(),
        note: Map::new(),
        folder: folder.path().to_owned(),
    }
}

impl Running {
    pub(crate) fn begin(pool: &Pool, graph: Graph) -> Running {
        Running::begin_job(pool, graph, |_| {})
    }

    pub(crate) fn begin_job(pool: &Pool, graph: Graph, change: impl FnOnce(&mut Job)) -> Running {
        Running::spawn(pool, graph, change, None)
    }

    pub(crate) fn reattach(pool: &Pool, graph: Graph, placement: Placement) -> Running {
        Running::spawn(pool, graph, |_| {}, Some(placement))
    }

    fn spawn(
        pool: &Pool,
        graph: Graph,
        change: impl FnOnce(&mut Job),
        placement: Option<Placement>,
    ) -> Running {
        let folder = Arc::new(TempDir::new().unwrap());
        let mut job = job(graph, &folder);
        change(&mut job);
        let (sender, mut receiver) = mpsc::channel(64);
        let (cancel, ledger) = (CancellationToken::new(), Noted::default());
        let (pool, token, noted, kept) =
            (pool.clone(), cancel.clone(), ledger.clone(), folder.clone());
        let task = tokio::spawn(async move {
            let ended = match placement {
                None => pool.run(&job, &noted, &sender, &token).await,
                Some(placement) => pool.reattach(&job, placement, &sender, &token).await,
            };
            drop(kept);
            ended
        });
        let events = Arc::new(Mutex::new(Vec::new()));
        let (told, heard) = tokio::sync::watch::channel(0);
        let all = events.clone();
        let hearing = tokio::spawn(async move {
            while let Some(event) = receiver.recv().await {
                all.lock().unwrap().push(event);
                told.send_modify(|it| *it += 1);
            }
        });
        Running {
            cancel,
            ledger,
            events,
            heard,
            task,
            hearing,
            folder,
        }
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// Waits until something was told of it.
    pub(crate) async fn hears(&mut self, is: impl Fn(&Event) -> bool) {
        let waiting = async {
            while !self.events.lock().unwrap().iter().any(&is) {
                if self.heard.changed().await.is_err() {
                    break;
                }
            }
        };
        let waited = timeout(PATIENCE, waiting).await;
        let events = self.events();
        assert!(
            waited.is_ok() && events.iter().any(is),
            "it was never told: {events:?}"
        );
    }

    pub(crate) async fn is_at_work(&mut self) {
        self.hears(|it| matches!(it, Event::Progress { .. })).await;
    }

    /// As when our process is killed: nothing is said to the server.
    pub(crate) fn abort(&self) {
        self.task.abort();
    }

    pub(crate) async fn ends(&mut self) -> Result<Finished, Error> {
        match timeout(PATIENCE, &mut self.task).await {
            Ok(ended) => {
                // What was told before it ended has been heard then.
                (&mut self.hearing).await.unwrap();
                ended.unwrap()
            }
            Err(_) => panic!("it never ended: {:?}", self.events()),
        }
    }

    pub(crate) async fn done(&mut self) -> Done {
        match self.ends().await {
            Ok(finished) => Done {
                finished,
                _folder: self.folder.clone(),
            },
            Err(error) => panic!("{error}: {:?}", self.events()),
        }
    }

    pub(crate) async fn fails(&mut self) -> Error {
        match self.ends().await {
            Ok(finished) => panic!("it did not fail: {finished:?}"),
            Err(error) => error,
        }
    }
}

/// The bytes of the one file that came.
pub(crate) fn only_file(finished: &Done) -> Vec<u8> {
    assert_eq!(finished.outputs.len(), 1, "{:?}", finished.outputs);
    std::fs::read(&finished.outputs[0].path).unwrap()
}

/// How many runs the server has finished or begun under our names: those of its history and queue.
pub(crate) async fn n_runs(server: &Server, noted: &[Placement]) -> usize {
    let mut n = 0;
    let queue = server.queue().await.unwrap();
    for placement in noted {
        let is_over = server.history(&placement.prompt).await.unwrap().is_some();
        n += usize::from(is_over || queue.position(&placement.prompt).is_some());
    }
    n
}

/// Waits until nothing is in the server's queue.
pub(crate) async fn is_idle(server: &Server) {
    let waiting = async {
        while !server.queue().await.is_ok_and(|it| it.is_empty()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(
        timeout(PATIENCE, waiting).await.is_ok(),
        "its queue is never empty"
    );
}

pub(crate) fn id(node: &str) -> NodeId {
    node.into()
}
