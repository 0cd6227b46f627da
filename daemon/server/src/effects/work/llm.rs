//! A step that a language model does: its prompt filled in, asked, and what it answered kept.

use serde_json::{Map, Value, json};
use storycore_core::{
    recipe,
    run::{Failure, Made, Outcome},
    task::{PROMPT_ENDING, prompt},
    workflow::{SHOT_PROMPT, Scope},
};
use storycore_llm::{Answer, ErrorKind, Event, Prompt};
use storycore_schema::{
    id::{IntentHash, StepKey},
    run::{FailureKind, RunWorkflow},
    workflow::WorkflowStep,
};
use tokio::sync::mpsc;

use super::{
    Job,
    gate::Turn,
    inputs,
    progress::{self, Progress},
};
use crate::{
    llm::{Question, built_in, prompts},
    offload::blocking,
};

/// What the work is, in a step's key: raised when the same inputs give something else.
const VERSION: u32 = 1;
/// Pieces of an answer that wait to be told, in pieces.
const PIECES_LEN_MAX: usize = 64;
/// How much of what was written last is told, in characters.
const TOLD_CHARS_MAX: usize = 80;
/// Where a step's output says what its shot asked for.
const INTENT: &str = "intent";

/// A step whose inputs are known.
struct Prepared {
    name: String,
    prompt: Prompt,
    context: Value,
    key: StepKey,
    intent: Option<IntentHash>,
}

/// Does the step.
pub(super) async fn run(job: Job, turn: Turn) -> Result<Outcome, Failure> {
    let (job, prepared) = blocking(move || {
        let prepared = prepare(&job);
        (job, prepared)
    })
    .await
    .map_err(internal)?;
    let Some(prepared) = prepared? else {
        return Ok(Outcome::Skipped);
    };
    if let Some(output) = job.known_result(prepared.key) {
        return Ok(Outcome::Made(Box::new(Made {
            output: Some(output),
            key: Some(prepared.key),
            reused: true,
            ..Made::default()
        })));
    }
    let _pass = tokio::select! {
        pass = turn.come() => pass,
        () = job.canceled.cancelled() => return Err(canceled()),
        () = job.held.cancelled() => return Err(canceled()),
    };
    let answer = asked(&job, &prepared).await?;
    let took_ms = answer.ms;
    Ok(Outcome::Made(Box::new(Made {
        output: Some(output(&prepared, answer)),
        key: Some(prepared.key),
        took_ms: Some(took_ms),
        ..Made::default()
    })))
}

/// Fills in the prompt's context; none if the step is left out. Blocks.
fn prepare(job: &Job) -> Result<Option<Prepared>, Failure> {
    let Some(step) = job.record.task.definition(job.at.step).cloned() else {
        return Ok(None);
    };
    let (Some(scope), Some(workflow)) = (inputs::scope(job, &step)?, &job.record.task.workflow)
    else {
        return Ok(None);
    };
    let name = step.template.clone().unwrap_or_default();
    let prompt = prompt_of(job, workflow, &name)?;
    let intent = match job.at.shot {
        Some(shot) => {
            let project = &job.film.state.project;
            let record = project.screenplay.shot(shot);
            let record = record.map_err(|error| invalid(error.message))?;
            Some(recipe::prepare(record, project))
        }
        None => None,
    };
    let mut context = match (&intent, name.as_str()) {
        (Some(intent), SHOT_PROMPT) => prompt::context(intent, None, None),
        _ => scope.names().map_err(invalid)?,
    };
    extend(&mut context, &scope, &step)?;
    let anew = workflow.force.then_some(job.record.run.id);
    let all = json!({
        "uses": "llm",
        "version": VERSION,
        "prompt": blake3::hash(format!("{prompt:?}").as_bytes()).to_hex().as_str(),
        "context": context,
        "models": job.llm.models(),
        "anew": anew,
    });
    // A value can always be written, and its maps are sorted.
    let json = serde_json::to_vec(&all).unwrap_or_default();
    Ok(Some(Prepared {
        name: task_name(&name),
        prompt,
        context,
        key: StepKey(*blake3::hash(&json).as_bytes()),
        intent: intent.map(|it| recipe::intent_hash(&it)),
    }))
}

/// Adds what the step is given `with`.
fn extend(context: &mut Value, scope: &Scope, step: &WorkflowStep) -> Result<(), Failure> {
    let with: Map<String, Value> = step.with.clone().into_iter().collect();
    let filled = scope.fill(&Value::Object(with)).map_err(invalid)?;
    if let (Value::Object(context), Value::Object(filled)) = (context, filled) {
        context.extend(filled);
    }
    Ok(())
}

/// The prompt that a step names. One of the film's own is as it was when the run began.
fn prompt_of(job: &Job, workflow: &RunWorkflow, name: &str) -> Result<Prompt, Failure> {
    let file = match built_in(name) {
        Some(_) => format!("{name}{PROMPT_ENDING}"),
        None => name.to_owned(),
    };
    if let (Some(task), None) = (built_in(name), workflow.files.get(&file)) {
        return task.prompt().map_err(|error| invalid(error.to_string()));
    }
    let text = inputs::text_of(workflow, &file, &job.blobs)?;
    let prompt = prompts::of_step(&job.film, &job.blobs, &file, &text);
    prompt.map_err(|error| invalid(error.message))
}

/// What accounts call it.
fn task_name(template: &str) -> String {
    let file = template.rsplit('/').next().unwrap_or(template);
    file.trim_end_matches(PROMPT_ENDING).to_owned()
}

async fn asked(job: &Job, prepared: &Prepared) -> Result<Answer, Failure> {
    let question = Question {
        task: &prepared.name,
        film: job.project,
        prompt: &prepared.prompt,
        context: &prepared.context,
    };
    let (events, heard) = mpsc::channel(PIECES_LEN_MAX);
    let asking = async {
        let events = events;
        job.llm.ask(&question, Some(&events), &job.canceled).await
    };
    let mut text = String::new();
    let take_in = |progress: &mut Progress, event| take_in(progress, &mut text, event);
    let telling = progress::tell(job.progress(), heard, take_in);
    let (answer, ()) = tokio::join!(asking, telling);
    answer.map_err(|error| {
        let hint = error.hint.as_ref().map(|it| format!("; {it}"));
        Failure::new(
            kind_of(error.kind),
            format!("{error}{}", hint.unwrap_or_default()),
        )
    })
}

/// Takes in what a model says while it answers; `text` is what it has written so far.
fn take_in(progress: &mut Progress, text: &mut String, event: Event) -> bool {
    match event {
        Event::Asked { provider } => {
            progress.now.server = Some(provider);
            text.clear();
        }
        Event::Delta { text: more } => text.push_str(&more),
        Event::Restarted { .. } => text.clear(),
        Event::Waiting { ms, reason, .. } => {
            *text = format!("waits {} s: {reason}", ms.div_ceil(1_000));
        }
        Event::Used { .. } | Event::Finished { .. } => return false,
    }
    let n_before = text.chars().count().saturating_sub(TOLD_CHARS_MAX);
    let last: String = text.chars().skip(n_before).collect();
    progress.now.message = match last.trim() {
        "" => "asked".to_owned(),
        words => format!("writes: {}", words.replace('\n', " ")),
    };
    true
}

fn output(prepared: &Prepared, answer: Answer) -> Value {
    let mut output = match answer.value {
        Some(Value::Object(object)) => object,
        Some(other) => Map::from_iter([("value".to_owned(), other)]),
        None => Map::from_iter([("text".to_owned(), Value::String(answer.text))]),
    };
    if prepared.name == SHOT_PROMPT
        && let Some(positive) = output.get("prompt").cloned()
    {
        output.insert("positive".to_owned(), positive);
    }
    output.insert(
        "by".to_owned(),
        json!({
            "provider": answer.provider,
            "model": answer.model,
            "tokensIn": answer.usage.tokens_in,
            "tokensOut": answer.usage.tokens_out,
            "moneyMicro": answer.money_micro,
        }),
    );
    if let Some(intent) = prepared.intent {
        output.insert(INTENT.to_owned(), json!(intent));
    }
    Value::Object(output)
}

/// Whether a result was made for what its shot asks for now. One that was not is no input for a
/// picture: that would be kept as made for what it does not show.
pub(super) fn is_of_today(job: &Job, output: &Value) -> bool {
    let Some(shot) = job.at.shot else {
        return true;
    };
    let made_for: Option<IntentHash> = output
        .get(INTENT)
        .and_then(|it| serde_json::from_value(it.clone()).ok());
    let project = &job.film.state.project;
    let now = project.screenplay.shot(shot).ok();
    let now = now.map(|it| recipe::intent_hash(&recipe::prepare(it, project)));
    made_for.is_none() || made_for == now
}

fn kind_of(kind: ErrorKind) -> FailureKind {
    match kind {
        ErrorKind::Unreachable | ErrorKind::Overloaded => FailureKind::Unreachable,
        ErrorKind::RateLimited | ErrorKind::Server | ErrorKind::Truncated | ErrorKind::Invalid => {
            FailureKind::Backend
        }
        ErrorKind::Auth
        | ErrorKind::UnknownModel
        | ErrorKind::Unsupported
        | ErrorKind::CostLimit
        | ErrorKind::Misconfigured => FailureKind::Missing,
        ErrorKind::ContextOverflow
        | ErrorKind::Refused
        | ErrorKind::Rejected
        | ErrorKind::TooLarge => FailureKind::Invalid,
        ErrorKind::Canceled => FailureKind::Internal,
    }
}

fn canceled() -> Failure {
    Failure::new(FailureKind::Internal, "canceled")
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

fn internal(_: storycore_schema::Error) -> Failure {
    Failure::new(
        FailureKind::Internal,
        "the step met a bug; the daemon's log shows where",
    )
}
