//! Which is the last day of a moment's month? Ref: Trino 401 `last_day_of_month`.

use arrow::array::ArrayRef;

use super::calendar::{self, MILLIS_PER_DAY};
use super::moments::{Moments, date_array};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Nulls, Overload};

pub const LAST_DAY_OF_MONTH: Function = Function {
    name: "last_day_of_month",
    overloads: &[
        Overload::scalar("(timestamp(p)) -> date", last_day_of_month),
        Overload::scalar("(timestamp(p) with time zone) -> date", last_day_of_month),
        Overload::scalar("(date) -> date", last_day_of_month),
    ],
    description: "Last day of the month of the given timestamp",
    nulls: Nulls::Propagated,
    examples: &[("last_day_of_month(DATE '2020-02-10')", "2020-02-29")],
    ..Function::SCALAR
};

fn last_day_of_month(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    let days = moments.map_local_millis(|millis| calendar::last_day_of_month(millis.div_euclid(MILLIS_PER_DAY)) as i32);
    Ok(date_array(days, &arguments[0]))
}
