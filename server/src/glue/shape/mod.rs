//! How do the catalog's model and Glue's shapes become each other? One file a noun.
//!
//! Everything a client sends comes back; absent and empty lists and maps are the same. Times are seconds on the wire and
//! milliseconds in the model.

mod database;
mod partition;
mod storage_descriptor;
mod table;

pub use database::{database, database_definition};
pub use partition::{partition, partition_definition};
pub use table::{table, table_definition, table_version};

/// Seconds since 1970, as Glue writes times.
pub fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// Milliseconds since 1970.
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// A list or map with something in it.
fn filled<T: Default + PartialEq + Clone>(value: &T) -> Option<T> {
    (*value != T::default()).then(|| value.clone())
}
