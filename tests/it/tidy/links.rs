//! Links in Markdown lead somewhere: to a file of the repository, and to a heading in it.

use std::collections::BTreeMap;

use crate::repository::{expect_none, files, files_with, text};

#[test]
fn links_lead_somewhere() {
    let mut found = Vec::new();
    for path in files_with(&[".md"]) {
        for (line, target) in links(&text(path)) {
            if let Err(why) = follow(path, &target) {
                found.push(format!("{path}:{line}: `{target}`: {why}"));
            }
        }
    }
    expect_none(&found, "correct the link, or take it away");
}

/// Links and pictures with their lines, in a text without its code.
fn links(markdown: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (line, content) in prose(markdown) {
        for piece in content.split("](").skip(1) {
            if let Some((target, _)) = piece.split_once(')') {
                links.push((line, target.to_owned()));
            }
        }
        for attribute in ["href=\"", "src=\"", "srcset=\""] {
            for piece in content.split(attribute).skip(1) {
                let target = piece.split('"').next().unwrap_or_default();
                links.push((line, target.to_owned()));
            }
        }
        let definition = content.trim_start().strip_prefix('[');
        if let Some((_, target)) = definition.and_then(|it| it.split_once("]: ")) {
            links.push((line, target.trim().to_owned()));
        }
    }
    links
}

/// The lines of a text, without fenced code and with inline code emptied.
fn prose(markdown: &str) -> Vec<(usize, String)> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for (idx, line) in markdown.lines().enumerate() {
        let start = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|it| start.starts_with(it));
        match (fence, marker) {
            (None, Some(_)) => fence = marker,
            (Some(open), Some(close)) if open == close => fence = None,
            (None, None) => lines.push((idx + 1, without_code(line))),
            (Some(_), _) => {}
        }
    }
    lines
}

fn without_code(line: &str) -> String {
    if line.matches('`').count() % 2 == 1 {
        return line.to_owned();
    }
    line.split('`').step_by(2).collect()
}

fn follow(from: &str, target: &str) -> Result<(), String> {
    let target = target.trim_matches(['<', '>']);
    let target = target.split(" \"").next().unwrap_or(target).trim();
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = target
        .split_once('#')
        .map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = resolve(from, path)?;
    let is_folder = || files().iter().any(|it| it.starts_with(&format!("{file}/")));
    if !files().contains(&file) && !is_folder() {
        return Err(format!("there is no {file}"));
    }
    match anchor.filter(|_| file.ends_with(".md")) {
        Some(anchor) if !anchors(&text(&file)).contains(&anchor.to_owned()) => {
            Err(format!("{file} has no heading #{anchor}"))
        }
        _ => Ok(()),
    }
}

/// The path from the root that a relative path in a file means.
fn resolve(from: &str, path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok(from.to_owned());
    }
    if path.starts_with('/') {
        return Err("a link to a file is relative".to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." if parts.pop().is_none() => return Err("it leaves the repository".to_owned()),
            ".." => {}
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The anchors of a file as the usual hosts make them from its headings, and those set by hand.
fn anchors(markdown: &str) -> Vec<String> {
    let mut anchors = Vec::new();
    let mut n_seen: BTreeMap<String, usize> = BTreeMap::new();
    let is_prose: Vec<usize> = prose(markdown).iter().map(|it| it.0).collect();
    for (idx, line) in markdown.lines().enumerate() {
        for attribute in ["id=\"", "name=\""] {
            let pieces = line.split(attribute).skip(1);
            anchors.extend(
                pieces
                    .filter_map(|it| it.split('"').next())
                    .map(str::to_owned),
            );
        }
        let heading = line.trim_start_matches('#');
        let n_signs = line.len() - heading.len();
        if !(1..=6).contains(&n_signs)
            || !heading.starts_with(' ')
            || !is_prose.contains(&(idx + 1))
        {
            continue;
        }
        let slug = slug(heading.trim());
        let n = n_seen.entry(slug.clone()).or_insert(0);
        anchors.push(if *n == 0 { slug } else { format!("{slug}-{n}") });
        *n += 1;
    }
    anchors
}

fn slug(heading: &str) -> String {
    // Of a link, only its words count.
    let mut shown = String::new();
    let mut rest = heading;
    while let Some((before, after)) = rest.split_once("](") {
        shown.push_str(before);
        rest = after.split_once(')').map_or("", |it| it.1);
    }
    shown.push_str(rest);
    let kept = |it: &char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_');
    let lower = shown.to_lowercase();
    lower
        .chars()
        .filter(kept)
        .map(|it| if it == ' ' { '-' } else { it })
        .collect()
}

#[test]
fn links_are_read_as_the_usual_hosts_read_them() {
    let text = "[a](b.md#c) `[no](x)` ![p](q.png)\n```\n[no](y)\n```\n[z]: <w.md>\n";
    let links: Vec<String> = links(text).into_iter().map(|it| it.1).collect();
    assert_eq!(links, ["b.md#c", "q.png", "<w.md>"]);
    assert_eq!(
        anchors("# `shot/get` & co\n## A b\n## A b\n```\n# no\n```\n<a id=\"here\"></a>\n"),
        ["shotget--co", "a-b", "a-b-1", "here"]
    );
    assert_eq!(
        resolve("tests/a/README.md", "../b.md"),
        Ok("tests/b.md".to_owned())
    );
    assert!(resolve("README.md", "../x").is_err());
}
