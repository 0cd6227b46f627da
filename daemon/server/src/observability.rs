//! What the daemon says of itself: readable on a terminal, JSON lines in a file, and as much or
//! as little as asked for while it runs.

mod ecs;
mod rotate;

use std::{
    io::{IsTerminal, stderr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use storycore_schema::{Error, Limits};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, layer::SubscriberExt, reload, util::SubscriberInitExt,
};

pub use rotate::RotatingFile;

/// Names the default filter.
pub const FILTER_VARIABLE: &str = "STORYCORE_LOG";

const FILTER_DEFAULT: &str = "info";
const WAITING_LINES_MAX: usize = 16_384;

/// Where and how to log.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// The file, if any.
    pub path: Option<PathBuf>,
    /// Whether to write to stderr, for people.
    pub stderr: bool,
    /// Levels per target; by default `STORYCORE_LOG`, or `info`.
    pub filter: Option<String>,
    /// When to begin a new file, and how many to keep.
    pub limits: Limits,
}

/// Changes what is logged. Clones steer the same log.
#[derive(Debug, Clone)]
pub struct LogControl {
    handle: reload::Handle<EnvFilter, Registry>,
    filter: Arc<Mutex<String>>,
    path: Option<Arc<Path>>,
}

/// Keeps the log's writer alive. Dropped, it writes what still waits; so it goes last.
#[derive(Debug)]
pub struct LogGuard {
    _writer: Option<WorkerGuard>,
}

/// Starts logging for this process, panics included.
pub fn start(options: &LogOptions) -> Result<(LogControl, LogGuard), Error> {
    let (control, guard, subscriber) = build(options)?;
    subscriber
        .try_init()
        .map_err(|error| Error::internal(format!("cannot start logging: {error}")))?;
    log_panics();
    Ok((control, guard))
}

impl LogControl {
    /// Levels per target, as they were set.
    pub fn filter(&self) -> String {
        self.filter
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets the levels per target, such as `info,storycore_server::store=debug`.
    pub fn set(&self, filter: &str) -> Result<(), Error> {
        let parsed = parse_filter(filter)?;
        self.handle
            .reload(parsed)
            .map_err(|error| Error::internal(format!("cannot change the log filter: {error}")))?;
        filter.clone_into(&mut self.filter.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// The file it logs into, if it does.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

type Built = Box<dyn tracing::Subscriber + Send + Sync>;

fn build(options: &LogOptions) -> Result<(LogControl, LogGuard, Built), Error> {
    let filter = options
        .filter
        .clone()
        .or_else(|| {
            std::env::var(FILTER_VARIABLE)
                .ok()
                .filter(|it| !it.is_empty())
        })
        .unwrap_or_else(|| FILTER_DEFAULT.to_owned());
    let (reloadable, handle) = reload::Layer::new(parse_filter(&filter)?);
    let (to_file, guard) = match &options.path {
        Some(path) => {
            let (layer, guard) = file_layer(path, &options.limits)?;
            (Some(layer), Some(guard))
        }
        None => (None, None),
    };
    let to_people = options.stderr.then(|| {
        tracing_subscriber::fmt::layer()
            .with_writer(stderr)
            .with_ansi(stderr().is_terminal())
    });
    let subscriber = tracing_subscriber::registry()
        .with(reloadable)
        .with(to_file)
        .with(to_people);
    let control = LogControl {
        handle,
        filter: Arc::new(Mutex::new(filter)),
        path: options.path.as_deref().map(Arc::from),
    };
    Ok((control, LogGuard { _writer: guard }, Box::new(subscriber)))
}

fn file_layer<S>(
    path: &Path,
    limits: &Limits,
) -> Result<(impl Layer<S> + use<S>, WorkerGuard), Error>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let file = RotatingFile::open(path, limits.log_file_bytes_max, limits.log_files_max).map_err(
        |error| {
            Error::unavailable(format!("cannot write the log {}: {error}", path.display()))
                .hint("check the rights and the free space, or set STORYCORE_STATE_DIR")
        },
    )?;
    // Not lossy: a full queue makes the logging thread wait, as a lost line is found missing only
    // when it is needed.
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(WAITING_LINES_MAX)
        .thread_name("log")
        .finish(file);
    Ok((ecs::EcsLayer::new(writer), guard))
}

fn parse_filter(filter: &str) -> Result<EnvFilter, Error> {
    EnvFilter::builder().parse(filter).map_err(|error| {
        Error::invalid_params(format!("log filter `{filter}`: {error}"))
            .hint("write levels per target, such as `info,storycore_server::store=debug`")
    })
}

fn log_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("{panic}");
        before(panic);
    }));
}

#[cfg(test)]
mod tests;
