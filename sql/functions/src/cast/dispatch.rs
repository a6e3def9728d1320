//! Which code does a cast between two types run? And when is it none at all, or DataFusion's own.

use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use datafusion::logical_expr::ScalarUDF;

use super::errors::Failures;
use super::{from_text, json, nested, number, temporal, to_text};
use crate::call::{Binding, Call};
use crate::error::FunctionError;
use crate::function::{Constants, Nulls};
use crate::registry::SessionInfo;
use crate::types::TrinoType;
use crate::types::arrow_form::arrow_type;
use crate::types::castable::can_cast;
use crate::udf::scalar::KernelUdf;

/// `CAST(x AS to)` of an `x` of type `from`, or `TRY_CAST` when `is_safe`, as a DataFusion function of one argument.
/// Errors: TYPE_MISMATCH `Cannot cast x to y` when there is no such cast.
pub fn cast_udf(from: &TrinoType, to: &TrinoType, is_safe: bool, session: &Arc<SessionInfo>) -> Result<Arc<ScalarUDF>, FunctionError> {
    if !can_cast(from, to) {
        return Err(FunctionError::new("TYPE_MISMATCH", format!("Cannot cast {} to {}", from.display_name(), to.display_name())));
    }
    let name = if is_safe { "$try_cast" } else { "$cast" };
    let binding = Binding::new(name, vec![from.clone()], to.clone(), session);
    Ok(KernelUdf::from_parts(binding, if is_safe { run_safe } else { run_strict }, Nulls::Propagated, Constants::Expanded, true))
}

fn run_strict(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    cast_values(&arguments[0], call.argument_type(0), call.return_type(), call.session(), &mut Failures::strict())
}

fn run_safe(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    cast_values(&arguments[0], call.argument_type(0), call.return_type(), call.session(), &mut Failures::safe(call.rows()))
}

/// Casts an array from the physical form of `from` to that of `to`. Errors: the first value that can't be cast.
pub fn cast_array(values: &ArrayRef, from: &TrinoType, to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, FunctionError> {
    cast_values(values, from, to, session, &mut Failures::strict())
}

/// Does the cast leave every value as it is, bit for bit? Then nothing needs to run.
pub fn is_no_op(from: &TrinoType, to: &TrinoType) -> bool {
    use TrinoType::*;
    if from == to {
        return true;
    }
    match (from, to) {
        (Varchar(_), Varchar(None)) => true,
        (Varchar(Some(from)), Varchar(Some(to))) => from <= to,
        (Char(from), Char(to)) => from <= to,
        (Timestamp(from @ 0..=3), Timestamp(to @ 0..=3)) | (Timestamp(from @ 4..=6), Timestamp(to @ 4..=6)) => from <= to,
        (Timestamp(from @ 7..), Timestamp(to @ 7..)) | (Time(from), Time(to)) | (TimeWithTimeZone(from), TimeWithTimeZone(to)) => {
            from <= to
        }
        (TimestampWithTimeZone(from @ 0..=3), TimestampWithTimeZone(to @ 0..=3))
        | (TimestampWithTimeZone(from @ 4..), TimestampWithTimeZone(to @ 4..)) => from <= to,
        (Array(from), Array(to)) => is_no_op(from, to),
        (Map(from_key, from_value), Map(to_key, to_value)) => is_no_op(from_key, to_key) && is_no_op(from_value, to_value),
        (Row(from), Row(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(from, to)| is_no_op(&from.data_type, &to.data_type))
        }
        _ => false,
    }
}

/// Does Arrow's own cast between the physical forms give the same for every value, without errors? Then
/// `Expr::Cast` may stand for it, and DataFusion can see through it.
pub fn is_native(from: &TrinoType, to: &TrinoType) -> bool {
    use TrinoType::*;
    match (from, to) {
        (Tinyint, Smallint | Integer | Bigint) | (Smallint, Integer | Bigint) | (Integer, Bigint) | (Real, Double) => true,
        (Tinyint | Smallint | Integer | Bigint, Double) | (Tinyint | Smallint | Integer, Real) => true,
        (Tinyint, Decimal { precision, scale }) => precision - scale >= 3,
        (Smallint, Decimal { precision, scale }) => precision - scale >= 5,
        (Integer, Decimal { precision, scale }) => precision - scale >= 10,
        (Bigint, Decimal { precision, scale }) => precision - scale >= 19,
        (Decimal { precision: p1, scale: s1 }, Decimal { precision: p2, scale: s2 }) => s2 >= s1 && p2 - s2 >= p1 - s1,
        (Date, Timestamp(0..=6)) => true,
        (Timestamp(0..=3), Timestamp(4..=6)) => true,
        _ => false,
    }
}

/// As [`cast_array`], with failures going where `failures` says.
pub fn cast_values(
    values: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
    failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    use TrinoType::*;
    if is_no_op(from, to) {
        return Ok(Arc::clone(values));
    }
    match (from, to) {
        (Unknown, _) => Ok(new_null_array(&arrow_type(to), values.len())),
        (Json, _) => json::cast_from_json(values, to, session, failures),
        (_, Json) => json::cast_to_json(values, from, session),
        (Varchar(_), Varchar(length)) => Ok(to_text::cut_to_varchar(values, *length)),
        (Varchar(_) | Char(_), Char(length)) => Ok(to_text::cut_to_char(values, *length)),
        (Char(from_length), Varchar(length)) => Ok(to_text::pad_to_varchar(values, *from_length, *length)),
        (Char(from_length), _) => {
            let padded = if matches!(to, Boolean) || to.is_numeric() {
                Arc::clone(values)
            } else {
                to_text::pad_to_varchar(values, *from_length, None)
            };
            cast_values(&padded, &TrinoType::VARCHAR, to, session, failures)
        }
        (Varchar(_), JsonPath) => Ok(Arc::clone(values)),
        (Varchar(_), Date | Time(_) | TimeWithTimeZone(_) | Timestamp(_) | TimestampWithTimeZone(_)) => {
            temporal::cast_text_to_temporal(values, to, session, failures)
        }
        (Varchar(_), _) => from_text::cast_text(values, to, failures),
        (_, Varchar(length)) => to_text::cast_to_varchar(values, from, *length, failures),
        (Date | Time(_) | TimeWithTimeZone(_) | Timestamp(_) | TimestampWithTimeZone(_), _) => {
            temporal::cast_temporal(values, from, to, session, failures)
        }
        (Varbinary, Uuid | IpAddress) => from_text::cast_binary(values, to, failures),
        (Uuid | IpAddress, Varbinary) => {
            Ok(arrow::compute::cast(&arrow::compute::cast(values, &arrow::datatypes::DataType::Binary)?, &arrow_type(to))?)
        }
        (
            Varbinary | HyperLogLog | P4HyperLogLog | Tdigest | SetDigest | Qdigest(_) | Geometry | SphericalGeography,
            Varbinary | HyperLogLog | P4HyperLogLog | Tdigest | SetDigest | Qdigest(_) | SphericalGeography,
        )
        | (Bigint, BingTile)
        | (BingTile, Bigint) => Ok(Arc::clone(values)),
        (Array(from), Array(to)) => nested::cast_list(values, from, to, session, failures),
        (Map(from_key, from_value), Map(to_key, to_value)) => {
            nested::cast_map(values, (from_key, from_value), (to_key, to_value), session, failures)
        }
        (Row(from), Row(to)) => nested::cast_row(values, from, to, session, failures),
        _ => number::cast_number(values, from, to, failures),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::{Array, AsArray, StringViewArray};

    use super::*;
    use crate::types::parse::parse;
    use crate::types::text::ValueWriter;

    fn session() -> SessionInfo {
        SessionInfo { zone: "America/Los_Angeles".into(), start_micros: 0, user: "u".into(), catalog: "c".into(), schema: None }
    }

    fn cast_text(text: &str, through: &[&str]) -> Result<String, FunctionError> {
        let mut values: ArrayRef = Arc::new(StringViewArray::from(vec![text]));
        let mut from = TrinoType::VARCHAR;
        for step in through {
            let to = parse(step).unwrap();
            assert!(can_cast(&from, &to), "{from} to {to}");
            values = cast_array(&values, &from, &to, &session())?;
            from = to;
        }
        let mut out = String::new();
        ValueWriter::new(&from).write(values.as_ref(), 0, &mut out);
        Ok(out)
    }

    /// Expected values: the engine's own cast tests, as described in Trino 401 "Conversion functions".
    #[test]
    fn casts_follow_the_reference() {
        for (text, through, expected) in [
            ("2.5", &["decimal(2,1)", "tinyint"][..], "3"),
            ("-2.5", &["double", "bigint"], "-3"),
            ("32.06", &["decimal(4,2)", "decimal(3,1)"], "32.1"),
            ("12e2", &["double", "varchar"], "1.2E3"),
            ("banana", &["varchar(3)"], "ban"),
            ("bar", &["char(5)", "varchar(10)"], "bar  "),
            ("2020-05-10 12:34:56.9999", &["timestamp(4)", "timestamp(3)"], "2020-05-10 12:34:57.000"),
            ("2020-05-10 12:34:56", &["timestamp(0)", "timestamp(0) with time zone"], "2020-05-10 12:34:56 America/Los_Angeles"),
            ("2020-05-10 12:34:56 UTC", &["timestamp(0) with time zone", "date", "timestamp(0)"], "2020-05-10 00:00:00"),
        ] {
            assert_eq!(cast_text(text, through).unwrap(), expected, "{text} {through:?}");
        }
        let messages = [
            ("abc", &["integer"][..], "Cannot cast 'abc' to INT"),
            ("300", &["bigint", "tinyint"], "Out of range for tinyint: 300"),
            ("2013-02-29", &["date"], "Value cannot be cast to date: 2013-02-29"),
            ("12345", &["bigint", "varchar(2)"], "Value 12345 cannot be represented as varchar(2)"),
            ("-12345.6", &["decimal(6,1)", "decimal(4,0)"], "Cannot cast DECIMAL(6, 1) '-12345.6' to DECIMAL(4, 0)"),
        ];
        for (text, through, expected) in messages {
            assert_eq!(cast_text(text, through).unwrap_err().message, expected);
        }
    }

    #[test]
    fn try_cast_makes_the_row_null() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some("1"), Some("x"), None]));
        let cast = cast_values(&texts, &TrinoType::VARCHAR, &TrinoType::Bigint, &session(), &mut Failures::safe(3)).unwrap();
        assert_eq!((cast.is_valid(0), cast.is_null(1), cast.is_null(2)), (true, true, true));
        let json: ArrayRef = Arc::new(StringViewArray::from(vec!["[1,2]", "[1,\"x\"]"]));
        let lists = cast_values(&json, &TrinoType::Json, &TrinoType::array(TrinoType::Bigint), &session(), &mut Failures::safe(2)).unwrap();
        assert_eq!((lists.as_list::<i32>().value(0).len(), lists.is_null(1)), (2, true));
    }
}
