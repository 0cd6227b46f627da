//! Films as one file: out, back again, and everything that may be wrong with such a file.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::support::{Client, Daemon, Sandbox, block_on};

/// A film that was drawn, is open, and was exported.
struct Fixture {
    sandbox: Sandbox,
    daemon: Daemon,
    film: PathBuf,
    id: String,
    backup: PathBuf,
}

impl Fixture {
    async fn new(limits: &[(&str, &str)]) -> Fixture {
        let mut sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
        for (name, value) in limits {
            sandbox = sandbox.set(name, value);
        }
        let film = sandbox.sample_film("film");
        fs::create_dir_all(film.join("assets/refs")).expect("a folder");
        fs::write(film.join("assets/refs/mole.txt"), "a note").expect("an asset");
        let backup = sandbox.path().join("film.storycore.zip");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let params = json!({"project": id, "path": backup});
        client.ask("project/export", params).await;
        Fixture {
            sandbox,
            daemon,
            film,
            id,
            backup,
        }
    }

    async fn client(&self) -> Client {
        Client::socket(&self.daemon.socket).await
    }

    /// What is said when this file is imported; nothing may be left of it.
    async fn refusal(&self, backup: &Path) -> String {
        let into = self.sandbox.path().join("imported");
        let params = json!({"path": backup, "into": into});
        let refusal = self.client().await.call("project/import", params).await;
        let words = refusal.expect_err("it is refused").words();
        assert!(!into.exists(), "{words}");
        let left: Vec<PathBuf> = hidden(self.sandbox.path());
        assert!(left.is_empty(), "{left:?} after {words}");
        words.replace(&self.sandbox.path().display().to_string(), "")
    }

    /// The backup with its files changed.
    fn changed(&self, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> PathBuf {
        let mut files = unzip(&self.backup);
        change(&mut files);
        let path = self.sandbox.path().join("changed.storycore.zip");
        zip(&path, &files);
        path
    }
}

fn hidden(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let is_hidden = |it: &PathBuf| {
        it.file_name()
            .is_some_and(|it| it.to_string_lossy().starts_with('.'))
    };
    entries.map(|it| it.path()).filter(is_hidden).collect()
}

fn unzip(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(File::open(path).expect("a backup")).expect("a zip file");
    let read = |index| {
        let mut file = zip.by_index(index).expect("an entry");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its bytes");
        (file.name().expect("its name").into_owned(), bytes)
    };
    let all = 0..ZipArchive::new(File::open(path).expect("a backup"))
        .expect("a zip file")
        .len();
    all.map(read).collect()
}

fn zip(path: &Path, files: &[(String, Vec<u8>)]) {
    let mut zip = ZipWriter::new(File::create(path).expect("a file"));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(&**name, options).expect("an entry");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("a zip file");
}

/// Changes the manifest.
fn manifest(files: &mut [(String, Vec<u8>)], change: impl FnOnce(&mut Value)) {
    let (_, bytes) = files
        .iter_mut()
        .find(|it| it.0 == "manifest.json")
        .expect("a manifest");
    let mut value = serde_json::from_slice(bytes).expect("it reads");
    change(&mut value);
    *bytes = serde_json::to_vec(&value).expect("JSON");
}

/// Puts a file in, and into the manifest, too.
fn add(files: &mut Vec<(String, Vec<u8>)>, name: &str, bytes: &[u8]) {
    let hash = blake3::hash(bytes).to_hex().to_string();
    let entry = json!({"path": name, "bytes": bytes.len(), "hash": hash});
    manifest(files, |it| {
        it["entries"].as_array_mut().expect("entries").push(entry);
    });
    files.push((name.to_owned(), bytes.to_vec()));
}

async fn told(client: &mut Client, film: &str) -> Value {
    let shots = client.ask("shot/list", json!({"project": film})).await;
    let takes = client.ask("take/list", json!({"project": film})).await;
    json!([shots, takes])
}

#[test]
fn a_film_comes_out_of_its_backup_as_it_was() {
    block_on(async {
        let it = Fixture::new(&[]).await;
        let mut client = it.client().await;
        let (before, events) = (told(&mut client, &it.id).await, client.events(&it.id).await);
        client.ask("project/close", json!({"project": it.id})).await;
        fs::rename(&it.film, it.film.with_file_name("away")).expect("it goes");
        let params = json!({"path": it.backup, "into": it.film});
        let imported = client.ask("project/import", params.clone()).await;
        assert_eq!(
            (&imported["id"], &imported["path"]),
            (&json!(it.id), &json!(it.film))
        );
        assert_eq!(client.open(&it.film, false).await, it.id);
        assert_eq!(told(&mut client, &it.id).await, before);
        assert_eq!(
            client.events(&it.id).await,
            events,
            "opening found something else"
        );
        assert_eq!(
            fs::read(it.film.join("assets/refs/mole.txt")).expect("an asset"),
            b"a note"
        );
        let checkup = client.ask("project/check", json!({"path": it.film})).await;
        assert_eq!(checkup["findings"], json!([]));
        let again = client
            .call("project/import", params)
            .await
            .expect_err("it is there");
        assert_eq!(again.kind(), "alreadyExists");
        assert_eq!(hidden(it.sandbox.path()), [] as [PathBuf; 0]);
    });
}

#[test]
fn beside_the_film_it_came_from_it_is_a_film_of_its_own() {
    block_on(async {
        let it = Fixture::new(&[]).await;
        let mut client = it.client().await;
        let into = it.film.with_file_name("twin");
        let params = json!({"path": it.backup, "into": into});
        let imported = client.ask("project/import", params).await;
        let own = imported["id"].as_str().expect("an id").to_owned();
        assert_ne!(own, it.id);
        assert_eq!(client.open(&into, false).await, own);
        assert_eq!(
            told(&mut client, &own).await,
            told(&mut client, &it.id).await
        );
        let events = client.events(&own).await;
        let copied = events.last().expect("events");
        assert_eq!(copied["event"]["event"]["type"], "copied");
        assert_eq!(imported["seq"], copied["seq"]);
    });
}

#[test]
fn a_backup_is_never_written_over_and_ends_as_backups_do() {
    block_on(async {
        let it = Fixture::new(&[]).await;
        let mut client = it.client().await;
        let bytes = fs::read(&it.backup).expect("a backup");
        for (path, kind) in [
            (it.backup.clone(), "alreadyExists"),
            (it.backup.with_file_name("film.zip"), "invalidParams"),
            (PathBuf::from("film.storycore.zip"), "invalidParams"),
            (it.film.join("no/such/a.storycore.zip"), "unavailable"),
        ] {
            let params = json!({"project": it.id, "path": path});
            let refusal = client
                .call("project/export", params)
                .await
                .expect_err("refused");
            assert_eq!(refusal.kind(), kind, "{}", refusal.words());
        }
        assert_eq!(fs::read(&it.backup).expect("a backup"), bytes);
        assert_eq!(hidden(it.sandbox.path()), [] as [PathBuf; 0]);
    });
}

#[test]
fn what_is_no_backup_is_refused_by_name() {
    block_on(async {
        let it = Fixture::new(&[]).await;
        let path = it.sandbox.path().join("x.storycore.zip");
        for bytes in [
            &b""[..],
            b"no zip at all, but long enough to be one of some kind",
            b"PK\x05\x06",
        ] {
            fs::write(&path, bytes).expect("a file");
            let words = it.refusal(&path).await;
            assert!(
                words.starts_with("/x.storycore.zip is no zip file"),
                "{words}"
            );
        }
        zip(&path, &[("holiday.jpg".to_owned(), b"jpg".to_vec())]);
        let words = it.refusal(&path).await;
        assert!(words.contains("is no backup of a film"), "{words}");
        zip(&path, &[("manifest.json".to_owned(), b"[]".to_vec())]);
        let words = it.refusal(&path).await;
        assert!(words.contains("is no backup of a film"), "{words}");
        let newer = it.changed(|files| manifest(files, |it| it["format"] = json!(2)));
        let words = it.refusal(&newer).await;
        assert!(words.contains("newer version (backup format 2)"), "{words}");
        let missing = it.refusal(Path::new("/no/such.storycore.zip")).await;
        assert!(
            missing.contains("no backup /no/such.storycore.zip"),
            "{missing}"
        );
        let whole = fs::read(&it.backup).expect("a backup");
        for length in [whole.len() - 1, whole.len() / 2, 100] {
            fs::write(&path, &whole[..length]).expect("a part of it");
            let words = it.refusal(&path).await;
            assert!(words.contains("only a part of one"), "{words}");
        }
    });
}

#[test]
fn what_was_changed_on_the_way_is_refused() {
    block_on(async {
        let it = Fixture::new(&[]).await;
        let whole = fs::read(&it.backup).expect("a backup");
        let path = it.sandbox.path().join("flipped.storycore.zip");
        for place in places_of_data(&it.backup) {
            let mut bytes = whole.clone();
            bytes[place] ^= 4;
            fs::write(&path, bytes).expect("a file");
            let words = it.refusal(&path).await;
            assert!(
                words.contains("nothing was written") || words.contains("no zip"),
                "{words}"
            );
        }
        let other = it.changed(|files| {
            let script = files.iter_mut().find(|it| it.0.ends_with(".fountain"));
            script.expect("a script").1[3] ^= 1;
        });
        let words = it.refusal(&other).await;
        assert!(words.contains("its hash is another"), "{words}");
        let longer = it.changed(|files| {
            let script = files.iter_mut().find(|it| it.0.ends_with(".fountain"));
            script.expect("a script").1.push(b'!');
        });
        let words = it.refusal(&longer).await;
        assert!(words.contains("is not packed as a backup packs"), "{words}");
        let less = it.changed(|files| files.retain(|it| !it.0.ends_with(".fountain")));
        assert!(it.refusal(&less).await.contains("is missing"));
        let more = it.changed(|files| files.push(("film/more.txt".to_owned(), Vec::new())));
        assert!(
            it.refusal(&more)
                .await
                .contains("the manifest does not name it")
        );
        let another = it.changed(|files| manifest(files, |it| it["seq"] = json!(3)));
        assert!(it.refusal(&another).await.contains("its log is another"));
        let poisoned = it.changed(|files| {
            let log = files
                .iter()
                .position(|it| it.0 == "log/project.db")
                .expect("a log");
            let (_, bytes) = files.remove(log);
            manifest(files, |it| {
                let entries = it["entries"].as_array_mut().expect("entries");
                entries.retain(|it| it["path"] != "log/project.db");
            });
            add(files, "log/project.db", &with_trigger(&bytes));
        });
        let words = it.refusal(&poisoned).await;
        assert!(words.contains("more or less than a log"), "{words}");
    });
}

/// Places inside what is packed, and not in a zip file's own notes: a bit of the time at which a
/// file was packed tells nobody anything.
fn places_of_data(path: &Path) -> [usize; 3] {
    let mut zip = ZipArchive::new(File::open(path).expect("a backup")).expect("a zip file");
    let last = zip.len() - 1;
    [0, last / 2, last].map(|index| {
        let file = zip.by_index_raw(index).expect("an entry");
        let (start, len) = (file.data_start().expect("data"), file.compressed_size());
        usize::try_from(start + len / 2).expect("a place")
    })
}

/// The log, with SQL in it that whoever writes to it would run.
fn with_trigger(log: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.db");
    fs::write(&path, log).expect("a log");
    let python = format!(
        "import sqlite3\nc=sqlite3.connect({:?})\nc.execute('CREATE TRIGGER t AFTER INSERT ON events \
         BEGIN DELETE FROM events; END')\nc.commit()\nc.close()",
        path.display().to_string()
    );
    let run = std::process::Command::new("python3")
        .arg("-c")
        .arg(python)
        .status();
    assert!(run.expect("python3").success());
    fs::read(&path).expect("a log")
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    block_on(async {
        let it = Fixture::new(&[]).await;
        for name in [
            "/etc/passwd",
            "film/../../evil",
            "../evil",
            "film/a\\..\\..\\evil",
            "film/.storycore/lock",
            "blobs/../evil",
            "film/a\u{7}b",
        ] {
            let evil = it.changed(|files| add(files, name, b"evil"));
            let words = it.refusal(&evil).await;
            assert!(words.contains("the name `"), "{name:?}: {words}");
            assert!(!it.sandbox.path().join("evil").exists());
        }
        let twice = it.changed(|files| {
            manifest(files, |it| {
                let entries = it["entries"].as_array_mut().expect("entries");
                entries.push(entries[0].clone());
            });
        });
        assert!(it.refusal(&twice).await.contains("is described twice"));
        let link = it.sandbox.path().join("link.storycore.zip");
        let mut zip = ZipWriter::new(File::create(&link).expect("a file"));
        let mut files = unzip(&it.backup);
        add(&mut files, "film/link", b"/etc/passwd");
        for (name, bytes) in files {
            let options = SimpleFileOptions::default();
            if name == "film/link" {
                zip.add_symlink(&*name, "/etc/passwd", options)
                    .expect("a link");
            } else {
                zip.start_file(&*name, options).expect("an entry");
                zip.write_all(&bytes).expect("its bytes");
            }
        }
        zip.finish().expect("a zip file");
        assert!(it.refusal(&link).await.contains("is a link"));
    });
}

#[test]
fn a_bomb_does_not_go_off() {
    block_on(async {
        let it = Fixture::new(&[("STORYCORE_BACKUP_ENTRY_BYTES_MAX", "4000000")]).await;
        let zeros = vec![0; 5_000_000];
        let large = it.changed(|files| add(files, "film/assets/zeros", &zeros));
        let words = it.refusal(&large).await;
        assert!(
            words.contains("above the limit backup_entry_bytes_max"),
            "{words}"
        );
        // It says that it is small, and is not.
        let liar = it.changed(|files| {
            add(files, "film/assets/zeros", &zeros);
            manifest(files, |it| {
                let entries = it["entries"].as_array_mut().expect("entries");
                entries.last_mut().expect("one")["bytes"] = json!(10);
            });
        });
        let words = it.refusal(&liar).await;
        assert!(words.contains("is not packed as a backup packs"), "{words}");
        // The zip file itself lies about the length, too.
        let mut bytes = fs::read(&liar).expect("a file");
        let real = 5_000_000_u32.to_le_bytes();
        for at in (0..bytes.len() - 4)
            .filter(|at| bytes[*at..*at + 4] == real)
            .collect::<Vec<_>>()
        {
            bytes[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
        fs::write(&liar, bytes).expect("a file");
        let words = it.refusal(&liar).await;
        assert!(
            words.contains("nothing was written") || words.contains("no zip"),
            "{words}"
        );
    });
}

#[test]
fn an_import_that_was_killed_is_in_nobodys_way() {
    block_on(async {
        let it = Fixture::new(&[]).await;
        let left = it.sandbox.path().join(".twin.importing");
        fs::create_dir(&left).expect("a folder");
        fs::write(left.join("half"), "half").expect("a file");
        let into = it.sandbox.path().join("twin");
        let params = json!({"path": it.backup, "into": into, "asCopy": true});
        it.client().await.ask("project/import", params).await;
        assert!(!into.join("half").exists());
        assert_eq!(hidden(it.sandbox.path()), [] as [PathBuf; 0]);
    });
}
