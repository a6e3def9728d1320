//! How does CREATE TABLE AS become a table? Analysed, checked, written to its folder, and only then entered into the catalog.
//!
//! Ref: Athena user guide, CREATE TABLE AS; measured Athena behaviour, "Writing"; Trino 401 `StatementAnalyzer`, `HiveMetadata`.

use std::sync::Arc;

use owlake_catalog::{CatalogError, Column, DatabaseName, Parameters, StorageDescriptor, StorageFormat, TableDefinition, TableName};
use owlake_syntax::location::Location as At;
use owlake_syntax::trino::ast::{CreateTableAsSelect, QualifiedName, StatementKind};

use super::{StatementContext, failure, target};
use crate::analyze::failure::fail_at;
use crate::analyze::tables::CATALOG_NAME;
use crate::error::EngineError;
use crate::scan::location::Location;
use crate::session::Session;
use crate::write::{
    Buckets, CatalogEntry, FileFormat, Folders, Properties, Subject, WriteColumn, WriteJob, WritePlan, WriteScope, WriteTable, check_empty,
    check_names, hive_columns, named_columns, storage_format,
};

/// Properties that only Iceberg tables have. Ref: Athena user guide, "CTAS table properties".
const ICEBERG_PROPERTIES: [&str; 2] = ["location", "partitioning"];

/// The statement, ready to write. Errors: those of the query and of the table; a target that is not empty.
pub(crate) async fn prepare(scope: WriteScope<'_>, create: CreateTableAsSelect) -> Result<WriteJob, EngineError> {
    let (database, name) = resolve(&scope.session, &create.name)?;
    let context = scope.engine.statement_context(scope.session.clone());
    match context.catalog.table(&database, &name) {
        Ok(_) if create.if_not_exists => return Ok(nothing()),
        Ok(_) => {
            let message = format!("Destination table '{CATALOG_NAME}.{database}.{name}' already exists");
            return Err(fail_at(At::START, "TABLE_ALREADY_EXISTS", message));
        }
        Err(CatalogError::TableNotFound { .. } | CatalogError::DatabaseNotFound { .. }) => {}
        Err(error) => return Err(failure::from_catalog(error)),
    }
    // In Trino's order: names of properties, the query, its columns, the schema, the properties' values.
    check_names(&create.properties)?;
    let query = scope.engine.analyzed(scope.session.clone(), Box::new(create.query), scope.parameter_count).await?;
    let columns = named_columns(&query, create.column_names.as_deref(), At::START)?;
    if context.catalog.database(&database).is_err() {
        // Its text has no error name. Ref: measured.
        return Err(EngineError::engine("", format!("Database {database} not found. Please check your query")));
    }
    let settings = Settings::read(Properties::read(Subject::Table, &create.properties)?)?;
    let key_count = check_partitioned_by(&columns, &settings.partitioned_by)?;
    let hive = hive_columns(&columns)?;
    settings.format.check_new_columns(&columns[..columns.len() - key_count])?;
    let (location, shown) = settings.location(&scope.session)?;
    check_empty(&context.buckets, &location, &format!("{database}.{name}"), &shown).await?;
    let (data, keys) = hive.split_at(hive.len() - key_count);
    let definition = definition(&context, &settings, create.comment, &location, data, keys);
    let storage = Arc::clone(&storage_of(&definition).format);
    let mut written = columns.into_iter().map(|(name, data_type)| WriteColumn { name, data_type, fit: None });
    let data: Vec<WriteColumn> = written.by_ref().take(hive.len() - key_count).collect();
    let folders = Folders { base: location, keys: keys.to_vec(), existing: None, projection: None };
    // Made without data, too: it checks the columns.
    let table = WriteTable::new(
        data,
        written.collect(),
        settings.format.clone(),
        settings.buckets.clone(),
        folders,
        scope.names(),
        Arc::clone(&context.buckets),
    )?;
    let plan = if create.with_data {
        Some(WritePlan { rows: scope.engine.plan_rows(&scope.session, query, scope.meter, scope.buckets_read).await?, table })
    } else {
        None
    };
    let entry =
        CatalogEntry { catalog: Arc::clone(&context.catalog), database, table: name, definition: Some(definition), format: storage };
    Ok(WriteJob { plan, entry: Some(entry), has_manifest: true })
}

/// Whether a statement is a CTAS that says where its files go, which a workgroup may forbid.
pub fn has_external_location(statement: &owlake_syntax::Statement) -> bool {
    let owlake_syntax::Statement::Trino(statement) = statement else { return false };
    let StatementKind::CreateTableAsSelect(create) = &statement.kind else { return false };
    create.properties.iter().any(|property| property.name.value.eq_ignore_ascii_case("external_location"))
}

fn nothing() -> WriteJob {
    WriteJob { plan: None, entry: None, has_manifest: false }
}

/// The properties of a Hive table.
struct Settings {
    format: FileFormat,
    external_location: Option<String>,
    partitioned_by: Vec<String>,
    buckets: Option<Buckets>,
}

impl Settings {
    fn read(mut properties: Properties) -> Result<Settings, EngineError> {
        if let Some(kind) = properties.text("table_type")?
            && !kind.eq_ignore_ascii_case("HIVE")
        {
            return Err(EngineError::engine("NOT_SUPPORTED", format!("{} tables are not supported by owlake yet", kind.to_uppercase())));
        }
        let buckets = Buckets::read(&mut properties)?;
        if properties.boolean("is_external")? == Some(false) {
            return Err(EngineError::engine("INVALID_TABLE_PROPERTY", "is_external must be true for Hive tables"));
        }
        let format = FileFormat::read(&mut properties, Some("PARQUET"), &["write_compression", "parquet_compression", "orc_compression"])?;
        let external_location = properties.text("external_location")?;
        let partitioned_by = properties.names("partitioned_by")?;
        properties.finish().map_err(|error| match ICEBERG_PROPERTIES.iter().find(|name| error.message.contains(&format!("'{name}'"))) {
            Some(name) => EngineError::engine("INVALID_TABLE_PROPERTY", format!("Table property '{name}' is for Iceberg tables only")),
            None => error,
        })?;
        Ok(Settings { format, external_location, partitioned_by, buckets })
    }

    /// The new table's folder, and how error texts show it.
    fn location(&self, session: &Session) -> Result<(Location, String), EngineError> {
        match (&self.external_location, &session.output) {
            (Some(text), _) => {
                let location = Location::parse(text).map_err(|_| {
                    EngineError::engine("INVALID_TABLE_PROPERTY", format!("External location must be a valid file system URI: {text}"))
                })?;
                Ok((location, text.clone()))
            }
            (None, Some(output)) => {
                let text = format!("{}tables/{}", output.location, session.query_id);
                Ok((Location::parse(&text)?, text))
            }
            (None, None) => {
                Err(EngineError::engine("INVALID_TABLE_PROPERTY", "external_location is needed where there is no result location"))
            }
        }
    }
}

/// How many of the last columns are partition keys. Ref: Trino 401 `HiveMetadata.validatePartitionColumns`.
pub(super) fn check_partitioned_by(
    columns: &[(String, owlake_functions::types::TrinoType)],
    keys: &[String],
) -> Result<usize, EngineError> {
    let missing: Vec<&str> = keys.iter().filter(|key| !columns.iter().any(|(name, _)| name == *key)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(EngineError::engine(
            "INVALID_TABLE_PROPERTY",
            format!("Partition columns [{}] not present in schema", missing.join(", ")),
        ));
    }
    if !keys.is_empty() && keys.len() >= columns.len() {
        return Err(EngineError::engine("INVALID_TABLE_PROPERTY", "Table contains only partition columns"));
    }
    let last = &columns[columns.len() - keys.len()..];
    if last.iter().map(|(name, _)| name).ne(keys) {
        let message = format!(
            "Partition keys must be the last columns in the table and in the same order as the table properties: [{}]",
            keys.join(", ")
        );
        return Err(EngineError::engine("HIVE_COLUMN_ORDER_MISMATCH", message));
    }
    Ok(keys.len())
}

fn definition(
    context: &StatementContext,
    settings: &Settings,
    comment: Option<String>,
    location: &Location,
    data: &[Column],
    keys: &[Column],
) -> TableDefinition {
    let mut parameters: Parameters = settings.format.table_parameters();
    parameters.insert("EXTERNAL".to_owned(), "TRUE".to_owned());
    parameters.insert("has_encrypted_data".to_owned(), "false".to_owned());
    parameters.insert("transient_lastDdlTime".to_owned(), target::now_seconds(context));
    if let Some(comment) = comment {
        parameters.insert("comment".to_owned(), comment);
    }
    if let Some(output) = &context.session.output {
        parameters.insert("trino_query_id".to_owned(), output.engine_query_id.clone());
    }
    let mut format = StorageFormat { columns: data.to_vec(), ..storage_format(&settings.format) };
    if let Some(buckets) = &settings.buckets {
        format.number_of_buckets = Some(buckets.count.into());
        format.bucket_columns.clone_from(&buckets.columns);
    }
    let location = format!("s3://{}/{}", location.bucket, location.prefix);
    TableDefinition {
        owner: Some("hadoop".to_owned()),
        retention: Some(0),
        storage: Some(StorageDescriptor { location: Some(location.trim_end_matches('/').into()), format: Arc::new(format) }),
        partition_keys: keys.to_vec(),
        table_type: Some("EXTERNAL_TABLE".to_owned()),
        parameters,
        ..TableDefinition::default()
    }
}

fn storage_of(definition: &TableDefinition) -> StorageDescriptor {
    definition.storage.clone().unwrap_or_default()
}

/// Database and table of a name. Errors: NOT_FOUND for another catalog; MISSING_SCHEMA_NAME; SYNTAX_ERROR.
pub(super) fn resolve(session: &Session, name: &QualifiedName) -> Result<(DatabaseName, TableName), EngineError> {
    let at = name.location();
    let parts: Vec<String> = name.parts.iter().map(|part| part.value.to_lowercase()).collect();
    let context = session.database.as_ref().map(|database| database.trim_matches('`').to_lowercase());
    let (catalog, database, table) = match parts.as_slice() {
        [table] => (session.catalog.to_lowercase(), context, table),
        [database, table] => (session.catalog.to_lowercase(), Some(database.clone()), table),
        [catalog, database, table] => (catalog.clone(), Some(database.clone()), table),
        _ => return Err(fail_at(at, "SYNTAX_ERROR", format!("Too many dots in table name: {name}"))),
    };
    if !session.is_own_catalog(&catalog) {
        return Err(EngineError::engine("NOT_FOUND", format!("Session property catalog does not exist: {catalog}")));
    }
    let Some(database) = database else {
        return Err(fail_at(at, "MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set"));
    };
    let invalid = |error: CatalogError| EngineError::engine("SYNTAX_ERROR", format!("line {at}: {error}"));
    Ok((DatabaseName::parse(&database).map_err(invalid)?, TableName::parse(table).map_err(invalid)?))
}
