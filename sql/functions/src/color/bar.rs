//! What is a share as a bar of colored blocks? Ref: Trino 401 `bar`.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Float64Type;

use super::palette::{RESET, between, colors, push_escape};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{bigints, write_texts};

const RED: i32 = 0xFF_0000;
const GREEN: i32 = 0x00_FF00;
/// Blocks of the longest bar.
const WIDTH_MAX: i64 = 1_000_000;

pub const BAR: Function = Function {
    name: "bar",
    overloads: &[Overload::scalar("(double, bigint) -> varchar", bar), Overload::scalar("(double, bigint, color, color) -> varchar", bar)],
    description: "A bar of the given width, colored from low to high",
    examples: &[("length(bar(0, 5))", "5")],
    ..Function::SCALAR
};

fn bar(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (shares, widths) = (arguments[0].as_primitive::<Float64Type>().values(), bigints(arguments, 1));
    let ends = arguments.get(3).map(|_| (colors(arguments, 2), colors(arguments, 3)));
    write_texts(call.rows(), |row, buffer| {
        let width = widths[row];
        if width > WIDTH_MAX {
            return Err(FunctionError::argument(format!("width must not be larger than {WIDTH_MAX}")));
        }
        let (low, high) = ends.map_or((RED, GREEN), |(lows, highs)| (lows[row], highs[row]));
        let count = ((shares[row] * width as f64) as i64).min(width).max(0);
        for block in 0..count {
            let fraction = (block as f64 / (width - 1) as f64) as f32;
            if low < 0 || high < 0 {
                return Err(FunctionError::argument("color is not a valid rgb value"));
            }
            push_escape(buffer, between(fraction, low, high));
            buffer.push('\u{2588}');
        }
        if count > 0 {
            buffer.push_str(RESET);
        }
        buffer.extend(std::iter::repeat_n(' ', (width - count).max(0) as usize));
        Ok(())
    })
}
