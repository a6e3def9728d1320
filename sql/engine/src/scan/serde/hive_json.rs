//! What does a line mean to Hive's JsonSerDe? A JSON object, read strictly; keys are columns in any case, values must fit their types.
//!
//! Ref: Athena user guide, "Hive JSON SerDe" and "Troubleshooting"; Trino's hive formats `JsonDeserializer` (bug for bug).

use std::sync::Arc;

use arrow::array::ArrayRef;

use super::descriptor::{LineDecoder, LineFormat, LineTable, Reading, SerDe, WantedColumn};
use super::json_text::{Dialect, JsonText, Malformed, Start};
use super::json_value::{NameRules, RowReader, ScalarRules, append_as_text};
use super::lazy_simple::is_true;
use crate::error::EngineError;
use crate::scan::text::builder::ValueBuilder;
use crate::scan::text::lines::Lines;
use crate::scan::text::scalar;
use crate::scan::text::timestamp_format::TimestampFormats;

pub const HIVE_JSON: SerDe = SerDe { class: "org.apache.hive.hcatalog.data.JsonSerDe", reading: Reading::Lines(format) };
/// The same under the name it has since Hive 3.
pub const HIVE_JSON_SERDE2: SerDe = SerDe { class: "org.apache.hadoop.hive.serde2.JsonSerDe", reading: Reading::Lines(format) };

#[derive(Debug)]
struct HiveJson {
    ignores_malformed: bool,
    timestamps: TimestampFormats,
    columns: Vec<WantedColumn>,
}

fn format(table: &LineTable<'_>) -> Result<Arc<dyn LineFormat>, EngineError> {
    for column in table.columns {
        ValueBuilder::new(&column.data_type)?;
    }
    Ok(Arc::new(HiveJson {
        ignores_malformed: is_true(table.parameters, "ignore.malformed.json"),
        timestamps: TimestampFormats::parse(table.parameters.get("timestamp.formats").map(String::as_str).unwrap_or_default())?,
        columns: table.columns.to_vec(),
    }))
}

impl LineFormat for HiveJson {
    fn decoder(&self) -> Result<Box<dyn LineDecoder>, EngineError> {
        let names = NameRules { ignores_case: true, has_positions: true, ..NameRules::default() };
        let rows = RowReader::new(&self.columns, &names, Rules { timestamps: self.timestamps.clone() })?;
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
            let text = String::from_utf8_lossy(line);
            // Values are appended as they are read, so a line that may be left out is read through before.
            if !self.ignores_malformed || is_object(&text) {
                let mut json = JsonText::new(&text, Dialect::Strict);
                match json.value().map_err(|error| self.rows.rules.malformed(error))? {
                    Start::Object => self.rows.object(&mut json)?,
                    _ => return Err(self.rows.rules.malformed(Malformed("Start of an object not found where expected".to_owned()))),
                }
            }
            self.rows.end_row();
        }
        self.rows.finish()
    }
}

fn is_object(text: &str) -> bool {
    let mut json = JsonText::new(text, Dialect::Strict);
    json.value().is_ok_and(|start| start == Start::Object && json.skip(&start).is_ok())
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
        let is_number = matches!(
            values,
            ValueBuilder::Tinyint(_)
                | ValueBuilder::Smallint(_)
                | ValueBuilder::Integer(_)
                | ValueBuilder::Bigint(_)
                | ValueBuilder::Real(_)
                | ValueBuilder::Double(_)
        );
        if is_number && is_quoted {
            return Err(bad_field(text, column, "Current token (VALUE_STRING) not numeric"));
        }
        self.append_typed(values, text).ok_or_else(|| bad_field(text, column, &format!("For input string: \"{text}\"")))
    }

    fn append_key(&self, values: &mut ValueBuilder, key: &str, column: usize) -> Result<(), EngineError> {
        if append_as_text(values, key) {
            return Ok(());
        }
        self.append_typed(values, key).ok_or_else(|| bad_field(key, column, &format!("For input string: \"{key}\"")))
    }

    fn append_misfit(&self, values: &mut ValueBuilder, _value: &Start<'_>, rendered: &str, column: usize) -> Result<(), EngineError> {
        let expected = match values {
            ValueBuilder::Array(_) => "start of array expected",
            ValueBuilder::Map(_) | ValueBuilder::Row(_) => "start of object expected",
            _ => "a scalar json value expected",
        };
        Err(bad_field(rendered, column, &format!("Invalid JSON: {expected}")))
    }

    fn duplicate_key(&self, key: &str) -> EngineError {
        self.malformed(Malformed(format!("Duplicate field '{key}'")))
    }

    fn malformed(&self, error: Malformed) -> EngineError {
        EngineError::engine("HIVE_CURSOR_ERROR", format!("JsonParseException: {}", error.0))
    }
}

fn bad_field(text: &str, column: usize, reason: &str) -> EngineError {
    EngineError::engine("HIVE_BAD_DATA", format!("Error parsing field value '{text}' for field {column}: {reason}"))
}

impl Rules {
    /// `None` for a text that is no value of the type.
    fn append_typed(&self, values: &mut ValueBuilder, text: &str) -> Option<()> {
        let bytes = text.as_bytes();
        // Jackson cuts a number's fraction off where a whole one is wanted.
        let whole = || scalar::integer(bytes).or_else(|| i64::try_from(scalar::decimal(bytes, 38, 6)? / 1_000_000).ok());
        match values {
            ValueBuilder::Boolean(values) => values.append_value(text.eq_ignore_ascii_case("true")),
            ValueBuilder::Tinyint(values) => values.append_value(whole()?.try_into().ok()?),
            ValueBuilder::Smallint(values) => values.append_value(whole()?.try_into().ok()?),
            ValueBuilder::Integer(values) => values.append_value(whole()?.try_into().ok()?),
            ValueBuilder::Bigint(values) => values.append_value(whole()?),
            ValueBuilder::Real(values) => values.append_value(scalar::real(bytes)?),
            ValueBuilder::Double(values) => values.append_value(scalar::double(bytes)?),
            // What is no decimal, or one too large, is NULL. Ref: Hive `HiveDecimal.create`.
            ValueBuilder::Decimal { values, precision, scale } => values.append_option(scalar::decimal(bytes, *precision, *scale)),
            ValueBuilder::Varbinary(values) => values.append_value(bytes),
            ValueBuilder::Date(values) => values.append_value(scalar::date(bytes)?),
            ValueBuilder::Timestamp(values) => values.append_value(self.timestamps.millis(bytes)?),
            ValueBuilder::Varchar { .. } | ValueBuilder::Array(_) | ValueBuilder::Map(_) | ValueBuilder::Row(_) => return None,
        }
        Some(())
    }
}
