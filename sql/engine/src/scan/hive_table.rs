//! How are the files of a Hive-layout table scanned? Prune partitions, list what is left, read Parquet by name, text line by line.
//!
//! Ref: measured Athena behaviour, "Hive-layout reading". Partition predicates run before anything is listed; of the
//! listed files the footers are read while planning (up to a bound), which gives exact row counts, early schema errors and no further
//! charge; row groups and pages are pruned by DataFusion's Parquet source.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use futures::{StreamExt, TryStreamExt};
use owlake_catalog::{Parameters, StorageDescriptor, StorageFormat, TableSnapshot};
use owlake_functions::types::TrinoType;

use super::column_statistics::column_statistics;
use super::counting_store::{CountedFile, CountingReaderFactory};
use super::file_type::TouchedColumns;
use super::footer::Footer;
use super::foreign;
use super::hidden_column::{escape_path_text, hidden_value};
use super::listing::{ListedFile, list_files};
use super::location::Location;
use super::origin::ScanOrigin;
use super::partition_batch::{is_decided_by_partition, surviving_partitions};
use super::schema_adapter::{DeclaredTypes, DeclaredTypesFactory};
use super::serde::{Reading, SerDe, is_line_feed, is_utf8_name};
use super::source::{ScanContext, schema_of_columns};
use super::text::source::{OutputColumn, TextSource};
use super::text_scan::TextTable;
use crate::error::EngineError;
use crate::error::from_datafusion::external;
use crate::table::{ColumnKind, TableColumn, TableHandle};

/// Up to how many files have their footers read while planning; beyond that they are opened as the scan gets to them.
const PLANNED_FOOTERS_MAX: usize = 512;
/// How many footers are fetched at the same time.
const CONCURRENT_FOOTERS_MAX: usize = 16;
/// How many values of a partition key are kept to be told.
const EXPLAINED_VALUES_MAX: usize = 100;
/// The URL of the store DataFusion looks up and never reads: every read goes through a file's own counter.
pub const STORE_URL: &str = "owlake://files";

/// A scan of some columns of a table.
#[derive(Debug)]
pub struct HiveTable {
    context: Arc<ScanContext>,
    table: Arc<TableHandle>,
    snapshot: Arc<TableSnapshot>,
    /// The columns given, by their index in the handle.
    indices: Vec<usize>,
    schema: SchemaRef,
    keys: Vec<(String, TrinoType)>,
}

/// A file that is part of the scan.
struct ScannedFile {
    counted: Arc<CountedFile>,
    partition: Option<usize>,
    footer: Option<Footer>,
}

impl HiveTable {
    /// Errors: NOT_SUPPORTED for a format or a partition scheme owlake can't read.
    pub fn new(
        context: Arc<ScanContext>,
        table: Arc<TableHandle>,
        snapshot: Arc<TableSnapshot>,
        indices: &[usize],
    ) -> Result<Self, EngineError> {
        foreign::check(&snapshot.table)?;
        let parameters = &snapshot.table.definition.parameters;
        if parameters.get("projection.enabled").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
            && !snapshot.table.partition_keys().is_empty()
        {
            return Err(EngineError::engine(
                "NOT_SUPPORTED",
                format!("Table {}.{} uses partition projection, which is not supported", table.database, table.name),
            ));
        }
        let schema = schema_of_columns(&table, indices);
        let keys = table
            .columns
            .iter()
            .filter(|column| matches!(column.kind, ColumnKind::Partition(_)))
            .map(|column| (column.name.clone(), column.data_type.clone()))
            .collect();
        Ok(HiveTable { context, table, snapshot, indices: indices.to_vec(), schema, keys })
    }

    fn is_partitioned(&self) -> bool {
        !self.snapshot.table.partition_keys().is_empty()
    }

    /// The column at a position of the provider's schema.
    fn column(&self, position: usize) -> &TableColumn {
        &self.table.columns[self.indices[position]]
    }

    /// The locations to list, with the partition each belongs to.
    fn locations(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<(Location, Option<usize>)>, DataFusionError> {
        let storage = self.snapshot.table.definition.storage.as_ref();
        if !self.is_partitioned() {
            // Ref: Trino 401 `GlueToTrinoConverter`.
            let missing = || format!("Table StorageDescriptor is null for table {}.{}", self.table.database, self.table.name);
            let storage = storage.ok_or_else(|| external(EngineError::engine("HIVE_UNSUPPORTED_FORMAT", missing())))?;
            self.check_format(storage).map_err(external)?;
            let location = self.location_of(storage.location.as_deref()).map_err(external)?;
            return Ok(vec![(location, None)]);
        }
        let batch = self.context.caches.partitions.batch(&self.snapshot, &self.keys).map_err(external)?;
        let conjuncts: Vec<Expr> =
            filters.iter().flat_map(split_conjunction).filter(|conjunct| is_decided_by_partition(conjunct, &self.keys)).cloned().collect();
        let survivors = surviving_partitions(state, &batch, &conjuncts)?;
        survivors.into_iter().map(|row| Ok((self.partition_location(row).map_err(external)?, Some(row)))).collect()
    }

    fn partition_location(&self, row: usize) -> Result<Location, EngineError> {
        let partition = &self.snapshot.partitions.as_slice()[row];
        if let Some(storage) = partition.definition.storage.as_ref().or(self.snapshot.table.definition.storage.as_ref()) {
            self.check_format(storage)?;
        }
        if let Some(location) = partition.location() {
            return Location::parse(location);
        }
        let base = self.location_of(self.snapshot.table.location())?;
        let names = self.snapshot.table.partition_keys().iter().zip(partition.values().as_slice());
        let folder: Vec<String> =
            names.map(|(key, value)| format!("{}={}", escape_path_text(&key.name), escape_path_text(value))).collect();
        Ok(base.join(&folder.join("/")))
    }

    fn location_of(&self, location: Option<&str>) -> Result<Location, EngineError> {
        let location = location.ok_or_else(|| {
            EngineError::engine("HIVE_METASTORE_ERROR", format!("Table {}.{} has no location", self.table.database, self.table.name))
        })?;
        Location::parse(location)
    }

    /// A SerDe that cannot be read is refused by its name, a property that would give other rows by its own.
    fn check_format(&self, storage: &StorageDescriptor) -> Result<(), EngineError> {
        let (database, table) = (&self.table.database, &self.table.name);
        let serde = SerDe::of(&storage.format).map_err(|named| {
            EngineError::engine(
                "HIVE_UNSUPPORTED_FORMAT",
                format!("Table {database}.{table} is stored in a format that is not supported: {named}"),
            )
        })?;
        match unsupported_property(serde, &storage.format, &self.snapshot.table.definition.parameters) {
            Some((name, value)) => {
                let message = format!("The property '{name}' = '{value}' of table {database}.{table} is not supported by owlake yet");
                Err(EngineError::engine("NOT_SUPPORTED", message))
            }
            None => Ok(()),
        }
    }

    /// Are the files of a partition (of the table, without one) decoded by their SerDe, as all but Parquet files are?
    fn is_decoded(&self, partition: Option<usize>) -> bool {
        let own = partition.and_then(|row| self.snapshot.partitions.as_slice()[row].definition.storage.as_ref());
        let storage = own.or(self.snapshot.table.definition.storage.as_ref());
        let serde = storage.and_then(|storage| SerDe::of(&storage.format).ok());
        serde.is_some_and(|serde| matches!(serde.reading, Reading::Lines(_) | Reading::Files(_)))
    }

    /// The plan that reads the files of text at these locations; none when there are no files.
    async fn text_plan(
        &self,
        located: &[(Location, Option<usize>)],
        filters: &[Expr],
        limit: Option<usize>,
        positions: &[usize],
        partitions: Option<&arrow::record_batch::RecordBatch>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>, DataFusionError> {
        let locations: Vec<Location> = located.iter().map(|(location, _)| location.clone()).collect();
        let listed = list_files(&self.context.buckets, &locations).await.map_err(external)?;
        let files: Vec<_> = listed.into_iter().map(|file| self.scanned(file, located)).map(|file| (file.counted, file.partition)).collect();
        if files.is_empty() {
            return Ok(None);
        }
        let columns = positions.iter().map(|position| self.column(*position));
        let (data, constants): (Vec<&TableColumn>, Vec<&TableColumn>) =
            columns.partition(|column| matches!(column.kind, ColumnKind::Data(_)));
        let (mut next_data, mut next_constant) = (0..data.len(), 0..constants.len());
        let output = positions.iter().filter_map(|position| match self.column(*position).kind {
            ColumnKind::Data(_) => next_data.next().map(OutputColumn::Data),
            ColumnKind::Partition(_) | ColumnKind::Hidden(_) => next_constant.next().map(OutputColumn::Constant),
        });
        let output = output.collect();
        let table = TextTable { context: &self.context, table: &self.table, snapshot: &self.snapshot, data, constants, partitions };
        let splits = table.splits(&files)?;
        let limit =
            limit.filter(|_| filters.iter().flat_map(split_conjunction).all(|conjunct| is_decided_by_partition(conjunct, &self.keys)));
        let schema = Arc::new(self.schema.project(positions)?);
        let origin = Arc::new(self.origin(located, filters, partitions)?);
        let source = TextSource::new(schema, output, splits, self.context.target_partitions, limit, origin);
        Ok(Some(DataSourceExec::from_data_source(source)))
    }

    /// The files to scan. With a limit and no filter, only as many as hold that many rows.
    async fn files(
        &self,
        located: &[(Location, Option<usize>)],
        filters: &[Expr],
        limit: Option<usize>,
        touched: &TouchedColumns,
    ) -> Result<Vec<ScannedFile>, DataFusionError> {
        let locations: Vec<Location> = located.iter().map(|(location, _)| location.clone()).collect();
        let listed = list_files(&self.context.buckets, &locations).await.map_err(external)?;
        let limit =
            limit.filter(|_| filters.iter().flat_map(split_conjunction).all(|conjunct| is_decided_by_partition(conjunct, &self.keys)));
        if listed.len() > PLANNED_FOOTERS_MAX && limit.is_none() {
            return Ok(listed.into_iter().map(|file| self.scanned(file, located)).collect());
        }
        let concurrency = if limit.is_some() { 1 } else { CONCURRENT_FOOTERS_MAX };
        let mut opened = futures::stream::iter(listed.into_iter().map(|file| self.scanned(file, located)))
            .map(|file| self.with_footer(file, touched))
            .buffered(concurrency);
        let mut files = Vec::new();
        let mut rows = 0usize;
        while let Some(file) = opened.try_next().await.map_err(external)? {
            rows += file.footer.as_ref().map_or(0, rows_of);
            files.push(file);
            if limit.is_some_and(|limit| rows >= limit) {
                break;
            }
        }
        Ok(files)
    }

    fn scanned(&self, file: ListedFile, located: &[(Location, Option<usize>)]) -> ScannedFile {
        let partition = located.get(file.location_index).and_then(|(_, partition)| *partition);
        ScannedFile { counted: Arc::new(CountedFile::new(file, Arc::clone(&self.context.meter))), partition, footer: None }
    }

    async fn with_footer(&self, mut file: ScannedFile, touched: &TouchedColumns) -> Result<ScannedFile, EngineError> {
        let footer = file.counted.footer(&self.context.caches.footers).await?;
        touched.check(&footer.metadata, &file.counted.listed)?;
        file.footer = Some(footer);
        Ok(file)
    }

    /// What EXPLAIN tells of the scan.
    fn origin(
        &self,
        located: &[(Location, Option<usize>)],
        filters: &[Expr],
        partitions: Option<&arrow::record_batch::RecordBatch>,
    ) -> Result<ScanOrigin, DataFusionError> {
        let mut key_values = Vec::new();
        for (index, (key, _)) in self.keys.iter().enumerate() {
            let Some(batch) = partitions else { break };
            if !filters.iter().flat_map(|filter| filter.column_refs()).any(|column| column.name == *key) {
                continue;
            }
            let mut values: Vec<ScalarValue> = Vec::new();
            for row in located.iter().filter_map(|(_, row)| *row) {
                let value = ScalarValue::try_from_array(batch.column(index), row)?;
                if !values.contains(&value) {
                    values.push(value);
                }
                if values.len() > EXPLAINED_VALUES_MAX {
                    break;
                }
            }
            key_values.push((key.clone(), values));
        }
        let total = self.snapshot.partitions.len();
        let pruned_partitions = self.is_partitioned().then(|| (total - located.len().min(total), total));
        Ok(ScanOrigin { table: Arc::clone(&self.table), pruned_partitions, key_values })
    }

    /// The file as DataFusion scans it, with the constants of its rows.
    fn partitioned_file(
        &self,
        file: &ScannedFile,
        constants: &[&TableColumn],
        partitions: Option<&arrow::record_batch::RecordBatch>,
        touched: &TouchedColumns,
    ) -> Result<PartitionedFile, DataFusionError> {
        let listed = &file.counted.listed;
        let mut values = Vec::with_capacity(constants.len());
        for column in constants {
            values.push(match (column.kind, partitions, file.partition) {
                (ColumnKind::Partition(key), Some(batch), Some(row)) => ScalarValue::try_from_array(batch.column(key), row)?,
                (ColumnKind::Hidden(hidden), _, row) => hidden_value(hidden, listed, &self.snapshot, row).map_err(external)?,
                _ => return Err(external(EngineError::internal("a partition column without a partition"))),
            });
        }
        let mut planned =
            PartitionedFile::new_from_meta(listed.meta.clone()).with_extension(Arc::clone(&file.counted)).with_partition_values(values);
        if let Some(footer) = &file.footer {
            planned.arrow_schema = Some(touched.reading_schema(&footer.metadata, listed).map_err(external)?);
            planned.statistics = Some(Arc::new(file_statistics(footer, touched.columns.len() + constants.len())));
        }
        Ok(planned)
    }
}

#[async_trait]
impl TableProvider for HiveTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        let supports = |filter: &&Expr| {
            let is_exact = self.is_partitioned() && is_decided_by_partition(filter, &self.keys);
            if is_exact { TableProviderFilterPushDown::Exact } else { TableProviderFilterPushDown::Inexact }
        };
        Ok(filters.iter().map(supports).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let positions: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..self.indices.len()).collect());
        let (data, constants): (Vec<usize>, Vec<usize>) =
            positions.iter().partition(|position| matches!(self.column(**position).kind, ColumnKind::Data(_)));
        let touched = TouchedColumns {
            columns: data
                .iter()
                .map(|position| self.column(*position))
                .map(|column| (column.name.clone(), column.data_type.clone()))
                .collect(),
        };
        let located = self.locations(state, filters)?;
        let partitions = if self.is_partitioned() {
            Some(self.context.caches.partitions.batch(&self.snapshot, &self.keys).map_err(external)?)
        } else {
            None
        };
        let (text_located, located): (Vec<_>, Vec<_>) = located.into_iter().partition(|(_, partition)| self.is_decoded(*partition));
        let text = self.text_plan(&text_located, filters, limit, &positions, partitions.as_deref()).await?;
        let files = self.files(&located, filters, limit, &touched).await?;
        if files.is_empty() {
            return Ok(match text {
                Some(text) => text,
                None => Arc::new(EmptyExec::new(Arc::new(self.schema.project(&positions)?))),
            });
        }
        let touched = Arc::new(touched);
        let constant_columns: Vec<&TableColumn> = constants.iter().map(|position| self.column(*position)).collect();
        let origin = Arc::new(self.origin(&located, filters, partitions.as_deref())?);
        let mut planned = Vec::with_capacity(files.len());
        for file in &files {
            let file = self.partitioned_file(file, &constant_columns, partitions.as_deref(), &touched)?;
            planned.push(file.with_extension(Arc::clone(&origin)));
        }
        let statistics = total_statistics(&files, &touched, constants.len());
        let groups: Vec<FileGroup> = FileGroup::new(planned).split_files(self.context.target_partitions.max(1));

        let field = |position: &usize| -> Field { self.schema.field(*position).clone() };
        let file_schema = Arc::new(Schema::new(data.iter().map(field).collect::<Vec<_>>()));
        let constant_fields: Vec<Arc<Field>> = constants.iter().map(|position| Arc::new(field(position))).collect();
        let declared: HashMap<String, TrinoType> = touched.columns.iter().cloned().collect();
        let mut options =
            TableParquetOptions { global: state.config_options().execution.parquet.clone(), ..TableParquetOptions::default() };
        options.global.coerce_int96 = Some("us".to_owned());
        let readers = CountingReaderFactory { footers: Arc::clone(&self.context.caches.footers), columns: Arc::clone(&touched) };
        let table_schema = TableSchema::builder(file_schema).with_table_partition_cols(constant_fields).build();
        let source =
            ParquetSource::new(table_schema).with_table_parquet_options(options).with_parquet_file_reader_factory(Arc::new(readers));
        // Where each projected position is among the data columns followed by the constants.
        let order = positions
            .iter()
            .map(|position| data.iter().chain(&constants).position(|other| other == position).unwrap_or_default())
            .collect();
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::parse(STORE_URL)?, Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_limit(limit)
            .with_expr_adapter(Some(Arc::new(DeclaredTypesFactory(Arc::new(DeclaredTypes { by_name: declared })))))
            .with_projection_indices(Some(order))?
            .build();
        let parquet: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
        match text {
            Some(text) => UnionExec::try_new(vec![parquet, text]),
            None => Ok(parquet),
        }
    }
}

/// Whether a property's value is one that cannot be kept to.
type Refuses = fn(&str) -> bool;

/// The first property, of the SerDe or of the table, that gives the files another meaning than they would be read with.
/// Ref: Apache Hive, `AbstractEncodingAwareSerDe`, `ParquetInputFormat`; Hadoop, `TextInputFormat`.
fn unsupported_property<'a>(serde: &SerDe, format: &'a StorageFormat, table: &'a Parameters) -> Option<(&'static str, &'a str)> {
    let own = format.serde_info.as_ref().map(|serde| &serde.parameters);
    let value = |name: &str| own.and_then(|own| own.get(name)).or(table.get(name)).map(String::as_str);
    let is_refused: &[(&'static str, Refuses)] = match serde.reading {
        Reading::Parquet => &[("parquet.column.index.access", |value| value.trim().eq_ignore_ascii_case("true"))],
        Reading::Lines(_) => {
            &[("serialization.encoding", |value| !is_utf8_name(value)), ("textinputformat.record.delimiter", |value| !is_line_feed(value))]
        }
        Reading::Files(_) | Reading::Unsupported => &[],
    };
    is_refused.iter().find_map(|(name, refuses)| value(name).filter(|value| refuses(value)).map(|value| (*name, value)))
}

fn rows_of(footer: &Footer) -> usize {
    usize::try_from(footer.metadata.file_metadata().num_rows()).unwrap_or(0)
}

fn decoded_bytes(footer: &Footer) -> usize {
    footer.metadata.row_groups().iter().map(|group| usize::try_from(group.total_byte_size()).unwrap_or(0)).sum()
}

fn file_statistics(footer: &Footer, columns: usize) -> Statistics {
    Statistics {
        num_rows: Precision::Exact(rows_of(footer)),
        total_byte_size: Precision::Inexact(decoded_bytes(footer)),
        column_statistics: vec![ColumnStatistics::new_unknown(); columns],
    }
}

/// Exact row counts and what the footers say of the values when every footer is known, nothing otherwise. The columns are the data
/// columns followed by the constants.
fn total_statistics(files: &[ScannedFile], touched: &TouchedColumns, constants: usize) -> Statistics {
    let unknown = ColumnStatistics::new_unknown;
    let footers: Option<Vec<&Footer>> = files.iter().map(|file| file.footer.as_ref()).collect();
    match footers {
        Some(footers) => Statistics {
            num_rows: Precision::Exact(footers.iter().map(|footer| rows_of(footer)).sum()),
            total_byte_size: Precision::Inexact(footers.iter().map(|footer| decoded_bytes(footer)).sum()),
            column_statistics: column_statistics(&footers, &touched.columns)
                .into_iter()
                .chain(std::iter::repeat_with(unknown).take(constants))
                .collect(),
        },
        None => Statistics {
            num_rows: Precision::Absent,
            total_byte_size: Precision::Inexact(files.iter().map(|file| usize::try_from(file.counted.listed.meta.size).unwrap_or(0)).sum()),
            column_statistics: std::iter::repeat_with(unknown).take(touched.columns.len() + constants).collect(),
        },
    }
}
