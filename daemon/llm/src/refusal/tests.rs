//! What providers say when they say no, and what we make of it.

use std::time::Duration;

use serde_json::json;

use super::*;

/// Statuses and bodies of errors, and the kind they mean. Those of llama.cpp are recorded; the
/// others are taken from the providers' documentation and were not recorded.
const CASES: &str = include_str!("cases.jsonl");

#[test]
fn each_no_has_its_kind() {
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let status = u16::try_from(case["status"].as_u64().unwrap()).unwrap();
        let kind: ErrorKind = serde_json::from_value(case["kind"].clone()).unwrap();
        let body = match &case["body"] {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let status = StatusCode::from_u16(status).unwrap();
        let error = of_status(status, &HeaderMap::new(), &body);
        assert_eq!(error.kind, kind, "{line}: {error}");
        let is_short = error.message.len() < 300 && !error.message.contains('\n');
        assert!(is_short, "{error}");
    }
}

#[test]
fn a_page_where_a_server_should_be_is_told() {
    let page = "<!doctype html><title>Sign in</title>";
    let error = of_status(StatusCode::BAD_GATEWAY, &HeaderMap::new(), page);
    assert!(error.hint.unwrap().contains("web page"));
    let mut headers = HeaderMap::new();
    headers.insert("location", "https://elsewhere.example/".parse().unwrap());
    let error = of_status(StatusCode::FOUND, &headers, "");
    assert_eq!(
        error.message,
        "the address leads on to https://elsewhere.example/"
    );
}

#[test]
fn errors_in_a_stream_have_kinds_too() {
    let overloaded =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    assert_eq!(of_frame(&overloaded).kind, ErrorKind::Overloaded);
    assert_eq!(
        of_frame(&json!({"error": "llama runner crashed"})).kind,
        ErrorKind::Server
    );
    let overflow =
        json!({"error": {"code": 400, "type": "exceed_context_size_error", "message": "too long"}});
    assert_eq!(of_frame(&overflow).kind, ErrorKind::ContextOverflow);
}

#[test]
fn a_provider_says_when_to_come_back() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let after = |name: &'static str, value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        retry_after_ms(&headers, now)
    };
    assert_eq!(after("retry-after", "7"), Some(7_000));
    assert_eq!(after("retry-after", "0.25"), Some(250));
    assert_eq!(after("retry-after-ms", "1500"), Some(1_500));
    let date = httpdate::fmt_http_date(now + Duration::from_secs(30));
    assert_eq!(after("retry-after", &date), Some(30_000));
    assert_eq!(after("retry-after", "1e300"), Some(7 * 86_400_000));
    for bad in ["-1", "soon", "NaN", ""] {
        assert_eq!(after("retry-after", bad), None, "{bad}");
    }
}

#[test]
fn a_parameter_that_is_not_taken_is_named() {
    let openai = json!({"error": {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "type": "invalid_request_error", "param": "max_tokens", "code": "unsupported_parameter",
    }});
    assert_eq!(refused_parameter(&openai), Some("max_tokens"));
    let anthropic = json!({"type": "error", "error": {
        "type": "invalid_request_error", "message": "`temperature` is deprecated for this model.",
    }});
    assert_eq!(refused_parameter(&anthropic), Some("temperature"));
    let other =
        json!({"error": {"message": "temperature must be at most 2", "param": "temperature"}});
    assert_eq!(refused_parameter(&other), None);
}
