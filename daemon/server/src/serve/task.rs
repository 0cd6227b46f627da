//! What language models do for a film: a task's context comes from `core`, its prompt from the film
//! or from us, and its answer goes back to `core` to be understood.

use std::sync::Arc;

use serde_json::Value;
use storycore_core::{
    Film, recipe,
    task::{continuity, entry, logline, prompt, translate, wish},
};
use storycore_llm::{Answer, BuiltIn, Event, Events};
use storycore_schema::{
    Error, ErrorKind,
    id::ShotId,
    llm::LlmAnswering,
    task::{
        CheckContinuity, Continuity, DoneBy, Logline, ShotPrompt, SuggestEntry, SuggestedEntry,
        TranslateScene, Translation, WriteLogline, WriteShotPrompt,
    },
};
use tokio::sync::mpsc;

use super::{Context, Serve};
use crate::{
    effects::work::prompt_by_rules,
    films::OpenFilm,
    llm::{Question, SET_UP, prompts, told},
    offload::blocking,
    outbox::notification_text,
};

mod breakdown;

/// Pieces of an answer that wait to be told, in pieces.
const PIECES_LEN_MAX: usize = 256;

/// Has a model do a task: who did it, and the JSON that it answered with.
async fn ask(
    context: &Context,
    open: &Arc<OpenFilm>,
    film: &Arc<Film>,
    (task, told_to_model): (BuiltIn, Value),
) -> Result<(DoneBy, Value), Error> {
    let llm = context.daemon.films.llm();
    if llm.hub().is_none() {
        return Err(Error::unavailable("no language model is set up").hint(SET_UP));
    }
    let prompt = {
        let (film, open) = (film.clone(), open.clone());
        blocking(move || prompts::of_task(&film, &open.blobs, task)).await??
    };
    let question = Question {
        task: task.name(),
        film: open.id,
        prompt: &prompt,
        context: &told_to_model,
    };
    let (events, heard) = mpsc::channel(PIECES_LEN_MAX);
    let asked = async {
        let events: Events = events;
        llm.ask(&question, Some(&events), &context.call.cancel)
            .await
    };
    let (answer, ()) = tokio::join!(asked, tell(context, heard));
    let answer = answer.map_err(|error| told(&error))?;
    let value = answer.value.clone();
    let value = value.unwrap_or_else(|| Value::String(answer.text.clone()));
    Ok((by(answer), value))
}

/// Tells the caller what a model writes, as it comes. A client that does not keep up misses some.
async fn tell(context: &Context, mut heard: mpsc::Receiver<Event>) {
    while let Some(event) = heard.recv().await {
        let (text, anew) = match event {
            Event::Delta { text } => (text, false),
            Event::Restarted { .. } => (String::new(), true),
            Event::Asked { .. }
            | Event::Waiting { .. }
            | Event::Used { .. }
            | Event::Finished { .. } => continue,
        };
        let is_editor = context.call.client.language.get().is_some();
        if let (Some(outbox), false) = (&context.call.client.outbox, is_editor) {
            let token = context.call.id.clone();
            let _ = outbox.notify(&notification_text(&LlmAnswering { token, text, anew }));
        }
    }
}

fn by(answer: Answer) -> DoneBy {
    DoneBy::Model {
        provider: answer.provider,
        model: answer.model,
        cached: answer.is_cached,
        tokens_in: answer.usage.tokens_in,
        tokens_out: answer.usage.tokens_out,
        money_micro: answer.money_micro,
        took_ms: answer.ms,
    }
}

/// Whether the rules may stand in for a model that has no answer: they do for whatever is wrong
/// with models, and not for a request that nobody could fulfill or wants any more.
fn may_stand_in(error: &Error) -> bool {
    !matches!(
        error.kind,
        ErrorKind::Cancelled | ErrorKind::InvalidParams | ErrorKind::NotFound
    )
}

fn by_rules(error: &Error) -> DoneBy {
    let why = match &error.hint {
        Some(hint) => format!("{}; {hint}", error.message),
        None => error.message.clone(),
    };
    DoneBy::Rules { why }
}

impl Serve for WriteShotPrompt {
    async fn serve(self, context: &Context) -> Result<ShotPrompt, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        let record = film.state.project.screenplay.shot(self.id)?;
        let intent = recipe::prepare(record, &film.state.project);
        let (wish, current) = (wish(self.wish.as_deref())?, wish(self.current.as_deref())?);
        if self.plain == Some(true) {
            if wish.is_some() || current.is_some() {
                let message = "`plain` asks no model, and takes neither `wish` nor `current`";
                return Err(Error::invalid_params(message).hint("leave one or the other out"));
            }
            let why = "it is what workflows are given".to_owned();
            return plain_prompt(&open, film, self.id, DoneBy::Rules { why }).await;
        }
        let told_to_model = prompt::context(&intent, current.as_deref(), wish.as_deref());
        match ask(context, &open, &film, (BuiltIn::ShotPrompt, told_to_model)).await {
            Ok((by, answer)) => {
                let written = prompt::understood(&answer)?;
                Ok(ShotPrompt {
                    by,
                    positive: written.positive,
                    negative: written.negative,
                    why: written.why.filter(|it| !it.trim().is_empty()),
                })
            }
            Err(error) if may_stand_in(&error) => {
                plain_prompt(&open, film, self.id, by_rules(&error)).await
            }
            Err(error) => Err(error),
        }
    }
}

/// The prompt that the template of the film writes.
async fn plain_prompt(
    open: &Arc<OpenFilm>,
    film: Arc<Film>,
    id: ShotId,
    by: DoneBy,
) -> Result<ShotPrompt, Error> {
    let open = open.clone();
    let written = blocking(move || prompt_by_rules(&film, id, &open.blobs));
    let (positive, negative) = written.await??;
    Ok(ShotPrompt {
        by,
        positive,
        negative,
        why: None,
    })
}

impl Serve for SuggestEntry {
    async fn serve(self, context: &Context) -> Result<SuggestedEntry, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        let known = entry::known(&film, self.kind, &self.name)?;
        let told_to_model = entry::context(&film, &known)?;
        let asked = (BuiltIn::BibleEntry, told_to_model);
        let (by, answer) = ask(context, &open, &film, asked).await?;
        let filled = entry::understood(&answer, &known)?;
        let toml = entry::file(&known, &filled)?;
        Ok(SuggestedEntry {
            by,
            description: filled.description,
            aliases: filled.aliases,
            details: filled.details,
            toml,
        })
    }
}

impl Serve for CheckContinuity {
    async fn serve(self, context: &Context) -> Result<Continuity, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        let asked = (BuiltIn::Continuity, continuity::context(&film, self.id)?);
        let (by, answer) = ask(context, &open, &film, asked).await?;
        let findings = continuity::understood(&answer, &film, self.id)?;
        Ok(Continuity { by, findings })
    }
}

impl Serve for WriteLogline {
    async fn serve(self, context: &Context) -> Result<Logline, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        let asked = (BuiltIn::Logline, logline::context(&film)?);
        let (by, answer) = ask(context, &open, &film, asked).await?;
        let written = logline::understood(&answer)?;
        Ok(Logline {
            by,
            logline: written.logline,
            synopsis: written.synopsis,
        })
    }
}

impl Serve for TranslateScene {
    async fn serve(self, context: &Context) -> Result<Translation, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        let speeches = translate::speeches(&film, self.id)?;
        let told_to_model = translate::context(&film, &speeches, &self.to)?;
        let asked = (BuiltIn::Translate, told_to_model);
        let (by, answer) = ask(context, &open, &film, asked).await?;
        let lines = translate::understood(&answer, &speeches)?;
        Ok(Translation { by, lines })
    }
}
