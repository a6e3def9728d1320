//! Which moment is a number of seconds since 1970, and which number a moment? Ref: Trino 401 `from_unixtime`, `from_unixtime_nanos`, `to_unixtime`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{Decimal128Type, Float64Type};

use super::moments::{Moments, PICOS_PER_MILLI, zoned_array, zoned_millis_array};
use super::row_zones::RowZones;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::bigints;
use crate::types::TrinoType;
use crate::types::zone;

pub const FROM_UNIXTIME: Function = Function {
    name: "from_unixtime",
    overloads: &[
        Overload::scalar("(double) -> timestamp(3) with time zone", from_unixtime),
        Overload::scalar("(double, bigint, bigint) -> timestamp(3) with time zone", from_unixtime_at_offset),
        Overload::scalar("(double, varchar(x)) -> timestamp(3) with time zone", from_unixtime_in_zone),
    ],
    description: "Returns the UNIX timestamp as a timestamp with time zone",
    examples: &[("from_unixtime(0)", "1970-01-01 00:00:00.000 UTC"), ("from_unixtime(0, 5, 45)", "1970-01-01 05:45:00.000 +05:45")],
    ..Function::SCALAR
};

pub const FROM_UNIXTIME_NANOS: Function = Function {
    name: "from_unixtime_nanos",
    overloads: &[
        Overload::scalar("(bigint) -> timestamp(9) with time zone", from_unixtime_nanos),
        Overload::scalar("(decimal(p,s)) -> timestamp(9) with time zone", from_unixtime_nanos_decimal),
    ],
    description: "Returns the UNIX timestamp of nanoseconds as a timestamp with time zone",
    examples: &[("from_unixtime_nanos(1234567890123456789)", "2009-02-13 23:31:30.123456789 UTC")],
    ..Function::SCALAR
};

pub const TO_UNIXTIME: Function = Function {
    name: "to_unixtime",
    overloads: &[Overload::scalar("(timestamp(p) with time zone) -> double", to_unixtime)],
    description: "Returns timestamp as a UNIX timestamp",
    examples: &[("to_unixtime(TIMESTAMP '1970-01-01 00:00:01.5')", "1.5")],
    ..Function::SCALAR
};

/// Java's `Math.round`: half up, NaN is zero.
fn millis_of_seconds(seconds: f64) -> i64 {
    // Cutting and stepping back: without SSE 4.1, which the baseline lacks, `floor` is a call.
    let shifted = seconds * 1000.0 + 0.5;
    let cut = shifted as i64;
    cut.saturating_sub(i64::from(cut as f64 > shifted))
}

fn seconds(arguments: &[ArrayRef]) -> &[f64] {
    arguments[0].as_primitive::<Float64Type>().values()
}

fn from_unixtime(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let key = zone::load_key(&call.session().zone)?;
    zoned_millis_array(seconds(arguments).iter().map(|seconds| (millis_of_seconds(*seconds), key)))
}

fn from_unixtime_at_offset(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (hours, minutes) = (bigints(arguments, 1), bigints(arguments, 2));
    let mut moments = Vec::with_capacity(call.rows());
    for (row, seconds) in seconds(arguments).iter().enumerate() {
        let offset = hours[row].checked_mul(60).and_then(|offset| offset.checked_add(minutes[row])).unwrap_or(i64::MAX);
        let key = i32::try_from(offset).ok().and_then(zone::key_of_offset);
        let key = key.ok_or_else(|| FunctionError::argument(format!("Invalid offset minutes {offset}")))?;
        moments.push((millis_of_seconds(*seconds), key));
    }
    zoned_millis_array(moments.into_iter())
}

fn from_unixtime_in_zone(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let mut zones = RowZones::new(call, arguments, 1);
    let moments = seconds(arguments).iter().enumerate().map(|(row, seconds)| Ok((millis_of_seconds(*seconds), zones.row(row)?)));
    zoned_millis_array(moments.collect::<Result<Vec<_>, FunctionError>>()?.into_iter())
}

fn from_unixtime_nanos(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let key = zone::load_key(&call.session().zone)?;
    zoned_array(9, bigints(arguments, 0).iter().map(|nanos| (i128::from(*nanos) * 1000, key)))
}

/// Fractions of a nanosecond are rounded half up.
fn from_unixtime_nanos_decimal(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let key = zone::load_key(&call.session().zone)?;
    let scale = match call.argument_type(0) {
        TrinoType::Decimal { scale, .. } => u32::from(*scale),
        _ => 0,
    };
    let unit = 10i128.pow(scale);
    let values = arguments[0].as_primitive::<Decimal128Type>().values();
    // A packed millisecond has 51 bits and a sign. Errors: GENERIC_INTERNAL_ERROR past that, Java's own text.
    let nanos_max = 1_000_000i128 << 51;
    let picos = |unscaled: &i128| {
        let rounded = unscaled.abs() / unit + i128::from(unscaled.abs() % unit >= unit - unit / 2);
        let nanos = if *unscaled < 0 { -rounded } else { rounded };
        if nanos.abs() < nanos_max { Ok((nanos * 1000, key)) } else { Err(FunctionError::new("GENERIC_INTERNAL_ERROR", "long overflow")) }
    };
    zoned_array(9, values.iter().map(picos).collect::<Result<Vec<_>, _>>()?.into_iter())
}

fn to_unixtime(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    if let Moments::ZonedMillis(values) = moments {
        let seconds: Vec<f64> = values.iter().map(|packed| zone::unpack_millis(*packed).0 as f64 / 1000.0).collect();
        return Ok(Arc::new(Float64Array::from(seconds)));
    }
    let seconds = (0..call.rows()).map(|row| match moments {
        Moments::ZonedPicos(_) => {
            let picos = moments.instant_picos(row).0;
            let (millis, rest) = (picos.div_euclid(i128::from(PICOS_PER_MILLI)), picos.rem_euclid(i128::from(PICOS_PER_MILLI)));
            millis as f64 / 1000.0 + rest as f64 / 1e12
        }
        _ => moments.instant_millis(row).0 as f64 / 1000.0,
    });
    Ok(Arc::new(seconds.collect::<Float64Array>()))
}
