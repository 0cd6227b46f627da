//! Films that are opened at the same time.

use std::{fs, time::Duration};

use futures::future::join_all;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::folder::LOG_FILE;

/// How long what must not wait may take.
const WAIT: Duration = Duration::from_secs(2);

struct Fixture {
    temp: TempDir,
    films: Arc<Films>,
}

impl Fixture {
    fn new(open_projects_max: u64) -> Fixture {
        let temp = tempfile::tempdir().unwrap();
        let limits = Limits {
            open_projects_max,
            ..Limits::default()
        };
        let films = Arc::new(Films::new(
            Arc::new(limits),
            temp.path(),
            Backends::none(temp.path()),
        ));
        Fixture { temp, films }
    }

    fn film(&self, name: &str) -> PathBuf {
        let folder = self.temp.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("film.fountain"), "INT. ROOM - DAY\n\nA lamp.\n").unwrap();
        folder
    }

    async fn open(&self, folder: &Path) -> Result<Project, Error> {
        let origin = Origin::daemon("test", "test".into());
        let path = folder.to_str().unwrap();
        self.films.open(path, None, origin).await
    }
}

#[tokio::test]
async fn a_film_that_is_slow_to_open_is_in_nobody_elses_way() {
    let it = Fixture::new(64);
    let (slow, quick) = (it.film("slow"), it.film("quick"));
    let id = it.open(&slow).await.unwrap().id;
    it.films.close(id).await.unwrap();
    let log = Connection::open(slow.join(".storycore").join(LOG_FILE)).unwrap();
    log.pragma_update(None, "locking_mode", "EXCLUSIVE")
        .unwrap();
    log.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let opening = it.open(&slow);
    tokio::pin!(opening);
    let quick = tokio::time::timeout(WAIT, async {
        tokio::select! {
            biased;
            slow = &mut opening => panic!("the lock did not hold: {:?}", slow.err()),
            quick = it.open(&quick) => quick,
        }
    });
    let quick = quick.await.expect("it waits for the other").unwrap();
    it.films.close(quick.id).await.unwrap();
    drop(log);
    assert_eq!(opening.await.unwrap().id, id);
    it.films.close_all().await;
}

#[tokio::test]
async fn opened_at_once_none_is_lost_none_is_there_twice_and_none_is_too_many() {
    let it = Fixture::new(3);
    let folders: Vec<PathBuf> = (0..5).map(|n| it.film(&n.to_string())).collect();
    let again = folders.iter().chain(&folders);
    let opened = join_all(again.map(|folder| it.open(folder))).await;
    let refused = opened.iter().filter_map(|it| it.as_ref().err());
    assert!(
        refused
            .clone()
            .all(|it| it.kind == ErrorKind::ResourceExhausted)
    );
    assert_eq!(refused.count(), 4, "two films, twice");
    assert_eq!(it.films.count(), 3);
    let closed = it.films.all().into_iter().map(|film| film.id);
    for id in closed {
        it.films.close(id).await.unwrap();
    }
    for folder in &folders[2..] {
        it.open(folder)
            .await
            .expect("a film that closes makes room");
    }
    it.films.close_all().await;
    assert_eq!(it.films.count(), 0);
    let late = it.open(&folders[0]).await.unwrap_err();
    assert_eq!(late.kind, ErrorKind::Unavailable);
}

#[tokio::test]
async fn of_two_copies_opened_at_once_one_is_open() {
    let it = Fixture::new(2);
    let film = it.film("film");
    let id = it.open(&film).await.unwrap().id;
    it.films.close(id).await.unwrap();
    let copy = it.film("copy");
    fs::create_dir(copy.join(".storycore")).unwrap();
    let log = |of: &Path| of.join(".storycore").join(LOG_FILE);
    fs::copy(log(&film), log(&copy)).unwrap();
    let opened = [it.open(&film), it.open(&copy)];
    let opened = join_all(opened).await;
    let refused: Vec<_> = opened.iter().filter_map(|it| it.as_ref().err()).collect();
    let [refused] = refused[..] else {
        panic!("{refused:?}")
    };
    assert_eq!(refused.kind, ErrorKind::AlreadyExists);
    assert_eq!(it.films.get(id).unwrap().id, id);
    // The copy holds no slot and no lock.
    it.films.close(id).await.unwrap();
    for folder in [&copy, &film] {
        it.open(folder).await.unwrap();
        it.films.close(id).await.unwrap();
    }
}

#[tokio::test]
async fn a_film_that_cannot_be_read_is_not_left_open() {
    let limits = Limits {
        project_files_max: 1,
        ..Limits::default()
    };
    let mut it = Fixture::new(1);
    it.films = Arc::new(Films::new(
        Arc::new(limits),
        it.temp.path(),
        Backends::none(it.temp.path()),
    ));
    let film = it.film("film");
    let second = film.join("second.fountain");
    fs::write(&second, "").unwrap();
    let refused = it.open(&film).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::ResourceExhausted);
    assert_eq!(it.films.count(), 0);
    fs::remove_file(second).unwrap();
    let project = it.open(&film).await.unwrap();
    let [known] = &it.films.list()[..] else {
        panic!("one film is known")
    };
    assert!(known.open && known.id == project.id);
    it.films.close_all().await;
}
