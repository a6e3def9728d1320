//! Which Arrow type holds the values of a Trino type? The table is in the module's head.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use super::{RowField, TrinoType};

/// The widest decimal, used for the long forms of times and timestamps.
pub const LONG_FORM: DataType = DataType::Decimal128(38, 0);

/// The physical Arrow type of `data_type`.
pub fn arrow_type(data_type: &TrinoType) -> DataType {
    match data_type {
        TrinoType::Unknown | TrinoType::Boolean => DataType::Boolean,
        TrinoType::Tinyint => DataType::Int8,
        TrinoType::Smallint => DataType::Int16,
        TrinoType::Integer | TrinoType::IntervalYearToMonth | TrinoType::Color => DataType::Int32,
        TrinoType::Bigint | TrinoType::IntervalDayToSecond | TrinoType::Time(_) | TrinoType::BingTile => DataType::Int64,
        TrinoType::Real => DataType::Float32,
        TrinoType::Double => DataType::Float64,
        TrinoType::Decimal { precision, scale } => DataType::Decimal128(*precision, i8::try_from(*scale).unwrap_or(38)),
        TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Json | TrinoType::JsonPath | TrinoType::Json2016 => DataType::Utf8View,
        TrinoType::Varbinary
        | TrinoType::HyperLogLog
        | TrinoType::P4HyperLogLog
        | TrinoType::Qdigest(_)
        | TrinoType::Tdigest
        | TrinoType::SetDigest
        | TrinoType::Geometry
        | TrinoType::SphericalGeography => DataType::BinaryView,
        TrinoType::Date => DataType::Date32,
        TrinoType::TimeWithTimeZone(_) => LONG_FORM,
        TrinoType::Timestamp(0..=3) => DataType::Timestamp(TimeUnit::Millisecond, None),
        TrinoType::Timestamp(4..=6) => DataType::Timestamp(TimeUnit::Microsecond, None),
        TrinoType::Timestamp(_) => LONG_FORM,
        TrinoType::TimestampWithTimeZone(0..=3) => DataType::Int64,
        TrinoType::TimestampWithTimeZone(_) => LONG_FORM,
        TrinoType::Uuid | TrinoType::IpAddress => DataType::FixedSizeBinary(16),
        TrinoType::Array(element) => DataType::List(item_field(element)),
        TrinoType::Map(key, value) => DataType::Map(entries_field(key, value), false),
        TrinoType::Row(fields) => DataType::Struct(row_fields(fields)),
        TrinoType::Function(..) => DataType::Null,
    }
}

/// The `item` field of a list of `element`.
pub fn item_field(element: &TrinoType) -> Arc<Field> {
    Arc::new(Field::new("item", arrow_type(element), true))
}

/// The `entries` field of a map.
pub fn entries_field(key: &TrinoType, value: &TrinoType) -> Arc<Field> {
    let fields = Fields::from(vec![Field::new("key", arrow_type(key), false), Field::new("value", arrow_type(value), true)]);
    Arc::new(Field::new("entries", DataType::Struct(fields), false))
}

/// The positional fields `c0`, `c1`, … of a row.
pub fn row_fields(fields: &[RowField]) -> Fields {
    fields.iter().enumerate().map(|(position, field)| Field::new(format!("c{position}"), arrow_type(&field.data_type), true)).collect()
}
