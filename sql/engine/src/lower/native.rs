//! Which operators are DataFusion's own? Those that mean exactly the same on the physical form.
//!
//! Only these let Parquet statistics prune, predicates move and joins hash. Doubles differ (NaN, -0.0), zoned timestamps
//! pack their zone into the value, nested types compare by other rules: they go through the function library.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr as DfExpr, Operator as DfOperator};
use owlake_functions::operator::is_native;
use owlake_functions::registry::{BoundFunction, Operator};
use owlake_functions::types::TrinoType;

const OPERATORS: &[(Operator, DfOperator)] = &[
    (Operator::Equal, DfOperator::Eq),
    (Operator::NotEqual, DfOperator::NotEq),
    (Operator::LessThan, DfOperator::Lt),
    (Operator::LessThanOrEqual, DfOperator::LtEq),
    (Operator::GreaterThan, DfOperator::Gt),
    (Operator::GreaterThanOrEqual, DfOperator::GtEq),
    (Operator::IsDistinctFrom, DfOperator::IsDistinctFrom),
    (Operator::Add, DfOperator::Plus),
    (Operator::Subtract, DfOperator::Minus),
    (Operator::Multiply, DfOperator::Multiply),
    (Operator::Divide, DfOperator::Divide),
    (Operator::Modulus, DfOperator::Modulo),
];

/// Is one value equal to another in Trino's sense exactly when their physical forms are?
pub fn equals_natively(data_type: &TrinoType) -> bool {
    is_native(Operator::Equal, data_type)
}

/// DataFusion's operator for a call, when it computes the same on the call's argument types.
pub fn native_operator(function: &BoundFunction) -> Option<DfOperator> {
    let (operator, native) = OPERATORS.iter().find(|(operator, _)| operator.function_name() == function.name)?;
    let [left, right] = function.argument_types.as_slice() else { return None };
    (same_physically(left, right) && is_native(*operator, left)).then_some(*native)
}

fn same_physically(left: &TrinoType, right: &TrinoType) -> bool {
    use owlake_functions::types::arrow_form::arrow_type;
    arrow_type(left) == arrow_type(right)
}

/// A native comparison that is true wherever the comparison of a double column with a constant is, for statistics to prune by.
/// `None` for NaN and for constants where no such comparison exists.
pub fn pruning_double_comparison(function: &BoundFunction, left: &DfExpr, right: &DfExpr) -> Option<DfExpr> {
    if !matches!(function.argument_types.as_slice(), [TrinoType::Double, TrinoType::Double]) {
        return None;
    }
    let (_, operator) = OPERATORS.iter().find(|(operator, _)| operator.function_name() == function.name)?;
    let (column, operator, value) = match (left, right) {
        (DfExpr::Column(_), DfExpr::Literal(ScalarValue::Float64(Some(value)), _)) => (left, *operator, *value),
        (DfExpr::Literal(ScalarValue::Float64(Some(value)), _), DfExpr::Column(_)) => (right, operator.swap()?, *value),
        _ => return None,
    };
    if value.is_nan()
        || value == 0.0
        || !matches!(operator, DfOperator::Eq | DfOperator::Lt | DfOperator::LtEq | DfOperator::Gt | DfOperator::GtEq)
    {
        return None;
    }
    Some(binary(column.clone(), operator, DfExpr::Literal(ScalarValue::Float64(Some(value)), None)))
}

/// `left op right`.
pub fn binary(left: DfExpr, operator: DfOperator, right: DfExpr) -> DfExpr {
    DfExpr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
}
