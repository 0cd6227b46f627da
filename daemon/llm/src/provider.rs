//! Providers: where a language model is, how to speak to it, what it costs, and what it may do.

use std::net::IpAddr;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    secret::Secret,
};

/// How a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Ollama's own `/api/chat`.
    Ollama,
    /// `/v1/chat/completions`, as OpenAI, llama.cpp, vLLM, LM Studio and many more have it.
    OpenAi,
    /// Anthropic's `/v1/messages`.
    Anthropic,
}

/// What tokens cost, in millionths of the currency for a million tokens: 3 dollars a million is
/// `3_000_000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Price {
    /// What the model reads.
    pub input_micro: u64,
    /// What it writes.
    pub output_micro: u64,
}

impl Price {
    /// What so many tokens cost, in millionths of the currency, rounded up.
    pub fn of(self, tokens_in: u64, tokens_out: u64) -> u64 {
        let of = |tokens: u64, micro: u64| u128::from(tokens) * u128::from(micro);
        let sum = of(tokens_in, self.input_micro).saturating_add(of(tokens_out, self.output_micro));
        u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// How much a provider may be asked. What is absent has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Requests a minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens a minute, read and written.
    pub tokens_per_minute: Option<u32>,
    /// Money a day (UTC), in millionths of the currency.
    pub money_per_day_micro: Option<u64>,
    /// Tokens a day (UTC), read and written.
    pub tokens_per_day: Option<u64>,
}

/// How long to wait, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Timeouts {
    /// For a connection.
    pub connect_ms: u64,
    /// For the first byte of the answer. A local server may load its model first.
    pub first_byte_ms: u64,
    /// For the next bytes of an answer that has begun.
    pub idle_ms: u64,
    /// For a whole answer.
    pub total_ms: u64,
    /// For a look at whether it is there.
    pub probe_ms: u64,
}

impl Timeouts {
    /// What does for local servers and services alike.
    pub const USUAL: Timeouts = Timeouts {
        connect_ms: 5_000,
        first_byte_ms: 180_000,
        idle_ms: 60_000,
        total_ms: 900_000,
        probe_ms: 3_000,
    };
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts::USUAL
    }
}

/// One provider with one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// What chains, records and messages call it.
    pub name: String,
    /// How it speaks.
    pub kind: Kind,
    /// Where it is: `http://127.0.0.1:11434`, `https://api.openai.com/v1`.
    pub base_url: String,
    /// Its key, if it wants one.
    pub key: Option<Secret>,
    /// Whether the key may go over plain HTTP to another machine.
    pub key_over_plain_http: bool,
    /// The model. `None` takes the one that the server lists first, as many local servers have one
    /// only. A name is held to: llama.cpp, which answers to any name with what it has, is not asked
    /// when it lists another one; other servers refuse by themselves.
    pub model: Option<String>,
    /// How many tokens the model's context has, if somebody knows. Ollama is asked for as many.
    pub context_tokens: Option<u32>,
    /// What tokens cost.
    pub price: Price,
    /// How much it may be asked.
    pub limits: Limits,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Provider {
    /// A provider with no key, price or limits, as a local server has it.
    pub fn new(name: &str, kind: Kind, base_url: &str, model: Option<&str>) -> Provider {
        Provider {
            name: name.to_owned(),
            kind,
            base_url: base_url.to_owned(),
            key: None,
            key_over_plain_http: false,
            model: model.map(ToOwned::to_owned),
            context_tokens: None,
            price: Price::default(),
            limits: Limits::default(),
            timeouts: Timeouts::USUAL,
        }
    }

    /// The address that paths are joined to, without a slash at its end.
    ///
    /// # Errors
    /// `misconfigured` if it is no address, or the key would be readable on the way.
    pub(crate) fn base(&self) -> Result<Base, Error> {
        let wrong = |message: String| {
            Error::new(ErrorKind::Misconfigured, message)
                .hint("an address looks like http://127.0.0.1:11434 or https://api.openai.com/v1")
                .of(&self.name)
        };
        let shown = &self.base_url;
        let mut url = Url::parse(shown)
            .map_err(|error| wrong(format!("{shown:?} is not an address: {error}")))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if !matches!(url.scheme(), "http" | "https") || host.is_empty() {
            return Err(wrong(format!("{shown:?} is not an HTTP address")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                "the address holds a password: put it into the key".into(),
            ));
        }
        let is_local = is_loopback(&host);
        let is_open = url.scheme() == "http" && !is_local;
        if self.key.is_some() && is_open && !self.key_over_plain_http {
            return Err(wrong(format!("the key would go to {host} over plain HTTP"))
                .hint("use https, or allow it for this provider if the network is yours alone"));
        }
        url.set_query(None);
        url.set_fragment(None);
        let mut text = url.to_string();
        text.truncate(text.trim_end_matches('/').len());
        // People copy an address with and without the part that is the same for all.
        let text = match self.kind {
            Kind::OpenAi if url.path() == "/" => format!("{text}/v1"),
            Kind::Ollama => text.trim_end_matches("/api").to_owned(),
            Kind::Anthropic => text.trim_end_matches("/v1").to_owned(),
            Kind::OpenAi => text,
        };
        Ok(Base {
            text,
            is_local,
            is_plain: url.scheme() == "http",
        })
    }
}

/// A checked address.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    pub(crate) text: String,
    /// Whether it is this very machine, to which no proxy leads.
    pub(crate) is_local: bool,
    /// Whether it is plain HTTP.
    pub(crate) is_plain: bool,
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(kind: Kind, url: &str) -> Result<String, Error> {
        Provider::new("p", kind, url, None).base().map(|it| it.text)
    }

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        for url in ["http://localhost:8080", "http://localhost:8080/v1/"] {
            let base = base(Kind::OpenAi, url).unwrap();
            assert_eq!(base, "http://localhost:8080/v1");
        }
        let other = base(Kind::OpenAi, "https://host/openai/deployments/x?a=1").unwrap();
        assert_eq!(other, "https://host/openai/deployments/x");
        for url in ["http://[::1]:11434/", "http://[::1]:11434/api"] {
            assert_eq!(base(Kind::Ollama, url).unwrap(), "http://[::1]:11434");
        }
        let anthropic = base(Kind::Anthropic, "https://api.anthropic.com/v1").unwrap();
        assert_eq!(anthropic, "https://api.anthropic.com");
        for bad in [
            "",
            "localhost:8080",
            "ftp://x",
            "http://",
            "http://u:p@host",
        ] {
            let error = base(Kind::OpenAi, bad).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Misconfigured, "{bad}");
            assert_eq!(error.provider.as_deref(), Some("p"));
        }
    }

    #[test]
    fn a_key_is_not_shown_to_the_network() {
        let mut provider = Provider::new("p", Kind::OpenAi, "http://10.0.0.5:8080", None);
        provider.key = Some(Secret::new("sk-1234").unwrap());
        let error = provider.base().unwrap_err();
        assert!(error.message.contains("over plain HTTP"), "{error}");
        provider.key_over_plain_http = true;
        assert!(!provider.base().unwrap().is_local);
        provider.key_over_plain_http = false;
        provider.base_url = "http://127.0.0.1:8080".into();
        assert!(provider.base().unwrap().is_local);
    }

    #[test]
    fn money_is_rounded_up() {
        let price = Price {
            input_micro: 3_000_000,
            output_micro: 15_000_000,
        };
        assert_eq!(price.of(1_000, 100), 4_500);
        assert_eq!(
            Price {
                input_micro: 1,
                output_micro: 0
            }
            .of(1, 0),
            1
        );
        assert_eq!(Price::default().of(u64::MAX, u64::MAX), 0);
        assert_eq!(
            Price {
                input_micro: u64::MAX,
                output_micro: u64::MAX
            }
            .of(u64::MAX, u64::MAX),
            u64::MAX
        );
    }
}
