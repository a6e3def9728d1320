//! Which parts has a URI? Ref: Java `java.net.URI` (RFC 2396 with RFC 2732), which Trino 401's `url_extract_*` use.

use std::borrow::Cow;

/// A parsed URI; parts are as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uri<'a> {
    pub scheme: Option<&'a str>,
    /// Only of a server-based authority.
    pub host: Option<&'a str>,
    pub port: Option<i64>,
    /// Of a hierarchical URI.
    pub path: Option<&'a str>,
    pub query: Option<&'a str>,
    pub fragment: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Reads a URI; none where `java.net.URI` throws.
    pub fn parse(text: &'a str) -> Option<Uri<'a>> {
        let mut uri = Uri::default();
        let (text, fragment) = match text.split_once('#') {
            Some((head, fragment)) => (head, Some(fragment)),
            None => (text, None),
        };
        if !fragment.is_none_or(|fragment| is_quoted_text(fragment, is_uri_character)) {
            return None;
        }
        uri.fragment = fragment;
        let scheme_end = text.find([':', '/', '?']).filter(|end| text.as_bytes().get(*end) == Some(&b':'));
        let rest = match scheme_end {
            Some(0) => return None,
            Some(end) => {
                let scheme = &text[..end];
                let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
                if !is_scheme {
                    return None;
                }
                uri.scheme = Some(scheme);
                &text[end + 1..]
            }
            None => text,
        };
        if uri.scheme.is_some() && rest.is_empty() {
            return None;
        }
        if uri.scheme.is_some() && !rest.starts_with('/') {
            // Opaque, such as mailto:: no host, path or query.
            return is_quoted_text(rest, is_uri_character).then_some(uri);
        }
        uri.parse_hierarchical(rest).then_some(uri)
    }

    fn parse_hierarchical(&mut self, rest: &'a str) -> bool {
        let (rest, query) = match rest.split_once('?') {
            Some((head, query)) => (head, Some(query)),
            None => (rest, None),
        };
        if !query.is_none_or(|query| is_quoted_text(query, is_uri_character)) {
            return false;
        }
        self.query = query;
        let path = match rest.strip_prefix("//") {
            Some(after) => {
                let end = after.find('/').unwrap_or(after.len());
                let (authority, path) = after.split_at(end);
                if authority.is_empty() && path.is_empty() && query.is_none() {
                    // "Expected authority".
                    return false;
                }
                if !authority.is_empty() && !self.parse_authority(authority) {
                    return false;
                }
                path
            }
            None => rest,
        };
        self.path = Some(path);
        is_quoted_text(path, is_path_character)
    }

    /// `[user@]host[:port]`; anything else of legal characters is a registry name without a host.
    fn parse_authority(&mut self, authority: &'a str) -> bool {
        let (user, server) = authority.rsplit_once('@').map_or((None, authority), |(user, server)| (Some(user), server));
        let user_fits = user.is_none_or(|user| is_quoted_text(user, |byte| is_unreserved(byte) || b";:&=+$,".contains(&byte)));
        if let Some(inner) = server.strip_prefix('[') {
            let Some((address, after)) = inner.split_once(']') else { return false };
            let is_address = address.split('%').next().is_some_and(|plain| plain.parse::<std::net::Ipv6Addr>().is_ok());
            if !is_address || !user_fits || !self.parse_port(after) {
                return false;
            }
            self.host = server.get(..address.len() + 2);
            return true;
        }
        let (host, after) = server.split_at(server.find(':').unwrap_or(server.len()));
        if user_fits && is_host(host) && self.parse_port(after) {
            self.host = Some(host);
            return true;
        }
        self.port = None;
        is_quoted_text(authority, |byte| is_unreserved(byte) || b"$,;:@&=+".contains(&byte))
    }

    /// Nothing, `:` or `:8080`.
    fn parse_port(&mut self, text: &str) -> bool {
        match text.strip_prefix(':') {
            Some("") => true,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.port = digits.parse::<i32>().ok().map(i64::from);
                self.port.is_some()
            }
            Some(_) => false,
            None => text.is_empty(),
        }
    }
}

/// A dotted IPv4 address, or labels whose last starts with a letter.
fn is_host(host: &str) -> bool {
    let is_ipv4 = host.split('.').count() == 4 && host.split('.').all(|part| part.len() <= 3 && part.parse::<u8>().is_ok());
    if is_ipv4 {
        return true;
    }
    let labels = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    !labels.is_empty()
        && labels.split('.').all(is_label)
        && labels.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_alphabetic()))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-!.~'()*".contains(&byte)
}

fn is_path_character(byte: u8) -> bool {
    is_unreserved(byte) || b":@&=+$,;/".contains(&byte)
}

fn is_uri_character(byte: u8) -> bool {
    is_unreserved(byte) || b";/?:@&=+$,[]".contains(&byte)
}

/// Legal characters, `%hh` escapes and, as Java adds, other Unicode characters that are neither controls nor blanks.
fn is_quoted_text(text: &str, is_legal: impl Fn(u8) -> bool) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let fits = match character {
            '%' => {
                characters.next().is_some_and(|digit| digit.is_ascii_hexdigit())
                    && characters.next().is_some_and(|digit| digit.is_ascii_hexdigit())
            }
            _ if character.is_ascii() => is_legal(character as u8),
            _ => !character.is_control() && !character.is_whitespace(),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// A part with its `%hh` escapes undone; bytes that are no UTF-8 become U+FFFD.
pub fn decode_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, hex_byte(after)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The byte two hexadecimal digits at the start of `digits` spell.
pub fn hex_byte(digits: &[u8]) -> Option<u8> {
    let value = |digit: &u8| (*digit as char).to_digit(16);
    Some((value(digits.first()?)? * 16 + value(digits.get(1)?)?) as u8)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // RFC 2396 section 3 and the examples of java.net.URI's own documentation.
    #[test]
    fn splits_uris() {
        let uri = Uri::parse("http://user:pw@java.sun.com:8080/j2se/1.3/?a=b#c").unwrap();
        assert_eq!((uri.scheme, uri.host, uri.port), (Some("http"), Some("java.sun.com"), Some(8080)));
        assert_eq!((uri.path, uri.query, uri.fragment), (Some("/j2se/1.3/"), Some("a=b"), Some("c")));
        let uri = Uri::parse("mailto:java-net@java.sun.com").unwrap();
        assert_eq!((uri.scheme, uri.host, uri.path), (Some("mailto"), None, None));
        let uri = Uri::parse("docs/guide/collections/designfaq.html#28").unwrap();
        assert_eq!((uri.scheme, uri.path, uri.fragment), (None, Some("docs/guide/collections/designfaq.html"), Some("28")));
        let uri = Uri::parse("http://[1080::8:800:200C:417A]:80/index.html").unwrap();
        assert_eq!((uri.host, uri.port), (Some("[1080::8:800:200C:417A]"), Some(80)));
        assert_eq!(Uri::parse("file:///etc/hosts").unwrap().path, Some("/etc/hosts"));
    }

    #[test]
    fn refuses_what_java_refuses() {
        for text in ["http://example.com/^", "http://a b/", "http://example.com/%zz", ":x", "1a:b", "http:", "http://"] {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
        // A registry-based authority has no host.
        assert_eq!(Uri::parse("http://a_b_:x/p").unwrap().host, None);
    }
}
