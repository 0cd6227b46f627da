//! Files to a server and from it.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use reqwest::{StatusCode, multipart};
use serde_json::Value;
use tempfile::{NamedTempFile, TempPath};
use tokio::{io::AsyncWriteExt as _, time::timeout};

use super::Server;
use crate::{Error, output::FileRef};

/// A file that a graph wants in the server's input folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// What to call it there. Take a name with a hash of what is in it: other bytes under a name
    /// that is taken get another name, and the same bytes are kept once.
    pub file_name: String,
    /// What is in it.
    pub content: Content,
}

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Here.
    Bytes(Bytes),
    /// In a file, which is read when it is sent.
    File(PathBuf),
}

/// A file that is there now, under a name that the server has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// What a graph calls it: the name, with its folder.
    pub name: String,
}

/// A file that was fetched; it goes when this is dropped.
#[derive(Debug)]
pub struct Fetched {
    /// Where it is.
    pub path: TempPath,
    /// How large, in bytes.
    pub bytes: u64,
    /// What the server says it is.
    pub media_type: String,
}

impl Server {
    /// Puts a file into the server's input folder; what it is called there is in the answer only.
    pub async fn upload(&self, upload: &Upload) -> Result<Uploaded, Error> {
        let bytes = read(&upload.content).await?;
        let limits = &self.options.limits;
        if bytes.len() as u64 > limits.upload_bytes_max {
            return Err(Error::TooLarge {
                what: upload.file_name.clone(),
                bytes: bytes.len() as u64,
                limit: "upload_bytes_max",
                bytes_max: limits.upload_bytes_max,
            });
        }
        let file = multipart::Part::stream(bytes).file_name(upload.file_name.clone());
        let form = multipart::Form::new().part("image", file);
        let form = form.text("type", "input");
        // As long as it takes; each try to write or read waits no longer than for other bytes.
        let request = self
            .request(reqwest::Method::POST, "upload/image")
            .multipart(form);
        let whole_max = self.options.times.answer_max + self.options.times.bytes_max * 10;
        let response = self.send(request.timeout(whole_max)).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::PAYLOAD_TOO_LARGE => {
                return Err(self.odd(&format!(
                    "{} is too large for its --max-upload-size",
                    upload.file_name
                )));
            }
            status => return Err(self.unexpected("/upload/image", status)),
        }
        let bytes = self
            .read(response, "answer_bytes_max", limits.answer_bytes_max)
            .await?;
        let answer = self.parse("/upload/image", &bytes)?;
        let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
        match (text("name"), text("subfolder")) {
            ("", _) => Err(self.odd("/upload/image answers no name")),
            (name, "") => Ok(Uploaded {
                name: name.to_owned(),
            }),
            (name, folder) => Ok(Uploaded {
                name: format!("{folder}/{name}"),
            }),
        }
    }

    /// Fetches a file that a run made into a new file in `folder`. None if the server does not have
    /// it any more.
    pub async fn fetch(
        &self,
        file: &FileRef,
        folder: &Path,
        bytes_max: u64,
    ) -> Result<Option<Fetched>, Error> {
        let times = &self.options.times;
        let mut url = self.url("view");
        url.query_pairs_mut()
            .append_pair("filename", &file.filename)
            .append_pair("subfolder", &file.subfolder)
            .append_pair("type", &file.folder);
        let request = self.client.get(url);
        let sent = timeout(times.answer_max, self.send(request)).await;
        let mut response = sent.map_err(|_| Error::silent(self.name(), times.answer_max))??;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(self.unexpected("/view", status)),
        }
        let header = response.headers().get(reqwest::header::CONTENT_TYPE);
        let media_type = header
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let disk = |error: &std::io::Error| Error::Disk {
            path: folder.to_owned(),
            why: error.to_string(),
        };
        let temporary = NamedTempFile::new_in(folder).map_err(|it| disk(&it))?;
        let (open, path) = temporary.into_parts();
        let mut open = tokio::fs::File::from_std(open);
        let mut bytes = 0;
        loop {
            let chunk = timeout(times.bytes_max, response.chunk()).await;
            let chunk = chunk.map_err(|_| Error::silent(self.name(), times.bytes_max))?;
            let Some(chunk) = chunk.map_err(|it| self.unreachable(&it))? else {
                break;
            };
            bytes += chunk.len() as u64;
            if bytes > bytes_max {
                return Err(Error::TooLarge {
                    what: format!("{} of {}", file.filename, self.name()),
                    bytes,
                    limit: "output_bytes_max",
                    bytes_max,
                });
            }
            open.write_all(&chunk).await.map_err(|it| disk(&it))?;
        }
        open.flush().await.map_err(|it| disk(&it))?;
        Ok(Some(Fetched {
            path,
            bytes,
            media_type,
        }))
    }
}

async fn read(content: &Content) -> Result<Bytes, Error> {
    match content {
        Content::Bytes(bytes) => Ok(bytes.clone()),
        Content::File(path) => tokio::fs::read(path)
            .await
            .map(Into::into)
            .map_err(|error| Error::Disk {
                path: path.clone(),
                why: error.to_string(),
            }),
    }
}
