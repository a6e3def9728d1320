//! How are a table's rows read? Listing, pruning, schema evolution and metering of scans.

pub mod column_statistics;
pub mod counting_store;
pub mod file_column;
pub mod file_type;
pub mod footer;
pub(crate) mod foreign;
pub mod hidden_column;
pub mod hive_table;
pub mod information_schema;
pub mod listing;
pub mod location;
pub mod origin;
pub mod partition_batch;
pub mod partition_value;
pub mod schema_adapter;
pub mod serde;
pub mod source;
pub mod text;
mod text_scan;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
