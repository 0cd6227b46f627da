//! Servers that are killed and come back, and several that share the work.

use std::time::Duration;

use serde_json::{Map, json};
use storycore_comfyui::{
    Error, Event, Pool, PromptId,
    pool::{Health, Problem},
    run::{Whereabouts, whereabouts},
};
use tempfile::TempDir;

use crate::{
    graphs::{graph, slow, text_to_image},
    proxy::Proxy,
    server::Comfy,
    story::{Running, TIMES, is_idle, job, n_runs, n_up, only_file, options, pool, until},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_when_a_server_does_not() {
    let mut both = Comfy::start_many(2).await;
    let (mut one, two) = (both.remove(0), both.remove(0));
    let mut proxy = Proxy::start(one.port).await;
    let servers = vec![options("one", &proxy.url()), options("two", &two.url())];
    let pool = pool("life", servers).await;
    shares(&pool).await;
    unequal(&pool, &two).await;
    a_network_that_comes_back(&pool, &one, &two, &mut proxy).await;
    killed(&pool, &mut one, &two).await;
    alone(one, two).await;
}

/// Four jobs of one second on two servers; the one that is at work is not given all.
async fn shares(pool: &Pool) {
    let names = ["a", "b", "c", "d"];
    let mut all: Vec<Running> = names
        .iter()
        .map(|it| Running::begin(pool, slow(it, 1.0)))
        .collect();
    let mut servers = Vec::new();
    for running in &mut all {
        servers.push(running.done().await.server.clone());
    }
    let n_one = servers.iter().filter(|it| *it == "one").count();
    assert_eq!(n_one, 2, "{servers:?}");
    let status = pool.status();
    let times = status.servers.iter().filter_map(|it| it.mean_s);
    assert!(
        times.clone().count() == 2 && times.clone().all(|it| it >= 1.0),
        "{status:?}"
    );

    // Others' jobs count: the one that they wait on gets nothing more. And a loaded model is worth
    // more than an idle server without it.
    let mut loads = Running::begin(pool, graph(&text_to_image(1, 1)));
    let first = loads.done().await.server.clone();
    let mut again = Running::begin(pool, graph(&text_to_image(2, 1)));
    assert_eq!(
        again.done().await.server,
        first,
        "where the model is loaded"
    );
}

/// A model that only one has, and a node that none has.
async fn unequal(pool: &Pool, two: &Comfy) {
    let only_two = two.path("models/checkpoints");
    // The models of both are one folder, until this one gets its own.
    let shared = std::fs::canonicalize(two.path("models")).unwrap();
    std::fs::remove_file(two.path("models")).unwrap();
    std::fs::create_dir_all(&only_two).unwrap();
    for name in ["tiny_sd3.safetensors", "only_two.safetensors"] {
        std::fs::copy(
            shared.join("checkpoints/tiny_sd3.safetensors"),
            only_two.join(name),
        )
        .unwrap();
    }
    let mut value = text_to_image(5, 1);
    value["4"]["inputs"]["ckpt_name"] = json!("only_two.safetensors");
    let folder = TempDir::new().unwrap();
    let found = pool.preflight(&job(graph(&value), &folder)).await;
    assert_eq!(found.able, ["two"], "{found:?}");
    assert_eq!(
        found.findings[0].to_string(),
        "one lacks the model only_two.safetensors of node 4 (CheckpointLoaderSimple), ckpt_name; \
         two has it"
    );
    let finished = Running::begin(pool, graph(&value)).done().await;
    assert_eq!(finished.server, "two");
}

/// The way to a server is cut while it works. Another takes over, and what is left there is taken
/// out when the way is there again.
async fn a_network_that_comes_back(pool: &Pool, one: &Comfy, two: &Comfy, proxy: &mut Proxy) {
    assert!(pool.drain("two", true));
    let mut running = Running::begin(pool, slow("moves on", 30.0));
    running.is_at_work().await;
    assert!(pool.drain("two", false));
    proxy.go_down().await;
    running
        .hears(|it| matches!(it, Event::Placed { server, .. } if server == "two"))
        .await;
    let placed = running.ledger.all();
    assert_eq!(placed.len(), 2);
    let left = whereabouts(&one.server(), &placed[0].prompt).await.unwrap();
    assert_eq!(left, Whereabouts::Running, "nobody could stop it");
    let status = pool.status();
    let Health::Down { why, .. } = &status.servers[0].health else {
        panic!("{status:?}")
    };
    assert!(why.starts_with("one cannot be reached"), "{why}");
    proxy.come_up().await;
    until(pool, |it| n_up(it) == 2).await;
    is_idle(&one.server()).await;
    running.cancel.cancel();
    assert!(matches!(running.fails().await, Error::Canceled));
    is_idle(&two.server()).await;
}

/// `kill -9` in the middle of a run, with another server there.
async fn killed(pool: &Pool, one: &mut Comfy, two: &Comfy) {
    assert!(pool.drain("two", true));
    let mut running = Running::begin(pool, slow("killed", 3.0));
    running.is_at_work().await;
    assert!(pool.drain("two", false));
    one.kill();
    let finished = running.done().await;
    assert_eq!((finished.server.as_str(), finished.attempts), ("two", 2));
    assert!(only_file(&finished).starts_with(b"\x89PNG"));
    assert_eq!(n_runs(&two.server(), &running.ledger.all()).await, 1);
    let found = pool
        .preflight(&job(slow("x", 1.0), &TempDir::new().unwrap()))
        .await;
    assert_eq!(found.able, ["two"]);
    assert!(
        matches!(found.findings[0].problem, Problem::Unreachable { .. }),
        "{found:?}"
    );
}

/// With one server only, a run waits for it and is made again; what the server still knows of it is
/// taken as it is.
async fn alone(mut one: Comfy, two: Comfy) {
    // While this one starts, another is on the same story through a proxy that goes and comes.
    one.spawn();
    let mut proxy = Proxy::start(two.port).await;
    let waits = pool("waits", vec![options("two", &proxy.url())]).await;
    let mut outage = Running::begin(&waits, slow("outage", 6.0));
    outage.is_at_work().await;
    proxy.go_down().await;
    outage.hears(|it| matches!(it, Event::Waiting { .. })).await;
    proxy.come_up().await;
    let finished = outage.done().await;
    assert_eq!(
        (finished.attempts, outage.ledger.all().len()),
        (1, 1),
        "it was taken up again"
    );

    one.wait().await;
    let own = pool("alone", vec![options("one", &one.url())]).await;
    let mut running = Running::begin(&own, slow("restart", 4.0));
    running.is_at_work().await;
    one.kill();
    running
        .hears(|it| matches!(it, Event::Retrying { .. }))
        .await;
    one.spawn();
    one.wait().await;
    let finished = running.done().await;
    assert_eq!(finished.attempts, 2);
    let placed = running.ledger.all();
    assert_eq!(
        n_runs(&one.server(), &placed).await,
        1,
        "the first is known lost, and redone"
    );
    let lost = whereabouts(&one.server(), &placed[0].prompt).await.unwrap();
    assert_eq!(lost, Whereabouts::Lost);
    // Strangers' runs are left alone by all this.
    let stranger = PromptId::fresh();
    let graph = slow("stranger", 0.5);
    let server = one.server();
    server
        .submit(&graph, &stranger, &stranger.0, &Map::new())
        .await
        .unwrap();
    tokio::time::sleep(TIMES.look_every + Duration::from_millis(300)).await;
    assert_ne!(
        whereabouts(&server, &stranger).await.unwrap(),
        Whereabouts::Lost
    );
}
