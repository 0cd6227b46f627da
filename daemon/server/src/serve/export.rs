//! `export/*`.

use std::path::PathBuf;

use storycore_schema::{
    Error,
    export::{ExportStoryboard, Exported},
};

use super::{Context, Serve};
use crate::{effects::export, folder::EXPORTS_FOLDER, offload::blocking};

impl Serve for ExportStoryboard {
    async fn serve(self, context: &Context) -> Result<Exported, Error> {
        let film = context.film(self.project)?;
        let folder = match self.out.map(PathBuf::from) {
            None => film.folder.root.join(EXPORTS_FOLDER),
            Some(out) if out.is_absolute() => out,
            Some(out) => {
                let message = format!("the folder {} is not absolute", out.display());
                return Err(Error::invalid_params(message)
                    .hint("give the whole path: the daemon stands in another folder than you"));
            }
        };
        let (now, blobs) = (film.bus.film(), film.blobs.clone());
        blocking(move || export::storyboard(&now, &blobs, &folder)).await?
    }
}
