//! `[[comfyui]]` in `daemon.toml`: where ComfyUI servers are.

use storycore_schema::Error;
use toml::{Spanned, de::DeValue};

use super::SettingsFile;

/// A ComfyUI server. Passwords stand in the environment and not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComfyuiSettings {
    /// What people call it; no two have one name.
    pub name: String,
    /// Where it is: `http://127.0.0.1:8188`, or `https://gpu.example/comfy` behind a proxy.
    pub url: String,
    /// The name that a proxy before it asks for.
    pub user: Option<String>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// The environment variable that holds a token, where the proxy asks for one.
    pub token_env: Option<String>,
    /// A file of certificates (PEM) that are trusted beside the system's.
    pub certificate: Option<String>,
}

/// An address, for people.
const SUCH_AS: &str = "http://127.0.0.1:8188";
const KEYS: [&str; 6] = [
    "name",
    "url",
    "user",
    "password_env",
    "token_env",
    "certificate",
];

/// The servers of the file.
pub(super) fn servers(
    file: &SettingsFile<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Vec<ComfyuiSettings>, Error> {
    let Some(tables) = value.get_ref().as_array() else {
        let message = "each ComfyUI server is a table of its own: [[comfyui]]";
        return Err(file.error(value.span().start, message));
    };
    let mut servers: Vec<ComfyuiSettings> = Vec::new();
    for table in tables {
        let server = server(file, table)?;
        if servers.iter().any(|it| it.name == server.name) {
            let message = format!("there are two ComfyUI servers named `{}`", server.name);
            return Err(file.error(table.span().start, &message));
        }
        servers.push(server);
    }
    Ok(servers)
}

fn server(file: &SettingsFile<'_>, value: &Spanned<DeValue<'_>>) -> Result<ComfyuiSettings, Error> {
    let at = value.span().start;
    let Some(table) = value.get_ref().as_table() else {
        return Err(file.error(at, "each ComfyUI server is a table of its own: [[comfyui]]"));
    };
    let mut texts = KEYS.map(|_| None);
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let Some(place) = KEYS.iter().position(|it| *it == name) else {
            return Err(file.unknown(key, "setting", name, &KEYS));
        };
        if name == "url" {
            texts[place] = Some(file.address(name, value, SUCH_AS)?);
            continue;
        }
        let text = value.get_ref().as_str().filter(|it| !it.trim().is_empty());
        let text = text.ok_or_else(|| {
            let message = format!("`{name}` must be a text in quotes");
            file.error(value.span().start, &message)
        })?;
        texts[place] = Some(text.to_owned());
    }
    let [name, url, user, password_env, token_env, certificate] = texts;
    let url = url.ok_or_else(|| {
        file.error(
            at,
            "a ComfyUI server needs a url, such as \"http://127.0.0.1:8188\"",
        )
    })?;
    Ok(ComfyuiSettings {
        name: name.unwrap_or_else(|| "comfyui".to_owned()),
        url,
        user,
        password_env,
        token_env,
        certificate,
    })
}
