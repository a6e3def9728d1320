//! Where is a partition of a projected table? Where `storage.location.template` puts its values, each in the projection's own notation.
//!
//! Ref: Athena user guide, "Supported types for partition projection" (`digits`, `format`), "Specifying custom S3 storage locations".

use owlake_catalog::partition::HIVE_DEFAULT_PARTITION;
use owlake_catalog::partition::path::encode_path;
use owlake_catalog::{Column, Parameters, PartitionValues};

use crate::error::EngineError;
use crate::scan::location::Location;

/// The projection of a table's keys.
#[derive(Debug)]
pub(crate) struct Projection {
    template: Option<String>,
    keys: Vec<(Column, Notation)>,
}

/// How a key's values stand in a path.
#[derive(Debug, PartialEq)]
enum Notation {
    AsWritten,
    /// Padded with zeros.
    Digits(usize),
    /// A date of these parts.
    Date(Vec<DatePart>),
}

#[derive(Debug, PartialEq)]
enum DatePart {
    Literal(char),
    /// Digits of a `yyyy-MM-dd HH:mm:ss` text: from, to, and whether zeros at the front go.
    Digits(usize, usize, bool),
}

impl Projection {
    /// Errors: NOT_SUPPORTED for a date format of other than numbers.
    pub(crate) fn new(keys: &[Column], parameters: &Parameters) -> Result<Projection, EngineError> {
        let notated = keys.iter().map(|key| Ok((key.clone(), notation(key, parameters)?)));
        let template = parameters.get("storage.location.template").filter(|template| !template.trim().is_empty()).cloned();
        Ok(Projection { template, keys: notated.collect::<Result<_, EngineError>>()? })
    }

    /// The folder of a partition; `base` is the table's. Errors: a template that gives no location.
    pub(super) fn location(&self, base: &Location, values: &PartitionValues) -> Result<Location, EngineError> {
        let texts: Vec<String> = self.keys.iter().zip(values.as_slice()).map(|((_, notation), value)| notation.text(value)).collect();
        let Some(template) = &self.template else {
            let keys: Vec<Column> = self.keys.iter().map(|(key, _)| key.clone()).collect();
            return Ok(base.join(&encode_path(&keys, &texts.into_iter().collect())));
        };
        let mut path = template.clone();
        for ((key, _), text) in self.keys.iter().zip(&texts) {
            path = path.replace(&format!("${{{}}}", key.name), text);
        }
        Location::parse(&path)
    }
}

fn notation(key: &Column, parameters: &Parameters) -> Result<Notation, EngineError> {
    let property = |name: &str| parameters.get(&format!("projection.{}.{name}", key.name)).map(|text| text.trim());
    // A text is already what stands in the path.
    let is_text = key.type_text.as_deref().is_none_or(|text| text.starts_with("string") || text.contains("char"));
    match property("type").map(str::to_ascii_lowercase).as_deref() {
        Some("integer") => Ok(property("digits").and_then(|digits| digits.parse().ok()).map_or(Notation::AsWritten, Notation::Digits)),
        Some("date") if !is_text => match property("format") {
            Some(format) => date_parts(format).map(Notation::Date).ok_or_else(|| {
                let message = format!("Inserting with 'projection.{}.format' = '{format}' is not supported by owlake yet", key.name);
                EngineError::engine("NOT_SUPPORTED", message)
            }),
            None => Ok(Notation::AsWritten),
        },
        _ => Ok(Notation::AsWritten),
    }
}

/// The parts of a Java date format of numbers; none for any other.
fn date_parts(format: &str) -> Option<Vec<DatePart>> {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (literal, after) = quoted.split_once('\'')?;
            parts.extend(if literal.is_empty() { "'" } else { literal }.chars().map(DatePart::Literal));
            rest = after;
            continue;
        }
        let count = rest.chars().take_while(|other| *other == letter).count();
        let (from, to) = match (letter, count) {
            ('y' | 'u', 1 | 4) => (0, 4),
            ('y' | 'u', 2) => (2, 4),
            ('M' | 'L', 1 | 2) => (5, 7),
            ('d', 1 | 2) => (8, 10),
            ('H', 1 | 2) => (11, 13),
            ('m', 1 | 2) => (14, 16),
            ('s', 1 | 2) => (17, 19),
            (letter, _) if letter.is_ascii_alphabetic() => return None,
            (literal, _) => {
                parts.push(DatePart::Literal(literal));
                rest = &rest[literal.len_utf8()..];
                continue;
            }
        };
        parts.push(DatePart::Digits(from, to, count == 1));
        rest = &rest[count..];
    }
    Some(parts)
}

impl Notation {
    fn text(&self, value: &str) -> String {
        match self {
            // A null has no notation of its own.
            _ if value == HIVE_DEFAULT_PARTITION => value.to_owned(),
            Notation::AsWritten => value.to_owned(),
            Notation::Digits(digits) => match value.strip_prefix('-') {
                Some(positive) => format!("-{positive:0>digits$}"),
                None => format!("{value:0>digits$}"),
            },
            Notation::Date(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        DatePart::Literal(literal) => text.push(*literal),
                        DatePart::Digits(from, to, is_short) => {
                            // A date has no time of day: it is midnight.
                            let digits = value.get(*from..*to).unwrap_or("00");
                            text.push_str(if *is_short { digits.trim_start_matches('0') } else { digits });
                            if *is_short && digits.bytes().all(|digit| digit == b'0') {
                                text.push('0');
                            }
                        }
                    }
                }
                text
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// A key's name, type and properties.
    type Key = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

    fn folder(template: Option<&str>, keys: &[Key], values: &[&str]) -> Result<String, String> {
        let mut parameters = Parameters::new();
        if let Some(template) = template {
            parameters.insert("storage.location.template".to_owned(), template.to_owned());
        }
        let mut columns = Vec::new();
        for (name, type_text, properties) in keys {
            columns.push(Column::new(*name, *type_text));
            parameters.extend(properties.iter().map(|(key, value)| (format!("projection.{name}.{key}"), value.to_string())));
        }
        let base = Location::parse("s3://lake/t").unwrap();
        let projection = Projection::new(&columns, &parameters).map_err(|error| error.to_string())?;
        let values: PartitionValues = values.iter().map(|value| value.to_string()).collect();
        projection
            .location(&base, &values)
            .map(|location| location.prefix.trim_end_matches('/').to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn values_stand_in_the_projections_notation() {
        // Ref: Athena user guide, "Amazon Data Firehose example": yyyy/MM/dd/HH below one key; "Supported types": digits pads with zeros.
        let day: Key = ("day", "date", &[("type", "date"), ("format", "yyyy/MM/dd")]);
        assert_eq!(folder(Some("s3://lake/raw/${day}/"), &[day], &["2024-02-03"]), Ok("raw/2024/02/03".to_owned()));
        let hour: Key = ("hour", "int", &[("type", "Integer"), ("digits", "2")]);
        assert_eq!(folder(Some("s3://lake/${hour}/${day}"), &[day, hour], &["2024-02-03", "7"]), Ok("07/2024/02/03".to_owned()));
        assert_eq!(folder(None, &[hour], &["7"]), Ok("t/hour=07".to_owned()));
        let text: Key = ("day", "string", &[("type", "date"), ("format", "yyyy/MM/dd")]);
        assert_eq!(folder(Some("s3://lake/${day}/x"), &[text], &["2024/02/03"]), Ok("2024/02/03/x".to_owned()));
        let odd: Key = ("day", "date", &[("type", "date"), ("format", "d.M.yy'T'HH")]);
        assert_eq!(folder(Some("s3://lake/${day}"), &[odd], &["2024-02-03"]), Ok("3.2.24T00".to_owned()));
        let named: Key = ("day", "date", &[("type", "date"), ("format", "MMM-yyyy")]);
        assert_eq!(
            folder(None, &[named], &["2024-02-03"]),
            Err("NOT_SUPPORTED: Inserting with 'projection.day.format' = 'MMM-yyyy' is not supported by owlake yet".to_owned())
        );
    }
}
