//! Where the bucket is, and who may use it.

use std::{fmt, net::IpAddr, time::Duration};

use reqwest::Url;
use rusty_s3::{Bucket, UrlStyle};

use crate::{breaker::RestOptions, error::Error};

/// No key is longer, in bytes.
const KEY_BYTES_MAX: usize = 1_024;
/// A prefix with a key after it must stay below the 1,024 bytes of S3's longest name.
const PREFIX_BYTES_MAX: usize = 512;

/// A bucket that several machines may share.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// Where the server is, such as `https://s3.eu-central-1.amazonaws.com`. Plain `http` is for
    /// this machine only.
    pub endpoint: String,
    /// The bucket's name. It must be there already.
    pub bucket: String,
    /// The region that requests are signed for, such as `us-east-1`.
    pub region: String,
    /// What stands before the names of all objects; may be empty.
    pub prefix: String,
    /// Who we are.
    pub credentials: Credentials,
    /// How long to wait.
    pub timeouts: S3Timeouts,
    /// When to leave a server alone that fails.
    pub rest: RestOptions,
}

/// How long to wait for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct S3Timeouts {
    /// Until it answers at all.
    pub answer: Duration,
    /// Until an object is there or gone.
    pub total: Duration,
}

impl S3Timeouts {
    /// Two seconds until it answers, twenty in all.
    pub const USUAL: S3Timeouts = S3Timeouts {
        answer: Duration::from_secs(2),
        total: Duration::from_secs(20),
    };
}

/// Who we are to the server. It has no `Display`; `{:?}` prints stars.
#[derive(Clone)]
pub struct Credentials(rusty_s3::Credentials);

impl Credentials {
    /// An access key and its secret key.
    ///
    /// # Errors
    /// If one is empty, very long, or has characters that none has.
    pub fn new(access_key: &str, secret_key: &str) -> Result<Credentials, Error> {
        let keys = [("access", access_key.trim()), ("secret", secret_key.trim())];
        for (what, key) in keys {
            let is_key = (1..=KEY_BYTES_MAX).contains(&key.len())
                && key.bytes().all(|it| it.is_ascii_graphic());
            if !is_key {
                return Err(Error::new(format!(
                    "the {what} key is not 1 to {KEY_BYTES_MAX} printable characters without blanks"
                )));
            }
        }
        Ok(Credentials(rusty_s3::Credentials::new(
            keys[0].1, keys[1].1,
        )))
    }

    /// The keys that two environment variables hold.
    ///
    /// # Errors
    /// If one is not set or holds no key.
    pub fn from_env(access_key: &str, secret_key: &str) -> Result<Credentials, Error> {
        let read = |variable: &str| {
            std::env::var(variable).map_err(|_| {
                Error::new(format!("the environment variable {variable} is not set"))
                    .hint("set it to the key of the bucket, then start the daemon again")
            })
        };
        let named = |error: Error| {
            let message = format!("{access_key} and {secret_key}: {}", error.message);
            Error::new(message)
        };
        Credentials::new(&read(access_key)?, &read(secret_key)?).map_err(named)
    }

    pub(super) fn expose(&self) -> &rusty_s3::Credentials {
        &self.0
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// A bucket whose options make sense.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) bucket: Bucket,
    pub(super) is_plain: bool,
    pub(super) is_local: bool,
}

impl S3Options {
    /// Whether they make sense, without asking the server.
    ///
    /// # Errors
    /// What does not, and what would.
    pub fn check(&self) -> Result<(), Error> {
        self.place().map(|_| ())
    }

    pub(super) fn place(&self) -> Result<Place, Error> {
        let endpoint = &self.endpoint;
        let example = "give one such as https://s3.eu-central-1.amazonaws.com";
        let unusable = |why: &str| {
            // What a person took for an address may hold a password.
            Error::new(format!("the endpoint of the bucket {why}")).hint(example)
        };
        let url: Url = endpoint.parse().map_err(|_| unusable("is no address"))?;
        let has_more = url.query().is_some() || url.fragment().is_some();
        if !url.username().is_empty() || url.password().is_some() || has_more {
            return Err(unusable(
                "has more than a scheme, a host, a port and a path",
            ));
        }
        let host = url.host_str().unwrap_or_default();
        let is_local = is_loopback(host);
        let is_plain = url.scheme() == "http";
        match url.scheme() {
            "https" => {}
            "http" if is_local => {}
            "http" => {
                let why = format!("is http://{host}: what is sent there can be read on the way");
                return Err(unusable(&why).hint("use https; plain http is for this machine only"));
            }
            _ => return Err(unusable("is neither http nor https")),
        }
        let is_name = |it: &str| {
            !it.is_empty()
                && it.len() <= 63
                && it
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || b"-._".contains(&it))
        };
        if !is_name(&self.bucket) || !is_name(&self.region) {
            return Err(Error::new(format!(
                "{:?} in {:?} is no bucket in a region",
                self.bucket, self.region
            ))
            .hint("names have up to 63 letters, digits, hyphens, dots and underscores"));
        }
        if self.prefix.len() > PREFIX_BYTES_MAX || self.prefix.contains(char::is_control) {
            return Err(Error::new(format!(
                "the prefix has more than {PREFIX_BYTES_MAX} bytes or control characters"
            )));
        }
        let (bucket, region) = (self.bucket.clone(), self.region.clone());
        let bucket = Bucket::new(url, UrlStyle::Path, bucket, region)
            .map_err(|error| unusable(&format!("cannot be used: {error}")))?;
        Ok(Place {
            bucket,
            is_plain,
            is_local,
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = address.parse().ok();
    host == "localhost" || address.is_some_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(endpoint: &str) -> S3Options {
        S3Options {
            endpoint: endpoint.into(),
            bucket: "films".into(),
            region: "us-east-1".into(),
            prefix: String::new(),
            credentials: Credentials::new("maya", "seaside").unwrap(),
            timeouts: S3Timeouts::USUAL,
            rest: RestOptions::USUAL,
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in [
            "https://s3.example.com",
            "http://127.0.0.1:9000",
            "http://[::1]:9000/",
            "http://localhost:1",
        ] {
            options(good).check().unwrap();
        }
        for bad in [
            "http://s3.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "ftp://localhost",
            "https://maya:seaside@s3.example.com",
            "https://s3.example.com/?x=1",
            "s3.example.com",
            "",
        ] {
            let error = options(bad).check().unwrap_err();
            assert!(error.hint.is_some(), "{bad}");
            assert!(!error.message.contains("seaside"), "{error}");
        }
    }

    #[test]
    fn names_are_checked() {
        let mut wrong = options("https://s3.example.com");
        wrong.bucket = "a/b".into();
        assert!(wrong.check().unwrap_err().message.contains("a/b"));
        wrong.bucket = "films".into();
        wrong.prefix = "x".repeat(PREFIX_BYTES_MAX + 1);
        assert!(wrong.check().is_err());
    }

    #[test]
    fn credentials_never_print() {
        let printed = format!("{:?}", options("https://s3.example.com"));
        assert!(
            !printed.contains("seaside") && !printed.contains("maya"),
            "{printed}"
        );
        assert!(Credentials::new("maya", "two words").is_err());
        let error = Credentials::from_env("STORYCORE_NO_SUCH_KEY", "PATH").unwrap_err();
        assert!(
            error.message.contains("STORYCORE_NO_SUCH_KEY is not set"),
            "{error}"
        );
    }
}
