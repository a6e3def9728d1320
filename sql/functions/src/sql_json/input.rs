//! How does JSON text come in? The first value of the text; of equal keys the last counts. Ref: Trino 401 `JsonInputFunctions`.

use std::collections::HashMap;

use crate::error::FunctionError;
use crate::json::tree::{Json, parse_first};

/// Members up to which keys are compared pairwise.
const PAIRWISE_MAX: usize = 16;

/// Reads a document. Errors: JSON_INPUT_CONVERSION_ERROR.
pub fn read(text: &str) -> Result<Json<'_>, FunctionError> {
    match parse_first(text) {
        Ok(mut tree) => {
            unite_keys(&mut tree);
            Ok(tree)
        }
        Err(_) => Err(FunctionError::new("JSON_INPUT_CONVERSION_ERROR", "conversion to JSON failed: ")),
    }
}

/// Leaves one member a key, at the place of the first with the value of the last.
fn unite_keys(tree: &mut Json<'_>) {
    match tree {
        Json::Array(elements) => elements.iter_mut().for_each(unite_keys),
        Json::Object(members) => {
            if has_equal_keys(members) {
                let mut places: HashMap<String, usize> = HashMap::new();
                let mut united: Vec<(std::borrow::Cow<'_, str>, Json<'_>)> = vec![];
                for (key, value) in members.drain(..) {
                    match places.get(key.as_ref()) {
                        Some(place) => united[*place].1 = value,
                        None => {
                            places.insert(key.to_string(), united.len());
                            united.push((key, value));
                        }
                    }
                }
                *members = united;
            }
            members.iter_mut().for_each(|(_, value)| unite_keys(value));
        }
        _ => {}
    }
}

fn has_equal_keys(members: &[(std::borrow::Cow<'_, str>, Json<'_>)]) -> bool {
    if members.len() <= PAIRWISE_MAX {
        return members.iter().enumerate().any(|(place, (key, _))| members[..place].iter().any(|(earlier, _)| earlier == key));
    }
    let mut seen = std::collections::HashSet::with_capacity(members.len());
    !members.iter().all(|(key, _)| seen.insert(key.as_ref()))
}
