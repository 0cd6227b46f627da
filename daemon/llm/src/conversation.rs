//! One task at one provider: the request in the form that the provider takes, and, where the answer
//! must fit a schema, the answer asked for until it does.

use crate::{
    answer::{Answer, Event, Finish, Usage, tell},
    error::{Error, ErrorKind},
    line::{Call, Line, Sent},
    request::Request,
    schema::Schema,
    structured,
    wire::{Ask, Rung},
};

/// What a task took at a provider so far.
#[derive(Debug)]
pub(crate) struct Tally {
    /// The model that was asked for.
    pub(crate) model: String,
    pub(crate) usage: Usage,
    pub(crate) money_micro: u64,
    pub(crate) attempts: u32,
    /// How long it took, in milliseconds, with all tries and waits.
    pub(crate) ms: u64,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        let usage = Usage {
            is_measured: true,
            ..Usage::default()
        };
        Tally {
            model: String::new(),
            usage,
            money_micro: 0,
            attempts: 0,
            ms: 0,
        }
    }

    fn add(&mut self, sent: &Sent) {
        self.usage = self.usage.plus(sent.usage);
        self.money_micro = self.money_micro.saturating_add(sent.money_micro);
        self.attempts += u32::from(sent.was_sent);
    }
}

/// Asks a provider until there is an answer or no hope.
pub(crate) async fn converse(
    line: &Line,
    call: &Call<'_>,
    task: &Request,
    tally: &mut Tally,
) -> Result<Answer, Error> {
    let asked = tally.model.clone();
    let mut request = task.clone();
    let known = task.schema.as_ref().and_then(|it| line.rung(it));
    let mut rung = known.unwrap_or(Rung::Schema);
    let mut n_repairs = 0;
    loop {
        let ask = Ask {
            request: &request,
            model: &asked,
            context_tokens: line.provider.context_tokens,
            rung,
            omitted: &line.omitted(),
        };
        let sent = line.send(call, &ask).await;
        tally.add(&sent);
        if let Err(failure) = sent.outcome {
            if failure.refused_parameter.is_some_and(|it| line.omit(it)) {
                continue;
            }
            let may_step = structured::may_be_the_rung(&failure, rung, known == Some(rung));
            match rung.below().filter(|_| may_step && task.schema.is_some()) {
                Some(below) => rung = below,
                None => return Err(failure.error),
            }
            continue;
        }
        let reading = sent.heard.reading;
        if let Some(reason) = reading.refused {
            return Err(
                Error::new(ErrorKind::Refused, format!("it declined: {reason}"))
                    .hint("say it in other words, or take another model"),
            );
        }
        let finish = reading.finish.unwrap_or(Finish::Stop);
        let model = reading.model.as_deref().unwrap_or(&asked);
        let Some(schema) = &task.schema else {
            return plain(line, model, reading.text.clone(), finish, tally);
        };
        match structured::parse(&reading.text, schema) {
            Ok(value) => {
                line.remember_rung(schema, rung);
                let answer = answer(line, model, reading.text.clone(), Finish::Stop, tally);
                return Ok(Answer {
                    value: Some(value),
                    ..answer
                });
            }
            Err(_) if finish == Finish::Length => return Err(truncated(task, schema)),
            Err(faults) if n_repairs < call.repairs_max => {
                n_repairs += 1;
                let reason = format!("the answer does not fit: {}", faults.join("; "));
                tell(call.events, Event::Restarted { reason }).await;
                request = structured::repair(task, &reading.text, &faults);
            }
            Err(faults) => {
                let faults = faults.join("; ");
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("its answer does not fit {}: {faults}", schema.name()),
                )
                .hint("try again, or take a larger model"));
            }
        }
    }
}

fn plain(
    line: &Line,
    model: &str,
    text: String,
    finish: Finish,
    tally: &Tally,
) -> Result<Answer, Error> {
    if text.trim().is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "it answered nothing"));
    }
    Ok(answer(line, model, text, finish, tally))
}

fn truncated(task: &Request, schema: &Schema) -> Error {
    Error::new(
        ErrorKind::Truncated,
        format!(
            "its answer was cut off after {} tokens, before it fit {}",
            task.tokens_max,
            schema.name()
        ),
    )
    .hint("allow more tokens, or ask for less")
}

fn answer(line: &Line, model: &str, text: String, finish: Finish, tally: &Tally) -> Answer {
    Answer {
        text,
        value: None,
        finish,
        provider: line.name().to_owned(),
        model: model.to_owned(),
        usage: tally.usage,
        money_micro: tally.money_micro,
        attempts: tally.attempts,
        is_cached: false,
        ms: 0,
    }
}
