//! How does UNLOAD become files? As CREATE TABLE AS does, without a table. Ref: Athena user guide, UNLOAD.

use owlake_catalog::Column;
use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location as At;
use owlake_syntax::trino::ast::Unload;

use crate::analyze::failure::fail_at;
use crate::error::EngineError;
use crate::scan::location::Location;
use crate::write::{
    FileFormat, Folders, Properties, Subject, WriteColumn, WriteJob, WritePlan, WriteScope, WriteTable, check_empty, check_names,
    hive_columns,
};

/// The statement, ready to write. Errors: those of the query; a target that is not empty; a type that Hive does not have.
pub(crate) async fn prepare(scope: WriteScope<'_>, unload: Unload) -> Result<WriteJob, EngineError> {
    check_names(&unload.properties)?;
    let query = scope.engine.analyzed(scope.session.clone(), Box::new(unload.query), scope.parameter_count).await?;
    let mut properties = Properties::read(Subject::Unload, &unload.properties)?;
    let format = FileFormat::read(&mut properties, None, &["compression"])?;
    let partitioned_by = properties.names("partitioned_by")?;
    properties.finish()?;
    let columns: Vec<(String, TrinoType)> =
        query.columns.iter().map(|column| (column.name.to_lowercase(), column.data_type.clone())).collect();
    // Two columns of one name could not be told apart in the files. Basis: inferred, from CREATE TABLE AS.
    if let Some((name, _)) =
        columns.iter().enumerate().find(|(at, (name, _))| columns[..*at].iter().any(|(other, _)| other == name)).map(|(_, column)| column)
    {
        return Err(fail_at(At::START, "DUPLICATE_COLUMN_NAME", format!("Column name '{name}' specified more than once")));
    }
    let key_count = super::create_table_as_select::check_partitioned_by(&columns, &partitioned_by)?;
    let hive: Vec<Column> = hive_columns(&columns)?;
    format.check_new_columns(&columns[..columns.len() - key_count])?;
    let base = Location::parse(&unload.location).map_err(|_| {
        EngineError::engine("INVALID_FUNCTION_ARGUMENT", format!("The UNLOAD location is not an S3 location: {}", unload.location))
    })?;
    let names = scope.names();
    let buckets = std::sync::Arc::clone(&scope.engine.buckets);
    // Partitions may be added to what is there. Ref: Athena user guide, UNLOAD, "Except when writing to partitions".
    if partitioned_by.is_empty() {
        check_empty(&buckets, &base, "unload", &unload.location).await?;
    }
    let data_count = columns.len() - key_count;
    let mut written = columns.into_iter().map(|(name, data_type)| WriteColumn { name, data_type, fit: None });
    let data: Vec<WriteColumn> = written.by_ref().take(data_count).collect();
    let folders = Folders { base, keys: hive[data_count..].to_vec(), existing: None, projection: None };
    let table = WriteTable::new(data, written.collect(), format, None, folders, names, buckets)?;
    let rows = scope.engine.plan_rows(&scope.session, query, scope.meter, scope.buckets_read).await?;
    // Without rows, too: PyAthena's tests against the service (`test_empty_result_unload`) find a manifest, and it is empty.
    Ok(WriteJob { plan: Some(WritePlan { rows, table }), entry: None, has_manifest: true })
}
