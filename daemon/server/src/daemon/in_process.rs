//! A daemon for one connection, in the process of who speaks: where no daemon may run. It has no
//! socket and no port, so the page cannot be opened; films are kept as ever.

use std::sync::Arc;

use storycore_schema::{Error, Role};
use tokio::net::UnixStream;

use super::{Daemon, DaemonParts};
use crate::{
    comfyui::Comfyui,
    kept,
    llm::Llm,
    observability::LogControl,
    owner::now_ms,
    platform::{self, Dirs},
    settings::DaemonSettings,
    transport::stdio::serve_stdio,
    trust::{Trust, TrustOptions, token::Token},
};

/// Serves until the other end is closed, then closes the films.
pub async fn run_in_process(
    settings: DaemonSettings,
    dirs: Dirs,
    log: LogControl,
    stream: UnixStream,
) -> Result<(), Error> {
    platform::require_private_dir(&dirs.state)?;
    let trust = Trust::new(TrustOptions {
        token: Token::random(),
        browser_role: Role::Producer,
        hosts: Vec::new(),
        origins: Vec::new(),
        browser_token_ms_max: settings.limits.browser_token_ms_max,
        clock: Arc::new(now_ms),
    });
    let comfyui = Comfyui::start(&settings.comfyui, &dirs.state)?;
    let cache = kept::open(&settings.cache, &dirs.state)?;
    let llm = Llm::start(&settings, &dirs.state, &cache)?;
    let daemon = Daemon::new(DaemonParts {
        comfyui,
        llm,
        cache,
        limits: settings.limits,
        dirs,
        log,
        trust,
        url: String::new(),
    });
    let (input, output) = stream.into_split();
    let served = serve_stdio(&daemon.context(), input, output).await;
    daemon.close().await;
    served
}
