//! What does a line mean to the Grok SerDe? A pattern of named patterns; the named parts are the columns, by position.
//!
//! Ref: Athena user guide, "Grok SerDe"; Logstash's core patterns. `input.format` is the pattern, `input.grokCustomPatterns` holds
//! `NAME pattern` lines of its own. A line that does not match is a row of NULLs.

use std::collections::HashMap;
use std::sync::Arc;

use super::descriptor::{LineFormat, LineTable, Reading, SerDe};
use super::regex::{LinePattern, compile};
use crate::error::EngineError;

pub const GROK: SerDe = SerDe { class: "com.amazonaws.glue.serde.GrokSerDe", reading: Reading::Lines(format) };

/// Patterns that refer to others deeper than this refer to themselves.
const DEPTH_MAX: usize = 32;

/// The patterns everyone has.
const PATTERNS: &[(&str, &str)] = &[
    ("USERNAME", "[a-zA-Z0-9._-]+"),
    ("USER", "%{USERNAME}"),
    ("EMAILLOCALPART", "[a-zA-Z0-9!#$%&'*+\\-/=?^_`{|}~.]+"),
    ("EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}"),
    ("INT", "(?:[+-]?(?:[0-9]+))"),
    ("BASE10NUM", "(?<![0-9.+-])(?>[+-]?(?:(?:[0-9]+(?:\\.[0-9]+)?)|(?:\\.[0-9]+)))"),
    ("NUMBER", "(?:%{BASE10NUM})"),
    ("BASE16NUM", "(?<![0-9A-Fa-f])(?:[+-]?(?:0x)?(?:[0-9A-Fa-f]+))"),
    ("POSINT", "\\b(?:[1-9][0-9]*)\\b"),
    ("NONNEGINT", "\\b(?:[0-9]+)\\b"),
    ("WORD", "\\b\\w+\\b"),
    ("NOTSPACE", "\\S+"),
    ("SPACE", "\\s*"),
    ("DATA", ".*?"),
    ("GREEDYDATA", ".*"),
    ("QUOTEDSTRING", "(?:\"(?:\\\\.|[^\\\\\"])*\"|'(?:\\\\.|[^\\\\'])*'|`(?:\\\\.|[^\\\\`])*`)"),
    ("QS", "%{QUOTEDSTRING}"),
    ("UUID", "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}"),
    ("MAC", "(?:(?:[A-Fa-f0-9]{2}[:-]){5}[A-Fa-f0-9]{2}|(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4})"),
    ("IPV4", "(?<![0-9])(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})\\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})(?![0-9])"),
    ("IPV6", "(?:[0-9A-Fa-f]{0,4}:){2,7}(?:%{IPV4}|[0-9A-Fa-f]{0,4})(?:%[0-9a-zA-Z]+)?"),
    ("IP", "(?:%{IPV6}|%{IPV4})"),
    ("HOSTNAME", "\\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*(?:\\.?|\\b)"),
    ("IPORHOST", "(?:%{IP}|%{HOSTNAME})"),
    ("HOSTPORT", "%{IPORHOST}:%{POSINT}"),
    ("PATH", "(?:%{UNIXPATH}|%{WINPATH})"),
    ("UNIXPATH", "(?:/[\\w_%!$@:.,+~-]*)+"),
    ("WINPATH", "(?>[A-Za-z]+:|\\\\)(?:\\\\[^\\\\?*]*)+"),
    ("URIPROTO", "[A-Za-z][A-Za-z0-9+.-]*"),
    ("URIHOST", "%{IPORHOST}(?::%{POSINT})?"),
    ("URIPATH", "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\\-]*)+"),
    ("URIPARAM", "\\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\\-\\[\\]<>]*"),
    ("URIPATHPARAM", "%{URIPATH}(?:%{URIPARAM})?"),
    ("URI", "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?"),
    (
        "MONTH",
        "\\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\b",
    ),
    ("MONTHNUM", "(?:0?[1-9]|1[0-2])"),
    ("MONTHDAY", "(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])"),
    ("DAY", "(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)"),
    ("YEAR", "(?>\\d\\d){1,2}"),
    ("HOUR", "(?:2[0123]|[01]?[0-9])"),
    ("MINUTE", "(?:[0-5][0-9])"),
    ("SECOND", "(?:(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?)"),
    ("TIME", "(?<![0-9])%{HOUR}:%{MINUTE}(?::%{SECOND})(?![0-9])"),
    ("DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"),
    ("DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"),
    ("ISO8601_TIMEZONE", "(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))"),
    ("ISO8601_SECOND", "(?:%{SECOND}|60)"),
    ("TIMESTAMP_ISO8601", "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?"),
    ("DATE", "%{DATE_US}|%{DATE_EU}"),
    ("DATESTAMP", "%{DATE}[- ]%{TIME}"),
    ("TZ", "(?:[APMCE][SD]T|UTC)"),
    ("SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}"),
    ("PROG", "[\\w._/%-]+"),
    ("SYSLOGPROG", "%{PROG}(?:\\[%{POSINT}\\])?"),
    ("SYSLOGHOST", "%{IPORHOST}"),
    ("HTTPDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}"),
    ("LOGLEVEL", "(?i:alert|trace|debug|notice|info|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)"),
];

fn format(table: &LineTable<'_>) -> Result<Arc<dyn LineFormat>, EngineError> {
    let pattern = table
        .parameters
        .get("input.format")
        .ok_or_else(|| EngineError::engine("HIVE_INVALID_METADATA", "This table does not have serde property \"input.format\"!"))?;
    let mut patterns: HashMap<&str, &str> = PATTERNS.iter().copied().collect();
    let custom = table.parameters.get("input.grokCustomPatterns").map(String::as_str).unwrap_or_default();
    for line in custom.split(['\n', '\r']).filter(|line| !line.trim().is_empty()) {
        if let Some((name, text)) = line.trim().split_once([' ', '\t']) {
            patterns.insert(name, text.trim_start());
        }
    }
    let mut expanded = String::from("(?s)");
    let mut fields = 0;
    expand(pattern, &patterns, &mut fields, 0, &mut expanded)?;
    let regex = compile(&expanded, pattern)?;
    if fields != table.column_count {
        return Err(EngineError::engine("HIVE_CURSOR_ERROR", "Number of matching groups doesn't match the number of columns"));
    }
    let columns = table.columns.iter().map(|column| {
        let group = regex.group_of_name(&field_name(column.index));
        group.map(|group| (column.clone(), group)).ok_or_else(|| EngineError::internal("a field of a Grok pattern has no group"))
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    LinePattern::format(regex, columns)
}

/// A group's name: fields count, whatever they are called.
fn field_name(index: usize) -> String {
    format!("field{index}")
}

/// Replaces `%{NAME}` and `%{NAME:field[:type]}` by what they stand for.
fn expand(pattern: &str, patterns: &HashMap<&str, &str>, fields: &mut usize, depth: usize, out: &mut String) -> Result<(), EngineError> {
    let invalid = |reason: String| EngineError::engine("HIVE_INVALID_METADATA", reason);
    if depth > DEPTH_MAX {
        return Err(invalid(format!("The Grok pattern refers to itself: {pattern}")));
    }
    let mut rest = pattern;
    while let Some(start) = rest.find("%{") {
        out.push_str(&rest[..start]);
        let end = rest[start..].find('}').map(|end| start + end).ok_or_else(|| invalid(format!("Unclosed '%{{' in: {pattern}")))?;
        let mut parts = rest[start + 2..end].split(':');
        let name = parts.next().unwrap_or_default();
        let inner = patterns.get(name).ok_or_else(|| invalid(format!("No definition for key '{name}' found, aborting")))?;
        match parts.next() {
            Some(_) => {
                out.push_str(&format!("(?<{}>", field_name(*fields)));
                *fields += 1;
            }
            None => out.push_str("(?:"),
        }
        expand(inner, patterns, fields, depth + 1, out)?;
        out.push(')');
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use owlake_functions::regexp::java_regex::{Captures, JavaRegex};

    use super::*;

    #[test]
    fn every_pattern_compiles() {
        let patterns: HashMap<&str, &str> = PATTERNS.iter().copied().collect();
        for (name, pattern) in PATTERNS {
            let mut expanded = String::new();
            expand(pattern, &patterns, &mut 0, 0, &mut expanded).unwrap();
            assert!(JavaRegex::compile(&expanded).is_ok(), "{name}: {expanded}");
        }
    }

    #[test]
    fn fields_are_groups_in_order() {
        let patterns: HashMap<&str, &str> = PATTERNS.iter().copied().collect();
        let mut expanded = String::new();
        let mut fields = 0;
        expand("%{IP:client} %{WORD:method} %{NUMBER:bytes}", &patterns, &mut fields, 0, &mut expanded).unwrap();
        assert_eq!(fields, 3);
        let text = "55.3.244.1 GET 15824";
        let (regex, mut captures) = (JavaRegex::compile(&expanded).unwrap(), Captures::default());
        assert!(regex.captures_at(text, 0, &mut captures).unwrap());
        let part = |index| captures.spans[regex.group_of_name(&field_name(index)).unwrap()].map(|(start, end)| &text[start..end]);
        assert_eq!([0, 1, 2].map(part), [Some("55.3.244.1"), Some("GET"), Some("15824")]);
        let mut looped = HashMap::new();
        looped.insert("A", "%{A}");
        assert!(expand("%{A}", &looped, &mut 0, 0, &mut String::new()).is_err());
        assert!(expand("%{NOPE}", &patterns, &mut 0, 0, &mut String::new()).is_err());
    }
}
