//! Which date is a text or a timestamp on? Ref: Trino 401 `date(x)`, an alias of `CAST(x AS date)`.

use arrow::array::ArrayRef;

use super::calendar::MILLIS_PER_DAY;
use super::moments::{Moments, date_array};
use crate::call::Call;
use crate::cast::temporal_parse::parse_date;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::texts;

pub const DATE: Function = Function {
    name: "date",
    overloads: &[
        Overload::scalar("(varchar(x)) -> date", date_of_text),
        Overload::scalar("(timestamp(p)) -> date", date_of_moment),
        Overload::scalar("(timestamp(p) with time zone) -> date", date_of_moment),
    ],
    description: "Converts a string or timestamp to a date",
    examples: &[("date('2020-05-10')", "2020-05-10"), ("date(TIMESTAMP '2020-05-10 23:59:59')", "2020-05-10")],
    ..Function::SCALAR
};

fn date_of_moment(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let moments = Moments::new(&arguments[0], call.argument_type(0))?;
    Ok(date_array(moments.map_local_millis(|millis| millis.div_euclid(MILLIS_PER_DAY) as i32), &arguments[0]))
}

fn date_of_text(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let days = (0..call.rows()).map(|row| {
        let text = values.value(row);
        parse_date(text).ok_or_else(|| FunctionError::cast(format!("Value cannot be cast to date: {text}")))
    });
    Ok(date_array(days.collect::<Result<Vec<_>, _>>()?, &arguments[0]))
}
