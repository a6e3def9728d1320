//! How does a batch become Parquet? By encoders of our own for the flat types, which most columns are, and by Arrow's writer for the rest.
//!
//! | file | question |
//! |---|---|
//! | `encoder` | how a file and its row groups come about |
//! | `names` | what columns and their parts are called in a file, and of which Arrow types they are |
//! | `column` | which encoder a column takes |
//! | `fixed`, `texts` | how the values of numbers, and of texts and bytes, are encoded |
//! | `dictionary` | when a column is worth a dictionary |
//! | `chunk` | how encoded values become the pages of a column chunk, with their bounds |
//! | `hybrid` | how small numbers are packed: runs and bits |
//! | `levels` | which rows of a page are null |
//! | `header` | what stands before a page |
//! | `compressor` | how a page is compressed |
//! | `sink` | how the bytes of a file become parts of an upload |
//!
//! Own encoders because Arrow's spend a quarter of the time of a CREATE TABLE AS in dictionaries that they give up later and a sixth in
//! fresh pages of memory: here a sample decides, and the buffers of a column serve all of its pages and row groups
//! (`benches/ctas.py`).
//!
//! Ref: Apache Parquet format 2.11, "Encodings", "Data pages", `parquet.thrift`.

mod chunk;
mod column;
mod compressor;
mod dictionary;
mod encoder;
mod fixed;
mod header;
mod hybrid;
mod levels;
mod names;
mod sink;
mod texts;

pub(super) use encoder::ParquetEncoder;
pub(super) use levels::Rows;
