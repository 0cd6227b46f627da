//! `cargo xtask deny`: licenses and sources of what we depend on.

use anyhow::bail;

use crate::command;

/// The version the settings are written for.
const VERSION: &str = "0.20.2";

/// Runs cargo-deny. Advisories are left out: they need the network, and change every day.
pub(crate) fn deny() -> anyhow::Result<()> {
    if command::ask(command::cargo(["deny", "--version"])).is_none() {
        bail!("cargo-deny is missing: `cargo install --locked cargo-deny@{VERSION}`");
    }
    let config = ["--config", ".cargo/deny.toml"];
    let mut words = vec!["deny", "--workspace", "check"];
    words.extend(config);
    words.extend(["licenses", "bans", "sources"]);
    command::run(command::cargo(words))
}
