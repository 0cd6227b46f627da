//! Pictures that a graph is given, and those that it makes.

use std::{
    collections::BTreeMap,
    fs::File,
    io::BufReader,
    path::{Component, Path, PathBuf},
};

use image::{ImageFormat, ImageReader};
use serde_json::{Map, Value};
use storycore_comfyui::{
    Template,
    binding::Target,
    server::{Content, Upload},
};
use storycore_core::run::Failure;
use storycore_schema::{id::BlobId, run::FailureKind};

use super::super::Job;

/// How names begin that stand for pictures: `image`, `image:maya_face`.
const IMAGE: &str = "image";
/// How the names of those begin that have names of their own.
pub(super) const NAMED: &str = "image:";

/// Pictures that a graph is given, by the name of the binding.
#[derive(Default)]
pub(super) struct Uploads(BTreeMap<String, Given>);

struct Given {
    id: BlobId,
    path: PathBuf,
    ending: String,
}

impl Uploads {
    /// What is in them.
    pub(super) fn hashes(&self) -> BTreeMap<&str, BlobId> {
        self.0
            .iter()
            .map(|(name, it)| (name.as_str(), it.id))
            .collect()
    }

    /// As a server gets them: under names that only the same bytes have.
    pub(super) fn for_server(&self, template: &Template) -> Vec<(Target, Upload)> {
        let uploads = self.0.iter().flat_map(|(name, given)| {
            let targets = template.bindings.targets(name).iter();
            targets.map(|target| (target.clone(), given.upload()))
        });
        uploads.collect()
    }
}

impl Given {
    fn upload(&self) -> Upload {
        let name = self.id.to_string();
        Upload {
            file_name: format!("storycore-{}.{}", &name[..16], self.ending),
            content: Content::File(self.path.clone()),
        }
    }
}

/// Tells what a graph is given apart: values, and pictures, which have to be uploaded. A picture is
/// a result of another step, a picture of the bible, or a file of the film's folder. What a step
/// says nothing of gets the picture of the bible by that name, if the shot has it. Blocks.
pub(super) fn split(
    job: &Job,
    template: &Template,
    filled: Map<String, Value>,
    of_bible: &BTreeMap<String, BlobId>,
) -> Result<(BTreeMap<String, Value>, Uploads), Failure> {
    let (mut values, mut uploads) = (BTreeMap::new(), Uploads::default());
    for name in template.bindings.names() {
        let id = name.strip_prefix(NAMED).and_then(|it| of_bible.get(it));
        if let Some(id) = id.filter(|_| !filled.contains_key(name)) {
            uploads.0.insert(name.to_owned(), kept(job, *id));
        }
    }
    for (name, value) in filled {
        let is_image = name == IMAGE || name.starts_with(NAMED);
        if !is_image {
            values.insert(name, value);
            continue;
        }
        if template.bindings.targets(&name).is_empty() {
            let known: Vec<&str> = template.bindings.names().collect();
            let message = format!("the graph takes no `{name}`; it takes {}", known.join(", "));
            return Err(Failure::new(FailureKind::Invalid, message));
        }
        let Value::String(text) = &value else {
            let message = format!("`{name}` has to be a picture, and is {value}");
            return Err(Failure::new(FailureKind::Invalid, message));
        };
        let given = given(job, &name, text)?;
        uploads.0.insert(name, given);
    }
    Ok((values, uploads))
}

fn given(job: &Job, name: &str, text: &str) -> Result<Given, Failure> {
    if let Ok(id) = text.parse::<BlobId>() {
        return Ok(kept(job, id));
    }
    let wrong = |why: &str| {
        let message = format!("`{name}` names {text}, {why}");
        Failure::new(FailureKind::Missing, message)
    };
    let inside = Path::new(text);
    let is_inside = inside
        .components()
        .all(|it| matches!(it, Component::Normal(_)));
    if !is_inside {
        return Err(wrong(
            "which is no file of the film's folder: write assets/NAME.png",
        ));
    }
    let path = job.folder.join(inside);
    let hash = hash_of(&path).map_err(|error| wrong(&format!("which cannot be read: {error}")))?;
    let ending = inside
        .extension()
        .map(|it| it.to_string_lossy().into_owned());
    Ok(Given {
        id: hash,
        path,
        ending: ending.unwrap_or_else(|| "png".to_owned()),
    })
}

/// Bytes that are kept. Pictures of the bible are no assets, so theirs are looked at.
fn kept(job: &Job, id: BlobId) -> Given {
    let path = job.blobs.path(id);
    let asset = job.film.state.assets.get(id).ok();
    let known = asset.and_then(|it| it.media_type.rsplit('/').next());
    let found = || {
        let reader = ImageReader::open(&path).ok()?.with_guessed_format().ok()?;
        reader.format()?.extensions_str().first().copied()
    };
    let ending = known.or_else(found).unwrap_or("png").to_owned();
    Given { id, path, ending }
}

fn hash_of(path: &Path) -> std::io::Result<BlobId> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(BlobId(*hasher.finalize().as_bytes()))
}

/// What a picture's own bytes say it is, with its width and height in pixels; none of what is no
/// picture. A server may say anything.
pub(super) fn describe(path: &Path) -> Option<(String, Option<(u32, u32)>)> {
    let file = BufReader::new(File::open(path).ok()?);
    let reader = ImageReader::new(file).with_guessed_format().ok()?;
    let format = reader.format()?;
    let media_type = match format {
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif => {
            format.to_mime_type().to_owned()
        }
        _ => return None,
    };
    Some((media_type, reader.into_dimensions().ok()))
}
