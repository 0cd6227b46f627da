//! A real ComfyUI in a process of its own, with folders of its own.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{client::http, sandbox::variable};

/// How long a server may take to start on a busy machine.
const START_MAX: Duration = Duration::from_secs(100);

/// A server; killed when it is dropped.
pub(crate) struct Comfyui {
    child: Option<Child>,
    port: u16,
    folder: TempDir,
}

impl Comfyui {
    /// Starts one, and waits until it answers.
    pub(crate) async fn start() -> Comfyui {
        let folder = tempfile::Builder::new().prefix("comfy").tempdir();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut server = Comfyui {
            child: None,
            port: listener.local_addr().expect("a port").port(),
            folder: folder.expect("a temporary folder"),
        };
        drop(listener);
        server.restart().await;
        server
    }

    /// Starts it anew, on the same port, and waits until it answers.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        let log = fs::File::create(self.folder.path().join("log")).expect("a log");
        let child = Command::new(variable("STORYCORE_TEST_COMFYUI"))
            .arg(self.port.to_string())
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn();
        self.child = Some(child.expect("STORYCORE_TEST_COMFYUI starts"));
        let until = Instant::now() + START_MAX;
        while self.get("/system_stats").await.is_none() {
            assert!(
                Instant::now() < until,
                "ComfyUI does not answer: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is killed");
            child.wait().expect("it has ended");
        }
    }

    /// What daemon.toml says to have it used.
    pub(crate) fn settings(&self) -> String {
        self.settings_as("here")
    }

    /// The same, with a name.
    pub(crate) fn settings_as(&self, name: &str) -> String {
        format!(
            "[[comfyui]]\nname = \"{name}\"\nurl = \"http://127.0.0.1:{}\"\n",
            self.port
        )
    }

    /// Jobs it has, at work or waiting.
    pub(crate) async fn queue_len(&self) -> usize {
        let queue = self.get("/queue").await.expect("it answers");
        let len = |it: &str| queue[it].as_array().map_or(0, Vec::len);
        len("queue_running") + len("queue_pending")
    }

    /// Pictures it has made.
    pub(crate) fn n_pictures(&self) -> usize {
        let made = fs::read_dir(self.path("output")).expect("its folder");
        let png = made
            .flatten()
            .filter(|it| it.path().extension().is_some_and(|it| it == "png"));
        png.count()
    }

    /// What was uploaded to it: names and bytes.
    pub(crate) fn uploads(&self) -> Vec<(String, Vec<u8>)> {
        let files = fs::read_dir(self.path("input")).expect("its folder");
        let files = files.flatten().filter(|it| it.path().is_file());
        let read = |it: fs::DirEntry| {
            let name = it.file_name().to_string_lossy().into_owned();
            (name, fs::read(it.path()).expect("a file"))
        };
        files.map(read).collect()
    }

    /// Jobs it has had since it was started, done or failed.
    pub(crate) async fn n_had(&self) -> usize {
        let history = self.get("/history").await.expect("it answers");
        history.as_object().map_or(0, serde_json::Map::len)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let address = ("127.0.0.1", self.port);
        tokio::net::TcpStream::connect(address).await.ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
        let answer = http(self.port, &request).await;
        serde_json::from_str(&answer.body).ok()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Comfyui {
    fn drop(&mut self) {
        self.kill();
    }
}
