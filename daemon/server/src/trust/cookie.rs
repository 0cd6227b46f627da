//! The cookie of a browser that was let in: signed, so that nothing about it has to be kept.

use super::token::{Token, hex, random};

/// How long a cookie is good for, in milliseconds: thirty days.
const COOKIE_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// What the key is derived for (BLAKE3 key derivation asks for a unique text).
const PURPOSE: &str = "storycore 2026-11 browser cookie";

/// Makes cookies and knows its own again.
pub(super) struct Cookies {
    key: [u8; 32],
}

impl Cookies {
    /// Cookies of a daemon with this token.
    pub(super) fn new(token: &Token) -> Cookies {
        Cookies {
            key: blake3::derive_key(PURPOSE, token.as_str().as_bytes()),
        }
    }

    /// The value of `Set-Cookie`. The port is in the name because browsers share cookies between
    /// the ports of a host, and another daemon may run on another one.
    pub(super) fn bake(&self, port: u16, now_ms: u64) -> String {
        let content = format!("{now_ms}.{}", hex(&random::<16>()));
        let signature = self.sign(&content, port);
        format!(
            "{}={content}.{signature}; Path=/; HttpOnly; SameSite=Strict",
            name(port)
        )
    }

    /// Whether a `Cookie` header holds one of ours that is still good.
    pub(super) fn holds_valid(&self, header: &str, port: u16, now_ms: u64) -> bool {
        let name = name(port);
        header.split(';').any(|cookie| {
            let Some((given, value)) = cookie.trim().split_once('=') else {
                return false;
            };
            given == name && self.is_valid(value, port, now_ms)
        })
    }

    fn is_valid(&self, value: &str, port: u16, now_ms: u64) -> bool {
        let Some((content, signature)) = value.rsplit_once('.') else {
            return false;
        };
        let baked_at_ms: Option<u64> = content.split('.').next().and_then(|it| it.parse().ok());
        let fresh = baked_at_ms.is_some_and(|it| now_ms.saturating_sub(it) < COOKIE_MS_MAX);
        // Compares hashes, which takes the same time whatever was given.
        fresh
            && blake3::hash(signature.as_bytes())
                == blake3::hash(self.sign(content, port).as_bytes())
    }

    fn sign(&self, content: &str, port: u16) -> String {
        let signed = format!("{port}.{content}");
        blake3::keyed_hash(&self.key, signed.as_bytes())
            .to_hex()
            .to_string()
    }
}

fn name(port: u16) -> String {
    format!("storycore_{port}")
}
