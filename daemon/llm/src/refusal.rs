//! What a provider means when it says no: from its status and words to a kind of error.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::error::{Error, ErrorKind, excerpt};

/// Words that mean that the request is longer than the context, of llama.cpp, OpenAI, vLLM,
/// llama-cpp-python, Anthropic and Ollama.
const OVERFLOW: &[&str] = &[
    "exceed_context_size_error",
    "context_length_exceeded",
    "maximum context length",
    "available context size",
    "exceed context window",
    "exceeds the context",
    "context length exceeded",
    "input length exceeds",
    "prompt is too long",
    "prompt too long",
];

/// Words that mean that an account is spent: OpenAI and Anthropic say so with the status of a rate
/// limit or a bad request, but waiting does not help.
const SPENT: &[&str] = &[
    "insufficient_quota",
    "enforced_spend_limit_reached",
    "credit balance is too low",
    "billing_error",
];

/// What an error's body says, in one form for all providers.
#[derive(Debug, Default)]
struct Said {
    message: String,
    /// Its type and code, and whatever else may hold a name.
    names: String,
    param: Option<String>,
}

/// The error that a failed status means.
pub(crate) fn of_status(status: StatusCode, headers: &HeaderMap, body: &str) -> Error {
    let said = said(body);
    let kind = kind(status.as_u16(), &said);
    let mut error = Error::new(kind, message(status.as_u16(), kind, &said));
    error.hint = hint(kind, &said).map(ToOwned::to_owned);
    error.retry_after_ms = retry_after_ms(headers, SystemTime::now());
    if status.is_redirection() {
        let to = headers
            .get("location")
            .and_then(|it| it.to_str().ok())
            .unwrap_or("elsewhere");
        error.message = format!("the address leads on to {}", excerpt(to));
        error.hint = Some("set the provider's address to where it leads".to_owned());
    }
    error
}

/// The error that comes in the middle of an answer.
pub(crate) fn of_frame(error: &Value) -> Error {
    let said = said(&error.to_string());
    let status = error
        .pointer("/error/code")
        .and_then(Value::as_u64)
        .unwrap_or(500);
    let kind = match kind(u16::try_from(status).unwrap_or(500), &said) {
        // Anthropic names its kinds, as there is no status in a stream.
        _ if said.names.contains("overloaded_error") => ErrorKind::Overloaded,
        _ if said.names.contains("rate_limit_error") => ErrorKind::RateLimited,
        kind => kind,
    };
    Error::new(kind, format!("the answer broke off: {}", shown(&said)))
}

/// The parameter that an error says the provider does not take, if we may do without it.
pub(crate) fn refused_parameter(error: &Value) -> Option<&'static str> {
    const SPARE: [&str; 5] = [
        "temperature",
        "seed",
        "stop",
        "stream_options",
        "max_tokens",
    ];
    let said = said(&error.to_string());
    let message = said.message.to_lowercase();
    let is_refused = said.names.contains("unsupported_")
        || message.contains("unsupported parameter")
        || message.contains("not supported")
        || message.contains("deprecated");
    let named = |it: &&&str| match &said.param {
        Some(param) => param == **it,
        None => message.contains(&format!("'{it}'")) || message.contains(&format!("`{it}`")),
    };
    SPARE.iter().find(named).copied().filter(|_| is_refused)
}

fn kind(status: u16, said: &Said) -> ErrorKind {
    let all = format!("{} {}", said.names, said.message).to_lowercase();
    let says = |words: &[&str]| words.iter().any(|it| all.contains(it));
    let says_image = all.contains("image") && (all.contains("support") || all.contains("mmproj"));
    match status {
        401 | 403 => ErrorKind::Auth,
        402 => ErrorKind::CostLimit,
        400.. if says(SPENT) => ErrorKind::CostLimit,
        400 | 413 | 422 | 500 if says(OVERFLOW) => ErrorKind::ContextOverflow,
        400..=501 if says_image => ErrorKind::Unsupported,
        400 | 404 if all.contains("model_not_found") => ErrorKind::UnknownModel,
        400 | 404 if all.contains("model") && all.contains("not found") => ErrorKind::UnknownModel,
        // Anthropic says no more than this.
        404 if all.contains("not_found_error") && all.contains("model") => ErrorKind::UnknownModel,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimited,
        300..=399 | 404 | 405 => ErrorKind::Misconfigured,
        408 | 409 | 425 | 504 => ErrorKind::Server,
        501 => ErrorKind::Unsupported,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::Rejected,
        _ => ErrorKind::Server,
    }
}

fn message(status: u16, kind: ErrorKind, said: &Said) -> String {
    let what = match kind {
        ErrorKind::Auth => "the key is not accepted",
        ErrorKind::CostLimit => "the account there is spent",
        ErrorKind::ContextOverflow => "the request is longer than the model's context",
        ErrorKind::RateLimited => "too many requests",
        ErrorKind::Overloaded => "it is busy",
        ErrorKind::UnknownModel => "it does not have the model",
        ErrorKind::Misconfigured => "nothing answers at that address",
        ErrorKind::TooLarge => "the request is too large for it",
        ErrorKind::Unsupported => "it cannot do that",
        ErrorKind::Rejected => "it does not understand the request",
        _ => "it failed",
    };
    format!("{what} (status {status}): {}", shown(said))
}

fn shown(said: &Said) -> String {
    if said.message.is_empty() {
        return "it says nothing more".to_owned();
    }
    excerpt(&said.message)
}

fn hint(kind: ErrorKind, said: &Said) -> Option<&'static str> {
    let is_page = said.message.trim_start().starts_with('<');
    match kind {
        _ if is_page => Some("that is a web page: is it the right address and port?"),
        ErrorKind::Auth => Some("set the provider's key"),
        ErrorKind::CostLimit => Some("look at the account's credit, or use another provider"),
        ErrorKind::ContextOverflow => Some("shorten the request, or take a model that reads more"),
        ErrorKind::UnknownModel => Some("install the model, or choose one that the provider lists"),
        ErrorKind::Misconfigured => Some("look at the provider's address and kind"),
        _ => None,
    }
}

/// Bodies look like `{"error":{"message","type","code","param"}}`, `{"error":"…"}`,
/// `{"detail":"…"}`, `{"message":"…"}`, or are no JSON at all.
fn said(body: &str) -> Said {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return Said {
            message: body.to_owned(),
            ..Said::default()
        };
    };
    let error = value.get("error").unwrap_or(&value);
    let text = |it: &Value| it.as_str().map(ToOwned::to_owned);
    let message = text(error)
        .or_else(|| error.get("message").and_then(text))
        .or_else(|| {
            value
                .get("detail")
                .map(|it| text(it).unwrap_or_else(|| it.to_string()))
        })
        .unwrap_or_else(|| body.to_owned());
    let names = ["/type", "/code", "/details/error_code"];
    let names: Vec<String> = names
        .iter()
        .filter_map(|it| error.pointer(it))
        .map(ToString::to_string)
        .collect();
    let param = error.get("param").and_then(text);
    Said {
        message,
        names: names.join(" "),
        param,
    }
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date.
fn retry_after_ms(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    /// Longer than this is a mistake, or as good as never.
    const RETRY_MS_MAX: f64 = 7.0 * 86_400_000.0;
    let header = |name| {
        headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .map(str::trim)
    };
    let number = |text: &str, factor: f64| {
        let ms = text
            .parse::<f64>()
            .ok()
            .filter(|it| it.is_finite() && *it >= 0.0)?
            * factor;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a week"
        )]
        let ms = ms.min(RETRY_MS_MAX).ceil() as u64;
        Some(ms)
    };
    let exact = header("retry-after-ms").and_then(|it| number(it, 1.0));
    exact.or_else(|| {
        let text = header("retry-after")?;
        number(text, 1_000.0).or_else(|| {
            let date = httpdate::parse_http_date(text).ok()?;
            let ms = date.duration_since(now).unwrap_or_default().as_millis();
            u64::try_from(ms).ok()
        })
    })
}

#[cfg(test)]
mod tests;
