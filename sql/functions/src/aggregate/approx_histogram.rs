//! `numeric_histogram` and `approx_most_frequent`: few buckets for many values. Ref: Trino 401 "Approximate aggregate functions"; Ben-Haim and Tom-Tov; Metwally, "Space-Saving".

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, Float64Array, Int64Array, MapArray, StringViewArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Folded, Placed};
use super::sketched::{Summarized, Summary};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::sketch::Sketch;
use crate::sketch::bytes::Reader;
use crate::types::TrinoType;
use crate::types::arrow_form::entries_field;

pub const NUMERIC_HISTOGRAM: Function = Function {
    name: "numeric_histogram",
    description: "A histogram of at most so many buckets: centre and weight",
    overloads: &[
        Overload::aggregate("(bigint, double) -> map(double,double)", numeric_histogram),
        Overload::aggregate("(bigint, real) -> map(real,real)", numeric_histogram),
        Overload::aggregate("(bigint, double, double) -> map(double,double)", numeric_histogram),
        Overload::aggregate("(bigint, real, double) -> map(real,real)", numeric_histogram),
    ],
    examples: &[("(SELECT numeric_histogram(2, x) FROM (VALUES 1e0, 1e0, 9e0) t(x))", "{1.0=2.0, 9.0=1.0}")],
    ..Function::AGGREGATE
};

pub const APPROX_MOST_FREQUENT: Function = Function {
    name: "approx_most_frequent",
    description: "The most frequent values and how often each came, about",
    overloads: &[
        Overload::aggregate("(bigint, bigint, bigint) -> map(bigint,bigint)", approx_most_frequent),
        Overload::aggregate("(bigint, varchar, bigint) -> map(varchar,bigint)", approx_most_frequent),
    ],
    examples: &[("(SELECT approx_most_frequent(2, x, 10) FROM (VALUES 'a', 'b', 'a', 'c', 'b', 'a') t(x))", "{a=3, b=2}")],
    ..Function::AGGREGATE
};

fn numeric_histogram(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    let is_real = matches!(binding.argument_types.get(1), Some(TrinoType::Real));
    let has_weight = binding.argument_types.len() > 2;
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Numeric { is_real, has_weight }))))
}

fn approx_most_frequent(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    let is_bigint = matches!(binding.argument_types.get(1), Some(TrinoType::Bigint));
    Ok(AggregateUdf::build(binding, Folded::new(Summarized(Frequent { is_bigint }))))
}

/// Maps of the given entries; null where a group has no summary.
fn maps(
    key: &TrinoType,
    value: &TrinoType,
    keys: ArrayRef,
    values: ArrayRef,
    lengths: Vec<usize>,
    valid: Vec<bool>,
) -> Result<ArrayRef, FunctionError> {
    let field = entries_field(key, value);
    let DataType::Struct(fields) = field.data_type().clone() else {
        return Err(FunctionError::internal("the entries of a map are a struct"));
    };
    let entries = StructArray::try_new(fields, vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(field, OffsetBuffer::from_lengths(lengths), entries, Some(NullBuffer::from(valid)), false)?))
}

/// Buckets taken in before they are reduced.
const BUFFER: usize = 100;

/// Centres and weights, at most `buckets` of them once reduced.
pub struct Buckets {
    buckets: usize,
    entries: Vec<(f64, f64)>,
}

impl Buckets {
    fn put(&mut self, value: f64, weight: f64) {
        self.entries.push((value, weight));
        if self.entries.len() >= self.buckets + BUFFER {
            self.entries = self.reduced();
        }
    }

    /// Merges neighbours, the cheapest pair first.
    fn reduced(&self) -> Vec<(f64, f64)> {
        let mut sorted = self.entries.clone();
        sorted.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut kept: Vec<(f64, f64)> = Vec::with_capacity(sorted.len());
        for (value, weight) in sorted {
            match kept.last_mut() {
                Some(last) if last.0 == value => last.1 += weight,
                _ => kept.push((value, weight)),
            }
        }
        let cost = |left: (f64, f64), right: (f64, f64)| {
            let distance = left.0 - right.0;
            distance * distance * left.1 * right.1 / (left.1 + right.1)
        };
        while kept.len() > self.buckets {
            let cheapest = (1..kept.len()).min_by(|a, b| cost(kept[a - 1], kept[*a]).total_cmp(&cost(kept[b - 1], kept[*b])));
            let Some(at) = cheapest else { break };
            let (left, right) = (kept[at - 1], kept.remove(at));
            let weight = left.1 + right.1;
            kept[at - 1] = ((left.0 * left.1 + right.0 * right.1) / weight, weight);
        }
        kept
    }
}

impl Sketch for Buckets {
    fn merge(&mut self, other: Buckets) -> Result<(), FunctionError> {
        other.entries.into_iter().for_each(|(value, weight)| self.put(value, weight));
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.buckets as u64).to_le_bytes().to_vec();
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        for (value, weight) in &self.entries {
            bytes.extend(value.to_le_bytes());
            bytes.extend(weight.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Buckets, FunctionError> {
        let mut reader = Reader::new(bytes, "histogram");
        let buckets = reader.u64()? as usize;
        let count = reader.count(16)?;
        let entries = (0..count).map(|_| Ok((reader.f64()?, reader.f64()?))).collect::<Result<_, FunctionError>>()?;
        Ok(Buckets { buckets, entries })
    }

    fn held_bytes(&self) -> usize {
        self.entries.capacity() * 16
    }
}

struct Numeric {
    is_real: bool,
    has_weight: bool,
}

impl Summary for Numeric {
    type Sketch = Buckets;

    fn fold(&self, states: &mut [Option<Buckets>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        for placed in rows {
            let row = placed.row;
            let value = if self.is_real {
                f64::from(columns[1].as_primitive::<Float32Type>().value(row))
            } else {
                columns[1].as_primitive::<Float64Type>().value(row)
            };
            let weight = if self.has_weight { columns[2].as_primitive::<Float64Type>().value(row) } else { 1.0 };
            let state = &mut states[placed.group];
            let histogram = match state {
                Some(histogram) => histogram,
                None => {
                    let buckets = columns[0].as_primitive::<Int64Type>().value(row);
                    if buckets < 2 {
                        return Err(FunctionError::argument("numeric_histogram bucket count must be greater than one"));
                    }
                    state.insert(Buckets { buckets: buckets as usize, entries: vec![] })
                }
            };
            histogram.put(value, weight);
        }
        Ok(())
    }

    fn finish(&self, states: &[Option<Buckets>]) -> Result<ArrayRef, FunctionError> {
        let reduced: Vec<Option<Vec<(f64, f64)>>> = states.iter().map(|state| state.as_ref().map(Buckets::reduced)).collect();
        let lengths = reduced.iter().map(|entries| entries.as_ref().map_or(0, Vec::len)).collect();
        let valid = reduced.iter().map(Option::is_some).collect();
        let entries: Vec<(f64, f64)> = reduced.into_iter().flatten().flatten().collect();
        let column = |part: fn(&(f64, f64)) -> f64| -> ArrayRef {
            if self.is_real {
                Arc::new(Float32Array::from_iter_values(entries.iter().map(|entry| part(entry) as f32)))
            } else {
                Arc::new(Float64Array::from_iter_values(entries.iter().map(part)))
            }
        };
        let number = if self.is_real { TrinoType::Real } else { TrinoType::Double };
        maps(&number, &number, column(|entry| entry.0), column(|entry| entry.1), lengths, valid)
    }
}

/// A value that is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Counted {
    Number(i64),
    Text(Box<str>),
}

/// Counts of at most `capacity` values; the rarest makes way for a new one and leaves it its count.
pub struct Counts {
    buckets: usize,
    capacity: usize,
    counts: HashMap<Counted, i64>,
}

impl Counts {
    fn put(&mut self, value: Counted, count: i64) {
        if let Some(held) = self.counts.get_mut(&value) {
            *held += count;
            return;
        }
        let mut inherited = 0;
        if self.counts.len() >= self.capacity
            && let Some((rarest, held)) =
                self.counts.iter().min_by_key(|(value, count)| (**count, *value)).map(|(value, count)| (value.clone(), *count))
        {
            self.counts.remove(&rarest);
            inherited = held;
        }
        self.counts.insert(value, inherited + count);
    }

    fn most_frequent(&self) -> Vec<(&Counted, i64)> {
        let mut sorted: Vec<(&Counted, i64)> = self.counts.iter().map(|(value, count)| (value, *count)).collect();
        sorted.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
        sorted.truncate(self.buckets);
        sorted
    }
}

impl Sketch for Counts {
    fn merge(&mut self, other: Counts) -> Result<(), FunctionError> {
        other.counts.into_iter().for_each(|(value, count)| self.put(value, count));
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.buckets as u64).to_le_bytes().to_vec();
        bytes.extend((self.capacity as u64).to_le_bytes());
        bytes.extend((self.counts.len() as u32).to_le_bytes());
        for (value, count) in &self.counts {
            bytes.extend(count.to_le_bytes());
            match value {
                Counted::Number(number) => {
                    bytes.push(0);
                    bytes.extend(number.to_le_bytes());
                }
                Counted::Text(text) => {
                    bytes.push(1);
                    bytes.extend((text.len() as u32).to_le_bytes());
                    bytes.extend(text.as_bytes());
                }
            }
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Counts, FunctionError> {
        let mut reader = Reader::new(bytes, "frequencies");
        let (buckets, capacity) = (reader.u64()? as usize, reader.u64()? as usize);
        let entries = reader.count(13)?;
        let mut counts = HashMap::with_capacity(entries);
        for _ in 0..entries {
            let count = reader.i64()?;
            let value = if reader.u8()? == 0 {
                Counted::Number(reader.i64()?)
            } else {
                let length = reader.count(1)?;
                Counted::Text(std::str::from_utf8(reader.slice(length)?).map_err(|_| reader.invalid())?.into())
            };
            counts.insert(value, count);
        }
        Ok(Counts { buckets, capacity, counts })
    }

    fn held_bytes(&self) -> usize {
        self.counts.capacity() * 48
    }
}

struct Frequent {
    is_bigint: bool,
}

impl Summary for Frequent {
    type Sketch = Counts;

    fn fold(&self, states: &mut [Option<Counts>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let number = |position: usize, row: usize| columns[position].as_primitive::<Int64Type>().value(row);
        for placed in rows {
            let state = &mut states[placed.group];
            let counts = match state {
                Some(counts) => counts,
                None => {
                    let (buckets, capacity) = (number(0, placed.row), number(2, placed.row));
                    if buckets < 2 {
                        return Err(FunctionError::argument(format!(
                            "approx_most_frequent bucket count must be greater than one, input bucket count: {buckets}"
                        )));
                    }
                    if capacity < 1 {
                        return Err(FunctionError::argument(format!(
                            "approx_most_frequent capacity must be positive, input capacity: {capacity}"
                        )));
                    }
                    state.insert(Counts { buckets: buckets as usize, capacity: capacity as usize, counts: HashMap::new() })
                }
            };
            let value = if self.is_bigint {
                Counted::Number(number(1, placed.row))
            } else {
                Counted::Text(columns[1].as_string_view().value(placed.row).into())
            };
            counts.put(value, 1);
        }
        Ok(())
    }

    fn finish(&self, states: &[Option<Counts>]) -> Result<ArrayRef, FunctionError> {
        let found: Vec<Option<Vec<(&Counted, i64)>>> = states.iter().map(|state| state.as_ref().map(Counts::most_frequent)).collect();
        let lengths = found.iter().map(|entries| entries.as_ref().map_or(0, Vec::len)).collect();
        let valid = found.iter().map(Option::is_some).collect();
        let entries: Vec<(&Counted, i64)> = found.into_iter().flatten().flatten().collect();
        let counts: ArrayRef = Arc::new(Int64Array::from_iter_values(entries.iter().map(|entry| entry.1)));
        let number = |value: &Counted| if let Counted::Number(number) = value { *number } else { 0 };
        let text = |value: &Counted| if let Counted::Text(text) = value { text.to_string() } else { String::new() };
        let (key, keys): (TrinoType, ArrayRef) = if self.is_bigint {
            (TrinoType::Bigint, Arc::new(Int64Array::from_iter_values(entries.iter().map(|entry| number(entry.0)))))
        } else {
            (TrinoType::VARCHAR, Arc::new(StringViewArray::from_iter_values(entries.iter().map(|entry| text(entry.0)))))
        };
        maps(&key, &TrinoType::Bigint, keys, counts, lengths, valid)
    }
}
