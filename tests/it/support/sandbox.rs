//! The real binary, with every folder it uses inside a temporary one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::films;

/// How long a daemon may take to say where it is.
const START_WAIT: Duration = Duration::from_secs(20);
/// The user and the group of [`Sandbox::unprivileged`].
const UNPRIVILEGED: u32 = 65_534;
/// Pause between two looks at something that is about to happen.
const POLL: Duration = Duration::from_millis(5);

/// Folders of a user who has nothing but a few films.
pub(crate) struct Sandbox {
    dir: TempDir,
    variables: Vec<(String, String)>,
    /// A program that starts the binary in its own place, such as `setpriv`, with its arguments.
    under: Vec<String>,
    binary: PathBuf,
}

/// A running daemon. Dropped, it is killed.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) socket: PathBuf,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        let dir = tempfile::Builder::new()
            .prefix("sc")
            .tempdir()
            .expect("a temporary folder");
        Sandbox {
            dir,
            variables: Vec::new(),
            under: Vec::new(),
            binary: binary(),
        }
    }

    /// A sandbox of somebody who is not root, so that permissions count.
    pub(crate) fn unprivileged() -> Sandbox {
        let mut sandbox = Sandbox::new();
        if user_id() != 0 {
            return sandbox;
        }
        // Where the binary was built may be closed to others.
        let copied = sandbox.path().join("storycore");
        fs::copy(binary(), &copied).expect("copying the binary");
        sandbox.binary = copied;
        sandbox.give_away(sandbox.path());
        let nobody = UNPRIVILEGED.to_string();
        sandbox.under(&[
            "setpriv",
            &format!("--reuid={nobody}"),
            &format!("--regid={nobody}"),
            "--clear-groups",
        ])
    }

    /// Gives a folder, with all that is in it, to the one this sandbox belongs to.
    pub(crate) fn give_away(&self, folder: &Path) {
        if user_id() == 0 {
            let owner = format!("{UNPRIVILEGED}:{UNPRIVILEGED}");
            let given = Command::new("chown")
                .args(["-R", &owner])
                .arg(folder)
                .status();
            assert!(given.expect("chown").success());
        }
    }

    /// Starts the binary by means of another program, which must replace itself with it.
    pub(crate) fn under(mut self, program: &[&str]) -> Sandbox {
        self.under = program.iter().map(|it| (*it).to_owned()).collect();
        self
    }

    /// Sets a variable of the daemon's environment, such as a limit.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Sandbox {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A copy of the sample film.
    pub(crate) fn sample_film(&self, name: &str) -> PathBuf {
        let to = self.path().join(name);
        copy(&films::sample_dir(), &to).expect("copying the sample film");
        to
    }

    /// A film of one script.
    pub(crate) fn film(&self, name: &str, script: &str) -> PathBuf {
        let folder = self.path().join(name);
        fs::create_dir_all(folder.join("script")).expect("a film's folder");
        fs::write(folder.join("script/film.fountain"), script).expect("a script");
        folder
    }

    /// The real binary, in this sandbox.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let words = self.under.iter().map(Path::new).chain([&*self.binary]);
        let mut words = words.map(Path::as_os_str);
        let mut command = Command::new(words.next().expect("a program"));
        command
            .args(words)
            .args(args)
            .current_dir(self.path())
            .envs(self.environment());
        command
    }

    /// Another program, which finds our folders when it starts the binary.
    pub(crate) fn other(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).envs(self.environment());
        command
    }

    /// The real binary.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    fn environment(&self) -> Vec<(String, String)> {
        let folder = |name: &str| self.path().join(name).display().to_string();
        let mut variables = vec![
            ("STORYCORE_RUNTIME_DIR".to_owned(), folder("run")),
            ("STORYCORE_STATE_DIR".to_owned(), folder("state")),
            ("STORYCORE_CONFIG_DIR".to_owned(), folder("config")),
        ];
        variables.extend(self.variables.iter().cloned());
        variables
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args)
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs")
    }

    /// Runs a command that must succeed; what it printed.
    pub(crate) fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{args:?} failed\n{out}\n{err}");
        out
    }

    /// Starts a daemon, and waits until it says where it is.
    pub(crate) fn start(&self) -> Daemon {
        let mut command = self.command(&["daemon", "run"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.follow(command.spawn().expect("the binary starts"))
    }

    /// Waits for the record of a daemon that is starting.
    fn follow(&self, child: Child) -> Daemon {
        let (deadline, pid) = (Instant::now() + START_WAIT, u64::from(child.id()));
        let mut daemon = Daemon {
            child,
            socket: PathBuf::new(),
            url: String::new(),
            token: String::new(),
        };
        loop {
            if let Some(record) = self.record().filter(|it| it["pid"] == pid) {
                let field = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
                daemon.socket = field("socket").into();
                (daemon.url, daemon.token) = (field("url"), field("token"));
                return daemon;
            }
            assert!(
                Instant::now() < deadline,
                "no daemon after {START_WAIT:?}\n{}",
                self.log()
            );
            assert!(
                daemon.child.try_wait().ok().flatten().is_none(),
                "the daemon ended\n{}",
                self.log()
            );
            std::thread::sleep(POLL);
        }
    }

    /// What the running daemon tells clients of itself.
    pub(crate) fn record(&self) -> Option<Value> {
        let entries = fs::read_dir(self.path().join("run")).ok()?;
        let paths = entries.flatten().map(|it| it.path());
        let record = paths
            .into_iter()
            .find(|it| it.extension().is_some_and(|it| it == "json"))?;
        serde_json::from_slice(&fs::read(record).ok()?).ok()
    }

    /// Everything the daemon has logged.
    pub(crate) fn log(&self) -> String {
        let Ok(entries) = fs::read_dir(self.path().join("state")) else {
            return String::new();
        };
        let logs = entries.flatten().map(|it| it.path());
        let logs = logs.filter(|it| {
            it.extension()
                .is_some_and(|it| it == "log" || it == "stderr")
        });
        logs.map(|it| fs::read_to_string(it).unwrap_or_default())
            .collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A daemon that a command started by itself ends with the test, too.
        let pid = self.record().and_then(|it| it["pid"].as_u64());
        if let Some(pid) = pid {
            let _ = Command::new("kill")
                .args(["-9", &pid.to_string()])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Daemon {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The port of its address.
    pub(crate) fn port(&self) -> u16 {
        let port = self.url.rsplit(':').next().and_then(|it| it.parse().ok());
        port.expect("the address has a port")
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("kill -9");
        self.child.wait().expect("its end");
    }

    /// Asks it to end, as the system does, and waits.
    pub(crate) fn terminate(mut self) {
        let status = Command::new("kill").arg(self.pid().to_string()).status();
        assert!(status.expect("kill").success());
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "the daemon ended with {status}");
    }

    /// Waits for it to end by itself.
    pub(crate) fn wait(mut self) {
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "the daemon ended with {status}");
    }

    /// Whether it lives.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().expect("its status").is_none()
    }

    /// Memory in RAM, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("its status");
        let line = status
            .lines()
            .find_map(|it| it.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        let kibibytes: u64 = line
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number");
        kibibytes * 1_024
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whom the tests run as.
pub(crate) fn user_id() -> u32 {
    let own = fs::metadata("/proc/self").expect("/proc");
    std::os::unix::fs::MetadataExt::uid(&own)
}

/// The binary under test.
pub(crate) fn binary() -> PathBuf {
    variable("STORYCORE_TEST_BINARY").into()
}

/// What `cargo xtask test` gives the tests.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, name) = entry.map(|it| (it.path(), it.file_name()))?;
        match entry.is_dir() {
            true if name == ".storycore" || name == "exports" => {}
            true => copy(&entry, &to.join(name))?,
            false => fs::copy(&entry, to.join(name)).map(|_| ())?,
        }
    }
    Ok(())
}
