//! What a daemon asked of the disk and when, and when it said what: the system's own record of it,
//! by `strace`, so that nothing stands between the daemon and its disk that is not there in life.
//!
//! A call counts as done when it has returned, a sync covers what was done before it began, and a
//! message counts as said when its sending begins.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs,
    path::{Component, Path, PathBuf},
    time::{Duration, Instant},
};

use super::support::sandbox::variable;

/// Every call that changes files or their place, or sends to a socket. One that touches the film
/// and that [`Reader::call`] does not know ends the test: the record would not be whole.
const CALLS: &str = "trace=openat,open,creat,lseek,write,writev,pwrite64,pwritev,pwritev2,sendto,\
    sendmsg,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,unlink,unlinkat,mkdir,\
    mkdirat,rmdir,ftruncate,truncate,fallocate,link,linkat,symlink,symlinkat,copy_file_range,\
    sendfile,splice";
/// Each waits so many microseconds before it begins.
const SLOW_WRITES: &str = "--inject=pwrite64:delay_enter=5000";
/// How long the recorder may take to write its last line.
const END_WAIT: Duration = Duration::from_secs(20);

/// The program that starts the daemon in its own place and records it.
pub(super) fn recorder(to: &Path) -> Vec<String> {
    let words = [
        "--daemonize=grandchild",
        "--follow-forks",
        "--seccomp-bpf",
        "--decode-fds=path",
        "--string-limit=16777216",
        "-e",
        CALLS,
        "-e",
        "signal=none",
        "-o",
    ];
    let program = variable("STORYCORE_TEST_STRACE");
    let mut words: Vec<String> = [&*program]
        .into_iter()
        .chain(words)
        .map(str::to_owned)
        .collect();
    words.push(to.to_string_lossy().into_owned());
    words
}

/// The program that starts the daemon in its own place, on a disk that takes its time for whatever
/// the log writes: what is told before it is written is told long before.
pub(super) fn slow_disk() -> Vec<String> {
    let words = [
        "--daemonize=grandchild",
        "--follow-forks",
        "--seccomp-bpf",
        "--quiet=all",
        "--trace=pwrite64",
        SLOW_WRITES,
        "--output=/dev/null",
    ];
    let program = variable("STORYCORE_TEST_STRACE");
    let words = [&*program].into_iter().chain(words);
    words.map(str::to_owned).collect()
}

/// Something the daemon did, with paths relative to the film's folder.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    MakeFolder(PathBuf),
    MakeFile(PathBuf),
    Resize(PathBuf, usize),
    Write {
        path: PathBuf,
        at: usize,
        bytes: Vec<u8>,
    },
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// Of a file or a folder; covers the steps before `since`.
    Sync {
        path: PathBuf,
        since: usize,
    },
    /// Told a client of everything up to this event.
    Said(u64),
    /// Told a client that its export is written.
    Exported,
}

/// Reads the record of a daemon that has ended.
pub(super) fn read(record: &Path, daemon: u32, film: &Path) -> Vec<Step> {
    let mut reader = Reader {
        film: film.canonicalize().expect("a film"),
        steps: Vec::new(),
        pending: HashMap::new(),
        offsets: HashMap::new(),
    };
    for line in whole(record, daemon).lines() {
        let (process, rest) = line.split_once(' ').expect("a process");
        reader.line(process, rest.trim_start());
    }
    reader.steps
}

/// Waits for the recorder's last line.
fn whole(record: &Path, daemon: u32) -> String {
    let deadline = Instant::now() + END_WAIT;
    // The recorder pads the numbers of processes.
    let ends = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.join(" ") == format!("{daemon} +++ exited with 0 +++")
    };
    loop {
        let text = fs::read_to_string(record).expect("a record");
        let last = text.lines().last().unwrap_or_default();
        if ends(last) && text.ends_with('\n') {
            return text;
        }
        assert!(Instant::now() < deadline, "the record ends with {last}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

struct Reader {
    film: PathBuf,
    steps: Vec<Step>,
    /// A call of a thread that has begun, and the number of steps before it.
    pending: HashMap<String, (String, usize)>,
    /// Where the next plain write to an open file goes.
    offsets: HashMap<String, usize>,
}

impl Reader {
    fn line(&mut self, process: &str, rest: &str) {
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            self.saying(begun);
            let begun = (begun.to_owned(), self.steps.len());
            self.pending.insert(process.to_owned(), begun);
            return;
        }
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let end = resumed.split_once(" resumed>").expect("an end").1;
            if let Some((begun, since)) = self.pending.remove(process) {
                self.call(&format!("{begun}{end}"), since);
            }
            return;
        }
        self.saying(rest);
        self.call(rest, self.steps.len());
    }

    /// Messages to clients are JSON, so their quotes are escaped in the record.
    fn saying(&mut self, call: &str) {
        let name = call.split('(').next().unwrap_or_default();
        if !matches!(name, "sendto" | "sendmsg" | "write" | "writev") || !call.contains("<socket:")
        {
            return;
        }
        let numbers = call.split(r#"\"seq\":"#).skip(1);
        let numbers = numbers.filter_map(|it| it.split(|c: char| !c.is_ascii_digit()).next());
        if let Some(seq) = numbers.filter_map(|it| it.parse().ok()).max() {
            self.steps.push(Step::Said(seq));
        }
        if call.contains("/exports/storyboard.html") {
            self.steps.push(Step::Exported);
        }
    }

    fn call(&mut self, call: &str, since: usize) {
        let Some((name, rest)) = call.split_once('(') else {
            return;
        };
        let (args, result) = arguments(rest);
        if result.is_empty() || result.starts_with('-') || result.starts_with('?') {
            return;
        }
        let place = |at: usize| self.place(&args, at);
        match name {
            "openat" => self.open(&args, result),
            "lseek" => {
                let offset = result.parse().expect("an offset");
                self.offsets.insert(descriptor(&args[0]), offset);
            }
            "mkdir" => self.push(place(0).map(Step::MakeFolder)),
            "mkdirat" => self.push(place(1).map(Step::MakeFolder)),
            "rename" => self.rename(place(0), place(1)),
            "renameat" | "renameat2" => self.rename(place(1), place(3)),
            "unlink" | "rmdir" => self.push(place(0).map(Step::Remove)),
            "unlinkat" => self.push(place(1).map(Step::Remove)),
            "fsync" | "fdatasync" => {
                let path = self.open_file(&args[0]);
                self.push(path.map(|path| Step::Sync { path, since }));
            }
            "ftruncate" => {
                let path = self.open_file(&args[0]);
                let size = || args[1].parse().expect("a size");
                self.push(path.map(|path| Step::Resize(path, size())));
            }
            "write" | "pwrite64" => self.write(&args, result),
            "sendto" | "sendmsg" => {}
            _ => {
                let film = self.film.to_string_lossy();
                assert!(!call.contains(&*film), "not known to the disk: {call}");
            }
        }
    }

    fn push(&mut self, step: Option<Step>) {
        self.steps.extend(step);
    }

    fn open(&mut self, args: &[String], result: &str) {
        let number = result.split('<').next().unwrap_or_default();
        self.offsets.insert(number.to_owned(), 0);
        let Some(path) = self.place(args, 1) else {
            return;
        };
        if args[2].contains("O_CREAT") {
            // Whether it was there is known to the one who replays this.
            self.steps.push(Step::MakeFile(path.clone()));
        }
        assert!(!args[2].contains("O_APPEND"), "where do its writes go?");
        if args[2].contains("O_TRUNC") {
            self.steps.push(Step::Resize(path, 0));
        }
    }

    fn rename(&mut self, from: Option<PathBuf>, to: Option<PathBuf>) {
        match (from, to) {
            (Some(from), Some(to)) => self.steps.push(Step::Rename(from, to)),
            (None, None) => {}
            moved => panic!("moved in or out: {moved:?}"),
        }
    }

    fn write(&mut self, args: &[String], result: &str) {
        let Some(path) = self.open_file(&args[0]) else {
            return;
        };
        let mut bytes = unescape(&args[1]);
        bytes.truncate(result.parse().expect("a length"));
        let at = match args.get(3) {
            Some(at) => at.parse().expect("an offset"),
            None => {
                let offset = self.offsets.get_mut(&descriptor(&args[0]));
                let offset = offset.expect("an open file");
                *offset += bytes.len();
                *offset - bytes.len()
            }
        };
        self.steps.push(Step::Write { path, at, bytes });
    }

    /// A path as it was given, which may be relative to a folder given before it.
    fn place(&self, args: &[String], at: usize) -> Option<PathBuf> {
        let path = String::from_utf8(unescape(&args[at])).expect("a path");
        let folder = at.checked_sub(1).map(|it| shown_path(&args[it]));
        self.inside(&folder.unwrap_or_default().join(path))
    }

    fn open_file(&self, arg: &str) -> Option<PathBuf> {
        self.inside(&shown_path(arg))
    }

    /// What of the film is the daemon's: its sources are written by others.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let inside = path.strip_prefix(&self.film).ok()?;
        let first = inside
            .components()
            .next()
            .map_or(OsStr::new(""), Component::as_os_str);
        (first.is_empty() || first == ".storycore" || first == "exports").then(|| inside.to_owned())
    }
}

/// `16</folder/file>`: the file's path; with `(deleted)`, it is no path any more.
fn shown_path(arg: &str) -> PathBuf {
    let shown = arg.split_once('<').and_then(|it| it.1.strip_suffix('>'));
    shown.unwrap_or_default().into()
}

fn descriptor(arg: &str) -> String {
    arg.split('<').next().unwrap_or_default().to_owned()
}

/// What stands between the parentheses, and what after the `=`.
fn arguments(rest: &str) -> (Vec<String>, &str) {
    let (mut args, mut depth, mut quoted, mut escaped) = (vec![String::new()], 0, false, false);
    for (at, letter) in rest.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                let result = rest[at + 1..].trim_start().strip_prefix("= ");
                return (args, result.unwrap_or_default());
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                args.push(String::new());
                continue;
            }
            ' ' if depth == 0 => continue,
            _ => {}
        }
        args.last_mut().expect("one").push(letter);
    }
    (args, "")
}

/// A C string as `strace` prints it.
fn unescape(quoted: &str) -> Vec<u8> {
    let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let mut rest = inner
        .unwrap_or_else(|| panic!("no whole string: {quoted}"))
        .bytes()
        .peekable();
    let mut bytes = Vec::new();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().expect("an escape") {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'v' => 0x0b,
            b'f' => 0x0c,
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|it| (b'0'..=b'7').contains(it)) else {
                        break;
                    };
                    value = value * 8 + u32::from(digit - b'0');
                }
                u8::try_from(value).expect("a byte")
            }
            other => other,
        });
    }
    bytes
}

#[test]
fn a_record_is_read_as_it_was_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let film = folder.path().canonicalize().expect("a path");
    let data = film.join(".storycore");
    let data = data.display();
    let text = format!(
        r#"7 mkdir("{data}", 0777) = 0
7 openat(AT_FDCWD</>, "{data}/a", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 5<{data}/a>
7 write(5<{data}/a>, "one, (\"\0012\n", 10) = 10
8 fsync(5<{data}/a> <unfinished ...>
7 write(5<{data}/a>, "two", 3) = 2
9 sendto(6<socket:[1]>, "{{\"seq\":41}},{{\"seq\":42}}", 20, 0, NULL, 0 <unfinished ...>
8 <... fsync resumed>)                     = 0
7 pwrite64(5<{data}/a>, "\377", 1, 4096) = 1
7 unlinkat(4<{data}>, "a", 0) = -1 ENOENT (No such file or directory)
7 unlinkat(4<{data}>, "a", 0)     = 0
7 +++ exited with 0 +++
"#
    );
    let record = film.join("record");
    fs::write(&record, text).expect("a record");
    let a = || PathBuf::from(".storycore/a");
    let write = |at, bytes: &[u8]| Step::Write {
        path: a(),
        at,
        bytes: bytes.to_owned(),
    };
    let expected = [
        Step::MakeFolder(".storycore".into()),
        Step::MakeFile(a()),
        Step::Resize(a(), 0),
        write(0, b"one, (\"\x012\n"),
        write(10, b"tw"),
        Step::Said(42),
        Step::Sync {
            path: a(),
            since: 4,
        },
        write(4096, b"\xff"),
        Step::Remove(a()),
    ];
    assert_eq!(read(&record, 7, &film), expected);
}
