//! Which type can stand for another without a cast being written? Ref: Trino 401 `TypeCoercion`.

use super::{RowField, TrinoType};

const CHAR_LENGTH_MAX: u32 = 65_536;

/// Can a value of `from` be used where `to` is due?
pub fn can_coerce(from: &TrinoType, to: &TrinoType) -> bool {
    if from == to {
        return true;
    }
    match (from, to) {
        (TrinoType::Array(from), TrinoType::Array(to)) => can_coerce(from, to),
        (TrinoType::Map(from_key, from_value), TrinoType::Map(to_key, to_value)) => {
            can_coerce(from_key, to_key) && can_coerce(from_value, to_value)
        }
        (TrinoType::Row(from), TrinoType::Row(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(from, to)| can_coerce(&from.data_type, &to.data_type))
        }
        _ => common_supertype(from, to).as_ref() == Some(to),
    }
}

/// The narrowest type both coerce to; none when there is none.
pub fn common_supertype(left: &TrinoType, right: &TrinoType) -> Option<TrinoType> {
    use TrinoType::*;
    if left == right {
        return Some(left.clone());
    }
    Some(match (left, right) {
        (Unknown, other) | (other, Unknown) => other.clone(),
        (Decimal { precision: p1, scale: s1 }, Decimal { precision: p2, scale: s2 }) => {
            let scale = (*s1).max(*s2);
            Decimal { precision: ((p1 - s1).max(p2 - s2) + scale).min(38), scale }
        }
        (Varchar(left), Varchar(right)) => Varchar(left.zip(*right).map(|(left, right)| left.max(right))),
        (Char(left), Char(right)) => Char(*left.max(right)),
        (Char(length), Varchar(bound)) | (Varchar(bound), Char(length)) => {
            Char((*length).max(bound.unwrap_or(CHAR_LENGTH_MAX).min(CHAR_LENGTH_MAX)))
        }
        (Time(left), Time(right)) => Time(*left.max(right)),
        (TimeWithTimeZone(left) | Time(left), TimeWithTimeZone(right) | Time(right)) => TimeWithTimeZone(*left.max(right)),
        (Timestamp(left), Timestamp(right)) => Timestamp(*left.max(right)),
        (TimestampWithTimeZone(left) | Timestamp(left), TimestampWithTimeZone(right) | Timestamp(right)) => {
            TimestampWithTimeZone(*left.max(right))
        }
        (Date, other @ (Timestamp(_) | TimestampWithTimeZone(_))) | (other @ (Timestamp(_) | TimestampWithTimeZone(_)), Date) => {
            other.clone()
        }
        (Array(left), Array(right)) => TrinoType::array(common_supertype(left, right)?),
        (Map(left_key, left_value), Map(right_key, right_value)) => {
            TrinoType::map(common_supertype(left_key, right_key)?, common_supertype(left_value, right_value)?)
        }
        (Row(left), Row(right)) => {
            if left.len() != right.len() {
                return None;
            }
            let fields = left.iter().zip(right.iter()).map(|(left, right)| {
                let name = if left.name == right.name { left.name.clone() } else { None };
                Some(RowField { name, data_type: common_supertype(&left.data_type, &right.data_type)? })
            });
            Row(fields.collect::<Option<Vec<_>>>()?.into())
        }
        (P4HyperLogLog, HyperLogLog) | (HyperLogLog, P4HyperLogLog) => HyperLogLog,
        (Varchar(_) | Char(_), JsonPath) | (JsonPath, Varchar(_) | Char(_)) => JsonPath,
        _ => return numeric_supertype(left, right),
    })
}

fn numeric_supertype(left: &TrinoType, right: &TrinoType) -> Option<TrinoType> {
    use TrinoType::*;
    if !left.is_numeric() || !right.is_numeric() {
        return None;
    }
    if matches!(left, Double) || matches!(right, Double) {
        return Some(Double);
    }
    if matches!(left, Real) || matches!(right, Real) {
        return Some(Real);
    }
    if let (Some(left_rank), Some(right_rank)) = (integral_rank(left), integral_rank(right)) {
        return Some(if left_rank > right_rank { left.clone() } else { right.clone() });
    }
    common_supertype(&as_decimal(left)?, &as_decimal(right)?)
}

fn integral_rank(data_type: &TrinoType) -> Option<u8> {
    match data_type {
        TrinoType::Tinyint => Some(0),
        TrinoType::Smallint => Some(1),
        TrinoType::Integer => Some(2),
        TrinoType::Bigint => Some(3),
        _ => None,
    }
}

/// The decimal that holds every value of an exact numeric type.
pub fn as_decimal(data_type: &TrinoType) -> Option<TrinoType> {
    let precision = match data_type {
        TrinoType::Decimal { .. } => return Some(data_type.clone()),
        TrinoType::Tinyint => 3,
        TrinoType::Smallint => 5,
        TrinoType::Integer => 10,
        TrinoType::Bigint => 19,
        _ => return None,
    };
    Some(TrinoType::Decimal { precision, scale: 0 })
}
