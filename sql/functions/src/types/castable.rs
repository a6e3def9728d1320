//! Which explicit casts exist? Ref: Trino 401 cast operators of every type.

use super::TrinoType;
use super::coercion::can_coerce;

/// Does `CAST(x AS to)` exist for an `x` of type `from`?
pub fn can_cast(from: &TrinoType, to: &TrinoType) -> bool {
    use TrinoType::*;
    if from == to || matches!(from, Unknown) || can_coerce(from, to) {
        return !matches!(to, Function(..));
    }
    match (from, to) {
        (Json, _) => can_cast_from_json(to),
        (_, Json) => can_cast_to_json(from),
        (Boolean | Tinyint | Smallint | Integer | Bigint | Real | Double | Decimal { .. }, Boolean) => true,
        (Boolean | Tinyint | Smallint | Integer | Bigint | Real | Double | Decimal { .. }, _) if to.is_numeric() => true,
        (Varchar(_), Boolean | Varchar(_) | Char(_)) | (Char(_), Varchar(_) | Char(_)) => true,
        (Varchar(_), _) if to.is_numeric() => true,
        (
            Varchar(_),
            Date
            | Time(_)
            | TimeWithTimeZone(_)
            | Timestamp(_)
            | TimestampWithTimeZone(_)
            | Uuid
            | IpAddress
            | Varbinary
            | Color
            | JsonPath,
        ) => true,
        (Boolean | Tinyint | Smallint | Integer | Bigint | Real | Double | Decimal { .. }, Varchar(_)) => true,
        (Boolean, Char(_)) => false,
        (Date | Time(_) | TimeWithTimeZone(_) | Timestamp(_) | TimestampWithTimeZone(_), Varchar(_)) => true,
        (IntervalYearToMonth | IntervalDayToSecond, Varchar(_)) => true,
        // Without a bound only.
        (Uuid | IpAddress, Varchar(length)) => length.is_none(),
        (Timestamp(_) | TimestampWithTimeZone(_), Date | Time(_) | TimeWithTimeZone(_) | Timestamp(_) | TimestampWithTimeZone(_)) => true,
        (Time(_) | TimeWithTimeZone(_), Time(_) | TimeWithTimeZone(_) | Timestamp(_) | TimestampWithTimeZone(_)) => true,
        (Uuid | IpAddress, Varbinary) | (Varbinary, Uuid | IpAddress) => true,
        (Varbinary, HyperLogLog | P4HyperLogLog | Tdigest | SetDigest | Qdigest(_)) => true,
        (HyperLogLog | P4HyperLogLog | Tdigest | SetDigest | Qdigest(_), Varbinary) => true,
        (HyperLogLog, P4HyperLogLog) => true,
        (BingTile, Bigint) | (Bigint, BingTile) | (Geometry, SphericalGeography) => true,
        (Array(from), Array(to)) => can_cast(from, to),
        (Map(from_key, from_value), Map(to_key, to_value)) => can_cast(from_key, to_key) && can_cast(from_value, to_value),
        (Row(from), Row(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(from, to)| can_cast(&from.data_type, &to.data_type))
        }
        _ => false,
    }
}

fn can_cast_to_json(from: &TrinoType) -> bool {
    use TrinoType::*;
    match from {
        Unknown
        | Boolean
        | Tinyint
        | Smallint
        | Integer
        | Bigint
        | Real
        | Double
        | Decimal { .. }
        | Varchar(_)
        | Json
        | Timestamp(_)
        | Date => true,
        Array(element) => can_cast_to_json(element),
        Map(key, value) => is_json_key(key) && can_cast_to_json(value),
        Row(fields) => fields.iter().all(|field| can_cast_to_json(&field.data_type)),
        _ => false,
    }
}

fn can_cast_from_json(to: &TrinoType) -> bool {
    use TrinoType::*;
    match to {
        Boolean | Tinyint | Smallint | Integer | Bigint | Real | Double | Decimal { .. } | Varchar(_) | Json => true,
        Array(element) => can_cast_from_json(element),
        Map(key, value) => is_json_key(key) && can_cast_from_json(value),
        Row(fields) => fields.iter().all(|field| can_cast_from_json(&field.data_type)),
        _ => false,
    }
}

fn is_json_key(key: &TrinoType) -> bool {
    use TrinoType::*;
    matches!(key, Unknown | Boolean | Tinyint | Smallint | Integer | Bigint | Real | Double | Decimal { .. } | Varchar(_))
}
