//! How is a type written? The syntax of types, before any name is resolved.

use super::expression::IntervalUnit;
use super::identifier::Identifier;
use crate::location::{Location, Span};

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct DataType {
    /// Which form it takes.
    pub kind: DataTypeKind,
    /// Where it begins.
    pub location: Location,
    /// Its text.
    pub span: Span,
}

/// The forms of a type.
///
/// Ref: Trino 401 grammar rule `type`.
#[derive(Debug, Clone, PartialEq)]
pub enum DataTypeKind {
    /// `name` or `name(parameter, …)`; `DOUBLE PRECISION` is the name `double`, `ARRAY<t>` and `t ARRAY`
    /// are the name `array`, `MAP<k, v>` is the name `map`.
    Generic {
        /// The type's name.
        name: Identifier,
        /// Types or integers in parentheses.
        parameters: Vec<TypeParameter>,
    },
    /// `ROW(a bigint, varchar)`.
    Row(Vec<RowField>),
    /// `INTERVAL from TO to`.
    Interval {
        /// Leading field.
        from: IntervalField,
        /// Trailing field.
        to: IntervalField,
    },
    /// `TIME(p) [WITH|WITHOUT TIME ZONE]`.
    Time {
        /// Digits of the fraction of a second, when written.
        precision: Option<Box<TypeParameter>>,
        /// `WITH TIME ZONE`.
        with_time_zone: bool,
    },
    /// `TIMESTAMP(p) [WITH|WITHOUT TIME ZONE]`.
    Timestamp {
        /// Digits of the fraction of a second, when written.
        precision: Option<Box<TypeParameter>>,
        /// `WITH TIME ZONE`.
        with_time_zone: bool,
    },
}

/// A field name of an interval type; the same words as an interval literal's unit.
pub type IntervalField = IntervalUnit;

/// What may stand in a type's parentheses.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeParameter {
    /// An integer, its digits as written.
    Number(String, Location),
    /// A type (also the name of a type variable).
    Type(DataType),
}

/// One field of a row type.
#[derive(Debug, Clone, PartialEq)]
pub struct RowField {
    /// The field's name, when written.
    pub name: Option<Identifier>,
    /// The field's type.
    pub data_type: DataType,
    /// Where it begins.
    pub location: Location,
}

impl DataType {
    /// Whether this is the generic type `expected`, case ignored, whatever its parameters.
    #[must_use]
    pub fn is_generic_named(&self, expected: &str) -> bool {
        matches!(&self.kind, DataTypeKind::Generic { name, .. } if name.is_same_name(expected))
    }
}
