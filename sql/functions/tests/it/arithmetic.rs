//! Does arithmetic give the true result or fail, and never anything else? Basis: documented, Trino 401 "Mathematical operators",
//! NUMERIC_VALUE_OUT_OF_RANGE and DIVISION_BY_ZERO.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type};
use num_bigint::BigInt;
use owlake_functions::registry::Operator;
use owlake_functions::types::TrinoType;

use crate::generated::{Random, operate, type_of, values};

const PAIRS: usize = 1500;
const OPERATORS: [Operator; 5] = [Operator::Add, Operator::Subtract, Operator::Multiply, Operator::Divide, Operator::Modulus];

fn whole_at(column: &ArrayRef, data_type: &TrinoType, row: usize) -> i128 {
    match data_type {
        TrinoType::Tinyint => column.as_primitive::<Int8Type>().value(row).into(),
        TrinoType::Smallint => column.as_primitive::<Int16Type>().value(row).into(),
        TrinoType::Integer => column.as_primitive::<Int32Type>().value(row).into(),
        TrinoType::Bigint => column.as_primitive::<Int64Type>().value(row).into(),
        _ => column.as_primitive::<Decimal128Type>().value(row),
    }
}

fn name_of(
    operator: Operator,
    data_type: &TrinoType,
    left: &ArrayRef,
    right: &ArrayRef,
    row: usize,
) -> Result<(i128, TrinoType), &'static str> {
    let columns = vec![left.slice(row, 1), right.slice(row, 1)];
    operate(operator, data_type, columns).map(|(values, given)| (whole_at(&values, &given, 0), given)).map_err(|error| error.name)
}

#[test]
fn integers_never_wrap() {
    for name in ["tinyint", "smallint", "integer", "bigint"] {
        let data_type = type_of(name);
        let mut random = Random(21);
        let (left, right) = (values(&data_type, PAIRS, &mut random), values(&data_type, PAIRS, &mut random));
        let bits = match data_type {
            TrinoType::Tinyint => 8,
            TrinoType::Smallint => 16,
            TrinoType::Integer => 32,
            _ => 64,
        };
        let (low, high) = (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1);
        for operator in OPERATORS {
            for row in 0..PAIRS {
                let (a, b) = (whole_at(&left, &data_type, row), whole_at(&right, &data_type, row));
                let exact = match operator {
                    Operator::Add => Ok(a + b),
                    Operator::Subtract => Ok(a - b),
                    Operator::Multiply => Ok(a * b),
                    _ if b == 0 => Err("DIVISION_BY_ZERO"),
                    Operator::Divide => Ok(a / b),
                    _ => Ok(a % b),
                };
                let expected =
                    exact.and_then(|value| if (low..=high).contains(&value) { Ok(value) } else { Err("NUMERIC_VALUE_OUT_OF_RANGE") });
                let found = name_of(operator, &data_type, &left, &right, row).map(|(value, _)| value);
                assert_eq!(found, expected, "{a} {operator:?} {b} of {name}");
            }
        }
        for row in 0..PAIRS {
            let a = whole_at(&left, &data_type, row);
            let found = operate(Operator::Negate, &data_type, vec![left.slice(row, 1)]).map(|(values, given)| whole_at(&values, &given, 0));
            assert_eq!(
                found.map_err(|error| error.name),
                if a == low { Err("NUMERIC_VALUE_OUT_OF_RANGE") } else { Ok(-a) },
                "-{a} of {name}"
            );
        }
    }
}

/// Half up, away from zero.
fn divide_half_up(numerator: &BigInt, divisor: &BigInt) -> BigInt {
    let quotient = numerator / divisor;
    let remainder = numerator - &quotient * divisor;
    let is_up = remainder.magnitude() * 2u32 >= *divisor.magnitude();
    let is_negative = (numerator < &BigInt::from(0)) != (divisor < &BigInt::from(0));
    match (is_up, is_negative) {
        (false, _) => quotient,
        (true, true) => quotient - 1,
        (true, false) => quotient + 1,
    }
}

#[test]
fn decimals_are_exact_or_fail() {
    for name in ["decimal(1,0)", "decimal(5,5)", "decimal(18,3)", "decimal(19,0)", "decimal(38,0)", "decimal(38,19)"] {
        let data_type = type_of(name);
        let TrinoType::Decimal { scale, .. } = data_type else { panic!("{name}") };
        let mut random = Random(22);
        let (left, right) = (values(&data_type, PAIRS, &mut random), values(&data_type, PAIRS, &mut random));
        let bound = BigInt::from(10).pow(38);
        for operator in OPERATORS {
            for row in 0..PAIRS {
                let (a, b) = (BigInt::from(whole_at(&left, &data_type, row)), BigInt::from(whole_at(&right, &data_type, row)));
                let found = name_of(operator, &data_type, &left, &right, row);
                let Ok((found, TrinoType::Decimal { scale: result_scale, .. })) = found else {
                    let is_zero = b == BigInt::from(0) && matches!(operator, Operator::Divide | Operator::Modulus);
                    let fits = match operator {
                        _ if is_zero => false,
                        Operator::Add => (&a + &b).magnitude() < bound.magnitude(),
                        Operator::Subtract => (&a - &b).magnitude() < bound.magnitude(),
                        Operator::Multiply => (&a * &b).magnitude() < bound.magnitude(),
                        // A quotient's scale is the larger one here, as both are of one type.
                        Operator::Divide => divide_half_up(&(&a * BigInt::from(10).pow(scale.into())), &b).magnitude() < bound.magnitude(),
                        _ => true,
                    };
                    assert_eq!(
                        found.err(),
                        Some(if is_zero { "DIVISION_BY_ZERO" } else { "NUMERIC_VALUE_OUT_OF_RANGE" }),
                        "{a} {operator:?} {b} of {name}"
                    );
                    assert!(!fits, "{a} {operator:?} {b} of {name} has a result");
                    continue;
                };
                let ten = |power: u8| BigInt::from(10).pow(power.into());
                let exact = match operator {
                    Operator::Add => &a + &b,
                    Operator::Subtract => &a - &b,
                    Operator::Multiply => &a * &b,
                    Operator::Divide => divide_half_up(&(&a * ten(result_scale)), &b),
                    _ => &a % &b,
                };
                assert_eq!(BigInt::from(found), exact, "{a} {operator:?} {b} of {name}");
            }
        }
    }
}
