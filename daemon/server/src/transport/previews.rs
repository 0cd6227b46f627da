//! Pictures of unfinished results over HTTP. They change all the time, so nobody keeps them.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use super::assets::Assets;

const PLACE: &str = "/previews/";

/// Whether a path would name a preview.
pub(super) fn is_preview(path: &str) -> bool {
    path.starts_with(PLACE)
}

/// Answers a request for a preview; one that is not there any more is no failure to tell of.
pub(super) fn respond(assets: &dyn Assets, path: &str) -> Response<Full<Bytes>> {
    let named = path.strip_prefix(PLACE).and_then(|it| it.split_once('/'));
    let preview = named.and_then(|(project, step)| {
        let project = project.parse().ok()?;
        assets.preview(project, step)
    });
    let Some(preview) = preview else {
        let mut missing = Response::new(Full::default());
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return missing;
    };
    let mut response = Response::new(Full::new(preview.bytes));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(media_type) = HeaderValue::from_str(&preview.media_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    response
}
