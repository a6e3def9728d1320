//! How are the values of a column gathered into one list a group? The batches are kept as they come, and put in order at the end.
//!
//! A row costs the number of its group and nothing else; ordering is a counting sort and one `take`.

use std::mem::size_of;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, UInt32Array, new_empty_array};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{concat, filter, take};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

use super::udaf::Aggregate;
use crate::error::FunctionError;

/// `array_agg`: nulls are kept, a group without rows is null.
pub struct Lists {
    pub item: FieldRef,
}

impl Aggregate for Lists {
    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::List(Arc::clone(&self.item))]
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(OneList { groups: self.groups() })
    }

    fn groups_accumulator(&self) -> Box<dyn GroupsAccumulator> {
        Box::new(self.groups())
    }

    fn is_order_sensitive(&self) -> bool {
        true
    }
}

impl Lists {
    fn groups(&self) -> GroupLists {
        GroupLists { item: Arc::clone(&self.item), batches: vec![], group_of: vec![], groups: 0, batch_bytes: 0 }
    }
}

/// The values of all groups, in the order they came.
#[derive(Debug)]
struct GroupLists {
    item: FieldRef,
    batches: Vec<ArrayRef>,
    /// The group of every value of the batches.
    group_of: Vec<u32>,
    groups: usize,
    batch_bytes: usize,
}

impl GroupLists {
    fn hold(&mut self, values: ArrayRef) {
        self.batch_bytes += values.to_data().get_slice_memory_size().unwrap_or(0);
        self.batches.push(values);
    }

    /// The lists of the first `count` groups, which are let go.
    fn emit(&mut self, count: usize) -> Result<ListArray> {
        let parts: Vec<&dyn Array> = self.batches.iter().map(|batch| batch.as_ref()).collect();
        let values = if parts.is_empty() { new_empty_array(self.item.data_type()) } else { concat(&parts)? };
        if i32::try_from(values.len()).is_err() {
            return Err(FunctionError::new("EXCEEDED_FUNCTION_MEMORY_LIMIT", "array_agg holds too many values").into());
        }
        let mut next = vec![0u32; count + 1];
        for group in self.group_of.iter().filter(|group| (**group as usize) < count) {
            next[*group as usize + 1] += 1;
        }
        for group in 0..count {
            next[group + 1] += next[group];
        }
        let offsets: Vec<i32> = next.iter().map(|offset| *offset as i32).collect();
        let mut places = vec![0u32; next[count] as usize];
        let mut kept = vec![];
        for (row, group) in self.group_of.iter().enumerate() {
            match next.get_mut(*group as usize).filter(|_| (*group as usize) < count) {
                Some(at) => {
                    places[*at as usize] = row as u32;
                    *at += 1;
                }
                None => kept.push(row as u32),
            }
        }
        let elements = take(&values, &UInt32Array::from(places), None)?;
        let is_filled: NullBuffer = offsets.windows(2).map(|pair| pair[0] < pair[1]).collect();
        let lists = ListArray::try_new(
            Arc::clone(&self.item),
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            elements,
            (is_filled.null_count() > 0).then_some(is_filled),
        )?;
        self.group_of = kept.iter().map(|row| self.group_of[*row as usize] - count as u32).collect();
        self.batches.clear();
        self.batch_bytes = 0;
        if !kept.is_empty() {
            let rest = take(&values, &UInt32Array::from(kept), None)?;
            self.hold(rest);
        }
        self.groups = self.groups.saturating_sub(count);
        Ok(lists)
    }

    fn merge(&mut self, lists: &ArrayRef, group_of: impl Fn(usize) -> u32) {
        let lists = lists.as_list::<i32>();
        let offsets = lists.value_offsets();
        let (first, last) = (offsets.first().map_or(0, |at| *at as usize), offsets.last().map_or(0, |at| *at as usize));
        // What lies under a null list counts for nobody; lists saved here have nothing there.
        for row in 0..lists.len() {
            let length = (offsets[row + 1] - offsets[row]) as usize;
            self.group_of.extend(std::iter::repeat_n(group_of(row), length));
        }
        self.hold(lists.values().slice(first, last - first));
    }
}

impl GroupsAccumulator for GroupLists {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups = total_num_groups;
        let column = values.first().ok_or_else(|| internal_datafusion_err!("array_agg has an argument"))?;
        match opt_filter {
            None => {
                self.group_of.extend(group_indices.iter().map(|group| *group as u32));
                self.hold(Arc::clone(column));
            }
            Some(kept) => {
                let is_kept = |row: usize| kept.is_valid(row) && kept.value(row);
                self.group_of.extend(group_indices.iter().enumerate().filter(|(row, _)| is_kept(*row)).map(|(_, group)| *group as u32));
                let rest = filter(column, kept)?;
                self.hold(rest);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let count = match emit_to {
            EmitTo::All => self.groups,
            EmitTo::First(count) => count,
        };
        Ok(Arc::new(self.emit(count)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.groups = total_num_groups;
        let lists = values.first().ok_or_else(|| internal_datafusion_err!("array_agg has a state"))?;
        self.merge(lists, |row| group_indices[row] as u32);
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let column = values.first().ok_or_else(|| internal_datafusion_err!("array_agg has an argument"))?;
        let (elements, offsets) = match opt_filter {
            None => (Arc::clone(column), OffsetBuffer::from_lengths(std::iter::repeat_n(1, column.len()))),
            Some(kept) => {
                let lengths = (0..column.len()).map(|row| usize::from(kept.is_valid(row) && kept.value(row)));
                (filter(column, kept)?, OffsetBuffer::from_lengths(lengths))
            }
        };
        Ok(vec![Arc::new(ListArray::try_new(Arc::clone(&self.item), offsets, elements, None)?)])
    }

    fn size(&self) -> usize {
        self.batch_bytes + self.group_of.capacity() * size_of::<u32>()
    }
}

/// One group.
#[derive(Debug)]
struct OneList {
    groups: GroupLists,
}

impl Accumulator for OneList {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let column = values.first().ok_or_else(|| internal_datafusion_err!("array_agg has an argument"))?;
        self.groups.group_of.extend(std::iter::repeat_n(0, column.len()));
        self.groups.hold(Arc::clone(column));
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let values = self.groups.emit(1)?;
        let list = ScalarValue::List(Arc::new(values.clone()));
        // Asked again, by a growing window frame, it must know the same.
        if !values.is_null(0) {
            self.groups.merge(&(Arc::new(values) as ArrayRef), |_| 0);
        }
        Ok(list)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.groups.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists = states.first().ok_or_else(|| internal_datafusion_err!("array_agg has a state"))?;
        self.groups.merge(lists, |_| 0);
        Ok(())
    }
}
