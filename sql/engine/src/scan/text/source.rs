//! How does DataFusion run a scan of files that a SerDe decodes? As a source of batches: splits shared among threads, each decoded as it is read.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt::{self, Formatter};
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::datasource::source::DataSource;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::DisplayFormatType;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

use super::split::{OpenSplit, Split};
use crate::error::EngineError;
use crate::error::from_datafusion::external;
use crate::scan::origin::ScanOrigin;
use crate::scan::serde::{FileFormat, FileReader, LineDecoder, LineFormat, Rows};

/// What the files of one storage (the table's, or a partition's) are read with.
#[derive(Debug)]
pub struct TextFormat {
    pub decoding: Decoding,
    /// What becomes of the wanted columns, in their order.
    pub columns: Vec<TextColumn>,
}

/// What is decoded at once.
#[derive(Debug)]
pub enum Decoding {
    Lines(Arc<dyn LineFormat>),
    /// Splits are whole files.
    Files(Arc<dyn FileFormat>),
}

/// A wanted column as this storage has it.
#[derive(Debug, Clone, PartialEq)]
pub enum TextColumn {
    /// The decoder's next column, cast where the storage declares another type than the table.
    Decoded { cast: Option<DataType> },
    /// Not in these files.
    Missing(DataType),
}

/// One split of a scan.
#[derive(Debug, Clone)]
pub struct TextSplit {
    pub split: Split,
    pub format: Arc<TextFormat>,
    /// The values of the file's constant columns: partition keys and hidden columns.
    pub constants: Arc<[ScalarValue]>,
}

/// Where a column of the output comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputColumn {
    /// A wanted column of the files, by position.
    Data(usize),
    /// A constant, by position.
    Constant(usize),
}

/// A scan of files that a SerDe decodes.
#[derive(Debug, Clone)]
pub struct TextSource {
    pub schema: SchemaRef,
    pub output: Arc<[OutputColumn]>,
    /// The splits by thread.
    pub threads: Vec<Vec<TextSplit>>,
    pub limit: Option<usize>,
    pub metrics: ExecutionPlanMetricsSet,
    /// The table, for who explains a plan.
    pub origin: Arc<ScanOrigin>,
}

impl TextSource {
    /// Shares `splits` among at most `threads` threads, in turns: they are of about the same size.
    pub fn new(
        schema: SchemaRef,
        output: Vec<OutputColumn>,
        splits: Vec<TextSplit>,
        threads: usize,
        limit: Option<usize>,
        origin: Arc<ScanOrigin>,
    ) -> TextSource {
        let mut shares = vec![Vec::new(); threads.clamp(1, splits.len().max(1))];
        let count = shares.len();
        for (index, split) in splits.into_iter().enumerate() {
            shares[index % count].push(split);
        }
        TextSource { schema, output: output.into(), threads: shares, limit, metrics: ExecutionPlanMetricsSet::new(), origin }
    }

    fn bytes(&self, thread: Option<usize>) -> usize {
        let chosen = self.threads.iter().enumerate().filter(|(index, _)| thread.is_none_or(|thread| thread == *index));
        let bytes: u64 = chosen.flat_map(|(_, splits)| splits).map(|split| split.split.range.end - split.split.range.start).sum();
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }
}

impl DataSource for TextSource {
    fn open(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream, DataFusionError> {
        let splits = self.threads.get(partition).cloned().unwrap_or_default();
        let reader = TextReader {
            schema: Arc::clone(&self.schema),
            output: Arc::clone(&self.output),
            splits: splits.into(),
            current: None,
            rows_max: context.session_config().batch_size(),
            rows_left: self.limit.unwrap_or(usize::MAX),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        let batches = futures::stream::try_unfold(reader, |mut reader| async move {
            let batch = reader.next().await.map_err(external)?;
            Ok::<_, DataFusionError>(batch.map(|batch| (batch, reader)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches)))
    }

    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let splits: usize = self.threads.iter().map(Vec::len).sum();
        write!(f, "text, splits={splits}")?;
        self.limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }

    fn output_partitioning(&self) -> Partitioning {
        Partitioning::UnknownPartitioning(self.threads.len())
    }

    fn eq_properties(&self) -> EquivalenceProperties {
        EquivalenceProperties::new(Arc::clone(&self.schema))
    }

    fn partition_statistics(&self, partition: Option<usize>) -> Result<Arc<Statistics>, DataFusionError> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.total_byte_size = Precision::Inexact(self.bytes(partition));
        Ok(Arc::new(statistics))
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn DataSource>> {
        Some(Arc::new(TextSource { limit, ..self.clone() }))
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }

    fn metrics(&self) -> ExecutionPlanMetricsSet {
        self.metrics.clone()
    }

    fn try_swapping_with_projection(&self, _: &ProjectionExprs) -> Result<Option<Arc<dyn DataSource>>, DataFusionError> {
        Ok(None)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion, DataFusionError>,
    ) -> Result<TreeNodeRecursion, DataFusionError> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_state(&self, _: Arc<dyn Any + Send + Sync>) -> Option<Arc<dyn DataSource>> {
        None
    }
}

/// Reads one thread's splits.
struct TextReader {
    schema: SchemaRef,
    output: Arc<[OutputColumn]>,
    splits: VecDeque<TextSplit>,
    current: Option<CurrentSplit>,
    rows_max: usize,
    rows_left: usize,
    metrics: BaselineMetrics,
}

struct CurrentSplit {
    open: Open,
    split: TextSplit,
}

enum Open {
    Lines { lines: Box<OpenSplit>, decoder: Box<dyn LineDecoder> },
    File(Box<dyn FileReader>),
}

impl Open {
    async fn new(split: &TextSplit) -> Result<Open, EngineError> {
        Ok(match &split.format.decoding {
            Decoding::Lines(format) => Open::Lines { lines: Box::new(OpenSplit::new(split.split.clone())), decoder: format.decoder()? },
            Decoding::Files(format) => Open::File(format.open(Arc::clone(&split.split.file)).await?),
        })
    }

    async fn next(&mut self, rows_max: usize, metrics: &BaselineMetrics) -> Result<Option<Rows>, EngineError> {
        match self {
            Open::Lines { lines, decoder } => {
                let Some(lines) = lines.lines(rows_max).await? else { return Ok(None) };
                let _timer = metrics.elapsed_compute().timer();
                Ok(Some(Rows { count: lines.len(), columns: decoder.decode(&lines)? }))
            }
            Open::File(reader) => reader.next(rows_max).await,
        }
    }
}

impl TextReader {
    async fn next(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        while self.rows_left > 0 {
            let current = match &mut self.current {
                Some(current) => current,
                None => {
                    let Some(split) = self.splits.pop_front() else { return Ok(None) };
                    self.current.insert(CurrentSplit { open: Open::new(&split).await?, split })
                }
            };
            let Some(rows) = current.open.next(self.rows_max.min(self.rows_left), &self.metrics).await? else {
                self.current = None;
                continue;
            };
            let timer = self.metrics.elapsed_compute().timer();
            let count = rows.count;
            let batch = assemble(&self.schema, &self.output, &current.split, rows.columns, count)?;
            timer.done();
            self.rows_left -= count;
            self.metrics.record_output(count);
            return Ok(Some(batch));
        }
        Ok(None)
    }
}

fn assemble(
    schema: &SchemaRef,
    output: &[OutputColumn],
    split: &TextSplit,
    decoded: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, EngineError> {
    let mut decoded = decoded.into_iter();
    let mut data = Vec::with_capacity(split.format.columns.len());
    for column in &split.format.columns {
        data.push(match column {
            TextColumn::Missing(data_type) => new_null_array(data_type, rows),
            TextColumn::Decoded { cast } => {
                let values = decoded.next().ok_or_else(|| EngineError::internal("a decoder misses a column"))?;
                match cast {
                    Some(target) => arrow::compute::cast(&values, target).map_err(DataFusionError::from)?,
                    None => values,
                }
            }
        });
    }
    let mut columns = Vec::with_capacity(output.len());
    for column in output {
        columns.push(match column {
            OutputColumn::Data(position) => data.get(*position).cloned(),
            OutputColumn::Constant(position) => split.constants.get(*position).map(|value| value.to_array_of_size(rows)).transpose()?,
        });
    }
    let columns = columns.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| EngineError::internal("a scan misses a column"))?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(DataFusionError::from)?)
}
