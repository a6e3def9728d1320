//! How do databases and tables look in their files? The stored shapes, their keys in alphabetical order.
//!
//! Basis: inferred. A stored shape is a shape of its own, so that the model can change without touching files that exist;
//! a change of a stored shape raises `FORMAT_VERSION`. Unknown keys are refused: rewriting the file would lose them.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{CatalogError, Result};
use crate::model::{Database, Table};
use crate::names::{DatabaseName, TableName};
use crate::store::stored_shape::{Shape, StoredDatabaseDefinition, StoredTableDefinition};

/// The version of all catalog files.
pub(super) const FORMAT_VERSION: u64 = 1;

/// The bytes of a database's file.
pub(super) fn encode_database(database: &Database) -> Result<Vec<u8>> {
    encode(&StoredDatabase {
        create_time_ms: database.create_time_ms,
        definition: StoredDatabaseDefinition::store(&database.definition),
        format_version: FORMAT_VERSION,
        name: database.name.to_string(),
    })
}

/// A database from its file. Errors: `Corrupt`.
pub(super) fn decode_database(file: &Path, bytes: &[u8]) -> Result<Database> {
    let stored: StoredDatabase = decode(file, bytes)?;
    Ok(Database {
        name: DatabaseName::parse(&stored.name).map_err(|e| CatalogError::corrupt(file, e.to_string()))?,
        definition: stored.definition.load(),
        create_time_ms: stored.create_time_ms,
    })
}

/// The bytes of a table's file, or of an archived version's.
pub(super) fn encode_table(table: &Table) -> Result<Vec<u8>> {
    encode(&StoredTable {
        create_time_ms: table.create_time_ms,
        definition: StoredTableDefinition::store(&table.definition),
        format_version: FORMAT_VERSION,
        name: table.name.to_string(),
        update_time_ms: table.update_time_ms,
        version_id: table.version_id,
    })
}

/// A table of a database from its file, or from an archived version's. Errors: `Corrupt`.
pub(super) fn decode_table(file: &Path, bytes: &[u8], database: &DatabaseName) -> Result<Table> {
    let stored: StoredTable = decode(file, bytes)?;
    Ok(Table {
        database: database.clone(),
        name: TableName::parse(&stored.name).map_err(|e| CatalogError::corrupt(file, e.to_string()))?,
        definition: stored.definition.load(),
        create_time_ms: stored.create_time_ms,
        update_time_ms: stored.update_time_ms,
        version_id: stored.version_id,
    })
}

/// Refuses a file of a version this program doesn't know.
pub(super) fn check_format_version(file: &Path, format_version: u64) -> Result<()> {
    if format_version == FORMAT_VERSION {
        return Ok(());
    }
    Err(CatalogError::corrupt(file, format!("format version {format_version} is not {FORMAT_VERSION}, the only one this program reads")))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDatabase {
    create_time_ms: i64,
    definition: StoredDatabaseDefinition,
    format_version: u64,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTable {
    create_time_ms: i64,
    definition: StoredTableDefinition,
    format_version: u64,
    name: String,
    update_time_ms: i64,
    version_id: u64,
}

#[derive(Deserialize)]
struct Versioned {
    format_version: u64,
}

fn encode<T: Serialize>(stored: &T) -> Result<Vec<u8>> {
    let unwritable = |e: serde_json::Error| CatalogError::InvalidState { message: format!("catalog entry cannot be written as JSON: {e}") };
    let mut value = serde_json::to_value(stored).map_err(unwritable)?;
    value.sort_all_objects();
    let mut bytes = serde_json::to_vec_pretty(&value).map_err(unwritable)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn decode<T: DeserializeOwned>(file: &Path, bytes: &[u8]) -> Result<T> {
    let versioned: Versioned = serde_json::from_slice(bytes).map_err(|e| CatalogError::corrupt(file, e.to_string()))?;
    check_format_version(file, versioned.format_version)?;
    serde_json::from_slice(bytes).map_err(|e| CatalogError::corrupt(file, e.to_string()))
}
