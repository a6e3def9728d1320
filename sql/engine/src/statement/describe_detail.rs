//! What do DESCRIBE FORMATTED and DESCRIBE EXTENDED print after the columns? Hive's detail block, or its dump in one line.
//!
//! Ref: Athena user guide, "DESCRIBE", the samples of both; Apache Hive `MetaDataFormatUtils`. Basis: inferred for what the
//! samples do not show (views, buckets, sort columns).

use owlake_catalog::{Column, Parameters, StorageDescriptor, Table};

use super::describe::padded;

const BLANK: &str = "\t \t ";

/// The block of DESCRIBE FORMATTED: a name and a value a line, parameters indented.
pub(super) fn formatted(table: &Table) -> Vec<String> {
    let storage = table.definition.storage.clone().unwrap_or_default();
    let mut lines = vec![BLANK.to_string(), "# Detailed Table Information\t \t ".to_string()];
    let mut value = |name: &str, value: &str| lines.push(format!("{}\t{}\t ", padded(name), padded(value)));
    value("Database:", table.database.as_str());
    value("Owner:", owner(table));
    value("CreateTime:", &java_time(table.create_time_ms));
    value("LastAccessTime:", "UNKNOWN");
    value("Protect Mode:", "None");
    value("Retention:", &table.definition.retention.unwrap_or(0).to_string());
    value("Location:", location(&storage));
    value("Table Type:", table.definition.table_type.as_deref().unwrap_or_default());
    parameters(&mut lines, "Table Parameters:", &table.definition.parameters);
    lines.extend([BLANK.to_string(), "# Storage Information\t \t ".to_string()]);
    let format = &storage.format;
    let mut value = |name: &str, value: &str| lines.push(format!("{}\t{}\t ", padded(name), padded(value)));
    value("SerDe Library:", serde_library(&storage));
    value("InputFormat:", format.input_format.as_deref().unwrap_or_default());
    value("OutputFormat:", format.output_format.as_deref().unwrap_or_default());
    value("Compressed:", if format.compressed.unwrap_or(false) { "Yes" } else { "No" });
    value("Num Buckets:", &buckets(&storage).to_string());
    value("Bucket Columns:", &format!("[{}]", format.bucket_columns.join(", ")));
    value("Sort Columns:", &format!("[{}]", sort_columns(&storage)));
    if let Some(serde) = format.serde_info.as_ref().filter(|serde| !serde.parameters.is_empty()) {
        parameters(&mut lines, "Storage Desc Params:", &serde.parameters);
    }
    lines
}

/// The dump of DESCRIBE EXTENDED: the metastore's table as its class prints it.
pub(super) fn extended(table: &Table) -> Vec<String> {
    let storage = table.definition.storage.clone().unwrap_or_default();
    let format = &storage.format;
    let serde = format.serde_info.clone().unwrap_or_default();
    let all_columns: Vec<Column> = table.columns().iter().chain(table.partition_keys()).cloned().collect();
    let dump = format!(
        "Table(tableName:{}, dbName:{}, owner:{}, createTime:{}, lastAccessTime:0, retention:{}, \
         sd:StorageDescriptor(cols:[{}], location:{}, inputFormat:{}, outputFormat:{}, compressed:{}, numBuckets:{}, \
         serdeInfo:SerDeInfo(name:{}, serializationLib:{}, parameters:{{{}}}), bucketCols:[{}], sortCols:[{}], parameters:{{{}}}, \
         skewedInfo:SkewedInfo(skewedColNames:[], skewedColValues:[], skewedColValueLocationMaps:{{}}), \
         storedAsSubDirectories:{}), partitionKeys:[{}], parameters:{{{}}}, viewOriginalText:null, viewExpandedText:null, tableType:{})",
        table.name,
        table.database,
        owner(table),
        table.create_time_ms / 1000,
        table.definition.retention.unwrap_or(0),
        fields(&all_columns),
        location(&storage),
        or_null(format.input_format.as_deref()),
        or_null(format.output_format.as_deref()),
        format.compressed.unwrap_or(false),
        buckets(&storage),
        or_null(serde.name.as_deref()),
        or_null(serde.serialization_library.as_deref()),
        pairs(&serde.parameters),
        format.bucket_columns.join(", "),
        sort_columns(&storage),
        pairs(&format.parameters),
        format.stored_as_sub_directories.unwrap_or(false),
        fields(table.partition_keys()),
        pairs(&table.definition.parameters),
        or_null(table.definition.table_type.as_deref()),
    );
    vec![BLANK.to_string(), format!("Detailed Table Information\t{dump}\t ")]
}

fn parameters(lines: &mut Vec<String>, name: &str, parameters: &Parameters) {
    lines.push(format!("{name}\t \t "));
    lines.extend(parameters.iter().map(|(key, value)| format!("\t{}\t{}", padded(key), padded(value))));
}

/// The owner Athena gives the tables it makes. Ref: the samples.
fn owner(table: &Table) -> &str {
    table.definition.owner.as_deref().unwrap_or("hadoop")
}

/// As Hive prints a location, without the slash at its end.
fn location(storage: &StorageDescriptor) -> &str {
    storage.location.as_deref().unwrap_or_default().trim_end_matches('/')
}

fn serde_library(storage: &StorageDescriptor) -> &str {
    storage.format.serde_info.as_ref().and_then(|serde| serde.serialization_library.as_deref()).unwrap_or_default()
}

/// -1 stands for no buckets.
fn buckets(storage: &StorageDescriptor) -> i64 {
    storage.format.number_of_buckets.filter(|count| *count > 0).unwrap_or(-1)
}

fn sort_columns(storage: &StorageDescriptor) -> String {
    let columns = storage.format.sort_columns.iter();
    columns.map(|column| format!("Order(col:{}, order:{})", column.column, column.sort_order)).collect::<Vec<_>>().join(", ")
}

fn fields(columns: &[Column]) -> String {
    let field = |column: &Column| {
        let data_type = column.type_text.as_deref().unwrap_or_default();
        format!("FieldSchema(name:{}, type:{data_type}, comment:{})", column.name, or_null(column.comment.as_deref()))
    };
    columns.iter().map(field).collect::<Vec<_>>().join(", ")
}

fn pairs(parameters: &Parameters) -> String {
    parameters.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

fn or_null(text: Option<&str>) -> &str {
    text.unwrap_or("null")
}

/// `Thu Apr 23 02:55:21 UTC 2020`, as Java prints a date.
fn java_time(time_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(time_ms).map_or_else(String::new, |time| time.format("%a %b %d %H:%M:%S UTC %Y").to_string())
}
