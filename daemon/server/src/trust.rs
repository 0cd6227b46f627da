//! Who may talk to the daemon over HTTP: the person at this machine, and no web page but ours.
//!
//! Scripts send a bearer token. A browser trades a token that works once for a cookie. Host and
//! Origin are checked first, so that neither a foreign page nor a name that was pointed at this
//! machine (DNS rebinding) gets an answer, whatever cookies the browser adds.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, StatusCode, header};
use storycore_schema::{Error, ErrorKind, Role, id::ProjectId};

use cookie::Cookies;
use token::Token;

mod cookie;
#[cfg(test)]
mod tests;
pub mod token;

/// One-time tokens that wait to be used; the oldest gives way to a new one.
const BROWSER_TOKENS_MAX: usize = 256;
/// Carries the bearer token of clients that can set no header, as browsers' `WebSocket` cannot.
pub(crate) const BEARER_PROTOCOL: &str = "storycore.bearer.";

/// The time in milliseconds since 1970; given in, so that tests can move it.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What trust is built on.
pub struct TrustOptions {
    /// The bearer token of scripts. Browsers stay signed in over a restart that keeps it.
    pub token: Token,
    /// What may be done with a browser's cookie; the bearer token may do everything.
    pub browser_role: Role,
    /// `Host` values that are right besides the loopback ones, such as `studio.lan:7777`.
    pub hosts: Vec<String>,
    /// Origins of pages that may call besides our own, such as `http://localhost:5173`.
    pub origins: Vec<String>,
    /// The limit `browser_token_ms_max`.
    pub browser_token_ms_max: u64,
    /// Tells the time.
    pub clock: Clock,
}

/// Decides who is let in.
pub struct Trust {
    options: TrustOptions,
    cookies: Cookies,
    waiting: Mutex<Vec<BrowserToken>>,
}

struct BrowserToken {
    token: Token,
    project: Option<ProjectId>,
    expires_at_ms: u64,
}

/// A refusal, with the HTTP status that goes with it.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) status: StatusCode,
    pub(crate) error: Error,
}

/// A browser that was let in.
pub(crate) struct Opened {
    /// The value of `Set-Cookie`.
    pub(crate) cookie: String,
    /// Where it goes now.
    pub(crate) location: String,
}

impl Trust {
    /// Trust that begins with these.
    pub fn new(options: TrustOptions) -> Trust {
        Trust {
            cookies: Cookies::new(&options.token),
            options,
            waiting: Mutex::default(),
        }
    }

    /// The path that opens the page, with a token that works once and for a short time.
    pub fn open_path(&self, project: Option<ProjectId>) -> String {
        let now_ms = (self.options.clock)();
        let token = Token::random();
        let path = format!("/open?token={}", token.as_str());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|it| it.expires_at_ms > now_ms);
        if waiting.len() >= BROWSER_TOKENS_MAX {
            waiting.remove(0);
        }
        waiting.push(BrowserToken {
            token,
            project,
            expires_at_ms: now_ms.saturating_add(self.options.browser_token_ms_max),
        });
        path
    }

    /// Trades a one-time token for a cookie.
    pub(crate) fn open(&self, query: &str, port: u16) -> Result<Opened, Denied> {
        let now_ms = (self.options.clock)();
        let given = query.split('&').find_map(|it| it.strip_prefix("token="));
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|it| it.expires_at_ms > now_ms);
        let found = given.and_then(|given| waiting.iter().position(|it| it.token.is(given)));
        let Some(found) = found else {
            let error = Error::new(
                ErrorKind::Unauthenticated,
                "this address has been used already, or is too old",
            );
            return Err(Denied::unauthorized(
                error.hint("get a new one with `storycore studio`"),
            ));
        };
        let used = waiting.remove(found);
        Ok(Opened {
            cookie: self.cookies.bake(port, now_ms),
            location: used
                .project
                .map_or_else(|| "/".to_owned(), |it| format!("/?project={it}")),
        })
    }

    /// Refuses requests that were not meant for us, or come from a foreign page.
    pub(crate) fn check_source(&self, headers: &HeaderMap, port: u16) -> Result<(), Denied> {
        let host = text(headers, header::HOST).unwrap_or("");
        if !is_loopback(host, port) && !self.options.hosts.iter().any(|it| it == host) {
            return Err(Denied::forbidden(
                format!("the host {host:?} is not this daemon"),
                format!("use http://127.0.0.1:{port}/"),
            ));
        }
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Ok(());
        };
        let origin = origin.to_str().unwrap_or("");
        let own = origin
            .strip_prefix("http://")
            .is_some_and(|it| it.eq_ignore_ascii_case(host));
        if own || self.options.origins.iter().any(|it| it == origin) {
            return Ok(());
        }
        Err(Denied::forbidden(
            format!("the origin {origin:?} may not call this daemon"),
            "open the page with `storycore studio`, or add the origin to `origins` in daemon.toml",
        ))
    }

    /// What the sender of a request may do. Its source has been checked.
    pub(crate) fn authenticate(&self, headers: &HeaderMap, port: u16) -> Result<Role, Denied> {
        if let Some(bearer) = bearer(headers) {
            return if self.options.token.is(bearer) {
                Ok(Role::Admin)
            } else {
                Err(Denied::unknown("the bearer token is wrong"))
            };
        }
        let now_ms = (self.options.clock)();
        let cookies = headers.get_all(header::COOKIE).iter();
        let valid = cookies
            .filter_map(|it| it.to_str().ok())
            .any(|it| self.cookies.holds_valid(it, port, now_ms));
        if !valid {
            return Err(Denied::unknown("nobody knows who sends this request"));
        }
        // Cookies do not tell ports apart, so another server's page on this machine could use
        // ours. The browser says whose page it is even where it sends no Origin.
        match text(headers, HeaderName::from_static("sec-fetch-site")) {
            Some("cross-site" | "same-site") if !headers.contains_key(header::ORIGIN) => {
                Err(Denied::forbidden(
                    "a foreign page may not read from this daemon".to_owned(),
                    "open the page with `storycore studio`",
                ))
            }
            _ => Ok(self.options.browser_role),
        }
    }
}

impl Denied {
    fn forbidden(message: String, hint: impl Into<String>) -> Denied {
        Denied {
            status: StatusCode::FORBIDDEN,
            error: Error::new(ErrorKind::PermissionDenied, message).hint(hint),
        }
    }

    fn unauthorized(error: Error) -> Denied {
        Denied {
            status: StatusCode::UNAUTHORIZED,
            error,
        }
    }

    fn unknown(message: &str) -> Denied {
        Denied::unauthorized(Error::new(ErrorKind::Unauthenticated, message).hint(
            "scripts send `Authorization: Bearer` with the token from the daemon's state file; \
             a browser begins with `storycore studio`",
        ))
    }
}

fn is_loopback(host: &str, port: u16) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, given)) if given.parse() == Ok(port) => name,
        _ => return false,
    };
    name == "127.0.0.1" || name == "[::1]" || name.eq_ignore_ascii_case("localhost")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = text(headers, header::AUTHORIZATION) {
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim());
    }
    protocols(headers).find_map(|it| it.strip_prefix(BEARER_PROTOCOL))
}

/// The WebSocket subprotocols a client offers.
pub(crate) fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let values = values.filter_map(|it| it.to_str().ok());
    values.flat_map(|it| it.split(',')).map(str::trim)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|it| it.to_str().ok())
}
