//! `storycore lsp`: an editor's way to the daemon. It starts the daemon, and when that ends, the
//! next one hears again what is open, so that the editor notices nothing.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    net::Shutdown,
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Sender},
    },
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
/// How much room is made for a message before any of it has come, in bytes.
const ROOM_BYTES_MAX: u64 = 1 << 20;

/// Speaks for an editor until it leaves.
pub(crate) fn run(in_process: bool) -> Result<(), Failure> {
    let settings = DaemonSettings::load(&Dirs::from_env().config).map_err(Failure::Failed)?;
    let limits = settings.limits.clone();
    let own = in_process.then(|| own::start(settings)).transpose()?;
    let (daemon, own) = match own {
        Some((daemon, own)) => (daemon, Some(own)),
        None => (connect_stream()?, None),
    };
    let to_editor = io::stdout().as_fd().try_clone_to_owned();
    let (end, ended) = mpsc::channel();
    let proxy = Arc::new(Proxy {
        mirror: Mutex::default(),
        to_daemon: Mutex::new(daemon),
        is_own: own.is_some(),
        to_editor: Mutex::new(to_editor.map_err(Failure::lost)?.into()),
        limits,
        end,
    });
    proxy.listen(&lock(&proxy.to_daemon))?;
    let hears = proxy.clone();
    // Never joined: a read of stdin cannot be called off, so it ends with the process.
    thread::spawn(move || hears.hear_editor());
    let spoken = ended.recv().unwrap_or(Ok(()));
    if let Some(own) = own {
        // It closes its films when nobody is at the other end.
        let _ = lock(&proxy.to_daemon).shutdown(Shutdown::Both);
        own.end()?;
    }
    spoken
}

/// Between an editor and its daemon. Each side's messages are handed on by the thread that read
/// them: a key is a short way from the daemon.
struct Proxy {
    mirror: Mutex<Mirror>,
    /// Held while the editor speaks, or while another daemon is told what the one before knew.
    to_daemon: Mutex<UnixStream>,
    /// Whether the daemon is in this process.
    is_own: bool,
    /// Standard output, without a buffer: messages are whole.
    to_editor: Mutex<File>,
    limits: Limits,
    /// How it ended.
    end: Sender<Result<(), Failure>>,
}

impl Proxy {
    fn hear_editor(&self) {
        let mut input = BufReader::new(io::stdin());
        let left = loop {
            match read(&mut input, &self.limits) {
                Ok(Some(text)) => {
                    if let Some(left) = self.hand_on(&text) {
                        break left;
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => {
                    let error = Error::invalid_params(format!("from the editor: {error}"));
                    let hint = "the session ends here, and nothing is lost; start the language \
                                server again, or raise the limit";
                    break Err(Failure::Failed(error.hint(hint)));
                }
            }
        };
        let _ = self.end.send(left);
    }

    /// Hands a message on; how it ended, if the editor leaves with it.
    fn hand_on(&self, text: &[u8]) -> Option<Result<(), Failure>> {
        let message: Value = serde_json::from_slice(text).unwrap_or_default();
        let mut to_daemon = lock(&self.to_daemon);
        // A request is noted before its answer can come; what is only told may hurry ahead.
        let is_told = message["id"].is_null();
        if !is_told {
            lock(&self.mirror).from_editor(&message);
        }
        // If it has gone, its reader tells, and the next one hears what counts.
        let _ = write(&mut *to_daemon, text);
        if is_told {
            lock(&self.mirror).from_editor(&message);
        }
        drop(to_daemon);
        if message["method"] == "initialize" {
            self.watch_editor(&message["params"]["processId"]);
        }
        (message["method"] == "exit").then(|| self.left())
    }

    /// LSP 3.17, `exit`: it is a failure to leave without `shutdown`.
    fn left(&self) -> Result<(), Failure> {
        if lock(&self.mirror).is_shut_down() {
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
        let end = self.end.clone();
        thread::spawn(move || {
            while platform::may_run(pid) {
                thread::sleep(EDITOR_WATCH);
            }
            let _ = end.send(Ok(()));
        });
    }

    /// Takes what the daemon says from now on.
    fn listen(self: &Arc<Proxy>, daemon: &UnixStream) -> Result<(), Failure> {
        let stream = daemon.try_clone().map_err(Failure::lost)?;
        let proxy = self.clone();
        thread::spawn(move || {
            let ended = proxy.hear_daemon(stream).and_then(|()| proxy.again());
            if let Err(failure) = ended {
                let _ = proxy.end.send(Err(failure));
            }
        });
        Ok(())
    }

    fn hear_daemon(&self, daemon: UnixStream) -> Result<(), Failure> {
        // What the daemon says is bounded by the daemon.
        let limits = Limits {
            frame_bytes_max: u64::MAX,
            ..self.limits.clone()
        };
        let mut input = BufReader::new(daemon);
        while let Ok(Some(text)) = read(&mut input, &limits) {
            let is_for_editor = lock(&self.mirror).from_daemon(&text);
            if is_for_editor {
                self.tell_editor(&text)?;
            }
        }
        Ok(())
    }

    fn tell_editor(&self, text: &[u8]) -> Result<(), Failure> {
        write(&mut *lock(&self.to_editor), text).map_err(|_| Failure::NoReader)
    }

    /// Finds or starts another daemon, and tells it what the one before knew.
    fn again(self: &Arc<Proxy>) -> Result<(), Failure> {
        if self.is_own {
            return Err(Failure::lost("the daemon in this process has ended"));
        }
        // What the editor says meanwhile waits, and goes to the next one.
        let mut to_daemon = lock(&self.to_daemon);
        for refusal in lock(&self.mirror).refusals() {
            self.tell_editor(refusal.to_string().as_bytes())?;
        }
        let mut pause = PAUSE_MIN;
        let mut attempt = 1;
        *to_daemon = loop {
            thread::sleep(pause);
            match connect_stream() {
                Ok(stream) => break stream,
                Err(failure) if attempt == ATTEMPTS_MAX => return Err(failure),
                Err(_) => (pause, attempt) = ((pause * 2).min(PAUSE_MAX), attempt + 1),
            }
        };
        // It may have more to say of what it is told than a socket holds.
        self.listen(&to_daemon)?;
        for message in lock(&self.mirror).again() {
            let _ = write(&mut *to_daemon, message.to_string().as_bytes());
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    let mut message = Vec::with_capacity(usize::try_from(len.min(ROOM_BYTES_MAX)).unwrap_or(0));
    let n = input.take(len).read_to_end(&mut message)?;
    if n as u64 != len {
        return Err(broken("less than its Content-Length says"));
    }
    Ok(Some(message))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a message has {what}"))
}

/// In one piece: each piece that is written wakes the other side.
fn write(output: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let mut whole = format!("Content-Length: {}\r\n\r\n", message.len()).into_bytes();
    whole.extend_from_slice(message);
    output.write_all(&whole)
}
