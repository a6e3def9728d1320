//! Which unit does each row of a call name? Read once when it is constant.

use arrow::array::{Array, ArrayRef, StringViewArray};

use super::units::Unit;
use crate::call::Call;
use crate::error::FunctionError;
use crate::string::text_rows::texts;
use crate::types::TrinoType;

/// The units of a call's first argument.
pub struct RowUnits<'a> {
    names: &'a StringViewArray,
    data_type: &'a TrinoType,
    constant: Option<Unit>,
    is_constant: bool,
}

impl<'a> RowUnits<'a> {
    /// `data_type` is that of the values the units are for.
    pub fn new(call: &Call<'_>, arguments: &'a [ArrayRef], data_type: &'a TrinoType) -> RowUnits<'a> {
        let names = texts(arguments, 0);
        RowUnits { names, data_type, constant: None, is_constant: call.constant(0).is_some() || names.len() == 1 }
    }

    /// The unit when it is the same in every row. Errors: as [`RowUnits::row`].
    pub fn constant(&mut self) -> Result<Option<Unit>, FunctionError> {
        if self.is_constant && !self.names.is_empty() { self.row(0).map(Some) } else { Ok(None) }
    }

    #[inline]
    pub fn row(&mut self, row: usize) -> Result<Unit, FunctionError> {
        if let Some(unit) = self.constant {
            return Ok(unit);
        }
        let unit = Unit::of_name(self.names.value(row), self.data_type)?;
        if self.is_constant {
            self.constant = Some(unit);
        }
        Ok(unit)
    }
}
