//! `approx_percentile`: the values at percentiles, about, by t-digest. Ref: Trino 401 "Approximate aggregate functions".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, Int64Array, ListArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{Float32Type, Float64Type, Int64Type};
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Folded, Placed};
use super::sketched::{Summarized, Summary};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::sketch::Sketch;
use crate::sketch::bytes::Reader;
use crate::sketch::tdigest::TDigest;
use crate::types::TrinoType;
use crate::types::arrow_form::item_field;

pub const APPROX_PERCENTILE: Function = Function {
    name: "approx_percentile",
    description: "The value at a percentile of 0 to 1, or those at several, about; values may be weighted",
    overloads: &[
        Overload::aggregate("(bigint, double) -> bigint", approx_percentile),
        Overload::aggregate("(double, double) -> double", approx_percentile),
        Overload::aggregate("(real, double) -> real", approx_percentile),
        Overload::aggregate("(bigint, double, double) -> bigint", approx_percentile),
        Overload::aggregate("(double, double, double) -> double", approx_percentile),
        Overload::aggregate("(real, double, double) -> real", approx_percentile),
        Overload::aggregate("(bigint, double, double, double) -> bigint", approx_percentile),
        Overload::aggregate("(double, double, double, double) -> double", approx_percentile),
        Overload::aggregate("(real, double, double, double) -> real", approx_percentile),
        Overload::aggregate("(bigint, array(double)) -> array(bigint)", approx_percentile),
        Overload::aggregate("(double, array(double)) -> array(double)", approx_percentile),
        Overload::aggregate("(real, array(double)) -> array(real)", approx_percentile),
        Overload::aggregate("(bigint, double, array(double)) -> array(bigint)", approx_percentile),
        Overload::aggregate("(double, double, array(double)) -> array(double)", approx_percentile),
        Overload::aggregate("(real, double, array(double)) -> array(real)", approx_percentile),
    ],
    examples: &[
        ("(SELECT approx_percentile(x, 0.5) FROM (VALUES 1, 2, 3) t(x))", "2"),
        ("(SELECT approx_percentile(x, ARRAY[0.0, 1.0]) FROM (VALUES 1, 2, 3) t(x))", "[1, 3]"),
    ],
    ..Function::AGGREGATE
};

fn approx_percentile(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    let arguments = &binding.argument_types;
    let argument = arguments.first().cloned().unwrap_or(TrinoType::Double);
    let is_list = matches!(binding.return_type, TrinoType::Array(_));
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Percentile { argument, arguments: arguments.len(), is_list }))))
}

/// A digest and the percentiles asked of it: those of the first row.
pub struct Percentiles {
    digest: TDigest,
    wanted: Vec<f64>,
}

impl Sketch for Percentiles {
    fn merge(&mut self, other: Percentiles) -> Result<(), FunctionError> {
        self.digest.merge(other.digest)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.wanted.len() as u32).to_le_bytes().to_vec();
        self.wanted.iter().for_each(|percentile| bytes.extend(percentile.to_le_bytes()));
        bytes.extend(self.digest.to_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Percentiles, FunctionError> {
        let mut reader = Reader::new(bytes, "percentiles");
        let count = reader.count(8)?;
        let wanted = (0..count).map(|_| reader.f64()).collect::<Result<_, _>>()?;
        Ok(Percentiles { wanted, digest: TDigest::from_bytes(reader.rest())? })
    }

    fn held_bytes(&self) -> usize {
        self.digest.held_bytes() + self.wanted.len() * 8
    }
}

struct Percentile {
    argument: TrinoType,
    arguments: usize,
    is_list: bool,
}

/// Whole numbers past this have no double of their own.
const EXACT_MAX: u64 = 1 << 53;

impl Percentile {
    fn value_at(&self, column: &ArrayRef, row: usize) -> Result<f64, FunctionError> {
        Ok(match self.argument {
            TrinoType::Bigint => {
                let value = column.as_primitive::<Int64Type>().value(row);
                if value.unsigned_abs() > EXACT_MAX && value as f64 as i64 != value {
                    return Err(FunctionError::argument(format!("no exact double representation for long: {value}")));
                }
                value as f64
            }
            TrinoType::Real => f64::from(column.as_primitive::<Float32Type>().value(row)),
            _ => column.as_primitive::<Float64Type>().value(row),
        })
    }

    fn wanted(&self, columns: &[ArrayRef], row: usize) -> Result<Vec<f64>, FunctionError> {
        if self.arguments == 4 {
            let accuracy = columns[3].as_primitive::<Float64Type>().value(row);
            if !(accuracy > 0.0 && accuracy < 1.0) {
                return Err(FunctionError::new("GENERIC_INTERNAL_ERROR", "Percentile accuracy must be strictly between 0 and 1"));
            }
        }
        let position = if self.arguments == 2 { 1 } else { 2 };
        let wanted = if self.is_list {
            let list = columns[position].as_list::<i32>().value(row);
            let percentiles = list.as_primitive::<Float64Type>();
            if percentiles.null_count() > 0 {
                return Err(FunctionError::argument("Percentile cannot be null"));
            }
            percentiles.values().to_vec()
        } else {
            vec![columns[position].as_primitive::<Float64Type>().value(row)]
        };
        if wanted.iter().any(|percentile| !(0.0..=1.0).contains(percentile)) {
            return Err(FunctionError::argument("Percentile must be between 0 and 1"));
        }
        Ok(wanted)
    }

    fn values(&self, found: Vec<Option<f64>>) -> ArrayRef {
        match self.argument {
            TrinoType::Bigint => {
                Arc::new(found.into_iter().map(|value| value.map(|value| (value + 0.5).floor() as i64)).collect::<Int64Array>())
            }
            TrinoType::Real => Arc::new(found.into_iter().map(|value| value.map(|value| value as f32)).collect::<Float32Array>()),
            _ => Arc::new(found.into_iter().collect::<Float64Array>()),
        }
    }
}

impl Summary for Percentile {
    type Sketch = Percentiles;

    fn fold(&self, states: &mut [Option<Percentiles>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let weights = (self.arguments > 2).then(|| columns[1].as_primitive::<Float64Type>());
        for placed in rows {
            let weight = weights.map_or(1.0, |weights| weights.value(placed.row));
            let state = &mut states[placed.group];
            let percentiles = match state {
                Some(percentiles) => percentiles,
                None => state.insert(Percentiles { digest: TDigest::default(), wanted: self.wanted(columns, placed.row)? }),
            };
            percentiles.digest.add(self.value_at(&columns[0], placed.row)?, weight)?;
        }
        Ok(())
    }

    fn finish(&self, states: &[Option<Percentiles>]) -> Result<ArrayRef, FunctionError> {
        let (mut found, mut lengths, mut valid) = (vec![], vec![], vec![]);
        for state in states {
            let state = state.as_ref().filter(|state| !state.digest.is_empty());
            let before = found.len();
            if let Some(state) = state {
                let mut digest = state.digest.clone();
                found.extend(state.wanted.iter().map(|percentile| Some(digest.value_at(*percentile))));
            } else if !self.is_list {
                found.push(None);
            }
            lengths.push(found.len() - before);
            valid.push(state.is_some());
        }
        let values = self.values(found);
        if !self.is_list {
            return Ok(values);
        }
        let nulls = NullBuffer::from(valid);
        Ok(Arc::new(ListArray::try_new(item_field(&self.argument), OffsetBuffer::from_lengths(lengths), values, Some(nulls))?))
    }
}
