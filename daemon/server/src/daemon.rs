//! The daemon: what all its parts share, and its life from the first connection to the last.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use storycore_cache::Cache;
use storycore_schema::{Error, Limits, Role, id::ProjectId};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::Semaphore,
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};
use tracing::{info, warn};

use crate::{
    comfyui::Comfyui,
    discovery::Claim,
    films::{Backends, Films, OpenFilm},
    kept,
    llm::Llm,
    lsp::Gateway,
    middleware::Metrics,
    observability::LogControl,
    owner::now_ms,
    picture::SmallPictures,
    platform::{self, Dirs, Termination},
    settings::DaemonSettings,
    transport::{
        self, Connections,
        http::{HttpOptions, serve_http},
        socket::serve_socket,
    },
    trust::{Trust, TrustOptions},
};

mod address;
mod assets;
mod in_process;
mod uploads;

use address::Address;
pub use assets::CachedAssets;
pub(crate) use assets::unreadable;
pub use in_process::run_in_process;
use uploads::FilmUploads;

/// How long commands under way get to reach the disk when the daemon stops.
const COMMITS_WAIT: Duration = Duration::from_secs(5);

/// What all requests share.
pub struct Daemon {
    /// How much of everything there may be.
    pub limits: Arc<Limits>,
    /// Figures of every method.
    pub metrics: Arc<Metrics>,
    /// The films.
    pub films: Films,
    /// What was made once and is found again.
    pub cache: Cache,
    /// When it was started.
    pub started: Instant,
    /// Who is here.
    pub connections: Connections,
    /// Steers the log.
    pub log: LogControl,
    /// How many may look at pictures that were brought in; see `import_workers_max`.
    pub pictures: Semaphore,
    /// What editors show in hovers.
    pub small_pictures: SmallPictures,
    /// Lets browsers in.
    pub trust: Arc<Trust>,
    /// Its address for browsers, such as `http://127.0.0.1:7777`.
    pub url: String,
    /// Canceled when somebody asks it to stop.
    pub stopping: CancellationToken,
    commits: TaskTracker,
}

fn picture_workers(limits: &Limits) -> usize {
    let workers = usize::try_from(limits.import_workers_max).unwrap_or(usize::MAX);
    workers.clamp(1, Semaphore::MAX_PERMITS)
}

/// What a daemon is made of.
pub struct DaemonParts {
    /// How much of everything there may be.
    pub limits: Limits,
    /// Where it remembers its films.
    pub dirs: Dirs,
    /// Steers the log.
    pub log: LogControl,
    /// Lets browsers in.
    pub trust: Trust,
    /// Its address for browsers.
    pub url: String,
    /// Draws with servers.
    pub comfyui: Comfyui,
    /// Answers with language models.
    pub llm: Llm,
    /// Keeps what was made once.
    pub cache: Cache,
}

impl Daemon {
    /// A daemon with no film open. It serves nobody until transports are started on
    /// [`Daemon::context`].
    pub fn new(parts: DaemonParts) -> Arc<Daemon> {
        let limits = Arc::new(parts.limits);
        Arc::new(Daemon {
            metrics: Arc::default(),
            films: Films::new(
                limits.clone(),
                &parts.dirs.state,
                Backends {
                    comfyui: Arc::new(parts.comfyui),
                    llm: Arc::new(parts.llm),
                    cache: Some(parts.cache.clone()),
                },
            ),
            cache: parts.cache,
            started: Instant::now(),
            connections: Connections::new(&limits),
            log: parts.log,
            pictures: Semaphore::new(picture_workers(&limits)),
            small_pictures: SmallPictures::new(),
            trust: Arc::new(parts.trust),
            url: parts.url,
            stopping: CancellationToken::new(),
            commits: TaskTracker::new(),
            limits,
        })
    }

    /// What transports need to serve it.
    pub fn context(self: &Arc<Daemon>) -> transport::Context {
        transport::Context {
            dispatch: Arc::new(Gateway::new(self.clone())),
            limits: self.limits.clone(),
            connections: self.connections.clone(),
            shutdown: CancellationToken::new(),
        }
    }

    /// An open film.
    pub fn film(&self, project: ProjectId) -> Result<Arc<OpenFilm>, Error> {
        self.films.get(project)
    }

    /// Holds up the daemon's end until a command is on disk; none when it is ending already.
    pub(crate) fn begin_commit(&self) -> Option<TaskTrackerToken> {
        // Taken first and looked at then: the other way round, the end could slip in between.
        let commit = self.commits.token();
        (!self.commits.is_closed()).then_some(commit)
    }

    /// Refuses new commands, lets those under way finish, and closes every film.
    pub async fn close(&self) {
        self.commits.close();
        if tokio::time::timeout(COMMITS_WAIT, self.commits.wait())
            .await
            .is_err()
        {
            warn!("commands are still under way; they are answered when the films close");
        }
        self.films.close_all().await;
        self.cache.flush().await;
    }
}

/// All the daemon is given.
pub struct DaemonOptions {
    /// The right to be the daemon, with the bound socket.
    pub claim: Claim,
    /// What a person has set.
    pub settings: DaemonSettings,
    /// Steers the log.
    pub log: LogControl,
    /// Where to keep what.
    pub dirs: Dirs,
}

/// Serves until `system/shutdown`, SIGTERM, or nobody has come for `idle_exit_ms`.
pub async fn run_daemon(options: DaemonOptions) -> Result<(), Error> {
    let DaemonOptions {
        mut claim,
        settings,
        log,
        dirs,
    } = options;
    let cannot_listen =
        |error: std::io::Error| Error::unavailable(format!("cannot listen: {error}"));
    let Some(socket) = claim.take_listener() else {
        return Err(Error::internal("the socket was taken before"));
    };
    socket.set_nonblocking(true).map_err(cannot_listen)?;
    let socket = UnixListener::from_std(socket).map_err(cannot_listen)?;
    platform::require_private_dir(&dirs.state)?;
    let (address, http) = Address::take(&dirs.state, settings.http_port).await?;
    let trust = Trust::new(TrustOptions {
        token: address.token.clone(),
        browser_role: Role::Producer,
        hosts: settings.hosts.clone(),
        origins: settings.origins.clone(),
        browser_token_ms_max: settings.limits.browser_token_ms_max,
        clock: Arc::new(now_ms),
    });
    // Taken before anybody can know of this process: from then on, none may end it halfway.
    let mut termination = Termination::listen()
        .map_err(|error| Error::unavailable(format!("signals cannot be waited for: {error}")))?;
    claim.publish(&address.url(), address.token.as_str())?;
    let open_files_max = platform::raise_open_files_max().unwrap_or_else(|error| {
        warn!(%error, "the limit of open files cannot be raised");
        0
    });
    info!(
        url = address.url(),
        pid = std::process::id(),
        open_files_max,
        "the daemon is ready"
    );
    let comfyui = Comfyui::start(&settings.comfyui, &dirs.state)?;
    let cache = kept::open(&settings.cache, &dirs.state)?;
    let llm = Llm::start(&settings, &dirs.state, &cache)?;
    let parts = DaemonParts {
        comfyui,
        llm,
        cache,
        limits: settings.limits,
        dirs,
        log,
        trust,
        url: address.url(),
    };
    let daemon = Daemon::new(parts);
    serve(&daemon, &claim, (socket, http), &mut termination).await;
    Ok(())
}

async fn serve(
    daemon: &Arc<Daemon>,
    claim: &Claim,
    (socket, http): (UnixListener, TcpListener),
    termination: &mut Termination,
) {
    let context = daemon.context();
    let options = HttpOptions {
        trust: daemon.trust.clone(),
        assets: Arc::new(CachedAssets::new(daemon.clone())),
        uploads: Arc::new(FilmUploads(daemon.clone())),
    };
    let transports = [
        tokio::spawn(serve_socket(context.clone(), socket)),
        tokio::spawn(serve_http(context.clone(), http, options)),
    ];
    let reason = tokio::select! {
        () = daemon.stopping.cancelled() => "somebody asked",
        () = termination.asked() => "a signal came",
        () = idle(daemon) => "nobody was here",
    };
    info!(reason, "the daemon stops");
    claim.withdraw();
    daemon.close().await;
    context.shutdown.cancel();
    for transport in transports {
        if let Err(error) = transport.await {
            warn!(%error, "a transport was cut off");
        }
    }
}

/// Returns when nobody has been connected, and no run was under way, for `idle_exit_ms`.
async fn idle(daemon: &Daemon) {
    let pause = Duration::from_millis(daemon.limits.idle_exit_ms);
    let mut connections = daemon.connections.watch();
    loop {
        let nobody = connections.wait_for(|count| *count == 0).await.is_ok();
        let somebody = tokio::time::timeout(pause, connections.wait_for(|count| *count > 0)).await;
        if nobody && somebody.is_err() && !daemon.films.is_working() {
            return;
        }
    }
}
