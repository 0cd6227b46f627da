//! `storycore lsp`: an editor's way to the daemon. It starts the daemon, and when that ends, the
//! next one hears again what is open, so that the editor notices nothing.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use serde_json::Value;
use storycore_schema::{Error, Limits};
use storycore_server::lsp::Mirror;

use super::connect_stream;
use crate::failure::Failure;

/// Pause before the daemon is started again; it doubles with each attempt.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How often it is tried in a row, in attempts.
const ATTEMPTS_MAX: u32 = 10;

/// What happens.
enum Event {
    /// The editor sent a message.
    Editor(Vec<u8>),
    /// The editor has gone.
    EditorGone,
    /// The daemon sent a message.
    Daemon(Vec<u8>),
    /// The connection of this number has ended.
    DaemonGone(u64),
}

/// Speaks for an editor until it leaves.
pub(crate) fn run() -> Result<(), Failure> {
    let (events, happened) = mpsc::channel();
    let to_editor = events.clone();
    // Never joined: a read of stdin cannot be called off, so it ends with the process.
    thread::spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Some(message) = read(&mut input) {
            if to_editor.send(Event::Editor(message)).is_err() {
                return;
            }
        }
        let _ = to_editor.send(Event::EditorGone);
    });
    let mut proxy = Proxy {
        mirror: Mirror::default(),
        daemon: connect_stream()?,
        connection: 0,
        events,
    };
    proxy.listen()?;
    proxy.speak(&happened)
}

struct Proxy {
    mirror: Mirror,
    daemon: UnixStream,
    /// Counts connections, so that the end of an old one is not taken for that of the new one.
    connection: u64,
    events: Sender<Event>,
}

impl Proxy {
    fn speak(&mut self, happened: &Receiver<Event>) -> Result<(), Failure> {
        while let Ok(event) = happened.recv() {
            match event {
                Event::EditorGone => return Ok(()),
                Event::Editor(text) => {
                    let message: Value = serde_json::from_slice(&text).unwrap_or_default();
                    self.mirror.from_editor(&message);
                    // If it has gone, its reader tells, and the next one hears what counts.
                    let _ = write(&mut self.daemon, &text);
                    if message["method"] == "exit" {
                        return self.left();
                    }
                }
                Event::Daemon(text) => {
                    let message: Value = serde_json::from_slice(&text).unwrap_or_default();
                    if self.mirror.from_daemon(&message) {
                        write(&mut io::stdout().lock(), &text).map_err(|_| Failure::NoReader)?;
                    }
                }
                Event::DaemonGone(connection) if connection == self.connection => self.again()?,
                Event::DaemonGone(_) => {}
            }
        }
        Ok(())
    }

    /// LSP 3.17, `exit`: it is a failure to leave without `shutdown`.
    fn left(&self) -> Result<(), Failure> {
        if self.mirror.is_shut_down() {
            return Ok(());
        }
        let error = Error::failed_precondition("the editor sent `exit` without `shutdown`");
        Err(Failure::Failed(
            error.hint("nothing is lost; it is the editor's mistake"),
        ))
    }

    /// Finds or starts another daemon, and tells it what the one before knew.
    fn again(&mut self) -> Result<(), Failure> {
        for refusal in self.mirror.refusals() {
            let text = refusal.to_string();
            write(&mut io::stdout().lock(), text.as_bytes()).map_err(|_| Failure::NoReader)?;
        }
        let mut pause = PAUSE_MIN;
        let mut attempt = 1;
        self.daemon = loop {
            thread::sleep(pause);
            match connect_stream() {
                Ok(stream) => break stream,
                Err(failure) if attempt == ATTEMPTS_MAX => return Err(failure),
                Err(_) => (pause, attempt) = ((pause * 2).min(PAUSE_MAX), attempt + 1),
            }
        };
        self.connection += 1;
        self.listen()?;
        for message in self.mirror.again() {
            let _ = write(&mut self.daemon, message.to_string().as_bytes());
        }
        Ok(())
    }

    /// Takes what the daemon says from now on.
    fn listen(&self) -> Result<(), Failure> {
        let stream = self.daemon.try_clone().map_err(Failure::lost)?;
        let (events, connection) = (self.events.clone(), self.connection);
        thread::spawn(move || {
            let mut input = BufReader::new(stream);
            while let Some(message) = read(&mut input) {
                if events.send(Event::Daemon(message)).is_err() {
                    return;
                }
            }
            let _ = events.send(Event::DaemonGone(connection));
        });
        Ok(())
    }
}

/// One message after its header; none when the stream ends or cannot be understood any further.
fn read(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let mut len = None;
    loop {
        let mut line = Vec::new();
        let header_max = limits.header_bytes_max;
        let n = input.by_ref().take(header_max).read_until(b'\n', &mut line);
        if n.ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            len = value.trim().parse::<u64>().ok();
        }
    }
    let len = len.filter(|it| *it <= limits.frame_bytes_max)?;
    let mut message = Vec::new();
    let n = input.take(len).read_to_end(&mut message).ok()?;
    (n as u64 == len).then_some(message)
}

fn write(output: &mut impl Write, message: &[u8]) -> io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n", message.len())?;
    output.write_all(message)?;
    output.flush()
}
