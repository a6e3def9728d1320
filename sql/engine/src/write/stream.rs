//! How does one stream of batches become files? One file a partition and bucket, encoded and handed over while the engine makes the next batch.

use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::record_batch::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use object_store::path::Path;

use super::avro::AvroEncoder;
use super::folders::Folder;
use super::format::FileFormat;
use super::job::{NewPartition, WriteColumn, WriteTable};
use super::lines::LineEncoder;
use super::orc::OrcEncoder;
use super::parquet::{ParquetEncoder, Rows};
use super::partitioned::Splitter;
use super::upload::Upload;
use crate::error::EngineError;

/// Encoded bytes handed over at once. Ref: Amazon S3, parts of an upload are at least 5 MiB.
const PART_BYTES: usize = 8 << 20;
/// Encoded bytes that the open row groups of one stream hold together.
const HELD_BYTES_MAX: usize = 160 << 20;
/// Rows gathered for a partition before they are encoded: small batches cost more than they hold.
const GATHERED_ROWS: usize = 4096;
/// After so many batches the gathered rows are encoded anyway, as they keep their batches' memory alive.
const GATHERED_BATCHES_MAX: usize = 32;

/// What one stream has written; hidden until the commit.
pub(super) struct StreamFiles {
    pub uploads: Vec<Upload>,
    pub new_partitions: Vec<NewPartition>,
    pub rows: u64,
}

/// Writes all of a stream.
pub(super) async fn write_stream(table: Arc<WriteTable>, mut batches: SendableRecordBatchStream) -> Result<StreamFiles, EngineError> {
    let mut writer = StreamWriter::new(Arc::clone(&table))?;
    while let Some(batch) = batches.next().await {
        let batch = table.fitted(batch?)?;
        if batch.num_rows() > 0 {
            writer.write(batch).await?;
        }
    }
    writer.finish().await
}

struct StreamWriter {
    table: Arc<WriteTable>,
    splitter: Option<Splitter>,
    /// By the splitter's numbers; the one file of a table without partitions is the first.
    files: Vec<OpenFile>,
    new_partitions: Vec<NewPartition>,
    rows: u64,
    batches: usize,
}

/// A file with what is still to be encoded for it.
struct OpenFile {
    encoder: Encoder,
    upload: Upload,
    gathered: Vec<RecordBatch>,
    gathered_rows: usize,
}

enum Encoder {
    Parquet(Box<ParquetEncoder>),
    Orc(Box<OrcEncoder>),
    Avro(Box<AvroEncoder>),
    Lines(Box<LineEncoder>),
}

impl StreamWriter {
    fn new(table: Arc<WriteTable>) -> Result<StreamWriter, EngineError> {
        let is_split = !table.keys.is_empty() || table.bucketing.is_some();
        let splitter = if is_split { Some(Splitter::new(&table.keys, table.bucketing.is_some())?) } else { None };
        Ok(StreamWriter { table, splitter, files: Vec::new(), new_partitions: Vec::new(), rows: 0, batches: 0 })
    }

    async fn write(&mut self, batch: RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        self.batches += 1;
        let Some(splitter) = &mut self.splitter else {
            if self.files.is_empty() {
                let folder = self.table.folders.folder(&std::iter::empty::<String>().collect())?;
                self.files.push(OpenFile::open(&self.table, &folder, None).await?);
            }
            return self.files[0].encode(&batch).await;
        };
        let data_columns = self.table.columns.len();
        let buckets = self.table.bucketing.as_ref().map(|bucketing| bucketing.of_batch(&self.table.columns, &batch));
        let parts = splitter.split(&batch.columns()[data_columns..], buckets.as_ref())?;
        let is_whole = parts.len() == 1;
        let data = batch.project(&(0..data_columns).collect::<Vec<_>>()).map_err(failed)?;
        for (number, rows) in parts {
            if number == self.files.len() {
                let target = splitter.target(number).clone();
                self.table.open_target(&target)?;
                let folder = self.table.folders.folder(&target.values)?;
                if folder.is_new {
                    let location = format!("s3://{}/{}", folder.location.bucket, folder.location.prefix);
                    self.new_partitions.push(NewPartition { values: target.values, location });
                }
                self.files.push(OpenFile::open(&self.table, &folder, target.bucket).await?);
            }
            let rows = if is_whole { Rows::Range(0..data.num_rows()) } else { Rows::Picked(&rows) };
            self.files[number].write(&data, &rows).await?;
        }
        if self.batches.is_multiple_of(GATHERED_BATCHES_MAX) {
            for file in &mut self.files {
                file.encode_gathered().await?;
            }
            self.release_memory().await?;
        }
        Ok(())
    }

    /// Ends the largest row groups while all of them together hold too much.
    async fn release_memory(&mut self) -> Result<(), EngineError> {
        let mut held: usize = self.files.iter().map(OpenFile::held).sum();
        while held > HELD_BYTES_MAX {
            let Some(largest) = self.files.iter_mut().max_by_key(|file| file.held()) else { return Ok(()) };
            held = held.saturating_sub(largest.held().max(1));
            largest.flush().await?;
        }
        Ok(())
    }

    async fn finish(self) -> Result<StreamFiles, EngineError> {
        let mut uploads = Vec::with_capacity(self.files.len());
        for file in self.files {
            uploads.push(file.finish().await?);
        }
        for upload in &mut uploads {
            upload.seal().await?;
        }
        Ok(StreamFiles { uploads, new_partitions: self.new_partitions, rows: self.rows })
    }
}

impl OpenFile {
    async fn open(table: &WriteTable, folder: &Folder, bucket: Option<i32>) -> Result<OpenFile, EngineError> {
        let extension = table.format.extension();
        let name = bucket.map_or_else(|| table.names.next(extension), |bucket| table.names.of_bucket(bucket, extension));
        let location = folder.location.join(&name);
        let store = table.buckets.object_store(&location.bucket)?;
        let key = Path::parse(&location.prefix).unwrap_or_else(|_| Path::from(location.prefix.as_str()));
        let upload = Upload::open(store, location.bucket.as_str().into(), key, &table.publication).await?;
        Ok(OpenFile {
            encoder: Encoder::new(&table.columns, &table.format, &location.prefix)?,
            upload,
            gathered: Vec::new(),
            gathered_rows: 0,
        })
    }

    /// Takes rows of a batch: at once where they are encoded from where they lie, else with those of later batches.
    async fn write(&mut self, batch: &RecordBatch, rows: &Rows<'_>) -> Result<(), EngineError> {
        if let Encoder::Parquet(encoder) = &mut self.encoder {
            encoder.write_rows(batch, rows)?;
            return self.hand_over().await;
        }
        match rows {
            Rows::Range(range) => self.gather(batch.slice(range.start, range.len())).await,
            Rows::Picked(rows) => self.gather(take_record_batch(batch, &UInt32Array::from(rows.to_vec())).map_err(failed)?).await,
        }
    }

    async fn gather(&mut self, batch: RecordBatch) -> Result<(), EngineError> {
        self.gathered_rows += batch.num_rows();
        self.gathered.push(batch);
        if self.gathered_rows >= GATHERED_ROWS { self.encode_gathered().await } else { Ok(()) }
    }

    async fn encode_gathered(&mut self) -> Result<(), EngineError> {
        let gathered = std::mem::take(&mut self.gathered);
        self.gathered_rows = 0;
        match gathered.as_slice() {
            [] => Ok(()),
            [batch] => self.encode(batch).await,
            [first, ..] => {
                let batch = concat_batches(&first.schema(), &gathered).map_err(failed)?;
                self.encode(&batch).await
            }
        }
    }

    async fn encode(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        match &mut self.encoder {
            Encoder::Parquet(encoder) => encoder.write(batch)?,
            Encoder::Orc(encoder) => encoder.write(batch)?,
            Encoder::Avro(encoder) => encoder.write(batch)?,
            Encoder::Lines(encoder) => encoder.write(batch)?,
        }
        self.hand_over().await
    }

    async fn flush(&mut self) -> Result<(), EngineError> {
        match &mut self.encoder {
            Encoder::Parquet(encoder) => encoder.flush()?,
            Encoder::Orc(encoder) => encoder.flush()?,
            Encoder::Avro(_) | Encoder::Lines(_) => {}
        }
        self.hand_over().await
    }

    async fn hand_over(&mut self) -> Result<(), EngineError> {
        let bytes = match &mut self.encoder {
            Encoder::Parquet(encoder) => {
                while encoder.ready() >= PART_BYTES {
                    self.upload.put(encoder.take()).await?;
                }
                return Ok(());
            }
            Encoder::Orc(encoder) if encoder.ready() >= PART_BYTES => encoder.take(),
            Encoder::Avro(encoder) if encoder.ready() >= PART_BYTES => encoder.take(),
            Encoder::Lines(encoder) if encoder.ready() >= PART_BYTES => encoder.take(),
            Encoder::Orc(_) | Encoder::Avro(_) | Encoder::Lines(_) => return Ok(()),
        };
        self.upload.put(bytes).await
    }

    fn held(&self) -> usize {
        match &self.encoder {
            Encoder::Parquet(encoder) => encoder.held(),
            Encoder::Orc(encoder) => encoder.held(),
            Encoder::Avro(_) | Encoder::Lines(_) => 0,
        }
    }

    async fn finish(mut self) -> Result<Upload, EngineError> {
        self.encode_gathered().await?;
        let rest = match self.encoder {
            Encoder::Parquet(encoder) => encoder.finish()?,
            Encoder::Orc(encoder) => encoder.finish()?,
            Encoder::Avro(encoder) => encoder.finish()?,
            Encoder::Lines(encoder) => encoder.finish()?,
        };
        if !rest.is_empty() {
            self.upload.put(rest).await?;
        }
        Ok(self.upload)
    }
}

impl Encoder {
    /// `name` is the file's.
    fn new(columns: &Arc<[WriteColumn]>, format: &FileFormat, name: &str) -> Result<Encoder, EngineError> {
        Ok(match format {
            FileFormat::Parquet(compression) => Encoder::Parquet(Box::new(ParquetEncoder::new(Arc::clone(columns), *compression)?)),
            FileFormat::Orc(compression) => Encoder::Orc(Box::new(OrcEncoder::new(columns, *compression)?)),
            FileFormat::Avro(compression) => Encoder::Avro(Box::new(AvroEncoder::new(Arc::clone(columns), *compression, name)?)),
            FileFormat::Delimited { delimiter, compression } => {
                Encoder::Lines(Box::new(LineEncoder::delimited(columns, delimiter.clone(), *compression)?))
            }
            FileFormat::Json { compression } => Encoder::Lines(Box::new(LineEncoder::json(columns, *compression)?)),
        })
    }
}

fn failed(error: arrow::error::ArrowError) -> EngineError {
    tracing::error!(%error, "a batch cannot be split");
    EngineError::internal("The rows to write cannot be arranged")
}
