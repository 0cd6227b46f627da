//! Pictures that entries of the bible name: their bytes are kept, and what cannot be read is told.

use storycore_core::bible::Images;
use storycore_schema::{Error, diagnostic::Diagnostic};
use tracing::warn;

use super::Task;
use crate::{blobs::Blobs, offload::blocking, references};

impl Task {
    /// The bytes of the pictures that an entry's text names, which are kept, and what is wrong with
    /// the others. Of those the film knows what it knew before: a picture that is being saved, or
    /// lies on a disk that is not there now, makes nothing stale.
    pub(super) async fn images(
        &self,
        path: &str,
        text: &Result<String, Diagnostic>,
    ) -> Result<(Images, Vec<Diagnostic>), Error> {
        let Ok(text) = text.clone() else {
            return Ok((Images::new(), Vec::new()));
        };
        let named = references::named(&text);
        if named.is_empty() {
            return Ok((Images::new(), Vec::new()));
        }
        let known = self.film().state.project.bible.images_of(path);
        let (root, blobs) = (self.effect.folder.root.clone(), self.effect.blobs.clone());
        let (limits, source) = (self.effect.limits.clone(), path.to_owned());
        let kept = blocking(move || {
            let (mut images, mut problems) = (Images::new(), Vec::new());
            for (place, picture) in named.iter().enumerate() {
                let was = known.get(&picture.name).copied();
                let is_known = |bytes: &[u8]| was == Some(Blobs::id_of(bytes));
                let bytes = references::bytes_of(&root, (picture, place), &limits, is_known);
                let image = match bytes {
                    Ok(bytes) => Some(blobs.keep(&bytes, was)?),
                    Err(wrong) => {
                        problems.push(wrong.told(&source, &text, picture));
                        was
                    }
                };
                images.extend(image.map(|it| (picture.name.clone(), it)));
            }
            Ok::<_, std::io::Error>((images, problems))
        });
        kept.await?.map_err(|error| {
            warn!(%error, path, "a picture could not be kept");
            Error::unavailable(format!(
                "the pictures of {path} could not be kept; nothing was changed"
            ))
            .hint("free some space and make the film's folder writable")
        })
    }
}
