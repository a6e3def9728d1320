//! The scalar functions over summaries: their cardinality, quantiles and overlap. Ref: Trino 401 "HyperLogLog functions", "Quantile digest functions", "Set digest functions".

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, Float32Array, Float64Array, Int16Builder, Int64Array, Int64Builder, ListArray, MapArray,
    StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Float64Type};

use super::Sketch;
use super::hyperloglog::{HyperLogLog, SET_INDEX_BITS};
use super::qdigest::{Qdigest, double_of_sortable, real_of_sortable};
use super::set_digest::SetDigest;
use super::tdigest::TDigest;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;
use crate::types::arrow_form::{entries_field, item_field};

pub const EMPTY_APPROX_SET: Function = Function {
    name: "empty_approx_set",
    description: "A HyperLogLog of no values",
    overloads: &[Overload::scalar("() -> hyperloglog", empty_approx_set)],
    examples: &[("cardinality(empty_approx_set())", "0")],
    ..Function::SCALAR
};

pub const CARDINALITY: Function = Function {
    name: "cardinality",
    description: "Number of distinct values a summary has seen, about",
    overloads: &[Overload::scalar("(hyperloglog) -> bigint", cardinality), Overload::scalar("(setdigest) -> bigint", set_cardinality)],
    examples: &[("(SELECT cardinality(approx_set(x)) FROM (VALUES 1, 2, 2) t(x))", "2")],
    ..Function::SCALAR
};

pub const VALUE_AT_QUANTILE: Function = Function {
    name: "value_at_quantile",
    description: "The value at a quantile of 0 to 1",
    overloads: &[
        Overload::scalar("(qdigest(bigint), double) -> bigint", value_at_quantile),
        Overload::scalar("(qdigest(double), double) -> double", value_at_quantile),
        Overload::scalar("(qdigest(real), double) -> real", value_at_quantile),
        Overload::scalar("(tdigest, double) -> double", value_at_quantile),
    ],
    examples: &[("(SELECT value_at_quantile(tdigest_agg(x), 0.5e0) FROM (VALUES 1e0, 2e0, 3e0) t(x))", "2.0")],
    ..Function::SCALAR
};

pub const VALUES_AT_QUANTILES: Function = Function {
    name: "values_at_quantiles",
    description: "The values at several quantiles of 0 to 1",
    overloads: &[
        Overload::scalar("(qdigest(bigint), array(double)) -> array(bigint)", values_at_quantiles),
        Overload::scalar("(qdigest(double), array(double)) -> array(double)", values_at_quantiles),
        Overload::scalar("(qdigest(real), array(double)) -> array(real)", values_at_quantiles),
        Overload::scalar("(tdigest, array(double)) -> array(double)", values_at_quantiles),
    ],
    examples: &[("(SELECT values_at_quantiles(tdigest_agg(x), ARRAY[0e0, 1e0]) FROM (VALUES 1e0, 2e0, 3e0) t(x))", "[1.0, 3.0]")],
    ..Function::SCALAR
};

pub const INTERSECTION_CARDINALITY: Function = Function {
    name: "intersection_cardinality",
    description: "Number of values in both sets, about",
    overloads: &[Overload::scalar("(setdigest, setdigest) -> bigint", intersection_cardinality)],
    examples: &[(
        "(SELECT intersection_cardinality(make_set_digest(x), make_set_digest(y)) FROM (VALUES (1, 1), (NULL, 2), (2, 3), (3, 4)) t(x, y))",
        "3",
    )],
    ..Function::SCALAR
};

pub const JACCARD_INDEX: Function = Function {
    name: "jaccard_index",
    description: "Share of the values in either set that are in both, about",
    overloads: &[Overload::scalar("(setdigest, setdigest) -> double", jaccard_index)],
    examples: &[(
        "(SELECT jaccard_index(make_set_digest(x), make_set_digest(y)) FROM (VALUES (1, 1), (NULL, 2), (2, 3), (NULL, 4)) t(x, y))",
        "0.5",
    )],
    ..Function::SCALAR
};

pub const HASH_COUNTS: Function = Function {
    name: "hash_counts",
    description: "The hashes of a set's values and how often each came",
    overloads: &[Overload::scalar("(setdigest) -> map(bigint,smallint)", hash_counts)],
    examples: &[("(SELECT hash_counts(make_set_digest(x)) FROM (VALUES 1, 1, 1) t(x))", "{19144387141682250=3}")],
    ..Function::SCALAR
};

fn empty_approx_set(call: &Call<'_>, _arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let bytes = HyperLogLog::new(SET_INDEX_BITS).to_bytes();
    Ok(Arc::new(BinaryViewArray::from_iter_values((0..call.rows()).map(|_| &bytes))))
}

fn sketch<S: Sketch>(arguments: &[ArrayRef], position: usize, row: usize) -> Result<S, FunctionError> {
    S::from_bytes(arguments[position].as_binary_view().value(row))
}

fn cardinality(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let counts = (0..call.rows()).map(|row| Ok(sketch::<HyperLogLog>(arguments, 0, row)?.cardinality()));
    Ok(Arc::new(Int64Array::from(counts.collect::<Result<Vec<_>, FunctionError>>()?)))
}

fn set_cardinality(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let counts = (0..call.rows()).map(|row| Ok(sketch::<SetDigest>(arguments, 0, row)?.cardinality()));
    Ok(Arc::new(Int64Array::from(counts.collect::<Result<Vec<_>, FunctionError>>()?)))
}

/// Either digest.
enum Digest {
    Ranges(Qdigest),
    Centroids(TDigest),
}

/// Where a quantile's value is: a number, or the sortable form of one.
enum Found {
    Sortable(i64),
    Number(f64),
}

impl Digest {
    fn read(call: &Call<'_>, arguments: &[ArrayRef], row: usize) -> Result<Digest, FunctionError> {
        Ok(match call.argument_type(0) {
            TrinoType::Tdigest => Digest::Centroids(sketch(arguments, 0, row)?),
            _ => Digest::Ranges(sketch(arguments, 0, row)?),
        })
    }

    fn value_at(&mut self, quantile: f64) -> Result<Option<Found>, FunctionError> {
        if !(0.0..=1.0).contains(&quantile) {
            let text = match self {
                Digest::Ranges(_) => "quantile must be between [0,1]",
                Digest::Centroids(_) => "quantiles should be in [0, 1] range",
            };
            return Err(FunctionError::new("GENERIC_INTERNAL_ERROR", text));
        }
        Ok(match self {
            Digest::Ranges(digest) => digest.value_at(quantile).map(Found::Sortable),
            Digest::Centroids(digest) => (!digest.is_empty()).then(|| Found::Number(digest.value_at(quantile))),
        })
    }
}

fn found_array(found: Vec<Option<Found>>, data_type: &TrinoType) -> ArrayRef {
    let number = |found: Option<Found>| match found? {
        Found::Sortable(value) => Some(double_of_sortable(value)),
        Found::Number(value) => Some(value),
    };
    let sortable = |found: Option<Found>| match found? {
        Found::Sortable(value) => Some(value),
        Found::Number(_) => None,
    };
    match data_type {
        TrinoType::Bigint => Arc::new(found.into_iter().map(sortable).collect::<Int64Array>()),
        TrinoType::Real => Arc::new(found.into_iter().map(|found| sortable(found).map(real_of_sortable)).collect::<Float32Array>()),
        _ => Arc::new(found.into_iter().map(number).collect::<Float64Array>()),
    }
}

fn value_at_quantile(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let quantiles = arguments[1].as_primitive::<Float64Type>();
    let found = (0..call.rows())
        .map(|row| Digest::read(call, arguments, row)?.value_at(quantiles.value(row)))
        .collect::<Result<Vec<_>, FunctionError>>()?;
    Ok(found_array(found, call.return_type()))
}

fn values_at_quantiles(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let TrinoType::Array(element) = call.return_type() else {
        return Err(FunctionError::internal("values_at_quantiles gives an array"));
    };
    let lists = arguments[1].as_list::<i32>();
    let (mut found, mut lengths) = (vec![], vec![]);
    for row in 0..call.rows() {
        let mut digest = Digest::read(call, arguments, row)?;
        let quantiles = lists.value(row);
        // Trino reads a null as what lies beneath it, which is 0 or the last quantile.
        let has_null = quantiles.null_count() > 0;
        let quantiles = quantiles.as_primitive::<Float64Type>();
        let is_descending = quantiles.values().windows(2).any(|pair| pair[1] < pair[0]);
        if matches!(digest, Digest::Centroids(_)) && !has_null && is_descending {
            return Err(FunctionError::argument("percentiles must be sorted in increasing order"));
        }
        let mut last = 0.0;
        for quantile in quantiles {
            last = quantile.unwrap_or(last);
            found.push(digest.value_at(last)?);
        }
        lengths.push(quantiles.len());
    }
    let values = found_array(found, element);
    Ok(Arc::new(ListArray::try_new(item_field(element), OffsetBuffer::from_lengths(lengths), values, None)?))
}

fn intersection_cardinality(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let counts = (0..call.rows())
        .map(|row| sketch::<SetDigest>(arguments, 0, row)?.intersection_cardinality(&sketch::<SetDigest>(arguments, 1, row)?));
    Ok(Arc::new(Int64Array::from(counts.collect::<Result<Vec<_>, FunctionError>>()?)))
}

fn jaccard_index(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let shares =
        (0..call.rows()).map(|row| Ok(sketch::<SetDigest>(arguments, 0, row)?.jaccard_index(&sketch::<SetDigest>(arguments, 1, row)?)));
    Ok(Arc::new(Float64Array::from(shares.collect::<Result<Vec<_>, FunctionError>>()?)))
}

fn hash_counts(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (mut hashes, mut counts, mut lengths) = (Int64Builder::new(), Int16Builder::new(), vec![]);
    for row in 0..call.rows() {
        let digest = sketch::<SetDigest>(arguments, 0, row)?;
        for (hash, count) in digest.counts() {
            hashes.append_value(*hash);
            counts.append_value(*count);
        }
        lengths.push(digest.counts().len());
    }
    let field = entries_field(&TrinoType::Bigint, &TrinoType::Smallint);
    let DataType::Struct(fields) = field.data_type().clone() else {
        return Err(FunctionError::internal("the entries of a map are a struct"));
    };
    let entries = StructArray::try_new(fields, vec![Arc::new(hashes.finish()), Arc::new(counts.finish())], None)?;
    Ok(Arc::new(MapArray::try_new(field, OffsetBuffer::from_lengths(lengths), entries, None, false)?))
}
