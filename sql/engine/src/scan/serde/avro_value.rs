//! How do Avro's bytes become values? By a way from the file's type to the declared one, worked out once a file.
//!
//! Ref: Apache Avro specification 1.11, "Binary Encoding", "Schema Resolution"; Apache Hive `AvroDeserializer`.

use std::sync::Arc;

use owlake_functions::types::TrinoType;

use super::avro_schema::{AvroField, AvroSchema, AvroType, Logical, Shape};
use crate::scan::text::builder::{ValueBuilder, append_text};

/// How deep values may be nested.
const DEPTH_MAX: usize = 64;

/// Why bytes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// They end too early or say what cannot be.
    Malformed,
    /// A value of a type that does not become the declared one: the types' names.
    Mismatch(Arc<str>),
}

/// The way of a value.
#[derive(Debug)]
pub(super) enum Step {
    Null,
    Boolean,
    /// A whole number; the declared type says how wide.
    Number,
    Float,
    Double,
    Date,
    Timestamp {
        per_second: i64,
    },
    /// Bytes after their length, or of a fixed one.
    Bytes(Option<usize>),
    Decimal {
        bytes: Option<usize>,
        scale: u32,
    },
    Enum(Arc<[String]>),
    Array(Box<Step>),
    Map(Box<Step>),
    Union(Vec<Step>),
    Record(RecordStep),
    /// Found out only where such a value comes up.
    Mismatch(Arc<str>),
}

/// The fields in the file's order, each with its place among the wanted ones or none.
#[derive(Debug)]
pub(super) struct RecordStep {
    fields: Vec<(AvroType, Option<(usize, Step)>)>,
    missing: Vec<usize>,
}

impl RecordStep {
    /// `wanted` are names and declared types. `aliases` tells under which other names the field of a wanted one may be.
    pub(super) fn new(
        schema: &AvroSchema,
        fields: &[AvroField],
        wanted: &[(&str, &TrinoType)],
        aliases: &dyn Fn(&str) -> Vec<String>,
    ) -> RecordStep {
        let mut taken = vec![false; wanted.len()];
        let places: Vec<Option<usize>> = wanted
            .iter()
            .map(|(name, _)| {
                let find = |name: &str| fields.iter().position(|field| field.name.eq_ignore_ascii_case(name));
                find(name).or_else(|| aliases(name).iter().find_map(|alias| find(alias)))
            })
            .collect();
        let fields = fields.iter().enumerate().map(|(index, field)| {
            let place = places.iter().position(|place| *place == Some(index));
            let step = place.map(|place| {
                taken[place] = true;
                (place, Step::new(schema, &field.data_type, wanted[place].1))
            });
            (field.data_type.clone(), step)
        });
        let fields = fields.collect();
        let missing = (0..wanted.len()).filter(|place| !taken[*place]).collect();
        RecordStep { fields, missing }
    }

    /// The wanted ones that no field gives.
    pub(super) fn missing(&self) -> &[usize] {
        &self.missing
    }

    /// Reads a record into one builder a wanted field; the missing ones get nothing.
    pub(super) fn read(&self, schema: &AvroSchema, bytes: &mut &[u8], builders: &mut [ValueBuilder]) -> Result<(), Failure> {
        for (data_type, step) in &self.fields {
            match step {
                Some((place, step)) => step.read(schema, bytes, builders.get_mut(*place).ok_or(Failure::Malformed)?)?,
                None => skip(schema, data_type, bytes, 0)?,
            }
        }
        Ok(())
    }
}

impl Step {
    fn new(schema: &AvroSchema, data_type: &AvroType, target: &TrinoType) -> Step {
        let mismatch = || Step::Mismatch(format!("type {} in Avro is incompatible with type {target}", data_type.name()).into());
        let Some(found) = schema.resolve(data_type) else { return mismatch() };
        let is_text = matches!(target, TrinoType::Varchar(_) | TrinoType::Char(_));
        match (&found.shape, found.logical, target) {
            (Shape::Null, ..) => Step::Null,
            (Shape::Union(branches), ..) => Step::Union(branches.iter().map(|branch| Step::new(schema, branch, target)).collect()),
            (Shape::Boolean, _, TrinoType::Boolean) => Step::Boolean,
            (Shape::Int, Some(Logical::Date), TrinoType::Date) => Step::Date,
            (Shape::Long, Some(Logical::Timestamp { per_second }), TrinoType::Timestamp(_)) => Step::Timestamp { per_second },
            (Shape::Int | Shape::Long, _, target) if target.is_integral() || is_text => Step::Number,
            (Shape::Int | Shape::Long, _, TrinoType::Real | TrinoType::Double) => Step::Number,
            (Shape::Float, _, TrinoType::Real | TrinoType::Double) => Step::Float,
            (Shape::Double, _, TrinoType::Double) => Step::Double,
            (Shape::Bytes, Some(Logical::Decimal { scale }), TrinoType::Decimal { .. }) => Step::Decimal { bytes: None, scale },
            (Shape::Fixed(size), Some(Logical::Decimal { scale }), TrinoType::Decimal { .. }) => {
                Step::Decimal { bytes: Some(*size), scale }
            }
            (Shape::Bytes | Shape::String, _, target) if is_text || *target == TrinoType::Varbinary => Step::Bytes(None),
            (Shape::Fixed(size), _, target) if is_text || *target == TrinoType::Varbinary => Step::Bytes(Some(*size)),
            (Shape::Enum(symbols), ..) if is_text => Step::Enum(Arc::clone(symbols)),
            (Shape::Array(items), _, TrinoType::Array(element)) => Step::Array(Box::new(Step::new(schema, items, element))),
            (Shape::Map(values), _, TrinoType::Map(key, value)) if matches!(**key, TrinoType::Varchar(_)) => {
                Step::Map(Box::new(Step::new(schema, values, value)))
            }
            (Shape::Record(fields), _, TrinoType::Row(wanted)) => {
                let wanted: Vec<_> = wanted.iter().map(|field| (field.name.as_deref().unwrap_or_default(), &field.data_type)).collect();
                Step::Record(RecordStep::new(schema, fields, &wanted, &|_| Vec::new()))
            }
            _ => mismatch(),
        }
    }

    fn read(&self, schema: &AvroSchema, bytes: &mut &[u8], values: &mut ValueBuilder) -> Result<(), Failure> {
        match self {
            Step::Null => values.append_null(),
            Step::Union(branches) => {
                let branch = usize::try_from(long(bytes)?).ok().and_then(|branch| branches.get(branch)).ok_or(Failure::Malformed)?;
                branch.read(schema, bytes, values)?;
            }
            Step::Mismatch(text) => return Err(Failure::Mismatch(Arc::clone(text))),
            Step::Boolean => match values {
                ValueBuilder::Boolean(values) => values.append_value(cut(bytes, 1)? != [0]),
                _ => return Err(Failure::Malformed),
            },
            Step::Number => append_number(long(bytes)?, values)?,
            Step::Float => {
                let (value, rest) = bytes.split_first_chunk::<4>().ok_or(Failure::Malformed)?;
                let value = f32::from_le_bytes(*value);
                *bytes = rest;
                match values {
                    ValueBuilder::Real(values) => values.append_value(value),
                    ValueBuilder::Double(values) => values.append_value(f64::from(value)),
                    _ => return Err(Failure::Malformed),
                }
            }
            Step::Double => {
                let (value, rest) = bytes.split_first_chunk::<8>().ok_or(Failure::Malformed)?;
                let value = f64::from_le_bytes(*value);
                *bytes = rest;
                match values {
                    ValueBuilder::Double(values) => values.append_value(value),
                    _ => return Err(Failure::Malformed),
                }
            }
            Step::Date => match values {
                ValueBuilder::Date(values) => values.append_value(i32::try_from(long(bytes)?).map_err(|_| Failure::Malformed)?),
                _ => return Err(Failure::Malformed),
            },
            Step::Timestamp { per_second } => match values {
                ValueBuilder::Timestamp(values) => values.append_value(long(bytes)?.div_euclid(per_second / 1000)),
                _ => return Err(Failure::Malformed),
            },
            Step::Bytes(size) => append_bytes(sized(bytes, *size)?, values)?,
            Step::Decimal { bytes: size, scale } => append_decimal(sized(bytes, *size)?, *scale, values)?,
            Step::Enum(symbols) => {
                let symbol = usize::try_from(long(bytes)?).ok().and_then(|index| symbols.get(index)).ok_or(Failure::Malformed)?;
                append_bytes(symbol.as_bytes(), values)?;
            }
            Step::Array(item) => {
                let ValueBuilder::Array(array) = values else { return Err(Failure::Malformed) };
                each_item(bytes, |bytes| item.read(schema, bytes, &mut array.element))?;
                array.end(true);
            }
            Step::Map(value) => {
                let ValueBuilder::Map(map) = values else { return Err(Failure::Malformed) };
                map.keeps_last = true;
                each_item(bytes, |bytes| {
                    append_bytes(sized(bytes, None)?, &mut map.key)?;
                    value.read(schema, bytes, &mut map.value)
                })?;
                map.end(true);
            }
            Step::Record(record) => {
                let ValueBuilder::Row(row) = values else { return Err(Failure::Malformed) };
                record.read(schema, bytes, &mut row.fields)?;
                record.missing.iter().for_each(|place| row.fields[*place].append_null());
                row.end(true);
            }
        }
        Ok(())
    }
}

fn append_number(number: i64, values: &mut ValueBuilder) -> Result<(), Failure> {
    match values {
        ValueBuilder::Tinyint(values) => values.append_value(number.try_into().map_err(|_| Failure::Malformed)?),
        ValueBuilder::Smallint(values) => values.append_value(number.try_into().map_err(|_| Failure::Malformed)?),
        ValueBuilder::Integer(values) => values.append_value(number.try_into().map_err(|_| Failure::Malformed)?),
        ValueBuilder::Bigint(values) => values.append_value(number),
        ValueBuilder::Real(values) => values.append_value(number as f32),
        ValueBuilder::Double(values) => values.append_value(number as f64),
        ValueBuilder::Varchar { values, chars_max, trims } => append_text(values, &number.to_string(), *chars_max, *trims),
        _ => return Err(Failure::Malformed),
    }
    Ok(())
}

fn append_bytes(bytes: &[u8], values: &mut ValueBuilder) -> Result<(), Failure> {
    match values {
        ValueBuilder::Varbinary(values) => values.append_value(bytes),
        ValueBuilder::Varchar { values, chars_max, trims } => append_text(values, &String::from_utf8_lossy(bytes), *chars_max, *trims),
        _ => return Err(Failure::Malformed),
    }
    Ok(())
}

/// Big-endian two's complement. Errors: more digits than are declared.
fn append_decimal(bytes: &[u8], own_scale: u32, values: &mut ValueBuilder) -> Result<(), Failure> {
    let ValueBuilder::Decimal { values, precision, scale } = values else { return Err(Failure::Malformed) };
    let (sign, extra) = (bytes.first().is_some_and(|byte| byte & 0x80 != 0), bytes.len().saturating_sub(16));
    let fill = if sign { 0xff } else { 0 };
    if bytes[..extra].iter().any(|byte| *byte != fill) {
        return Err(Failure::Malformed);
    }
    let mut whole = [fill; 16];
    let kept = &bytes[extra..];
    whole[16 - kept.len()..].copy_from_slice(kept);
    let value = i128::from_be_bytes(whole);
    let scale = u32::from(*scale);
    let rescaled = if own_scale <= scale {
        10i128.checked_pow(scale - own_scale).and_then(|factor| value.checked_mul(factor))
    } else {
        // Half is rounded away from zero.
        let half_up = |factor: i128| Some(value.checked_add(value.signum() * (factor / 2))? / factor);
        10i128.checked_pow(own_scale - scale).and_then(half_up)
    };
    let limit = 10u128.checked_pow(u32::from(*precision)).unwrap_or(u128::MAX);
    values.append_value(rescaled.filter(|value| value.unsigned_abs() < limit).ok_or(Failure::Malformed)?);
    Ok(())
}

/// The blocks of an array or a map, to the empty one.
fn each_item(bytes: &mut &[u8], mut item: impl FnMut(&mut &[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
    loop {
        let mut count = long(bytes)?;
        if count == 0 {
            return Ok(());
        }
        if count < 0 {
            // The block's size in bytes comes after it.
            long(bytes)?;
            count = count.checked_neg().ok_or(Failure::Malformed)?;
        }
        for _ in 0..count {
            let before = bytes.len();
            item(bytes)?;
            // Items of no bytes could go on for ever.
            if bytes.len() == before && count > 1 << 20 {
                return Err(Failure::Malformed);
            }
        }
    }
}

fn skip(schema: &AvroSchema, data_type: &AvroType, bytes: &mut &[u8], depth: usize) -> Result<(), Failure> {
    if depth > DEPTH_MAX {
        return Err(Failure::Malformed);
    }
    let found = schema.resolve(data_type).ok_or(Failure::Malformed)?;
    match &found.shape {
        Shape::Null => {}
        Shape::Boolean => drop(cut(bytes, 1)?),
        Shape::Int | Shape::Long | Shape::Enum(_) => drop(long(bytes)?),
        Shape::Float => drop(cut(bytes, 4)?),
        Shape::Double => drop(cut(bytes, 8)?),
        Shape::Bytes | Shape::String => drop(sized(bytes, None)?),
        Shape::Fixed(size) => drop(cut(bytes, *size)?),
        Shape::Array(items) => each_item(bytes, |bytes| skip(schema, items, bytes, depth + 1))?,
        Shape::Map(values) => each_item(bytes, |bytes| {
            sized(bytes, None)?;
            skip(schema, values, bytes, depth + 1)
        })?,
        Shape::Union(branches) => {
            let branch = usize::try_from(long(bytes)?).ok().and_then(|branch| branches.get(branch)).ok_or(Failure::Malformed)?;
            skip(schema, branch, bytes, depth + 1)?;
        }
        Shape::Record(fields) => fields.iter().try_for_each(|field| skip(schema, &field.data_type, bytes, depth + 1))?,
        Shape::Named(_) => return Err(Failure::Malformed),
    }
    Ok(())
}

/// The bytes of a fixed length, or of the length before them.
fn sized<'a>(bytes: &mut &'a [u8], size: Option<usize>) -> Result<&'a [u8], Failure> {
    let size = match size {
        Some(size) => size,
        None => usize::try_from(long(bytes)?).map_err(|_| Failure::Malformed)?,
    };
    cut(bytes, size)
}

fn cut<'a>(bytes: &mut &'a [u8], size: usize) -> Result<&'a [u8], Failure> {
    let (head, rest) = bytes.split_at_checked(size).ok_or(Failure::Malformed)?;
    *bytes = rest;
    Ok(head)
}

/// A number in zigzag, seven bits a byte.
pub(super) fn long(bytes: &mut &[u8]) -> Result<i64, Failure> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or(Failure::Malformed)?;
        *bytes = rest;
        value |= u64::from(first & 0x7f).checked_shl(shift).unwrap_or(0);
        if first & 0x80 == 0 {
            return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    Err(Failure::Malformed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};

    use super::*;

    fn read(schema: &str, wanted: &[(&str, &TrinoType)], bytes: &[u8]) -> Result<Vec<arrow::array::ArrayRef>, Failure> {
        let schema = AvroSchema::parse(schema).unwrap();
        let step = RecordStep::new(&schema, schema.fields().unwrap(), wanted, &|_| Vec::new());
        let mut builders: Vec<ValueBuilder> = wanted.iter().map(|(_, data_type)| ValueBuilder::new(data_type).unwrap()).collect();
        let mut left = bytes;
        step.read(&schema, &mut left, &mut builders)?;
        assert!(left.is_empty());
        Ok(builders.iter_mut().map(|values| values.finish().unwrap()).collect())
    }

    #[test]
    fn numbers_widen_and_unwanted_fields_are_skipped() {
        // Ref: Apache Avro specification, "Schema Resolution": int is promotable to long, float, or double; examples of "Binary Encoding".
        let schema = r#"{"type": "record", "name": "r", "fields": [{"name": "A", "type": "long"},
            {"name": "gone", "type": {"type": "array", "items": ["string", "null"]}}, {"name": "b", "type": ["null", "int"]},
            {"name": "d", "type": {"type": "fixed", "name": "f", "size": 3, "logicalType": "decimal", "precision": 6, "scale": 1}}]}"#;
        let bytes = [54, 2, 0, 6, b'f', b'o', b'o', 2, 2, 0, 2, 127, 0xff, 0xff, 0x85];
        let decimal = TrinoType::Decimal { precision: 10, scale: 2 };
        let columns = read(schema, &[("b", &TrinoType::Double), ("a", &TrinoType::Bigint), ("d", &decimal)], &bytes).unwrap();
        assert_eq!(columns[0].as_primitive::<Float64Type>().value(0), -64.0);
        assert_eq!(columns[1].as_primitive::<Int64Type>().value(0), 27);
        assert_eq!(columns[2].as_primitive::<Decimal128Type>().value(0), -1230);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let schema = r#"{"type": "record", "name": "r", "fields": [{"name": "a", "type": ["null", "string"]}]}"#;
        assert!(read(schema, &[("a", &TrinoType::Date)], &[0]).is_ok(), "a null fits everything");
        let error = read(schema, &[("a", &TrinoType::Date)], &[2, 2, b'x']).unwrap_err();
        assert_eq!(error, Failure::Mismatch("type string in Avro is incompatible with type date".into()));
        assert_eq!(read(schema, &[("a", &TrinoType::VARCHAR)], &[2, 9]).unwrap_err(), Failure::Malformed);
        assert_eq!(read(schema, &[("a", &TrinoType::VARCHAR)], &[4]).unwrap_err(), Failure::Malformed);
    }
}
