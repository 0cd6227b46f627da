//! Texts and pictures: those that events name are there and are what their names say. A text that
//! still stands on disk is kept anew, and a panel is drawn again.

use std::{collections::BTreeMap, io};

use storycore_core::workflow::shipped;
use storycore_schema::{
    Event,
    asset::AssetEvent,
    bible::BibleEvent,
    checkup::FindingKind,
    id::BlobId,
    project::ProjectEvent,
    recipe::KeptIntent,
    run::RunEvent,
    script::ScriptEvent,
    take::{Take, TakeEvent, TakeSource},
    workflow::WorkflowEvent,
};

use super::Check;
use crate::blobs::Blobs;

/// Examples of one kind of finding, in names.
const EXAMPLES_MAX: usize = 3;

/// What events name.
#[derive(Default)]
pub(super) struct Needs(BTreeMap<BlobId, Need>);

/// What some bytes are for.
struct Need {
    what: String,
    /// How to draw them, if they are a panel.
    drawing: Option<Drawing>,
}

struct Drawing {
    intent: KeptIntent,
    seed: u64,
    renderer_version: String,
}

impl Needs {
    /// Notes what an event names.
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Script(ScriptEvent::Changed { change }) => {
                for file in &change.files {
                    for text in file.before.iter().chain(&file.after) {
                        self.text(*text, &file.path);
                    }
                }
            }
            Event::Bible(BibleEvent::Changed {
                path,
                text: Some(text),
                ..
            }) => self.text(*text, path),
            Event::Project(ProjectEvent::SettingsChanged {
                text: Some(text), ..
            }) => self.text(*text, "storycore.toml"),
            Event::Workflow(WorkflowEvent::Changed { file }) => self.text(file.text, &file.path),
            Event::Run(RunEvent::Requested {
                workflow: Some(workflow),
                ..
            }) => {
                let files = workflow.files.iter();
                // Those that come with the program are not kept by films.
                let own = files.filter(|it| shipped::text(*it.1).is_none());
                for (name, text) in own {
                    self.text(*text, name);
                }
            }
            Event::Asset(AssetEvent::Added { asset }) => {
                self.picture(asset.id, None, "a picture");
            }
            Event::Take(TakeEvent::Added { take }) => self.take(take),
            _ => {}
        }
    }

    fn text(&mut self, id: BlobId, path: &str) {
        let what = format!("a text of {path}");
        self.0.entry(id).or_insert(Need {
            what,
            drawing: None,
        });
    }

    fn take(&mut self, take: &Take) {
        let drawing = match &take.source {
            TakeSource::Rendered {
                seed,
                renderer_version,
                ..
            } => Some(Drawing {
                intent: take.intent.clone(),
                seed: *seed,
                renderer_version: renderer_version.clone(),
            }),
            TakeSource::Imported { .. } => None,
        };
        let what = if drawing.is_some() {
            "a panel"
        } else {
            "a picture that was brought in"
        };
        self.picture(take.asset, drawing, what);
    }

    fn picture(&mut self, id: BlobId, drawing: Option<Drawing>, what: &str) {
        let need = self.0.entry(id).or_insert_with(|| Need {
            what: what.to_owned(),
            drawing: None,
        });
        if need.drawing.is_none() && (drawing.is_some() || what != "a picture") {
            need.what = what.to_owned();
            need.drawing = drawing;
        }
    }
}

/// What is wrong with some bytes, and what was done about it; those that are alike are told as one.
type Wrong = BTreeMap<(String, Option<String>), Vec<String>>;

impl Check<'_> {
    /// Looks at all of them; how many there were.
    pub(super) fn check_blobs(&mut self, needs: Needs) -> io::Result<u32> {
        let folder = self.data().join("blobs");
        let count = u32::try_from(needs.0.len()).unwrap_or(u32::MAX);
        let blobs = Blobs::reader(&folder);
        if self.options.repair && count > 0 {
            std::fs::create_dir_all(folder.join("unfinished"))?;
        }
        let mut on_disk = None;
        let mut wrong = Wrong::new();
        for (id, need) in needs.0 {
            let state = match blobs.read(id) {
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => "missing",
                Err(error) if error.kind() == io::ErrorKind::InvalidData => "damaged",
                Err(_) => "not readable",
            };
            let mut repaired = None;
            if self.options.repair {
                let texts = on_disk.get_or_insert_with(|| self.texts_on_disk());
                if let Some((bytes, how)) = self.bytes_again(id, &need, texts) {
                    self.copies.keep(&blobs.path(id))?;
                    blobs.write(&bytes)?;
                    repaired = Some(how.to_owned());
                }
            }
            let key = (format!("{} is {state}", need.what), repaired);
            wrong.entry(key).or_default().push(id.to_string());
        }
        for ((what, repaired), ids) in wrong {
            let examples = ids.iter().take(EXAMPLES_MAX).map(|it| &it[..12]);
            let examples = examples.collect::<Vec<_>>().join(", ");
            let times = if ids.len() == 1 {
                String::new()
            } else {
                format!(", {} times", ids.len())
            };
            let message = format!("{what}{times} ({examples})");
            self.found(FindingKind::Blob, message, repaired);
        }
        Ok(count)
    }

    /// The film's own files, by the hash of their bytes.
    fn texts_on_disk(&self) -> BTreeMap<BlobId, Vec<u8>> {
        let folder = self.options.folder;
        let sources = folder.sources(self.options.limits).unwrap_or_default();
        let read = sources.sources.iter().filter_map(|it| {
            let bytes = std::fs::read(folder.root.join(&it.path)).ok()?;
            Some((Blobs::id_of(&bytes), bytes))
        });
        read.collect()
    }

    /// The same bytes from somewhere else, and from where.
    fn bytes_again(
        &self,
        id: BlobId,
        need: &Need,
        on_disk: &BTreeMap<BlobId, Vec<u8>>,
    ) -> Option<(Vec<u8>, &'static str)> {
        if let Some(bytes) = on_disk.get(&id) {
            return Some((
                bytes.clone(),
                "the same text still stands on disk, and was kept anew",
            ));
        }
        let drawing = need.drawing.as_ref()?;
        let intent = drawing.intent.read().ok()?;
        let renderer = self.options.renderers.get(&intent.renderer).ok()?;
        if renderer.version() != drawing.renderer_version {
            return None;
        }
        let drawn = renderer.render(&intent, drawing.seed).ok()?;
        let is_same = Blobs::id_of(&drawn.bytes) == id;
        is_same.then_some((drawn.bytes, "it was drawn again, and is the same"))
    }
}
