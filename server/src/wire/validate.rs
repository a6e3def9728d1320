//! Does a request body have the types and satisfy the constraints of its model? Type check first, then constraints.
//!
//! Ref: measured Athena behaviour, "Body parsing order and texts".

use owlake_shapes::constraint::{Member, Shape};
use parking_lot::Mutex;
use regex::Regex;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// One constraint a value does not satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The value as text; `None` where it is absent.
    pub value: Option<String>,
    /// Members in lowerCamelCase joined by dots; list items as `.1.member`.
    pub path: String,
    /// `Member must …`.
    pub constraint: String,
}

/// Checks the types of `value` and brings it into the form the shapes decode: nulls are dropped from structures and
/// lists, fractions of integers are cut off. Errors: the `Message` of a `SerializationException`.
pub fn check_types(value: &mut Value, shape: &Shape) -> Result<(), String> {
    match shape {
        Shape::Text { .. } | Shape::Blob => scalar(value, Value::is_string, "a String"),
        Shape::Boolean => scalar(value, Value::is_boolean, "a Boolean"),
        Shape::Double => scalar(value, Value::is_number, "a Double"),
        Shape::Timestamp => scalar(value, Value::is_number, "a Timestamp"),
        Shape::Integer { .. } => whole_number(value, "an Integer"),
        Shape::Long { .. } => whole_number(value, "a Long"),
        Shape::Document => Ok(()),
        Shape::List { member, .. } => match value {
            Value::Array(items) => {
                items.retain(|item| !item.is_null());
                items.iter_mut().try_for_each(|item| check_types(item, member))
            }
            Value::Object(_) => Err(STRUCTURE_FOUND.to_owned()),
            _ => Err("Expected list or null".to_owned()),
        },
        Shape::Map { value: inner, .. } => match value {
            Value::Object(entries) => {
                entries.retain(|_, entry| !entry.is_null());
                entries.values_mut().try_for_each(|entry| check_types(entry, inner))
            }
            Value::Array(_) => Err(LIST_FOUND.to_owned()),
            _ => Err("Expected null".to_owned()),
        },
        Shape::Structure { members } => match value {
            Value::Object(entries) => {
                entries.retain(|_, entry| !entry.is_null());
                for Member { name, shape, .. } in *members {
                    if let Some(entry) = entries.get_mut(*name) {
                        check_types(entry, shape)?;
                    }
                }
                Ok(())
            }
            Value::Array(_) => Err(LIST_FOUND.to_owned()),
            _ => Err("Expected null".to_owned()),
        },
    }
}

/// Every violated constraint of a value that passed [`check_types`], in the model's order.
pub fn violations(value: &Value, shape: &Shape) -> Vec<Violation> {
    let mut found = Vec::new();
    walk(value, shape, "", &mut found);
    found
}

const LIST_FOUND: &str = "Start of list found where not expected";
/// With a period, unlike its sibling: the service's texts differ.
const STRUCTURE_FOUND: &str = "Start of structure or map found where not expected.";

fn scalar(value: &Value, fits: fn(&Value) -> bool, wanted: &str) -> Result<(), String> {
    if fits(value) {
        return Ok(());
    }
    let found = match value {
        Value::Array(_) => return Err(LIST_FOUND.to_owned()),
        Value::Object(_) => return Err(STRUCTURE_FOUND.to_owned()),
        Value::String(_) => "STRING_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Null => "NULL_VALUE",
    };
    Err(format!("{found} can not be converted to {wanted}"))
}

fn whole_number(value: &mut Value, wanted: &str) -> Result<(), String> {
    scalar(value, Value::is_number, wanted)?;
    if !value.is_i64() {
        // A cast of a float saturates, so what lies outside 64 bits still fails its range.
        *value = Value::from(value.as_f64().unwrap_or_default() as i64);
    }
    Ok(())
}

fn walk(value: &Value, shape: &Shape, path: &str, found: &mut Vec<Violation>) {
    let mut violate = |constraint: String| {
        found.push(Violation { value: Some(shown(value)), path: path.to_owned(), constraint });
    };
    match (shape, value) {
        (Shape::Text { length_min, length_max, pattern, values }, Value::String(text)) => {
            let length = if text.is_ascii() { text.len() } else { text.chars().count() };
            check_length(length, *length_min, *length_max, &mut violate);
            if let Some(pattern) = pattern
                && !matches_pattern(pattern, text)
            {
                violate(format!("Member must satisfy regular expression pattern: {pattern}"));
            }
            if !values.is_empty() && !values.contains(&text.as_str()) {
                violate(format!("Member must satisfy enum value set: [{}]", values.join(", ")));
            }
        }
        (Shape::Integer { min, max }, Value::Number(number)) => {
            let number = number.as_i64().unwrap_or_default();
            // Without a bound of its own an integer still has 32 bits.
            check_range(number, min.or(Some(i64::from(i32::MIN))), max.or(Some(i64::from(i32::MAX))), &mut violate);
        }
        (Shape::Long { min, max }, Value::Number(number)) => {
            check_range(number.as_i64().unwrap_or_default(), *min, *max, &mut violate);
        }
        (Shape::List { member, length_min, length_max }, Value::Array(items)) => {
            check_length(items.len(), *length_min, *length_max, &mut violate);
            for (at, item) in items.iter().enumerate() {
                walk(item, member, &format!("{path}.{}.member", at + 1), found);
            }
        }
        (Shape::Map { key, value: inner, length_min, length_max }, Value::Object(entries)) => {
            check_length(entries.len(), *length_min, *length_max, &mut violate);
            for (name, entry) in entries {
                walk(&Value::String(name.clone()), key, &format!("{path}.key"), found);
                walk(entry, inner, &format!("{path}.{name}.member"), found);
            }
        }
        (Shape::Structure { members }, Value::Object(entries)) => {
            for Member { name, is_required, shape } in *members {
                let inner_path = joined(path, name);
                match entries.get(*name) {
                    Some(entry) => walk(entry, shape, &inner_path, found),
                    None if *is_required => {
                        found.push(Violation { value: None, path: inner_path, constraint: "Member must not be null".to_owned() })
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
}

fn check_length(length: usize, min: Option<i64>, max: Option<i64>, violate: &mut impl FnMut(String)) {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if let Some(min) = min.filter(|min| length < *min) {
        violate(format!("Member must have length greater than or equal to {min}"));
    }
    if let Some(max) = max.filter(|max| length > *max) {
        violate(format!("Member must have length less than or equal to {max}"));
    }
}

fn check_range(number: i64, min: Option<i64>, max: Option<i64>, violate: &mut impl FnMut(String)) {
    if let Some(min) = min.filter(|min| number < *min) {
        violate(format!("Member must have value greater than or equal to {min}"));
    }
    if let Some(max) = max.filter(|max| number > *max) {
        violate(format!("Member must have value less than or equal to {max}"));
    }
}

fn joined(path: &str, member: &str) -> String {
    let mut letters = member.chars();
    let lower = match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect::<String>(),
        None => String::new(),
    };
    if path.is_empty() { lower } else { format!("{path}.{lower}") }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether the whole text matches a Java pattern of the models. One that cannot be compiled accepts everything; a
/// test proves that there is none.
fn matches_pattern(pattern: &'static str, text: &str) -> bool {
    compiled(pattern).is_none_or(|regex| regex.is_match(text))
}

/// Each pattern of the models seen so far, compiled if it can be.
type Patterns = HashMap<&'static str, Option<Arc<Regex>>>;

fn compiled(pattern: &'static str) -> Option<Arc<Regex>> {
    static PATTERNS: OnceLock<Mutex<Patterns>> = OnceLock::new();
    PATTERNS
        .get_or_init(Mutex::default)
        .lock()
        .entry(pattern)
        .or_insert_with(|| Regex::new(&translated(pattern)).ok().map(Arc::new))
        .clone()
}

/// Java writes the supplementary planes as surrogate pairs and code points as `\uXXXX`.
fn translated(pattern: &str) -> String {
    let mut out = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}").replace(r"\uD7FF", r"\x{D7FF}");
    while let Some(at) = out.find(r"\u") {
        match out.get(at + 2..at + 6).map(str::to_owned) {
            Some(digits) => out.replace_range(at..at + 6, &format!(r"\x{{{digits}}}")),
            None => break,
        }
    }
    format!(r"\A(?:{out})\z")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::wire::service::SERVICES;
    use owlake_shapes::constraint::find_operation;
    use serde_json::json;

    fn refusal(service: usize, operation: &str, mut body: Value) -> String {
        let shape = find_operation(SERVICES[service].models, operation).unwrap().input;
        if let Err(text) = check_types(&mut body, shape) {
            return text;
        }
        let found = violations(&body, shape);
        if found.is_empty() {
            return String::new();
        }
        (SERVICES[service].refuse)(&found).message.unwrap()
    }

    #[test]
    fn types_are_named_as_athena_names_them() {
        // Ref: measured Athena behaviour, table of SerializationException texts.
        for (body, text) in [
            (json!({"MaxResults": "5"}), "STRING_VALUE can not be converted to an Integer"),
            (json!({"WorkGroup": 5}), "NUMBER_VALUE can not be converted to a String"),
            (json!({"MaxResults": true}), "TRUE_VALUE can not be converted to an Integer"),
            (json!({"WorkGroup": false}), "FALSE_VALUE can not be converted to a String"),
            (json!({"WorkGroup": []}), "Start of list found where not expected"),
            (json!({"MaxResults": {}}), "Start of structure or map found where not expected."),
            (json!([]), "Start of list found where not expected"),
        ] {
            assert_eq!(refusal(0, "ListQueryExecutions", body), text);
        }
        let start = |member: &str, value: Value| refusal(0, "StartQueryExecution", json!({member: value}));
        assert_eq!(start("ExecutionParameters", json!("x")), "Expected list or null");
        assert_eq!(start("QueryExecutionContext", json!("x")), "Expected null");
        assert_eq!(start("QueryExecutionContext", json!([])), "Start of list found where not expected");
    }

    #[test]
    fn integers_are_cut_and_range_checked() {
        assert_eq!(refusal(0, "ListQueryExecutions", json!({"MaxResults": 1.5})), "");
        assert_eq!(
            refusal(0, "ListQueryExecutions", json!({"MaxResults": 99999999999i64})),
            "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50"
        );
    }

    #[test]
    fn violations_read_as_athenas() {
        assert_eq!(
            refusal(0, "GetQueryExecution", json!({})),
            "1 validation error detected: Value null at 'queryExecutionId' failed to satisfy constraint: Member must not be null"
        );
        assert_eq!(
            refusal(0, "GetQueryExecution", json!({"QueryExecutionId": null})),
            "1 validation error detected: Value null at 'queryExecutionId' failed to satisfy constraint: Member must not be null"
        );
        assert_eq!(
            refusal(0, "ListWorkGroups", json!({"MaxResults": 0, "NextToken": ""})),
            "2 validation errors detected: Value at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"
        );
        assert_eq!(
            refusal(0, "StartQueryExecution", json!({"QueryString": "x".repeat(262_145)})),
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length less than or equal to 262144"
        );
        assert_eq!(
            refusal(0, "StartQueryExecution", json!({"QueryString": "x", "ExecutionParameters": [null, "1", "y".repeat(1025)]})),
            "1 validation error detected: Value at 'executionParameters.2.member' failed to satisfy constraint: Member must have length less than or equal to 1024"
        );
    }

    #[test]
    fn unknown_keys_and_nulls_are_ignored() {
        assert_eq!(refusal(0, "ListQueryExecutions", json!({"Surprise": [1], "MaxResults": null})), "");
    }

    #[test]
    fn glue_quotes_the_value() {
        assert_eq!(
            refusal(1, "GetTables", json!({"DatabaseName": "d", "MaxResults": 101})),
            "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"
        );
        assert_eq!(
            refusal(
                1,
                "CreateTable",
                json!({"DatabaseName": "d", "TableInput": {"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "c", "Comment": "a\nb"}]}}})
            ),
            "1 validation error detected: Value 'a\nb' at 'tableInput.storageDescriptor.columns.1.member.comment' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*"
        );
    }

    #[test]
    fn every_pattern_of_the_models_compiles() {
        fn visit(shape: &'static Shape, seen: &mut Vec<*const Shape>) {
            if seen.contains(&std::ptr::from_ref(shape)) {
                return;
            }
            seen.push(shape);
            match shape {
                Shape::Text { pattern: Some(pattern), .. } => {
                    assert!(compiled(pattern).is_some(), "{pattern}");
                }
                Shape::List { member, .. } => visit(member, seen),
                Shape::Map { key, value, .. } => {
                    visit(key, seen);
                    visit(value, seen);
                }
                Shape::Structure { members } => {
                    for member in *members {
                        visit(member.shape, seen);
                    }
                }
                _ => {}
            }
        }
        let mut seen = Vec::new();
        for service in SERVICES {
            for model in service.models {
                visit(model.input, &mut seen);
            }
        }
        assert!(matches_pattern("[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*", "größe 😀\t"));
    }
}
