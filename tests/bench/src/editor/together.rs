//! Two editors and a page on one film: how far apart in time they hear of a key, and of a save.

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{Editor, messages, row, write_message};
use crate::{
    harness::{Row, Times},
    process::{Home, Peer},
};

const WARM_UP: usize = 5;
const COUNTED: usize = 60;
/// One frame of a screen, in milliseconds.
const FRAME_MS: u64 = 16;

/// Takes the times.
pub(super) fn rows(home: &Home, project: &str, path: &Path) -> anyhow::Result<Vec<Row>> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path)?;
    let mut writer = Editor::open(home, &shown, &text)?;
    let mut reader = Editor::open(home, &shown, &text)?;
    let mut page = Page::open(home, project)?;
    let (mut keys, mut saves) = (Vec::new(), Vec::new());
    let mut text = text;
    for round in 0..WARM_UP + COUNTED {
        let place = (writer.line, writer.column);
        writer.type_key()?;
        let told = [
            writer.next("textDocument/publishDiagnostics")?,
            page.next("draft/changed")?,
        ];
        text = typed(&text, place);
        fs::write(path, &text)?;
        writer.save()?;
        let saved = [
            writer.next("textDocument/publishDiagnostics")?,
            reader.next("textDocument/publishDiagnostics")?,
            page.next("state/changed")?,
        ];
        writer.settle(&mut reader, &mut page);
        if round >= WARM_UP {
            keys.push(spread(&told));
            saves.push(spread(&saved));
        }
    }
    Ok(vec![
        row(
            "a key: from the editor’s problems to the page’s preview",
            &Times::new(keys),
            FRAME_MS,
        ),
        row(
            "a save: from the first to the last of two editors and the page",
            &Times::new(saves),
            FRAME_MS,
        ),
    ])
}

fn spread(times: &[Instant]) -> Duration {
    let (first, last) = (times.iter().min(), times.iter().max());
    first
        .zip(last)
        .map_or(Duration::ZERO, |(first, last)| *last - *first)
}

/// A text after the key that [`Editor::type_key`] typed.
fn typed(text: &str, (line, column): (u64, u64)) -> String {
    let lines = text.split_inclusive('\n').take(line as usize);
    let byte = lines.map(str::len).sum::<usize>() + column as usize;
    let letter = if column % 6 == 5 { " " } else { "e" };
    format!("{}{letter}{}", &text[..byte], &text[byte..])
}

impl Editor {
    fn save(&mut self) -> anyhow::Result<()> {
        let uri = self.uri.clone();
        self.tell(
            "textDocument/didSave",
            &json!({"textDocument": {"uri": uri}}),
        )
    }

    /// When a message of a kind comes next.
    fn next(&mut self, method: &str) -> anyhow::Result<Instant> {
        loop {
            let (at, message) = self.messages.recv().context("the server has ended")?;
            if message["method"] == method {
                return Ok(at);
            }
        }
    }

    /// Lets everybody hear the rest of what there is to say.
    fn settle(&mut self, reader: &mut Editor, page: &mut Page) {
        std::thread::sleep(Duration::from_millis(4 * FRAME_MS));
        for messages in [&self.messages, &reader.messages, &page.messages] {
            while messages.try_recv().is_ok() {}
        }
    }
}

/// What a page is to the daemon.
struct Page {
    _process: Peer,
    messages: std::sync::mpsc::Receiver<(Instant, Value)>,
}

impl Page {
    fn open(home: &Home, project: &str) -> anyhow::Result<Page> {
        let mut command = home.command(&["stdio"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Peer::spawn(&mut command)?;
        let mut stdin = process.child.stdin.take().context("no stdin")?;
        let stdout = process.child.stdout.take().context("no stdout")?;
        let begin = json!({"client": "page", "protocol": 1});
        for (id, method, params) in [
            (1, "initialize", begin),
            (2, "state/subscribe", json!({"project": project})),
        ] {
            let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
            write_message(&mut stdin, &request)?;
        }
        // It ends with its stdin, which must stay open.
        process.child.stdin = Some(stdin);
        let messages = messages(stdout);
        while messages.recv().context("the daemon has ended")?.1["id"] != 2 {}
        Ok(Page {
            _process: process,
            messages,
        })
    }

    fn next(&mut self, method: &str) -> anyhow::Result<Instant> {
        loop {
            let (at, message) = self.messages.recv().context("the daemon has ended")?;
            if message["method"] == method {
                return Ok(at);
            }
        }
    }
}
