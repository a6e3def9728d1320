//! Who may ask, and over what? The settings of authentication and TLS.

use crate::error::ServerError;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Whether requests have to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthMode {
    /// Any signature and none is accepted.
    #[default]
    Open,
    /// Every request of Athena, Glue, S3 and STS has to be signed with a known key.
    Verify,
}

/// Authentication.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Auth {
    /// Whether requests have to be signed.
    pub mode: AuthMode,
    /// Access key id → the key.
    pub keys: BTreeMap<String, AccessKey>,
    /// Whether an address other machines reach may be listened on while `mode` is open.
    pub is_open_bind_allowed: bool,
}

/// One access key.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The secret access key.
    pub secret: String,
    /// The account of those who sign with it, twelve digits.
    pub account_id: Option<String>,
}

/// The secret is left out: settings end up in logs.
impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("secret", &"…").field("account_id", &self.account_id).finish()
    }
}

impl Auth {
    /// Adds the keys of `id:secret,id:secret`. Errors: what is wanted instead.
    pub fn add_pairs(&mut self, pairs: &str) -> Result<(), String> {
        for pair in pairs.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (id, secret) = pair.split_once(':').ok_or("pairs id:secret, with commas between them")?;
            self.add(id.trim(), secret.trim(), None)?;
        }
        Ok(())
    }

    /// Adds the keys of the file's table: id → secret, or id → `{ secret, account_id }`.
    pub fn add_table(&mut self, keys: toml::Table) -> Result<(), ServerError> {
        for (id, value) in keys {
            let shown = format!("auth.keys.{id}");
            let wrong = |text: String| ServerError::Configuration(format!("'{shown}' wants {text}"));
            let (secret, account_id) = match value {
                toml::Value::String(secret) => (secret, None),
                toml::Value::Table(mut table) => {
                    let mut text = |key: &str| table.remove(key).and_then(|value| value.as_str().map(str::to_owned));
                    let (secret, account_id) = (text("secret"), text("account_id"));
                    if let Some(key) = table.keys().next() {
                        return Err(ServerError::Configuration(format!("unknown setting '{shown}.{key}'")));
                    }
                    (secret.ok_or_else(|| wrong("a 'secret'".to_owned()))?, account_id)
                }
                _ => return Err(wrong("a secret, or a table with 'secret' and 'account_id'".to_owned())),
            };
            if account_id.as_deref().is_some_and(|id| id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit())) {
                return Err(ServerError::Configuration(format!("'{shown}.account_id' wants twelve digits")));
            }
            self.add(&id, &secret, account_id).map_err(wrong)?;
        }
        Ok(())
    }

    fn add(&mut self, id: &str, secret: &str, account_id: Option<String>) -> Result<(), String> {
        // What else is in an id would break the headers that carry it.
        let is_id = (3..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if !is_id {
            return Err("access key ids of 3 to 128 letters and digits".to_owned());
        }
        // A local server's secret need not be as long as Amazon's, but an empty one is a mistake.
        if secret.len() < 8 {
            return Err("secrets of 8 characters or more".to_owned());
        }
        self.keys.insert(id.to_owned(), AccessKey { secret: secret.to_owned(), account_id });
        Ok(())
    }
}

/// `open` or `verify`.
pub fn auth_mode(value: &str) -> Result<AuthMode, String> {
    match value {
        "open" => Ok(AuthMode::Open),
        "verify" => Ok(AuthMode::Verify),
        _ => Err("open or verify".to_owned()),
    }
}

/// TLS. Without a certificate and without `is_generated` the port speaks plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// A PEM file: the server's certificate, then those between it and its authority.
    pub certificate: Option<PathBuf>,
    /// A PEM file: the private key.
    pub key: Option<PathBuf>,
    /// Makes a certificate for this machine, kept in the data folder.
    pub is_generated: bool,
}

impl Tls {
    /// Whether the port speaks HTTPS.
    pub fn is_on(&self) -> bool {
        self.is_generated || self.certificate.is_some()
    }
}
