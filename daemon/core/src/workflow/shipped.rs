//! Workflows, graphs and prompts that come with StoryCore. A film uses them by their names, or
//! copies one into its `workflows` folder and changes it there.

use std::sync::{Arc, LazyLock};

use storycore_schema::{
    id::BlobId,
    workflow::{Workflow, WorkflowFile},
};

/// The workflow that draws a film that asks for ComfyUI and names no workflow.
pub const DRAWING: &str = "text-to-image";

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        /// Names and texts.
        const TEXTS: &[(&str, &str)] = &[$(($name, include_str!(concat!("shipped/", $name)))),+];
    };
}

shipped![
    "flux.json",
    "flux.toml",
    "ltx-image-to-video.json",
    "ltx-image-to-video.toml",
    "motion.jinja",
    "prompt.jinja",
    "qwen-image.json",
    "qwen-image.toml",
    "sdxl.json",
    "sdxl.toml",
    "sketch-to-image.json",
    "sketch-to-image.toml",
    "text-to-image.json",
    "text-to-image.toml",
    "upscale.json",
    "upscale.toml",
    "wan-image-to-video.json",
    "wan-image-to-video.toml",
];

static FILES: LazyLock<Vec<Arc<WorkflowFile>>> = LazyLock::new(|| {
    let file = |(name, text): &(&str, &str)| {
        Arc::new(WorkflowFile {
            path: format!("shipped/{name}"),
            workflow: name.ends_with(".toml").then(|| read(text)).flatten(),
            text: BlobId(*blake3::hash(text.as_bytes()).as_bytes()),
        })
    };
    TEXTS.iter().map(file).collect()
});

/// All of them.
pub fn files() -> impl Iterator<Item = Arc<WorkflowFile>> {
    FILES.iter().cloned()
}

/// One by its name: `prompt.jinja` or `shipped/prompt.jinja`.
pub fn named(name: &str) -> Option<Arc<WorkflowFile>> {
    let name = name.strip_prefix("shipped/").unwrap_or(name);
    let is_named = |it: &&Arc<WorkflowFile>| it.path.strip_prefix("shipped/") == Some(name);
    FILES.iter().find(is_named).cloned()
}

/// The text with a hash.
pub fn text(hash: BlobId) -> Option<&'static str> {
    let place = FILES.iter().position(|it| it.text == hash)?;
    TEXTS.get(place).map(|it| it.1)
}

/// What a workflow's file says; the tests see to it that all of them can be read.
fn read(text: &str) -> Option<Workflow> {
    toml::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{check, names_in_template};

    #[test]
    fn everything_that_is_shipped_reads_and_fits_together() {
        for file in files() {
            let name = &file.path;
            let text = text(file.text).unwrap();
            if name.ends_with(".toml") {
                let workflow: Workflow = toml::from_str(text).unwrap();
                assert_eq!(check(&workflow), [], "{name}");
                for used in workflow.steps.iter().flat_map(super::super::files_of) {
                    assert!(named(used).is_some(), "{name} uses {used}");
                }
            }
            if name.ends_with(".json") {
                let graph: serde_json::Value = serde_json::from_str(text).unwrap();
                assert!(graph.as_object().is_some_and(|it| !it.is_empty()), "{name}");
            }
            if name.ends_with(".jinja") {
                names_in_template(text).unwrap();
            }
        }
        assert!(named(&format!("{DRAWING}.toml")).is_some());
    }

    #[test]
    fn the_prompt_says_what_the_shot_asks_for() {
        let scope = crate::workflow::Scope::new(&serde_json::json!({"shot": {
            "framing": "close-up", "angle": "low angle", "movement": "static", "lens_mm": 85,
            "setting": "interior", "time_of_day": "night",
            "location": {"name": "BOATHOUSE", "details": {"walls": "tarred boards"}},
            "subjects": [{"name": "MAYA", "details": {"coat": "yellow oilskin"}}],
            "props": [{"name": "PLANE", "details": {}}],
            "style": {"palette": "cold blues", "negative": "neon"},
            "action": "She planes a plank.",
            "previous": {"framing": "wide shot", "subjects": [], "text": "A lamp.\nFog."},
        }}));
        let prompt = named("prompt.jinja").unwrap();
        let said = scope.render(text(prompt.text).unwrap()).unwrap();
        expect_test::expect![[r"
            close-up, low angle, 85 mm lens, of MAYA (coat: yellow oilskin), interior BOATHOUSE (walls: tarred boards), night. She planes a plank. PLANE. Right after: A lamp. Fog. cold blues.
            ---
            neon
        "]]
        .assert_eq(&format!("{}\n", said.trim_end()));
        let bare = crate::workflow::Scope::new(&serde_json::json!({"shot": {
            "framing": "wide shot", "angle": "eye level", "lens_mm": null, "setting": null,
            "time_of_day": null, "location": null, "subjects": [], "props": [], "style": {},
            "action": "", "previous": null,
        }}));
        let said = bare.render(text(prompt.text).unwrap()).unwrap();
        assert!(said.starts_with("wide shot, eye level. \n---\n"), "{said}");
    }
}
