//! `bool_and`, `bool_or`, `bitwise_and_agg`, `bitwise_or_agg`, `bitwise_xor_agg` and `checksum`: values folded into one word. Ref: Trino 401 "Bitwise aggregate functions", `ChecksumAggregationFunction`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, BooleanArray, Int64Array};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::sketch::value_hash::hash_values;
use crate::types::TrinoType;

pub const BOOL_AND: Function = Function {
    name: "bool_and",
    aliases: &["every"],
    description: "Is every value true?",
    overloads: &[Overload::aggregate("(boolean) -> boolean", bool_and)],
    examples: &[("(SELECT bool_and(x) FROM (VALUES true, false) t(x))", "false")],
    ..Function::AGGREGATE
};

pub const BOOL_OR: Function = Function {
    name: "bool_or",
    description: "Is any value true?",
    overloads: &[Overload::aggregate("(boolean) -> boolean", bool_or)],
    examples: &[("(SELECT bool_or(x) FROM (VALUES true, false) t(x))", "true")],
    ..Function::AGGREGATE
};

pub const BITWISE_AND_AGG: Function = Function {
    name: "bitwise_and_agg",
    description: "The bits set in every value",
    overloads: &[Overload::aggregate("(bigint) -> bigint", bitwise_and_agg)],
    examples: &[("(SELECT bitwise_and_agg(x) FROM (VALUES 6, 3) t(x))", "2")],
    ..Function::AGGREGATE
};

pub const BITWISE_OR_AGG: Function = Function {
    name: "bitwise_or_agg",
    description: "The bits set in any value",
    overloads: &[Overload::aggregate("(bigint) -> bigint", bitwise_or_agg)],
    examples: &[("(SELECT bitwise_or_agg(x) FROM (VALUES 6, 3) t(x))", "7")],
    ..Function::AGGREGATE
};

/// Basis: inferred; a later release's.
pub const BITWISE_XOR_AGG: Function = Function {
    name: "bitwise_xor_agg",
    description: "The bits set in an odd number of values",
    overloads: &[Overload::aggregate("(bigint) -> bigint", bitwise_xor_agg)],
    examples: &[("(SELECT bitwise_xor_agg(x) FROM (VALUES 6, 3) t(x))", "5")],
    ..Function::AGGREGATE
};

pub const CHECKSUM: Function = Function {
    name: "checksum",
    description: "A checksum of the values that doesn't depend on their order",
    overloads: &[Overload::aggregate("<T: comparable>(T) -> varbinary", checksum)],
    examples: &[("(SELECT to_hex(checksum(x)) FROM (VALUES 0) t(x))", "9D2D16796C5091EA")],
    ..Function::AGGREGATE
};

fn build(binding: &Arc<Binding>, kind: Kind) -> Result<Arc<AggregateUDF>, FunctionError> {
    let argument = binding.argument_types.first().cloned().unwrap_or(TrinoType::Unknown);
    Ok(AggregateUdf::build(binding, Folded::new(Words { kind, argument })))
}

fn bool_and(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    build(binding, Kind::Every)
}

fn bool_or(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    build(binding, Kind::Any)
}

fn bitwise_and_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    build(binding, Kind::And)
}

fn bitwise_or_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    build(binding, Kind::Or)
}

fn bitwise_xor_agg(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    build(binding, Kind::Xor)
}

fn checksum(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    build(binding, Kind::Checksum)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Every,
    Any,
    And,
    Or,
    Xor,
    Checksum,
}

impl Kind {
    #[inline]
    fn combine(self, left: i64, right: i64) -> i64 {
        match self {
            Kind::Every | Kind::And => left & right,
            Kind::Any | Kind::Or => left | right,
            Kind::Xor => left ^ right,
            Kind::Checksum => left.wrapping_add(right),
        }
    }
}

/// What a value weighs in a checksum, and a null counts as.
const CHECKSUM_PRIME: i64 = 0x9E37_79B1_85EB_CA87_u64 as i64;

/// Values that combine into one word.
struct Words {
    kind: Kind,
    argument: TrinoType,
}

impl Words {
    fn put(&self, state: &mut Option<i64>, word: i64) {
        *state = Some(state.map_or(word, |held| self.kind.combine(held, word)));
    }
}

impl Fold for Words {
    type State = Option<i64>;

    fn create(&self) -> Option<i64> {
        None
    }

    fn skips_nulls(&self) -> bool {
        self.kind != Kind::Checksum
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::Int64]
    }

    fn fold(&self, states: &mut [Option<i64>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        match self.kind {
            Kind::Every | Kind::Any => {
                let flags = columns[0].as_boolean();
                rows.iter().for_each(|placed| self.put(&mut states[placed.group], i64::from(flags.value(placed.row))));
            }
            Kind::And | Kind::Or | Kind::Xor => {
                let words = columns[0].as_primitive::<Int64Type>();
                rows.iter().for_each(|placed| self.put(&mut states[placed.group], words.value(placed.row)));
            }
            Kind::Checksum => {
                let hashes = hash_values(&columns[0], &self.argument)?;
                for placed in rows {
                    let weight = if columns[0].is_null(placed.row) { 1 } else { hashes[placed.row] as i64 };
                    self.put(&mut states[placed.group], weight.wrapping_mul(CHECKSUM_PRIME));
                }
            }
        }
        Ok(())
    }

    fn merge(&self, states: &mut [Option<i64>], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let words = columns[0].as_primitive::<Int64Type>();
        for placed in rows.iter().filter(|placed| words.is_valid(placed.row)) {
            self.put(&mut states[placed.group], words.value(placed.row));
        }
        Ok(())
    }

    fn save(&self, states: &[Option<i64>]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![Arc::new(states.iter().copied().collect::<Int64Array>())])
    }

    fn finish(&self, states: &[Option<i64>]) -> Result<ArrayRef, FunctionError> {
        Ok(match self.kind {
            Kind::Every | Kind::Any => Arc::new(states.iter().map(|state| state.map(|word| word != 0)).collect::<BooleanArray>()),
            Kind::And | Kind::Or | Kind::Xor => Arc::new(states.iter().copied().collect::<Int64Array>()),
            Kind::Checksum => {
                let mut bytes = BinaryViewBuilder::with_capacity(states.len());
                states.iter().for_each(|state| bytes.append_option(state.map(i64::to_le_bytes)));
                Arc::new(bytes.finish())
            }
        })
    }
}
