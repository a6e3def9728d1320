//! What does `information_schema` say? Rows made from the catalog as it is. Ref: Trino 401 `InformationSchemaMetadata`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, StringViewBuilder};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::error::DataFusionError;
use owlake_catalog::model::Table;
use owlake_catalog::{Catalog, CatalogError};

use super::source::schema_of_columns;
use crate::analyze::tables::trino_type;
use crate::error::EngineError;
use crate::table::{InformationTable, TableHandle};

/// The catalog's name as information_schema prints it.
const CATALOG_NAME: &str = "awsdatacatalog";
const INFORMATION_SCHEMA: &str = "information_schema";

/// A row: text columns and numbers, by column name.
type Row = Vec<(&'static str, Cell)>;

enum Cell {
    Text(Option<String>),
    Number(i64),
}

/// All rows of one of its tables, with the handle's columns. A column the rows don't have is null.
pub fn information_batch(catalog: &dyn Catalog, kind: InformationTable, table: &TableHandle) -> Result<RecordBatch, EngineError> {
    let rows = match kind {
        InformationTable::Schemata => schemata(catalog)?,
        InformationTable::Tables => tables(catalog)?,
        InformationTable::Columns => columns(catalog)?,
        InformationTable::Views => views(catalog)?,
    };
    let indices: Vec<usize> = (0..table.columns.len()).collect();
    let schema = schema_of_columns(table, &indices);
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(indices.len());
    for field in schema.fields() {
        let cells = rows.iter().map(|row| row.iter().find(|(name, _)| *name == field.name()).map(|(_, cell)| cell));
        arrays.push(if field.data_type() == &arrow::datatypes::DataType::Int64 {
            let mut builder = Int64Builder::new();
            cells.for_each(|cell| {
                builder.append_option(match cell {
                    Some(Cell::Number(number)) => Some(*number),
                    _ => None,
                })
            });
            Arc::new(builder.finish())
        } else {
            let mut builder = StringViewBuilder::new();
            cells.for_each(|cell| {
                builder.append_option(match cell {
                    Some(Cell::Text(text)) => text.as_deref(),
                    _ => None,
                })
            });
            Arc::new(builder.finish())
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &options).map_err(DataFusionError::from)?)
}

fn text(value: impl Into<String>) -> Cell {
    Cell::Text(Some(value.into()))
}

fn schemata(catalog: &dyn Catalog) -> Result<Vec<Row>, EngineError> {
    let databases = catalog.databases().map_err(failure)?;
    let mut names: Vec<String> = databases.iter().map(|database| database.name.to_string()).collect();
    names.push(INFORMATION_SCHEMA.to_owned());
    Ok(names.into_iter().map(|name| vec![("catalog_name", text(CATALOG_NAME)), ("schema_name", text(name))]).collect())
}

/// Every table of every database; one whose file is damaged is left out, as it can't be described.
fn all_tables(catalog: &dyn Catalog) -> Result<Vec<Arc<Table>>, EngineError> {
    let mut tables = Vec::new();
    for database in catalog.databases().map_err(failure)? {
        for name in catalog.table_names(&database.name).map_err(failure)? {
            match catalog.table(&database.name, &name) {
                Ok(table) => tables.push(table),
                Err(CatalogError::TableNotFound { .. } | CatalogError::Corrupt { .. }) => {}
                Err(error) => return Err(failure(error)),
            }
        }
    }
    Ok(tables)
}

fn tables(catalog: &dyn Catalog) -> Result<Vec<Row>, EngineError> {
    let row = |table: Arc<Table>| {
        vec![
            ("table_catalog", text(CATALOG_NAME)),
            ("table_schema", text(table.database.as_str())),
            ("table_name", text(table.name.as_str())),
            ("table_type", text(if table.is_view() { "VIEW" } else { "BASE TABLE" })),
        ]
    };
    Ok(all_tables(catalog)?.into_iter().map(row).collect())
}

fn columns(catalog: &dyn Catalog) -> Result<Vec<Row>, EngineError> {
    let mut rows = Vec::new();
    for table in all_tables(catalog)? {
        let data = table.columns().iter().map(|column| (column, None));
        let keys = table.partition_keys().iter().map(|column| (column, Some("partition key")));
        for (position, (column, extra_info)) in data.chain(keys).enumerate() {
            let data_type = column.hive_type().ok().and_then(|hive_type| trino_type(&hive_type));
            rows.push(vec![
                ("table_catalog", text(CATALOG_NAME)),
                ("table_schema", text(table.database.as_str())),
                ("table_name", text(table.name.as_str())),
                ("column_name", text(column.name.as_str())),
                ("ordinal_position", Cell::Number(position as i64 + 1)),
                ("column_default", Cell::Text(None)),
                ("is_nullable", text("YES")),
                ("data_type", Cell::Text(data_type.map(|data_type| data_type.to_string()))),
                ("comment", Cell::Text(column.comment.clone())),
                ("extra_info", Cell::Text(extra_info.map(str::to_owned))),
            ]);
        }
    }
    Ok(rows)
}

fn views(catalog: &dyn Catalog) -> Result<Vec<Row>, EngineError> {
    let views = all_tables(catalog)?.into_iter().filter(|table| table.is_view());
    Ok(views
        .map(|table| {
            vec![
                ("table_catalog", text(CATALOG_NAME)),
                ("table_schema", text(table.database.as_str())),
                ("table_name", text(table.name.as_str())),
                ("view_definition", Cell::Text(table.definition.view_original_text.clone())),
            ]
        })
        .collect())
}

fn failure(error: CatalogError) -> EngineError {
    tracing::error!(%error, "the catalog could not be read");
    EngineError::engine("HIVE_METASTORE_ERROR", "The catalog could not be read")
}
