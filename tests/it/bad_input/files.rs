//! Files of a film that are not as they should be.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::support::{Client, Daemon, Sandbox, block_on, sandbox::text};

const SCRIPT: &str = "INT. ROOM - DAY\n\nMAYA lights a lamp.\n\nEXT. STREET - NIGHT\n\nIt rains.\n";
pub(super) const MAYA: &str =
    "kind = \"character\"\nname = \"MAYA\"\n\n[details]\nhair = \"red\"\n";
const SETTINGS: &str = "title = \"Lamps\"\nfps = 25\n";

/// A film that is fine, open in a daemon of somebody who is not root.
pub(super) struct Fixture {
    pub(super) sandbox: Sandbox,
    pub(super) daemon: Daemon,
    pub(super) film: PathBuf,
}

impl Fixture {
    pub(super) fn new() -> Fixture {
        let sandbox = Sandbox::unprivileged();
        let film = sandbox.film("film", SCRIPT);
        fs::create_dir(film.join("bible")).expect("a folder");
        fs::write(film.join("bible/maya.toml"), MAYA).expect("a file");
        fs::write(film.join("storycore.toml"), SETTINGS).expect("a file");
        sandbox.give_away(&film);
        let daemon = sandbox.start();
        Fixture {
            sandbox,
            daemon,
            film,
        }
    }

    /// Over the port, as the socket is for the daemon's own user.
    pub(super) async fn client(&self) -> Client {
        Client::websocket(&self.daemon).await
    }
}

/// Everything a film's files say.
pub(super) async fn said(client: &mut Client, film: &str) -> Value {
    let mut said = serde_json::Map::new();
    for method in ["shot/list", "scene/list", "bible/list", "project/get"] {
        let mut answer = client.ask(method, json!({"project": film})).await;
        if let Some(project) = answer.as_object_mut() {
            project.remove("seq");
        }
        said.insert(method.to_owned(), answer);
    }
    said.into()
}

/// What is wrong, as a person reads it.
pub(super) async fn problems(client: &mut Client, film: &str) -> String {
    let list = client
        .ask("diagnostic/list", json!({"project": film}))
        .await;
    let shown = list.as_array().expect("a list").iter().map(|it| {
        let field = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        let place = it["line"]
            .as_u64()
            .map(|line| format!(":{line}:{}", it["column"]));
        let (path, place) = (field("path"), place.unwrap_or_default());
        let hint = field("hint");
        format!(
            "{path}{place} {} {}\n  {}\n  {hint}\n",
            field("severity"),
            field("code"),
            field("message")
        )
    });
    shown.collect()
}

/// Does something bad to an open film; what is wrong then. What it said before, it says still.
#[expect(
    clippy::needless_pass_by_value,
    reason = "written at the call as a macro gives it"
)]
fn check(harm: impl FnOnce(&Path), then: Expect) {
    let mut fixture = Fixture::new();
    block_on(async {
        let mut client = fixture.client().await;
        let id = client.open(&fixture.film, false).await;
        let before = said(&mut client, &id).await;
        assert_eq!(problems(&mut client, &id).await, "");
        harm(&fixture.film);
        client.open(&fixture.film, false).await;
        assert_eq!(
            said(&mut client, &id).await,
            before,
            "the last good state is gone"
        );
        then.assert_eq(&problems(&mut client, &id).await);
    });
    assert!(fixture.daemon.lives());
    assert!(
        !fixture.sandbox.log().contains("panicked"),
        "{}",
        fixture.sandbox.log()
    );
}

pub(super) fn write(film: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(film.join(name), bytes).expect("a file");
}

pub(super) fn script(film: &Path) -> PathBuf {
    film.join("script/film.fountain")
}

fn close(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("its mode");
}

#[test]
fn a_script_that_may_not_be_read() {
    check(
        |film| close(&script(film)),
        expect![[r#"
        script/film.fountain error noPermission
          script/film.fountain may not be read; what it said is kept
          give yourself the right to read it
    "#]],
    );
}

#[test]
fn a_folder_that_may_not_be_read() {
    check(
        |film| close(&film.join("script")),
        expect![[r#"
            . error closedFolder
              the folder script cannot be listed: Permission denied (os error 13); what was read from it is kept
              give yourself the right to read and enter it
        "#]],
    );
}

#[test]
fn a_script_in_another_encoding() {
    check(
        |film| fs::write(script(film), b"INT. ROOM - DAY\n\nA caf\xe9.\n").expect("a save"),
        expect![[r#"
            script/film.fountain:3:6 error notUtf8
              script/film.fountain is not UTF-8 text
              save it as UTF-8; a .docx, .fdx or .pdf must be exported as Fountain
        "#]],
    );
}

#[test]
fn a_script_that_is_no_text() {
    check(
        |film| fs::write(script(film), b"INT. ROOM\n\nPK\x03\x04\0\0").expect("a save"),
        expect![[r#"
            script/film.fountain:3:5 error binary
              script/film.fountain is no text: it has zero bytes
              put a text file in its place
        "#]],
    );
}

#[test]
fn a_script_that_is_deleted() {
    check(
        |film| fs::remove_file(script(film)).expect("deleting"),
        expect![[r#"
            script/film.fountain error gone
              script/film.fountain is gone, and the film has no other script; its scenes are kept
              put the file back, or write another script
        "#]],
    );
}

#[test]
fn a_pipe_in_the_place_of_a_script() {
    check(
        |film| {
            let made = Command::new("mkfifo")
                .arg(film.join("script/x.fountain"))
                .status();
            assert!(made.expect("mkfifo").success());
        },
        expect![[r#"
            script/x.fountain error notAFile
              script/x.fountain is no regular file
              put a text file in its place
        "#]],
    );
}

#[test]
fn links_that_lead_in_circles() {
    check(
        |film| {
            symlink("x.fountain", film.join("script/x.fountain")).expect("a link");
            symlink(".", film.join("script/again")).expect("a link");
            symlink("nowhere", film.join("bible/lost.toml")).expect("a link");
        },
        expect![[r#"
            bible/lost.toml error gone
              bible/lost.toml is gone; what it said is kept
              put the file back; or leave it, nothing is lost
            script/x.fountain error notAFile
              script/x.fountain is a symbolic link that leads in a circle
              put a text file in its place
        "#]],
    );
}

#[test]
fn a_bible_that_is_no_toml() {
    check(
        |film| {
            write(
                film,
                "bible/maya.toml",
                "kind = \"character\"\nname = \"MAYA\n",
            );
        },
        expect![[r#"
            bible/maya.toml:2:13 error invalidToml
              bible/maya.toml: invalid basic string, expected `"`
              put it right and save; until then the last good version counts
        "#]],
    );
}

#[test]
fn a_bible_with_an_unknown_key() {
    check(
        |film| {
            write(
                film,
                "bible/maya.toml",
                "kind = \"person\"\nname = \"MAYA\"\n",
            );
        },
        expect![[r#"
            bible/maya.toml:1:8 error invalidToml
              bible/maya.toml: unknown variant `person`, expected one of `character`, `location`, `prop`, `style`
              put it right and save; until then the last good version counts
        "#]],
    );
}

#[test]
fn settings_that_are_no_toml() {
    check(
        |film| write(film, "storycore.toml", "title = \"Lamps\"\nfps = = 25\n"),
        expect![[r#"
            storycore.toml:2:7 error invalidToml
              storycore.toml: extra `=`, expected nothing
              put it right and save; until then the last good version counts
        "#]],
    );
}

#[test]
fn settings_that_cannot_be() {
    check(
        |film| write(film, "storycore.toml", "title = \"Lamps\"\nfps = 0\n"),
        expect![[r#"
            storycore.toml:2:1 error invalidSetting
              storycore.toml: 0 frames a second is no frame rate
              write a number from 1 to 240, such as 24
        "#]],
    );
    check(
        |film| write(film, "storycore.toml", "aspect = \"wide\"\n"),
        expect![[r#"
            storycore.toml:1:1 error invalidSetting
              storycore.toml: `wide` is no aspect
              write 2.39:1, 16:9 or 1.85
        "#]],
    );
    check(
        |film| write(film, "storycore.toml", "renderer = \"oil\"\n"),
        expect![[r#"
            storycore.toml:1:1 error invalidSetting
              storycore.toml: no renderer oil
              write one of: sketch, comfyui
        "#]],
    );
    check(
        |film| write(film, "storycore.toml", "titel = \"Lamps\"\n"),
        expect![[r#"
            storycore.toml:1:1 error invalidToml
              storycore.toml: unknown field `titel`, expected one of `title`, `fps`, `aspect`, `renderer`, `workflow`, `languages`, `autoRender`, `auto_render`
              put it right and save; until then the last good version counts
        "#]],
    );
}

#[test]
fn a_line_of_two_megabytes() {
    check(
        |film| {
            write(
                film,
                "script/film.fountain",
                "INT. ROOM - DAY\n\n".to_owned() + &"a".repeat(2 << 20),
            );
        },
        expect![[r#"
            script/film.fountain:3:1 error lineTooLong
              script/film.fountain has a line of 2097152 bytes, the limit is 1048576
              break the line, or raise the limit script_line_bytes_max
        "#]],
    );
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let fixture = Fixture::new();
    block_on(async {
        let mut client = fixture.client().await;
        let id = client.open(&fixture.film, false).await;
        let before = said(&mut client, &id).await;
        let resident = fixture.daemon.resident_bytes();
        fs::write(script(&fixture.film), vec![b'a'; 100_000_000]).expect("a save");
        client.open(&fixture.film, false).await;
        assert_eq!(said(&mut client, &id).await, before);
        expect![[r#"
            script/film.fountain error tooLarge
              script/film.fountain has 100000000 bytes, the limit is 33554432
              split it, or raise the limit script_bytes_max
        "#]]
        .assert_eq(&problems(&mut client, &id).await);
        let grown = fixture.daemon.resident_bytes().saturating_sub(resident);
        assert!(grown < 16 << 20, "the daemon has grown by {grown} bytes");
    });
}

#[test]
fn a_film_that_is_bad_from_the_first() {
    let sandbox = Sandbox::unprivileged();
    let film = sandbox.film("film", "");
    write(&film, "script/film.fountain", b"\xff\xfe");
    write(&film, "storycore.toml", "fps");
    sandbox.give_away(&film);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::websocket(&daemon).await;
        let id = client.open(&film, true).await;
        expect![[r#"
            script/film.fountain:1:1 error notUtf8
              script/film.fountain is not UTF-8 text
              save it as UTF-8; a .docx, .fdx or .pdf must be exported as Fountain
            storycore.toml:1:4 error invalidToml
              storycore.toml: key with no value, expected `=`
              put it right and save; until then the last good version counts
        "#]]
        .assert_eq(&problems(&mut client, &id).await);
        // Put right, everything is as if it had never been otherwise.
        write(&film, "script/film.fountain", SCRIPT);
        write(&film, "storycore.toml", SETTINGS);
        client.open(&film, false).await;
        assert_eq!(problems(&mut client, &id).await, "");
        let scenes = client.ask("scene/list", json!({"project": id})).await;
        assert_eq!(scenes.as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn a_script_with_another_name_keeps_its_scenes() {
    let fixture = Fixture::new();
    block_on(async {
        let mut client = fixture.client().await;
        let id = client.open(&fixture.film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let ids = |list: &Value| -> Vec<Value> {
            list.as_array()
                .expect("a list")
                .iter()
                .map(|it| it["id"].clone())
                .collect()
        };
        let before = said(&mut client, &id).await;
        fs::rename(
            script(&fixture.film),
            fixture.film.join("script/new.fountain"),
        )
        .expect("renaming");
        client.open(&fixture.film, false).await;
        let after = said(&mut client, &id).await;
        for list in ["scene/list", "shot/list"] {
            assert_eq!(ids(&after[list]), ids(&before[list]), "{list}");
        }
        let fresh = |it: &Value| it["status"] == "fresh";
        assert!(
            after["shot/list"]
                .as_array()
                .expect("shots")
                .iter()
                .all(fresh)
        );
        assert_eq!(problems(&mut client, &id).await, "");
    });
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "written at the call as a macro gives it"
)]
fn check_open(path: impl Fn(&Sandbox) -> PathBuf, then: Expect) {
    let sandbox = Sandbox::unprivileged();
    let daemon = sandbox.start();
    let path = path(&sandbox);
    block_on(async {
        let mut client = Client::websocket(&daemon).await;
        let refusal = client.call("project/open", json!({"path": path})).await;
        let words = refusal.expect_err("it cannot be opened").words();
        then.assert_eq(&words.replace(&sandbox.path().display().to_string(), "HOME"));
    });
}

#[test]
fn a_film_that_cannot_be_opened() {
    check_open(
        |it| it.path().join("nothing"),
        expect![
            "no film HOME/nothing | give a folder with Fountain files in it, or one .fountain file"
        ],
    );
    check_open(
        |it| {
            write(it.path(), "film.docx", "");
            it.path().join("film.docx")
        },
        expect![
            "HOME/film.docx is no Fountain file | a screenplay's name ends in .fountain; or give the folder it is in"
        ],
    );
    check_open(
        |it| {
            let film = it.film("film", SCRIPT);
            it.give_away(&film);
            close(&film);
            film.join("script")
        },
        expect![
            "HOME/film/script cannot be looked at: Permission denied (os error 13) | check who may read it, and where symbolic links lead"
        ],
    );
    check_open(
        |it| {
            symlink("film", it.path().join("film")).expect("a link");
            it.path().join("film")
        },
        expect![
            "HOME/film cannot be looked at: Too many levels of symbolic links (os error 40) | check who may read it, and where symbolic links lead"
        ],
    );
}

#[test]
fn settings_of_the_daemon_that_are_wrong() {
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "written at the call as a macro gives it"
    )]
    fn check(settings: &str, then: Expect) {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path().join("config")).expect("a folder");
        write(sandbox.path(), "config/daemon.toml", settings);
        let output = sandbox.run(&["daemon", "run"]);
        assert_eq!(output.status.code(), Some(1));
        let words = text(&output.stderr).replace(&sandbox.path().display().to_string(), "HOME");
        then.assert_eq(&words);
    }
    check(
        "http_port = 99999\n",
        expect![[r#"
        error: HOME/config/daemon.toml:1:13: `http_port` must be a whole number up to 65535, such as 1024
        hint: correct the file, then start the daemon again
    "#]],
    );
    check(
        "[limits]\nframe_bytes_max = 0\n",
        expect![[r#"
        error: HOME/config/daemon.toml:2:19: `frame_bytes_max` must be at least 1
        hint: correct the file, then start the daemon again
    "#]],
    );
    check(
        "[limits]\n\nframe_byte_max = 10\n",
        expect![[r#"
        error: HOME/config/daemon.toml:3:1: unknown limit `frame_byte_max`
        hint: did you mean `frame_bytes_max`?
    "#]],
    );
    for (settings, then) in settings_of_models() {
        check(settings, then);
    }
    check(
        "http_port = \n",
        expect![[r#"
        error: HOME/config/daemon.toml:1:13: string values must be quoted, expected literal string
        hint: correct the file, then start the daemon again
    "#]],
    );
}

/// What may be wrong with models and servers, and what is said of it.
fn settings_of_models() -> [(&'static str, Expect); 7] {
    [
        (
            "[[llm]]\nkind = \"gemini\"\n",
            expect![[r#"
            error: HOME/config/daemon.toml:2:8: `gemini` is no kind of language model
            hint: write "ollama", "openai" (also llama.cpp, vLLM, LM Studio) or "anthropic"
        "#]],
        ),
        (
            "[[llm]]\nkind = \"openai\"\nurl = \"desk 8080\"\n",
            expect![[r#"
                error: HOME/config/daemon.toml:3:7: `url` must be an address, such as "http://127.0.0.1:8080/v1"
                hint: correct the file, then start the daemon again
            "#]],
        ),
        (
            "[[llm]]\nkind = \"openai\"\nkey = \"sk-1\"\n",
            expect![[r#"
                error: HOME/config/daemon.toml:3:1: unknown setting `key`
                hint: there are name, kind, url, model, key_env, key_over_plain_http, unload, context_tokens, price_in, price_out, requests_per_minute, tokens_per_minute, tokens_per_day, money_per_day
            "#]],
        ),
        (
            "[llm_chains]\ndefault = [\"a\", \"b\"]\n[[llm]]\nname = \"a\"\nkind = \"ollama\"\n",
            expect![[r#"
                error: HOME/config/daemon.toml:2:17: no [[llm]] of this file is named `b`
                hint: there are `a`
            "#]],
        ),
        (
            "[[llm]]\nkind = \"ollama\"\nprice_in = -1.0\n",
            expect![[r#"
                error: HOME/config/daemon.toml:3:12: `price_in` must be an amount of money, such as 2.50
                hint: correct the file, then start the daemon again
            "#]],
        ),
        (
            "[[llm]]\nkind = \"ollama\"\n[[llm]]\nkind = \"ollama\"\n",
            expect![[r#"
                error: HOME/config/daemon.toml:3:1: there are two language models named `ollama`
                hint: correct the file, then start the daemon again
            "#]],
        ),
        (
            "[[comfyui]]\nname = \"a\"\nurl = \"ftp://x\"\n",
            expect![[r#"
                error: HOME/config/daemon.toml:3:7: `url` must be an address, such as "http://127.0.0.1:8188"
                hint: correct the file, then start the daemon again
            "#]],
        ),
    ]
}

#[test]
fn a_folder_with_nothing_of_a_film_is_left_as_it_is() {
    block_on(async {
        let sandbox = Sandbox::new();
        let folder = sandbox.path().join("holidays");
        fs::create_dir(&folder).expect("a folder");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let refusal = client.call("project/open", json!({"path": folder})).await;
        let words = refusal.expect_err("a refusal").words();
        assert!(
            words.starts_with("there is no Fountain file in "),
            "{words}"
        );
        assert!(
            words.ends_with("a new film begins with one .fountain file in it"),
            "{words}"
        );
        assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 0);
    });
}
