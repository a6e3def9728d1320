//! When are two values the same? Doubles within 1e-9, maps in any order, texts exactly.

use serde_json::Value;

/// Whether `actual` is what was expected.
pub fn same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(expected), Value::Number(actual)) => {
            let (Some(expected), Some(actual)) = (expected.as_f64(), actual.as_f64()) else { return expected == actual };
            near(expected, actual)
        }
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len() && expected.iter().zip(actual).all(|(expected, actual)| same(expected, actual))
        }
        (Value::Object(expected), Value::Object(actual)) => same_tagged(expected, actual),
        // A number may be written in another form than the type it has.
        (Value::Number(_), Value::Object(actual)) => actual.get("decimal").is_some_and(|decimal| same_number(expected, decimal)),
        (Value::Object(tagged), Value::Number(_)) => tagged.get("decimal").is_some_and(|decimal| same_number(actual, decimal)),
        (Value::Object(tagged), Value::String(actual)) => tagged.values().any(|value| value.as_str() == Some(actual)),
        (Value::String(expected), Value::Object(tagged)) => tagged.values().any(|value| value.as_str() == Some(expected)),
        (Value::String(expected), Value::Number(actual)) => {
            expected.parse::<f64>().ok().zip(actual.as_f64()).is_some_and(|(expected, actual)| near(expected, actual))
        }
        _ => expected == actual,
    }
}

fn near(expected: f64, actual: f64) -> bool {
    expected == actual
        || (expected - actual).abs() <= 1e-9 * expected.abs().max(actual.abs())
        || (expected as f32) == (actual as f32) && expected != expected.trunc()
}

fn same_number(number: &Value, decimal: &Value) -> bool {
    let decimal = decimal.as_str().and_then(|text| text.parse::<f64>().ok());
    number.as_f64().zip(decimal).is_some_and(|(number, decimal)| near(number, decimal))
}

fn same_tagged(expected: &serde_json::Map<String, Value>, actual: &serde_json::Map<String, Value>) -> bool {
    if let (Some(Value::Array(expected)), Some(Value::Array(actual))) = (expected.get("map"), actual.get("map")) {
        return same_unordered(expected, actual);
    }
    if let (Some(Value::String(expected)), Some(Value::String(actual))) = (expected.get("hex"), actual.get("hex")) {
        return expected.eq_ignore_ascii_case(actual);
    }
    expected == actual
}

/// Whether the two lists hold the same items, in any order.
pub fn same_unordered(expected: &[Value], actual: &[Value]) -> bool {
    if expected.len() != actual.len() {
        return false;
    }
    let mut rest: Vec<&Value> = actual.iter().collect();
    expected.iter().all(|wanted| match rest.iter().position(|found| same(wanted, found)) {
        Some(position) => {
            rest.swap_remove(position);
            true
        }
        None => false,
    })
}
