//! Scripts: what may be asked about the screenplay's files.

use storycore_schema::{
    Error,
    script::{ListScripts, Script},
};

use crate::{Film, Query, screenplay::ScriptFile};

/// A script as clients see it.
pub fn describe(path: &str, file: &ScriptFile) -> Script {
    Script {
        path: path.to_owned(),
        hash: file.hash,
        bytes: file.bytes,
        scenes: file.order.iter().copied().collect(),
        title_page: (*file.title_page).clone(),
    }
}

impl Query for ListScripts {
    fn answer(self, film: &Film) -> Result<Vec<Script>, Error> {
        let scripts = film.state.project.screenplay.scripts.iter();
        Ok(scripts.map(|(path, file)| describe(path, file)).collect())
    }
}
