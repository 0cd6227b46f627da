//! What people do to a screenplay between two saves. Every edit carries the tags along, so that the
//! truth is known without looking at the words.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    draft::{Draft, FileText, ParagraphKind, SceneText, Tag, Tags},
    voice::{Random, Voice},
};

/// A kind of edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    EditHeading,
    RewriteHalf,
    Move,
    Swap,
    RenumberAll,
    InsertNumbered,
    Split,
    Merge,
    RenameCharacter,
    Duplicate,
    Paste,
    NewDraft,
    RenameFile,
    SplitFile,
    Checkout,
    CutAndReturn,
    EditLine,
    InsertOrDelete,
    Reorder,
}

/// Every kind, and what it is called.
pub(crate) const KINDS: [(Kind, &str); 19] = [
    (Kind::EditHeading, "heading edited"),
    (Kind::RewriteHalf, "half of a scene rewritten"),
    (Kind::Move, "scene moved"),
    (Kind::Swap, "scenes swapped"),
    (Kind::RenumberAll, "all renumbered"),
    (Kind::InsertNumbered, "numbered scene put in"),
    (Kind::Split, "scene split"),
    (Kind::Merge, "scenes merged"),
    (Kind::RenameCharacter, "character renamed"),
    (Kind::Duplicate, "scene duplicated"),
    (Kind::Paste, "scene of another script pasted"),
    (Kind::NewDraft, "new draft of the whole file"),
    (Kind::RenameFile, "file renamed"),
    (Kind::SplitFile, "file split in two"),
    (Kind::Checkout, "earlier text checked out"),
    (Kind::CutAndReturn, "scene cut and put back"),
    (Kind::EditLine, "line edited"),
    (Kind::InsertOrDelete, "paragraphs put in or taken out"),
    (Kind::Reorder, "paragraphs reordered"),
];

/// Names that no film has.
const NEW_NAMES: [&str; 12] = [
    "GRETA", "OSKAR", "MILENA", "DUNCAN", "PALOMA", "ITALO", "FREYA", "CASIMIR", "ODETTE",
    "LEOPOLD", "NIAMH", "SVETLANA",
];

/// A scene that was copied since the last save, and its parts: which is a copy of which.
pub(crate) struct Copy {
    pub(crate) original: Tag,
    pub(crate) copy: Tag,
    pub(crate) parts: Vec<(Tag, Tag)>,
}

/// A screenplay on somebody's desk.
pub(crate) struct Desk {
    pub(crate) draft: Draft,
    pub(crate) tags: Tags,
    pub(crate) random: Random,
    pub(crate) voice: Voice,
    /// What was saved before, for a checkout.
    pub(crate) history: Vec<Draft>,
    /// Copies made since the last save.
    pub(crate) copies: Vec<Copy>,
    clipboard: Vec<SceneText>,
    n_scenes_at_first: usize,
    n_names: usize,
    n_files: usize,
}

impl Desk {
    pub(crate) fn new(draft: Draft, tags: Tags, random: Random, voice: Voice) -> Desk {
        Desk {
            n_scenes_at_first: draft.n_scenes(),
            draft,
            tags,
            random,
            voice,
            history: Vec::new(),
            copies: Vec::new(),
            clipboard: Vec::new(),
            n_names: 0,
            n_files: 0,
        }
    }

    /// Makes one edit. Says no when there is nothing to do it to.
    pub(crate) fn edit(&mut self, kind: Kind) -> bool {
        let done = match kind {
            Kind::EditHeading => self.edit_heading(),
            Kind::RewriteHalf => self.rewrite_half(),
            Kind::Move => self.move_scene(),
            Kind::Swap => self.swap(),
            Kind::RenumberAll => self.renumber(),
            Kind::InsertNumbered => self.insert_numbered(),
            Kind::Split => self.split(),
            Kind::Merge => self.merge(),
            Kind::RenameCharacter => self.rename_character(),
            Kind::Duplicate => self.duplicate(),
            Kind::Paste => self.paste(),
            Kind::NewDraft => self.new_draft(),
            Kind::RenameFile => self.rename_file(),
            Kind::SplitFile => self.split_file(),
            Kind::Checkout => self.check_out(),
            Kind::CutAndReturn => self.cut_or_return(),
            Kind::EditLine => self.edit_line(),
            Kind::InsertOrDelete => self.insert_or_delete(),
            Kind::Reorder => self.reorder(),
        };
        self.draft.scenes_mut().for_each(SceneText::mend);
        done.is_some()
    }

    fn any_scene(&mut self) -> usize {
        self.random.below(self.draft.n_scenes())
    }

    fn edit_heading(&mut self) -> Option<()> {
        let idx = self.any_scene();
        let other = self.voice.heading(&mut self.random);
        let is_other_hour = self.random.chance(50);
        let hour = *self
            .random
            .pick(&["DAY", "NIGHT", "DAWN", "LATER", "EVENING"]);
        let scene = self.draft.scene_mut(idx)?;
        let place = scene.heading.rsplit_once(" - ").map(|it| it.0.to_owned());
        scene.heading = match place {
            Some(place) if is_other_hour => format!("{place} - {hour}"),
            _ => other,
        };
        Some(())
    }

    fn rewrite_half(&mut self) -> Option<()> {
        let idx = self.any_scene();
        self.rewrite(idx, 50)
    }

    /// Rewrites a share of a scene: other sentences, other words, lines cut, lines put in.
    fn rewrite(&mut self, idx: usize, percent: usize) -> Option<()> {
        let speakers: Vec<String> = self.draft.speakers().into_iter().collect();
        let Desk {
            draft,
            tags,
            random,
            voice,
            ..
        } = self;
        let scene = draft.scene_mut(idx)?;
        let mut paragraphs = Vec::new();
        for mut paragraph in std::mem::take(&mut scene.paragraphs) {
            let is_kept = paragraph.kind == ParagraphKind::Other || !random.chance(percent);
            match if is_kept { 0 } else { 1 + random.below(100) } {
                0 => paragraphs.push(paragraph),
                1..=35 => {
                    voice.new_sentences(random, &mut paragraph, 70);
                    paragraphs.push(paragraph);
                }
                36..=65 => {
                    voice.new_words(random, &mut paragraph, 50);
                    paragraphs.push(paragraph);
                }
                66..=80 => {}
                _ => paragraphs.push(voice.paragraph(random, &speakers, tags)),
            }
            if random.chance(percent / 8) {
                paragraphs.push(voice.paragraph(random, &speakers, tags));
            }
        }
        if paragraphs.is_empty() {
            paragraphs.push(voice.paragraph(random, &speakers, tags));
        }
        scene.paragraphs = paragraphs;
        Some(())
    }

    fn move_scene(&mut self) -> Option<()> {
        let from = self.any_scene();
        let scene = self.draft.remove(from)?;
        let to = self.random.below(self.draft.n_scenes() + 1);
        self.draft.insert(to, scene);
        Some(())
    }

    fn swap(&mut self) -> Option<()> {
        let (a, b) = (self.any_scene(), self.any_scene());
        let (a, b) = (a.min(b), a.max(b));
        if a == b {
            return None;
        }
        let second = self.draft.remove(b)?;
        let first = self.draft.remove(a)?;
        self.draft.insert(a, second);
        self.draft.insert(b, first);
        Some(())
    }

    /// Numbers all scenes in order, from 1 or from where somebody prefers.
    fn renumber(&mut self) -> Option<()> {
        let first = *self.random.pick(&[1, 1, 2, 10, 101]);
        for (idx, scene) in self.draft.scenes_mut().enumerate() {
            scene.number = Some((first + idx).to_string());
        }
        Some(())
    }

    /// Puts in a scene and numbers all in order, so that each below has its neighbor's number.
    fn insert_numbered(&mut self) -> Option<()> {
        self.paste()?;
        for (idx, scene) in self.draft.scenes_mut().enumerate() {
            scene.number = Some((1 + idx).to_string());
        }
        Some(())
    }

    fn split(&mut self) -> Option<()> {
        let idx = self.any_scene();
        let heading = self.voice.heading(&mut self.random);
        let is_later = self.random.chance(60);
        let scene = self.draft.scene_mut(idx)?;
        if scene.paragraphs.len() < 4 {
            return None;
        }
        let at = 1 + self.random.below(scene.paragraphs.len() - 2);
        let rest = scene.paragraphs.split_off(at);
        let place = scene.heading.rsplit_once(" - ").map(|it| it.0.to_owned());
        let heading = match place {
            Some(place) if is_later => format!("{place} - LATER"),
            _ => heading,
        };
        let part = SceneText {
            tag: self.tags.fresh(),
            heading_tag: self.tags.fresh(),
            heading,
            number: None,
            paragraphs: rest,
        };
        self.draft.insert(idx + 1, part);
        Some(())
    }

    fn merge(&mut self) -> Option<()> {
        if self.draft.n_scenes() * 10 < self.n_scenes_at_first * 6 {
            return None;
        }
        let idx = self.random.below(self.draft.n_scenes() - 1);
        let second = self.draft.remove(idx + 1)?;
        self.draft
            .scene_mut(idx)?
            .paragraphs
            .extend(second.paragraphs);
        Some(())
    }

    fn rename_character(&mut self) -> Option<()> {
        let speakers: Vec<String> = self.draft.speakers().into_iter().collect();
        let speakers: Vec<&String> = speakers.iter().filter(|it| !it.contains(' ')).collect();
        if speakers.is_empty() {
            return None;
        }
        let old = *self.random.pick(&speakers);
        let taken = |it: &str| speakers.iter().any(|name| *name == it);
        let names = NEW_NAMES.iter().cycle().skip(self.n_names);
        let new = *names.take(NEW_NAMES.len()).find(|it| !taken(it))?;
        self.n_names += 1;
        let pairs = [
            (old.clone(), new.to_owned()),
            (title_case(old), title_case(new)),
        ];
        for scene in self.draft.scenes_mut() {
            for (old, new) in &pairs {
                scene.heading = replace_word(&scene.heading, old, new);
                for paragraph in &mut scene.paragraphs {
                    paragraph.text = replace_word(&paragraph.text, old, new);
                }
            }
        }
        Some(())
    }

    /// Copies a scene to right below it, or to anywhere.
    fn duplicate(&mut self) -> Option<()> {
        let idx = self.any_scene();
        let original = self.draft.scenes().nth(idx)?.clone();
        // Of three that read the same and stand together nobody can tell the newest.
        let reads_the_same = |it: &&SceneText| it.text() == original.text();
        if self.draft.scenes().filter(reads_the_same).count() > 1 {
            return None;
        }
        let mut copy = original.clone();
        copy.tag = self.tags.fresh();
        copy.heading_tag = self.tags.fresh();
        let mut parts = vec![(original.heading_tag, copy.heading_tag)];
        for paragraph in &mut copy.paragraphs {
            let tag = self.tags.fresh();
            parts.push((paragraph.tag, tag));
            paragraph.tag = tag;
        }
        let (original, copied) = (original.tag, copy.tag);
        let to = if self.random.chance(50) {
            idx + 1
        } else {
            self.random.below(self.draft.n_scenes() + 1)
        };
        // Right above the original, the first of two that are the same is the original.
        self.draft
            .insert(if to == idx { idx + 1 } else { to }, copy);
        self.copies.push(Copy {
            original,
            copy: copied,
            parts,
        });
        Some(())
    }

    fn paste(&mut self) -> Option<()> {
        let mut scene = self.voice.scenes.pop()?;
        scene.tag = self.tags.fresh();
        scene.heading_tag = self.tags.fresh();
        for paragraph in &mut scene.paragraphs {
            paragraph.tag = self.tags.fresh();
        }
        let to = self.random.below(self.draft.n_scenes() + 1);
        self.draft.insert(to, scene);
        Some(())
    }

    /// Goes through the whole script: leaves scenes, rewrites them more or less, cuts, adds, moves.
    fn new_draft(&mut self) -> Option<()> {
        let mut idx = 0;
        while idx < self.draft.n_scenes() {
            if self.random.chance(8) && self.draft.n_scenes() > self.n_scenes_at_first / 2 {
                self.draft.remove(idx);
                continue;
            }
            let percent = *self.random.pick(&[0, 20, 40, 50, 60, 70, 90]);
            self.rewrite(idx, percent)?;
            if self.random.chance(15) {
                let heading = self.voice.heading(&mut self.random);
                self.draft.scene_mut(idx)?.heading = heading;
            }
            if self.random.chance(5) {
                let scene = self.draft.remove(idx)?;
                let to = self.random.below(self.draft.n_scenes() + 1);
                self.draft.insert(to, scene);
            }
            idx += 1;
        }
        for _ in 0..self.draft.n_scenes() / 12 {
            self.paste()?;
        }
        Some(())
    }

    fn rename_file(&mut self) -> Option<()> {
        let idx = self.random.below(self.draft.files.len());
        self.draft.files[idx].path = self.new_path();
        self.sort_files();
        Some(())
    }

    fn new_path(&mut self) -> String {
        self.n_files += 1;
        let letter = *self.random.pick(&['a', 'f', 'm', 't']);
        format!("script/{letter}{}.fountain", self.n_files)
    }

    fn sort_files(&mut self) {
        self.draft.files.sort_by(|a, b| a.path.cmp(&b.path));
    }

    fn split_file(&mut self) -> Option<()> {
        let idx = self.random.below(self.draft.files.len());
        let n_scenes = self.draft.files[idx].scenes.len();
        if n_scenes < 4 {
            return None;
        }
        let at = 1 + self.random.below(n_scenes - 1);
        let scenes = self.draft.files[idx].scenes.split_off(at);
        let path = self.new_path();
        self.draft.files.push(FileText {
            path,
            prelude: String::new(),
            scenes,
        });
        self.sort_files();
        Some(())
    }

    fn check_out(&mut self) -> Option<()> {
        if self.history.is_empty() {
            return None;
        }
        self.draft = self.random.pick(&self.history).clone();
        self.copies.clear();
        self.clipboard.clear();
        Some(())
    }

    fn cut_or_return(&mut self) -> Option<()> {
        let is_full = self.clipboard.len() > self.n_scenes_at_first / 3;
        if !self.clipboard.is_empty() && (is_full || self.random.chance(50)) {
            let which = self.random.below(self.clipboard.len());
            let scene = self.clipboard.remove(which);
            let to = self.random.below(self.draft.n_scenes() + 1);
            self.draft.insert(to, scene);
        } else {
            let idx = self.any_scene();
            let scene = self.draft.remove(idx)?;
            self.clipboard.push(scene);
        }
        Some(())
    }

    fn edit_line(&mut self) -> Option<()> {
        let idx = self.any_scene();
        let Desk {
            draft,
            random,
            voice,
            ..
        } = self;
        let scene = draft.scene_mut(idx)?;
        let at = random.below(scene.paragraphs.len().max(1));
        let paragraph = scene.paragraphs.get_mut(at)?;
        match random.chance(70) {
            true => voice.new_words(random, paragraph, 20),
            false => voice.new_sentences(random, paragraph, 40),
        }
        Some(())
    }

    fn insert_or_delete(&mut self) -> Option<()> {
        let idx = self.any_scene();
        let speakers: Vec<String> = self.draft.speakers().into_iter().collect();
        let paragraph = self
            .voice
            .paragraph(&mut self.random, &speakers, &mut self.tags);
        let scene = self.draft.scene_mut(idx)?;
        let n = scene.paragraphs.len();
        if n > 2 && self.random.chance(50) {
            scene.paragraphs.remove(self.random.below(n));
        } else {
            scene.paragraphs.insert(self.random.below(n + 1), paragraph);
        }
        Some(())
    }

    fn reorder(&mut self) -> Option<()> {
        let idx = self.any_scene();
        let scene = self.draft.scene_mut(idx)?;
        let n = scene.paragraphs.len();
        if n < 3 {
            return None;
        }
        let paragraph = scene.paragraphs.remove(self.random.below(n));
        scene.paragraphs.insert(self.random.below(n), paragraph);
        Some(())
    }

    /// What counts as the original and what as the copy when both have been edited since: the one
    /// that has more of the words that were saved; at a tie, the one that was there first.
    pub(crate) fn settle_copies(&mut self, words_kept: impl Fn(&Draft, Tag, Tag) -> usize) {
        for copy in std::mem::take(&mut self.copies) {
            let original = words_kept(&self.draft, copy.original, copy.original);
            // The words of the copy are compared with what the original's were.
            let copied = words_kept(&self.draft, copy.copy, copy.original);
            let is_gone = |tag: Tag| self.draft.scenes().all(|it| it.tag != tag);
            if is_gone(copy.copy) || copied <= original && !is_gone(copy.original) {
                continue;
            }
            let mut turned = BTreeMap::new();
            for (a, b) in copy.parts.iter().chain([&(copy.original, copy.copy)]) {
                turned.insert(*a, *b);
                turned.insert(*b, *a);
            }
            self.draft.retag(&turned);
            self.clipboard.iter_mut().for_each(|it| it.retag(&turned));
        }
    }
}

/// Every tag must be there once.
pub(crate) fn tags_are_unique(draft: &Draft) -> bool {
    let mut seen = BTreeSet::new();
    draft
        .scenes()
        .all(|scene| seen.insert(scene.tag) && scene.parts().all(|(tag, _)| seen.insert(tag)))
}

fn title_case(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(String::from).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}

/// Replaces a word where it stands alone.
fn replace_word(text: &str, old: &str, new: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let after = &rest[at + old.len()..];
        let is_inside =
            rest[..at].ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        replaced.push_str(&rest[..at]);
        replaced.push_str(if is_inside { old } else { new });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}
