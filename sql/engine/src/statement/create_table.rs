//! How does CREATE EXTERNAL TABLE become a catalog entry? Ref: Athena user guide, CREATE TABLE; "SerDe reference".

use std::collections::HashSet;
use std::sync::Arc;

use owlake_catalog::{CatalogError, Column, Parameters, SerDeInfo, StorageDescriptor, StorageFormat, TableDefinition};
use owlake_syntax::hive::ast::{ColumnDefinition, CreateTable, PartitionField, RowFormat, StoredAs};

use super::{StatementContext, failure, target};
use crate::error::EngineError;
use crate::scan::foreign::TableFormat;

/// What `STORED AS x` stands for. Ref: Apache Hive, `StorageFormatFactory`.
struct Shorthand {
    format: &'static str,
    input_format: &'static str,
    output_format: &'static str,
    /// The SerDe when no ROW FORMAT names one.
    serde: &'static str,
}

const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

const SHORTHANDS: &[Shorthand] = &[
    Shorthand { format: "TEXTFILE", input_format: TEXT_INPUT, output_format: TEXT_OUTPUT, serde: LAZY_SIMPLE },
    Shorthand {
        format: "PARQUET",
        input_format: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        output_format: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        serde: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    },
    Shorthand {
        format: "ORC",
        input_format: "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        output_format: "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        serde: "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    },
    Shorthand {
        format: "AVRO",
        input_format: "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        output_format: "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        serde: "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    },
    Shorthand {
        format: "JSONFILE",
        input_format: TEXT_INPUT,
        output_format: TEXT_OUTPUT,
        serde: "org.apache.hive.hcatalog.data.JsonSerDe",
    },
    Shorthand {
        format: "SEQUENCEFILE",
        input_format: "org.apache.hadoop.mapred.SequenceFileInputFormat",
        output_format: "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
        serde: LAZY_SIMPLE,
    },
    Shorthand {
        format: "RCFILE",
        input_format: "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
        output_format: "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
        serde: "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
    },
    Shorthand {
        format: "ION",
        input_format: "com.amazon.ionhiveserde.formats.IonInputFormat",
        output_format: "com.amazon.ionhiveserde.formats.IonOutputFormat",
        serde: "com.amazon.ionhiveserde.IonHiveSerDe",
    },
];

/// Creates the table; an existing one is left as it is under IF NOT EXISTS.
pub(super) fn run(context: &StatementContext, statement: CreateTable) -> Result<(), EngineError> {
    let (database, table) = target::resolve(context, &statement.name)?;
    let if_not_exists = statement.if_not_exists;
    if let Some(format) = TableFormat::of_parameters(&statement.properties.iter().cloned().collect()) {
        return Err(format.refusal(&format!("{database}.{table}")));
    }
    let definition = definition(context, statement)?;
    match context.catalog.create_table(&database, &table, definition) {
        Err(CatalogError::AlreadyExists { .. }) if if_not_exists => Ok(()),
        result => result.map(|_table| ()).map_err(failure::from_catalog),
    }
}

fn definition(context: &StatementContext, statement: CreateTable) -> Result<TableDefinition, EngineError> {
    let columns: Vec<Column> = statement.columns.into_iter().map(column).collect();
    let partition_keys = statement.partitioned_by.into_iter().map(partition_key).collect::<Result<Vec<_>, _>>()?;
    check_columns(&columns, &partition_keys)?;
    let location = statement.location.map(|location| checked_location(&location)).transpose()?;
    let mut parameters: Parameters = [("EXTERNAL".to_string(), "TRUE".to_string())].into_iter().collect();
    parameters.extend(statement.properties);
    parameters.insert("transient_lastDdlTime".to_string(), target::now_seconds(context));
    if let Some(comment) = statement.comment {
        parameters.insert("comment".to_string(), comment);
    }
    let (bucket_columns, number_of_buckets) = match statement.bucketed_by {
        Some(buckets) => (buckets.columns, i64::from(buckets.count)),
        None => (Vec::new(), -1),
    };
    let mut format = storage_format(statement.stored_as, statement.row_format)?;
    format.columns = columns;
    format.bucket_columns = bucket_columns;
    format.number_of_buckets = Some(number_of_buckets);
    Ok(TableDefinition {
        owner: Some("hadoop".to_string()),
        retention: Some(0),
        storage: Some(StorageDescriptor { location: location.map(Arc::from), format: Arc::new(format) }),
        partition_keys,
        table_type: Some("EXTERNAL_TABLE".to_string()),
        parameters,
        ..TableDefinition::default()
    })
}

pub(super) fn column(definition: ColumnDefinition) -> Column {
    Column { name: definition.name, type_text: Some(definition.type_text), comment: definition.comment, parameters: Parameters::new() }
}

fn partition_key(field: PartitionField) -> Result<Column, EngineError> {
    match field {
        PartitionField::Key(definition) => Ok(column(definition)),
        PartitionField::Column(name) | PartitionField::Transform { column: name, .. } => Err(EngineError::hive(
            format!("FAILED: ParseException line 1:0 cannot recognize input near '{name}' in column specification"),
            None,
        )),
    }
}

/// Types must be Hive's, and no name may come twice. Ref: Apache Hive, `ErrorMsg.DUPLICATE_COLUMN_NAMES`, `COLUMN_REPEATED_IN_PARTITIONING_COLS`.
pub(super) fn check_columns(columns: &[Column], partition_keys: &[Column]) -> Result<(), EngineError> {
    let mut seen = HashSet::new();
    for column in columns {
        if !seen.insert(column.name.as_str()) {
            return Err(EngineError::hive(
                format!("FAILED: SemanticException [Error 10036]: Duplicate column name: {}", column.name),
                None,
            ));
        }
    }
    for key in partition_keys {
        if !seen.insert(key.name.as_str()) {
            return Err(EngineError::hive("FAILED: SemanticException [Error 10035]: Column repeated in partitioning columns", None));
        }
    }
    for column in columns.iter().chain(partition_keys) {
        column.hive_type().map_err(|error| {
            let text = column.type_text.as_deref().unwrap_or_default();
            EngineError::hive(
                format!("FAILED: ParseException line 1:0 cannot recognize input near '{text}' in column type"),
                Some(error.to_string()),
            )
        })?;
    }
    Ok(())
}

/// An `s3://bucket/prefix` without its trailing slash, as Athena's DDL stores it. Ref: Athena user guide, "Specifying a table location".
pub(super) fn checked_location(location: &str) -> Result<String, EngineError> {
    let rest = location.strip_prefix("s3://").or_else(|| location.strip_prefix("s3a://")).or_else(|| location.strip_prefix("s3n://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(format!("s3://{}", rest.trim_end_matches('/'))),
        Some(_) | None => Err(failure::ddl_task(
            &format!(
                "MetaException(message:java.lang.IllegalArgumentException: Cannot create table with location '{location}': an S3 location must be specified)"
            ),
            None,
        )),
    }
}

fn storage_format(stored_as: Option<StoredAs>, row_format: Option<RowFormat>) -> Result<StorageFormat, EngineError> {
    let (input_format, output_format, default_serde) = match stored_as {
        None => (TEXT_INPUT.to_string(), TEXT_OUTPUT.to_string(), LAZY_SIMPLE),
        Some(StoredAs::Classes { input_format, output_format }) => (input_format, output_format, LAZY_SIMPLE),
        Some(StoredAs::Format(format)) => {
            let shorthand = SHORTHANDS.iter().find(|shorthand| shorthand.format == format).ok_or_else(|| {
                EngineError::hive(
                    format!("FAILED: SemanticException [Error 10055]: Unrecognized file format in STORED AS clause: '{format}'"),
                    None,
                )
            })?;
            (shorthand.input_format.to_string(), shorthand.output_format.to_string(), shorthand.serde)
        }
    };
    let mut parameters: Parameters = [("serialization.format".to_string(), "1".to_string())].into_iter().collect();
    let class = match row_format {
        None => default_serde.to_string(),
        Some(RowFormat::SerDe { class, properties }) => {
            parameters.extend(properties);
            class
        }
        Some(RowFormat::Delimited { field, escape, collection_item, map_key, line, null }) => {
            if let Some(field) = &field {
                parameters.insert("serialization.format".to_string(), field.clone());
            }
            let delimiters = [
                ("field.delim", field),
                ("escape.delim", escape),
                // Hive spells the first of these without its second `c`, and Athena writes both.
                ("colelction.delim", collection_item.clone()),
                ("collection.delim", collection_item),
                ("mapkey.delim", map_key),
                ("line.delim", line),
                ("serialization.null.format", null),
            ];
            parameters.extend(delimiters.into_iter().filter_map(|(key, value)| value.map(|value| (key.to_string(), value))));
            default_serde.to_string()
        }
    };
    Ok(StorageFormat {
        input_format: Some(input_format),
        output_format: Some(output_format),
        compressed: Some(false),
        serde_info: Some(SerDeInfo { name: None, serialization_library: Some(class), parameters }),
        stored_as_sub_directories: Some(false),
        ..StorageFormat::default()
    })
}
