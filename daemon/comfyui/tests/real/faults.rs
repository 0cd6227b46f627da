//! What happens between us and a server: each fault, and that a run survives it or says why not.

use std::{sync::Arc, time::Duration};

use storycore_comfyui::{
    Auth, Error, Event, Secret, Server, ServerOptions, Times,
    run::{Whereabouts, whereabouts},
};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, rustls};

use crate::{
    graphs::{graph, plain, slow, text_to_image},
    proxy::{Fault, Proxy},
    server::Comfy,
    story::{PATIENCE, Running, TIMES, is_idle, n_runs, only_file, options, pool, until},
};

const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n\
                    <html><body>Welcome to nginx</body></html>";
const ERROR_500: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\
                         Connection: close\r\n\r\nno";
const ERROR_502: &str = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\
                         Connection: close\r\n\r\nno";
const LOGIN: &str = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\
                     Connection: close\r\n\r\n";
const MISSING: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const NOT_A_PNG: &str = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 6\r\n\
                         Connection: close\r\n\r\n<html>";
const NO_HISTORY: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                          Content-Length: 2\r\nConnection: close\r\n\r\n{}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_survives_what_networks_do() {
    let comfy = Comfy::start().await;
    let direct = comfy.server();
    let proxy = Proxy::start(comfy.port).await;
    let pool = pool("faults", vec![options("one", &proxy.url())]).await;
    answers_that_are_none(&proxy).await;
    lost_answers(&pool, &proxy, &direct).await;
    sockets(&pool, &proxy).await;
    files(&pool, &proxy).await;
    silence(&proxy, &direct).await;
    drop(pool);
    behind_a_proxy(&comfy).await;
}

/// Pages of proxies, logins, and answers without an end are named for what they are.
async fn answers_that_are_none(proxy: &Proxy) {
    let mut given = options("odd", &proxy.url());
    given.limits.answer_bytes_max = 1_000_000;
    let server = Server::new(given).unwrap();
    let cases = [
        (
            HTML,
            "odd does not answer as ComfyUI does: an answer is no JSON: `<html><body>",
        ),
        (
            ERROR_500,
            "odd does not answer as ComfyUI does: /queue answers 500",
        ),
        (
            ERROR_502,
            "odd cannot be reached: a proxy before it answers 502",
        ),
        (
            LOGIN,
            "odd does not answer as ComfyUI does: /queue answers 302 Found: is a login",
        ),
        (
            NO_HISTORY,
            "odd does not answer as ComfyUI does: /queue has no queue_running",
        ),
    ];
    for (answer, expected) in cases {
        proxy.plan("GET /queue", Fault::Answer(answer), 1);
        let error = server.queue().await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    proxy.plan("GET /queue", Fault::Endless, 1);
    let error = server.queue().await.unwrap_err();
    let is_limit = matches!(
        &error,
        Error::TooLarge {
            limit: "answer_bytes_max",
            ..
        }
    );
    assert!(is_limit, "{error}");
    proxy.clear();
}

/// The answer to a graph is lost, or is a proxy's: it is not run twice.
async fn lost_answers(pool: &storycore_comfyui::Pool, proxy: &Proxy, direct: &Server) {
    for (name, fault) in [
        ("lost", Fault::LoseAnswer),
        ("html", Fault::Answer(HTML)),
        ("500", Fault::Answer(ERROR_500)),
        ("502", Fault::Answer(ERROR_502)),
    ] {
        proxy.plan("POST /prompt", fault, 1);
        let mut running = Running::begin(pool, slow(name, 0.1));
        let finished = running.done().await;
        assert!(only_file(&finished).starts_with(b"\x89PNG"), "{name}");
        is_idle(direct).await;
        assert_eq!(
            n_runs(direct, &running.ledger.all()).await,
            1,
            "{name} ran once"
        );
    }
    // It comes late, after another has been handed in: it is taken out before it runs.
    proxy.plan(
        "POST /prompt",
        Fault::Delay(TIMES.answer_max + Duration::from_secs(3)),
        1,
    );
    let passed = proxy.passed("POST /prompt");
    let mut late = Running::begin(pool, slow("late", 60.0));
    late.is_at_work().await;
    let placed = late.ledger.all();
    assert_eq!(placed.len(), 2);
    let taken_out = async {
        while proxy.passed("POST /prompt") < passed + 2
            || whereabouts(direct, &placed[0].prompt).await.unwrap() != Whereabouts::Lost
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, taken_out)
        .await
        .expect("the late one comes, and is taken out");
    let wanted = whereabouts(direct, &placed[1].prompt).await.unwrap();
    assert_eq!(wanted, Whereabouts::Running);
    late.cancel.cancel();
    assert!(matches!(late.fails().await, Error::Canceled));
    // The news of the end comes before the history knows of it.
    proxy.plan("GET /history", Fault::Answer(NO_HISTORY), 3);
    let finished = Running::begin(pool, slow("early", 0.3)).done().await;
    assert_eq!(finished.attempts, 1);
    proxy.clear();
}

/// Sockets that are cut, deaf, half open, or not there at all.
async fn sockets(pool: &storycore_comfyui::Pool, proxy: &Proxy) {
    let mut cut = Running::begin(pool, slow("cut", 2.0));
    cut.is_at_work().await;
    let before = cut.events().len();
    proxy.cut();
    let finished = cut.done().await;
    assert_eq!(finished.attempts, 1);
    let more = cut.events().split_off(before);
    let goes_on = more.iter().any(|it| matches!(it, Event::Progress { .. }));
    assert!(goes_on, "the socket was opened again: {more:?}");

    let mut deaf = Running::begin(pool, slow("deaf", 1.0));
    deaf.is_at_work().await;
    proxy.deafen();
    assert_eq!(deaf.done().await.attempts, 1);

    // The server has not seen the old socket go, and forgets the new one when it does.
    let mut half = Running::begin(pool, slow("half", 2.0));
    half.is_at_work().await;
    proxy.half_cut();
    assert_eq!(half.done().await.attempts, 1);

    proxy.plan("GET /ws", Fault::Answer(MISSING), 99);
    let mut without = Running::begin(pool, slow("without", 0.5));
    assert_eq!(without.done().await.attempts, 1);
    assert!(without.events().contains(&Event::Started));
    proxy.clear();
    proxy.plan("GET /ws", Fault::Hang, 99);
    assert_eq!(
        Running::begin(pool, slow("hanging", 0.5))
            .done()
            .await
            .attempts,
        1
    );
    proxy.clear();
}

/// Files that break off, are another thing, are too large, or come late.
async fn files(pool: &storycore_comfyui::Pool, proxy: &Proxy) {
    proxy.plan("GET /view", Fault::Truncate(400), 1);
    proxy.plan("GET /view", Fault::Answer(NOT_A_PNG), 1);
    let finished = Running::begin(pool, graph(&text_to_image(3, 1)))
        .done()
        .await;
    let png = only_file(&finished);
    assert_eq!(
        &png[png.len() - 8..png.len() - 4],
        b"IEND",
        "it came whole at last"
    );
    assert_eq!(finished.attempts, 1);

    // A file that is gone is written anew, under another name.
    proxy.plan("GET /view", Fault::Answer(MISSING), 1);
    let finished = Running::begin(pool, plain("gone")).done().await;
    assert_eq!(finished.attempts, 2);
    proxy.clear();

    let mut small = options("small", &proxy.url());
    small.limits.output_bytes_max = 1_000;
    let own = crate::story::pool("small", vec![small]).await;
    let mut large = Running::begin(&own, graph(&text_to_image(4, 1)));
    let error = large.fails().await;
    assert!(matches!(
        &error,
        Error::TooLarge {
            limit: "output_bytes_max",
            bytes_max: 1_000,
            ..
        }
    ));

    proxy.plan("GET /view", Fault::Hang, 1);
    let mut running = Running::begin(pool, plain("hangs"));
    running.hears(|it| matches!(it, Event::Started)).await;
    running.cancel.cancel();
    assert!(matches!(running.fails().await, Error::Canceled));
    proxy.clear();

    let mut folder = None;
    let mut nowhere = Running::begin_job(pool, plain("nowhere"), |job| {
        job.folder = job.folder.join("not-there");
        folder = Some(job.folder.clone());
    });
    let error = nowhere.fails().await;
    assert!(
        matches!(&error, Error::Disk { path, .. } if Some(path) == folder.as_ref()),
        "{error}"
    );
}

/// A server that says nothing more, and a node that does not go on.
async fn silence(proxy: &Proxy, direct: &Server) {
    let times = Times {
        stuck_after: Duration::from_millis(1500),
        ..TIMES
    };
    let hasty = ServerOptions {
        times,
        ..options("hasty", &proxy.url())
    };
    let own = pool("stuck", vec![hasty]).await;
    let mut stuck = Running::begin_job(&own, slow("stuck", 60.0), |job| {
        job.graph.set(&"2".into(), "steps", 0.into());
    });
    stuck.hears(|it| matches!(it, Event::Retrying { .. })).await;
    let told = stuck.events().into_iter().find_map(|it| match it {
        Event::Retrying { why } => Some(why),
        _ => None,
    });
    let expected = "the run stands still on hasty: no progress at node 2 (StorycoreSleep \"Slow\")";
    assert!(
        told.as_ref().is_some_and(|it| it.starts_with(expected)),
        "{told:?}"
    );
    stuck.cancel.cancel();
    assert!(matches!(stuck.fails().await, Error::Canceled));
    is_idle(direct).await;

    let times = Times {
        gone_after: Duration::from_secs(2),
        ..TIMES
    };
    let hasty = ServerOptions {
        times,
        ..options("hasty", &proxy.url())
    };
    let own = pool("silence", vec![hasty]).await;
    let mut silent = Running::begin(&own, slow("silent", 3.0));
    silent.is_at_work().await;
    proxy.deafen();
    for begins in ["GET", "POST"] {
        proxy.plan(begins, Fault::Hang, 10_000);
    }
    silent
        .hears(|it| matches!(it, Event::Retrying { .. }))
        .await;
    until(&own, |it| crate::story::n_up(it) == 0).await;
    proxy.clear();
    // It is there again, and has done it in the meantime: nothing is made twice.
    let finished = silent.done().await;
    assert_eq!((finished.attempts, silent.ledger.all().len()), (1, 1));
}

/// A password, a token, and a certificate of one's own.
async fn behind_a_proxy(comfy: &Comfy) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let tls = TlsAcceptor::from(Arc::new(config));
    let proxy = Proxy::start_with(comfy.port, Some(tls)).await;
    proxy.ask_for("Bearer let me in");
    let trusted = |auth: Auth| ServerOptions {
        auth,
        extra_roots_pem: Some(made.cert.pem().into_bytes()),
        ..options("far", &proxy.url())
    };
    let stats = async |options: ServerOptions| {
        let server = Server::new(options).unwrap();
        server.system_stats().await.map_err(|it| it.to_string())
    };
    let unknown = stats(options("far", &proxy.url())).await.unwrap_err();
    assert!(
        unknown.contains("cannot be reached: invalid peer certificate"),
        "{unknown}"
    );
    let refused = stats(trusted(Auth::None)).await.unwrap_err();
    assert_eq!(
        refused,
        "far refuses us with 401: check its auth in the settings"
    );
    let token = Auth::Bearer(Secret("let me in".to_owned()));
    assert_eq!(format!("{token:?}"), "Bearer(Secret(…))");
    let own = pool("far", vec![trusted(token)]).await;
    let mut far = Running::begin(&own, slow("far", 0.5));
    assert!(only_file(&far.done().await).starts_with(b"\x89PNG"));
    assert!(
        far.events()
            .iter()
            .any(|it| matches!(it, Event::Progress { .. })),
        "over the socket"
    );
    // base64 of `ada:lovelace`.
    proxy.ask_for("Basic YWRhOmxvdmVsYWNl");
    let basic = Auth::Basic {
        user: "ada".to_owned(),
        password: Secret("lovelace".to_owned()),
    };
    assert_eq!(stats(trusted(basic)).await.unwrap().version, "0.3.75");
    // Settings that cannot work are told before anything is sent.
    for (url, expected) in [
        (
            "ftp://x",
            "server far: url `ftp://x` has to be such as http://127.0.0.1:8188",
        ),
        (
            "gpu:8188",
            "server far: url `gpu:8188` has to be such as http://127.0.0.1:8188",
        ),
        (
            "http://a:b@x",
            "server far: its url has a password in it: set it as auth",
        ),
    ] {
        let error = Server::new(options("far", url)).unwrap_err().to_string();
        assert_eq!(error, expected);
    }
}
