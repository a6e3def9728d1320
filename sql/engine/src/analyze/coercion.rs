//! Which type do expressions meet in, and how does one get there? Casts by Trino's lattice only. Ref: Trino 401 `TypeCoercion`, `ExpressionAnalyzer.coerceToSingleType`.

use owlake_functions::types::TrinoType;
use owlake_functions::types::coercion::{can_coerce, common_supertype};
use owlake_syntax::location::Location;

use crate::ir::{Expr, ExprKind};

use super::failure::{Analysis, mismatch};

/// The expression as `to`: itself, or with a cast on top. The caller knows that the coercion exists.
pub(crate) fn coerced(expr: Expr, to: &TrinoType) -> Expr {
    if expr.data_type == *to {
        return expr;
    }
    Expr { kind: ExprKind::Cast { input: Box::new(expr), is_safe: false }, data_type: to.clone() }
}

/// The expression as `to`. Errors: TYPE_MISMATCH `<subject> must evaluate to a <to> (actual: <type>)`.
pub(crate) fn coerce(expr: Expr, to: &TrinoType, location: Location, subject: &str) -> Analysis<Expr> {
    if expr.data_type == *to {
        return Ok(expr);
    }
    if !can_coerce(&expr.data_type, to) {
        return Err(mismatch(location, format!("{subject} must evaluate to a {to} (actual: {})", expr.data_type)));
    }
    Ok(coerced(expr, to))
}

/// The one type all items coerce to. Errors: TYPE_MISMATCH `<subject> must be the same type or coercible to a common type. …`
/// at the first item of the type that does not fit.
pub(crate) fn single_type(items: &[(&TrinoType, Location)], subject: &str) -> Analysis<TrinoType> {
    let mut distinct: Vec<(&TrinoType, Location)> = Vec::new();
    for (data_type, location) in items {
        if !distinct.iter().any(|(seen, _)| seen == data_type) {
            distinct.push((data_type, *location));
        }
    }
    let mut supertype = TrinoType::Unknown;
    for (data_type, location) in &distinct {
        supertype = common_supertype(&supertype, data_type).ok_or_else(|| {
            let all: Vec<String> = distinct.iter().map(|(data_type, _)| data_type.to_string()).collect();
            let message = format!(
                "{subject} must be the same type or coercible to a common type. Cannot find common type between {supertype} and {data_type}, all types (without duplicates): [{}]",
                all.join(", ")
            );
            mismatch(*location, message)
        })?;
    }
    Ok(supertype)
}
