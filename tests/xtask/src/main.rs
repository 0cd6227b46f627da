//! `cargo xtask`: the project's own commands. Each does its own set-up, so that a fresh clone needs
//! nothing but a Rust toolchain and Node.js.
//!
//! Read [`test`] first; it uses nearly all of the rest.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for people talks on the terminal"
)]

use std::process::ExitCode;

use anyhow::bail;

mod bench;
mod codegen;
mod comfyui;
mod command;
mod coverage;
mod deny;
mod environment;
mod film;
mod llama;
mod npm;
mod python;
mod root;
mod stamp;
mod studio;
mod test;
mod vscode;
mod web;

const USAGE: &str = "\
cargo xtask studio [PATH]         builds everything and opens the studio on PATH or the sample film
cargo xtask test [--filter NAME]  runs every test, or the tests whose names contain NAME
cargo xtask bench [ARGS]          runs the benchmarks
cargo xtask codegen [--check]     writes the generated files, or only says which are stale
cargo xtask coverage [-p CRATE]   prints the line coverage of the Rust code
cargo xtask deny                  checks licenses and sources of the dependencies
cargo xtask fmt                   formats the Rust code
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(code) => code,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let Some((name, rest)) = args.split_first() else {
        print!("{USAGE}");
        return Ok(ExitCode::FAILURE);
    };
    match name.as_str() {
        "studio" => studio::studio(rest)?,
        "test" => return test::test(rest),
        "bench" => bench::bench(rest)?,
        "codegen" => return codegen::codegen(rest),
        "coverage" => coverage::coverage(rest)?,
        "deny" => deny::deny()?,
        "fmt" => command::run(command::cargo(["fmt", "--all"]))?,
        "help" | "--help" | "-h" => print!("{USAGE}"),
        other => bail!("no command `{other}`\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}
