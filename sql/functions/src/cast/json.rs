//! How do values become json and json values? Ref: Trino 401 `JsonUtil`, "Cast to JSON", "Cast from JSON".

use arrow::array::ArrayRef;

use super::errors::Failures;
use crate::error::FunctionError;
use crate::registry::SessionInfo;
use crate::types::TrinoType;

/// Casts to json.
pub fn cast_to_json(_values: &ArrayRef, from: &TrinoType, _session: &SessionInfo) -> Result<ArrayRef, FunctionError> {
    Err(FunctionError::not_supported(format!("Cannot cast {from} to json yet")))
}

/// Casts from json.
pub fn cast_from_json(
    _values: &ArrayRef,
    to: &TrinoType,
    _session: &SessionInfo,
    _failures: &mut Failures,
) -> Result<ArrayRef, FunctionError> {
    Err(FunctionError::not_supported(format!("Cannot cast json to {to} yet")))
}
