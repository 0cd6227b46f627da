//! A screenplay that knows, of every scene and paragraph, which one it is. Edits carry the tags
//! along; the film that is judged sees only the text.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use storycore_core::fountain::{Block, Element, ElementKind, Script};

/// Which scene, heading line or paragraph something is. A tag is given once.
pub(crate) type Tag = u32;

/// All files of a screenplay.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) files: Vec<FileText>,
}

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct FileText {
    pub(crate) path: String,
    /// What comes before the first heading.
    pub(crate) prelude: String,
    pub(crate) scenes: Vec<SceneText>,
}

/// One scene.
#[derive(Debug, Clone)]
pub(crate) struct SceneText {
    pub(crate) tag: Tag,
    /// Which heading line it has: it stays with the line when a scene is split or merged.
    pub(crate) heading_tag: Tag,
    /// Without the number.
    pub(crate) heading: String,
    pub(crate) number: Option<String>,
    pub(crate) paragraphs: Vec<Paragraph>,
}

/// A paragraph, a line of one that may be a shot of its own, a speech with its cue, or a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paragraph {
    pub(crate) tag: Tag,
    pub(crate) kind: ParagraphKind,
    pub(crate) text: String,
    /// Whether the next one follows on the next line, without an empty one between.
    pub(crate) is_joined: bool,
}

/// What a paragraph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParagraphKind {
    Action,
    Speech,
    /// Notes, transitions, sections: they show nothing themselves.
    Other,
}

/// Gives tags.
#[derive(Debug, Default)]
pub(crate) struct Tags(Tag);

impl Tags {
    pub(crate) fn fresh(&mut self) -> Tag {
        self.0 += 1;
        self.0
    }
}

impl Draft {
    /// Reads a screenplay, and gives everything in it a tag.
    pub(crate) fn read(path: &str, text: &str, tags: &mut Tags) -> Draft {
        let script = Script::parse(text);
        let mut prelude = String::new();
        let mut scenes = Vec::new();
        for block in script.blocks() {
            match &block.heading {
                Some(_) => scenes.push(SceneText::read(block, tags)),
                None => prelude.push_str(&block.text),
            }
        }
        let path = path.to_owned();
        Draft {
            files: vec![FileText {
                path,
                prelude,
                scenes,
            }],
        }
    }

    /// The scenes in the order of the film.
    pub(crate) fn scenes(&self) -> impl Iterator<Item = &SceneText> {
        self.files.iter().flat_map(|it| &it.scenes)
    }

    pub(crate) fn scenes_mut(&mut self) -> impl Iterator<Item = &mut SceneText> {
        self.files.iter_mut().flat_map(|it| &mut it.scenes)
    }

    pub(crate) fn n_scenes(&self) -> usize {
        self.scenes().count()
    }

    pub(crate) fn scene_mut(&mut self, idx: usize) -> Option<&mut SceneText> {
        self.scenes_mut().nth(idx)
    }

    /// Takes a scene out.
    pub(crate) fn remove(&mut self, mut idx: usize) -> Option<SceneText> {
        for file in &mut self.files {
            if idx < file.scenes.len() {
                return Some(file.scenes.remove(idx));
            }
            idx -= file.scenes.len();
        }
        None
    }

    /// Puts a scene before the one that has this place, or at the end.
    pub(crate) fn insert(&mut self, mut idx: usize, scene: SceneText) {
        let last = self.files.len() - 1;
        for (file_idx, file) in self.files.iter_mut().enumerate() {
            if idx <= file.scenes.len() || file_idx == last {
                let at = idx.min(file.scenes.len());
                file.scenes.insert(at, scene);
                return;
            }
            idx -= file.scenes.len();
        }
    }

    /// The names that speak.
    pub(crate) fn speakers(&self) -> BTreeSet<String> {
        let paragraphs = self.scenes().flat_map(|it| &it.paragraphs);
        let cues = paragraphs.filter_map(Paragraph::speaker);
        cues.map(str::to_owned).collect()
    }

    /// Gives some tags to others.
    pub(crate) fn retag(&mut self, tags: &BTreeMap<Tag, Tag>) {
        self.scenes_mut().for_each(|it| it.retag(tags));
    }
}

impl FileText {
    pub(crate) fn text(&self) -> String {
        let scenes: String = self.scenes.iter().map(SceneText::text).collect();
        format!("{}{scenes}", self.prelude)
    }
}

impl SceneText {
    fn read(block: &Block, tags: &mut Tags) -> SceneText {
        let heading = block.heading.as_ref();
        let number = heading.and_then(|it| it.number.clone());
        let line = heading.map_or("", |it| &it.raw);
        let written = number.as_ref().map(|it| format!("#{it}#"));
        let line = written.map_or(line.to_owned(), |it| line.replace(&it, ""));
        let mut scene = SceneText {
            tag: tags.fresh(),
            heading_tag: tags.fresh(),
            heading: line.trim().to_owned(),
            number,
            paragraphs: Vec::new(),
        };
        let mut rest = block.elements.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let n = after.iter().take_while(|it| it.in_speech).count();
            scene.read_element(block, first, &after[..n], tags);
            rest = &after[n..];
        }
        scene
    }

    fn read_element(
        &mut self,
        block: &Block,
        first: &Element,
        spoken: &[Element],
        tags: &mut Tags,
    ) {
        let end = spoken.last().map_or(first.span.end, |it| it.span.end);
        let text = block.text[first.span.start as usize..end as usize].trim_end();
        let kind = match first.kind {
            ElementKind::Heading => return,
            ElementKind::Character(_) => ParagraphKind::Speech,
            ElementKind::Action if text.starts_with("[[") => ParagraphKind::Other,
            ElementKind::Action | ElementKind::Centered => ParagraphKind::Action,
            _ => ParagraphKind::Other,
        };
        let is_list = kind == ParagraphKind::Action && !text.contains("[[");
        let lines: Vec<&str> = match is_list {
            true => text.lines().collect(),
            false => vec![text],
        };
        let n_lines = lines.len();
        for (idx, line) in lines.into_iter().enumerate() {
            self.paragraphs.push(Paragraph {
                tag: tags.fresh(),
                kind,
                text: line.to_owned(),
                is_joined: idx + 1 < n_lines,
            });
        }
    }

    /// Gives some tags to others.
    pub(crate) fn retag(&mut self, tags: &BTreeMap<Tag, Tag>) {
        let turn = |tag: &mut Tag| *tag = *tags.get(tag).unwrap_or(tag);
        turn(&mut self.tag);
        turn(&mut self.heading_tag);
        for paragraph in &mut self.paragraphs {
            turn(&mut paragraph.tag);
        }
    }

    pub(crate) fn text(&self) -> String {
        self.printed().0
    }

    /// The text, and where the heading and each paragraph stand in it.
    pub(crate) fn printed(&self) -> (String, Vec<Range<usize>>) {
        let mut text = self.heading.clone();
        if let Some(number) = &self.number {
            text.push_str(&format!(" #{number}#"));
        }
        let mut spans = Vec::from([Range {
            start: 0,
            end: text.len(),
        }]);
        text.push_str("\n\n");
        for paragraph in &self.paragraphs {
            let start = text.len();
            text.push_str(&paragraph.text);
            spans.push(start..text.len());
            text.push_str(if paragraph.is_joined { "\n" } else { "\n\n" });
        }
        (text, spans)
    }

    /// Every tag in it but its own: the heading's, then the paragraphs'.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Tag, &str)> {
        let heading = (self.heading_tag, self.heading.as_str());
        let paragraphs = self.paragraphs.iter().map(|it| (it.tag, it.text.as_str()));
        std::iter::once(heading).chain(paragraphs)
    }

    pub(crate) fn words(&self) -> Words {
        let mut words = Words::default();
        self.parts().for_each(|(_, text)| words.add(text));
        words
    }

    /// Ends a list where a paragraph was taken from it.
    pub(crate) fn mend(&mut self) {
        let kinds: Vec<ParagraphKind> = self.paragraphs.iter().map(|it| it.kind).collect();
        for (idx, paragraph) in self.paragraphs.iter_mut().enumerate() {
            let is_action = |idx: usize| kinds.get(idx) == Some(&ParagraphKind::Action);
            paragraph.is_joined &= is_action(idx) && is_action(idx + 1);
        }
    }
}

impl Paragraph {
    /// Who speaks, as the cue has it, without what stands in brackets.
    pub(crate) fn speaker(&self) -> Option<&str> {
        let cue = self.text.lines().next()?;
        let name = cue.split(['(', '^']).next().unwrap_or(cue).trim();
        (self.kind == ParagraphKind::Speech).then_some(name)
    }

    /// Its words, without the cue.
    pub(crate) fn said(&self) -> &str {
        match self.kind {
            ParagraphKind::Speech => self.text.split_once('\n').map_or("", |it| it.1),
            ParagraphKind::Action | ParagraphKind::Other => &self.text,
        }
    }
}

/// The words of a text in small letters, and how often each occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words(BTreeMap<String, usize>);

impl Words {
    pub(crate) fn of(text: &str) -> Words {
        let mut words = Words::default();
        words.add(text);
        words
    }

    pub(crate) fn add(&mut self, text: &str) {
        let words = text.split(|it: char| !it.is_alphanumeric());
        for word in words.filter(|it| !it.is_empty()) {
            *self.0.entry(word.to_lowercase()).or_default() += 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// How many words two texts share.
    pub(crate) fn shared(&self, other: &Words) -> usize {
        let both = self.0.iter().map(|(word, n)| (*n).min(other.count(word)));
        both.sum()
    }

    /// How many words two texts share, in thousandths of what both have (Dice, 1945).
    pub(crate) fn common_milli(&self, other: &Words) -> usize {
        2_000 * self.shared(other) / (self.len() + other.len()).max(1)
    }

    fn count(&self, word: &str) -> usize {
        self.0.get(word).copied().unwrap_or(0)
    }
}
