//! How is a table dropped? Its entry goes, its data stays. Ref: Athena user guide, DROP TABLE;
//! Apache Hive `DDLTask.dropTable` for views.

use owlake_catalog::CatalogError;
use owlake_syntax::hive::ast::Name;

use super::{StatementContext, failure, target};
use crate::error::EngineError;
use crate::scan::foreign::TableFormat;

pub(super) fn run(context: &StatementContext, name: &Name, if_exists: bool) -> Result<(), EngineError> {
    let (database, table) = target::resolve(context, name)?;
    if let Ok(entry) = target::entry(context, name) {
        if entry.is_view() {
            return Err(failure::ddl_task("Cannot drop a view with DROP TABLE", None));
        }
        // Of an Iceberg table, the data and the metadata go too. Ref: Athena user guide, DROP TABLE.
        if let Some(format @ TableFormat::Iceberg) = TableFormat::of(&entry) {
            return Err(format.refusal(&format!("{database}.{table}")));
        }
    }
    match context.catalog.delete_table(&database, &table) {
        Err(CatalogError::TableNotFound { .. } | CatalogError::DatabaseNotFound { .. }) if if_exists => Ok(()),
        result => result.map_err(failure::from_catalog),
    }
}
