//! The tasks that are built in: their prompts and the schemas of their answers, as a person can
//! edit them. What each is given stands in `prompts/README.md`.

use crate::{error::Error, prompt::Prompt};

macro_rules! built_in {
    ($($(#[doc = $doc:literal])+ $task:ident = $name:literal,)+) => {
        /// A task of film-making that a model can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum BuiltIn { $($(#[doc = $doc])+ $task,)+ }

        impl BuiltIn {
            /// Every task.
            pub const ALL: &[BuiltIn] = &[$(BuiltIn::$task),+];

            /// What accounts, prompt files and people call it.
            pub fn name(self) -> &'static str {
                match self { $(BuiltIn::$task => $name),+ }
            }

            /// The file with its prompt.
            pub fn text(self) -> &'static str {
                match self {
                    $(BuiltIn::$task => include_str!(concat!("../prompts/", $name, ".md"))),+
                }
            }

            /// The file with the schema of its answer.
            pub fn schema(self) -> &'static str {
                match self {
                    $(BuiltIn::$task => {
                        include_str!(concat!("../prompts/", $name, ".schema.json"))
                    })+
                }
            }
        }
    };
}

built_in! {
    /// Plans the shots of a scene.
    Breakdown = "breakdown",
    /// Writes the picture of a shot for an image model, or improves what is there.
    ShotPrompt = "shot-prompt",
    /// Fills a bible entry from the script.
    BibleEntry = "bible-entry",
    /// Looks for what does not agree from shot to shot.
    Continuity = "continuity",
    /// Writes logline and synopsis.
    Logline = "logline",
    /// Translates dialogue.
    Translate = "translate",
}

impl BuiltIn {
    /// The prompt that is built in.
    ///
    /// # Errors
    /// None that anybody has seen: a test reads all of them.
    pub fn prompt(self) -> Result<Prompt, Error> {
        self.prompt_from(&format!("{}.md", self.name()), self.text(), |_| None)
    }

    /// A film's own prompt for the task, which may use the schema that is built in. `neighbor`
    /// gives the text of a file beside it, if it is there.
    ///
    /// # Errors
    /// `misconfigured`, naming the file and the line.
    pub fn prompt_from(
        self,
        file: &str,
        text: &str,
        neighbor: impl Fn(&str) -> Option<String>,
    ) -> Result<Prompt, Error> {
        let own = format!("{}.schema.json", self.name());
        let or_built_in = |name: &str| {
            let built_in = (name == own).then(|| self.schema().to_owned());
            neighbor(name).or(built_in)
        };
        Prompt::parse(file, text, or_built_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::is_closed;

    #[test]
    fn every_prompt_reads_and_every_schema_is_one_that_all_providers_take() {
        for task in BuiltIn::ALL {
            let prompt = task.prompt().unwrap();
            let schema = prompt.schema.unwrap();
            assert_eq!(schema.name(), task.name());
            assert!(is_closed(schema.value()), "{task:?}");
        }
    }

    #[test]
    fn a_film_may_have_its_own_prompt_and_keep_the_schema() {
        let own = BuiltIn::Logline
            .text()
            .replace("at most 35 words", "at most 20 words");
        let prompt = BuiltIn::Logline
            .prompt_from("prompts/logline.md", &own, |_| None)
            .unwrap();
        assert_eq!(prompt.schema.unwrap().name(), "logline");
        let other = |name: &str| (name == "logline.schema.json").then(|| "{}".to_owned());
        let prompt = BuiltIn::Logline
            .prompt_from("prompts/logline.md", &own, other)
            .unwrap();
        assert_eq!(*prompt.schema.unwrap().value(), serde_json::json!({}));
    }
}
