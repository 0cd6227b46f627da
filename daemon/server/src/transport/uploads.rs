//! Drawings and photos over HTTP, as a browser sends a file that was dragged onto a shot. The body
//! goes to disk as it comes, and then the way of `take/import`.

use std::path::PathBuf;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use serde_json::value::to_raw_value;
use storycore_schema::{
    Error, ErrorKind, Method, Role,
    id::{ProjectId, ShotId},
    take::ImportTake,
};
use tokio::{fs::File, io::AsyncWriteExt};

use super::rpc::Rpc;
use crate::{
    effects::import::{check_bytes, file_name},
    session::{message::Invocation, run},
};

/// Where uploads go while they come in.
pub trait Uploads: Send + Sync + 'static {
    /// A path of an open film that nobody uses.
    fn place(&self, project: ProjectId) -> Result<PathBuf, Error>;
}

/// A refused upload, with the HTTP status that goes with it.
type Refusal = (StatusCode, Error);

/// How much of a refused body is read so that its sender reads why, as a multiple of the limit.
const DRAIN_FACTOR: u64 = 4;

/// Answers one upload whose sender is known.
pub(super) struct Upload<'a> {
    pub(super) rpc: Rpc,
    pub(super) uploads: &'a dyn Uploads,
}

/// Whether a path is for uploads.
pub(super) fn is_upload(path: &str) -> bool {
    path.starts_with("/takes/")
}

/// What an address asks for.
#[derive(Debug, PartialEq)]
struct Asked {
    project: ProjectId,
    shot: ShotId,
    name: String,
    lock: Option<bool>,
    /// What its sender is called in a session of its own, where it can undo this.
    client: Option<String>,
}

/// Bytes that are still coming in; removed when nobody needs them any more.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Upload<'_> {
    pub(super) async fn respond(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Refusal> {
        let (parts, mut body) = request.into_parts();
        let file = self.receive(&parts.uri, &parts.headers, &mut body).await;
        let (asked, file) = match file {
            Ok(file) => file,
            Err(refusal) => {
                self.drain(&mut body).await;
                return Err(refusal);
            }
        };
        let params = ImportTake {
            project: asked.project,
            shot: asked.shot,
            path: Some(file.0.to_string_lossy().into_owned()),
            data: None,
            name: Some(asked.name),
            lock: asked.lock,
        };
        let invocation = Invocation {
            method: ImportTake::NAME.to_owned(),
            params: to_raw_value(&params).ok(),
        };
        let call = self.rpc.call(invocation, serde_json::Value::Null);
        let outcome = run::finish(&*self.rpc.dispatch, call).await;
        let reply = outcome.map_err(|error| (status_of(error.kind), error))?;
        let mut response = Response::new(Full::from(reply.body.get().to_owned()));
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Ok(response)
    }

    async fn receive(
        &self,
        uri: &http::Uri,
        headers: &HeaderMap,
        body: &mut Incoming,
    ) -> Result<(Asked, Unfinished), Refusal> {
        check_role(self.rpc.client.role)?;
        check_type(headers)?;
        let refuse = |error: Error| (status_of(error.kind), error);
        let asked = parse(uri.path(), uri.query().unwrap_or_default()).map_err(refuse)?;
        if let Some(client) = &asked.client {
            self.rpc.client.rename(client).map_err(refuse)?;
        }
        let bytes_max = self.rpc.limits.import_bytes_max;
        let said = body.size_hint().exact().unwrap_or(0);
        check_bytes(&asked.name, said, bytes_max).map_err(refuse)?;
        let place = self.uploads.place(asked.project).map_err(refuse)?;
        let file = Unfinished(place);
        let mut kept = File::create(&file.0)
            .await
            .map_err(|it| refuse(unkept(&asked.name, &it)))?;
        let mut received = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| refuse(broke_off(&asked.name, &error)))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            received += data.len() as u64;
            check_bytes(&asked.name, received, bytes_max).map_err(refuse)?;
            kept.write_all(&data)
                .await
                .map_err(|it| refuse(unkept(&asked.name, &it)))?;
        }
        kept.flush()
            .await
            .map_err(|it| refuse(unkept(&asked.name, &it)))?;
        Ok((asked, file))
    }

    /// Reads on for a while: closing over what a client sends could discard our answer.
    async fn drain(&self, body: &mut Incoming) {
        let bytes_max = self
            .rpc
            .limits
            .import_bytes_max
            .saturating_mul(DRAIN_FACTOR);
        let mut drained = 0;
        while drained <= bytes_max
            && let Some(Ok(frame)) = body.frame().await
        {
            drained += frame.data_ref().map_or(0, |it| it.len() as u64);
        }
    }
}

fn check_role(role: Role) -> Result<(), Refusal> {
    if role >= ImportTake::ROLE {
        return Ok(());
    }
    let message = format!("{} needs the role editor", ImportTake::NAME);
    let error = Error::new(ErrorKind::PermissionDenied, message)
        .hint("over the local socket, or with the daemon's token, you may do everything");
    Err((StatusCode::FORBIDDEN, error))
}

/// A form of a foreign page can be sent without asking us first, but not with these types.
fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok());
    let value = value.unwrap_or_default().to_ascii_lowercase();
    if value.starts_with("image/") || value.starts_with("application/octet-stream") {
        return Ok(());
    }
    let error = Error::new(
        ErrorKind::InvalidRequest,
        "the body is not said to be a picture",
    )
    .hint("send `content-type: image/png` or `application/octet-stream`, the file as the body");
    Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
}

fn parse(path: &str, query: &str) -> Result<Asked, Error> {
    let wrong = |what: &str| {
        Error::invalid_params(what.to_owned())
            .hint("send it to /takes/{project}/{shot}?name=harbor.png")
    };
    let ids = path
        .strip_prefix("/takes/")
        .and_then(|it| it.split_once('/'));
    let (project, shot) = ids.ok_or_else(|| wrong("the address names no film and shot"))?;
    let mut asked = Asked {
        project: project
            .parse()
            .map_err(|_| wrong("the film's id is none"))?,
        shot: shot.parse().map_err(|_| wrong("the shot's id is none"))?,
        name: String::new(),
        lock: None,
        client: None,
    };
    let mut name = String::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*key, &*value) {
            ("name", value) => value.clone_into(&mut name),
            ("client", value) => asked.client = Some(value.to_owned()),
            ("lock", "true") => asked.lock = Some(true),
            ("lock", "false") => asked.lock = Some(false),
            ("lock", _) => return Err(wrong("`lock` is `true` or `false`")),
            (key, _) => return Err(wrong(&format!("the address asks for an unknown `{key}`"))),
        }
    }
    asked.name = file_name(&name)?;
    Ok(asked)
}

fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::ResourceExhausted => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        ErrorKind::Conflict | ErrorKind::FailedPrecondition => StatusCode::CONFLICT,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn broke_off(name: &str, error: &hyper::Error) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        format!("`{name}` broke off: {error}"),
    )
    .hint("send it again")
}

fn unkept(name: &str, error: &std::io::Error) -> Error {
    tracing::warn!(%error, "an upload could not be kept");
    Error::unavailable(format!("`{name}` could not be kept: {error}"))
        .hint("free some space and make the film's folder writable, then send it again")
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn an_address_says_what_is_asked() {
        let path = "/takes/01ARZ3NDEKTSV4RRFFQ69G5FAV/01ARZ3NDEKTSV4RRFFQ69G5FAW";
        let asked = parse(path, "name=H%C3%A4fen+1.png&lock=false&client=page-3").unwrap();
        let id = |text: &str| text.parse::<Ulid>().unwrap();
        assert_eq!(
            asked,
            Asked {
                project: id("01ARZ3NDEKTSV4RRFFQ69G5FAV").into(),
                shot: id("01ARZ3NDEKTSV4RRFFQ69G5FAW").into(),
                name: "Häfen 1.png".to_owned(),
                lock: Some(false),
                client: Some("page-3".to_owned()),
            }
        );
        for (path, query) in [
            ("/takes/", "name=a.png"),
            ("/takes/1/2", "name=a.png"),
            (path, ""),
            (path, "name=a.png&lock=maybe"),
            (path, "name=a.png&color=red"),
        ] {
            assert!(
                parse(path, query).unwrap_err().hint.is_some(),
                "{path}?{query}"
            );
        }
    }

    #[test]
    fn a_form_is_no_picture() {
        let typed = |text: &'static str| {
            let value = HeaderValue::from_static(text);
            check_type(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)]))
        };
        assert!(typed("image/png").is_ok());
        assert!(typed("application/octet-stream").is_ok());
        assert!(typed("multipart/form-data; boundary=x").is_err());
        assert!(typed("text/plain").is_err());
        assert!(check_type(&HeaderMap::new()).is_err());
    }
}
