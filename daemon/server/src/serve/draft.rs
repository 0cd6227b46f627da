//! `draft/*`: what is typed and not saved.

use storycore_schema::{
    Error,
    draft::{DiscardDraft, Draft, DraftText, GetDraft, ListDrafts},
};

use super::{Context, Serve};
use crate::offload::blocking;

impl Serve for ListDrafts {
    async fn serve(self, context: &Context) -> Result<Vec<Draft>, Error> {
        let drafts = context.film(self.project)?.drafts.clone();
        blocking(move || drafts.list()).await
    }
}

impl Serve for GetDraft {
    async fn serve(self, context: &Context) -> Result<DraftText, Error> {
        let drafts = context.film(self.project)?.drafts.clone();
        context.large_answer().await?;
        blocking(move || drafts.get(&self.client, &self.path)).await?
    }
}

impl Serve for DiscardDraft {
    async fn serve(self, context: &Context) -> Result<(), Error> {
        let drafts = context.film(self.project)?.drafts.clone();
        blocking(move || drafts.discard(&self.client, &self.path)).await?
    }
}
