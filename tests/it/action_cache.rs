//! What was drawn in one branch of a film is found in the other, whoever drew it first; and a
//! workflow that ends with a file for people.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    generation::{Story, write},
    support::block_on,
};

/// The step that is added to the workflow of the story.
const PRINT: &str = "
[[steps]]
id = \"print\"
uses = \"export\"
needs = [\"panel\"]
with = { format = \"storyboard\", folder = \"exports/{{ film.title }}\" }
";

#[test]
fn what_another_branch_has_drawn_is_not_drawn_again() {
    block_on(async {
        let mut story = Story::new(2, 1).await;
        let main = story.film.clone();
        let path = story.folder.join("workflows/tiny.toml");
        let workflow = fs::read_to_string(path).expect("a workflow") + PRINT;
        write(&story.folder, "workflows/tiny.toml", &workflow);
        let folder = story.folder.clone();
        drawn(&mut story, &folder).await;
        let (first, n_shots) = (story.server.n_pictures(), shots(&mut story).await);
        let printed = story.folder.join("exports/Low Tide/storyboard.html");
        let page = fs::read_to_string(printed).expect("the file that the workflow ends with");
        assert_eq!(page.matches("<img").count(), n_shots, "every shot is in it");

        // They part; the branch is rewritten and drawn, and then the film rewritten in the same
        // way.
        let made = story.ask("branch/create", json!({"name": "dark"})).await;
        let branch = Path::new(made["path"].as_str().expect("a folder"));
        rewrite(branch);
        drawn(&mut story, branch).await;
        assert_ne!(story.film, main);
        assert_eq!(story.server.n_pictures(), first + 1);
        let in_branch = shown(&mut story).await;
        rewrite(&folder);
        let run = drawn(&mut story, &folder).await;
        assert_eq!(story.film, main);
        assert_eq!(run["reused"], 1, "{run:#}");
        assert_eq!(
            story.server.n_pictures(),
            first + 1,
            "nothing is drawn twice"
        );
        assert_eq!(shown(&mut story).await, in_branch);
        let path = json!({"path": folder});
        let checked = story.client.ask("project/check", path).await;
        assert_eq!(checked["findings"], json!([]), "{checked:#}");
    });
}

/// Reads what was saved, draws what is out of date, and gives the run.
async fn drawn(story: &mut Story, folder: &Path) -> Value {
    story.film = story.client.open(folder, false).await;
    let run = story.start(json!({})).await;
    let ended = story.ended(&run).await;
    assert_eq!(ended["status"], "finished", "{ended:#}");
    ended
}

fn rewrite(folder: &Path) {
    let path = folder.join("script/film.fountain");
    let before = fs::read_to_string(&path).expect("a script");
    fs::write(&path, before.replace("planes plank 1", "burns plank 1")).expect("a save");
}

async fn shots(story: &mut Story) -> usize {
    let shots = story.ask("shot/list", json!({})).await;
    shots.as_array().expect("shots").len()
}

/// The bytes that each shot shows, by their hashes.
async fn shown(story: &mut Story) -> Vec<Value> {
    let takes = story.ask("take/list", json!({})).await;
    let takes = takes.as_array().expect("takes").iter();
    let shown = takes.filter(|it| it["shown"] == true);
    shown.map(|it| it["asset"].clone()).collect()
}
