//! `approx_distinct`, `approx_set` and `merge`: distinct values, about. Ref: Trino 401 "Approximate aggregate functions", "HyperLogLog functions".

use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Float64Type;
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Folded, Placed};
use super::sketched::{Summarized, Summary, Union, bytes_of};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::sketch::Sketch;
use crate::sketch::hyperloglog::{DEFAULT_INDEX_BITS, HyperLogLog, SET_INDEX_BITS, index_bits_of_error};
use crate::sketch::qdigest::Qdigest;
use crate::sketch::tdigest::TDigest;
use crate::sketch::value_hash::{hash_values, murmur_values};
use crate::types::TrinoType;

pub const APPROX_DISTINCT: Function = Function {
    name: "approx_distinct",
    description: "Number of distinct values, about; a maximum standard error may be given",
    overloads: &[
        Overload::aggregate("<T: comparable>(T) -> bigint", approx_distinct),
        Overload::aggregate("<T: comparable>(T, double) -> bigint", approx_distinct),
    ],
    examples: &[("(SELECT approx_distinct(x) FROM (VALUES 1, 2, 2) t(x))", "2")],
    ..Function::AGGREGATE
};

pub const APPROX_SET: Function = Function {
    name: "approx_set",
    description: "A HyperLogLog of the values",
    overloads: &[
        Overload::aggregate("(bigint) -> hyperloglog", approx_set),
        Overload::aggregate("(double) -> hyperloglog", approx_set),
        Overload::aggregate("(varchar) -> hyperloglog", approx_set),
    ],
    examples: &[("(SELECT cardinality(approx_set(x)) FROM (VALUES 'a', 'b') t(x))", "2")],
    ..Function::AGGREGATE
};

pub const MERGE: Function = Function {
    name: "merge",
    description: "The union of summaries",
    overloads: &[
        Overload::aggregate("(hyperloglog) -> hyperloglog", merge::<HyperLogLog>),
        Overload::aggregate("<T>(qdigest(T)) -> qdigest(T)", merge::<Qdigest>),
        Overload::aggregate("(tdigest) -> tdigest", merge::<TDigest>),
    ],
    examples: &[("(SELECT cardinality(merge(x)) FROM (VALUES empty_approx_set()) t(x))", "0")],
    ..Function::AGGREGATE
};

fn approx_distinct(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Distinct::new(binding, true)))))
}

fn approx_set(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Distinct::new(binding, false)))))
}

/// `merge` of one kind of summary.
fn merge<S: Sketch>(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Union::<S>(PhantomData)))))
}

struct Distinct {
    argument: TrinoType,
    has_error: bool,
    gives_count: bool,
}

impl Distinct {
    fn new(binding: &Binding, gives_count: bool) -> Distinct {
        let argument = binding.argument_types.first().cloned().unwrap_or(TrinoType::Unknown);
        Distinct { argument, has_error: binding.argument_types.len() > 1, gives_count }
    }
}

impl Distinct {
    /// `approx_set` has another hash than `approx_distinct`, and more buckets.
    fn hashes(&self, columns: &[ArrayRef]) -> Result<Vec<u64>, FunctionError> {
        if self.gives_count { hash_values(&columns[0], &self.argument) } else { murmur_values(&columns[0], &self.argument) }
    }

    fn index_bits(&self) -> u32 {
        if self.gives_count { DEFAULT_INDEX_BITS } else { SET_INDEX_BITS }
    }
}

impl Summary for Distinct {
    type Sketch = HyperLogLog;

    fn fold(&self, states: &mut [Option<HyperLogLog>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let hashes = self.hashes(columns)?;
        for placed in rows {
            let state = &mut states[placed.group];
            let sketch = match state {
                Some(sketch) => sketch,
                None => {
                    let bits = if self.has_error {
                        index_bits_of_error(columns[1].as_primitive::<Float64Type>().value(placed.row))?
                    } else {
                        self.index_bits()
                    };
                    state.insert(HyperLogLog::new(bits))
                }
            };
            sketch.add(hashes[placed.row]);
        }
        Ok(())
    }

    fn fold_all(&self, state: &mut Option<HyperLogLog>, columns: &[ArrayRef]) -> Result<bool, FunctionError> {
        if self.has_error || columns[0].is_empty() || columns[0].null_count() > 0 {
            return Ok(false);
        }
        let hashes = self.hashes(columns)?;
        state.get_or_insert_with(|| HyperLogLog::new(self.index_bits())).add_all(&hashes);
        Ok(true)
    }

    fn finish(&self, states: &[Option<HyperLogLog>]) -> Result<ArrayRef, FunctionError> {
        if !self.gives_count {
            return Ok(bytes_of(states));
        }
        Ok(Arc::new(Int64Array::from_iter_values(states.iter().map(|state| state.as_ref().map_or(0, HyperLogLog::cardinality)))))
    }
}
