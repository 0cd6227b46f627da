//! The daemon's life, from the first client to the last, with the real binary.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{
    Client, Daemon, Sandbox, block_on,
    client::post,
    sandbox::{text, user_id},
};

/// How long something that is about to happen may take.
const WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);
const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n";

/// One shot takes long enough that a render is under way for some time.
fn slow_sandbox() -> Sandbox {
    Sandbox::new().set("STORYCORE_RENDER_WORKERS_MAX", "1")
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("it is there");
    metadata.permissions().mode() & 0o777
}

fn json_of(printed: &str) -> Value {
    serde_json::from_str(printed).expect("JSON")
}

/// Asks for a render without waiting for it, and returns when the first panel is done.
async fn begin_render(client: &mut Client, film: &str) {
    client
        .ask(
            "event/subscribe",
            json!({"project": film, "topics": ["run"]}),
        )
        .await;
    let render = json!({"jsonrpc": "2.0", "id": "render", "method": "shot/render",
        "params": {"project": film}});
    client.send(&render.to_string()).await;
    loop {
        let note = client.note("event/happened", WAIT).await.expect("an event");
        if note["event"]["event"]["type"] == "stepDone" {
            return;
        }
    }
}

#[test]
fn ensure_starts_a_daemon_once_and_says_where_it_is() {
    let sandbox = Sandbox::new();
    let first = sandbox.succeed(&["daemon", "ensure"]);
    let record = json_of(&first);
    let keys: Vec<&String> = record.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["pid", "protocol", "socket", "url", "version"]);
    assert_eq!(sandbox.succeed(&["daemon", "ensure"]), first);

    let socket = PathBuf::from(record["socket"].as_str().expect("a path"));
    let run = sandbox.path().join("run");
    assert_eq!(mode(&run), 0o700);
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(&socket.with_extension("json")), 0o600);
    let state = fs::read_dir(sandbox.path().join("state")).expect("a folder");
    for file in state.flatten() {
        assert_eq!(mode(&file.path()) & 0o077, 0, "{}", file.path().display());
    }
    assert_eq!(mode(&sandbox.path().join("state")), 0o700);
}

#[test]
fn eight_commands_at_once_start_one_daemon() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let film = film.to_str().expect("a path");
    thread::scope(|scope| {
        let command = || sandbox.succeed(&["shot", "list", "--project", film, "--json"]);
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(command)).collect();
        let answers = calls.into_iter().map(|it| it.join().expect("an answer"));
        let answers: Vec<String> = answers.collect();
        assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    });
    let started = sandbox.log().matches("the daemon is ready").count();
    assert_eq!(started, 1);
}

#[test]
fn status_logs_and_stop_speak_of_the_running_daemon() {
    let sandbox = Sandbox::new();
    let stopped = sandbox.run(&["daemon", "status"]);
    assert_eq!(stopped.status.code(), Some(3));
    let words = text(&stopped.stderr);
    assert!(words.contains("the daemon does not run"), "{words}");
    assert!(words.contains("storycore daemon ensure"), "{words}");

    let pid = json_of(&sandbox.succeed(&["daemon", "ensure"]))["pid"].clone();
    let status = json_of(&sandbox.succeed(&["daemon", "status", "--json"]));
    assert_eq!(status["pid"], pid);
    let logs = sandbox.succeed(&["daemon", "logs"]);
    assert!(logs.contains("the daemon is ready"), "{logs}");

    sandbox.succeed(&["daemon", "stop"]);
    assert_eq!(sandbox.run(&["daemon", "status"]).status.code(), Some(3));
    assert_eq!(sandbox.record(), None);
    sandbox.succeed(&["daemon", "stop"]);
}

#[test]
fn a_daemon_that_nobody_needs_ends_by_itself() {
    let sandbox = Sandbox::new().set("STORYCORE_IDLE_EXIT_MS", "150");
    let started = Instant::now();
    sandbox.start().wait();
    assert!(started.elapsed() >= Duration::from_millis(150), "too early");
    assert_eq!(sandbox.record(), None);

    let daemon = sandbox.start();
    block_on(async {
        Client::socket(&daemon.socket)
            .await
            .ask("project/list", json!({}))
            .await
    });
    daemon.wait();
}

#[test]
fn a_daemon_that_somebody_is_connected_to_stays() {
    let sandbox = Sandbox::new().set("STORYCORE_IDLE_EXIT_MS", "50");
    let mut daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert!(daemon.lives());
        client.ask("project/list", json!({})).await;
    });
    daemon.wait();
}

#[test]
fn a_daemon_that_draws_stays_until_it_is_done() {
    let sandbox = slow_sandbox().set("STORYCORE_IDLE_EXIT_MS", "20");
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        begin_render(&mut client, &id).await;
    });
    daemon.wait();
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        let events = client.events(&id).await;
        let last = &events.last().expect("events")["event"]["event"];
        assert_eq!(last["type"], "ended", "the run was cut off");
    });
}

#[test]
fn port_and_token_outlive_the_daemon() {
    let sandbox = Sandbox::new();
    let first = sandbox.start();
    let (url, token) = (first.url.clone(), first.token.clone());
    first.terminate();
    let second = sandbox.start();
    assert_eq!((&second.url, &second.token), (&url, &token));
}

#[test]
fn what_was_asked_for_is_answered_before_the_end() {
    let sandbox = slow_sandbox();
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        begin_render(&mut client, &id).await;
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "shot/render",
            "params": {"project": id, "force": true}});
        let (port, token) = (daemon.port(), daemon.token.clone());
        let over_http = tokio::spawn(async move { post(port, &token, &body.to_string()).await });
        // Forced, it is a run of its own, which shows that the request has arrived.
        let runs = json!({"project": id, "status": "running"});
        while client
            .ask("run/list", runs.clone())
            .await
            .as_array()
            .map(Vec::len)
            < Some(2)
        {
            tokio::time::sleep(POLL).await;
        }
        let ending = tokio::task::spawn_blocking(move || daemon.terminate());
        let answer = loop {
            let message = client.receive().await.expect("an answer before the end");
            if message["id"] == "render" {
                break message;
            }
        };
        assert_eq!(answer["error"]["message"], "the film was closed");
        let hint = "open it again; its runs go on then";
        assert_eq!(answer["error"]["data"]["hint"], hint);
        let answer = over_http.await.expect("an answer");
        assert!(answer.body.contains(hint), "{answer:?}");
        ending.await.expect("a clean end");
    });
    assert!(!sandbox.log().contains("panicked"), "{}", sandbox.log());
}

#[test]
fn stopped_while_drawing_it_goes_on_when_the_film_is_opened_again() {
    let sandbox = slow_sandbox();
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        begin_render(&mut client, &id).await;
    });
    sandbox.succeed(&["daemon", "stop"]);
    daemon.wait();
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        let runs = client.runs_ended(&id).await;
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0]["status"], "finished");
        assert_eq!(runs[0]["done"], runs[0]["total"]);
        let takes = client.ask("take/list", json!({"project": id})).await;
        assert_eq!(
            takes.as_array().map(Vec::len),
            runs[0]["total"].as_u64().map(|it| it as usize)
        );
    });
}

/// Log lines that carry a correlation id, once there are some that satisfy.
fn log_lines(sandbox: &Sandbox, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + WAIT;
    loop {
        let log = sandbox.log();
        let lines = log.lines().filter_map(|it| serde_json::from_str(it).ok());
        let lines: Vec<Value> = lines.collect();
        if enough(&lines) {
            return lines;
        }
        assert!(Instant::now() < deadline, "the log does not say it\n{log}");
        thread::sleep(POLL);
    }
}

#[test]
fn the_log_says_more_or_less_while_the_daemon_runs() {
    let sandbox = Sandbox::new();
    let daemon = sandbox.start();
    let answered = |lines: &[Value], method: &str| {
        let of_method =
            |it: &&Value| it["storycore.method"] == method && it["message"] == "answered";
        lines.iter().filter(of_method).count()
    };
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        client.ask("project/list", json!({})).await;
        client
            .ask(
                "system/log",
                json!({"filter": "info,storycore_server=debug"}),
            )
            .await;
        client.ask("project/list", json!({})).await;
        let filter = client.ask("system/log", json!({"filter": "warn"})).await;
        assert_eq!(filter["filter"], "warn");
        client.ask("project/list", json!({})).await;
    });
    daemon.terminate();
    let lines = log_lines(&sandbox, |_| true);
    assert_eq!(answered(&lines, "project/list"), 1);
}

/// The correlation ids of a film's events from some type on.
fn ids_from(events: &[Value], first: &str) -> Vec<String> {
    let from = events
        .iter()
        .position(|it| it["event"]["event"]["type"] == first);
    let from = from.unwrap_or_else(|| panic!("no {first}"));
    let id = |it: &Value| it["correlationId"].as_str().expect("an id").to_owned();
    let mut ids: Vec<String> = events[from..].iter().map(id).collect();
    ids.dedup();
    ids
}

#[test]
fn a_request_can_be_followed_to_the_last_event_it_causes() {
    let sandbox = slow_sandbox();
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        client.ask("system/log", json!({"filter": "debug"})).await;
        let id = client.open(&film, false).await;
        let opened = client.events(&id).await;
        assert_eq!(
            ids_from(&opened, "created").len(),
            1,
            "opening is one cause"
        );
        begin_render(&mut client, &id).await;
        // Also over a power cut.
        daemon.kill();
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        client.ask("system/log", json!({"filter": "debug"})).await;
        let id = client.open(&film, false).await;
        client.runs_ended(&id).await;
        let ids = ids_from(&client.events(&id).await, "requested");
        let [cause] = &ids[..] else {
            panic!("{ids:?}");
        };
        let drawn = |it: &Value| it["trace.id"] == **cause && it["message"] == "done";
        log_lines(&sandbox, |lines| lines.iter().any(drawn));
        let refused = client
            .call("run/get", json!({"project": id, "id": id}))
            .await;
        let refused = refused.expect_err("no such run");
        let id = refused.0["data"]["correlationId"].clone();
        assert!(id.is_string(), "{refused:?}");
        let told = |it: &Value| it["trace.id"] == id && it["message"] == "refused";
        log_lines(&sandbox, |lines| lines.iter().any(told));
    });
}

#[test]
fn a_save_can_be_followed_to_what_is_redrawn_because_of_it() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, true).await;
        client.all_fresh(&id).await;
        let head = client.events(&id).await.len();
        client
            .ask("event/subscribe", json!({"project": id, "topics": ["run"]}))
            .await;
        fs::write(
            film.join("script/film.fountain"),
            "INT. ROOM - NIGHT\n\nTwo lamps.\n",
        )
        .expect("a save");
        loop {
            let note = client.note("event/happened", WAIT).await.expect("an event");
            if note["event"]["event"]["type"] == "ended" {
                break;
            }
        }
        let events = client.events(&id).await;
        let ids = ids_from(&events[head..], "changed");
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert!(ids[0].starts_with("f-"), "{ids:?}");
    });
}

#[test]
fn a_film_is_open_in_one_daemon_only() {
    let (one, other) = (Sandbox::new(), Sandbox::new());
    let film = one.film("film", SCRIPT);
    let (first, second) = (one.start(), other.start());
    block_on(async {
        let mut client = Client::socket(&first.socket).await;
        let id = client.open(&film, false).await;
        let mut late = Client::socket(&second.socket).await;
        let refusal = late.call("project/open", json!({"path": film})).await;
        let refusal = refusal.expect_err("somebody has it");
        assert_eq!(refusal.kind(), "alreadyExists");
        let host = fs::read_to_string("/proc/sys/kernel/hostname").expect("the host's name");
        let host = host.trim();
        let expected = format!(
            "{} is open in another daemon (process {} on {host}) | \
             close it there, or stop that daemon, then open it again",
            film.display(),
            first.pid()
        );
        assert_eq!(refusal.words(), expected);
        client.ask("project/close", json!({"project": id})).await;
        late.open(&film, false).await;
    });
}

#[track_caller]
fn refused_folder(sandbox: &Sandbox, expected: &[&str]) {
    for command in [["daemon", "run"], ["daemon", "ensure"]] {
        let output = sandbox.run(&command);
        assert!(!output.status.success(), "{command:?}");
        let words = text(&output.stderr);
        for part in expected {
            assert!(words.contains(part), "{command:?} says {words}");
        }
    }
}

#[test]
fn a_folder_that_others_can_enter_is_refused() {
    let sandbox = Sandbox::new();
    let run = sandbox.path().join("run");
    fs::create_dir(&run).expect("a folder");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).expect("its mode");
    let hint = format!("chmod 700 {}", run.display());
    refused_folder(&sandbox, &["is open to others (mode 755)", &hint]);
    assert_eq!(fs::read_dir(&run).expect("a folder").count(), 0);
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let sandbox = Sandbox::unprivileged();
    // Nobody but root can give a folder away, so to anybody else one of root's is shown.
    let foreign = sandbox.path().join("foreign");
    let sandbox = match user_id() {
        0 => {
            fs::create_dir(&foreign).expect("a folder");
            fs::set_permissions(&foreign, fs::Permissions::from_mode(0o700)).expect("its mode");
            sandbox.set("STORYCORE_RUNTIME_DIR", foreign.to_str().expect("a path"))
        }
        _ => sandbox.set("STORYCORE_RUNTIME_DIR", "/proc/1"),
    };
    let hint = "set STORYCORE_RUNTIME_DIR to a folder of your own";
    refused_folder(&sandbox, &["belongs to user 0, not to you", hint]);
}

#[test]
fn a_client_of_another_user_is_refused() {
    let sandbox = Sandbox::unprivileged();
    let daemon = sandbox.start();
    // Only root gets past the folder's mode to the socket; for anybody else there is no such test.
    if user_id() != 0 {
        return;
    }
    let refusal = block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        client.receive().await.expect("a refusal")
    });
    let error = &refusal["error"];
    assert_eq!(
        error["message"],
        "the daemon serves the user 65534, not the user 0"
    );
    assert_eq!(
        error["data"]["hint"],
        "start a daemon of your own with `storycore daemon ensure`"
    );
}

#[test]
fn a_daemon_that_hangs_is_named() {
    let sandbox = Sandbox::new();
    let daemon: Daemon = sandbox.start();
    let signal = |name: &str| {
        let pid = daemon.pid().to_string();
        let sent = std::process::Command::new("kill")
            .args([name, &pid])
            .status();
        assert!(sent.expect("kill").success());
    };
    signal("-STOP");
    // The lock tells that it lives; so no second one is started beside it.
    let second = sandbox
        .command(&["daemon", "run"])
        .output()
        .expect("it runs");
    signal("-CONT");
    assert!(!second.status.success());
    let words = text(&second.stderr);
    let expected = format!("the daemon runs already (process {})", daemon.pid());
    assert!(words.contains(&expected), "{words}");
}
