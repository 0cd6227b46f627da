//! A daemon inside the test's own process, for what only the memory transport can do: be somebody
//! of any role.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use storycore_schema::{Limits, Role};
use storycore_server::{
    comfyui::Comfyui,
    daemon::{Daemon, DaemonParts},
    kept,
    llm::Llm,
    observability::{self, LogControl, LogOptions},
    platform::Dirs,
    settings::CacheSettings,
    transport::{Context, memory},
    trust::{Trust, TrustOptions, token::Token},
};
use tempfile::TempDir;

use super::Client;

/// A daemon, its folders, and what transports serve it with.
pub(crate) struct InProcess {
    pub(crate) dir: TempDir,
    pub(crate) daemon: Arc<Daemon>,
    context: Context,
}

impl InProcess {
    pub(crate) fn new() -> InProcess {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let limits = Limits {
            render_workers_max: 1,
            check_workers_max: 0,
            ..Limits::default()
        };
        let trust = Trust::new(TrustOptions {
            token: Token::random(),
            browser_role: Role::Producer,
            hosts: Vec::new(),
            origins: Vec::new(),
            browser_token_ms_max: limits.browser_token_ms_max,
            clock: Arc::new(|| 0),
        });
        let folder = |name: &str| dir.path().join(name);
        let dirs = Dirs {
            runtime: folder("run"),
            state: folder("state"),
            config: folder("config"),
        };
        std::fs::create_dir(&dirs.state).expect("a folder");
        let url = "http://127.0.0.1:1".to_owned();
        let daemon = Daemon::new(DaemonParts {
            comfyui: Comfyui::none(),
            llm: Llm::none(&dirs.state),
            cache: kept::open(&CacheSettings::default(), &dirs.state).expect("a cache"),
            limits,
            dirs,
            log: log(),
            trust,
            url,
        });
        let context = daemon.context();
        InProcess {
            dir,
            daemon,
            context,
        }
    }

    /// Somebody of a role.
    pub(crate) fn client(&self, role: Role) -> Client {
        Client::framed(memory::connect(&self.context, role).expect("there is room"))
    }
}

/// One process has one log.
fn log() -> LogControl {
    static LOG: OnceLock<LogControl> = OnceLock::new();
    let start = || {
        let options = LogOptions {
            path: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("in-process.log")),
            stderr: false,
            filter: Some("info".to_owned()),
            limits: Limits::default(),
        };
        observability::start(&options).expect("logging starts").0
    };
    LOG.get_or_init(start).clone()
}
