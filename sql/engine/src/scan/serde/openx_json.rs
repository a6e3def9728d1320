//! What does a line mean to OpenX's JsonSerDe? A JSON object, read leniently; its keys are columns, its scalars are coerced.
//!
//! Ref: Athena user guide, "OpenX JSON SerDe" and "Troubleshooting"; measured Athena behaviour, "SerDes"; Trino's hive formats,
//! `openxjson` README. A line that starts with neither `{` nor `[` is a row of NULLs.
//!
//! Deviation: only keys of columns that are read are looked at for duplicates.

use std::sync::Arc;

use arrow::array::ArrayRef;
use data_encoding::BASE64;

use super::descriptor::{LineDecoder, LineFormat, LineTable, Reading, SerDe, WantedColumn};
use super::json_text::{Dialect, JsonText, Malformed, Start};
use super::json_value::{NameRules, RowReader, ScalarRules, append_as_text};
use super::lazy_simple::is_true;
use crate::error::EngineError;
use crate::scan::text::builder::ValueBuilder;
use crate::scan::text::lines::Lines;
use crate::scan::text::scalar;
use crate::scan::text::timestamp_format::TimestampFormats;

pub const OPENX_JSON: SerDe = SerDe { class: "org.openx.data.jsonserde.JsonSerDe", reading: Reading::Lines(format) };

/// A whole number of at least this many characters is milliseconds, a shorter one seconds.
const MILLIS_CHARACTERS_MIN: usize = 13;

#[derive(Debug)]
struct OpenxJson {
    names: NameRules,
    ignores_malformed: bool,
    timestamps: TimestampFormats,
    columns: Vec<WantedColumn>,
}

fn format(table: &LineTable<'_>) -> Result<Arc<dyn LineFormat>, EngineError> {
    let parameters = table.parameters;
    let ignores_case = parameters.get("case.insensitive").is_none_or(|value| value.trim().eq_ignore_ascii_case("true"));
    let mapped = parameters.iter().filter_map(|(name, key)| Some((name.strip_prefix("mapping.")?.to_lowercase(), key.clone()))).collect();
    let timestamps = TimestampFormats::parse(parameters.get("timestamp.formats").map(String::as_str).unwrap_or_default())?;
    for column in table.columns {
        ValueBuilder::new(&column.data_type)?;
    }
    Ok(Arc::new(OpenxJson {
        names: NameRules { ignores_case, joins_dots: is_true(parameters, "dots.in.keys"), mapped, has_positions: false },
        ignores_malformed: is_true(parameters, "ignore.malformed.json"),
        timestamps,
        columns: table.columns.to_vec(),
    }))
}

impl LineFormat for OpenxJson {
    fn decoder(&self) -> Result<Box<dyn LineDecoder>, EngineError> {
        let rules = Rules { timestamps: self.timestamps.clone() };
        let rows = RowReader::new(&self.columns, &self.names, rules)?;
        Ok(Box::new(Decoder { rows, ignores_malformed: self.ignores_malformed }))
    }
}

struct Decoder {
    rows: RowReader<Rules>,
    ignores_malformed: bool,
}

impl LineDecoder for Decoder {
    fn decode(&mut self, lines: &Lines) -> Result<Vec<ArrayRef>, EngineError> {
        for line in lines.iter() {
            let text = String::from_utf8_lossy(scalar::java_trim(line));
            // Values are appended as they are read, so a line that may be left out is read through before.
            let is_read = (text.starts_with('{') || text.starts_with('[')) && (!self.ignores_malformed || is_json(&text));
            if is_read {
                let mut json = JsonText::new(&text, Dialect::Lenient);
                match json.value().map_err(|error| self.rows.rules.malformed(error))? {
                    Start::Array => self.rows.array(&mut json)?,
                    _ => self.rows.object(&mut json)?,
                }
            }
            self.rows.end_row();
        }
        self.rows.finish()
    }
}

fn is_json(text: &str) -> bool {
    let mut json = JsonText::new(text, Dialect::Lenient);
    json.value().and_then(|start| json.skip(&start)).is_ok()
}

struct Rules {
    timestamps: TimestampFormats,
}

impl ScalarRules for Rules {
    fn append_scalar(&self, values: &mut ValueBuilder, value: &Start<'_>, column: usize) -> Result<(), EngineError> {
        let (text, is_quoted) = value.scalar()?;
        if append_as_text(values, text) {
            return Ok(());
        }
        self.append_typed(values, text, is_quoted).ok_or_else(|| {
            let reason = match values {
                ValueBuilder::Timestamp(_) => "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]".to_owned(),
                _ => format!("For input string: \"{text}\""),
            };
            EngineError::engine("HIVE_BAD_DATA", format!("Error parsing field value '{text}' for field {column}: {reason}"))
        })
    }

    fn append_misfit(&self, values: &mut ValueBuilder, value: &Start<'_>, rendered: &str, column: usize) -> Result<(), EngineError> {
        match (&mut *values, value) {
            (ValueBuilder::Map(_) | ValueBuilder::Row(_), Start::Text(text)) if text.trim().is_empty() => {
                values.append_null();
                return Ok(());
            }
            (ValueBuilder::Boolean(values), _) => {
                values.append_value(false);
                return Ok(());
            }
            _ => {}
        }
        if append_as_text(values, rendered) {
            return Ok(());
        }
        let found = match value {
            Start::Object => "org.openx.data.jsonserde.json.JSONObject",
            Start::Array => "org.openx.data.jsonserde.json.JSONArray",
            Start::Text(_) | Start::Bare(_) | Start::Null => "java.lang.String",
        };
        let wanted = match values {
            ValueBuilder::Map(_) | ValueBuilder::Row(_) => "org.openx.data.jsonserde.json.JSONObject",
            ValueBuilder::Array(_) => "org.openx.data.jsonserde.json.JSONArray",
            _ => "java.lang.String",
        };
        let message = format!("Error parsing field value for field {column}: {found} cannot be cast to {wanted}");
        Err(EngineError::engine("HIVE_BAD_DATA", message))
    }

    fn wraps_elements(&self) -> bool {
        true
    }

    fn duplicate_key(&self, key: &str) -> EngineError {
        self.malformed(Malformed(format!("Duplicate key \"{}\"", key.to_lowercase())))
    }

    fn malformed(&self, error: Malformed) -> EngineError {
        EngineError::engine("HIVE_CURSOR_ERROR", format!("Row is not a valid JSON Object - JSONException: {}", error.0))
    }
}

impl Rules {
    /// `None` for a text that is no value of the type.
    fn append_typed(&self, values: &mut ValueBuilder, text: &str, is_quoted: bool) -> Option<()> {
        let bytes = text.as_bytes();
        match values {
            ValueBuilder::Boolean(values) => values.append_value(text.eq_ignore_ascii_case("true")),
            ValueBuilder::Tinyint(values) => values.append_value(whole(text)?.try_into().ok()?),
            ValueBuilder::Smallint(values) => values.append_value(whole(text)?.try_into().ok()?),
            ValueBuilder::Integer(values) => values.append_value(whole(text)?.try_into().ok()?),
            ValueBuilder::Bigint(values) => values.append_value(whole(text)?),
            ValueBuilder::Real(values) => values.append_value(scalar::real(bytes)?),
            ValueBuilder::Double(values) => values.append_value(scalar::double(bytes)?),
            ValueBuilder::Decimal { values, precision, scale } => values.append_value(scalar::decimal(bytes, *precision, *scale)?),
            ValueBuilder::Varbinary(values) => {
                values.append_value(Some(bytes).filter(|_| is_quoted).and_then(|text| BASE64.decode(text).ok())?)
            }
            ValueBuilder::Date(values) => values.append_value(scalar::date(bytes).or_else(|| whole(text)?.try_into().ok())?),
            ValueBuilder::Timestamp(values) => values.append_value(self.timestamps.own(bytes).or_else(|| timestamp(text))?),
            ValueBuilder::Varchar { .. } | ValueBuilder::Array(_) | ValueBuilder::Map(_) | ValueBuilder::Row(_) => return None,
        }
        Some(())
    }
}

/// A whole number: decimal, `0x` hexadecimal, or octal after a `0`. Ref: `ParsePrimitiveUtils` of the SerDe.
fn whole(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return Some(digits).filter(|digits| !digits.starts_with(['+', '-'])).and_then(|digits| i64::from_str_radix(digits, 16).ok());
    }
    if text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return i64::from_str_radix(text, 8).ok();
    }
    Some(text.as_bytes()).filter(|text| !text.contains(&b'.')).and_then(scalar::integer)
}

/// Milliseconds of an ISO text with `Z` or an offset, of the usual form, or of a number of seconds or milliseconds.
fn timestamp(text: &str) -> Option<i64> {
    if text.find(':').is_some_and(|at| at > 0) {
        let (local, offset_minutes) = without_offset(text)?;
        return scalar::timestamp_millis(local.as_bytes())?.checked_sub(offset_minutes * 60_000);
    }
    if text.contains('.') {
        // Decimal seconds; more digits than milliseconds have are cut off.
        let micros = scalar::decimal(text.as_bytes(), 38, 6)?;
        return i64::try_from(micros / 1_000).ok();
    }
    if let Some(days) = scalar::date(text.as_bytes()) {
        return i64::from(days).checked_mul(86_400_000);
    }
    let number = scalar::integer(text.as_bytes())?;
    if text.len() >= MILLIS_CHARACTERS_MIN { Some(number) } else { number.checked_mul(1_000) }
}

fn without_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return Some((local, 0));
    }
    let bytes = text.as_bytes();
    // `+HHMM` or `+HH:MM`, after the time: a date's hyphens come before the first colon.
    let colon = text.find(':')?;
    let Some(sign) = bytes.iter().rposition(|byte| matches!(byte, b'+' | b'-')).filter(|at| *at > colon) else { return Some((text, 0)) };
    let digits: Vec<u8> = bytes[sign + 1..].iter().copied().filter(|byte| *byte != b':').collect();
    if digits.len() != 4 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |at: usize| i64::from(digits[at] - b'0') * 10 + i64::from(digits[at + 1] - b'0');
    let minutes = two(0) * 60 + two(2);
    Some((&text[..sign], if bytes[sign] == b'-' { -minutes } else { minutes }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_timestamps_come_in_many_forms() {
        // Ref: Trino hive formats, openxjson README.
        assert_eq!(whole("12"), Some(12));
        assert_eq!(whole("-12"), Some(-12));
        assert_eq!(whole("0x1F"), Some(31));
        assert_eq!(whole("017"), Some(15));
        assert_eq!(whole("0"), Some(0));
        assert_eq!(whole("1.5"), None);
        assert_eq!(whole(""), None);
        assert_eq!(timestamp("1970-01-01T00:00:01.250Z"), Some(1_250));
        assert_eq!(timestamp("1970-01-01T01:00:00+0100"), Some(0));
        assert_eq!(timestamp("1970-01-01T01:00:00-01:00"), Some(7_200_000));
        assert_eq!(timestamp("1970-01-01 00:00:01"), Some(1_000));
        assert_eq!(timestamp("1579059880"), Some(1_579_059_880_000));
        assert_eq!(timestamp("1579059880000"), Some(1_579_059_880_000));
        assert_eq!(timestamp("1.2345"), Some(1_234));
        assert_eq!(timestamp("yesterday"), None);
    }
}
