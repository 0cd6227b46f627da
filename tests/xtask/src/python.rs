//! Python packages of peers that tests and benchmarks compare with, in a folder of their own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};

use crate::{command, environment, root, stamp};

/// Reads `name==version` lines and checks each: the version installed, and that it can be
/// imported.
const CHECK: &str = r"
import importlib, importlib.metadata as metadata, re, sys
modules = metadata.packages_distributions()
for line in open(sys.argv[1]):
    match = re.match(r'([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)', line.strip())
    if not match:
        continue
    name, version = match.groups()
    assert metadata.version(name) == version, f'{name} is not {version}'
    same = lambda other: re.sub('[-_.]+', '-', other).lower() == re.sub('[-_.]+', '-', name).lower()
    for module, distributions in modules.items():
        if any(map(same, distributions)) and module.isidentifier() and not module.startswith('_'):
            importlib.import_module(module)
";

/// The Python of an environment with the packages of a requirements.txt, made if need be.
pub(crate) fn environment(requirements: &str) -> anyhow::Result<PathBuf> {
    let requirements = root::root().join(requirements);
    let folder = root::test_env("python", &stamp::hash(std::slice::from_ref(&requirements))?);
    let python = folder.join("bin/python");
    if check(&python, &requirements) {
        println!("the Python environment is there");
        return Ok(python);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    create(&folder)?;
    let path = requirements.to_string_lossy();
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
        &path,
    ];
    command::run(command::program(&python, arguments))?;
    ensure!(
        check(&python, &requirements),
        "the Python environment in {} is not what {path} asks for: remove it and try again",
        folder.display()
    );
    Ok(python)
}

/// Sees to it that Python can make environments.
pub(crate) fn with_venv() -> anyhow::Result<()> {
    let can_create = command::program("python3", ["-c", "import venv, ensurepip"]);
    if command::ask(can_create).is_none() {
        environment::install("python3-venv")?;
    }
    Ok(())
}

fn create(folder: &Path) -> anyhow::Result<()> {
    with_venv()?;
    command::run(command::program(
        "python3",
        ["-m", "venv", &folder.to_string_lossy()],
    ))
}

fn check(python: &Path, requirements: &Path) -> bool {
    let arguments = ["-c".as_ref(), CHECK.as_ref(), requirements.as_os_str()];
    python.is_file() && command::ask(command::program(python, arguments)).is_some()
}
