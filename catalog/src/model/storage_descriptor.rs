//! How and where is the data of a table or partition stored? `StorageDescriptor`.
//!
//! Ref: AWS Glue API, `StorageDescriptor`. Partitions of a table differ in their location and little else, so all but
//! the location is one shared `StorageFormat`: a hundred thousand partitions hold one list of columns.

use std::sync::Arc;

use crate::model::{Column, Parameters};

/// Where the data is, and in which format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StorageDescriptor {
    /// The prefix of the data, such as `s3://bucket/folder/`. None for views.
    pub location: Option<Arc<str>>,
    /// Everything else, shared between partitions that agree in it.
    pub format: Arc<StorageFormat>,
}

/// All of Glue's `StorageDescriptor` but the location; absent and empty are the same for lists and maps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct StorageFormat {
    /// The columns without the partition keys, in order.
    pub columns: Vec<Column>,
    /// Further locations; kept for the client.
    pub additional_locations: Vec<String>,
    /// The Hadoop input format's class.
    pub input_format: Option<String>,
    /// The Hadoop output format's class.
    pub output_format: Option<String>,
    /// Whether the data is compressed; what a client says, never relied on.
    pub compressed: Option<bool>,
    /// The number of buckets, when the table is bucketed.
    pub number_of_buckets: Option<i64>,
    /// The SerDe.
    pub serde_info: Option<SerDeInfo>,
    /// The columns the table is bucketed by.
    pub bucket_columns: Vec<String>,
    /// The columns the buckets are sorted by.
    pub sort_columns: Vec<SortColumn>,
    /// Free parameters.
    pub parameters: Parameters,
    /// The values that appear often; kept for the client.
    pub skewed_info: Option<SkewedInfo>,
    /// Kept for the client.
    pub stored_as_sub_directories: Option<bool>,
    /// A schema in a schema registry; kept for the client.
    pub schema_reference: Option<SchemaReference>,
}

/// The serialiser and deserialiser. Ref: AWS Glue API, `SerDeInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SerDeInfo {
    /// A free name.
    pub name: Option<String>,
    /// The SerDe's class, such as `org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe`.
    pub serialization_library: Option<String>,
    /// The SerDe's properties.
    pub parameters: Parameters,
}

/// One column of a sort order. Ref: AWS Glue API, `Order`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SortColumn {
    /// The column.
    pub column: String,
    /// 1 for ascending, 0 for descending.
    pub sort_order: i64,
}

/// Values that appear often. Ref: AWS Glue API, `SkewedInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SkewedInfo {
    /// The columns.
    pub column_names: Vec<String>,
    /// The values.
    pub column_values: Vec<String>,
    /// Value to location.
    pub column_value_location_maps: Parameters,
}

/// A schema in a schema registry. Ref: AWS Glue API, `SchemaReference`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SchemaReference {
    /// The schema's ARN.
    pub schema_arn: Option<String>,
    /// The schema's name.
    pub schema_name: Option<String>,
    /// The registry's name.
    pub registry_name: Option<String>,
    /// The version's id.
    pub schema_version_id: Option<String>,
    /// The version's number.
    pub schema_version_number: Option<i64>,
}
