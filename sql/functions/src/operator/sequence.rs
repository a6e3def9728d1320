//! How does a binary kernel walk its operands? Either may be one constant; the loops are plain, so the compiler vectorises them.

use arrow::array::{Array, ArrowPrimitiveType, PrimitiveArray};
use arrow::buffer::NullBuffer;

/// The nulls of a result of `rows` rows: null where either operand is. A constant is never null here.
pub fn union_nulls(left: &dyn Array, right: &dyn Array, rows: usize) -> Option<NullBuffer> {
    let varying = |array: &dyn Array| if array.len() == rows && array.null_count() > 0 { array.nulls().cloned() } else { None };
    NullBuffer::union(varying(left).as_ref(), varying(right).as_ref())
}

/// `op` of every pair of values, whatever lies under nulls.
#[inline]
pub fn zip_map<L: ArrowPrimitiveType, R: ArrowPrimitiveType, O>(
    left: &PrimitiveArray<L>,
    right: &PrimitiveArray<R>,
    rows: usize,
    mut op: impl FnMut(L::Native, R::Native) -> O,
) -> Vec<O> {
    match (left.len() == rows, right.len() == rows) {
        (true, true) => left.values().iter().zip(right.values().iter()).map(|(left, right)| op(*left, *right)).collect(),
        (true, false) => {
            let right = right.value(0);
            left.values().iter().map(|left| op(*left, right)).collect()
        }
        (false, true) => {
            let left = left.value(0);
            right.values().iter().map(|right| op(left, *right)).collect()
        }
        (false, false) => {
            let (left, right) = (left.value(0), right.value(0));
            (0..rows).map(|_| op(left, right)).collect()
        }
    }
}

/// The values of row `row`, constants included.
#[inline]
pub fn pair<L: ArrowPrimitiveType, R: ArrowPrimitiveType>(
    left: &PrimitiveArray<L>,
    right: &PrimitiveArray<R>,
    row: usize,
) -> (L::Native, R::Native) {
    (left.value(if left.len() == 1 { 0 } else { row }), right.value(if right.len() == 1 { 0 } else { row }))
}
