//! How is a Hive type written? Without spaces, in lower case, as Hive and Glue write it.
//!
//! Ref: Hive, `TypeInfo.getTypeName`.

use std::fmt;

use super::HiveType;

impl fmt::Display for HiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HiveType::Boolean => f.write_str("boolean"),
            HiveType::TinyInt => f.write_str("tinyint"),
            HiveType::SmallInt => f.write_str("smallint"),
            HiveType::Int => f.write_str("int"),
            HiveType::BigInt => f.write_str("bigint"),
            HiveType::Float => f.write_str("float"),
            HiveType::Double => f.write_str("double"),
            HiveType::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            HiveType::String => f.write_str("string"),
            HiveType::Varchar(length) => write!(f, "varchar({length})"),
            HiveType::Char(length) => write!(f, "char({length})"),
            HiveType::Binary => f.write_str("binary"),
            HiveType::Date => f.write_str("date"),
            HiveType::Timestamp => f.write_str("timestamp"),
            HiveType::TimestampWithLocalTimeZone => f.write_str("timestamp with local time zone"),
            HiveType::IntervalYearMonth => f.write_str("interval_year_month"),
            HiveType::IntervalDayTime => f.write_str("interval_day_time"),
            HiveType::Void => f.write_str("void"),
            HiveType::Array(element) => write!(f, "array<{element}>"),
            HiveType::Map(key, value) => write!(f, "map<{key},{value}>"),
            HiveType::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, field) in fields.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "," };
                    write!(f, "{separator}{}:{}", field.name, field.field_type)?;
                }
                f.write_str(">")
            }
        }
    }
}
