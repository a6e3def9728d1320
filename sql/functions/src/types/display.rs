//! How is a Trino type spelled in Trino's own notation? Ref: Trino 401 `Type.getDisplayName` and `TypeSignature.toString`.

use std::fmt;

use super::TrinoType;

impl fmt::Display for TrinoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrinoType::Unknown => f.write_str("unknown"),
            TrinoType::Boolean => f.write_str("boolean"),
            TrinoType::Tinyint => f.write_str("tinyint"),
            TrinoType::Smallint => f.write_str("smallint"),
            TrinoType::Integer => f.write_str("integer"),
            TrinoType::Bigint => f.write_str("bigint"),
            TrinoType::Real => f.write_str("real"),
            TrinoType::Double => f.write_str("double"),
            TrinoType::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            TrinoType::Varchar(None) => f.write_str("varchar"),
            TrinoType::Varchar(Some(length)) => write!(f, "varchar({length})"),
            TrinoType::Char(length) => write!(f, "char({length})"),
            TrinoType::Varbinary => f.write_str("varbinary"),
            TrinoType::Date => f.write_str("date"),
            TrinoType::Time(precision) => write!(f, "time({precision})"),
            TrinoType::TimeWithTimeZone(precision) => write!(f, "time({precision}) with time zone"),
            TrinoType::Timestamp(precision) => write!(f, "timestamp({precision})"),
            TrinoType::TimestampWithTimeZone(precision) => write!(f, "timestamp({precision}) with time zone"),
            TrinoType::IntervalYearToMonth => f.write_str("interval year to month"),
            TrinoType::IntervalDayToSecond => f.write_str("interval day to second"),
            TrinoType::Json => f.write_str("json"),
            TrinoType::Uuid => f.write_str("uuid"),
            TrinoType::IpAddress => f.write_str("ipaddress"),
            TrinoType::Array(element) => write!(f, "array({element})"),
            TrinoType::Map(key, value) => write!(f, "map({key}, {value})"),
            TrinoType::Row(fields) => {
                f.write_str("row(")?;
                for (position, field) in fields.iter().enumerate() {
                    if position > 0 {
                        f.write_str(", ")?;
                    }
                    if let Some(name) = &field.name {
                        write!(f, "{name} ")?;
                    }
                    write!(f, "{}", field.data_type)?;
                }
                f.write_str(")")
            }
            TrinoType::HyperLogLog => f.write_str("HyperLogLog"),
            TrinoType::P4HyperLogLog => f.write_str("P4HyperLogLog"),
            TrinoType::Qdigest(element) => write!(f, "qdigest({element})"),
            TrinoType::Tdigest => f.write_str("tdigest"),
            TrinoType::SetDigest => f.write_str("SetDigest"),
            TrinoType::Color => f.write_str("color"),
            TrinoType::Geometry => f.write_str("Geometry"),
            TrinoType::SphericalGeography => f.write_str("SphericalGeography"),
            TrinoType::BingTile => f.write_str("BingTile"),
            TrinoType::JsonPath => f.write_str("JsonPath"),
            TrinoType::Json2016 => f.write_str("json2016"),
            TrinoType::Function(arguments, result) => {
                f.write_str("function(")?;
                for argument in arguments.iter() {
                    write!(f, "{argument},")?;
                }
                write!(f, "{result})")
            }
        }
    }
}

impl TrinoType {
    /// The type as `typeof` and most error texts print it: what [`fmt::Display`] gives. Ref: Trino 401 `Type.getDisplayName`.
    pub fn display_name(&self) -> String {
        self.to_string()
    }

    /// The type as texts about functions print it: no spaces after commas, names of fields in quotes. Ref: Trino 401 `TypeSignature.toString`.
    pub fn signature_text(&self) -> String {
        match self {
            TrinoType::Array(element) => format!("array({})", element.signature_text()),
            TrinoType::Map(key, value) => format!("map({},{})", key.signature_text(), value.signature_text()),
            TrinoType::Row(fields) => {
                let field = |field: &super::RowField| match &field.name {
                    Some(name) => format!("\"{}\" {}", name.replace('"', "\"\""), field.data_type.signature_text()),
                    None => field.data_type.signature_text(),
                };
                format!("row({})", fields.iter().map(field).collect::<Vec<_>>().join(","))
            }
            TrinoType::Qdigest(element) => format!("qdigest({})", element.signature_text()),
            other => other.to_string(),
        }
    }
}
