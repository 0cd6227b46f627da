//! Keys of providers: read from the environment or a file that only its owner reads, never printed.

use std::{fmt, fs, path::Path, sync::Arc};

use crate::error::{Error, ErrorKind};

/// No provider's key is longer, in bytes.
const KEY_BYTES_MAX: usize = 4096;

/// A key. It has no `Display` and does not serialize; `{:?}` prints stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// A key as it is, without blanks around it.
    ///
    /// # Errors
    /// `auth` if it is empty, very long, or has characters that no key has.
    pub fn new(key: &str) -> Result<Secret, Error> {
        let key = key.trim();
        let is_key = !key.is_empty()
            && key.len() <= KEY_BYTES_MAX
            && key.bytes().all(|it| it.is_ascii_graphic());
        if is_key {
            return Ok(Secret(key.into()));
        }
        Err(Error::new(
            ErrorKind::Auth,
            "a key is 1 to 4,096 printable characters without blanks",
        ))
    }

    /// The key that an environment variable holds.
    ///
    /// # Errors
    /// `auth` if it is not set or holds no key.
    pub fn from_env(variable: &str) -> Result<Secret, Error> {
        let value = std::env::var(variable).map_err(|_| {
            Error::new(ErrorKind::Auth, format!("{variable} is not set"))
                .hint("put the key there, or name a file that holds it")
        })?;
        Secret::new(&value).map_err(|error| error.of(variable))
    }

    /// The key that a file holds. Blocks.
    ///
    /// # Errors
    /// `auth` if it cannot be read, holds no key, or others than its owner may read it.
    pub fn from_file(path: &Path) -> Result<Secret, Error> {
        let shown = path.display();
        let failed = |cause| Error::new(ErrorKind::Auth, format!("cannot read {shown}: {cause}"));
        let size = fs::metadata(path).map_err(failed)?.len();
        if size > KEY_BYTES_MAX as u64 {
            return Err(Error::new(
                ErrorKind::Auth,
                format!("{shown} is larger than any key"),
            ));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        refuse_open_file(path)?;
        Secret::new(&text).map_err(|error| error.of(&shown.to_string()))
    }

    /// The key itself, for the header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(unix)]
fn refuse_open_file(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let shown = path.display();
    let mode = fs::metadata(path).map_or(0, |it| it.permissions().mode());
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Auth,
        format!("others may read {shown}: its mode is {:o}", mode & 0o777),
    )
    .hint(format!("chmod 600 {shown}")))
}

#[cfg(not(unix))]
fn refuse_open_file(_: &Path) -> Result<(), Error> {
    Ok(())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_prints() {
        let secret = Secret::new(" sk-1234 \n").unwrap();
        assert_eq!(secret.expose(), "sk-1234");
        assert_eq!(
            format!("{secret:?} {:?}", Some(&secret)),
            "Secret(***) Some(Secret(***))"
        );
        for bad in ["", " ", "two words", "ключ", "a\r\nx-other: 1"] {
            let error = Secret::new(bad).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Auth, "{bad:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(Secret::from_file(&path).is_err());
        fs::write(&path, "sk-1234\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = Secret::from_file(&path).unwrap_err();
        assert!(error.message.contains("mode is 644"), "{error}");
        assert!(!format!("{error:?}").contains("sk-1234"));
        assert_eq!(error.hint.unwrap(), format!("chmod 600 {}", path.display()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Secret::from_file(&path).unwrap().expose(), "sk-1234");
        fs::write(&path, vec![b'x'; 5000]).unwrap();
        assert!(Secret::from_file(&path).is_err());
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let error = Secret::from_env("STORYCORE_NO_SUCH_KEY").unwrap_err();
        assert_eq!(error.message, "STORYCORE_NO_SUCH_KEY is not set");
    }
}
