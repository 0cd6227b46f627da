//! What language models do for a film, done by a real llama.cpp server: watched, counted, written
//! into the script, used by workflows; and what is said where there is no model.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Sandbox, block_on, llama::Llama};

const SCRIPT: &str = "\
INT. BOATHOUSE - NIGHT

Maya planes a long plank by lamplight.

MAYA
Wood forgets nothing.

EXT. SLIPWAY - DAWN

The boat slides into the water by itself.
";
/// How soon what a model writes is told.
const TOLD_MAX: Duration = Duration::from_secs(30);

struct Story {
    sandbox: Sandbox,
    folder: PathBuf,
    daemon: Option<Daemon>,
    client: Client,
    film: String,
}

impl Story {
    async fn new(settings: &str, files: &[(&str, &str)]) -> Story {
        let sandbox = Sandbox::new();
        let folder = sandbox.film("film", SCRIPT);
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        fs::create_dir_all(sandbox.path().join("config")).expect("a folder");
        fs::write(sandbox.path().join("config/daemon.toml"), settings).expect("settings");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let film = client.open(&folder, false).await;
        Story {
            sandbox,
            folder,
            daemon: Some(daemon),
            client,
            film,
        }
    }

    async fn restart(&mut self) {
        self.daemon.take().expect("a daemon").kill();
        let daemon = self.sandbox.start();
        self.client = Client::socket(&daemon.socket).await;
        self.daemon = Some(daemon);
        self.client.open(&self.folder, false).await;
    }

    async fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["project"] = json!(self.film);
        self.client.ask(method, params).await
    }

    /// Why a request is refused: the kind, and the words.
    async fn refusal(&mut self, method: &str, mut params: Value) -> (String, String) {
        params["project"] = json!(self.film);
        let answer = self.client.call(method, params).await;
        let refusal = answer.expect_err("it cannot be done");
        (refusal.kind().to_owned(), refusal.words())
    }

    async fn scene(&mut self) -> String {
        let scenes = self.ask("scene/list", json!({})).await;
        scenes[0]["id"].as_str().expect("a scene").to_owned()
    }

    async fn shots(&mut self) -> Vec<Value> {
        let scene = self.scene().await;
        let shots = self.ask("shot/list", json!({ "scene": scene })).await;
        shots.as_array().expect("a list").clone()
    }

    fn script(&self) -> String {
        fs::read_to_string(self.folder.join("script/film.fountain")).expect("a script")
    }

    /// What a run has given for each of its steps, when it has ended.
    async fn steps(&mut self, run: &Value) -> Vec<Value> {
        self.ask("run/wait", json!({ "id": run })).await;
        let steps = self.ask("run/steps", json!({ "id": run })).await;
        steps.as_array().expect("a list").clone()
    }
}

#[test]
fn a_model_writes_a_prompt_and_it_is_watched_counted_and_kept() {
    block_on(async {
        let llama = Llama::start();
        let mut story = Story::new(&llama.settings(), &[]).await;
        let models = story.client.ask("llm/list", json!({})).await;
        assert_eq!(models[0]["name"], "here");
        assert_eq!(models[0]["reachable"], true, "{models}");
        let shot = story.shots().await[1]["id"].clone();
        let plain = json!({ "id": shot, "plain": true });
        let plain = story.ask("shot/prompt", plain).await;
        assert_eq!(plain["by"]["type"], "rules", "{plain}");
        let first = story.ask("shot/prompt", json!({ "id": shot })).await;
        assert_eq!(first["by"]["type"], "model", "{first}");
        assert_ne!(first["positive"], "", "{first}");
        let told = story.client.note("llm/answering", TOLD_MAX).await;
        assert!(
            told.is_some_and(|it| it["text"] != ""),
            "it is told as it comes"
        );
        let again = story.ask("shot/prompt", json!({ "id": shot })).await;
        assert_eq!(again["by"]["cached"], true, "{again}");
        assert_eq!(again["positive"], first["positive"]);
        let params = json!({ "id": shot, "wish": "more wind" });
        let other = story.ask("shot/prompt", params).await;
        assert_eq!(
            other["by"]["cached"], false,
            "another wish is another question: {other}"
        );
        let usage = story.ask("llm/usage", json!({})).await;
        assert_eq!(usage[0]["task"], "shot-prompt", "{usage}");
        assert_eq!(
            (&usage[0]["answers"], &usage[0]["cached"]),
            (&json!(3), &json!(1))
        );
        let tokens = |it: &str| usage[0][it].as_u64().expect("a number");
        assert_eq!(
            tokens("moneyMicro"),
            tokens("tokensIn") + 2 * tokens("tokensOut"),
            "prices are for a million tokens: {usage}"
        );
        story.restart().await;
        assert_eq!(story.ask("llm/usage", json!({})).await, usage, "it is kept");
    });
}

#[test]
fn the_plan_of_a_model_is_shown_and_then_written_into_the_script() {
    block_on(async {
        let llama = Llama::start();
        let mut story = Story::new(&llama.settings(), &[]).await;
        let scene = story.scene().await;
        let planned = story
            .ask("scene/breakdown", json!({ "id": scene, "shotsMax": 3 }))
            .await;
        assert_eq!(planned["by"]["type"], "model", "{planned}");
        assert_eq!(planned["applied"], false);
        assert_eq!(story.script(), SCRIPT, "it is only shown");
        let params = json!({ "id": scene, "shotsMax": 3, "apply": true });
        let applied = story.ask("scene/breakdown", params).await;
        assert_eq!(
            applied["by"]["cached"], true,
            "what was shown is what is written"
        );
        assert_eq!(applied["applied"], true);
        assert!(story.script().contains("[[shot: "), "{}", story.script());
        let wanted = applied["shots"].as_array().expect("shots");
        let shots = story.shots().await;
        let framings = |it: &[Value]| {
            it.iter()
                .map(|it| it["framing"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(framings(&shots), framings(wanted), "{}", story.script());
        let second = story.ask("scene/list", json!({})).await[1].clone();
        assert_eq!(
            second["heading"], "EXT. SLIPWAY - DAWN",
            "the next scene is as it was"
        );
    });
}

#[test]
fn without_a_model_the_rules_do_it_or_it_is_said() {
    block_on(async {
        let mut story = Story::new("", &[]).await;
        let (scene, shots) = (story.scene().await, story.shots().await);
        let prompt = story
            .ask("shot/prompt", json!({ "id": shots[1]["id"] }))
            .await;
        assert_eq!(prompt["by"]["type"], "rules");
        let why = prompt["by"]["why"].as_str().expect("words");
        assert!(
            why.contains("[[llm]]") && why.contains("daemon.toml"),
            "{why}"
        );
        let positive = prompt["positive"].as_str().expect("words");
        assert!(positive.contains("plank"), "{positive}");
        let planned = story.ask("scene/breakdown", json!({ "id": scene })).await;
        assert_eq!(planned["by"]["type"], "rules");
        assert_eq!(planned["shots"].as_array().map(Vec::len), Some(shots.len()));
        let asked = [
            ("scene/breakdown", json!({ "id": scene, "apply": true })),
            ("scene/continuity", json!({ "id": scene })),
            (
                "bible/suggest",
                json!({ "kind": "character", "name": "MAYA" }),
            ),
            ("project/logline", json!({})),
            ("scene/translate", json!({ "id": scene, "to": "French" })),
        ];
        for (method, params) in asked {
            let (kind, words) = story.refusal(method, params).await;
            assert_eq!(kind, "unavailable", "{method}: {words}");
            assert!(words.contains("[[llm]]"), "{method}: {words}");
        }
        assert_eq!(story.script(), SCRIPT);
        assert_eq!(story.client.ask("llm/list", json!({})).await, json!([]));
    });
}

#[test]
fn a_model_that_is_gone_is_named() {
    block_on(async {
        let mut llama = Llama::start();
        let mut story = Story::new(&llama.settings(), &[]).await;
        llama.kill();
        let shot = story.shots().await[0]["id"].clone();
        let prompt = story.ask("shot/prompt", json!({ "id": shot })).await;
        assert_eq!(prompt["by"]["type"], "rules");
        let why = prompt["by"]["why"].as_str().expect("words");
        assert!(why.contains("here"), "it names the model: {why}");
        let models = story.client.ask("llm/list", json!({})).await;
        assert_eq!(models[0]["reachable"], false, "{models}");
        assert!(models[0]["error"].is_string(), "{models}");
    });
}

#[test]
fn a_prompt_of_the_film_is_used_and_its_slips_are_told() {
    block_on(async {
        let llama = Llama::start();
        let own = "+++\nchain = \"default\"\ntokensMax = 60\n+++\n## user\n{{ shot.txt }}\n";
        let files = [("workflows/shot-prompt.md", own)];
        let mut story = Story::new(&llama.settings(), &files).await;
        let shot = story.shots().await[0]["id"].clone();
        let prompt = story.ask("shot/prompt", json!({ "id": shot })).await;
        assert_eq!(prompt["by"]["type"], "rules", "the rules stand in");
        let why = prompt["by"]["why"].as_str().expect("words");
        assert!(why.contains("workflows/shot-prompt.md:6"), "{why}");
        assert!(why.contains("shot.txt"), "{why}");
    });
}

/// A workflow whose first step has a model write the words, and whose second one uses them.
const WORKFLOW: &str = r#"
name = "words"

[[steps]]
id = "words"
uses = "llm"
template = "shot-prompt"
each = "shot"

[[steps]]
id = "sum"
uses = "llm"
template = "short.md"
each = "shot"
with = { words = "{{ words.positive }}" }
"#;
const SHORT: &str = "\
+++
chain = \"default\"
temperature = 0.0
tokensMax = 12
+++
## user
Say in three words: {{ words }}
";

#[test]
fn a_step_of_a_workflow_asks_a_model_and_is_not_asked_twice() {
    block_on(async {
        let llama = Llama::start();
        let files = [
            ("workflows/words.toml", WORKFLOW),
            ("workflows/short.md", SHORT),
        ];
        let mut story = Story::new(&llama.settings(), &files).await;
        let shot = story.shots().await[1]["id"].clone();
        let params = json!({ "workflow": "words.toml", "shots": [shot] });
        let first = story.ask("workflow/start", params.clone()).await;
        let steps = story.steps(&first["value"]["id"]).await;
        let output = |steps: &[Value], id: &str| {
            let step = steps.iter().find(|it| it["step"] == id);
            step.unwrap_or_else(|| panic!("no {id}: {steps:?}")).clone()
        };
        assert_eq!(output(&steps, "words")["status"], "done", "{steps:?}");
        assert_eq!(output(&steps, "sum")["status"], "done", "{steps:?}");
        let second = story.ask("workflow/start", params).await;
        let steps = story.steps(&second["value"]["id"]).await;
        assert_eq!(output(&steps, "words")["reused"], true, "{steps:?}");
        let usage = story.ask("llm/usage", json!({})).await;
        let answers: u64 = usage
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| it["answers"].as_u64().expect("a number"))
            .sum();
        assert_eq!(answers, 2, "{usage}");
    });
}
