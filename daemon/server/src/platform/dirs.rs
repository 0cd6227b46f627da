//! Where the daemon keeps what: sockets, logs, settings.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::uid;

const RUNTIME_DIR: &str = "STORYCORE_RUNTIME_DIR";
const STATE_DIR: &str = "STORYCORE_STATE_DIR";
const CONFIG_DIR: &str = "STORYCORE_CONFIG_DIR";

/// The daemon's folders, absolute. Nothing is created here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    /// Sockets, locks and tokens: gone after a restart of the machine.
    pub runtime: PathBuf,
    /// Logs, and what the daemon remembers.
    pub state: PathBuf,
    /// `daemon.toml`.
    pub config: PathBuf,
}

impl Dirs {
    /// As this process's environment says.
    pub fn from_env() -> Dirs {
        Dirs::from_lookup(&|name| std::env::var_os(name))
    }

    /// As `lookup` says of each environment variable. Empty ones count as unset, as the XDG Base
    /// Directory Specification asks.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<OsString>) -> Dirs {
        let dir = |name: &str| {
            let value = lookup(name).filter(|it| !it.is_empty())?;
            Some(absolute(Path::new(&value)))
        };
        let home = dir("HOME").unwrap_or_else(|| PathBuf::from("/"));
        let in_xdg = |name: &str| dir(name).map(|it| it.join("storycore"));
        Dirs {
            runtime: dir(RUNTIME_DIR)
                .or_else(|| in_xdg("XDG_RUNTIME_DIR"))
                .unwrap_or_else(|| PathBuf::from(format!("/tmp/storycore-{}", uid()))),
            state: dir(STATE_DIR)
                .or_else(|| in_xdg("XDG_STATE_HOME"))
                .unwrap_or_else(|| home.join(".local/state/storycore")),
            config: dir(CONFIG_DIR)
                .or_else(|| in_xdg("XDG_CONFIG_HOME"))
                .unwrap_or_else(|| home.join(".config/storycore")),
        }
    }

    /// The variables that make another process, wherever it stands, find the same folders.
    pub fn to_env(&self) -> [(&'static str, &Path); 3] {
        [
            (RUNTIME_DIR, &self.runtime),
            (STATE_DIR, &self.state),
            (CONFIG_DIR, &self.config),
        ]
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dirs(env: &[(&str, &str)]) -> Dirs {
        Dirs::from_lookup(&|name| {
            let (_, value) = env.iter().find(|(key, _)| *key == name)?;
            Some(OsString::from(value))
        })
    }

    #[test]
    fn ours_first_then_xdg_then_home() {
        let home = dirs(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "")]);
        assert_eq!(
            home.runtime,
            PathBuf::from(format!("/tmp/storycore-{}", uid()))
        );
        assert_eq!(home.state, Path::new("/home/a/.local/state/storycore"));
        assert_eq!(home.config, Path::new("/home/a/.config/storycore"));

        let xdg = dirs(&[
            ("XDG_RUNTIME_DIR", "/run/user/7"),
            ("XDG_CONFIG_HOME", "/c"),
        ]);
        assert_eq!(xdg.runtime, Path::new("/run/user/7/storycore"));
        assert_eq!(xdg.config, Path::new("/c/storycore"));

        let ours = dirs(&[(RUNTIME_DIR, "/r"), ("XDG_RUNTIME_DIR", "/run/user/7")]);
        assert_eq!(ours.runtime, Path::new("/r"));
        assert!(dirs(&[(STATE_DIR, "s")]).state.is_absolute());
    }
}
