//! Pictures that entries of the bible name (`[images]`): where they are, and what is wrong with
//! one. A picture is a file of the film's folder, whatever its path says.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    ops::Range,
    path::{Component, Path, PathBuf},
};

use serde::Deserialize;
use storycore_schema::{
    Limits,
    diagnostic::{Diagnostic, Severity},
};
use toml::Spanned;

use crate::{
    picture,
    read::{self, WithHint as _},
};

/// Pictures that one entry may name, in pictures.
const IMAGES_LEN_MAX: usize = 32;
/// How long the name of a picture may be, in bytes.
const NAME_BYTES_MAX: usize = 40;
/// Bytes at the start of a file that tell what kind of picture it is, in bytes.
const START_BYTES: u64 = 64;
/// Pictures that are proposed where one is named, in files.
const PROPOSED_MAX: usize = 500;
/// How deep folders are looked into for those, in folders.
const DEPTH_MAX: usize = 4;
/// Our own folders, in which changes go unseen.
const OWN_FOLDERS: [&str; 2] = [".storycore", "exports"];
/// How names of pictures end.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];

/// A picture that an entry names, and where its text does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What the entry calls it: `face`.
    pub name: String,
    /// Its file, relative to the film's folder.
    pub path: String,
    /// Where the path stands in the text, with its quotes.
    pub bytes: Range<usize>,
}

/// What is wrong with a picture.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    code: &'static str,
    message: String,
    hint: String,
}

#[derive(Deserialize)]
struct WithImages {
    #[serde(default)]
    images: BTreeMap<String, Spanned<String>>,
}

/// The pictures that the text of an entry names, by their names; none of one that does not read.
pub fn named(text: &str) -> Vec<Named> {
    let read = toml::from_str::<WithImages>(text);
    let images = read.map(|it| it.images).unwrap_or_default();
    let named = images.into_iter().map(|(name, path)| Named {
        name,
        bytes: path.span(),
        path: path.into_inner(),
    });
    named.collect()
}

/// Whether a path stays in the film's folder by what it says.
pub fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|it| matches!(it, Component::Normal(_)))
}

/// What is wrong with the pictures that a text names, as far as can be said without reading them
/// whole. Blocks.
pub fn problems(root: &Path, path: &str, text: &str) -> Vec<Diagnostic> {
    let named = named(text);
    let wrong = named.iter().enumerate().filter_map(|(place, it)| {
        let wrong = check_name(it, place).and_then(|()| glance(root, &it.path));
        Some(wrong.err()?.told(path, text, it))
    });
    wrong.collect()
}

/// A picture's bytes, if it is one, whole, and within the limits; how many are before it in its
/// entry tells whether there are too many. One whose bytes are known already is not looked at again.
/// Blocks.
pub fn bytes_of(
    root: &Path,
    (named, place): (&Named, usize),
    limits: &Limits,
    is_known: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, Wrong> {
    check_name(named, place)?;
    let file = place_of(root, &named.path)?;
    let bytes_max = limits.import_bytes_max;
    let cannot = |error: io::Error| unreadable(&named.path, &error);
    let mut bytes = Vec::new();
    let opened = File::open(&file).map_err(cannot)?;
    opened
        .take(bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > bytes_max {
        let bytes = fs::metadata(&file).map_or(bytes_max + 1, |it| it.len());
        return Err(Wrong {
            code: "tooLarge",
            message: format!("{} has {bytes} bytes, the limit is {bytes_max}", named.path),
            hint: "make it smaller, or raise the limit import_bytes_max".to_owned(),
        });
    }
    if !is_known(&bytes) {
        picture::look(&bytes, &named.path, limits).map_err(|error| Wrong {
            code: "notAPicture",
            message: error.message,
            hint: "put a PNG, JPEG, WebP, GIF, BMP or TIFF in its place".to_owned(),
        })?;
    }
    Ok(bytes)
}

impl Wrong {
    /// As a diagnostic at the path in the entry's text. The entry counts all the same.
    pub fn told(self, path: &str, text: &str, named: &Named) -> Diagnostic {
        let message = format!("the picture `{}`: {}", named.name, self.message);
        let problem = Diagnostic {
            severity: Severity::Warning,
            ..read::file_problem(path, self.code, message).hint(self.hint)
        };
        read::at(problem, text, named.bytes.start)
    }
}

/// Pictures of the film that an entry can name, by their paths, in order; of a film with very many,
/// some. Blocks.
pub fn proposed(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(root, "", DEPTH_MAX, &mut found);
    found.sort();
    found
}

fn collect(root: &Path, folder: &str, depth: usize, found: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(folder))
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_own = folder.is_empty() && OWN_FOLDERS.contains(&&*name);
        if name.starts_with('.') || is_own || found.len() >= PROPOSED_MAX {
            continue;
        }
        let path = match folder {
            "" => name,
            folder => format!("{folder}/{name}"),
        };
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && depth > 0 {
            collect(root, &path, depth - 1, found);
        } else if kind.is_file() && has_ending(&path) {
            found.push(path);
        }
    }
}

fn has_ending(path: &str) -> bool {
    let ending = Path::new(path).extension().unwrap_or_default();
    let ending = ending.to_string_lossy().to_lowercase();
    ENDINGS.contains(&&*ending)
}

fn check_name(named: &Named, place: usize) -> Result<(), Wrong> {
    let name = &named.name;
    let rest = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    let is_name = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|it: char| it.is_ascii_lowercase())
        && name.chars().all(rest);
    if !is_name {
        return Err(Wrong {
            code: "invalidEntry",
            message: format!("`{name}` is no name of a picture"),
            hint: format!(
                "small letters, digits and _, a letter first, at most {NAME_BYTES_MAX}: \
                 `face`, `coat_2`"
            ),
        });
    }
    if place >= IMAGES_LEN_MAX {
        return Err(Wrong {
            code: "invalidEntry",
            message: format!("an entry has at most {IMAGES_LEN_MAX} pictures"),
            hint: "leave the others out".to_owned(),
        });
    }
    Ok(())
}

/// Whether there is a picture, by the start of the file.
fn glance(root: &Path, path: &str) -> Result<(), Wrong> {
    let file = place_of(root, path)?;
    let mut start = Vec::new();
    let opened = File::open(file).map_err(|error| unreadable(path, &error))?;
    let read = opened.take(START_BYTES).read_to_end(&mut start);
    read.map_err(|error| unreadable(path, &error))?;
    if image::guess_format(&start).is_err() {
        return Err(Wrong {
            code: "notAPicture",
            message: format!("`{path}` is no picture that StoryCore knows"),
            hint: "put a PNG, JPEG, WebP, GIF, BMP or TIFF in its place".to_owned(),
        });
    }
    Ok(())
}

/// Where a picture is: a plain file in the film's folder.
fn place_of(root: &Path, path: &str) -> Result<PathBuf, Wrong> {
    let outside = |message: String| Wrong {
        code: "outsideFilm",
        message,
        hint: "put it into the film's folder and write its path from there: assets/NAME.png"
            .to_owned(),
    };
    if !is_inside(path) {
        let message = format!("`{path}` is no path in the film's folder");
        return Err(outside(message));
    }
    if OWN_FOLDERS.iter().any(|it| Path::new(path).starts_with(it)) {
        let message = format!("`{path}` is in a folder that StoryCore itself writes");
        return Err(outside(message));
    }
    let cannot = |error: io::Error| unreadable(path, &error);
    let place = root.join(path).canonicalize().map_err(cannot)?;
    let root = root.canonicalize().map_err(cannot)?;
    if !place.starts_with(&root) {
        let message = format!("`{path}` is a symbolic link that leads out of the film's folder");
        return Err(outside(message));
    }
    // Opening a pipe or a device could wait for ever.
    if !fs::metadata(&place).map_err(cannot)?.is_file() {
        return Err(Wrong {
            code: "notAFile",
            message: format!("`{path}` is no regular file"),
            hint: "put a picture in its place".to_owned(),
        });
    }
    Ok(place)
}

fn unreadable(path: &str, error: &io::Error) -> Wrong {
    let (code, message, hint) = match error.kind() {
        io::ErrorKind::NotFound => (
            "gone",
            format!("there is no file `{path}`"),
            "put it there, or correct the path; what was known of it counts until then",
        ),
        io::ErrorKind::PermissionDenied => (
            "noPermission",
            format!("`{path}` may not be read"),
            "give yourself the right to read it; what was known of it counts until then",
        ),
        _ => (
            "unreadable",
            format!("`{path}` cannot be read: {error}"),
            "check the disk; what was known of it counts until then",
        ),
    };
    Wrong {
        code,
        message,
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, os::unix::fs::symlink};

    use super::*;
    use crate::blobs::Blobs;

    fn png() -> Vec<u8> {
        let mut bytes = io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_pixel(4, 3, image::Rgb([90, 60, 30]));
        picture
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    /// What is wrong with the pictures that a text names, a line each.
    fn told(root: &Path, text: &str, limits: &Limits) -> String {
        let mut told = String::new();
        for it in named(text) {
            let read = bytes_of(root, (&it, 0), limits, |_| false);
            let Err(wrong) = read else { continue };
            let problem = wrong.told("bible/maya.toml", text, &it);
            assert!(problem.hint.is_some());
            let (line, column) = (problem.line.unwrap(), problem.column.unwrap());
            let (code, message) = (&problem.code, &problem.message);
            let _ = writeln!(told, "{line}:{column} {code} {message}");
        }
        told
    }

    #[test]
    fn whatever_a_path_leads_to_is_told_at_its_line() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("film");
        fs::create_dir_all(root.join("assets/folder.png")).unwrap();
        fs::write(temp.path().join("secret.png"), png()).unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(root.join("assets").join(name), bytes);
        put("face.png", &png()).unwrap();
        put("cut.png", &png()[..60]).unwrap();
        put("note.png", b"a note").unwrap();
        put("large.png", &vec![0; 5_000]).unwrap();
        symlink("../../secret.png", root.join("assets/out.png")).unwrap();
        symlink("face.png", root.join("assets/in.png")).unwrap();
        let paths = [
            "assets/face.png",
            "assets/in.png",
            "assets/cut.png",
            "assets/note.png",
            "assets/large.png",
            "assets/none.png",
            "assets/out.png",
            "assets/folder.png",
            "../secret.png",
            "/etc/passwd",
            "exports/a.png",
            "",
        ];
        let mut text = "kind = \"character\"\nname = \"MAYA\"\n\n[images]\n".to_owned();
        for (line, path) in paths.iter().enumerate() {
            text += &format!("p{line:02} = \"{path}\"\n");
        }
        text += "Front-View = \"assets/face.png\"\n";
        let limits = Limits {
            import_bytes_max: 4_096,
            ..Limits::default()
        };
        let told = told(&root, &text, &limits);
        expect_test::expect![[r#"
            17:14 invalidEntry the picture `Front-View`: `Front-View` is no name of a picture
            7:7 notAPicture the picture `p02`: `assets/cut.png` is cut off: its end is missing
            8:7 notAPicture the picture `p03`: `assets/note.png` is text
            9:7 tooLarge the picture `p04`: assets/large.png has 5000 bytes, the limit is 4096
            10:7 gone the picture `p05`: there is no file `assets/none.png`
            11:7 outsideFilm the picture `p06`: `assets/out.png` is a symbolic link that leads out of the film's folder
            12:7 notAFile the picture `p07`: `assets/folder.png` is no regular file
            13:7 outsideFilm the picture `p08`: `../secret.png` is no path in the film's folder
            14:7 outsideFilm the picture `p09`: `/etc/passwd` is no path in the film's folder
            15:7 outsideFilm the picture `p10`: `exports/a.png` is in a folder that StoryCore itself writes
            16:7 outsideFilm the picture `p11`: `` is no path in the film's folder
        "#]].assert_eq(&told);
        // What is typed is looked at, but not read whole.
        let glanced = problems(&root, "bible/maya.toml", &text);
        let lines: Vec<u32> = glanced.iter().filter_map(|it| it.line).collect();
        assert_eq!(lines, [17, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    }

    #[test]
    fn known_bytes_are_not_looked_at_again() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("a.png"), b"what was once a picture").unwrap();
        let text = "[images]\nface = \"a.png\"\n";
        let named = named(text).remove(0);
        assert_eq!(&text[named.bytes.clone()], "\"a.png\"");
        let id = Blobs::id_of(b"what was once a picture");
        let is_known = |it: &[u8]| Blobs::id_of(it) == id;
        let limits = Limits::default();
        assert!(bytes_of(temp.path(), (&named, 0), &limits, is_known).is_ok());
        assert!(bytes_of(temp.path(), (&named, 0), &limits, |_| false).is_err());
    }

    #[test]
    fn only_pictures_are_proposed() {
        let temp = tempfile::tempdir().unwrap();
        for path in [
            "assets/refs/maya.PNG",
            "assets/maya.jpg",
            "assets/notes.txt",
            "exports/panel.png",
            ".storycore/blobs/a.png",
        ] {
            let path = temp.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert_eq!(
            proposed(temp.path()),
            ["assets/maya.jpg", "assets/refs/maya.PNG"]
        );
    }
}
