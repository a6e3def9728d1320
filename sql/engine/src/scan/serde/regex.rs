//! What does a line mean to RegexSerDe? A match of one pattern over the whole line, whose groups are the columns.
//!
//! Ref: Athena user guide, "Regex SerDe"; Apache Hive `RegexSerDe`: Java's pattern with DOTALL, `input.regex.case.insensitive`; a line
//! that does not match is a row of NULLs, as is a group's text that is no value of its column.

use std::sync::Arc;

use arrow::array::ArrayRef;
use owlake_functions::regexp::java_regex::{Captures, JavaRegex};

use super::descriptor::{LineDecoder, LineFormat, LineTable, Reading, SerDe, WantedColumn};
use super::lazy_simple::is_true;
use crate::error::EngineError;
use crate::scan::text::builder::{ValueBuilder, append_text};
use crate::scan::text::lines::Lines;
use crate::scan::text::scalar;

pub const REGEX: SerDe = SerDe { class: "org.apache.hadoop.hive.serde2.RegexSerDe", reading: Reading::Lines(format) };
pub const REGEX_CONTRIB: SerDe = SerDe { class: "org.apache.hadoop.hive.contrib.serde2.RegexSerDe", reading: Reading::Lines(format) };

/// A pattern whose groups, by number, are columns.
#[derive(Debug, Clone)]
pub(super) struct LinePattern {
    pub(super) regex: Arc<JavaRegex>,
    /// The wanted columns, each with the number of its group.
    pub(super) columns: Vec<(WantedColumn, usize)>,
}

fn format(table: &LineTable<'_>) -> Result<Arc<dyn LineFormat>, EngineError> {
    let pattern = table
        .parameters
        .get("input.regex")
        .ok_or_else(|| EngineError::engine("HIVE_INVALID_METADATA", "This table does not have serde property \"input.regex\"!"))?;
    let ignores_case = is_true(table.parameters, "input.regex.case.insensitive");
    let flags = if ignores_case { "(?is)" } else { "(?s)" };
    let regex = compile(&format!("{flags}\\A(?:{pattern})\\z"), pattern)?;
    if regex.groups() != table.column_count {
        return Err(EngineError::engine("HIVE_CURSOR_ERROR", "Number of matching groups doesn't match the number of columns"));
    }
    let columns = table.columns.iter().map(|column| (column.clone(), column.index + 1)).collect();
    LinePattern::format(regex, columns)
}

pub(super) fn compile(whole: &str, pattern: &str) -> Result<JavaRegex, EngineError> {
    JavaRegex::compile(whole).map_err(|error| {
        tracing::debug!(cause = %error, "a SerDe's pattern cannot be compiled");
        EngineError::engine("HIVE_INVALID_METADATA", format!("The regular expression cannot be read: {pattern}"))
    })
}

impl LinePattern {
    pub(super) fn format(regex: JavaRegex, columns: Vec<(WantedColumn, usize)>) -> Result<Arc<dyn LineFormat>, EngineError> {
        for (column, _) in &columns {
            if matches!(ValueBuilder::new(&column.data_type)?, ValueBuilder::Array(_) | ValueBuilder::Map(_) | ValueBuilder::Row(_)) {
                let message = format!("Column '{}' of type {} cannot be read with a pattern", column.name, column.data_type);
                return Err(EngineError::engine("NOT_SUPPORTED", message));
            }
        }
        Ok(Arc::new(LinePattern { regex: Arc::new(regex), columns }))
    }
}

impl LineFormat for LinePattern {
    fn decoder(&self) -> Result<Box<dyn LineDecoder>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

impl LineDecoder for LinePattern {
    fn decode(&mut self, lines: &Lines) -> Result<Vec<ArrayRef>, EngineError> {
        let mut values = self.columns.iter().map(|(column, _)| ValueBuilder::new(&column.data_type)).collect::<Result<Vec<_>, _>>()?;
        let mut captures = Captures::default();
        for line in lines.iter() {
            let text = String::from_utf8_lossy(line);
            let is_found = self.regex.captures_at(text.as_ref(), 0, &mut captures).map_err(|_| {
                EngineError::engine("HIVE_CURSOR_ERROR", "The regular expression of the table takes too many steps for a line")
            })?;
            for (values, (_, group)) in values.iter_mut().zip(&self.columns) {
                let span = captures.spans.get(*group).copied().flatten().filter(|_| is_found);
                match span.and_then(|(start, end)| text.get(start..end)) {
                    Some(text) => append(values, text),
                    None => values.append_null(),
                }
            }
        }
        values.iter_mut().map(ValueBuilder::finish).collect()
    }
}

/// A text that is no value of the type is NULL.
fn append(values: &mut ValueBuilder, text: &str) {
    let bytes = text.as_bytes();
    let number = || Some(bytes).filter(|text| !text.contains(&b'.')).and_then(scalar::integer);
    match values {
        ValueBuilder::Boolean(values) => values.append_value(text.eq_ignore_ascii_case("true")),
        ValueBuilder::Tinyint(values) => values.append_option(number().and_then(|value| value.try_into().ok())),
        ValueBuilder::Smallint(values) => values.append_option(number().and_then(|value| value.try_into().ok())),
        ValueBuilder::Integer(values) => values.append_option(number().and_then(|value| value.try_into().ok())),
        ValueBuilder::Bigint(values) => values.append_option(number()),
        ValueBuilder::Real(values) => values.append_option(scalar::real(bytes)),
        ValueBuilder::Double(values) => values.append_option(scalar::double(bytes)),
        ValueBuilder::Decimal { values, precision, scale } => values.append_option(scalar::decimal(bytes, *precision, *scale)),
        ValueBuilder::Varchar { values, chars_max, trims } => append_text(values, text, *chars_max, *trims),
        ValueBuilder::Varbinary(values) => values.append_value(bytes),
        ValueBuilder::Date(values) => values.append_option(scalar::date(bytes)),
        ValueBuilder::Timestamp(values) => values.append_option(scalar::timestamp_millis(bytes)),
        ValueBuilder::Array(_) | ValueBuilder::Map(_) | ValueBuilder::Row(_) => values.append_null(),
    }
}
