//! What does a line mean to OpenCSVSerde? Fields that may be quoted, with escapes; texts first, which Athena turns into the columns' types.
//!
//! Ref: Athena user guide, "OpenCSVSerDe for processing CSV" (dates are days and timestamps milliseconds since 1970, empty numbers are
//! errors, no line breaks inside quotes); Trino 401 hive formats `CsvDeserializer` (bug for bug opencsv's `CSVParser`).

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};
use arrow::buffer::Buffer;
use owlake_functions::types::TrinoType;

use super::descriptor::{LineDecoder, LineFormat, LineTable, Reading, SerDe, WantedColumn};
use crate::error::EngineError;
use crate::scan::text::builder::{ValueBuilder, append_text};
use crate::scan::text::fields::{Span, WantedFields, split_plain};
use crate::scan::text::lines::Lines;
use crate::scan::text::scalar;

pub const OPEN_CSV: SerDe = SerDe { class: "org.apache.hadoop.hive.serde2.OpenCSVSerde", reading: Reading::Lines(format) };

#[derive(Debug, Clone)]
struct OpenCsv {
    separator: char,
    quote: char,
    escape: char,
    wanted: WantedFields,
    columns: Vec<WantedColumn>,
}

fn format(table: &LineTable<'_>) -> Result<Arc<dyn LineFormat>, EngineError> {
    let character = |name: &str, default: char| table.parameters.get(name).and_then(|text| text.chars().next()).unwrap_or(default);
    let (separator, quote) = (character("separatorChar", ','), character("quoteChar", '"'));
    let escape = character("escapeChar", '\\');
    // Ref: opencsv `CSVParser`; only the null character, which switches quotes and escapes off, may stand for both.
    if separator == quote || separator == escape || quote == escape && quote != '\0' {
        return Err(EngineError::engine("HIVE_INVALID_METADATA", "The separator, quote, and escape characters must be different!"));
    }
    if separator == '\0' {
        return Err(EngineError::engine("HIVE_INVALID_METADATA", "The separator character must be defined!"));
    }
    for column in table.columns {
        match column.data_type {
            TrinoType::Array(_) | TrinoType::Map(..) | TrinoType::Row(_) => {
                return Err(EngineError::engine("GENERIC_INTERNAL_ERROR", "Parent builder is null"));
            }
            _ => ValueBuilder::new(&column.data_type)?,
        };
    }
    let wanted = WantedFields::new(&table.columns.iter().map(|column| column.index).collect::<Vec<_>>());
    Ok(Arc::new(OpenCsv { separator, quote, escape, wanted, columns: table.columns.to_vec() }))
}

impl LineFormat for OpenCsv {
    fn decoder(&self) -> Result<Box<dyn LineDecoder>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

impl LineDecoder for OpenCsv {
    fn decode(&mut self, lines: &Lines) -> Result<Vec<ArrayRef>, EngineError> {
        let (Some((start, _)), Some((_, end))) = (lines.spans.first(), lines.spans.last()) else { return Ok(Vec::new()) };
        let text = &lines.text()[*start as usize..*end as usize];
        if self.separator.is_ascii()
            && self.quote.is_ascii()
            && self.escape.is_ascii()
            && memchr::memchr2(self.quote as u8, self.escape as u8, text).is_none()
        {
            let mut spans = split_plain(lines, self.separator as u8, &self.wanted);
            // An empty line has no field at all.
            for (row, _) in lines.spans.iter().enumerate().filter(|(_, (start, end))| start == end) {
                spans.iter_mut().for_each(|column| column[row] = Span::MISSING);
            }
            return self.columns(lines.text(), &spans);
        }
        let mut plain = Vec::with_capacity(text.len());
        let mut spans = self.wanted.columns(lines.len());
        for line in lines.iter() {
            self.line(&String::from_utf8_lossy(line), &mut plain, &mut spans);
        }
        self.columns(Buffer::from(plain).as_slice(), &spans)
    }
}

impl OpenCsv {
    /// Appends the plain texts of a line's wanted fields to `plain`, and their spans there.
    fn line(&self, line: &str, plain: &mut Vec<u8>, spans: &mut [Vec<Span>]) {
        let mut field = 0;
        if !line.is_empty() {
            self.fields(line, plain, spans, &mut field);
        }
        (field..self.wanted.fields()).filter_map(|field| self.wanted.slot(field)).for_each(|slot| spans[slot].push(Span::MISSING));
    }

    /// opencsv's state machine, its oddities included.
    fn fields(&self, line: &str, plain: &mut Vec<u8>, spans: &mut [Vec<Span>], field: &mut usize) {
        let mut start = plain.len();
        let (mut in_quotes, mut in_field) = (false, false);
        let mut end_field = |plain: &mut Vec<u8>, start: &mut usize, field: &mut usize| {
            match self.wanted.slot(*field) {
                Some(slot) => spans[slot].push(Span { start: *start as u32, end: plain.len() as u32 }),
                None => plain.truncate(*start),
            }
            *field += 1;
            *start = plain.len();
        };
        let mut previous = None;
        let mut position = 0usize;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            if *field >= self.wanted.fields() {
                return;
            }
            let mut last = character;
            if character == self.escape {
                if (in_quotes || in_field)
                    && let Some(escaped) = characters.next_if(|next| *next == self.quote || *next == self.escape)
                {
                    push(plain, escaped);
                    position += escaped.len_utf16();
                    last = escaped;
                }
            } else if character == self.quote {
                let doubled = if in_quotes || in_field { characters.next_if_eq(&self.quote) } else { None };
                if doubled.is_some() {
                    push(plain, self.quote);
                    position += 1;
                } else {
                    // A quote inside a field: not among the line's first three characters, not beside a separator.
                    let is_inside =
                        position > 2 && previous != Some(self.separator) && characters.peek().is_some_and(|next| *next != self.separator);
                    if is_inside {
                        let so_far = &plain[start..];
                        if !so_far.is_empty() && String::from_utf8_lossy(so_far).chars().all(char::is_whitespace) {
                            plain.truncate(start);
                        } else {
                            push(plain, character);
                        }
                    }
                    in_quotes = !in_quotes;
                }
                in_field = !in_field;
            } else if character == self.separator && !in_quotes {
                end_field(plain, &mut start, field);
                in_field = false;
            } else {
                push(plain, character);
                in_field = true;
            }
            previous = Some(last);
            position += character.len_utf16();
        }
        // A last field whose quote is not closed is left out.
        if *field < self.wanted.fields() {
            if in_quotes {
                plain.truncate(start);
            } else {
                end_field(plain, &mut start, field);
            }
        }
    }

    fn columns(&self, text: &[u8], spans: &[Vec<Span>]) -> Result<Vec<ArrayRef>, EngineError> {
        let columns = self.columns.iter().zip(spans);
        columns.map(|(column, spans)| typed(text, spans, column)).collect()
    }
}

fn push(plain: &mut Vec<u8>, character: char) {
    plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The texts as the column's type; a missing field is NULL. Errors: HIVE_BAD_DATA for a text that is no value of the type.
fn typed(text: &[u8], spans: &[Span], column: &WantedColumn) -> Result<ArrayRef, EngineError> {
    if let TrinoType::Varchar(None) = column.data_type {
        let checked = std::str::from_utf8(text).ok();
        let mut values = StringViewBuilder::with_capacity(spans.len());
        for span in spans {
            match (span.of(text), checked.and_then(|text| text.get(span.start as usize..span.end as usize))) {
                (_, Some(known)) => values.append_value(known),
                (Some(field), None) => values.append_value(String::from_utf8_lossy(field)),
                (None, None) => values.append_null(),
            }
        }
        return Ok(Arc::new(values.finish()));
    }
    let mut values = ValueBuilder::new(&column.data_type)?;
    for span in spans {
        match span.of(text) {
            Some(field) => append(&mut values, field).ok_or_else(|| bad_field(field, column))?,
            None => values.append_null(),
        }
    }
    values.finish()
}

/// `None` when the text is no value of the type. Basis: inferred, as Java's `parseLong`, `parseDouble` and `parseBoolean` read.
fn append(values: &mut ValueBuilder, text: &[u8]) -> Option<()> {
    let number = || Some(text).filter(|text| !text.contains(&b'.')).and_then(scalar::integer);
    match values {
        ValueBuilder::Boolean(values) => values.append_value(text.eq_ignore_ascii_case(b"true")),
        ValueBuilder::Tinyint(values) => values.append_value(number()?.try_into().ok()?),
        ValueBuilder::Smallint(values) => values.append_value(number()?.try_into().ok()?),
        ValueBuilder::Integer(values) => values.append_value(number()?.try_into().ok()?),
        ValueBuilder::Bigint(values) => values.append_value(number()?),
        ValueBuilder::Real(values) => values.append_value(scalar::real(text)?),
        ValueBuilder::Double(values) => values.append_value(scalar::double(text)?),
        ValueBuilder::Decimal { values, precision, scale } => values.append_value(scalar::decimal(text, *precision, *scale)?),
        ValueBuilder::Varchar { values, chars_max, trims } => append_text(values, &String::from_utf8_lossy(text), *chars_max, *trims),
        ValueBuilder::Varbinary(values) => values.append_value(text),
        ValueBuilder::Date(values) => values.append_value(number()?.try_into().ok()?),
        ValueBuilder::Timestamp(values) => values.append_value(number()?),
        ValueBuilder::Array(_) | ValueBuilder::Map(_) | ValueBuilder::Row(_) => return None,
    }
    Some(())
}

/// Ref: Athena user guide "Troubleshooting", `HIVE_BAD_DATA: Error parsing field value '' for field …`.
fn bad_field(field: &[u8], column: &WantedColumn) -> EngineError {
    let text = String::from_utf8_lossy(field);
    let reason = match column.data_type {
        TrinoType::Double | TrinoType::Real if text.trim().is_empty() => "empty String".to_owned(),
        _ => format!("For input string: \"{text}\""),
    };
    EngineError::engine("HIVE_BAD_DATA", format!("Error parsing field value '{text}' for field {}: {reason}", column.index))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use owlake_catalog::Parameters;

    use super::*;

    fn fields(line: &str, parameters: &[(&str, &str)]) -> Vec<Option<String>> {
        let parameters: Parameters = parameters.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let columns: Vec<WantedColumn> =
            (0..4).map(|index| WantedColumn { name: format!("c{index}"), index, data_type: TrinoType::VARCHAR }).collect();
        let format = format(&LineTable { parameters: &parameters, column_count: 4, columns: &columns }).unwrap();
        let lines =
            Lines { block: Buffer::from(line.as_bytes().to_vec()), spans: vec![(0, line.len() as u32)], ends_with_line_feeds: true };
        let arrays = format.decoder().unwrap().decode(&lines).unwrap();
        arrays
            .iter()
            .map(|array| {
                use arrow::array::{Array, AsArray};
                let texts = array.as_string_view();
                texts.is_valid(0).then(|| texts.value(0).to_owned())
            })
            .collect()
    }

    fn texts(expected: &[&str]) -> Vec<Option<String>> {
        (0..4).map(|index| expected.get(index).map(|text| text.to_string())).collect()
    }

    #[test]
    fn quotes_and_escapes_are_opencsv_s() {
        // Ref: opencsv 2.3 `CSVParserTest`; Hive `OpenCSVSerde`.
        for (line, expected) in [
            ("a,b,c", &["a", "b", "c"][..]),
            ("\"a\",\"b,c\",\"\"", &["a", "b,c", ""]),
            ("a,\"say \"\"hi\"\"\",b", &["a", "say \"hi\"", "b"]),
            ("a,\"say \\\"hi\\\"\",b", &["a", "say \"hi\"", "b"]),
            // An escape before anything else is dropped.
            ("a,b\\c,d", &["a", "bc", "d"]),
            ("\"back\\\\slash\",x", &["back\\slash", "x"]),
            ("abcd, \"quoted after blank\",e", &["abcd", "quoted after blank", "e"]),
            ("abcd,ef\"gh\"ij,k", &["abcd", "ef\"gh\"ij", "k"]),
            ("a,,", &["a", "", ""]),
            ("a,\"open,b", &["a"]),
            ("ä,\"ö,ü\"", &["ä", "ö,ü"]),
        ] {
            assert_eq!(fields(line, &[]), texts(expected), "{line}");
        }
    }

    #[test]
    fn characters_can_be_chosen() {
        assert_eq!(fields("'a;b';c", &[("separatorChar", ";"), ("quoteChar", "'")]), texts(&["a;b", "c"]));
        assert_eq!(fields("\"a\",b", &[("quoteChar", "\0"), ("escapeChar", "\0")]), texts(&["\"a\"", "b"]));
        assert_eq!(fields("x\ty", &[("separatorChar", "\t")]), texts(&["x", "y"]));
    }

    #[test]
    fn short_and_empty_lines_are_filled_with_nulls() {
        assert_eq!(fields("", &[]), texts(&[]));
        assert_eq!(fields("a", &[]), texts(&["a"]));
        assert_eq!(fields("a,b,c,d,e", &[]), texts(&["a", "b", "c", "d"]));
    }
}
