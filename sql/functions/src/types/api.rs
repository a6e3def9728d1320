//! What does `ColumnInfo` say of a column's type? Name, precision, scale and case. Ref: behaviour of GetQueryResults, `ColumnInfo` table.

use super::TrinoType;

/// The type members of a `ColumnInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiType {
    /// `ColumnInfo.Type`: no parameters.
    pub name: &'static str,
    pub precision: u32,
    pub scale: u32,
    pub is_case_sensitive: bool,
}

const LENGTH_UNBOUNDED: u32 = 2_147_483_647;
const VARBINARY_PRECISION: u32 = 1_073_741_824;
/// Of every time and timestamp type, whatever its digits.
const TIME_PRECISION: u32 = 3;

/// The type as the API tells it.
pub fn api_type(data_type: &TrinoType) -> ApiType {
    let plain = |name, precision| ApiType { name, precision, scale: 0, is_case_sensitive: false };
    match data_type {
        TrinoType::Unknown => plain("unknown", 0),
        TrinoType::Boolean => plain("boolean", 0),
        TrinoType::Tinyint => plain("tinyint", 3),
        TrinoType::Smallint => plain("smallint", 5),
        TrinoType::Integer => plain("integer", 10),
        TrinoType::Bigint => plain("bigint", 19),
        TrinoType::Real => plain("float", 17),
        TrinoType::Double => plain("double", 17),
        TrinoType::Decimal { precision, scale } => {
            ApiType { name: "decimal", precision: u32::from(*precision), scale: u32::from(*scale), is_case_sensitive: false }
        }
        TrinoType::Varchar(length) => {
            ApiType { name: "varchar", precision: length.unwrap_or(LENGTH_UNBOUNDED), scale: 0, is_case_sensitive: true }
        }
        TrinoType::Char(length) => ApiType { name: "char", precision: *length, scale: 0, is_case_sensitive: true },
        TrinoType::Varbinary => plain("varbinary", VARBINARY_PRECISION),
        TrinoType::Date => plain("date", 0),
        TrinoType::Time(_) => plain("time", TIME_PRECISION),
        TrinoType::TimeWithTimeZone(_) => plain("time with time zone", TIME_PRECISION),
        TrinoType::Timestamp(_) => plain("timestamp", TIME_PRECISION),
        TrinoType::TimestampWithTimeZone(_) => plain("timestamp with time zone", TIME_PRECISION),
        TrinoType::IntervalYearToMonth => plain("interval year to month", 0),
        TrinoType::IntervalDayToSecond => plain("interval day to second", 0),
        TrinoType::Json | TrinoType::Json2016 => plain("json", 0),
        TrinoType::Uuid => plain("uuid", 0),
        TrinoType::IpAddress => plain("ipaddress", 0),
        TrinoType::Array(_) => plain("array", 0),
        TrinoType::Map(..) => plain("map", 0),
        TrinoType::Row(_) => plain("row", 0),
        TrinoType::HyperLogLog => plain("HyperLogLog", 0),
        TrinoType::P4HyperLogLog => plain("P4HyperLogLog", 0),
        TrinoType::Qdigest(_) => plain("qdigest", 0),
        TrinoType::Tdigest => plain("tdigest", 0),
        TrinoType::SetDigest => plain("SetDigest", 0),
        TrinoType::Color => plain("color", 0),
        TrinoType::Geometry => plain("geometry", 0),
        TrinoType::SphericalGeography => plain("SphericalGeography", 0),
        TrinoType::BingTile => plain("BingTile", 0),
        TrinoType::JsonPath => plain("JsonPath", 0),
        TrinoType::Function(..) => plain("function", 0),
    }
}
