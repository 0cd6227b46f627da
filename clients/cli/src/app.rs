//! What can be typed, and where it leads.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use storycore_schema::Catalog;

use crate::{
    commands::{board, daemon, doctor, lsp, stdio, studio},
    failure::Failure,
    methods,
    output::Output,
};

const EXAMPLES: &str = "\
Examples:
  storycore board films/signals          Draw the boards and write one printable page
  storycore studio films/signals         The same, live in the browser
  storycore shot list --status stale     What the last edit made out of date, and why
  storycore system status --json         For scripts

PATH is a film's folder, any folder with Fountain files in it, or one `.fountain` file.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon, 130 interrupted.";

/// The whole command line.
pub(crate) fn command(catalog: &Catalog) -> Command {
    Command::new("storycore")
        .version(env!("CARGO_PKG_VERSION"))
        .about("From script to boards: the language server for film-making")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(board_command())
        .subcommand(studio_command())
        .subcommand(doctor_command())
        .subcommands(methods::commands(catalog))
        .subcommand(daemon_command())
        .subcommand(
            Command::new("lsp")
                .about("Speak LSP with an editor over stdin and stdout")
                .long_about(
                    "Speak LSP 3.17 with an editor over stdin and stdout, for Fountain files. \
                     Starts the daemon if need be; when that ends, starts it again and tells it \
                     what is open. The methods of this program can be called on the same \
                     connection.",
                )
                .arg(
                    Arg::new("in-process")
                        .long("in-process")
                        .action(ArgAction::SetTrue)
                        .help("Be the daemon for this editor alone, where none may run; no page"),
                )
                .after_help("Examples:\n  storycore lsp      What an editor is told to start"),
        )
        .subcommand(
            Command::new("stdio")
                .about("Speak JSON-RPC with the daemon over stdin and stdout")
                .long_about(
                    "Speak JSON-RPC with the daemon over stdin and stdout: each message after a \
                     Content-Length header, as in LSP. Starts the daemon if need be; ends with \
                     stdin, once all that was asked is answered.",
                )
                .after_help("Examples:\n  storycore stdio < requests > answers"),
        )
        .subcommand(
            Command::new("completions")
                .about("Print what a shell needs to complete these commands")
                .after_help("Examples:\n  source <(storycore completions bash)")
                .arg(
                    Arg::new("shell")
                        .value_name("SHELL")
                        .required(true)
                        .value_parser(value_parser!(Shell))
                        .help("bash, zsh, fish, elvish or powershell"),
                ),
        )
}

/// Does what was typed.
pub(crate) fn run(catalog: &Catalog, matches: &ArgMatches, output: &Output) -> Result<(), Failure> {
    let Some((noun, matches)) = matches.subcommand() else {
        return Ok(());
    };
    match noun {
        "board" => board::run(matches, output),
        "studio" => studio::run(matches, output),
        "doctor" => doctor::run(matches, output),
        "daemon" => daemon::run(matches, output),
        "lsp" => lsp::run(matches.get_flag("in-process")),
        "stdio" => stdio::run(),
        "completions" => completions(catalog, matches, output),
        _ => {
            let Some((verb, matches)) = matches.subcommand() else {
                return Ok(());
            };
            match methods::find(catalog, noun, verb) {
                Some(method) => methods::run(catalog, method, matches, output),
                None => Ok(()),
            }
        }
    }
}

fn board_command() -> Command {
    Command::new("board")
        .about("Draw every panel that is not up to date, and write the storyboard")
        .long_about(
            "Draw every panel that is not up to date, and write the storyboard as one printable \
             HTML file that needs nothing else.",
        )
        .after_help(
            "Examples:\n  storycore board films/signals\n  storycore board a.fountain --out /tmp",
        )
        .arg(path_arg())
        .arg(
            Arg::new("out")
                .long("out")
                .short('o')
                .value_name("DIR")
                .help("Folder for storyboard.html [default: the film's `exports`]"),
        )
        .arg(methods::json_arg())
}

fn studio_command() -> Command {
    Command::new("studio")
        .about("Keep the boards up to date while you write, and show them in the browser")
        .after_help("Examples:\n  storycore studio films/signals\n  storycore studio --no-open")
        .arg(path_arg())
        .arg(
            Arg::new("no-open")
                .long("no-open")
                .action(ArgAction::SetTrue)
                .help("Print the page's address, but do not open it"),
        )
}

fn doctor_command() -> Command {
    Command::new("doctor")
        .about("Check what is kept of a film, and put right what is damaged")
        .long_about(
            "Check the log, every event in it, and the texts and pictures that events name. With \
             --repair, put right what can be, and keep a copy of everything that is changed; close \
             the film first. Fails if something is still wrong.",
        )
        .after_help(
            "Examples:\n  storycore doctor films/signals\n  storycore doctor films/signals --repair",
        )
        .arg(path_arg())
        .arg(
            Arg::new("repair")
                .long("repair")
                .action(ArgAction::SetTrue)
                .help("Put right what can be, and keep a copy of everything that is changed"),
        )
        .arg(methods::json_arg())
}

fn daemon_command() -> Command {
    let action = |name: &'static str, about: &'static str| {
        Command::new(name)
            .about(about)
            .after_help(format!("Examples:\n  storycore daemon {name}"))
    };
    Command::new("daemon")
        .about("The daemon behind it all: one for you and this build, started when needed")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            action("run", "Be the daemon, in the foreground").arg(
                Arg::new("detached")
                    .long("detached")
                    .hide(true)
                    .action(ArgAction::SetTrue),
            ),
        )
        .subcommand(action(
            "ensure",
            "Start the daemon if need be, and print where it is, as JSON",
        ))
        .subcommand(
            action("status", "Tell how the daemon does, without starting it")
                .arg(methods::json_arg()),
        )
        .subcommand(action("stop", "Stop the daemon and wait until it is gone"))
        .subcommand(
            action("logs", "Print the end of the daemon's log")
                .arg(
                    Arg::new("lines")
                        .short('n')
                        .long("lines")
                        .value_name("NUMBER")
                        .value_parser(value_parser!(usize))
                        .default_value("50")
                        .help("How many lines"),
                )
                .arg(
                    Arg::new("follow")
                        .short('f')
                        .long("follow")
                        .action(ArgAction::SetTrue)
                        .help("Print what is logged from now on, too, until Ctrl-C"),
                )
                .arg(
                    Arg::new("json")
                        .long("json")
                        .action(ArgAction::SetTrue)
                        .help("Print the lines as they stand in the file"),
                ),
        )
}

fn path_arg() -> Arg {
    Arg::new("path")
        .value_name("PATH")
        .default_value(".")
        .help("The film: its folder, a folder with Fountain files, or one `.fountain` file")
}

fn completions(catalog: &Catalog, matches: &ArgMatches, output: &Output) -> Result<(), Failure> {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return Ok(());
    };
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut command(catalog), "storycore", &mut script);
    output.line(&String::from_utf8_lossy(&script))
}
