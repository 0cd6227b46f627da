//! `server/list` and `server/drain`: the ComfyUI servers.

use std::time::{SystemTime, UNIX_EPOCH};

use storycore_comfyui::pool::{Health, ServerStatus};
use storycore_schema::{
    Error,
    server::{DrainServer, ListServers, RenderServer, ServerHealth},
};

use super::{Context, Serve};
use crate::comfyui::Comfyui;

impl Serve for ListServers {
    async fn serve(self, context: &Context) -> Result<Vec<RenderServer>, Error> {
        Ok(servers(context.daemon.films.comfyui()))
    }
}

impl Serve for DrainServer {
    async fn serve(self, context: &Context) -> Result<RenderServer, Error> {
        let comfyui = context.daemon.films.comfyui();
        let missing = || {
            Error::not_found("ComfyUI server", &self.name)
                .hint("server/list lists them; they are set up in daemon.toml")
        };
        let pool = comfyui.pool().ok_or_else(missing)?;
        if !pool.drain(&self.name, self.on) {
            return Err(missing());
        }
        let found = servers(comfyui).into_iter().find(|it| it.name == self.name);
        found.ok_or_else(missing)
    }
}

fn servers(comfyui: &Comfyui) -> Vec<RenderServer> {
    let status = comfyui.pool().map(storycore_comfyui::Pool::status);
    let servers = status.into_iter().flat_map(|it| it.servers);
    servers.map(described).collect()
}

fn described(status: ServerStatus) -> RenderServer {
    let (health, since, error) = match status.health {
        Health::New => (ServerHealth::New, None, None),
        Health::Up { since } => (ServerHealth::Up, Some(since), None),
        Health::Down { since, why } => (ServerHealth::Down, Some(since), Some(why)),
    };
    let current = status.current;
    let fraction = current.as_ref().and_then(|it| it.fraction);
    RenderServer {
        name: status.name,
        url: status.url,
        health,
        since_ms: since.and_then(ms),
        error,
        draining: status.is_draining,
        version: status.version,
        device: status.device,
        memory_bytes: status.vram_total,
        memory_free_bytes: status.vram_free,
        placed: count(status.placed),
        queued: count(status.queued),
        others: count(status.others),
        node: current.and_then(|it| it.node),
        done_milli: fraction.map(|it| (it.clamp(0.0, 1.0) * 1_000.0) as u32),
        mean_ms: status.mean_s.map(|it| (it * 1_000.0) as u64),
        finished: status.finished,
        model: status.model,
    }
}

fn ms(at: SystemTime) -> Option<u64> {
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
