//! Processes that are measured: peers, and our own binary in folders of its own.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tempfile::TempDir;

const START_WAIT: Duration = Duration::from_secs(20);
const STOP_WAIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_micros(100);

/// A process that ends with its owner.
pub(crate) struct Peer {
    pub(crate) child: Child,
}

impl Peer {
    /// Starts it.
    pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Peer> {
        let child = command.spawn();
        Ok(Peer {
            child: child.with_context(|| format!("start {command:?}"))?,
        })
    }

    /// Starts a server that prints its port.
    pub(crate) fn serving(command: &mut Command) -> anyhow::Result<(Peer, u16)> {
        let mut peer = Peer::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let stdout = peer.child.stdout.take().context("the peer has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line
            .trim()
            .parse()
            .with_context(|| format!("{command:?} gave no port"))?;
        Ok((peer, port))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program named by the environment, or by default.
pub(crate) fn env_or(variable: &str, default: &str) -> String {
    env::var(variable).unwrap_or_else(|_| default.to_owned())
}

/// The folders of a daemon that knows nothing of the user's.
pub(crate) struct Home {
    dir: TempDir,
    binary: PathBuf,
}

/// Our daemon, running.
pub(crate) struct Daemon {
    peer: Peer,
    pub(crate) port: u16,
    pub(crate) token: String,
    pub(crate) socket: PathBuf,
}

impl Home {
    /// Folders for the binary that `STORYCORE_TEST_BINARY` names.
    pub(crate) fn new() -> anyhow::Result<Home> {
        let binary = env::var_os("STORYCORE_TEST_BINARY")
            .context("STORYCORE_TEST_BINARY names no binary; `cargo xtask bench` sets it")?;
        Ok(Home {
            dir: tempfile::tempdir()?,
            binary: binary.into(),
        })
    }

    /// A folder for films.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Our binary, in these folders.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args).env_remove("STORYCORE_LOG");
        command.env("STORYCORE_RUNTIME_DIR", self.dir.path().join("run"));
        command.env("STORYCORE_STATE_DIR", self.dir.path().join("state"));
        command.env("STORYCORE_CONFIG_DIR", self.dir.path().join("config"));
        command
    }

    /// Starts the daemon and waits until it has answered a first request.
    pub(crate) fn start(&self) -> anyhow::Result<Daemon> {
        let runtime = self.dir.path().join("run");
        // What a daemon left that was killed must not be taken for the new one's.
        for file in records(&runtime) {
            fs::remove_file(file)?;
        }
        let mut command = self.command(&["daemon", "run", "--detached"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let peer = Peer::spawn(&mut command)?;
        let deadline = Instant::now() + START_WAIT;
        loop {
            if let Some(daemon) = records(&runtime).first().and_then(|it| read_record(it)) {
                let (port, token, socket) = daemon;
                let daemon = Daemon {
                    peer,
                    port,
                    token,
                    socket,
                };
                daemon.call("system/status", &serde_json::json!({}))?;
                return Ok(daemon);
            }
            if Instant::now() > deadline {
                bail!("the daemon did not start");
            }
            std::thread::sleep(POLL);
        }
    }
}

fn records(runtime: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(runtime).into_iter().flatten().flatten();
    let paths = entries.map(|it| it.path());
    paths
        .filter(|it| it.extension().is_some_and(|it| it == "json"))
        .collect()
}

fn read_record(path: &Path) -> Option<(u16, String, PathBuf)> {
    let record: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let url = record["url"].as_str()?;
    let port = url.trim_end_matches('/').rsplit(':').next()?.parse().ok()?;
    Some((
        port,
        record["token"].as_str()?.to_owned(),
        record["socket"].as_str()?.into(),
    ))
}

impl Daemon {
    /// One call over the socket, on a connection of its own.
    pub(crate) fn call(&self, method: &str, params: &Value) -> anyhow::Result<Value> {
        let mut stream = UnixStream::connect(&self.socket)?;
        let call =
            serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let body = call.to_string();
        write!(stream, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        let mut reader = BufReader::new(stream);
        loop {
            let answer = read_message(&mut reader)?;
            if answer.get("id").is_none_or(Value::is_null) {
                continue;
            }
            if let Some(error) = answer.get("error") {
                bail!("{method}: {error}");
            }
            return Ok(answer["result"].clone());
        }
    }

    /// Opens a film that draws nothing by itself, and gives its id.
    pub(crate) fn open(&self, path: &Path) -> anyhow::Result<String> {
        let params = serde_json::json!({"path": path, "autoRender": false});
        let project = self.call("project/open", &params)?;
        Ok(project["id"]
            .as_str()
            .context("a film has an id")?
            .to_owned())
    }

    /// Memory it keeps resident, in bytes.
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.peer.child.id()))?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.and_then(|it| it.trim().trim_end_matches(" kB").parse::<u64>().ok());
        Ok(kib.context("the kernel tells no VmRSS")? * 1_024)
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.peer.child.kill()?;
        self.peer.child.wait()?;
        Ok(())
    }

    /// Ends it and waits until it is gone.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        self.call("system/shutdown", &serde_json::json!({}))?;
        let deadline = Instant::now() + STOP_WAIT;
        while self.peer.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("the daemon did not stop");
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}

fn read_message(reader: &mut impl std::io::BufRead) -> anyhow::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            bail!("the daemon closed the connection");
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}
