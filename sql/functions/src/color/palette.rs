//! Which number holds a color? `0xRRGGBB`, or -1 (black) to -8 (white) for a terminal's own. Ref: Trino 401 `color`, `rgb`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array};
use arrow::datatypes::{Float64Type, Int32Type};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::{bigints, texts};

const SYSTEM_COLORS: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

pub const COLOR: Function = Function {
    name: "color",
    overloads: &[
        Overload::scalar("(varchar(x)) -> color", color_of_name),
        Overload::scalar("(double, double, double, color, color) -> color", color_in_range),
        Overload::scalar("(double, color, color) -> color", color_of_fraction),
    ],
    description: "A color by name or #rgb, or between two colors",
    examples: &[("color('red')", "red"), ("color('#0a0')", "#00aa00")],
    ..Function::SCALAR
};

pub const RGB: Function = Function {
    name: "rgb",
    overloads: &[Overload::scalar("(bigint, bigint, bigint) -> color", rgb)],
    description: "A color of the given red, green and blue",
    examples: &[("rgb(255, 0, 16)", "#ff0010")],
    ..Function::SCALAR
};

fn color_of_name(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let colors = (0..call.rows()).map(|row| {
        let text = values.value(row);
        let system = SYSTEM_COLORS.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|index| -(index as i32) - 1);
        parse_rgb(text).or(system).ok_or_else(|| FunctionError::argument(format!("Invalid color: '{text}'")))
    });
    Ok(Arc::new(colors.collect::<Result<Vec<i32>, _>>().map(Int32Array::from)?))
}

/// `#rgb`, each digit doubled.
fn parse_rgb(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 3)?;
    digits.chars().try_fold(0, |color, digit| Some((color << 8) | (digit.to_digit(16)? as i32 * 17)))
}

fn rgb(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let parts = [("red", bigints(arguments, 0)), ("green", bigints(arguments, 1)), ("blue", bigints(arguments, 2))];
    let colors = (0..call.rows()).map(|row| {
        parts.iter().try_fold(0i32, |color, (name, values)| match u8::try_from(values[row]) {
            Ok(value) => Ok((color << 8) | i32::from(value)),
            Err(_) => Err(FunctionError::argument(format!("{name} must be between 0 and 255"))),
        })
    });
    Ok(Arc::new(colors.collect::<Result<Vec<i32>, _>>().map(Int32Array::from)?))
}

/// The number of a color column's row.
pub fn colors(arguments: &[ArrayRef], position: usize) -> &[i32] {
    arguments[position].as_primitive::<Int32Type>().values()
}

fn color_in_range(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let doubles = |position: usize| arguments[position].as_primitive::<Float64Type>().values();
    let (values, lows, highs) = (doubles(0), doubles(1), doubles(2));
    let (from, to) = (colors(arguments, 3), colors(arguments, 4));
    let mixed = (0..call.rows()).map(|row| mix((values[row] - lows[row]) / (highs[row] - lows[row]), from[row], to[row]));
    Ok(Arc::new(mixed.collect::<Result<Vec<i32>, _>>().map(Int32Array::from)?))
}

fn color_of_fraction(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let fractions = arguments[0].as_primitive::<Float64Type>().values();
    let (from, to) = (colors(arguments, 1), colors(arguments, 2));
    let mixed = (0..call.rows()).map(|row| mix(fractions[row], from[row], to[row]));
    Ok(Arc::new(mixed.collect::<Result<Vec<i32>, _>>().map(Int32Array::from)?))
}

/// A color between two, at a fraction cut to 0–1. Errors: INVALID_FUNCTION_ARGUMENT for a terminal's own color.
pub fn mix(fraction: f64, low: i32, high: i32) -> Result<i32, FunctionError> {
    if low < 0 {
        return Err(FunctionError::argument("lowColor not a valid RGB color"));
    }
    if high < 0 {
        return Err(FunctionError::argument("highColor not a valid RGB color"));
    }
    Ok(between(fraction.clamp(0.0, 1.0) as f32, low, high))
}

/// The color at a fraction of the way, by hue, saturation and brightness. Ref: Java `Color.RGBtoHSB` and `HSBtoRGB`.
pub fn between(fraction: f32, low: i32, high: i32) -> i32 {
    let (from, to) = (to_hsb(low), to_hsb(high));
    let [hue, saturation, brightness] = [0, 1, 2].map(|part| fraction * (to[part] - from[part]) + from[part]);
    from_hsb(hue, saturation, brightness)
}

fn to_hsb(color: i32) -> [f32; 3] {
    let [red, green, blue] = [16, 8, 0].map(|shift| ((color >> shift) & 0xFF) as f32);
    let (largest, smallest) = (red.max(green).max(blue), red.min(green).min(blue));
    let brightness = largest / 255.0;
    if largest == smallest {
        return [0.0, 0.0, brightness];
    }
    let distance = |part: f32| (largest - part) / (largest - smallest);
    let hue = if red == largest {
        distance(blue) - distance(green)
    } else if green == largest {
        2.0 + distance(red) - distance(blue)
    } else {
        4.0 + distance(green) - distance(red)
    } / 6.0;
    [if hue < 0.0 { hue + 1.0 } else { hue }, (largest - smallest) / largest, brightness]
}

fn from_hsb(hue: f32, saturation: f32, brightness: f32) -> i32 {
    let whole = |part: f32| (part * 255.0 + 0.5) as i32;
    let turn = (hue - hue.floor()) * 6.0;
    let rest = turn - turn.floor();
    let (p, q, t) =
        (brightness * (1.0 - saturation), brightness * (1.0 - saturation * rest), brightness * (1.0 - saturation * (1.0 - rest)));
    let parts = match turn as i32 {
        _ if saturation == 0.0 => [brightness; 3],
        0 => [brightness, t, p],
        1 => [q, brightness, p],
        2 => [p, brightness, t],
        3 => [p, q, brightness],
        4 => [t, p, brightness],
        _ => [brightness, p, q],
    };
    parts.into_iter().fold(0, |color, part| (color << 8) | whole(part))
}

/// The terminal sequence that starts a color: one of 256, six steps a part.
pub fn push_escape(buffer: &mut String, color: i32) {
    let code = if color < 0 {
        -color - 1
    } else {
        let step = |shift: i32| ((color >> shift) & 0xFF) * 6 / 256;
        16 + step(16) * 36 + step(8) * 6 + step(0)
    };
    buffer.push_str(&format!("\u{1b}[38;5;{code}m"));
}

/// The terminal sequence that ends a color.
pub const RESET: &str = "\u{1b}[0m";
