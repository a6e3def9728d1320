//! `tdigest_agg`, `qdigest_agg`, `make_set_digest` and `merge_set_digest`: summaries as values. Ref: Trino 401 "T-Digest functions", "Quantile digest functions", "Set digest functions".

use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::*;
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Folded, Placed};
use super::sketched::{Summarized, Summary, Union, bytes_of};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::sketch::qdigest::{ERROR_DEFAULT, Qdigest, sortable_double, sortable_real};
use crate::sketch::set_digest::SetDigest;
use crate::sketch::tdigest::TDigest;
use crate::types::TrinoType;
use crate::types::number_text::push_java_double;

pub const TDIGEST_AGG: Function = Function {
    name: "tdigest_agg",
    description: "A t-digest of the values, each with a weight of 1 or the one given",
    overloads: &[Overload::aggregate("(double) -> tdigest", tdigest_agg), Overload::aggregate("(double, double) -> tdigest", tdigest_agg)],
    examples: &[("(SELECT value_at_quantile(tdigest_agg(x), 1e0) FROM (VALUES 1e0, 2e0) t(x))", "2.0")],
    ..Function::AGGREGATE
};

pub const QDIGEST_AGG: Function = Function {
    name: "qdigest_agg",
    description: "A quantile digest of the values; weight and accuracy may be given",
    overloads: &[
        Overload::aggregate("(bigint) -> qdigest(bigint)", qdigest_agg),
        Overload::aggregate("(double) -> qdigest(double)", qdigest_agg),
        Overload::aggregate("(real) -> qdigest(real)", qdigest_agg),
        Overload::aggregate("(bigint, bigint) -> qdigest(bigint)", qdigest_agg),
        Overload::aggregate("(double, bigint) -> qdigest(double)", qdigest_agg),
        Overload::aggregate("(real, bigint) -> qdigest(real)", qdigest_agg),
        Overload::aggregate("(bigint, bigint, double) -> qdigest(bigint)", qdigest_agg),
        Overload::aggregate("(double, bigint, double) -> qdigest(double)", qdigest_agg),
        Overload::aggregate("(real, bigint, double) -> qdigest(real)", qdigest_agg),
    ],
    examples: &[("(SELECT value_at_quantile(qdigest_agg(x), 0.5e0) FROM (VALUES 1, 2, 3) t(x))", "2")],
    ..Function::AGGREGATE
};

pub const MAKE_SET_DIGEST: Function = Function {
    name: "make_set_digest",
    description: "A set digest of the values",
    overloads: &[Overload::aggregate("<T>(T) -> setdigest", make_set_digest)],
    examples: &[("(SELECT cardinality(make_set_digest(x)) FROM (VALUES 1, 2, 2) t(x))", "2")],
    ..Function::AGGREGATE
};

pub const MERGE_SET_DIGEST: Function = Function {
    name: "merge_set_digest",
    description: "The union of set digests",
    overloads: &[Overload::aggregate("(setdigest) -> setdigest", merge_set_digest)],
    examples: &[("(SELECT cardinality(merge_set_digest(d)) FROM (SELECT make_set_digest(x) AS d FROM (VALUES 1, 2, 2) t(x)) u)", "2")],
    ..Function::AGGREGATE
};

fn tdigest_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Centroids { has_weight: binding.argument_types.len() > 1 }))))
}

fn qdigest_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    let argument = argument_of(binding);
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Ranges { argument, arguments: binding.argument_types.len() }))))
}

fn make_set_digest(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    let argument = argument_of(binding);
    if set_form(&argument).is_none() {
        return Err(FunctionError::new(
            "FUNCTION_IMPLEMENTATION_MISSING",
            format!("Unsupported type parameters ({argument}) for make_set_digest"),
        ));
    }
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Set { argument }))))
}

fn merge_set_digest(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Union::<SetDigest>(PhantomData)))))
}

fn argument_of(binding: &Binding) -> TrinoType {
    binding.argument_types.first().cloned().unwrap_or(TrinoType::Unknown)
}

struct Centroids {
    has_weight: bool,
}

impl Summary for Centroids {
    type Sketch = TDigest;

    fn fold(&self, states: &mut [Option<TDigest>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let values = columns[0].as_primitive::<Float64Type>();
        let weights = self.has_weight.then(|| columns[1].as_primitive::<Float64Type>());
        for placed in rows {
            let weight = weights.map_or(1.0, |weights| weights.value(placed.row));
            states[placed.group].get_or_insert_default().add(values.value(placed.row), weight)?;
        }
        Ok(())
    }

    fn finish(&self, states: &[Option<TDigest>]) -> Result<ArrayRef, FunctionError> {
        Ok(bytes_of(states))
    }
}

struct Ranges {
    argument: TrinoType,
    arguments: usize,
}

impl Summary for Ranges {
    type Sketch = Qdigest;

    fn fold(&self, states: &mut [Option<Qdigest>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        for placed in rows {
            let row = placed.row;
            let value = match self.argument {
                TrinoType::Bigint => columns[0].as_primitive::<Int64Type>().value(row),
                TrinoType::Real => sortable_real(columns[0].as_primitive::<Float32Type>().value(row)),
                _ => sortable_double(columns[0].as_primitive::<Float64Type>().value(row)),
            };
            let weight = if self.arguments > 1 { columns[1].as_primitive::<Int64Type>().value(row) } else { 1 };
            if weight <= 0 {
                return Err(FunctionError::argument("Percentile weight must be > 0, was ".to_string() + &weight.to_string()));
            }
            let state = &mut states[placed.group];
            let digest = match state {
                Some(digest) => digest,
                None => {
                    let error = if self.arguments > 2 { columns[2].as_primitive::<Float64Type>().value(row) } else { ERROR_DEFAULT };
                    if !(error > 0.0 && error < 1.0) {
                        let mut text = String::from("Percentile accuracy must be exclusively between 0 and 1, was ");
                        push_java_double(&mut text, error);
                        return Err(FunctionError::argument(text));
                    }
                    state.insert(Qdigest::new(error))
                }
            };
            digest.add(value, weight as f64);
        }
        Ok(())
    }

    fn finish(&self, states: &[Option<Qdigest>]) -> Result<ArrayRef, FunctionError> {
        Ok(bytes_of(states))
    }
}

/// How a value's bytes are read for a set digest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SetForm {
    Integer,
    Text,
    Bytes,
}

/// Whole numbers, dates, short timestamps, texts and bytes; other types have no set digest.
fn set_form(data_type: &TrinoType) -> Option<SetForm> {
    use TrinoType::*;
    match data_type {
        Unknown | Tinyint | Smallint | Integer | Bigint | Date | Time(_) | IntervalYearToMonth | IntervalDayToSecond | Timestamp(0..=6) => {
            Some(SetForm::Integer)
        }
        Varchar(_) | Char(_) | Json => Some(SetForm::Text),
        Varbinary => Some(SetForm::Bytes),
        _ => None,
    }
}

struct Set {
    argument: TrinoType,
}

impl Set {
    fn integer_at(&self, column: &ArrayRef, row: usize) -> i64 {
        match &self.argument {
            TrinoType::Tinyint => i64::from(column.as_primitive::<Int8Type>().value(row)),
            TrinoType::Smallint => i64::from(column.as_primitive::<Int16Type>().value(row)),
            TrinoType::Integer | TrinoType::IntervalYearToMonth => i64::from(column.as_primitive::<Int32Type>().value(row)),
            TrinoType::Date => i64::from(column.as_primitive::<Date32Type>().value(row)),
            TrinoType::Timestamp(0..=3) => column.as_primitive::<TimestampMillisecondType>().value(row).wrapping_mul(1000),
            TrinoType::Timestamp(_) => column.as_primitive::<TimestampMicrosecondType>().value(row),
            _ => column.as_primitive::<Int64Type>().value(row),
        }
    }
}

impl Summary for Set {
    type Sketch = SetDigest;

    fn fold(&self, states: &mut [Option<SetDigest>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        for placed in rows {
            let digest = states[placed.group].get_or_insert_default();
            match set_form(&self.argument) {
                Some(SetForm::Text) => digest.add(columns[0].as_string_view().value(placed.row).as_bytes())?,
                Some(SetForm::Bytes) => digest.add(columns[0].as_binary_view().value(placed.row))?,
                Some(SetForm::Integer) | None => digest.add(&self.integer_at(&columns[0], placed.row).to_le_bytes())?,
            }
        }
        Ok(())
    }

    fn finish(&self, states: &[Option<SetDigest>]) -> Result<ArrayRef, FunctionError> {
        Ok(bytes_of(states))
    }
}
