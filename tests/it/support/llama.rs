//! A real llama.cpp server in a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::sandbox::variable;

/// A server with a model that speaks English, if slowly; killed when it is dropped.
pub(crate) struct Llama {
    child: Child,
    url: String,
}

impl Llama {
    /// Starts one, and waits until it has loaded its model.
    pub(crate) fn start() -> Llama {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let models = variable("STORYCORE_TEST_LLAMA_MODELS");
        let mut child = Command::new(variable("STORYCORE_TEST_LLAMA"))
            .arg(root.join("llm/serve.py"))
            .arg(Path::new(&models).join("small.gguf"))
            .args(["4096", "1"])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("STORYCORE_TEST_LLAMA starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = lines.by_ref().map_while(Result::ok).find_map(|it| {
            let url = it.strip_prefix("listening on ")?;
            Some(url.to_owned())
        });
        // Whoever does not read what it says would stop it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let url = url.expect("it listens");
        Llama { child, url }
    }

    /// What daemon.toml says to have it asked, at a made-up price of a word.
    pub(crate) fn settings(&self) -> String {
        let url = &self.url;
        format!(
            "[[llm]]\nname = \"here\"\nkind = \"openai\"\nurl = \"{url}\"\ncontext_tokens = 4096\n\
             price_in = 1.0\nprice_out = 2.0\n"
        )
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
