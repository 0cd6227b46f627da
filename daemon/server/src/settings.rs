//! The daemon's own settings: `daemon.toml`, then the environment on top.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

use storycore_schema::{Error, Limits};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

const HTTP_PORT: &str = "http_port";
const HOSTS: &str = "hosts";
const ORIGINS: &str = "origins";
const LIMITS: &str = "limits";
const COMFYUI: &str = "comfyui";
const LLM: &str = "llm";
const LLM_CHAINS: &str = "llm_chains";
const CACHE: &str = "cache";
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Limits under which there may be nothing at all.
const MAY_BE_NONE: [&str; 1] = ["check_workers_max"];

mod cache;
mod comfyui;
mod llm;

pub use cache::{CacheSettings, S3Settings};
pub use comfyui::ComfyuiSettings;
pub use llm::{CHAIN_DEFAULT, LlmChains, LlmSettings};

/// What a person may set of the daemon. A film's settings are elsewhere, in `storycore.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaemonSettings {
    /// How much of everything there may be.
    pub limits: Limits,
    /// The port of HTTP and WebSocket; 0 takes any that is free.
    pub http_port: u16,
    /// `Host` values that browsers may use besides the loopback ones, such as `studio.lan:7777`.
    pub hosts: Vec<String>,
    /// Origins of pages that may call besides our own, such as `http://localhost:5173`.
    pub origins: Vec<String>,
    /// ComfyUI servers: a table `[[comfyui]]` each.
    pub comfyui: Vec<ComfyuiSettings>,
    /// Language models: a table `[[llm]]` each.
    pub llm: Vec<LlmSettings>,
    /// Chains of them, by name.
    pub llm_chains: LlmChains,
    /// Where what was made once is kept.
    pub cache: CacheSettings,
}

impl DaemonSettings {
    /// Reads `daemon.toml` in the folder, if it is there, and the environment.
    pub fn load(config_dir: &Path) -> Result<DaemonSettings, Error> {
        let path = config_dir.join("daemon.toml");
        let mut settings = DaemonSettings::default();
        if let Some(text) = read(&path)? {
            settings.apply_file(&path.display().to_string(), &text)?;
        }
        settings.apply_env(&|name| std::env::var(name).ok())?;
        Ok(settings)
    }

    fn apply_file(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let file = SettingsFile { name, text };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |it| it.start);
            file.error(at, error.message())
        })?;
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                HTTP_PORT => self.http_port = file.integer(HTTP_PORT, value)?,
                HOSTS => self.hosts = file.strings(HOSTS, value)?,
                ORIGINS => self.origins = file.strings(ORIGINS, value)?,
                LIMITS => self.apply_limits(&file, value)?,
                COMFYUI => self.comfyui = comfyui::servers(&file, value)?,
                LLM => self.llm = llm::models(&file, value)?,
                LLM_CHAINS => self.llm_chains = llm::chains(&file, value)?,
                CACHE => self.cache = cache::cache(&file, value)?,
                other => {
                    let known = [
                        HTTP_PORT, HOSTS, ORIGINS, LIMITS, COMFYUI, LLM, LLM_CHAINS, CACHE,
                    ];
                    return Err(file.unknown(key, "setting", other, &known));
                }
            }
        }
        // A chain may stand before the models that it names.
        match table.get_ref().get(LLM_CHAINS) {
            Some(chains) => llm::check_chains(&file, chains, &self.llm),
            None => Ok(()),
        }
    }

    fn apply_limits(
        &mut self,
        file: &SettingsFile<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), Error> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(file.error(value.span().start, "`limits` must be a table: [limits]"));
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let number = file.integer(name, value)?;
            check(name, number).map_err(|it| file.error(value.span().start, &it))?;
            if !self.limits.set(name, number) {
                let table = self.limits.table();
                let names: Vec<&str> = table.iter().map(|(name, ..)| *name).collect();
                return Err(file.unknown(key, "limit", name, &names));
            }
        }
        Ok(())
    }

    fn apply_env(&mut self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
        let variable = |name: &str| format!("STORYCORE_{}", name.to_uppercase());
        for (name, ..) in self.limits.table() {
            let Some(text) = lookup(&variable(name)) else {
                continue;
            };
            let number = parse_variable(&variable(name), &text)?;
            check(name, number)
                .map_err(|it| Error::failed_precondition(format!("{}: {it}", variable(name))))?;
            self.limits.set(name, number);
        }
        if let Some(text) = lookup(&variable(HTTP_PORT)) {
            self.http_port = parse_variable(&variable(HTTP_PORT), &text)?;
        }
        Ok(())
    }
}

/// A file whose errors name line and column.
struct SettingsFile<'a> {
    name: &'a str,
    text: &'a str,
}

impl SettingsFile<'_> {
    fn error(&self, at: usize, message: &str) -> Error {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |it| it + 1);
        let column = before[line_start..].chars().count() + 1;
        let message = message.trim_end().replace('\n', "; ");
        Error::failed_precondition(format!("{}:{line}:{column}: {message}", self.name))
            .hint("correct the file, then start the daemon again")
    }

    fn unknown(
        &self,
        key: &Spanned<impl AsRef<str>>,
        what: &str,
        name: &str,
        known: &[&str],
    ) -> Error {
        let error = self.error(key.span().start, &format!("unknown {what} `{name}`"));
        match nearest(name, known) {
            Some(it) => error.hint(format!("did you mean `{it}`?")),
            None if what == "limit" => error.hint("`storycore system status` lists the limits"),
            None => error.hint(format!("there are {}", known.join(", "))),
        }
    }

    fn strings(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Error> {
        let wrong = |at: usize| {
            self.error(
                at,
                &format!("`{name}` must be a list of strings, such as [\"a\", \"b\"]"),
            )
        };
        let list = value
            .get_ref()
            .as_array()
            .ok_or_else(|| wrong(value.span().start))?;
        let strings = list.iter().map(|it| match it.get_ref().as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(wrong(it.span().start)),
        });
        strings.collect()
    }

    /// The address of a server, such as this one.
    fn address(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        such_as: &str,
    ) -> Result<String, Error> {
        let text = value.get_ref().as_str().map(str::trim).unwrap_or_default();
        let address = text.parse::<http::Uri>().ok();
        let is_http = |it: &http::Uri| {
            matches!(it.scheme_str(), Some("http" | "https")) && it.host().is_some()
        };
        match address.filter(is_http) {
            Some(_) => Ok(text.to_owned()),
            None => {
                let message = format!("`{name}` must be an address, such as \"{such_as}\"");
                Err(self.error(value.span().start, &message))
            }
        }
    }

    fn integer<N: TryFrom<u64>>(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<N, Error> {
        let number = value.get_ref().as_integer().and_then(|it| {
            u64::from_str_radix(it.as_str(), it.radix())
                .ok()
                .and_then(|it| N::try_from(it).ok())
        });
        number.ok_or_else(|| {
            let largest = if name == HTTP_PORT {
                " up to 65535"
            } else {
                ""
            };
            let message = format!("`{name}` must be a whole number{largest}, such as 1024");
            self.error(value.span().start, &message)
        })
    }
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    let cannot = |error: &dyn std::fmt::Display| {
        Error::failed_precondition(format!("cannot read {}: {error}", path.display()))
            .hint("correct or remove the file, then start the daemon again")
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|it| cannot(&it))?,
    };
    let mut text = String::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(|it| cannot(&it))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(cannot(&format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(Some(text))
}

fn parse_variable<N: std::str::FromStr>(variable: &str, text: &str) -> Result<N, Error> {
    text.trim().replace('_', "").parse().map_err(|_| {
        Error::failed_precondition(format!(
            "{variable} is `{text}`, and must be a whole number"
        ))
        .hint(format!(
            "unset {variable}, or set it to a number such as 1024"
        ))
    })
}

/// Nothing works with room for nothing; only a time may be none.
fn check(name: &str, value: u64) -> Result<(), String> {
    if value == 0 && !name.contains("_ms") && !MAY_BE_NONE.contains(&name) {
        return Err(format!("`{name}` must be at least 1"));
    }
    Ok(())
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|it| (distance(name, it), *it));
    let (distance, nearest) = distances.min()?;
    (distance <= name.len().max(6) / 3).then_some(nearest)
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests;
