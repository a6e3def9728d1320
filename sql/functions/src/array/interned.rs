//! Which elements are one and the same? Small numbers stand for values, so that sets of them cost a lookup. Ref: Trino 401 `BlockSet`, `TypedSet`.

use std::hash::Hash;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int32Type, Int64Type};
use datafusion::common::HashMap;

use crate::error::FunctionError;
use crate::identity;
use crate::operator::native::has_native_order;
use crate::types::TrinoType;

/// A number for every element: equal for identical values, as IS DISTINCT FROM sees them. Null is [`NULL`].
#[derive(Debug)]
pub struct Interned {
    pub numbers: Vec<u32>,
    /// Every number is below.
    pub bound: usize,
}

/// The number of nulls.
pub const NULL: u32 = 0;

/// Numbers the elements of an array.
pub fn intern(values: &ArrayRef, data_type: &TrinoType) -> Result<Interned, FunctionError> {
    Ok(match values.data_type() {
        DataType::Int64 if has_native_order(data_type) => number(values.as_primitive::<Int64Type>().iter()),
        DataType::Int32 if has_native_order(data_type) => number(values.as_primitive::<Int32Type>().iter()),
        DataType::Date32 => number(values.as_primitive::<Date32Type>().iter()),
        DataType::Utf8View => number(values.as_string_view().iter()),
        _ => {
            let encoded = identity::encode(values, data_type)?;
            let nulls = values.logical_nulls();
            let is_valid = |index: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(index));
            number((0..values.len()).map(|index| is_valid(index).then(|| encoded.row(index))))
        }
    })
}

fn number<K: Hash + Eq>(keys: impl ExactSizeIterator<Item = Option<K>>) -> Interned {
    let mut known: HashMap<K, u32> = HashMap::new();
    let numbers = keys.map(|key| match key {
        None => NULL,
        Some(key) => {
            let next = known.len() as u32 + 1;
            *known.entry(key).or_insert(next)
        }
    });
    let numbers: Vec<u32> = numbers.collect();
    Interned { numbers, bound: known.len() + 1 }
}

/// A place for every number, forgotten from one row to the next at no cost.
#[derive(Debug)]
pub struct Places {
    marks: Vec<(u32, u32)>,
    row: u32,
}

impl Places {
    pub fn new(interned: &Interned) -> Places {
        Places { marks: vec![(0, 0); interned.bound], row: 1 }
    }

    /// Forgets all places.
    pub fn clear(&mut self) {
        self.row += 1;
    }

    /// The place of a number, if it has one.
    #[inline]
    pub fn find(&self, number: u32) -> Option<usize> {
        let (row, place) = self.marks[number as usize];
        (row == self.row).then_some(place as usize)
    }

    /// Gives a number its place, unless it has one. Is the number new?
    #[inline]
    pub fn insert(&mut self, number: u32, place: usize) -> bool {
        let mark = &mut self.marks[number as usize];
        let is_new = mark.0 != self.row;
        if is_new {
            *mark = (self.row, place as u32);
        }
        is_new
    }

    /// Takes a number's place away.
    #[inline]
    pub fn remove(&mut self, number: u32) -> Option<usize> {
        let place = self.find(number);
        self.marks[number as usize].0 = 0;
        place
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Float64Array;

    use super::*;

    #[test]
    fn nans_are_one_value_and_so_are_zeros() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.0), Some(f64::NAN), None, Some(-0.0), Some(-f64::NAN), None]));
        let interned = intern(&values, &TrinoType::Double).unwrap();
        assert_eq!(interned.numbers, [1, 2, NULL, 1, 2, NULL]);
        assert_eq!(interned.bound, 3);
    }

    #[test]
    fn places_are_forgotten_from_row_to_row() {
        let interned = Interned { numbers: vec![1, 2], bound: 3 };
        let mut places = Places::new(&interned);
        assert!(places.insert(1, 7) && !places.insert(1, 8));
        assert_eq!(places.find(1), Some(7));
        places.clear();
        assert_eq!(places.find(1), None);
        assert!(places.insert(1, 9));
        assert_eq!((places.remove(1), places.find(1)), (Some(9), None));
    }
}
