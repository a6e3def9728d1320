//! How is JSON_VALUE computed? Scalars are gathered by type and cast to the result's a column at a time. Ref: Trino 401 `JsonValueFunction`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder, new_null_array};
use arrow::compute::interleave;

use super::evaluate::Sequence;
use super::invocation::Invocation;
use super::item::{Item, SqlValue, to_array};
use super::spec::Instead;
use crate::call::Call;
use crate::cast::errors::Failures;
use crate::cast::{can_cast, cast_values};
use crate::error::FunctionError;
use crate::json::tree::Json;
use crate::types::TrinoType;

/// The arrays results come from: a null, the two defaults, texts; then one for each other type.
const NULL: usize = 0;
const EMPTY_DEFAULT: usize = 1;
const ERROR_DEFAULT: usize = 2;
const TEXTS: usize = 3;
const FIRST_GROUP: usize = 4;

/// The scalar the path finds, as the declared type; null for a null document.
pub fn json_value(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let invocation = Invocation::of(call, arguments)?;
    let (on_empty, on_error) = (invocation.spec.on_empty, invocation.spec.on_error);
    let mut texts = StringViewBuilder::with_capacity(call.rows());
    let mut text_count = 0;
    let mut groups: Vec<(TrinoType, Vec<SqlValue<'static>>)> = vec![];
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(call.rows());
    invocation.for_each(|found| {
        let row = places.len();
        let place = match found.map(|found| found.and_then(scalar)) {
            None | Some(Ok(Scalar::Null)) => (NULL, 0),
            Some(Ok(Scalar::Nothing)) => match on_empty {
                Instead::Error => return Err(result_error("JSON path found no items".to_owned())),
                Instead::Default => (EMPTY_DEFAULT, row),
                _ => (NULL, 0),
            },
            Some(Ok(Scalar::Value(SqlValue::Varchar(text)))) => {
                texts.append_value(text);
                text_count += 1;
                (TEXTS, text_count - 1)
            }
            Some(Ok(Scalar::Value(value))) => {
                let data_type = value.data_type();
                let group = groups.iter().position(|(known, _)| *known == data_type).unwrap_or_else(|| {
                    groups.push((data_type, vec![]));
                    groups.len() - 1
                });
                groups[group].1.push(value.into_owned());
                (FIRST_GROUP + group, groups[group].1.len() - 1)
            }
            Some(Err(error)) => error_place(on_error, row, || error)?,
        };
        places.push(place);
        Ok(())
    })?;
    let returned = call.return_type();
    let mut sources: Vec<ArrayRef> = vec![new_null_array(call.return_arrow(), 1)];
    for default in [invocation.end(), invocation.end() + 1] {
        let default = arguments.get(default).ok_or_else(|| FunctionError::internal("$json_value lacks a default"))?;
        sources.push(Arc::clone(default));
    }
    let mut types = vec![TrinoType::VARCHAR];
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(texts.finish())];
    for (data_type, values) in groups {
        arrays.push(to_array(&values, &data_type)?);
        types.push(data_type);
    }
    for (array, data_type) in arrays.iter().zip(&types) {
        sources.push(if array.is_empty() || !can_cast(data_type, returned) {
            new_null_array(call.return_arrow(), array.len())
        } else {
            cast_values(array, data_type, returned, call.session(), &mut Failures::safe(array.len()))?
        });
    }
    for (row, place) in places.iter_mut().enumerate() {
        // No value is null before the cast: one that is now could not be cast.
        if place.0 >= TEXTS && sources[place.0].is_null(place.1) {
            *place = error_place(on_error, row, || {
                let from = &types[place.0 - TEXTS];
                result_error(format!("Cannot cast value of type {from} to declared return type of function JSON_VALUE: {returned}"))
            })?;
        }
        if matches!(place.0, EMPTY_DEFAULT | ERROR_DEFAULT) && sources[place.0].len() == 1 {
            place.1 = 0;
        }
    }
    let sources: Vec<&dyn Array> = sources.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&sources, &places)?)
}

enum Scalar<'a> {
    Nothing,
    Null,
    Value(SqlValue<'a>),
}

fn result_error(message: String) -> FunctionError {
    FunctionError::new("JSON_VALUE_RESULT_ERROR", format!("cannot extract SQL scalar from JSON: {message}"))
}

fn error_place(on_error: Instead, row: usize, error: impl FnOnce() -> FunctionError) -> Result<(usize, usize), FunctionError> {
    match on_error {
        Instead::Error => Err(error()),
        Instead::Default => Ok((ERROR_DEFAULT, row)),
        _ => Ok((NULL, 0)),
    }
}

fn scalar(items: Sequence<'_>) -> Result<Scalar<'_>, FunctionError> {
    let item = match items.as_slice() {
        [] => return Ok(Scalar::Nothing),
        [item] => item,
        _ => return Err(result_error("JSON path found multiple items".to_owned())),
    };
    if let Item::Node(Json::Null) = item {
        return Ok(Scalar::Null);
    }
    match item.scalar() {
        Ok(Some(value)) => Ok(Scalar::Value(value)),
        _ => Err(result_error("JSON path found an item that cannot be converted to an SQL value".to_owned())),
    }
}
