//! How is a table dropped? Its entry goes, its data stays. Ref: Athena user guide, DROP TABLE;
//! Apache Hive `DDLTask.dropTable` for views.

use owlake_catalog::CatalogError;
use owlake_syntax::hive::ast::Name;

use super::{StatementContext, failure, target};
use crate::error::EngineError;

pub(super) fn run(context: &StatementContext, name: &Name, if_exists: bool) -> Result<(), EngineError> {
    let (database, table) = target::resolve(context, name)?;
    if target::is_view(context, name) {
        return Err(failure::ddl_task("Cannot drop a view with DROP TABLE", None));
    }
    match context.catalog.delete_table(&database, &table) {
        Err(CatalogError::TableNotFound { .. } | CatalogError::DatabaseNotFound { .. }) if if_exists => Ok(()),
        result => result.map_err(failure::from_catalog),
    }
}
