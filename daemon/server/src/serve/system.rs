//! The daemon itself.

use storycore_schema::{
    Error,
    system::{
        Discover, GetPage, GetStatus, Initialize, Initialized, LogFilter, PROTOCOL_VERSION,
        PageAddress, SetLogFilter, Shutdown, SystemStatus,
    },
};

use super::{Context, Serve};
use crate::platform;

/// Written from the catalog; a test holds it up to date.
const OPENRPC: &str = include_str!("../../../../schema/generated/openrpc.json");

impl Serve for Initialize {
    async fn serve(self, context: &Context) -> Result<Initialized, Error> {
        if self.protocol != PROTOCOL_VERSION {
            let message = format!(
                "the client speaks protocol {}, this daemon speaks {PROTOCOL_VERSION}",
                self.protocol
            );
            return Err(Error::failed_precondition(message)
                .hint("use a client and a daemon of the same release"));
        }
        context.call.client.rename(&self.client)?;
        Ok(Initialized {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL_VERSION,
            role: context.call.client.role,
        })
    }
}

impl Serve for GetStatus {
    async fn serve(self, context: &Context) -> Result<SystemStatus, Error> {
        let daemon = &context.daemon;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(SystemStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL_VERSION,
            pid: std::process::id(),
            uptime_ms: u64::try_from(daemon.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            open_projects: count(daemon.films.count()),
            connections: count(daemon.connections.count()),
            memory_bytes: platform::resident_bytes(),
            limits: (*daemon.limits).clone(),
            methods: daemon.metrics.table(),
        })
    }
}

impl Serve for SetLogFilter {
    async fn serve(self, context: &Context) -> Result<LogFilter, Error> {
        let log = &context.daemon.log;
        if let Some(filter) = &self.filter {
            log.set(filter)?;
        }
        let path = log.path().map(|it| it.to_string_lossy().into_owned());
        Ok(LogFilter {
            filter: log.filter(),
            path,
        })
    }
}

impl Serve for GetPage {
    async fn serve(self, context: &Context) -> Result<PageAddress, Error> {
        if context.daemon.url.is_empty() {
            let error =
                Error::failed_precondition("there is no page: this daemon serves nobody else");
            return Err(error.hint("start `storycore lsp` without --in-process"));
        }
        if let Some(project) = self.project {
            context.film(project)?;
        }
        let path = context.daemon.trust.open_path(self.project);
        Ok(PageAddress {
            url: format!("{}{path}", context.daemon.url),
        })
    }
}

impl Serve for Shutdown {
    async fn serve(self, context: &Context) -> Result<(), Error> {
        let stopping = context.daemon.stopping.clone();
        // The caller gets its answer first.
        context.after_reply(move || stopping.cancel());
        Ok(())
    }
}

impl Serve for Discover {
    async fn serve(self, _context: &Context) -> Result<serde_json::Value, Error> {
        serde_json::from_str(OPENRPC).map_err(|error| {
            Error::internal(format!("the OpenRPC document does not read: {error}"))
        })
    }
}
