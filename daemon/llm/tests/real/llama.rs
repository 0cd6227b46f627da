//! A real llama.cpp server in a process of its own.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use storycore_llm::{Kind, Provider};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// How long a server may take to load its model. It takes a second or two.
const START: Duration = Duration::from_secs(60);

/// How long to wait for what must happen soon.
const SOON: Duration = Duration::from_secs(20);

/// A model of those that `cargo xtask test` installs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Model {
    /// Half a megabyte of random weights: very fast, speaks noise.
    Tiny,
    /// SmolLM2-135M-Instruct: some forty tokens a second, speaks English.
    Small,
}

/// A running server; it ends with this.
pub(crate) struct Llama {
    process: Child,
    pub(crate) url: String,
}

impl Llama {
    /// Starts a server and waits until it has loaded its model.
    pub(crate) async fn start(model: Model, context_tokens: u32, n_slots: u32) -> Llama {
        let file = match model {
            Model::Tiny => "tiny.gguf",
            Model::Small => "small.gguf",
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/llm/serve.py");
        let mut process = Command::new(variable("STORYCORE_TEST_LLAMA"))
            .arg(script)
            .arg(variable("STORYCORE_TEST_LLAMA_MODELS").join(file))
            .args([context_tokens.to_string(), n_slots.to_string()])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.expect("its words are text") {
                if let Some(url) = line.strip_prefix("listening on ") {
                    return url.to_owned();
                }
            }
            panic!("the server ended before it listened");
        };
        let url = timeout(START, listening).await.expect("it listens in time");
        // Whoever does not read what it says would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Llama { process, url }
    }

    /// A provider that is this server.
    pub(crate) fn provider(&self, name: &str) -> Provider {
        Provider::new(name, Kind::OpenAi, &self.url, None)
    }

    /// Ends it at once, as a crash does.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("it can be killed");
    }

    /// How many of its slots work, by its own account.
    pub(crate) async fn n_busy(&self) -> usize {
        let slots = self.get("/slots").await;
        let slots = slots.as_array().expect("a list of slots");
        slots
            .iter()
            .filter(|it| it["is_processing"] == true)
            .count()
    }

    /// Waits until so many slots work.
    pub(crate) async fn wait_until_busy(&self, n: usize) {
        let waiting = async {
            while self.n_busy().await != n {
                sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(
            timeout(SOON, waiting).await.is_ok(),
            "there never were {n} slots at work"
        );
    }

    /// Asks without any of the code that is tested here.
    async fn get(&self, path: &str) -> Value {
        let address = self.url.strip_prefix("http://").expect("an address");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("it listens");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("it is JSON")
    }
}

fn variable(name: &str) -> PathBuf {
    match env::var_os(name) {
        Some(value) => value.into(),
        None => panic!("{name} is not set: run `cargo xtask test`, which installs what it names"),
    }
}
