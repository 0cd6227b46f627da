//! Renderers: what turns an intent into a picture.

use storycore_core::workflow::COMFYUI;
use storycore_schema::recipe::Intent;

/// A picture as its renderer made it.
pub struct Rendered {
    /// What it is, such as `image/png`.
    pub media_type: &'static str,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Something that draws. The same intent, seed and version give the same picture.
pub trait Renderer: Send + Sync {
    /// The name that settings know it by.
    fn name(&self) -> &'static str;
    /// Part of the render key: another version draws another picture.
    fn version(&self) -> String;
    /// Draws. Blocks.
    fn render(&self, intent: &Intent, seed: u64) -> Result<Rendered, String>;
}

/// The renderers of this daemon.
pub struct Renderers(Vec<Box<dyn Renderer>>);

impl Renderers {
    /// The built-in ones.
    pub fn built_in(panel_width_px: u32) -> Renderers {
        Renderers(vec![Box::new(Sketch { panel_width_px })])
    }

    /// The one with a name, or why there is none.
    pub fn get(&self, name: &str) -> Result<&dyn Renderer, String> {
        let found = self.0.iter().find(|it| it.name() == name);
        found.map(AsRef::as_ref).ok_or_else(|| {
            let names = self.names().join(", ");
            format!("no renderer {name}; there is {names}: set one in storycore.toml")
        })
    }

    /// What settings may name: these, and ComfyUI, which draws by a workflow.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|it| it.name()).chain([COMFYUI]).collect()
    }
}

struct Sketch {
    panel_width_px: u32,
}

impl Renderer for Sketch {
    fn name(&self) -> &'static str {
        "sketch"
    }

    fn version(&self) -> String {
        format!("{}@{}", storycore_sketch::VERSION, self.panel_width_px)
    }

    fn render(&self, intent: &Intent, seed: u64) -> Result<Rendered, String> {
        let options = storycore_sketch::Options {
            width_px: self.panel_width_px,
        };
        let picture = storycore_sketch::render(intent, seed, &options);
        Ok(Rendered {
            media_type: "image/png",
            width_px: picture.width,
            height_px: picture.height,
            bytes: picture.png,
        })
    }
}
