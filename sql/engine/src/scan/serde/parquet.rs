//! How is Parquet named? Its files are read by [`crate::scan::hive_table`].

use super::descriptor::{Reading, SerDe};

pub const PARQUET: SerDe = SerDe { class: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", reading: Reading::Parquet };
