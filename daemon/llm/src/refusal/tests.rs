//! What providers say when they say no, and what we make of it.

use std::time::Duration;

use serde_json::json;

use super::*;

/// Statuses and bodies, and the kind they mean. Those of llama.cpp are recorded; the others are
/// taken from the providers' documentation and were not recorded.
const CASES: &[(u16, &str, ErrorKind)] = &[
    // llama.cpp, recorded.
    (
        400,
        r#"{"error":{"code":400,"message":"request (6025 tokens) exceeds the available context size (1024 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":6025,"n_ctx":1024}}"#,
        ErrorKind::ContextOverflow,
    ),
    (
        503,
        r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
        ErrorKind::Overloaded,
    ),
    (
        500,
        r#"{"error":{"code":500,"message":"image input is not supported - hint: if this is unexpected, you may need to provide the mmproj","type":"server_error"}}"#,
        ErrorKind::Unsupported,
    ),
    (
        404,
        r#"{"error":{"message":"File Not Found","type":"not_found_error","code":404}}"#,
        ErrorKind::Misconfigured,
    ),
    (
        400,
        r##"{"error":{"code":400,"message":"Unable to generate parser for this template. Automatic parser generation failed: JSON schema error at #/properties/a: cannot resolve $ref #/x, x not found","type":"invalid_request_error"}}"##,
        ErrorKind::Rejected,
    ),
    // OpenAI, not recorded.
    (
        400,
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
        ErrorKind::ContextOverflow,
    ),
    (
        401,
        r#"{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
        ErrorKind::Auth,
    ),
    (
        404,
        r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
        ErrorKind::UnknownModel,
    ),
    (
        429,
        r#"{"error":{"message":"Rate limit reached for requests","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
        ErrorKind::RateLimited,
    ),
    (
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        ErrorKind::CostLimit,
    ),
    // Anthropic, not recorded.
    (
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 201234 tokens > 200000 maximum"}}"#,
        ErrorKind::ContextOverflow,
    ),
    (
        404,
        r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-nine"}}"#,
        ErrorKind::UnknownModel,
    ),
    (
        413,
        r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
        ErrorKind::TooLarge,
    ),
    (
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ErrorKind::Overloaded,
    ),
    (
        429,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"spend limit","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
        ErrorKind::CostLimit,
    ),
    // Ollama, not recorded.
    (
        404,
        r#"{"error":"model 'nonsense' not found"}"#,
        ErrorKind::UnknownModel,
    ),
    (
        400,
        r#"{"error":"the prompt exceeds the context length: prompt too long"}"#,
        ErrorKind::ContextOverflow,
    ),
    // Anybody.
    (
        502,
        "<html><h1>502 Bad Gateway</h1></html>",
        ErrorKind::Server,
    ),
    (400, "", ErrorKind::Rejected),
    (
        422,
        r#"{"detail":[{"loc":["body","stop"]}]}"#,
        ErrorKind::Rejected,
    ),
    (308, "", ErrorKind::Misconfigured),
    (504, "upstream timed out", ErrorKind::Server),
];

#[test]
fn each_no_has_its_kind() {
    for (status, body, kind) in CASES {
        let status = StatusCode::from_u16(*status).unwrap();
        let error = of_status(status, &HeaderMap::new(), body.as_bytes());
        assert_eq!(error.kind, *kind, "{status} {body}: {error}");
        assert!(
            error.message.len() < 300 && !error.message.contains('\n'),
            "{error}"
        );
    }
}

#[test]
fn a_page_where_a_server_should_be_is_told() {
    let page = b"<!doctype html><title>Sign in</title>";
    let error = of_status(StatusCode::BAD_GATEWAY, &HeaderMap::new(), page);
    assert!(error.hint.unwrap().contains("web page"));
    let mut headers = HeaderMap::new();
    headers.insert("location", "https://elsewhere.example/".parse().unwrap());
    let error = of_status(StatusCode::FOUND, &headers, b"");
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
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
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
