//! The studio's page, carried inside the binary.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use rust_embed::{Embed, EmbeddedFile};

use super::assets::matches;

/// What `npm run build` wrote before this crate was compiled; nothing if it did not run.
#[derive(Embed)]
#[folder = "../../clients/web/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const MISSING: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>StoryCore</title>\n\
    <p>This daemon was built without its page.</p>\n\
    <p>Run <code>cargo xtask studio</code>, which builds both.</p>\n";

/// Answers a request for a file of the page. A path that is no file's name belongs to the page's
/// own navigation, and gets the page.
pub(crate) fn respond(path: &str, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let path = path.trim_start_matches('/');
    if let Some(file) = Files::get(path) {
        return file_response(path, file, headers);
    }
    let names_a_file = path.rsplit('/').next().is_some_and(|it| it.contains('.'));
    if names_a_file && path != INDEX {
        let mut response = Response::new(Full::from("no such file\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        set(
            &mut response,
            header::CONTENT_TYPE,
            "text/plain; charset=utf-8",
        );
        return response;
    }
    if let Some(index) = Files::get(INDEX) {
        return file_response(INDEX, index, headers);
    }
    let mut response = Response::new(Full::from(MISSING));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    set(&mut response, header::CONTENT_TYPE, media_type(INDEX));
    set(&mut response, header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

fn file_response(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let tag = format!(
        "\"{}\"",
        crate::trust::token::hex(&file.metadata.sha256_hash())
    );
    let mut response = Response::new(Full::default());
    set(&mut response, header::CONTENT_TYPE, media_type(path));
    set(&mut response, header::CONTENT_SECURITY_POLICY, POLICY);
    set(&mut response, header::ETAG, &tag);
    // The build puts a hash of the content into these names; all others keep theirs.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    set(&mut response, header::CACHE_CONTROL, caching);
    if matches(headers, header::IF_NONE_MATCH, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = Full::new(match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        });
    }
    response
}

fn set(response: &mut Response<Full<Bytes>>, name: header::HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).ok();
    response.headers_mut().extend(value.map(|it| (name, it)));
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
