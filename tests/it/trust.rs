//! Who may talk to the daemon over HTTP, asked of the real binary: its person, and no foreign page.

use serde_json::{Value, json};

use crate::support::{
    Client, Daemon, Sandbox, block_on,
    client::{Answer, http},
};

const STATUS: &str = r#"{"jsonrpc":"2.0","id":1,"method":"system/status","params":{}}"#;

/// A request as its lines; the host is ours unless one is given.
async fn ask(daemon: &Daemon, request: &str, headers: &[&str], body: &str) -> Answer {
    let mut lines = vec![format!("{request} HTTP/1.1")];
    let has = |name: &str| headers.iter().any(|it| it.to_lowercase().starts_with(name));
    if !has("host:") {
        lines.push(format!("host: 127.0.0.1:{}", daemon.port()));
    }
    if !has("content-type:") {
        lines.push("content-type: application/json".to_owned());
    }
    lines.extend(headers.iter().map(|it| (*it).to_owned()));
    lines.push(format!("content-length: {}", body.len()));
    lines.push("connection: close".to_owned());
    http(
        daemon.port(),
        &format!("{}\r\n\r\n{body}", lines.join("\r\n")),
    )
    .await
}

/// The status and the words of a refusal: every one is a JSON-RPC error with message and hint.
#[track_caller]
fn words(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["jsonrpc"], "2.0", "{answer:?}");
    assert_eq!(body["id"], Value::Null, "{answer:?}");
    let error = &body["error"];
    assert!(error["code"].is_i64(), "{answer:?}");
    assert!(error["data"]["kind"].is_string(), "{answer:?}");
    assert!(error["data"]["correlationId"].is_string(), "{answer:?}");
    let text = |it: &Value| it.as_str().expect("words").to_owned();
    let (message, hint) = (text(&error["message"]), text(&error["data"]["hint"]));
    format!("{} {message} | {hint}", answer.status)
}

/// What a header says.
fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let lines = answer.head.lines().filter_map(|it| it.split_once(": "));
    lines
        .into_iter()
        .find_map(|(given, value)| given.eq_ignore_ascii_case(name).then_some(value))
}

/// The refusal of a status request with these headers.
#[track_caller]
fn check(headers: impl Fn(&Daemon) -> Vec<String>, expected: &str) {
    let sandbox = Sandbox::new();
    let daemon = sandbox.start();
    block_on(async {
        let headers = headers(&daemon);
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = ask(&daemon, "POST /rpc", &headers, STATUS).await;
        let port = daemon.port().to_string();
        assert_eq!(words(&answer).replace(&port, "PORT"), expected);
        // A WebSocket and an asset are refused alike.
        if answer.status != 415 {
            let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
            let asset = format!("GET /assets/{id}/{}", "0".repeat(64));
            for request in ["GET /rpc", &asset] {
                let other = ask(&daemon, request, &headers, "").await;
                assert_eq!(words(&other), words(&answer), "{request}");
            }
        }
    });
}

fn bearer(daemon: &Daemon) -> String {
    format!("authorization: Bearer {}", daemon.token)
}

#[test]
fn no_token() {
    check(
        |_| vec![],
        "401 nobody knows who sends this request | \
         scripts send `Authorization: Bearer` with the token from the daemon's state file; \
         a browser begins with `storycore studio`",
    );
}

#[test]
fn a_wrong_token() {
    check(
        |daemon| vec![format!("{}0", bearer(daemon))],
        "401 the bearer token is wrong | \
         scripts send `Authorization: Bearer` with the token from the daemon's state file; \
         a browser begins with `storycore studio`",
    );
}

#[test]
fn a_foreign_page_even_with_the_token() {
    check(
        |daemon| vec![bearer(daemon), "origin: https://evil.example".to_owned()],
        "403 the origin \"https://evil.example\" may not call this daemon | \
         open the page with `storycore studio`, or add the origin to `origins` in daemon.toml",
    );
}

#[test]
fn a_page_of_another_port_of_this_machine() {
    check(
        |daemon| vec![bearer(daemon), "origin: http://127.0.0.1:1".to_owned()],
        "403 the origin \"http://127.0.0.1:1\" may not call this daemon | \
         open the page with `storycore studio`, or add the origin to `origins` in daemon.toml",
    );
}

#[test]
fn a_foreign_name_that_leads_to_this_machine() {
    check(
        |daemon| {
            vec![
                bearer(daemon),
                format!("host: evil.example:{}", daemon.port()),
            ]
        },
        "403 the host \"evil.example:PORT\" is not this daemon | use http://127.0.0.1:PORT/",
    );
}

#[test]
fn a_form_of_a_foreign_page() {
    check(
        |daemon| {
            let form = "content-type: application/x-www-form-urlencoded";
            vec![bearer(daemon), form.to_owned()]
        },
        "415 the body is not said to be JSON | send `content-type: application/json`",
    );
}

/// The board inside an editor comes through its extension; the webview itself is a foreign page.
#[test]
fn a_webview_of_an_editor() {
    check(
        |daemon| {
            let origin = "origin: vscode-webview://0f3pjkm6kq0bcl5u1v1pr8hi9ajd2ib1lbvg5m2tc4ub";
            vec![bearer(daemon), origin.to_owned()]
        },
        "403 the origin \"vscode-webview://0f3pjkm6kq0bcl5u1v1pr8hi9ajd2ib1lbvg5m2tc4ub\" may not \
         call this daemon | \
         open the page with `storycore studio`, or add the origin to `origins` in daemon.toml",
    );
}

#[test]
fn the_page_may_be_framed_by_nobody_and_its_cookie_goes_to_no_frame() {
    let sandbox = Sandbox::new();
    let daemon = sandbox.start();
    block_on(async {
        // A frame is a navigation, so that it has no Origin; only these headers keep it out.
        let framed = ["sec-fetch-dest: iframe", "sec-fetch-site: cross-site"];
        let page = ask(&daemon, "GET /", &framed, "").await;
        let policy = header(&page, "content-security-policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        let (_, opened, _) = open(&daemon).await;
        let cookie = header(&opened, "set-cookie").expect("a cookie");
        assert!(cookie.ends_with("SameSite=Strict"), "{cookie}");
    });
}

/// Lets a browser in: the path it is sent to, the answer, and its cookie.
async fn open(daemon: &Daemon) -> (String, Answer, String) {
    let mut client = Client::socket(&daemon.socket).await;
    let page = client.ask("system/page", json!({})).await;
    let url = page["url"].as_str().expect("an address");
    let path = url
        .strip_prefix(&daemon.url)
        .expect("our address")
        .to_owned();
    let answer = ask(daemon, &format!("GET {path}"), &[], "").await;
    let cookie = header(&answer, "set-cookie").unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    (path, answer, cookie)
}

#[test]
fn a_browser_trades_a_token_that_works_once_for_a_cookie() {
    let sandbox = Sandbox::new();
    let daemon = sandbox.start();
    block_on(async {
        let (path, first, cookie) = open(&daemon).await;
        assert_eq!(first.status, 303, "{first:?}");
        assert_eq!(header(&first, "location"), Some("/"));
        let attributes = header(&first, "set-cookie").expect("a cookie");
        let attributes: Vec<&str> = attributes.split("; ").skip(1).collect();
        assert_eq!(attributes, ["Path=/", "HttpOnly", "SameSite=Strict"]);
        assert!(cookie.starts_with(&format!("storycore_{}=", daemon.port())));

        let second = ask(&daemon, &format!("GET {path}"), &[], "").await;
        let expected = "401 this address has been used already, or is too old | \
            get a new one with `storycore studio`";
        assert_eq!(words(&second), expected);
        assert_eq!(header(&second, "set-cookie"), None);
    });
}

#[test]
fn a_cookie_opens_calls_and_pictures_to_our_page_alone() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", "INT. ROOM - DAY\n\nA lamp.\n");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let film = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": film})).await;
        let takes = client.ask("take/list", json!({"project": film})).await;
        let asset = takes[0]["asset"].as_str().expect("an asset");
        let picture = format!("GET /assets/{film}/{asset}");
        let (_, _, cookie) = open(&daemon).await;
        let cookie = format!("cookie: {cookie}");

        let ours = format!("origin: {}", daemon.url);
        let call = ask(&daemon, "POST /rpc", &[&cookie, &ours], STATUS).await;
        assert_eq!(call.status, 200, "{call:?}");
        let seen = ask(
            &daemon,
            &picture,
            &[&cookie, "sec-fetch-site: same-origin"],
            "",
        )
        .await;
        assert_eq!(seen.status, 200, "{}", seen.head);
        assert_eq!(header(&seen, "content-type"), Some("image/png"));
        assert_eq!(
            header(&seen, "cross-origin-resource-policy"),
            Some("same-origin")
        );

        let expected = "403 a foreign page may not read from this daemon | \
            open the page with `storycore studio`";
        for site in ["cross-site", "same-site"] {
            let headers = [&*cookie, &format!("sec-fetch-site: {site}")];
            for (request, body) in [(&*picture, ""), ("POST /rpc", STATUS)] {
                let stolen = ask(&daemon, request, &headers, body).await;
                assert_eq!(words(&stolen), expected, "{request} from {site}");
            }
        }
        let forged = format!("{}0", cookie);
        let forged = ask(&daemon, "POST /rpc", &[&forged], STATUS).await;
        assert_eq!(forged.status, 401, "{forged:?}");
    });
}

#[test]
fn a_browser_may_not_stop_the_daemon() {
    let sandbox = Sandbox::new();
    let mut daemon = sandbox.start();
    block_on(async {
        let (_, _, cookie) = open(&daemon).await;
        let stop = r#"{"jsonrpc":"2.0","id":1,"method":"system/shutdown","params":{}}"#;
        let answer = ask(&daemon, "POST /rpc", &[&format!("cookie: {cookie}")], stop).await;
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(
            body["error"]["data"]["kind"], "permissionDenied",
            "{answer:?}"
        );
        let mut client = Client::socket(&daemon.socket).await;
        client.ask("system/status", json!({})).await;
    });
    assert!(daemon.lives());
}

#[test]
fn a_cookie_stays_good_over_a_restart() {
    let sandbox = Sandbox::new();
    let daemon = sandbox.start();
    let (_, _, cookie) = block_on(open(&daemon));
    daemon.terminate();
    let daemon = sandbox.start();
    let cookie = format!("cookie: {cookie}");
    let answer = block_on(ask(&daemon, "POST /rpc", &[&cookie], STATUS));
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn what_is_no_secret_is_answered_to_all() {
    let sandbox = Sandbox::new();
    let daemon = sandbox.start();
    let answer = block_on(ask(&daemon, "GET /healthz", &[], ""));
    assert_eq!((answer.status, &*answer.body), (200, "ok\n"));
    let answer = block_on(ask(&daemon, "DELETE /rpc", &[], ""));
    assert_eq!(
        words(&answer),
        "405 no DELETE here | send JSON-RPC with POST to /rpc"
    );
}
