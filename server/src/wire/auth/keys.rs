//! Which secret has an access key? The configured ones, and those STS hands out, which carry what proves them in their token.
//!
//! A session key is derived from the configured key that asked for it: nothing is stored, it outlives a restart, and it ends when
//! its time is up or when the key it came from is taken out of the configuration. Basis: inferred; AWS keeps its own secret.

use chrono::{DateTime, Utc};
use data_encoding::{BASE32, BASE64};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

use super::refusal::Refusal;
use crate::config::AccessKey;
use crate::wire::signature_v4::mac;

/// What tells the two things derived from a key apart from each other and from signing keys.
const TOKEN_LABEL: &[u8] = b"owlake session token\n";
const SECRET_LABEL: &[u8] = b"owlake session secret\n";
/// The proof at the end of a token.
const PROOF_BYTES: usize = 32;
/// The longest token taken apart; ours are shorter. Ref: AWS's are below 4,096 characters.
const TOKEN_CHARS_MAX: usize = 4096;

/// The keys of the server.
#[derive(Debug, Clone)]
pub struct Keys(BTreeMap<String, AccessKey>);

/// The secret of an access key, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The configured key behind it.
    pub key_id: String,
    /// Its account; none when nothing says so.
    pub account_id: Option<String>,
    /// What signatures are made with.
    pub secret: String,
}

/// Credentials for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionKey {
    pub access_key_id: String,
    pub secret: String,
    pub token: String,
}

impl Keys {
    /// The configured keys.
    pub fn new(keys: BTreeMap<String, AccessKey>) -> Self {
        Keys(keys)
    }

    /// The owner of an access key, with the session token sent beside it. Errors: the key is not known, the token is not ours, has
    /// run out, or belongs to another key.
    pub fn owner(&self, key_id: &str, token: Option<&str>, now: DateTime<Utc>) -> Result<Owner, Refusal> {
        match (self.0.get(key_id), token) {
            (Some(key), None) => Ok(Owner { key_id: key_id.to_owned(), account_id: key.account_id.clone(), secret: key.secret.clone() }),
            (_, Some(token)) => self.owner_of_token(key_id, token, now),
            (None, None) => Err(Refusal::UnknownKey { key_id: key_id.to_owned() }),
        }
    }

    fn owner_of_token(&self, key_id: &str, token: &str, now: DateTime<Utc>) -> Result<Owner, Refusal> {
        let invalid = || Refusal::InvalidToken;
        let bytes = (token.len() <= TOKEN_CHARS_MAX).then(|| BASE64.decode(token.as_bytes()).ok()).flatten().ok_or_else(invalid)?;
        let (said, proof) = bytes.split_at_checked(bytes.len().saturating_sub(PROOF_BYTES)).ok_or_else(invalid)?;
        let text = std::str::from_utf8(said).map_err(|_| invalid())?;
        let mut fields = text.split('\n');
        let (parent, expires, account) = match (fields.next(), fields.next(), fields.next()) {
            (Some(parent), Some(expires), Some(account)) => (parent, expires.parse::<i64>().map_err(|_| invalid())?, account),
            _ => return Err(invalid()),
        };
        let key = self.0.get(parent).ok_or_else(invalid)?;
        let is_ours: bool = mac(key.secret.as_bytes(), &[TOKEN_LABEL, said].concat()).as_slice().ct_eq(proof).into();
        if !is_ours || access_key_id(said) != key_id {
            return Err(invalid());
        }
        if now.timestamp() >= expires {
            return Err(Refusal::ExpiredToken);
        }
        let account_id = if account.is_empty() { key.account_id.clone() } else { Some(account.to_owned()) };
        Ok(Owner { key_id: parent.to_owned(), account_id, secret: secret(key, said) })
    }

    /// New credentials of a configured key until `expires`. `nonce` makes them unlike any others; `account` is that of a role taken.
    /// `None` when the key is not known.
    pub fn session(&self, key_id: &str, account: Option<&str>, expires: DateTime<Utc>, nonce: &str) -> Option<SessionKey> {
        let key = self.0.get(key_id)?;
        let said = format!("{key_id}\n{}\n{}\n{nonce}", expires.timestamp(), account.unwrap_or_default()).into_bytes();
        let proof = mac(key.secret.as_bytes(), &[TOKEN_LABEL, &said].concat());
        let (access_key_id, secret) = (access_key_id(&said), secret(key, &said));
        Some(SessionKey { access_key_id, secret, token: BASE64.encode(&[said.as_slice(), &proof].concat()) })
    }

    /// Whether this is a configured key with its secret. Compares in constant time.
    pub fn is_secret_of(&self, key_id: &str, secret: &str) -> bool {
        let Some(key) = self.0.get(key_id) else { return false };
        Sha256::digest(key.secret.as_bytes()).ct_eq(&Sha256::digest(secret.as_bytes())).into()
    }
}

fn access_key_id(said: &[u8]) -> String {
    let digits: String = BASE32.encode(&Sha256::digest(said)).chars().take(16).collect();
    format!("ASIA{digits}")
}

fn secret(key: &AccessKey, said: &[u8]) -> String {
    BASE64.encode(&mac(key.secret.as_bytes(), &[SECRET_LABEL, said].concat())).chars().take(40).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> Keys {
        let key = AccessKey { secret: secret.to_owned(), account_id: Some("111122223333".to_owned()) };
        Keys::new(BTreeMap::from([("AKID".to_owned(), key)]))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn session_keys_are_proven_by_their_token_and_end() {
        let keys = keys("a secret");
        let given = keys.session("AKID", Some("444455556666"), at(1000), "n").unwrap();
        let owner = keys.owner(&given.access_key_id, Some(&given.token), at(999)).unwrap();
        assert_eq!((owner.key_id.as_str(), owner.account_id.as_deref()), ("AKID", Some("444455556666")));
        assert_eq!(owner.secret, given.secret);
        assert_eq!(given.secret.len(), 40);
        assert!(matches!(keys.owner(&given.access_key_id, Some(&given.token), at(1000)), Err(Refusal::ExpiredToken)));
        assert!(matches!(keys.owner("ASIAOTHER", Some(&given.token), at(1)), Err(Refusal::InvalidToken)));
        assert!(matches!(keys.owner("AKID", Some(&given.token), at(1)), Err(Refusal::InvalidToken)));
        assert!(matches!(keys.owner(&given.access_key_id, None, at(1)), Err(Refusal::UnknownKey { .. })));
        assert_ne!(keys.session("AKID", None, at(1000), "m").unwrap().secret, given.secret);
        assert!(keys.session("NOBODY", None, at(1000), "n").is_none());
    }

    #[test]
    fn a_changed_token_and_one_of_another_server_are_not_ours() {
        let given = keys("a secret").session("AKID", None, at(1000), "n").unwrap();
        assert!(keys("another secret").owner(&given.access_key_id, Some(&given.token), at(1)).is_err());
        let mut bytes = BASE64.decode(given.token.as_bytes()).unwrap();
        for at_byte in 0..bytes.len() {
            bytes[at_byte] ^= 1;
            let token = BASE64.encode(&bytes);
            assert!(keys("a secret").owner(&given.access_key_id, Some(&token), at(1)).is_err(), "byte {at_byte}");
            bytes[at_byte] ^= 1;
        }
        for token in ["", "x", "AAAA", &"A".repeat(5000)] {
            assert!(matches!(keys("a secret").owner("ASIAX", Some(token), at(1)), Err(Refusal::InvalidToken)));
        }
    }

    #[test]
    fn secrets_are_compared_whole() {
        let keys = keys("a secret");
        assert!(keys.is_secret_of("AKID", "a secret"));
        assert!(!keys.is_secret_of("AKID", "a secre"));
        assert!(!keys.is_secret_of("OTHER", "a secret"));
    }
}
