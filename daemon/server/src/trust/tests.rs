//! Who is let in, with a clock that the test moves.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const PORT: u16 = 7777;

fn trust() -> (Trust, Token, Arc<AtomicU64>) {
    let token = Token::random();
    let now_ms = Arc::new(AtomicU64::new(1_000_000));
    let clock = now_ms.clone();
    let trust = Trust::new(TrustOptions {
        token: token.clone(),
        browser_role: Role::Producer,
        hosts: vec!["studio.lan:7777".into()],
        origins: vec!["http://localhost:5173".into()],
        browser_token_ms_max: 120_000,
        clock: Arc::new(move || clock.load(Ordering::SeqCst)),
    });
    (trust, token, now_ms)
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let lines = lines.iter().map(|(name, value)| {
        let value = http::HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    });
    lines.collect()
}

/// Reads the cookie a `Set-Cookie` sets, as it is sent back.
fn sent_back(set_cookie: &str) -> String {
    set_cookie.split(';').next().unwrap().to_owned()
}

fn open(trust: &Trust, path: &str) -> Result<Opened, Denied> {
    trust.open(path.strip_prefix("/open?").unwrap(), PORT)
}

#[test]
fn only_our_own_host_and_origin_pass() {
    let (trust, ..) = trust();
    let check = |host: &str, origin: Option<&str>, status: Option<u16>, named: &str| {
        let mut lines = vec![("host", host)];
        lines.extend(origin.map(|it| ("origin", it)));
        let denied = trust.check_source(&headers(&lines), PORT).err();
        assert_eq!(
            denied.as_ref().map(|it| it.status.as_u16()),
            status,
            "{host} {origin:?}"
        );
        if let Some(denied) = denied {
            assert!(
                denied.error.message.contains(named),
                "{}",
                denied.error.message
            );
            assert!(denied.error.hint.is_some());
        }
    };
    check("127.0.0.1:7777", None, None, "");
    check("localhost:7777", Some("http://localhost:7777"), None, "");
    check("[::1]:7777", Some("http://[::1]:7777"), None, "");
    check("LOCALHOST:7777", Some("http://localhost:7777"), None, "");
    check("studio.lan:7777", None, None, "");
    check("127.0.0.1:7777", Some("http://localhost:5173"), None, "");
    // A name that was pointed at this machine.
    check("evil.example:7777", None, Some(403), "evil.example");
    check(
        "evil.example",
        Some("http://evil.example"),
        Some(403),
        "evil.example",
    );
    check("127.0.0.1:80", None, Some(403), "127.0.0.1:80");
    check("127.0.0.1", None, Some(403), "127.0.0.1");
    check("", None, Some(403), "");
    check(
        "127.0.0.1:7777",
        Some("https://evil.example"),
        Some(403),
        "evil.example",
    );
    check("127.0.0.1:7777", Some("null"), Some(403), "null");
    check(
        "127.0.0.1:7777",
        Some("http://localhost:3000"),
        Some(403),
        "3000",
    );
    check(
        "127.0.0.1:7777",
        Some("https://127.0.0.1:7777"),
        Some(403),
        "https",
    );
    check("127.0.0.1:7777", Some(""), Some(403), "");
}

#[test]
fn a_bearer_token_is_right_or_wrong() {
    let (trust, token, _) = trust();
    let ask = |value: &str| {
        let denied = trust.authenticate(&headers(&[("authorization", value)]), PORT);
        denied.map_err(|it| it.status.as_u16())
    };
    assert_eq!(ask(&format!("Bearer {}", token.as_str())), Ok(Role::Admin));
    assert_eq!(ask(&format!("bearer {}", token.as_str())), Ok(Role::Admin));
    assert_eq!(
        ask(&format!("Bearer {}", Token::random().as_str())),
        Err(401)
    );
    assert_eq!(ask("Bearer "), Err(401));
    assert_eq!(ask(&format!("Basic {}", token.as_str())), Err(401));
    let protocols = format!("storycore.v1, storycore.bearer.{}", token.as_str());
    let offered = headers(&[("sec-websocket-protocol", &protocols)]);
    assert_eq!(trust.authenticate(&offered, PORT).ok(), Some(Role::Admin));
    assert!(trust.authenticate(&HeaderMap::new(), PORT).is_err());
}

#[test]
fn a_browser_token_works_once_and_for_a_short_time() {
    let (trust, _, now_ms) = trust();
    let project = ProjectId(ulid::Ulid(7));
    let path = trust.open_path(Some(project));
    let opened = open(&trust, &path).unwrap();
    assert_eq!(opened.location, format!("/?project={project}"));
    for attribute in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(opened.cookie.contains(attribute), "{}", opened.cookie);
    }
    let again = open(&trust, &path).err().unwrap();
    assert_eq!(again.status, 401);
    assert!(again.error.hint.unwrap().contains("storycore studio"));

    let path = trust.open_path(None);
    now_ms.fetch_add(119_999, Ordering::SeqCst);
    assert_eq!(open(&trust, &path).unwrap().location, "/");
    let path = trust.open_path(None);
    now_ms.fetch_add(120_000, Ordering::SeqCst);
    assert!(open(&trust, &path).is_err());
    assert!(trust.open("token=", PORT).is_err());
    assert!(trust.open("", PORT).is_err());
}

#[test]
fn one_time_tokens_that_are_never_used_do_not_pile_up() {
    let (trust, ..) = trust();
    let first = trust.open_path(None);
    for _ in 0..BROWSER_TOKENS_MAX {
        trust.open_path(None);
    }
    assert_eq!(trust.waiting.lock().unwrap().len(), BROWSER_TOKENS_MAX);
    assert!(open(&trust, &first).is_err());
}

#[test]
fn a_cookie_is_known_again_and_cannot_be_made_up() {
    let (trust, token, now_ms) = trust();
    let path = trust.open_path(None);
    let cookie = sent_back(&open(&trust, &path).unwrap().cookie);
    let ask = |cookie: &str, port| {
        let cookie = format!("theme=dark; {cookie}");
        trust
            .authenticate(&headers(&[("cookie", &cookie)]), port)
            .ok()
    };
    assert_eq!(ask(&cookie, PORT), Some(Role::Producer));
    assert_eq!(ask(&cookie, PORT + 1), None, "it is for one port");
    assert_eq!(ask(&cookie[..cookie.len() - 1], PORT), None);
    assert_eq!(ask("storycore_7777=", PORT), None);
    assert_eq!(
        ask(&cookie.replace("1000000.", "9000000."), PORT),
        None,
        "it is signed"
    );

    // A daemon that starts again with its token knows it too; another one does not.
    let other = |token| {
        Trust::new(TrustOptions {
            token,
            browser_role: Role::Viewer,
            hosts: Vec::new(),
            origins: Vec::new(),
            browser_token_ms_max: 1,
            clock: Arc::new(|| 1_000_000),
        })
    };
    let sent = headers(&[("cookie", &cookie)]);
    assert_eq!(
        other(token).authenticate(&sent, PORT).ok(),
        Some(Role::Viewer)
    );
    assert!(other(Token::random()).authenticate(&sent, PORT).is_err());

    now_ms.fetch_add(30 * 24 * 3_600_000, Ordering::SeqCst);
    assert_eq!(ask(&cookie, PORT), None, "it grows old");
}

#[test]
fn another_servers_page_cannot_use_the_cookie() {
    let (trust, ..) = trust();
    let path = trust.open_path(None);
    let cookie = sent_back(&open(&trust, &path).unwrap().cookie);
    let ask = |site: &str| {
        let sent = headers(&[("cookie", &cookie), ("sec-fetch-site", site)]);
        trust
            .authenticate(&sent, PORT)
            .map_err(|it| it.status.as_u16())
    };
    assert_eq!(ask("same-origin"), Ok(Role::Producer));
    assert_eq!(ask("none"), Ok(Role::Producer));
    assert_eq!(ask("same-site"), Err(403));
    assert_eq!(ask("cross-site"), Err(403));
}

#[test]
fn a_token_reads_back_and_is_never_printed() {
    let token = Token::random();
    assert_eq!(Token::parse(token.as_str()), Some(token.clone()));
    assert_eq!(Token::parse("short"), None);
    assert!(!format!("{token:?}").contains(token.as_str()));
    assert!(token.is(token.as_str()) && !token.is(""));
}
