//! Addresses in a script that can be followed, and pictures that the bible names.

use tower_lsp_server::ls_types::{DocumentLink, Uri};

use super::{
    document::Document,
    place::{Encoding, range_of},
    toml,
};
use crate::folder::SourceKind;

/// Every web address of a script, and every picture that an entry of the bible names.
pub(super) fn of(document: &Document, encoding: Encoding) -> Vec<DocumentLink> {
    if document.kind != SourceKind::Script {
        return toml::links(document, encoding);
    }
    let script = &document.script;
    let mut links = Vec::new();
    let mut start = 0;
    for block in script.blocks() {
        for (at, _) in block.text.match_indices("://") {
            let before = &block.text[..at];
            let scheme = before.len()
                - before
                    .trim_end_matches(|it: char| it.is_ascii_alphabetic())
                    .len();
            if !matches!(&before[at - scheme..], "http" | "https") {
                continue;
            }
            let ends = |it: char| it.is_whitespace() || matches!(it, '"' | '<' | '>' | ']' | '`');
            let rest = &block.text[at..];
            let len = rest.find(ends).unwrap_or(rest.len());
            // What ends a sentence is no part of it.
            let len = rest[..len]
                .trim_end_matches(['.', ',', ';', ')', '!', '?'])
                .len();
            let address = at - scheme..at + len;
            let Ok(target) = block.text[address.clone()].parse::<Uri>() else {
                continue;
            };
            let in_script = start + address.start..start + address.end;
            links.push(DocumentLink {
                range: range_of(script, in_script, encoding),
                target: Some(target),
                tooltip: None,
                data: None,
            });
        }
        start += block.text.len();
    }
    links
}
