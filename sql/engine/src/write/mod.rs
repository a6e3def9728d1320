//! How do the rows of a query become files? Streams in parallel, one file a stream and partition, all seen at once or none.
//!
//! | file | question |
//! |---|---|
//! | `job` | what is written where, and what is done when all of it is there |
//! | `columns` | which columns can be written |
//! | `properties` | what `WITH (…)` says |
//! | `format` | which file format, compression and SerDe that means |
//! | `naming` | what the files are called |
//! | `folders` | in which folder a partition's files go |
//! | `projection` | where a projected table's partition is |
//! | `partitioned` | which rows of a batch belong to which partition |
//! | `stream` | how one stream of batches becomes files |
//! | `parquet`, `delimited`, `json`, `lines`, `avro`, `orc` | how a batch becomes bytes |
//! | `orc_column`, `orc_run_length` | how a column of an ORC stripe is encoded, and its numbers |
//! | `varint` | how numbers are written in as few bytes as they need |
//! | `packing` | how bytes are compressed |
//! | `bucket` | in which bucket a row goes |
//! | `value_tree` | how nested values are walked for the text formats |
//! | `fit` | does a text fit the column it is inserted into |
//! | `upload` | how bytes stay hidden until the commit |
//!
//! Nothing can be seen before the commit: every file is an upload whose bytes are all there before the first is shown, and the store
//! shows them together with the catalog's entry (`crate::storage::BucketResolver::publish`).

mod avro;
mod bucket;
mod columns;
mod delimited;
mod fit;
mod folders;
mod format;
mod job;
mod json;
mod lines;
mod naming;
mod orc;
mod orc_column;
mod orc_run_length;
mod packing;
mod parquet;
mod partitioned;
mod projection;
mod properties;
mod stream;
mod upload;
mod value_tree;
mod varint;

pub(crate) use bucket::Buckets;
pub(crate) use columns::{hive_columns, named_columns};
pub(crate) use fit::Fit;
pub(crate) use folders::Folders;
pub(crate) use format::{FileFormat, storage_format};
pub(crate) use job::{CatalogEntry, PlannedRows, WriteColumn, WriteJob, WritePlan, WriteScope, WriteTable, check_empty};
pub(crate) use projection::Projection;
pub(crate) use properties::{Properties, Subject, check_names};
