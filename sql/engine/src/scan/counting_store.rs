//! How many bytes does a query read? This is the one place where they are counted. Ref: Athena user guide "Understand and manage costs".
//!
//! Definition. A scan of a table is charged, for each Parquet object it opens: the footer (metadata and its eight-byte tail) once, and every byte
//! range the Parquet reader asks for, which are the stored (compressed) column chunks of the touched columns in row groups that were
//! not pruned, or single pages and page indexes of them where the reader narrows its reads by these. The charge of one object within one scan never exceeds the
//! object's size. Charges follow what was asked for, not what moved: a footer that is answered from memory costs as
//! much as one that was fetched, and bytes a store reads beyond a request are free, so repeated runs report the same number.
//! Pruned partitions, untouched columns and listings cost nothing. A text object is charged whole, as stored, whichever columns are
//! touched; of one that a LIMIT leaves early, the pieces that were asked for.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use datafusion::common::internal_datafusion_err;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

use super::file_type::TouchedColumns;
use super::footer::{Footer, FooterCache};
use super::listing::ListedFile;
use crate::engine::Meter;
use crate::error::EngineError;

/// One object as one scan reads it: every read goes through here and is charged to the query's meter.
#[derive(Debug)]
pub struct CountedFile {
    pub listed: ListedFile,
    meter: Arc<Meter>,
    has_charged_footer: AtomicBool,
    charged_bytes: AtomicU64,
}

impl CountedFile {
    pub fn new(listed: ListedFile, meter: Arc<Meter>) -> Self {
        CountedFile { listed, meter, has_charged_footer: AtomicBool::new(false), charged_bytes: AtomicU64::new(0) }
    }

    /// The footer; the first call of a scan is charged, whether memory or the store answers.
    pub async fn footer(&self, cache: &FooterCache) -> Result<Footer, EngineError> {
        let footer = cache.footer(&self.listed).await?;
        if !self.has_charged_footer.swap(true, Ordering::Relaxed) {
            self.charge(footer.stored_bytes);
        }
        Ok(footer)
    }

    /// The bytes of some ranges, each charged.
    pub async fn ranges(&self, ranges: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        self.charge(ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum());
        match ranges {
            [range] => Ok(vec![self.listed.store.get_range(&self.listed.meta.location, range.clone()).await?]),
            _ => self.listed.store.get_ranges(&self.listed.meta.location, ranges).await,
        }
    }

    /// What this scan was charged for the object so far.
    pub fn charged_bytes(&self) -> u64 {
        self.charged_bytes.load(Ordering::Relaxed).min(self.listed.meta.size)
    }

    /// A piece of a text file, charged. Errors: HIVE_FILESYSTEM_ERROR when the object has another size by now.
    pub async fn chunk(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
        self.charge(range.end.saturating_sub(range.start));
        self.uncharged_chunk(range).await
    }

    /// Bytes that are charged where the scan reads them for themselves.
    pub async fn uncharged_chunk(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
        let bytes = self.listed.store.get_range(&self.listed.meta.location, range.clone()).await;
        let bytes = bytes.map_err(|error| EngineError::from(DataFusionError::ObjectStore(Box::new(error))))?;
        if bytes.len() as u64 == range.end - range.start {
            return Ok(bytes);
        }
        let message = format!("Incorrect fileSize {} for file {}", self.listed.meta.size, self.listed.url());
        Err(EngineError::engine("HIVE_FILESYSTEM_ERROR", message))
    }

    fn charge(&self, bytes: u64) {
        let before = self.charged_bytes.fetch_add(bytes, Ordering::Relaxed);
        let room = self.listed.meta.size.saturating_sub(before);
        self.meter.add_bytes_scanned(bytes.min(room));
    }
}

/// Gives DataFusion's Parquet scan its readers. One factory a scan, so that charges belong to one query.
#[derive(Debug)]
pub struct CountingReaderFactory {
    pub footers: Arc<FooterCache>,
    pub columns: Arc<TouchedColumns>,
}

impl ParquetFileReaderFactory for CountingReaderFactory {
    fn create_reader(
        &self,
        _partition_index: usize,
        partitioned_file: PartitionedFile,
        _metadata_size_hint: Option<usize>,
        _metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>, DataFusionError> {
        let file =
            partitioned_file.extension::<Arc<CountedFile>>().ok_or_else(|| internal_datafusion_err!("a file of a scan has no counter"))?;
        Ok(Box::new(CountingReader { file: Arc::clone(file), footers: Arc::clone(&self.footers), columns: Arc::clone(&self.columns) }))
    }
}

struct CountingReader {
    file: Arc<CountedFile>,
    footers: Arc<FooterCache>,
    columns: Arc<TouchedColumns>,
}

impl AsyncFileReader for CountingReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        async move {
            let mut bytes = self.file.ranges(&[range]).await.map_err(store_failure)?;
            Ok(bytes.pop().unwrap_or_default())
        }
        .boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        async move { self.file.ranges(&ranges).await.map_err(store_failure) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let footer = self.file.footer(&self.footers).await.map_err(|error| ParquetError::External(Box::new(error)))?;
            self.columns.check(&footer.metadata, &self.file.listed).map_err(|error| ParquetError::External(Box::new(error)))?;
            Ok(footer.metadata)
        }
        .boxed()
    }
}

fn store_failure(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
