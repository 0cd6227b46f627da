//! A real server, in a process of its own, with folders of its own.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use storycore_comfyui::{Server, ServerOptions};
use tempfile::TempDir;

/// How long a server may take to start on a busy machine.
const START_MAX: Duration = Duration::from_secs(180);

/// A server; killed when it is dropped.
pub(crate) struct Comfy {
    child: Option<Child>,
    /// Its port on 127.0.0.1; the same after a restart.
    pub(crate) port: u16,
    folder: TempDir,
}

impl Comfy {
    /// Starts one and waits until it answers.
    pub(crate) async fn start() -> Comfy {
        let mut all = Comfy::start_many(1).await;
        all.remove(0)
    }

    /// Starts some at once.
    pub(crate) async fn start_many(n: usize) -> Vec<Comfy> {
        let mut all: Vec<Comfy> = (0..n).map(|_| Comfy::new()).collect();
        for it in &mut all {
            it.spawn();
        }
        for it in &mut all {
            it.wait().await;
        }
        all
    }

    /// One that is not started yet.
    pub(crate) fn new() -> Comfy {
        let folder = tempfile::Builder::new().prefix("comfy").tempdir().unwrap();
        // Given back before it is used: nobody else asks for this one in between.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Comfy {
            child: None,
            port,
            folder,
        }
    }

    pub(crate) fn spawn(&mut self) {
        let run = std::env::var_os("STORYCORE_TEST_COMFYUI")
            .expect("STORYCORE_TEST_COMFYUI is not set: run `cargo xtask test`");
        let log = std::fs::File::create(self.path("log")).unwrap();
        let child = Command::new(run)
            .arg(self.port.to_string())
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("STORYCORE_TEST_COMFYUI starts: run `cargo xtask test` to install it anew");
        self.child = Some(child);
    }

    pub(crate) async fn wait(&mut self) {
        let server = self.server();
        let until = Instant::now() + START_MAX;
        while server.system_stats().await.is_err() {
            let ended = self.child.as_mut().and_then(|it| it.try_wait().unwrap());
            assert!(
                ended.is_none(),
                "ComfyUI ended with {ended:?}: {}",
                self.log()
            );
            assert!(
                Instant::now() < until,
                "ComfyUI does not answer: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A way to it that no proxy is on.
    pub(crate) fn server(&self) -> Server {
        Server::new(ServerOptions::new("direct", self.url())).unwrap()
    }

    /// A file or folder that is its own: `output`, `input`, `models`…
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Comfy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(3_000);
            eprintln!(
                "the log of the server: …{}",
                log.get(from..).unwrap_or_default()
            );
        }
        self.kill();
    }
}
