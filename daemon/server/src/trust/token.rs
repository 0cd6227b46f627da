//! Secrets: drawn from the system, compared in constant time.

use std::fmt;

use rustix::rand::{GetRandomFlags, getrandom};

/// 256 bits nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    text: String,
    hash: blake3::Hash,
}

impl Token {
    /// Draws one from the system's random numbers.
    pub fn random() -> Token {
        Token::of(hex(&random::<32>()))
    }

    fn of(text: String) -> Token {
        let hash = blake3::hash(text.as_bytes());
        Token { text, hash }
    }

    /// Reads one that was kept, as 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Token> {
        let fits = text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
        fits.then(|| Token::of(text.to_owned()))
    }

    /// The digits, for the file or address that carries it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a client's text is this token; takes as long whatever the text is.
    pub fn is(&self, text: &str) -> bool {
        // Comparing hashes tells a clock nothing about the token, and BLAKE3's are compared in
        // constant time besides.
        self.hash == blake3::hash(text.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let mut filled = 0;
    while filled < N {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(n) => filled += n,
            Err(rustix::io::Errno::INTR) => {}
            // Going on with guessable tokens would be worse than not going on.
            Err(error) => panic!("the system gives no random numbers: {error}"),
        }
    }
    bytes
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
