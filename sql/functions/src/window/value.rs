//! The value functions. Ref: Trino 401 "Value functions".

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf};
use datafusion::logical_expr::PartitionEvaluator;

use super::adapt::WindowKernelUdf;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const LAG: Function = Function {
    name: "lag",
    description: "Value of the row so many rows before",
    overloads: &[
        Overload::window("<T>(T) -> T", |binding| Ok(WindowKernelUdf::own(binding, |_, ignores| Box::new(Shift { sign: -1, ignores })))),
        Overload::window("<T>(T, bigint) -> T", |binding| {
            Ok(WindowKernelUdf::own(binding, |_, ignores| Box::new(Shift { sign: -1, ignores })))
        }),
        Overload::window("<T>(T, bigint, T) -> T", |binding| {
            Ok(WindowKernelUdf::own(binding, |_, ignores| Box::new(Shift { sign: -1, ignores })))
        }),
    ],
    ..Function::WINDOW
};

pub const LEAD: Function = Function {
    name: "lead",
    description: "Value of the row so many rows after",
    overloads: &[
        Overload::window("<T>(T) -> T", |binding| Ok(WindowKernelUdf::own(binding, |_, ignores| Box::new(Shift { sign: 1, ignores })))),
        Overload::window("<T>(T, bigint) -> T", |binding| {
            Ok(WindowKernelUdf::own(binding, |_, ignores| Box::new(Shift { sign: 1, ignores })))
        }),
        Overload::window("<T>(T, bigint, T) -> T", |binding| {
            Ok(WindowKernelUdf::own(binding, |_, ignores| Box::new(Shift { sign: 1, ignores })))
        }),
    ],
    ..Function::WINDOW
};

pub const FIRST_VALUE: Function = Function {
    name: "first_value",
    description: "First value of the frame",
    overloads: &[Overload::window("<T>(T) -> T", |_| Ok(first_value_udwf()))],
    ..Function::WINDOW
};

pub const LAST_VALUE: Function = Function {
    name: "last_value",
    description: "Last value of the frame",
    overloads: &[Overload::window("<T>(T) -> T", |_| Ok(last_value_udwf()))],
    ..Function::WINDOW
};

pub const NTH_VALUE: Function = Function {
    name: "nth_value",
    description: "Value of the n-th row of the frame, from 1",
    overloads: &[Overload::window("<T>(T, bigint) -> T", |binding| {
        Ok(WindowKernelUdf::own(binding, |binding, ignores| Box::new(Nth { row: 0, ignores, data_type: binding.return_arrow.clone() })))
    })],
    ..Function::WINDOW
};

/// `lag` and `lead` over a whole partition: value, offset (1), default (null).
#[derive(Debug)]
struct Shift {
    sign: i64,
    ignores: bool,
}

impl Shift {
    /// The row `offset` steps away, stepping over nulls when they are ignored.
    fn target(&self, values: &ArrayRef, row: usize, offset: i64) -> Option<usize> {
        if offset == 0 {
            return Some(row);
        }
        if !self.ignores || values.null_count() == 0 {
            let target = (row as i64).checked_add(offset.checked_mul(self.sign)?)?;
            return usize::try_from(target).ok().filter(|target| *target < values.len());
        }
        let mut left = offset;
        let mut at = row as i64;
        while left > 0 {
            at += self.sign;
            let index = usize::try_from(at).ok().filter(|index| *index < values.len())?;
            left -= i64::from(values.is_valid(index));
        }
        usize::try_from(at).ok()
    }
}

impl PartitionEvaluator for Shift {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let column = &values[0];
        let offsets = values.get(1).map(|offsets| offsets.as_primitive::<Int64Type>());
        let nulls = new_null_array(column.data_type(), 1);
        let mut places = Vec::with_capacity(num_rows);
        for row in 0..num_rows {
            let offset = match offsets {
                None => Some(1),
                Some(offsets) => offsets.is_valid(row).then(|| offsets.value(row)),
            };
            let Some(offset) = offset else {
                places.push((2, 0));
                continue;
            };
            if offset < 0 {
                return Err(FunctionError::argument("Offset must be at least 0").into());
            }
            places.push(match self.target(column, row, offset) {
                Some(target) => (0, target),
                None if values.len() > 2 => (1, row),
                None => (2, 0),
            });
        }
        let default = values.get(2).unwrap_or(column);
        Ok(interleave(&[column.as_ref(), default.as_ref(), nulls.as_ref()], &places)?)
    }
}

/// `nth_value` within the frame; rows come in order.
#[derive(Debug)]
struct Nth {
    row: usize,
    ignores: bool,
    data_type: DataType,
}

impl PartitionEvaluator for Nth {
    fn uses_window_frame(&self) -> bool {
        true
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        let row = self.row;
        self.row += 1;
        let offsets = values[1].as_primitive::<Int64Type>();
        let null = || ScalarValue::try_new_null(&self.data_type);
        if row >= offsets.len() || offsets.is_null(row) {
            return null();
        }
        let offset = offsets.value(row);
        if offset < 1 {
            return Err(FunctionError::argument("Offset must be at least 1").into());
        }
        let mut rows = range.clone().filter(|index| !self.ignores || values[0].is_valid(*index));
        match usize::try_from(offset - 1).ok().and_then(|skipped| rows.nth(skipped)) {
            Some(index) => ScalarValue::try_from_array(&values[0], index),
            None => null(),
        }
    }
}
