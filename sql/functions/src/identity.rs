//! When are two values one and the same to DISTINCT, map keys and sets? Their normal forms have equal bytes. Ref: Trino 401 `IS DISTINCT FROM`, `Type.hash`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::take;
use arrow::datatypes::{DataType, Decimal128Type, Field, Fields, Float32Type, Float64Type, Int64Type};
use arrow::row::{RowConverter, Rows, SortField};

use crate::error::FunctionError;
use crate::operator::compare::time_instant;
use crate::types::TrinoType;
use crate::types::arrow_form::arrow_type;

/// The physical type of normal forms: that of the type, but a map is a sorted list of entries.
pub fn normal_form(data_type: &TrinoType) -> DataType {
    match data_type {
        TrinoType::TimeWithTimeZone(_) => DataType::Int64,
        TrinoType::Array(element) => DataType::List(item(normal_form(element))),
        TrinoType::Map(key, value) => DataType::List(item(DataType::Struct(entry_fields(key, value)))),
        TrinoType::Row(fields) => DataType::Struct(
            fields
                .iter()
                .enumerate()
                .map(|(position, field)| Field::new(format!("c{position}"), normal_form(&field.data_type), true))
                .collect(),
        ),
        other => arrow_type(other),
    }
}

fn item(data_type: DataType) -> Arc<Field> {
    Arc::new(Field::new("item", data_type, true))
}

fn entry_fields(key: &TrinoType, value: &TrinoType) -> Fields {
    Fields::from(vec![Field::new("key", normal_form(key), true), Field::new("value", normal_form(value), true)])
}

/// Brings values to their normal form: one NaN, one zero, instants without zones, map entries in order of key.
pub fn normalize(values: &ArrayRef, data_type: &TrinoType) -> Result<ArrayRef, FunctionError> {
    Ok(match data_type {
        TrinoType::Real => Arc::new(
            values.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| if value.is_nan() { f32::NAN } else { value + 0.0 }),
        ),
        TrinoType::Double => Arc::new(
            values.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| if value.is_nan() { f64::NAN } else { value + 0.0 }),
        ),
        TrinoType::TimestampWithTimeZone(0..=3) => {
            Arc::new(values.as_primitive::<Int64Type>().unary::<_, Int64Type>(|packed| packed >> 12))
        }
        TrinoType::TimestampWithTimeZone(_) => Arc::new(
            values.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(|packed| packed >> 12).with_precision_and_scale(38, 0)?,
        ),
        TrinoType::TimeWithTimeZone(_) => Arc::new(values.as_primitive::<Decimal128Type>().unary::<_, Int64Type>(time_instant)),
        TrinoType::Array(element) => {
            let list = values.as_list::<i32>();
            let elements = normalize(list.values(), element)?;
            Arc::new(ListArray::try_new(item(normal_form(element)), list.offsets().clone(), elements, list.nulls().cloned())?)
        }
        TrinoType::Row(fields) => {
            let rows = values.as_struct();
            let DataType::Struct(normal_fields) = normal_form(data_type) else {
                return Err(FunctionError::internal("a row's normal form is a struct"));
            };
            let columns = rows
                .columns()
                .iter()
                .zip(fields.iter())
                .map(|(column, field)| normalize(column, &field.data_type))
                .collect::<Result<Vec<_>, _>>()?;
            if columns.is_empty() {
                Arc::clone(values)
            } else {
                Arc::new(StructArray::try_new(normal_fields, columns, rows.nulls().cloned())?)
            }
        }
        TrinoType::Map(key, value) => normalize_map(values, key, value)?,
        _ => Arc::clone(values),
    })
}

fn normalize_map(values: &ArrayRef, key: &TrinoType, value: &TrinoType) -> Result<ArrayRef, FunctionError> {
    let map = values.as_map();
    let (keys, held) = (normalize(map.keys(), key)?, normalize(map.values(), value)?);
    let converter = RowConverter::new(vec![SortField::new(keys.data_type().clone())])?;
    let encoded = converter.convert_columns(&[Arc::clone(&keys)])?;
    let offsets = map.value_offsets();
    let mut order = Vec::with_capacity(keys.len());
    let mut lengths = Vec::with_capacity(map.len());
    for row in 0..map.len() {
        let mut entries: Vec<u32> = if map.is_null(row) { vec![] } else { (offsets[row] as u32..offsets[row + 1] as u32).collect() };
        entries.sort_by(|left, right| encoded.row(*left as usize).cmp(&encoded.row(*right as usize)));
        lengths.push(entries.len());
        order.extend(entries);
    }
    let order = UInt32Array::from(order);
    let fields = entry_fields(key, value);
    let entries = StructArray::try_new(fields.clone(), vec![take(&keys, &order, None)?, take(&held, &order, None)?], None)?;
    Ok(Arc::new(ListArray::try_new(
        item(DataType::Struct(fields)),
        OffsetBuffer::from_lengths(lengths),
        Arc::new(entries),
        map.nulls().cloned(),
    )?))
}

/// One encoded row a value: equal bytes for identical values, null included.
pub fn encode(values: &ArrayRef, data_type: &TrinoType) -> Result<Rows, FunctionError> {
    let converter = RowConverter::new(vec![SortField::new(normal_form(data_type))])?;
    Ok(converter.convert_columns(&[normalize(values, data_type)?])?)
}
