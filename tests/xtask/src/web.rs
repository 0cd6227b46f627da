//! The studio page: its packages, and the build that the binary carries.

use crate::{command, npm, root, stamp};

const FOLDER: &str = "clients/web";

/// Builds the page, unless its sources are those of the last build.
pub(crate) fn build() -> anyhow::Result<()> {
    let root = root::root();
    npm::install("clients/typescript")?;
    npm::install(FOLDER)?;
    let sources = [root.join(FOLDER), root.join("clients/typescript/src")];
    let text = stamp::hash(&sources)?;
    let stamp_path = root
        .join(FOLDER)
        .join("node_modules/.storycore-build-stamp");
    let is_built = root.join(FOLDER).join("dist/index.html").is_file();
    if is_built && stamp::says(&stamp_path, &text) {
        println!("the page is built");
        return Ok(());
    }
    command::run(npm::npm(FOLDER, &["run", "build"]))?;
    stamp::write(&stamp_path, &text)
}
