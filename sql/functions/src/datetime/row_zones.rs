//! Which zone does each row of a call name? Read once when it is constant.

use arrow::array::{Array, ArrayRef, StringViewArray};

use crate::call::Call;
use crate::error::FunctionError;
use crate::string::text_rows::texts;
use crate::types::zone::{self, ZoneKey};

/// The zones of a text argument.
pub struct RowZones<'a> {
    names: &'a StringViewArray,
    constant: Option<ZoneKey>,
    is_constant: bool,
}

impl<'a> RowZones<'a> {
    pub fn new(call: &Call<'_>, arguments: &'a [ArrayRef], position: usize) -> RowZones<'a> {
        let names = texts(arguments, position);
        RowZones { names, constant: None, is_constant: call.constant(position).is_some() || names.len() == 1 }
    }

    /// Errors: INVALID_FUNCTION_ARGUMENT `'x' is not a valid time zone`.
    pub fn row(&mut self, row: usize) -> Result<ZoneKey, FunctionError> {
        if let Some(key) = self.constant {
            return Ok(key);
        }
        let key = zone::load_key(self.names.value(row))?;
        if self.is_constant {
            self.constant = Some(key);
        }
        Ok(key)
    }
}
