//! `storycore lsp`: an editor's way to the daemon. It starts the daemon, and when that ends, the
//! next one hears again what is open, so that the editor notices nothing.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use serde_json::Value;
use storycore_schema::{Error, Limits};
use storycore_server::{
    lsp::Mirror,
    platform::{self, Dirs},
    settings::DaemonSettings,
};

mod own;

use super::connect_stream;
use crate::failure::Failure;

/// Pause before the daemon is started again; it doubles with each attempt.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How often it is looked whether the editor still runs.
const EDITOR_WATCH: Duration = Duration::from_secs(1);
/// How often it is tried in a row, in attempts.
const ATTEMPTS_MAX: u32 = 10;

/// What happens.
enum Event {
    /// The editor sent a message.
    Editor(Vec<u8>),
    /// The editor has gone; or what it says cannot be understood any further.
    EditorGone(io::Result<()>),
    /// The daemon sent a message.
    Daemon(Vec<u8>),
    /// The connection of this number has ended.
    DaemonGone(u64),
}

/// Speaks for an editor until it leaves.
pub(crate) fn run(in_process: bool) -> Result<(), Failure> {
    let settings = DaemonSettings::load(&Dirs::from_env().config).map_err(Failure::Failed)?;
    let limits = settings.limits.clone();
    let own = in_process.then(|| own::start(settings)).transpose()?;
    let (daemon, own) = match own {
        Some((daemon, own)) => (daemon, Some(own)),
        None => (connect_stream()?, None),
    };
    let (events, happened) = mpsc::channel();
    let (to_editor, of_editor) = (events.clone(), limits.clone());
    // Never joined: a read of stdin cannot be called off, so it ends with the process.
    thread::spawn(move || {
        let mut input = BufReader::new(io::stdin());
        let left = loop {
            match read(&mut input, &of_editor) {
                Err(error) => break Err(error),
                Ok(None) => break Ok(()),
                Ok(Some(message)) => {
                    if to_editor.send(Event::Editor(message)).is_err() {
                        return;
                    }
                }
            }
        };
        let _ = to_editor.send(Event::EditorGone(left));
    });
    let mut proxy = Proxy {
        mirror: Mirror::default(),
        daemon,
        own,
        connection: 0,
        events,
        limits,
    };
    proxy.listen()?;
    let spoken = proxy.speak(&happened);
    if let Some(own) = proxy.own.take() {
        // It closes its films when nobody is at the other end.
        let _ = proxy.daemon.shutdown(Shutdown::Both);
        own.end()?;
    }
    spoken
}

struct Proxy {
    mirror: Mirror,
    daemon: UnixStream,
    /// The daemon that is in this process.
    own: Option<own::Own>,
    /// Counts connections, so that the end of an old one is not taken for that of the new one.
    connection: u64,
    events: Sender<Event>,
    limits: Limits,
}

impl Proxy {
    fn speak(&mut self, happened: &Receiver<Event>) -> Result<(), Failure> {
        while let Ok(event) = happened.recv() {
            match event {
                Event::EditorGone(Ok(())) => return Ok(()),
                Event::EditorGone(Err(error)) => {
                    let error = Error::invalid_params(format!("from the editor: {error}"));
                    let hint = "the session ends here, and nothing is lost; start the language \
                                server again, or raise the limit";
                    return Err(Failure::Failed(error.hint(hint)));
                }
                Event::Editor(text) => {
                    let message: Value = serde_json::from_slice(&text).unwrap_or_default();
                    self.mirror.from_editor(&message);
                    if message["method"] == "initialize" {
                        self.watch_editor(&message["params"]["processId"]);
                    }
                    // If it has gone, its reader tells, and the next one hears what counts.
                    let _ = write(&mut self.daemon, &text);
                    if message["method"] == "exit" {
                        return self.left();
                    }
                }
                Event::Daemon(text) => {
                    if self.mirror.from_daemon(&text) {
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

    /// Leaves with the editor, though it may have left its end of stdin to somebody (LSP 3.17,
    /// `InitializeParams.processId`).
    fn watch_editor(&self, process_id: &Value) {
        let pid = process_id.as_u64().and_then(|it| u32::try_from(it).ok());
        let Some(pid) = pid else { return };
        let events = self.events.clone();
        thread::spawn(move || {
            while platform::may_run(pid) {
                thread::sleep(EDITOR_WATCH);
            }
            let _ = events.send(Event::EditorGone(Ok(())));
        });
    }

    /// Finds or starts another daemon, and tells it what the one before knew.
    fn again(&mut self) -> Result<(), Failure> {
        if self.own.is_some() {
            return Err(Failure::lost("the daemon in this process has ended"));
        }
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
        // What the daemon says is bounded by the daemon.
        let limits = Limits {
            frame_bytes_max: u64::MAX,
            ..self.limits.clone()
        };
        thread::spawn(move || {
            let mut input = BufReader::new(stream);
            while let Ok(Some(message)) = read(&mut input, &limits) {
                if events.send(Event::Daemon(message)).is_err() {
                    return;
                }
            }
            let _ = events.send(Event::DaemonGone(connection));
        });
        Ok(())
    }
}

/// One message after its header; none when the stream ends.
fn read(input: &mut impl BufRead, limits: &Limits) -> io::Result<Option<Vec<u8>>> {
    let mut len = None;
    let mut is_first = true;
    loop {
        let mut line = Vec::new();
        let header_max = limits.header_bytes_max;
        let n = input
            .by_ref()
            .take(header_max)
            .read_until(b'\n', &mut line)?;
        if n == 0 && is_first {
            return Ok(None);
        }
        is_first = false;
        if line.last() != Some(&b'\n') {
            return Err(broken(
                "a header that ends early or is longer than header_bytes_max",
            ));
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
    let len = len.ok_or_else(|| broken("a header without a Content-Length"))?;
    if len > limits.frame_bytes_max {
        let max = limits.frame_bytes_max;
        return Err(broken(&format!(
            "{len} bytes, more than the limit frame_bytes_max of {max}"
        )));
    }
    let mut message = Vec::new();
    let n = input.take(len).read_to_end(&mut message)?;
    if n as u64 != len {
        return Err(broken("less than its Content-Length says"));
    }
    Ok(Some(message))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a message has {what}"))
}

fn write(output: &mut impl Write, message: &[u8]) -> io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n", message.len())?;
    output.write_all(message)?;
    output.flush()
}
