//! Which map does a text of delimited entries hold? Ref: Trino 401 `split_to_map`, `split_to_multimap`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, MapBuilder, MapFieldNames, StringViewBuilder};

use super::text_rows::texts;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const SPLIT_TO_MAP: Function = Function {
    name: "split_to_map",
    overloads: &[Overload::scalar("(varchar, varchar, varchar) -> map(varchar, varchar)", split_to_map)],
    description: "Creates a map using entryDelimiter and keyValueDelimiter",
    examples: &[("element_at(split_to_map('a=123,b=.4', ',', '='), 'b')", ".4")],
    ..Function::SCALAR
};

pub const SPLIT_TO_MULTIMAP: Function = Function {
    name: "split_to_multimap",
    overloads: &[Overload::scalar("(varchar, varchar, varchar) -> map(varchar, array(varchar))", split_to_multimap)],
    description: "Creates a multimap by splitting a string into key/value pairs",
    examples: &[("element_at(split_to_multimap('a=123,a=.4', ',', '='), 'a')", "[123, .4]")],
    ..Function::SCALAR
};

fn field_names() -> MapFieldNames {
    MapFieldNames { entry: "entries".to_string(), key: "key".to_string(), value: "value".to_string() }
}

fn check_delimiters(entry_delimiter: &str, key_value_delimiter: &str) -> Result<(), FunctionError> {
    if entry_delimiter.is_empty() {
        return Err(FunctionError::argument("entryDelimiter is empty"));
    }
    if key_value_delimiter.is_empty() {
        return Err(FunctionError::argument("keyValueDelimiter is empty"));
    }
    if entry_delimiter == key_value_delimiter {
        return Err(FunctionError::argument("entryDelimiter and keyValueDelimiter must not be the same"));
    }
    Ok(())
}

/// The entries of a text: one delimiter at its end adds none. `quote` goes round the bad input of an error.
fn entries<'a>(
    text: &'a str,
    entry_delimiter: &'a str,
    key_value_delimiter: &'a str,
    quote: &'static str,
) -> impl Iterator<Item = Result<(&'a str, &'a str), FunctionError>> {
    let text = text.strip_suffix(entry_delimiter).unwrap_or(text);
    let count = if text.is_empty() { 0 } else { usize::MAX };
    text.split(entry_delimiter).take(count).map(move |entry| match entry.split_once(key_value_delimiter) {
        Some((key, value)) if !value.contains(key_value_delimiter) => Ok((key, value)),
        _ => Err(FunctionError::argument(format!(
            "Key-value delimiter must appear exactly once in each entry. Bad input: {quote}{entry}{quote}"
        ))),
    })
}

fn split_to_map(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, entry_delimiters, key_value_delimiters) = (texts(arguments, 0), texts(arguments, 1), texts(arguments, 2));
    let mut builder = MapBuilder::new(Some(field_names()), StringViewBuilder::new(), StringViewBuilder::new());
    let mut seen = HashSet::new();
    for row in 0..call.rows() {
        let (entry_delimiter, key_value_delimiter) = (entry_delimiters.value(row), key_value_delimiters.value(row));
        check_delimiters(entry_delimiter, key_value_delimiter)?;
        seen.clear();
        for entry in entries(values.value(row), entry_delimiter, key_value_delimiter, "'") {
            let (key, value) = entry?;
            if !seen.insert(key) {
                return Err(FunctionError::argument(format!("Duplicate keys ({key}) are not allowed")));
            }
            builder.keys().append_value(key);
            builder.values().append_value(value);
        }
        builder.append(true)?;
    }
    Ok(Arc::new(builder.finish()))
}

fn split_to_multimap(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, entry_delimiters, key_value_delimiters) = (texts(arguments, 0), texts(arguments, 1), texts(arguments, 2));
    let mut builder = MapBuilder::new(Some(field_names()), StringViewBuilder::new(), ListBuilder::new(StringViewBuilder::new()));
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in 0..call.rows() {
        let (entry_delimiter, key_value_delimiter) = (entry_delimiters.value(row), key_value_delimiters.value(row));
        check_delimiters(entry_delimiter, key_value_delimiter)?;
        places.clear();
        groups.clear();
        for entry in entries(values.value(row), entry_delimiter, key_value_delimiter, "") {
            let (key, value) = entry?;
            let place = *places.entry(key).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(value);
        }
        for (key, values) in &groups {
            builder.keys().append_value(key);
            values.iter().for_each(|value| builder.values().values().append_value(value));
            builder.values().append(true);
        }
        builder.append(true)?;
    }
    Ok(Arc::new(builder.finish()))
}
