//! Assets: bytes we keep, named by their content.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{BlobId, IntentHash, ProjectId, RenderKey, RunId, SceneId, ShotId, TakeId},
};

/// The longest side of a picture on a card, in pixels: pages ask for it, and the daemon brings those
/// near what somebody looks at into memory.
pub const CARD_SIDE_PX: u32 = 640;
/// A still picture that is smaller is shown on a card as it is, in bytes.
pub const CARD_FROM_BYTES: u64 = 200_000;

/// A file we keep: a panel, an imported drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// The hash of its bytes. The daemon serves them at `/assets/{project}/{id}`.
    pub id: BlobId,
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Width in pixels, if it is a picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width_px: Option<u32>,
    /// Height in pixels, if it is a picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height_px: Option<u32>,
}

/// What happens to assets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum AssetEvent {
    /// Bytes were kept, and are on disk.
    #[schemars(title = "AssetAdded")]
    Added {
        /// What was kept.
        asset: Asset,
    },
    /// A word was put on an asset, or taken off.
    #[schemars(title = "AssetTagged")]
    Tagged {
        /// The asset.
        id: BlobId,
        /// The word, in small letters.
        tag: String,
        /// Whether it is on it now.
        on: bool,
    },
}

/// Returns an asset's description, what its file says of itself and, if asked, its bytes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetAsset {
    /// The film.
    pub project: ProjectId,
    /// The asset.
    pub id: BlobId,
    /// Whether to return the bytes too. Larger files come over HTTP: see [`Asset::id`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<bool>,
}

/// An asset, with its bytes if they were asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetContent {
    /// The description.
    pub asset: Asset,
    /// What the file holds, read off its bytes; absent if they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media: Option<Media>,
    /// Why they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<String>,
    /// The bytes in Base64 (RFC 4648 §4).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<String>,
}

film_method!(GetAsset, "asset/get", Viewer, Job, AssetContent);

/// What a file is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MediaKind {
    /// One picture.
    Image,
    /// A picture that moves, without sound.
    Animation,
    /// At least one video track.
    Video,
    /// Sound only.
    Audio,
    /// None of these, or one that is not read.
    Other,
}

/// What a file holds, as far as it says. What it does not say is absent, never a guess.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// What it is for people.
    pub kind: MediaKind,
    /// By its content, never by a name: `video/mp4`.
    pub media_type: String,
    /// Width as it is shown, in pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width_px: Option<u32>,
    /// Height as it is shown, in pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height_px: Option<u32>,
    /// How long it plays once, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u64>,
    /// Frames a second, on average.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fps: Option<f64>,
    /// Frames of the first video track or of the animation, in frames.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frames: Option<u64>,
    /// Codecs of its tracks: `h264`, `aac`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub codecs: Vec<String>,
    /// Channels of the first sound track.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channels: Option<u32>,
    /// Samples a second of the first sound track, in hertz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sample_rate_hz: Option<u32>,
    /// Bits of one color channel or of one sample of sound.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bits: Option<u32>,
    /// Whether parts of it may be seen through.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub has_alpha: Option<bool>,
    /// Whether `asset/graph` finds in it how it was made.
    pub has_graph: bool,
    /// Texts in it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub texts: Vec<MediaText>,
    /// What could not be known, and why, for people.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// A text that stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MediaText {
    /// What it is called there: `prompt`, `Comment`.
    pub key: String,
    /// Where it stands: `PNG tEXt`.
    pub place: String,
    /// Its beginning, at most 1,000 characters.
    pub text: String,
    /// All of it, in bytes.
    pub bytes: u64,
}

/// Returns the ComfyUI graph that a file says it was made with, or the words of another program:
/// to make more of what somebody brought in, or to draw a shot again as it once was. Looks into the
/// file as it came, too, where the picture that is shown was made from it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetGraph {
    /// The film.
    pub project: ProjectId,
    /// The asset.
    pub id: BlobId,
}

/// How a file says that it was made. At least one of the three is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmbeddedGraph {
    /// The file it stands in: the asset, or the file that was made from.
    pub id: BlobId,
    /// The graph in ComfyUI's API format, JSON: saved as `workflows/NAME.json`, it draws shots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prompt: Option<String>,
    /// The graph in the format of ComfyUI's page, JSON: dropped on that page, it is there again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// The lines of AUTOMATIC1111's page: the prompt, the negative one, `Steps: …`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parameters: Option<String>,
    /// What a person should know: where something was mended.
    pub notes: Vec<String>,
}

film_method!(GetGraph, "asset/graph", Viewer, Job, EmbeddedGraph);

/// Puts words on an asset, by which `asset/list` finds it, and takes others off. Words are kept in
/// small letters: 1 to 60 characters, 40 at most on one asset. A checkpoint that is restored leaves
/// them as they are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagAsset {
    /// The film.
    pub project: ProjectId,
    /// The asset.
    pub id: BlobId,
    /// Words to put on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub add: Option<Vec<String>>,
    /// Words to take off.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remove: Option<Vec<String>>,
}

film_method!(TagAsset, "asset/tag", Editor, Command, AssetDetails);

/// Finds assets, the youngest first: by words on them, by the name of the file that was brought in,
/// by the shots that show them and what those say, by tag, by kind.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListAssets {
    /// The film.
    pub project: ProjectId,
    /// Words that must all occur, in any order and in any letters: `maya boathouse 12a`; 400
    /// characters at most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Only what has this word on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tag: Option<String>,
    /// Only what begins like this: `image/`, `video/mp4`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media_type: Option<String>,
    /// Only what takes of this shot show.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
    /// How many to leave out at the beginning.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<u32>,
    /// How many at most: 100 by default, 1000 at most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<u32>,
}

film_method!(ListAssets, "asset/list", Viewer, Query, AssetPage);

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetPage {
    /// How many there are in all.
    pub total: u32,
    /// What they take up together, in bytes.
    pub bytes: u64,
    /// Those of this page.
    pub assets: Vec<AssetDetails>,
    /// The words on all that were found, the most frequent first, 100 at most.
    pub tags: Vec<TagCount>,
}

/// A word, and how often it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagCount {
    /// The word.
    pub tag: String,
    /// Assets that have it.
    pub assets: u32,
}

/// An asset, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetDetails {
    /// The asset.
    pub asset: Asset,
    /// Words that were put on it, in the order of the alphabet.
    pub tags: Vec<String>,
    /// The takes that show it, oldest first.
    pub takes: Vec<TakeId>,
    /// Scene number and letter of the shots that these are of: `12A`.
    pub shots: Vec<String>,
    /// The name of the file that it was, if somebody brought it in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// When the youngest take of it was made, in milliseconds since 1970 (UTC); absent for what no
    /// take shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub made_ms: Option<u64>,
}

/// Says where an asset comes from and what was made of it, as far as the film knows: the takes that
/// show it, the steps that made it, the file it was made from, and what steps made that were given
/// it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetLineage {
    /// The film.
    pub project: ProjectId,
    /// The asset.
    pub id: BlobId,
}

film_method!(GetLineage, "asset/lineage", Viewer, Query, Lineage);

/// Where an asset comes from, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lineage {
    /// The asset.
    pub asset: Asset,
    /// The takes that show it, oldest first; those of the unplaced tray, too.
    pub takes: Vec<LineageTake>,
    /// The steps that made it, of runs that are still listed.
    pub made_by: Vec<LineageStep>,
    /// Files it was made from, as they came.
    pub made_from: Vec<BlobId>,
    /// What was made from it: pictures that browsers can show, and what steps made that were given
    /// it, of runs that are still listed.
    pub made_of_it: Vec<BlobId>,
}

/// A take, and how it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageTake {
    /// The take.
    pub take: TakeId,
    /// Its shot.
    pub shot: ShotId,
    /// Scene number and letter: `12A`.
    pub label: String,
    /// What the shot asked for, hashed.
    pub intent_hash: IntentHash,
    /// The run that made it, if it was rendered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunId>,
    /// Intent, seed and renderer version, hashed, if it was rendered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub render_key: Option<RenderKey>,
    /// The seed, if it was rendered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<u64>,
    /// The renderer's version, if it was rendered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub renderer_version: Option<String>,
    /// The name of the file it was, if somebody brought it in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub imported: Option<String>,
    /// Who brought it in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
}

/// A step of a run that made a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageStep {
    /// The run.
    pub run: RunId,
    /// What people call its workflow; absent for drawing by the built-in renderer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// The step.
    pub step: String,
    /// The shot it was for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
    /// The scene it was for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<SceneId>,
}

/// Finds files that nothing in the film's log names: no take, no original, no text, no workflow, no
/// result of a step, and nothing that history, checkpoints or what was undone could bring back.
/// Unless `dryRun` is false, it only says what it would do. What is younger than `collect_grace_ms`
/// is never deleted: an event may be about to name it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CollectAssets {
    /// The film.
    pub project: ProjectId,
    /// `false` deletes them. By default they are only counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dry_run: Option<bool>,
}

film_method!(CollectAssets, "asset/collect", Producer, Job, Collected);

/// Files that nothing names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Collected {
    /// Whether nothing was deleted because that was not asked for.
    pub dry_run: bool,
    /// Files that something names.
    pub named: CollectedFiles,
    /// Files that nothing names, and that are too young to be deleted.
    pub young: CollectedFiles,
    /// Files that nothing names, by what they hold, the largest first. They were deleted, or would
    /// be.
    pub unnamed: Vec<CollectedKind>,
    /// Files that something names, and that are not there: `storycore doctor` says which, and
    /// brings back what can be.
    pub missing: u32,
}

/// Some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectedFiles {
    /// How many.
    pub files: u32,
    /// What they take up together, in bytes.
    pub bytes: u64,
}

/// Files of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectedKind {
    /// What they hold: `image/png`, `text/plain`.
    pub media_type: String,
    /// How many.
    pub files: u32,
    /// What they take up together, in bytes.
    pub bytes: u64,
}
