//! Pictures and other files over HTTP, each named by its content, so that a browser keeps it for
//! good.

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::Full;
use storycore_schema::{
    Error, ErrorKind,
    id::{BlobId, ProjectId},
};

use crate::thumbnails::side_px_for;

/// Where the bytes come from.
pub trait Assets: Send + Sync + 'static {
    /// Reads an asset of an open film.
    fn read(
        &self,
        project: ProjectId,
        blob: BlobId,
    ) -> BoxFuture<'static, Result<AssetBytes, Error>>;

    /// Makes a small picture of an asset of an open film, with about so long a longest side, in
    /// pixels.
    fn small(
        &self,
        project: ProjectId,
        blob: BlobId,
        side_px: u32,
    ) -> BoxFuture<'static, Result<AssetBytes, Error>>;

    /// The newest picture of an unfinished result of an open film; `step` is `RUN/STEP/ITEM`.
    fn preview(&self, project: ProjectId, step: &str) -> Option<AssetBytes>;
}

/// An asset, as it is served.
#[derive(Debug, Clone)]
pub struct AssetBytes {
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// All of it.
    pub bytes: Bytes,
}

/// Never runs anything, whatever an imported file turns out to be.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    project: ProjectId,
    blob: BlobId,
    /// The longest side of a small picture of it, in pixels.
    side_px: Option<u32>,
}

impl Wanted {
    /// What a path and its query name, if it is `/assets/{project}/{blob}`, perhaps with
    /// `?thumb=320`.
    pub(crate) fn parse(path: &str, query: Option<&str>) -> Option<Wanted> {
        let (project, blob) = parse_path(path)?;
        let mut fields = query.into_iter().flat_map(|it| it.split('&'));
        let thumb = fields.find_map(|it| it.strip_prefix("thumb="));
        Some(Wanted {
            project,
            blob,
            side_px: thumb.and_then(|it| it.parse().ok()).map(side_px_for),
        })
    }
}

/// The film and the asset a path names, if it is `/assets/{project}/{blob}`.
fn parse_path(path: &str) -> Option<(ProjectId, BlobId)> {
    let (project, blob) = path.strip_prefix("/assets/")?.split_once('/')?;
    Some((project.parse().ok()?, blob.parse().ok()?))
}

/// Answers a request for an asset.
pub(crate) async fn respond(
    assets: &dyn Assets,
    wanted: Wanted,
    headers: &HeaderMap,
) -> Result<Response<Full<Bytes>>, (StatusCode, Error)> {
    let Wanted {
        project,
        blob,
        side_px,
    } = wanted;
    let (tag, read) = match side_px {
        Some(side_px) => {
            let tag = format!("\"{blob}-{side_px}\"");
            (tag, assets.small(project, blob, side_px))
        }
        None => (format!("\"{blob}\""), assets.read(project, blob)),
    };
    let asset = read.await.map_err(|error| {
        let status = match error.kind {
            ErrorKind::NotFound | ErrorKind::FailedPrecondition => StatusCode::NOT_FOUND,
            ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, error)
    })?;
    let mut response = Response::new(Full::default());
    let out = response.headers_mut();
    let value = |text: &str| http::HeaderValue::from_str(text).ok();
    let fixed = [
        (header::ETAG, tag.as_str()),
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        ),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CONTENT_TYPE, &asset.media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    for (name, text) in fixed {
        out.extend(value(text).map(|it| (name, it)));
    }
    if matches(headers, header::IF_NONE_MATCH, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let len = asset.bytes.len();
    let resumed =
        !headers.contains_key(header::IF_RANGE) || matches(headers, header::IF_RANGE, &tag);
    let range = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    match range
        .filter(|_| resumed)
        .map_or(Range::All, |it| parse_range(it, len))
    {
        Range::All => *response.body_mut() = Full::new(asset.bytes),
        Range::Part(from, to) => {
            let content_range = value(&format!("bytes {from}-{}/{len}", to - 1));
            out_range(&mut response, StatusCode::PARTIAL_CONTENT, content_range);
            *response.body_mut() = Full::new(asset.bytes.slice(from..to));
        }
        Range::Outside => {
            let content_range = value(&format!("bytes */{len}"));
            out_range(
                &mut response,
                StatusCode::RANGE_NOT_SATISFIABLE,
                content_range,
            );
        }
    }
    Ok(response)
}

fn out_range(
    response: &mut Response<Full<Bytes>>,
    status: StatusCode,
    range: Option<http::HeaderValue>,
) {
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(range.map(|it| (header::CONTENT_RANGE, it)));
}

/// Whether a list of entity tags names this one (RFC 9110 §13.1.2).
pub(crate) fn matches(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
    let values = headers
        .get_all(name)
        .iter()
        .filter_map(|it| it.to_str().ok());
    let mut tags = values.flat_map(|it| it.split(',')).map(str::trim);
    tags.any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    All,
    /// From the first byte to before the last.
    Part(usize, usize),
    Outside,
}

/// Reads a `Range` of one part (RFC 9110 §14). Several parts, or what is no range, get it all.
fn parse_range(text: &str, len: usize) -> Range {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .and_then(|it| it.split_once('-'))
    else {
        return Range::All;
    };
    let number = |it: &str| it.trim().parse::<usize>().ok();
    let (from, to) = match (number(first), number(last)) {
        (Some(from), Some(last)) if from <= last => (from, last.saturating_add(1).min(len)),
        (Some(from), None) if last.trim().is_empty() => (from, len),
        (None, Some(suffix)) if first.trim().is_empty() => (len.saturating_sub(suffix), len),
        _ => return Range::All,
    };
    if from < to {
        Range::Part(from, to)
    } else {
        Range::Outside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        let check = |text: &str, expected| assert_eq!(parse_range(text, 10), expected, "{text}");
        check("bytes=0-0", Range::Part(0, 1));
        check("bytes=2-5", Range::Part(2, 6));
        check("bytes=4-", Range::Part(4, 10));
        check("bytes=4-99999999999999999999", Range::All);
        check("bytes=4-400", Range::Part(4, 10));
        check("bytes=-3", Range::Part(7, 10));
        check("bytes=-30", Range::Part(0, 10));
        check("bytes=-0", Range::Outside);
        check("bytes=10-", Range::Outside);
        check("bytes=5-2", Range::All);
        check("bytes=0-1,3-4", Range::All);
        check("lines=0-1", Range::All);
    }
}
