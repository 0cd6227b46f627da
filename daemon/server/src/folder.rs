//! A film on disk: which files are its sources, and where we keep what is ours.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use storycore_schema::{Error, Limits};

/// The event log, in a film's own folder.
pub(crate) const LOG_FILE: &str = "project.db";
/// The folder of snapshots, beside the log.
pub(crate) const SNAPSHOTS_FOLDER: &str = "snapshots";
/// Where exports go in a film's folder, if nobody says otherwise.
pub(crate) const EXPORTS_FOLDER: &str = "exports";
/// How deep folders below `script` and `bible` are looked into, in folders.
const DEPTH_MAX: usize = 8;

/// The files that make a folder a film's: settings, which a person wrote, and the log. The log of a
/// film that is one file lies deeper, and makes no film of its folder.
pub const FILM_MARKS: [&str; 2] = ["storycore.toml", ".storycore/project.db"];

/// The nearest folder at or above a path that has one of these files.
pub fn film_above<'p>(path: &'p Path, marks: &[&str]) -> Option<&'p Path> {
    let is_film = |dir: &&Path| marks.iter().any(|it| dir.join(it).exists());
    path.ancestors().find(is_film)
}

/// Where a film is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilmFolder {
    /// The folder its sources are in.
    pub root: PathBuf,
    /// The one script, if the film was opened as a single file.
    pub only: Option<String>,
    /// Our own folder: log, blobs, lock.
    pub data: PathBuf,
}

/// What a source file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// `storycore.toml`.
    Settings,
    /// `bible/*.toml`.
    Bible,
    /// `workflows/*.{toml,json,jinja,md}`.
    Workflow,
    /// A Fountain file.
    Script,
}

/// A source file, relative to the film's folder, with `/` between its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// Where it is.
    pub path: String,
}

/// What a film's folders hold.
#[derive(Debug, Default)]
pub struct Listing {
    /// Every source there is, in order.
    pub sources: Vec<Source>,
    /// Folders that could not be listed, and why: what is in them is not known.
    pub closed: Vec<(String, io::Error)>,
}

impl Listing {
    /// Whether a source is known not to be there.
    pub fn is_gone(&self, path: &str) -> bool {
        let hides = |folder: &str| {
            let inside = path.strip_prefix(folder);
            folder.is_empty() || inside.is_some_and(|it| it.starts_with('/'))
        };
        !self.sources.iter().any(|it| it.path == path)
            && !self.closed.iter().any(|(folder, _)| hides(folder))
    }
}

impl FilmFolder {
    /// The film at a path: a folder, or one Fountain file.
    pub fn at(path: &Path) -> Result<FilmFolder, Error> {
        let shown = path.display();
        let root = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::not_found("film", &shown)
                .hint("give a folder with Fountain files in it, or one .fountain file"),
            _ => Error::failed_precondition(format!("{shown} cannot be looked at: {error}"))
                .hint("check who may read it, and where symbolic links lead"),
        })?;
        if root.is_dir() {
            let data = root.join(".storycore");
            let folder = FilmFolder {
                root,
                only: None,
                data,
            };
            return folder.unless_empty();
        }
        let name = root.file_name().map(|it| it.to_string_lossy().into_owned());
        let (Some(name), Some(folder)) = (name, root.parent()) else {
            return Err(Error::not_found("film", shown));
        };
        if !is_fountain(&root) {
            return Err(
                Error::failed_precondition(format!("{shown} is no Fountain file"))
                    .hint("a screenplay's name ends in .fountain; or give the folder it is in"),
            );
        }
        // Two files of one folder may be two films, so each has a place of its own.
        let data = folder.join(".storycore").join("files").join(&name);
        Ok(FilmFolder {
            root: folder.to_owned(),
            only: Some(name),
            data,
        })
    }

    /// Not every folder is a film: we make ours only where there is something of a film already.
    fn unless_empty(self) -> Result<FilmFolder, Error> {
        let listing = self.sources(&Limits::default());
        let nothing = listing.is_ok_and(|it| it.sources.is_empty() && it.closed.is_empty());
        if nothing && !self.data.join(LOG_FILE).exists() {
            let message = format!("there is no Fountain file in {}", self.root.display());
            return Err(Error::failed_precondition(message)
                .hint("give a film's folder; a new film begins with one .fountain file in it"));
        }
        Ok(self)
    }

    /// The path the film was opened with.
    pub fn path(&self) -> PathBuf {
        self.only
            .as_ref()
            .map_or_else(|| self.root.clone(), |name| self.root.join(name))
    }

    /// The title of a film that has no other.
    pub fn title(&self) -> String {
        let path = self.path();
        let name = if self.only.is_some() {
            path.file_stem()
        } else {
            path.file_name()
        };
        name.unwrap_or(OsStr::new("Film"))
            .to_string_lossy()
            .replace(['_', '-'], " ")
    }

    /// Every source of the film while it is open; its log, which is open too, shows that the folder
    /// was neither moved nor put in another's place. Blocks.
    pub fn sources_if_there(&self, limits: &Limits) -> Result<Listing, Error> {
        match fs::metadata(self.data.join(LOG_FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Listing {
                sources: Vec::new(),
                closed: vec![(String::new(), error)],
            }),
            _ => self.sources(limits),
        }
    }

    /// Every source there is now, in order. Blocks.
    pub fn sources(&self, limits: &Limits) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        let sources = &mut listing.sources;
        match &self.only {
            Some(name) => {
                if self.holds(name) {
                    sources.push(Source {
                        kind: SourceKind::Script,
                        path: name.clone(),
                    });
                } else if let Err(error) = fs::metadata(&self.root) {
                    listing.closed.push((String::new(), error));
                }
            }
            None => {
                let settings = "storycore.toml".to_owned();
                if self.holds(&settings) {
                    sources.push(Source {
                        kind: SourceKind::Settings,
                        path: settings,
                    });
                }
                let mut collect = |folder, kind, depth| {
                    self.collect(folder, kind, depth, &mut Vec::new(), &mut listing);
                };
                collect("bible", SourceKind::Bible, DEPTH_MAX);
                collect("workflows", SourceKind::Workflow, DEPTH_MAX);
                collect("script", SourceKind::Script, DEPTH_MAX);
                // The last, so that a film's folder that goes away meanwhile is seen to be gone.
                collect("", SourceKind::Script, 0);
            }
        }
        let max = usize::try_from(limits.project_files_max).unwrap_or(usize::MAX);
        let sources = &mut listing.sources;
        if sources.len() > max {
            let message = format!("{} holds more than {max} source files", self.root.display());
            return Err(Error::resource_exhausted(message)
                .hint("open a smaller folder, or raise the limit project_files_max"));
        }
        sources.sort();
        Ok(listing)
    }

    /// Whether a change at a path can matter to the film.
    pub fn concerns(&self, path: &Path) -> bool {
        let Ok(inside) = path.strip_prefix(&self.root) else {
            return false;
        };
        let mut parts = inside.components().map(std::path::Component::as_os_str);
        let first = parts.next().unwrap_or_default();
        first != OsStr::new(".storycore") && first != OsStr::new("exports")
    }

    /// Whether a script at a path would be one of the film's.
    pub fn holds_script(&self, path: &Path) -> bool {
        let Ok(inside) = path.strip_prefix(&self.root) else {
            return false;
        };
        if let Some(only) = &self.only {
            return inside == Path::new(only);
        }
        let parts: Vec<&OsStr> = inside.iter().collect();
        let is_hidden = parts
            .iter()
            .any(|it| it.as_encoded_bytes().starts_with(b"."));
        let is_listed = match parts.as_slice() {
            [_] => true,
            [folder, .., _] => *folder == OsStr::new("script") && parts.len() <= DEPTH_MAX + 2,
            [] => false,
        };
        is_fountain(path) && is_listed && !is_hidden
    }

    /// What kind of source a file at a path would be of the film.
    pub fn kind_of(&self, path: &Path) -> Option<SourceKind> {
        if self.holds_script(path) {
            return Some(SourceKind::Script);
        }
        let inside = path.strip_prefix(&self.root).ok()?;
        if self.only.is_some() {
            return None;
        }
        let parts: Vec<&OsStr> = inside.iter().collect();
        if let [folder, .., _] = parts.as_slice()
            && *folder == OsStr::new("workflows")
        {
            let is_one = has_form(path, SourceKind::Workflow) && parts.len() <= DEPTH_MAX + 2;
            return is_one.then_some(SourceKind::Workflow);
        }
        if !has_form(path, SourceKind::Bible) {
            return None;
        }
        match parts.as_slice() {
            [name] if *name == OsStr::new("storycore.toml") => Some(SourceKind::Settings),
            [folder, .., _] if *folder == OsStr::new("bible") && parts.len() <= DEPTH_MAX + 2 => {
                Some(SourceKind::Bible)
            }
            _ => None,
        }
    }

    /// Whether a file is there. One that cannot be looked at is: reading it says why.
    fn holds(&self, name: &str) -> bool {
        let found = fs::metadata(self.root.join(name));
        found.map_or_else(|error| error.kind() != io::ErrorKind::NotFound, |_| true)
    }

    fn collect(
        &self,
        folder: &str,
        kind: SourceKind,
        depth: usize,
        above: &mut Vec<(u64, u64)>,
        listing: &mut Listing,
    ) {
        let place = self.root.join(folder);
        let listed = fs::metadata(&place).and_then(|it| Ok((it, fs::read_dir(&place)?)));
        let (metadata, entries) = match listed {
            Ok(listed) => listed,
            // A film need not have a bible; but without its own folder nothing is known of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.is_empty() => return,
            Err(error) => return listing.closed.push((folder.to_owned(), error)),
        };
        // A symbolic link to a folder above would show every script again and again.
        let identity = (metadata.dev(), metadata.ino());
        if above.contains(&identity) {
            return;
        }
        above.push(identity);
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            if name.starts_with('.') {
                continue;
            }
            let is_folder = entry.path().is_dir();
            if is_folder && depth > 0 {
                self.collect(&path, kind, depth - 1, above, listing);
            } else if !is_folder && has_form(&entry.path(), kind) {
                listing.sources.push(Source { kind, path });
            }
        }
        above.pop();
    }
}

fn has_form(path: &Path, kind: SourceKind) -> bool {
    match kind {
        SourceKind::Script => is_fountain(path),
        SourceKind::Bible | SourceKind::Settings => extension(path) == "toml",
        SourceKind::Workflow => {
            matches!(extension(path).as_str(), "toml" | "json" | "jinja" | "md")
        }
    }
}

fn is_fountain(path: &Path) -> bool {
    matches!(extension(path).as_str(), "fountain" | "spmd")
}

fn extension(path: &Path) -> String {
    path.extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase()
}
