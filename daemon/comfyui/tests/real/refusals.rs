//! Graphs that cannot run, runs that are stopped, and a second client that meddles.

use std::time::Duration;

use serde_json::{Map, json};
use storycore_comfyui::{
    Error, Event, Placement, Pool, PoolOptions, PromptId, Server,
    run::{Whereabouts, whereabouts},
    server::Outcome,
};

use crate::{
    graphs::{graph, picture, plain, slow, text_to_image},
    server::Comfy,
    story::{Running, id, is_idle, job, only_file, options, pool, pool_options, until},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_run_is_told_and_what_is_stopped_is_gone() {
    let comfy = Comfy::start().await;
    let direct = comfy.server();
    let pool = pool("refusals", vec![options("one", &comfy.url())]).await;
    preflight(&pool, &comfy).await;
    refusals(&direct).await;
    partly(&pool, &direct).await;
    cancel(&pool, &direct).await;
    a_second_client(&pool, &direct).await;
    drop(pool);
    after_our_restart(&comfy).await;
}

/// Before anything is handed in, what is missing is named with its node.
async fn preflight(pool: &Pool, comfy: &Comfy) {
    let folder = tempfile::TempDir::new().unwrap();
    let mut value = text_to_image(1, 1);
    value["4"]["inputs"]["ckpt_name"] = json!("sd_xl_base_1.0.safetensors");
    value["3"]["inputs"]["sampler_name"] = json!("oiler");
    value["20"] = json!({"class_type": "VHS_VideoCombine", "inputs": {"images": ["8", 0]}});
    let found = pool.preflight(&job(graph(&value), &folder)).await;
    assert!(found.able.is_empty());
    let told: Vec<String> = found.findings.iter().map(ToString::to_string).collect();
    let expected = [
        "one lacks the node VHS_VideoCombine of node 20 (VHS_VideoCombine); no server that answers \
         has it: install the node there",
        "one: node 3 (KSampler \"Sampler\") has \"oiler\" for sampler_name, and takes \"euler\", ",
        "one lacks the model sd_xl_base_1.0.safetensors of node 4 (CheckpointLoaderSimple), \
         ckpt_name; no server that answers has it: install the model there",
    ];
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}");
    }
    let mut running = Running::begin(pool, graph(&value));
    let error = running.fails().await;
    assert!(
        matches!(&error, Error::NoServer { reasons } if reasons.len() == 3),
        "{error}"
    );
    assert!(running.ledger.all().is_empty(), "nothing was handed in");
    // A model that is installed while the server runs is found.
    let checkpoints = comfy.path("models/checkpoints");
    let new = checkpoints.join("new.safetensors");
    std::fs::copy(checkpoints.join("tiny_sd3.safetensors"), &new).unwrap();
    let mut value = text_to_image(1, 1);
    value["4"]["inputs"]["ckpt_name"] = json!("new.safetensors");
    let found = pool.preflight(&job(graph(&value), &folder)).await;
    std::fs::remove_file(new).unwrap();
    assert_eq!(found.able, ["one"], "{:?}", found.findings);
}

/// What the server itself refuses comes as what the caller can do about it.
async fn refusals(direct: &Server) {
    let submit = async |value: serde_json::Value| {
        let id = PromptId::fresh();
        let taken = direct.submit(&graph(&value), &id, &id.0, &Map::new()).await;
        taken.unwrap_err()
    };
    let error = submit(json!({"2": {"class_type": "NoSuchNode", "inputs": {}}})).await;
    assert_eq!(error.to_string(), "direct has no node NoSuchNode");
    let mut value = text_to_image(1, 1);
    value["4"]["inputs"]["ckpt_name"] = json!("gone.safetensors");
    let error = submit(value).await;
    assert!(
        matches!(&error, Error::MissingModel { problems, .. }
        if problems[0].node == Some(id("4"))
            && problems[0].input.as_deref() == Some("ckpt_name")),
        "{error}"
    );
    let mut value = text_to_image(1, 1);
    value["3"]["inputs"]["steps"] = json!("many");
    value["5"]["inputs"]["width"] = json!(1_000_000_000);
    let error = submit(value).await;
    let Error::Invalid { problems, .. } = &error else {
        panic!("{error}")
    };
    let kinds: Vec<&str> = problems.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["invalid_input_type", "value_bigger_than_max"]);
    assert!(
        error
            .to_string()
            .contains("node 3 (KSampler \"Sampler\"): Failed to"),
        "{error}"
    );
    let error = submit(json!({"1": picture("x")})).await;
    assert_eq!(
        error.to_string(),
        "direct refuses the graph: Prompt has no outputs"
    );
}

/// 200, and only a part of it runs: an error if the other part is wanted.
async fn partly(pool: &Pool, direct: &Server) {
    let value = json!({
        "1": picture("partly"),
        "2": {"class_type": "StorycoreSleep",
              "inputs": {"image": ["1", 0], "seconds": 5.0, "steps": 9, "seed": 0}},
        "9": {"class_type": "SaveImage",
              "inputs": {"images": ["2", 0], "filename_prefix": "partly"}},
        "5": {"class_type": "ImageScale", "inputs": {
            "image": ["1", 0], "upscale_method": "lanczos", "width": -8, "height": 8,
            "crop": "disabled"}},
        "6": {"class_type": "PreviewImage", "inputs": {"images": ["5", 0]}},
    });
    let mut running = Running::begin(pool, graph(&value));
    let error = running.fails().await;
    assert!(
        matches!(&error, Error::Invalid { problems, .. }
        if problems[0].node == Some(id("5"))),
        "{error}"
    );
    // The part that would have run does not.
    is_idle(direct).await;
    let entry = direct
        .history(&running.ledger.all()[0].prompt)
        .await
        .unwrap();
    assert!(entry.is_none_or(|it| it.outcome == Outcome::Interrupted));
    let mut value = value;
    value["2"]["inputs"]["seconds"] = json!(0.1);
    let mut running = Running::begin_job(pool, graph(&value), |job| job.wanted = vec![id("9")]);
    assert_eq!(running.done().await.outputs.len(), 1);
}

/// Canceled means gone from the server, waiting or at work, and nobody else is stopped by it.
async fn cancel(pool: &Pool, direct: &Server) {
    let mut first = Running::begin(pool, slow("first", 30.0));
    first.is_at_work().await;
    let mut second = Running::begin(pool, slow("second", 30.0));
    second
        .hears(|it| matches!(it, Event::Queued { position: 1 }))
        .await;
    let third = PromptId::fresh();
    let graph = slow("third", 0.2);
    direct
        .submit(&graph, &third, &third.0, &Map::new())
        .await
        .unwrap();
    second.cancel.cancel();
    assert!(matches!(second.fails().await, Error::Canceled));
    let placed = &second.ledger.all()[0].prompt;
    assert_eq!(
        whereabouts(direct, placed).await.unwrap(),
        Whereabouts::Lost
    );
    let placed = &first.ledger.all()[0].prompt;
    assert_eq!(
        whereabouts(direct, placed).await.unwrap(),
        Whereabouts::Running
    );
    first.cancel.cancel();
    assert!(matches!(first.fails().await, Error::Canceled));
    let Whereabouts::Over(entry) = whereabouts(direct, placed).await.unwrap() else {
        panic!("it still runs")
    };
    assert_eq!(entry.outcome, Outcome::Interrupted);
    is_idle(direct).await;
    let entry = direct.history(&third).await.unwrap().unwrap();
    assert_eq!(entry.outcome, Outcome::Success);
    until(pool, |it| it.status().servers[0].placed == 0).await;
}

/// Somebody else stops our run, empties the queue, and clears the history.
async fn a_second_client(pool: &Pool, direct: &Server) {
    let mut stopped = Running::begin(pool, slow("stopped", 30.0));
    stopped.is_at_work().await;
    // Others are there, and seen as such.
    let other = PromptId::fresh();
    let graph = slow("other", 0.1);
    direct
        .submit(&graph, &other, &other.0, &Map::new())
        .await
        .unwrap();
    until(pool, |it| it.status().servers[0].others == 1).await;
    post(direct, "interrupt", "{}").await;
    let error = stopped.fails().await;
    assert_eq!(error.to_string(), "one: somebody stopped the run there");

    let mut first = Running::begin(pool, slow("first again", 1.0));
    first.is_at_work().await;
    let mut second = Running::begin(pool, slow("swept away", 0.1));
    second.hears(|it| matches!(it, Event::Queued { .. })).await;
    post(direct, "queue", r#"{"clear": true}"#).await;
    // What was swept away is lost, and handed in again by itself.
    let finished = second.done().await;
    assert_eq!((finished.attempts, second.ledger.all().len()), (2, 2));
    assert_eq!(first.done().await.attempts, 1);

    // A history that is cleared before it was read: the run is lost, and made again.
    let mut running = Running::begin(pool, slow("forgotten", 0.3));
    running.is_at_work().await;
    let clearing = direct.clone();
    let id = running.ledger.all()[0].prompt.clone();
    let clearing = tokio::spawn(async move {
        while whereabouts(&clearing, &id).await.unwrap() == Whereabouts::Running {
            post(&clearing, "history", r#"{"clear": true}"#).await;
        }
        post(&clearing, "history", r#"{"clear": true}"#).await;
    });
    let finished = running.done().await;
    clearing.await.unwrap();
    assert!(only_file(&finished).starts_with(b"\x89PNG"));
}

/// A pool that is dropped in the middle, as when our process is killed, and one that comes after.
async fn after_our_restart(comfy: &Comfy) {
    let direct = comfy.server();
    // One that does not look around: a process that is killed does not clear up, either.
    let looks_never = PoolOptions {
        look_every: Duration::from_secs(3_600),
        ..pool_options("refusals")
    };
    let servers = vec![options("one", &comfy.url())];
    let pool = Pool::start(looks_never, servers, Vec::new()).unwrap();
    let mut kept = Running::begin(&pool, slow("kept", 2.0));
    kept.is_at_work().await;
    let mut orphan = Running::begin(&pool, slow("orphan", 30.0));
    orphan.hears(|it| matches!(it, Event::Queued { .. })).await;
    let (at, left) = (kept.ledger.all().remove(0), orphan.ledger.all().remove(0));
    kept.abort();
    orphan.abort();
    drop(pool);

    let known = vec![at.clone(), left.clone()];
    let servers = vec![options("one", &comfy.url())];
    let pool = Pool::start(pool_options("refusals"), servers, known).unwrap();
    // What is kept is left alone and followed; what is given up, or not known, is taken out.
    let mut again = Running::reattach(&pool, slow("kept", 2.0), at.clone());
    let finished = again.done().await;
    let same = (finished.prompt.clone(), finished.attempts);
    assert_eq!(same, (at.prompt.clone(), 1));
    assert!(only_file(&finished).starts_with(b"\x89PNG"));
    assert_ne!(
        whereabouts(&direct, &left.prompt).await.unwrap(),
        Whereabouts::Lost
    );
    pool.forget(&left.prompt);
    is_idle(&direct).await;
    assert_ne!(
        whereabouts(&direct, &left.prompt).await.unwrap(),
        Whereabouts::Running
    );
    let mut unknown = Running::begin(&pool, slow("unknown", 30.0));
    unknown.is_at_work().await;
    let nobodys = unknown.ledger.all().remove(0);
    unknown.abort();
    is_idle(&direct).await;
    let entry = direct.history(&nobodys.prompt).await.unwrap().unwrap();
    assert_eq!(entry.outcome, Outcome::Interrupted);
    // It is over, and can be asked for once more; what was never there is lost.
    let mut over = Running::reattach(&pool, slow("kept", 2.0), at);
    assert_eq!(over.done().await.outputs.len(), 1);
    let never = Placement {
        server: "one".to_owned(),
        prompt: PromptId::fresh(),
    };
    let error = Running::reattach(&pool, plain("never"), never)
        .fails()
        .await;
    assert!(matches!(error, Error::Lost { .. }), "{error}");
    // A server that is drained takes nothing more.
    assert!(pool.drain("one", true));
    let mut waits = Running::begin(&pool, plain("waits"));
    waits.hears(|it| matches!(it, Event::Waiting { .. })).await;
    pool.drained("one").await;
    assert!(pool.drain("one", false));
    waits.done().await;
}

/// As another client does.
async fn post(server: &Server, path: &str, body: &'static str) {
    let url = format!("{}/{path}", server.options().url);
    let client = reqwest::Client::new();
    let sent = client
        .post(url)
        .body(body)
        .timeout(Duration::from_secs(10))
        .send()
        .await;
    assert!(sent.unwrap().status().is_success());
}
