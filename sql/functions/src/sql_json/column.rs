//! How are a call's arguments read row by row? A constant is one value for all rows.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray};

use super::item::{SqlValue, value_at};
use super::spec::Form;
use crate::call::Call;
use crate::error::FunctionError;
use crate::types::TrinoType;

/// An argument.
pub struct Column<'c> {
    array: &'c ArrayRef,
    data_type: &'c TrinoType,
}

impl<'c> Column<'c> {
    /// Argument `position` of a call. Errors: internal, when there is none.
    pub fn of(call: &'c Call<'_>, arguments: &'c [ArrayRef], position: usize) -> Result<Column<'c>, FunctionError> {
        let array = arguments.get(position).ok_or_else(|| FunctionError::internal(format!("{} lacks an argument", call.name())))?;
        Ok(Column { array, data_type: call.argument_type(position) })
    }

    /// The same in every row?
    pub fn is_single(&self) -> bool {
        self.array.len() == 1
    }

    fn place(&self, row: usize) -> usize {
        if self.is_single() { 0 } else { row }
    }

    pub fn is_null(&self, row: usize) -> bool {
        *self.data_type == TrinoType::Unknown || self.array.is_null(self.place(row))
    }

    /// The SQL value; none for null.
    pub fn value(&self, row: usize) -> Option<SqlValue<'c>> {
        (!self.is_null(row)).then(|| value_at(self.array, self.data_type, self.place(row)))
    }

    /// The text, read as `form` says; none for null.
    pub fn text(&self, row: usize, form: Form) -> Option<Cow<'c, str>> {
        if self.is_null(row) {
            return None;
        }
        let place = self.place(row);
        if *self.data_type != TrinoType::Varbinary {
            return Some(Cow::Borrowed(self.array.as_string_view().value(place)));
        }
        let bytes = self.array.as_binary_view().value(place);
        Some(match form {
            Form::Utf16 => {
                let units = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
                char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
            }
            Form::Utf32 => {
                let mut words = bytes.chunks_exact(4);
                let mut text: String = words
                    .by_ref()
                    .map(|word| char::from_u32(u32::from_le_bytes([word[0], word[1], word[2], word[3]])))
                    .map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect();
                if !words.remainder().is_empty() {
                    text.push(char::REPLACEMENT_CHARACTER);
                }
                Cow::Owned(text)
            }
            _ => String::from_utf8_lossy(bytes),
        })
    }
}

/// The text of a constant argument. Errors: internal, when it isn't one.
pub fn constant_text<'c>(call: &Call<'c>, position: usize) -> Result<&'c str, FunctionError> {
    match call.constant(position) {
        Some(text) if text.len() == 1 && !text.is_null(0) => Ok(text.as_string_view().value(0)),
        _ => Err(FunctionError::internal(format!("argument {position} of {} is no constant", call.name()))),
    }
}
