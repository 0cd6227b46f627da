//! The table of what can go wrong, by what the caller does about it.

use serde::{Deserialize, Serialize};

macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident {
        again: $again:literal, next: $next:literal, counts: $counts:literal
    })+) => {
        /// What went wrong. A new kind is added only when a caller would do something different.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum ErrorKind { $($(#[doc = $doc])+ $kind,)+ }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &[ErrorKind] = &[$(ErrorKind::$kind),+];

            /// Whether the same provider may do better after a while.
            pub fn is_worth_another_try(self) -> bool {
                match self { $(ErrorKind::$kind => $again),+ }
            }

            /// Whether another provider of the chain may do better.
            pub fn falls_back(self) -> bool {
                match self { $(ErrorKind::$kind => $next),+ }
            }

            /// Whether it says that the provider is ill, so that its breaker counts it.
            pub fn counts_against(self) -> bool {
                match self { $(ErrorKind::$kind => $counts),+ }
            }
        }
    };
}

error_kinds! {
    /// No connection, or one that broke or stalled. Start the server, or look at its address.
    Unreachable { again: true, next: true, counts: true }
    /// The key is missing, wrong, or not allowed to do this. Look at the key.
    Auth { again: false, next: true, counts: false }
    /// Too many requests or tokens a minute. Wait as long as it says.
    RateLimited { again: true, next: true, counts: false }
    /// The server is busy or still loads its model. Wait.
    Overloaded { again: true, next: true, counts: true }
    /// The server failed, or what answers there does not speak its protocol.
    Server { again: true, next: true, counts: true }
    /// The request is longer than the model's context. Shorten it, or take another model.
    ContextOverflow { again: false, next: true, counts: false }
    /// The model declined to answer. Say it in other words, or take another model.
    Refused { again: false, next: true, counts: false }
    /// The answer had to fit a schema and was cut off at the most tokens it may have. Allow more.
    Truncated { again: false, next: true, counts: false }
    /// The answer does not fit its schema, also after it was asked to repair it, or is empty.
    Invalid { again: false, next: true, counts: false }
    /// The server or model cannot do what the request asks for, such as look at a picture.
    Unsupported { again: false, next: true, counts: false }
    /// The server does not have the model. Install it, or choose one that it has.
    UnknownModel { again: false, next: true, counts: false }
    /// The server says that the request makes no sense.
    Rejected { again: false, next: true, counts: false }
    /// Somebody canceled it.
    Canceled { again: false, next: false, counts: false }
    /// The request is larger than the server takes, or the answer does not end.
    TooLarge { again: false, next: true, counts: false }
    /// It would cost more than is allowed, or the account at the provider is spent.
    CostLimit { again: false, next: true, counts: false }
    /// The settings make no sense: a chain that is not there, an address that is none.
    Misconfigured { again: false, next: true, counts: false }
}

/// An error: what kind, whose, what happened, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", provider.as_ref().map(|it| format!("{it}: ")).unwrap_or_default())]
pub struct Error {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// The provider, if it was one's.
    pub provider: Option<String>,
    /// What happened: lower case, no full stop. Holds no key.
    pub message: String,
    /// The next step, if there is one.
    pub hint: Option<String>,
    /// When it makes sense to come back, in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// If a whole chain failed: what each of its providers said, in order.
    pub tried: Vec<Error>,
}

impl Error {
    /// An error of nobody in particular.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            provider: None,
            message: message.into(),
            hint: None,
            retry_after_ms: None,
            tried: Vec::new(),
        }
    }

    /// The same with a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// The same with the time after which it makes sense to come back.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Error {
        self.retry_after_ms = Some(ms);
        self
    }

    /// The same with the provider's name, unless it has one.
    #[must_use]
    pub(crate) fn of(mut self, provider: &str) -> Error {
        self.provider.get_or_insert_with(|| provider.to_owned());
        self
    }

    pub(crate) fn canceled() -> Error {
        Error::new(ErrorKind::Canceled, "canceled")
    }

    /// What a whole chain says when none of its providers answered: the one of them that a caller
    /// can act on soonest.
    pub(crate) fn of_chain(chain: &str, tried: Vec<Error>) -> Error {
        let soonest = tried
            .iter()
            .filter(|it| it.kind.is_worth_another_try())
            .min_by_key(|it| it.retry_after_ms.unwrap_or(u64::MAX))
            .or(tried.last());
        let Some(first) = soonest else {
            return Error::new(
                ErrorKind::Misconfigured,
                format!("the chain {chain} has no providers"),
            )
            .hint("add one to it in the settings");
        };
        if tried.len() == 1 {
            return first.clone();
        }
        let each: Vec<String> = tried.iter().map(ToString::to_string).collect();
        Error {
            kind: first.kind,
            provider: None,
            message: format!(
                "none of the {} providers of {chain} answered: {}",
                tried.len(),
                each.join("; ")
            ),
            hint: first.hint.clone(),
            retry_after_ms: first.retry_after_ms,
            tried,
        }
    }
}

/// The first characters of a text that came from outside, on one line.
pub(crate) fn excerpt(text: &str) -> String {
    /// Enough to see what it is.
    const EXCERPT_CHARS: usize = 160;
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut shown = line.chars().filter(|it| !it.is_control());
    let mut short: String = shown.by_ref().take(EXCERPT_CHARS).collect();
    if shown.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_says_what_can_be_acted_on_soonest() {
        let auth = Error::new(ErrorKind::Auth, "the key is wrong").of("cloud");
        let busy = Error::new(ErrorKind::RateLimited, "too many requests")
            .of("other")
            .retry_after_ms(2_000);
        let error = Error::of_chain("default", vec![busy, auth.clone()]);
        assert_eq!(error.kind, ErrorKind::RateLimited);
        assert_eq!(error.retry_after_ms, Some(2_000));
        assert_eq!(
            error.to_string(),
            "none of the 2 providers of default answered: \
             other: too many requests; cloud: the key is wrong"
        );
        assert_eq!(error.tried.len(), 2);
        assert_eq!(Error::of_chain("default", vec![auth.clone()]), auth);
        let empty = Error::of_chain("fast", vec![]);
        assert_eq!(empty.kind, ErrorKind::Misconfigured);
    }

    #[test]
    fn whatever_makes_a_breaker_count_is_worth_another_try_and_another_provider() {
        for kind in ErrorKind::ALL {
            if kind.counts_against() {
                assert!(kind.is_worth_another_try() && kind.falls_back(), "{kind:?}");
            }
        }
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("<html>\n\t<b>\u{7}hi"), "<html> <b>hi");
        assert_eq!(excerpt(&"x".repeat(500)).chars().count(), 161);
    }
}
