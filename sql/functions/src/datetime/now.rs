//! When did the query start, and in which zone does it run? Ref: Trino 401 `now`, `current_timezone`; `current_date` and the like are constants of the analyzer.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};

use super::moments::zoned_millis_array;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::zone;

pub const NOW: Function = Function {
    name: "now",
    overloads: &[Overload::scalar("() -> timestamp(3) with time zone", now)],
    description: "Current timestamp with time zone",
    examples: &[("now() - now()", "0 00:00:00.000")],
    ..Function::SCALAR
};

pub const CURRENT_TIMEZONE: Function = Function {
    name: "current_timezone",
    overloads: &[Overload::scalar("() -> varchar", current_timezone)],
    description: "Current time zone",
    examples: &[("current_timezone()", "UTC")],
    ..Function::SCALAR
};

fn now(call: &Call<'_>, _arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let key = zone::load_key(&call.session().zone)?;
    // Microseconds are rounded half up, as a cast to three digits does.
    let millis = (call.session().start_micros + 500).div_euclid(1000);
    zoned_millis_array(std::iter::repeat_n((millis, key), call.rows()))
}

fn current_timezone(call: &Call<'_>, _arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let name = zone::name(zone::load_key(&call.session().zone)?);
    Ok(Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(name, call.rows()))))
}
