//! What does the `.metadata` object hold? The columns as protobuf, in the layout JDBC drivers read.
//!
//! Ref: measured Athena behaviour, "Result objects": field numbers and which fields are present for which type.

use crate::query::record::ColumnDescription;
use prost::Message;

/// The catalog name of every column.
pub const CATALOG: &str = "hive";
/// `nullable`: not known.
const NULLABLE_UNKNOWN: i32 = 3;

#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(string, optional, tag = "1")]
    query_id: Option<String>,
    #[prost(string, optional, tag = "2")]
    update_type: Option<String>,
    #[prost(int64, optional, tag = "3")]
    update_count: Option<i64>,
    #[prost(message, repeated, tag = "4")]
    columns: Vec<Column>,
}

#[derive(Clone, PartialEq, Message)]
struct Column {
    #[prost(string, optional, tag = "1")]
    catalog: Option<String>,
    #[prost(string, optional, tag = "2")]
    schema: Option<String>,
    #[prost(string, optional, tag = "3")]
    table: Option<String>,
    #[prost(string, optional, tag = "4")]
    name: Option<String>,
    #[prost(string, optional, tag = "5")]
    label: Option<String>,
    #[prost(string, optional, tag = "6")]
    type_name: Option<String>,
    #[prost(int32, optional, tag = "7")]
    precision: Option<i32>,
    #[prost(int32, optional, tag = "8")]
    scale: Option<i32>,
    #[prost(int32, optional, tag = "9")]
    nullable: Option<i32>,
    #[prost(bool, optional, tag = "10")]
    case_sensitive: Option<bool>,
}

/// The encoded side file. `update` is the update type with its count, for statements that change rows.
pub fn encoded(query_id: &str, update: Option<(&str, i64)>, columns: &[ColumnDescription]) -> Vec<u8> {
    Metadata {
        query_id: Some(query_id.to_owned()),
        update_type: update.map(|(update_type, _)| update_type.to_owned()),
        update_count: update.map(|(_, count)| count),
        columns: columns.iter().map(column).collect(),
    }
    .encode_to_vec()
}

fn column(column: &ColumnDescription) -> Column {
    let presence = presence(&column.type_name);
    Column {
        catalog: Some(CATALOG.to_owned()),
        schema: Some(String::new()),
        table: Some(String::new()),
        name: Some(column.name.clone()),
        label: Some(column.name.clone()),
        type_name: Some(column.type_name.clone()),
        precision: presence.has_precision.then_some(column.precision),
        scale: presence.has_scale.then_some(column.scale),
        nullable: Some(NULLABLE_UNKNOWN),
        case_sensitive: presence.has_case.then_some(column.is_case_sensitive),
    }
}

struct Presence {
    has_precision: bool,
    has_scale: bool,
    has_case: bool,
}

fn presence(type_name: &str) -> Presence {
    let (has_precision, has_scale, has_case) = match type_name {
        "array" | "map" | "row" | "json" | "uuid" | "string" => (false, false, false),
        "date" => (false, true, true),
        "boolean" | "interval year to month" | "interval day to second" => (false, false, true),
        _ => (true, true, true),
    };
    Presence { has_precision, has_scale, has_case }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn an_id_only_file_has_the_measured_size() {
        // Ref: measured Athena behaviour: 38 bytes for a Hive statement without columns.
        assert_eq!(encoded("6e28d1fb-3d53-4d8e-a5f3-9bd1d8f4a2b1", None, &[]).len(), 38);
    }

    #[test]
    fn zeros_are_written_and_absent_fields_are_not() {
        let describe = |type_name: &str, precision| ColumnDescription {
            name: "c".to_owned(),
            type_name: type_name.to_owned(),
            precision,
            scale: 0,
            is_case_sensitive: false,
        };
        let bytes = encoded("q", None, &[describe("bigint", 19)]);
        let expected = b"\x0a\x01q\x22\x1e\x0a\x04hive\x12\x00\x1a\x00\x22\x01c\x2a\x01c\x32\x06bigint\x38\x13\x40\x00\x48\x03\x50\x00";
        assert_eq!(bytes[..3], expected[..3]);
        let column = &bytes[5..];
        assert_eq!(column, &expected[5..]);
        let bytes = encoded("q", None, &[describe("array", 0)]);
        assert!(bytes.ends_with(b"array\x48\x03"));
        let bytes = encoded("q", Some(("INSERT", 0)), &[]);
        assert!(bytes.ends_with(b"INSERT\x18\x00"));
    }
}
