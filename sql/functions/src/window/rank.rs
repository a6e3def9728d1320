//! The ranking functions. Ref: Trino 401 "Ranking functions".

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use datafusion::common::Result;
use datafusion::functions_window::cume_dist::CumeDist;
use datafusion::functions_window::rank::Rank;
use datafusion::functions_window::row_number::RowNumber;
use datafusion::logical_expr::PartitionEvaluator;

use super::adapt::WindowKernelUdf;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const ROW_NUMBER: Function = Function {
    name: "row_number",
    description: "Number of the row within its partition, from 1",
    overloads: &[Overload::window("() -> bigint", |binding| Ok(WindowKernelUdf::cast_native(binding, RowNumber::new())))],
    ..Function::WINDOW
};

pub const RANK: Function = Function {
    name: "rank",
    description: "One plus the number of rows before the row that are not its peers",
    overloads: &[Overload::window("() -> bigint", |binding| Ok(WindowKernelUdf::cast_native(binding, Rank::basic())))],
    ..Function::WINDOW
};

pub const DENSE_RANK: Function = Function {
    name: "dense_rank",
    description: "Rank without gaps",
    overloads: &[Overload::window("() -> bigint", |binding| Ok(WindowKernelUdf::cast_native(binding, Rank::dense_rank())))],
    ..Function::WINDOW
};

pub const PERCENT_RANK: Function = Function {
    name: "percent_rank",
    description: "Rank as a fraction of the partition: (rank - 1) / (rows - 1)",
    overloads: &[Overload::window("() -> double", |binding| Ok(WindowKernelUdf::cast_native(binding, Rank::percent_rank())))],
    ..Function::WINDOW
};

pub const CUME_DIST: Function = Function {
    name: "cume_dist",
    description: "Fraction of the partition's rows up to the row and its peers",
    overloads: &[Overload::window("() -> double", |binding| Ok(WindowKernelUdf::cast_native(binding, CumeDist::new())))],
    ..Function::WINDOW
};

pub const NTILE: Function = Function {
    name: "ntile",
    description: "Number of the row's bucket when the partition is split into n even ones",
    overloads: &[Overload::window("(bigint) -> bigint", |binding| Ok(WindowKernelUdf::own(binding, |_, _| Box::new(Ntile))))],
    ..Function::WINDOW
};

#[derive(Debug)]
struct Ntile;

impl PartitionEvaluator for Ntile {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let counts = values[0].as_primitive::<Int64Type>();
        let rows = num_rows as i64;
        let buckets = counts.iter().enumerate().map(|(row, count)| {
            let Some(count) = count else { return Ok(None) };
            if count <= 0 {
                return Err(FunctionError::argument("Buckets must be greater than 0"));
            }
            let row = row as i64;
            if count >= rows {
                return Ok(Some(row + 1));
            }
            // The first `rows % count` buckets hold one row more.
            let (size, larger) = (rows / count, rows % count);
            let in_larger = larger * (size + 1);
            Ok(Some(if row < in_larger { row / (size + 1) + 1 } else { larger + (row - in_larger) / size + 1 }))
        });
        Ok(Arc::new(buckets.collect::<Result<Int64Array, FunctionError>>()?))
    }
}
