//! What does a path give? Items: parts of a document, and SQL values. Ref: Trino 401 `TypedValue`, `SqlJsonLiteralConverter`.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    StringViewArray,
};
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use crate::error::FunctionError;
use crate::json::tree::Json;
use crate::types::TrinoType;

/// A member of a sequence.
#[derive(Debug, Clone)]
pub enum Item<'a> {
    /// Part of a document.
    Node(&'a Json<'a>),
    Value(SqlValue<'a>),
    /// An object that `keyvalue()` made.
    Pair(Rc<Pair<'a>>),
}

/// `{"name": …, "value": …, "id": …}`.
#[derive(Debug)]
pub struct Pair<'a> {
    pub name: Cow<'a, str>,
    pub value: Item<'a>,
    pub id: i32,
}

/// A value of an SQL type; never null.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue<'a> {
    Boolean(bool),
    Tinyint(i8),
    Smallint(i16),
    Integer(i32),
    Bigint(i64),
    Real(f32),
    Double(f64),
    Decimal {
        unscaled: i128,
        precision: u8,
        scale: u8,
    },
    Varchar(Cow<'a, str>),
    /// Without the blanks that fill it up, and its length.
    Char(Cow<'a, str>, u32),
    /// Of a type without operations of its own here (dates and times): an array of length 1.
    Other(ArrayRef, TrinoType),
}

impl<'a> Item<'a> {
    pub fn is_array(&self) -> bool {
        matches!(self, Item::Node(Json::Array(_)))
    }

    /// How error texts call the kind of this item.
    pub fn kind(&self) -> String {
        match self {
            Item::Node(node) => match node {
                Json::Null => "NULL",
                Json::Bool(_) => "BOOLEAN",
                Json::Number(_) => "NUMBER",
                Json::Text(_) => "STRING",
                Json::Array(_) => "ARRAY",
                Json::Object(_) => "OBJECT",
            }
            .to_owned(),
            Item::Pair(_) => "OBJECT".to_owned(),
            Item::Value(value) => value.data_type().display_name(),
        }
    }

    /// The scalar as an SQL value; none for null, arrays and objects. Errors: INVALID_JSON_LITERAL for an integer past 64 bits.
    pub fn scalar(&self) -> Result<Option<SqlValue<'a>>, FunctionError> {
        Ok(Some(match self {
            Item::Value(value) => value.clone(),
            Item::Node(Json::Bool(value)) => SqlValue::Boolean(*value),
            Item::Node(Json::Text(text)) => SqlValue::Varchar(Cow::Borrowed(text)),
            Item::Node(Json::Number(number)) if Json::is_integer(number) => match number.parse() {
                Ok(value) => SqlValue::of_integer(value),
                Err(_) => {
                    let message = format!("cannot convert {number} to Trino value (value too big)");
                    return Err(FunctionError::new("INVALID_JSON_LITERAL", message));
                }
            },
            Item::Node(Json::Number(number)) => SqlValue::Double(number.parse().unwrap_or(f64::NAN)),
            _ => return Ok(None),
        }))
    }
}

impl SqlValue<'_> {
    /// Integer where it fits, else bigint, as literals are typed.
    pub fn of_integer(value: i64) -> SqlValue<'static> {
        i32::try_from(value).map_or(SqlValue::Bigint(value), SqlValue::Integer)
    }

    pub fn data_type(&self) -> TrinoType {
        match self {
            SqlValue::Boolean(_) => TrinoType::Boolean,
            SqlValue::Tinyint(_) => TrinoType::Tinyint,
            SqlValue::Smallint(_) => TrinoType::Smallint,
            SqlValue::Integer(_) => TrinoType::Integer,
            SqlValue::Bigint(_) => TrinoType::Bigint,
            SqlValue::Real(_) => TrinoType::Real,
            SqlValue::Double(_) => TrinoType::Double,
            SqlValue::Decimal { precision, scale, .. } => TrinoType::Decimal { precision: *precision, scale: *scale },
            SqlValue::Varchar(_) => TrinoType::VARCHAR,
            SqlValue::Char(_, length) => TrinoType::Char(*length),
            SqlValue::Other(_, data_type) => data_type.clone(),
        }
    }

    /// The same value, for as long as this one lives.
    pub fn borrowed(&self) -> SqlValue<'_> {
        match self {
            SqlValue::Varchar(text) => SqlValue::Varchar(Cow::Borrowed(text)),
            SqlValue::Char(text, length) => SqlValue::Char(Cow::Borrowed(text), *length),
            SqlValue::Boolean(value) => SqlValue::Boolean(*value),
            SqlValue::Tinyint(value) => SqlValue::Tinyint(*value),
            SqlValue::Smallint(value) => SqlValue::Smallint(*value),
            SqlValue::Integer(value) => SqlValue::Integer(*value),
            SqlValue::Bigint(value) => SqlValue::Bigint(*value),
            SqlValue::Real(value) => SqlValue::Real(*value),
            SqlValue::Double(value) => SqlValue::Double(*value),
            SqlValue::Decimal { unscaled, precision, scale } => {
                SqlValue::Decimal { unscaled: *unscaled, precision: *precision, scale: *scale }
            }
            SqlValue::Other(array, data_type) => SqlValue::Other(Arc::clone(array), data_type.clone()),
        }
    }

    pub fn into_owned(self) -> SqlValue<'static> {
        match self {
            SqlValue::Varchar(text) => SqlValue::Varchar(Cow::Owned(text.into_owned())),
            SqlValue::Char(text, length) => SqlValue::Char(Cow::Owned(text.into_owned()), length),
            SqlValue::Boolean(value) => SqlValue::Boolean(value),
            SqlValue::Tinyint(value) => SqlValue::Tinyint(value),
            SqlValue::Smallint(value) => SqlValue::Smallint(value),
            SqlValue::Integer(value) => SqlValue::Integer(value),
            SqlValue::Bigint(value) => SqlValue::Bigint(value),
            SqlValue::Real(value) => SqlValue::Real(value),
            SqlValue::Double(value) => SqlValue::Double(value),
            SqlValue::Decimal { unscaled, precision, scale } => SqlValue::Decimal { unscaled, precision, scale },
            SqlValue::Other(array, data_type) => SqlValue::Other(array, data_type),
        }
    }

    /// The text, a char's filled up with blanks; none for other types.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            SqlValue::Varchar(text) => Some(Cow::Borrowed(text)),
            SqlValue::Char(text, length) => {
                let missing = (*length as usize).saturating_sub(text.chars().count());
                Some(if missing == 0 { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}{}", " ".repeat(missing))) })
            }
            _ => None,
        }
    }

    /// The value as a double, where SQL coerces it to one; none for texts, booleans and the like.
    pub fn as_double(&self) -> Option<f64> {
        Some(match self {
            SqlValue::Tinyint(value) => f64::from(*value),
            SqlValue::Smallint(value) => f64::from(*value),
            SqlValue::Integer(value) => f64::from(*value),
            SqlValue::Bigint(value) => *value as f64,
            SqlValue::Real(value) => f64::from(*value),
            SqlValue::Double(value) => *value,
            // The digits read as a double, so that there is one rounding only.
            SqlValue::Decimal { unscaled, scale, .. } => format!("{unscaled}e-{scale}").parse().unwrap_or(f64::NAN),
            _ => return None,
        })
    }

    pub fn as_integer(&self) -> Option<i64> {
        Some(match self {
            SqlValue::Tinyint(value) => i64::from(*value),
            SqlValue::Smallint(value) => i64::from(*value),
            SqlValue::Integer(value) => i64::from(*value),
            SqlValue::Bigint(value) => *value,
            _ => return None,
        })
    }
}

/// Values of one type as an array.
pub fn to_array(values: &[SqlValue<'_>], data_type: &TrinoType) -> Result<ArrayRef, FunctionError> {
    macro_rules! primitive {
        ($array:ty, $variant:ident) => {
            Arc::new(values.iter().map(|value| if let SqlValue::$variant(value) = value { Some(*value) } else { None }).collect::<$array>())
        };
    }
    Ok(match data_type {
        TrinoType::Boolean => primitive!(BooleanArray, Boolean),
        TrinoType::Tinyint => primitive!(Int8Array, Tinyint),
        TrinoType::Smallint => primitive!(Int16Array, Smallint),
        TrinoType::Integer => primitive!(Int32Array, Integer),
        TrinoType::Bigint => primitive!(Int64Array, Bigint),
        TrinoType::Real => primitive!(Float32Array, Real),
        TrinoType::Double => primitive!(Float64Array, Double),
        TrinoType::Decimal { precision, scale } => {
            let unscaled = values.iter().map(|value| if let SqlValue::Decimal { unscaled, .. } = value { Some(*unscaled) } else { None });
            Arc::new(unscaled.collect::<Decimal128Array>().with_precision_and_scale(*precision, i8::try_from(*scale).unwrap_or(38))?)
        }
        TrinoType::Varchar(_) | TrinoType::Char(_) => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    SqlValue::Varchar(text) | SqlValue::Char(text, _) => Some(text.as_ref()),
                    _ => None,
                })
                .collect::<StringViewArray>(),
        ),
        _ => {
            let parts: Vec<&dyn arrow::array::Array> =
                values.iter().filter_map(|value| if let SqlValue::Other(array, _) = value { Some(array.as_ref()) } else { None }).collect();
            arrow::compute::concat(&parts)?
        }
    })
}

/// The value at `row`, which is not null.
pub fn value_at<'a>(array: &'a ArrayRef, data_type: &TrinoType, row: usize) -> SqlValue<'a> {
    match data_type {
        TrinoType::Boolean => SqlValue::Boolean(array.as_boolean().value(row)),
        TrinoType::Tinyint => SqlValue::Tinyint(array.as_primitive::<Int8Type>().value(row)),
        TrinoType::Smallint => SqlValue::Smallint(array.as_primitive::<Int16Type>().value(row)),
        TrinoType::Integer => SqlValue::Integer(array.as_primitive::<Int32Type>().value(row)),
        TrinoType::Bigint => SqlValue::Bigint(array.as_primitive::<Int64Type>().value(row)),
        TrinoType::Real => SqlValue::Real(array.as_primitive::<Float32Type>().value(row)),
        TrinoType::Double => SqlValue::Double(array.as_primitive::<Float64Type>().value(row)),
        TrinoType::Decimal { precision, scale } => {
            SqlValue::Decimal { unscaled: array.as_primitive::<Decimal128Type>().value(row), precision: *precision, scale: *scale }
        }
        TrinoType::Varchar(_) => SqlValue::Varchar(Cow::Borrowed(array.as_string_view().value(row))),
        TrinoType::Char(length) => SqlValue::Char(Cow::Borrowed(array.as_string_view().value(row)), *length),
        other => SqlValue::Other(array.slice(row, 1), other.clone()),
    }
}
