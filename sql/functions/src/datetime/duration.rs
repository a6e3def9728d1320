//! How long is `1.5 h`, and how is a number of seconds told to a person? Ref: Trino 401 `parse_duration` (airlift `Duration`), `human_readable_seconds`.

use crate::error::FunctionError;

/// Milliseconds of a duration such as `42.8ms` or `3.81 d`, rounded half up.
/// Errors: INVALID_FUNCTION_ARGUMENT with the texts of airlift's `Duration`.
pub fn parse_duration_millis(text: &str) -> Result<i64, FunctionError> {
    let (number, unit) =
        split(text).ok_or_else(|| FunctionError::argument("duration is not a valid data duration string: ".to_string() + text))?;
    let millis_per_unit = match unit {
        "ns" => 1e-6,
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 60e3,
        "h" => 3_600e3,
        "d" => 86_400e3,
        other => return Err(FunctionError::argument(format!("Unknown time unit: {other}"))),
    };
    let value: f64 =
        number.parse().map_err(|_| FunctionError::argument(format!("duration is not a valid data duration string: {text}")))?;
    Ok((value * millis_per_unit + 0.5).floor() as i64)
}

/// `\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*` of the whole text.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_matches(|character: char| character.is_ascii_whitespace());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits;
    if text.as_bytes().get(digits) == Some(&b'.') {
        let fraction = text.bytes().skip(digits + 1).take_while(u8::is_ascii_digit).count();
        if fraction > 0 {
            end += 1 + fraction;
        }
    }
    let unit = text.get(end..)?.trim_start_matches(|character: char| character.is_ascii_whitespace());
    let is_unit = !unit.is_empty() && unit.bytes().all(|byte| byte.is_ascii_alphabetic());
    (digits > 0 && is_unit).then_some((text.get(..end)?, unit))
}

/// `93 weeks, 1 day, 8 hours, 31 minutes, 3 seconds`; the sign is dropped.
/// Errors: INVALID_FUNCTION_ARGUMENT for NaN and infinities.
pub fn human_readable_seconds(seconds: f64) -> Result<String, FunctionError> {
    if !seconds.is_finite() {
        let text = if seconds.is_nan() {
            "NaN"
        } else if seconds > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return Err(FunctionError::argument(format!("Invalid argument found: {text}")));
    }
    let mut rest = ((seconds + 0.5).floor().abs() as u64).min(i64::MAX as u64);
    let mut parts = Vec::new();
    for (name, length) in [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)] {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        }
    }
    if parts.is_empty() {
        return Ok("0 seconds".to_string());
    }
    Ok(parts.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // Trino manual, "Duration function": units ns, us, ms, s, m, h, d; "human_readable_seconds(96)" is "1 minute, 36 seconds".
    #[test]
    fn reads_durations() {
        assert_eq!(parse_duration_millis("42.8ms"), Ok(43));
        assert_eq!(parse_duration_millis("3.81 d"), Ok(329_184_000));
        assert_eq!(parse_duration_millis("5m"), Ok(300_000));
        assert_eq!(parse_duration_millis("1f"), Err(FunctionError::argument("Unknown time unit: f")));
        assert!(parse_duration_millis("abc").is_err());
    }

    #[test]
    fn tells_seconds() {
        assert_eq!(human_readable_seconds(96.0).unwrap(), "1 minute, 36 seconds");
        assert_eq!(human_readable_seconds(3762.0).unwrap(), "1 hour, 2 minutes, 42 seconds");
        assert_eq!(human_readable_seconds(56_363_463.0).unwrap(), "93 weeks, 1 day, 8 hours, 31 minutes, 3 seconds");
        assert!(human_readable_seconds(f64::NAN).is_err());
    }
}
