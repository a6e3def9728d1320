//! Which types can a column have? `HiveType`, with its parser and its printer.
//!
//! Ref: Hive `TypeInfoUtils` type strings, as Glue stores them; Athena user guide, "Data types in Amazon Athena".

mod display;
mod parse;

/// A Hive type, as in a column's or partition key's type text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HiveType {
    /// `boolean`
    Boolean,
    /// `tinyint`, 8 bits, signed.
    TinyInt,
    /// `smallint`, 16 bits, signed.
    SmallInt,
    /// `int`, 32 bits, signed; also written `integer`.
    Int,
    /// `bigint`, 64 bits, signed; also written `long`.
    BigInt,
    /// `float`, 32 bits.
    Float,
    /// `double`, 64 bits.
    Double,
    /// `decimal(precision,scale)`; without arguments `decimal(10,0)`.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, 0 to the precision.
        scale: u8,
    },
    /// `string`, of any length.
    String,
    /// `varchar(length)`, at most that many characters, 1 to 65535.
    Varchar(u32),
    /// `char(length)`, exactly that many characters, 1 to 255.
    Char(u32),
    /// `binary`
    Binary,
    /// `date`
    Date,
    /// `timestamp`, without zone.
    Timestamp,
    /// `timestamp with local time zone`
    TimestampWithLocalTimeZone,
    /// `interval_year_month`
    IntervalYearMonth,
    /// `interval_day_time`
    IntervalDayTime,
    /// `void`, the type of NULL.
    Void,
    /// `array<element>`
    Array(Box<HiveType>),
    /// `map<key,value>`
    Map(Box<HiveType>, Box<HiveType>),
    /// `struct<name:type,…>`, in order; at least one field.
    Struct(Vec<HiveField>),
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HiveField {
    /// The name, as written.
    pub name: String,
    /// The type.
    pub field_type: HiveType,
}
