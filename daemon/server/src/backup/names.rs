//! Names in a backup: which there may be, and where they lead. Nothing leads out of the folder.

use std::path::{Component, Path, PathBuf};

use super::{BLOBS, FILM, LOG};

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 4_096;
/// The longest part of a name, in bytes, as file systems have it.
const PART_BYTES_MAX: usize = 255;

/// Where an entry's bytes go, below the film's folder and, for what is ours, below our own in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One of the film's own files.
    Film(PathBuf),
    /// The log.
    Log,
    /// A text or a picture: the folder and the file that its hash comes to.
    Blob(PathBuf),
}

/// The place of a name, or in a few words why it has none.
pub(super) fn place(name: &str) -> Result<Place, &'static str> {
    check(name)?;
    if name == LOG {
        return Ok(Place::Log);
    }
    if let Some(blob) = name.strip_prefix(BLOBS) {
        let is_hex = |it: &str| it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        return match blob.split_once('/') {
            Some((folder, file))
                if folder.len() == 2 && file.len() == 62 && is_hex(folder) && is_hex(file) =>
            {
                Ok(Place::Blob(PathBuf::from(blob)))
            }
            _ => Err("it is no name of a blob"),
        };
    }
    let Some(file) = name.strip_prefix(FILM) else {
        return Err("backups have no such place");
    };
    if file.split('/').any(|part| part.starts_with('.')) {
        return Err("hidden files are not part of a film");
    }
    Ok(Place::Film(PathBuf::from(file)))
}

fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err("it is empty or too long");
    }
    if name.contains('\\') || name.chars().any(char::is_control) {
        return Err("it holds a backslash or a control character");
    }
    let is_plain = |part: &str| !part.is_empty() && part.len() <= PART_BYTES_MAX;
    if !name.split('/').all(is_plain) {
        return Err("a part of it is empty or too long");
    }
    let mut parts = Path::new(name).components();
    if !parts.all(|part| matches!(part, Component::Normal(_)))
        || name.split('/').any(|it| it == ".")
    {
        return Err("it leads out of the folder");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_where_they_should_and_nowhere_else() {
        let film = |path: &str| Ok(Place::Film(PathBuf::from(path)));
        assert_eq!(
            place("film/script/a b.fountain"),
            film("script/a b.fountain")
        );
        assert_eq!(place("film/Éloïse.fountain"), film("Éloïse.fountain"));
        assert_eq!(place("log/project.db"), Ok(Place::Log));
        let blob = format!("ab/{}", "0".repeat(62));
        assert_eq!(
            place(&format!("blobs/{blob}")),
            Ok(Place::Blob(PathBuf::from(&blob)))
        );
        for name in [
            "",
            "/etc/passwd",
            "film//etc/passwd",
            "film/../../x",
            "../film/x",
            "film/..",
            "film/",
            "film/./x",
            "film/a\\..\\b",
            "C:/x",
            "film/a\0b",
            "film/a\nb",
            "film/.storycore/lock",
            "film/script/.hidden",
            "blobs/ab/cd",
            "blobs/AB/x",
            "log/other.db",
            "x",
            "film",
            "blobs/../log/project.db",
        ] {
            assert!(place(name).is_err(), "{name:?}");
        }
        assert!(place(&format!("film/{}", "x".repeat(256))).is_err());
        assert!(place(&format!("blobs/ab/{}", "G".repeat(62))).is_err());
    }
}
