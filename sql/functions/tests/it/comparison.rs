//! Do equality, order and hash agree, for NaN and the two zeros too? Basis: documented, Trino 401 "Comparison functions and operators".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array};
use owlake_functions::registry::Operator;
use owlake_functions::sketch::value_hash::hash_values;
use owlake_functions::types::TrinoType;

use crate::generated::{Random, TYPES, operate, type_of, values};

/// Values with NaNs of several bit patterns and both zeros among them.
fn awkward(data_type: &TrinoType, random: &mut Random) -> ArrayRef {
    match data_type {
        TrinoType::Double => {
            let odd = [f64::NAN, -f64::NAN, f64::from_bits(0x7FF0_0000_0000_0001), 0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1.0];
            Arc::new(
                (0..200)
                    .map(|row| Some(if row % 2 == 0 { odd[random.below(8) as usize] } else { random.double() }))
                    .collect::<Float64Array>(),
            )
        }
        TrinoType::Real => {
            let odd = [f32::NAN, -f32::NAN, 0.0, -0.0, f32::INFINITY, 1.0];
            Arc::new((0..200).map(|_| Some(odd[random.below(6) as usize])).collect::<Float32Array>())
        }
        other => values(other, 200, random),
    }
}

#[test]
fn the_six_operators_agree_and_equal_values_hash_alike() {
    for name in TYPES {
        let data_type = type_of(name);
        let mut random = Random(31);
        let (left, right) = (awkward(&data_type, &mut random), awkward(&data_type, &mut random));
        // Every left value beside itself as well.
        for right in [&right, &left] {
            let ask = |operator| operate(operator, &data_type, vec![Arc::clone(&left), Arc::clone(right)]).unwrap().0;
            let [equal, not_equal, less, less_equal, greater, greater_equal, distinct] = [
                Operator::Equal,
                Operator::NotEqual,
                Operator::LessThan,
                Operator::LessThanOrEqual,
                Operator::GreaterThan,
                Operator::GreaterThanOrEqual,
                Operator::IsDistinctFrom,
            ]
            .map(ask);
            let (left_hashes, right_hashes) = (hash_values(&left, &data_type).unwrap(), hash_values(right, &data_type).unwrap());
            for row in 0..left.len() {
                let at = |flags: &ArrayRef| flags.as_boolean().value(row);
                let is_nan = |column: &ArrayRef| match data_type {
                    TrinoType::Double => column.as_primitive::<arrow::datatypes::Float64Type>().value(row).is_nan(),
                    TrinoType::Real => column.as_primitive::<arrow::datatypes::Float32Type>().value(row).is_nan(),
                    _ => false,
                };
                let has_nan = is_nan(&left) || is_nan(right);
                assert_eq!(at(&equal), !at(&not_equal), "{name}, row {row}");
                assert_eq!(at(&less_equal), at(&less) || at(&equal), "{name}, row {row}");
                assert_eq!(at(&greater_equal), at(&greater) || at(&equal), "{name}, row {row}");
                // NaN is neither less, nor equal, nor greater.
                let holding = [at(&less), at(&equal), at(&greater)].iter().filter(|holds| **holds).count();
                assert_eq!(holding, usize::from(!has_nan), "{name}, row {row}");
                // To DISTINCT, NaN is one value.
                assert_eq!(at(&distinct), if has_nan { !(is_nan(&left) && is_nan(right)) } else { !at(&equal) }, "{name}, row {row}");
                if !at(&distinct) {
                    assert_eq!(left_hashes[row], right_hashes[row], "{name}, row {row}");
                }
            }
        }
    }
}
