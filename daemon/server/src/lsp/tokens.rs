//! Colors: what each part of a script is, in the names that every editor's themes know.

use storycore_core::fountain::{ElementKind, Script};
use tower_lsp_server::ls_types::{
    SemanticToken, SemanticTokenType, SemanticTokens, SemanticTokensDelta, SemanticTokensEdit,
    SemanticTokensFullDeltaResult,
};

use super::{
    document::Document,
    place::{Encoding, short},
};

/// The kinds, in the order of their numbers.
pub(super) const KINDS: [SemanticTokenType; 9] = [
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::CLASS,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::STRING,
    SemanticTokenType::KEYWORD,
    SemanticTokenType::COMMENT,
    SemanticTokenType::DECORATOR,
    SemanticTokenType::MACRO,
    SemanticTokenType::PROPERTY,
];
const HEADING: u32 = 0;
const CHARACTER: u32 = 1;
const PARENTHETICAL: u32 = 2;
const DIALOGUE: u32 = 3;
const TRANSITION: u32 = 4;
const COMMENT: u32 = 5;
const SECTION: u32 = 6;
const SHOT_NOTE: u32 = 7;
const TITLE_KEY: u32 = 8;

/// What was told last of a document.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) id: u64,
    data: Vec<SemanticToken>,
}

/// All of a document.
pub(super) fn full(document: &Document, encoding: Encoding, id: u64) -> (SemanticTokens, Told) {
    let data = encoded(&document.script, encoding);
    let tokens = SemanticTokens {
        result_id: Some(id.to_string()),
        data: data.clone(),
    };
    (tokens, Told { id, data })
}

/// What changed since it was told last: one run of tokens between what both begin and end with.
pub(super) fn delta(
    document: &Document,
    encoding: Encoding,
    before: &Told,
    id: u64,
) -> (SemanticTokensFullDeltaResult, Told) {
    let data = encoded(&document.script, encoding);
    let both = before.data.iter().zip(&data);
    let start = both.take_while(|(a, b)| a == b).count();
    let (old, new) = (&before.data[start..], &data[start..]);
    let both = old.iter().rev().zip(new.iter().rev());
    let end = both.take_while(|(a, b)| a == b).count();
    let (n_old, new) = (old.len() - end, &new[..new.len() - end]);
    // The protocol counts numbers, of which a token has five.
    let edit = SemanticTokensEdit {
        start: short(start * 5),
        delete_count: short(n_old * 5),
        data: Some(new.to_vec()),
    };
    let is_same = n_old == 0 && new.is_empty();
    let delta = SemanticTokensDelta {
        result_id: Some(id.to_string()),
        edits: if is_same { Vec::new() } else { vec![edit] },
    };
    let told = Told { id, data };
    (SemanticTokensFullDeltaResult::TokensDelta(delta), told)
}

fn encoded(script: &Script, encoding: Encoding) -> Vec<SemanticToken> {
    let mut writer = Writer {
        tokens: Vec::new(),
        line: 0,
        column: 0,
        encoding,
    };
    let mut first_line = 0;
    for block in script.blocks() {
        let mut parts: Vec<(u32, u32, u32)> = Vec::new();
        for element in &block.elements {
            if let Some(kind) = kind_of(&element.kind) {
                parts.push((element.span.start, element.span.end, kind));
            }
        }
        for entry in &block.title_page {
            parts.push((entry.key_span.start, entry.key_span.end, TITLE_KEY));
        }
        parts.sort_unstable();
        let notes = block.notes.iter().map(|it| {
            let directs = it
                .text
                .get(..5)
                .is_some_and(|it| it.eq_ignore_ascii_case("shot:"));
            let kind = if directs { SHOT_NOTE } else { COMMENT };
            (it.span.start, it.span.end, kind)
        });
        let boneyards = block.boneyards.iter().map(|it| (it.start, it.end, COMMENT));
        let mut inner: Vec<(u32, u32, u32)> = notes.chain(boneyards).collect();
        inner.sort_unstable();
        let parts = cut(&parts, &inner);
        writer.block(&block.text, first_line, &parts);
        first_line += block.n_lines;
    }
    writer.tokens
}

fn kind_of(kind: &ElementKind) -> Option<u32> {
    match kind {
        ElementKind::Heading => Some(HEADING),
        ElementKind::Character(_) => Some(CHARACTER),
        ElementKind::Parenthetical => Some(PARENTHETICAL),
        ElementKind::Dialogue | ElementKind::Lyrics => Some(DIALOGUE),
        ElementKind::Transition | ElementKind::Centered => Some(TRANSITION),
        ElementKind::Section(_) => Some(SECTION),
        ElementKind::Synopsis | ElementKind::Boneyard => Some(COMMENT),
        ElementKind::TitlePage
        | ElementKind::Action
        | ElementKind::Note
        | ElementKind::PageBreak => None,
    }
}

/// Parts without what lies inside of them, and that too; tokens may not overlap.
fn cut(outer: &[(u32, u32, u32)], inner: &[(u32, u32, u32)]) -> Vec<(u32, u32, u32)> {
    let mut all = Vec::with_capacity(outer.len() + 2 * inner.len());
    let mut covered = 0;
    for (start, end, kind) in inner {
        if *end > covered {
            all.push(((*start).max(covered), *end, *kind));
            covered = *end;
        }
    }
    let disjoint = all.clone();
    for (start, end, kind) in outer {
        let mut at = *start;
        let first = disjoint.partition_point(|it| it.1 <= *start);
        for (hidden_start, hidden_end, _) in &disjoint[first..] {
            if hidden_start >= end {
                break;
            }
            if at < *hidden_start {
                all.push((at, *hidden_start, *kind));
            }
            at = *hidden_end;
        }
        if at < *end {
            all.push((at, *end, *kind));
        }
    }
    all.sort_unstable();
    all
}

/// Writes tokens relative to the one before (LSP 3.17, `SemanticTokens`).
struct Writer {
    tokens: Vec<SemanticToken>,
    line: u32,
    column: u32,
    encoding: Encoding,
}

impl Writer {
    /// The parts of a block, in order, each line of which is a token.
    fn block(&mut self, text: &str, first_line: u32, parts: &[(u32, u32, u32)]) {
        let mut parts = parts.iter().peekable();
        let (mut at, mut line) = (0usize, first_line);
        for whole in text.split_inclusive(['\n', '\r']) {
            let shown = whole.trim_end_matches(['\n', '\r']);
            let (start, end) = (at, at + shown.len());
            while let Some((from, to, kind)) = parts.peek() {
                let (from, to) = ((*from as usize).max(start), (*to as usize).min(end));
                if from < to {
                    self.token(line, shown, from - start..to - start, *kind);
                }
                let ends_later = parts.peek().is_some_and(|it| it.1 as usize > end);
                if ends_later {
                    break;
                }
                parts.next();
            }
            at += whole.len();
            let is_half = whole.ends_with('\r') && text[at..].starts_with('\n');
            line += u32::from(whole.len() > shown.len() && !is_half);
        }
    }

    fn token(&mut self, line: u32, text: &str, part: std::ops::Range<usize>, kind: u32) {
        let column = short(self.encoding.column(text, part.start));
        let end = short(self.encoding.column(text, part.end));
        let delta_line = line - self.line;
        let delta_start = if delta_line == 0 {
            column - self.column
        } else {
            column
        };
        self.tokens.push(SemanticToken {
            delta_line,
            delta_start,
            length: end - column,
            token_type: kind,
            token_modifiers_bitset: 0,
        });
        (self.line, self.column) = (line, column);
    }
}
