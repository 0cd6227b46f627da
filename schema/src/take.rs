//! Takes: what was rendered or drawn for a shot, and what people decided about it. Never deleted by
//! a change of the script.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::Seq,
    film_method,
    id::{BlobId, CommentId, IntentHash, ProjectId, RenderKey, RunId, ShotId, TakeId},
    quality::{Checks, Looked},
    recipe::KeptIntent,
    shot::{Reason, Status},
};

/// One result for a shot, with the recipe it answers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Take {
    /// The take.
    pub id: TakeId,
    /// The shot it was made for.
    pub shot: ShotId,
    /// The picture.
    pub asset: BlobId,
    /// Where it comes from.
    pub source: TakeSource,
    /// What the shot asked for at that moment.
    pub intent: KeptIntent,
    /// Hash of the intent.
    pub intent_hash: IntentHash,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub made_ms: u64,
}

impl Take {
    /// The name of the file it was, if somebody brought it in.
    pub fn imported(&self) -> Option<&str> {
        match &self.source {
            TakeSource::Imported { name, .. } => Some(name),
            TakeSource::Rendered { .. } => None,
        }
    }
}

/// Where a take comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TakeSource {
    /// A renderer made it.
    #[schemars(title = "RenderedTake")]
    Rendered {
        /// The run that asked for it.
        run: RunId,
        /// Intent, seed and renderer version, hashed.
        render_key: RenderKey,
        /// The seed; at most 2^53 − 1.
        seed: u64,
        /// The renderer's version.
        renderer_version: String,
    },
    /// Somebody brought it in: a drawing, a photo.
    #[schemars(title = "ImportedTake")]
    Imported {
        /// The name of the file it was, without its folder.
        name: String,
        /// Who brought it in.
        by: String,
        /// The file as it came, where a browser cannot show it and the take is a picture made
        /// from it; absent where the take is the file itself.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        original: Option<BlobId>,
    },
}

/// What somebody said about a take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeComment {
    /// The comment.
    pub id: CommentId,
    /// Who.
    pub by: String,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// What.
    pub text: String,
}

/// What people think of a take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeMarks {
    /// It is a favourite.
    pub starred: bool,
    /// It is not to be used. It is kept all the same.
    pub rejected: bool,
}

/// One of the marks of a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TakeMark {
    /// See [`TakeMarks::starred`].
    Starred,
    /// See [`TakeMarks::rejected`].
    Rejected,
}

impl TakeMarks {
    /// Whether a mark is set.
    pub fn has(self, mark: TakeMark) -> bool {
        match mark {
            TakeMark::Starred => self.starred,
            TakeMark::Rejected => self.rejected,
        }
    }

    /// The same with a mark set or not.
    #[must_use]
    pub fn with(self, mark: TakeMark, on: bool) -> TakeMarks {
        match mark {
            TakeMark::Starred => TakeMarks {
                starred: on,
                ..self
            },
            TakeMark::Rejected => TakeMarks {
                rejected: on,
                ..self
            },
        }
    }
}

/// Which take a shot is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeChoice {
    /// The take.
    pub take: TakeId,
    /// Whether no automatic work may replace it.
    pub locked: bool,
}

/// What happens to takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TakeEvent {
    /// A shot has a new take.
    #[schemars(title = "TakeAdded")]
    Added {
        /// The take.
        take: Box<Take>,
    },
    /// Somebody chose which take a shot shows, or left it to the daemon again.
    #[schemars(title = "TakeChosen")]
    Chosen {
        /// The shot.
        shot: ShotId,
        /// The choice; absent when there is none any more.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        choice: Option<TakeChoice>,
    },
    /// Somebody starred or rejected a take, or took that back. Each mark is a thing of its own, so
    /// that taking back one leaves what others did to the other.
    #[schemars(title = "TakeMarked")]
    Marked {
        /// The take.
        id: TakeId,
        /// Which mark.
        mark: TakeMark,
        /// Whether it is set now.
        on: bool,
    },
    /// Somebody said something about a take.
    #[schemars(title = "TakeCommented")]
    Commented {
        /// The take.
        id: TakeId,
        /// The comment.
        comment: TakeComment,
    },
    /// A comment was taken back.
    #[schemars(title = "TakeUncommented")]
    Uncommented {
        /// The take.
        id: TakeId,
        /// The comment.
        comment: CommentId,
    },
    /// A take belongs to another shot now.
    #[schemars(title = "TakeMoved")]
    Moved {
        /// The take.
        id: TakeId,
        /// The shot.
        shot: ShotId,
    },
    /// Bringing a take in was undone. It is kept, and shown nowhere.
    #[schemars(title = "TakeWithdrawn")]
    Withdrawn {
        /// The take.
        id: TakeId,
    },
    /// A withdrawn take is back.
    #[schemars(title = "TakeReturned")]
    Returned {
        /// The take.
        id: TakeId,
    },
    /// Its picture was looked at. What that means follows from the style, and is not kept.
    #[schemars(title = "TakeChecked")]
    Checked {
        /// The take.
        id: TakeId,
        /// What was found.
        looked: Box<Looked>,
    },
    /// It failed its checks, and its shot is drawn again with another seed.
    #[schemars(title = "TakeRepeated")]
    Repeated {
        /// The take.
        id: TakeId,
        /// What is done about it.
        repeat: TakeRepeat,
    },
    /// Of several attempts at a shot, this one is shown though it is not the newest.
    #[schemars(title = "TakePreferred")]
    Preferred {
        /// The shot.
        shot: ShotId,
        /// The best one.
        take: TakeId,
        /// The other attempts. Any take that is not among them comes before it.
        over: Vec<TakeId>,
        /// Why, in words.
        reason: String,
    },
}

/// A shot is drawn again because a take of it failed its checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeRepeat {
    /// The run that draws it again.
    pub run: RunId,
    /// Which attempt that is, counted from 1.
    pub attempt: u32,
    /// How many there may be.
    pub attempts: u32,
    /// What failed, in words.
    pub reason: String,
}

/// A take with everything people decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeDetails {
    /// The take.
    pub id: TakeId,
    /// The shot.
    pub shot: ShotId,
    /// The picture: `/assets/{project}/{asset}`.
    pub asset: BlobId,
    /// Where it comes from.
    pub source: TakeSource,
    /// What the shot asked for when it was made.
    pub intent: KeptIntent,
    /// Hash of the intent.
    pub intent_hash: IntentHash,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub made_ms: u64,
    /// Whether it is what the script asks for now.
    pub status: Status,
    /// Why it is stale.
    pub reasons: Vec<Reason>,
    /// Whether its shot shows it.
    pub shown: bool,
    /// Whether somebody chose it.
    pub selected: bool,
    /// Whether no automatic work may replace it.
    pub locked: bool,
    /// Whether it is a favourite.
    pub starred: bool,
    /// Whether it is not to be used.
    pub rejected: bool,
    /// What people said about it, oldest first.
    pub comments: Vec<TakeComment>,
    /// What the checks of its picture come to. Absent while it was not looked at, which happens in
    /// the background; sketches of the built-in renderer are looked at when `take/check` asks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checks: Option<Checks>,
    /// That its shot was drawn again because of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeated: Option<TakeRepeat>,
}

/// Lists takes, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListTakes {
    /// The film.
    pub project: ProjectId,
    /// Only those of this shot, which may be in the unplaced tray.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
    /// Only those that are starred, or that are not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub starred: Option<bool>,
    /// Only those that are rejected, or that are not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejected: Option<bool>,
}

film_method!(ListTakes, "take/list", Viewer, Query, Vec<TakeDetails>);

/// Returns one take.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
}

film_method!(GetTake, "take/get", Viewer, Query, TakeDetails);

/// Lets a shot show this take. The choice holds until the script asks for something else and a
/// take of that is made; to hold it for ever, lock it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelectTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
    /// `false` takes the choice back: the shot shows its newest fitting take again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on: Option<bool>,
}

film_method!(SelectTake, "take/select", Editor, Command, TakeDetails);

/// Lets a shot show this take whatever happens: no automatic work replaces it, and the shot is not
/// redrawn unless somebody names it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
    /// `false` unlocks it; it stays selected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on: Option<bool>,
}

film_method!(LockTake, "take/lock", Editor, Command, TakeDetails);

/// Marks a take as a favourite.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StarTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
    /// `false` takes the mark back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on: Option<bool>,
}

film_method!(StarTake, "take/star", Editor, Command, TakeDetails);

/// Marks a take as not to be used. It is kept, and shown only if its shot has no other.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RejectTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
    /// `false` takes the mark back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on: Option<bool>,
}

film_method!(RejectTake, "take/reject", Editor, Command, TakeDetails);

/// Says something about a take.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommentTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
    /// What to say, at most 4,000 characters.
    pub text: String,
}

film_method!(CommentTake, "take/comment", Editor, Command, TakeComment);

/// Takes a comment back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UncommentTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
    /// The comment.
    pub comment: CommentId,
}

film_method!(UncommentTake, "take/uncomment", Editor, Command, ());

/// Gives a take to another shot, with its marks and comments. Either shot may be in the unplaced
/// tray.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveTake {
    /// The film.
    pub project: ProjectId,
    /// The take.
    pub id: TakeId,
    /// The shot.
    pub shot: ShotId,
}

film_method!(MoveTake, "take/move", Editor, Command, TakeDetails);

/// Brings in a drawing or a photo as a take of a shot, which shows it from then on. What the file
/// holds is found by its content, not by its name: PNG, JPEG, GIF, WebP, BMP or TIFF. It is kept as
/// it is; what browsers cannot show is kept too, and shown as a PNG made from it. Large files are
/// better sent with `POST /takes/{project}/{shot}?name=…`, which answers the same.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportTake {
    /// The film.
    pub project: ProjectId,
    /// The shot, which may be in the unplaced tray.
    pub shot: ShotId,
    /// The file on the daemon's machine, as an absolute path. Give this or `data`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// The file's bytes in Base64 (RFC 4648 §4). Give this or `path`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<String>,
    /// The file's name, to find the take by; needed with `data`, by default that of `path`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// `false` only selects it. By default it is locked, so that no automatic work replaces it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lock: Option<bool>,
}

film_method!(ImportTake, "take/import", Editor, Job, Imported);

/// A file that was brought in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// The last event of it.
    pub seq: Seq,
    /// The take.
    pub take: TakeDetails,
    /// What was found in the file: `image/tiff`.
    pub media_type: String,
    /// What the person should know: that only the first picture of an animation is shown, that a
    /// PNG was made, that the name ends otherwise than the content.
    pub notes: Vec<String>,
}

/// Says what two takes differ in: their recipes, in words, and their pictures, measured.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompareTakes {
    /// The film.
    pub project: ProjectId,
    /// One take.
    pub a: TakeId,
    /// The other.
    pub b: TakeId,
}

film_method!(CompareTakes, "take/compare", Viewer, Job, TakeComparison);

/// What two takes differ in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeComparison {
    /// One take.
    pub a: TakeDetails,
    /// The other.
    pub b: TakeDetails,
    /// What was asked for otherwise: from what `a` was made for to what `b` was.
    pub asked: Vec<Reason>,
    /// The same, from `b` to `a`.
    pub asked_back: Vec<Reason>,
    /// How else they were made otherwise: the seed, the renderer's version, by hand.
    pub made: Vec<String>,
    /// How far the pictures differ.
    pub pictures: PictureDifference,
}

/// How far two pictures differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum PictureDifference {
    /// They are the same file.
    #[schemars(title = "SamePicture")]
    Same,
    /// They were compared, pixel by pixel, as people see them: upright, 8 bits a channel, over
    /// white where they are transparent.
    #[schemars(title = "MeasuredDifference")]
    Measured {
        /// Pixels of each.
        pixels: u64,
        /// Pixels in which any channel differs.
        differing_pixels: u64,
        /// The same as a share, in millionths.
        differing_ppm: u32,
        /// The mean absolute difference of red, green and blue over all pixels, in millionths of
        /// the way from black to white.
        mean_difference_ppm: u32,
    },
    /// They could not be compared.
    #[schemars(title = "NotMeasuredDifference")]
    NotMeasured {
        /// Why not.
        why: String,
    },
}

/// Looks at pictures of takes now, and says what is good in them and what is not: sharpness,
/// exposure, noise, the style's colors, size and aspect. Takes that were brought in or drawn by a
/// workflow are looked at by themselves soon after; sketches of the built-in renderer only here, as
/// they are lines on paper and little of it applies to them. What a film holds its pictures against
/// stands in the style's entry of the bible under `[quality]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckTakes {
    /// The film.
    pub project: ProjectId,
    /// The take. Give this or `shot`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<TakeId>,
    /// The shot, all of whose takes are looked at. Give this or `id`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
}

film_method!(CheckTakes, "take/check", Editor, Job, Vec<TakeDetails>);
