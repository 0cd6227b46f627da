//! Too many clients, and clients that do not read.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::UnixStream, time::timeout};

use crate::support::{Client, Daemon, Sandbox, block_on};

const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n";
const WAIT: Duration = Duration::from_secs(10);

/// Lets this process open as many files as the system allows; how many.
fn open_files_max() -> usize {
    let pid = std::process::id().to_string();
    let limits = std::fs::read_to_string("/proc/self/limits").expect("limits");
    let line = limits.lines().find(|it| it.starts_with("Max open files"));
    let hard = line
        .and_then(|it| it.split_whitespace().nth(4))
        .expect("a limit");
    let raised = Command::new("prlimit")
        .args(["--pid", &pid, &format!("--nofile={hard}:")])
        .status();
    assert!(raised.expect("prlimit").success());
    hard.parse().unwrap_or(usize::MAX)
}

#[test]
fn a_thousand_clients_are_served_and_one_too_many_is_told_so() {
    let max = 2_048.min(open_files_max().saturating_sub(200));
    assert!(
        max >= 1_000,
        "this system allows fewer than 1,200 open files"
    );
    // A shell hands down a soft limit that is too low for so many.
    let sandbox = Sandbox::new()
        .set("STORYCORE_CONNECTIONS_MAX", &max.to_string())
        .under(&["prlimit", "--nofile=256:", "--"]);
    let mut daemon = sandbox.start();
    block_on(async {
        let mut clients = Vec::new();
        for _ in 0..max {
            clients.push(Client::socket(&daemon.socket).await);
        }
        // The first and the last are served alike, and so are some in between.
        for client in clients.iter_mut().step_by(100) {
            client.ask("project/list", json!({})).await;
        }
        let status = clients[max - 1].ask("system/status", json!({})).await;
        assert_eq!(status["connections"], max);

        let mut late = Client::socket(&daemon.socket).await;
        let refusal = late.receive().await.expect("a refusal");
        let error = &refusal["error"];
        assert_eq!(error["data"]["kind"], "resourceExhausted");
        let message =
            format!("there are {max} connections, and the limit connections_max is {max}");
        assert_eq!(error["message"], message);
        let hint = "close other clients, or raise connections_max in daemon.toml";
        assert_eq!(error["data"]["hint"], hint);
        assert_eq!(late.receive().await, None);

        clients.truncate(max - 1);
        let room = async {
            while let Err(refusal) = call(&daemon).await {
                assert_eq!(refusal["error"]["message"], message);
            }
        };
        timeout(WAIT, room).await.expect("there is room again");
    });
    assert!(daemon.lives());
}

/// Calls over a connection of its own; or the refusal.
async fn call(daemon: &Daemon) -> Result<Value, Value> {
    let mut client = Client::socket(&daemon.socket).await;
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "project/list", "params": {}});
    client.send(&request.to_string()).await;
    let answer = client.receive().await.expect("an answer");
    if answer["error"].is_null() {
        Ok(answer)
    } else {
        Err(answer)
    }
}

/// Sends requests until the daemon takes no more; how many bytes it took.
async fn flood(daemon: &Daemon, request: &str) -> (UnixStream, usize) {
    let mut stream = UnixStream::connect(&daemon.socket)
        .await
        .expect("a connection");
    let frame = format!("Content-Length: {}\r\n\r\n{request}", request.len());
    let many = frame.repeat(100);
    let mut taken = 0;
    while let Ok(written) = timeout(
        Duration::from_millis(300),
        stream.write_all(many.as_bytes()),
    )
    .await
    {
        written.expect("the connection stays");
        taken += many.len();
        assert!(
            taken < 256 << 20,
            "a client that does not read is read without end"
        );
    }
    (stream, taken)
}

#[test]
fn a_client_that_floods_and_never_reads_slows_down_itself_alone() {
    let sandbox = Sandbox::new();
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut other = Client::socket(&daemon.socket).await;
        let id = other.open(&film, false).await;
        other.ask("state/get", json!({"project": id})).await;
        let resident = daemon.resident_bytes();
        // The longest answer there is.
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": "state/get",
            "params": {"project": id}});
        let (_flooding, _) = flood(&daemon, &request.to_string()).await;
        let begun = Instant::now();
        for _ in 0..20 {
            other.ask("project/get", json!({"project": id})).await;
        }
        assert!(begun.elapsed() < WAIT, "others wait for it");
        let grown = daemon.resident_bytes().saturating_sub(resident);
        assert!(grown < 32 << 20, "the daemon has grown by {grown} bytes");
    });
}

#[test]
fn large_answers_that_nobody_reads_do_not_pile_up() {
    let sandbox = Sandbox::new();
    let aside = "Nothing of this is filmed.\n".repeat((1 << 20) / 27);
    let film = sandbox.film("film", &format!("{SCRIPT}\n/*\n{aside}*/\n"));
    let daemon = sandbox.start();
    block_on(async {
        let mut other = Client::socket(&daemon.socket).await;
        let id = other.open(&film, false).await;
        let params = json!({"project": id, "path": "script/film.fountain"});
        other.ask("script/get", params.clone()).await;
        let resident = daemon.resident_bytes();
        let mut idle = Client::socket(&daemon.socket).await;
        let request =
            |n: u32| json!({"jsonrpc": "2.0", "id": n, "method": "script/get", "params": params});
        for n in 0..200 {
            idle.send(&request(n).to_string()).await;
        }
        for _ in 0..20 {
            other.ask("script/get", params.clone()).await;
        }
        let grown = daemon.resident_bytes().saturating_sub(resident);
        assert!(grown < 64 << 20, "the daemon has grown by {grown} bytes");
        // All of them are answered when it reads at last.
        for _ in 0..200 {
            let answer = timeout(WAIT, idle.receive()).await.expect("an answer");
            let text = answer.expect("the connection stays")["result"]["text"].take();
            assert!(text.as_str().is_some_and(|it| it.len() > 1 << 20));
        }
    });
}

/// The places of the events that come until one is the last.
async fn events_until(client: &mut Client, last: u64) -> Vec<u64> {
    let mut places = Vec::new();
    while places.last() != Some(&last) {
        let event = client.note("event/happened", WAIT).await;
        places.push(event.expect("an event")["seq"].as_u64().expect("a place"));
    }
    places
}

#[test]
fn the_past_comes_in_small_pages_and_a_later_subscription_alone_is_heard() {
    let sandbox = Sandbox::new()
        .set("STORYCORE_EVENT_PAGE_LEN_MAX", "3")
        .set("STORYCORE_OUTBOX_BYTES_MAX", "4096");
    let film = sandbox.film("film", SCRIPT);
    let daemon = sandbox.start();
    block_on(async {
        let (mut slow, mut busy) = (
            Client::socket(&daemon.socket).await,
            Client::socket(&daemon.socket).await,
        );
        let id = busy.open(&film, false).await;
        for it in 0..60 {
            busy.open(&film, it % 2 == 0).await;
        }
        busy.runs_ended(&id).await;
        let head = busy.events(&id).await.len() as u64;
        assert!(head > 60);
        for after in [0, 30, head - 10] {
            let params = json!({"project": id, "after": after});
            slow.ask("event/subscribe", params).await;
        }
        // Those before may have been heard for a while; then only the last.
        let places = events_until(&mut slow, head).await;
        let first = places.iter().rposition(|it| *it == head - 9);
        let last = &places[first.expect("its first event")..];
        assert_eq!(last, Vec::from_iter(head - 9..=head));

        let all = json!({"project": id, "after": 0});
        slow.ask("event/subscribe", all).await;
        slow.ask("event/unsubscribe", json!({"project": id})).await;
        let request = json!({"jsonrpc": "2.0", "id": "next", "method": "project/list"});
        slow.send(&request.to_string()).await;
        let next = timeout(WAIT, slow.receive()).await.expect("an answer");
        assert_eq!(next.expect("the connection stays")["id"], "next");
    });
}

#[test]
fn a_subscriber_that_does_not_read_is_told_to_begin_anew() {
    let sandbox = Sandbox::new().set("STORYCORE_OUTBOX_LEN_MAX", "16");
    let film = sandbox.film("film", SCRIPT);
    let daemon = sandbox.start();
    block_on(async {
        let (mut slow, mut busy) = (
            Client::socket(&daemon.socket).await,
            Client::socket(&daemon.socket).await,
        );
        let id = busy.open(&film, false).await;
        slow.ask("state/subscribe", json!({"project": id})).await;
        slow.ask("event/subscribe", json!({"project": id})).await;
        let shots = busy.ask("shot/list", json!({"project": id})).await;
        let select = |it: u32| {
            let shot = it.is_multiple_of(2).then_some(&shots[0]["id"]);
            json!({"project": id, "client": "busy", "shot": shot})
        };
        // More than fits into the system's buffers and ours.
        for it in 0..2_000 {
            busy.ask("selection/set", select(it)).await;
        }
        // Nothing is left out in silence: what came is without a gap, and then it is said.
        let mut told = Vec::new();
        let mut revision = None;
        while told.len() < 2 {
            let message = timeout(WAIT, slow.receive()).await.expect("a message");
            let message = message.expect("the connection stays");
            let params = &message["params"];
            match message["method"].as_str() {
                Some("state/changed") => {
                    let now = params["revision"].as_u64().expect("a revision");
                    assert_eq!(revision.map_or(now, |was| was + 1), now, "a gap");
                    revision = Some(now);
                }
                Some("$/resync") => {
                    assert_eq!(params["project"], *id);
                    told.push(params["subscription"].as_str().expect("a kind").to_owned());
                }
                _ => {}
            }
        }
        told.sort();
        assert_eq!(told, ["event", "state"]);

        let snapshot = slow.ask("state/subscribe", json!({"project": id})).await;
        busy.ask("selection/set", select(0)).await;
        busy.ask("selection/set", select(1)).await;
        let change = slow.note("state/changed", WAIT).await.expect("a change");
        let next = snapshot["revision"].as_u64().map(|it| it + 1);
        assert_eq!(change["revision"].as_u64(), next);
    });
}

#[test]
fn more_requests_at_once_than_allowed_are_refused_one_by_one() {
    let sandbox = Sandbox::new()
        .set("STORYCORE_IN_FLIGHT_CALLS_MAX", "4")
        .set("STORYCORE_RENDER_WORKERS_MAX", "1");
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        let render = |n: u32| {
            json!({"jsonrpc": "2.0", "id": format!("r{n}"), "method": "shot/render",
                "params": {"project": id}})
        };
        for n in 0..5 {
            client.send(&render(n).to_string()).await;
        }
        let refusal = loop {
            let message = timeout(WAIT, client.receive()).await.expect("a message");
            let message = message.expect("the connection stays");
            if message["error"].is_object() {
                break message;
            }
        };
        assert_eq!(refusal["id"], "r4");
        let error = &refusal["error"];
        let message = "4 requests are under way, and the limit in_flight_calls_max is 4";
        assert_eq!(error["message"], message);
        let hint = "wait for answers before sending more requests";
        assert_eq!(error["data"]["hint"], hint);
        let mut other = Client::socket(&daemon.socket).await;
        other.ask("project/list", json!({})).await;
    });
}
