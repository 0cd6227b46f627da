//! `script/get`.

use storycore_core::script::describe;
use storycore_schema::{
    Error,
    script::{GetScript, ScriptText},
};

use super::{Context, Serve};
use crate::offload::blocking;

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
