//! What does SHOW FUNCTIONS list? Every function that can be called, an overload a row. Ref: Trino 401 "SHOW FUNCTIONS".

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, StringViewArray};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use owlake_functions::function::Kernel;
use owlake_functions::registry::{FunctionKind, SECTIONS};
use owlake_functions::types::TrinoType;

use crate::engine::{ResultColumn, ResultType};
use crate::error::EngineError;

/// The columns of the listing.
pub fn columns() -> Vec<ResultColumn> {
    let column = |name: &str, data_type| ResultColumn { name: name.to_owned(), data_type: ResultType::Trino(data_type) };
    vec![
        column("Function", TrinoType::VARCHAR),
        column("Return Type", TrinoType::VARCHAR),
        column("Argument Types", TrinoType::VARCHAR),
        column("Function Type", TrinoType::VARCHAR),
        column("Deterministic", TrinoType::Boolean),
        column("Description", TrinoType::VARCHAR),
    ]
}

/// The rows whose name matches the pattern (LIKE's, `%` and `_`), sorted. Errors: INVALID_FUNCTION_ARGUMENT for an escape that is no character.
pub fn rows(pattern: Option<&str>, escape: Option<&str>) -> Result<RecordBatch, EngineError> {
    let escape = match escape.map(|escape| escape.chars().collect::<Vec<_>>()).as_deref() {
        None => None,
        Some([escape]) => Some(*escape),
        Some(_) => return Err(EngineError::engine("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character")),
    };
    let mut listed: Vec<[String; 4]> = Vec::new();
    let mut deterministic: Vec<bool> = Vec::new();
    let mut entries = Vec::new();
    for function in SECTIONS.iter().flat_map(|(_, functions)| functions.iter()) {
        for name in std::iter::once(&function.name).chain(function.aliases) {
            let is_listed = !name.starts_with('$') && pattern.is_none_or(|pattern| is_like(name, pattern, escape));
            for overload in function.overloads.iter().filter(|overload| is_listed && !matches!(overload.kernel, Kernel::Unsupported)) {
                entries.push((*name, overload.signature, *function));
            }
        }
    }
    entries.sort_by_key(|(name, signature, _)| (*name, *signature));
    let mut descriptions: Vec<&str> = Vec::with_capacity(entries.len());
    for (name, signature, function) in entries {
        let (arguments, result) = split_signature(signature);
        let kind = match function.kind {
            FunctionKind::Scalar => "scalar",
            FunctionKind::Aggregate => "aggregate",
            FunctionKind::Window => "window",
        };
        listed.push([name.to_owned(), result, arguments, kind.to_owned()]);
        deterministic.push(function.is_deterministic);
        descriptions.push(function.description);
    }
    let mut arrays: Vec<ArrayRef> = (0..4)
        .map(|column| Arc::new(listed.iter().map(|row| Some(row[column].as_str())).collect::<StringViewArray>()) as ArrayRef)
        .collect();
    arrays.push(Arc::new(BooleanArray::from(deterministic)));
    arrays.push(Arc::new(StringViewArray::from_iter_values(descriptions)));
    let field = |(position, array): (usize, &ArrayRef)| Field::new(format!("c{position}"), array.data_type().clone(), true);
    let schema = Schema::new(arrays.iter().enumerate().map(field).collect::<Vec<_>>());
    Ok(RecordBatch::try_new(Arc::new(schema), arrays).map_err(DataFusionError::from)?)
}

/// `(arguments)` without parentheses, and the result, out of a signature such as `<T>(array(T), T) -> boolean`.
fn split_signature(signature: &str) -> (String, String) {
    let (head, result) = signature.rsplit_once("->").unwrap_or((signature, ""));
    let head = head.trim();
    let start = if head.starts_with('<') { head.find(">(").map_or(0, |at| at + 1) } else { 0 };
    let arguments = head[start..].trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(head);
    (arguments.trim().to_owned(), result.trim().to_owned())
}

/// SQL's LIKE over characters.
fn is_like(text: &str, pattern: &str, escape: Option<char>) -> bool {
    fn matches(text: &[char], pattern: &[char], escape: Option<char>) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((first, rest)) if Some(*first) == escape => match (rest.split_first(), text.split_first()) {
                (Some((literal, rest)), Some((found, text))) => literal == found && matches(text, rest, escape),
                _ => false,
            },
            Some(('%', rest)) => (0..=text.len()).any(|skipped| matches(&text[skipped..], rest, escape)),
            Some(('_', rest)) => text.split_first().is_some_and(|(_, text)| matches(text, rest, escape)),
            Some((literal, rest)) => text.split_first().is_some_and(|(found, text)| literal == found && matches(text, rest, escape)),
        }
    }
    matches(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>(), escape)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use arrow::array::AsArray;

    #[test]
    fn functions_are_listed_by_name() {
        let batch = rows(Some("coun_"), None).unwrap();
        let names: Vec<&str> = batch.column(0).as_string_view().iter().flatten().collect();
        assert!(!names.is_empty() && names.iter().all(|name| *name == "count"), "{names:?}");
        assert_eq!(rows(Some("$%"), None).unwrap().num_rows(), 0);
        assert_eq!(batch.num_columns(), columns().len());
    }

    #[test]
    fn signatures_split_into_arguments_and_result() {
        let split = |signature| split_signature(signature);
        assert_eq!(split("<T>(array(T), T) -> boolean"), ("array(T), T".to_owned(), "boolean".to_owned()));
        assert_eq!(split("() -> bigint"), (String::new(), "bigint".to_owned()));
        assert_eq!(split("(timestamp(p) with time zone) -> date"), ("timestamp(p) with time zone".to_owned(), "date".to_owned()));
    }

    #[test]
    fn like_knows_wildcards_and_escape() {
        assert!(is_like("array_agg", "array\\_%", Some('\\')));
        assert!(!is_like("arrayxagg", "array\\_%", Some('\\')));
        assert!(is_like("abc", "a%c", None) && !is_like("abc", "a_", None));
    }
}
