//! `storycore daemon`: the daemon's life, from the outside; and, with `run`, from the inside.

mod logs;

use std::time::Duration;

use clap::ArgMatches;
use serde_json::json;
use storycore_schema::{
    Error,
    system::{GetStatus, Shutdown},
};
use storycore_server::{
    daemon::{DaemonOptions, run_daemon},
    discovery::{Claim, Endpoint},
    observability::{self, LogOptions},
    platform::{self, Dirs},
    settings::DaemonSettings,
};

use super::{endpoint, ensure};
use crate::{client::Client, failure::Failure, output::Output, view};

const PREDECESSOR_WAIT: Duration = Duration::from_secs(10);
const ANSWER_WAIT: Duration = Duration::from_secs(10);
const FAREWELL_WAIT: Duration = Duration::from_secs(10);
const TERMINATE_WAIT: Duration = Duration::from_secs(5);

/// Does what was typed after `daemon`.
pub(crate) fn run(matches: &ArgMatches, output: &Output) -> Result<(), Failure> {
    let Some((action, matches)) = matches.subcommand() else {
        return Ok(());
    };
    let dirs = Dirs::from_env();
    let endpoint = endpoint(&dirs)?;
    match action {
        "run" => be_the_daemon(dirs, endpoint, matches.get_flag("detached")),
        "ensure" => print_ensured(&dirs, &endpoint, output),
        "status" => status(&endpoint, output),
        "stop" => stop(&endpoint, output),
        "logs" => logs::run(&endpoint, matches, output),
        _ => Ok(()),
    }
}

fn be_the_daemon(dirs: Dirs, endpoint: Endpoint, detached: bool) -> Result<(), Failure> {
    if detached {
        // Fails only for the leader of a session, which has left the terminal already.
        let _ = platform::leave_terminal();
    }
    let settings = DaemonSettings::load(&dirs.config).map_err(Failure::Failed)?;
    // Claimed before the log is opened: two daemons must not rotate one file.
    let claim = Claim::acquire(endpoint, PREDECESSOR_WAIT).map_err(Failure::Failed)?;
    let options = LogOptions {
        path: Some(claim.endpoint().log.clone()),
        stderr: !detached,
        filter: None,
        limits: settings.limits.clone(),
    };
    let (log, guard) = observability::start(&options).map_err(Failure::Failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(Error::unavailable(format!("cannot start: {error}"))))?;
    let options = DaemonOptions {
        claim,
        settings,
        log,
        dirs,
    };
    let ended = runtime.block_on(run_daemon(options));
    if let Err(error) = &ended {
        tracing::error!(%error, "the daemon ends");
    }
    drop(guard);
    ended.map_err(Failure::Failed)
}

fn print_ensured(dirs: &Dirs, endpoint: &Endpoint, output: &Output) -> Result<(), Failure> {
    let record = ensure(dirs, endpoint)?;
    // Listening is not answering: a daemon that hangs still takes connections.
    let Some(stream) = endpoint.connect().map_err(Failure::Unreachable)? else {
        return Err(Failure::lost("it ended right after its start"));
    };
    Client::new(stream)?.ask(&GetStatus {})?;
    // Without the token: this is printed where others may look on.
    let public = json!({
        "socket": record.socket,
        "url": record.url,
        "pid": record.pid,
        "version": record.version,
        "protocol": record.protocol,
    });
    output.line(&public.to_string())
}

fn status(endpoint: &Endpoint, output: &Output) -> Result<(), Failure> {
    let Some(stream) = endpoint.connect().map_err(Failure::Unreachable)? else {
        let error = Error::unavailable("the daemon does not run");
        return Err(Failure::Unreachable(
            error.hint("start it with `storycore daemon ensure`"),
        ));
    };
    let mut client = Client::new(stream)?;
    let result = client.call("system/status", &json!({}), &mut |_| {})?;
    view::show("system/status", &result, output)
}

fn stop(endpoint: &Endpoint, output: &Output) -> Result<(), Failure> {
    let Some(pid) = endpoint.holder() else {
        output.note("the daemon does not run");
        return Ok(());
    };
    let asked = ask_to_stop(endpoint);
    if asked.is_ok() && endpoint.wait_gone(FAREWELL_WAIT) {
        output.note(&format!("the daemon (process {pid}) has stopped"));
        return Ok(());
    }
    platform::terminate(pid).map_err(|error| cannot_stop(pid, &error.to_string()))?;
    if !endpoint.wait_gone(TERMINATE_WAIT) {
        return Err(cannot_stop(pid, "it ignores SIGTERM"));
    }
    output.note(&format!(
        "the daemon (process {pid}) did not answer, and was ended"
    ));
    Ok(())
}

fn ask_to_stop(endpoint: &Endpoint) -> Result<(), Failure> {
    let Some(stream) = endpoint.connect().map_err(Failure::Unreachable)? else {
        return Err(Failure::lost("it does not listen"));
    };
    stream
        .set_read_timeout(Some(ANSWER_WAIT))
        .map_err(Failure::lost)?;
    Client::new(stream)?.ask(&Shutdown {})
}

fn cannot_stop(pid: u32, why: &str) -> Failure {
    Failure::Failed(
        Error::unavailable(format!("cannot stop the daemon (process {pid}): {why}"))
            .hint(format!("kill -9 {pid}")),
    )
}
