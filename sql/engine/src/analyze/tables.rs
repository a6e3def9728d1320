//! Which table does a qualified name mean? The port the analyzer looks tables up through, and the catalog behind it.
//! Ref: Trino 401 `Metadata.getTableHandle`, `getView`; Athena user guide, "Querying AWS Glue Data Catalog", hidden columns.

use std::sync::Arc;

use owlake_catalog::{Catalog, CatalogError, DatabaseName, HiveType, TableName, TableSnapshot};
use owlake_functions::types::{RowField, TrinoType};

use crate::error::EngineError;
use crate::table::{ColumnKind, HiddenColumn, InformationTable, TableColumn, TableHandle, TableSource};

/// The one catalog Athena gives everybody.
pub const CATALOG_NAME: &str = "awsdatacatalog";

/// A table's full name, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QualifiedTableName {
    pub catalog: String,
    pub schema: String,
    pub table: String,
}

impl std::fmt::Display for QualifiedTableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.catalog, self.schema, self.table)
    }
}

/// What stands behind a name.
#[derive(Debug, Clone)]
pub enum FoundTable {
    Table(Arc<TableHandle>),
    View(Arc<ViewDefinition>),
    CatalogMissing,
    SchemaMissing,
    TableMissing,
}

/// A stored view: its text and what the text was written under. Ref: Trino 401 `ConnectorViewDefinition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewDefinition {
    pub sql: String,
    pub catalog: Option<String>,
    pub schema: Option<String>,
    pub columns: Vec<ViewColumn>,
}

/// A column a view had when it was created; the type in Trino's notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewColumn {
    pub name: String,
    pub type_text: String,
}

/// Where the analyzer looks tables up.
pub trait TableProviderLookup: Send + Sync {
    /// What `name` is now. Errors: only what keeps an existing table from being described.
    fn find_table(&self, name: &QualifiedTableName) -> Result<FoundTable, EngineError>;

    /// Whether tables here know earlier states of themselves.
    fn supports_time_travel(&self) -> bool {
        false
    }
}

/// Tables of the Glue-like catalog, under the name `awsdatacatalog`.
pub struct CatalogTables<'a> {
    pub catalog: &'a dyn Catalog,
}

impl TableProviderLookup for CatalogTables<'_> {
    fn find_table(&self, name: &QualifiedTableName) -> Result<FoundTable, EngineError> {
        if name.catalog != CATALOG_NAME {
            return Ok(FoundTable::CatalogMissing);
        }
        if name.schema == "information_schema" {
            return Ok(information_table(&name.table).map_or(FoundTable::TableMissing, |table| FoundTable::Table(Arc::new(table))));
        }
        let Ok(database) = DatabaseName::parse(&name.schema) else { return Ok(FoundTable::SchemaMissing) };
        match self.load(&database, &name.table)? {
            Found::Snapshot(snapshot) => describe(snapshot),
            Found::Missing => match name.table.strip_suffix("$partitions") {
                Some(base) => match self.load(&database, base)? {
                    Found::Snapshot(snapshot) => partitions_table(name, snapshot),
                    Found::Missing => Ok(FoundTable::TableMissing),
                    Found::SchemaMissing => Ok(FoundTable::SchemaMissing),
                },
                None => Ok(FoundTable::TableMissing),
            },
            Found::SchemaMissing => Ok(FoundTable::SchemaMissing),
        }
    }
}

enum Found {
    Snapshot(Arc<TableSnapshot>),
    Missing,
    SchemaMissing,
}

impl CatalogTables<'_> {
    fn load(&self, database: &DatabaseName, table: &str) -> Result<Found, EngineError> {
        let Ok(table) = TableName::parse(table) else { return Ok(Found::Missing) };
        match self.catalog.load_table(database, &table) {
            Ok(snapshot) => Ok(Found::Snapshot(snapshot)),
            Err(CatalogError::DatabaseNotFound { .. }) => Ok(Found::SchemaMissing),
            Err(CatalogError::TableNotFound { .. }) => Ok(Found::Missing),
            Err(error) => {
                tracing::error!(%database, %table, %error, "table cannot be loaded");
                Err(EngineError::engine("HIVE_METASTORE_ERROR", format!("Table '{database}.{table}' cannot be read from the catalog")))
            }
        }
    }
}

/// The handle or the view behind a catalog entry.
fn describe(snapshot: Arc<TableSnapshot>) -> Result<FoundTable, EngineError> {
    if snapshot.table.is_view() {
        return view_definition(&snapshot).map(|view| FoundTable::View(Arc::new(view)));
    }
    hive_table(snapshot).map(|table| FoundTable::Table(Arc::new(table)))
}

/// The table of a Hive-layout catalog entry, with its hidden columns. Errors: a column of a type that cannot be read.
pub fn hive_table(snapshot: Arc<TableSnapshot>) -> Result<TableHandle, EngineError> {
    let table = Arc::clone(&snapshot.table);
    let mut columns = Vec::with_capacity(table.columns().len() + table.partition_keys().len() + 4);
    for (index, column) in table.columns().iter().enumerate() {
        columns.push(catalog_column(column, ColumnKind::Data(index))?);
    }
    for (index, column) in table.partition_keys().iter().enumerate() {
        columns.push(catalog_column(column, ColumnKind::Partition(index))?);
    }
    let buckets = table.definition.storage.as_ref().and_then(|storage| storage.format.number_of_buckets).unwrap_or(0);
    for (hidden, is_present) in [
        (HiddenColumn::Path, true),
        (HiddenColumn::Bucket, buckets > 0),
        (HiddenColumn::FileSize, true),
        (HiddenColumn::FileModifiedTime, true),
        (HiddenColumn::Partition, !table.partition_keys().is_empty()),
    ] {
        if is_present {
            columns.push(hidden_column(hidden));
        }
    }
    Ok(TableHandle { database: table.database.to_string(), name: table.name.to_string(), columns, source: TableSource::Hive(snapshot) })
}

/// A hidden column's name and type. Ref: Trino 401 Hive connector, "Special columns".
pub fn hidden_column(hidden: HiddenColumn) -> TableColumn {
    let (name, data_type) = match hidden {
        HiddenColumn::Path => ("$path", TrinoType::VARCHAR),
        HiddenColumn::FileSize => ("$file_size", TrinoType::Bigint),
        HiddenColumn::FileModifiedTime => ("$file_modified_time", TrinoType::TimestampWithTimeZone(3)),
        HiddenColumn::Bucket => ("$bucket", TrinoType::Integer),
        HiddenColumn::Partition => ("$partition", TrinoType::VARCHAR),
    };
    TableColumn { name: name.to_owned(), data_type, kind: ColumnKind::Hidden(hidden), comment: None }
}

fn partitions_table(name: &QualifiedTableName, snapshot: Arc<TableSnapshot>) -> Result<FoundTable, EngineError> {
    let table = Arc::clone(&snapshot.table);
    if table.partition_keys().is_empty() || table.is_view() {
        return Ok(FoundTable::TableMissing);
    }
    let columns = table
        .partition_keys()
        .iter()
        .enumerate()
        .map(|(index, column)| catalog_column(column, ColumnKind::Partition(index)))
        .collect::<Result<Vec<_>, _>>()?;
    let handle =
        TableHandle { database: table.database.to_string(), name: name.table.clone(), columns, source: TableSource::Partitions(snapshot) };
    Ok(FoundTable::Table(Arc::new(handle)))
}

fn catalog_column(column: &owlake_catalog::Column, kind: ColumnKind) -> Result<TableColumn, EngineError> {
    let unsupported = || {
        let text = column.type_text.as_deref().unwrap_or_default();
        EngineError::engine("NOT_SUPPORTED", format!("Unsupported Hive type: {text} (column '{}')", column.name))
    };
    let hive_type = column.hive_type().map_err(|_| unsupported())?;
    let data_type = trino_type(&hive_type).ok_or_else(unsupported)?;
    Ok(TableColumn { name: column.name.clone(), data_type, kind, comment: column.comment.clone() })
}

/// The type queries see for a Hive type; `None` for types no query can read.
/// Ref: Athena user guide, "Data types in Amazon Athena"; timestamps have three digits.
pub fn trino_type(hive_type: &HiveType) -> Option<TrinoType> {
    Some(match hive_type {
        HiveType::Boolean => TrinoType::Boolean,
        HiveType::TinyInt => TrinoType::Tinyint,
        HiveType::SmallInt => TrinoType::Smallint,
        HiveType::Int => TrinoType::Integer,
        HiveType::BigInt => TrinoType::Bigint,
        HiveType::Float => TrinoType::Real,
        HiveType::Double => TrinoType::Double,
        HiveType::Decimal { precision, scale } => TrinoType::Decimal { precision: *precision, scale: *scale },
        HiveType::String => TrinoType::VARCHAR,
        HiveType::Varchar(length) => TrinoType::Varchar(Some(*length)),
        HiveType::Char(length) => TrinoType::Char(*length),
        HiveType::Binary => TrinoType::Varbinary,
        HiveType::Date => TrinoType::Date,
        HiveType::Timestamp => TrinoType::Timestamp(3),
        HiveType::TimestampWithLocalTimeZone => TrinoType::TimestampWithTimeZone(3),
        HiveType::IntervalYearMonth | HiveType::IntervalDayTime | HiveType::Void => return None,
        HiveType::Array(element) => TrinoType::array(trino_type(element)?),
        HiveType::Map(key, value) => TrinoType::map(trino_type(key)?, trino_type(value)?),
        HiveType::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|field| Some(RowField { name: Some(field.name.to_lowercase().into()), data_type: trino_type(&field.field_type)? }))
                .collect::<Option<Vec<_>>>()?;
            TrinoType::Row(fields.into())
        }
    })
}

/// Reads `/* Presto View: <base64 of JSON> */`. Errors: INVALID_VIEW when the text is something else.
fn view_definition(snapshot: &TableSnapshot) -> Result<ViewDefinition, EngineError> {
    let table = &snapshot.table;
    let invalid = || EngineError::engine("INVALID_VIEW", format!("Invalid view text of '{}.{}'", table.database, table.name));
    let text = table.definition.view_original_text.as_deref().ok_or_else(invalid)?;
    parse_view_text(text).ok_or_else(invalid)
}

/// The definition in a view's original text, as Athena and its clients write it.
pub fn parse_view_text(text: &str) -> Option<ViewDefinition> {
    let encoded = text.trim().strip_prefix("/* Presto View: ")?.strip_suffix("*/")?.trim_end();
    let json: serde_json::Value = serde_json::from_slice(&decode_base64(encoded)?).ok()?;
    let text_of = |key: &str| json.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
    let columns = json
        .get("columns")?
        .as_array()?
        .iter()
        .map(|column| {
            let part = |key: &str| column.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
            Some(ViewColumn { name: part("name")?, type_text: part("type")? })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(ViewDefinition { sql: text_of("originalSql")?, catalog: text_of("catalog"), schema: text_of("schema"), columns })
}

/// Padding and white space are optional, as clients differ in them.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take_while(|byte| *byte != b'=').collect();
    data_encoding::BASE64_NOPAD.decode(&digits).ok()
}

fn information_table(name: &str) -> Option<TableHandle> {
    let (table, columns): (InformationTable, &[&str]) = match name {
        "tables" => (InformationTable::Tables, &["table_catalog", "table_schema", "table_name", "table_type"]),
        "columns" => (
            InformationTable::Columns,
            &[
                "table_catalog",
                "table_schema",
                "table_name",
                "column_name",
                "ordinal_position",
                "column_default",
                "is_nullable",
                "data_type",
            ],
        ),
        "schemata" => (InformationTable::Schemata, &["catalog_name", "schema_name"]),
        "views" => (InformationTable::Views, &["table_catalog", "table_schema", "table_name", "view_definition"]),
        _ => return None,
    };
    let columns = columns
        .iter()
        .enumerate()
        .map(|(index, column)| TableColumn {
            name: (*column).to_owned(),
            data_type: if *column == "ordinal_position" { TrinoType::Bigint } else { TrinoType::VARCHAR },
            kind: ColumnKind::Data(index),
            comment: None,
        })
        .collect();
    Some(TableHandle {
        database: "information_schema".to_owned(),
        name: name.to_owned(),
        columns,
        source: TableSource::InformationSchema(table),
    })
}
