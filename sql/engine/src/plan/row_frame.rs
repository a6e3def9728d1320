//! Which rows does a window frame hold whose offsets differ from row to row, and what does a function give over them? Ref: Trino 401 "Window functions", frames.
//!
//! DataFusion's frames have constant bounds. Here the offsets come as columns beside the function's arguments, the frame of
//! each row is found in its sorted partition, and the function runs over that slice. Frames that grow by rows at the end keep their state.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, make_comparator};
use arrow::compute::{SortColumn, SortOptions, filter, prep_null_mask_filter};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema};
use datafusion::common::ScalarValue;
use datafusion::common::utils::evaluate_partition_ranges;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{AggregateUDF, PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::Column;

use crate::error::EngineError;
use crate::error::from_datafusion::external;
use crate::ir::FrameUnit;

/// What runs over each row's frame.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Framed {
    Aggregate {
        function: Arc<AggregateUDF>,
        is_distinct: bool,
    },
    /// A value function, which is evaluated over a range of rows.
    Window(Arc<WindowUDF>),
}

/// One end of a frame. `Preceding` and `Following` take their offsets from columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Unbounded,
    CurrentRow,
    Preceding,
    Following,
}

impl Side {
    fn has_offset(self) -> bool {
        matches!(self, Side::Preceding | Side::Following)
    }
}

/// A frame and how its columns follow the function's `argument_count` arguments: the filter if any, the sort keys, then for each
/// end with an offset the offset, and with RANGE the bound's value and the sort key in the bound's type as well.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowFrame {
    pub unit: FrameUnit,
    pub start: Side,
    pub end: Side,
    pub argument_count: usize,
    pub has_filter: bool,
    /// The order of each sort key.
    pub keys: Vec<SortOptions>,
}

/// `$row_frame`: `framed` over each row's own frame. Errors: INVALID_WINDOW_FRAME for negative and null offsets.
pub fn row_frame(framed: Framed, frame: RowFrame, return_type: DataType) -> Arc<WindowUDF> {
    let signature = Signature::variadic_any(Volatility::Immutable);
    Arc::new(WindowUDF::new_from_impl(RowFrameUdf { framed, frame, return_type, signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct RowFrameUdf {
    framed: Framed,
    frame: RowFrame,
    return_type: DataType,
    signature: Signature,
}

impl WindowUDFImpl for RowFrameUdf {
    fn name(&self) -> &str {
        "$row_frame"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        let count = self.frame.argument_count;
        let fields = args.input_fields().get(..count).ok_or_else(too_few_columns)?;
        let computation = match &self.framed {
            Framed::Aggregate { function, is_distinct } => {
                let fields: Vec<FieldRef> = fields
                    .iter()
                    .enumerate()
                    .map(|(index, field)| Arc::new(field.as_ref().clone().with_name(format!("a{index}"))))
                    .collect();
                let columns = (0..count).map(|index| Arc::new(Column::new(&format!("a{index}"), index)) as Arc<dyn PhysicalExpr>).collect();
                let aggregate = AggregateExprBuilder::new(Arc::clone(function), columns)
                    .schema(Arc::new(Schema::new(fields)))
                    .alias("framed")
                    .with_distinct(*is_distinct)
                    .with_ignore_nulls(args.ignore_nulls())
                    .build()?;
                Computation::Aggregate(Box::new(aggregate))
            }
            Framed::Window(function) => {
                let exprs = args.input_exprs().get(..count).ok_or_else(too_few_columns)?;
                Computation::Window(function.partition_evaluator_factory(PartitionEvaluatorArgs::new(
                    exprs,
                    fields,
                    false,
                    args.ignore_nulls(),
                ))?)
            }
        };
        Ok(Box::new(Evaluator { computation, frame: self.frame.clone() }))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), self.return_type.clone(), true)))
    }
}

enum Computation {
    Aggregate(Box<AggregateFunctionExpr>),
    Window(Box<dyn PartitionEvaluator>),
}

struct Evaluator {
    computation: Computation,
    frame: RowFrame,
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowFrameEvaluator").field("frame", &self.frame).finish_non_exhaustive()
    }
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        if values.len() < self.frame.argument_count {
            return Err(too_few_columns());
        }
        let (arguments, rest) = values.split_at(self.frame.argument_count);
        let mut columns = rest.iter();
        let mask = match self.frame.has_filter {
            true => Some(prep_null_mask_filter(columns.next().ok_or_else(too_few_columns)?.as_boolean())),
            false => None,
        };
        let ranges = self.frame.ranges(&mut columns, num_rows)?;
        match &mut self.computation {
            Computation::Aggregate(aggregate) => aggregate_ranges(aggregate, arguments, mask.as_ref(), &ranges),
            Computation::Window(evaluator) => {
                let values = ranges.iter().map(|range| evaluator.evaluate(arguments, range)).collect::<Result<Vec<ScalarValue>>>()?;
                ScalarValue::iter_to_array(values)
            }
        }
    }
}

/// The aggregate of each range.
pub(super) fn aggregate_ranges(
    aggregate: &AggregateFunctionExpr,
    arguments: &[ArrayRef],
    mask: Option<&BooleanArray>,
    ranges: &[Range<usize>],
) -> Result<ArrayRef> {
    let mut accumulator = aggregate.create_accumulator()?;
    let mut held = 0..0;
    let mut value: Option<ScalarValue> = None;
    let mut values = Vec::with_capacity(ranges.len());
    for range in ranges {
        if let Some(value) = &value
            && *range == held
        {
            values.push(value.clone());
            continue;
        }
        let added = if range.start == held.start && range.end >= held.end {
            held.end..range.end
        } else {
            accumulator = aggregate.create_accumulator()?;
            range.clone()
        };
        if !added.is_empty() {
            let rows: Vec<ArrayRef> = arguments.iter().map(|argument| argument.slice(added.start, added.len())).collect();
            let rows = match mask {
                Some(mask) => {
                    let mask = mask.slice(added.start, added.len());
                    rows.iter().map(|rows| filter(rows, &mask).map_err(DataFusionError::from)).collect::<Result<Vec<_>>>()?
                }
                None => rows,
            };
            accumulator.update_batch(&rows)?;
        }
        held = range.clone();
        let current = accumulator.evaluate()?;
        values.push(current.clone());
        value = Some(current);
    }
    ScalarValue::iter_to_array(values)
}

impl RowFrame {
    /// The rows of each row's frame, as positions in the partition.
    fn ranges<'a>(&self, columns: &mut impl Iterator<Item = &'a ArrayRef>, num_rows: usize) -> Result<Vec<Range<usize>>> {
        let mut keys = Vec::with_capacity(self.keys.len());
        for options in &self.keys {
            keys.push(SortColumn { values: Arc::clone(columns.next().ok_or_else(too_few_columns)?), options: Some(*options) });
        }
        let peers = if keys.is_empty() { std::iter::once(0..num_rows).collect() } else { evaluate_partition_ranges(num_rows, &keys)? };
        let starts = self.positions(self.start, true, columns, &peers, num_rows)?;
        let ends = self.positions(self.end, false, columns, &peers, num_rows)?;
        Ok(starts.into_iter().zip(ends).map(|(start, end)| if start < end { start..end } else { 0..0 }).collect())
    }

    /// Where each row's frame starts, or the position behind its last row.
    fn positions<'a>(
        &self,
        side: Side,
        is_start: bool,
        columns: &mut impl Iterator<Item = &'a ArrayRef>,
        peers: &[Range<usize>],
        num_rows: usize,
    ) -> Result<Vec<usize>> {
        let of_peers = |group: &Range<usize>| if is_start { group.start } else { group.end };
        let group_of_rows = || peers.iter().enumerate().flat_map(|(index, group)| group.clone().map(move |_| index));
        if !side.has_offset() {
            return Ok(match (side, self.unit) {
                (Side::Unbounded, _) => vec![if is_start { 0 } else { num_rows }; num_rows],
                (_, FrameUnit::Rows) => (0..num_rows).map(|row| if is_start { row } else { row + 1 }).collect(),
                _ => group_of_rows().map(|index| of_peers(&peers[index])).collect(),
            });
        }
        let offsets = columns.next().ok_or_else(too_few_columns)?;
        check_offsets(offsets)?;
        if self.unit == FrameUnit::Range {
            let (bounds, key) = (columns.next().ok_or_else(too_few_columns)?, columns.next().ok_or_else(too_few_columns)?);
            let of_row: Vec<usize> = group_of_rows().map(|index| of_peers(&peers[index])).collect();
            return self.range_positions(is_start, bounds, key, of_row);
        }
        let counts = offsets.as_primitive_opt::<Int64Type>().ok_or_else(too_few_columns)?;
        let counts = counts.values().iter().map(|count| usize::try_from(*count).unwrap_or(usize::MAX));
        // Positions count rows or peer groups; `reach` is one past the last.
        let shifted = |at: usize, count: usize, reach: usize| match side {
            Side::Preceding if is_start => at.saturating_sub(count),
            Side::Preceding => (at + 1).saturating_sub(count),
            _ if is_start => at.saturating_add(count).min(reach),
            _ => (at + 1).saturating_add(count).min(reach),
        };
        if self.unit == FrameUnit::Rows {
            return Ok(counts.enumerate().map(|(row, count)| shifted(row, count, num_rows)).collect());
        }
        let edge = |group: usize| peers.get(group).map_or(num_rows, |group| group.start);
        Ok(group_of_rows().zip(counts).map(|(group, count)| edge(shifted(group, count, peers.len()))).collect())
    }

    /// Rows whose key is null are peers of the nulls alone; the others reach as far as the bound's value.
    fn range_positions(&self, is_start: bool, bounds: &ArrayRef, key: &ArrayRef, of_peers: Vec<usize>) -> Result<Vec<usize>> {
        let options = self.keys.first().copied().ok_or_else(too_few_columns)?;
        let known = if options.nulls_first { key.null_count()..key.len() } else { 0..key.len() - key.null_count() };
        let compare = make_comparator(bounds.as_ref(), key.as_ref(), options).map_err(DataFusionError::from)?;
        let mut positions = of_peers;
        for (row, position) in positions.iter_mut().enumerate().filter(|(row, _)| key.is_valid(*row)) {
            let (mut low, mut high) = (known.start, known.end);
            while low < high {
                let middle = low + (high - low) / 2;
                let order = compare(row, middle);
                let is_before = order == Ordering::Greater || !is_start && order == Ordering::Equal;
                if is_before { low = middle + 1 } else { high = middle }
            }
            *position = low;
        }
        Ok(positions)
    }
}

/// Errors: INVALID_WINDOW_FRAME.
pub(super) fn check_offsets(offsets: &ArrayRef) -> Result<()> {
    let zero = ScalarValue::new_zero(offsets.data_type())?.to_array()?;
    let compare = make_comparator(offsets.as_ref(), zero.as_ref(), SortOptions::default()).map_err(DataFusionError::from)?;
    if offsets.null_count() > 0 || (0..offsets.len()).any(|row| compare(row, 0) == Ordering::Less) {
        return Err(external(EngineError::engine("INVALID_WINDOW_FRAME", "Window frame offset value must not be negative or null")));
    }
    Ok(())
}

fn too_few_columns() -> DataFusionError {
    external(EngineError::internal("a row's frame without its columns"))
}
