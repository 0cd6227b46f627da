//! `cargo xtask codegen`: writes what follows from the catalog.

use std::process::ExitCode;

use anyhow::bail;

use crate::root;

/// Writes the generated files; with `--check`, only says which are stale.
pub(crate) fn codegen(args: &[String]) -> anyhow::Result<ExitCode> {
    let root = root::root();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => {
            for path in storycore_codegen::write(&root)? {
                println!("wrote {path}");
            }
            Ok(ExitCode::SUCCESS)
        }
        ["--check"] => match storycore_codegen::check(&root) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(stale) => {
                for path in stale {
                    eprintln!("stale: {path}");
                }
                eprintln!("run `cargo xtask codegen`");
                Ok(ExitCode::FAILURE)
            }
        },
        other => bail!(
            "codegen takes `--check` or nothing, not `{}`",
            other.join(" ")
        ),
    }
}
