//! How is JSON_EXISTS computed? Ref: Trino 401 `JsonExistsFunction`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBuilder};

use super::invocation::Invocation;
use super::spec::Instead;
use crate::call::Call;
use crate::error::FunctionError;

/// True where the path finds an item; null for a null document.
pub fn json_exists(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let invocation = Invocation::of(call, arguments)?;
    let on_error = invocation.spec.on_error;
    let mut builder = BooleanBuilder::with_capacity(call.rows());
    invocation.for_each(|found| {
        match (found, on_error) {
            (None, _) => builder.append_null(),
            (Some(Ok(items)), _) => builder.append_value(!items.is_empty()),
            (Some(Err(error)), Instead::Error) => return Err(error),
            (Some(Err(_)), Instead::True) => builder.append_value(true),
            (Some(Err(_)), Instead::False) => builder.append_value(false),
            (Some(Err(_)), _) => builder.append_null(),
        }
        Ok(())
    })?;
    Ok(Arc::new(builder.finish()))
}
