//! `[[llm]]` and `[llm_chains]` in `daemon.toml`: which language models may be asked, in which
//! order.

use std::collections::BTreeMap;

use storycore_llm::{Kind, Limits, Price, Provider};
use storycore_schema::Error;
use toml::{Spanned, de::DeValue};

use super::SettingsFile;

/// The chain that tasks ask, unless their prompt names another one.
pub const CHAIN_DEFAULT: &str = "default";

/// A language model. Its key stands in the environment and not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlmSettings {
    /// The provider, without its key.
    pub provider: Provider,
    /// The environment variable that holds the key.
    pub key_env: Option<String>,
    /// Whether its memory is freed before a ComfyUI server draws.
    pub unload: bool,
}

/// Chains by name: who is asked first, and who when that one has no answer.
pub type LlmChains = BTreeMap<String, Vec<String>>;

const KEYS: [&str; 14] = [
    "name",
    "kind",
    "url",
    "model",
    "key_env",
    "key_over_plain_http",
    "unload",
    "context_tokens",
    "price_in",
    "price_out",
    "requests_per_minute",
    "tokens_per_minute",
    "tokens_per_day",
    "money_per_day",
];
const KINDS: [(&str, Kind); 3] = [
    ("ollama", Kind::Ollama),
    ("openai", Kind::OpenAi),
    ("anthropic", Kind::Anthropic),
];
/// An address, for people.
const SUCH_AS: &str = "http://127.0.0.1:8080/v1";
/// Money is counted in millionths.
const MICRO: f64 = 1_000_000.0;

/// The models of the file.
pub(super) fn models(
    file: &SettingsFile<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Vec<LlmSettings>, Error> {
    let Some(tables) = value.get_ref().as_array() else {
        let message = "each language model is a table of its own: [[llm]]";
        return Err(file.error(value.span().start, message));
    };
    let mut models: Vec<LlmSettings> = Vec::new();
    for table in tables {
        let model = model(file, table)?;
        let name = &model.provider.name;
        if models.iter().any(|it| it.provider.name == *name) {
            let message = format!("there are two language models named `{name}`");
            return Err(file.error(table.span().start, &message));
        }
        models.push(model);
    }
    Ok(models)
}

fn model(file: &SettingsFile<'_>, value: &Spanned<DeValue<'_>>) -> Result<LlmSettings, Error> {
    let at = value.span().start;
    let Some(table) = value.get_ref().as_table() else {
        return Err(file.error(at, "each language model is a table of its own: [[llm]]"));
    };
    let mut model = LlmSettings {
        provider: Provider::new("", Kind::OpenAi, "", None),
        key_env: None,
        unload: false,
    };
    let (mut kind, mut price, mut limits) = (None, Price::default(), Limits::default());
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let provider = &mut model.provider;
        match name {
            "name" => provider.name = text(file, name, value)?,
            "kind" => kind = Some(kind_of(file, value)?),
            "url" => provider.base_url = file.address(name, value, SUCH_AS)?,
            "model" => provider.model = Some(text(file, name, value)?),
            "key_env" => model.key_env = Some(text(file, name, value)?),
            "key_over_plain_http" => provider.key_over_plain_http = flag(file, name, value)?,
            "unload" => model.unload = flag(file, name, value)?,
            "context_tokens" => provider.context_tokens = Some(file.integer(name, value)?),
            "price_in" => price.input_micro = micro(file, name, value)?,
            "price_out" => price.output_micro = micro(file, name, value)?,
            "requests_per_minute" => limits.requests_per_minute = Some(file.integer(name, value)?),
            "tokens_per_minute" => limits.tokens_per_minute = Some(file.integer(name, value)?),
            "tokens_per_day" => limits.tokens_per_day = Some(file.integer(name, value)?),
            "money_per_day" => limits.money_per_day_micro = Some(micro(file, name, value)?),
            _ => return Err(file.unknown(key, "setting", name, &KEYS)),
        }
    }
    let kind = kind.ok_or_else(|| {
        file.error(
            at,
            "a language model needs a kind: \"ollama\", \"openai\" or \"anthropic\"",
        )
    })?;
    let provider = &mut model.provider;
    (provider.kind, provider.price, provider.limits) = (kind, price, limits);
    if provider.base_url.is_empty() {
        usual_address(kind).clone_into(&mut provider.base_url);
    }
    if provider.name.is_empty() {
        name_of(kind).clone_into(&mut provider.name);
    }
    Ok(model)
}

/// Where those are that say nothing else.
fn usual_address(kind: Kind) -> &'static str {
    match kind {
        Kind::Ollama => "http://127.0.0.1:11434",
        Kind::OpenAi => "https://api.openai.com/v1",
        Kind::Anthropic => "https://api.anthropic.com",
    }
}

fn name_of(kind: Kind) -> &'static str {
    let known = KINDS.iter().find(|it| it.1 == kind);
    known.map_or("llm", |it| it.0)
}

/// The chains of the file.
pub(super) fn chains(
    file: &SettingsFile<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<LlmChains, Error> {
    let Some(table) = value.get_ref().as_table() else {
        let message = "`llm_chains` must be a table, such as [llm_chains] with fast = [\"small\"]";
        return Err(file.error(value.span().start, message));
    };
    let chains = table.iter().map(|(key, value)| {
        let name = key.get_ref().as_ref();
        Ok((name.to_owned(), file.strings(name, value)?))
    });
    chains.collect()
}

/// Refuses a chain that asks somebody who is not in the file.
pub(super) fn check_chains(
    file: &SettingsFile<'_>,
    chains: &Spanned<DeValue<'_>>,
    models: &[LlmSettings],
) -> Result<(), Error> {
    let chains = chains.get_ref().as_table().into_iter().flatten();
    let names = chains.flat_map(|(_, names)| names.get_ref().as_array().into_iter().flatten());
    for name in names {
        let text = name.get_ref().as_str().unwrap_or_default();
        if !models.iter().any(|it| it.provider.name == text) {
            let message = format!("no [[llm]] of this file is named `{text}`");
            let known = models.iter().map(|it| format!("`{}`", it.provider.name));
            let known: Vec<String> = known.collect();
            let hint = match known.is_empty() {
                true => "add one, or take the chain out".to_owned(),
                false => format!("there are {}", known.join(", ")),
            };
            return Err(file.error(name.span().start, &message).hint(hint));
        }
    }
    Ok(())
}

fn kind_of(file: &SettingsFile<'_>, value: &Spanned<DeValue<'_>>) -> Result<Kind, Error> {
    let written = text(file, "kind", value)?;
    let known = KINDS.iter().find(|it| it.0 == written);
    known.map(|it| it.1).ok_or_else(|| {
        let message = format!("`{written}` is no kind of language model");
        file.error(value.span().start, &message)
            .hint("write \"ollama\", \"openai\" (also llama.cpp, vLLM, LM Studio) or \"anthropic\"")
    })
}

fn text(
    file: &SettingsFile<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<String, Error> {
    let text = value.get_ref().as_str().map(str::trim);
    let text = text.filter(|it| !it.is_empty());
    text.map(ToOwned::to_owned).ok_or_else(|| {
        let message = format!("`{name}` must be a text in quotes");
        file.error(value.span().start, &message)
    })
}

fn flag(file: &SettingsFile<'_>, name: &str, value: &Spanned<DeValue<'_>>) -> Result<bool, Error> {
    value.get_ref().as_bool().ok_or_else(|| {
        let message = format!("`{name}` must be true or false");
        file.error(value.span().start, &message)
    })
}

/// An amount of money, in millionths.
fn micro(file: &SettingsFile<'_>, name: &str, value: &Spanned<DeValue<'_>>) -> Result<u64, Error> {
    let whole = value
        .get_ref()
        .as_integer()
        .map(|it| it.as_str().to_owned());
    let broken = value.get_ref().as_float().map(|it| it.as_str().to_owned());
    let number = whole.or(broken).and_then(|it| it.parse::<f64>().ok());
    let number = number.filter(|it| (0.0..1e12).contains(it));
    number.map(|it| (it * MICRO).round() as u64).ok_or_else(|| {
        let message = format!("`{name}` must be an amount of money, such as 2.50");
        file.error(value.span().start, &message)
    })
}
