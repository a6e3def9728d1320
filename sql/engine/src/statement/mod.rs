//! How do the catalog's own statements run? One file a statement, one line in [`STATEMENTS`]. Ref: Athena user guide, "DDL statements".
//!
//! | statement | file |
//! |---|---|
//! | CREATE, DROP, ALTER DATABASE | `database.rs` |
//! | CREATE TABLE AS, INSERT INTO, UNLOAD | `create_table_as_select.rs`, `insert.rs`, `unload.rs` |
//! | CREATE EXTERNAL TABLE, DROP TABLE | `create_table.rs`, `drop_table.rs` |
//! | ALTER TABLE … PARTITION | `partitions.rs` |
//! | ALTER TABLE … COLUMNS | `columns.rs` |
//! | ALTER TABLE SET/UNSET | `properties.rs` |
//! | MSCK REPAIR TABLE | `repair_table.rs` |
//! | UPDATE, DELETE, MERGE | `row_change.rs` |
//! | SHOW … | `show.rs`, `show_create_table.rs` |
//! | DESCRIBE | `describe.rs`, `describe_detail.rs` |
//! | PREPARE, EXECUTE, DEALLOCATE | `prepared.rs` |
//! | CREATE VIEW, DROP VIEW, SHOW CREATE VIEW | `view.rs` |

mod columns;
mod create_table;
pub mod create_table_as_select;
mod database;
mod describe;
mod describe_detail;
mod drop_table;
mod failure;
pub(crate) mod insert;
mod partitions;
pub(crate) mod prepared;
mod properties;
mod repair_table;
pub(crate) mod row_change;
mod show;
mod show_create_table;
mod target;
pub(crate) mod unload;
pub(crate) mod view;

use std::sync::Arc;

use owlake_catalog::Catalog;
use owlake_functions::types::TrinoType;
use owlake_syntax::hive::ast::{AlterAction, Statement};

use crate::engine::{Output, OutputKind, ResultColumn, ResultType};
use crate::error::EngineError;
use crate::session::Session;
use crate::storage::BucketResolver;

/// What a catalog statement works with.
#[derive(Clone)]
pub struct StatementContext {
    pub catalog: Arc<dyn Catalog>,
    pub buckets: Arc<dyn BucketResolver>,
    pub session: Session,
}

/// A kind of catalog statement: what it is called and which columns it declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementKind {
    pub name: &'static str,
    pub substatement_type: &'static str,
    /// The declared columns; the rows are single tab-joined texts all the same.
    pub columns: &'static [&'static str],
    /// Whether the columns are of the bare type `string` (Hive's side) or `varchar`.
    pub is_hive_string: bool,
    pub output: OutputKind,
}

const fn effect(name: &'static str, substatement_type: &'static str) -> StatementKind {
    StatementKind { name, substatement_type, columns: &[], is_hive_string: true, output: OutputKind::Nothing }
}

const fn listing(name: &'static str, substatement_type: &'static str, columns: &'static [&'static str]) -> StatementKind {
    StatementKind { name, substatement_type, columns, is_hive_string: true, output: OutputKind::Text }
}

/// Every catalog statement. Ref: measured Athena behaviour, "Classification" and "Result shapes".
pub const STATEMENTS: &[StatementKind] = &[
    effect("CREATE DATABASE", "CREATE_DATABASE"),
    effect("DROP DATABASE", "DROP_DATABASE"),
    effect("ALTER DATABASE SET DBPROPERTIES", "ALTER_DATABASE_SET_PROPERTIES"),
    effect("CREATE TABLE", "CREATE_TABLE"),
    effect("DROP TABLE", "DROP_TABLE"),
    effect("ALTER TABLE ADD PARTITION", "ALTER_TABLE_ADD_PARTITION"),
    effect("ALTER TABLE DROP PARTITION", "ALTER_TABLE_DROP_PARTITION"),
    effect("ALTER TABLE RENAME PARTITION", "ALTER_TABLE_RENAME_PARTITION"),
    effect("ALTER TABLE ADD COLUMNS", "ALTER_TABLE_ADD_COLUMN"),
    effect("ALTER TABLE REPLACE COLUMNS", "ALTER_TABLE_REPLACE_COLUMN"),
    effect("ALTER TABLE CHANGE COLUMN", "ALTER_TABLE_CHANGE_COLUMN"),
    effect("ALTER TABLE DROP COLUMN", "ALTER_TABLE_DROP_COLUMN"),
    effect("ALTER TABLE SET LOCATION", "ALTER_TABLE_SET_LOCATION"),
    effect("ALTER TABLE SET TBLPROPERTIES", "ALTER_TABLE_PROPERTIES"),
    effect("ALTER TABLE RENAME", "ALTER_TABLE_RENAME"),
    StatementKind { output: OutputKind::Text, ..effect("MSCK REPAIR TABLE", "MSCK_REPAIR") },
    listing("SHOW DATABASES", "SHOW_DATABASES", &["database_name"]),
    listing("SHOW TABLES", "SHOW_TABLES", &["tab_name"]),
    StatementKind { is_hive_string: false, ..listing("SHOW VIEWS", "SHOW_VIEWS", &["views"]) },
    listing("SHOW COLUMNS", "SHOW_COLUMNS", &["field"]),
    listing("SHOW PARTITIONS", "SHOW_PARTITIONS", &["partition"]),
    listing("SHOW TBLPROPERTIES", "SHOW_TABLE_PROPERTIES", &["prpt_name", "prpt_value"]),
    listing("SHOW CREATE TABLE", "SHOW_CREATE_TABLE", &["createtab_stmt"]),
    listing("DESCRIBE", "DESCRIBE_TABLE", &["col_name", "data_type", "comment"]),
    effect("PREPARE", "PREPARE"),
    effect("DEALLOCATE", "DEALLOCATE"),
    effect("CREATE VIEW", "CREATE_VIEW"),
    effect("DROP VIEW", "DROP_VIEW"),
    StatementKind { is_hive_string: false, ..listing("SHOW CREATE VIEW", "SHOW_CREATE_VIEW", &["create view"]) },
    StatementKind { is_hive_string: false, ..listing("DESCRIBE VIEW", "DESC_VIEW", &["column", "type"]) },
];

/// The columns and the kind of output that `statement` declares. DESCRIBE and SHOW COLUMNS look at the catalog, as a
/// view declares other columns than a table.
pub fn declare(context: &StatementContext, statement: &Statement) -> (Vec<ResultColumn>, OutputKind) {
    let name = match statement {
        Statement::Describe { name, .. } | Statement::ShowColumns { name } if target::is_view(context, name) => "DESCRIBE VIEW",
        other => statement_name(other),
    };
    declared(name)
}

/// The columns and the kind of output of the statement of this name.
pub(crate) fn declared(name: &str) -> (Vec<ResultColumn>, OutputKind) {
    let Some(kind) = STATEMENTS.iter().find(|kind| kind.name == name) else { return (Vec::new(), OutputKind::Nothing) };
    let data_type = if kind.is_hive_string { ResultType::HiveString } else { ResultType::Trino(TrinoType::VARCHAR) };
    let columns = kind.columns.iter().map(|name| ResultColumn { name: (*name).to_string(), data_type: data_type.clone() }).collect();
    (columns, kind.output)
}

fn statement_name(statement: &Statement) -> &'static str {
    match statement {
        Statement::CreateDatabase { .. } => "CREATE DATABASE",
        Statement::DropDatabase { .. } => "DROP DATABASE",
        Statement::AlterDatabaseProperties { .. } => "ALTER DATABASE SET DBPROPERTIES",
        Statement::CreateTable(_) => "CREATE TABLE",
        Statement::DropTable { .. } => "DROP TABLE",
        Statement::AlterTable { action, .. } => match action {
            AlterAction::AddPartitions { .. } => "ALTER TABLE ADD PARTITION",
            AlterAction::DropPartitions { .. } => "ALTER TABLE DROP PARTITION",
            AlterAction::RenamePartition { .. } => "ALTER TABLE RENAME PARTITION",
            AlterAction::AddColumns { .. } => "ALTER TABLE ADD COLUMNS",
            AlterAction::ReplaceColumns { .. } => "ALTER TABLE REPLACE COLUMNS",
            AlterAction::ChangeColumn { .. } => "ALTER TABLE CHANGE COLUMN",
            AlterAction::DropColumn { .. } => "ALTER TABLE DROP COLUMN",
            AlterAction::SetLocation { .. } => "ALTER TABLE SET LOCATION",
            AlterAction::SetProperties(_) | AlterAction::UnsetProperties { .. } => "ALTER TABLE SET TBLPROPERTIES",
            AlterAction::Rename { .. } => "ALTER TABLE RENAME",
        },
        Statement::RepairTable { .. } => "MSCK REPAIR TABLE",
        Statement::ShowDatabases { .. } => "SHOW DATABASES",
        Statement::ShowTables { .. } => "SHOW TABLES",
        Statement::ShowViews { .. } => "SHOW VIEWS",
        Statement::ShowColumns { .. } => "SHOW COLUMNS",
        Statement::ShowPartitions { .. } => "SHOW PARTITIONS",
        Statement::ShowTableProperties { .. } => "SHOW TBLPROPERTIES",
        Statement::ShowCreateTable { .. } => "SHOW CREATE TABLE",
        Statement::Describe { .. } => "DESCRIBE",
    }
}

/// The checks Athena makes before it accepts a catalog statement: DESCRIBE and SHOW COLUMNS need their table.
/// Errors: `FailurePath::Refused`.
pub fn check_before_accepting(context: &StatementContext, statement: &Statement) -> Result<(), EngineError> {
    match statement {
        Statement::Describe { name, .. } | Statement::ShowColumns { name } => target::check_exists(context, name),
        _ => Ok(()),
    }
}

/// The parser that runs statements about Hive tables refuses block comments. Ref: measured Athena behaviour, "Failure model".
pub fn check_comments(context: &StatementContext, text: &str, statement: &Statement) -> Result<(), EngineError> {
    let Some((name, refusal)) = owlake_syntax::hive::block_comment::refusal(text, statement) else { return Ok(()) };
    let is_hive = target::load(context, name).is_ok_and(|table| !table.is_view());
    if is_hive { Err(EngineError::hive(refusal, None)) } else { Ok(()) }
}

/// Runs a catalog statement to its end. Writes are durable when this returns.
pub async fn run(context: StatementContext, statement: Statement) -> Result<Output, EngineError> {
    if let Statement::RepairTable { name } = &statement {
        return repair_table::run(&context, name).await.map(Output::Text);
    }
    let output = tokio::task::spawn_blocking(move || run_blocking(&context, statement));
    output.await.map_err(|error| EngineError::internal(format!("a catalog statement ended abnormally: {error}")))?
}

fn run_blocking(context: &StatementContext, statement: Statement) -> Result<Output, EngineError> {
    match statement {
        Statement::CreateDatabase { name, if_not_exists, comment, location, properties } => {
            database::create(context, &name, if_not_exists, comment, location, properties).map(|()| Output::Nothing)
        }
        Statement::DropDatabase { name, if_exists, is_cascade } => {
            database::drop(context, &name, if_exists, is_cascade).map(|()| Output::Nothing)
        }
        Statement::AlterDatabaseProperties { name, properties } => {
            database::set_properties(context, &name, properties).map(|()| Output::Nothing)
        }
        Statement::CreateTable(table) => create_table::run(context, *table).map(|()| Output::Nothing),
        Statement::DropTable { name, if_exists } => drop_table::run(context, &name, if_exists).map(|()| Output::Nothing),
        Statement::AlterTable { name, action } => alter_table(context, &name, action).map(|()| Output::Nothing),
        Statement::RepairTable { .. } => Err(EngineError::internal("MSCK REPAIR TABLE runs elsewhere")),
        Statement::ShowDatabases { pattern } => show::databases(context, pattern.as_deref()).map(Output::Text),
        Statement::ShowTables { database, pattern } => show::tables(context, database.as_deref(), pattern.as_deref()).map(Output::Text),
        Statement::ShowViews { database, pattern } => show::views(context, database.as_deref(), pattern.as_deref()).map(Output::Text),
        Statement::ShowColumns { name } => show::columns(context, &name).map(Output::Text),
        Statement::ShowPartitions { name, partition } => show::partitions(context, &name, partition.as_ref()).map(Output::Text),
        Statement::ShowTableProperties { name, property } => show::table_properties(context, &name, property.as_deref()).map(Output::Text),
        Statement::ShowCreateTable { name } => show_create_table::run(context, &name).map(Output::Text),
        Statement::Describe { name, style, partition, column } => {
            describe::run(context, &name, style, partition.as_ref(), column.as_deref()).map(Output::Text)
        }
    }
}

fn alter_table(context: &StatementContext, name: &owlake_syntax::hive::ast::Name, action: AlterAction) -> Result<(), EngineError> {
    if target::is_view(context, name) {
        return Err(failure::alter_of_view());
    }
    match action {
        AlterAction::AddPartitions { if_not_exists, partitions } => partitions::add(context, name, if_not_exists, partitions),
        AlterAction::DropPartitions { if_exists, partitions } => partitions::drop(context, name, if_exists, &partitions),
        AlterAction::RenamePartition { from, to } => partitions::rename(context, name, &from, &to),
        AlterAction::AddColumns { partition, columns } => columns::add(context, name, partition.as_ref(), columns),
        AlterAction::ReplaceColumns { partition, columns } => columns::replace(context, name, partition.as_ref(), columns),
        AlterAction::ChangeColumn { from, to, position } => columns::change(context, name, &from, to, position),
        AlterAction::DropColumn { .. } => Err(failure::unsupported_on_hive()),
        AlterAction::SetLocation { partition, location } => properties::set_location(context, name, partition.as_ref(), &location),
        AlterAction::SetProperties(properties) => properties::set(context, name, properties),
        AlterAction::UnsetProperties { if_exists: _, keys } => properties::unset(context, name, &keys),
        AlterAction::Rename { .. } => Err(failure::rename_refused()),
    }
}
