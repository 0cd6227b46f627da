//! The log: how fast it takes commands, beside a bare SQLite loop and the disk alone, and how fast
//! a film is opened from it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use storycore_core::{
    Decide, Env, Film,
    project::{CreateFilm, SetAutoRender},
};
use storycore_schema::{
    Error, Event, Limits, Seq,
    id::TakeId,
    project::Project,
    take::{TakeComment, TakeEvent},
};
use storycore_server::{
    bus::Bus,
    clock::Clock,
    event_log::{EventLog, Past, Snapshots},
    films::{Backends, Films},
    owner::{self, Origin, OwnerOptions},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{Row, Times, mebibytes, time, timed},
    life,
};

const WRITERS: usize = 32;
const PAYLOAD_BYTES: usize = 500;
/// How long each side of a comparison runs, and how often they take turns.
const TURN: Duration = Duration::from_secs(2);
const TURNS: usize = 5;
const RATIO_MIN: f64 = 0.5;
/// How often a film is opened each way.
const OPENINGS: usize = 7;
/// Commands after the last snapshot when a daemon is killed.
const COMMANDS_BEFORE_KILL: u64 = 4_000;
const KILLED_EXTRA_MAX: Duration = Duration::from_millis(50);
const PLACES: usize = 200;
const PLACE_MAX: Duration = Duration::from_millis(100);

/// Length of a life in events, and how long opening may take without and with a snapshot.
const LIVES: [(u64, Duration, Duration); 2] = [
    (
        100_000,
        Duration::from_millis(250),
        Duration::from_millis(50),
    ),
    (
        1_000_000,
        Duration::from_secs(2),
        Duration::from_millis(100),
    ),
];

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let temp = tempfile::tempdir()?;
    let mut rows = appends(temp.path())?;
    for (n_events, plain_max, snapshot_max) in LIVES {
        let film = LivedFilm::new(&temp, n_events)?;
        rows.push(film.opened(n_events, "without a snapshot", plain_max, true)?);
        rows.push(film.opened(n_events, "with a snapshot", snapshot_max, false)?);
        rows.push(film.killed(n_events)?);
        if n_events == LIVES[0].0 {
            rows.push(film.places(n_events)?);
        }
        rows.push(film.size(n_events)?);
    }
    Ok(rows)
}

// How fast commands are taken.

/// What a side did in one turn: things a second, and how long one took.
struct Rate {
    a_second: f64,
    p50: Duration,
}

fn appends(folder: &Path) -> anyhow::Result<Vec<Row>> {
    let (mut disk, mut bare, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let path = |name: &str| folder.join(format!("{name}-{turn}"));
        disk.push(syncs(&path("disk"))?);
        bare.push(bare_loop(&path("bare"))?);
        ours.push(commands(&path("ours"))?);
    }
    let [disk, bare, ours] = [disk, bare, ours].map(middle);
    let ratio = ours.a_second / bare.a_second;
    let told = |it: &Rate| format!("{:.0} a second (p50 {})", it.a_second, time(it.p50));
    let row = Row::new(
        "durable commands, 32 writers; bare SQLite loop",
        told(&ours),
    );
    Ok(vec![
        Row::new("the disk alone: 500 bytes, then fdatasync", told(&disk)),
        row.target(format!("≥ {RATIO_MIN} of the peer"), ratio >= RATIO_MIN)
            .peer(told(&bare), ratio),
    ])
}

fn middle(mut rates: Vec<Rate>) -> Rate {
    rates.sort_by(|a, b| a.a_second.total_cmp(&b.a_second));
    rates.swap_remove(rates.len() / 2)
}

fn rate(times: Vec<Duration>, begin: Instant) -> Rate {
    Rate {
        a_second: times.len() as f64 / begin.elapsed().as_secs_f64(),
        p50: Times::new(times).median(),
    }
}

fn syncs(path: &Path) -> anyhow::Result<Rate> {
    let mut file = fs::File::create(path)?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < TURN {
        let (took, synced) = timed(|| {
            file.write_all(&[b'x'; PAYLOAD_BYTES])?;
            file.sync_data()
        });
        synced?;
        times.push(took);
    }
    Ok(rate(times, begin))
}

type Done = mpsc::Sender<()>;

/// What a program would do that needs no more than durable rows: threads hand theirs to one writer,
/// which commits what waits, at most 512.
fn bare_loop(path: &Path) -> anyhow::Result<Rate> {
    let mut file = rusqlite::Connection::open(path)?;
    file.pragma_update(None, "journal_mode", "WAL")?;
    file.pragma_update(None, "synchronous", "FULL")?;
    file.execute_batch(
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL,
         version INTEGER NOT NULL, at_ms INTEGER NOT NULL, actor TEXT NOT NULL,
         correlation_id TEXT NOT NULL, payload TEXT NOT NULL) STRICT",
    )?;
    let (rows, queue) = mpsc::channel::<(String, Done)>();
    let begin = Instant::now();
    let times = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| bare_writer(&rows.clone(), begin, &times));
        }
        let written = write_bare(&mut file, &queue, begin);
        // Whoever waits for an answer is let go.
        drop(queue);
        written
    })?;
    let times = times.into_inner().unwrap_or_default();
    Ok(rate(times, begin))
}

fn bare_writer(rows: &mpsc::Sender<(String, Done)>, begin: Instant, times: &Mutex<Vec<Duration>>) {
    let mut own = Vec::new();
    while begin.elapsed() < TURN {
        let (done, wait) = mpsc::channel();
        let start = Instant::now();
        if rows.send(("x".repeat(PAYLOAD_BYTES), done)).is_err() || wait.recv().is_err() {
            break;
        }
        own.push(start.elapsed());
    }
    times
        .lock()
        .map(|mut it| it.append(&mut own))
        .unwrap_or_default();
}

fn write_bare(
    file: &mut rusqlite::Connection,
    queue: &mpsc::Receiver<(String, Done)>,
    begin: Instant,
) -> anyhow::Result<()> {
    let mut seq = 0_i64;
    while begin.elapsed() < TURN {
        let Ok(first) = queue.recv_timeout(TURN) else {
            break;
        };
        let batch: Vec<_> = std::iter::once(first)
            .chain(queue.try_iter().take(511))
            .collect();
        let transaction = file.transaction()?;
        for (payload, _) in &batch {
            seq += 1;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO events VALUES (?1, 'take', 1, ?2, 'page', 'bench', ?3)",
            )?;
            insert.execute(rusqlite::params![seq, seq, payload])?;
        }
        transaction.commit()?;
        for (_, done) in batch {
            let _ = done.send(());
        }
    }
    Ok(())
}

/// A command that comes to one event of about [`PAYLOAD_BYTES`].
struct Comment;

impl Decide for Comment {
    type Output = ();

    fn decide(self, _film: &Film, env: &mut Env<'_>) -> Result<((), Vec<Event>), Error> {
        let comment = TakeComment {
            id: env.fresh_id(),
            by: "page".to_owned(),
            at_ms: env.now_ms,
            text: "x".repeat(PAYLOAD_BYTES - 180),
        };
        let id: TakeId = env.fresh_id();
        Ok(((), vec![Event::Take(TakeEvent::Commented { id, comment })]))
    }
}

/// The film's owner, with so many clients that each wait for their answer.
fn commands(path: &Path) -> anyhow::Result<Rate> {
    let runtime = Runtime::new()?;
    let bus = Arc::new(Bus::new(Film::new("film")));
    let options = OwnerOptions {
        queue_len_max: 4_096,
        commit_commands_max: 512,
        id_seed: 1,
        clock: Clock::after(0),
    };
    let closing = CancellationToken::new();
    runtime.block_on(async {
        let log = Arc::new(EventLog::open(path)?);
        let (owner, task) = owner::start(log, bus, closing.clone(), &options);
        let origin = Origin::daemon("page", "bench".into());
        let title = "Bench".to_owned();
        owner
            .submit(origin.clone(), CreateFilm { title })
            .await
            .map_err(told)?;
        let begin = Instant::now();
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (owner, origin) = (owner.clone(), origin.clone());
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    while begin.elapsed() < TURN {
                        let start = Instant::now();
                        owner.submit(origin.clone(), Comment).await?;
                        times.push(start.elapsed());
                    }
                    Ok(times)
                })
            })
            .collect();
        let mut times = Vec::new();
        for writer in writers {
            times.extend(writer.await?.map_err(told)?);
        }
        let rate = rate(times, begin);
        closing.cancel();
        task.await?;
        Ok(rate)
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what `map_err` takes is given an error by value"
)]
fn told(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

// How fast a film is opened.

/// A film with a long life behind it.
struct LivedFilm {
    runtime: Runtime,
    films: Films,
    folder: PathBuf,
    mean_bytes: u64,
    shots: usize,
}

impl LivedFilm {
    fn new(temp: &TempDir, n_events: u64) -> anyhow::Result<LivedFilm> {
        let runtime = Runtime::new()?;
        let folder = temp.path().join(format!("film-{n_events}"));
        fs::create_dir(&folder)?;
        life::write_files(&folder)?;
        let films = films(&folder);
        let mut film = LivedFilm {
            runtime,
            films,
            folder,
            mean_bytes: 0,
            shots: 0,
        };
        film.open_once()?;
        let life = life::live(&film.runtime, &film.folder, n_events)?;
        (film.mean_bytes, film.shots) = (life.mean_bytes, life.shots);
        film.open_once()?;
        Ok(film)
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.join(".storycore").join(name)
    }

    /// Opens the film as `project/open` does, its files included, and closes it again.
    fn open_once(&self) -> anyhow::Result<(Duration, Project)> {
        self.runtime.block_on(async {
            let (begin, path) = (Instant::now(), self.folder.to_string_lossy());
            let origin = Origin::daemon("bench", "bench".into());
            let film = self.films.open(&path, None, origin).await.map_err(told)?;
            let took = begin.elapsed();
            self.films.close(film.id).await.map_err(told)?;
            Ok((took, film))
        })
    }

    /// How long the log alone takes.
    fn read_once(&self) -> anyhow::Result<Duration> {
        let limits = Limits::default();
        let (took, opened) = timed(|| {
            let past = Past {
                log: Arc::new(EventLog::open(&self.data("project.db"))?),
                snapshots: Arc::new(Snapshots::at(self.data("snapshots"), &limits)),
                shown: "film".into(),
            };
            past.open()
        });
        ensure!(opened?.film.seq > Seq(0), "nothing was read");
        Ok(took)
    }

    fn opened(&self, n_events: u64, how: &str, max: Duration, forget: bool) -> anyhow::Result<Row> {
        let (mut whole, mut log) = (Vec::new(), Vec::new());
        let (snapshots, aside) = (self.data("snapshots"), self.folder.join("aside"));
        if forget {
            fs::rename(&snapshots, &aside)?;
        }
        for _ in 0..OPENINGS {
            let forget = || {
                if forget {
                    fs::remove_dir_all(&snapshots).ok();
                }
            };
            forget();
            log.push(self.read_once()?);
            forget();
            let (took, film) = self.open_once()?;
            ensure!(film.seq.0 >= n_events, "events are missing");
            whole.push(took);
        }
        if forget {
            fs::remove_dir_all(&snapshots).ok();
            fs::rename(&aside, &snapshots)?;
        }
        let (whole, log) = (Times::new(whole), Times::new(log));
        let ours = format!(
            "{} (worst {}; of that the log {})",
            time(whole.median()),
            time(whole.percentile(100)),
            time(log.median())
        );
        let row = Row::new(format!("open a film of {n_events} events {how}"), ours);
        Ok(row.target(format!("≤ {}", time(max)), whole.median() <= max))
    }

    /// After a kill in the midst of commands, and after a stop in the same moment.
    fn killed(&self, n_events: u64) -> anyhow::Result<Row> {
        let (mut killed, mut stopped) = (Vec::new(), Vec::new());
        for _ in 0..OPENINGS {
            for (kill, times) in [(true, &mut killed), (false, &mut stopped)] {
                let mut child = LiveFilm::start(&self.folder)?;
                if kill {
                    child.0.kill()?;
                }
                drop(child);
                times.push(self.open_once()?.0);
            }
        }
        let (killed, stopped) = (Times::new(killed), Times::new(stopped));
        let extra = killed.median().saturating_sub(stopped.median());
        let ours = format!(
            "{} (after a stop {}; {COMMANDS_BEFORE_KILL} commands since the snapshot)",
            time(killed.median()),
            time(stopped.median())
        );
        let row = Row::new(format!("open it after kill -9, {n_events} events"), ours);
        Ok(row.target("≤ a clean stop + 50 ms", extra <= KILLED_EXTRA_MAX))
    }

    /// The film at any of its places.
    fn places(&self, n_events: u64) -> anyhow::Result<Row> {
        let times = self.runtime.block_on(async {
            let path = self.folder.to_string_lossy();
            let origin = Origin::daemon("bench", "bench".into());
            let project = self.films.open(&path, None, origin).await.map_err(told)?;
            let film = self.films.get(project.id).map_err(told)?;
            let (mut times, mut random) = (Vec::new(), 1_u64);
            for _ in 0..PLACES {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let seq = Seq(1 + (random >> 33) % n_events);
                let begin = Instant::now();
                let then = film.film_at(seq).await.map_err(told)?;
                times.push(begin.elapsed());
                ensure!(then.seq == seq, "another place");
            }
            self.films.close(project.id).await.map_err(told)?;
            Ok(Times::new(times))
        })?;
        let (median, worst) = (times.median(), times.percentile(100));
        let ours = format!("p50 {}, worst {} of {PLACES}", time(median), time(worst));
        let row = Row::new(format!("the film at any place of {n_events} events"), ours);
        Ok(row.target(format!("≤ {}", time(PLACE_MAX)), worst <= PLACE_MAX))
    }

    fn size(&self, n_events: u64) -> anyhow::Result<Row> {
        let size = |path: PathBuf| fs::metadata(path).map_or(0, |it| it.len());
        let snapshots: Vec<u64> = fs::read_dir(self.data("snapshots"))?
            .flatten()
            .map(|it| size(it.path()))
            .collect();
        let ours = format!(
            "log {} ({} bytes an event), {} snapshots {} ({} shots)",
            mebibytes(size(self.data("project.db"))),
            self.mean_bytes,
            snapshots.len(),
            mebibytes(snapshots.iter().sum()),
            self.shots
        );
        Ok(Row::new(format!("its size, {n_events} events"), ours))
    }
}

fn films(folder: &Path) -> Films {
    Films::new(Arc::new(Limits::default()), folder, Backends::none(folder))
}

/// A daemon's part of this: opens a film, runs commands, and waits for its end.
struct LiveFilm(Child);

impl LiveFilm {
    fn start(folder: &Path) -> anyhow::Result<LiveFilm> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("live-film")
            .arg(folder)
            .arg(COMMANDS_BEFORE_KILL.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("its output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(line == "ready\n", "the film did not get ready");
        Ok(LiveFilm(child))
    }
}

impl Drop for LiveFilm {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What the child does.
pub(crate) fn live_film(folder: &str, commands: &str) -> anyhow::Result<()> {
    let commands: u64 = commands.parse()?;
    let films = films(Path::new(folder));
    Runtime::new()?.block_on(async {
        let origin = Origin::daemon("bench", "bench".into());
        let project = films
            .open(folder, None, origin.clone())
            .await
            .map_err(told)?;
        let owner = &films.get(project.id).map_err(told)?.owner;
        let submit = |n: u64| owner.submit(origin.clone(), SetAutoRender { on: n % 2 == 1 });
        let all = (0..commands).map(submit);
        for done in futures::future::join_all(all).await {
            done.map_err(told)?;
        }
        println!("ready");
        std::io::stdin().read_to_end(&mut Vec::new())?;
        films.close(project.id).await.map_err(told)
    })
}
