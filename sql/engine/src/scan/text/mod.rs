//! How are text files read? Split, decompressed, cut into lines, and typed; what a line means is its SerDe's affair.
//!
//! `source` is what DataFusion runs; it opens a `split`, whose bytes come as chunks of a `chunks` reader (decompressed by
//! `compression`), become lines (`lines`) and then columns through a decoder of [`super::serde`]. For these, `fields` splits
//! delimited lines, `scalar` and `timestamp_format` know what a text stands for, and `builder` collects typed values.

pub mod builder;
pub mod chunks;
pub mod compression;
pub mod fields;
pub mod footer_lines;
pub mod lines;
pub mod scalar;
pub mod source;
pub mod split;
pub mod timestamp_format;
