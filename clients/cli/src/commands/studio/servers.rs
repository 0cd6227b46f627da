//! Whether anybody can draw the film just now.

use std::{
    thread,
    time::{Duration, Instant},
};

use storycore_schema::{
    project::Project,
    server::{ListServers, RenderServer, ServerHealth},
};

use crate::{client::Client, failure::Failure, output::Output};

/// How long servers that have not been asked yet are waited for.
const FIRST_ANSWER_MAX: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(100);

/// Says which servers a film waits for. False if none of them answers: its shots are drawn by
/// themselves as soon as one does.
pub(super) fn can_draw(
    client: &mut Client,
    film: &Project,
    output: &Output,
) -> Result<bool, Failure> {
    if film.settings.renderer != "comfyui" {
        return Ok(true);
    }
    let servers = answered(client)?;
    if servers.is_empty() {
        output.note("no ComfyUI server is known, and nothing can be drawn");
        output.note("  hint: say in daemon.toml where one is: [[comfyui]], with its url");
        return Ok(false);
    }
    for server in servers.iter().filter(|it| it.health != ServerHealth::Up) {
        let unknown = || format!("{} has not answered yet", server.name);
        output.note(&server.error.clone().unwrap_or_else(unknown));
        output.note(&format!(
            "  hint: start it at {}, or correct daemon.toml",
            server.url
        ));
    }
    let is_up = servers.iter().any(|it| it.health == ServerHealth::Up);
    if !is_up {
        output.note("shots are drawn as soon as a server answers");
    }
    Ok(is_up)
}

/// The servers, when each has answered or has not, or has had its time.
fn answered(client: &mut Client) -> Result<Vec<RenderServer>, Failure> {
    let began = Instant::now();
    loop {
        let servers = client.ask(&ListServers {})?;
        let is_told = servers.iter().all(|it| it.health != ServerHealth::New);
        if is_told || began.elapsed() > FIRST_ANSWER_MAX {
            return Ok(servers);
        }
        thread::sleep(POLL);
    }
}
