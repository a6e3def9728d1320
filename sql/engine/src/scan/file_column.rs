//! How do values as a Parquet file holds them become values of the declared type? Kernels, and the expression that runs them.
//!
//! Ref: Trino 401 Parquet column readers: timestamps round half up to the declared precision, texts of `varchar(n)` are cut,
//! `char(n)` loses trailing spaces, narrowed integers must fit.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewBuilder, Decimal128Array, Int64Array, ListArray, MapArray, StringViewBuilder, StructArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Int64Type, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use owlake_functions::types::arrow_form::{arrow_type, entries_field, item_field, row_fields};
use owlake_functions::types::{RowField, TrinoType};

use super::file_type::row_field_index;
use crate::error::EngineError;
use crate::error::from_datafusion::external;

/// A file's column read as the declared type.
#[derive(Debug, Clone, Eq)]
pub struct FileColumn {
    pub input: Arc<dyn PhysicalExpr>,
    pub declared: TrinoType,
}

impl PartialEq for FileColumn {
    fn eq(&self, other: &Self) -> bool {
        self.input.eq(&other.input) && self.declared == other.declared
    }
}

impl Hash for FileColumn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.input.hash(state);
        self.declared.hash(state);
    }
}

impl fmt::Display for FileColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.input, self.declared)
    }
}

impl PhysicalExpr for FileColumn {
    fn data_type(&self, _input_schema: &Schema) -> Result<DataType, DataFusionError> {
        Ok(arrow_type(&self.declared))
    }

    fn nullable(&self, _input_schema: &Schema) -> Result<bool, DataFusionError> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue, DataFusionError> {
        let values = self.input.evaluate(batch)?.into_array(batch.num_rows())?;
        Ok(ColumnarValue::Array(convert(&values, &self.declared).map_err(external)?))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(FileColumn { input, declared: self.declared.clone() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads `values` as `declared`. Nulls stay. Errors: GENERIC_INTERNAL_ERROR for an integer that does not fit,
/// HIVE_BAD_DATA for other values the type can't hold.
pub fn convert(values: &ArrayRef, declared: &TrinoType) -> Result<ArrayRef, EngineError> {
    let physical = arrow_type(declared);
    match values.data_type() {
        DataType::Null => return Ok(new_null_array(&physical, values.len())),
        DataType::Dictionary(_, value) => {
            let plain = arrow::compute::cast(values, value).map_err(|error| bad_value(&error, declared))?;
            return convert(&plain, declared);
        }
        _ => {}
    }
    match declared {
        TrinoType::Varchar(length) => texts(values, length.map(|length| length as usize), false),
        TrinoType::Char(length) => texts(values, Some(*length as usize), true),
        TrinoType::Varbinary => bytes(values),
        TrinoType::Timestamp(precision) => timestamps(values, *precision),
        TrinoType::TimestampWithTimeZone(precision) => zoned_timestamps(values, *precision),
        TrinoType::Array(element) => arrays(values, element),
        TrinoType::Map(key, value) => maps(values, key, value),
        TrinoType::Row(fields) => rows(values, fields),
        TrinoType::Tinyint => strict_cast(values, &physical).map_err(|_| exceeds("MAX_BYTE")),
        TrinoType::Smallint => strict_cast(values, &physical).map_err(|_| exceeds("MAX_SHORT")),
        TrinoType::Integer => strict_cast(values, &physical).map_err(|_| exceeds("MAX_INT")),
        _ if *values.data_type() == physical => Ok(Arc::clone(values)),
        _ => strict_cast(values, &physical).map_err(|error| bad_value(&error, declared)),
    }
}

fn strict_cast(values: &ArrayRef, physical: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(values, physical, &CastOptions { safe: false, ..CastOptions::default() })
}

/// Ref: Athena user guide "Troubleshooting": `GENERIC_INTERNAL_ERROR: Value exceeds MAX_BYTE`.
fn exceeds(limit: &str) -> EngineError {
    EngineError::engine("GENERIC_INTERNAL_ERROR", format!("Value exceeds {limit}"))
}

fn bad_value(error: &ArrowError, declared: &TrinoType) -> EngineError {
    tracing::debug!(cause = %error, "a value of a file does not fit its column's type");
    EngineError::engine("HIVE_BAD_DATA", format!("A value in a Parquet file does not fit the declared type {declared}"))
}

fn texts(values: &ArrayRef, chars_max: Option<usize>, trims: bool) -> Result<ArrayRef, EngineError> {
    let views = match values.data_type() {
        DataType::Utf8View => Arc::clone(values),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => utf8_of(values)?,
        _ => strict_cast(values, &DataType::Utf8View).map_err(|error| bad_value(&error, &TrinoType::VARCHAR))?,
    };
    let Some(chars_max) = chars_max else { return Ok(views) };
    let views = views.as_string_view();
    let shorten = |text: &str| -> usize {
        let cut = if text.len() <= chars_max { text.len() } else { text.char_indices().nth(chars_max).map_or(text.len(), |(at, _)| at) };
        if trims { text[..cut].trim_end_matches(' ').len() } else { cut }
    };
    if views.iter().flatten().all(|text| shorten(text) == text.len()) {
        return Ok(Arc::new(views.clone()));
    }
    let mut shortened = StringViewBuilder::with_capacity(views.len());
    for text in views {
        shortened.append_option(text.map(|text| &text[..shorten(text)]));
    }
    Ok(Arc::new(shortened.finish()))
}

/// Bytes as text; what is not UTF-8 becomes the replacement character.
fn utf8_of(values: &ArrayRef) -> Result<ArrayRef, EngineError> {
    let views = strict_cast(values, &DataType::BinaryView).map_err(|error| bad_value(&error, &TrinoType::VARCHAR))?;
    let mut texts = StringViewBuilder::with_capacity(views.len());
    for value in views.as_binary_view() {
        match value {
            None => texts.append_null(),
            Some(value) => texts.append_value(String::from_utf8_lossy(value)),
        }
    }
    Ok(Arc::new(texts.finish()))
}

fn bytes(values: &ArrayRef) -> Result<ArrayRef, EngineError> {
    if let Some(fixed) = values.as_fixed_size_binary_opt() {
        let mut views = BinaryViewBuilder::with_capacity(fixed.len());
        for value in fixed {
            views.append_option(value);
        }
        return Ok(Arc::new(views.finish()));
    }
    strict_cast(values, &DataType::BinaryView).map_err(|error| bad_value(&error, &TrinoType::Varbinary))
}

/// Rounds half up, as Trino's readers do.
pub fn round_div(value: i64, factor: i64) -> i64 {
    (value + factor / 2).div_euclid(factor)
}

/// The ticks of a timestamp array since 1970, and how many of them a second has.
fn ticks(values: &ArrayRef, declared: &TrinoType) -> Result<(Int64Array, i64), EngineError> {
    let DataType::Timestamp(unit, _) = values.data_type() else {
        return Err(EngineError::engine(
            "HIVE_BAD_DATA",
            format!("A Parquet column of type {} cannot be read as {declared}", values.data_type()),
        ));
    };
    let per_second = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let plain = strict_cast(values, &DataType::Int64).map_err(|error| bad_value(&error, declared))?;
    Ok((plain.as_primitive::<Int64Type>().clone(), per_second))
}

fn rescaled(values: &Int64Array, from_per_second: i64, to_per_second: i64) -> Result<Int64Array, EngineError> {
    if from_per_second == to_per_second {
        return Ok(values.clone());
    }
    if from_per_second > to_per_second {
        let factor = from_per_second / to_per_second;
        return Ok(values.unary(|value| round_div(value, factor)));
    }
    let factor = to_per_second / from_per_second;
    let overflow = || ArrowError::ArithmeticOverflow("timestamp".to_owned());
    values.try_unary(|value| value.checked_mul(factor).ok_or_else(overflow)).map_err(|error| bad_value(&error, &TrinoType::Timestamp(3)))
}

fn timestamps(values: &ArrayRef, precision: u8) -> Result<ArrayRef, EngineError> {
    let (values, per_second) = ticks(values, &TrinoType::Timestamp(precision))?;
    Ok(match precision {
        0..=3 => Arc::new(TimestampMillisecondArray::new(rescaled(&values, per_second, 1_000)?.values().clone(), values.nulls().cloned())),
        4..=6 => {
            Arc::new(TimestampMicrosecondArray::new(rescaled(&values, per_second, 1_000_000)?.values().clone(), values.nulls().cloned()))
        }
        _ => {
            let picos = 1_000_000_000_000i128 / i128::from(per_second);
            let long = Decimal128Array::from_iter(values.iter().map(|value| value.map(|value| i128::from(value) * picos)));
            Arc::new(long.with_precision_and_scale(38, 0).map_err(|error| bad_value(&error, &TrinoType::Timestamp(precision)))?)
        }
    })
}

fn zoned_timestamps(values: &ArrayRef, precision: u8) -> Result<ArrayRef, EngineError> {
    let (values, per_second) = ticks(values, &TrinoType::TimestampWithTimeZone(precision))?;
    if precision <= 3 {
        return Ok(Arc::new(rescaled(&values, per_second, 1_000)?.unary::<_, Int64Type>(|millis| millis << 12)));
    }
    let picos = 1_000_000_000_000i128 / i128::from(per_second);
    let long = Decimal128Array::from_iter(values.iter().map(|value| value.map(|value| (i128::from(value) * picos) << 12)));
    Ok(Arc::new(long.with_precision_and_scale(38, 0).map_err(|error| bad_value(&error, &TrinoType::TimestampWithTimeZone(precision)))?))
}

fn arrays(values: &ArrayRef, element: &TrinoType) -> Result<ArrayRef, EngineError> {
    let declared = TrinoType::array(element.clone());
    let plain = match values.data_type() {
        DataType::List(_) => Arc::clone(values),
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            strict_cast(values, &DataType::List(Arc::clone(item))).map_err(|error| bad_value(&error, &declared))?
        }
        other => {
            return Err(EngineError::engine("HIVE_BAD_DATA", format!("A Parquet column of type {other} cannot be read as {declared}")));
        }
    };
    let list = plain.as_list::<i32>();
    let elements = convert(list.values(), element)?;
    let converted = ListArray::try_new(item_field(element), list.offsets().clone(), elements, list.nulls().cloned());
    Ok(Arc::new(converted.map_err(|error| bad_value(&error, &declared))?))
}

fn maps(values: &ArrayRef, key: &TrinoType, value: &TrinoType) -> Result<ArrayRef, EngineError> {
    let declared = TrinoType::map(key.clone(), value.clone());
    let Some(map) = values.as_map_opt() else {
        return Err(EngineError::engine(
            "HIVE_BAD_DATA",
            format!("A Parquet column of type {} cannot be read as {declared}", values.data_type()),
        ));
    };
    let field = entries_field(key, value);
    let DataType::Struct(fields) = field.data_type() else { return Err(EngineError::internal("a map has no entries")) };
    let entries = StructArray::try_new(fields.clone(), vec![convert(map.keys(), key)?, convert(map.values(), value)?], None);
    let entries = entries.map_err(|error| bad_value(&error, &declared))?;
    let converted = MapArray::try_new(field, map.offsets().clone(), entries, map.nulls().cloned(), false);
    Ok(Arc::new(converted.map_err(|error| bad_value(&error, &declared))?))
}

fn rows(values: &ArrayRef, fields: &Arc<[RowField]>) -> Result<ArrayRef, EngineError> {
    let declared = TrinoType::Row(Arc::clone(fields));
    let Some(row) = values.as_struct_opt() else {
        return Err(EngineError::engine(
            "HIVE_BAD_DATA",
            format!("A Parquet column of type {} cannot be read as {declared}", values.data_type()),
        ));
    };
    let mut columns = Vec::with_capacity(fields.len());
    for (position, field) in fields.iter().enumerate() {
        columns.push(match row_field_index(row.fields(), field.name.as_deref(), position) {
            Some(index) => convert(row.column(index), &field.data_type)?,
            None => new_null_array(&arrow_type(&field.data_type), row.len()),
        });
    }
    let converted = StructArray::try_new_with_length(row_fields(fields), columns, row.nulls().cloned(), row.len());
    Ok(Arc::new(converted.map_err(|error| bad_value(&error, &declared))?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, StringArray};
    use arrow::datatypes::{Int8Type, TimestampMillisecondType};

    #[test]
    fn timestamps_round_half_up() {
        let micros: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(1_499), Some(1_500), Some(-1_500), Some(-1_501), None]));
        let millis = convert(&micros, &TrinoType::Timestamp(3)).unwrap();
        let millis = millis.as_primitive::<TimestampMillisecondType>();
        assert_eq!(millis.iter().collect::<Vec<_>>(), [Some(1), Some(2), Some(-1), Some(-2), None]);
    }

    #[test]
    fn narrowed_integers_must_fit() {
        let ints: ArrayRef = Arc::new(Int32Array::from(vec![Some(127), None]));
        assert_eq!(convert(&ints, &TrinoType::Tinyint).unwrap().as_primitive::<Int8Type>().value(0), 127);
        let ints: ArrayRef = Arc::new(Int32Array::from(vec![128]));
        assert_eq!(convert(&ints, &TrinoType::Tinyint).unwrap_err().to_string(), "GENERIC_INTERNAL_ERROR: Value exceeds MAX_BYTE");
    }

    #[test]
    fn bounded_texts_are_cut_by_code_points() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("äöü"), Some("a  "), None]));
        let cut = convert(&texts, &TrinoType::Varchar(Some(2))).unwrap();
        assert_eq!(cut.as_string_view().iter().collect::<Vec<_>>(), [Some("äö"), Some("a "), None]);
        let cut = convert(&texts, &TrinoType::Char(3)).unwrap();
        assert_eq!(cut.as_string_view().iter().collect::<Vec<_>>(), [Some("äöü"), Some("a"), None]);
    }

    #[test]
    fn rows_take_fields_by_name_and_fill_missing_ones() {
        let file = StructArray::from(vec![(
            Arc::new(arrow::datatypes::Field::new("B", DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![Some(5)])) as ArrayRef,
        )]);
        let field = |name: &str, data_type| RowField { name: Some(name.into()), data_type };
        let declared = TrinoType::Row([field("a", TrinoType::VARCHAR), field("b", TrinoType::Bigint)].into());
        let read = convert(&(Arc::new(file) as ArrayRef), &declared).unwrap();
        assert_eq!(*read.data_type(), arrow_type(&declared));
        assert!(read.as_struct().column(0).is_null(0));
        assert_eq!(read.as_struct().column(1).as_primitive::<Int64Type>().value(0), 5);
    }
}
