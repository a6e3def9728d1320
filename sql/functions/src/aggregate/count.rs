//! `count` and `count_if`. Ref: Trino 401 "General aggregate functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::operator::native::has_native_order;

pub const COUNT: Function = Function {
    name: "count",
    description: "Number of rows, or of values that are not null",
    overloads: &[Overload::aggregate("() -> bigint", count), Overload::aggregate("<T>(T) -> bigint", count)],
    examples: &[("(SELECT count(x) FROM (VALUES 1, NULL, 3) t(x))", "2")],
    ..Function::AGGREGATE
};

pub const COUNT_IF: Function = Function {
    name: "count_if",
    description: "Number of true values",
    overloads: &[Overload::aggregate("(boolean) -> bigint", count_if)],
    examples: &[("(SELECT count_if(x > 1) FROM (VALUES 1, 2, 3) t(x))", "2")],
    ..Function::AGGREGATE
};

fn count(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    // Arrow's own count knows metadata-only answers and fast distinct sets; but it takes identity from the bytes.
    if binding.argument_types.first().is_none_or(has_native_order) {
        Ok(count_udaf())
    } else {
        Ok(AggregateUdf::build(binding, Folded::new(Count { only_true: false })))
    }
}

fn count_if(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Count { only_true: true })))
}

struct Count {
    only_true: bool,
}

impl Fold for Count {
    type State = i64;

    fn create(&self) -> i64 {
        0
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::Int64]
    }

    fn fold(&self, states: &mut [i64], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        if self.only_true {
            let flags = columns[0].as_boolean();
            for placed in rows {
                states[placed.group] += i64::from(flags.value(placed.row));
            }
        } else {
            for placed in rows {
                states[placed.group] += 1;
            }
        }
        Ok(())
    }

    fn fold_all(&self, state: &mut i64, columns: &[ArrayRef]) -> Result<bool, FunctionError> {
        let counted = if self.only_true { columns[0].as_boolean().true_count() } else { columns[0].len() - columns[0].null_count() };
        *state += counted as i64;
        Ok(true)
    }

    fn fold_groups(&self, states: &mut [i64], columns: &[ArrayRef], groups: &[usize]) -> Result<bool, FunctionError> {
        if !self.only_true || columns[0].null_count() > 0 {
            return Ok(false);
        }
        for (group, flag) in groups.iter().zip(columns[0].as_boolean().values().iter()) {
            states[*group] += i64::from(flag);
        }
        Ok(true)
    }

    fn merge(&self, states: &mut [i64], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let counts = columns[0].as_primitive::<Int64Type>();
        for placed in rows.iter().filter(|placed| counts.is_valid(placed.row)) {
            states[placed.group] += counts.value(placed.row);
        }
        Ok(())
    }

    fn save(&self, states: &[i64]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![self.finish(states)?])
    }

    fn finish(&self, states: &[i64]) -> Result<ArrayRef, FunctionError> {
        Ok(Arc::new(Int64Array::from(states.to_vec())))
    }
}
