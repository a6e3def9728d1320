//! `format`: values put into a format string. Ref: Trino 401 `FormatFunction`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::*;

use super::java_format::{Piece, Value, parse};
use crate::call::Call;
use crate::cast::cast_array;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};
use crate::types::TrinoType;
use crate::types::civil::PICOS_PER_SECOND;
use crate::types::text::ValueWriter;
use crate::types::zone::{self, ZoneCursor};

pub const FUNCTION: Function = Function {
    name: "format",
    description: "Values put into a format string, as Java's String.format does",
    nulls: Nulls::Seen,
    overloads: &[Overload::scalar("(varchar, any...) -> varchar", format)],
    examples: &[("format('%03d', 8)", "008"), ("format('%s%%', 123)", "123%")],
    ..Function::SCALAR
};

/// An argument ready to be read row by row.
struct Argument<'a> {
    data_type: &'a TrinoType,
    values: ArrayRef,
    texts: Option<ArrayRef>,
}

fn format(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let formats = arguments[0].as_string_view();
    let mut prepared = Vec::with_capacity(arguments.len() - 1);
    for (position, values) in arguments.iter().enumerate().skip(1) {
        let data_type = call.argument_type(position);
        let is_simple = matches!(data_type, TrinoType::Boolean | TrinoType::Unknown) || data_type.is_numeric() || is_temporal(data_type);
        let texts = if is_simple {
            None
        } else if *data_type == TrinoType::Json {
            // A JSON value's own text, which a cast to varchar would not give of an object.
            Some(Arc::clone(values))
        } else {
            Some(cast_array(values, data_type, &TrinoType::VARCHAR, call.session())?)
        };
        prepared.push(Argument { data_type, values: Arc::clone(values), texts });
    }
    let constant = match call.constant(0) {
        Some(format) if !format.is_null(0) => Some(pieces(format.as_string_view().value(0))?),
        _ => None,
    };
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    let mut out = String::new();
    for row in 0..call.rows() {
        if formats.is_null(row) {
            builder.append_null();
            continue;
        }
        let compiled;
        let pieces = match &constant {
            Some(pieces) => pieces,
            None => {
                compiled = pieces(formats.value(row))?;
                &compiled
            }
        };
        out.clear();
        fill(&mut out, pieces, &prepared, row).map_err(|reason| invalid(formats.value(row), &reason))?;
        builder.append_value(&out);
    }
    Ok(Arc::new(builder.finish()))
}

fn pieces(format: &str) -> Result<Vec<Piece>, FunctionError> {
    parse(format).map_err(|reason| invalid(format, &reason))
}

fn invalid(format: &str, reason: &str) -> FunctionError {
    FunctionError::argument(format!("Invalid format string: {format} ({reason})"))
}

fn is_temporal(data_type: &TrinoType) -> bool {
    matches!(data_type, TrinoType::Date | TrinoType::Time(_) | TrinoType::Timestamp(_) | TrinoType::TimestampWithTimeZone(_))
}

fn fill(out: &mut String, pieces: &[Piece], arguments: &[Argument<'_>], row: usize) -> Result<(), String> {
    let (mut next, mut last) = (0, None);
    for piece in pieces {
        let directive = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Directive(directive) => directive,
        };
        let index = match directive.index {
            Some(0) => last,
            Some(index) => Some(index - 1),
            None => {
                next += 1;
                Some(next - 1)
            }
        };
        last = index;
        let argument = index
            .and_then(|index| arguments.get(index))
            .ok_or_else(|| format!("MissingFormatArgument: Format specifier '%{}'", directive.conversion))?;
        out.push_str(&directive.apply(&value(argument, row))?);
    }
    Ok(())
}

fn value(argument: &Argument<'_>, row: usize) -> Value {
    let values = argument.values.as_ref();
    if values.is_null(row) {
        return Value::Null;
    }
    if let Some(texts) = &argument.texts {
        return if texts.is_null(row) { Value::Null } else { Value::Text(texts.as_string_view().value(row).to_string()) };
    }
    match argument.data_type {
        TrinoType::Boolean => Value::Bool(values.as_boolean().value(row)),
        TrinoType::Tinyint => Value::Integer(i64::from(values.as_primitive::<Int8Type>().value(row))),
        TrinoType::Smallint => Value::Integer(i64::from(values.as_primitive::<Int16Type>().value(row))),
        TrinoType::Integer => Value::Integer(i64::from(values.as_primitive::<Int32Type>().value(row))),
        TrinoType::Bigint => Value::Integer(values.as_primitive::<Int64Type>().value(row)),
        TrinoType::Real => Value::Double(f64::from(values.as_primitive::<Float32Type>().value(row))),
        TrinoType::Double => Value::Double(values.as_primitive::<Float64Type>().value(row)),
        TrinoType::Decimal { scale, .. } => Value::Decimal(values.as_primitive::<Decimal128Type>().value(row), u32::from(*scale)),
        other => Value::Temporal(java_temporal(other, values, row)),
    }
}

/// A date or time as Java's `toString`: a `T` in between, seconds left out when zero, and 3, 6 or 9 digits after the point.
fn java_temporal(data_type: &TrinoType, values: &dyn Array, row: usize) -> String {
    let mut text = String::new();
    ValueWriter::new(data_type).write(values, row, &mut text);
    let zone = java_zone(data_type, values, row);
    if !zone.is_empty()
        && let Some(moment_end) = text.rfind(' ')
    {
        text.truncate(moment_end);
    }
    if matches!(data_type, TrinoType::Date) {
        return text;
    }
    let (moment, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let nanos = nanos(fraction);
    let moment = moment.replacen(' ', "T", 1);
    let (moment, nanos) = if nanos == 1_000_000_000 { (moment, 999_999_999) } else { (moment, nanos) };
    if nanos == 0 {
        return format!("{}{zone}", moment.strip_suffix(":00").unwrap_or(&moment));
    }
    let digits = if nanos % 1_000_000 == 0 {
        format!("{:03}", nanos / 1_000_000)
    } else if nanos % 1000 == 0 {
        format!("{:06}", nanos / 1000)
    } else {
        format!("{nanos:09}")
    };
    format!("{moment}.{digits}{zone}")
}

/// The offset and, unless the zone is that offset, the zone in brackets: `+05:45[Asia/Kathmandu]`, `Z[UTC]`, `+02:00`.
fn java_zone(data_type: &TrinoType, values: &dyn Array, row: usize) -> String {
    let (key, epoch_seconds) = match data_type {
        TrinoType::TimestampWithTimeZone(0..=3) => {
            let (millis, key) = zone::unpack_millis(values.as_primitive::<Int64Type>().value(row));
            (key, millis.div_euclid(1000))
        }
        TrinoType::TimestampWithTimeZone(_) => {
            let (picos, key) = zone::unpack_picos(values.as_primitive::<Decimal128Type>().value(row));
            (key, picos.div_euclid(i128::from(PICOS_PER_SECOND)) as i64)
        }
        _ => return String::new(),
    };
    let name = zone::name(key);
    if name.starts_with(['+', '-']) {
        return name.to_string();
    }
    let offset = ZoneCursor::new(key).offset_at(epoch_seconds);
    let (sign, size) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
    match (offset, size % 60) {
        (0, _) => format!("Z[{name}]"),
        (_, 0) => format!("{sign}{:02}:{:02}[{name}]", size / 3600, size / 60 % 60),
        (_, seconds) => format!("{sign}{:02}:{:02}:{seconds:02}[{name}]", size / 3600, size / 60 % 60),
    }
}

/// Nanoseconds of a fraction's digits, half up.
fn nanos(fraction: &str) -> u32 {
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(12).collect();
    let picos: u64 = digits.parse().unwrap_or(0);
    ((picos + 500) / 1000) as u32
}
