//! Where things are.

use std::{env, path::PathBuf};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    // Cargo says where this crate is now; where it was compiled may be long gone.
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors()
        .nth(2)
        .map_or_else(|| here.clone(), Into::into)
}

/// Where Cargo builds, and where we keep what the tests need.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |it| root().join(it))
}

/// Where a heavy thing that tests need is kept: `target/test-env/{name}-{version}`.
pub(crate) fn test_env(name: &str, version: &str) -> PathBuf {
    target().join("test-env").join(format!("{name}-{version}"))
}
