//! `script/get`, `script/write`.

use std::sync::Arc;

use storycore_core::{history::FileWrite, script::describe};
use storycore_schema::{
    Error, ErrorKind, Limits,
    id::BlobId,
    script::{GetScript, ScriptText, WriteScript, WrittenScript},
};

use super::{Context, Serve};
use crate::{effects::rewrite::write_files, films::OpenFilm, offload::blocking};

impl Serve for GetScript {
    async fn serve(self, context: &Context) -> Result<ScriptText, Error> {
        let film = context.film(self.project)?;
        context.large_answer().await?;
        let now = film.bus.film();
        let scripts = &now.state.project.screenplay.scripts;
        let Some(file) = scripts.get(&self.path) else {
            return Err(
                Error::not_found("script", &self.path).hint("script/list lists the film's scripts")
            );
        };
        let script = describe(&self.path, file);
        let (blobs, hash) = (film.blobs.clone(), file.hash);
        let bytes = blocking(move || blobs.read(hash)).await?;
        let text = bytes.and_then(|it| {
            String::from_utf8(it)
                .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
        });
        let text = text.map_err(|error| {
            let message = format!("the text of {} cannot be read: {error}", self.path);
            Error::unavailable(message)
                .hint("save the script once more: its text is kept anew then")
        })?;
        Ok(ScriptText { script, text })
    }
}

impl Serve for WriteScript {
    async fn serve(self, context: &Context) -> Result<WrittenScript, Error> {
        let film = context.film(self.project)?;
        check(&film, &self, &context.daemon.limits)?;
        let _commit = context.commit()?;
        let writer = context.call.client.name();
        if let Some(written) = film.drafts.write_through(&self, &writer).await? {
            return Ok(written);
        }
        let because = context.call.correlation_id.clone();
        // What is on disk now is known first: only then is it kept when it is written over.
        film.sources.sync(because.clone()).await?;
        check_base(&film, &self)?;
        let hash = keep(&film, self.text).await?;
        let hold = film.sources.hold_for(Some(because.clone())).await?;
        let write = FileWrite {
            path: self.path,
            before: self.if_hash,
            after: Some(hash),
        };
        write_files(&film, hold, vec![write]).await?;
        film.sources.sync(because).await?;
        Ok(WrittenScript {
            hash,
            in_editor: None,
        })
    }
}

fn check(film: &OpenFilm, write: &WriteScript, limits: &Limits) -> Result<(), Error> {
    let path = &write.path;
    let is_inside = !path.split('/').any(|it| matches!(it, "" | "." | ".."));
    if !is_inside || !film.folder.holds_script(&film.folder.root.join(path)) {
        let message = format!("{path} would be no script of this film");
        return Err(Error::invalid_params(message).hint(
            "scripts stand in the film's folder or below its script folder, and their names end in \
             .fountain",
        ));
    }
    let (bytes, max) = (write.text.len() as u64, limits.script_bytes_max);
    if bytes > max {
        let message =
            format!("the text has {bytes} bytes, and the limit script_bytes_max is {max}");
        return Err(Error::resource_exhausted(message)
            .hint("split the script into several files, or raise the limit"));
    }
    Ok(())
}

/// Whether the film knows the file as the writer does. Whoever is quicker than this look is found
/// when the file is written.
fn check_base(film: &OpenFilm, write: &WriteScript) -> Result<(), Error> {
    let now = film.bus.film();
    let known = now.state.project.screenplay.scripts.get(&write.path);
    let known = known.map(|it| it.hash);
    if known == write.if_hash {
        return Ok(());
    }
    let path = &write.path;
    let message = match (known, write.if_hash) {
        (None, _) => format!("{path} is not there any more; nothing was written"),
        (Some(_), None) => format!("{path} is there already; nothing was written"),
        (Some(_), Some(_)) => format!(
            "{path} says something else than the text that this one grew from; nothing was written"
        ),
    };
    Err(Error::new(ErrorKind::Conflict, message).hint(
        "look at it with script/get, join both, then write again with the hash it has now;          without one if it is gone",
    ))
}

async fn keep(film: &Arc<OpenFilm>, text: String) -> Result<BlobId, Error> {
    let blobs = film.blobs.clone();
    let kept = blocking(move || blobs.keep(text.as_bytes(), None)).await?;
    kept.map_err(|error| {
        Error::unavailable(format!(
            "the text could not be kept: {error}; nothing was written"
        ))
        .hint("free some space and make the film's folder writable")
    })
}
