//! What scenes said before they were rewritten. When such a text comes back, as with a checkout of
//! an earlier version, it is the scene that had it, and its shots are those it had then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use imbl::Vector;
use serde::{Deserialize, Serialize};
use storycore_schema::{
    id::{BlobId, SceneId, ShotId},
    scene::SceneRecord,
    script::{Correction, ScriptChange, ScriptEvent},
};

use super::Screenplay;

/// Texts that are remembered, in texts; the oldest are forgotten first.
const TEXTS_MAX: usize = 2_048;

/// Texts that scenes had before, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EarlierTexts(Vector<Arc<EarlierText>>);

/// A text that a scene had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierText {
    /// Hash of the text.
    pub text: BlobId,
    /// The scene.
    pub scene: SceneId,
    /// Its shots then, in order.
    pub shots: Vec<ShotId>,
}

impl EarlierTexts {
    /// Remembers what an event changes, before it is applied.
    pub(crate) fn note(&mut self, screenplay: &Screenplay, event: &ScriptEvent) {
        match event {
            ScriptEvent::Changed { change } => self.note_change(screenplay, change),
            ScriptEvent::Corrected { correction } => self.forget(correction),
        }
    }

    fn note_change(&mut self, screenplay: &Screenplay, change: &ScriptChange) {
        for scene in &change.scenes {
            let was = screenplay.scenes.get(&scene.id);
            let was = was.or_else(|| screenplay.unplaced_scenes.get(&scene.id));
            if let Some(was) = was.filter(|it| it.text != scene.text) {
                self.push(was);
            }
        }
    }

    fn push(&mut self, was: &SceneRecord) {
        self.0.push_back(Arc::new(EarlierText {
            text: was.text,
            scene: was.id,
            shots: was.shots.clone(),
        }));
        if self.0.len() > TEXTS_MAX {
            self.0.pop_front();
        }
    }

    /// Somebody said that some scenes are others than was thought.
    fn forget(&mut self, correction: &Correction) {
        let scenes = correction.swaps.iter().flat_map(|it| [it.was, it.now]);
        let scenes = scenes.chain(correction.scenes.iter().map(|it| it.id));
        let scenes: BTreeSet<SceneId> = scenes.collect();
        if !scenes.is_empty() {
            self.0.retain(|it| !scenes.contains(&it.scene));
        }
    }

    /// For each of some texts the scenes that had it, the last first.
    pub(crate) fn with(&self, texts: &BTreeSet<BlobId>) -> BTreeMap<BlobId, Vec<&EarlierText>> {
        let mut found: BTreeMap<BlobId, Vec<&EarlierText>> = BTreeMap::new();
        for earlier in self.0.iter().rev().filter(|it| texts.contains(&it.text)) {
            found.entry(earlier.text).or_default().push(earlier);
        }
        found
    }
}
