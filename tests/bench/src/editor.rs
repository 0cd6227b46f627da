//! The language server as an editor meets it: one key typed, and everything an editor then asks,
//! through `storycore lsp` and the daemon, in a drawn film of 150 kB; beside it fountain-js, which
//! reads the whole text again after each key, as editors' Fountain extensions do.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{ChildStdin, ChildStdout, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use storycore_tests::GeneratedFilm;

use crate::{
    film,
    harness::{Row, Times, mebibytes, ratio, time},
    parse::FountainJs,
    process::{Home, Peer},
};

mod together;

const SCRIPT_BYTES: u32 = 150_000;
const WARM_UP: usize = 10;
const COUNTED: usize = 200;
/// Keys of the burst, and how fast they are typed.
const KEYS: u32 = 1_200;
const KEY_PAUSE: Duration = Duration::from_millis(50);

/// Scripts that are open at once, and what the daemon may weigh then, in bytes.
const OPEN_SCRIPTS: usize = 20;
const OPEN_BYTES_MAX: u64 = 150 << 20;

/// What an editor asks after a key, and what it may take, 99 times of 100, in milliseconds.
const QUESTIONS: [(&str, u64); 6] = [
    ("completion", 5),
    ("hover", 5),
    ("semantic tokens, full", 15),
    ("semantic tokens, delta", 5),
    ("rename", 30),
    ("workspace symbols", 10),
];

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let home = Home::new()?;
    let folder = home.path().join("film");
    let source = film::generated(SCRIPT_BYTES);
    source.write_to(&folder)?;
    let daemon = home.start()?;
    let project = daemon.open(&folder)?;
    daemon.call("shot/render", &json!({"project": project}))?;
    let path = folder.join(film::PATH);
    let mut peer = FountainJs::start(&path)?;
    let mut editor = Editor::open(&home, &path.display().to_string(), &source.script)?;
    let mut rows = keys(&mut editor, &mut peer)?;
    rows.push(burst(&mut editor)?);
    drop(editor);
    rows.extend(together::rows(&home, &project, &path)?);
    daemon.stop()?;
    rows.push(weight(&home, &source)?);
    Ok(rows)
}

/// A key, its problems, and the questions, again and again.
fn keys(editor: &mut Editor, peer: &mut FountainJs) -> anyhow::Result<Vec<Row>> {
    let mut problems = Vec::new();
    let mut peers = Vec::new();
    let mut answers: Vec<Vec<Duration>> = QUESTIONS.map(|_| Vec::new()).to_vec();
    for round in 0..WARM_UP + COUNTED {
        let took = editor.key()?;
        let parsed = peer.parse()?;
        let mut asked = Vec::new();
        for (name, _) in QUESTIONS {
            asked.push(editor.question(name)?);
        }
        if round >= WARM_UP {
            problems.push(took);
            peers.push(parsed);
            answers
                .iter_mut()
                .zip(asked)
                .for_each(|(all, it)| all.push(it));
        }
    }
    let (problems, peers) = (Times::new(problems), Times::new(peers));
    let faster = ratio(peers.median(), problems.median());
    let first = row("key → problems, 150 kB", &problems, 8);
    let mut rows = vec![first.peer(told(&peers), faster)];
    for ((name, most), times) in QUESTIONS.into_iter().zip(answers) {
        rows.push(row(
            &format!("{name} after a key, 150 kB"),
            &Times::new(times),
            most,
        ));
    }
    Ok(rows)
}

fn row(what: &str, times: &Times, most_ms: u64) -> Row {
    let met = times.percentile(99) <= Duration::from_millis(most_ms);
    Row::new(what, told(times)).target(format!("p99 ≤ {most_ms} ms"), met)
}

fn told(times: &Times) -> String {
    let (p95, p99) = (times.percentile(95), times.percentile(99));
    format!(
        "{} (p95 {}, p99 {})",
        time(times.median()),
        time(p95),
        time(p99)
    )
}

/// Keys at a steady pace; how late the last problems come.
fn burst(editor: &mut Editor) -> anyhow::Result<Row> {
    let start = Instant::now();
    for number in 1..=KEYS {
        editor.type_key()?;
        std::thread::sleep((KEY_PAUSE * number).saturating_sub(start.elapsed()));
    }
    let typed = Instant::now();
    editor.problems()?;
    let late = typed.elapsed();
    let ours = format!("the last problems {} after the last pause", time(late));
    let row = Row::new("60 s of typing, 20 keys a second", ours);
    Ok(row.target("never falls behind", late < KEY_PAUSE))
}

/// What the daemon weighs with many scripts open, each of a film of its own.
fn weight(home: &Home, source: &GeneratedFilm) -> anyhow::Result<Row> {
    let daemon = home.start()?;
    let mut editor: Option<Editor> = None;
    for number in 0..OPEN_SCRIPTS {
        let folder = home.path().join(format!("film-{number}"));
        source.write_to(&folder)?;
        let path = folder.join(film::PATH).display().to_string();
        match &mut editor {
            None => editor = Some(Editor::open(home, &path, &source.script)?),
            Some(editor) => editor.open_script(&path, &source.script)?,
        }
    }
    let weight = daemon.resident_bytes()?;
    drop(editor);
    daemon.stop()?;
    let what = format!("resident memory, {OPEN_SCRIPTS} scripts of 150 kB open");
    Ok(Row::new(what, mebibytes(weight)).target("≤ 150 MB", weight <= OPEN_BYTES_MAX))
}

/// An editor with one script open.
struct Editor {
    _process: Peer,
    stdin: ChildStdin,
    /// What the server says, read as it comes, as editors do.
    messages: Receiver<(Instant, Value)>,
    uri: String,
    version: i64,
    next_id: i64,
    /// Where keys are typed: the line of a speech in the middle, and a cue near it.
    line: u64,
    column: u64,
    cue: u64,
    colors: Value,
}

impl Editor {
    fn open(home: &Home, path: &str, text: &str) -> anyhow::Result<Editor> {
        let mut command = home.command(&["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Peer::spawn(&mut command)?;
        let stdin = process.child.stdin.take().context("no stdin")?;
        let stdout = process.child.stdout.take().context("no stdout")?;
        let lines: Vec<&str> = text.lines().collect();
        let is_cue = |it: &usize| {
            let (line, above) = (lines[*it], lines[*it - 1]);
            above.is_empty() && !line.is_empty() && line.chars().all(char::is_uppercase)
        };
        let cue = (lines.len() / 2..lines.len() - 1).find(is_cue);
        let cue = cue.context("somebody speaks")?;
        let mut editor = Editor {
            _process: process,
            stdin,
            messages: messages(stdout),
            uri: format!("file://{path}"),
            version: 1,
            next_id: 1,
            line: cue as u64 + 1,
            column: 0,
            cue: cue as u64,
            colors: Value::Null,
        };
        let capabilities = json!({"general": {"positionEncodings": ["utf-16"]}});
        let client = json!({"name": "Visual Studio Code"});
        let params = json!({"processId": null, "rootUri": null, "capabilities": capabilities, "clientInfo": client});
        editor.ask("initialize", &params)?;
        editor.tell("initialized", &json!({}))?;
        editor.open_script(path, text)?;
        let full = editor.ask_text("textDocument/semanticTokens/full", json!({}))?;
        editor.colors = full["resultId"].clone();
        Ok(editor)
    }

    /// Opens a script, and types in that from now on.
    fn open_script(&mut self, path: &str, text: &str) -> anyhow::Result<()> {
        (self.uri, self.version) = (format!("file://{path}"), 1);
        let item = json!({"uri": self.uri, "languageId": "fountain", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({ "textDocument": item }))?;
        self.problems()
    }

    /// Types a key, and waits for the problems of that version.
    fn key(&mut self) -> anyhow::Result<Duration> {
        let start = Instant::now();
        self.type_key()?;
        self.problems()?;
        Ok(start.elapsed())
    }

    fn type_key(&mut self) -> anyhow::Result<()> {
        self.version += 1;
        let at = json!({"line": self.line, "character": self.column});
        let letter = if self.column % 6 == 5 { " " } else { "e" };
        let change = json!({"range": {"start": at, "end": at}, "text": letter});
        let document = json!({"uri": self.uri, "version": self.version});
        self.column += 1;
        let params = json!({"textDocument": document, "contentChanges": [change]});
        self.tell("textDocument/didChange", &params)
    }

    fn question(&mut self, name: &str) -> anyhow::Result<Duration> {
        let in_speech = json!({"line": self.line, "character": 1});
        let on_cue = json!({"line": self.cue, "character": 1});
        let last = json!({"previousResultId": self.colors});
        let start = Instant::now();
        let answer = match name {
            "completion" => {
                self.ask_text("textDocument/completion", json!({"position": on_cue}))?
            }
            "hover" => self.ask_text("textDocument/hover", json!({"position": in_speech}))?,
            "semantic tokens, full" => {
                self.ask_text("textDocument/semanticTokens/full", json!({}))?
            }
            "semantic tokens, delta" => {
                self.ask_text("textDocument/semanticTokens/full/delta", last)?
            }
            "rename" => {
                let params = json!({"position": on_cue, "newName": "Quetzalcoatl"});
                self.ask_text("textDocument/rename", params)?
            }
            "workspace symbols" => self.ask("workspace/symbol", &json!({"query": "int"}))?,
            other => bail!("no question {other}"),
        };
        let took = start.elapsed();
        ensure!(!answer.is_null(), "{name} has no answer");
        if let Some(id) = answer.get("resultId") {
            self.colors = id.clone();
        }
        Ok(took)
    }

    fn ask_text(&mut self, method: &str, mut params: Value) -> anyhow::Result<Value> {
        params["textDocument"] = json!({"uri": self.uri});
        self.ask(method, &params)
    }

    fn ask(&mut self, method: &str, params: &Value) -> anyhow::Result<Value> {
        let id = self.next_id;
        self.next_id += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        loop {
            let mut message = self.read()?;
            if message["id"] == id && message["method"].is_null() {
                ensure!(message["error"].is_null(), "{method}: {}", message["error"]);
                return Ok(message["result"].take());
            }
        }
    }

    fn tell(&mut self, method: &str, params: &Value) -> anyhow::Result<()> {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    /// Waits for the problems of the version that is open.
    fn problems(&mut self) -> anyhow::Result<()> {
        loop {
            let message = self.read()?;
            let told = message["method"] == "textDocument/publishDiagnostics";
            let params = &message["params"];
            if told && params["version"] == self.version && params["uri"] == *self.uri {
                return Ok(());
            }
        }
    }

    fn write(&mut self, message: &Value) -> anyhow::Result<()> {
        write_message(&mut self.stdin, message)
    }

    fn read(&mut self) -> anyhow::Result<Value> {
        let (_, message) = self.messages.recv().context("the server has ended")?;
        Ok(message)
    }
}

fn write_message(stdin: &mut ChildStdin, message: &Value) -> anyhow::Result<()> {
    let text = message.to_string();
    // In one piece, as editors do.
    let whole = format!("Content-Length: {}\r\n\r\n{text}", text.len());
    Ok(stdin.write_all(whole.as_bytes())?)
}

/// Every message with when it came.
fn messages(stdout: ChildStdout) -> Receiver<(Instant, Value)> {
    let (sender, messages) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        while let Ok(message) = read(&mut stdout) {
            if sender.send((Instant::now(), message)).is_err() {
                return;
            }
        }
    });
    messages
}

fn read(stdout: &mut BufReader<ChildStdout>) -> anyhow::Result<Value> {
    let mut len = 0;
    loop {
        let mut line = String::new();
        ensure!(stdout.read_line(&mut line)? > 0, "the server has ended");
        match line.trim().strip_prefix("Content-Length: ") {
            Some(value) => len = value.parse()?,
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut text = vec![0; len];
    stdout.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
