//! Which partitions can hold rows of a query? Predicates run over one Arrow batch of partition values, before any listing.
//!
//! Ref: Trino 401 `HivePartitionManager`; a partition is left out only when the predicate is not true for its values.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::Session;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, Volatility};
use owlake_catalog::TableSnapshot;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use parking_lot::Mutex;

use super::partition_value::partition_column;
use crate::error::EngineError;

/// How many tables' partition values are held in Arrow form.
const CACHED_TABLES_MAX: usize = 64;

/// The partition values of tables, by [`TableSnapshot::version`]: a changed table has another version, so nothing goes stale.
#[derive(Debug, Default)]
pub struct PartitionBatches {
    by_version: Mutex<HashMap<u64, Arc<RecordBatch>>>,
}

impl PartitionBatches {
    /// The values of every partition, a row a partition, a column a key named as the key. Errors: see [`partition_column`].
    pub fn batch(&self, snapshot: &TableSnapshot, keys: &[(String, TrinoType)]) -> Result<Arc<RecordBatch>, EngineError> {
        if let Some(batch) = self.by_version.lock().get(&snapshot.version) {
            return Ok(Arc::clone(batch));
        }
        let batch = Arc::new(build_batch(snapshot, keys)?);
        let mut by_version = self.by_version.lock();
        if by_version.len() >= CACHED_TABLES_MAX {
            by_version.clear();
        }
        by_version.insert(snapshot.version, Arc::clone(&batch));
        Ok(batch)
    }
}

fn build_batch(snapshot: &TableSnapshot, keys: &[(String, TrinoType)]) -> Result<RecordBatch, EngineError> {
    let mut fields = Vec::with_capacity(keys.len());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(keys.len());
    for (index, (name, data_type)) in keys.iter().enumerate() {
        fields.push(Field::new(name, arrow_type(data_type), true));
        columns.push(partition_column(name, data_type, snapshot.partitions.values(index))?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(snapshot.partitions.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).map_err(|error| DataFusionError::from(error).into())
}

/// Can the conjunct be decided from partition values alone, with the same answer every time?
pub fn is_decided_by_partition(conjunct: &Expr, keys: &[(String, TrinoType)]) -> bool {
    let mut has_key = false;
    let mut is_decided = true;
    let visited = conjunct.apply(|node| {
        match node {
            Expr::Column(column) if keys.iter().any(|(name, _)| *name == column.name) => has_key = true,
            Expr::ScalarFunction(call) if call.func.signature().volatility == Volatility::Volatile => is_decided = false,
            Expr::Column(_)
            | Expr::ScalarSubquery(_)
            | Expr::Exists(_)
            | Expr::InSubquery(_)
            | Expr::SetComparison(_)
            | Expr::OuterReferenceColumn(..) => {
                is_decided = false;
            }
            _ => {}
        }
        Ok(if is_decided { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    visited.is_ok() && has_key && is_decided
}

/// The rows of `batch` for which every conjunct is true, ascending.
pub fn surviving_partitions(state: &dyn Session, batch: &RecordBatch, conjuncts: &[Expr]) -> Result<Vec<usize>, DataFusionError> {
    let mut survivors: Vec<usize> = (0..batch.num_rows()).collect();
    if conjuncts.is_empty() {
        return Ok(survivors);
    }
    let schema = DFSchema::try_from(batch.schema())?;
    for conjunct in conjuncts {
        let predicate = state.create_physical_expr(conjunct.clone(), &schema)?;
        let answers = predicate.evaluate(batch)?.into_array(batch.num_rows())?;
        let answers = answers.as_boolean();
        survivors.retain(|row| answers.is_valid(*row) && answers.value(*row));
    }
    Ok(survivors)
}
