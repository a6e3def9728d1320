//! What happens to a value that can't be cast? CAST fails; TRY_CAST makes the whole row null.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use std::sync::Arc;

use crate::error::FunctionError;

/// Where failures go: out at once, or into a mask of rows.
#[derive(Debug)]
pub struct Failures {
    failed: Option<Vec<bool>>,
}

impl Failures {
    /// The first failure is the result.
    pub fn strict() -> Failures {
        Failures { failed: None }
    }

    /// Failures are remembered by row.
    pub fn safe(rows: usize) -> Failures {
        Failures { failed: Some(vec![false; rows]) }
    }

    /// As strict as this, for the `rows` children of its rows.
    pub fn child(&self, rows: usize) -> Failures {
        Failures { failed: self.failed.as_ref().map(|_| vec![false; rows]) }
    }

    pub fn is_safe(&self) -> bool {
        self.failed.is_some()
    }

    /// Makes the errors of values; under TRY_CAST nobody reads their texts, so none are written.
    pub fn refusal(&self) -> impl Fn(std::fmt::Arguments<'_>) -> FunctionError + Copy + use<> {
        let is_safe = self.is_safe();
        move |text| FunctionError::cast(if is_safe { String::new() } else { text.to_string() })
    }

    /// Puts a failure of `row`.
    #[inline(never)]
    pub fn put(&mut self, row: usize, error: FunctionError) -> Result<(), FunctionError> {
        match &mut self.failed {
            None => Err(error),
            Some(failed) => {
                if let Some(slot) = failed.get_mut(row) {
                    *slot = true;
                }
                Ok(())
            }
        }
    }

    /// Has any of these rows failed?
    pub fn has_failed(&self, mut rows: std::ops::Range<usize>) -> bool {
        self.failed.as_ref().is_some_and(|failed| rows.any(|row| failed.get(row).copied().unwrap_or(false)))
    }

    /// Nulls of the input with the failed rows added.
    pub fn nulls(&self, input: Option<&NullBuffer>) -> Option<NullBuffer> {
        match &self.failed {
            Some(failed) if failed.contains(&true) => {
                let good = NullBuffer::new(failed.iter().map(|failed| !failed).collect::<BooleanBuffer>());
                NullBuffer::union(input, Some(&good))
            }
            _ => input.cloned(),
        }
    }
}

/// Converts every value that is not null.
pub fn convert<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    values: &ArrayRef,
    failures: &mut Failures,
    convert: impl Fn(I::Native) -> Result<O::Native, FunctionError>,
) -> Result<PrimitiveArray<O>, FunctionError> {
    let input = values.as_primitive::<I>();
    let mut output = Vec::with_capacity(input.len());
    match input.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => {
            for (row, value) in input.values().iter().enumerate() {
                output.push(settle(convert(*value), row, failures)?);
            }
        }
        Some(nulls) => {
            for (row, (value, is_valid)) in input.values().iter().zip(nulls.iter()).enumerate() {
                output.push(if is_valid { settle(convert(*value), row, failures)? } else { O::Native::default() });
            }
        }
    }
    Ok(PrimitiveArray::new(output.into(), failures.nulls(input.nulls())))
}

#[inline]
fn settle<T: Default>(result: Result<T, FunctionError>, row: usize, failures: &mut Failures) -> Result<T, FunctionError> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => failures.put(row, error).map(|()| T::default()),
    }
}

/// Converts every text that is not null.
pub fn convert_text<O: ArrowPrimitiveType>(
    values: &ArrayRef,
    failures: &mut Failures,
    mut convert: impl FnMut(&str) -> Result<O::Native, FunctionError>,
) -> Result<PrimitiveArray<O>, FunctionError> {
    let input = values.as_string_view();
    let mut output = Vec::with_capacity(input.len());
    for (row, text) in input.iter().enumerate() {
        output.push(match text {
            Some(text) => settle(convert(text), row, failures)?,
            None => O::Native::default(),
        });
    }
    Ok(PrimitiveArray::new(output.into(), failures.nulls(input.nulls())))
}

/// An array as the dynamic one.
pub fn dynamic<O: ArrowPrimitiveType>(array: PrimitiveArray<O>) -> ArrayRef {
    Arc::new(array)
}
