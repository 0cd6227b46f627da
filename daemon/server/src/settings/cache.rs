//! `[cache]` and `[cache.s3]` in `daemon.toml`: where what was made once is kept, and how much of
//! it.

use std::path::PathBuf;

use storycore_schema::Error;
use toml::{Spanned, de::DeValue};

use super::SettingsFile;

/// The cache of the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// The most bytes in memory.
    pub memory_bytes_max: u64,
    /// The most bytes on disk; with 0, nothing is kept there.
    pub disk_bytes_max: u64,
    /// The folder; where nothing is said, one among the daemon's own.
    pub folder: Option<PathBuf>,
    /// The bucket, if there is one.
    pub s3: Option<S3Settings>,
}

impl Default for CacheSettings {
    fn default() -> CacheSettings {
        CacheSettings {
            memory_bytes_max: 32 << 20,
            disk_bytes_max: 1 << 30,
            folder: None,
            s3: None,
        }
    }
}

/// A bucket that several machines may share. Keys stand in the environment and not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// Where the server is.
    pub endpoint: String,
    /// The bucket's name.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The environment variable that holds the access key.
    pub access_key_env: String,
    /// The environment variable that holds the secret key.
    pub secret_key_env: String,
    /// What stands before the names of all objects.
    pub prefix: String,
}

const KEYS: [&str; 4] = ["memory_bytes_max", "disk_bytes_max", "folder", "s3"];
const S3_KEYS: [&str; 6] = [
    "endpoint",
    "bucket",
    "region",
    "access_key_env",
    "secret_key_env",
    "prefix",
];
/// What servers of one's own take, and Amazon's oldest.
const REGION_USUAL: &str = "us-east-1";

/// The cache of the file.
pub(super) fn cache(
    file: &SettingsFile<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<CacheSettings, Error> {
    let Some(table) = value.get_ref().as_table() else {
        return Err(file.error(value.span().start, "`cache` must be a table: [cache]"));
    };
    let mut cache = CacheSettings::default();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match name {
            "memory_bytes_max" => cache.memory_bytes_max = file.integer(name, value)?,
            "disk_bytes_max" => cache.disk_bytes_max = file.integer(name, value)?,
            "folder" => cache.folder = Some(folder(file, value)?),
            "s3" => cache.s3 = Some(s3(file, value)?),
            _ => return Err(file.unknown(key, "setting", name, &KEYS)),
        }
    }
    Ok(cache)
}

fn folder(file: &SettingsFile<'_>, value: &Spanned<DeValue<'_>>) -> Result<PathBuf, Error> {
    let folder = PathBuf::from(text(file, "folder", value)?);
    if folder.is_absolute() {
        return Ok(folder);
    }
    let message = "`folder` must be a whole path, such as \"/var/cache/storycore\"";
    Err(file.error(value.span().start, message))
}

fn s3(file: &SettingsFile<'_>, value: &Spanned<DeValue<'_>>) -> Result<S3Settings, Error> {
    let at = value.span().start;
    let Some(table) = value.get_ref().as_table() else {
        return Err(file.error(at, "`s3` must be a table: [cache.s3]"));
    };
    let mut texts = S3_KEYS.map(|_| None);
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let Some(place) = S3_KEYS.iter().position(|it| *it == name) else {
            return Err(file.unknown(key, "setting", name, &S3_KEYS));
        };
        texts[place] = Some(text(file, name, value)?);
    }
    let missing = |name: &str| {
        file.error(at, &format!("[cache.s3] needs `{name}`"))
            .hint("it needs endpoint, bucket, access_key_env and secret_key_env")
    };
    let [
        endpoint,
        bucket,
        region,
        access_key_env,
        secret_key_env,
        prefix,
    ] = texts;
    Ok(S3Settings {
        endpoint: endpoint.ok_or_else(|| missing("endpoint"))?,
        bucket: bucket.ok_or_else(|| missing("bucket"))?,
        region: region.unwrap_or_else(|| REGION_USUAL.to_owned()),
        access_key_env: access_key_env.ok_or_else(|| missing("access_key_env"))?,
        secret_key_env: secret_key_env.ok_or_else(|| missing("secret_key_env"))?,
        prefix: prefix.unwrap_or_default(),
    })
}

fn text(
    file: &SettingsFile<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<String, Error> {
    let text = value.get_ref().as_str().map(str::trim);
    let text = text.filter(|it| !it.is_empty());
    text.map(ToOwned::to_owned).ok_or_else(|| {
        let message = format!("`{name}` must be a text in quotes");
        file.error(value.span().start, &message)
    })
}

#[cfg(test)]
mod tests {
    use super::{super::DaemonSettings, *};

    fn read(text: &str) -> Result<CacheSettings, Error> {
        let mut settings = DaemonSettings::default();
        settings.apply_file("daemon.toml", text)?;
        Ok(settings.cache)
    }

    #[test]
    fn a_cache_is_read() {
        assert_eq!(read("").unwrap(), CacheSettings::default());
        let text = "[cache]\nmemory_bytes_max = 1_000\ndisk_bytes_max = 0\nfolder = \"/fast\"\n\
                    [cache.s3]\nendpoint = \"https://s3.example\"\nbucket = \"films\"\n\
                    access_key_env = \"A\"\nsecret_key_env = \"B\"\n";
        let cache = read(text).unwrap();
        assert_eq!((cache.memory_bytes_max, cache.disk_bytes_max), (1_000, 0));
        assert_eq!(cache.folder.unwrap(), PathBuf::from("/fast"));
        let s3 = cache.s3.unwrap();
        assert_eq!((s3.region.as_str(), s3.prefix.as_str()), (REGION_USUAL, ""));
    }

    #[test]
    fn errors_name_the_place() {
        let cases = [
            (
                "cache = 1",
                "daemon.toml:1:9: `cache` must be a table: [cache]",
            ),
            (
                "[cache]\nfolder = \"x\"",
                "daemon.toml:2:10: `folder` must be a whole path",
            ),
            (
                "[cache]\nmemory_bytes_max = -1",
                "daemon.toml:2:20: `memory_bytes_max` must be",
            ),
            (
                "[cache]\nsize = 1",
                "daemon.toml:2:1: unknown setting `size`",
            ),
            (
                "[cache.s3]\nbucket = \"films\"",
                "[cache.s3] needs `endpoint`",
            ),
            (
                "[cache.s3]\nsecret_key = \"x\"",
                "daemon.toml:2:1: unknown setting `secret_key`",
            ),
            (
                "[cache.s3]\nprefix = 7",
                "daemon.toml:2:10: `prefix` must be a text in quotes",
            ),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(expected), "{text}: {error}");
            assert!(error.hint.is_some(), "{text}");
        }
    }
}
