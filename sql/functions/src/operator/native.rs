//! Where is DataFusion's own operator on the physical forms exactly Trino's? There predicates reach statistics and files.

use crate::registry::Operator;
use crate::types::TrinoType;

/// May `BinaryExpr` on the physical forms stand for `operator` on two operands of `data_type`?
///
/// Comparisons: yes where one physical value is one value and its order is the type's (not floats: NaN and -0.0;
/// not char beyond equality: blanks; not packed zones; nothing nested). Arithmetic: floats only, the rest overflows.
pub fn is_native(operator: Operator, data_type: &TrinoType) -> bool {
    use TrinoType::*;
    match operator {
        Operator::Equal | Operator::NotEqual | Operator::IsDistinctFrom => {
            matches!(data_type, Char(_) | Json) || has_native_order(data_type)
        }
        Operator::LessThan | Operator::LessThanOrEqual | Operator::GreaterThan | Operator::GreaterThanOrEqual => {
            has_native_order(data_type)
        }
        Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulus => {
            matches!(data_type, Real | Double)
        }
        Operator::Negate | Operator::Subscript => false,
    }
}

/// Is the order of the physical values the order of the type's, and equality too?
pub fn has_native_order(data_type: &TrinoType) -> bool {
    use TrinoType::*;
    matches!(
        data_type,
        Unknown
            | Boolean
            | Tinyint
            | Smallint
            | Integer
            | Bigint
            | Decimal { .. }
            | Varchar(_)
            | Varbinary
            | Date
            | Time(_)
            | Timestamp(_)
            | IntervalYearToMonth
            | IntervalDayToSecond
            | Uuid
            | IpAddress
    )
}
