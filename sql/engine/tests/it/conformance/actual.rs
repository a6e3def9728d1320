//! How does a value of a result compare with an expectation? As JSON in the expectation's own shape.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use owlake_functions::types::TrinoType;
use owlake_functions::types::text::ValueWriter;
use serde_json::{Value, json};

/// A value as JSON: numbers as numbers, decimals as `{"decimal": text}`, containers as lists, the rest as text.
pub fn value(array: &dyn Array, row: usize, data_type: &TrinoType) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match data_type {
        TrinoType::Unknown => Value::Null,
        TrinoType::Boolean => json!(array.as_boolean().value(row)),
        TrinoType::Tinyint => json!(array.as_primitive::<Int8Type>().value(row)),
        TrinoType::Smallint => json!(array.as_primitive::<Int16Type>().value(row)),
        TrinoType::Integer => json!(array.as_primitive::<Int32Type>().value(row)),
        TrinoType::Bigint => json!(array.as_primitive::<Int64Type>().value(row)),
        // The shortest decimal that is this real, as the expectations write it.
        TrinoType::Real => double(array.as_primitive::<Float32Type>().value(row).to_string().parse().unwrap()),
        TrinoType::Double => double(array.as_primitive::<Float64Type>().value(row)),
        TrinoType::Decimal { .. } => {
            let decimals = array.as_primitive::<Decimal128Type>();
            json!({ "decimal": decimals.value_as_string(row) })
        }
        TrinoType::Varbinary => {
            json!({ "hex": array.as_binary_view().value(row).iter().map(|byte| format!("{byte:02X}")).collect::<String>() })
        }
        TrinoType::IntervalDayToSecond => json!({ "interval_day_ms": array.as_primitive::<Int64Type>().value(row) }),
        TrinoType::IntervalYearToMonth => json!({ "interval_months": array.as_primitive::<Int32Type>().value(row) }),
        TrinoType::Date => {
            let days = array.as_primitive::<Date32Type>().value(row);
            let mut text = String::new();
            owlake_functions::types::temporal_text::push_date(&mut text, i64::from(days));
            json!(text)
        }
        TrinoType::Timestamp(_) => json!({ "timestamp": text(array, row, data_type) }),
        TrinoType::Array(element) => {
            let values = array.as_list::<i32>().value(row);
            Value::Array((0..values.len()).map(|index| value(&values, index, element)).collect())
        }
        TrinoType::Map(key, item) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            json!({ "map": (0..entries.len()).map(|index| json!([value(keys, index, key), value(values, index, item)])).collect::<Vec<_>>() })
        }
        TrinoType::Row(fields) => {
            let row_array = array.as_struct();
            Value::Array(fields.iter().zip(row_array.columns()).map(|(field, column)| value(column, row, &field.data_type)).collect())
        }
        _ => json!(text(array, row, data_type)),
    }
}

/// Numbers that JSON lacks are written as texts.
fn double(number: f64) -> Value {
    if number.is_nan() {
        json!("NaN")
    } else if number.is_infinite() {
        json!(if number > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(number)
    }
}

/// A value as Athena prints it.
pub fn text(array: &dyn Array, row: usize, data_type: &TrinoType) -> String {
    let mut text = String::new();
    ValueWriter::new(data_type).write(array, row, &mut text);
    text
}
