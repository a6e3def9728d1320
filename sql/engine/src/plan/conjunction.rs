//! In which order are a filter's terms asked, and of which rows? Cheap ones of all, the others of the rows left; one that fails last.
//!
//! DataFusion asks `a AND b AND c` as a chain of pairs, and where few rows pass the left side it puts the right side's answers back bit by
//! bit: a third of a scan's time with five comparisons. Here comparisons of numbers with constants are asked of whole batches and
//! each further term of the rows that are left. The terms may have come together in any order, so one that fails waits for the
//! others to take rows away. Ref: Trino 401 evaluates AND from left to right and stops at the first that is false.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter_record_batch, prep_null_mask_filter};
use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;

use super::lazy_errors::{LazyChain, can_fail, lazy, with_predicate};

/// A term is asked of the rows left where they are fewer than one in so many; of more, copying them takes longer than asking all.
const NARROWED_BELOW: usize = 2;

/// Runs after DataFusion's rules: filters, whose terms have been pushed down by then.
#[derive(Debug, Default)]
pub struct Conjunctions;

impl PhysicalOptimizerRule for Conjunctions {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let Some(filter) = plan.downcast_ref::<FilterExec>() else { return Ok(Transformed::no(plan)) };
            let within = lazy(Arc::clone(filter.predicate()), true, &filter.input().schema())?.data;
            let predicate = Conjunction::of(within);
            if predicate.terms() < 2 && !can_fail(filter.predicate()) {
                return Ok(Transformed::no(plan));
            }
            Ok(Transformed::yes(with_predicate(filter, Arc::new(predicate))?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "conjunctions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A filter's predicate, taken apart. Nulls count as false, as a filter takes them.
#[derive(Debug, Eq)]
pub(super) struct Conjunction {
    pub(super) predicate: Arc<dyn PhysicalExpr>,
    /// Asked of every row.
    cheap: Vec<Arc<dyn PhysicalExpr>>,
    /// Asked one after the other, of the rows left, with the columns each reads.
    narrowed: Vec<(Arc<dyn PhysicalExpr>, Vec<usize>)>,
}

impl PartialEq for Conjunction {
    fn eq(&self, other: &Self) -> bool {
        self.predicate.eq(&other.predicate)
    }
}

impl Hash for Conjunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.predicate.hash(state);
    }
}

impl fmt::Display for Conjunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.predicate, f)
    }
}

impl Conjunction {
    fn of(predicate: Arc<dyn PhysicalExpr>) -> Conjunction {
        let mut terms = Vec::new();
        collect_terms(&predicate, &mut terms);
        let (cheap, others): (Vec<_>, Vec<_>) = terms.into_iter().partition(is_cheap);
        let narrowed = others
            .into_iter()
            .map(|term| {
                let columns = collect_columns(&term).iter().map(Column::index).collect();
                (term, columns)
            })
            .collect();
        Conjunction { predicate, cheap, narrowed }
    }

    fn terms(&self) -> usize {
        self.cheap.len() + self.narrowed.len()
    }

    fn evaluate_in_order(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let mut kept: Option<BooleanBuffer> = None;
        for term in &self.cheap {
            let passing = truths(term, batch)?;
            kept = Some(kept.map_or_else(|| passing.clone(), |kept| &kept & &passing));
        }
        let rows = batch.num_rows();
        for (term, columns) in &self.narrowed {
            let Some(so_far) = kept else {
                kept = Some(truths(term, batch)?);
                continue;
            };
            let left = so_far.count_set_bits();
            if left == 0 {
                return Ok(BooleanArray::new(so_far, None));
            }
            kept = Some(if left * NARROWED_BELOW < rows {
                let passing = truths(term, &rows_left(batch, &so_far, left, columns)?)?;
                let mut both = BooleanBufferBuilder::new(rows);
                both.append_n(rows, false);
                so_far.set_indices().enumerate().filter(|(nth, _)| passing.value(*nth)).for_each(|(_, row)| both.set_bit(row, true));
                both.finish()
            } else {
                &so_far & &truths(term, batch)?
            });
        }
        Ok(BooleanArray::new(kept.unwrap_or_else(|| BooleanBuffer::new_set(rows)), None))
    }

    fn evaluate_term_by_term(&self, batch: &RecordBatch, error: DataFusionError) -> Result<BooleanArray> {
        let mut kept: Vec<bool> = vec![true; batch.num_rows()];
        let mut pending: Vec<_> = self.cheap.iter().chain(self.narrowed.iter().map(|(term, _)| term)).collect();
        let mut last_error = error;
        while !pending.is_empty() {
            let mut failed = Vec::new();
            let before = pending.len();
            for term in pending {
                let mask = BooleanArray::from(kept.clone());
                let rows = filter_record_batch(batch, &mask)?;
                if rows.num_rows() == 0 {
                    return Ok(mask);
                }
                match truths(term, &rows) {
                    Ok(passing) => {
                        let mut passing = passing.iter();
                        kept.iter_mut().filter(|is_kept| **is_kept).for_each(|is_kept| *is_kept = passing.next() == Some(true));
                    }
                    Err(error) => {
                        last_error = error;
                        failed.push(term);
                    }
                }
            }
            if failed.len() == before {
                return Err(last_error);
            }
            pending = failed;
        }
        Ok(BooleanArray::from(kept))
    }
}

/// The terms of AND, of lazy chains too.
fn collect_terms(expr: &Arc<dyn PhysicalExpr>, terms: &mut Vec<Arc<dyn PhysicalExpr>>) {
    match expr.downcast_ref::<LazyChain>() {
        Some(LazyChain { chain }) if *chain.op() == Operator::And => {
            collect_terms(chain.left(), terms);
            collect_terms(chain.right(), terms);
        }
        _ => match split_conjunction(expr).as_slice() {
            [_] => terms.push(Arc::clone(expr)),
            several => several.iter().for_each(|term| collect_terms(term, terms)),
        },
    }
}

/// A comparison of a column with a constant of fixed width, which takes less time than picking the rows to ask.
fn is_cheap(term: &Arc<dyn PhysicalExpr>) -> bool {
    let is_number =
        |side: &Arc<dyn PhysicalExpr>| side.downcast_ref::<Literal>().is_some_and(|literal| literal.value().data_type().is_primitive());
    let Some(compared) = term.downcast_ref::<BinaryExpr>() else { return false };
    let (left, right) = (compared.left(), compared.right());
    let is_comparison = compared.op().negate().is_some();
    is_comparison && (left.is::<Column>() && is_number(right) || is_number(left) && right.is::<Column>())
}

/// Which rows a term is true of.
fn truths(term: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<BooleanBuffer> {
    let values = term.evaluate(batch)?.into_array(batch.num_rows())?;
    let values = values.as_boolean_opt().ok_or_else(|| DataFusionError::Internal(format!("no condition: {term}")))?;
    Ok(if values.null_count() > 0 { prep_null_mask_filter(values).values().clone() } else { values.values().clone() })
}

/// A batch of the `left` rows kept, right in the columns asked for; the others only have the right length.
fn rows_left(batch: &RecordBatch, kept: &BooleanBuffer, left: usize, columns: &[usize]) -> Result<RecordBatch> {
    let mask = BooleanArray::new(kept.clone(), None);
    let read = filter_record_batch(&batch.project(columns)?, &mask)?;
    let mut arrays: Vec<ArrayRef> = batch.columns().iter().map(|column| column.slice(0, left)).collect();
    for (array, column) in read.columns().iter().zip(columns) {
        arrays[*column] = Arc::clone(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(left));
    // The fields may say that a column has no nulls, which holds of a part of it, too.
    Ok(RecordBatch::try_new_with_options(batch.schema(), arrays, &options)?)
}

impl PhysicalExpr for Conjunction {
    fn data_type(&self, _input_schema: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.predicate.nullable(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let kept = self.evaluate_in_order(batch).or_else(|error| self.evaluate_term_by_term(batch, error))?;
        Ok(ColumnarValue::Array(Arc::new(kept)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.predicate]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        match children.pop() {
            Some(predicate) => Ok(Arc::new(Conjunction::of(predicate))),
            None => Err(DataFusionError::Internal("a conjunction has one predicate".to_owned())),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.predicate.fmt_sql(f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray};
    use arrow::datatypes::Field;
    use datafusion::common::ScalarValue;
    use datafusion::physical_expr::conjunction;
    use datafusion::physical_expr::expressions::{binary, col, lit};

    use super::*;

    /// `n` counts up with every seventh value missing, `name` is one of three.
    fn batch() -> RecordBatch {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("name", DataType::Utf8View, true)]);
        let n: Int64Array = (0..100).map(|row| (row % 7 != 0).then_some(row)).collect();
        let name: StringViewArray = (0..100).map(|row| Some(["a", "b", "c"][row % 3])).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(n), Arc::new(name)]).unwrap()
    }

    fn compared(batch: &RecordBatch, name: &str, op: Operator, value: ScalarValue) -> Arc<dyn PhysicalExpr> {
        binary(col(name, &batch.schema()).unwrap(), op, lit(value), &batch.schema()).unwrap()
    }

    /// `n >= low AND n < high AND name = 'b'`.
    fn between(batch: &RecordBatch, low: i64, high: i64) -> Conjunction {
        Conjunction::of(conjunction([
            compared(batch, "name", Operator::Eq, ScalarValue::Utf8View(Some("b".to_owned()))),
            compared(batch, "n", Operator::GtEq, ScalarValue::Int64(Some(low))),
            compared(batch, "n", Operator::Lt, ScalarValue::Int64(Some(high))),
        ]))
    }

    fn rows(of: &Conjunction, batch: &RecordBatch) -> Vec<usize> {
        of.evaluate(batch).unwrap().into_array(batch.num_rows()).unwrap().as_boolean().values().set_indices().collect()
    }

    #[test]
    fn rows_that_pass_every_term_are_kept_however_many_are_left() {
        let batch = batch();
        for (low, high) in [(0, 10), (95, 100), (10, 90), (50, 50), (0, 100)] {
            let expected: Vec<usize> =
                (0..100).filter(|row| row % 7 != 0 && row % 3 == 1 && (low..high).contains(&(*row as i64))).collect();
            assert_eq!(rows(&between(&batch, low, high), &batch), expected, "{low} to {high}");
        }
    }

    #[test]
    fn numbers_are_compared_first() {
        let of = between(&batch(), 0, 10);
        assert_eq!((of.cheap.len(), of.narrowed.len()), (2, 1));
        assert_eq!(of.narrowed[0].1, [1], "the column the term reads");
    }
}
