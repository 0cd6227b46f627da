//! Commands that an editor runs for its user: calls of the catalog, the board in a browser, and what
//! to do when two have changed one file.

use serde::Deserialize;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use storycore_schema::{Error, Method, system::GetPage};

use super::{
    actions::CALL,
    conflict::{KEEP_MINE, SHOW},
    hints::OPEN_BOARD,
};
use crate::call::Call;

/// What a command comes to.
pub(super) enum Command {
    /// A call of the catalog.
    Call(Call),
    /// A call whose answer is an address to be shown in a browser.
    Open(Call),
    /// Another text of an open file is to be shown.
    Show(Value),
    /// What is on disk was seen.
    KeepMine(Value),
}

/// LSP 3.17, `ExecuteCommandParams`.
#[derive(Deserialize)]
struct Execute {
    command: String,
    #[serde(default)]
    arguments: Vec<Value>,
}

/// What an argument of [`CALL`] holds.
#[derive(Deserialize)]
struct Wanted {
    method: String,
    #[serde(default = "empty")]
    params: Value,
}

fn empty() -> Value {
    json!({})
}

/// The command that a request is, if it is one of ours; else the request as it was.
pub(super) fn of(call: Call) -> Result<Command, (Call, Option<Error>)> {
    if call.method != "workspace/executeCommand" {
        return Err((call, None));
    }
    match read(call.params.as_deref()) {
        Ok((command, _, argument)) if command == SHOW || command == KEEP_MINE => {
            let argument = serde_json::from_str(argument.get()).unwrap_or_default();
            Ok(match command.as_str() {
                SHOW => Command::Show(argument),
                _ => Command::KeepMine(argument),
            })
        }
        Ok((command, method, params)) => {
            let call = Call {
                method,
                params: Some(params),
                ..call
            };
            Ok(match command.as_str() {
                OPEN_BOARD => Command::Open(call),
                _ => Command::Call(call),
            })
        }
        Err(error) => Err((call, Some(error))),
    }
}

/// The command, and the method that it calls with which params.
fn read(params: Option<&RawValue>) -> Result<(String, String, Box<RawValue>), Error> {
    let execute: Execute = serde_json::from_str(params.map_or("{}", RawValue::get))
        .map_err(|error| Error::invalid_params(error.to_string()))?;
    let first = execute.arguments.into_iter().next().unwrap_or_else(empty);
    let (method, params) = match execute.command.as_str() {
        CALL => {
            let wanted: Wanted = serde_json::from_value(first).map_err(|error| {
                Error::invalid_params(format!("the argument of {CALL}: {error}"))
                    .hint("give {\"method\": \"shot/render\", \"params\": {...}}")
            })?;
            (wanted.method, wanted.params)
        }
        OPEN_BOARD => (GetPage::NAME.to_owned(), first),
        SHOW | KEEP_MINE => (String::new(), first),
        other => {
            let error = Error::invalid_params(format!("no command {other}"));
            return Err(error.hint(format!(
                "there are {CALL}, {OPEN_BOARD}, {SHOW} and {KEEP_MINE}"
            )));
        }
    };
    let params = to_raw_value(&params).map_err(|error| Error::internal(error.to_string()))?;
    Ok((execute.command, method, params))
}
