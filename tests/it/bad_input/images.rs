//! Drawings and photos that are brought in, whole and broken, on disk and over HTTP.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::files::Fixture;
use crate::support::{Client, Daemon, Sandbox, block_on};

/// A gray picture.
fn png(width_px: u32, height_px: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width_px, height_px);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("memory");
    let gray = vec![0x80; (width_px * height_px) as usize];
    writer.write_image_data(&gray).expect("memory");
    drop(writer);
    bytes
}

async fn first_shot(client: &mut Client, film: &str) -> Value {
    let shots = client.ask("shot/list", json!({"project": film})).await;
    shots[0]["id"].clone()
}

/// How many files the film keeps, those of the script included.
fn kept_files(film: &Path) -> usize {
    let folders = fs::read_dir(film.join(".storycore/blobs")).expect("blobs");
    let folders = folders.flatten().map(|it| it.path());
    folders
        .map(|it| fs::read_dir(it).expect("a folder").count())
        .sum()
}

/// Brings a file in that cannot be; what is said. Nothing is kept of it, and the daemon lives.
fn check(make: impl FnOnce(&Path) -> PathBuf, then: &Expect) {
    let fixture = Fixture::new();
    block_on(async {
        let mut client = fixture.client().await;
        let id = client.open(&fixture.film, false).await;
        let shot = first_shot(&mut client, &id).await;
        let path = make(fixture.sandbox.path());
        let before = kept_files(&fixture.film);
        let params = json!({"project": id, "shot": shot, "path": path});
        let refusal = client.call("take/import", params).await;
        let words = refusal.expect_err("it was taken").words();
        let folder = fixture.sandbox.path().display().to_string();
        then.assert_eq(&words.replace(&folder, "DIR"));
        assert_eq!(kept_files(&fixture.film), before);
        let takes = client.ask("take/list", json!({"project": id})).await;
        assert_eq!(takes, json!([]));
        // Another picture comes in as if nothing had been.
        let good = fixture.sandbox.path().join("good.png");
        fs::write(&good, png(4, 3)).expect("a file");
        let params = json!({"project": id, "shot": shot, "path": good});
        let imported = client.ask("take/import", params).await;
        assert_eq!(imported["take"]["locked"], true);
    });
    assert!(!fixture.sandbox.log().contains("panicked"));
}

fn file(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).expect("a file");
    path
}

#[test]
fn an_empty_file() {
    check(
        |dir| file(dir, "a.png", b""),
        &expect!["`a.png` is empty: 0 bytes | save the picture again, and bring that in"],
    );
}

#[test]
fn a_picture_of_30_000_px() {
    check(
        |dir| file(dir, "a.png", png(30_000, 1)),
        &expect![
            "`a.png` is 30000 × 1 px, and the limit import_side_px_max is 16384 px | make it smaller, and bring that in; or raise the limit in daemon.toml"
        ],
    );
}

#[test]
fn a_picture_that_is_cut_off() {
    let cut = |dir: &Path| {
        let whole = png(64, 64);
        file(dir, "a.png", &whole[..whole.len() / 2])
    };
    check(
        cut,
        &expect![
            "`a.png` is cut off: its end is missing | copy or download it again, and bring that in"
        ],
    );
}

#[test]
fn a_text_that_is_called_a_picture() {
    check(
        |dir| file(dir, "a.png", "INT. ROOM - DAY"),
        &expect![
            "`a.png` is text | bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG"
        ],
    );
}

#[test]
fn a_folder() {
    let folder = |dir: &Path| {
        fs::create_dir(dir.join("a.png")).expect("a folder");
        dir.join("a.png")
    };
    check(folder, &expect!["DIR/a.png is a folder | name one picture"]);
}

#[test]
fn a_file_that_is_not_there() {
    check(
        |dir| dir.join("a.png"),
        &expect!["no file DIR/a.png | look at the path again"],
    );
}

#[test]
fn a_file_that_may_not_be_read() {
    let closed = |dir: &Path| {
        let path = file(dir, "a.png", png(4, 3));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("its mode");
        path
    };
    check(
        closed,
        &expect!["DIR/a.png may not be read by you | allow it: chmod u+r 'DIR/a.png'"],
    );
}

#[test]
fn a_link_that_leads_to_itself() {
    let link = |dir: &Path| {
        symlink("a.png", dir.join("a.png")).expect("a link");
        dir.join("a.png")
    };
    check(
        link,
        &expect![
            "DIR/a.png cannot be read: Too many levels of symbolic links (os error 40) | look at the path again, or copy the file elsewhere"
        ],
    );
}

#[test]
fn a_pipe_that_nobody_writes_into() {
    let pipe = |dir: &Path| {
        let path = dir.join("a.png");
        let made = std::process::Command::new("mkfifo")
            .args(["-m", "666"])
            .arg(&path)
            .status();
        assert!(made.expect("mkfifo").success());
        path
    };
    check(pipe, &expect!["DIR/a.png is no file | name one picture"]);
}

/// Sends a file as a browser does; the status and the answer.
async fn upload(daemon: &Daemon, to: &str, token: &str, kind: &str, body: &[u8]) -> (u16, Value) {
    let port = daemon.port();
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("the port");
    let head = format!(
        "POST {to} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\
         content-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    stream.write_all(body).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .expect("a status");
    (status, serde_json::from_str(body).expect("JSON"))
}

#[test]
fn a_file_comes_in_over_http_and_what_is_wrong_is_said() {
    let sandbox = Sandbox::new().set("STORYCORE_IMPORT_BYTES_MAX", "2000");
    let film = sandbox.film("film", "INT. ROOM - DAY\n\nMAYA lights a lamp.\n");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::websocket(&daemon).await;
        let id = client.open(&film, false).await;
        let shot = first_shot(&mut client, &id).await;
        let shot = shot.as_str().expect("an id");
        let to = format!("/takes/{id}/{shot}?name=lamp%20one.png&lock=false");
        let picture = png(4, 3);
        let (token, kind) = (daemon.token.as_str(), "image/png");
        let (status, imported) = upload(&daemon, &to, token, kind, &picture).await;
        assert_eq!(status, 200, "{imported}");
        let source = &imported["take"]["source"];
        assert_eq!(source["name"], "lamp one.png");
        assert_eq!(imported["take"]["locked"], false);
        assert_eq!(imported["take"]["shown"], true);
        let before = kept_files(&film);
        let refused = [
            (&*to, "wrong", kind, &*picture),
            (&to, token, "text/plain", &picture),
            (&to, token, kind, &[0; 3_000]),
            (&to, token, kind, b"text"),
            ("/takes/x/y?name=a.png", token, kind, &picture),
        ];
        let mut said = String::new();
        for (to, token, kind, body) in refused {
            let (status, answer) = upload(&daemon, to, token, kind, body).await;
            let error = &answer["error"];
            let words = |it: &Value| it.as_str().expect("words").to_owned();
            let (message, hint) = (words(&error["message"]), words(&error["data"]["hint"]));
            said.push_str(&format!("{status} {message} | {hint}\n"));
        }
        expect![[r#"
            401 the bearer token is wrong | scripts send `Authorization: Bearer` with the token from the daemon's state file; a browser begins with `storycore studio`
            415 the body is not said to be a picture | send `content-type: image/png` or `application/octet-stream`, the file as the body
            413 `lamp one.png` has 3000 bytes, and the limit import_bytes_max is 2000 | save it smaller, or raise import_bytes_max in daemon.toml
            400 `lamp one.png` is text | bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG
            400 the film's id is none | send it to /takes/{project}/{shot}?name=harbor.png
        "#]].assert_eq(&said);
        assert_eq!(
            kept_files(&film),
            before,
            "nothing is kept, and nothing half-received"
        );
    });
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", "INT. ROOM - DAY\n\nMAYA lights a lamp.\n");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::websocket(&daemon).await;
        let id = client.open(&film, false).await;
        let shot = first_shot(&mut client, &id).await;
        let shot = shot.as_str().expect("an id");
        let before = kept_files(&film);
        let mut stream = TcpStream::connect(("127.0.0.1", daemon.port()))
            .await
            .expect("the port");
        let picture = png(64, 64);
        let (port, token) = (daemon.port(), &daemon.token);
        let head = format!(
            "POST /takes/{id}/{shot}?name=a.png HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\
             authorization: Bearer {token}\r\ncontent-type: image/png\r\n\
             content-length: {}\r\n\r\n",
            picture.len() + 1
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        // All of the picture, but not all that was promised.
        stream.write_all(&picture).await.expect("sent");
        while kept_files(&film) == before {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        drop(stream);
        while kept_files(&film) != before {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let takes = client.ask("take/list", json!({"project": id})).await;
        assert_eq!(takes, json!([]));
    });
}

#[test]
fn what_came_in_over_http_is_undone_by_whom_it_names() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", "INT. ROOM - DAY\n\nMAYA lights a lamp.\n");
    let daemon = sandbox.start();
    block_on(async {
        let mut page = Client::websocket(&daemon).await;
        let hello = json!({"client": "page-7", "protocol": 1});
        page.ask("initialize", hello).await;
        let id = page.open(&film, false).await;
        let shot = first_shot(&mut page, &id).await;
        let shot = shot.as_str().expect("an id");
        let address = format!("/takes/{id}/{shot}?name=lamp.png&client=");
        let (token, kind, picture) = (&*daemon.token, "image/png", png(4, 3));
        let nameless = upload(&daemon, &address, token, kind, &picture).await;
        assert_eq!(nameless.0, 400, "{}", nameless.1);
        let to = format!("{address}page-7");
        let (status, imported) = upload(&daemon, &to, token, kind, &picture).await;
        assert_eq!(status, 200, "{imported}");
        page.ask("history/undo", json!({"project": id})).await;
        let asked = json!({"project": id, "shot": shot});
        assert_eq!(page.ask("take/list", asked).await, json!([]));
    });
}

#[test]
fn a_drawing_is_not_lost_with_the_power_and_not_drawn_over() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", "INT. ROOM - DAY\n\nMAYA lights a lamp.\n");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        let shot = first_shot(&mut client, &id).await;
        let path = file(sandbox.path(), "lamp.png", png(8, 6));
        let params = json!({"project": id, "shot": shot, "path": path});
        let imported = client.ask("take/import", params).await;
        let take = &imported["take"]["id"];
        daemon.kill();
        // Its text changes, and the film draws itself: the drawing stays.
        let script = "INT. ROOM - DAY\n\nMAYA lights two lamps.\n\nEXT. STREET - NIGHT\n\nRain.\n";
        fs::write(film.join("script/film.fountain"), script).expect("a script");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        client.open(&film, true).await;
        client.ask("shot/render", json!({"project": id})).await;
        let shots = client.ask("shot/list", json!({"project": id})).await;
        assert_eq!(shots[0]["take"], *take);
        assert_eq!(shots[0]["status"], "stale");
        assert_eq!(shots[0]["choice"], json!({"take": take, "locked": true}));
        assert_eq!(shots[0]["imported"], "lamp.png");
        let others = shots.as_array().expect("shots").iter().skip(1);
        for other in others {
            assert_eq!(other["status"], "fresh", "{other}");
        }
        let takes = client
            .ask("take/list", json!({"project": id, "shot": shot}))
            .await;
        assert_eq!(takes.as_array().map(Vec::len), Some(1));
        let params = json!({"project": id, "id": imported["take"]["asset"], "data": true});
        let asset = client.ask("asset/get", params).await;
        assert_eq!(asset["asset"]["widthPx"], 8);
        // Where its bytes are gone, that is said, and nothing falls over.
        let asset = imported["take"]["asset"].as_str().expect("a hash");
        fs::remove_file(
            film.join(".storycore/blobs")
                .join(&asset[..2])
                .join(&asset[2..]),
        )
        .expect("a blob");
        let params = json!({"project": id, "id": asset, "data": true});
        let refusal = client
            .call("asset/get", params)
            .await
            .expect_err("no bytes");
        assert_eq!(refusal.kind(), "unavailable");
        let (drawn, b) = (&shots[1]["take"], take);
        let params = json!({"project": id, "a": drawn, "b": b});
        let compared = client.ask("take/compare", params).await;
        assert_eq!(compared["pictures"]["type"], "notMeasured");
    });
}
