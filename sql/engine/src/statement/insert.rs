//! How does INSERT INTO add rows? As new files beside the old ones; new partitions are entered when their files are there.
//!
//! Ref: Athena user guide, INSERT INTO; Trino 401 `StatementAnalyzer.visitInsert`, `LogicalPlanner.createInsertPlan`.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use owlake_catalog::TableSnapshot;
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use owlake_functions::types::coercion::{can_coerce, common_supertype};
use owlake_syntax::location::Location as At;
use owlake_syntax::trino::ast::Insert;

use super::create_table_as_select::resolve;
use crate::analyze::failure::fail_at;
use crate::analyze::tables::{CATALOG_NAME, CatalogTables, FoundTable, QualifiedTableName, TableProviderLookup};
use crate::error::EngineError;
use crate::ir::{self, Expr, ExprKind, OutputColumn, Relation, Symbol};
use crate::scan::foreign;
use crate::scan::location::Location;
use crate::table::{ColumnKind, TableColumn, TableSource};
use crate::write::{CatalogEntry, FileFormat, Fit, Folders, Projection, WriteColumn, WriteJob, WritePlan, WriteScope, WriteTable};

/// The inserted columns' symbols start here: above the analyzer's, below the lowering's.
const FIRST_SYMBOL: u32 = 1 << 29;

/// The statement, ready to write. Errors: TABLE_NOT_FOUND, NOT_SUPPORTED, COLUMN_NOT_FOUND, TYPE_MISMATCH and those of the query.
pub(crate) async fn prepare(scope: WriteScope<'_>, insert: Insert) -> Result<WriteJob, EngineError> {
    let (database, name) = resolve(&scope.session, &insert.target)?;
    let qualified = QualifiedTableName { catalog: CATALOG_NAME.to_owned(), schema: database.to_string(), table: name.to_string() };
    let handle = match (CatalogTables { catalog: scope.engine.catalog.as_ref() }).find_table(&qualified)? {
        FoundTable::Table(handle) => handle,
        FoundTable::View(_) => return Err(fail_at(At::START, "NOT_SUPPORTED", "Inserting into views is not supported")),
        FoundTable::SchemaMissing => return Err(fail_at(At::START, "SCHEMA_NOT_FOUND", format!("Schema '{database}' does not exist"))),
        FoundTable::CatalogMissing | FoundTable::TableMissing => {
            return Err(fail_at(At::START, "TABLE_NOT_FOUND", format!("Table '{qualified}' does not exist")));
        }
    };
    let TableSource::Hive(snapshot) = &handle.source else {
        return Err(EngineError::engine("NOT_SUPPORTED", "This connector does not support inserts"));
    };
    foreign::check(&snapshot.table)?;
    let table_columns: Vec<&TableColumn> = handle.columns.iter().filter(|column| !matches!(column.kind, ColumnKind::Hidden(_))).collect();
    let query = scope.engine.analyzed(scope.session.clone(), Box::new(insert.query), scope.parameter_count).await?;
    let named = match &insert.columns {
        None => table_columns.clone(),
        Some(names) => named_columns(&table_columns, names)?,
    };
    check_types(&named, &query)?;
    let format = check_writable(snapshot)?;
    let columns: Vec<WriteColumn> = table_columns.iter().map(|column| write_column(column, &named, &query)).collect();
    let query = coerced(query, &table_columns, &named)?;
    let folders = folders(snapshot)?;
    let data_count = snapshot.table.columns().len();
    let (data, keys) = columns.split_at(data_count);
    let table = WriteTable::new(data.to_vec(), keys.to_vec(), format, None, folders, scope.names(), Arc::clone(&scope.engine.buckets))?;
    let rows = scope.engine.plan_rows(&scope.session, query, scope.meter, scope.buckets_read).await?;
    let format = snapshot.table.definition.storage.clone().unwrap_or_default().format;
    let entry = CatalogEntry { catalog: Arc::clone(&scope.engine.catalog), database, table: name, definition: None, format };
    Ok(WriteJob { plan: Some(WritePlan { rows, table }), entry: Some(entry), has_manifest: false })
}

/// The named columns in the order written. Ref: Trino 401; the first text measured.
fn named_columns<'a>(
    table_columns: &[&'a TableColumn],
    names: &[owlake_syntax::trino::ast::Identifier],
) -> Result<Vec<&'a TableColumn>, EngineError> {
    let mut named: Vec<&TableColumn> = Vec::with_capacity(names.len());
    for identifier in names {
        let name = identifier.value.to_lowercase();
        let Some(column) = table_columns.iter().find(|column| column.name == name) else {
            return Err(EngineError::engine("COLUMN_NOT_FOUND", format!("Insert column name does not exist in target table: {name}")));
        };
        if named.iter().any(|other| other.name == name) {
            return Err(fail_at(At::START, "DUPLICATE_COLUMN_NAME", format!("Insert column name is specified more than once: {name}")));
        }
        named.push(column);
    }
    Ok(named)
}

/// Ref: Trino 401 `StatementAnalyzer.typesMatchForInsert`; the text without a position is measured.
fn check_types(named: &[&TableColumn], query: &ir::Query) -> Result<(), EngineError> {
    let fits = |(column, given): (&&TableColumn, &OutputColumn)| {
        if has_nested_length(&column.data_type) {
            can_coerce(&given.data_type, &column.data_type)
        } else {
            common_supertype(&given.data_type, &column.data_type).is_some()
        }
    };
    if named.len() == query.columns.len() && named.iter().zip(&query.columns).all(fits) {
        return Ok(());
    }
    let table: Vec<String> = named.iter().map(|column| column.data_type.to_string()).collect();
    let given: Vec<String> = query.columns.iter().map(|column| column.data_type.to_string()).collect();
    let message = format!("Insert query has mismatched column types: Table: [{}], Query: [{}]", table.join(", "), given.join(", "));
    Err(EngineError::engine("TYPE_MISMATCH", message))
}

/// Whether a part of the type, not the type itself, is a text with a length.
fn has_nested_length(data_type: &TrinoType) -> bool {
    let is_bounded = |part: &TrinoType| matches!(part, TrinoType::Varchar(Some(_)) | TrinoType::Char(_)) || has_nested_length(part);
    match data_type {
        TrinoType::Array(element) => is_bounded(element),
        TrinoType::Map(key, value) => is_bounded(key) || is_bounded(value),
        TrinoType::Row(fields) => fields.iter().any(|field| is_bounded(&field.data_type)),
        _ => false,
    }
}

/// How the table's files are written. Errors: NOT_SUPPORTED for tables that take no rows.
fn check_writable(snapshot: &TableSnapshot) -> Result<FileFormat, EngineError> {
    let table = &snapshot.table;
    let parameters = &table.definition.parameters;
    let buckets = table.definition.storage.as_ref().and_then(|storage| storage.format.number_of_buckets).unwrap_or(0);
    if buckets > 0 {
        return Err(EngineError::engine("NOT_SUPPORTED", "Inserting into bucketed tables is not supported"));
    }
    // The first or the last rows of every new file would not be read back.
    for name in ["skip.header.line.count", "skip.footer.line.count"] {
        if parameters.get(name).and_then(|count| count.trim().parse::<i64>().ok()).unwrap_or(0) > 0 {
            let message = format!("Inserting into Hive table with {name} property not supported");
            return Err(EngineError::engine("NOT_SUPPORTED", message));
        }
    }
    FileFormat::of_table(&table.definition)
}

fn folders(snapshot: &Arc<TableSnapshot>) -> Result<Folders, EngineError> {
    let table = &snapshot.table;
    let location = table.location().unwrap_or_default();
    let parameters = &table.definition.parameters;
    let is_projected = parameters.get("projection.enabled").is_some_and(|flag| flag.trim().eq_ignore_ascii_case("true"));
    let projection = is_projected.then(|| Projection::new(table.partition_keys(), parameters)).transpose()?;
    Ok(Folders {
        base: Location::parse(location)?,
        keys: table.partition_keys().to_vec(),
        existing: Some(Arc::clone(snapshot)),
        projection,
    })
}

fn write_column(column: &TableColumn, named: &[&TableColumn], query: &ir::Query) -> WriteColumn {
    let given = named.iter().position(|other| other.name == column.name).map(|position| &query.columns[position].data_type);
    let fit = given.and_then(|from| Fit::of(from, &column.data_type));
    WriteColumn { name: column.name.clone(), data_type: column.data_type.clone(), fit }
}

/// The query's columns in the table's order and types; a column that is not named is null. Texts keep their length: whether they
/// fit is seen when they are written.
fn coerced(query: ir::Query, table_columns: &[&TableColumn], named: &[&TableColumn]) -> Result<ir::Query, EngineError> {
    let mut expressions = Vec::with_capacity(table_columns.len());
    for (index, column) in table_columns.iter().enumerate() {
        let target = &column.data_type;
        let expr = match named.iter().position(|other| other.name == column.name) {
            None => {
                let null = ScalarValue::try_from(&arrow_type(target))?;
                Expr { kind: ExprKind::Literal(null), data_type: target.clone() }
            }
            Some(position) => {
                let given = &query.columns[position];
                let input = Expr { kind: ExprKind::Column(given.symbol), data_type: given.data_type.clone() };
                let to = if Fit::of(&given.data_type, target).is_some() { TrinoType::VARCHAR } else { target.clone() };
                if given.data_type == to {
                    input
                } else {
                    Expr { kind: ExprKind::Cast { input: Box::new(input), is_safe: false }, data_type: to }
                }
            }
        };
        let symbol = Symbol(FIRST_SYMBOL + u32::try_from(index).unwrap_or(u32::MAX >> 3));
        expressions.push((ir::Column { symbol, data_type: expr.data_type.clone() }, expr));
    }
    let columns = expressions.iter().zip(table_columns).map(|((column, _), table)| OutputColumn {
        name: table.name.clone(),
        symbol: column.symbol,
        data_type: column.data_type.clone(),
    });
    Ok(ir::Query { columns: columns.collect(), relation: Relation::Project { input: Box::new(query.relation), expressions } })
}
