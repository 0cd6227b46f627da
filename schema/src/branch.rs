//! Branches: a film of its own that began as a copy, to try something and bring back what worked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::Seq,
    film_method,
    history::{Branch, Difference},
    id::{ProjectId, SceneId, ShotId},
};

/// Makes a branch: a film of its own, in a folder of its own, with everything that this one has and
/// its whole history. Open it with `project/open`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateBranch {
    /// The film.
    pub project: ProjectId,
    /// The name, 1 to 120 characters, that no other branch of the film has.
    pub name: String,
    /// The new folder, absolute; by default beside the film's own, with the name after a dash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
}

film_method!(CreateBranch, "branch/create", Producer, Job, Branch);

/// Lists the branches of a film, the oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListBranches {
    /// The film.
    pub project: ProjectId,
}

film_method!(ListBranches, "branch/list", Viewer, Query, Vec<Branch>);

/// Tells what changed in a branch since it began, and what changed here and there. The branch is
/// opened if it is not open.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiffBranch {
    /// The film.
    pub project: ProjectId,
    /// The branch's own film.
    pub branch: ProjectId,
}

film_method!(DiffBranch, "branch/diff", Viewer, Job, BranchDifferences);

/// How a branch differs from where it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BranchDifferences {
    /// The event at which the branch began.
    pub began: Seq,
    /// What changed in the branch since, 500 differences at most.
    pub in_branch: Vec<Difference>,
    /// What changed in this film since, 500 differences at most.
    pub in_film: Vec<Difference>,
    /// What changed on both sides, in different ways: bringing it back needs `force`.
    pub in_both: Vec<Difference>,
}

/// Brings back what worked in a branch: scenes with their text, shots and takes, takes of single
/// shots, entries of the bible. It is one change, and can be undone. What is here already is left
/// alone, so bringing twice changes nothing. What changed on both sides since the branch began is a
/// `conflict`. The branch is opened if it is not open.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BringBack {
    /// The film.
    pub project: ProjectId,
    /// The branch's own film.
    pub branch: ProjectId,
    /// Scenes: their text as it is in the branch takes the place of the text here, and the takes
    /// made for them in the branch come along.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scenes: Option<Vec<SceneId>>,
    /// Shots whose takes, and what was decided about them, come over; the text stays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shots: Option<Vec<ShotId>>,
    /// Files of the bible, relative to the film's folder.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bible: Option<Vec<String>>,
    /// Whether to take the branch's side where both sides changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub force: Option<bool>,
}

film_method!(BringBack, "branch/bring", Editor, Job, Brought);

/// What was brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Brought {
    /// The last event of it.
    pub seq: Seq,
    /// Scenes that have other words now.
    pub scenes: u32,
    /// Takes that came over.
    pub takes: u32,
    /// The files that were written or removed, relative to the film's folder.
    pub files: Vec<String>,
}
