//! Which table provider gives a table's rows? One a kind of source; and what all scans share.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use owlake_catalog::Catalog;
use owlake_functions::types::arrow_form::arrow_type;

use super::footer::FooterCache;
use super::foreign;
use super::hive_table::HiveTable;
use super::information_schema::information_batch;
use super::partition_batch::PartitionBatches;
use crate::engine::Meter;
use crate::error::EngineError;
use crate::storage::BucketResolver;
use crate::table::{ColumnKind, TableHandle, TableSource};

/// What the process keeps for all scans.
#[derive(Debug, Clone)]
pub struct ScanCaches {
    pub footers: Arc<FooterCache>,
    pub partitions: Arc<PartitionBatches>,
}

impl ScanCaches {
    pub fn new() -> Self {
        ScanCaches { footers: Arc::default(), partitions: Arc::default() }
    }
}

impl Default for ScanCaches {
    fn default() -> Self {
        Self::new()
    }
}

/// What the scans of one query share.
pub struct ScanContext {
    pub catalog: Arc<dyn Catalog>,
    pub buckets: Arc<dyn BucketResolver>,
    pub caches: ScanCaches,
    pub meter: Arc<Meter>,
    pub target_partitions: usize,
}

impl std::fmt::Debug for ScanContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScanContext").field("target_partitions", &self.target_partitions).finish_non_exhaustive()
    }
}

/// The provider of the handle's columns at `indices` (ascending), in that order, under the columns' own names.
/// Errors: NOT_SUPPORTED for formats owlake can't read.
pub fn table_provider(
    context: &Arc<ScanContext>,
    table: &Arc<TableHandle>,
    indices: &[usize],
) -> Result<Arc<dyn TableProvider>, EngineError> {
    match &table.source {
        TableSource::Hive(snapshot) => Ok(Arc::new(HiveTable::new(Arc::clone(context), Arc::clone(table), Arc::clone(snapshot), indices)?)),
        TableSource::Memory(batches) => in_memory(table, indices, batches),
        TableSource::Partitions(snapshot) => {
            foreign::check(&snapshot.table)?;
            let keys: Vec<_> = table
                .columns
                .iter()
                .filter(|column| !matches!(column.kind, ColumnKind::Hidden(_)))
                .map(|column| (column.name.clone(), column.data_type.clone()))
                .collect();
            let batch = context.caches.partitions.batch(snapshot, &keys)?;
            in_memory(table, indices, std::slice::from_ref(batch.as_ref()))
        }
        TableSource::InformationSchema(kind) => {
            let batch = information_batch(context.catalog.as_ref(), *kind, table)?;
            in_memory(table, indices, &[batch])
        }
    }
}

/// The schema of some of a table's columns, in physical form.
pub fn schema_of_columns(table: &TableHandle, indices: &[usize]) -> SchemaRef {
    let fields =
        indices.iter().map(|index| &table.columns[*index]).map(|column| Field::new(&column.name, arrow_type(&column.data_type), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn in_memory(table: &TableHandle, indices: &[usize], batches: &[RecordBatch]) -> Result<Arc<dyn TableProvider>, EngineError> {
    let schema = schema_of_columns(table, indices);
    let mut chosen = Vec::with_capacity(batches.len());
    for batch in batches {
        let columns = indices.iter().map(|index| batch.columns().get(*index).cloned()).collect::<Option<Vec<_>>>();
        let columns = columns.ok_or_else(|| EngineError::internal("a table in memory misses a column"))?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        chosen.push(RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options).map_err(DataFusionError::from)?);
    }
    Ok(Arc::new(MemTable::try_new(schema, vec![chosen])?))
}
