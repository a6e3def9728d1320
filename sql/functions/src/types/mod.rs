//! Which types does Athena's SQL know, and how is each held in Arrow? Ref: Trino 401 "Data types"; Athena user guide "Data types".
//!
//! A [`TrinoType`] travels from the analyzer to the result metadata; Arrow only sees its physical form:
//!
//! | Trino type | Arrow physical form |
//! |---|---|
//! | `unknown` | `Boolean`, every value null |
//! | `boolean`, `tinyint`, `smallint`, `integer`, `bigint`, `real`, `double` | `Boolean`, `Int8`, `Int16`, `Int32`, `Int64`, `Float32`, `Float64` |
//! | `decimal(p,s)` | `Decimal128(p,s)` |
//! | `varchar`, `varchar(n)`, `json` | `Utf8View` (json holds canonical JSON text) |
//! | `char(n)` | `Utf8View`, trailing spaces trimmed; padded when printed |
//! | `varbinary`, digests, sketches, geometries | `BinaryView` |
//! | `date` | `Date32` |
//! | `time(p)` | `Int64`, picoseconds of the day, at any precision |
//! | `time(p) with time zone` | `Decimal128(38,0)`: `picoseconds_of_day << 12 \| (offset_minutes + 2048)` |
//! | `timestamp(p)`, p ≤ 3 / p ≤ 6 | `Timestamp(Millisecond, None)` / `Timestamp(Microsecond, None)` |
//! | `timestamp(p)`, p ≥ 7 | `Decimal128(38,0)`, picoseconds since 1970-01-01 |
//! | `timestamp(p) with time zone`, p ≤ 3 | `Int64`: `epoch_millis << 12 \| zone_key` |
//! | `timestamp(p) with time zone`, p ≥ 4 | `Decimal128(38,0)`: `epoch_picoseconds << 12 \| zone_key` |
//! | `interval year to month`, `interval day to second` | `Int32` months, `Int64` milliseconds |
//! | `uuid`, `ipaddress` | `FixedSizeBinary(16)` |
//! | `array(T)` | `List<T>`, field `item`, nullable |
//! | `map(K,V)` | `Map`, entries field `entries` of `key` (not null) and `value` (nullable), unsorted |
//! | `row(...)` | `Struct` with positional field names `c0`, `c1`, … all nullable |
//! | `color` | `Int32` |

pub mod api;
pub mod arrow_form;
pub mod build;
pub mod castable;
pub mod civil;
pub mod coercion;
pub mod display;
pub mod from_syntax;
pub mod hive;
pub mod java_digits;
pub mod number_text;
pub mod parse;
pub mod temporal_text;
pub mod text;
pub mod usual_text;
pub mod zone;

use std::sync::Arc;

/// A type of Athena's SQL. Equality is structural; row field names count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TrinoType {
    /// The type of a bare `NULL`.
    Unknown,
    Boolean,
    Tinyint,
    Smallint,
    Integer,
    Bigint,
    Real,
    Double,
    /// Precision 1–38, scale 0–precision.
    Decimal {
        precision: u8,
        scale: u8,
    },
    /// `None` is unbounded; the length counts code points.
    Varchar(Option<u32>),
    /// Length in code points, 0–65536.
    Char(u32),
    Varbinary,
    Date,
    /// Precision 0–12.
    Time(u8),
    TimeWithTimeZone(u8),
    /// Precision 0–12.
    Timestamp(u8),
    TimestampWithTimeZone(u8),
    IntervalYearToMonth,
    IntervalDayToSecond,
    Json,
    Uuid,
    IpAddress,
    Array(Arc<TrinoType>),
    Map(Arc<TrinoType>, Arc<TrinoType>),
    Row(Arc<[RowField]>),
    HyperLogLog,
    P4HyperLogLog,
    Qdigest(Arc<TrinoType>),
    Tdigest,
    SetDigest,
    Color,
    Geometry,
    SphericalGeography,
    BingTile,
    JsonPath,
    /// SQL/JSON path input: the `json2016` type of the JSON_* functions.
    Json2016,
    /// A lambda's type; never a column's.
    Function(Arc<[TrinoType]>, Arc<TrinoType>),
}

/// A field of a `row` type; anonymous fields have no name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowField {
    pub name: Option<Arc<str>>,
    pub data_type: TrinoType,
}

impl TrinoType {
    /// `varchar` without a bound.
    pub const VARCHAR: TrinoType = TrinoType::Varchar(None);

    pub fn array(element: TrinoType) -> TrinoType {
        TrinoType::Array(Arc::new(element))
    }

    pub fn map(key: TrinoType, value: TrinoType) -> TrinoType {
        TrinoType::Map(Arc::new(key), Arc::new(value))
    }

    pub fn is_integral(&self) -> bool {
        matches!(self, TrinoType::Tinyint | TrinoType::Smallint | TrinoType::Integer | TrinoType::Bigint)
    }

    pub fn is_numeric(&self) -> bool {
        self.is_integral() || matches!(self, TrinoType::Real | TrinoType::Double | TrinoType::Decimal { .. })
    }

    pub fn is_string(&self) -> bool {
        matches!(self, TrinoType::Varchar(_) | TrinoType::Char(_))
    }

    /// Has the type `=` and `DISTINCT`? Ref: Trino 401 `Type.isComparable`.
    pub fn is_comparable(&self) -> bool {
        match self {
            TrinoType::HyperLogLog
            | TrinoType::P4HyperLogLog
            | TrinoType::Qdigest(_)
            | TrinoType::Tdigest
            | TrinoType::SetDigest
            | TrinoType::Geometry
            | TrinoType::SphericalGeography
            | TrinoType::Color
            | TrinoType::JsonPath
            | TrinoType::Json2016
            | TrinoType::Function(..) => false,
            TrinoType::Array(element) => element.is_comparable(),
            TrinoType::Map(_, value) => value.is_comparable(),
            TrinoType::Row(fields) => fields.iter().all(|field| field.data_type.is_comparable()),
            _ => true,
        }
    }

    /// Has the type `<` and `ORDER BY`? Ref: Trino 401 `Type.isOrderable`.
    pub fn is_orderable(&self) -> bool {
        match self {
            TrinoType::Json | TrinoType::Map(..) | TrinoType::BingTile => false,
            TrinoType::Array(element) => element.is_orderable(),
            TrinoType::Row(fields) => fields.iter().all(|field| field.data_type.is_orderable()),
            other => other.is_comparable(),
        }
    }
}
