//! What do the footers say of a column's values? Bounds of whole numbers and dates, how many texts, for the planner's estimates only.
//!
//! How many values a key has decides how many rows a join gives. Everything is said to be inexact, so nothing is answered from it.
//! Ref: Parquet format "Statistics", "Dictionary encoding".

use arrow::datatypes::DataType;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use super::footer::Footer;

/// Bounds and nulls over all row groups.
struct Summary {
    min: i64,
    max: i64,
    nulls: u64,
}

/// Of each column over all files; unknown where a row group does not tell or the type is another.
pub fn column_statistics(footers: &[&Footer], columns: &[(String, TrinoType)]) -> Vec<ColumnStatistics> {
    columns
        .iter()
        .map(|(name, declared)| match arrow_type(declared) {
            DataType::Utf8View => of_texts(footers, name),
            _ => of_numbers(footers, name, declared),
        })
        .map(|known| known.unwrap_or_else(ColumnStatistics::new_unknown))
        .collect()
}

/// About how many texts there are. Where they are written as indices into a dictionary, an index takes as many bits as the dictionary
/// needs, and so the bytes a value takes tell how many values there can be. Runs of one value take less: the count is rather low then,
/// and the estimate of a join rather high.
fn of_texts(footers: &[&Footer], name: &str) -> Option<ColumnStatistics> {
    let (mut distinct, mut total) = (0f64, 0f64);
    for footer in footers {
        let leaf = leaf_index(&footer.metadata, name)?;
        for group in footer.metadata.row_groups() {
            let rows = group.num_rows().max(1) as f64;
            let bits = group.column(leaf).uncompressed_size() as f64 * 8.0 / rows;
            let of_group = bits.ceil().clamp(0.0, 62.0).exp2().min(rows);
            // A few values are the same in every group, many are others.
            distinct = if of_group * 2.0 < rows { distinct.max(of_group) } else { distinct + of_group };
            total += rows;
        }
    }
    let distinct_count = Precision::Inexact(distinct.min(total) as usize);
    (total > 0.0).then(|| ColumnStatistics { distinct_count, ..ColumnStatistics::new_unknown() })
}

fn of_numbers(footers: &[&Footer], name: &str, declared: &TrinoType) -> Option<ColumnStatistics> {
    let scalar: fn(i64) -> Option<ScalarValue> = match arrow_type(declared) {
        DataType::Int8 => |value| i8::try_from(value).ok().map(|value| ScalarValue::Int8(Some(value))),
        DataType::Int16 => |value| i16::try_from(value).ok().map(|value| ScalarValue::Int16(Some(value))),
        DataType::Int32 => |value| i32::try_from(value).ok().map(|value| ScalarValue::Int32(Some(value))),
        DataType::Int64 => |value| Some(ScalarValue::Int64(Some(value))),
        DataType::Date32 => |value| i32::try_from(value).ok().map(|value| ScalarValue::Date32(Some(value))),
        _ => return None,
    };
    let mut total: Option<Summary> = None;
    for footer in footers {
        let leaf = leaf_index(&footer.metadata, name)?;
        for group in footer.metadata.row_groups() {
            let Some(summary) = of_group(group, leaf)? else { continue };
            total = Some(match total {
                None => summary,
                Some(so_far) => {
                    Summary { min: so_far.min.min(summary.min), max: so_far.max.max(summary.max), nulls: so_far.nulls + summary.nulls }
                }
            });
        }
    }
    let total = total?;
    Some(ColumnStatistics {
        null_count: Precision::Inexact(usize::try_from(total.nulls).ok()?),
        min_value: Precision::Inexact(scalar(total.min)?),
        max_value: Precision::Inexact(scalar(total.max)?),
        ..ColumnStatistics::new_unknown()
    })
}

/// The leaf of a root column that is a plain value; none for what is nested, missing or unsigned.
fn leaf_index(metadata: &ParquetMetaData, name: &str) -> Option<usize> {
    let descriptor = metadata.file_metadata().schema_descr();
    (0..descriptor.num_columns()).find(|leaf| {
        let column = descriptor.column(*leaf);
        let is_unsigned = matches!(column.logical_type_ref(), Some(parquet::basic::LogicalType::Integer(integer)) if !integer.is_signed);
        column.path().parts().len() == 1 && column.name().eq_ignore_ascii_case(name) && !is_unsigned
    })
}

/// `Some(None)` for a group of nulls alone, `None` when the group does not tell.
fn of_group(group: &RowGroupMetaData, leaf: usize) -> Option<Option<Summary>> {
    let statistics = group.column(leaf).statistics()?;
    let nulls = statistics.null_count_opt().unwrap_or(0);
    let (min, max) = match statistics {
        Statistics::Int32(values) => (values.min_opt().map(|min| i64::from(*min)), values.max_opt().map(|max| i64::from(*max))),
        Statistics::Int64(values) => (values.min_opt().copied(), values.max_opt().copied()),
        _ => return None,
    };
    match (min, max) {
        (Some(min), Some(max)) => Some(Some(Summary { min, max, nulls })),
        _ if i64::try_from(nulls) == Ok(group.num_rows()) => Some(None),
        _ => None,
    }
}
