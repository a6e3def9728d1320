//! Which folder belongs to a partition, and which partition to a folder? Hive's `k=v/k=v` paths.
//!
//! Ref: Hive, `FileUtils.escapePathName` and `unescapePathName`: control characters, DEL and `" # % ' * / : = ? \ { [ ]
//! ^` become upper-case `%XX`, the space does not; any `%XX` is decoded; NULL is `__HIVE_DEFAULT_PARTITION__`.

use crate::model::Column;
use crate::partition::{HIVE_DEFAULT_PARTITION, PartitionValues};

/// The folder of a partition under its table: `k=v/k=v`, without slashes at the ends. An empty value is written as
/// `__HIVE_DEFAULT_PARTITION__`, as Hive does.
pub fn encode_path(keys: &[Column], values: &PartitionValues) -> String {
    let mut path = String::new();
    for (key, value) in keys.iter().zip(values.iter()) {
        if !path.is_empty() {
            path.push('/');
        }
        escape_into(&mut path, &key.name);
        path.push('=');
        escape_into(&mut path, if value.is_empty() { HIVE_DEFAULT_PARTITION } else { value });
    }
    path
}

/// The keys and values of a folder path, decoded, in order; None unless every segment is `k=v` with a key.
/// Slashes at the ends don't matter.
pub fn decode_path(path: &str) -> Option<Vec<(String, String)>> {
    path.trim_matches('/').split('/').map(decode_segment).collect()
}

/// The key and value of one folder name `k=v`, decoded; None when it is not of this shape.
pub fn decode_segment(segment: &str) -> Option<(String, String)> {
    let (key, value) = segment.split_once('=')?;
    (!key.is_empty()).then(|| (unescape(key), unescape(value)))
}

/// A name or value in the form a folder name takes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    escape_into(&mut escaped, text);
    escaped
}

/// A name or value as it was before `escape`. A `%` that two hexadecimal digits don't follow stays; bytes that are no
/// UTF-8 become the replacement character.
pub fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escaped = (bytes[index] == b'%').then(|| hex_pair(bytes.get(index + 1..index + 3)?)).flatten();
        decoded.push(escaped.unwrap_or(bytes[index]));
        index += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn escape_into(escaped: &mut String, text: &str) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for c in text.chars() {
        if must_escape(c) {
            let code = c as usize;
            escaped.extend(['%', HEX[code >> 4], HEX[code & 15]]);
        } else {
            escaped.push(c);
        }
    }
}

fn must_escape(c: char) -> bool {
    c < ' ' || matches!(c, '\u{7F}' | '"' | '#' | '%' | '\'' | '*' | '/' | ':' | '=' | '?' | '\\' | '{' | '[' | ']' | '^')
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let high = (pair[0] as char).to_digit(16)?;
    let low = (pair[1] as char).to_digit(16)?;
    Some((high * 16 + low) as u8)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_by_hives_rule() {
        assert_eq!(escape("2024-01-01 10:00:00"), "2024-01-01 10%3A00%3A00");
        assert_eq!(escape("\"#%'*/:=?\\{[]^\u{7F}\n\u{1}"), "%22%23%25%27%2A%2F%3A%3D%3F%5C%7B%5B%5D%5E%7F%0A%01");
        assert_eq!(escape("a}b<c>|é ~"), "a}b<c>|é ~");
    }

    #[test]
    fn any_percent_pair_is_decoded() {
        assert_eq!(unescape("a%20b%2fc%C3%A9"), "a b/cé");
        assert_eq!(unescape("100%"), "100%");
        assert_eq!(unescape("%zz%4"), "%zz%4");
        assert_eq!(unescape("%FF"), "\u{FFFD}");
    }

    #[test]
    fn paths_go_there_and_back() {
        let keys = [Column::new("dt", "string"), Column::new("k/k", "string")];
        let values: PartitionValues = ["a=b", HIVE_DEFAULT_PARTITION].into_iter().collect();
        let path = encode_path(&keys, &values);
        assert_eq!(path, "dt=a%3Db/k%2Fk=__HIVE_DEFAULT_PARTITION__");
        assert_eq!(
            decode_path(&format!("/{path}/")).unwrap(),
            [("dt".into(), "a=b".into()), ("k/k".into(), HIVE_DEFAULT_PARTITION.into())]
        );
        assert_eq!(encode_path(&keys, &["", "x"].into_iter().collect()), "dt=__HIVE_DEFAULT_PARTITION__/k%2Fk=x");
        assert_eq!(decode_path("plain/k=v"), None);
        assert_eq!(decode_path("=v"), None);
    }
}
