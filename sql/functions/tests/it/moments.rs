//! Are moving, counting and truncating moments consistent with each other? Basis: documented, Trino 401 "Date and time functions".

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray};
use arrow::datatypes::{Date32Type, Int64Type, TimestampMillisecondType};
use owlake_functions::types::TrinoType;

use crate::generated::{Random, call, type_of, values};

const ROWS: usize = 3000;
const UNITS: [&str; 9] = ["millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"];

fn unit_column(unit: &str) -> ArrayRef {
    Arc::new(StringViewArray::from(vec![unit; ROWS]))
}

fn longs(column: &ArrayRef, data_type: &TrinoType) -> Vec<i64> {
    match data_type {
        TrinoType::Date => column.as_primitive::<Date32Type>().values().iter().map(|day| i64::from(*day)).collect(),
        _ => column.as_primitive::<TimestampMillisecondType>().values().to_vec(),
    }
}

#[test]
fn counting_is_the_inverse_of_moving() {
    for name in ["timestamp(3)", "date"] {
        let data_type = type_of(name);
        for unit in UNITS {
            let mut random = Random(41);
            let moments = values(&data_type, ROWS, &mut random);
            if data_type == TrinoType::Date && UNITS.iter().position(|known| known == &unit) < Some(4) {
                assert_eq!(
                    call("date_trunc", &[("varchar", unit_column(unit)), (name, moments)]).unwrap_err().name,
                    "INVALID_FUNCTION_ARGUMENT"
                );
                continue;
            }
            let counts: ArrayRef = Arc::new((0..ROWS).map(|_| Some(random.below(2000) as i64 - 1000)).collect::<Int64Array>());
            let moved =
                call("date_add", &[("varchar", unit_column(unit)), ("bigint", Arc::clone(&counts)), (name, Arc::clone(&moments))]).unwrap();
            let back =
                call("date_diff", &[("varchar", unit_column(unit)), (name, Arc::clone(&moments)), (name, Arc::clone(&moved))]).unwrap();
            let day_of_month = call("day", &[(name, Arc::clone(&moments))]).unwrap();
            for row in 0..ROWS {
                let (count, back) = (counts.as_primitive::<Int64Type>().value(row), back.as_primitive::<Int64Type>().value(row));
                // Past the 28th a month may be too short for the day, and the count one less.
                let may_be_short = ["month", "quarter", "year"].contains(&unit) && day_of_month.as_primitive::<Int64Type>().value(row) > 28;
                assert!(count == back || (may_be_short && (count - back).abs() == 1), "{name}: {count} {unit}s come back as {back}");
            }
        }
    }
}

#[test]
fn truncating_goes_down_once() {
    for name in ["timestamp(3)", "date"] {
        let data_type = type_of(name);
        for unit in UNITS.iter().skip(if data_type == TrinoType::Date { 4 } else { 0 }) {
            let moments = values(&data_type, ROWS, &mut Random(42));
            let once = call("date_trunc", &[("varchar", unit_column(unit)), (name, Arc::clone(&moments))]).unwrap();
            let twice = call("date_trunc", &[("varchar", unit_column(unit)), (name, Arc::clone(&once))]).unwrap();
            assert_eq!(longs(&once, &data_type), longs(&twice, &data_type), "{unit}");
            let next_counts: ArrayRef = Arc::new(Int64Array::from(vec![1; ROWS]));
            let next = call("date_add", &[("varchar", unit_column(unit)), ("bigint", next_counts), (name, Arc::clone(&once))]).unwrap();
            for ((before, at), after) in longs(&once, &data_type).iter().zip(longs(&moments, &data_type)).zip(longs(&next, &data_type)) {
                assert!(*before <= at && at < after, "{at} lies outside of its {unit}");
            }
        }
    }
}

#[test]
fn a_constant_unit_means_what_a_varying_one_does() {
    // A constant takes another way through the kernel: one row is evaluated as a constant here.
    let data_type = type_of("timestamp(3)");
    for unit in UNITS {
        let mut random = Random(43);
        let (from, to) = (values(&data_type, ROWS, &mut random), values(&data_type, ROWS, &mut random));
        let counted =
            call("date_diff", &[("varchar", unit_column(unit)), ("timestamp(3)", Arc::clone(&from)), ("timestamp(3)", Arc::clone(&to))])
                .unwrap();
        let back = call("date_diff", &[("varchar", unit_column(unit)), ("timestamp(3)", to), ("timestamp(3)", from)]).unwrap();
        for (there, back) in counted.as_primitive::<Int64Type>().values().iter().zip(back.as_primitive::<Int64Type>().values()) {
            assert_eq!(*there, -*back, "{unit}");
        }
    }
}
