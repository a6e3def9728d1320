//! What does a line mean to LazySimpleSerDe, the one of ROW FORMAT DELIMITED? Fields between separators, by position; nothing is quoted.
//!
//! Ref: Athena user guide, "LazySimpleSerDe for CSV, TSV, and custom-delimited files"; Trino 401 hive formats `SimpleDeserializer`
//! (bug for bug): what cannot be read as the column's type is NULL, short lines are filled with NULLs, extra fields are dropped.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    PrimitiveArray, StringViewBuilder, TimestampMillisecondArray,
};
use arrow::datatypes::ArrowPrimitiveType;
use data_encoding::BASE64;
use owlake_catalog::Parameters;
use owlake_functions::types::TrinoType;

use super::descriptor::{LineDecoder, LineFormat, LineTable, Reading, SerDe, WantedColumn};
use crate::error::EngineError;
use crate::scan::text::builder::{ValueBuilder, append_text};
use crate::scan::text::fields::{Span, WantedFields, split_plain};
use crate::scan::text::lines::Lines;
use crate::scan::text::scalar;
use crate::scan::text::timestamp_format::TimestampFormats;

pub const LAZY_SIMPLE: SerDe = SerDe { class: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", reading: Reading::Lines(format) };

/// The separators by depth: of fields, of collections' items, of map keys, and on. Ref: Hive `LazySerDeParameters`.
const SEPARATORS_DEFAULT: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const NULL_DEFAULT: &str = "\\N";

#[derive(Debug, Clone)]
struct LazySimple {
    separators: [u8; 8],
    escape: Option<u8>,
    /// `serialization.escape.crlf`.
    escapes_lines: bool,
    null: Vec<u8>,
    last_takes_rest: bool,
    column_count: usize,
    timestamps: TimestampFormats,
    wanted: WantedFields,
    columns: Vec<WantedColumn>,
}

fn format(table: &LineTable<'_>) -> Result<Arc<dyn LineFormat>, EngineError> {
    let parameters = table.parameters;
    let property = |name: &str| parameters.get(name).map(String::as_str);
    let mut separators = SEPARATORS_DEFAULT;
    let named = [
        property("field.delim").or(property("serialization.format")),
        // Hive before 3 writes the first name without its second `c`.
        property("collection.delim").or(property("colelction.delim")),
        property("mapkey.delim"),
    ];
    for (separator, text) in separators.iter_mut().zip(named) {
        *separator = byte(text.unwrap_or_default()).unwrap_or(*separator);
    }
    let line = property("line.delim").unwrap_or("\n");
    if !is_line_feed(line) {
        return Err(EngineError::engine("NOT_SUPPORTED", "Lines can be terminated by newline '\\n' only"));
    }
    let wanted = WantedFields::new(&table.columns.iter().map(|column| column.index).collect::<Vec<_>>());
    for column in table.columns {
        check_depth(&column.data_type, 1)?;
        ValueBuilder::new(&column.data_type)?;
    }
    Ok(Arc::new(LazySimple {
        separators,
        escape: property("escape.delim").map(|text| byte(text).unwrap_or(b'\\')),
        escapes_lines: is_true(parameters, "serialization.escape.crlf"),
        null: property("serialization.null.format").unwrap_or(NULL_DEFAULT).as_bytes().to_vec(),
        last_takes_rest: is_true(parameters, "serialization.last.column.takes.rest"),
        column_count: table.column_count,
        timestamps: TimestampFormats::parse(property("timestamp.formats").unwrap_or_default())?,
        wanted,
        columns: table.columns.to_vec(),
    }))
}

/// Whether a line terminator is one that lines are cut at.
pub(crate) fn is_line_feed(text: &str) -> bool {
    matches!(text, "\n" | "\\n" | "10" | "" | "\r\n" | "\\r\\n")
}

/// Whether texts of this encoding are read and written as they are. Ref: Hive `AbstractEncodingAwareSerDe`.
pub(crate) fn is_utf8_name(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii" | "")
}

/// A separator: the number of a byte, else the first character. Ref: Hive `LazyUtils.getByte`.
pub(crate) fn byte(text: &str) -> Option<u8> {
    match text.parse::<i8>() {
        Ok(number) => Some(number.cast_unsigned()),
        Err(_) => text.bytes().next(),
    }
}

pub(super) fn is_true(parameters: &Parameters, name: &str) -> bool {
    parameters.get(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

/// Errors: HIVE_INVALID_METADATA for a type nested deeper than there are separators.
fn check_depth(data_type: &TrinoType, depth: usize) -> Result<(), EngineError> {
    let own = match data_type {
        TrinoType::Array(_) | TrinoType::Row(_) => 1,
        TrinoType::Map(..) => 2,
        _ => 0,
    };
    if depth + own > SEPARATORS_DEFAULT.len() {
        let message = format!("Number of levels of nesting supported for LazySimpleSerde is {}", SEPARATORS_DEFAULT.len() - 1);
        return Err(EngineError::engine("HIVE_INVALID_METADATA", message));
    }
    match data_type {
        TrinoType::Array(element) => check_depth(element, depth + 1),
        TrinoType::Map(key, value) => check_depth(key, depth + 2).and_then(|()| check_depth(value, depth + 2)),
        TrinoType::Row(fields) => fields.iter().try_for_each(|field| check_depth(&field.data_type, depth + 1)),
        _ => Ok(()),
    }
}

impl LineFormat for LazySimple {
    fn decoder(&self) -> Result<Box<dyn LineDecoder>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

impl LineDecoder for LazySimple {
    fn decode(&mut self, lines: &Lines) -> Result<Vec<ArrayRef>, EngineError> {
        let text = lines.text();
        let is_plain = !self.last_takes_rest && self.escape.is_none_or(|escape| memchr::memchr(escape, text).is_none());
        let spans = if is_plain { split_plain(lines, self.separators[0], &self.wanted) } else { self.split(lines) };
        let has_texts = self.columns.iter().any(|column| matches!(column.data_type, TrinoType::Varchar(_) | TrinoType::Char(_)));
        // Checked once a batch: the texts of its fields need no check of their own then.
        let checked = match (has_texts, lines.spans.first(), lines.spans.last()) {
            (true, Some((start, _)), Some((_, end))) => {
                std::str::from_utf8(&text[*start as usize..*end as usize]).ok().map(|text| (text, *start))
            }
            _ => None,
        };
        let columns = self.columns.iter().zip(&spans);
        columns.map(|(column, spans)| self.column(text, checked, spans, &column.data_type)).collect()
    }
}

impl LazySimple {
    /// As [`split_plain`], with escapes and a last column that takes the rest of the line.
    fn split(&self, lines: &Lines) -> Vec<Vec<Span>> {
        let mut columns = self.wanted.columns(lines.len());
        let text = lines.text();
        for (start, end) in &lines.spans {
            let (mut field, mut field_start) = (0, *start);
            let mut push = |field: usize, span: Span| {
                if let Some(slot) = self.wanted.slot(field) {
                    columns[slot].push(span);
                }
            };
            let mut at = *start;
            while at < *end {
                let byte = text[at as usize];
                if byte == self.separators[0] && !(self.last_takes_rest && field + 1 == self.column_count) {
                    push(field, Span { start: field_start, end: at });
                    field += 1;
                    field_start = at + 1;
                } else if Some(byte) == self.escape {
                    at += 1;
                }
                at += 1;
            }
            push(field, Span { start: field_start, end: *end });
            (field + 1..self.wanted.fields()).for_each(|field| push(field, Span::MISSING));
        }
        columns
    }

    fn column(&self, text: &[u8], checked: Option<(&str, u32)>, spans: &[Span], data_type: &TrinoType) -> Result<ArrayRef, EngineError> {
        // The null sequence is looked for where a value could be it: most values are not, and it rarely reads as a number.
        let field = |span: &Span| span.of(text).filter(|field| *field != self.null.as_slice());
        fn numbers<T: ArrowPrimitiveType>(spans: &[Span], read: impl Fn(&Span) -> Option<T::Native>) -> PrimitiveArray<T> {
            spans.iter().map(read).collect()
        }
        let whole = |span: &Span| field(span).and_then(scalar::integer);
        Ok(match data_type {
            TrinoType::Boolean => {
                let mut values = BooleanBuilder::with_capacity(spans.len());
                spans.iter().for_each(|span| values.append_option(field(span).and_then(scalar::boolean)));
                Arc::new(values.finish())
            }
            TrinoType::Tinyint => {
                Arc::new(Int8Array::from_iter(spans.iter().map(|span| whole(span).and_then(|value| value.try_into().ok()))))
            }
            TrinoType::Smallint => {
                Arc::new(Int16Array::from_iter(spans.iter().map(|span| whole(span).and_then(|value| value.try_into().ok()))))
            }
            TrinoType::Integer => {
                Arc::new(Int32Array::from_iter(spans.iter().map(|span| whole(span).and_then(|value| value.try_into().ok()))))
            }
            TrinoType::Bigint => Arc::new(Int64Array::from_iter(spans.iter().map(whole))),
            TrinoType::Real => Arc::new(Float32Array::from_iter(spans.iter().map(|span| field(span).and_then(scalar::real)))),
            TrinoType::Double => Arc::new(Float64Array::from_iter(spans.iter().map(|span| field(span).and_then(scalar::double)))),
            TrinoType::Decimal { precision, scale } => {
                let values = spans.iter().map(|span| field(span).and_then(|text| scalar::decimal(text, *precision, *scale)));
                let values =
                    Decimal128Array::from_iter(values).with_precision_and_scale(*precision, i8::try_from(*scale).unwrap_or(i8::MAX));
                Arc::new(values.map_err(|_| EngineError::internal("a column has an invalid decimal type"))?)
            }
            TrinoType::Date => Arc::new(Date32Array::from_iter(spans.iter().map(|span| field(span).and_then(scalar::date)))),
            TrinoType::Timestamp(_) if self.timestamps.is_empty() => {
                Arc::new(numbers::<arrow::datatypes::TimestampMillisecondType>(spans, |span| {
                    field(span).and_then(scalar::timestamp_millis)
                }))
            }
            TrinoType::Timestamp(_) => Arc::new(TimestampMillisecondArray::from_iter(
                spans.iter().map(|span| field(span).and_then(|text| self.timestamps.millis(text))),
            )),
            TrinoType::Varchar(length) => self.texts(text, checked, spans, length.map(|length| length as usize), false),
            TrinoType::Char(length) => self.texts(text, checked, spans, Some(*length as usize), true),
            _ => {
                let mut values = ValueBuilder::new(data_type)?;
                for span in spans {
                    match field(span) {
                        Some(field) => self.append(&mut values, field, 1),
                        None => values.append_null(),
                    }
                }
                values.finish()?
            }
        })
    }

    fn texts(&self, text: &[u8], checked: Option<(&str, u32)>, spans: &[Span], chars_max: Option<usize>, trims: bool) -> ArrayRef {
        let mut values = StringViewBuilder::with_capacity(spans.len());
        for span in spans {
            let Some(field) = span.of(text).filter(|field| *field != self.null.as_slice()) else {
                values.append_null();
                continue;
            };
            let is_escaped = self.escape.is_some_and(|escape| memchr::memchr(escape, field).is_some());
            let known = checked.and_then(|(text, start)| text.get((span.start - start) as usize..(span.end - start) as usize));
            match known {
                Some(known) if !is_escaped && chars_max.is_none() => values.append_value(known),
                Some(known) if !is_escaped => append_text(&mut values, known, chars_max, trims),
                _ => append_text(&mut values, &String::from_utf8_lossy(&self.unescaped(field)), chars_max, trims),
            }
        }
        Arc::new(values.finish())
    }

    /// Every escape takes the byte after it as it is, but for an `r` and an `n` where line ends are escaped.
    /// Ref: Trino hive formats `StringEncoding.unescape`; Apache Hive 3.1 `LazyUtils.copyAndEscapeStringDataToText`.
    fn unescaped<'a>(&self, field: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(escape) = self.escape.filter(|escape| memchr::memchr(*escape, field).is_some()) else { return Cow::Borrowed(field) };
        let mut plain = Vec::with_capacity(field.len());
        let mut bytes = field.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let escaped = if byte == escape { bytes.next() } else { None };
            plain.push(match escaped {
                Some(b'r') if self.escapes_lines => b'\r',
                Some(b'n') if self.escapes_lines => b'\n',
                Some(next) => next,
                None => byte,
            });
        }
        Cow::Owned(plain)
    }

    /// Appends a value that is not the null sequence; `depth` is that of the separators of its items.
    fn append(&self, values: &mut ValueBuilder, text: &[u8], depth: usize) {
        match values {
            ValueBuilder::Boolean(values) => values.append_option(scalar::boolean(text)),
            ValueBuilder::Tinyint(values) => values.append_option(scalar::integer(text).and_then(|value| value.try_into().ok())),
            ValueBuilder::Smallint(values) => values.append_option(scalar::integer(text).and_then(|value| value.try_into().ok())),
            ValueBuilder::Integer(values) => values.append_option(scalar::integer(text).and_then(|value| value.try_into().ok())),
            ValueBuilder::Bigint(values) => values.append_option(scalar::integer(text)),
            ValueBuilder::Real(values) => values.append_option(scalar::real(text)),
            ValueBuilder::Double(values) => values.append_option(scalar::double(text)),
            ValueBuilder::Decimal { values, precision, scale } => values.append_option(scalar::decimal(text, *precision, *scale)),
            ValueBuilder::Varchar { values, chars_max, trims } => {
                append_text(values, &String::from_utf8_lossy(&self.unescaped(text)), *chars_max, *trims);
            }
            // Ref: Hive `LazyBinary`: what is no base64 is taken as it is.
            ValueBuilder::Varbinary(values) => match BASE64.decode(text) {
                Ok(bytes) => values.append_value(bytes),
                Err(_) => values.append_value(text),
            },
            ValueBuilder::Date(values) => values.append_option(scalar::date(text)),
            ValueBuilder::Timestamp(values) => values.append_option(self.timestamps.millis(text).filter(|_| text.len() >= 8)),
            ValueBuilder::Array(array) => {
                if !text.is_empty() {
                    self.items(text, self.separators[depth], |item| self.append_item(&mut array.element, item, depth + 1));
                }
                array.end(true);
            }
            ValueBuilder::Map(map) => {
                if !text.is_empty() {
                    self.items(text, self.separators[depth], |entry| {
                        let key_end = self.position(entry, self.separators[depth + 1]);
                        self.append_item(&mut map.key, &entry[..key_end.unwrap_or(entry.len())], depth + 2);
                        match key_end {
                            Some(end) => self.append_item(&mut map.value, &entry[end + 1..], depth + 2),
                            None => map.value.append_null(),
                        }
                    });
                }
                map.end(true);
            }
            ValueBuilder::Row(row) => {
                let mut field = 0;
                self.items(text, self.separators[depth], |item| {
                    if let Some(values) = row.fields.get_mut(field) {
                        self.append_item(values, item, depth + 1);
                    }
                    field += 1;
                });
                row.fields.iter_mut().skip(field).for_each(ValueBuilder::append_null);
                row.end(true);
            }
        }
    }

    fn append_item(&self, values: &mut ValueBuilder, text: &[u8], depth: usize) {
        if text == self.null.as_slice() { values.append_null() } else { self.append(values, text, depth) }
    }

    /// Calls `each` with what is between the separators that are not escaped.
    fn items<'a>(&self, text: &'a [u8], separator: u8, mut each: impl FnMut(&'a [u8])) {
        let mut rest = text;
        while let Some(end) = self.position(rest, separator) {
            each(&rest[..end]);
            rest = &rest[end + 1..];
        }
        each(rest);
    }

    fn position(&self, text: &[u8], separator: u8) -> Option<usize> {
        let Some(escape) = self.escape else { return memchr::memchr(separator, text) };
        let mut at = 0;
        while at < text.len() {
            if text[at] == separator {
                return Some(at);
            }
            at += if text[at] == escape { 2 } else { 1 };
        }
        None
    }
}
