//! What is wrong with a script, in words for its writer. Nothing here stops it from being read.

use std::ops::Range;

/// Something the writer may want to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which rule found it.
    pub kind: ProblemKind,
    /// Where it is in its block.
    pub span: Range<u32>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// The rules a script can be checked against block by block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A `[[` without its `]]` in the same paragraph.
    UnclosedNote,
    /// A `/*` without a `*/` anywhere after it.
    UnclosedBoneyard,
    /// A `#` in a heading that is meant to be a scene number.
    MalformedSceneNumber,
    /// A line with the form of a heading that lacks the blank line before or after it.
    CrowdedHeading,
    /// A word of a `[[shot: ]]` note that means nothing.
    UnknownShotWord,
}

impl Problem {
    pub(super) fn unclosed_note(span: Range<u32>) -> Problem {
        Problem {
            kind: ProblemKind::UnclosedNote,
            span,
            message: "this note is never closed".to_owned(),
            hint: "close it with ]] before the next empty line".to_owned(),
        }
    }

    pub(super) fn crowded_heading(span: Range<u32>) -> Problem {
        Problem {
            kind: ProblemKind::CrowdedHeading,
            span,
            message: "this opens no scene: it touches other lines".to_owned(),
            hint: "leave an empty line before and after a heading, or start it with !".to_owned(),
        }
    }

    pub(super) fn unclosed_boneyard(span: Range<u32>) -> Problem {
        Problem {
            kind: ProblemKind::UnclosedBoneyard,
            span,
            message: "this boneyard is never closed, so it hides nothing".to_owned(),
            hint: "close it with */".to_owned(),
        }
    }
}
