//! How does the engine's output become complete objects? Streamed to the body, then the side file; all or nothing.

use crate::query::record::{ColumnDescription, ResultDescription, Submission};
use crate::results::buffers::Buffers;
use crate::results::csv::{CsvBuffer, CsvWriter, write_header};
use crate::results::location::{Form, ResultPlace, content_type, has_bare_metadata, update_count, update_type};
use crate::results::sink::{Sink, put, remove};
use crate::results::{columns, manifest, metadata, text};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::ObjectStore;
use owlake_engine::engine::{Output, ResultColumn, Written};
use owlake_engine::error::EngineError;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

/// Encoded bytes handed to the sink at once.
const CHUNK_BYTES: usize = 256 << 10;
/// Batches being written at once, and held in memory.
const BATCHES_PARALLEL_MAX: usize = 8;
/// Batches below this are written where they arrive; handing them over costs more.
const INLINE_ROWS_MAX: usize = 512;

/// What was published.
#[derive(Debug)]
pub struct Published {
    /// What reading the result needs to know.
    pub description: ResultDescription,
    /// Rows of the result; affected rows for statements that count.
    pub rows: u64,
    /// Bytes of the result object.
    pub bytes: u64,
    /// The URI of the list of written files, for statements that wrote any.
    pub manifest: Option<String>,
    /// When the engine had given its last row.
    pub engine_ended: Instant,
}

/// Why nothing was published.
#[derive(Debug)]
pub enum PublishError {
    /// The statement failed while it ran.
    Engine(EngineError),
    /// The result cannot be written.
    Store(object_store::Error),
}

/// Writes the output of a query to its place. On an error nothing stays.
pub async fn publish(
    store: Arc<dyn ObjectStore>,
    place: &ResultPlace,
    submission: &Submission,
    result_columns: &[ResultColumn],
    output: Output,
) -> Result<Published, PublishError> {
    let described = columns::described(result_columns);
    let kind = content_type(&submission.substatement_type, !described.is_empty(), submission.is_literal);
    let mut body = Body { sink: Sink::new(store.clone(), place.key.clone(), kind), rows: 0, count: None, written: None };
    let streamed = body.stream(place.form, &described, result_columns, output).await;
    let engine_ended = Instant::now();
    if let Err(error) = streamed {
        body.sink.abort().await;
        return Err(error);
    }
    let description = ResultDescription {
        update_count: body.count.or_else(|| update_count(&submission.substatement_type)),
        columns: described,
        reused_location: None,
    };
    let rows = body.rows;
    let side_file = side_file(submission, &description);
    let body_put = async {
        match place.form {
            Form::Count => Ok(0),
            Form::Csv | Form::Text | Form::Explain => body.sink.finish().await,
        }
    };
    let side_put = async {
        match side_file {
            Some(side_file) => put(&store, &place.metadata_key(), kind, side_file).await,
            None => Ok(()),
        }
    };
    let written = body.written.filter(|written| written.has_manifest || !written.files.is_empty());
    let manifest_put = async {
        match &written {
            Some(written) => put(&store, &place.manifest_key(), kind, manifest::body(&written.files).into_bytes()).await,
            None => Ok(()),
        }
    };
    let bytes = match tokio::join!(body_put, side_put, manifest_put) {
        (Ok(bytes), Ok(()), Ok(())) => bytes,
        (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
            withdraw(store, place).await;
            return Err(PublishError::Store(error));
        }
    };
    let manifest = written.map(|_| place.manifest_uri());
    Ok(Published { description, rows, bytes, manifest, engine_ended })
}

/// Removes what was published, for a query that was cancelled at the last moment.
pub async fn withdraw(store: Arc<dyn ObjectStore>, place: &ResultPlace) {
    remove(&store, &place.key).await;
    remove(&store, &place.metadata_key()).await;
    if place.form == Form::Count {
        remove(&store, &place.manifest_key()).await;
    }
}

struct Body {
    sink: Sink,
    rows: u64,
    /// Affected rows.
    count: Option<i64>,
    /// The files of a statement that wrote any.
    written: Option<Written>,
}

impl Body {
    async fn stream(
        &mut self,
        form: Form,
        described: &[ColumnDescription],
        result_columns: &[ResultColumn],
        output: Output,
    ) -> Result<(), PublishError> {
        let mut chunk = Vec::new();
        match output {
            Output::Rows(batches) if form == Form::Count => self.count(batches).await?,
            Output::Rows(batches) => {
                write_header(described.iter().map(|column| column.name.as_str()), &mut chunk);
                let columns: Arc<[ResultColumn]> = result_columns.into();
                let buffers = Buffers::default();
                // Batches are written by other threads while the engine makes the next ones; their order stays.
                let mut texts = batches.map(|batch| written(columns.clone(), buffers.clone(), batch)).buffered(BATCHES_PARALLEL_MAX);
                while let Some(text) = texts.next().await {
                    let (rows, text) = text?;
                    self.rows += rows;
                    if text.len() < CHUNK_BYTES {
                        chunk.extend_from_slice(&text);
                    }
                    if chunk.len() >= CHUNK_BYTES || text.len() >= CHUNK_BYTES {
                        self.sink.write(std::mem::take(&mut chunk).into()).await.map_err(PublishError::Store)?;
                    }
                    if text.len() >= CHUNK_BYTES {
                        self.sink.write(text).await.map_err(PublishError::Store)?;
                    }
                }
            }
            Output::Text(lines) => {
                self.rows = lines.len() as u64;
                let header = described.first().map_or("", |column| column.name.as_str());
                chunk = text::body(form, header, &lines).into_bytes();
            }
            Output::Nothing => {}
            Output::Written(written) => {
                self.rows = written.rows;
                self.count = Some(i64::try_from(written.rows).unwrap_or(i64::MAX));
                self.written = Some(written);
            }
        }
        self.sink.write(chunk.into()).await.map_err(PublishError::Store)
    }
}

impl Body {
    /// Sums the affected rows; a count is small, so nothing is handed over.
    async fn count(&mut self, mut batches: BoxStream<'static, Result<RecordBatch, EngineError>>) -> Result<(), PublishError> {
        let mut count = 0;
        while let Some(batch) = batches.next().await {
            count += counted(&batch.map_err(PublishError::Engine)?);
        }
        self.count = Some(count);
        self.rows = u64::try_from(count).unwrap_or(0);
        Ok(())
    }
}

/// A batch's rows as CSV, with their number. Large batches are written by a task of their own, begun at once.
fn written(
    columns: Arc<[ResultColumn]>,
    buffers: Buffers,
    batch: Result<RecordBatch, EngineError>,
) -> impl Future<Output = Result<(u64, Bytes), PublishError>> + Send {
    let write = move |batch: &RecordBatch| {
        let mut text = CsvBuffer::over(buffers.take());
        CsvWriter::new(&columns).write(batch, &mut text);
        let (bytes, length) = text.into_parts();
        (batch.num_rows() as u64, buffers.filled(bytes, length))
    };
    let started = batch.map(|batch| match batch.num_rows() {
        0..INLINE_ROWS_MAX => Started::Here(write(&batch)),
        _ => Started::Elsewhere(tokio::spawn(async move { write(&batch) })),
    });
    async move {
        match started.map_err(PublishError::Engine)? {
            Started::Here(text) => Ok(text),
            Started::Elsewhere(task) => {
                task.await.map_err(|error| PublishError::Engine(EngineError::internal(format!("a batch was not written: {error}"))))
            }
        }
    }
}

enum Started {
    Here((u64, Bytes)),
    Elsewhere(tokio::task::JoinHandle<(u64, Bytes)>),
}

/// The affected rows a batch of a counting statement reports: the sum of its one bigint column.
fn counted(batch: &RecordBatch) -> i64 {
    batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>()).and_then(arrow::compute::sum).unwrap_or(0)
}

fn side_file(submission: &Submission, description: &ResultDescription) -> Option<Vec<u8>> {
    let kind = submission.substatement_type.as_str();
    if description.columns.is_empty() {
        // Hive statements are known by the query's own id, not the engine's.
        return has_bare_metadata(kind).then(|| metadata::encoded(&submission.id, None, &[]));
    }
    let update = update_type(kind).map(|update_type| (update_type, description.update_count.unwrap_or(0)));
    Some(metadata::encoded(&submission.engine_query_id, update, &description.columns))
}
