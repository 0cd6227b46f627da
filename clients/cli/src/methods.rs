//! The catalog as commands: `shot/list` is `storycore shot list`, its params are flags, its docs
//! are the help.

mod flag;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value};
use storycore_schema::{Catalog, Kind, MethodInfo};

use crate::{
    client::Client, commands, failure::Failure, film::FilmName, interrupt, output::Output,
    progress::Bar, view,
};
use flag::Flag;

pub(crate) const PROJECT: &str = "project";

/// Params that are paths on this machine. The daemon stands elsewhere, so they go out absolute.
const LOCAL_PATHS: &[(&str, &str)] = &[
    ("project/open", "path"),
    ("project/export", "path"),
    ("project/import", "path"),
    ("project/import", "into"),
    ("project/check", "path"),
    ("export/storyboard", "out"),
];

/// One command a noun, with one subcommand a verb. `initialize` has no noun: the client sends it
/// by itself.
pub(crate) fn commands(catalog: &Catalog) -> Vec<Command> {
    let mut nouns: Vec<(String, Vec<&MethodInfo>)> = Vec::new();
    for method in &catalog.methods {
        let Some((noun, _)) = split(method.name) else {
            continue;
        };
        match nouns.iter_mut().find(|(name, _)| name == noun) {
            Some((_, methods)) => methods.push(method),
            None => nouns.push((noun.to_owned(), vec![method])),
        }
    }
    nouns
        .into_iter()
        .map(|(noun, methods)| noun_command(catalog, noun, &methods))
        .collect()
}

/// The method of a noun and a verb.
pub(crate) fn find<'a>(catalog: &'a Catalog, noun: &str, verb: &str) -> Option<&'a MethodInfo> {
    catalog
        .methods
        .iter()
        .find(|it| split(it.name) == Some((noun, verb)))
}

/// Calls the method as typed, and prints its result.
pub(crate) fn run(
    catalog: &Catalog,
    method: &MethodInfo,
    matches: &ArgMatches,
    output: &Output,
) -> Result<(), Failure> {
    let flags = flag::flags(catalog, method);
    let film = film_name(method, matches, &flags)?;
    let mut params = params(method, matches, &flags)?;
    let mut client = commands::connect()?;
    if method.kind == Kind::Job {
        interrupt::cancel_on_ctrl_c(client.canceler());
    }
    if let Some(film) = film {
        let id = if method.name == "project/close" {
            film.find(&mut client)?
        } else {
            film.open(&mut client)?
        };
        params.insert(PROJECT.to_owned(), id.to_string().into());
    }
    let mut bar = Bar::new(output);
    let result = client.call(method.name, &params.into(), &mut |it| bar.follow(it));
    drop(bar);
    view::show(method.name, &result?, output)?;
    if method.name.ends_with("/subscribe") {
        return follow(client, output);
    }
    Ok(())
}

/// Prints what a subscription sends, a line each.
fn follow(mut client: Client, output: &Output) -> Result<(), Failure> {
    interrupt::finish_on_ctrl_c();
    loop {
        let note = client.next_note()?;
        let (method, params) = (note.method, note.params.get());
        output.line(&format!(r#"{{"method":"{method}","params":{params}}}"#))?;
    }
}

fn noun_command(catalog: &Catalog, noun: String, methods: &[&MethodInfo]) -> Command {
    let verbs: Vec<&str> = methods
        .iter()
        .filter_map(|it| Some(split(it.name)?.1))
        .collect();
    Command::new(noun)
        .about(format!("Methods: {}", verbs.join(", ")))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(methods.iter().map(|it| verb_command(catalog, it)))
}

fn verb_command(catalog: &Catalog, method: &MethodInfo) -> Command {
    let (noun, verb) = split(method.name).unwrap_or_default();
    let doc = flag::plain(&method.doc);
    let flags = flag::flags(catalog, method);
    let mut command = Command::new(verb.to_owned())
        .about(first_sentence(&doc))
        .long_about(doc)
        .after_help(examples(noun, verb, &flags))
        .arg(json_arg());
    for flag in &flags {
        command = command.arg(if flag.field == PROJECT {
            project_arg(flag.required)
        } else {
            flag.to_arg()
        });
    }
    command
}

/// `--json`, as every command has it that has a result.
pub(crate) fn json_arg() -> Arg {
    Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print exactly the method's result, and errors as JSON")
}

fn project_arg(required: bool) -> Arg {
    let help = if required {
        "The film: its folder, its file or its id [default: the folder you stand in]"
    } else {
        "The film: its folder, its file or its id"
    };
    Arg::new(PROJECT)
        .long(PROJECT)
        .short('p')
        .value_name("PATH|ID")
        .help(help)
}

fn examples(noun: &str, verb: &str, flags: &[Flag]) -> String {
    let needed: String = flags
        .iter()
        .filter(|it| it.required && it.field != PROJECT)
        .map(|it| format!(" --{} {}", it.flag, it.example()))
        .collect();
    let call = format!("storycore {noun} {verb}{needed}");
    let mut lines = format!("Examples:\n  {call}\n  {call} --json\n");
    if flags.iter().any(|it| it.field == PROJECT) {
        lines += &format!("  {call} --project films/signals\n");
    }
    if let Some(flag) = flags.iter().find(|it| !it.required && it.field != PROJECT) {
        lines += &format!("  {call} --{}{}\n", flag.flag, flag.example_value());
    }
    lines
}

fn film_name(
    method: &MethodInfo,
    matches: &ArgMatches,
    flags: &[Flag],
) -> Result<Option<FilmName>, Failure> {
    let Some(flag) = flags.iter().find(|it| it.field == PROJECT) else {
        return Ok(None);
    };
    let given = matches.get_one::<String>(PROJECT).map(String::as_str);
    if given.is_none() && !flag.required {
        return Ok(None);
    }
    debug_assert!(
        method.params != "OpenProject",
        "opening takes a path, not a film"
    );
    FilmName::parse(given).map(Some)
}

fn params(
    method: &MethodInfo,
    matches: &ArgMatches,
    flags: &[Flag],
) -> Result<Map<String, Value>, Failure> {
    let mut params = Map::new();
    for flag in flags.iter().filter(|it| it.field != PROJECT) {
        let Some(mut value) = flag.value(matches) else {
            continue;
        };
        if LOCAL_PATHS.contains(&(method.name, &flag.field)) {
            value = commands::local_path(value.as_str().unwrap_or_default())?.into();
        }
        params.insert(flag.field.clone(), value);
    }
    Ok(params)
}

fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once(['/', '.'])
}

fn first_sentence(doc: &str) -> String {
    let end = doc.find(". ").map_or(doc.len(), |it| it + 1);
    doc[..end].trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
