//! How does a listing go on? Opaque tokens that hold where the next page starts.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Encodes `position` for `listing` (the operation's name with whatever else the token must match, such as a query
/// id). The token is base64, checked by a CRC, and does not expire.
pub fn encode<T: Serialize>(listing: &str, position: &T) -> Option<String> {
    let body = serde_json::to_vec(position).ok()?;
    let mut bytes = checksum(listing, &body).to_vec();
    bytes.extend_from_slice(&body);
    Some(BASE64URL_NOPAD.encode(&bytes))
}

/// The position in `token`; `None` when it was not made for `listing`. The caller phrases the error.
pub fn decode<T: DeserializeOwned>(listing: &str, token: &str) -> Option<T> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (sum, body) = bytes.split_at_checked(4)?;
    if sum != checksum(listing, body) {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// One page of `items`, which are sorted by `key`, after the key in `token`; with the token of the next page.
///
/// Positions are keys, not offsets, so that entries made or removed between pages shift nothing.
/// Errors: `Err(())` when the token is not this listing's.
pub fn page<'a, T>(
    listing: &str,
    items: &'a [T],
    key: impl Fn(&T) -> &str,
    token: Option<&str>,
    items_max: usize,
) -> Result<(&'a [T], Option<String>), BadToken> {
    let start = match token {
        None => 0,
        Some(token) => {
            let after: String = decode(listing, token).ok_or(BadToken)?;
            items.partition_point(|item| key(item) <= after.as_str())
        }
    };
    let end = items.len().min(start.saturating_add(items_max));
    let next = match items.get(start..end).and_then(<[T]>::last) {
        Some(last) if end < items.len() => encode(listing, &key(last)),
        _ => None,
    };
    Ok((items.get(start..end).unwrap_or_default(), next))
}

/// The token was not made by this listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadToken;

fn checksum(listing: &str, body: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(listing.as_bytes());
    hasher.update(&[0]);
    hasher.update(body);
    hasher.finalize().to_be_bytes()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_only_for_its_listing() {
        let token = encode("GetQueryResults/x", &(7u64, 9u64)).unwrap();
        assert_eq!(decode::<(u64, u64)>("GetQueryResults/x", &token), Some((7, 9)));
        assert_eq!(decode::<(u64, u64)>("GetQueryResults/y", &token), None);
        assert_eq!(decode::<(u64, u64)>("GetQueryResults/x", "not a token"), None);
        assert_eq!(decode::<(u64, u64)>("GetQueryResults/x", ""), None);
    }

    #[test]
    fn pages_cover_the_items_without_overlap() {
        let items: Vec<String> = (0..5).map(|n| format!("k{n}")).collect();
        let (first, token) = page("L", &items, |k| k, None, 2).unwrap();
        assert_eq!(first, ["k0", "k1"]);
        let (second, token) = page("L", &items, |k| k, token.as_deref(), 2).unwrap();
        assert_eq!(second, ["k2", "k3"]);
        let (third, token) = page("L", &items, |k| k, token.as_deref(), 2).unwrap();
        assert_eq!(third, ["k4"]);
        assert_eq!(token, None);
        assert_eq!(page("L", &items, |k| k, Some("x"), 2), Err(BadToken));
    }
}
