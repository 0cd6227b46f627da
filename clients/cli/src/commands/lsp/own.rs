//! `storycore lsp --in-process`: the daemon in this very process, for one editor.

use std::{
    os::unix::net::UnixStream,
    thread::{self, JoinHandle},
};

use storycore_schema::Error;
use storycore_server::{
    daemon::run_in_process,
    observability::{self, LogOptions},
    platform::Dirs,
    settings::DaemonSettings,
};

use crate::failure::Failure;

/// The thread that it runs in.
pub(super) struct Own(JoinHandle<Result<(), Error>>);

impl Own {
    /// Waits until its films are closed.
    pub(super) fn end(self) -> Result<(), Failure> {
        match self.0.join() {
            Ok(ended) => ended.map_err(Failure::Failed),
            Err(_) => Err(Failure::lost("it met a bug")),
        }
    }
}

/// Starts it, and returns the editor's end of the connection.
pub(super) fn start(settings: DaemonSettings) -> Result<(UnixStream, Own), Failure> {
    let (ours, daemons) = UnixStream::pair().map_err(Failure::lost)?;
    daemons.set_nonblocking(true).map_err(Failure::lost)?;
    let thread = thread::spawn(move || {
        // Editors show what a server says on stderr.
        let options = LogOptions {
            path: None,
            stderr: true,
            filter: Some("warn".to_owned()),
            limits: settings.limits.clone(),
        };
        let (log, guard) = observability::start(&options)?;
        let cannot_start = |error| Error::unavailable(format!("cannot start: {error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(cannot_start)?;
        let ended = runtime.block_on(async {
            let stream = tokio::net::UnixStream::from_std(daemons).map_err(cannot_start)?;
            run_in_process(settings, Dirs::from_env(), log, stream).await
        });
        drop(guard);
        ended
    });
    Ok((ours, Own(thread)))
}
